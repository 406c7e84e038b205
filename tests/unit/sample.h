/* sample: a channel and a mail made by hand, for tests of the rules that work on values. */
#ifndef TK_TESTS_UNIT_SAMPLE_H
#define TK_TESTS_UNIT_SAMPLE_H

#include <string.h>

#include "rules/classify/classify.h"
#include "rules/conf/conf.h"
#include "rules/message/message.h"

/* Everything lives as long as the process: what is kept is known to a leak checker, which so finds leaks of
 * the code under test alone. Returns POINTER. */
static inline void *sample_keep(void *pointer)
{
    static GPtrArray *kept;
    if (kept == NULL)
        kept = g_ptr_array_new();
    g_ptr_array_add(kept, pointer);
    return pointer;
}

static inline char *sample_text(const char *text)
{
    return sample_keep(g_strdup(text));
}

static inline GPtrArray *sample_list(void)
{
    return sample_keep(g_ptr_array_new());
}

static inline void sample_pair(GPtrArray *list, const char *name, const char *value)
{
    struct tk_pair *pair = sample_keep(g_new0(struct tk_pair, 1));
    pair->name = sample_text(name);
    pair->value = sample_text(value);
    g_ptr_array_add(list, pair);
}

static inline struct tk_field_rule *sample_rule(struct tk_channel *channel, const char *field,
                                                enum tk_field_from from)
{
    struct tk_field_rule *rule = sample_keep(g_new0(struct tk_field_rule, 1));
    rule->field = sample_text(field);
    rule->from = from;
    rule->map = sample_list();
    g_ptr_array_add(channel->fields, rule);
    return rule;
}

/* "a b c" as a list of strings. */
static inline char **sample_words(const char *words)
{
    return sample_keep(*words != '\0' ? g_strsplit(words, " ", -1) : g_new0(char *, 1));
}

/* A published channel acme/support that takes mail from acme.example. */
static inline struct tk_channel *sample_channel(void)
{
    struct tk_channel *channel = sample_keep(g_new0(struct tk_channel, 1));
    channel->tenant = sample_text("acme");
    channel->name = sample_text("support");
    channel->status = TK_PUBLISHED;
    channel->address = sample_text("support.392@tickets.example.net");
    channel->aliases = sample_words("support@acme.example helpdesk@acme.example");
    channel->fail.kind = TK_FOLDER_ALIAS;
    channel->allowed_domains = sample_words("acme.example *.partner.example");
    channel->denied_domains = sample_words("");
    channel->exclude_autoreplies = TRUE;
    channel->autoreply_addresses = sample_words("");
    channel->autoreply_keywords = sample_words("");
    channel->autoreply_allow = sample_words("");
    channel->exclude_headers = sample_list();
    channel->reply_types = sample_words("incident request");
    channel->fields = sample_list();
    channel->attachment_deny_names = sample_words("*.exe *.js");
    struct tk_template *template = sample_keep(g_new0(struct tk_template, 1));
    template->tenant = sample_text("acme");
    template->name = sample_text("incident");
    template->ticket_type = sample_text("incident");
    template->prefix = sample_text("INC");
    template->fields = sample_list();
    channel->template = template;
    return channel;
}

static inline struct tk_mailbox *sample_mailbox(const char *name, const char *address)
{
    struct tk_mailbox *mailbox = sample_keep(g_new0(struct tk_mailbox, 1));
    mailbox->name = sample_text(name);
    mailbox->address = sample_text(address);
    return mailbox;
}

/* A person's mail from Ann at acme.example. */
static inline struct tk_message *sample_message(void)
{
    struct tk_message *message = sample_keep(g_new0(struct tk_message, 1));
    message->headers = sample_list();
    message->from_headers = 1;
    message->from = sample_mailbox("Ann", "Ann@Acme.example");
    message->to = sample_list();
    message->cc = sample_list();
    message->reply_to = sample_list();
    message->subject = sample_text("Printer");
    message->message_id = sample_text("m1@acme.example");
    message->in_reply_to = sample_list();
    message->references = sample_list();
    message->date = 1767225600;
    message->importance = TK_IMPORTANCE_NORMAL;
    message->text = sample_text("It is broken.\n-- \nAnn");
    message->reply = sample_text("It is broken.");
    message->quoted = sample_text("");
    message->signature = sample_text("-- \nAnn");
    message->attachments = sample_list();
    message->flags = sample_list();
    return message;
}

static inline void sample_header(struct tk_message *message, const char *name, const char *value)
{
    struct tk_header *header = sample_keep(g_new0(struct tk_header, 1));
    header->name = sample_text(name);
    header->value = sample_text(value);
    header->raw = sample_text(value);
    g_ptr_array_add(message->headers, header);
}

static inline void sample_attachment(struct tk_message *message, const char *filename, guint64 size,
                                     gboolean is_inline)
{
    struct tk_attachment *attachment = sample_keep(g_new0(struct tk_attachment, 1));
    attachment->filename = sample_text(filename);
    attachment->content_type = sample_text("application/octet-stream");
    attachment->size = size;
    attachment->is_inline = is_inline;
    g_ptr_array_add(message->attachments, attachment);
}

#endif
