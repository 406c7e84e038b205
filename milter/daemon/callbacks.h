/* callbacks: what libmilter calls, translated for the session. */
#ifndef TK_MILTER_DAEMON_CALLBACKS_H
#define TK_MILTER_DAEMON_CALLBACKS_H

#include "milter/base/ledger.h"
#include "milter/base/once.h"
#include "milter/base/snapshot.h"
#include "milter/base/watch.h"
#include "milter/daemon/flight.h"
#include "milter/intake/intake.h"
#include "rules/base/status.h"

/* What all connections share. */
struct tk_callbacks_service {
    struct tk_snapshot *snapshot;
    struct tk_store *store;
    struct tk_directory *directory;
    struct tk_flight *flight;
    struct tk_ledger *ledger; /* NULL: there is none */
    struct tk_watch *watch;   /* hears what the database takes and refuses; NULL: nobody does */
    guint sessions_max;       /* connections at one time */
    struct tk_once *closed;   /* rate windows that are full, each told once; NULL: told with every mail */
};

/* Registers with libmilter under NAME. SERVICE must live as long as libmilter runs. TK_BUG: libmilter
 * refuses. */
enum tk_status tk_callbacks_register(const char *name,
                                     const struct tk_callbacks_service *service) TK_MUST_CHECK;

#endif
