/* effects: what has to be done to the mail for the verdicts of its channels, as a list of edits.
 *
 * The list is made and checked before anything is committed; the front end that has an MTA applies it as it
 * stands. */
#ifndef TK_RULES_EFFECTS_H
#define TK_RULES_EFFECTS_H

#include "rules/base/status.h"
#include "rules/base/verdict.h"
#include "rules/conf/conf.h"

enum tk_edit_kind {
    TK_EDIT_REMOVE_HEADER, /* the INDEX-th header called NAME, counted from 1 */
    TK_EDIT_ADD_HEADER,    /* NAME and VALUE */
    TK_EDIT_REMOVE_RCPT,   /* VALUE: the recipient exactly as the MTA gave it */
    TK_EDIT_ADD_RCPT       /* VALUE: "<address>"; ARGUMENTS: ESMTP arguments ("NOTIFY=NEVER") or NULL */
};

struct tk_edit {
    enum tk_edit_kind kind;
    char *name;
    char *value;
    char *arguments;
    guint index;
};

/* One recipient of the mail. */
struct tk_effects_rcpt {
    const char *as_received;          /* with its <> as the MTA gave it */
    const struct tk_channel *channel; /* NULL: no channel, never touched */
};

/* One channel's answer to the mail. */
struct tk_effects_answer {
    const struct tk_channel *channel;
    enum tk_verdict verdict; /* never TK_VERDICT_LATER or TK_VERDICT_REJECT */
    enum tk_reason reason;
    const char *number; /* of the ticket, or NULL */
    gint64
        intake_id; /* 0: no row tells of it; a fail then stays with its recipient where the folder is none */
    const char *evidence; /* by which the mail is known as a machine's, one line, or NULL */
};

/* The names of the mail's X-Ticket-* headers in order of the mail (each occurrence); X-Ticket-Loop stays. */
struct tk_effects_mail {
    const struct tk_effects_rcpt *rcpts;
    gsize n_rcpts;
    const char *const *header_names; /* in order, at least those of marks, NULL-terminated */
    gboolean marks_stay;             /* there are more marks than can be removed */
};

/* Appends the edits to EDITS (a tk_effects_new array): X-Ticket-* removed highest index first, recipients by
 * folder, one X-Ticket-Verdict a channel and X-Ticket-Id a ticket; with a foreign recipient left only
 * "X-Ticket-Verdict: INTAKE-ID". TK_OK; TK_BUG (WHY) where a value could not stand in a header or an SMTP
 * command; TK_LATER (WHY) where somebody would get the mail with marks that stay. */
enum tk_status tk_effects_make(const struct tk_effects_mail *mail, const struct tk_effects_answer *answers,
                               gsize n_answers, GPtrArray *edits, GString *why) TK_MUST_CHECK;

/* Whether a header field called NAME is a mark of ours, which nobody else may set (X-Ticket-*, but not
 * X-Ticket-Loop). */
gboolean tk_effects_is_mark(const char *name);

/* An empty array that owns struct tk_edit. */
GPtrArray *tk_effects_new(void);

#endif
