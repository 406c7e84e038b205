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
    setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
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
    gint reloads, ticks;
};

static void count_reload(void *context)
{
    g_atomic_int_inc(&((struct counts *)context)->reloads);
}

static void count_tick(void *context)
{
    g_atomic_int_inc(&((struct counts *)context)->ticks);
}

static void wait_until(gint *value, gint wanted)
{
    for (int i = 0; i < 1000 && g_atomic_int_get(value) < wanted; i++)
        g_usleep(5000);
    assert_true(g_atomic_int_get(value) >= wanted);
}

static void usr1_reloads_and_time_ticks_in_a_thread_of_their_own(void **state)
{
    (void)state;
    struct counts counts = {0, 0};
    const struct tk_signals_work work = {
        .reload = count_reload, .tick = count_tick, .tick_msecs = 20, .context = &counts};
    tk_signals_block();
    assert_int_equal(tk_signals_start(&work), TK_OK);
    kill(getpid(), SIGUSR1);
    wait_until(&counts.reloads, 1);
    wait_until(&counts.ticks, 2);
    tk_signals_stop();
    gint after = counts.ticks;
    g_usleep(60000);
    assert_int_equal(counts.ticks, after);
    assert_int_equal(counts.reloads, 1);
    tk_signals_stop(); /* nothing where nothing runs */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manager_hears_the_state_on_a_path_and_on_an_abstract_name),
        cmocka_unit_test(without_a_manager_nothing_is_said),
        cmocka_unit_test(the_watchdog_is_fed_twice_as_often_as_asked_and_only_by_whom_it_is_meant),
        cmocka_unit_test(usr1_reloads_and_time_ticks_in_a_thread_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
