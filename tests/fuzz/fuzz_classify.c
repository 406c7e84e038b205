/* fuzz_classify: no headers, texts or report parts make tk_classify() break its word: a class, evidence of
 * one short line of UTF-8 where it is no person's, and strings of a bounce that are UTF-8.
 *
 * The input is a mail: header lines up to an empty line, then the text; the byte 0x1e begins a report part,
 * the byte after it its type. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/classify/classify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tk_header headers[64];
static struct tk_report_part parts[16];
static struct tk_mailbox from, to;
static char nothing[1];

static void set_header(struct tk_message *message, struct tk_header *header)
{
    g_ptr_array_add(message->headers, header);
    if (g_ascii_strcasecmp(header->name, "From") == 0) {
        from.address = header->value;
        message->from = &from;
    } else if (g_ascii_strcasecmp(header->name, "To") == 0) {
        to.address = header->value;
        g_ptr_array_add(message->to, &to);
    } else if (g_ascii_strcasecmp(header->name, "Subject") == 0) {
        message->subject = header->value;
    } else if (g_ascii_strcasecmp(header->name, "Message-ID") == 0) {
        message->message_id = header->value;
    } else if (g_ascii_strcasecmp(header->name, "In-Reply-To") == 0) {
        g_ptr_array_add(message->in_reply_to, header->value);
    } else if (g_ascii_strcasecmp(header->name, "Report-Type") == 0) {
        message->report_type = header->value;
    }
}

/* Cuts MAIL into MESSAGE, in place. */
static void fill(struct tk_message *message, char *mail)
{
    static char types[][32] = {"message/delivery-status", "message/feedback-report",
                               "message/disposition-notification", "message/rfc822", "text/rfc822-headers"};
    char **sections = g_strsplit(mail, "\x1e", G_N_ELEMENTS(parts));
    gsize count = 0;
    char *line = sections[0] != NULL ? sections[0] : mail;
    while (count < G_N_ELEMENTS(headers) && *line != '\0' && *line != '\n') {
        char *end = line + strcspn(line, "\n");
        char *colon = memchr(line, ':', (gsize)(end - line));
        char *next = end + (*end == '\n');
        *end = '\0';
        if (colon != NULL) {
            *colon = '\0';
            headers[count] = (struct tk_header){line, colon + 1, colon + 1};
            set_header(message, &headers[count++]);
        }
        line = next;
    }
    message->text = line;
    for (gsize i = 1; sections[0] != NULL && sections[i] != NULL; i++) {
        gboolean typed = sections[i][0] != '\0' && (sections[i][0] & 0x80) == 0;
        parts[i] = (struct tk_report_part){types[typed ? (gsize)sections[i][0] % G_N_ELEMENTS(types) : 0],
                                           sections[i] + typed};
        g_ptr_array_add(message->report_parts, &parts[i]);
    }
    message->parsed = sections;
}

static void check_text(const char *text)
{
    if (text != NULL && !g_utf8_validate(text, -1, NULL))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *mail = g_utf8_make_valid((const char *)data, (gssize)size);
    struct tk_message message = {.headers = g_ptr_array_new(),
                                 .to = g_ptr_array_new(),
                                 .reply_to = g_ptr_array_new(),
                                 .in_reply_to = g_ptr_array_new(),
                                 .references = g_ptr_array_new(),
                                 .report_parts = g_ptr_array_new(),
                                 .subject = nothing};
    fill(&message, mail);
    static const struct tk_installation installation = {.name = "b.example"};
    struct tk_classify_context context = {.mail_from = size % 3 == 0   ? NULL
                                                       : size % 3 == 1 ? ""
                                                                       : "a@b.example",
                                          .installation = &installation,
                                          .own_message_id = message.message_id != NULL && size % 5 == 0,
                                          .max_received = 9};
    struct tk_classification got;
    tk_classify(&message, &context, &got);
    check_text(got.evidence);
    check_text(got.bounce.recipient);
    check_text(got.bounce.status);
    check_text(got.bounce.original_message_id);
    if ((got.evidence == NULL) != (got.class == TK_CLASS_HUMAN) ||
        (got.class == TK_CLASS_HUMAN) != (got.strength == TK_STRENGTH_NONE) ||
        (got.evidence != NULL && (strlen(got.evidence) > 200 || strpbrk(got.evidence, "\r\n") != NULL)))
        abort();
    tk_classify_clear(&got);
    g_strfreev(message.parsed);
    GPtrArray *arrays[] = {message.headers,     message.to,         message.reply_to,
                           message.in_reply_to, message.references, message.report_parts};
    for (gsize i = 0; i < G_N_ELEMENTS(arrays); i++)
        g_ptr_array_unref(arrays[i]);
    return 0;
}
