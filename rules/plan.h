/* plan: what will be stored for a mail: the values of a ticket or a note by the channel's field mapping.
 * Pure. */
#ifndef TK_RULES_PLAN_H
#define TK_RULES_PLAN_H

#include "rules/conf.h"
#include "rules/decide.h"
#include "rules/message.h"

struct tk_plan_field {
    char *name;
    char *value;
    gboolean restricted;
};

struct tk_plan {
    char *subject, *description;
    char *requester, *requester_name; /* the sender */
    char *priority;                   /* NULL: the template has none */
    GPtrArray *fields;                /* of struct tk_plan_field: all that are no columns of ticket */
    GPtrArray *participants; /* of char *, folded addresses: the sender and, by channel, allowed Cc */
    GPtrArray *attachments;  /* of const struct tk_attachment *: those that are kept, in order */
    GPtrArray *left_out;     /* of char *: names of attachments that are not, with the reason */
    char *body, *body_full, *body_html; /* of the note */
    GPtrArray *notices;                 /* of char *: values cut, defaults used: words for the log */
};

/* Makes the plan of a ticket (NOTE false) or a note. Owned by the caller. Needs the attachments' sizes. */
struct tk_plan *tk_plan_make(const struct tk_channel *channel, const struct tk_message *message,
                             const struct tk_decision *decision, gboolean note);
/* Accepts NULL; sets *PLAN to NULL. */
void tk_plan_free(struct tk_plan **plan);

#endif
