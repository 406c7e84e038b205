/* Unit tests of answer: who gets a confirmation. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/decide/answer.h"
#include "tests/unit/sample.h"

static void o2_o4_a_confirmation_goes_to_people_who_are_who_they_say_and_to_nobody_else(void **state)
{
    (void)state;
    struct tk_conf conf = {.own = g_hash_table_new(g_str_hash, g_str_equal)};
    struct tk_channel *channel = sample_channel();
    g_hash_table_insert(conf.own, (gpointer) "hr@acme.example", channel);
    static const struct {
        const char *what;
        gboolean confirms;
        gboolean disabled;
        enum tk_verdict verdict;
        gboolean never_answer;
        enum tk_class class;
        const char *mail_from, *requester;
        enum tk_tri authenticated;
        const char *domains;
        unsigned flags;
    } cases[] = {
#define MAIL(...)                                                                                            \
    FALSE, TK_VERDICT_TICKET, FALSE, TK_CLASS_HUMAN, "ann@acme.example", "ann@acme.example", __VA_ARGS__, 0
        {"a person whom a check confirms", TRUE, MAIL(TK_YES, "acme.example")},
        {"confirmed, where anyone may write", TRUE, MAIL(TK_YES, "*")},
        {"nobody checks, of an allowed domain", TRUE, MAIL(TK_UNKNOWN, "acme.example")},
        {"nobody checks, where anyone may write", FALSE, MAIL(TK_UNKNOWN, "acme.example *")},
        {"a check speaks against the sender", FALSE, MAIL(TK_NO, "acme.example")},
#undef MAIL
#define FROM(verdict, never, class, ...) FALSE, verdict, never, class, __VA_ARGS__, TK_YES, "acme.example", 0
        {"a note", FALSE, FROM(TK_VERDICT_NOTE, FALSE, TK_CLASS_HUMAN, "a@x.example", "a@x.example")},
        {"a refused mail", FALSE, FROM(TK_VERDICT_FAIL, FALSE, TK_CLASS_HUMAN, "a@x.example", "a@x.example")},
        {"a machine's mail", FALSE,
         FROM(TK_VERDICT_TICKET, TRUE, TK_CLASS_HUMAN, "a@x.example", "a@x.example")},
        {"a list", FALSE, FROM(TK_VERDICT_TICKET, FALSE, TK_CLASS_LIST, "a@x.example", "a@x.example")},
        {"perhaps an autoreply", FALSE,
         FROM(TK_VERDICT_TICKET, FALSE, TK_CLASS_AUTOREPLY, "a@x.example", "a@x.example")},
        {"the null sender", FALSE, FROM(TK_VERDICT_TICKET, FALSE, TK_CLASS_HUMAN, "", "a@x.example")},
        {"a role as the sender", FALSE,
         FROM(TK_VERDICT_TICKET, FALSE, TK_CLASS_HUMAN, "mailer-daemon@x.example", "a@x.example")},
        {"a role as the requester", FALSE,
         FROM(TK_VERDICT_TICKET, FALSE, TK_CLASS_HUMAN, "a@x.example", "noreply@x.example")},
        {"our own channel", FALSE,
         FROM(TK_VERDICT_TICKET, FALSE, TK_CLASS_HUMAN, "a@x.example", "hr@acme.example")},
        {"our own channel with a detail", FALSE,
         FROM(TK_VERDICT_TICKET, FALSE, TK_CLASS_HUMAN, "a@x.example", "hr+x@acme.example")},
        {"nobody", FALSE, FROM(TK_VERDICT_TICKET, FALSE, TK_CLASS_HUMAN, "a@x.example", NULL)},
#undef FROM
        {"a channel without confirmations", FALSE, TRUE, TK_VERDICT_TICKET, FALSE, TK_CLASS_HUMAN,
         "a@x.example", "a@x.example", TK_YES, "acme.example", 0},
#define FORM(never, requester)                                                                               \
    FALSE, TK_VERDICT_TICKET, never, TK_CLASS_AUTO_GENERATED, "", requester, TK_NO, "*", TK_FLAG_FORM
        {"a form's requester, where it is to be answered", TRUE, FORM(FALSE, "kim@far.example")},
        {"a form's requester, where it is not", FALSE, FORM(TRUE, "kim@far.example")},
        {"a form's requester that is a role", FALSE, FORM(FALSE, "noreply@far.example")},
        {"a form's requester that is ours", FALSE, FORM(FALSE, "hr@acme.example")},
#undef FORM
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct tk_classification found = {.class = cases[i].class};
        const struct tk_decision decision = {
            .verdict = cases[i].verdict, .never_answer = cases[i].never_answer, .flags = cases[i].flags};
        channel->confirmation_enabled = !cases[i].disabled;
        channel->allowed_domains = sample_words(cases[i].domains);
        const struct tk_answer_input input = {.conf = &conf,
                                              .channel = channel,
                                              .classification = &found,
                                              .decision = &decision,
                                              .mail_from = cases[i].mail_from,
                                              .requester = cases[i].requester,
                                              .authenticated = cases[i].authenticated};
        if (tk_answer_confirms(&input) != cases[i].confirms)
            fail_msg("%s", cases[i].what);
    }
    g_hash_table_unref(conf.own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(o2_o4_a_confirmation_goes_to_people_who_are_who_they_say_and_to_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
