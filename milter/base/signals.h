/* signals: one thread that waits for SIGUSR1 and for the passing of time.
 *
 * No work is done in signal handlers. Signals are blocked before the first thread is made, so every thread
 * inherits the mask. SIGTERM, SIGINT and SIGHUP belong to libmilter, which waits for them in a thread of its
 * own: all three stop it. That is why a reload is asked for with SIGUSR1. */
#ifndef TK_MILTER_BASE_SIGNALS_H
#define TK_MILTER_BASE_SIGNALS_H

#include "rules/status.h"

/* Blocks SIGTERM, SIGINT, SIGHUP and SIGUSR1 in the caller and all threads it makes later, and ignores
 * SIGPIPE. */
void tk_signals_block(void);

struct tk_signals_work {
    void (*reload)(void *context); /* at SIGUSR1 */
    void (*tick)(void *context);   /* every TICK_MSECS; NULL: never */
    guint tick_msecs;
    void *context;
};

/* Starts the thread. WORK is copied; its context must live until tk_signals_stop. One at a time. TK_LATER: no
 * thread could be made. */
enum tk_status tk_signals_start(const struct tk_signals_work *work) TK_MUST_CHECK;

/* Ends the thread after what it is doing. Nothing where it was not started. */
void tk_signals_stop(void);

#endif
