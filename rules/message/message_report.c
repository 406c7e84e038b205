/* message_report: the parts of a mail that a delivery report is read from, as text.
 *
 * Cannot fail. */
#include <string.h>

#include "rules/charset/charset.h"
#include "rules/message/message_private.h"

/* As rules/message/message.h promises. */
#define REPORT_PARTS_MAX 16
#define REPORT_TEXT_MAX  (64 * 1024)

static const struct {
    const char *type;
    gboolean header_only; /* a returned mail: its first header block says all that is needed */
} report_types[] = {
    {"message/delivery-status", FALSE},
    {"message/global-delivery-status", FALSE},
    {"message/disposition-notification", FALSE},
    {"message/feedback-report", FALSE},
    {"message/rfc822", TRUE},
    {"message/global", TRUE},
    {"message/global-headers", TRUE},
    {"message/rfc822-headers", TRUE},
    {"message/partial", TRUE},
    {"text/rfc822-headers", TRUE},
};

static void drop_cr(char *text)
{
    char *out = text;

    for (; *text != '\0'; text++) {
        if (*text != '\r')
            *out++ = *text;
    }
    *out = '\0';
}

void tk_message_report_part(struct tk_message *message, const struct tk_part *part)
{
    struct tk_parsed *parsed = tk_message_parsed(message);
    g_autoptr(GByteArray) bytes = NULL;
    struct tk_report_part *report;
    char *text, *body;
    guint i = 0, marks = 0;

    while (i < G_N_ELEMENTS(report_types) && strcmp(part->type, report_types[i].type) != 0)
        i++;
    if (i == G_N_ELEMENTS(report_types) || part->kind == TK_PART_MULTIPART ||
        message->report_parts->len == REPORT_PARTS_MAX)
        return;
    bytes = tk_message_bytes(parsed, part->offset, part->len, part->transfer, REPORT_TEXT_MAX, NULL);
    text = tk_charset_decode_bare(bytes->data, bytes->len, NULL, &marks);
    drop_cr(text);
    body = report_types[i].header_only ? strstr(text, "\n\n") : NULL;
    if (body != NULL)
        body[1] = '\0';
    report = g_new0(struct tk_report_part, 1);
    report->content_type = g_strdup(part->type);
    report->text = text;
    g_ptr_array_add(message->report_parts, report);
}
