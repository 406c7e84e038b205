/* Unit tests of rtf_words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/tnef/rtf_words.h"

static void words_from_all_over_the_table_are_found(void **state)
{
    static const struct {
        const char *name;
        enum tk_rtf_action action;
    } cases[] = {
        {"ansi", TK_RTF_CODEPAGE},     {"ansicpg", TK_RTF_CODEPAGE}, {"bin", TK_RTF_BIN},
        {"cpg", TK_RTF_CPG},           {"deff", TK_RTF_DEFAULT},     {"f", TK_RTF_FONT},
        {"fcharset", TK_RTF_FCHARSET}, {"fonttbl", TK_RTF_FONTTBL},  {"fromhtml", TK_RTF_FROMHTML},
        {"htmlrtf", TK_RTF_HTMLRTF},   {"htmltag", TK_RTF_HTMLTAG},  {"mhtmltag", TK_RTF_SKIP},
        {"par", TK_RTF_CHAR},          {"pict", TK_RTF_SKIP},        {"plain", TK_RTF_PLAIN},
        {"tab", TK_RTF_CHAR},          {"u", TK_RTF_UNICODE},        {"uc", TK_RTF_UC},
        {"v", TK_RTF_HIDDEN},          {"xe", TK_RTF_SKIP},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_string_equal(tk_rtf_words_find(cases[i].name)->name, cases[i].name);
        assert_int_equal(tk_rtf_words_find(cases[i].name)->action, cases[i].action);
    }
}

static void other_words_are_ignored(void **state)
{
    static const char *const words[] = {"", "a", "b", "pard", "parx", "pa", "zz", "Par"};
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        assert_int_equal(tk_rtf_words_find(words[i])->action, TK_RTF_IGNORE);
}

static void character_sets_of_fonts_have_code_pages(void **state)
{
    (void)state;
    assert_int_equal(tk_rtf_words_codepage(0), 1252);
    assert_int_equal(tk_rtf_words_codepage(1), 0);
    assert_int_equal(tk_rtf_words_codepage(128), 932);
    assert_int_equal(tk_rtf_words_codepage(204), 1251);
    assert_int_equal(tk_rtf_words_codepage(-1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_from_all_over_the_table_are_found),
        cmocka_unit_test(other_words_are_ignored),
        cmocka_unit_test(character_sets_of_fonts_have_code_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
