/* Unit tests of effects: verdicts and folders become edits. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/decide/effects.h"
#include "tests/unit/sample.h"

static struct tk_channel *support, *sales;
static const char *const no_headers[] = {NULL};

static int start(void **state)
{
    (void)state;
    support = sample_channel();
    sales = sample_channel();
    sales->name = sample_text("sales");
    return 0;
}

/* The edits, one a line: "-rcpt X", "+rcpt X ARGS", "-head NAME INDEX", "+head NAME: VALUE". */
static void expect(const struct tk_effects_rcpt *rcpts, gsize n_rcpts, const char *const *headers,
                   const struct tk_effects_answer *answers, gsize n_answers, const char *expected)
{
    const struct tk_effects_mail mail = {rcpts, n_rcpts, headers, FALSE};
    g_autoptr(GPtrArray) edits = tk_effects_new();
    g_autoptr(GString) why = g_string_new(NULL), got = g_string_new(NULL);
    assert_int_equal(tk_effects_make(&mail, answers, n_answers, edits, why), TK_OK);
    for (guint i = 0; i < edits->len; i++) {
        const struct tk_edit *edit = g_ptr_array_index(edits, i);
        switch (edit->kind) {
        case TK_EDIT_REMOVE_RCPT: g_string_append_printf(got, "-rcpt %s\n", edit->value); break;
        case TK_EDIT_ADD_RCPT:
            g_string_append_printf(got, "+rcpt %s %s\n", edit->value,
                                   edit->arguments != NULL ? edit->arguments : "-");
            break;
        case TK_EDIT_REMOVE_HEADER:
            g_string_append_printf(got, "-head %s %u\n", edit->name, edit->index);
            break;
        case TK_EDIT_ADD_HEADER:
            g_string_append_printf(got, "+head %s: %s\n", edit->name, edit->value);
            break;
        }
    }
    assert_string_equal(got->str, expected);
}

static void each_verdict_goes_to_its_folder(void **state)
{
    (void)state;
    const struct {
        enum tk_verdict verdict;
        enum tk_reason reason;
        const char *number, *mark;
        const char *arguments;
    } cases[] = {
        {TK_VERDICT_TICKET, TK_REASON_NONE, "INC-1", "ticket; channel=acme/support\n+head X-Ticket-Id: INC-1",
         "NOTIFY=NEVER"},
        {TK_VERDICT_NOTE, TK_REASON_NONE, "INC-1", "note; channel=acme/support\n+head X-Ticket-Id: INC-1",
         "NOTIFY=NEVER"},
        {TK_VERDICT_DUPLICATE, TK_REASON_NONE, "INC-1",
         "duplicate; channel=acme/support\n+head X-Ticket-Id: INC-1", "NOTIFY=NEVER"},
        {TK_VERDICT_FAIL, TK_REASON_DOMAIN_NOT_ALLOWED, NULL,
         "fail; channel=acme/support; reason=domain_not_allowed", "-"},
        {TK_VERDICT_EXCLUDE, TK_REASON_OUT_OF_OFFICE, NULL,
         "exclude; channel=acme/support; reason=out_of_office", "NOTIFY=NEVER"},
    };
    const struct tk_effects_rcpt rcpt = {"<HelpDesk@acme.example>", support};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct tk_effects_answer answer = {
            support, cases[i].verdict, cases[i].reason, cases[i].number, 9, NULL};
        struct tk_folder none = {TK_FOLDER_NONE, NULL}, alias = {TK_FOLDER_ALIAS, NULL};
        struct tk_folder box = {TK_FOLDER_ADDRESS, sample_text("box@acme.example")};

        support->success = support->fail = support->exclude = none;
        expect(&rcpt, 1, no_headers, &answer, 1, "-rcpt <HelpDesk@acme.example>\n");

        support->success = support->fail = support->exclude = alias;
        g_autofree char *left = g_strdup_printf("+head X-Ticket-Verdict: %s\n", cases[i].mark);
        expect(&rcpt, 1, no_headers, &answer, 1, left);

        support->success = support->fail = support->exclude = box;
        g_autofree char *moved = g_strdup_printf("+head X-Ticket-Verdict: %s\n-rcpt <HelpDesk@acme.example>\n"
                                                 "+rcpt <box@acme.example> %s\n",
                                                 cases[i].mark, cases[i].arguments);
        expect(&rcpt, 1, no_headers, &answer, 1, moved);
        g_free(box.address);
    }
}

static void a_stranger_is_never_touched_and_sees_only_the_intake_id(void **state)
{
    (void)state;
    const struct tk_effects_rcpt rcpts[] = {{"<ann@acme.example>", NULL},
                                            {"<support@acme.example>", support}};
    const struct tk_effects_answer answer = {support, TK_VERDICT_TICKET, TK_REASON_NONE, "INC-1", 77, NULL};
    expect(rcpts, 2, no_headers, &answer, 1, "+head X-Ticket-Verdict: 77\n-rcpt <support@acme.example>\n");
    const struct tk_effects_answer nameless = {support, TK_VERDICT_FAIL, TK_REASON_CHANNEL_DISABLED, NULL, 0,
                                               NULL};
    expect(rcpts, 2, no_headers, &nameless, 1, "");
}

static void a_refused_mail_of_which_no_row_tells_is_not_taken_away(void **state)
{
    (void)state;
    const struct tk_effects_rcpt rcpt = {"<support@acme.example>", support};
    struct tk_effects_answer answer = {support, TK_VERDICT_FAIL, TK_REASON_CHANNEL_DISABLED, NULL, 0, NULL};
    support->fail = (struct tk_folder){TK_FOLDER_NONE, NULL};
    expect(&rcpt, 1, no_headers, &answer, 1,
           "+head X-Ticket-Verdict: fail; channel=acme/support; reason=channel_disabled\n");
    answer.intake_id = 1;
    expect(&rcpt, 1, no_headers, &answer, 1, "-rcpt <support@acme.example>\n");
}

static void forged_marks_go_highest_index_first_and_the_loop_mark_stays(void **state)
{
    (void)state;
    const char *const headers[] = {"Subject",       "X-Ticket-Id", "x-ticket-id", "X-Ticket-Verdict",
                                   "X-Ticket-Loop", "X-TICKET-ID", "X-Ticketing", NULL};
    const struct tk_effects_rcpt rcpt = {"<support@acme.example>", support};
    const struct tk_effects_answer answer = {support, TK_VERDICT_FAIL, TK_REASON_DOMAIN_DENIED, NULL, 1,
                                             NULL};
    expect(&rcpt, 1, headers, &answer, 1,
           "-head X-TICKET-ID 3\n-head X-Ticket-Verdict 1\n-head x-ticket-id 2\n-head X-Ticket-Id 1\n"
           "+head X-Ticket-Verdict: fail; channel=acme/support; reason=domain_denied\n");
}

static void a_header_name_that_may_not_be_written_is_no_mark_of_ours(void **state)
{
    (void)state;
    const char *const headers[] = {"X-Ticket-\001Id", "X-Ticket-\xc3\x9c", NULL};
    const struct tk_effects_rcpt rcpt = {"<support@acme.example>", support};
    const struct tk_effects_answer answer = {support, TK_VERDICT_FAIL, TK_REASON_DOMAIN_DENIED, NULL, 1,
                                             NULL};
    expect(&rcpt, 1, headers, &answer, 1,
           "+head X-Ticket-Verdict: fail; channel=acme/support; reason=domain_denied\n");
}

static void a_recipient_with_a_source_route_goes_in_both_spellings(void **state)
{
    (void)state;
    const struct tk_effects_rcpt rcpt = {"<@a.example,@b.example:support@acme.example>", support};
    const struct tk_effects_answer answer = {support, TK_VERDICT_TICKET, TK_REASON_NONE, "INC-1", 1, NULL};
    support->success = (struct tk_folder){TK_FOLDER_NONE, NULL};
    expect(&rcpt, 1, no_headers, &answer, 1,
           "-rcpt <@a.example,@b.example:support@acme.example>\n-rcpt <support@acme.example>\n");
}

static void several_channels_each_get_their_own_answer(void **state)
{
    (void)state;
    const struct tk_effects_rcpt rcpts[] = {{"<support@acme.example>", support},
                                            {"<sales@acme.example>", sales},
                                            {"<helpdesk@acme.example>", support}};
    const struct tk_effects_answer answers[] = {
        {support, TK_VERDICT_TICKET, TK_REASON_NONE, "INC-1", 1, NULL},
        {sales, TK_VERDICT_FAIL, TK_REASON_DOMAIN_DENIED, NULL, 2, NULL}};
    expect(rcpts, 3, no_headers, answers, 2,
           "+head X-Ticket-Verdict: ticket; channel=acme/support\n+head X-Ticket-Id: INC-1\n"
           "+head X-Ticket-Verdict: fail; channel=acme/sales; reason=domain_denied\n"
           "-rcpt <support@acme.example>\n-rcpt <helpdesk@acme.example>\n");
}

static void an_address_gets_the_mail_once(void **state)
{
    (void)state;
    struct tk_folder box = {TK_FOLDER_ADDRESS, sample_text("Box@acme.example")};
    support->fail = sales->fail = box;
    const struct tk_effects_rcpt rcpts[] = {{"<support@acme.example>", support},
                                            {"<sales@acme.example>", sales}};
    const struct tk_effects_answer answers[] = {
        {support, TK_VERDICT_FAIL, TK_REASON_DOMAIN_DENIED, NULL, 1, NULL},
        {sales, TK_VERDICT_FAIL, TK_REASON_DOMAIN_DENIED, NULL, 2, NULL}};
    expect(rcpts, 2, no_headers, answers, 2,
           "+head X-Ticket-Verdict: fail; channel=acme/support; reason=domain_denied\n"
           "+head X-Ticket-Verdict: fail; channel=acme/sales; reason=domain_denied\n"
           "-rcpt <support@acme.example>\n+rcpt <Box@acme.example> -\n-rcpt <sales@acme.example>\n");
    const struct tk_effects_rcpt with_box[] = {{"<box@ACME.example>", NULL},
                                               {"<support@acme.example>", support}};
    expect(with_box, 2, no_headers, answers, 1, "+head X-Ticket-Verdict: 1\n-rcpt <support@acme.example>\n");
}

static void the_evidence_is_told_once_and_cleaned_and_to_no_stranger(void **state)
{
    (void)state;
    const struct tk_effects_rcpt rcpts[] = {{"<support@acme.example>", support},
                                            {"<ann@acme.example>", NULL}};
    support->exclude.kind = TK_FOLDER_ALIAS;
    const struct tk_effects_answer answer = {support,
                                             TK_VERDICT_EXCLUDE,
                                             TK_REASON_OUT_OF_OFFICE,
                                             NULL,
                                             5,
                                             "Subject: Abwesend \303\274ber\r\nBcc: x@y"};
    expect(rcpts, 1, no_headers, &answer, 1,
           "+head X-Ticket-Verdict: exclude; channel=acme/support; reason=out_of_office\n"
           "+head X-Ticket-Evidence: Subject: Abwesend ??ber??Bcc: x@y\n");
    expect(rcpts, 2, no_headers, &answer, 1, "+head X-Ticket-Verdict: 5\n");
}

static void a_value_that_may_not_be_written_is_a_bug_not_a_header(void **state)
{
    (void)state;
    const struct tk_effects_rcpt rcpt = {"<support@acme.example>", support};
    const struct tk_effects_mail mail = {&rcpt, 1, no_headers, FALSE};
    const struct tk_effects_answer answer = {support, TK_VERDICT_FAIL, TK_REASON_NONE, "INC-1\r\nBcc: x@y", 1,
                                             NULL};
    g_autoptr(GPtrArray) edits = tk_effects_new();
    g_autoptr(GString) why = g_string_new(NULL);
    assert_int_equal(tk_effects_make(&mail, &answer, 1, edits, why), TK_BUG);
    assert_true(why->len > 0);
}

static void marks_that_cannot_be_removed_put_off_only_what_somebody_gets(void **state)
{
    (void)state;
    const struct tk_effects_rcpt rcpts[] = {{"<support@acme.example>", support},
                                            {"<ann@acme.example>", NULL}};
    const struct tk_effects_answer answer = {support, TK_VERDICT_TICKET, TK_REASON_NONE, "INC-1", 1, NULL};
    static const enum tk_folder_kind kinds[] = {TK_FOLDER_NONE, TK_FOLDER_ALIAS};
    for (gsize i = 0; i < 2 * G_N_ELEMENTS(kinds); i++) {
        const struct tk_effects_mail mail = {rcpts, 1 + i % 2, no_headers, TRUE};
        support->success.kind = kinds[i / 2];
        g_autoptr(GPtrArray) edits = tk_effects_new();
        g_autoptr(GString) why = g_string_new(NULL);
        assert_int_equal(tk_effects_make(&mail, &answer, 1, edits, why), i == 0 ? TK_OK : TK_LATER);
        assert_int_equal(why->len > 0, i > 0);
    }
}

#define CASE(name) cmocka_unit_test_setup(name, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(each_verdict_goes_to_its_folder),
        CASE(a_stranger_is_never_touched_and_sees_only_the_intake_id),
        CASE(a_refused_mail_of_which_no_row_tells_is_not_taken_away),
        CASE(forged_marks_go_highest_index_first_and_the_loop_mark_stays),
        CASE(a_header_name_that_may_not_be_written_is_no_mark_of_ours),
        CASE(a_recipient_with_a_source_route_goes_in_both_spellings),
        CASE(several_channels_each_get_their_own_answer),
        CASE(an_address_gets_the_mail_once),
        CASE(the_evidence_is_told_once_and_cleaned_and_to_no_stranger),
        CASE(marks_that_cannot_be_removed_put_off_only_what_somebody_gets),
        CASE(a_value_that_may_not_be_written_is_a_bug_not_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
