/* Unit tests of phrase: folding, places of phrases, answers. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "rules/base/phrase.h"

static void folding_makes_texts_comparable(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        gsize cap;
        const char *folded;
    } cases[] = {
        {"  Hello\r\n\tWORLD ", 100, "hello world"},
        {"I\u2019m \u201eout\u201c \u2013 back", 100, "i'm \"out\" - back"},
        {"Re\u0301ponse\u00a0automatique\uff1a", 100, "r\u00e9ponse automatique:"},
        {"STRASSE stra\u00dfe", 100, "strasse strasse"},
        {"a\u200bb\ufeffc", 100, "abc"},
        {"new\n> quoted\n>> more\nend", 100, "new end"},
        {"abc\u00e4", 4, "abc"}, /* the cap cuts a character */
        {"", 100, ""},
        {NULL, 100, ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *folded = tk_phrase_fold(cases[i].text, cases[i].cap);
        assert_string_equal(folded, cases[i].folded);
    }
}

static void a_phrase_counts_in_its_place_only(void **state)
{
    (void)state;
    static const struct tk_phrase start = {"auto", TK_PHRASE_START, 0}, head = {"auto", TK_PHRASE_HEAD, 0},
                                  any = {"auto", TK_PHRASE_ANY, 0};
    g_autofree char *filler = g_strnfill(TK_PHRASE_HEAD_BYTES + 1, 'x');
    g_autofree char *late = g_strconcat(filler, "auto", NULL);
    const char *after = NULL;
    assert_non_null(tk_phrase_find(&start, 1, "[auto] x", &after));
    assert_string_equal(after, "] x");
    assert_null(tk_phrase_find(&start, 1, "an auto", NULL));
    assert_non_null(tk_phrase_find(&head, 1, "an auto", NULL));
    assert_null(tk_phrase_find(&head, 1, late, NULL));
    assert_non_null(tk_phrase_find(&any, 1, late, NULL));
}

static void the_longest_beginning_wins(void **state)
{
    (void)state;
    static const struct tk_phrase table[] = {{"delivery", TK_PHRASE_START, 1},
                                             {"delivery status (delay", TK_PHRASE_START, 2},
                                             {"deliver", TK_PHRASE_START, 3}};
    const char *after;
    assert_int_equal(tk_phrase_find(table, 3, "delivery status (delay)", &after)->kind, 2);
    assert_string_equal(after, ")");
    assert_int_equal(tk_phrase_find(table, 3, "delivery failed", &after)->kind, 1);
}

static void a_phrase_ends_at_a_sign_or_at_the_end(void **state)
{
    (void)state;
    assert_true(tk_phrase_ends(""));
    assert_true(tk_phrase_ends(" "));
    assert_true(tk_phrase_ends(": printer"));
    assert_true(tk_phrase_ends(" (2 days)"));
    assert_true(tk_phrase_ends("\u3011x"));
    assert_false(tk_phrase_ends("s since monday"));
    assert_false(tk_phrase_ends(" cannot be set"));
}

static void answers_are_known_in_many_languages(void **state)
{
    (void)state;
    static const char *const answers[] = {"re: x",  "re[2]: x", "aw: wg: x", "fwd: x",
                                          "sv : x", "[fwd: x]", "回复: x",   "re (3): x"};
    static const char *const others[] = {"x", "rename: x", "report: x", "re x", "read: x", ""};
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++)
        assert_true(tk_phrase_answers(answers[i]));
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        assert_false(tk_phrase_answers(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folding_makes_texts_comparable),
        cmocka_unit_test(a_phrase_counts_in_its_place_only),
        cmocka_unit_test(the_longest_beginning_wins),
        cmocka_unit_test(a_phrase_ends_at_a_sign_or_at_the_end),
        cmocka_unit_test(answers_are_known_in_many_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
