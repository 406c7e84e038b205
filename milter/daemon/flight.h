/* flight: the mails whose end has come and whose answer has not gone out yet.
 *
 * libmilter makes a thread for every callback that finds no idle one, without an end, and does not wait for
 * running callbacks when it stops. So they are counted here: too many are turned away at once, a stop waits
 * for those that run, and the watchdog learns of one that never comes back. Safe from any thread. */
#ifndef TK_MILTER_DAEMON_FLIGHT_H
#define TK_MILTER_DAEMON_FLIGHT_H

#include "rules/base/status.h"

/* Most mails at their end at one time: five times the default process limit of Postfix. Beyond, a slow
 * database would only collect threads. */
#define TK_FLIGHT_MAX 512

struct tk_flight;

/* One mail's seat; its contents are the flight's own. Lives on the callback's stack. */
struct tk_flight_seat {
    gint64 deadline;
    GList link;
};

/* Owned by the caller. */
struct tk_flight *tk_flight_new(guint max);
/* Accepts NULL; sets *FLIGHT to NULL. Nobody may sit in it. */
void tk_flight_free(struct tk_flight **flight);

/* Takes a seat until tk_flight_leave. DEADLINE is when the mail has to be answered (monotonic microseconds).
 * FALSE: full, or closed. */
gboolean tk_flight_enter(struct tk_flight *flight, gint64 deadline,
                         struct tk_flight_seat *seat) TK_MUST_CHECK;
void tk_flight_leave(struct tk_flight *flight, struct tk_flight_seat *seat);

guint tk_flight_count(struct tk_flight *flight);

/* Whether a seat is still taken GRACE microseconds after its deadline. */
gboolean tk_flight_overdue(struct tk_flight *flight, gint64 grace);

/* Lets nobody in any more and waits until all have left, or until UNTIL (monotonic microseconds). Whether all
 * left. */
gboolean tk_flight_close(struct tk_flight *flight, gint64 until) TK_MUST_CHECK;

#endif
