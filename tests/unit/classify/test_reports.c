/* test_reports: delivery reports of the mail servers of the world, read as whole mails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gmime/gmime.h>

#include "rules/classify/classify.h"
#include "tests/unit/parsed.h"

static void check_value(const char *name, const char *is, const char *expected)
{
    if (expected != NULL && g_strcmp0(is, expected) != 0)
        fail_msg("%s: %s instead of %s", name, is != NULL ? is : "nothing", expected);
}

static void reports_are_known_and_read_whoever_wrote_them(void **state)
{
    static const struct {
        const char *name, *class, *status, *recipient, *id, *headers, *text;
    } cases[] = {
#include "tests/unit/bounce_reports.inc"
    };
    guint weak = 0;
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(cases[i].headers,
                                            "To: desk@a.example\nContent-Type: text/plain; charset=utf-8\n\n",
                                            cases[i].text, NULL);
        struct mail *mail = mail_of(text);
        struct tk_classification kind;

        tk_classify(mail->message, &(struct tk_classify_context){.max_received = 50}, &kind);
        check_value(cases[i].name, tk_classify_word(kind.class), cases[i].class);
        if (kind.strength < TK_STRENGTH_B)
            print_message("%s is a mere hint: %s\n", cases[i].name, kind.evidence);
        weak += kind.strength < TK_STRENGTH_B;
        check_value(cases[i].name, kind.bounce.status, cases[i].status);
        check_value(cases[i].name, kind.bounce.recipient, cases[i].recipient);
        check_value(cases[i].name, kind.bounce.original_message_id, cases[i].id);
        tk_classify_clear(&kind);
        mail_free(&mail);
    }
    assert_int_equal(weak, 0);
}

/* The same words from a person, below a word of his own, are his question about them. */
static void reports_that_a_person_shows_are_the_persons(void **state)
{
    static const char *const texts[] = {
#define ASK "Hello,\n\nmy mail came back with this text, what does it mean?\n\n"
        ASK "This is the mail system at host mx.example.\n\n<bob@b.example>: 550 5.1.1 user unknown\n",
        ASK "Hi. This is the qmail-send program at mx.example.\n<bob@b.example>:\n550 5.1.1 no such user\n",
        ASK "Delivery has failed to these recipients or groups:\n\nbob@b.example\n#550 5.1.1 not found ##\n",
        ASK "Your message wasn't delivered to bob@b.example because the address couldn't be found.\n",
    };
    static const char *const subjects[] = {"mail came back", "Undeliverable: what is this",
                                           "Fwd: failure notice", "Re: Mail delivery failed",
                                           "Question: Undelivered Mail Returned to Sender"};
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(texts) * G_N_ELEMENTS(subjects); i++) {
        g_autofree char *text = g_strdup_printf("From: Ann <ann@a.example>\nSubject: %s\n\n%s",
                                                subjects[i % G_N_ELEMENTS(subjects)],
                                                texts[i / G_N_ELEMENTS(subjects)]);
        struct mail *mail = mail_of(text);
        struct tk_classification kind;

        tk_classify(mail->message, &(struct tk_classify_context){.max_received = 50}, &kind);
        if (kind.strength > TK_STRENGTH_C)
            fail_msg("%s: %s, %s", text, tk_classify_word(kind.class), kind.evidence);
        tk_classify_clear(&kind);
        mail_free(&mail);
    }
}

static int init(void **state)
{
    (void)state;
    g_mime_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_are_known_and_read_whoever_wrote_them),
        cmocka_unit_test(reports_that_a_person_shows_are_the_persons),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
