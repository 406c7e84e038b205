/* Unit tests of compose: what our mails hold, and that no value can add a header, a recipient or a line to
 * them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <gmime/gmime.h>
#include <string.h>

#include "rules/compose/compose.h"
#include "rules/compose/compose_header.h"
#include "tests/unit/parsed.h"
#include "tests/unit/sample.h"

static struct tk_conf conf;
static struct tk_channel *channel;
static struct tk_compose_input input;

static const struct tk_installation installation = {.name = "gw1.example.net"};

static int start(void **state)
{
    (void)state;
    static struct tk_token_key key;
    static const guint8 secret[32] = {1, 2, 3};
    key.id = sample_text("a");
    if (key.secret == NULL)
        key.secret = sample_keep(g_bytes_new(secret, sizeof secret));
    channel = sample_channel();
    channel->title = sample_text("Support Mailbox");
    channel->reply_to = sample_text("support@acme.example");
    channel->detail = TRUE;
    conf = (struct tk_conf){.token_keys = sample_list(),
                            .notify_link = sample_text("https://help.example/t/{number}"),
                            .own = sample_keep(g_hash_table_new(g_str_hash, g_str_equal))};
    g_ptr_array_add(conf.token_keys, &key);
    g_hash_table_insert(conf.own, (gpointer) "support@acme.example", channel);
    input = (struct tk_compose_input){.conf = &conf,
                                      .installation = &installation,
                                      .channel = channel,
                                      .kind = TK_MAIL_NOTE,
                                      .date = 1772445600, /* Mon, 2 Mar 2026 10:00:00 UTC */
                                      .ticket_id = 17,
                                      .outbox_id = 23,
                                      .number = "INC-42",
                                      .recipient = "ann@acme.example",
                                      .subject = "Printer is broken",
                                      .author = "Bo Agent",
                                      .note = "Please take the\nsecond tray.",
                                      .status = "closed",
                                      .request_id = "one@acme.example",
                                      .reply_id = "two@acme.example",
                                      .before_author = "Ann",
                                      .before_text = "It eats paper.\nAll of it.",
                                      .before_date = 1772442000};
    return 0;
}

static char *compose(enum tk_mail_kind kind, struct tk_composed *composed)
{
    g_autoptr(GString) why = g_string_new(NULL);
    input.kind = kind;
    if (tk_compose(&input, composed, why) != TK_OK)
        fail_msg("compose: %s", why->str);
    gsize size = 0;
    const char *bytes = g_bytes_get_data(composed->bytes, &size);
    return g_strndup(bytes, size);
}

static void expect_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void expect_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("\"%s\" is in:\n%s", part, text);
}

static void a_note_goes_out_with_all_that_leads_its_answer_home(void **state)
{
    (void)state;
    struct tk_composed mail;
    g_autofree char *text = compose(TK_MAIL_NOTE, &mail);
    static const char *const lines[] = {"From: \"Support Mailbox\" <support@acme.example>\r\n",
                                        "\r\nTo: <ann@acme.example>\r\n",
                                        "\r\nReply-To: <support+t-a-",
                                        "\r\nSubject: [INC-42] Printer is broken\r\n",
                                        "\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n",
                                        "\r\nMessage-ID: <t-a-",
                                        "\r\nIn-Reply-To: <two@acme.example>\r\n",
                                        "\r\nReferences: <one@acme.example> <two@acme.example>\r\n",
                                        "\r\nAuto-Submitted: auto-generated\r\n",
                                        "\r\nX-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply\r\n",
                                        "\r\nX-Ticket-Loop: gw1.example.net\r\n",
                                        "\r\nMIME-Version: 1.0\r\n",
                                        "\r\nContent-Type: multipart/alternative; boundary="};
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
        expect_has(text, lines[i]);
    assert_true(g_str_has_prefix(mail.mail_from, "support+t-a-"));
    assert_string_equal(mail.recipient, "ann@acme.example");
    assert_true(g_str_has_suffix(mail.message_id, "@gw1.example.net"));
    struct mail *parsed = mail_of(text);
    static const char plain[] =
        "##- Please reply above this line -##\n\nPlease take the\nsecond tray.\n\nBo Agent\n"
        "Support Mailbox, INC-42\nhttps://help.example/t/INC-42\n\n"
        "On 2026-03-02 09:00 UTC, Ann wrote:\n> It eats paper.\n> All of it.";
    assert_string_equal(g_strchomp(parsed->message->text), plain);
    expect_has(parsed->message->html, "second tray.<br>");
    expect_has(parsed->message->html,
               "<a href=\"https://help.example/t/INC-42\">https://help.example/t/INC-42</a>");
    expect_has(parsed->message->html, "It eats paper.<br>\nAll of it.<br>\n</blockquote>");
    mail_free(&parsed);
    tk_composed_clear(&mail);
}

static void a_confirmation_says_the_number_and_nothing_of_the_sender(void **state)
{
    (void)state;
    struct tk_composed mail;
    input.subject = "ECHO1";
    input.author = "ECHO2";
    input.note = "ECHO3";
    input.before_author = "ECHO4";
    input.before_text = "ECHO5";
    for (int language = 0; language < TK_LANGUAGES; language++) {
        channel->language = (enum tk_language)language;
        g_autofree char *text = compose(TK_MAIL_CONFIRMATION, &mail);
        assert_string_equal(mail.mail_from, "");
        expect_has(text, "\r\nAuto-Submitted: auto-replied\r\n");
        expect_has(text, "\r\nReply-To: <support+t-a-");
        expect_has(text, "\r\nIn-Reply-To: <two@acme.example>\r\n");
        struct mail *parsed = mail_of(text);
        expect_has(parsed->message->subject, "[INC-42]");
        expect_has(parsed->message->text, "INC-42");
        expect_has(parsed->message->text, "https://help.example/t/INC-42");
        expect_has(parsed->message->html, "href=\"https://help.example/t/INC-42\"");
        expect_lacks(text, "ECHO");
        mail_free(&parsed);
        tk_composed_clear(&mail);
    }
}

static void a_status_is_told_in_the_language_of_the_channel(void **state)
{
    (void)state;
    struct tk_composed mail;
    channel->language = TK_LANGUAGE_DE;
    g_autofree char *text = compose(TK_MAIL_STATUS, &mail);
    struct mail *parsed = mail_of(text);
    assert_string_equal(parsed->message->subject, "Ihre Anfrage [INC-42]: geschlossen");
    expect_has(parsed->message->text, "(„Printer is broken“) ist jetzt: geschlossen.");
    mail_free(&parsed);
    tk_composed_clear(&mail);
}

static void an_own_text_takes_the_place_of_the_built_in_one(void **state)
{
    (void)state;
    struct tk_composed mail;
    conf.notify_link = sample_text("");
    channel->confirmation_text =
        sample_text("Subject: Größe {number}\n\n<b>{title}</b> {link}\n{number} {address}\n");
    g_autofree char *text = compose(TK_MAIL_CONFIRMATION, &mail);
    struct mail *parsed = mail_of(text);
    assert_string_equal(parsed->message->subject, "Größe INC-42");
    assert_string_equal(g_strchomp(parsed->message->text),
                        "<b>Support Mailbox</b> \nINC-42 support@acme.example");
    expect_has(parsed->message->html, "&lt;b&gt;Support Mailbox&lt;/b&gt; <br>\nINC-42");
    mail_free(&parsed);
    tk_composed_clear(&mail);
}

static void the_message_id_is_the_same_at_every_attempt(void **state)
{
    (void)state;
    struct tk_composed one, two;
    g_autofree char *first = compose(TK_MAIL_NOTE, &one), *second = compose(TK_MAIL_NOTE, &two);
    assert_string_equal(first, second);
    input.message_id = "kept@gw1.example.net";
    tk_composed_clear(&two);
    g_autofree char *third = compose(TK_MAIL_NOTE, &two);
    expect_has(third, "\r\nMessage-ID: <kept@gw1.example.net>\r\n");
    input.message_id = NULL;
    conf.token_keys = sample_list();
    tk_composed_clear(&two);
    g_autofree char *plain = compose(TK_MAIL_NOTE, &two);
    expect_has(plain, "\r\nMessage-ID: <ticket.acme.23@gw1.example.net>\r\n");
    expect_has(plain, "\r\nReply-To: <support@acme.example>\r\n");
    assert_string_equal(two.mail_from, "support@acme.example");
    tk_composed_clear(&one);
    tk_composed_clear(&two);
}

static void a_domain_that_takes_no_detail_gets_the_plain_address(void **state)
{
    (void)state;
    struct tk_composed mail;
    channel->detail = FALSE;
    g_autofree char *text = compose(TK_MAIL_NOTE, &mail);
    expect_has(text, "\r\nReply-To: <support@acme.example>\r\n");
    expect_has(text, "\r\nMessage-ID: <t-a-");
    tk_composed_clear(&mail);
}

static void files_go_along_or_are_named(void **state)
{
    (void)state;
    struct tk_composed mail;
    g_autoptr(GBytes) bytes = g_bytes_new_static("\0\r\n.\r\nx", 7);
    const struct tk_compose_file files[] = {{"../re\nport.pdf", "application/pdf", bytes},
                                            {"mail.eml", "message/rfc822", bytes},
                                            {"huge.iso", "text/plain", NULL}};
    input.files = files;
    input.n_files = G_N_ELEMENTS(files);
    g_autofree char *text = compose(TK_MAIL_NOTE, &mail);
    struct mail *parsed = mail_of(text);
    const GPtrArray *attachments = parsed->message->attachments;
    assert_int_equal(attachments->len, 2);
    const struct tk_attachment *one = attachments->pdata[0], *two = attachments->pdata[1];
    assert_string_equal(one->content_type, "application/pdf");
    expect_lacks(one->filename, "/");
    assert_int_equal(one->size, 7);
    assert_string_equal(two->filename, "mail.eml");
    assert_int_equal(two->size, 7);
    expect_has(parsed->message->text, "Too large to be attached:\n- huge.iso\n");
    mail_free(&parsed);
    tk_composed_clear(&mail);
}

static void nobody_is_written_to_who_cannot_or_should_not_be(void **state)
{
    (void)state;
    static const char *const recipients[] = {"no address",
                                             "a@b.example>\r\nRCPT TO:<x@y.example",
                                             "\"a>b\"@x.example",
                                             "j\xC3\xBCrgen@x.example",
                                             "support@acme.example",
                                             "Support+x@acme.example",
                                             ""};
    struct tk_composed mail;
    for (gsize i = 0; i < G_N_ELEMENTS(recipients); i++) {
        input.recipient = recipients[i];
        g_autoptr(GString) why = g_string_new(NULL);
        assert_int_equal(tk_compose(&input, &mail, why), TK_REFUSED);
        assert_true(why->len > 0);
    }
}

/* ---- no value adds anything ---- */

static const char *const evil[] = {
    "x\r\nBcc: evil@bad.example",
    "x\nBcc: evil@bad.example\n\nbody",
    "x\rBcc: evil@bad.example",
    "\r\n\r\nbody",
    "x\xE2\x80\xA8"
    "Bcc: evil@bad.example",
    "x\xC2\x85"
    "Bcc: evil@bad.example",
    "=?utf-8?Q?x=0D=0ABcc:_evil@bad.example?=",
    "=?utf-8?B?eA0KQmNjOiBldmlsQGJhZC5leGFtcGxl?=",
    "=?utf-7?Q?+AA0ACg-Bcc:?= =?",
    "a, evil@bad.example, <evil@bad.example>",
    "\"quote\\\" <evil@bad.example>",
    "evil@bad.example>, <x",
    "\x01\x02\x1b[31m\x7f",
    "{number}{note}{link}",
    "--=_boundary\r\nContent-Type: text/html\r\n\r\n<script>",
    ".\r\nMAIL FROM:<evil@bad.example>",
    "\xE2\x80\xAE"
    "gpj.exe",
    "",
    " ",
};

static void expect_safe(void)
{
    struct tk_composed mail;
    for (int kind = 0; kind < TK_MAIL_KINDS; kind++) {
        g_autofree char *text = compose((enum tk_mail_kind)kind, &mail);
        struct mail *parsed = mail_of(text);
        const struct tk_message *message = parsed->message;
        g_autoptr(GString) names = g_string_new(NULL);
        for (guint i = 0; i < message->headers->len; i++)
            g_string_append_printf(names, "%s ",
                                   ((const struct tk_header *)message->headers->pdata[i])->name);
        expect_lacks(names->str, "Bcc");
        assert_true(g_str_has_prefix(names->str, "From To Reply-To Subject Date Message-ID "));
        assert_null(message->from_problem);
        assert_string_equal(message->from->address, "support@acme.example");
        assert_int_equal(message->to->len, 1);
        assert_string_equal(((const struct tk_mailbox *)message->to->pdata[0])->address, "ann@acme.example");
        assert_int_equal(message->reply_to->len, 1);
        assert_int_equal(message->cc->len, 0);
        expect_lacks(message->html, "<script");
        expect_has(text, "Content-Type: text/plain; charset=utf-8\r\n");
        assert_int_equal(message->attachments->len, input.n_files);
        /* No bare CR or LF anywhere, and no line that SMTP would not take. */
        gsize size = 0, line = 0;
        const char *bytes = g_bytes_get_data(mail.bytes, &size);
        for (gsize i = 0; i < size; i++, line++) {
            if (bytes[i] == '\r')
                assert_true(i + 1 < size && bytes[i + 1] == '\n');
            if (bytes[i] == '\n') {
                assert_true(i > 0 && bytes[i - 1] == '\r');
                assert_true(line <= 999);
                line = 0;
            }
            assert_true(bytes[i] != '\0' && (guchar)bytes[i] < 0x80);
        }
        mail_free(&parsed);
        tk_composed_clear(&mail);
    }
}

static void o1_no_value_adds_a_header_a_recipient_or_a_line(void **state)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static("x", 1);
    struct tk_compose_file file = {"a", "b/c", bytes};
    const char **const members[] = {&input.number,   &input.subject,       &input.author,
                                    &input.note,     &input.status,        &input.request_id,
                                    &input.reply_id, &input.before_author, &input.before_text,
                                    &file.filename,  &file.content_type,   (const char **)&channel};
    g_autofree char *long_word = g_strnfill(5000, 'x');
    g_autofree char *long_text = g_strnfill(3000, ' ');
    for (gsize i = 0; i < G_N_ELEMENTS(evil) + 2; i++) {
        const char *value = i < G_N_ELEMENTS(evil)    ? evil[i]
                            : i == G_N_ELEMENTS(evil) ? long_word
                                                      : long_text;
        for (gsize k = 0; k < G_N_ELEMENTS(members); k++) {
            start(state);
            file = (struct tk_compose_file){"a", "b/c", bytes};
            input.files = &file;
            input.n_files = 1;
            if (members[k] == (const char **)&channel)
                channel->title = sample_text(value);
            else
                *members[k] = value;
            expect_safe();
        }
        /* A text of the administrator, which may be written by others than him. */
        start(state);
        g_autofree char *evil_text =
            g_strdup_printf("Subject: {number} %s\n\n%s {number} {note}\n", value, value);
        g_autofree char *own = g_strdelimit(g_strdup(evil_text), "\r", ' ');
        for (int kind = 0; kind < TK_MAIL_KINDS; kind++)
            if (tk_mail_text_check((enum tk_mail_kind)kind, own, NULL) == TK_OK) {
                channel->confirmation_text = kind == TK_MAIL_CONFIRMATION ? own : channel->confirmation_text;
                channel->note_text = kind == TK_MAIL_NOTE ? own : channel->note_text;
                channel->status_text = kind == TK_MAIL_STATUS ? own : channel->status_text;
            }
        expect_safe();
    }
}

static void a_subject_is_shown_as_it_was_written(void **state)
{
    (void)state;
    static const char *const subjects[] = {"Größe passt nicht", "=?utf-8?q?looks_encoded?=",
                                           "プリンターが壊れています、助けてください。本当に困っています。",
                                           "a \"b\" <c@d.example>, e: f;"};
    for (gsize i = 0; i < G_N_ELEMENTS(subjects); i++) {
        struct tk_composed mail;
        input.subject = subjects[i];
        channel->title = sample_text(subjects[i]);
        g_autofree char *text = compose(TK_MAIL_NOTE, &mail);
        struct mail *parsed = mail_of(text);
        g_autofree char *expected = g_strconcat("[INC-42] ", subjects[i], NULL);
        assert_string_equal(parsed->message->subject, expected);
        assert_string_equal(parsed->message->from->name, subjects[i]);
        mail_free(&parsed);
        tk_composed_clear(&mail);
    }
}

static void the_text_is_utf8_whatever_its_letters(void **state)
{
    (void)state;
    static const char *const notes[][2] = {
        {"é ÿ", "\r\n=C3=A9 =C3=BF\r\n"}, {"Ł", "\r\n=C5=81\r\n"}, {"From é", "\r\n=46rom =C3=A9\r\n"}};
    for (gsize i = 0; i < G_N_ELEMENTS(notes); i++) {
        struct tk_composed mail;
        input.note = notes[i][0];
        g_autofree char *text = compose(TK_MAIL_NOTE, &mail);
        expect_has(text, notes[i][1]);
        tk_composed_clear(&mail);
    }
}

static void the_check_of_the_header_bites(void **state)
{
    (void)state;
    static const char *const names[] = {"From", "To", NULL};
    static const struct {
        const char *block;
        enum tk_status status;
    } cases[] = {
        {"From: a\r\nTo: b\r\n\r\n", TK_OK},
        {"From: a\r\n b\r\n\r\n", TK_OK},
        {"From: a\r\nBcc: b\r\n\r\n", TK_BUG},
        {"From: a\r\nto: b\r\nTo: b\r\n\r\n", TK_BUG},
        {"From: a\nTo: b\r\n\r\n", TK_BUG},
        {"From: a\rTo: b\r\n\r\n", TK_BUG},
        {"From: \xC3\xA4\r\n\r\n", TK_BUG},
        {" x\r\nFrom: a\r\n\r\n", TK_BUG},
        {"From a\r\n\r\n", TK_BUG},
        {"From: a\r\n", TK_BUG},
        {"\r\n", TK_BUG},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        if (tk_compose_header_check(cases[i].block, names, NULL) != cases[i].status)
            fail_msg("row %u", (unsigned)i);
}

/* ---- answers to our mail ---- */

static char *quoted(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *out = g_string_new(NULL);
    for (gsize i = 0; lines[i] != NULL; i++)
        g_string_append_printf(out, ">%s%s\n", *lines[i] == '>' ? "" : " ", lines[i]);
    return g_string_free(out, FALSE);
}

/* What is left of an answer, a mail of TEXT and HTML (or NULL). */
static void expect_answer(const char *what, const char *text, const char *html)
{
    static const char wanted[] = "Thank you, that works.";
    g_autofree char *mail =
        html == NULL
            ? g_strdup_printf(
                  "From: ann@acme.example\nSubject: Re: x\nMIME-Version: 1.0\nContent-Type: text/plain; "
                  "charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s",
                  text)
            : g_strdup_printf(
                  "From: ann@acme.example\nSubject: Re: x\nMIME-Version: 1.0\nContent-Type: text/html; "
                  "charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s",
                  html);
    struct mail *parsed = mail_of(mail);
    if (strcmp(parsed->message->reply, wanted) != 0)
        fail_msg("%s: the answer is \"%s\"", what, parsed->message->reply);
    mail_free(&parsed);
}

static void of_an_answer_to_our_note_only_the_new_text_remains(void **state)
{
    (void)state;
    for (int language = 0; language < TK_LANGUAGES; language++) {
        struct tk_composed mail;
        channel->language = (enum tk_language)language;
        g_autofree char *text = compose(TK_MAIL_NOTE, &mail);
        struct mail *ours = mail_of(text);
        const char *plain = ours->message->text, *html = ours->message->html;
        g_autofree char *marked = quoted(plain);
        g_autofree char *gmail =
            g_strdup_printf("Thank you, that works.\n\nOn Mon, Mar 2, 2026 at 11:00 AM Support "
                            "Mailbox <\nsupport@acme.example> wrote:\n\n%s",
                            marked);
        expect_answer("gmail", gmail, NULL);
        g_autofree char *bare = g_strdup_printf("Thank you, that works.\n\n%s", plain);
        expect_answer("a client without marks", bare, NULL);
        g_autofree char *outlook = g_strdup_printf(
            "Thank you, that works.\n\n-----Original Message-----\nFrom: Support Mailbox "
            "<support@acme.example>\nSent: Monday, March 2, 2026 11:00 AM\nTo: ann@acme.example\n"
            "Subject: [INC-42] Printer is broken\n\n%s",
            plain);
        expect_answer("outlook", outlook, NULL);
        g_autofree char *web = g_strdup_printf("<div dir=\"ltr\">Thank you, that works.</div><br><div "
                                               "class=\"gmail_quote\"><div class=\"gmail_attr\">On "
                                               "Mon, Mar 2, 2026 Support &lt;support@acme.example&gt; "
                                               "wrote:<br></div><blockquote class=\"gmail_quote\">"
                                               "%s</blockquote></div>",
                                               html);
        expect_answer("gmail html", "", web);
        g_autofree char *inside = g_strdup_printf("<p>Thank you, that works.</p>%s", html);
        expect_answer("html without marks", "", inside);
        mail_free(&ours);
        tk_composed_clear(&mail);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_note_goes_out_with_all_that_leads_its_answer_home, start),
        cmocka_unit_test_setup(a_confirmation_says_the_number_and_nothing_of_the_sender, start),
        cmocka_unit_test_setup(a_status_is_told_in_the_language_of_the_channel, start),
        cmocka_unit_test_setup(an_own_text_takes_the_place_of_the_built_in_one, start),
        cmocka_unit_test_setup(the_message_id_is_the_same_at_every_attempt, start),
        cmocka_unit_test_setup(a_domain_that_takes_no_detail_gets_the_plain_address, start),
        cmocka_unit_test_setup(files_go_along_or_are_named, start),
        cmocka_unit_test_setup(nobody_is_written_to_who_cannot_or_should_not_be, start),
        cmocka_unit_test_setup(o1_no_value_adds_a_header_a_recipient_or_a_line, start),
        cmocka_unit_test_setup(a_subject_is_shown_as_it_was_written, start),
        cmocka_unit_test_setup(the_text_is_utf8_whatever_its_letters, start),
        cmocka_unit_test_setup(the_check_of_the_header_bites, start),
        cmocka_unit_test_setup(of_an_answer_to_our_note_only_the_new_text_remains, start),
    };
    g_mime_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
