/* Unit tests of sniff. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/content/sniff.h"

#define PNG     "\x89PNG\r\n\x1a\n"
#define JPEG    "\xff\xd8\xff\xe0"
#define DOCX    "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#define B(text) (text), sizeof(text) - 1

static const struct {
    const char *bytes;
    gsize len;
    const char *type;
} contents[] = {
    {B("%PDF-1.7\n"), "application/pdf"},
    {B(PNG), "image/png"},
    {B(JPEG), "image/jpeg"},
    {B("GIF89a"), "image/gif"},
    {B("RIFF\1\2\3\4WEBPVP8 "), "image/webp"},
    {B("PK\3\4\x14\0\0\0\0\0....name.txt"), "application/zip"},
    {B("PK\3\4....[Content_Types].xml....word/document.xml"), DOCX},
    {B("PK\3\4....mimetypeapplication/vnd.oasis.opendocument.text"),
     "application/vnd.oasis.opendocument.text"},
    {B("PK\3\4....word/notes.txt"), "application/zip"},
    {B("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "application/x-ole-storage"},
    {B("{\\rtf1\\ansi"), "application/rtf"},
    {B("BEGIN:VCALENDAR\r\n"), "text/calendar"},
    {B("\x78\x9f\x3e\x22\1\0"), "application/ms-tnef"},
    {B("<html>"), "text/html"},
    {B("  \r\n<!-- x --> <!DOCTYPE HTML PUBLIC"), "text/html"},
    {B("\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<html xmlns="), "text/html"},
    {B("<?xml version=\"1.0\"?><!-- x --><svg width="), "image/svg+xml"},
    {B("<?xml version=\"1.0\"?><order>"), "text/xml"},
    {B("<SCRIPT>alert(1)"), "text/html"},
    {B("<headline>"), NULL},
    {B("<!-- never ends"), NULL},
    {B("Hello, world"), NULL},
    {B("MZ is how this sentence begins, and it goes on for more than sixty-four bytes."), NULL},
    {B(""), NULL},
    {B("%PD"), NULL},
};

static void content_is_known_by_its_first_bytes(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(contents); i++) {
        const char *type = tk_sniff_content((const guint8 *)contents[i].bytes, contents[i].len);
        if (contents[i].type == NULL)
            assert_null(type);
        else
            assert_string_equal(type, contents[i].type);
    }
}

static void a_program_is_known_by_the_header_it_points_to(void **state)
{
    (void)state;
    guint8 program[128] = "MZ";
    program[60] = 100;
    memcpy(program + 100, "PE", 3);
    assert_string_equal(tk_sniff_content(program, sizeof program),
                        "application/vnd.microsoft.portable-executable");
    program[100] = 'X';
    assert_null(tk_sniff_content(program, sizeof program));
}

static const struct {
    const char *declared, *bytes;
    gsize len;
    const char *type;
    bool lied;
} types[] = {
    {"application/octet-stream", B("%PDF-1.7"), "application/pdf", false},
    {"Application/Octet-Stream; name=x", B(PNG), "image/png", false},
    {NULL, B(JPEG), "image/jpeg", false},
    {"", B("?"), "application/octet-stream", false},
    {"pdf", B("%PDF-1.7"), "application/pdf", false},
    {"application/octet-stream", B("?"), "application/octet-stream", false},
    {"image/png", B(PNG), "image/png", false},
    {"IMAGE/PNG; x=y", B(PNG), "image/png", false},
    {"image/png", B(JPEG), "image/jpeg", true},
    {"image/pjpeg", B(JPEG), "image/pjpeg", false},
    {"image/png", B("<script>"), "text/html", true},
    {"image/png", B("<svg onload="), "image/svg+xml", true},
    {"image/svg+xml", B("<svg onload="), "image/svg+xml", false},
    {"application/pdf", B("<html>"), "text/html", true},
    {"application/pdf", B("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "application/pdf", false},
    {"text/plain", B("<html>"), "text/plain", false},
    {DOCX, B("PK\3\4"), DOCX, false},
    {"application/msword", B("{\\rtf1"), "application/msword", false},
};

static void the_declared_type_stands_unless_it_says_nothing_or_lies(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        bool lied = !types[i].lied;
        g_autofree char *type =
            tk_sniff_type(types[i].declared, (const guint8 *)types[i].bytes, types[i].len, &lied);
        assert_string_equal(type, types[i].type);
        assert_int_equal(lied, types[i].lied);
    }
}

static void a_type_is_two_names_of_few_characters(void **state)
{
    static const struct {
        guint type, subtype;
        bool is_type;
    } lengths[] = {{1, 1, true},     {127, 127, true}, {128, 1, false}, {1, 128, false},
                   {4, 5000, false}, {0, 1, false},    {1, 0, false}};
    static const struct {
        const char *text;
        bool is_type;
    } rows[] = {
        {"application/vnd.a-b+c", true},
        {"a/!", false},
        {"1/2", true},
        {"a/b!#$&-^_.+", true},
        {"a", false},
        {"", false},
        {"/", false},
        {"text/<b>", false},
        {"a/b/c", false},
        {"a/b c", false},
        {"a/b;c", false},
        {"a /b", false},
        {"a/\xC3\xA4", false},
        {"a/b\n", false},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *type = g_strnfill(lengths[i].type, 'a'),
                        *subtype = g_strnfill(lengths[i].subtype, 'b');
        g_autofree char *text = g_strconcat(type, "/", subtype, NULL);
        assert_int_equal(tk_sniff_is_type(text), lengths[i].is_type);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (tk_sniff_is_type(rows[i].text) != rows[i].is_type)
            fail_msg("\"%s\"", rows[i].text);
    g_autofree char *sniffed = tk_sniff_type("image/<jpeg>", (const guint8 *)"%PDF-1.4\n", 9, NULL);
    assert_string_equal(sniffed, "application/pdf");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_is_known_by_its_first_bytes),
        cmocka_unit_test(a_program_is_known_by_the_header_it_points_to),
        cmocka_unit_test(the_declared_type_stands_unless_it_says_nothing_or_lies),
        cmocka_unit_test(a_type_is_two_names_of_few_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
