/* Unit tests of cmdline and exitcode. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "milter/base/cmdline.h"
#include "milter/base/exitcode.h"

static enum tk_status read_words(const char *words, GString *why, struct tk_cmdline *options_r)
{
    g_auto(GStrv) argv = g_strsplit(words, " ", -1);
    return tk_cmdline_read((int)g_strv_length(argv), argv, TRUE, why, options_r);
}

static void options_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *words, *config;
        gboolean background, check;
        enum tk_log_target log;
    } cases[] = {
        {"ticket-milter", "/etc/ticket-milter/ticket-milter.conf", FALSE, FALSE, TK_LOG_STDERR},
        {"ticket-milter -f", "/etc/ticket-milter/ticket-milter.conf", FALSE, FALSE, TK_LOG_STDERR},
        {"ticket-milter -c /a/b.conf -t", "/a/b.conf", FALSE, TRUE, TK_LOG_STDERR},
        {"ticket-milter --config=/a/b.conf --check", "/a/b.conf", FALSE, TRUE, TK_LOG_STDERR},
        {"ticket-milter --background", "/etc/ticket-milter/ticket-milter.conf", TRUE, FALSE, TK_LOG_SYSLOG},
        {"ticket-milter --background --log stderr", "/etc/ticket-milter/ticket-milter.conf", TRUE, FALSE,
         TK_LOG_STDERR},
        {"ticket-milter --log=syslog", "/etc/ticket-milter/ticket-milter.conf", FALSE, FALSE, TK_LOG_SYSLOG},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_cmdline options;
        assert_int_equal(read_words(cases[i].words, NULL, &options), TK_OK);
        assert_string_equal(options.config, cases[i].config);
        assert_int_equal(options.background, cases[i].background);
        assert_int_equal(options.check, cases[i].check);
        assert_int_equal(options.log, cases[i].log);
        tk_cmdline_clear(&options);
    }
}

static void what_is_off_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *words, *why;
    } cases[] = {
        {"ticket-milter -x", "there is no option -x"},
        {"ticket-milter -ftx", "there is no option -x"},
        {"ticket-milter --bogus", "there is no option --bogus"},
        {"ticket-milter -c", "-c needs a value"},
        {"ticket-milter -f start", "\"start\" is one word too many"},
        {"ticket-milter --log file", "--log is stderr or syslog, not \"file\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_cmdline options;
        g_autoptr(GString) why = g_string_new(NULL);
        assert_int_equal(read_words(cases[i].words, why, &options), TK_USAGE);
        assert_string_equal(why->str, cases[i].why);
        tk_cmdline_clear(&options);
    }
}

static void only_a_program_that_detaches_goes_to_the_background(void **state)
{
    (void)state;
    g_auto(GStrv) argv = g_strsplit("ticket-notify --background", " ", -1);
    struct tk_cmdline options;
    g_autoptr(GString) why = g_string_new(NULL);
    assert_int_equal(tk_cmdline_read(2, argv, FALSE, why, &options), TK_USAGE);
    assert_string_equal(why->str, "there is no option --background");
    tk_cmdline_clear(&options);
}

static void a_status_has_one_exit_code(void **state)
{
    (void)state;
    static const int expected[] = {0, 1, 75, 75, 75, 75, 65, 78, 64, 70}; /* in the order of enum tk_status */
    for (int status = TK_OK; status <= TK_BUG; status++)
        assert_int_equal(tk_exitcode(status), expected[status]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(what_is_off_is_named),
        cmocka_unit_test(only_a_program_that_detaches_goes_to_the_background),
        cmocka_unit_test(a_status_has_one_exit_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
