/* Tests of headers and params: fields, encoded words, parameters in all the forms that mail has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rules/charset/charset.h"
#include "rules/field/headers.h"
#include "rules/field/params.h"

static void decodes_encoded_words_also_broken_ones(void **state)
{
    static const struct {
        const char *value, *text;
    } cases[] = {
        {"plain", "plain"},
        {"=?utf-8?Q?caf=C3=A9?=", "caf\303\251"},
        {"=?UTF-8?q?a_b?= c", "a b c"},
        {"=?utf-8?B?Y2Fmw6k=?=", "caf\303\251"},
        {"=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"},
        {"=?utf-8?Q?a?=   =?iso-8859-1?Q?=E9?=", "a\303\251"},
        {"x =?utf-8?Q?a?= y", "x a y"},
        {"=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "\303\251"}, /* a letter cut between two words */
        {"=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"},
        {"x=?utf-8?Q?a?=y", "xay"},
        {"=?utf-8?Q?a b c?=", "a b c"},
        {"=?utf-8?Q?cut off", "=?utf-8?Q?cut off"},
        {"=?utf-8?Q?cut=C3=A9", "cut\303\251"},
        {"=?utf-8?Q?why?=3F_so?=", "why?? so"},
        {"=?utf-8*en?Q?a?=", "a"},
        {"=?no-such?Q?=E9?=", "\303\251"},
        {"=?utf-8?X?a?=", "=?utf-8?X?a?="},
        {"=??Q?a?=", "a"},
        {"=?utf-8?Q?a=0d=0aBcc:_x?=", "a Bcc: x"},
        {"=?utf-8?Q?a=00b?=", "a\357\277\275b"},
        {"1 = 2 and a=?b", "1 = 2 and a=?b"},
        {"=?iso-2022-jp?B?GyRCJDMkcxsoQg==?=", "\343\201\223\343\202\223"},
        {"=?utf-8?B?Y2Fm?w6k=?=", "caf\303\251"},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint marks = 0;
        g_autofree char *text = tk_headers_decode(cases[i].value, &marks);

        assert_string_equal(text, cases[i].text);
        assert_true(g_utf8_validate(text, -1, NULL));
    }
}

static void splits_a_header_block(void **state)
{
    static const char block[] =
        "From someone Mon Jan  1\r\nA: one\r\n two\r\n\tthree\r\nB : x\r\nC:\r\nlost line\r\n"
        "a: again\r\nSubject: caf\xe9\r\n";
    guint marks = 0;
    gboolean cut = TRUE;
    g_autoptr(GPtrArray)
        fields = tk_headers_split((const guint8 *)block, strlen(block), 100, "iso-8859-1", &marks, &cut);
    const struct tk_header *field;

    (void)state;
    assert_false(cut);
    assert_int_equal(fields->len, 5);
    assert_string_equal(tk_headers_find(fields, "a")->value, "one two three");
    assert_string_equal(tk_headers_find(fields, "b")->name, "B");
    assert_string_equal(tk_headers_find(fields, "C")->value, "lost line");
    field = g_ptr_array_index(fields, 3);
    assert_string_equal(field->value, "again");
    assert_string_equal(tk_headers_find(fields, "subject")->raw, "caf\303\251");
    assert_null(tk_headers_find(fields, "d"));
}

static void leaves_out_fields_above_the_cap_and_says_so(void **state)
{
    guint marks = 0;
    gboolean cut = FALSE;
    g_autoptr(GPtrArray)
        fields = tk_headers_split((const guint8 *)"A: 1\nB: 2\nC: 3\n", 15, 2, NULL, &marks, &cut);

    (void)state;
    assert_int_equal(fields->len, 2);
    assert_true(cut);
}

static void tells_fields_that_no_program_writes(void **state)
{
    static const struct {
        const char *line;
        gboolean odd;
    } cases[] = {
        {"A: b\n", FALSE},           {"A:\n", FALSE},      {"A: b\r\n\tc\n", FALSE},
        {"A: caf\303\251\n", FALSE}, {"A : b\n", TRUE},    {"A\t: b\n", TRUE},
        {"A: caf\351\n", TRUE},      {"A: b\001\n", TRUE}, {"A: \033$B!!\033(B\n", TRUE},
        {"A: b\rc\n", TRUE},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint marks = 0;
        g_autofree char *block = g_strconcat(cases[i].line, "B: c\n", NULL);
        g_autoptr(GPtrArray)
            fields = tk_headers_split((const guint8 *)block, strlen(block), 9, NULL, &marks, NULL);

        assert_int_equal(fields->len, 2);
        assert_int_equal(((struct tk_header *)fields->pdata[0])->odd, cases[i].odd);
        assert_false(((struct tk_header *)fields->pdata[1])->odd);
    }
}

static void reads_message_ids(void **state)
{
    static const struct {
        const char *value;
        guint max;
        const char *ids;
    } cases[] = {
        {"<a@b>", 9, "a@b"},
        {"<a@b> <c@d>\t<e@f>", 9, "a@b c@d e@f"},
        {"<a@b>,<c@d>", 9, "a@b c@d"},
        {"Ann's mail of Monday <a@b>", 9, "a@b"},
        {"a@b, c@d word", 9, "a@b c@d"},
        {"< a@b >", 9, "a@b"},
        {"<>", 9, ""},
        {"<open@x", 9, "open@x"},
        {"", 9, ""},
        {"<1@x> <2@x> <3@x> <4@x> <5@x>", 3, "1@x 4@x 5@x"},
        {"<1@x> <2@x>", 1, "2@x"},
        {"<<a@b>", 9, "a@b"},
        {"<cut <a@b> <c@d>", 9, "a@b c@d"},
        {"<<>", 9, ""},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) ids = tk_headers_ids(cases[i].value, cases[i].max);
        g_autofree char *joined = NULL;

        g_ptr_array_add(ids, NULL);
        joined = g_strjoinv(" ", (char **)ids->pdata);
        assert_string_equal(joined, cases[i].ids);
    }
}

static void reads_parameters_in_all_forms(void **state)
{
    static const struct {
        const char *value, *head, *name, *text;
    } cases[] = {
        {"text/plain; charset=utf-8", "text/plain", "charset", "utf-8"},
        {"Text/HTML;CHARSET=\"UTF-8\"", "text/html", "charset", "UTF-8"},
        {"text/plain (c); charset = us-ascii (comment)", "text/plain", "charset", "us-ascii"},
        {"text/html charset=utf-8", "text/html", "charset", "utf-8"},
        {"attachment; filename=a b.txt", "attachment", "filename", "a b.txt"},
        {"attachment; filename=a b.txt; size=3", "attachment", "filename", "a b.txt"},
        {"attachment; filename=a.txt size=3", "attachment", "size", "3"},
        {"attachment; filename=\"a;b\\\"c.txt\"", "attachment", "filename", "a;b\"c.txt"},
        {"attachment; filename=\"C:\\dir\\a.txt\"", "attachment", "filename", "C:\\dir\\a.txt"},
        {"attachment; filename=\"open", "attachment", "filename", "open"},
        {"attachment; filename*=utf-8''caf%C3%A9.txt", "attachment", "filename", "caf\303\251.txt"},
        {"attachment; filename*=iso-8859-1'fr'caf%E9.txt", "attachment", "filename", "caf\303\251.txt"},
        {"attachment; filename*0=a; filename*1=b; filename*2=c", "attachment", "filename", "abc"},
        {"attachment; filename*1=b; filename*0=a", "attachment", "filename", "ab"},
        {"attachment; filename*1=a; filename*2=b", "attachment", "filename", "ab"},
        {"attachment; filename*0*=utf-8''caf%C3; filename*1*=%A9; filename*2=\".txt\"", "attachment",
         "filename", "caf\303\251.txt"},
        {"attachment; filename*=utf-8''%41; filename=b", "attachment", "filename", "A"},
        {"attachment; filename=b; filename*=utf-8''%41", "attachment", "filename", "A"},
        {"attachment; filename=a; filename=b", "attachment", "filename", "a"},
        {"attachment; filename*=caf%C3%A9", "attachment", "filename", "caf\303\251"},
        {"attachment; filename==?utf-8?Q?caf=C3=A9?=", "attachment", "filename", "caf\303\251"},
        {"attachment; filename=\"=?utf-8?B?Y2Fmw6k=?=\"", "attachment", "filename", "caf\303\251"},
        {"attachment; filename*0=\"=?utf-8?B?Y2Fm\"; filename*1=\"w6k=?=\"", "attachment", "filename",
         "caf\303\251"},
        {"attachment; filename=\"=?utf-8?Q?a;b?=\"; x=y", "attachment", "filename", "a;b"},
        {"attachment; filename*=utf-8''a%0D%0Ab", "attachment", "filename", "a b"},
        {"attachment;;; filename=a;", "attachment", "filename", "a"},
        {"; filename=a", "", "filename", "a"},
        {"attachment; filename", "attachment", "filename", NULL},
        {"", "", "filename", NULL},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint marks = 0;
        struct tk_params *params = tk_params_parse(cases[i].value, &marks);

        assert_string_equal(tk_params_value(params), cases[i].head);
        if (cases[i].text != NULL)
            assert_string_equal(tk_params_get(params, cases[i].name), cases[i].text);
        else
            assert_null(tk_params_get(params, cases[i].name));
        tk_params_free(&params);
        assert_null(params);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_encoded_words_also_broken_ones),
        cmocka_unit_test(splits_a_header_block),
        cmocka_unit_test(leaves_out_fields_above_the_cap_and_says_so),
        cmocka_unit_test(tells_fields_that_no_program_writes),
        cmocka_unit_test(reads_message_ids),
        cmocka_unit_test(reads_parameters_in_all_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
