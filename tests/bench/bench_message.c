/* bench_message: how fast mails are read, without a process start, beside GMime alone.
 *
 *   bench_message [SECONDS]         for each kind and reader; default: 1
 *   bench_message ours|gmime COUNT  reads the smallest kind COUNT times and prints nothing, for a count of
 * instructions
 *
 * What is measured is the work of `ticketctl inspect`: limits, message, the hashes of the attachments,
 * classify. GMime parses the same bytes and decodes every part. Prints a line a kind: kind, bytes of one
 * mail, mails a second of ours, mails a second of GMime. What is counted is message, classify and decide.
 * Exit 1 where a mail was not read as what it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gmime/gmime.h>

#include "rules/classify/classify.h"
#include "rules/decide/decide.h"
#include "rules/message/message.h"
#include "tests/unit/sample.h"

#define ATTACHMENT_BYTES (1024 * 1024)
#define BASE64_LINE      76
#define BATCH            16 /* mails between two looks at the clock */

static void add_header(GString *mail, const char *content_type)
{
    g_string_append_printf(mail,
                           "Return-Path: <ann@acme.example>\r\n"
                           "Received: from client.acme.example (client.acme.example [192.0.2.7])\r\n"
                           "\tby mx.example.net (Postfix) with ESMTPS id 4f1YbX2k\r\n"
                           "\tfor <support@acme.example>; Mon, 2 Mar 2026 10:00:01 +0000\r\n"
                           "From: Ann Example <ann@acme.example>\r\n"
                           "To: =?utf-8?q?St=C3=B6rungsstelle?= <support@acme.example>\r\n"
                           "Subject: =?utf-8?q?Drucker_im_3=2E_Stock_druckt_nur_wei=C3=9F?=\r\n"
                           "Date: Mon, 2 Mar 2026 10:00:00 +0000\r\n"
                           "Message-ID: <20260302100000.17@acme.example>\r\n"
                           "MIME-Version: 1.0\r\n"
                           "Content-Type: %s\r\n",
                           content_type);
}

static void add_sentences(GString *mail, gsize size, const char *before, const char *after)
{
    const gsize end = mail->len + size;
    for (guint i = 1; mail->len < end; i++)
        g_string_append_printf(
            mail, "%sSince yesterday morning printer %u on floor 3 prints white sheets only.%s\r\n", before,
            i, after);
}

static void add_answer(GString *mail)
{
    g_string_append(mail, "Best regards\r\n-- \r\nAnn Example\r\nAcme, floor 3\r\n\r\n"
                          "On Mon, 2 Mar 2026 at 09:00, Support <support@acme.example> wrote:\r\n");
    add_sentences(mail, 1024, "> ", "");
}

/* 4 KB of text, with a signature and a quotation. */
static GString *make_plain(void)
{
    GString *mail = g_string_new(NULL);
    add_header(mail, "text/plain; charset=utf-8");
    g_string_append(mail, "\r\nHello,\r\n\r\n");
    add_sentences(mail, 2200, "", "");
    add_answer(mail);
    return mail;
}

static void add_alternative(GString *mail)
{
    g_string_append(mail, "--a1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n");
    add_sentences(mail, 2200, "", "");
    add_answer(mail);
    g_string_append(mail, "--a1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
                          "<html><head><style>p { margin: 0 }</style></head><body>\r\n");
    add_sentences(mail, 25 * 1024, "<p class=\"MsoNormal\"><span style=\"font-size:11.0pt;color:#1F497D\">",
                  "<br></span></p>");
    g_string_append(mail, "</body></html>\r\n--a1--\r\n");
}

/* Text and html, as the usual mail programs send them. */
static GString *make_alternative(void)
{
    GString *mail = g_string_new(NULL);
    add_header(mail, "multipart/alternative; boundary=a1");
    g_string_append(mail, "\r\n");
    add_alternative(mail);
    return mail;
}

/* The same with an attachment of 1 MiB. */
static GString *make_attachment(void)
{
    GString *mail = g_string_new(NULL);
    g_autofree guchar *bytes = g_malloc(ATTACHMENT_BYTES);
    for (gsize i = 0; i < ATTACHMENT_BYTES; i++)
        bytes[i] = (guchar)(i * 2654435761U >> 11);
    g_autofree char *text = g_base64_encode(bytes, ATTACHMENT_BYTES);
    const gsize length = strlen(text);
    add_header(mail, "multipart/mixed; boundary=m1");
    g_string_append(mail, "\r\n--m1\r\nContent-Type: multipart/alternative; boundary=a1\r\n\r\n");
    add_alternative(mail);
    g_string_append(mail, "--m1\r\nContent-Type: application/pdf; name=scan.pdf\r\n"
                          "Content-Disposition: attachment; filename=scan.pdf\r\n"
                          "Content-Transfer-Encoding: base64\r\n\r\n");
    for (gsize i = 0; i < length; i += BASE64_LINE) {
        g_string_append_len(mail, text + i, (gssize)MIN(length - i, BASE64_LINE));
        g_string_append(mail, "\r\n");
    }
    g_string_append(mail, "--m1--\r\n");
    return mail;
}

/* One mail, as inspect reads it. FALSE where it is not read as what it is. */
static gboolean read_ours(const GString *mail, guint attachments)
{
    const struct tk_source source = tk_source_memory((const guint8 *)mail->str, mail->len);
    struct tk_limits *limits = tk_limits_new();
    struct tk_limits_outcome outcome;
    struct tk_classification kind;
    tk_limits_push(limits, source.bytes, mail->len);
    tk_limits_finish(limits, &outcome);
    tk_limits_free(&limits);
    struct tk_message *message = tk_message_parse(&source, &outcome);
    const gboolean hashed = tk_message_hash_attachments(message) == TK_OK;
    tk_classify(message, &(struct tk_classify_context){.max_received = 50}, &kind);
    const gboolean good = hashed && kind.class == TK_CLASS_HUMAN &&
                          message->attachments->len == attachments && message->reply != NULL &&
                          message->quoted != NULL && *message->quoted != '\0';
    tk_classify_clear(&kind);
    tk_message_free(&message);
    return good;
}

/* One mail from bytes to verdict; its limits were looked at while it came. FALSE where it is no ticket. */
static gboolean decide_ours(const GString *mail, const struct tk_limits_outcome *limits,
                            const struct tk_channel *channel)
{
    const struct tk_source source = tk_source_memory((const guint8 *)mail->str, mail->len);
    struct tk_classification kind;
    struct tk_decision decision;
    struct tk_message *message = tk_message_parse(&source, limits);
    tk_classify(message, &(struct tk_classify_context){.mail_from = "ann@acme.example", .max_received = 50},
                &kind);
    const struct tk_decide_input input = {
        .channel = channel, .message = message, .classification = &kind, .mail_from = "ann@acme.example"};
    tk_decide(&input, &decision);
    const gboolean good = decision.verdict == TK_VERDICT_TICKET;
    tk_decide_clear(&decision);
    tk_classify_clear(&kind);
    tk_message_free(&message);
    return good;
}

/* What GMime has for a reader of a part: a text in UTF-8, the bytes of anything else. */
static void decode_part(GMimeObject *parent, GMimeObject *part, gpointer sink)
{
    (void)parent;
    if (GMIME_IS_TEXT_PART(part)) {
        g_free(g_mime_text_part_get_text(GMIME_TEXT_PART(part)));
    } else if (GMIME_IS_PART(part)) {
        GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(part));
        if (content != NULL)
            g_mime_data_wrapper_write_to_stream(content, sink);
    }
}

static void decode_addresses(GMimeMessage *message, GMimeAddressType type)
{
    InternetAddressList *list = g_mime_message_get_addresses(message, type);
    if (list != NULL)
        g_free(internet_address_list_to_string(list, NULL, FALSE));
}

/* The header fields that every reader of mail wants, in UTF-8, as our message has them. FALSE where one is
 * not there. */
static gboolean decode_header(GMimeMessage *message)
{
    decode_addresses(message, GMIME_ADDRESS_TYPE_FROM);
    decode_addresses(message, GMIME_ADDRESS_TYPE_TO);
    return g_mime_message_get_subject(message) != NULL && g_mime_message_get_date(message) != NULL &&
           g_mime_message_get_message_id(message) != NULL;
}

static gboolean read_gmime(const GString *mail, guint attachments)
{
    (void)attachments;
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(mail->str, mail->len);
    GMimeStream *sink = g_mime_stream_null_new();
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    const gboolean good = message != NULL && decode_header(message);
    if (good) {
        GMimeObject *top = g_mime_message_get_mime_part(message);
        decode_part(NULL, top, sink);
        if (GMIME_IS_MULTIPART(top))
            g_mime_multipart_foreach(GMIME_MULTIPART(top), decode_part, sink);
        g_object_unref(message);
    }
    g_object_unref(parser);
    g_object_unref(sink);
    g_object_unref(stream);
    return good;
}

/* Mails a second; 0 where one was not read as what it is. */
static double rate(gboolean (*reader)(const GString *, guint), const GString *mail, guint attachments,
                   double seconds)
{
    guint count = 0;
    const gint64 begin = g_get_monotonic_time();
    gint64 now = begin;
    while ((double)(now - begin) < seconds * G_USEC_PER_SEC) {
        for (guint i = 0; i < BATCH; i++)
            if (!reader(mail, attachments))
                return 0;
        count += BATCH;
        now = g_get_monotonic_time();
    }
    return count * (double)G_USEC_PER_SEC / (double)(now - begin);
}

/* Reads one mail COUNT times; WHO is ours or gmime. FALSE: it was not read as what it is. */
static gboolean read_often(const char *who, guint count)
{
    GString *mail = make_plain();
    struct tk_limits *limits = tk_limits_new();
    struct tk_limits_outcome outcome;
    const struct tk_channel *channel = sample_channel();
    gboolean good = TRUE;
    tk_limits_push(limits, (const guint8 *)mail->str, mail->len);
    tk_limits_finish(limits, &outcome);
    tk_limits_free(&limits);
    for (guint i = 0; i < count && good; i++)
        good = strcmp(who, "gmime") == 0 ? read_gmime(mail, 0) : decide_ours(mail, &outcome, channel);
    g_string_free(mail, TRUE);
    return good;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        GString *(*make)(void);
        guint attachments;
    } kinds[] = {
        {"text, 4 KB", make_plain, 0},
        {"text and html, 30 KB", make_alternative, 0},
        {"a 1 MiB attachment", make_attachment, 1},
    };
    const double seconds = argc > 1 ? CLAMP(atof(argv[1]), 0.01, 60) : 1;
    g_mime_init();
    if (argc == 3)
        return read_often(argv[1], (guint)atoi(argv[2])) ? 0 : 1;
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        GString *mail = kinds[i].make();
        const double ours = rate(read_ours, mail, kinds[i].attachments, seconds);
        const double gmime = rate(read_gmime, mail, kinds[i].attachments, seconds);
        if (ours <= 0 || gmime <= 0) {
            fprintf(stderr, "bench_message: %s: not read as what it is\n", kinds[i].name);
            return 1;
        }
        printf("%s\t%zu\t%.1f\t%.1f\n", kinds[i].name, mail->len, ours, gmime);
        g_string_free(mail, TRUE);
    }
    g_mime_shutdown();
    return 0;
}
