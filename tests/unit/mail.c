/* Mails for the unit tests of classify and bounce. */
#include "tests/unit/mail.h"

#include <string.h>

static void free_header(gpointer data)
{
    struct tk_header *header = data;
    g_free(header->name);
    g_free(header->value);
    g_free(header->raw);
    g_free(header);
}

static void free_mailbox(gpointer data)
{
    struct tk_mailbox *mailbox = data;
    g_free(mailbox->name);
    g_free(mailbox->address);
    g_free(mailbox);
}

static void free_part(gpointer data)
{
    struct tk_report_part *part = data;
    g_free(part->content_type);
    g_free(part->text);
    g_free(part);
}

/* "Ann <ann@example.org>" or "ann@example.org"; NULL where there is no address. */
static struct tk_mailbox *mailbox_new(const char *value)
{
    const char *left = strrchr(value, '<');
    g_autofree char *address = left != NULL ? g_strndup(left + 1, strcspn(left + 1, ">")) : g_strdup(value);
    if (strchr(address, '@') == NULL)
        return NULL;
    struct tk_mailbox *mailbox = g_new0(struct tk_mailbox, 1);
    mailbox->name = left != NULL ? g_strndup(value, (gsize)(left - value)) : g_strdup("");
    mailbox->address = g_steal_pointer(&address);
    return mailbox;
}

static char *bare_id(const char *value)
{
    value += strspn(value, "<");
    return g_strndup(value, strcspn(value, ">"));
}

static void add_header(struct tk_message *message, const char *name, const char *value)
{
    struct tk_header *header = g_new0(struct tk_header, 1);
    header->name = g_strdup(name);
    header->value = g_strdup(value);
    header->raw = g_strdup(value);
    g_ptr_array_add(message->headers, header);
    if (strcmp(name, "From") == 0)
        message->from = mailbox_new(value);
    else if (strcmp(name, "To") == 0)
        g_ptr_array_add(message->to, mailbox_new(value));
    else if (strcmp(name, "Reply-To") == 0)
        g_ptr_array_add(message->reply_to, mailbox_new(value));
    else if (strcmp(name, "In-Reply-To") == 0)
        g_ptr_array_add(message->in_reply_to, bare_id(value));
    else if (strcmp(name, "Message-ID") == 0)
        message->message_id = bare_id(value);
    else if (strcmp(name, "Subject") == 0) {
        g_free(message->subject);
        message->subject = g_strdup(value);
    } else if (strcmp(name, "Content-Type") == 0 && strstr(value, "report-type=") != NULL) {
        message->report_type = g_strdup(strstr(value, "report-type=") + strlen("report-type="));
    }
}

struct tk_message *test_mail_new(const char *headers, const char *text, const char *part_type,
                                 const char *part)
{
    struct tk_message *message = g_new0(struct tk_message, 1);
    message->headers = g_ptr_array_new_with_free_func(free_header);
    message->to = g_ptr_array_new_with_free_func(free_mailbox);
    message->reply_to = g_ptr_array_new_with_free_func(free_mailbox);
    message->in_reply_to = g_ptr_array_new_with_free_func(g_free);
    message->references = g_ptr_array_new_with_free_func(g_free);
    message->report_parts = g_ptr_array_new_with_free_func(free_part);
    message->subject = g_strdup("");
    message->text = g_strdup(text);
    g_auto(GStrv) lines = g_strsplit(headers, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        char *colon = strchr(*line, ':');
        if (colon == NULL)
            continue;
        *colon = '\0';
        add_header(message, *line, g_strstrip(colon + 1));
    }
    if (part_type != NULL)
        test_mail_add_part(message, part_type, part);
    return message;
}

void test_mail_add_part(struct tk_message *message, const char *type, const char *text)
{
    struct tk_report_part *part = g_new0(struct tk_report_part, 1);
    part->content_type = g_strdup(type);
    part->text = g_strdup(text);
    g_ptr_array_add(message->report_parts, part);
}

void test_mail_free(struct tk_message *message)
{
    g_ptr_array_unref(message->headers);
    g_ptr_array_unref(message->to);
    g_ptr_array_unref(message->reply_to);
    g_ptr_array_unref(message->in_reply_to);
    g_ptr_array_unref(message->references);
    g_ptr_array_unref(message->report_parts);
    if (message->from != NULL)
        free_mailbox(message->from);
    g_free(message->subject);
    g_free(message->message_id);
    g_free(message->text);
    g_free(message->report_type);
    g_free(message);
}
