/* session: one connection of the MTA, and the mail that comes over it now.
 *
 * Knows the order of the protocol, not its library. Everything of a mail is given back in one place,
 * whichever of answer, abort, next mail or close comes first; doing it twice does no harm. Callbacks of one
 * connection come one after the other, but from different threads, so nothing is kept outside of the session.
 */
#ifndef TK_MILTER_DAEMON_SESSION_H
#define TK_MILTER_DAEMON_SESSION_H

#include "milter/base/ledger.h"
#include "milter/base/snapshot.h"
#include "milter/daemon/report.h"
#include "milter/intake/intake.h"
#include "rules/base/status.h"

struct tk_session;

/* SNAPSHOT must outlive the session. Owned by the caller. */
struct tk_session *tk_session_new(struct tk_snapshot *snapshot);
/* The connection is over. Accepts NULL; sets *SESSION to NULL. */
void tk_session_free(struct tk_session **session);

/* Around each callback: what the thread of the callback before wrote is seen by the thread of this one.
 * libmilter hands a connection from thread to thread without an order of memory of its own wherever no answer
 * is sent. */
void tk_session_enter(struct tk_session *session);
void tk_session_leave(struct tk_session *session);

/* A mail begins: drops what a mail before may have left, and takes the configuration of now for this one.
 * MAIL_FROM as the MTA gives it. */
void tk_session_begin(struct tk_session *session, const char *mail_from);
/* One more recipient, as the MTA gives it. Nothing outside of a mail. FALSE: the mail has as many as it may
 * have, and is not for this one. */
gboolean tk_session_rcpt(struct tk_session *session, const char *rcpt);
/* Whether one of the recipients is a channel, so that the mail's content is wanted. FALSE outside of a mail.
 */
gboolean tk_session_wanted(const struct tk_session *session);

/* One header field: VALUE with what stands between the colon and it, folds as LF. The raw mail gets it with
 * CRLF as the sender had it. A full disk is kept in mind for the end. Nothing where the mail is not wanted.
 */
void tk_session_header(struct tk_session *session, const char *name, const char *value);
/* The next LEN bytes of the body, as they are. */
void tk_session_body(struct tk_session *session, const void *data, gsize len);

struct tk_session_end {
    struct tk_store *store;
    struct tk_directory *directory;
    struct tk_ledger *ledger; /* or NULL */
    const char *queue_id;     /* or NULL */
    const char *mta_name;     /* or NULL */
    struct tk_authentic_client client;
    gint64 deadline;    /* monotonic microseconds */
    gint64 received_at; /* microseconds since 1970 */
};

/* The mail is complete: runs the pipeline over it. TK_OK: *OUTCOME_R is set, whatever it says, and the caller
 * clears it before the session goes on. Else the mail could not be taken in (TK_STORAGE, TK_LATER; TK_BUG
 * outside of a mail), WHY says why, and *OUTCOME_R is left alone. */
enum tk_status tk_session_finish(struct tk_session *session, const struct tk_session_end *end, GString *why,
                                 struct tk_intake_outcome *outcome_r) TK_MUST_CHECK;

/* The mail's deadline in milliseconds, by its configuration; 0 outside of a mail. */
int tk_session_deadline_msecs(const struct tk_session *session);

/* Fills in what the session knows of the mail: sender, recipients, size, level. The values are the session's.
 */
void tk_session_describe(const struct tk_session *session, struct tk_report *report);

/* Drops the mail: after its answer, and at an abort. */
void tk_session_reset(struct tk_session *session);

#endif
