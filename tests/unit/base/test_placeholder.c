/* Unit tests of placeholder and of the texts of our mails. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "rules/base/placeholder.h"
#include "rules/conf/mail_text.h"

static void each_value_is_escaped_for_where_it_stands(void **state)
{
    (void)state;
    static const struct tk_placeholder values[] = {{"number", "INC-1", FALSE},
                                                   {"link", "https://x/?a=1&b='\"", TRUE},
                                                   {"note", "a <b>\r\n{number}\x1b", FALSE},
                                                   {"none", "", FALSE},
                                                   {"null", NULL, FALSE}};
    static const struct {
        const char *text;
        enum tk_place place;
        const char *filled;
    } cases[] = {
        {"no. {number}!", TK_PLACE_PLAIN, "no. INC-1!"},
        {"{note}", TK_PLACE_PLAIN, "a <b>\n{number} "},
        {"{note}", TK_PLACE_HTML, "a &lt;b&gt;\n{number} "},
        {"{note}", TK_PLACE_HEADER, "a <b> {number}"},
        {"<{link}>", TK_PLACE_HTML,
         "&lt;<a href=\"https://x/?a=1&amp;b=&#39;&quot;\">https://x/?a=1&amp;b=&#39;&quot;</a>&gt;"},
        {"<{link}>", TK_PLACE_PLAIN, "<https://x/?a=1&b='\">"},
        {"{Number} { number } {} {x", TK_PLACE_PLAIN, "{Number} { number } {} {x"},
        {"{{number}}", TK_PLACE_PLAIN, "{INC-1}"},
        {"a\nsee {none}\nb", TK_PLACE_PLAIN, "a\nb"},
        {"a\nsee {none} {number}\nb", TK_PLACE_PLAIN, "a\nsee  INC-1\nb"},
        {"a\n{null}\n", TK_PLACE_PLAIN, "a\n"},
        {"x\xE2\x80\xA8y", TK_PLACE_PLAIN, "x\ny"},
        {"x\r\ny\rz", TK_PLACE_PLAIN, "x\ny\nz"},
        {"", TK_PLACE_PLAIN, ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *filled =
            tk_placeholder_fill(cases[i].text, values, G_N_ELEMENTS(values), cases[i].place);
        assert_string_equal(filled, cases[i].filled);
    }
}

static void the_built_in_texts_keep_the_rules_of_texts(void **state)
{
    (void)state;
    for (int kind = 0; kind < TK_MAIL_KINDS; kind++) {
        enum tk_mail_kind found;
        assert_true(tk_mail_kind_parse(tk_mail_kind_word((enum tk_mail_kind)kind), &found));
        assert_int_equal(found, kind);
        for (int language = 0; language < TK_LANGUAGES; language++) {
            const struct tk_channel channel = {.language = (enum tk_language)language};
            const char *text = tk_mail_text((enum tk_mail_kind)kind, &channel);
            g_autoptr(GString) why = g_string_new(NULL);
            if (tk_mail_text_check((enum tk_mail_kind)kind, text, why) != TK_OK)
                fail_msg("%s %d: %s", tk_mail_kind_word((enum tk_mail_kind)kind), language, why->str);
            assert_non_null(strstr(text, "{number}"));
            assert_non_null(strstr(text, "{link}"));
            for (int other = 0; other < language && kind != TK_MAIL_NOTE; other++)
                assert_string_not_equal(text, tk_mail_texts[kind][other]);
        }
    }
    enum tk_mail_kind none;
    assert_false(tk_mail_kind_parse("letter", &none));
}

static void a_text_that_is_none_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        enum tk_mail_kind kind;
        const char *text, *why;
    } cases[] = {
        {TK_MAIL_CONFIRMATION, "Subject: x\n\n{number}\n", NULL},
        {TK_MAIL_CONFIRMATION, "Subject: x\r\n\r\n{number}\r\n", NULL},
        {TK_MAIL_CONFIRMATION, "Hello\n", "a line \"Subject: ...\" and an empty line come first"},
        {TK_MAIL_CONFIRMATION, "Subject: x", "a line \"Subject: ...\" and an empty line come first"},
        {TK_MAIL_CONFIRMATION, "Subject: x\nBcc: y@z\n\n",
         "a line \"Subject: ...\" and an empty line come first"},
        {TK_MAIL_CONFIRMATION, "Subject: {subject}\n\n",
         "{subject} is none of {number}, {link}, {title}, {address}"},
        {TK_MAIL_CONFIRMATION, "Subject: x\n\n{author}",
         "{author} is none of {number}, {link}, {title}, {address}"},
        {TK_MAIL_NOTE, "Subject: {note}\n\n{author}", "{note} is missing, so nobody would read the note"},
        {TK_MAIL_STATUS, "Subject: x\n\n\xFF", "not UTF-8"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) why = g_string_new(NULL);
        enum tk_status status = tk_mail_text_check(cases[i].kind, cases[i].text, why);
        assert_int_equal(status, cases[i].why == NULL ? TK_OK : TK_REFUSED);
        if (cases[i].why != NULL)
            assert_string_equal(why->str, cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_is_escaped_for_where_it_stands),
        cmocka_unit_test(the_built_in_texts_keep_the_rules_of_texts),
        cmocka_unit_test(a_text_that_is_none_is_refused_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
