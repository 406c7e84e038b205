/* Unit tests of filename. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/filename.h"

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
    {"a\r\nX-Inj: y", NULL, "aX-Inj: y"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_becomes_its_safe_form_and_stays_so),
        cmocka_unit_test(a_long_name_is_cut_at_a_character_and_keeps_its_extension),
        cmocka_unit_test(an_extension_that_is_too_long_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
