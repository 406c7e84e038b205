/* Unit tests of report. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "milter/daemon/report.h"
#include "tests/unit/sample.h"

static struct tk_intake_result results[2];
static struct tk_message message;

/* An outcome of COUNT channels. */
static struct tk_intake_outcome outcome_of(guint count)
{
    struct tk_intake_outcome outcome = {.status = TK_OK,
                                        .results = g_ptr_array_new(),
                                        .message = &message,
                                        .authentic = {.verdict = TK_UNKNOWN}};
    for (guint i = 0; i < count; i++) {
        results[i] = (struct tk_intake_result){.channel = sample_channel()};
        g_ptr_array_add(outcome.results, &results[i]);
    }
    return outcome;
}

static void assert_line(const struct tk_report *report, const char *expected)
{
    g_autoptr(GString) line = g_string_new(NULL);
    tk_report_line(line, report);
    assert_string_equal(line->str, expected);
}

static void an_accepted_mail_is_one_line_of_all_keys(void **state)
{
    (void)state;
    struct tk_intake_outcome outcome = outcome_of(1);
    message.message_id = (char *)"a@acme.example";
    results[0].verdict = TK_VERDICT_TICKET;
    results[0].number = (char *)"INC-17";
    outcome.authentic = (struct tk_authentic){.verdict = TK_YES, .by = (char *)"dmarc=pass acme.example"};
    const struct tk_report report = {.queue_id = "4FQ",
                                     .mail_from = "<ann@acme.example>",
                                     .rcpts = 2,
                                     .size = 1234,
                                     .level = TK_LEVEL_FULL,
                                     .outcome = &outcome,
                                     .status = TK_OK,
                                     .millis = 12};
    assert_line(
        &report,
        "id=4FQ verdict=ticket reason=\"\" channel=acme/support ticket=INC-17 class=human evidence=\"\" "
        "detail=\"\" foreign=0 auth=pass by=\"dmarc=pass acme.example\" level=full size=1234 millis=12 "
        "msgid=a@acme.example from=<ann@acme.example> "
        "rcpts=2 "
        "reply=250");
    g_ptr_array_unref(outcome.results);
}

static void a_mail_that_was_stored_as_less_than_it_is_says_so(void **state)
{
    (void)state;
    struct tk_intake_outcome outcome = outcome_of(1);
    message.message_id = NULL;
    results[0].verdict = TK_VERDICT_TICKET;
    results[0].reason = TK_REASON_UNPARSABLE;
    outcome.refused = (char *)"not this (SQLSTATE 22023)";
    outcome.stored_level = TK_LEVEL_HEADERS;
    const struct tk_report report = {
        .mail_from = "<ann@acme.example>", .rcpts = 1, .level = TK_LEVEL_FULL, .outcome = &outcome};
    assert_line(
        &report,
        "id=\"\" verdict=ticket reason=unparsable channel=acme/support ticket=\"\" class=human "
        "evidence=\"\" detail=\"\" foreign=0 auth=none by=\"\" level=headers size=0 millis=0 msgid=\"\" "
        "from=<ann@acme.example> rcpts=1 reply=250 refused=\"not this (SQLSTATE 22023)\"");
    g_ptr_array_unref(outcome.results);
}

static void a_mail_that_nothing_holds_says_so(void **state)
{
    (void)state;
    struct tk_intake_outcome outcome = outcome_of(2);
    message.message_id = NULL;
    results[0].verdict = results[1].verdict = TK_VERDICT_EXCLUDE;
    results[0].reason = results[1].reason = TK_REASON_LOOP;
    results[1].raw.nowhere = TRUE;
    const struct tk_report report = {.mail_from = "<>", .rcpts = 1, .outcome = &outcome};
    assert_line(&report,
                "id=\"\" verdict=exclude,exclude reason=loop,loop channel=acme/support,acme/support ticket=, "
                "class=human evidence=\"\" detail=, foreign=0 auth=none by=\"\" level=full size=0 millis=0 "
                "msgid=\"\" from=<> rcpts=1 reply=250 kept=no");
    g_ptr_array_unref(outcome.results);
}

static void several_channels_stand_with_commas_in_one_order(void **state)
{
    (void)state;
    struct tk_intake_outcome outcome = outcome_of(2);
    message.message_id = NULL;
    outcome.classification = (struct tk_classification){.class = TK_CLASS_AUTOREPLY,
                                                        .evidence = (char *)"Auto-Submitted: auto-replied"};
    outcome.authentic.verdict = TK_NO;
    results[0].verdict = TK_VERDICT_NOTE;
    results[0].detail = (char *)"Sent, for me\n";
    results[0].number = (char *)"INC-17";
    results[1].verdict = TK_VERDICT_EXCLUDE;
    results[1].reason = TK_REASON_OUT_OF_OFFICE;
    const struct tk_report report = {.queue_id = "4FQ", .mail_from = "<>", .rcpts = 2, .outcome = &outcome};
    assert_line(
        &report,
        "id=4FQ verdict=note,exclude reason=,out_of_office channel=acme/support,acme/support ticket=INC-17, "
        "class=autoreply evidence=\"Auto-Submitted: auto-replied\" detail=\"Sent, for me\\n,\" foreign=0 "
        "auth=fail "
        "by=\"\" "
        "level=full "
        "size=0 millis=0 msgid=\"\" "
        "from=<> "
        "rcpts=2 reply=250");
    g_ptr_array_unref(outcome.results);
}

static void a_mail_that_is_put_off_says_why_whether_it_was_read_or_not(void **state)
{
    (void)state;
    struct tk_intake_outcome outcome = outcome_of(0);
    message.message_id = (char *)"a\nverdict=ticket";
    outcome.status = TK_LATER;
    struct tk_report report = {.mail_from = "<ann@acme.example>",
                               .rcpts = 1,
                               .level = TK_LEVEL_RAW,
                               .outcome = &outcome,
                               .code = "451",
                               .status = TK_LATER,
                               .why = "no \"connection\""};
    assert_line(
        &report,
        "id=\"\" verdict=later reason=\"\" channel=\"\" ticket=\"\" class=human evidence=\"\" detail=\"\" "
        "foreign=0 auth=none by=\"\" level=raw "
        "size=0 "
        "millis=0 msgid=\"a\\nverdict=ticket\" from=<ann@acme.example> rcpts=1 reply=451 status=later "
        "why=\"no \\\"connection\\\"\"");
    report.outcome = NULL;
    report.code = "452";
    report.status = TK_STORAGE;
    report.why = "disk";
    assert_line(&report,
                "id=\"\" verdict=later reason=\"\" channel=\"\" ticket=\"\" class=\"\" evidence=\"\" "
                "detail=\"\" foreign=0 auth=\"\" by=\"\" level=raw size=0 "
                "millis=0 msgid=\"\" from=<ann@acme.example> rcpts=1 reply=452 status=storage why=disk");
    g_ptr_array_unref(outcome.results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_accepted_mail_is_one_line_of_all_keys),
        cmocka_unit_test(a_mail_that_was_stored_as_less_than_it_is_says_so),
        cmocka_unit_test(a_mail_that_nothing_holds_says_so),
        cmocka_unit_test(several_channels_stand_with_commas_in_one_order),
        cmocka_unit_test(a_mail_that_is_put_off_says_why_whether_it_was_read_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
