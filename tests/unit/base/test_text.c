/* Unit tests of text: values from outside, made fit. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "rules/base/text.h"

static void a_cut_never_splits_a_character(void **state)
{
    (void)state;
    const struct {
        const char *text;
        gsize max;
        const char *cut;
    } cases[] = {
        {"abc", 3, "abc"}, {"abcd", 3, "abc"},          {"a\xC3\xBC", 2, "a"},
        {"", 0, ""},       {"\xF0\x9F\x98\x80", 3, ""}, {"\xC3\xBC\xC3\xBC", 3, "\xC3\xBC"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *cut = tk_text_cut(cases[i].text, cases[i].max);
        assert_string_equal(cut, cases[i].cut);
    }
}

static void bad_bytes_and_nul_become_replacement_characters(void **state)
{
    (void)state;
    const struct {
        const char *bytes;
        gsize len;
        const char *text;
        gboolean changed;
    } cases[] = {
        {"plain", 5, "plain", FALSE},
        {"a\0b", 3,
         "a\xEF\xBF\xBD"
         "b",
         TRUE},
        {"\xFF\xFE", 2, "\xEF\xBF\xBD\xEF\xBF\xBD", TRUE},
        {"\xC3", 1, "\xEF\xBF\xBD", TRUE},
        {"\xED\xA0\x80", 3, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", TRUE}, /* a lone surrogate */
        {"", 0, "", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gboolean changed = !cases[i].changed;
        g_autofree char *text = tk_text_valid(cases[i].bytes, cases[i].len, &changed);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(changed, cases[i].changed);
        assert_true(g_utf8_validate(text, -1, NULL));
    }
}

static void one_line_holds_no_control_and_no_bidi_character(void **state)
{
    (void)state;
    const struct {
        const char *text, *line;
    } cases[] = {
        {"Subject\r\nBcc: x@y", "Subject Bcc: x@y"},
        {"  outer  ", "outer"},
        {"a\tb", "a b"},
        {"a \n b", "a  b"},
        {"a\xE2\x80\xAE"
         "b",
         "ab"},
        {"a\xC2\x85"
         "b",
         "a b"},
        {"a\xE2\x80\xA8"
         "b",
         "a b"},
        {"\x1b[31mred", "[31mred"},
        {"\n\n", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *line = tk_text_one_line(cases[i].text);
        assert_string_equal(line, cases[i].line);
    }
}

static void a_terminal_gets_no_control_character(void **state)
{
    (void)state;
    const struct {
        const char *text, *shown;
    } cases[] = {
        {"two\r\nlines\tand a tab", "two\nlines\tand a tab"},
        {"\x1b]0;title\x07", "?]0;title?"},
        {"\xC2\x9B"
         "31m",
         "?31m"},
        {"a\xE2\x80\xAE"
         "b",
         "a?b"},
        {"a\rb", "a?b"},
        {"a\bb\x7f", "a?b?"},
        {"\xE2\x80\x8F\xD8\x9C", "??"},                                       /* marks of direction */
        {"pay\xE2\x80\x8Bpal\xE2\x81\xA0\xC2\xAD\xEF\xBB\xBF", "pay?pal???"}, /* of no width */
        {"\xE3\x85\xA4\xE1\x85\x9F\xCD\x8F\xF3\xA0\x84\x80", "????"}, /* letters and marks that are blank */
        {"\xF3\xA0\x81\x81", "?"},                                    /* a tag */
        {"\xE2\x9D\xA4\xEF\xB8\x8F e\xCC\x81", "\xE2\x9D\xA4\xEF\xB8\x8F e\xCC\x81"},
        {"\xEE\x80\x80", "?"}, /* private use */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = tk_text_for_terminal(cases[i].text);
        assert_string_equal(shown, cases[i].shown);
    }
}

static void only_printable_ascii_may_stand_in_a_header(void **state)
{
    (void)state;
    assert_true(tk_text_is_header_safe("ticket; channel=acme/support"));
    assert_false(tk_text_is_header_safe("a\r\nb"));
    assert_false(tk_text_is_header_safe("a\tb"));
    assert_false(tk_text_is_header_safe("\xC3\xBC"));
    assert_false(tk_text_is_header_safe("\x7F"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_never_splits_a_character),
        cmocka_unit_test(bad_bytes_and_nul_become_replacement_characters),
        cmocka_unit_test(one_line_holds_no_control_and_no_bidi_character),
        cmocka_unit_test(a_terminal_gets_no_control_character),
        cmocka_unit_test(only_printable_ascii_may_stand_in_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
