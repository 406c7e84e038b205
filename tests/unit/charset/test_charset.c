/* Tests of charset: what comes out is valid UTF-8 and what a person meant, whatever the label says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rules/charset/charset.h"

#define FFFD "\357\277\275"

static void decodes_by_label_and_by_evidence(void **state)
{
    static const struct {
        const char *bytes, *label, *text;
        guint marks;
    } cases[] = {
        {"plain", NULL, "plain", 0},
        {"plain", "no-such-charset", "plain", 0},
        {"caf\xe9", "iso-8859-1", "caf\303\251", 0},
        {"caf\xe9 \x80", "ISO-8859-1", "caf\303\251 \342\202\254", 0},
        {"caf\303\251", "utf-8", "caf\303\251", 0},
        {"caf\303\251", "\"UTF8\"", "caf\303\251", 0},
        {"caf\303\251", "iso-8859-1", "caf\303\251", TK_CHARSET_REPAIRED}, /* the label lies */
        {"caf\303\251", NULL, "caf\303\251", 0},
        {"caf\xe9", NULL, "caf\303\251", TK_CHARSET_REPAIRED},
        {"caf\xe9", "us-ascii", "caf\303\251", TK_CHARSET_REPAIRED},
        {"caf\xe9", "utf-8", "caf\303\251", TK_CHARSET_REPAIRED},
        {"h\303\251llo w\303", "utf-8", "h\303\251llo w" FFFD, TK_CHARSET_REPAIRED},
        {"hello\xf0", "utf-8", "hello" FFFD, TK_CHARSET_REPAIRED},
        {"\x81\x82 a", "windows-1252", FFFD "\342\200\232 a", TK_CHARSET_REPAIRED},
        {"\357\273\277text", "utf-8", "text", 0},
        {"\x1b$B$3$s\x1b(B", "iso-2022-jp", "\343\201\223\343\202\223", 0},
        {"\x1b$B$3$s\x1b(B", "utf-8", "\343\201\223\343\202\223", TK_CHARSET_REPAIRED},
        {"\x1b$B$3$s\x1b(B", NULL, "\343\201\223\343\202\223", TK_CHARSET_REPAIRED},
        {"\x1b$B-b\x1b(B1", "iso-2022-jp", "\342\204\2261", 0}, /* row 13: the numero sign */
        {"\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd", "x-sjis",
         "\343\201\223\343\202\223\343\201\253\343\201\241\343\201\257", 0},
        {"\xc4\xe3\xba\xc3", "gb2312", "\344\275\240\345\245\275", 0},
        {"\xa7\x41\xa6\x6e", "big5", "\344\275\240\345\245\275", 0},
        {"\xbe\xc8\xb3\xe7", "ks_c_5601-1987", "\354\225\210\353\205\225", 0},
        {"\xf0\xd2\xc9\xd7\xc5\xd4", "koi8-r", "\320\237\321\200\320\270\320\262\320\265\321\202", 0},
        {"+AGE-", "utf-7", "a", 0},
        /* iconv holds back the last letter, since a mark could follow */
        {"\xf9\xec\xe5\xed \xe4", "windows-1255", "\327\251\327\234\327\225\327\235 \327\224", 0},
        {"\xd0 a", "windows-1258", "\304\220 a", 0},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint marks = 0;
        g_autofree char *text =
            tk_charset_decode((const guint8 *)cases[i].bytes, strlen(cases[i].bytes), cases[i].label, &marks);

        assert_string_equal(text, cases[i].text);
        assert_int_equal(marks, cases[i].marks);
    }
}

static void guesses_from_a_sentence(void **state)
{
    static const struct {
        const char *text, *charset, *guess;
    } cases[] = {
        {"Gr\303\274\303\237e aus M\303\274nchen", "WINDOWS-1252", "WINDOWS-1252"},
        {"\320\277\321\200\320\276\321\210\321\203 "
         "\320\276\321\202\320\262\320\265\321\202\320\270\321\202\321\214 "
         "\320\275\320\260 \320\277\320\270\321\201\321\214\320\274\320\276",
         "KOI8-R", "KOI8-R"},
        {"\320\277\321\200\320\276\321\210\321\203 "
         "\320\276\321\202\320\262\320\265\321\202\320\270\321\202\321\214 "
         "\320\275\320\260 \320\277\320\270\321\201\321\214\320\274\320\276",
         "WINDOWS-1251", "WINDOWS-1251"},
        {"\320\277\321\200\320\276\321\210\321\203 "
         "\320\276\321\202\320\262\320\265\321\202\320\270\321\202\321\214 "
         "\320\275\320\260 \320\277\320\270\321\201\321\214\320\274\320\276",
         "ISO-8859-5", "ISO-8859-5"},
        {"\346\210\221\347\232\204\346\211\223\345\215\260\346\234\272\344\270\215\350\203\275\347\224\250"
         "\344\272\206",
         "GB18030", "GB18030"},
        {"\346\210\221\347\232\204\345\215\260\350\241\250\346\251\237\345\243\236\344\272\206\346\200\216"
         "\351\272\274\350\276\246",
         "BIG5", "BIG5-HKSCS"},
        {"\343\203\227\343\203\252\343\203\263\343\202\277\343\203\274\343\201\214\345\213\225\343\201\213"
         "\343\201\252\343\201\204",
         "EUC-JP", "EUC-JP"},
        {"\343\203\227\343\203\252\343\203\263\343\202\277\343\203\274\343\201\214\345\213\225\343\201\213"
         "\343\201\252\343\201\204",
         "CP932", "CP932"},
        {"\355\224\204\353\246\260\355\204\260\352\260\200 \354\236\221\353\217\231\355\225\230\354\247\200 "
         "\354\225\212\354\212\265\353\213\210\353\213\244",
         "EUC-KR", "CP949"},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len;
        g_autofree char *bytes = g_convert(cases[i].text, -1, cases[i].charset, "UTF-8", NULL, &len, NULL);
        guint marks = 0;
        g_autofree char *text = NULL;

        assert_non_null(bytes);
        assert_string_equal(tk_charset_guess((const guint8 *)bytes, len), cases[i].guess);
        text = tk_charset_decode_bare((const guint8 *)bytes, len, NULL, &marks);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(marks, TK_CHARSET_REPAIRED);
    }
}

static void guesses_from_a_subject(void **state)
{
    static const struct {
        const char *text, *charset;
    } cases[] = {
        {"M\303\274ller", "WINDOWS-1252"},
        {"Rechnung f\303\274r M\303\244rz", "WINDOWS-1252"},
        {"caf\303\251", "WINDOWS-1252"},
        {"Probl\303\250me d\342\200\231imprimante", "WINDOWS-1252"},
        {"A\303\261o nuevo", "WINDOWS-1252"},
        {"\303\206ndring af m\303\270de", "WINDOWS-1252"},
        {"Gr\303\266\303\237e \342\200\223 20 \342\202\254", "WINDOWS-1252"},
        {"S\303\243o Paulo reuni\303\243o", "WINDOWS-1252"},
        {"Sch\305\257zka z\303\255tra", "CP1250"},
        {"Id\305\221pont egyeztet\303\251s", "ISO8859-2"},
        {"\320\222\320\276\320\277\321\200\320\276\321\201", "CP1251"},
        {"\320\227\320\260\321\217\320\262\320\272\320\260 \320\275\320\260 "
         "\321\200\320\265\320\274\320\276\320\275\321\202",
         "KOI8-R"},
        {"\316\240\317\201\317\214\316\262\316\273\316\267\316\274\316\261 \316\274\316\265 "
         "\317\204\316\277\316\275 \316\265\316\272\317\204\317\205\317\200\317\211\317\204\316\256",
         "ISO8859-7"},
        {"Yaz\304\261c\304\261 ar\304\261zas\304\261", "CP1254"},
        {"\327\221\327\247\327\251\327\224 \327\234\327\242\327\226\327\250\327\224", "CP1255"},
        {"\330\267\331\204\330\250 \331\205\330\263\330\247\330\271\330\257\330\251", "CP1256"},
        {"\343\203\227\343\203\252\343\203\263\343\202\277\343\201\256\346\225\205\351\232\234", "SHIFT_JIS"},
        {"\343\201\212\345\225\217\343\201\204\345\220\210\343\202\217\343\201\233", "EUC-JP"},
        {"\355\224\204\353\246\260\355\204\260 \352\263\240\354\236\245", "EUC-KR"},
        {"\340\271\200\340\270\204\340\270\243\340\270\267\340\271\210\340\270\255\340\270\207\340\270\236"
         "\340\270\264\340\270\241\340\270\236\340\271\214\340\271\200\340\270\252\340\270\265\340\270\242",
         "TIS-620"},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = 0;
        guint marks = 0;
        g_autofree char *bytes = g_convert(cases[i].text, -1, cases[i].charset, "UTF-8", NULL, &len, NULL);
        assert_non_null(bytes);
        g_autofree char *text = tk_charset_decode_bare((const guint8 *)bytes, len, NULL, &marks);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(marks, TK_CHARSET_REPAIRED);
    }
}

/* The first lines that have 8-bit octets tell the charset, wherever they stand; what follows them changes
 * nothing, and an escape sequence of a terminal is no charset. */
static void a_guess_has_bounds(void **state)
{
    static const char russian[] = "\360\322\311\327\305\324 \314\301\315\320\301 \316\305 "
                                  "\307\317\322\311\324\n";
    /* Words, for the newer versions of uchardet take a run of one letter for evidence. */
    static const char english[] = "The printer is broken.\n";
    const gsize size = 1024 * 1024, half = size / 2;
    (void)state;
    g_autofree guint8 *bytes = g_malloc(size);
    for (gsize i = 0; i < size; i++)
        bytes[i] = (guint8)english[i % strlen(english)];
    for (gsize i = 0; i < 400; i++)
        memcpy(bytes + half + i * strlen(russian), russian, strlen(russian));
    memset(bytes + half + 400 * strlen(russian), 0xff, half - 400 * strlen(russian));
    assert_string_equal(tk_charset_guess((const guint8 *)russian, strlen(russian)), "KOI8-R");
    assert_string_equal(tk_charset_guess(bytes, size), "KOI8-R");
    assert_string_equal(tk_charset_guess((const guint8 *)"", 0), "WINDOWS-1252");
    const char *const colours = "\033[31mred\033[0m and \033]0;title\007";
    assert_string_equal(tk_charset_guess((const guint8 *)colours, strlen(colours)), "WINDOWS-1252");
}

static void takes_the_hint_for_bare_bytes_only_where_it_fits(void **state)
{
    guint marks = 0;
    g_autofree char *hinted = tk_charset_decode_bare((const guint8 *)"\xe1\xe9", 2, "iso-8859-2", &marks);
    g_autofree char *utf8 = NULL, *unfit = NULL;

    (void)state;
    assert_string_equal(hinted, "\303\241\303\251");
    assert_int_equal(marks, 0);
    utf8 = tk_charset_decode_bare((const guint8 *)"\303\251", 2, "iso-8859-2", &marks);
    assert_string_equal(utf8, "\303\251");
    unfit = tk_charset_decode_bare((const guint8 *)"a\xe9 b", 4, "euc-jp", &marks);
    assert_string_equal(unfit, "a\303\251 b");
}

static void replaces_nul_and_marks_it(void **state)
{
    guint marks = 0;
    g_autofree char *text = tk_charset_decode((const guint8 *)"a\0b", 3, "utf-8", &marks);

    (void)state;
    assert_string_equal(text, "a" FFFD "b");
    assert_int_equal(marks, TK_CHARSET_NUL);
}

static void gives_valid_utf8_for_any_bytes_under_any_label(void **state)
{
    static const char *const labels[] = {NULL,        "utf-8",  "us-ascii", "iso-2022-jp", "gb18030",
                                         "big5",      "utf-7",  "utf-16",   "hz",          "euc-kr",
                                         "shift_jis", "koi8-r", "ucs-4",    "iso-2022-kr", "iso-2022-cn"};
    guint32 seed = 7;

    (void)state;
    for (guint round = 0; round < 300; round++) {
        guint8 bytes[64];
        guint marks = 0;
        g_autofree char *text = NULL;

        for (guint i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (guint8)(seed >> 24);
        }
        text = tk_charset_decode(bytes, round % sizeof bytes, labels[round % G_N_ELEMENTS(labels)], &marks);
        assert_true(g_utf8_validate(text, -1, NULL));
    }
}

static void knows_what_is_no_charset_name(void **state)
{
    g_autofree char *longest = g_strnfill(65, 'a');

    (void)state;
    assert_null(tk_charset_name(NULL));
    assert_null(tk_charset_name(""));
    assert_null(tk_charset_name("unknown-8bit"));
    assert_null(tk_charset_name(longest));
    assert_null(tk_charset_name("../../etc/passwd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_by_label_and_by_evidence),
        cmocka_unit_test(guesses_from_a_sentence),
        cmocka_unit_test(guesses_from_a_subject),
        cmocka_unit_test(a_guess_has_bounds),
        cmocka_unit_test(takes_the_hint_for_bare_bytes_only_where_it_fits),
        cmocka_unit_test(replaces_nul_and_marks_it),
        cmocka_unit_test(gives_valid_utf8_for_any_bytes_under_any_label),
        cmocka_unit_test(knows_what_is_no_charset_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
