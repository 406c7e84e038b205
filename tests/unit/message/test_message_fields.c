/* Tests of message: the header fields of whole mails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <gmime/gmime.h>

#include "rules/base/hash.h"
#include "rules/limits/limits_caps.h"
#include "rules/message/message.h"
#include "tests/unit/parsed.h"

/* ---- From ---- */

static void names_what_is_wrong_with_from(void **state)
{
    static const struct {
        const char *header, *problem, *address;
    } cases[] = {
        {"From: Ann <ann@example.org>\n", NULL, "ann@example.org"},
        {"FROM : ann@example.org\n", NULL, "ann@example.org"},
        {"From: ann@example.org (Ann)\n", NULL, "ann@example.org"},
        {"From: Lee, Ann <ann@example.org>\n", NULL, "ann@example.org"},
        {"From: \"a@good.example\" <b@evil.example>\n", NULL, "b@evil.example"},
        {"From: <@good.example:b@evil.example>\n", NULL, "b@evil.example"},
        {"From: j\303\266rg@m\303\274ller.example\n", NULL, "j\303\266rg@m\303\274ller.example"},
        {"X: y\n", "none", NULL},
        {"From:\n", "none", NULL},
        {"From: <>\n", "none", ""},
        {"From: a@good.example\nFrom: b@evil.example\n", "several_headers", "a@good.example"},
        {"From: a@good.example\nFROM : b@evil.example\n", "several_headers", "a@good.example"},
        {"From: Bar <a@evil.example> <b@good.example>\n", "several_mailboxes", "a@evil.example"},
        {"From: <a@good.example>x@evil.example\n", "several_mailboxes", "a@good.example"},
        {"From: a@good.example, b@evil.example\n", "several_mailboxes", "a@good.example"},
        {"From: a@good.example;b@evil.example\n", "several_mailboxes", "a@good.example"},
        {"From: g: a@good.example, b@evil.example;\n", "group", "a@good.example"},
        {"From: g: a@good.example;\n", "group", "a@good.example"},
        {"From: a@good.example <b@evil.example>\n", NULL, "b@evil.example"},
        {"From: a@b@good.example\n", "not_an_address", "a@b@good.example"},
        {"From: MAILER-DAEMON\n", "not_an_address", ""},
        {"From: Ann ann@example.org\n", "not_an_address", "ann@example.org"},
        {"From: ann@@example.org\n", "not_an_address", "ann@@example.org"},
        {"From: =?utf-8?Q?boss=40good.example_=3Cboss=40good.example=3E?= <x@evil.example>\n", "encoded",
         "x@evil.example"},
        {"From: =?utf-8?Q?Ann_=3Cann=40example.org=3E?=\n", "encoded", "ann@example.org"},
        {"From: Ann <=?utf-8?Q?ann?=@example.org>\n", "not_an_address", "=?utf-8?Q?ann?=@example.org"},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(cases[i].header, "Subject: x\n\nbody", NULL);
        struct mail *mail = mail_of(text);

        if (cases[i].problem == NULL)
            assert_null(mail->message->from_problem);
        else
            assert_string_equal(mail->message->from_problem, cases[i].problem);
        if (cases[i].address == NULL)
            assert_null(mail->message->from);
        else
            assert_string_equal(mail->message->from->address, cases[i].address);
        mail_free(&mail);
    }
}

static void shows_the_writer_of_an_address_with_words_as_name(void **state)
{
    struct mail *mail = mail_of("From: a@good.example <b@evil.example>\n\nbody");

    (void)state;
    assert_string_equal(mail->message->from->name, "a@good.example");
    mail_free(&mail);
}

/* ---- other fields ---- */

static void reads_the_fields(void **state)
{
    struct mail *mail = mail_of("Subject: =?utf-8?Q?h=C3=A9?=\n lo\nSubject: second\nMessage-ID: <m@x>\n"
                                "In-Reply-To: <a@x>\nReferences: <b@x> <a@x>\nTo: a@b, c@d\nCc: e@f\n"
                                "Reply-To: r@s\n\nbody");
    const struct tk_message *message = mail->message;

    (void)state;
    assert_string_equal(message->subject, "h\303\251 lo");
    assert_string_equal(message->message_id, "m@x");
    assert_int_equal(message->in_reply_to->len, 1);
    assert_int_equal(message->references->len, 2);
    assert_string_equal(g_ptr_array_index(message->references, 1), "a@x");
    assert_int_equal(message->to->len, 2);
    assert_int_equal(message->cc->len, 1);
    assert_int_equal(message->reply_to->len, 1);
    assert_string_equal(tk_message_header(message, "reply-to")->value, "r@s");
    assert_null(tk_message_header(message, "Bcc"));
    mail_free(&mail);
}

static void reads_dates_and_clamps_them(void **state)
{
    static const struct {
        const char *date;
        gint64 seconds;
    } cases[] = {
        {"Mon, 02 Mar 2026 10:00:00 +0000", 1772445600},
        {"Mon, 02 Mar 2026 12:00:00 +0200", 1772445600},
        {"2 Mar 2026 10:00:00 GMT", 1772445600},
        {"Mon, 02 Mar 2026 10:00:00 +0000 (UTC)", 1772445600},
        {"Mon, 2 Mar 26 10:00 +0000", 1772445600},
        {"Mon, 02 Mar 2026 10:00:00", 1772445600},
        {"Wed, 31 Dec 1969 23:00:00 +0000", 0},
        {"Fri, 31 Dec 9999 23:59:59 +0000", 4102444800},
        {"yesterday", G_MININT64},
        {"", G_MININT64},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("Date: %s\n\nbody", cases[i].date);
        struct mail *mail = mail_of(text);

        assert_int_equal(mail->message->date, cases[i].seconds);
        mail_free(&mail);
    }
}

static void takes_the_highest_of_the_valid_importances(void **state)
{
    static const struct {
        const char *header;
        enum tk_importance importance;
    } cases[] = {
        {"", TK_IMPORTANCE_NORMAL},
        {"Importance: High\n", TK_IMPORTANCE_HIGH},
        {"Importance: low\n", TK_IMPORTANCE_LOW},
        {"X-Priority: 1 (Highest)\n", TK_IMPORTANCE_HIGH},
        {"X-Priority: 5\n", TK_IMPORTANCE_LOW},
        {"X-Priority: 15\n", TK_IMPORTANCE_NORMAL},
        {"X-MSMail-Priority: High\n", TK_IMPORTANCE_HIGH},
        {"Priority: urgent\n", TK_IMPORTANCE_HIGH},
        {"Priority: non-urgent\n", TK_IMPORTANCE_LOW},
        {"Importance: low\nX-Priority: 3\n", TK_IMPORTANCE_NORMAL},
        {"Importance: low\nX-Priority: 1\n", TK_IMPORTANCE_HIGH},
        {"Importance: nonsense\nX-Priority: 5\n", TK_IMPORTANCE_LOW},
        {"X-My-Importance: high\n", TK_IMPORTANCE_NORMAL},
        {"Subject: Importance: high\n", TK_IMPORTANCE_NORMAL},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(cases[i].header, "X: y\n\nbody", NULL);
        struct mail *mail = mail_of(text);

        assert_int_equal(mail->message->importance, cases[i].importance);
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
        cmocka_unit_test(names_what_is_wrong_with_from),
        cmocka_unit_test(shows_the_writer_of_an_address_with_words_as_name),
        cmocka_unit_test(reads_the_fields),
        cmocka_unit_test(reads_dates_and_clamps_them),
        cmocka_unit_test(takes_the_highest_of_the_valid_importances),
    };

    return cmocka_run_group_tests(tests, init, NULL);
}
