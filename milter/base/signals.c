/* signals: one thread that waits for SIGUSR1 and for the passing of time. */
#include "milter/base/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

static struct tk_signals_work signals_work;
static pthread_t signals_thread;
static gboolean signals_running;
static gint signals_stopping; /* atomic */

void tk_signals_block(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);

    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

static void *wait_for_signals(void *unused)
{
    (void)unused;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    guint msecs = signals_work.tick_msecs;
    const struct timespec tick = {.tv_sec = msecs / 1000, .tv_nsec = (long)(msecs % 1000) * 1000000};

    for (;;) {
        int got = signals_work.tick != NULL ? sigtimedwait(&set, NULL, &tick) : sigwaitinfo(&set, NULL);
        if (g_atomic_int_get(&signals_stopping))
            return NULL;
        if (got == SIGUSR1)
            signals_work.reload(signals_work.context);
        else if (got < 0 && errno == EAGAIN)
            signals_work.tick(signals_work.context);
    }
}

enum tk_status tk_signals_start(const struct tk_signals_work *work)
{
    signals_work = *work;
    signals_running = pthread_create(&signals_thread, NULL, wait_for_signals, NULL) == 0;
    return signals_running ? TK_OK : TK_LATER;
}

void tk_signals_stop(void)
{
    if (!signals_running)
        return;
    g_atomic_int_set(&signals_stopping, 1);
    pthread_kill(signals_thread, SIGUSR1);
    pthread_join(signals_thread, NULL);
    signals_running = FALSE;
    g_atomic_int_set(&signals_stopping, 0);
}
