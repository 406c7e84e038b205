/* once: what has been said and need not be said again while it goes on.
 *
 * For lines of the log about a state that every mail would meet. Safe from any thread. */
#ifndef TK_MILTER_BASE_ONCE_H
#define TK_MILTER_BASE_ONCE_H

#include "rules/base/status.h"

struct tk_once;

/* A state that was not met for QUIET seconds is over; at most MOST states are remembered, and of more the one
 * that was met least recently is forgotten. Owned by the caller. */
struct tk_once *tk_once_new(gint64 quiet, guint most);
/* Accepts NULL; sets *ONCE to NULL. */
void tk_once_free(struct tk_once **once);

/* The state KEY is met at NOW (microseconds of any clock that does not go back). TRUE: it begins, so say it.
 */
gboolean tk_once_begins(struct tk_once *once, const char *key, gint64 now);

#endif
