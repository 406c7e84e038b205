/* Unit tests of conf: every problem is found, at its line, with the value and what would be right. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "rules/conf/conf.h"
#include "tests/unit/conf_sample.h"

enum which { M, C, O, T, P, FILES };
static const char *const paths[FILES] = {"m.conf", "c.conf", "o.conf", "t.conf", "p.conf"};
static const char *const texts[FILES] = {SAMPLE_MAIN, SAMPLE_CHANNEL, SAMPLE_OTHER, SAMPLE_TEMPLATE,
                                         SAMPLE_PLAIN};

static char *replace(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    if (at == NULL)
        fail_msg("the sample lacks %s", old);
    g_autofree char *head = g_strndup(text, (gsize)(at - text));
    return g_strconcat(head, new, at + strlen(old), NULL);
}

/* All problems of the sample with one change, a line each. */
static char *problems_of(enum which which, const char *old, const char *new, enum tk_status *status_r)
{
    g_autofree char *changed = old[0] != '\0' ? replace(texts[which], old, new) : g_strdup(new);
    struct tk_conf_file files[FILES];
    for (int i = 0; i < FILES; i++)
        files[i] = (struct tk_conf_file){paths[i], i == (int)which ? changed : texts[i]};
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    *status_r = tk_conf_read(&files[M], &files[C], 2, &files[T], 2, problems, &conf);
    tk_conf_unref(&conf);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < problems->len; i++) {
        const struct tk_conf_problem *p = problems->pdata[i];
        g_string_append_printf(out, "%s%s:%d: %s%s", i > 0 ? "\n" : "", p->file, p->line,
                               p->error ? "" : "warning: ", p->text);
    }
    return g_string_free(out, FALSE);
}

struct row {
    enum which which;
    const char *old, *new;
    const char *expected;
};

static const struct row rows[] = {
#include "tests/unit/conf_problems.inc"
};

static void the_sample_has_no_problem(void **state)
{
    (void)state;
    enum tk_status status;
    g_autofree char *problems = problems_of(M, "deadline", "deadline", &status);
    assert_string_equal(problems, "");
    assert_int_equal(status, TK_OK);
}

static void every_problem_is_told_with_line_value_and_remedy(void **state)
{
    (void)state;
    int wrong = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        enum tk_status status;
        g_autofree char *problems = problems_of(rows[i].which, rows[i].old, rows[i].new, &status);
        gboolean has_error = FALSE;
        g_auto(GStrv) lines = g_strsplit(problems, "\n", -1);
        for (char **line = lines; *line != NULL; line++)
            has_error = has_error || (**line != '\0' && strstr(*line, ": warning: ") == NULL);
        assert_int_equal(status, has_error ? TK_CONFIG : TK_OK);
        if (strcmp(problems, rows[i].expected) != 0) {
            print_message("row %u: %s\n  got      %s\n  expected %s\n", (unsigned)i, rows[i].new, problems,
                          rows[i].expected);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void a_file_that_cannot_be_read_leaves_the_others(void **state)
{
    (void)state;
    const struct tk_conf_file main_file = {"m.conf", SAMPLE_MAIN};
    const struct tk_conf_file channels[] = {{"c.conf", SAMPLE_CHANNEL}, {"o.conf", "channel = {"}};
    const struct tk_conf_file templates[] = {{"t.conf", SAMPLE_TEMPLATE}};
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    assert_int_equal(tk_conf_read(&main_file, channels, 2, templates, 1, problems, &conf), TK_CONFIG);
    assert_int_equal(problems->len, 1);
    assert_non_null(conf);
    assert_int_equal(conf->channels->len, 1);
    assert_false(((struct tk_channel *)conf->channels->pdata[0])->faulty);
    tk_conf_unref(&conf);
}

static void more_settings_than_a_person_writes_are_refused(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i <= 10000; i++)
        g_string_append_printf(text, "n%d = 1;\n", i);
    const struct tk_conf_file main_file = {"m.conf", text->str};
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    assert_int_equal(tk_conf_read(&main_file, NULL, 0, NULL, 0, problems, &conf), TK_CONFIG);
    assert_int_equal(problems->len, 1);
    const struct tk_conf_problem *problem = problems->pdata[0];
    assert_string_equal(problem->text, "too many settings");
    assert_int_equal(problem->line, 10001);
}

static void a_wrong_main_file_gives_no_configuration(void **state)
{
    (void)state;
    const struct tk_conf_file main_file = {"m.conf", "instance = \"a b\";"};
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    assert_int_equal(tk_conf_read(&main_file, NULL, 0, NULL, 0, problems, &conf), TK_CONFIG);
    assert_null(conf);
}

static void an_error_makes_its_channel_faulty_and_no_other(void **state)
{
    (void)state;
    const struct tk_conf_file main_file = {"m.conf", SAMPLE_MAIN};
    g_autofree char *bad = replace(SAMPLE_OTHER, "\"plain\"", "\"missing\"");
    const struct tk_conf_file channels[] = {{"c.conf", SAMPLE_CHANNEL}, {"o.conf", bad}};
    const struct tk_conf_file templates[] = {{"t.conf", SAMPLE_TEMPLATE}};
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    assert_int_equal(tk_conf_read(&main_file, channels, 2, templates, 1, problems, &conf), TK_CONFIG);
    const struct tk_channel *hr = conf->channels->pdata[0], *support = conf->channels->pdata[1];
    assert_string_equal(hr->name, "hr");
    assert_true(hr->faulty);
    assert_null(hr->template);
    assert_false(support->faulty);
    tk_conf_unref(&conf);
}

static void refusing_the_unconfirmed_needs_a_filter_that_is_trusted(void **state)
{
    (void)state;
    static const char *const words[] = {"fail", "reject"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *option = g_strdup_printf("senders = { authentication = \"%s\";", words[i]);
        g_autofree char *strict = replace(SAMPLE_OTHER, "senders = {", option);
        const struct tk_conf_file channel = {"o.conf", strict};
        const struct tk_conf_file template = {"p.conf", SAMPLE_PLAIN};
        struct tk_conf_file main_file = {"m.conf",
                                         SAMPLE_MAIN "trusted_authserv = [ \"mx.example.net\" ];\n"};
        g_autoptr(GPtrArray) problems = tk_conf_problems_new();
        struct tk_conf *conf = NULL;
        assert_int_equal(tk_conf_read(&main_file, &channel, 1, &template, 1, problems, &conf), TK_OK);
        assert_int_equal(problems->len, 0);
        tk_conf_unref(&conf);
        main_file.text = SAMPLE_MAIN "trusted_authserv = [ ];\n";
        assert_int_equal(tk_conf_read(&main_file, &channel, 1, &template, 1, problems, &conf), TK_CONFIG);
        assert_true(((struct tk_channel *)conf->channels->pdata[0])->faulty);
        tk_conf_unref(&conf);
    }
}

static void an_address_of_two_channels_makes_both_faulty(void **state)
{
    (void)state;
    const struct tk_conf_file main_file = {"m.conf", SAMPLE_MAIN};
    g_autofree char *bad = replace(SAMPLE_OTHER, "hr@acme.example", "\\\"helpdesk\\\"@ACME.example.");
    const struct tk_conf_file channels[] = {{"c.conf", SAMPLE_CHANNEL}, {"o.conf", bad}};
    const struct tk_conf_file templates[] = {{"t.conf", SAMPLE_TEMPLATE}, {"p.conf", SAMPLE_PLAIN}};
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    assert_int_equal(tk_conf_read(&main_file, channels, 2, templates, 2, problems, &conf), TK_CONFIG);
    for (guint i = 0; i < 2; i++)
        assert_true(((struct tk_channel *)conf->channels->pdata[i])->faulty);
    tk_conf_unref(&conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_has_no_problem),
        cmocka_unit_test(every_problem_is_told_with_line_value_and_remedy),
        cmocka_unit_test(a_file_that_cannot_be_read_leaves_the_others),
        cmocka_unit_test(more_settings_than_a_person_writes_are_refused),
        cmocka_unit_test(a_wrong_main_file_gives_no_configuration),
        cmocka_unit_test(an_error_makes_its_channel_faulty_and_no_other),
        cmocka_unit_test(refusing_the_unconfirmed_needs_a_filter_that_is_trusted),
        cmocka_unit_test(an_address_of_two_channels_makes_both_faulty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
