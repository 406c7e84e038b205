/* Unit tests of hold: which senders are services, and when their mails are kept for agents. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/decide/hold.h"
#include "tests/unit/sample.h"

static void services_are_known_by_their_local_part(void **state)
{
    (void)state;
    static const char *const services[] = {
        "noreply@chat.example",
        "no-reply@chat.example",
        "No_Reply@chat.example",
        "no.reply@chat.example",
        "NOREPLY@CHAT.EXAMPLE",
        "noreply+ab12@chat.example",
        "jobs-noreply@chat.example",
        "noreply-eu@chat.example",
        "donotreply@bank.example",
        "do-not-reply@bank.example",
        "dont.reply@bank.example",
        "verify@sso.example",
        "verification@sso.example",
        "email-verification@sso.example",
        "account@sso.example",
        "accounts@sso.example",
        "account-verification@sso.example",
        "security@sso.example",
        "security-alerts@sso.example",
        "mailer@sso.example",
        "notification@git.example",
        "notifications@git.example",
        "notify@git.example",
        "push-notification@git.example",
        "confirm@list.example",
        "confirmation@list.example",
        "activation@list.example",
        "registration@list.example",
        "password-reset@list.example",
        "login@list.example",
        "signup@list.example",
        "invite@list.example",
        "otp@bank.example",
        "keine-antwort@bank.example",
        "nicht.antworten@bank.example",
        "benachrichtigungen@bank.example",
        "bestaetigung@bank.example",
        "ne-pas-repondre@banque.example",
        "nepasrepondre.service@banque.example",
        "no-responder@banco.example",
        "notificaciones@banco.example",
        "verificacion@banco.example",
        "non-rispondere@banca.example",
        "notifiche@banca.example",
        "nao-responda@banco.example",
        "naoresponder@banco.example",
        "niet-beantwoorden@bank.example",
        "geen-antwoord@bank.example",
        "svara-inte@bank.example",
        "ikke-svar@bank.example",
        "nie-odpowiadaj@bank.example",
        "neodpovidat@banka.example",
        "ei-vastausta@pankki.example",
        "ne-valaszoljon@bank.example",
        "yanitlamayin@banka.example",
        "automated@bank.example",
        "unmonitored@bank.example",
    };
    static const char *const people[] = {
        "ann@acme.example",
        "ann.archer@acme.example",
        "reply@acme.example",
        "no@acme.example",
        "norep@acme.example",
        "verity@acme.example",
        "accountant@acme.example",
        "ann.accounts@acme.example",
        "secure@acme.example",
        "support@acme.example",
        "alerts@acme.example",
        "ann+noreply@acme.example",
        "ann@noreply.example",
        "mailerdaemon2@acme.example",
        "loginov@acme.example",
        "botond@acme.example",
        "confirmed@acme.example",
        "codega@acme.example",
        "otto@acme.example",
        "passwordless@acme.example",
        "systema@acme.example",
        "noreply",
        "",
        "noreply@",
        "@chat.example",
        "noreply@chat.example, ann@acme.example",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(services); i++)
        if (!tk_hold_is_service(services[i]))
            fail_msg("%s is taken for a person", services[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(people); i++)
        if (tk_hold_is_service(people[i]))
            fail_msg("%s is taken for a service", people[i]);
    assert_false(tk_hold_is_service(NULL));
}

static void a_services_mail_is_held_where_it_answers_something(void **state)
{
    (void)state;
    static const struct {
        const char *from, *rcpt;
        enum tk_verdict verdict;
        const char *rule;
        gboolean held;
    } rows[] = {
        /* To a reply address, whatever its token is worth. */
        {"no-reply@chat.example", "support+t-a-abc@acme.example", TK_VERDICT_TICKET, "ticket", TRUE},
        {"no-reply@chat.example", "support+anything@acme.example", TK_VERDICT_TICKET, "ticket", TRUE},
        {"no-reply@chat.example", "support+t-a-abc@acme.example", TK_VERDICT_NOTE, "thread", TRUE},
        /* By a number or Message-ID: own, foreign or unknown. */
        {"verify@sso.example", "support@acme.example", TK_VERDICT_NOTE, "thread", TRUE},
        {"verify@sso.example", "support@acme.example", TK_VERDICT_TICKET, "thread", TRUE},
        /* A mail that answers nothing is a ticket as every other. */
        {"verify@sso.example", "support@acme.example", TK_VERDICT_TICKET, "ticket", FALSE},
        /* What is not stored is not held. */
        {"no-reply@chat.example", "support+t-a-abc@acme.example", TK_VERDICT_FAIL, "thread", FALSE},
        {"no-reply@chat.example", "support+t-a-abc@acme.example", TK_VERDICT_EXCLUDE, "machine", FALSE},
        {"no-reply@chat.example", "support+t-a-abc@acme.example", TK_VERDICT_REJECT, "authentication", FALSE},
        /* People. */
        {"ann@acme.example", "support+t-a-abc@acme.example", TK_VERDICT_NOTE, "thread", FALSE},
        {"ann@acme.example", "support@acme.example", TK_VERDICT_TICKET, "thread", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct tk_message *message = sample_message();
        struct tk_decision decision = {
            .verdict = rows[i].verdict, .rule = rows[i].rule, .flags = TK_FLAG_UNCONFIRMED};
        message->from = sample_mailbox("", rows[i].from);
        tk_hold_apply(message, rows[i].rcpt, &decision);
        if (((decision.flags & TK_FLAG_HELD) != 0) != rows[i].held || decision.never_answer != rows[i].held)
            fail_msg("row %" G_GSIZE_FORMAT, i);
        assert_true((decision.flags & TK_FLAG_UNCONFIRMED) != 0);
    }
    struct tk_message *message = sample_message();
    struct tk_decision decision = {.verdict = TK_VERDICT_NOTE, .rule = "thread", .flags = TK_FLAG_FORM};
    message->from = sample_mailbox("", "noreply@forms.acme.example");
    tk_hold_apply(message, "support+t-a-abc@acme.example", &decision);
    assert_int_equal(decision.flags, TK_FLAG_FORM);
    decision = (struct tk_decision){.verdict = TK_VERDICT_TICKET, .rule = "thread"};
    message->from = NULL;
    tk_hold_apply(message, NULL, &decision);
    assert_int_equal(decision.flags, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_are_known_by_their_local_part),
        cmocka_unit_test(a_services_mail_is_held_where_it_answers_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
