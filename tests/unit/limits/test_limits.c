/* Tests of limits: the level of a mail by its shape, the same in whatever cuts it arrives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rules/limits/limits.h"
#include "rules/limits/limits_caps.h"

static struct tk_limits_outcome scan(const char *mail, gsize len, gsize cut)
{
    struct tk_limits *limits = tk_limits_new();
    struct tk_limits_outcome outcome;

    for (gsize at = 0; at < len; at += cut)
        tk_limits_push(limits, (const guint8 *)mail + at, MIN(cut, len - at));
    tk_limits_finish(limits, &outcome);
    tk_limits_free(&limits);
    assert_null(limits);
    return outcome;
}

static struct tk_limits_outcome scan_text(const GString *mail)
{
    struct tk_limits_outcome whole = scan(mail->str, mail->len, mail->len);
    struct tk_limits_outcome cut = scan(mail->str, mail->len, mail->len > 100000 ? 4093 : 1);

    assert_memory_equal(&whole, &cut, sizeof whole);
    assert_int_equal(whole.size, mail->len);
    return whole;
}

static void assert_level(const GString *mail, enum tk_level level, const char *why)
{
    struct tk_limits_outcome outcome = scan_text(mail);

    assert_int_equal(outcome.level, level);
    if (why == NULL)
        assert_null(outcome.why);
    else
        assert_string_equal(outcome.why, why);
}

static void append_many(GString *to, const char *text, guint times)
{
    for (guint i = 0; i < times; i++)
        g_string_append(to, text);
}

static void lets_an_ordinary_mail_through(void **state)
{
    g_autoptr(GString)
        mail = g_string_new("From: Ann <ann@example.org>\r\nTo: desk@example.net\r\n"
                            "Content-Type: multipart/mixed;\r\n boundary=\"a b\"\r\n\r\n"
                            "preface\r\n--a b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
                            "Hello\r\n-- \r\nAnn\r\n--a b\r\n\r\ntwo\r\n--a b--\r\n");
    struct tk_limits_outcome outcome = scan_text(mail);

    (void)state;
    assert_int_equal(outcome.level, TK_LEVEL_FULL);
    assert_null(outcome.why);
    assert_int_equal(outcome.parts, 2);
    assert_int_equal(outcome.depth, 1);
    assert_int_equal(outcome.headers, 3);
    assert_int_equal(outcome.from_headers, 1);
    assert_false(outcome.bare_lf);
    assert_false(outcome.bare_cr);
    assert_memory_equal(mail->str + outcome.body_offset, "preface", 7);
}

static void finds_the_body(void **state)
{
    static const struct {
        const char *mail, *body;
    } cases[] = {
        {"A: b\n\nbody", "body"},
        {"A: b\r\n\r\nbody", "body"},
        {"A: b\r\n", ""},
        {"A: b", ""},
        {"", ""},
        {"\nbody", "body"},
        {"no header at all\nsecond line\n", "no header at all\nsecond line\n"},
        {"From someone Mon Jan  1 00:00:00 2024\nA: b\n\nbody", "body"},
        {"A: b\nHello there\nsecond line\n\nmore", "Hello there\nsecond line\n\nmore"},
        {"A: b\nHello there\n\nmore", "Hello there\n\nmore"},
        {"A: b\na broken continuation\nC: d\n\nbody", "body"},
        {"Content-Type: multipart/mixed; boundary=x\n--x\nContent-Type: text/plain\n\nhi",
         "--x\nContent-Type: text/plain\n\nhi"},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) mail = g_string_new(cases[i].mail);
        struct tk_limits_outcome outcome = scan_text(mail);

        assert_string_equal(cases[i].mail + outcome.body_offset, cases[i].body);
    }
}

static void counts_from_fields_however_they_are_written(void **state)
{
    g_autoptr(GString)
        mail = g_string_new("From: a@example.org\nFROM : b@example.org\nfrom\t: c@example.org\n"
                            "X-From: d@example.org\nReceived: x\nreceived: y\n\nFrom: e@example.org\n");
    struct tk_limits_outcome outcome = scan_text(mail);

    (void)state;
    assert_int_equal(outcome.from_headers, 3);
    assert_int_equal(outcome.received, 2);
}

static void notes_odd_bytes(void **state)
{
    struct tk_limits_outcome outcome = scan("A: \xe9\r\n\r\na\rb\nc\0d", 16, 16);

    (void)state;
    assert_true(outcome.has_8bit_header);
    assert_true(outcome.bare_cr);
    assert_true(outcome.bare_lf);
    assert_true(outcome.has_nul);
    outcome = scan("A: b\r\n\r\n\xe9\r\n", 11, 1);
    assert_false(outcome.has_8bit_header);
    assert_false(outcome.bare_cr);
    assert_false(outcome.bare_lf);
    assert_false(outcome.has_nul);
}

/* ---- what must never reach GMime ---- */

static GString *with_long_charset(const char *before, const char *after, guint len)
{
    GString *mail = g_string_new(before);

    append_many(mail, "x", len);
    return g_string_append(mail, after);
}

static void keeps_long_charset_names_away_wherever_they_stand(void **state)
{
    static const struct {
        const char *before, *after;
    } places[] = {
        {"Subject: =?", "?Q?a?=\n\nb"},
        {"Subject: a=?", "?b?YQ==?=\n\nb"},
        {"X-Any: \"=?", "?q?a?=\"\n\nb"},
        {"Content-Type: text/plain; charset=", "\n\nb"},
        {"Content-Type: text/plain; CHARSET = \"", "\"\n\nb"},
        {"Content-Disposition: attachment; filename*=", "'en'a\n\nb"},
        {"Content-Disposition: attachment; filename*0*=", "'en'a\n\nb"},
        {"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain; charset=", "\n\nb"},
        {"Content-Type: message/rfc822\n\nSubject: =?", "?Q?a?=\n\nb"},
        {"Content-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: =?", "?Q?a?=\n\nb"},
        {"Content-Type: multipart/mixed; boundary*0=x\n\n--x\nContent-Type: message/rfc822\n\nSubject: =?",
         "?Q?a?=\n\nb"},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GString) longer = with_long_charset(places[i].before, places[i].after, TK_CAP_CHARSET + 8);
        g_autoptr(GString) huge = with_long_charset(places[i].before, places[i].after, 300000);

        if (i != G_N_ELEMENTS(places) - 1) /* no boundary to this reader: the guard alone, and it is enough */
            assert_level(longer, TK_LEVEL_HEADERS, "charset_name");
        assert_int_equal(scan_text(huge).level, TK_LEVEL_HEADERS);
    }
}

/* GMime looks for the end of each one anew. */
static void keeps_many_words_without_an_end_away(void **state)
{
    static const struct {
        const char *piece;
        guint fields;
        enum tk_level level;
    } cases[] = {
        {"=?utf-8?Q?a ", 3, TK_LEVEL_HEADERS},
        {"=?utf-8?Q?a ", 1, TK_LEVEL_FULL},
        {"=?utf-8?Q?a?= ", 50, TK_LEVEL_FULL},
        {"=?utf-8?B?YQ==?= ", 50, TK_LEVEL_FULL},
        {"http://a.example/?b=?c ", 50, TK_LEVEL_HEADERS},
        {"a=b?c=d ", 50, TK_LEVEL_FULL},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) mail = g_string_new("Content-Type: multipart/mixed; boundary=b\n\n");

        for (guint k = 0; k < cases[i].fields; k++) {
            g_string_append(mail, "--b\nContent-Description: ");
            append_many(mail, cases[i].piece, (guint)(20000 / strlen(cases[i].piece)));
            g_string_append(mail, "\n\nx\n");
        }
        assert_level(mail, cases[i].level, cases[i].level == TK_LEVEL_FULL ? NULL : "encoded_words");
    }
}

static void lets_charset_names_up_to_the_cap_through(void **state)
{
    g_autoptr(GString) word = with_long_charset("Subject: =?", "?Q?a?=\n\nb", TK_CAP_CHARSET);
    g_autoptr(GString)
        param = with_long_charset("Content-Type: text/plain; charset=\"", "\"\n\nb", TK_CAP_CHARSET);
    g_autoptr(GString) url = with_long_charset("X-Link: http://example.org/a=?", "\n\nb", 500);

    (void)state;
    assert_level(word, TK_LEVEL_FULL, NULL);
    assert_level(param, TK_LEVEL_FULL, NULL);
    assert_level(url, TK_LEVEL_FULL, NULL);
}

static void keeps_nested_groups_away_wherever_they_stand(void **state)
{
    static const char *const places[] = {
        "To: ",
        "cc : ",
        "From:\n ",
        "Content-Type: message/rfc822\n\nReply-To: ",
        "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: message/rfc822\n\nTo: ",
        "Content-Type: multipart/mixed; boundary*0=x\n\n--x\nContent-Type: message/rfc822\n\nTo: ",
        "To: \"a\\\"\" (c) ",
        "To: <@route:u@example.org> , ",
        "To: <",
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GString) mail = g_string_new(places[i]);

        append_many(mail, "g:", 10);
        g_string_append(mail, ";\n\nbody");
        assert_level(mail, TK_LEVEL_HEADERS, "address_groups");
    }
}

static void does_not_trust_quotes_around_very_many_colons(void **state)
{
    g_autoptr(GString) mail = g_string_new("To: \"");

    (void)state;
    append_many(mail, "g:", 6000);
    g_string_append(mail, "\n\nbody");
    assert_level(mail, TK_LEVEL_HEADERS, "address_groups");
}

static void lets_one_level_of_groups_through(void **state)
{
    g_autoptr(GString) mail = g_string_new(
        "To: team: a@example.org, b@example.org;, undisclosed-recipients:;\n"
        "Cc: <@a,@b:c@example.org>, \"x: y: z\" <d@example.org>, (a: b: c) e@example.org\n\nbody");

    (void)state;
    assert_level(mail, TK_LEVEL_FULL, NULL);
}

/* ---- counts ---- */

static GString *repeated(const char *before, const char *unit, guint times, const char *after)
{
    GString *mail = g_string_new(before);

    append_many(mail, unit, times);
    return g_string_append(mail, after);
}

static void degrades_one_above_each_cap_and_not_at_it(void **state)
{
    static const struct {
        const char *before, *unit, *after;
        guint at; /* units that are still fine */
        enum tk_level level;
        const char *why;
    } cases[] = {
        {"", "A: b\n", "\nbody", TK_CAP_HEADERS, TK_LEVEL_HEADERS, "headers"},
        {"A:", "0123456789abcdef", "\n\nbody", TK_CAP_HEADER_LINE / 16, TK_LEVEL_HEADERS, "header_line"},
        {"Content-Type: multipart/mixed; boundary=x\n\n", "--x\n\na\n", "--x--\n", TK_CAP_PARTS, TK_LEVEL_RAW,
         "parts"},
        {"Content-Type: multipart/mixed; boundary=x\n\n--x\n", "A: b\n", "\nb\n--x--\n", TK_CAP_PART_HEADERS,
         TK_LEVEL_HEADERS, "part_headers"},
        {"", "Content-Type: message/rfc822\n\n", "A: b\n\nbody", TK_CAP_DEPTH, TK_LEVEL_HEADERS, "depth"},
        {"Content-Type: text/plain", "; a=b", "\n\nbody", TK_CAP_PARAMS, TK_LEVEL_HEADERS, "params"},
        {"To: ", "a@b,", "\n\nbody", TK_CAP_ADDRESSES_TOTAL - 1, TK_LEVEL_HEADERS, "addresses"},
        {"Content-Type: multipart/mixed; boundary=", "x", "\n\nbody", TK_CAP_BOUNDARY, TK_LEVEL_HEADERS,
         "boundary"},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) at = repeated(cases[i].before, cases[i].unit, cases[i].at, cases[i].after);
        g_autoptr(GString) above = repeated(cases[i].before, cases[i].unit, cases[i].at + 1, cases[i].after);

        assert_level(at, TK_LEVEL_FULL, NULL);
        assert_level(above, cases[i].level, cases[i].why);
    }
}

static void counts_multiparts_and_mails_inside_each_other_together(void **state)
{
    g_autoptr(GString) mail = g_string_new(NULL);

    (void)state;
    for (guint i = 0; i < TK_CAP_DEPTH / 2 + 1; i++)
        g_string_append_printf(
            mail, "Content-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i,
            i);
    assert_level(mail, TK_LEVEL_HEADERS, "depth");
}

static void does_not_count_the_siblings_of_a_nested_part_as_depth(void **state)
{
    g_autoptr(GString) mail = g_string_new("Content-Type: multipart/mixed; boundary=x\n\n");

    (void)state;
    append_many(mail, "--x\nContent-Type: multipart/mixed; boundary=y\n\n--y\n\na\n--y--\n", 100);
    append_many(mail, "--x\nContent-Type: message/rfc822\n\nA: b\n\nbody\n", 100);
    assert_level(mail, TK_LEVEL_FULL, NULL);
}

static void bounds_what_stands_around_the_parts(void **state)
{
    g_autoptr(GString) mail = g_string_new("Content-Type: multipart/mixed; boundary=x\n\n");

    (void)state;
    append_many(mail, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n",
                TK_CAP_FACE / 64 + 1);
    g_string_append(mail, "--x\n\na\n--x--\n");
    assert_level(mail, TK_LEVEL_HEADERS, "face");
}

static void leaves_dashes_in_a_plain_text_alone(void **state)
{
    g_autoptr(GString) mail = g_string_new("Content-Type: text/plain\n\n");

    (void)state;
    append_many(mail, "--- a/file\n", TK_CAP_DASH_LINES + 10);
    assert_level(mail, TK_LEVEL_FULL, NULL);
}

static void names_the_levels(void **state)
{
    (void)state;
    assert_string_equal(tk_limits_level_word(TK_LEVEL_FULL), "full");
    assert_string_equal(tk_limits_level_word(TK_LEVEL_HEADERS), "headers");
    assert_string_equal(tk_limits_level_word(TK_LEVEL_RAW), "raw");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_an_ordinary_mail_through),
        cmocka_unit_test(finds_the_body),
        cmocka_unit_test(counts_from_fields_however_they_are_written),
        cmocka_unit_test(notes_odd_bytes),
        cmocka_unit_test(keeps_long_charset_names_away_wherever_they_stand),
        cmocka_unit_test(keeps_many_words_without_an_end_away),
        cmocka_unit_test(lets_charset_names_up_to_the_cap_through),
        cmocka_unit_test(keeps_nested_groups_away_wherever_they_stand),
        cmocka_unit_test(does_not_trust_quotes_around_very_many_colons),
        cmocka_unit_test(lets_one_level_of_groups_through),
        cmocka_unit_test(degrades_one_above_each_cap_and_not_at_it),
        cmocka_unit_test(counts_multiparts_and_mails_inside_each_other_together),
        cmocka_unit_test(does_not_count_the_siblings_of_a_nested_part_as_depth),
        cmocka_unit_test(bounds_what_stands_around_the_parts),
        cmocka_unit_test(leaves_dashes_in_a_plain_text_alone),
        cmocka_unit_test(names_the_levels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
