/* intake: the way of one mail, from envelope and raw bytes to what was committed and what is to be done to
 * the mail.
 *
 * limits > message > classify > route > thread > facts > decide > store. The same call serves every front
 * end, and `ticketctl test` without writing. Holds no state between mails. */
#ifndef TK_MILTER_INTAKE_INTAKE_H
#define TK_MILTER_INTAKE_INTAKE_H

#include "milter/base/ledger.h"
#include "milter/intake/directory.h"
#include "rules/base/source.h"
#include "rules/base/status.h"
#include "rules/base/verdict.h"
#include "rules/classify/classify.h"
#include "rules/conf/conf.h"
#include "rules/conf/raw.h"
#include "rules/decide/decide.h"
#include "rules/decide/effects.h"
#include "rules/limits/limits.h"
#include "rules/plan/plan.h"
#include "rules/sender/authentic.h"
#include "schema/calls/ingest.h"
#include "schema/calls/store.h"

/* A mail that crashed the program this often is read at level raw: its header by a cautious scan of ours, no
 * library sees it. One that still crashed it twice more is not read at all: it goes to its channels' fail
 * folders with its raw bytes kept. Either has the reason poison. */
enum { TK_INTAKE_CAREFUL = 2, TK_INTAKE_UNREAD = 4 };

/* One mail as a front end received it. All pointers are the front end's. */
struct tk_intake_mail {
    const char *mail_from;    /* as received, with its <> */
    const char *const *rcpts; /* as received, with their <>, NULL-terminated */
    const struct tk_source *source;
    const struct tk_limits_outcome *limits;
    /* Names of the header fields that begin with X-Ticket-, in order, NULL-terminated, as edits count them;
     * NULL where nobody edits the mail. */
    const char *const *header_names;
    gboolean marks_stay;    /* there are more of these than can be removed */
    gboolean too_big;       /* larger than limits.message: the source holds only its beginning */
    guint8 body_sha256[32]; /* of the bytes behind the header, CRLF taken as LF */
    guint8 raw_sha256[32];  /* of all bytes of the source */
    const char *queue_id;   /* of the MTA, or NULL */
    const char
        *mta_name; /* the MTA's own host name (macro j), to know the Message-IDs that it made; or NULL */
    struct tk_authentic_client client; /* who brought the mail */
    gint64 received_at;                /* microseconds since 1970, UTC */
};

struct tk_intake_context {
    const struct tk_conf *conf;
    struct tk_store *store;         /* NULL: test without a database (no facts) */
    struct tk_directory *directory; /* ids of channels, and our names; NULL only without a store */
    struct tk_ledger *ledger;       /* knows what the program crashed on; or NULL */
    gboolean dry_run;               /* decide and plan, write nothing */
    gint64 deadline;                /* g_get_monotonic_time() value: nothing is committed after it */
};

/* What one channel made of the mail. */
struct tk_intake_result {
    const struct tk_channel *channel;
    enum tk_verdict verdict;
    enum tk_reason reason;
    const char *rule; /* static: which rule of the order decided ("domain", "autoreply", "thread", ...) */
    char *detail;     /* the value that the rule hit on, one line, or NULL */
    char *number;     /* of the ticket, or NULL */
    char *matched;    /* number of the ticket that the mail's keys lead to, or NULL */
    const char *matched_by;               /* static: by which key, as in struct tk_decide_known; or NULL */
    char *linked;                         /* number of the ticket that a new one goes on from, or NULL */
    guint foreign_tokens;                 /* tokens in the mail that are none of this channel's */
    gint64 intake_id, ticket_id, note_id; /* 0: none */
    gint64 seen;       /* how often the mail was here, with this time; 1: never before, 0: not stored */
    unsigned flags;    /* of enum tk_flag: what was found and stopped nothing */
    gboolean internal; /* the note is for agents alone */
    struct tk_raw raw; /* whether the mail is kept as it came; after the store has answered: whether it was */
    enum tk_ingest_alarm raw_alarm; /* of the tenant's budget for such mails */
    gint64 raw_used;                /* bytes of it */
    char *rcpt;                     /* the recipient by which the mail came to the channel, without <> */
    struct tk_plan *plan; /* what was, or would be, stored; NULL unless ticket, note or (of an excluded mail)
                             delivery note */
};

struct tk_intake_outcome {
    enum tk_status status; /* TK_OK: every channel's answer is committed (or dry run). TK_LATER, TK_STORAGE,
                              TK_UNCERTAIN, TK_CONFIG: nothing may be said but "later" */
    GString *why;          /* one line for the log where status is not TK_OK */
    char *refused; /* what the database said of the mail's values, where it did not take them as they are:
                      SQLSTATE and text, one line; else NULL */
    enum tk_level stored_level; /* of what it took instead; only with REFUSED */
    GPtrArray *results;         /* of struct tk_intake_result, one a channel, in order of the recipients */
    GPtrArray *edits;           /* of struct tk_edit, to be applied in order; only where status is TK_OK */
    struct tk_message *message;
    struct tk_classification classification;
    struct tk_authentic authentic; /* whether the sender is confirmed, and by whom */
    gboolean only_channels;        /* every recipient is a channel's */
};

/* The channel that RCPT (as received) leads to, or NULL: for front ends that let go mails without one. */
const struct tk_channel *tk_intake_route(const struct tk_conf *conf, const char *rcpt);

/* Runs the mail. Never fails otherwise than by outcome->status. The caller clears the outcome in every case.
 */
void tk_intake_run(const struct tk_intake_context *context, const struct tk_intake_mail *mail,
                   struct tk_intake_outcome *outcome_r);
void tk_intake_clear(struct tk_intake_outcome *outcome);

#endif
