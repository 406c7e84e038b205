/* Unit tests of rtf. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/tnef/rtf.h"

#define FROMHTML                                                                                             \
    "{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{\\fonttbl{\\f0\\fswiss Arial;}{\\f1\\fcharset204 A;}}"

static const struct {
    const char *rtf, *output;
    enum tk_rtf_kind kind;
} cases[] = {
    /* text */
    {"{\\rtf1\\ansi Hello\\par World}", "Hello\nWorld", TK_RTF_TEXT},
    {"{\\rtf1 a\r\nb\\line c\\tab d\\cell e\\row}", "ab\nc\td\te\n", TK_RTF_TEXT},
    {"{\\rtf1 \\{\\}\\\\ a\\~b\\_c\\-d}",
     "{}\\ a\xC2\xA0"
     "b\xE2\x80\x91"
     "cd",
     TK_RTF_TEXT},
    {"{\\rtf1 x\\\ny}", "x\ny", TK_RTF_TEXT},
    {"{\\rtf1 \\b bold\\b0  plain\\bullet\\emdash\\ldblquote q\\rdblquote}",
     "bold plain\xE2\x80\xA2\xE2\x80\x94\xE2\x80\x9Cq\xE2\x80\x9D", TK_RTF_TEXT},
    /* what is no text */
    {"{\\rtf1{\\fonttbl{\\f0 Arial;}}{\\colortbl;\\red0;}{\\stylesheet{Normal;}}{\\info{\\title T}}x}", "x",
     TK_RTF_TEXT},
    {"{\\rtf1{\\*\\generator Any 1.0;}{\\pict\\wmetafile8 0102ff}x}", "x", TK_RTF_TEXT},
    {"{\\rtf1{\\pict\\bin5 }}}}}}x}", "x", TK_RTF_TEXT},
    {"{\\rtf1 a{\\v hidden}b\\v c\\v0 d}", "abd", TK_RTF_TEXT},
    {"{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"http://a.example\"}{\\fldrslt link}}}", "link", TK_RTF_TEXT},
    {"{\\rtf1 x} after", "x", TK_RTF_TEXT},
    /* characters */
    {"{\\rtf1\\ansicpg1252 caf\\'e9 \\'80}", "caf\xC3\xA9 \xE2\x82\xAC", TK_RTF_TEXT},
    {"{\\rtf1\\ansicpg1251 \\'ef\\'f0}", "\xD0\xBF\xD1\x80", TK_RTF_TEXT},
    {"{\\rtf1{\\fonttbl{\\f0\\fcharset0 A;}{\\f5\\fcharset204 B;}}\\f5\\'ef\\f0\\'e9{\\f5\\'ef}\\'e9}",
     "\xD0\xBF\xC3\xA9\xD0\xBF\xC3\xA9", TK_RTF_TEXT},
    {"{\\rtf1{\\fonttbl{\\f1\\fcharset128 M;}}\\f1\\'93\\'fa\\'96{\\b}}", "\xE6\x97\xA5\xEF\xBF\xBD",
     TK_RTF_TEXT},
    {"{\\rtf1{\\fonttbl{\\f1\\fcharset128 M;}}\\f1\\'83A}", "\xE3\x82\xA2",
     TK_RTF_TEXT}, /* the second byte is plain */
    {"{\\rtf1\\uc1 \\u8364?\\u-10179?\\u-8704?x}", "\xE2\x82\xAC\xF0\x9F\x98\x80x", TK_RTF_TEXT},
    {"{\\rtf1\\uc2\\u8364\\'80\\'80{\\uc0\\u8364}\\u8364ab c}", "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC c",
     TK_RTF_TEXT},
    {"{\\rtf1\\u-3913?}", "\xE2\x80\xA2", TK_RTF_TEXT},
    {"{\\rtf1\\u55357?x\\u56832?}", "x\xEF\xBF\xBD", TK_RTF_TEXT}, /* halves that do not meet */
    {"{\\rtf1\\'zz\\'4}", "zz", TK_RTF_TEXT},
    {"{\\rtf1\\'00\\'01\\'1bx}", "x", TK_RTF_TEXT},
    /* encapsulated text and HTML */
    {"{\\rtf1\\ansi\\fromtext \\deff0{\\fonttbl{\\f0 A;}}a <b>\\par\r\nc}", "a <b>\nc", TK_RTF_TEXT},
    {FROMHTML "{\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 a\\htmlrtf\\par}\\htmlrtf0{\\*\\htmltag72 </p>}}",
     "<p>a</p>", TK_RTF_HTML},
    {FROMHTML
     "{\\*\\htmltag84 &nbsp;}\\htmlrtf\\'a0\\htmlrtf0{\\*\\htmltag <a href=\"x\">}{\\*\\mhtmltag y}l}",
     "&nbsp;<a href=\"x\">l", TK_RTF_HTML},
    {FROMHTML "{\\*\\htmltag \\par\\tab <i title=\"\\'e9\\{\">}\\f1\\'ef 1<2\\par}",
     "\n\t<i title=\"\xC3\xA9{\">\xD0\xBF 1&lt;2\n", TK_RTF_HTML},
    {"{\\rtf1 {\\*\\htmltag64 <p>}x}", "x", TK_RTF_TEXT},
    /* broken */
    {"", "", TK_RTF_NONE},
    {"Hello", "", TK_RTF_NONE},
    {"}}}}{\\rtf1 x", "x", TK_RTF_TEXT},
    {"{\\rtf1 \\u99999999999999999999?\\u", "\xEF\xBF\xBD", TK_RTF_TEXT},
    {"{\\rtf1 \\bin99999999 x}", "", TK_RTF_TEXT},
    {"{\\rtf1 \\bin-5 x}", "x", TK_RTF_TEXT},
    {"{\\rtf1 \\averyveryveryveryveryveryveryverylongword x}", "ylongword x", TK_RTF_TEXT},
};

static void each_case_gives_its_output_in_one_piece_and_byte_by_byte(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const guint8 *bytes = (const guint8 *)cases[i].rtf;
        gsize len = strlen(cases[i].rtf);
        g_autofree char *whole = NULL;
        assert_int_equal(tk_rtf_convert(bytes, len, &whole), cases[i].kind);
        assert_string_equal(whole, cases[i].output);

        struct tk_rtf *r = tk_rtf_new();
        const GString *output;
        for (gsize at = 0; at < len; at++)
            tk_rtf_push(r, bytes + at, 1);
        assert_int_equal(tk_rtf_finish(r, &output, NULL), cases[i].kind);
        assert_string_equal(output->str, cases[i].output);
        tk_rtf_free(&r);
    }
}

static void groups_deeper_than_the_stack_are_closed_again(void **state)
{
    (void)state;
    g_autoptr(GString) rtf = g_string_new("{\\rtf1 a");
    for (guint i = 0; i < 3 * TK_RTF_MAX_DEPTH; i++)
        g_string_append(rtf, "{");
    g_string_append(rtf, "b");
    for (guint i = 0; i < 3 * TK_RTF_MAX_DEPTH; i++)
        g_string_append(rtf, "}");
    g_string_append(rtf, "c}d");
    g_autofree char *output = NULL;
    assert_int_equal(tk_rtf_convert((const guint8 *)rtf->str, rtf->len, &output), TK_RTF_TEXT);
    assert_string_equal(output, "abc");
}

static void output_beyond_the_limit_is_cut_and_said(void **state)
{
    (void)state;
    struct tk_rtf *r = tk_rtf_new();
    const GString *output;
    bool cut = false;
    guint8 text[4096];
    memset(text, 'x', sizeof text);
    tk_rtf_push(r, (const guint8 *)"{\\rtf1 ", 7);
    for (guint i = 0; i <= TK_RTF_MAX_OUTPUT / sizeof text; i++)
        tk_rtf_push(r, text, sizeof text);
    assert_int_equal(tk_rtf_finish(r, &output, &cut), TK_RTF_TEXT);
    assert_true(cut);
    assert_int_equal(output->len, TK_RTF_MAX_OUTPUT);
    tk_rtf_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_gives_its_output_in_one_piece_and_byte_by_byte),
        cmocka_unit_test(groups_deeper_than_the_stack_are_closed_again),
        cmocka_unit_test(output_beyond_the_limit_is_cut_and_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
