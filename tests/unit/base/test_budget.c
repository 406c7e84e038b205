/* Unit tests of budget: when the clock is asked, and what it decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules/base/budget.h"

static gint64 now;
static guint asked;

static gint64 clock_of_test(void)
{
    asked++;
    return now;
}

static void the_time_is_out_once_and_for_all(void **state)
{
    (void)state;
    now = 1000;
    struct tk_budget budget = tk_budget_begin(clock_of_test, 50);
    assert_false(tk_budget_spent(&budget));
    now = 1050;
    assert_false(tk_budget_spent(&budget));
    now = 1051;
    assert_true(tk_budget_spent(&budget));
    assert_true(tk_budget_use(&budget, 1));
    now = 1000;
    assert_true(tk_budget_spent(&budget));
}

static void work_asks_the_clock_now_and_then(void **state)
{
    (void)state;
    now = 0;
    struct tk_budget budget = tk_budget_begin(clock_of_test, 10);
    now = 11;
    asked = 0;
    assert_false(tk_budget_use(&budget, TK_BUDGET_STEP / 2));
    assert_false(tk_budget_use(&budget, TK_BUDGET_STEP / 2 - 1));
    assert_int_equal(asked, 0);
    assert_true(tk_budget_use(&budget, 1));
    assert_int_equal(asked, 1);
}

static void nobody_is_bound_without_a_clock(void **state)
{
    (void)state;
    struct tk_budget budget = tk_budget_begin(NULL, 0);
    assert_false(tk_budget_spent(&budget));
    assert_false(tk_budget_use(&budget, G_MAXUINT));
    assert_false(tk_budget_spent(NULL));
    assert_false(tk_budget_use(NULL, G_MAXUINT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_time_is_out_once_and_for_all),
        cmocka_unit_test(work_asks_the_clock_now_and_then),
        cmocka_unit_test(nobody_is_bound_without_a_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
