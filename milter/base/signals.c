/* signals: one thread that waits for signals and for the passing of time. */
#include "milter/base/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* In this program's place of libc's sigwait, which libmilter's own thread calls: it takes no signal, ever.
 *
 * libmilter would stop at SIGTERM, SIGINT and SIGHUP without a word to us. Worse, its thread may begin to
 * wait after a signal was sent and before the first thread has woken up for it, and then takes it away. Calls
 * of sigtimedwait, which signals and tests use themselves, are not touched.
 */
int sigwait(const sigset_t *set, int *number)
{
    (void)set;
    (void)number;
    for (;;)
        pause(); /* a cancellation point, as sigwait is one */
}

static pthread_t signals_thread;
static gint signals_ended; /* atomic */

void tk_signals_block(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signals_thread = pthread_self();

    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

void tk_signals_serve(const struct tk_signals_work *work)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    guint msecs = work->tick_msecs;
    const struct timespec tick = {.tv_sec = msecs / 1000, .tv_nsec = (long)(msecs % 1000) * 1000000};

    while (!g_atomic_int_get(&signals_ended)) {
        int got = work->tick != NULL ? sigtimedwait(&set, NULL, &tick) : sigwaitinfo(&set, NULL);
        if (g_atomic_int_get(&signals_ended))
            break;
        if (got == SIGUSR1)
            work->reload(work->context);
        else if (got > 0)
            work->stop(work->context);
        else if (errno == EAGAIN)
            work->tick(work->context);
    }
    g_atomic_int_set(&signals_ended, 0);
}

void tk_signals_end(void)
{
    g_atomic_int_set(&signals_ended, 1);
    pthread_kill(signals_thread, SIGUSR1);
}
