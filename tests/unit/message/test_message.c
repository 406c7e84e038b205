/* Tests of message: the texts and attachments of whole mails. */
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

/* ---- texts ---- */

#define ALTERNATIVE(plain, html)                                                                             \
    "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n" plain                                       \
    "\n--b\nContent-Type: text/html\n\n" html "\n--b--\n"

static void chooses_the_text(void **state)
{
    static const struct {
        const char *mail, *text;
        enum tk_text_from from;
    } cases[] = {
        {"X: y\n\nbody", "body", TK_TEXT_PLAIN},
        {"X: y\r\n\r\na\r\nb\rc", "a\nb\nc", TK_TEXT_PLAIN},
        {"no header at all", "no header at all", TK_TEXT_PLAIN},
        {"", "", TK_TEXT_PLAIN},
        {"Content-Type: text/html\n\n<p>Hi <b>you</b></p>", "Hi you", TK_TEXT_HTML},
        {ALTERNATIVE("plain words", "<p>html words</p>"), "plain words", TK_TEXT_PLAIN},
        {ALTERNATIVE("  ", "<p>html words</p>"), "html words", TK_TEXT_HTML},
        {ALTERNATIVE("No html here.",
                     "<p>A long text that says much more than the other version does, with many "
                     "words in it so that nobody would call the other one a version of it.</p>"),
         "A long text that says much more than the other version does, with many words in it so that nobody "
         "would "
         "call the other one a version of it.",
         TK_TEXT_HTML},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: "
         "image/png\n\nx\n--b\n\ntwo\n--b--\n",
         "one\ntwo", TK_TEXT_PLAIN},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nThe printer is on fire\n--b\nContent-Type: "
         "text/html\n\n"
         "<p>The printer is on fire</p>\n--b--\n",
         "The printer is on fire", TK_TEXT_PLAIN},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n" ALTERNATIVE(
             "first", "<i>first</i>") "\n--b\n\nfooter\n--b--\n",
         "first\nfooter", TK_TEXT_PLAIN},
        {"Content-Type: text/plain; format=flowed\n\none \ntwo\n> quoted \n> more\n-- \nAnn\n",
         "one two\n> quoted more\n-- \nAnn\n", TK_TEXT_PLAIN},
        {"Content-Type: text/plain; format=flowed; delsp=yes\n\non \ne\n", "one\n", TK_TEXT_PLAIN},
        {"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: "
         "quoted-printable\n\ncaf=E9=\n!\n",
         "caf\303\251!\n", TK_TEXT_PLAIN},
        {"Content-Transfer-Encoding: base64\n\nYQ==\nYg==\n", "ab", TK_TEXT_PLAIN},
        {"Content-Type: text/html\n\n<meta charset=\"iso-8859-2\"><p>\xb9</p>", "\305\241", TK_TEXT_HTML},
        {"Content-Type: multipart/mixed\n\n--x\nContent-Type: text/plain\n\nfound\n--x--\n", "found",
         TK_TEXT_PLAIN},
        {"Content-Type: multipart/mixed; boundary=y\n\n--x\nContent-Type: text/plain\n\nfound\n--x--\n",
         "found", TK_TEXT_PLAIN},
        {"Content-Type: multipart/mixed\n\njust text\n", "just text\n", TK_TEXT_PLAIN},
        {"Content-Type: multipart/mixed; boundary=b\n--b\nContent-Type: text/plain\n\nno empty line\n--b--\n",
         "no empty line", TK_TEXT_PLAIN},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nnever closed\n", "never closed\n",
         TK_TEXT_PLAIN},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct mail *mail = mail_of(cases[i].mail);
        struct mail *likewise = mail_by_keeper(cases[i].mail, FALSE);

        assert_string_equal(mail->message->text, cases[i].text);
        assert_int_equal(mail->message->text_from, cases[i].from);
        assert_string_equal(likewise->message->text, cases[i].text);
        mail_free(&mail);
        mail_free(&likewise);
    }
}

static void keeps_html_as_it_came_as_text_and_as_a_safe_copy(void **state)
{
    struct mail *mail = mail_of("Content-Type: text/html\n\n<p onclick=x>Hi</p><script>y</script>");

    (void)state;
    assert_string_equal(mail->message->html, "<p onclick=x>Hi</p><script>y</script>");
    assert_string_equal(mail->message->html_text, "Hi");
    assert_null(strstr(mail->message->html_safe, "onclick"));
    assert_null(strstr(mail->message->html_safe, "script"));
    mail_free(&mail);
    mail = mail_of("X: y\n\nbody");
    assert_null(mail->message->html);
    assert_null(mail->message->html_text);
    assert_null(mail->message->html_safe);
    mail_free(&mail);
}

static void splits_the_reply_off(void **state)
{
    struct mail *mail = mail_of("X: y\n\nNew words.\n\nOn Mon, Ann <a@b.example> wrote:\n> old words\n");

    (void)state;
    assert_string_equal(mail->message->reply, "New words.");
    assert_non_null(strstr(mail->message->quoted, "old words"));
    mail_free(&mail);
}

static void cuts_a_huge_text_and_keeps_it_as_a_file(void **state)
{
    g_autoptr(GString) text = g_string_new("X: y\n\n");
    struct mail *mail;

    (void)state;
    while (text->len < 3 * 1024 * 1024)
        g_string_append(text, "0123456789 0123456789 0123456789\n");
    mail = mail_of(text->str);
    assert_int_equal(strlen(mail->message->text), 1024 * 1024);
    assert_true(tk_message_has_flag(mail->message, "text_cut"));
    assert_int_equal(mail->message->attachments->len, 1);
    assert_int_equal(((struct tk_attachment *)g_ptr_array_index(mail->message->attachments, 0))->size,
                     text->len - strlen("X: y\n\n"));
    mail_free(&mail);
}

/* ---- flags ---- */

static void flags_what_was_repaired(void **state)
{
    struct mail *mail = mail_of("Content-Type: text/plain; charset=utf-8\n\ncaf\xe9");

    (void)state;
    assert_true(tk_message_has_flag(mail->message, "charset_repaired"));
    assert_false(tk_message_has_flag(mail->message, "nul_removed"));
    mail_free(&mail);
    mail = mail_of("X: y\n\nbody");
    assert_int_equal(mail->message->flags->len, 0);
    mail_free(&mail);
}

/* ---- attachments ---- */

static const struct tk_attachment *attachment(const struct mail *mail, guint index)
{
    assert_true(index < mail->message->attachments->len);
    return g_ptr_array_index(mail->message->attachments, index);
}

static enum tk_status append_to(void *context, const guint8 *data, gsize len)
{
    g_string_append_len(context, (const char *)data, (gssize)len);
    return TK_OK;
}

static void assert_content(const struct mail *mail, guint index, const char *content)
{
    const struct tk_attachment *file = attachment(mail, index);
    g_autoptr(GString) bytes = g_string_new(NULL);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, content, -1);
    g_autofree char *hex = tk_hash_hex(file->sha256);

    assert_int_equal(tk_message_attachment_stream(mail->message, file, append_to, bytes), TK_OK);
    assert_string_equal(bytes->str, content);
    assert_int_equal(file->size, strlen(content));
    assert_string_equal(hex, sum);
}

static void keeps_attachments_with_their_bytes(void **state)
{
    struct mail *mail = mail_of("Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\n"
                                "Content-Type: application/pdf; name=\"../a.pdf\"\n"
                                "Content-Transfer-Encoding: base64\n\nJVBE\nRi0xLjQ=\n--b\n"
                                "Content-Disposition: attachment; filename=n.txt\n\nline\n\n--b\n"
                                "Content-Type: application/octet-stream; name=e\n\n--b--\n");

    (void)state;
    assert_string_equal(mail->message->text, "text");
    assert_int_equal(mail->message->attachments->len, 3);
    assert_string_equal(attachment(mail, 0)->filename, "a.pdf");
    assert_string_equal(attachment(mail, 0)->content_type, "application/pdf");
    assert_content(mail, 0, "%PDF-1.4");
    assert_string_equal(attachment(mail, 1)->filename, "n.txt");
    assert_content(mail, 1, "line\n");
    assert_content(mail, 2, "");
    mail_free(&mail);
}

static void keeps_a_forwarded_mail_named_by_its_subject(void **state)
{
    struct mail *mail =
        mail_of("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n--b\n"
                "Content-Type: message/rfc822\n\nSubject: Re: a/b\n"
                "Content-Type: multipart/mixed; boundary=c\n\n--c\n\ninner\n--c--\n\n--b\n\ntail\n--b--\n");

    (void)state;
    assert_string_equal(mail->message->text, "see below\ntail");
    assert_int_equal(mail->message->attachments->len, 1);
    assert_string_equal(attachment(mail, 0)->filename, "Re_ a_b.eml");
    assert_content(mail, 0,
                   "Subject: Re: a/b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\ninner\n--c--\n");
    mail_free(&mail);
    mail = mail_of(
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KDQp5\r\n");
    assert_string_equal(attachment(mail, 0)->filename, "x.eml");
    assert_content(mail, 0, "Subject: x\r\n\r\ny");
    mail_free(&mail);
}

static void ties_inline_images_to_their_content_id(void **state)
{
    struct mail *mail = mail_of(
        "Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n"
        "<img src=\"cid:one@x\">\n--b\nContent-Type: image/png; name=a.png\nContent-ID: <one@x>\n\n1\n"
        "--b\nContent-Type: image/png; name=b.png\nContent-ID: <two@x>\n\n2\n--b--\n");

    (void)state;
    assert_true(attachment(mail, 0)->is_inline);
    assert_string_equal(attachment(mail, 0)->content_id, "one@x");
    assert_false(attachment(mail, 1)->is_inline);
    mail_free(&mail);
}

#define RELATED(html, more)                                                                                  \
    "Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n" html                   \
    "\n--b\nContent-Type: image/png; name=a.png\nContent-ID: <one+1@x>\n\n1\n" more "--b--\n"

static void the_html_shows_no_image_but_the_attachments(void **state)
{
    static const struct {
        const char *mail, *html;
        gboolean is_inline;
    } rows[] = {
        {RELATED("<img src=cid:one+1@x alt=A>", ""), "<img src=\"cid:one+1@x\" alt=\"A\">", TRUE},
        {RELATED("<img src='CID:one%2B1%40x'>", ""), "<img src=\"CID:one%2B1%40x\">", TRUE},
        {RELATED("<p style='background:url(cid:one+1@x)'>a</p>", ""), "<p>a</p>", TRUE},
        {RELATED("<p style='background:url(&quot;cid:one+1@x&quot;)'>a</p>", ""), "<p>a</p>", TRUE},
        {RELATED("<img src=cid:one+1@x.y alt='&lt;A'>b", ""), "[&lt;A]b", FALSE},
        {RELATED("<img src=cid:two@x>b", ""), "b", FALSE},
        {RELATED("<img src=cid:%00one+1@x>b", ""), "b", FALSE},
        {RELATED("<img src=cid:>b", ""), "b", FALSE},
        {"Content-Type: text/html\n\n<img src=cid:one@x alt=A><img src=cid:two@x>", "[A]", FALSE},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct mail *mail = mail_of(rows[i].mail);

        assert_string_equal(g_strstrip(mail->message->html_safe), rows[i].html);
        if (mail->message->attachments->len > 0)
            assert_int_equal(attachment(mail, 0)->is_inline, rows[i].is_inline);
        mail_free(&mail);
    }
}

static void a_name_or_type_of_a_part_that_is_none_is_not_taken(void **state)
{
    static const struct {
        const char *id, *type, *stored_id, *stored_type;
    } rows[] = {
        {"<a.b_c$1@x>", "application/vnd.x-y+zip", "a.b_c$1@x", "application/vnd.x-y+zip"},
        {"a@x", "Application/X-Y; q=1", "a@x", "application/x-y"},
        {"<../../x>", "text/<script>", NULL, "application/octet-stream"},
        {"<javascript:alert(1)>", "text/pl\"ain", NULL, "application/octet-stream"},
        {"<a\"b>", "x/y/z", NULL, "application/octet-stream"},
        {"<a%2fb>", "application/x'y", NULL, "application/octet-stream"},
        {"<a\\b>", "-a/b", NULL, "application/octet-stream"},
        {"<a\303\244@x>", "application/\303\244", NULL, "application/octet-stream"},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf("Content-Type: multipart/mixed; boundary=b\n\n--b\n\na\n--b\n"
                                                "Content-ID: %s\nContent-Type: %s\n"
                                                "Content-Disposition: attachment; filename=f\n\n1\n--b--\n",
                                                rows[i].id, rows[i].type);
        struct mail *mail = mail_of(text);

        assert_int_equal(mail->message->attachments->len, 1);
        if (g_strcmp0(attachment(mail, 0)->content_id, rows[i].stored_id) != 0)
            fail_msg("%s became %s", rows[i].id, attachment(mail, 0)->content_id);
        assert_string_equal(attachment(mail, 0)->content_type, rows[i].stored_type);
        mail_free(&mail);
    }
}

static void takes_uuencoded_files_out_of_the_text(void **state)
{
    struct mail *mail = mail_of("X: y\n\nbefore\nbegin 644 a.txt\n#0V%T\n`\nend\nafter\n");

    (void)state;
    assert_string_equal(mail->message->text, "before\nafter\n");
    assert_string_equal(attachment(mail, 0)->filename, "a.txt");
    assert_content(mail, 0, "Cat");
    mail_free(&mail);
    mail = mail_of(
        "Content-Type: image/gif; name=a.gif\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 c.gif\n"
        "#0V%T\n`\nend\n");
    assert_int_equal(mail->message->attachments->len, 1);
    assert_string_equal(attachment(mail, 0)->filename, "c.gif");
    assert_content(mail, 0, "Cat");
    mail_free(&mail);
}

static void reads_the_method_of_a_calendar(void **state)
{
    struct mail *mail = mail_of("Content-Type: text/calendar; method=reply\n\nBEGIN:VCALENDAR\n");

    (void)state;
    assert_string_equal(mail->message->calendar_method, "REPLY");
    assert_string_equal(attachment(mail, 0)->filename, "invite.ics");
    mail_free(&mail);
    mail = mail_of("Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n");
    assert_string_equal(mail->message->calendar_method, "REQUEST");
    mail_free(&mail);
}

static void keeps_what_delivery_reports_are_read_from(void **state)
{
    struct mail *mail = mail_of(
        "Content-Type: multipart/report; report-type=Delivery-Status; boundary=b\n\n--b\n\nsorry\n--b\n"
        "Content-Type: message/delivery-status\n\nStatus: 5.1.1\n\n--b\n"
        "Content-Type: message/rfc822\n\nMessage-ID: <o@x>\n\nbody\n--b--\n");
    const struct tk_report_part *part;

    (void)state;
    assert_string_equal(mail->message->report_type, "delivery-status");
    assert_int_equal(mail->message->report_parts->len, 2);
    part = g_ptr_array_index(mail->message->report_parts, 0);
    assert_string_equal(part->text, "Status: 5.1.1\n");
    part = g_ptr_array_index(mail->message->report_parts, 1);
    assert_string_equal(part->content_type, "message/rfc822");
    assert_string_equal(part->text, "Message-ID: <o@x>\n");
    mail_free(&mail);
}

/* ---- levels ---- */

static void reads_the_first_text_at_level_headers(void **state)
{
    g_autoptr(GString) text = g_string_new("From: ann@example.org\nSubject: x\nTo: g:g:g:;\n"
                                           "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
                                           "Content-Type: multipart/alternative; boundary=c\n\n--c\n"
                                           "Content-Transfer-Encoding: base64\n\nSGVsbG8=\n--c--\n--b--\n");
    struct mail *mail = mail_of(text->str);

    (void)state;
    assert_int_equal(mail->message->level, TK_LEVEL_HEADERS);
    assert_string_equal(mail->message->from->address, "ann@example.org");
    assert_string_equal(mail->message->subject, "x");
    assert_string_equal(mail->message->text, "Hello");
    assert_int_equal(mail->message->attachments->len, 0);
    assert_true(tk_message_has_flag(mail->message, "parts_left_out"));
    mail_free(&mail);
}

static void shows_the_raw_body_at_level_raw(void **state)
{
    g_autoptr(GString) text = g_string_new("Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n");
    struct mail *mail;

    (void)state;
    for (guint i = 0; i <= TK_CAP_PARTS; i++)
        g_string_append(text, "--b\n\nx\n");
    mail = mail_of(text->str);
    assert_int_equal(mail->message->level, TK_LEVEL_RAW);
    assert_int_equal(mail->message->text_from, TK_TEXT_RAW);
    assert_string_equal(mail->message->subject, "x");
    assert_true(g_str_has_prefix(mail->message->text, "--b\n\nx\n"));
    mail_free(&mail);
}

static gint64 fake_now, fake_step;

static gint64 fake_clock(void)
{
    return fake_now += fake_step;
}

/* The mail of three parts, each of which takes STEP microseconds of processor time. */
static void check_time(gint64 step, enum tk_level level, guint attachments)
{
    static const char text[] = "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n--b\n"
                               "Content-Type: application/pdf; name=a.pdf\n\nx\n--b\n"
                               "Content-Type: text/calendar; method=REQUEST\n\nx\n--b--\n";
    struct tk_source source = tk_source_memory((const guint8 *)text, strlen(text));
    struct tk_limits *limits = tk_limits_new();
    struct tk_limits_outcome outcome;

    tk_limits_push(limits, source.bytes, source.size);
    tk_limits_finish(limits, &outcome);
    tk_limits_free(&limits);
    fake_step = step;
    struct tk_message *message = tk_message_parse_timed(&source, &outcome, fake_clock);
    assert_int_equal(message->level, level);
    assert_string_equal(message->subject, "x");
    assert_int_equal(message->attachments->len, attachments);
    assert_int_equal(tk_message_has_flag(message, "cpu_time"), level == TK_LEVEL_RAW);
    assert_true((message->calendar_method != NULL) == (level == TK_LEVEL_FULL));
    assert_non_null(strstr(message->text, "first"));
    assert_int_equal(tk_message_hash_attachments(message), TK_OK);
    tk_message_free(&message);
}

/* The time is out when the clock is asked this often. */
static guint asks_left;

static gint64 sudden_clock(void)
{
    if (asks_left > 0)
        asks_left--;
    return asks_left > 0 ? 0 : TK_MESSAGE_CPU_MAX + 1;
}

static void assert_same(const struct tk_message *one, const struct tk_message *other)
{
    assert_int_equal(one->level, other->level);
    assert_string_equal(one->text, other->text);
    assert_int_equal(one->text_from, other->text_from);
    assert_string_equal(one->reply, other->reply);
    assert_string_equal(one->quoted, other->quoted);
    assert_string_equal(one->signature, other->signature);
    assert_null(one->html);
    assert_int_equal(one->attachments->len, other->attachments->len);
    assert_int_equal(one->report_parts->len, other->report_parts->len);
    assert_int_equal(one->flags->len, other->flags->len);
    for (guint i = 0; i < one->flags->len; i++)
        assert_true(tk_message_has_flag(other, g_ptr_array_index(one->flags, i)));
}

/* So that what a sender's next attempt gives does not depend on how busy the machine was. */
static void the_raw_mail_is_the_same_wherever_the_time_runs_out(void **state)
{
    g_autoptr(GString) text = g_string_new("Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
                                           "Content-Type: multipart/alternative; boundary=c\n\n--c\n\n"
                                           "Yes.\n-- \nAnn\n--c\nContent-Type: text/html\n\n");
    guint asks = 0;
    enum tk_level level = TK_LEVEL_RAW;

    (void)state;
    for (guint i = 0; i < 4000; i++)
        g_string_append(text, "<blockquote><a href='http://a.example/'>a &amp; b</a> <img src=x><br>Yes.\n");
    g_string_append(text, "--c--\n--b\nContent-Type: message/delivery-status\n\nStatus: 5.0.0\n--b--\n");
    struct tk_source source = tk_source_memory((const guint8 *)text->str, text->len);
    struct tk_limits_outcome limits = {.body_offset = strlen("Subject: x\nContent-Type: multipart/mixed; "
                                                             "boundary=b\n\n")};
    struct tk_message *slow = tk_message_parse_slow(&source, &limits);

    assert_int_equal(slow->level, TK_LEVEL_RAW);
    assert_true(tk_message_has_flag(slow, "cpu_time"));
    while (level != TK_LEVEL_FULL) {
        asks_left = ++asks + 1; /* the first one is for the begin */
        struct tk_message *message = tk_message_parse_timed(&source, &limits, sudden_clock);

        level = message->level;
        if (level != TK_LEVEL_FULL)
            assert_same(message, slow);
        else
            assert_false(tk_message_has_flag(message, "cpu_time"));
        tk_message_free(&message);
    }
    assert_true(asks > 20); /* parts, the reading, writing and cutting of html */
    tk_message_free(&slow);
}

static void shows_the_raw_body_where_the_parts_take_too_long(void **state)
{
    (void)state;
    check_time(0, TK_LEVEL_FULL, 2);
    check_time(TK_MESSAGE_CPU_MAX / 100, TK_LEVEL_FULL, 2);
    check_time(TK_MESSAGE_CPU_MAX / 2, TK_LEVEL_RAW, 0);
    check_time(TK_MESSAGE_CPU_MAX + 1, TK_LEVEL_RAW, 0);
}

static void says_later_when_the_keeper_fails(void **state)
{
    struct mail *mail = mail_by_keeper("X: y\n\nbody", TRUE);

    (void)state;
    assert_int_equal(tk_message_hash_attachments(mail->message), TK_LATER);
    mail_free(&mail);
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
        cmocka_unit_test(chooses_the_text),
        cmocka_unit_test(keeps_html_as_it_came_as_text_and_as_a_safe_copy),
        cmocka_unit_test(splits_the_reply_off),
        cmocka_unit_test(cuts_a_huge_text_and_keeps_it_as_a_file),
        cmocka_unit_test(flags_what_was_repaired),
        cmocka_unit_test(keeps_attachments_with_their_bytes),
        cmocka_unit_test(keeps_a_forwarded_mail_named_by_its_subject),
        cmocka_unit_test(ties_inline_images_to_their_content_id),
        cmocka_unit_test(the_html_shows_no_image_but_the_attachments),
        cmocka_unit_test(a_name_or_type_of_a_part_that_is_none_is_not_taken),
        cmocka_unit_test(takes_uuencoded_files_out_of_the_text),
        cmocka_unit_test(reads_the_method_of_a_calendar),
        cmocka_unit_test(keeps_what_delivery_reports_are_read_from),
        cmocka_unit_test(reads_the_first_text_at_level_headers),
        cmocka_unit_test(shows_the_raw_body_at_level_raw),
        cmocka_unit_test(shows_the_raw_body_where_the_parts_take_too_long),
        cmocka_unit_test(the_raw_mail_is_the_same_wherever_the_time_runs_out),
        cmocka_unit_test(says_later_when_the_keeper_fails),
    };

    return cmocka_run_group_tests(tests, init, NULL);
}
