/* Unit tests of decide: mails from addresses of ours, and from forms that write for others. */
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
static struct tk_decide_known known;
static const char *const prefixes[] = {"INC", NULL};

static int start(void **state)
{
    (void)state;
    channel = sample_channel();
    channel->authentication = TK_AUTH_FLAG;
    message = sample_message();
    found = (struct tk_classification){.class = TK_CLASS_HUMAN};
    input = (struct tk_decide_input){.channel = channel,
                                     .message = message,
                                     .classification = &found,
                                     .mail_from = "ann@acme.example",
                                     .authenticated = TK_NO,
                                     .can_confirm = TRUE,
                                     .prefixes = prefixes};
    known = (struct tk_decide_known){.ticket_id = 7,
                                     .number = sample_text("INC-7"),
                                     .ticket_type = sample_text("incident"),
                                     .status = sample_text("open"),
                                     .subject = sample_text("Printer")};
    return 0;
}

static const char *const proofs[] = {"", "ticket", "recipient", "own", "own_confirmed"};

/* "verdict reason rule", then what of it is true. */
static void expect(const char *expected)
{
    struct tk_decision decision;
    tk_decide(&input, &decision);
    g_autofree const char **flags = tk_decide_flag_words(decision.flags);
    g_autofree char *words = g_strjoinv(" ", (char **)flags);
    g_autofree char *got = g_strdup_printf(
        "%s %s %s (%s) %s%s%s%s", tk_verdict_word(decision.verdict), tk_verdict_reason_word(decision.reason),
        decision.rule, words, proofs[decision.proof], tk_decide_is_internal(&decision) ? " internal" : "",
        decision.never_answer ? " silent" : "", decision.cut_token ? " cut" : "");
    assert_string_equal(got, expected);
    tk_decide_clear(&decision);
}

static void an_address_of_ours_opens_a_ticket_that_nobody_answers(void **state)
{
    (void)state;
    input.requester.own = TRUE;
    expect("ticket  ticket (unconfirmed own_address)  silent");
    input.authenticated = TK_YES;
    expect("ticket  ticket (own_address)  silent");
    /* A subject names no ticket. */
    input.number = "INC-7";
    expect("ticket not_participant thread (own_address)  silent cut");
    input.has_token = TRUE;
    expect("ticket unknown_ticket thread (own_address)  silent cut");
}

static void an_address_of_ours_leaves_an_internal_note(void **state)
{
    (void)state;
    static const struct {
        enum tk_tri authenticated;
        enum tk_proof proof;
        gboolean takes_part;
        const char *status, *expected;
    } rows[] = {
        {TK_NO, TK_PROOF_NONE, FALSE, "open",
         "note unverified thread (unconfirmed own_address) own internal silent"},
        {TK_NO, TK_PROOF_TICKET, FALSE, "open",
         "note unverified thread (unconfirmed own_address) own internal silent"},
        {TK_NO, TK_PROOF_RECIPIENT, TRUE, "open",
         "note unverified thread (unconfirmed own_address) own internal silent"},
        {TK_NO, TK_PROOF_NONE, FALSE, "closed",
         "note unverified thread (unconfirmed own_address) own internal silent"},
        {TK_YES, TK_PROOF_NONE, FALSE, "open", "note  thread (own_address) own_confirmed internal silent"},
        {TK_YES, TK_PROOF_RECIPIENT, TRUE, "open",
         "note  thread (own_address) own_confirmed internal silent"},
        {TK_YES, TK_PROOF_TICKET, FALSE, "closed",
         "note closed_ticket thread (own_address) own_confirmed internal silent"},
    };
    input.requester.own = TRUE;
    input.known = &known;
    channel->closed = TK_CLOSED_REOPEN;
    channel->reopen_days = channel->reopen_max = 9;
    channel->subject_change = TK_SUBJECT_NEW_LINKED;
    channel->stranger_reply = TK_STRANGER_NEW_LINKED;
    message->subject = sample_text("Something else");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        input.authenticated = rows[i].authenticated;
        known.proof = rows[i].proof;
        known.writer_takes_part = rows[i].takes_part;
        known.status = sample_text(rows[i].status);
        expect(rows[i].expected);
    }
    known.ticket_type = sample_text("change");
    expect("fail type_not_whitelisted thread ()  silent");
}

static void reports_and_machines_under_an_address_of_ours_stay_out(void **state)
{
    (void)state;
    input.requester.own = TRUE;
    found.strength = TK_STRENGTH_A;
    found.class = TK_CLASS_LOOP;
    expect("exclude loop report () ");
    found.class = TK_CLASS_AUTOREPLY;
    expect("exclude auto_generated machine () ");
    found.class = TK_CLASS_HUMAN;
    found.strength = TK_STRENGTH_NONE;
    input.mail_from = "";
    expect("exclude bounce report () ");
}

static void set_form(gboolean with_reply_to)
{
    message->from = sample_mailbox("", "forms@acme.example");
    input.requester = (struct tk_requester){
        .form = TRUE, .reply_to = with_reply_to ? sample_mailbox("", "kim@far.example") : NULL};
}

static void a_form_is_let_in_though_it_is_a_machine(void **state)
{
    (void)state;
    set_form(TRUE);
    input.authenticated = TK_YES;
    expect("ticket  ticket (form)  silent");
    found.class = TK_CLASS_AUTO_GENERATED;
    found.strength = TK_STRENGTH_A;
    expect("ticket  ticket (form)  silent");
    found.out_of_office = TRUE;
    found.class = TK_CLASS_AUTOREPLY;
    input.mail_from = "";
    expect("ticket  ticket (form)  silent");
    found =
        (struct tk_classification){.class = TK_CLASS_BOUNCE, .strength = TK_STRENGTH_A, .bare_null = TRUE};
    expect("ticket  ticket (form)  silent");
    channel->forms_confirm = TRUE;
    expect("ticket  ticket (form) ");
    set_form(FALSE);
    expect("ticket  ticket (form)  silent");
}

static void a_form_sends_no_reports_and_keeps_the_other_rules(void **state)
{
    (void)state;
    static const enum tk_class classes[] = {
        TK_CLASS_LOOP, TK_CLASS_BOUNCE,    TK_CLASS_BOUNCE_DELAYED,  TK_CLASS_FEEDBACK,
        TK_CLASS_MDN,  TK_CLASS_CHALLENGE, TK_CLASS_BOUNCE_DELIVERED};
    set_form(TRUE);
    input.authenticated = TK_YES;
    input.mail_from = "";
    found.strength = TK_STRENGTH_A;
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
        struct tk_decision decision;
        found.class = classes[i];
        tk_decide(&input, &decision);
        assert_int_equal(decision.verdict, TK_VERDICT_EXCLUDE);
        assert_string_equal(decision.rule, "report");
        tk_decide_clear(&decision);
    }
    found = (struct tk_classification){.class = TK_CLASS_HUMAN};
    channel->autoreply_addresses = sample_words("forms@acme.example");
    expect("exclude autoreply_rule autoreply_rule () ");
    channel->autoreply_addresses = sample_words("");
    channel->denied_domains = sample_words("acme.example");
    expect("fail domain_denied domain () ");
    channel->denied_domains = sample_words("far.example"); /* of the requester: From counts */
    expect("ticket  ticket (form)  silent");
    channel->authentication = TK_AUTH_FAIL;
    input.authenticated = TK_NO; /* though it comes by a trusted client */
    expect("fail unauthenticated authentication () ");
}

static void in_a_form_only_a_token_names_a_ticket(void **state)
{
    (void)state;
    set_form(TRUE);
    input.authenticated = TK_YES;
    input.number = "INC-7";
    expect("ticket unknown_ticket thread (form)  silent cut");
    input.known = &known;
    expect("ticket not_participant thread (form)  silent cut");
    input.has_token = TRUE;
    known.proof = TK_PROOF_TICKET;
    expect("note unverified thread (form) ticket internal silent");
    known.proof = TK_PROOF_RECIPIENT;
    expect("note  thread (form) recipient silent");
    channel->stranger_reply = TK_STRANGER_NEW_LINKED;
    known.proof = TK_PROOF_TICKET;
    expect("ticket not_participant thread (form)  silent cut");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, start)
    const struct CMUnitTest tests[] = {
        CASE(an_address_of_ours_opens_a_ticket_that_nobody_answers),
        CASE(an_address_of_ours_leaves_an_internal_note),
        CASE(reports_and_machines_under_an_address_of_ours_stay_out),
        CASE(a_form_is_let_in_though_it_is_a_machine),
        CASE(a_form_sends_no_reports_and_keeps_the_other_rules),
        CASE(in_a_form_only_a_token_names_a_ticket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
