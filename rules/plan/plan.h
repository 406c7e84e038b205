/* plan: what will be stored for a mail: the values of a ticket or a note by the channel's field mapping.
 * Pure. */
#ifndef TK_RULES_PLAN_H
#define TK_RULES_PLAN_H

#include "rules/conf/conf.h"
#include "rules/decide/decide.h"
#include "rules/message/message.h"

/* Longest values of the ticket's columns, in bytes. RFC 5322 section 2.1.1 gives 998 for a line; the others
 * are what a list can show. The whole text is capped by the message room. */
#define TK_PLAN_MAX_SUBJECT  998
#define TK_PLAN_MAX_NAME     320
#define TK_PLAN_MAX_FIELD    4000
#define TK_PLAN_MAX_PRIORITY 64
/* The text of a ticket or note, with what stands behind it; what is longer stands whole in body_full. */
#define TK_PLAN_MAX_TEXT    65536
#define TK_PLAN_MAX_NOTICES 8192
/* Most participants of a ticket: a Cc to a whole company makes nobody a participant by accident. */
#define TK_PLAN_MAX_PARTICIPANTS 100

struct tk_plan_field {
    char *name;
    char *value;
    gboolean restricted;
};

struct tk_plan {
    char *subject, *description;
    char *requester, *requester_name; /* the sender, or for whom a form wrote; the address folded */
    char *priority;                   /* NULL: neither mapped nor in the template */
    GPtrArray *fields;                /* of struct tk_plan_field: all that are no columns of ticket */
    GPtrArray *participants; /* of char *, folded addresses, none of ours: who can be told of those that the
                                mail was written for and, by channel, allowed Cc */
    GPtrArray
        *attachments;   /* of const struct tk_attachment *: those that are kept, in order; mail.eml last */
    GPtrArray *notices; /* of char *: what was cut, left out, replaced or not confirmed, a sentence each; what
                           is about the content stands in the text too */
    char *body, *body_full, *body_html; /* new text, whole text, sanitised html (or NULL) whose images are
                                           among the attachments, for ticket and note alike */
    struct tk_attachment *whole_mail;   /* mail.eml where the channel attaches it, else NULL */
};

struct tk_plan_input {
    const struct tk_conf *conf; /* to tell our own addresses; NULL: the channel's own alone */
    const struct tk_channel *channel;
    const struct tk_message *message;
    const struct tk_decision *decision;
    struct tk_requester requester; /* for whom the mail was written */
    const guint8 *raw_sha256;      /* 32 bytes, of the mail as received */
    guint64 raw_size;
};

/* Makes the plan for a decision of ticket or note. Owned by the caller. The attachments' sizes must be known
 * (tk_message_hash_attachments); the plan points into MESSAGE. */
struct tk_plan *tk_plan_make(const struct tk_plan_input *input);
/* Accepts NULL; sets *PLAN to NULL. */
void tk_plan_free(struct tk_plan **plan);

/* The NULL-terminated ticket prefixes of a channel's tenant, for tokens in subjects. Freed with g_free; the
 * strings are CONF's. */
const char **tk_plan_prefixes(const struct tk_conf *conf, const struct tk_channel *channel);

#endif
