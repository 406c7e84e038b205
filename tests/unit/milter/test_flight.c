/* Unit tests of flight. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "milter/daemon/flight.h"

static void only_so_many_sit_at_one_time(void **state)
{
    (void)state;
    struct tk_flight *flight = tk_flight_new(2);
    struct tk_flight_seat seats[3];
    assert_true(tk_flight_enter(flight, 0, &seats[0]));
    assert_true(tk_flight_enter(flight, 0, &seats[1]));
    assert_false(tk_flight_enter(flight, 0, &seats[2]));
    tk_flight_leave(flight, &seats[0]);
    assert_true(tk_flight_enter(flight, 0, &seats[2]));
    assert_int_equal(tk_flight_count(flight), 2);
    tk_flight_leave(flight, &seats[2]);
    tk_flight_leave(flight, &seats[1]);
    assert_int_equal(tk_flight_count(flight), 0);
    tk_flight_free(&flight);
    assert_null(flight);
    tk_flight_free(&flight);
}

static void a_seat_long_past_its_deadline_is_seen(void **state)
{
    (void)state;
    struct tk_flight *flight = tk_flight_new(2);
    struct tk_flight_seat young, old;
    gint64 now = g_get_monotonic_time();
    assert_false(tk_flight_overdue(flight, 0));
    assert_true(tk_flight_enter(flight, now + G_TIME_SPAN_MINUTE, &young));
    assert_true(tk_flight_enter(flight, now - G_TIME_SPAN_SECOND, &old));
    assert_false(tk_flight_overdue(flight, G_TIME_SPAN_MINUTE));
    assert_true(tk_flight_overdue(flight, 0));
    tk_flight_leave(flight, &old);
    assert_false(tk_flight_overdue(flight, 0));
    tk_flight_leave(flight, &young);
    tk_flight_free(&flight);
}

static struct tk_flight_seat passenger_seat;

static gpointer leave_soon(gpointer flight)
{
    g_usleep(50 * 1000);
    tk_flight_leave(flight, &passenger_seat);
    return NULL;
}

static void closing_waits_for_those_who_sit_and_lets_nobody_in(void **state)
{
    (void)state;
    struct tk_flight *flight = tk_flight_new(2);
    struct tk_flight_seat late;
    assert_true(tk_flight_enter(flight, 0, &passenger_seat));
    assert_false(tk_flight_close(flight, g_get_monotonic_time() + 10 * 1000));
    assert_false(tk_flight_enter(flight, 0, &late));
    GThread *thread = g_thread_new("passenger", leave_soon, flight);
    gint64 before = g_get_monotonic_time();
    assert_true(tk_flight_close(flight, before + G_TIME_SPAN_MINUTE));
    assert_true(g_get_monotonic_time() - before < G_TIME_SPAN_MINUTE);
    g_thread_join(thread);
    tk_flight_free(&flight);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_so_many_sit_at_one_time),
        cmocka_unit_test(a_seat_long_past_its_deadline_is_seen),
        cmocka_unit_test(closing_waits_for_those_who_sit_and_lets_nobody_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
