/* Unit tests of classify: machines are found with their evidence, persons stay persons. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "rules/base/phrase.h"
#include "rules/classify/bounce_forms.h"
#include "rules/classify/classify.h"
#include "rules/classify/classify_forms.h"
#include "rules/classify/classify_words.h"
#include "tests/unit/mail.h"

#define ANN    "From: Ann Archer <ann@acme.example>\nTo: desk@example.net\n"
#define DAEMON "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>\nTo: desk@example.net\n"
#define DSN    "Content-Type: multipart/report; report-type=delivery-status\n"
#define FAILED                                                                                               \
    "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; bob@example.org\nAction: "               \
    "failed\nStatus: 5.1.1\n"

static const char *const former[] = {"gw0.example.net", NULL};
static const struct tk_installation installation = {"gw1.example.net", former};
/* What the intake has found to be signed by us. */
#define OWN_ID "t-a-signed@gw1.example.net"

struct mail_case {
    const char *name;
    const char *headers;
    const char *text;
    const char *part_type, *part;
    const char *class;
    enum tk_strength strength;
    const char *evidence; /* it contains this; NULL: there is none */
};

static void check(const struct mail_case *c, const char *mail_from)
{
    struct tk_message *message = test_mail_new(c->headers, c->text, c->part_type, c->part);
    struct tk_classify_context context = {.mail_from = mail_from,
                                          .installation = &installation,
                                          .own_message_id = g_strcmp0(message->message_id, OWN_ID) == 0,
                                          .max_received = 5};
    struct tk_classification got;
    tk_classify(message, &context, &got);
    gboolean evidence = c->evidence == NULL
                            ? got.evidence == NULL
                            : got.evidence != NULL && strstr(got.evidence, c->evidence) != NULL;
    if (strcmp(tk_classify_word(got.class), c->class) != 0 || got.strength != c->strength || !evidence)
        fail_msg("%s: class %s, strength %d, evidence %s", c->name, tk_classify_word(got.class), got.strength,
                 got.evidence);
    tk_classify_clear(&got);
    assert_null(got.evidence);
    test_mail_free(message);
}

static const struct mail_case persons[] = {
    {"who writes as the address that he writes to",
     "From: desk@example.net\nTo: desk+t-a-abcdefghijklmnop234567@example.net\nSubject: Printer\n",
     "On fire.", NULL, NULL, "loop", TK_STRENGTH_C, "From: desk@example.net is the address in To"},
    {"who bears a Message-ID that looks like ours and is not",
     ANN "Subject: x\nMessage-ID: <t-a-mfrggzdf@gw1.example.net>\n", "", NULL, NULL, "human", 0, NULL},
    {"who answers a mail of ours", ANN "Subject: x\nIn-Reply-To: <" OWN_ID ">\n", "", NULL, NULL, "human", 0,
     NULL},
    {"a plain question", ANN "Subject: Printer\n", "It is on fire.", NULL, NULL, "human", 0, NULL},
    {"who forwards a delivery report with its parts",
     ANN "Subject: What is this?\nContent-Type: multipart/mixed\n", "I got this today, please help.",
     "message/delivery-status", FAILED, "human", 0, NULL},
    {"who shows nothing but a report", ANN "Subject: What is this?\n",
     "Hi. This is the qmail-send program at mx.example.org.\n<bob@b.example>:\nRemote host said: 550 no",
     NULL, NULL, "bounce", TK_STRENGTH_C, "text: hi. this is"},
    {"who forwards a bounce as text", ANN "Subject: Fwd: Undelivered Mail Returned to Sender\n",
     "This is the mail system at host mx.example.org.", NULL, NULL, "human", 0, NULL},
    {"who quotes a bounce", ANN "Subject: Mail to Bob\n",
     "My mail to Bob failed:\n> Hi. This is the qmail-send program at mx.example.org.\n", NULL, NULL, "human",
     0, NULL},
    {"who writes about undeliverable mails", ANN "Subject: Undeliverable mails since Monday\n",
     "Since Monday our mails could not be delivered to anybody.", NULL, NULL, "human", 0, NULL},
    {"who copies a report's subject", ANN "Subject: Undelivered Mail Returned to Sender\n",
     "I get this for each mail that I send. What can I do?", NULL, NULL, "bounce", TK_STRENGTH_C,
     "Subject: "},
    {"who says in a text that somebody is out of office", ANN "Subject: Badge for Carl\n",
     "Carl is out of the office until Friday, please make the badge by then.", NULL, NULL, "human", 0, NULL},
    {"who answers an absence note", ANN "Subject: Re: Out of office\nIn-Reply-To: <1@example.net>\n",
     "You are out of the office, who else can help?", NULL, NULL, "human", 0, NULL},
    {"who asks for a rule on absence notes", ANN "Subject: Out of office message cannot be set\n",
     "Outlook refuses it.", NULL, NULL, "human", 0, NULL},
    {"who tells that she is away", ANN "Subject: Out of office\n", "I am out of the office next week.", NULL,
     NULL, "autoreply", TK_STRENGTH_C, "Subject: out of office"},
    {"with Auto-Submitted: no", ANN "Subject: Printer\nAuto-Submitted: no\n", "On fire.", NULL, NULL, "human",
     0, NULL},
    {"whose mail system wants no answers",
     ANN "Subject: Printer\nX-Auto-Response-Suppress: DR, OOF, AutoReply\n", "On fire.", NULL, NULL, "human",
     0, NULL},
    {"with an ordinary precedence", ANN "Subject: Printer\nPrecedence: first-class\n", "On fire.", NULL, NULL,
     "human", 0, NULL},
    {"who is a postmaster", "From: postmaster@acme.example\nSubject: Undeliverable mail from your users\n",
     "Hello colleagues, your users' mails could not be delivered here since noon.", NULL, NULL,
     "auto-generated", TK_STRENGTH_B, "From: postmaster@acme.example"},
    {"who is a postmaster with a trouble of his own",
     "From: postmaster@acme.example\nSubject: Undeliverable mail\n",
     "Hello, since Monday our mails could not be delivered to you.", NULL, NULL, "bounce", TK_STRENGTH_C,
     "undeliverable mail"},
    {"who carries post",
     "From: Mail Delivery Service Ltd <info@post.example>\nSubject: Delivery failed: parcel 7\n",
     "The parcel could not be delivered.", NULL, NULL, "human", 0, NULL},
    {"who administers systems",
     "From: System Administrator <ann@acme.example>\nSubject: Undeliverable: newsletter\n",
     "Our newsletter could not be delivered to anybody, can you look?", NULL, NULL, "bounce", TK_STRENGTH_C,
     "undeliverable:"},
    {"who could not be reached", ANN "Subject: Contract\n",
     "Your message could not be delivered, please send it again.", NULL, NULL, "human", 0, NULL},
    {"who writes by a form from a no-reply address",
     "From: noreply@forms.example\nReply-To: ann@acme.example\nSubject: Contact form\n", "My printer burns.",
     NULL, NULL, "human", 0, NULL},
    {"whose mail an inbox rule has forwarded",
     ANN "Subject: Printer\nAuto-Submitted: auto-generated\n"
         "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent\n",
     "On fire.", NULL, NULL, "auto-generated", TK_STRENGTH_B, "Auto-Submitted: auto-generated"},
    {"whose mail was forwarded by a mail system", ANN "Subject: Printer\nAuto-Submitted: auto-forwarded\n",
     "On fire.", NULL, NULL, "human", 0, NULL},
    {"who pastes a challenge", ANN "Subject: What is this\n",
     "This account is protected by SpamShield. Is that from you?", NULL, NULL, "human", 0, NULL},
    {"who writes from her own plus address",
     "From: ann@acme.example\nTo: ann+lists@acme.example\nSubject: Note\n", "To myself.", NULL, NULL, "human",
     0, NULL},
    {"whose delivery is no mail", ANN "Subject: Delivery problem: pallets\n", "The truck did not come.", NULL,
     NULL, "human", 0, NULL},
    {"who has a guest list", ANN "Subject: Party\nPrecedence: bulk\n",
     "You are on the guest list, please confirm. Use the one-time verification code.", NULL, NULL,
     "auto-generated", TK_STRENGTH_B, "Precedence: bulk"},
    {"who is told to be read", ANN "Subject: Read: chapter 3\n", "I have read chapter 3.", NULL, NULL,
     "human", 0, NULL},
};

static void a_person_stays_a_person(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(persons); i++)
        check(&persons[i], "ann@acme.example");
}

static const struct mail_case machines[] = {
    {"standard report", DAEMON DSN "Subject: x\n", "", "message/delivery-status", FAILED, "bounce",
     TK_STRENGTH_A, "message/delivery-status"},
    {"delay report", DAEMON DSN "Subject: x\n", "", "message/delivery-status",
     "\nFinal-Recipient: rfc822;b@example.org\nAction: delayed\nStatus: 4.4.1\n", "bounce-delayed",
     TK_STRENGTH_A, "message/delivery-status"},
    {"success report", DAEMON DSN "Subject: x\n", "", "message/delivery-status",
     "\nFinal-Recipient: rfc822;b@example.org\nAction: relayed\nStatus: 2.0.0\n", "bounce-delivered",
     TK_STRENGTH_A, "message/delivery-status"},
    {"report without its part", ANN DSN "Subject: x\n", "", NULL, NULL, "bounce", TK_STRENGTH_A,
     "message/delivery-status"},
    {"report that a list has wrapped", DAEMON "Content-Type: multipart/mixed\nSubject: x\n", "",
     "message/delivery-status", FAILED, "bounce", TK_STRENGTH_A, "message/delivery-status"},
    {"complaint", "From: fbl@isp.example\nContent-Type: multipart/report; report-type=feedback-report\n", "",
     "message/feedback-report", "Feedback-Type: abuse\n", "feedback", TK_STRENGTH_A, "feedback-report"},
    {"receipt",
     ANN "Content-Type: multipart/report; report-type=disposition-notification\nSubject: Read: x\n", "",
     "message/disposition-notification", "Disposition: manual-action/MDN-sent-manually; displayed\n", "mdn",
     TK_STRENGTH_A, "disposition-notification"},
    {"mailer-daemon with nothing else", DAEMON "Subject: x\n", "body", NULL, NULL, "bounce", TK_STRENGTH_A,
     "MAILER-DAEMON@mx.example.org"},
    {"mailer-daemon without an address", "From: MAILER-DAEMON <>\nSubject: x\n", "body", NULL, NULL, "bounce",
     TK_STRENGTH_A, "MAILER-DAEMON"},
    {"failed recipients", ANN "X-Failed-Recipients: bob@example.org\nSubject: x\n", "", NULL, NULL, "bounce",
     TK_STRENGTH_A, "X-Failed-Recipients: bob@example.org"},
    {"postmaster with a report's subject and text",
     "From: postmaster@example.org\nSubject: Undeliverable: Invoice\n",
     "Your message did not reach the following recipient(s): bob@example.org", NULL, NULL, "bounce",
     TK_STRENGTH_A, "Subject: undeliverable:"},
    {"postmaster in another language", "From: postmaster@example.de\nSubject: Unzustellbar: Rechnung\n",
     "Ihre Nachricht konnte nicht zugestellt werden.", NULL, NULL, "bounce", TK_STRENGTH_A, "unzustellbar"},
    {"delay by its words", DAEMON "Subject: Warning: message 1abc-00 delayed 24 hours\n",
     "A message that you sent has not yet been delivered to one or more of its recipients", NULL, NULL,
     "bounce-delayed", TK_STRENGTH_A, "warning: message"},
    {"autoreply by header", ANN "Subject: Ihre Anfrage\nAuto-Submitted: auto-replied\n", "Danke.", NULL, NULL,
     "autoreply", TK_STRENGTH_A, "Auto-Submitted: auto-replied"},
    {"autoreply by Precedence", ANN "Subject: x\nPrecedence: auto_reply\n", "", NULL, NULL, "autoreply",
     TK_STRENGTH_A, "Precedence: auto_reply"},
    {"generated mail", ANN "Subject: Disk full\nAuto-Submitted: auto-generated (cron)\n", "", NULL, NULL,
     "auto-generated", TK_STRENGTH_A, "Auto-Submitted"},
    {"absence note with a weak header", ANN "Subject: Automatic reply: Printer\nPrecedence: bulk\n",
     "I am out of the office until Monday.", NULL, NULL, "autoreply", TK_STRENGTH_B, "Precedence: bulk"},
    {"absence note that answers a mail",
     ANN "Subject: Automatische Antwort: Drucker\nIn-Reply-To: <1@example.net>\n",
     "Ich bin im Urlaub und ab dem 3. wieder erreichbar.", NULL, NULL, "autoreply", TK_STRENGTH_B,
     "Subject: automatische antwort"},
    {"list", "From: ann@acme.example\nSubject: x\nList-Id: <users.example.org>\n", "", NULL, NULL, "list",
     TK_STRENGTH_B, "List-Id: <users.example.org>"},
    {"newsletter", "From: news@shop.example\nSubject: x\nPrecedence: bulk\n", "", NULL, NULL,
     "auto-generated", TK_STRENGTH_B, "Precedence: bulk"},
    {"another help desk", ANN "Subject: x\nX-OTRS-Loop: yes\n", "", NULL, NULL, "auto-generated",
     TK_STRENGTH_B, "X-OTRS-Loop"},
    {"no-reply sender", "From: no-reply@shop.example\nSubject: Your order\n", "", NULL, NULL,
     "auto-generated", TK_STRENGTH_B, "no-reply@shop.example"},
    {"no-reply sender of a service", "From: dmarc-noreply@shop.example\nSubject: Weekly\n", "", NULL, NULL,
     "auto-generated", TK_STRENGTH_B, "dmarc-noreply@shop.example"},
    {"no-reply sender in another language", "From: ne-pas-repondre@shop.example\nSubject: Commande\n", "",
     NULL, NULL, "auto-generated", TK_STRENGTH_B, "ne-pas-repondre@shop.example"},
    {"bounce without a subject of its own", "From: postmaster@a.example\nSubject: E\n",
     "Your message\n  To: bob@b.example\ndid not reach the following recipient(s):", NULL, NULL, "bounce",
     TK_STRENGTH_B, "text: did not reach"},
    {"challenge by header", ANN "Subject: RE: x\nX-Bluebottle-Request: <1>\n", "Click here.", NULL, NULL,
     "challenge-response", TK_STRENGTH_A, "X-Bluebottle-Request"},
    {"challenge by text of a machine", ANN "Subject: x\nPrecedence: bulk\n",
     "Your message is being held because the address <desk@example.net> has not been verified.", NULL, NULL,
     "challenge-response", TK_STRENGTH_A, "being held because the address"},
    {"notice of a sending service",
     "From: no-reply@sns.example\nx-amz-sns-message-id: 1\nSubject: AWS Notification Message\n",
     "{\"Message\" : \"{\\\"notificationType\\\":\\\"Bounce\\\"}\"}", NULL, NULL, "bounce", TK_STRENGTH_A,
     "x-amz-sns notificationType"},
    {"challenge by subject and text from a role",
     "From: noreply@guard.example\nSubject: Please confirm your message\n",
     "This server requires that you verify that you are a person.", NULL, NULL, "challenge-response",
     TK_STRENGTH_B, "requires that you verify"},
    {"complaint with the mail complained about",
     "From: staff@isp.example\nSubject: complaint about message from 192.0.2.1\nContent-Type: "
     "multipart/mixed\n",
     "", "message/rfc822", "Subject: x\n", "feedback", TK_STRENGTH_B, "complaint about message from"},
    {"unsubscription by a mail program", ANN "Subject: unsubscribe\nX-Apple-Unsubscribe: true\n", "", NULL,
     NULL, "feedback", TK_STRENGTH_A, "X-Apple-Unsubscribe"},
    {"unsubscription by a provider", ANN "Subject: off\n",
     "This message was automatically generated by Gmail.", NULL, NULL, "feedback", TK_STRENGTH_A,
     "generated by gmail"},
    {"receipt without its part", ANN "Subject: Gelesen: Angebot\nIn-Reply-To: <1@example.net>\n",
     "Ihre Nachricht wurde gelesen am 2. März.", NULL, NULL, "mdn", TK_STRENGTH_B, "wurde gelesen am"},
    {"report of an Exchange mailbox",
     "From: MicrosoftExchange0123456789abcdef0123456789abcdef@a.example\nSubject: Onbestelbaar: Factuur\n",
     "Uw bericht kan niet worden bezorgd.", NULL, NULL, "bounce", TK_STRENGTH_A, "onbestelbaar"},
    {"list server's own notice", "From: users-admin@a.example\nX-MLServer: fml\nSubject: You are no member\n",
     "You are not a member of this mailing list.", NULL, NULL, "bounce", TK_STRENGTH_B,
     "you are not a member"},
    {"report that says that a program wrote it",
     "From: gate@a.example\nSubject: Undeliverable: x\n"
     "Auto-Submitted: auto-generated\n",
     "Your message was not delivered to bob@b.example.", NULL, NULL, "bounce", TK_STRENGTH_A,
     "Subject: undeliverable:"},
    {"absent sender", "From: <>\nSubject: x\n", "body", NULL, NULL, "bounce", TK_STRENGTH_A, "From: <>"},
    {"our own mark", ANN "Subject: x\nX-Ticket-Loop: gw1.example.net\n", "", NULL, NULL, "loop",
     TK_STRENGTH_A, "X-Ticket-Loop: gw1.example.net"},
    {"a former mark of ours", ANN "Subject: x\nX-Ticket-Loop: GW0.example.net; x\n", "", NULL, NULL, "loop",
     TK_STRENGTH_A, "X-Ticket-Loop: GW0"},
    {"our own Message-ID", ANN "Subject: x\nMessage-ID: <" OWN_ID ">\n", "", NULL, NULL, "loop",
     TK_STRENGTH_A, "Message-ID"},
    {"too many hops", "Received: 1\nReceived: 2\nReceived: 3\nReceived: 4\nReceived: 5\nReceived: 6\n" ANN,
     "", NULL, NULL, "loop", TK_STRENGTH_A, "Received: 6"},
};

static void a_machine_is_found_with_its_evidence(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(machines); i++)
        check(&machines[i], "sender@example.org");
}

static const struct mail_case null_senders[] = {
    {"nothing else", ANN "Subject: x\n", "body", NULL, NULL, "bounce", TK_STRENGTH_A, "envelope sender <>"},
    {"a report's text", ANN "Subject: Mail\n", "Your mail could not be delivered to: bob@example.org", NULL,
     NULL, "bounce", TK_STRENGTH_A, "envelope sender <>; text: could not be delivered"},
    {"an absence note", ANN "Subject: Abwesenheit\n", "Ich bin bis 3.5. nicht im Büro.", NULL, NULL,
     "autoreply", TK_STRENGTH_A, "envelope sender <>; Subject: abwesenheit"},
    {"an absence note that has the words of a report", ANN "Subject: Out of office: Printer\n",
     "I am away. Your message has not been delivered to anybody else.", NULL, NULL, "autoreply",
     TK_STRENGTH_A, "Subject: out of office"},
    {"a list's notice", ANN "Subject: x\nList-Id: <users.example.org>\n", "body", NULL, NULL,
     "auto-generated", TK_STRENGTH_A, "List-Id"},
};

static void the_null_sender_is_never_a_person(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(null_senders); i++)
        check(&null_senders[i], "");
}

static void what_stands_for_the_null_sender_is_one(void **state)
{
    (void)state;
    struct mail_case c = {"absence note", ANN "Subject: Out of office: Printer\n",
                          "I am away.",   NULL,
                          NULL,           "autoreply",
                          TK_STRENGTH_A,  "envelope sender <>"};
    check(&c, "MAILER-DAEMON@mx.example.org");
    check(&c, "MAILER-DAEMON");
}

static void the_return_path_stands_for_the_envelope_only_where_there_is_none(void **state)
{
    (void)state;
    struct mail_case c = {
        "file",           "Return-Path: <>\n" ANN "Subject: x\n", "body", NULL, NULL, "bounce", TK_STRENGTH_A,
        "Return-Path: <>"};
    check(&c, NULL);
    c = (struct mail_case){"smtp", c.headers, "body", NULL, NULL, "human", 0, NULL};
    check(&c, "ann@acme.example");
}

static void out_of_office_is_told_from_other_autoreplies(void **state)
{
    (void)state;
    static const struct {
        const char *headers, *text;
        gboolean out_of_office;
    } cases[] = {
        {ANN "Subject: Automatic reply: x\nAuto-Submitted: auto-replied\n", "I am on vacation until May.",
         TRUE},
        {ANN "Subject: Automatic reply: Printer\nPrecedence: bulk\n", "I am out of the office until Monday.",
         TRUE},
        {ANN "Subject: Automatische Antwort: Drucker\nIn-Reply-To: <1@example.net>\n", "Ich bin im Urlaub.",
         TRUE},
        {ANN "Subject: Out of office\n", "I am out of the office next week.", FALSE},
        {ANN "Subject: Out of office: Ann\nList-Id: <team.example.org>\n", "I am out of the office.", FALSE},
        {ANN "Subject: x\nAuto-Submitted: auto-replied (vacation)\n", "Grüße", TRUE},
        {ANN "Subject: Ann is away\nAuto-Submitted: auto-generated\n", "I will be out of the office.", TRUE},
        {ANN "Subject: Automatic reply: x\nAuto-Submitted: auto-replied\n", "We have received your message.",
         FALSE},
    };
    struct tk_classify_context context = {.mail_from = "ann@acme.example"};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_message *message = test_mail_new(cases[i].headers, cases[i].text, NULL, NULL);
        struct tk_classification got;
        tk_classify(message, &context, &got);
        assert_int_equal(got.class, TK_CLASS_AUTOREPLY);
        assert_int_equal(got.out_of_office, cases[i].out_of_office);
        tk_classify_clear(&got);
        test_mail_free(message);
    }
}

static void evidence_is_one_short_line(void **state)
{
    (void)state;
    g_autofree char *filler = g_strnfill(900, 'x');
    g_autofree char *headers =
        g_strdup_printf(ANN "Auto-Submitted: auto-generated; \xe2\x80\xa8 %s\n", filler);
    struct tk_classify_context context = {.mail_from = "ann@acme.example"};
    struct tk_message *message = test_mail_new(headers, "", NULL, NULL);
    struct tk_classification got;
    tk_classify(message, &context, &got);
    assert_true(strlen(got.evidence) <= 200);
    assert_true(g_utf8_validate(got.evidence, -1, NULL));
    assert_null(strstr(got.evidence, "\xe2\x80\xa8"));
    tk_classify_clear(&got);
    test_mail_free(message);
}

static gint64 sudden_clock(void)
{
    static gint64 now;
    return now += TK_CLASSIFY_CPU_MAX + 1;
}

/* A mail that may be an automatic one must not be answered, and one that may be a person's not be lost. */
static void a_class_that_is_not_found_in_time_is_taken_and_never_answered(void **state)
{
    (void)state;
    struct tk_classify_context context = {.mail_from = "ann@acme.example", .clock = sudden_clock};
    struct tk_message *message = test_mail_new(ANN, "Hello.", NULL, NULL);
    struct tk_classification got;
    tk_classify(message, &context, &got);
    assert_true(got.out_of_time);
    assert_int_equal(got.class, TK_CLASS_AUTO_GENERATED);
    assert_int_equal(got.strength, TK_STRENGTH_B);
    assert_string_equal(got.evidence, "the class was not found in time");
    tk_classify_clear(&got);
    context.clock = NULL;
    tk_classify(message, &context, &got);
    assert_false(got.out_of_time);
    assert_int_equal(got.class, TK_CLASS_HUMAN);
    tk_classify_clear(&got);
    test_mail_free(message);
}

static void assert_folded(const struct tk_phrase *table, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        g_autofree char *folded = tk_phrase_fold(table[i].words, 1000);
        assert_string_equal(table[i].words, folded);
    }
}

static void the_tables_are_written_folded(void **state)
{
    (void)state;
    assert_folded(tk_autoreply_subjects, tk_autoreply_subject_count);
    assert_folded(tk_autoreply_texts, tk_autoreply_text_count);
    assert_folded(tk_bounce_form_subjects, tk_bounce_form_subject_count);
    assert_folded(tk_bounce_form_texts, tk_bounce_form_text_count);
    assert_folded(tk_bounce_form_openings, tk_bounce_form_opening_count);
    assert_folded(tk_form_words, tk_form_word_count);
}

static void a_null_sender_that_is_all_there_is_is_told_from_a_report(void **state)
{
    (void)state;
    static const struct {
        const char *headers, *text, *part;
        gboolean bare;
    } rows[] = {
        {ANN "Subject: Contact form\n", "My printer is on fire.", NULL, TRUE},
        {ANN "Subject: Out of Office\n", "I am away.", NULL, TRUE},
        {ANN "Subject: Printer\nAuto-Submitted: auto-generated\n", "On fire.", NULL, FALSE},
        {"From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered Mail Returned to Sender\n",
         "This is the mail system at host mx.example.org.", NULL, FALSE},
        {"From: MAILER-DAEMON@mx.example.org\nSubject: x\nContent-Type: multipart/report\n", "", FAILED,
         FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct tk_classify_context context = {.mail_from = ""};
        struct tk_message *message = test_mail_new(rows[i].headers, rows[i].text,
                                                   rows[i].part != NULL ? "message/delivery-status" : NULL,
                                                   rows[i].part);
        struct tk_classification got;
        tk_classify(message, &context, &got);
        if (got.bare_null != rows[i].bare || got.class == TK_CLASS_HUMAN)
            fail_msg("row %zu: %s", i, got.evidence);
        tk_classify_clear(&got);
        test_mail_free(message);
    }
}

static void every_class_has_a_word_of_its_own(void **state)
{
    (void)state;
    for (int a = TK_CLASS_HUMAN; a <= TK_CLASS_LOOP; a++)
        for (int b = a + 1; b <= TK_CLASS_LOOP; b++)
            assert_string_not_equal(tk_classify_word(a), tk_classify_word(b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_stays_a_person),
        cmocka_unit_test(a_machine_is_found_with_its_evidence),
        cmocka_unit_test(the_null_sender_is_never_a_person),
        cmocka_unit_test(what_stands_for_the_null_sender_is_one),
        cmocka_unit_test(the_return_path_stands_for_the_envelope_only_where_there_is_none),
        cmocka_unit_test(out_of_office_is_told_from_other_autoreplies),
        cmocka_unit_test(evidence_is_one_short_line),
        cmocka_unit_test(a_class_that_is_not_found_in_time_is_taken_and_never_answered),
        cmocka_unit_test(the_tables_are_written_folded),
        cmocka_unit_test(a_null_sender_that_is_all_there_is_is_told_from_a_report),
        cmocka_unit_test(every_class_has_a_word_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
