/* Unit tests of decide: each rule of a channel, and the order of the rules. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/decide.h"
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

static void replies_go_to_their_ticket_only_by_participants_and_listed_types(void **state)
{
    (void)state;
    const struct {
        gint64 ticket_id;
        gboolean takes_part;
        const char *type, *status, *expected;
    } cases[] = {
        {7, TRUE, "incident", "open", "note  thread"},
        {7, TRUE, "incident", "closed", "note closed_ticket thread"},
        {7, TRUE, "change", "open", "fail type_not_whitelisted thread"},
        {7, FALSE, "incident", "open", "ticket not_participant thread"},
        {7, FALSE, "change", "open", "ticket not_participant thread"},
        {0, FALSE, NULL, NULL, "ticket unknown_ticket thread"},
    };
    input.has_number = TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_decide_known known = {.ticket_id = cases[i].ticket_id,
                                        .number = sample_text("INC-7"),
                                        .ticket_type = sample_text(cases[i].type),
                                        .status = sample_text(cases[i].status),
                                        .writer_takes_part = cases[i].takes_part};
        input.known = &known;
        expect(cases[i].expected);
        struct tk_decision decision;
        tk_decide(&input, &decision);
        assert_int_equal(decision.ticket_id, decision.verdict == TK_VERDICT_NOTE ? 7 : 0);
        assert_int_equal(decision.cut_token, decision.verdict == TK_VERDICT_TICKET);
        tk_decide_clear(&decision);
        tk_decide_known_clear(&known);
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
        CASE(replies_go_to_their_ticket_only_by_participants_and_listed_types),
        CASE(unknown_message_ids_without_a_number_are_a_plain_ticket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
