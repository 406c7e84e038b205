/* plan: the values of a ticket or a note by the channel's field mapping. */
#include "rules/plan/plan.h"

#include <string.h>

#include "rules/address/address.h"
#include "rules/base/text.h"
#include "rules/content/filename.h"
#include "rules/thread/thread.h"

#define NO_SUBJECT "(no subject)"

static void free_field(gpointer data)
{
    struct tk_plan_field *field = data;
    g_free(field->name);
    g_free(field->value);
    g_free(field);
}

static void notice(struct tk_plan *plan, const char *format, ...) TK_PRINTF(2, 3);

static void notice(struct tk_plan *plan, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(plan->notices, g_strdup_vprintf(format, args));
    va_end(args);
}

static char *mailbox_list(const GPtrArray *mailboxes)
{
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < mailboxes->len; i++) {
        const struct tk_mailbox *mailbox = g_ptr_array_index(mailboxes, i);
        g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", mailbox->address);
    }
    return g_strdup(list->str);
}

static char *date_text(gint64 seconds)
{
    if (seconds == G_MININT64)
        return g_strdup("");
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(seconds);
    return g_date_time_format(date, "%Y-%m-%dT%H:%M:%SZ");
}

static char *subject_text(const struct tk_plan_input *input)
{
    gboolean cut = input->decision->cut_token || input->decision->verdict == TK_VERDICT_NOTE;
    if (!cut || input->conf == NULL)
        return g_strdup(input->message->subject);
    g_autofree const char **prefixes = tk_plan_prefixes(input->conf, input->channel);
    return tk_thread_subject_without_token(input->message->subject, prefixes);
}

static const char *sender_name(const struct tk_mailbox *from)
{
    return *from->name == '\0' && from->comment != NULL ? from->comment : from->name;
}

static const struct tk_mailbox *writer_of(const struct tk_plan_input *input)
{
    return tk_requester_mailbox(&input->requester, input->message);
}

/* The value that the mail has for SOURCE; "" where it has none. Owned by the caller. */
static char *mail_value(const struct tk_plan_input *input, enum tk_field_from source, const char *header_name)
{
    const struct tk_message *message = input->message;
    switch (source) {
    case TK_FROM_NOTHING: return g_strdup("");
    case TK_FROM_SUBJECT: return subject_text(input);
    case TK_FROM_BODY: return g_strdup(message->reply);
    case TK_FROM_TEXT_FULL: return g_strdup(message->text);
    case TK_FROM_SENDER: return tk_address_fold(writer_of(input)->address);
    case TK_FROM_SENDER_NAME: return g_strdup(sender_name(writer_of(input)));
    case TK_FROM_TO: return mailbox_list(message->to);
    case TK_FROM_DATE: return date_text(message->date);
    case TK_FROM_MESSAGE_ID: return g_strdup(message->message_id != NULL ? message->message_id : "");
    case TK_FROM_IMPORTANCE: return g_strdup(tk_message_importance_word(message->importance));
    case TK_FROM_HEADER: {
        const struct tk_header *header = tk_message_header(message, header_name);
        return g_strdup(header != NULL ? header->value : "");
    }
    }
    return g_strdup("");
}

static const struct tk_template_field *template_field(const struct tk_channel *channel, const char *name)
{
    const GPtrArray *fields = channel->template != NULL ? channel->template->fields : NULL;
    for (guint i = 0; fields != NULL && i < fields->len; i++) {
        const struct tk_template_field *field = g_ptr_array_index(fields, i);
        if (strcmp(field->name, name) == 0)
            return field;
    }
    return NULL;
}

/* Takes VALUE through the rule's map and the template's list of values; what fits neither becomes the
 * default. */
static char *mapped_value(struct tk_plan *plan, const struct tk_channel *channel,
                          const struct tk_field_rule *rule, char *value)
{
    for (guint i = 0; rule->map != NULL && i < rule->map->len; i++) {
        const struct tk_pair *pair = g_ptr_array_index(rule->map, i);
        if (g_ascii_strcasecmp(pair->name, value) == 0) {
            g_free(value);
            return g_strdup(pair->value);
        }
    }
    const struct tk_template_field *field = template_field(channel, rule->field);
    gboolean listed = field != NULL && field->values != NULL && field->values[0] != NULL;
    gboolean unmapped = rule->map != NULL && rule->map->len > 0 && !listed;
    if (*value != '\0' && !unmapped &&
        (!listed || g_strv_contains((const char *const *)field->values, value)))
        return value;
    if (*value != '\0' && rule->from != TK_FROM_IMPORTANCE) {
        g_autofree char *shown = tk_text_cut(value, 80);
        notice(plan, "%s: \"%s\" is not a value of this field%s", rule->field, shown,
               rule->default_text != NULL ? ", the default was taken" : "");
    }
    g_free(value);
    return g_strdup(rule->default_text != NULL ? rule->default_text : "");
}

/* The body stands whole in the full text; of what else is cut the whole goes into the notice. */
static char *capped(struct tk_plan *plan, const char *name, enum tk_field_from source, char *value,
                    gsize max_bytes)
{
    if (strlen(value) <= max_bytes)
        return value;
    char *cut = tk_text_cut(value, max_bytes);
    if (source == TK_FROM_BODY || source == TK_FROM_TEXT_FULL)
        notice(plan, "%s was cut after %" G_GSIZE_FORMAT " bytes; it stands whole in the full text", name,
               strlen(cut));
    else
        notice(plan, "%s was cut after %" G_GSIZE_FORMAT " bytes; in full: %s", name, strlen(cut), value);
    g_free(value);
    return cut;
}

/* The columns of ticket that a channel maps without saying so. */
static const struct {
    const char *column;
    enum tk_field_from from;
    gsize max_bytes;
    gsize offset;
} columns[] = {
    {"subject", TK_FROM_SUBJECT, TK_PLAN_MAX_SUBJECT, offsetof(struct tk_plan, subject)},
    {"description", TK_FROM_BODY, G_MAXSIZE, offsetof(struct tk_plan, description)},
    {"requester", TK_FROM_SENDER, TK_PLAN_MAX_NAME, offsetof(struct tk_plan, requester)},
    {"requester_name", TK_FROM_SENDER_NAME, TK_PLAN_MAX_NAME, offsetof(struct tk_plan, requester_name)},
    {"priority", TK_FROM_NOTHING, TK_PLAN_MAX_PRIORITY, offsetof(struct tk_plan, priority)},
};

static char **column_slot(struct tk_plan *plan, const char *field, gsize *max_bytes_r)
{
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++)
        if (strcmp(columns[i].column, field) == 0) {
            *max_bytes_r = columns[i].max_bytes;
            return (char **)(void *)((char *)plan + columns[i].offset);
        }
    return NULL;
}

static void plan_fields(struct tk_plan *plan, const struct tk_plan_input *input)
{
    const struct tk_channel *channel = input->channel;
    guint n_rules = channel->fields != NULL ? channel->fields->len : 0;
    for (guint i = 0; i < n_rules; i++) {
        const struct tk_field_rule *rule = g_ptr_array_index(channel->fields, i);
        char *value = mapped_value(plan, channel, rule, mail_value(input, rule->from, rule->header));
        gsize max_bytes = TK_PLAN_MAX_FIELD;
        char **slot = column_slot(plan, rule->field, &max_bytes);
        value = capped(plan, rule->field, rule->from, value, max_bytes);
        if (slot != NULL) {
            g_free(*slot);
            *slot = value;
            continue;
        }
        const struct tk_template_field *declared = template_field(channel, rule->field);
        struct tk_plan_field *field = g_new0(struct tk_plan_field, 1);
        field->name = g_strdup(rule->field);
        field->value = value;
        field->restricted = rule->restricted || (declared != NULL && declared->restricted);
        g_ptr_array_add(plan->fields, field);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++) {
        gsize max_bytes;
        char **slot = column_slot(plan, columns[i].column, &max_bytes);
        if (*slot == NULL && columns[i].from != TK_FROM_NOTHING)
            *slot = capped(plan, columns[i].column, columns[i].from, mail_value(input, columns[i].from, NULL),
                           max_bytes);
    }
}

/* A requester that is no address (mapped from some header) would be nobody: the sender takes its place. */
static void plan_requester(struct tk_plan *plan, const struct tk_plan_input *input)
{
    char *folded = tk_address_fold(plan->requester);
    if (folded == NULL) {
        notice(plan, "requester: \"%s\" is no address, the sender was taken", plan->requester);
        folded = tk_address_fold(writer_of(input)->address);
    }
    g_free(plan->requester);
    plan->requester = folded;
    char *name = tk_text_one_line(plan->requester_name);
    g_free(plan->requester_name);
    plan->requester_name = name;
}

static void plan_subject(struct tk_plan *plan)
{
    char *line = tk_text_one_line(plan->subject);
    g_free(plan->subject);
    plan->subject = *line != '\0' ? line : g_strdup(NO_SUBJECT);
    if (*line == '\0')
        g_free(line);
}

/* An address of ours takes part in nothing: a mail to it would come back to us. */
static void add_participant(struct tk_plan *plan, const struct tk_plan_input *input, const char *folded)
{
    if (plan->participants->len < TK_PLAN_MAX_PARTICIPANTS &&
        (input->conf == NULL || tk_conf_own(input->conf, folded) == NULL) &&
        !g_ptr_array_find_with_equal_func(plan->participants, folded, g_str_equal, NULL))
        g_ptr_array_add(plan->participants, g_strdup(folded));
}

static void plan_participants(struct tk_plan *plan, const struct tk_plan_input *input)
{
    g_autofree char *sender = tk_address_fold(writer_of(input)->address);
    if (tk_requester_can_be_told(&input->requester)) {
        add_participant(plan, input, sender);
        add_participant(plan, input, plan->requester);
    }
    if (input->channel->participants != TK_PARTICIPANTS_CC_ALLOWED || (input->decision->flags & TK_FLAG_HELD))
        return;
    for (guint i = 0; i < input->message->cc->len; i++) {
        const struct tk_mailbox *mailbox = g_ptr_array_index(input->message->cc, i);
        g_autofree char *folded = tk_address_fold(mailbox->address);
        g_autofree char *domain = folded != NULL ? tk_address_domain(folded) : NULL;
        if (domain == NULL || tk_address_is_role(folded))
            continue;
        char *const *denied = input->channel->denied_domains;
        if (tk_address_domain_in(domain, input->channel->allowed_domains) &&
            !(denied != NULL && tk_address_domain_in(domain, denied)))
            add_participant(plan, input, folded);
    }
}

static const char *denying_pattern(const struct tk_channel *channel, const char *filename)
{
    for (gsize i = 0; channel->attachment_deny_names != NULL && channel->attachment_deny_names[i] != NULL;
         i++)
        if (tk_filename_matches(filename, channel->attachment_deny_names[i]))
            return channel->attachment_deny_names[i];
    return NULL;
}

static void plan_attachments(struct tk_plan *plan, const struct tk_plan_input *input)
{
    const struct tk_channel *channel = input->channel;
    for (guint i = 0; i < input->message->attachments->len; i++) {
        struct tk_attachment *attachment = g_ptr_array_index(input->message->attachments, i);
        const char *denied = denying_pattern(channel, attachment->filename);
        if (channel->keep_attachments == TK_KEEP_NONE ||
            (channel->keep_attachments == TK_KEEP_NO_INLINE && attachment->is_inline)) {
            if (!attachment->is_inline)
                notice(plan, "attachment left out: %s (the channel keeps none)", attachment->filename);
        } else if (denied != NULL) {
            notice(plan, "attachment left out: %s (its name is denied by %s)", attachment->filename, denied);
        } else if (channel->attachment_max_size > 0 && attachment->size > channel->attachment_max_size) {
            notice(plan,
                   "attachment left out: %s (%" G_GUINT64_FORMAT " bytes, at most %" G_GUINT64_FORMAT
                   " are kept)",
                   attachment->filename, attachment->size, channel->attachment_max_size);
        } else {
            g_ptr_array_add(plan->attachments, attachment);
        }
    }
    if (channel->attach_mail) {
        struct tk_attachment *mail = g_new0(struct tk_attachment, 1);
        mail->filename = g_strdup("mail.eml");
        mail->content_type = g_strdup("message/rfc822");
        mail->size = input->raw_size;
        memcpy(mail->sha256, input->raw_sha256, sizeof mail->sha256);
        mail->whole_mail = TRUE;
        plan->whole_mail = mail;
        g_ptr_array_add(plan->attachments, mail);
    }
}

/* What was left out or cut is said where the reader looks: at the end of the text. */
static char *with_notices(const struct tk_plan *plan, char *text)
{
    g_autoptr(GString) behind = g_string_new(NULL);
    if (strlen(text) > TK_PLAN_MAX_TEXT - TK_PLAN_MAX_NOTICES)
        g_string_append(behind, "[the text was cut here; it stands whole in the full text]\n");
    for (guint i = 0; i < plan->notices->len; i++)
        g_string_append_printf(behind, "[%s]\n", (const char *)g_ptr_array_index(plan->notices, i));
    if (behind->len == 0)
        return text;
    g_autofree char *kept = tk_text_cut(text, TK_PLAN_MAX_TEXT - TK_PLAN_MAX_NOTICES);
    g_autofree char *told = tk_text_cut(behind->str, TK_PLAN_MAX_NOTICES - 2);
    g_free(text);
    gsize len = strlen(kept);
    return g_strconcat(kept, len == 0 ? "" : kept[len - 1] == '\n' ? "\n" : "\n\n", told, NULL);
}

/* About the sender and not about the text, so it stands beside it. */
static void plan_flags(struct tk_plan *plan, unsigned flags)
{
    if (flags & TK_FLAG_HELD)
        notice(plan, "held for agents: a service that verifies addresses or notifies wrote to a reply "
                     "address or named "
                     "a ticket");
    if (flags & TK_FLAG_FORM)
        notice(plan, "a form or device wrote this for the requester: nobody has checked who that is");
    else if (flags & TK_FLAG_OWN_ADDRESS)
        notice(plan, "the sender is an address of this help desk, so nobody is answered");
    if (flags & TK_FLAG_IMPERSONATION)
        notice(plan,
               "the sender claims a domain of this organisation, and nobody confirms it: it may be somebody "
               "else");
    if (flags & TK_FLAG_UNCONFIRMED)
        notice(plan, "the sender is not confirmed: no trusted check (DMARC, DKIM, SPF) passed for the "
                     "domain of From");
}

struct tk_plan *tk_plan_make(const struct tk_plan_input *input)
{
    struct tk_plan *plan = g_new0(struct tk_plan, 1);
    plan->fields = g_ptr_array_new_with_free_func(free_field);
    plan->participants = g_ptr_array_new_with_free_func(g_free);
    plan->attachments = g_ptr_array_new();
    plan->notices = g_ptr_array_new_with_free_func(g_free);

    plan_fields(plan, input);
    plan_requester(plan, input);
    plan_subject(plan);
    /* A note is a text with attachments. The ticket's values are there for the case that its ticket is gone,
     * or its writer no participant any more, when it is stored: then it becomes a ticket. */
    if (input->decision->verdict == TK_VERDICT_NOTE)
        g_ptr_array_set_size(plan->notices, 0);
    plan_participants(plan, input);
    plan_attachments(plan, input);
    plan->description = with_notices(plan, plan->description);
    plan->body = with_notices(plan, g_strdup(input->message->reply));
    plan_flags(plan, input->decision->flags);
    plan->body_full = g_strdup(input->message->text);
    plan->body_html = tk_message_html_with(input->message, plan->attachments);
    return plan;
}

void tk_plan_free(struct tk_plan **plan)
{
    struct tk_plan *old = *plan;
    if (old == NULL)
        return;
    *plan = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++)
        g_free(*(char **)(void *)((char *)old + columns[i].offset));
    g_ptr_array_unref(old->fields);
    g_ptr_array_unref(old->participants);
    g_ptr_array_unref(old->attachments);
    g_ptr_array_unref(old->notices);
    g_free(old->body);
    g_free(old->body_full);
    g_free(old->body_html);
    if (old->whole_mail != NULL) {
        g_free(old->whole_mail->filename);
        g_free(old->whole_mail->content_type);
        g_free(old->whole_mail);
    }
    g_free(old);
}

const char **tk_plan_prefixes(const struct tk_conf *conf, const struct tk_channel *channel)
{
    GPtrArray *prefixes = g_ptr_array_new();
    for (guint i = 0; i < conf->templates->len; i++) {
        const struct tk_template *template = g_ptr_array_index(conf->templates, i);
        if (strcmp(template->tenant, channel->tenant) == 0 && template->prefix != NULL &&
            !g_ptr_array_find_with_equal_func(prefixes, template->prefix, g_str_equal, NULL))
            g_ptr_array_add(prefixes, template->prefix);
    }
    g_ptr_array_add(prefixes, NULL);
    return (const char **)g_ptr_array_free(prefixes, FALSE);
}
