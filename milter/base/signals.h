/* signals: one thread that waits for signals and for the passing of time.
 *
 * No work is done in signal handlers. Signals are blocked before the first thread is made, so every thread
 * inherits the mask, and the first thread waits for them. libmilter has a thread that would wait for SIGTERM,
 * SIGINT and SIGHUP too; a program that links this module has a sigwait that never returns, so that none of
 * them gets lost there. SIGHUP stops, as it does in every filter of libmilter: that is why a reload is
 * SIGUSR1.
 */
#ifndef TK_MILTER_BASE_SIGNALS_H
#define TK_MILTER_BASE_SIGNALS_H

#include "rules/base/status.h"

/* Blocks SIGTERM, SIGINT, SIGHUP and SIGUSR1 in the caller, who is to be the process's first thread, and in
 * all threads it makes later, and ignores SIGPIPE. */
void tk_signals_block(void);

struct tk_signals_work {
    void (*reload)(void *context); /* at SIGUSR1 */
    void (*stop)(void *context);   /* at SIGTERM, SIGINT and SIGHUP, at each */
    void (*tick)(void *context);   /* every TICK_MSECS; NULL: never */
    guint tick_msecs;
    void *context;
};

/* Does WORK, in the thread that called tk_signals_block, until tk_signals_end is called, be it beforehand. */
void tk_signals_serve(const struct tk_signals_work *work);

/* Lets tk_signals_serve return after what it is doing. To be called in another thread. */
void tk_signals_end(void);

#endif
