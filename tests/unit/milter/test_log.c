/* Unit tests of log: what reaches standard error. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "milter/base/log.h"
#include "tests/unit/stderr.h"

static void a_line_stays_one_line_whatever_is_in_it(void **state)
{
    (void)state;
    unsetenv("JOURNAL_STREAM");
    tk_log_open("ticket-test", TK_LOG_STDERR);
    catch_stderr();
    tk_log(LOG_INFO, "channel %s is off", "a\nticket-test: forged");
    g_autofree char *text = caught_stderr();
    g_autofree char *expected =
        g_strdup_printf("ticket-test[%ld]: channel a\\nticket-test: forged is off\n", (long)getpid());
    assert_string_equal(text, expected);
}

static void the_journal_gets_the_priority_in_front(void **state)
{
    (void)state;
    setenv("JOURNAL_STREAM", "1:2", 1);
    tk_log_open("ticket-test", TK_LOG_STDERR);
    g_autoptr(GString) line = g_string_new("id=4F verdict=ticket");
    catch_stderr();
    tk_log_line(LOG_WARNING, line);
    g_autofree char *text = caught_stderr();
    assert_string_equal(text, "<4>id=4F verdict=ticket\n");
    unsetenv("JOURNAL_STREAM");
}

static void lines_below_the_threshold_are_left_out(void **state)
{
    (void)state;
    tk_log_open("ticket-test", TK_LOG_STDERR);
    catch_stderr();
    tk_log(LOG_DEBUG, "unheard");
    tk_log_set_threshold(LOG_DEBUG);
    tk_log(LOG_DEBUG, "heard");
    tk_log_set_threshold(LOG_INFO);
    g_autofree char *text = caught_stderr();
    assert_null(strstr(text, "unheard"));
    assert_non_null(strstr(text, ": heard\n"));
}

static guint count_lines(const char *text)
{
    guint lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void a_place_that_floods_is_held_and_says_how_much_was_left_out(void **state)
{
    (void)state;
    tk_log_open("ticket-test", TK_LOG_STDERR);
    static struct tk_log_limit limit;
    catch_stderr();
    for (int i = 0; i < 1000; i++)
        tk_log_limited(&limit, 3, LOG_WARNING, "odd mail %d", i);
    g_autofree char *text = caught_stderr();
    assert_int_equal(count_lines(text), 3);
    assert_non_null(strstr(text, "odd mail 2\n"));

    limit.window_start -= G_TIME_SPAN_MINUTE; /* a minute later */
    catch_stderr();
    tk_log_limited(&limit, 3, LOG_WARNING, "odd again");
    g_autofree char *later = caught_stderr();
    assert_non_null(strstr(later, ": odd again (997 such lines were left out before)\n"));
}

static void warnings_of_libraries_become_lines_of_ours(void **state)
{
    (void)state;
    tk_log_open("ticket-test", TK_LOG_STDERR);
    catch_stderr();
    g_log("gmime", G_LOG_LEVEL_CRITICAL, "odd\nthing");
    g_autofree char *text = caught_stderr();
    assert_non_null(strstr(text, "ticket-test["));
    assert_non_null(strstr(text, "gmime: odd\\nthing\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_stays_one_line_whatever_is_in_it),
        cmocka_unit_test(the_journal_gets_the_priority_in_front),
        cmocka_unit_test(lines_below_the_threshold_are_left_out),
        cmocka_unit_test(a_place_that_floods_is_held_and_says_how_much_was_left_out),
        cmocka_unit_test(warnings_of_libraries_become_lines_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
