/* Unit tests of systemd and signals: what the service manager hears, and what a signal does. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "milter/base/signals.h"
#include "milter/base/systemd.h"

static void assert_heard(const char *name, socklen_t length, const char *environment)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char heard[64] = "";
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    memcpy(address.sun_path, name, length);
    assert_int_equal(
        bind(fd, (struct sockaddr *)&address, (socklen_t)offsetof(struct sockaddr_un, sun_path) + length), 0);
    setenv("NOTIFY_SOCKET", environment, 1);
    assert_int_equal(tk_systemd_notify("READY=1"), TK_OK);
    assert_int_equal(recv(fd, heard, sizeof heard, 0), 7);
    assert_string_equal(heard, "READY=1");
    close(fd);
}

static void the_manager_hears_the_state_on_a_path_and_on_an_abstract_name(void **state)
{
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("ticket-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "notify", NULL);
    assert_heard(path, (socklen_t)strlen(path), path);
    unlink(path);
    rmdir(folder);

    g_autofree char *abstract = g_strdup_printf("@ticket-test-%ld", (long)getpid());
    g_autofree char *name = g_strdup(abstract);
    name[0] = '\0';
    assert_heard(name, (socklen_t)strlen(abstract), abstract);
}

static void without_a_manager_nothing_is_said(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(tk_systemd_notify("READY=1"), TK_NO_MATCH);
    setenv("NOTIFY_SOCKET", "relative", 1);
    assert_int_equal(tk_systemd_notify("READY=1"), TK_NO_MATCH);
    setenv("NOTIFY_SOCKET", "/dev/null/socket", 1);
    assert_int_equal(tk_systemd_notify("READY=1"), TK_LATER);
    unsetenv("NOTIFY_SOCKET");
}

static void the_watchdog_is_fed_twice_as_often_as_asked_and_only_by_whom_it_is_meant(void **state)
{
    (void)state;
    unsetenv("WATCHDOG_USEC");
    assert_int_equal(tk_systemd_watchdog_msecs(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(tk_systemd_watchdog_msecs(), 15000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(tk_systemd_watchdog_msecs(), 0);
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
}

struct counts {
    gint reloads, stops, ticks, sent;
};

static void count_reload(void *context)
{
    g_atomic_int_inc(&((struct counts *)context)->reloads);
}

static void count_stop(void *context)
{
    g_atomic_int_inc(&((struct counts *)context)->stops);
}

static void count_tick(void *context)
{
    g_atomic_int_inc(&((struct counts *)context)->ticks);
}

static gboolean wait_until(gint *value, gint wanted)
{
    for (int i = 0; i < 20000 && g_atomic_int_get(value) < wanted; i++)
        g_usleep(5000);
    return g_atomic_int_get(value) >= wanted;
}

/* Keeps the first thread busy until a stop is on its way, and long enough for another to take it. */
static void reload_until_a_stop_is_sent(void *context)
{
    struct counts *counts = context;
    count_reload(counts);
    wait_until(&counts->sent, 1);
    g_usleep(20000);
}

/* Waits as libmilter does for what stops it, and takes none of it. */
static gpointer wait_for_a_stop(gpointer taken)
{
    sigset_t set;
    int number;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    while (sigwait(&set, &number) == 0)
        g_atomic_int_inc((gint *)taken);
    return NULL;
}

/* Sends each signal when the one before has been heard, and then a stop while a reload goes on. Asserts
 * belong to the first thread. */
static gpointer send_signals(gpointer data)
{
    static const int stops[] = {SIGTERM, SIGINT, SIGHUP, SIGTERM};
    struct counts *counts = data;
    gboolean good = wait_until(&counts->ticks, 2);
    for (gsize i = 0; i < G_N_ELEMENTS(stops); i++) {
        kill(getpid(), stops[i]);
        good = wait_until(&counts->stops, (gint)i + 1) && good;
    }
    kill(getpid(), SIGUSR1);
    good = wait_until(&counts->reloads, 1) && good;
    kill(getpid(), SIGTERM); /* while the first thread does something else */
    g_atomic_int_inc(&counts->sent);
    good = wait_until(&counts->stops, (gint)G_N_ELEMENTS(stops) + 1) && good;
    tk_signals_end();
    return GINT_TO_POINTER(good);
}

static void
signals_and_time_are_the_first_threads_whatever_it_does_though_another_waits_for_them(void **state)
{
    (void)state;
    struct counts counts = {0};
    static gint taken; /* the thread that waits outlives the test */
    const struct tk_signals_work work = {.reload = reload_until_a_stop_is_sent,
                                         .stop = count_stop,
                                         .tick = count_tick,
                                         .tick_msecs = 20,
                                         .context = &counts};
    tk_signals_block();
    g_thread_unref(g_thread_new("other", wait_for_a_stop, &taken));
    GThread *sender = g_thread_new("sender", send_signals, &counts);
    tk_signals_serve(&work);
    assert_true(GPOINTER_TO_INT(g_thread_join(sender)));
    assert_int_equal(counts.reloads, 1);
    assert_int_equal(counts.stops, 5);
    assert_int_equal(taken, 0);
}

static void an_end_that_comes_beforehand_counts(void **state)
{
    (void)state;
    struct counts counts = {0};
    const struct tk_signals_work work = {.reload = count_reload, .stop = count_stop, .context = &counts};
    tk_signals_block();
    tk_signals_end();
    tk_signals_serve(&work);
    assert_int_equal(counts.reloads + counts.stops, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manager_hears_the_state_on_a_path_and_on_an_abstract_name),
        cmocka_unit_test(without_a_manager_nothing_is_said),
        cmocka_unit_test(the_watchdog_is_fed_twice_as_often_as_asked_and_only_by_whom_it_is_meant),
        cmocka_unit_test(
            signals_and_time_are_the_first_threads_whatever_it_does_though_another_waits_for_them),
        cmocka_unit_test(an_end_that_comes_beforehand_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
