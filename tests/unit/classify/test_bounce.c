/* Unit tests of bounce: outcome, status, address and original id out of reports of many forms. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "rules/classify/bounce.h"
#include "tests/unit/mail.h"

#define DS "message/delivery-status"

static void the_worst_recipient_tells_the_outcome(void **state)
{
    (void)state;
    static const struct {
        const char *part;
        enum tk_bounce_outcome outcome;
        const char *recipient, *status;
    } cases[] = {
        {"Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n",
         TK_BOUNCE_FAILED, "a@b.example", "5.1.1"},
        {"\nFinal-Recipient: rfc822; a@b.example\nAction: delivered\nStatus: 2.0.0\n\n"
         "Final-Recipient: rfc822; c@b.example\nAction: delayed\nStatus: 4.4.1\n\n"
         "Final-Recipient: rfc822; d@b.example\nAction: failed\nStatus: 5.2.2\n",
         TK_BOUNCE_FAILED, "d@b.example", "5.2.2"},
        {"\nFinal-Recipient: RFC822;<a@b.example>\nAction: Delayed (will retry)\nStatus: 4.4.7 (timeout)\n",
         TK_BOUNCE_DELAYED, "a@b.example", "4.4.7"},
        {"\nfinal-recipient : rfc822;\n a@b.example\naction:\n relayed\n", TK_BOUNCE_DELIVERED, "a@b.example",
         NULL},
        {"\nFinal-Recipient: rfc822; a@b.example\nAction: expanded\n", TK_BOUNCE_DELIVERED, "a@b.example",
         NULL},
        {"\nFinal-Recipient: rfc822; a@b.example\nStatus: 4.2.2\n", TK_BOUNCE_DELAYED, "a@b.example",
         "4.2.2"},
        {"\nOriginal-Recipient: rfc822; a@b.example\nFinal-Recipient: x400; /PN=a/\nAction: failed\n",
         TK_BOUNCE_FAILED, "a@b.example", NULL},
        {"\nFinal-Recipient: utf-8; jürgen@b.example\nAction: failed\nStatus: 5.6.7\n", TK_BOUNCE_FAILED,
         "jürgen@b.example", "5.6.7"},
        {"Reporting-MTA: dns; a\n", TK_BOUNCE_UNTOLD, NULL, NULL},
        {"", TK_BOUNCE_UNTOLD, NULL, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_message *message = test_mail_new("", "", DS, cases[i].part);
        struct tk_bounce bounce;
        assert_int_equal(tk_bounce_outcome(message), cases[i].outcome);
        tk_bounce_read(message, &bounce);
        if (g_strcmp0(bounce.recipient, cases[i].recipient) != 0 ||
            g_strcmp0(bounce.status, cases[i].status) != 0)
            fail_msg("case %zu: %s, %s", i, bounce.recipient, bounce.status);
        tk_bounce_clear(&bounce);
        assert_null(bounce.recipient);
        test_mail_free(message);
    }
}

static void the_text_tells_what_the_parts_do_not(void **state)
{
    (void)state;
    static const struct {
        const char *name, *headers, *text, *recipient, *status, *id;
    } cases[] = {
        {"qmail", "",
         "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your "
         "message.\n\n"
         "<bob@b.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 no such user\n\n"
         "--- Below this line is a copy of the message.\n\nReceived: (qmail)\nMessage-ID: <1@a.example>\n",
         "bob@b.example", "5.1.1", "1@a.example"},
        {"exim", "X-Failed-Recipients: bob@b.example, carl@b.example\n",
         "A message that you sent could not be delivered\n\n  bob@b.example\n    host mx [192.0.2.1]: 550 "
         "no\n\n"
         "------ This is a copy of the message, including all the headers. ------\n\nMessage-Id:\n "
         "<2@a.example>\n",
         "bob@b.example", NULL, "2@a.example"},
        {"sendmail", "",
         "The original message was received at Mon\nfrom ann@a.example [192.0.2.2]\n\n"
         "   ----- The following addresses had permanent fatal errors -----\n<bob@b.example>\n"
         "    (reason: 552 5.2.2 mailbox full)\n",
         "bob@b.example", "5.2.2", NULL},
        {"exchange", "In-Reply-To: <3@a.example>\n",
         "Your message\n  Subject: x\ndid not reach the following recipient(s):\n\nbob@b.example on Mon, 2 "
         "Mar\n",
         "bob@b.example", NULL, "3@a.example"},
        {"postfix", "",
         "For further assistance, please contact <postmaster@a.example>\n\n"
         "<bob@b.example>: host mx[192.0.2.1] said: 550 5.7.1 <bob@b.example>: denied\n",
         "bob@b.example", "5.7.1", NULL},
        {"named in a sentence", "",
         "Unknown user: bob@b.example\n\nOriginal message follows.\n\nMessage-ID: <4@a.example>\n",
         "bob@b.example", NULL, "4@a.example"},
        {"no code in an address or a version", "", "Agent v5.1.1.2 at 5.1.1.example, x5.1.1\n", NULL, NULL,
         NULL},
        {"nothing in the returned mail counts", "",
         "It failed.\n\nReceived: from x\n\tid 5.1.1\nTo: carl@b.example\nMessage-ID: <5@a.example>\n", NULL,
         NULL, "5@a.example"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_message *message = test_mail_new(cases[i].headers, cases[i].text, NULL, NULL);
        struct tk_bounce bounce;
        tk_bounce_read(message, &bounce);
        if (g_strcmp0(bounce.recipient, cases[i].recipient) != 0 ||
            g_strcmp0(bounce.status, cases[i].status) != 0 ||
            g_strcmp0(bounce.original_message_id, cases[i].id) != 0)
            fail_msg("%s: %s, %s, %s", cases[i].name, bounce.recipient, bounce.status,
                     bounce.original_message_id);
        tk_bounce_clear(&bounce);
        test_mail_free(message);
    }
}

static void the_returned_header_tells_the_original_id(void **state)
{
    (void)state;
    static const char *const types[] = {"message/rfc822", "text/rfc822-headers", "message/global",
                                        "message/global-headers"};
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        struct tk_message *message =
            test_mail_new("In-Reply-To: <other@a.example>\n", "", DS, "\nAction: failed\nStatus: 5.1.1\n");
        test_mail_add_part(message, types[i],
                           "Subject: x\nMESSAGE-ID:\n\t<t-a-mfrggzdf@gw1.example.net>\nTo: b\n");
        struct tk_bounce bounce;
        tk_bounce_read(message, &bounce);
        assert_string_equal(bounce.original_message_id, "t-a-mfrggzdf@gw1.example.net");
        tk_bounce_clear(&bounce);
        test_mail_free(message);
    }
}

static void a_report_without_end_is_read_in_linear_time(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 8000; i++)
        g_string_append(text, "a.b@c.d@e5.1.");
    struct tk_message *message = test_mail_new("", text->str, DS, text->str);
    struct tk_bounce bounce;
    const clock_t begin = clock(); /* of the processor, so that a busy machine does not count */
    tk_bounce_read(message, &bounce);
    assert_true(clock() - begin < 20 * CLOCKS_PER_SEC);
    tk_bounce_clear(&bounce);
    test_mail_free(message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_recipient_tells_the_outcome),
        cmocka_unit_test(the_text_tells_what_the_parts_do_not),
        cmocka_unit_test(the_returned_header_tells_the_original_id),
        cmocka_unit_test(a_report_without_end_is_read_in_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
