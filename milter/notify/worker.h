/* worker: the way of one mail: taken, composed, sent, and its end written.
 *
 * Whatever dies on this way leaves a lease that runs out, so a mail is sent at least once; its Message-ID is
 * the same each time. */
#ifndef TK_MILTER_NOTIFY_WORKER_H
#define TK_MILTER_NOTIFY_WORKER_H

#include "milter/base/snapshot.h"
#include "milter/notify/sender.h"
#include "schema/calls/outbox.h"

struct tk_worker {
    struct tk_snapshot *snapshot;
    struct tk_store *store;
    struct tk_naming *naming;
    struct tk_sender *sender;
    const char *name; /* no other worker has it, of any process of any host */
};

/* Takes the next mail of a tenant. TK_OK: the caller hands MAIL_R to tk_worker_send; TK_NO_MATCH: none is
 * due; TK_LATER and the like: the database, logged. */
enum tk_status tk_worker_take(const struct tk_worker *worker, gint64 tenant_id,
                              struct tk_outbox_mail **mail_r) TK_MUST_CHECK;

/* Sends MAIL, frees it, logs one line. TK_OK: it is at its end or will be tried again. TK_LATER: the mail
 * server or the database is away, so others need not be tried now. */
enum tk_status tk_worker_send(const struct tk_worker *worker, struct tk_outbox_mail **mail) TK_MUST_CHECK;

#endif
