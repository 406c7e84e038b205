/* Unit tests of delivery: what a machine's mail about ours leaves at the ticket. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/plan/delivery.h"
#include "tests/unit/sample.h"

static void the_first_line_says_what_happened(void **state)
{
    (void)state;
    const struct {
        enum tk_reason reason;
        const char *recipient, *status, *expected;
    } cases[] = {
        {TK_REASON_BOUNCE, "bob@far.example", "5.1.1", "Delivery to bob@far.example failed: 5.1.1"},
        {TK_REASON_BOUNCE, "bob@far.example", NULL, "Delivery to bob@far.example failed"},
        {TK_REASON_BOUNCE, NULL, "5.7.1", "Delivery failed: 5.7.1"},
        {TK_REASON_BOUNCE, NULL, NULL, "Delivery failed"},
        {TK_REASON_BOUNCE, "a\r\nb", "5.1.1\nX", "Delivery to a b failed: 5.1.1 X"},
        {TK_REASON_DELIVERY_DELAYED, "bob@far.example", "4.4.1",
         "Delivery to bob@far.example is delayed: 4.4.1"},
        {TK_REASON_DELIVERY_SUCCESS, "bob@far.example", "2.0.0",
         "Delivery to bob@far.example succeeded: 2.0.0"},
        {TK_REASON_OUT_OF_OFFICE, NULL, NULL, "Automatic reply of Ann@Acme.example: I am away"},
        {TK_REASON_AUTO_GENERATED, NULL, NULL, "Automatic reply of Ann@Acme.example: I am away"},
        {TK_REASON_AUTOREPLY_RULE, NULL, NULL, "Automatic reply of Ann@Acme.example: I am away"},
        {TK_REASON_MDN, NULL, NULL, "Receipt of Ann@Acme.example: I am away"},
        {TK_REASON_FEEDBACK, NULL, NULL, "Complaint of Ann@Acme.example: I am away"},
        {TK_REASON_CHALLENGE, NULL, NULL,
         "Question whether a person has written of Ann@Acme.example: I am away"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_message *message = sample_message();
        message->subject = sample_text("I am away");
        message->reply = sample_text("Back on Monday.");
        const struct tk_classification found = {
            .bounce = {.status = sample_text(cases[i].status), .recipient = sample_text(cases[i].recipient)}};
        struct tk_plan *plan = tk_delivery_plan(message, &found, cases[i].reason);
        g_autofree char *expected = g_strconcat(cases[i].expected, "\n\nBack on Monday.", NULL);
        assert_string_equal(plan->body, expected);
        assert_string_equal(plan->body_full, message->text);
        tk_plan_free(&plan);
    }
}

static void a_report_without_words_or_sender_is_one_line(void **state)
{
    (void)state;
    const struct tk_classification found = {0};
    struct tk_message *message = sample_message();
    message->from = NULL;
    message->reply = sample_text("");
    struct tk_plan *plan = tk_delivery_plan(message, &found, TK_REASON_AUTO_GENERATED);
    assert_string_equal(plan->body, "Automatic reply: Printer");
    tk_plan_free(&plan);
}

static void long_words_are_cut_and_attachments_are_not_kept(void **state)
{
    (void)state;
    const struct tk_classification found = {0};
    struct tk_message *message = sample_message();
    g_autofree char *words = g_strnfill(100000, 'x');
    message->reply = sample_text(words);
    sample_attachment(message, "original.eml", 10, FALSE);
    struct tk_plan *plan = tk_delivery_plan(message, &found, TK_REASON_BOUNCE);
    assert_true(strlen(plan->body) <= strlen("Delivery failed\n\n") + TK_DELIVERY_WORDS_MAX);
    assert_int_equal(plan->attachments->len, 0);
    tk_plan_free(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_says_what_happened),
        cmocka_unit_test(a_report_without_words_or_sender_is_one_line),
        cmocka_unit_test(long_words_are_cut_and_attachments_are_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
