/* reply: the one place where an outcome becomes an SMTP reply.
 *
 * Texts go to strangers: they say what the sender's administrator can do with, nothing of what is inside. */
#ifndef TK_MILTER_DAEMON_REPLY_H
#define TK_MILTER_DAEMON_REPLY_H

#include "milter/intake/intake.h"
#include "rules/base/status.h"

enum tk_reply_action {
    TK_REPLY_ACCEPT, /* the MTA goes on with the mail; CODE and what follows are NULL */
    TK_REPLY_LATER,  /* 4xx */
    TK_REPLY_REFUSE  /* 5xx */
};

struct tk_reply {
    enum tk_reply_action action;
    const char *code;     /* "451" */
    const char *enhanced; /* "4.3.0" (RFC 3463) */
    const char *text;     /* one line without "%" */
};

/* TK_OK accepts; whatever else is "later": 452 4.3.1 for storage, 451 4.3.0 for all others, also for what
 * cannot be, since a mail that the sender keeps is not lost. */
struct tk_reply tk_reply_from_status(enum tk_status status);

/* To a recipient beyond what a mail may have: the sender brings it in another mail (RFC 5321 section
 * 4.5.3.1.10). */
struct tk_reply tk_reply_too_many_recipients(void);

/* The reply for what the channels made of a mail: its status where that is not TK_OK; later where a channel
 * says so; 550 where all channels refuse it and nobody else gets it; else accepted. */
struct tk_reply tk_reply_from_outcome(const struct tk_intake_outcome *outcome);

#endif
