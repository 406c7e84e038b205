/* Unit tests of once: a state is told when it begins, and again only after it was over. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "milter/base/once.h"

#define S ((gint64)G_USEC_PER_SEC)

static void a_state_is_told_once_while_it_goes_on(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        gint64 now;
        gboolean begins;
    } rows[] = {
        {"a", 100 * S, TRUE},  {"a", 100 * S, FALSE},     {"b", 101 * S, TRUE},     {"a", 105 * S, FALSE},
        {"a", 114 * S, FALSE}, {"a", 123 * S, FALSE}, /* never quiet for ten seconds */
        {"b", 112 * S, TRUE},  {"a", 133 * S - 1, FALSE}, {"a", 143 * S - 1, TRUE}, {"b", 143 * S, TRUE},
        {"", 143 * S, TRUE},   {"", 143 * S, FALSE},
    };
    struct tk_once *once = tk_once_new(10, 100);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (tk_once_begins(once, rows[i].key, rows[i].now) != rows[i].begins)
            fail_msg("row %" G_GSIZE_FORMAT, i);
    tk_once_free(&once);
    assert_null(once);
    tk_once_free(&once);
}

static void of_too_many_states_the_one_met_least_recently_is_forgotten(void **state)
{
    (void)state;
    struct tk_once *once = tk_once_new(1000, 2);
    assert_true(tk_once_begins(once, "a", 1));
    assert_true(tk_once_begins(once, "b", 2));
    assert_false(tk_once_begins(once, "a", 3));
    assert_true(tk_once_begins(once, "c", 4));
    assert_false(tk_once_begins(once, "a", 5));
    assert_true(tk_once_begins(once, "b", 6));
    assert_true(tk_once_begins(once, "c", 7));
    for (int i = 0; i < 100000; i++) {
        g_autofree char *key = g_strdup_printf("%d", i);
        assert_true(tk_once_begins(once, key, 8 + i));
    }
    tk_once_free(&once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_is_told_once_while_it_goes_on),
        cmocka_unit_test(of_too_many_states_the_one_met_least_recently_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
