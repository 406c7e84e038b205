/* Unit tests of decide: what a channel does with senders whom nobody confirms. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/decide/decide.h"
#include "tests/unit/sample.h"

#define OWN "acme.example *.acme.example"

struct row {
    enum tk_tri authenticated;
    enum tk_authentication authentication;
    enum tk_impersonation impersonation;
    const char *own_domains; /* NULL: as where a test made the channel by hand */
    const char *from;
    const char *expected; /* verdict, reason, flags */
};

static const struct row rows[] = {
    /* Confirmed: nothing else matters. */
    {TK_YES, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, OWN, "ann@acme.example", "ticket"},
    {TK_YES, TK_AUTH_FLAG, TK_IMPERSONATION_FLAG, OWN, "ann@acme.example", "ticket"},
    {TK_YES, TK_AUTH_FAIL, TK_IMPERSONATION_FAIL, OWN, "ann@acme.example", "ticket"},
    {TK_YES, TK_AUTH_REJECT, TK_IMPERSONATION_FAIL, OWN, "ann@acme.example", "ticket"},
    /* Not confirmed, from elsewhere. */
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, OWN, "pat@hq.partner.example", "ticket"},
    {TK_NO, TK_AUTH_FLAG, TK_IMPERSONATION_FAIL, OWN, "pat@hq.partner.example", "ticket unconfirmed"},
    {TK_UNKNOWN, TK_AUTH_FLAG, TK_IMPERSONATION_FLAG, OWN, "pat@hq.partner.example", "ticket unconfirmed"},
    {TK_NO, TK_AUTH_FAIL, TK_IMPERSONATION_FAIL, OWN, "pat@hq.partner.example", "fail unauthenticated"},
    {TK_NO, TK_AUTH_REJECT, TK_IMPERSONATION_FAIL, OWN, "pat@hq.partner.example", "reject unauthenticated"},
    /* Not confirmed, and claims to be one of us. */
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_OFF, OWN, "ann@acme.example", "ticket"},
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FLAG, OWN, "ann@acme.example", "ticket impersonation"},
    {TK_UNKNOWN, TK_AUTH_OFF, TK_IMPERSONATION_FLAG, OWN, "ann@acme.example", "ticket impersonation"},
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, OWN, "ann@acme.example", "fail impersonation"},
    {TK_UNKNOWN, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, OWN, "ann@acme.example", "fail impersonation"},
    {TK_NO, TK_AUTH_FLAG, TK_IMPERSONATION_OFF, OWN, "ann@acme.example", "ticket unconfirmed"},
    {TK_NO, TK_AUTH_FLAG, TK_IMPERSONATION_FLAG, OWN, "ann@acme.example", "ticket unconfirmed impersonation"},
    {TK_NO, TK_AUTH_FLAG, TK_IMPERSONATION_FAIL, OWN, "ann@acme.example", "fail impersonation"},
    {TK_NO, TK_AUTH_FAIL, TK_IMPERSONATION_OFF, OWN, "ann@acme.example", "fail unauthenticated"},
    {TK_NO, TK_AUTH_FAIL, TK_IMPERSONATION_FLAG, OWN, "ann@acme.example", "fail unauthenticated"},
    {TK_NO, TK_AUTH_FAIL, TK_IMPERSONATION_FAIL, OWN, "ann@acme.example", "fail impersonation"},
    {TK_NO, TK_AUTH_REJECT, TK_IMPERSONATION_FLAG, OWN, "ann@acme.example", "reject unauthenticated"},
    {TK_NO, TK_AUTH_REJECT, TK_IMPERSONATION_FAIL, OWN, "ann@acme.example", "reject impersonation"},
    /* What is one of us: names compare as domains do. */
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, OWN, "ann@ACME.Example", "fail impersonation"},
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, OWN, "ann@mail.acme.example", "fail impersonation"},
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, OWN, "ann@a.b.acme.example", "fail impersonation"},
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, OWN, "ann@evil-acme.example", "ticket"},
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, OWN, "ann@acme.example.evil.example", "ticket"},
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, "acme.example", "ann@mail.acme.example", "ticket"},
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, "*.acme.example", "ann@acme.example", "ticket"},
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, "", "ann@acme.example", "ticket"},
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, NULL, "ann@acme.example", "ticket"},
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, "*", "pat@hq.partner.example", "fail impersonation"},
    {TK_NO, TK_AUTH_OFF, TK_IMPERSONATION_FAIL, "xn--bcher-kva.example",
     "ann@b\xc3\xbc"
     "cher.example",
     "fail impersonation"},
};

static char *decide(const struct row *row, gboolean can_confirm)
{
    struct tk_channel *channel = sample_channel();
    struct tk_message *message = sample_message();
    struct tk_classification found = {.class = TK_CLASS_HUMAN};
    channel->allowed_domains = sample_words("*");
    channel->authentication = row->authentication;
    channel->impersonation = row->impersonation;
    channel->own_domains = row->own_domains != NULL ? sample_words(row->own_domains) : NULL;
    message->from = sample_mailbox("Ann", row->from);
    const struct tk_decide_input input = {.channel = channel,
                                          .message = message,
                                          .classification = &found,
                                          .mail_from = row->from,
                                          .authenticated = row->authenticated,
                                          .can_confirm = can_confirm};
    struct tk_decision decision;
    tk_decide(&input, &decision);
    g_autofree const char **words = tk_decide_flag_words(decision.flags);
    g_autofree char *flags = g_strjoinv(" ", (char **)words);
    char *got = g_strstrip(
        g_strjoin(" ", tk_verdict_word(decision.verdict),
                  decision.reason != TK_REASON_NONE ? tk_verdict_reason_word(decision.reason) : flags,
                  decision.reason != TK_REASON_NONE ? flags : NULL, NULL));
    tk_decide_clear(&decision);
    return got;
}

static void what_a_channel_does_with_the_unconfirmed(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = decide(&rows[i], TRUE);
        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("row %" G_GSIZE_FORMAT ", %s: %s instead of %s", i, rows[i].from, got, rows[i].expected);
    }
}

static void where_nobody_is_trusted_no_ticket_tells_that_nobody_confirms(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = decide(&rows[i], FALSE);
        if (g_str_has_prefix(rows[i].expected, "ticket"))
            assert_string_equal(got, "ticket");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_channel_does_with_the_unconfirmed),
        cmocka_unit_test(where_nobody_is_trusted_no_ticket_tells_that_nobody_confirms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
