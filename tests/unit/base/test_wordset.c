/* Unit tests of wordset: against the search for one word after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules/base/wordset.h"

static const char *const table[] = {"wrote", "wrote again", "at", "schrieb", "написал", "rote", NULL};
static const char *const short_ones[] = {"a", "an", "to", NULL};

static void finds_what_stands_anywhere(void **state)
{
    static const struct {
        const char *text;
        gboolean begins, contains, contains_whole, ends, ends_whole;
    } cases[] = {
        {"wrote", TRUE, TRUE, TRUE, TRUE, TRUE},
        {"ann wrote", FALSE, TRUE, TRUE, TRUE, TRUE},
        {"ann wrote:", FALSE, TRUE, TRUE, FALSE, FALSE},
        {"typewrote", FALSE, TRUE, FALSE, TRUE, FALSE},
        {"wroten", TRUE, TRUE, FALSE, FALSE, FALSE},
        {"typewrote, wrote", FALSE, TRUE, TRUE, TRUE, TRUE},
        {"wrotewrote wrot", TRUE, TRUE, FALSE, FALSE, FALSE},
        {"анна написал", FALSE, TRUE, TRUE, TRUE, TRUE},
        {"анна написала", FALSE, TRUE, FALSE, FALSE, FALSE},
        {"wrot", FALSE, FALSE, FALSE, FALSE, FALSE},
        {"a", FALSE, FALSE, FALSE, FALSE, FALSE},
        {"", FALSE, FALSE, FALSE, FALSE, FALSE},
    };
    static struct tk_wordset set = TK_WORDSET(table), ends = TK_WORDSET_AT_END(table);

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *text = cases[i].text;

        if (tk_wordset_begins(&set, text) != cases[i].begins ||
            tk_wordset_contains(&set, text) != cases[i].contains ||
            tk_wordset_contains_whole(&set, text) != cases[i].contains_whole ||
            tk_wordset_ends(&ends, text, strlen(text)) != cases[i].ends ||
            tk_wordset_ends_whole(&ends, text, strlen(text)) != cases[i].ends_whole)
            fail_msg("\"%s\"", text);
    }
}

static void knows_whole_words(void **state)
{
    static struct tk_wordset set = TK_WORDSET(short_ones);

    (void)state;
    assert_true(tk_wordset_is(&set, "a: b", 1));
    assert_true(tk_wordset_is(&set, "an", 2));
    assert_true(tk_wordset_is(&set, "to", 2));
    assert_false(tk_wordset_is(&set, "t", 1));
    assert_false(tk_wordset_is(&set, "too", 3));
    assert_false(tk_wordset_is(&set, "", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_stands_anywhere),
        cmocka_unit_test(knows_whole_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
