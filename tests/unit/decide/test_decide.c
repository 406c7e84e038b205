/* Unit tests of decide: each rule of a channel, and the order of the rules. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/decide/decide.h"
#include "tests/unit/sample.h"

static struct tk_channel *channel;
static struct tk_message *message;
static struct tk_classification found;
static struct tk_decide_input input;

static int start(void **state)
{
    (void)state;
    channel = sample_channel();
    message = sample_message();
    found = (struct tk_classification){.class = TK_CLASS_HUMAN};
    input = (struct tk_decide_input){.channel = channel,
                                     .message = message,
                                     .classification = &found,
                                     .mail_from = "ann@acme.example",
                                     .authenticated = TK_UNKNOWN};
    return 0;
}

/* The decision as "verdict reason rule". */
static void expect(const char *expected)
{
    struct tk_decision decision;
    tk_decide(&input, &decision);
    g_autofree char *got = g_strdup_printf("%s %s %s", tk_verdict_word(decision.verdict),
                                           tk_verdict_reason_word(decision.reason), decision.rule);
    assert_string_equal(got, expected);
    tk_decide_clear(&decision);
}

static void set_from(const char *address)
{
    message->from = sample_mailbox("", address);
}

static void a_persons_mail_from_an_allowed_domain_is_a_ticket(void **state)
{
    (void)state;
    expect("ticket  ticket");
}

static void a_channel_that_is_not_published_or_faulty_fails_first(void **state)
{
    (void)state;
    found.class = TK_CLASS_LOOP;
    found.strength = TK_STRENGTH_A;
    channel->status = TK_DRAFT;
    expect("fail channel_disabled channel");
    channel->status = TK_DISABLED;
    expect("fail channel_disabled channel");
    channel->status = TK_PUBLISHED;
    channel->faulty = TRUE;
    expect("fail channel_disabled channel");
}

static void a_mail_over_the_limit_fails(void **state)
{
    (void)state;
    input.too_big = TRUE;
    expect("fail too_big size");
}

static void reports_are_excluded_by_their_reason_even_where_autoreplies_are_let_in(void **state)
{
    (void)state;
    const struct {
        enum tk_class class;
        const char *expected;
    } cases[] = {
        {TK_CLASS_LOOP, "exclude loop report"},
        {TK_CLASS_BOUNCE, "exclude bounce report"},
        {TK_CLASS_BOUNCE_DELAYED, "exclude delivery_delayed report"},
        {TK_CLASS_BOUNCE_DELIVERED, "exclude delivery_success report"},
        {TK_CLASS_FEEDBACK, "exclude feedback report"},
        {TK_CLASS_MDN, "exclude mdn report"},
        {TK_CLASS_CHALLENGE, "exclude challenge report"},
    };
    channel->exclude_autoreplies = FALSE;
    channel->autoreply_allow = sample_words("ann@acme.example");
    found.strength = TK_STRENGTH_A;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        found.class = cases[i].class;
        expect(cases[i].expected);
    }
}

static void a_null_sender_is_excluded_whatever_it_says(void **state)
{
    (void)state;
    input.mail_from = "";
    channel->exclude_autoreplies = FALSE;
    expect("exclude bounce report");
    found.class = TK_CLASS_AUTOREPLY;
    expect("exclude auto_generated report");
    found.out_of_office = TRUE;
    expect("exclude out_of_office report");
}

static void weak_signs_never_exclude(void **state)
{
    (void)state;
    found.strength = TK_STRENGTH_C;
    const enum tk_class classes[] = {
        TK_CLASS_AUTOREPLY, TK_CLASS_AUTO_GENERATED, TK_CLASS_LIST,     TK_CLASS_BOUNCE,
        TK_CLASS_LOOP,      TK_CLASS_CHALLENGE,      TK_CLASS_FEEDBACK, TK_CLASS_MDN};
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
        found.class = classes[i];
        expect("ticket  ticket");
    }
    found.class = TK_CLASS_AUTOREPLY;
    found.out_of_office = TRUE;
    expect("ticket  ticket");
}

static void machines_are_excluded_by_strong_evidence_or_out_of_office(void **state)
{
    (void)state;
    const struct {
        enum tk_class class;
        enum tk_strength strength;
        gboolean away;
        const char *expected;
    } cases[] = {
        {TK_CLASS_AUTOREPLY, TK_STRENGTH_A, FALSE, "exclude auto_generated machine"},
        {TK_CLASS_AUTO_GENERATED, TK_STRENGTH_A, FALSE, "exclude auto_generated machine"},
        {TK_CLASS_AUTOREPLY, TK_STRENGTH_B, TRUE, "exclude out_of_office machine"},
        {TK_CLASS_AUTOREPLY, TK_STRENGTH_B, FALSE, "ticket  ticket"},
        {TK_CLASS_LIST, TK_STRENGTH_B, FALSE, "ticket  ticket"},
        {TK_CLASS_LIST, TK_STRENGTH_A, FALSE, "ticket  ticket"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        found.class = cases[i].class;
        found.strength = cases[i].strength;
        found.out_of_office = cases[i].away;
        expect(cases[i].expected);
        channel->exclude_autoreplies = FALSE;
        expect("ticket  ticket");
        channel->exclude_autoreplies = TRUE;
    }
}

static void a_machines_ticket_is_never_answered(void **state)
{
    (void)state;
    struct tk_decision decision;
    tk_decide(&input, &decision);
    assert_false(decision.never_answer);
    tk_decide_clear(&decision);
    found.class = TK_CLASS_LIST;
    found.strength = TK_STRENGTH_B;
    tk_decide(&input, &decision);
    assert_true(decision.never_answer);
    tk_decide_clear(&decision);
}

static void excluded_headers_match_by_name_and_value_without_case(void **state)
{
    (void)state;
    sample_pair(channel->exclude_headers, "X-Spam-Flag", "YES");
    sample_pair(channel->exclude_headers, "X-Score", "9*");
    sample_pair(channel->exclude_headers, "X-Bulk", "");
    sample_header(message, "X-Spam-Flag", "YES, certainly");
    expect("ticket  ticket");
    sample_header(message, "x-spam-flag", "yes ");
    expect("exclude excluded_header excluded_header");
    message = sample_message();
    input.message = message;
    sample_header(message, "X-Score", "98");
    expect("exclude excluded_header excluded_header");
    message = sample_message();
    input.message = message;
    sample_header(message, "X-Bulk", "anything");
    expect("exclude excluded_header excluded_header");
}

static void own_autoreply_addresses_and_keywords_exclude(void **state)
{
    (void)state;
    const struct {
        const char *addresses, *keywords, *from, *mail_from, *subject, *expected;
    } cases[] = {
        {"alerts@acme.example", "", "Alerts@ACME.example", "x@acme.example", "a",
         "exclude autoreply_rule autoreply_rule"},
        {"alerts@acme.example", "", "ann@acme.example", "alerts@acme.example", "a",
         "exclude autoreply_rule autoreply_rule"},
        {"*@acme.example", "", "ann@acme.example", "x@b.example", "a",
         "exclude autoreply_rule autoreply_rule"},
        {"*@acme.example", "", "ann@sub.partner.example", "x@b.example", "a", "ticket  ticket"},
        {"", "Abwesend \303\234BER", "ann@acme.example", "x@b.example", "bin abwesend", "ticket  ticket"},
        {"", "\303\234BER", "ann@acme.example", "x@b.example", "Vortrag \303\274ber",
         "exclude autoreply_rule autoreply_rule"},
        {"", "office", "ann@acme.example", "x@b.example", "My \357\275\217ffice",
         "exclude autoreply_rule autoreply_rule"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        channel->autoreply_addresses = sample_words(cases[i].addresses);
        channel->autoreply_keywords = *cases[i].keywords != '\0'
                                          ? sample_keep(g_strsplit(cases[i].keywords, "|", -1))
                                          : sample_words("");
        set_from(cases[i].from);
        input.mail_from = cases[i].mail_from;
        message->subject = sample_text(cases[i].subject);
        expect(cases[i].expected);
    }
}

static void the_allow_list_overrules_machines_headers_and_autoreply_rules(void **state)
{
    (void)state;
    found.class = TK_CLASS_AUTO_GENERATED;
    found.strength = TK_STRENGTH_A;
    sample_pair(channel->exclude_headers, "X-Spam-Flag", "YES");
    sample_header(message, "X-Spam-Flag", "YES");
    sample_header(message, "X-Monitor", "core");
    channel->autoreply_keywords = sample_words("printer");
    expect("exclude excluded_header excluded_header");
    const char *const allows[] = {"ann@acme.example", "*@acme.example", "X-Monitor: core", "X-Monitor:"};
    for (gsize i = 0; i < G_N_ELEMENTS(allows); i++) {
        channel->autoreply_allow = sample_keep(g_strsplit(allows[i], "|", -1));
        expect("ticket  ticket");
    }
    channel->autoreply_allow = sample_keep(g_strsplit("*@partner.example|X-Monitor: edge", "|", -1));
    expect("exclude excluded_header excluded_header");
}

static void only_one_from_with_one_address_counts(void **state)
{
    (void)state;
    message->from_problem = "several_headers";
    expect("fail from_ambiguous from");
    message->from_problem = NULL;
    set_from("not an address");
    expect("fail from_ambiguous from");
    set_from("\"ann@junk.example\"@acme.example");
    expect("fail from_ambiguous from");
    set_from("\"\"@acme.example");
    expect("fail from_ambiguous from");
    message->from = NULL;
    expect("fail from_ambiguous from");
}

static void domains_match_whole_labels_and_denied_comes_before_allowed(void **state)
{
    (void)state;
    const struct {
        const char *from, *expected;
    } cases[] = {
        {"a@acme.example", "ticket  ticket"},
        {"a@ACME.EXAMPLE", "ticket  ticket"},
        {"a@evil-acme.example", "fail domain_not_allowed domain"},
        {"a@acme.example.evil.example", "fail domain_not_allowed domain"},
        {"a@sub.acme.example", "fail domain_not_allowed domain"},
        {"a@x.partner.example", "ticket  ticket"},
        {"a@partner.example", "fail domain_not_allowed domain"},
        {"a@bad.partner.example", "fail domain_denied domain"},
    };
    channel->denied_domains = sample_words("bad.partner.example");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        set_from(cases[i].from);
        expect(cases[i].expected);
    }
    channel->allowed_domains = sample_words("*");
    set_from("a@anybody.example");
    expect("ticket  ticket");
    channel->allowed_domains = sample_words("");
    expect("fail domain_not_allowed domain");
}

static void authentication_stops_only_where_it_shall(void **state)
{
    (void)state;
    const struct {
        enum tk_authentication mode;
        enum tk_tri authenticated;
        const char *expected;
    } cases[] = {
        {TK_AUTH_OFF, TK_NO, "ticket  ticket"},
        {TK_AUTH_FLAG, TK_NO, "ticket  ticket"},
        {TK_AUTH_FAIL, TK_NO, "fail unauthenticated authentication"},
        {TK_AUTH_FAIL, TK_UNKNOWN, "fail unauthenticated authentication"},
        {TK_AUTH_FAIL, TK_YES, "ticket  ticket"},
        {TK_AUTH_REJECT, TK_NO, "reject unauthenticated authentication"},
        {TK_AUTH_REJECT, TK_YES, "ticket  ticket"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        channel->authentication = cases[i].mode;
        input.authenticated = cases[i].authenticated;
        expect(cases[i].expected);
    }
}

static const char *const prefixes[] = {"INC", NULL};

/* One that the keys of the mail lead to; the cases change what they are about. */
static struct tk_decide_known known_ticket(void)
{
    return (struct tk_decide_known){.ticket_id = 7,
                                    .number = sample_text("INC-7"),
                                    .ticket_type = sample_text("incident"),
                                    .status = sample_text("open"),
                                    .subject = sample_text("Printer"),
                                    .writer_takes_part = TRUE};
}

/* The decision as "verdict reason", then "note=ID", "linked=ID", "cut", "proof=N" where they are set. */
static void expect_thread(const struct tk_decide_known *known, const char *expected)
{
    struct tk_decision decision;
    input.known = known;
    input.prefixes = prefixes;
    tk_decide(&input, &decision);
    g_autoptr(GString) got = g_string_new(tk_verdict_word(decision.verdict));
    g_string_append_printf(got, " %s", tk_verdict_reason_word(decision.reason));
    if (decision.ticket_id != 0)
        g_string_append_printf(got, " note=%" G_GINT64_FORMAT, decision.ticket_id);
    if (decision.linked_id != 0)
        g_string_append_printf(got, " linked=%" G_GINT64_FORMAT, decision.linked_id);
    if (decision.cut_token)
        g_string_append(got, " cut");
    if (decision.proof != TK_PROOF_NONE)
        g_string_append_printf(got, " proof=%d", (int)decision.proof);
    assert_string_equal(got->str, expected);
    tk_decide_clear(&decision);
    input.known = NULL;
}

static void replies_go_to_their_ticket_by_participants_and_whom_the_token_is_for(void **state)
{
    (void)state;
    const struct {
        gboolean takes_part;
        enum tk_proof proof;
        const char *type;
        enum tk_stranger_reply stranger;
        const char *expected;
    } cases[] = {
        {TRUE, TK_PROOF_NONE, "incident", TK_STRANGER_UNVERIFIED, "note  note=7"},
        {TRUE, TK_PROOF_TICKET, "incident", TK_STRANGER_UNVERIFIED, "note  note=7 proof=1"},
        {TRUE, TK_PROOF_NONE, "change", TK_STRANGER_UNVERIFIED, "fail type_not_whitelisted"},
        {FALSE, TK_PROOF_NONE, "incident", TK_STRANGER_UNVERIFIED, "ticket not_participant cut"},
        {FALSE, TK_PROOF_NONE, "incident", TK_STRANGER_NEW_LINKED, "ticket not_participant cut"},
        {FALSE, TK_PROOF_NONE, "change", TK_STRANGER_UNVERIFIED, "ticket not_participant cut"},
        {FALSE, TK_PROOF_RECIPIENT, "incident", TK_STRANGER_UNVERIFIED, "note  note=7 proof=2"},
        {FALSE, TK_PROOF_RECIPIENT, "change", TK_STRANGER_UNVERIFIED, "fail type_not_whitelisted"},
        {FALSE, TK_PROOF_TICKET, "incident", TK_STRANGER_UNVERIFIED, "note unverified note=7 proof=1"},
        {FALSE, TK_PROOF_TICKET, "change", TK_STRANGER_UNVERIFIED, "fail type_not_whitelisted"},
        {FALSE, TK_PROOF_TICKET, "incident", TK_STRANGER_NEW_LINKED, "ticket not_participant linked=7 cut"},
        {FALSE, TK_PROOF_TICKET, "change", TK_STRANGER_NEW_LINKED, "ticket not_participant linked=7 cut"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_decide_known known = known_ticket();
        known.writer_takes_part = cases[i].takes_part;
        known.proof = cases[i].proof;
        known.ticket_type = sample_text(cases[i].type);
        channel->stranger_reply = cases[i].stranger;
        expect_thread(&known, cases[i].expected);
    }
}

static void a_number_or_token_that_leads_nowhere_is_told(void **state)
{
    (void)state;
    expect_thread(NULL, "ticket ");
    input.number = "INC-7";
    expect_thread(NULL, "ticket unknown_ticket cut");
    input.number = NULL;
    input.has_token = TRUE;
    expect_thread(NULL, "ticket unknown_ticket cut");
}

static void a_reply_to_a_closed_ticket_goes_by_the_channels_choice(void **state)
{
    (void)state;
    const struct {
        enum tk_closed closed;
        gint64 days, reopened;
        enum tk_class class;
        const char *expected;
    } cases[] = {
        {TK_CLOSED_NOTE, 1, 0, TK_CLASS_HUMAN, "note closed_ticket note=7"},
        {TK_CLOSED_REOPEN, 0, 0, TK_CLASS_HUMAN, "note reopened note=7"},
        {TK_CLOSED_REOPEN, 13, 2, TK_CLASS_LIST, "note reopened note=7"},
        {TK_CLOSED_REOPEN, 14, 0, TK_CLASS_HUMAN, "ticket closed_ticket linked=7 cut"},
        {TK_CLOSED_REOPEN, 1, 3, TK_CLASS_HUMAN, "ticket closed_ticket linked=7 cut"},
        {TK_CLOSED_NEW_LINKED, 1, 0, TK_CLASS_HUMAN, "ticket closed_ticket linked=7 cut"},
        {TK_CLOSED_REOPEN, 1, 0, TK_CLASS_AUTOREPLY, "note closed_ticket note=7"},
        {TK_CLOSED_NEW_LINKED, 1, 0, TK_CLASS_AUTO_GENERATED, "note closed_ticket note=7"},
    };
    channel->reopen_days = 14;
    channel->reopen_max = 3;
    channel->exclude_autoreplies = FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_decide_known known = known_ticket();
        known.status = sample_text("closed");
        known.closed_for = cases[i].days * 86400;
        known.reopened = cases[i].reopened;
        channel->closed = cases[i].closed;
        found.class = cases[i].class;
        found.strength = found.class == TK_CLASS_HUMAN ? TK_STRENGTH_NONE : TK_STRENGTH_B;
        expect_thread(&known, cases[i].expected);
        known.writer_takes_part = FALSE;
        known.proof = TK_PROOF_TICKET;
        expect_thread(&known, "note unverified note=7 proof=1");
    }
}

static void a_reply_under_another_subject_goes_by_the_channels_choice(void **state)
{
    (void)state;
    const struct {
        enum tk_subject_change change;
        const char *subject, *number, *status, *expected;
    } cases[] = {
        {TK_SUBJECT_APPEND, "Laptop", NULL, "open", "note  note=7"},
        {TK_SUBJECT_NEW_LINKED, "Laptop", NULL, "open", "ticket subject_changed linked=7 cut"},
        {TK_SUBJECT_NEW_LINKED, "Laptop", NULL, "closed", "ticket subject_changed linked=7 cut"},
        {TK_SUBJECT_NEW_LINKED, "Re: Printer", NULL, "open", "note  note=7"},
        {TK_SUBJECT_NEW_LINKED, "Re: [INC-7] Your request was received", "INC-7", "open", "note  note=7"},
        {TK_SUBJECT_NEW_LINKED, "[INC-8] Laptop", "INC-8", "open", "ticket subject_changed linked=7 cut"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_decide_known known = known_ticket();
        known.status = sample_text(cases[i].status);
        channel->subject_change = cases[i].change;
        message->subject = sample_text(cases[i].subject);
        input.number = cases[i].number;
        expect_thread(&known, cases[i].expected);
    }
}

static void unknown_message_ids_without_a_number_are_a_plain_ticket(void **state)
{
    (void)state;
    struct tk_decide_known known = {0};
    input.known = &known;
    expect("ticket  ticket");
    input.known = NULL;
    expect("ticket  ticket");
}

static void reports_and_automatic_answers_may_leave_a_delivery_note(void **state)
{
    (void)state;
    const struct {
        enum tk_verdict verdict;
        enum tk_reason reason;
        gboolean expected;
    } cases[] = {
        {TK_VERDICT_EXCLUDE, TK_REASON_BOUNCE, TRUE},
        {TK_VERDICT_EXCLUDE, TK_REASON_OUT_OF_OFFICE, TRUE},
        {TK_VERDICT_EXCLUDE, TK_REASON_AUTOREPLY_RULE, TRUE},
        {TK_VERDICT_EXCLUDE, TK_REASON_CHALLENGE, TRUE},
        {TK_VERDICT_EXCLUDE, TK_REASON_LOOP, FALSE},
        {TK_VERDICT_EXCLUDE, TK_REASON_EXCLUDED_HEADER, FALSE},
        {TK_VERDICT_FAIL, TK_REASON_CHANNEL_DISABLED, FALSE},
        {TK_VERDICT_TICKET, TK_REASON_NONE, FALSE},
        {TK_VERDICT_FAIL, TK_REASON_DOMAIN_NOT_ALLOWED, FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct tk_decision decision = {.verdict = cases[i].verdict, .reason = cases[i].reason};
        assert_int_equal(tk_decide_is_delivery(&decision), cases[i].expected);
    }
}

#define CASE(name) cmocka_unit_test_setup(name, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_persons_mail_from_an_allowed_domain_is_a_ticket),
        CASE(a_channel_that_is_not_published_or_faulty_fails_first),
        CASE(a_mail_over_the_limit_fails),
        CASE(reports_are_excluded_by_their_reason_even_where_autoreplies_are_let_in),
        CASE(a_null_sender_is_excluded_whatever_it_says),
        CASE(weak_signs_never_exclude),
        CASE(machines_are_excluded_by_strong_evidence_or_out_of_office),
        CASE(a_machines_ticket_is_never_answered),
        CASE(excluded_headers_match_by_name_and_value_without_case),
        CASE(own_autoreply_addresses_and_keywords_exclude),
        CASE(the_allow_list_overrules_machines_headers_and_autoreply_rules),
        CASE(only_one_from_with_one_address_counts),
        CASE(domains_match_whole_labels_and_denied_comes_before_allowed),
        CASE(authentication_stops_only_where_it_shall),
        CASE(replies_go_to_their_ticket_by_participants_and_whom_the_token_is_for),
        CASE(a_number_or_token_that_leads_nowhere_is_told),
        CASE(a_reply_to_a_closed_ticket_goes_by_the_channels_choice),
        CASE(a_reply_under_another_subject_goes_by_the_channels_choice),
        CASE(reports_and_automatic_answers_may_leave_a_delivery_note),
        CASE(unknown_message_ids_without_a_number_are_a_plain_ticket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
