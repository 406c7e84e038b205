/* Unit tests of filename. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/content/filename.h"

static const struct {
    const char *name, *type, *safe;
} cases[] = {
    {"report.pdf", NULL, "report.pdf"},
    {"Bericht f\xC3\xBCr M\xC3\xA4rz.pdf", NULL, "Bericht f\xC3\xBCr M\xC3\xA4rz.pdf"},
    /* no path */
    {"../../etc/passwd", NULL, "passwd"},
    {"/etc/shadow", NULL, "shadow"},
    {"C:\\Users\\x\\a.doc", NULL, "a.doc"},
    {"a/b\\c/d.txt", NULL, "d.txt"},
    {"dir/", "text/plain", "text.txt"},
    {"..", NULL, "attachment.bin"},
    {".", "image/png", "image.png"},
    {"...", NULL, "attachment.bin"},
    {".htaccess", NULL, "htaccess"},
    {"a.txt. . .", NULL, "a.txt"},
    {"  a b.txt ", NULL, "a b.txt"},
    /* nothing that hides or turns */
    {"a\r\nX-Inj: y", NULL, "aX-Inj_ y"},
    {"a\x01\x7f\xC2\x85"
     "b.txt",
     NULL, "ab.txt"},
    {"a\xE2\x80\xAE"
     "fdp.exe",
     NULL, "afdp.exe"},
    {"\xE2\x81\xA6"
     "a\xE2\x81\xA9\xE2\x80\x8B\xEF\xBB\xBF.txt",
     NULL, "a.txt"},
    {"a\xE2\x80\xA8"
     "b",
     NULL, "ab"},
    {"\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xAE.txt", NULL, "\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xAE.txt"},
    {"a.e\xE2\x80\x8Cxe", NULL, "a.exe"},
    {"a.exe\xE1\xA0\x8E", NULL, "a.exe"},
    {"a.exe\xEF\xB8\x8F", NULL, "a.exe"},
    {"\xE2\x9D\xA4\xEF\xB8\x8F\xE2\x80\x8D\xF0\x9F\x94\xA5.png", NULL,
     "\xE2\x9D\xA4\xEF\xB8\x8F\xE2\x80\x8D\xF0\x9F\x94\xA5.png"},
    /* one blank, none outside */
    {"a  b\xC2\xA0\xE3\x80\x80 c.txt", NULL, "a b c.txt"},
    {"a.exe\xC2\xA0", NULL, "a.exe"},
    {"\xE3\x80\x80"
     "a.exe.\xE3\x80\x80.",
     NULL, "a.exe"},
    /* nothing that Windows or a browser reads as more than a character */
    {"a<b>|\"c\"?*.txt", NULL, "a_b___c___.txt"},
    {"????.pdf", NULL, "____.pdf"},
    {"\xEF\xBC\x9C"
     "a\xEF\xBC\x8F\xEF\xBC\x9A.txt",
     NULL, "_a__.txt"},
    {"Re: a.pdf", NULL, "Re_ a.pdf"},
    {"a.exe:", NULL, "a.exe"},
    {"a.exe?", NULL, "a.exe"},
    /* no stream of NTFS */
    {"a.exe:$DATA", NULL, "a.exe"},
    {"a.exe::$data", NULL, "a.exe"},
    {"a.exe:x:$DATA", NULL, "a.exe"},
    {"a.exe. :x:$DATA .", NULL, "a.exe"},
    {"a.exe\xEF\xBC\x9A$DATA", NULL, "a.exe"},
    {"Re: a.exe::$DATA", NULL, "Re_ a.exe"},
    {"price:$5.pdf", NULL, "price_$5.pdf"},
    {":$DATA", NULL, "attachment.bin"},
    /* no device of Windows */
    {"CON", NULL, "_CON"},
    {"nul.tar.gz", NULL, "_nul.tar.gz"},
    {"Aux .txt", NULL, "_Aux .txt"},
    {"COM1.txt", NULL, "_COM1.txt"},
    {"lpt\xC2\xB9.txt", NULL, "_lpt\xC2\xB9.txt"},
    {"COM0.txt", NULL, "COM0.txt"},
    {"COM10.txt", NULL, "COM10.txt"},
    {"CONIN$", NULL, "_CONIN$"},
    {"console.txt", NULL, "console.txt"},
    /* NFC, valid UTF-8 */
    {"cafe\xCC\x81.txt", NULL, "caf\xC3\xA9.txt"},
    {"a\xFF\xFE.txt", NULL, "a\xEF\xBF\xBD\xEF\xBF\xBD.txt"},
    {"%00.txt", NULL, "%00.txt"},
    /* names by type */
    {NULL, NULL, "attachment.bin"},
    {"", "application/pdf", "document.pdf"},
    {NULL, "IMAGE/PNG; name=x", "image.png"},
    {NULL, "message/rfc822", "mail.eml"},
    {NULL, "x-unknown/y", "attachment.bin"},
    {NULL, "image/pngx", "attachment.bin"},
};

static void each_name_becomes_its_safe_form_and_stays_so(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *safe = tk_filename_safe(cases[i].name, cases[i].type);
        assert_string_equal(safe, cases[i].safe);
        g_autofree char *again = tk_filename_safe(safe, NULL);
        assert_string_equal(again, safe);
    }
}

static void a_long_name_is_cut_at_a_character_and_keeps_its_extension(void **state)
{
    (void)state;
    for (gsize len = 180; len < 3000; len += 7) {
        g_autoptr(GString) name = g_string_new(NULL);
        while (name->len < len)
            g_string_append(name, "\xE6\x97\xA5");
        g_string_append(name, ".docx");
        g_autofree char *safe = tk_filename_safe(name->str, NULL);
        assert_true(strlen(safe) <= TK_FILENAME_MAX && strlen(safe) > 180);
        assert_true(g_utf8_validate(safe, -1, NULL));
        assert_true(g_str_has_suffix(safe, "\xE6\x97\xA5.docx"));
    }
}

static void an_extension_that_is_too_long_is_none(void **state)
{
    (void)state;
    g_autofree char *tail = g_strnfill(300, 'x');
    g_autofree char *name = g_strconcat("a.", tail, NULL);
    g_autofree char *safe = tk_filename_safe(name, NULL);
    assert_int_equal(strlen(safe), TK_FILENAME_MAX);
    assert_true(g_str_has_prefix(safe, "a.xxx"));
}

static void blanks_and_hidden_characters_do_not_push_the_ending_away(void **state)
{
    static const char *const fillings[] = {" ", "\xE3\x80\x80", "\xE2\x80\x8B", "\xE2\x80\x8D",
                                           "\xE1\xA0\x8E"};
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(fillings); i++) {
        g_autoptr(GString) name = g_string_new("report.pdf");
        for (guint n = 0; n < 3000; n++)
            g_string_append(name, fillings[i]);
        g_string_append(name, ".exe");
        g_autofree char *safe = tk_filename_safe(name->str, NULL);
        assert_string_equal(safe, *fillings[i] == ' ' || i == 1 ? "report.pdf .exe" : "report.pdf.exe");
    }
}

static void a_pattern_sees_the_name_as_a_file_system_would(void **state)
{
    static const struct {
        const char *name, *pattern;
        gboolean matches;
    } rows[] = {
        {"evil.exe", "*.exe", TRUE},
        {"EVIL.EXE", "*.exe", TRUE},
        {"evil.exe", "*.EXE", TRUE},
        {"evil.exe:$DATA", "*.exe", TRUE},
        {"evil.exe::$DATA", "*.exe", TRUE},
        {"evil.exe:a:$DATA", "*.exe", TRUE},
        {"evil.exe:", "*.exe", TRUE},
        {"evil.exe.", "*.exe", TRUE},
        {"evil.exe . .", "*.exe", TRUE},
        {"evil.exe\xC2\xA0", "*.exe", TRUE},
        {"evil.exe\xE3\x80\x80", "*.exe", TRUE},
        {"evil.exe\xE1\xA0\x8E", "*.exe", TRUE},
        {"evil.exe\xE2\xA0\x80", "*.exe", TRUE},
        {"evil.exe\xE3\x85\xA4", "*.exe", TRUE},
        {"evil.exe\xE2\x80\x8D", "*.exe", TRUE},
        {"evil.exe\xEF\xB8\x8F", "*.exe", TRUE},
        {"evil.exe\xEF\xBB\xBF", "*.exe", TRUE},
        {"evil.exe\xC2\xAD", "*.exe", TRUE},
        {"evil.exe\xF3\xA0\x80\xA0", "*.exe", TRUE},
        {"evil.e\xE2\x80\x8Cxe", "*.exe", TRUE},
        {"\xD9\x85.\xE2\x80\x8C"
         "exe",
         "*.exe", TRUE},
        {"evil\xE2\x80\xAE"
         "fdp.exe",
         "*.exe", TRUE},
        {"evil\xEF\xBC\x8E\xEF\xBD\x85\xEF\xBD\x98\xEF\xBD\x85", "*.exe", TRUE},
        {"evil\xE2\x80\xA4"
         "exe",
         "*.exe", TRUE},
        {"evil.exe\xEF\xBC\x8E", "*.exe", TRUE},
        {"evil.\xF0\x9D\x90\x9E\xF0\x9D\x90\xB1\xF0\x9D\x90\x9E", "*.exe", TRUE},
        {"a b.exe", "a\xC2\xA0 b.*", TRUE},
        {"cafe\xCC\x81.txt", "caf\xC3\xA9.*", TRUE},
        {"CON.txt", "con.*", TRUE},
        {"a?b.txt", "a?b.txt", TRUE},
        {"evil.exe.txt", "*.exe", FALSE},
        {"evil_exe", "*.exe", FALSE},
        {"report.pdf", "*.exe", FALSE},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *safe = tk_filename_safe(rows[i].name, NULL);
        if (tk_filename_matches(safe, rows[i].pattern) != rows[i].matches)
            fail_msg("\"%s\" and %s", rows[i].name, rows[i].pattern);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_becomes_its_safe_form_and_stays_so),
        cmocka_unit_test(a_long_name_is_cut_at_a_character_and_keeps_its_extension),
        cmocka_unit_test(an_extension_that_is_too_long_is_none),
        cmocka_unit_test(blanks_and_hidden_characters_do_not_push_the_ending_away),
        cmocka_unit_test(a_pattern_sees_the_name_as_a_file_system_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
