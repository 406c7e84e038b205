/* Unit tests of verdict: stable words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/base/verdict.h"

static void words_read_back_as_what_they_name(void **state)
{
    (void)state;
    for (int i = TK_VERDICT_TICKET; i <= TK_VERDICT_LATER; i++) {
        enum tk_verdict verdict;
        assert_int_equal(tk_verdict_parse(tk_verdict_word((enum tk_verdict)i), &verdict), TK_OK);
        assert_int_equal(verdict, i);
    }
    for (int i = TK_REASON_NONE; i < TK_REASON_COUNT; i++) {
        enum tk_reason reason;
        assert_int_equal(tk_verdict_reason_parse(tk_verdict_reason_word((enum tk_reason)i), &reason), TK_OK);
        assert_int_equal(reason, i);
        assert_true(*tk_verdict_reason_text((enum tk_reason)i) != '\0');
    }
}

static void unknown_words_are_no_match(void **state)
{
    (void)state;
    enum tk_verdict verdict = TK_VERDICT_NOTE;
    enum tk_reason reason = TK_REASON_LOOP;
    assert_int_equal(tk_verdict_parse("Ticket", &verdict), TK_NO_MATCH);
    assert_int_equal(tk_verdict_reason_parse("nothing", &reason), TK_NO_MATCH);
    assert_int_equal(verdict, TK_VERDICT_NOTE);
    assert_int_equal(reason, TK_REASON_LOOP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_read_back_as_what_they_name),
        cmocka_unit_test(unknown_words_are_no_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
