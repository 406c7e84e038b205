/* queue: which tenants have mails to send, and the threads that send them.
 *
 * A tenant goes to the end of the queue with each mail of its, so that one with many does not hold up the
 * others. */
#ifndef TK_MILTER_NOTIFY_QUEUE_H
#define TK_MILTER_NOTIFY_QUEUE_H

#include "milter/base/snapshot.h"
#include "schema/calls/store.h"

struct tk_queue;

/* Starts COUNT threads, each with a connection to the mail server and a name of its own. TK_LATER: they could
 * not be made. The caller ends QUEUE_R with tk_queue_stop. */
enum tk_status tk_queue_start(struct tk_snapshot *snapshot, struct tk_store *store, guint count,
                              struct tk_queue **queue_r, GString *why) TK_MUST_CHECK;

/* Adds TENANTS (of gint64), those that are not in it. */
void tk_queue_add(struct tk_queue *queue, const GArray *tenants);

/* Whether mails should be looked for now: not while the mail server or the database was found away a moment
 * ago. */
gboolean tk_queue_is_open(struct tk_queue *queue);

/* Ends the threads after the mails that they are sending. Accepts NULL; sets *QUEUE to NULL. */
void tk_queue_stop(struct tk_queue **queue);

#endif
