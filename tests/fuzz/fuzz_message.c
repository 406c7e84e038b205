/* Fuzzes message with a whole mail: every string is valid UTF-8, values of one line are one line, and
 * attachments stream the bytes that were hashed. */
#include <gmime/gmime.h>
#include <stdint.h>
#include <string.h>

#include "rules/limits/limits.h"
#include "rules/message/message.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    g_mime_init();
    return 0;
}

static void check_text(const char *text)
{
    g_assert(text == NULL || g_utf8_validate(text, -1, NULL));
}

static void check_line(const char *text)
{
    check_text(text);
    for (; text != NULL && *text != '\0'; text = g_utf8_next_char(text))
        g_assert(!g_unichar_iscntrl(g_utf8_get_char(text)));
}

static void check_mailboxes(const GPtrArray *mailboxes)
{
    for (guint i = 0; i < mailboxes->len; i++) {
        const struct tk_mailbox *mailbox = g_ptr_array_index(mailboxes, i);

        check_line(mailbox->name);
        check_line(mailbox->address);
    }
}

static void check_headers(const struct tk_message *message)
{
    for (guint i = 0; i < message->headers->len; i++) {
        const struct tk_header *header = g_ptr_array_index(message->headers, i);

        check_line(header->name);
        check_line(header->value);
        check_line(header->raw);
    }
    check_line(message->subject);
    check_line(message->message_id);
    check_mailboxes(message->to);
    check_mailboxes(message->cc);
    check_mailboxes(message->reply_to);
    if (message->from != NULL) {
        check_line(message->from->name);
        check_line(message->from->address);
    }
    g_assert(message->from_problem != NULL || message->from != NULL);
}

static enum tk_status count(void *context, const guint8 *data, gsize len)
{
    (void)data;
    *(guint64 *)context += len;
    return TK_OK;
}

static void check_attachments(struct tk_message *message)
{
    g_assert(tk_message_hash_attachments(message) == TK_OK);
    for (guint i = 0; i < message->attachments->len; i++) {
        const struct tk_attachment *attachment = g_ptr_array_index(message->attachments, i);
        guint64 size = 0;

        check_line(attachment->filename);
        check_line(attachment->content_type);
        check_line(attachment->content_id);
        g_assert(*attachment->filename != '\0' && strchr(attachment->filename, '/') == NULL);
        g_assert(tk_message_attachment_stream(message, attachment, count, &size) == TK_OK);
        g_assert(size == attachment->size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct tk_source source = tk_source_memory(bytes, len);
    struct tk_limits *limits = tk_limits_new();
    struct tk_limits_outcome outcome;
    struct tk_message *message;

    tk_limits_push(limits, bytes, len);
    tk_limits_finish(limits, &outcome);
    tk_limits_free(&limits);
    message = tk_message_parse(&source, &outcome);
    check_headers(message);
    check_text(message->text);
    check_text(message->html);
    check_text(message->html_text);
    check_text(message->html_safe);
    check_text(message->reply);
    check_attachments(message);
    for (guint i = 0; i < message->report_parts->len; i++)
        check_text(((struct tk_report_part *)g_ptr_array_index(message->report_parts, i))->text);
    tk_message_free(&message);
    return 0;
}
