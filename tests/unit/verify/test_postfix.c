/* Unit tests of postfix: what postconf(1) prints, as values. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "rules/verify/postfix.h"

static const char master[] =
    "smtp       inet  n       -       y       -       -       smtpd\n"
    "submission inet  n       -       -       -       -       smtpd -o syslog_name=postfix/submission "
    "-o { smtpd_milters = unix:a, unix:b } -o smtpd_delay_reject=no\n"
    "2525       inet  n       -       n       -       1       postscreen\n"
    "smtpd      pass  -       -       y       -       -       smtpd -o receive_override_options=no_milters\n"
    "127.0.0.1:10025 inet n   -       n       -       -       smtpd\n"
    "cleanup    unix  n       -       y       -       0       cleanup\n"
    "short line\n";

static void settings_and_services_are_read(void **state)
{
    (void)state;
    struct tk_postfix *postfix =
        tk_postfix_read("a = 1\nb =\nc = x = y\nnonsense\ncompatibility_level = 3.6\n", master);
    assert_string_equal(tk_postfix_get(postfix, NULL, "a"), "1");
    assert_string_equal(tk_postfix_get(postfix, NULL, "b"), "");
    assert_string_equal(tk_postfix_get(postfix, NULL, "c"), "x = y");
    assert_null(tk_postfix_get(postfix, NULL, "nonsense"));
    assert_int_equal(postfix->services->len, 6);
    const struct tk_postfix_service *smtp = tk_postfix_smtpd(postfix, 25);
    assert_true(smtp->chroot);
    assert_string_equal(tk_postfix_get(postfix, smtp, "a"), "1");
    const struct tk_postfix_service *submission = tk_postfix_smtpd(postfix, 587);
    assert_string_equal(tk_postfix_get(postfix, submission, "smtpd_milters"), "unix:a, unix:b");
    assert_string_equal(tk_postfix_get(postfix, submission, "smtpd_delay_reject"), "no");
    assert_false(submission->chroot);
    assert_string_equal(tk_postfix_smtpd(postfix, 10025)->name, "127.0.0.1:10025");
    assert_string_equal(tk_postfix_smtpd(postfix, 2525)->type, "pass");
    assert_null(tk_postfix_smtpd(postfix, 26));
    tk_postfix_free(&postfix);
    assert_null(postfix);
    tk_postfix_free(&postfix);
}

static void a_dash_in_the_chroot_column_means_what_the_level_says(void **state)
{
    (void)state;
    const struct {
        const char *level;
        gboolean chroot;
    } cases[] = {{"compatibility_level = 0\n", TRUE},
                 {"", TRUE},
                 {"compatibility_level = 1\n", FALSE},
                 {"compatibility_level = 3.6\n", FALSE}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_postfix *postfix = tk_postfix_read(cases[i].level, master);
        assert_int_equal(tk_postfix_smtpd(postfix, 587)->chroot, cases[i].chroot);
        tk_postfix_free(&postfix);
    }
}

static void lists_part_at_commas_and_blanks_outside_braces(void **state)
{
    (void)state;
    const struct {
        const char *text, *joined;
    } cases[] = {
        {"", ""},
        {" , ,", ""},
        {"a,b c", "a|b|c"},
        {"a, { b, c=d }, e", "a|{ b, c=d }|e"},
        {"inline:{ {x = y} }, z", "inline:{ {x = y} }|z"},
        {"{ never closed, b", "{ never closed, b"},
        {"} a", "}|a"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) items = tk_postfix_list(cases[i].text);
        g_autofree char *joined = g_strjoinv("|", items);
        assert_string_equal(joined, cases[i].joined);
    }
}

static void entries_of_milter_lists_have_their_options(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) milters =
        tk_postfix_milters("unix:a/b, { inet:host:1 , connect_timeout=10s, {default_action = accept} }, {}");
    assert_int_equal(milters->len, 2);
    const struct tk_postfix_milter *first = milters->pdata[0], *second = milters->pdata[1];
    assert_string_equal(first->place, "unix:a/b");
    assert_int_equal(g_hash_table_size(first->options), 0);
    assert_string_equal(second->place, "inet:host:1");
    assert_string_equal(g_hash_table_lookup(second->options, "connect_timeout"), "10s");
    assert_string_equal(g_hash_table_lookup(second->options, "default_action"), "accept");
}

static void times_have_units(void **state)
{
    (void)state;
    const struct {
        const char *text;
        gint64 seconds; /* -1: no time */
    } cases[] = {{"30", 30}, {"30s", 30}, {"5m", 300}, {"1h", 3600}, {"2d", 172800},    {"1w", 604800},
                 {"", -1},   {"s", -1},   {"5x", -1},  {"-1", -1},   {"9999999999", -1}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 seconds = -1;
        assert_int_equal(tk_postfix_seconds(cases[i].text, &seconds), cases[i].seconds >= 0);
        assert_int_equal(seconds, cases[i].seconds);
    }
}

static void versions_compare_by_their_numbers(void **state)
{
    (void)state;
    assert_true(tk_postfix_at_least("3.11.0", 3, 11));
    assert_true(tk_postfix_at_least("3.12-20260821", 3, 11));
    assert_true(tk_postfix_at_least("4.0", 3, 11));
    assert_false(tk_postfix_at_least("3.7.11", 3, 11));
    assert_false(tk_postfix_at_least("2.11", 3, 11));
    assert_false(tk_postfix_at_least("", 3, 11));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_and_services_are_read),
        cmocka_unit_test(a_dash_in_the_chroot_column_means_what_the_level_says),
        cmocka_unit_test(lists_part_at_commas_and_blanks_outside_braces),
        cmocka_unit_test(entries_of_milter_lists_have_their_options),
        cmocka_unit_test(times_have_units),
        cmocka_unit_test(versions_compare_by_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
