/* Unit tests of logtext. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "rules/base/logtext.h"

static void values_are_encoded_by_one_table(void **state)
{
    (void)state;
    static const struct {
        const char *value, *expected;
    } cases[] = {
        {"ann@acme.example", "k=ann@acme.example"},
        {"acme/support", "k=acme/support"},
        {"", "k=\"\""},
        {NULL, "k=\"\""},
        {"two words", "k=\"two words\""},
        {"a=b", "k=\"a=b\""},
        {"x\nverdict=ticket", "k=\"x\\nverdict=ticket\""},
        {"x\r\ny\tz", "k=\"x\\r\\ny\\tz\""},
        {"say \"hi\"", "k=\"say \\\"hi\\\"\""},
        {"back\\slash", "k=\"back\\\\slash\""},
        {"\x1b[31mred", "k=\"\\x1b[31mred\""},
        {"\x7f", "k=\"\\x7f\""},
        {"\xc2\x9b"
         "2J",
         "k=\"\\u{9b}2J\""}, /* C1 control sequence introducer */
        {"\xe2\x80\xae"
         "fdp.exe",
         "k=\"\\u{202e}fdp.exe\""}, /* right-to-left override */
        {"\xe2\x81\xa6"
         "a",
         "k=\"\\u{2066}a\""}, /* isolate */
        {"\xe2\x80\xa8"
         "a",
         "k=\"\\u{2028}a\""}, /* line separator */
        {"\xc2\x85"
         "a",
         "k=\"\\u{85}a\""}, /* next line */
        {"\xef\xbb\xbf"
         "a",
         "k=\"\\u{feff}a\""},                      /* byte order mark */
        {"\xff\xfe", "k=\"\\xff\\xfe\""},          /* no UTF-8 */
        {"\xc3", "k=\"\\xc3\""},                   /* cut character */
        {"\xed\xa0\x80", "k=\"\\xed\\xa0\\x80\""}, /* surrogate */
        {"M\xc3\xbcller", "k=\"M\xc3\xbcller\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) line = g_string_new(NULL);
        tk_logtext_pair(line, "k", cases[i].value);
        assert_string_equal(line->str, cases[i].expected);
    }
}

static void pairs_are_parted_by_one_blank(void **state)
{
    (void)state;
    g_autoptr(GString) line = g_string_new(NULL);
    tk_logtext_pair(line, "id", "4F2");
    tk_logtext_number(line, "size", -7);
    tk_logtext_number(line, "max", G_MAXINT64);
    assert_string_equal(line->str, "id=4F2 size=-7 max=9223372036854775807");
}

static void a_long_value_is_cut_with_a_mark_and_never_inside_an_escape(void **state)
{
    (void)state;
    for (gsize before = 240; before < 262; before++) {
        g_autofree char *head = g_strnfill(before, 'a');
        g_autofree char *value = g_strconcat(head, "\x01\xc3\xa4\"\n and more and more and more", NULL);
        g_autoptr(GString) line = g_string_new(NULL);
        tk_logtext_pair(line, "k", value);
        assert_true(line->len <= strlen("k=\"\"") + TK_LOGTEXT_MAX_VALUE);
        assert_true(g_utf8_validate(line->str, -1, NULL));
        assert_true(g_str_has_suffix(line->str, "...\""));
        /* an escape is there whole or not at all */
        const char *backslash = strchr(line->str, '\\');
        if (backslash != NULL)
            assert_memory_equal(backslash, "\\x01", 4);
    }
}

static void a_value_of_just_the_limit_is_kept_whole(void **state)
{
    (void)state;
    g_autofree char *value = g_strnfill(TK_LOGTEXT_MAX_VALUE, 'b');
    g_autofree char *spaced = g_strnfill(TK_LOGTEXT_MAX_VALUE, ' ');
    g_autoptr(GString) line = g_string_new(NULL);
    tk_logtext_pair(line, "k", value);
    assert_int_equal(line->len, 2 + TK_LOGTEXT_MAX_VALUE);
    tk_logtext_pair(line, "k", spaced);
    assert_int_equal(line->len, 2 + TK_LOGTEXT_MAX_VALUE + 5 + TK_LOGTEXT_MAX_VALUE);
    g_string_truncate(line, 0);
    g_autofree char *longer = g_strnfill(TK_LOGTEXT_MAX_VALUE + 1, 'b');
    tk_logtext_pair(line, "k", longer);
    assert_int_equal(line->len, 4 + TK_LOGTEXT_MAX_VALUE);
    assert_true(g_str_has_suffix(line->str, "b...\""));
}

static void a_plain_line_keeps_quotes_but_stays_one_line(void **state)
{
    (void)state;
    g_autoptr(GString) line = g_string_new(NULL);
    tk_logtext_plain(line, "channel \"acme/x\": no\nsuch \xe2\x80\xae thing", TK_LOGTEXT_MAX_LINE);
    assert_string_equal(line->str, "channel \"acme/x\": no\\nsuch \\u{202e} thing");
    g_string_truncate(line, 0);
    tk_logtext_plain(line, "abcdefghij", 8);
    assert_string_equal(line->str, "abcde...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_encoded_by_one_table),
        cmocka_unit_test(pairs_are_parted_by_one_blank),
        cmocka_unit_test(a_long_value_is_cut_with_a_mark_and_never_inside_an_escape),
        cmocka_unit_test(a_value_of_just_the_limit_is_kept_whole),
        cmocka_unit_test(a_plain_line_keeps_quotes_but_stays_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
