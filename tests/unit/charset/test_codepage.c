/* Unit tests of codepage. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/charset/codepage.h"

static const struct {
    guint number;
    const char *bytes;
    gsize len;
    const char *text;
} cases[] = {
    {1252, "plain", 5, "plain"},
    {1252, "\x80\xe9\x81", 3, "\xE2\x82\xAC\xC3\xA9\xEF\xBF\xBD"},
    {1251, "\xcf\xf0", 2, "\xD0\x9F\xD1\x80"},
    {932, "\x93\xfa\x96\x7b", 4, "\xE6\x97\xA5\xE6\x9C\xAC"},
    {936, "\xd6\xd0", 2, "\xE4\xB8\xAD"},
    {949, "\xc7\xd1", 2, "\xED\x95\x9C"},
    {950, "\xa4\xa4", 2, "\xE4\xB8\xAD"},
    {20866, "\xf0", 1, "\xD0\x9F"},
    {1255, "\xf9\xe4", 2,
     "\xD7\xA9\xD7\x94"}, /* iconv holds back the last letter, since a mark could follow */
    {28591, "\x80\xe9", 2, "\xE2\x82\xAC\xC3\xA9"}, /* as browsers do */
    {50220, "\x1b$B$\"\x1b(B", 8, "\xE3\x81\x82"},
    {65001, "\xC3\xA9\xFF!", 4, "\xC3\xA9\xEF\xBF\xBD!"},
    {1200, "a\0\xe9\0", 4, "a\xC3\xA9"},
    {1200,
     "a\0\0\xdc"
     "b\0",
     6,
     "a\xEF\xBF\xBD"
     "b"}, /* half of a pair */
    {1200, "a\0b", 3, "a\xEF\xBF\xBD"},
    {0, "\xe9", 1, "\xC3\xA9"},
    {99999, "\xe9\x93", 2, "\xC3\xA9\xE2\x80\x9C"}, /* nobody knows it */
};

static void each_code_page_gives_valid_utf_8(void **state)
{
    (void)state;
    struct tk_codepage *c = tk_codepage_new();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        gsize done =
            tk_codepage_append(c, cases[i].number, (const guint8 *)cases[i].bytes, cases[i].len, false, out);
        assert_int_equal(done, cases[i].len);
        assert_string_equal(out->str, cases[i].text);
    }
    tk_codepage_free(&c);
    assert_null(c);
    tk_codepage_free(&c);
}

static void a_character_that_is_cut_waits_for_its_rest(void **state)
{
    (void)state;
    struct tk_codepage *c = tk_codepage_new();
    g_autoptr(GString) out = g_string_new(NULL);
    assert_int_equal(tk_codepage_append(c, 932, (const guint8 *)"a\x93", 2, true, out), 1);
    assert_string_equal(out->str, "a");
    assert_int_equal(tk_codepage_append(c, 932, (const guint8 *)"\x93", 1, false, out), 1);
    assert_string_equal(out->str, "a\xEF\xBF\xBD");
    tk_codepage_free(&c);
}

static void code_pages_that_change_all_the_time_fall_back(void **state)
{
    (void)state;
    struct tk_codepage *c = tk_codepage_new();
    g_autoptr(GString) out = g_string_new(NULL);
    for (guint i = 0; i < TK_CODEPAGE_MAX_OPENS; i++)
        (void)tk_codepage_append(c, i % 2 ? 1251 : 1253, (const guint8 *)"\xcf", 1, false, out);
    g_string_truncate(out, 0);
    (void)tk_codepage_append(c, 1253, (const guint8 *)"\xcf\x80", 2, false, out);
    assert_string_equal(out->str, "\xC3\x8F\xE2\x82\xAC");
    tk_codepage_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_page_gives_valid_utf_8),
        cmocka_unit_test(a_character_that_is_cut_waits_for_its_rest),
        cmocka_unit_test(code_pages_that_change_all_the_time_fall_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
