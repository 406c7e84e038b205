/* Unit tests of connection: the estimate of the server's clock. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "schema/wire/connection.h"

static struct tk_connection fresh(void)
{
    return (struct tk_connection){.clock_low = G_MININT64, .clock_high = G_MAXINT64};
}

static void the_estimate_is_never_ahead_of_the_server(void **state)
{
    (void)state;
    /* The server is 1000 ahead; its answer was made somewhere between sending and receiving. */
    for (gint64 made = 100; made <= 180; made += 20) {
        struct tk_connection c = fresh();
        tk_connection_clock_seen(&c, made + 1000, 100, 180);
        assert_true(tk_connection_clock(&c, 500) <= 1500);
        assert_true(tk_connection_clock(&c, 500) >= 1420);
    }
}

static void a_quick_answer_narrows_and_a_slow_one_does_not_widen(void **state)
{
    (void)state;
    struct tk_connection c = fresh();
    tk_connection_clock_seen(&c, 1150, 100, 200);
    tk_connection_clock_seen(&c, 1305, 300, 310);
    assert_int_equal(tk_connection_clock(&c, 0), 995);
    tk_connection_clock_seen(&c, 1400, 400, 90000);
    assert_int_equal(tk_connection_clock(&c, 0), 995);
}

static void a_clock_that_was_set_is_believed_at_once(void **state)
{
    (void)state;
    struct tk_connection c = fresh();
    tk_connection_clock_seen(&c, 10100, 100, 110);
    tk_connection_clock_seen(&c, 5200, 200, 210);
    assert_int_equal(tk_connection_clock(&c, 0), 4990);
    tk_connection_clock_seen(&c, 50300, 300, 310);
    assert_int_equal(tk_connection_clock(&c, 0), 49990);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_estimate_is_never_ahead_of_the_server),
        cmocka_unit_test(a_quick_answer_narrows_and_a_slow_one_does_not_widen),
        cmocka_unit_test(a_clock_that_was_set_is_believed_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
