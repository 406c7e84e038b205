/* Unit tests of status. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/base/status.h"

static void every_status_has_a_word_of_its_own(void **state)
{
    (void)state;
    for (int a = TK_OK; a <= TK_BUG; a++)
        for (int b = a + 1; b <= TK_BUG; b++)
            assert_string_not_equal(tk_status_word(a), tk_status_word(b));
}

static void fail_replaces_the_text_and_returns_the_status(void **state)
{
    (void)state;
    g_autoptr(GString) why = g_string_new("before");
    assert_int_equal(tk_status_fail(TK_CONFIG, why, "%s:%d: no", "a.conf", 3), TK_CONFIG);
    assert_string_equal(why->str, "a.conf:3: no");
    assert_int_equal(tk_status_fail(TK_LATER, NULL, "unheard"), TK_LATER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_word_of_its_own),
        cmocka_unit_test(fail_replaces_the_text_and_returns_the_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
