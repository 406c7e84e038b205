/* conf_rules: the rules of a channel as canonical JSON (tk_conf_channel_rules and
 * tk_conf_template_fields in conf.h).
 *
 * Keys stand in a fixed order, lists whose order means nothing are sorted, addresses are folded. What does
 * not change how a mail is handled (file, line, status) is left out. */
#include "rules/conf/conf.h"

#include <string.h>

#include "rules/address/address.h"
#include "rules/conf/values.h"

static const char *const impersonation_words[] = {"off", "flag", "fail"};
static const char *const authentication_words[] = {"off", "flag", "fail", "reject"};
static const char *const participants_words[] = {"requester", "cc_allowed"};
static const char *const stranger_words[] = {"unverified", "new_linked"};
static const char *const closed_words[] = {"note", "reopen", "new_linked"};
static const char *const subject_words[] = {"append", "new_linked"};
static const char *const keep_words[] = {"all", "none", "no-inline"};
static const char *const folder_words[] = {"none", "alias"};

/* RFC 8259 section 7. TEXT is UTF-8. */
static void put_text(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(out, '\\');
        if ((guchar)*p < 0x20)
            g_string_append_printf(out, "\\u%04x", (guchar)*p);
        else
            g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
}

/* Begins the member NAME; the comma before it where one is needed. */
static void put_key(GString *out, const char *name)
{
    if (strchr("{[", out->str[out->len - 1]) == NULL)
        g_string_append_c(out, ',');
    put_text(out, name);
    g_string_append_c(out, ':');
}

static void put_string(GString *out, const char *name, const char *text)
{
    put_key(out, name);
    if (text != NULL)
        put_text(out, text);
    else
        g_string_append(out, "null");
}

static void put_bool(GString *out, const char *name, gboolean value)
{
    put_key(out, name);
    g_string_append(out, value ? "true" : "false");
}

static void put_number(GString *out, const char *name, gint64 value)
{
    put_key(out, name);
    g_string_append_printf(out, "%" G_GINT64_FORMAT, value);
}

static void put_address(GString *out, const char *name, const char *address)
{
    g_autofree char *folded = address != NULL ? tk_address_fold(address) : NULL;
    put_string(out, name, folded);
}

static void put_folder(GString *out, const char *name, const struct tk_folder *folder)
{
    if (folder->kind == TK_FOLDER_ADDRESS)
        put_string(out, name, folder->address);
    else
        put_string(out, name, folder_words[folder->kind]);
}

/* Appends {"kind":KIND,"address":ADDRESS}, folded, to the list OUT. */
static void put_own_address(GString *out, const char *kind, const char *address)
{
    g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
    put_string(out, "kind", kind);
    put_address(out, "address", address);
    g_string_append_c(out, '}');
}

char *tk_conf_channel_addresses(const struct tk_channel *channel)
{
    const struct tk_folder *const folders[] = {&channel->success, &channel->fail, &channel->exclude};
    GString *out = g_string_new("[");
    put_own_address(out, "address", channel->address);
    for (char **alias = channel->aliases; *alias != NULL; alias++)
        put_own_address(out, "alias", *alias);
    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++)
        if (folders[i]->kind == TK_FOLDER_ADDRESS)
            put_own_address(out, "folder", folders[i]->address);
    g_string_append_c(out, ']');
    return g_string_free(out, FALSE);
}

static gint compare(gconstpointer left, gconstpointer right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Sorts and prints TEXTS, which own their strings. */
static void put_sorted(GString *out, const char *name, GPtrArray *texts)
{
    g_ptr_array_sort(texts, compare);
    put_key(out, name);
    g_string_append_c(out, '[');
    for (guint i = 0; i < texts->len; i++) {
        if (i > 0)
            g_string_append_c(out, ',');
        put_text(out, texts->pdata[i]);
    }
    g_string_append_c(out, ']');
}

static void put_set(GString *out, const char *name, char *const *texts, gboolean addresses)
{
    g_autoptr(GPtrArray) copies = g_ptr_array_new_with_free_func(g_free);
    for (; *texts != NULL; texts++) {
        char *folded = addresses ? tk_address_fold(*texts) : NULL;
        g_ptr_array_add(copies, folded != NULL ? folded : g_strdup(*texts));
    }
    put_sorted(out, name, copies);
}

/* Pairs as one text each, NAME SEPARATOR VALUE. */
static void put_pairs(GString *out, const char *name, const GPtrArray *pairs, const char *separator)
{
    g_autoptr(GPtrArray) copies = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < pairs->len; i++) {
        const struct tk_pair *pair = pairs->pdata[i];
        g_ptr_array_add(copies, g_strconcat(pair->name, separator, pair->value, NULL));
    }
    put_sorted(out, name, copies);
}

static gint compare_rules(gconstpointer left, gconstpointer right)
{
    const struct tk_field_rule *a = *(struct tk_field_rule *const *)left;
    const struct tk_field_rule *b = *(struct tk_field_rule *const *)right;
    return strcmp(a->field, b->field);
}

static void put_fields(GString *out, const GPtrArray *fields)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (guint i = 0; i < fields->len; i++)
        g_ptr_array_add(sorted, fields->pdata[i]);
    g_ptr_array_sort(sorted, compare_rules);
    put_key(out, "fields");
    g_string_append_c(out, '[');
    for (guint i = 0; i < sorted->len; i++) {
        const struct tk_field_rule *rule = sorted->pdata[i];
        g_string_append(out, i > 0 ? ",{" : "{");
        put_string(out, "field", rule->field);
        put_string(out, "from", tk_values_from_word(rule->from));
        put_string(out, "header", rule->header);
        put_pairs(out, "map", rule->map, "=");
        put_string(out, "default", rule->default_text);
        put_bool(out, "restricted", rule->restricted);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void put_template_fields(GString *out, const struct tk_template *template)
{
    g_string_append_c(out, '[');
    for (guint i = 0; i < template->fields->len; i++) {
        const struct tk_template_field *field = template->fields->pdata[i];
        g_string_append(out, i > 0 ? ",{" : "{");
        put_string(out, "name", field->name);
        put_set(out, "values", field->values, FALSE);
        put_bool(out, "required", field->required);
        put_bool(out, "restricted", field->restricted);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

char *tk_conf_template_fields(const struct tk_template *template)
{
    GString *out = g_string_new(NULL);
    put_template_fields(out, template);
    return g_string_free(out, FALSE);
}

static void put_template(GString *out, const struct tk_template *template)
{
    put_key(out, "template");
    if (template == NULL) {
        g_string_append(out, "null");
        return;
    }
    g_string_append_c(out, '{');
    put_string(out, "name", template->name);
    put_string(out, "ticket_type", template->ticket_type);
    put_string(out, "prefix", template->prefix);
    put_key(out, "fields");
    put_template_fields(out, template);
    g_string_append_c(out, '}');
}

/* "20/600s", so that "20/10m" written otherwise is the same rule. */
static void put_rate(GString *out, const char *key, const struct tk_rate *rate)
{
    g_autofree char *text = g_strdup_printf("%u/%us", rate->count, rate->seconds);
    put_string(out, key, rate->count > 0 ? text : "none");
}

char *tk_conf_channel_rules(const struct tk_channel *channel)
{
    GString *out = g_string_new("{");
    put_string(out, "tenant", channel->tenant);
    put_string(out, "name", channel->name);
    put_string(out, "title", channel->title);
    put_address(out, "address", channel->address);
    put_set(out, "aliases", channel->aliases, TRUE);
    put_address(out, "reply_to", channel->reply_to);
    put_folder(out, "success", &channel->success);
    put_folder(out, "fail", &channel->fail);
    put_folder(out, "exclude", &channel->exclude);
    put_set(out, "allowed_domains", channel->allowed_domains, FALSE);
    put_set(out, "denied_domains", channel->denied_domains, FALSE);
    put_string(out, "authentication", authentication_words[channel->authentication]);
    put_set(out, "own_domains", channel->own_domains, FALSE);
    put_string(out, "impersonation", impersonation_words[channel->impersonation]);
    put_set(out, "forms", channel->forms, FALSE);
    put_bool(out, "forms_confirm", channel->forms_confirm);
    put_bool(out, "exclude_autoreplies", channel->exclude_autoreplies);
    put_set(out, "autoreply_addresses", channel->autoreply_addresses, FALSE);
    put_set(out, "autoreply_keywords", channel->autoreply_keywords, FALSE);
    put_set(out, "autoreply_allow", channel->autoreply_allow, FALSE);
    put_pairs(out, "exclude_headers", channel->exclude_headers, ": ");
    put_template(out, channel->template);
    put_string(out, "offer_from", channel->offer_from);
    put_set(out, "reply_types", channel->reply_types, FALSE);
    put_string(out, "participants", participants_words[channel->participants]);
    put_string(out, "stranger_reply", stranger_words[channel->stranger_reply]);
    put_string(out, "closed", closed_words[channel->closed]);
    put_number(out, "reopen_days", channel->reopen_days);
    put_number(out, "reopen_max", channel->reopen_max);
    put_string(out, "subject_change", subject_words[channel->subject_change]);
    put_fields(out, channel->fields);
    put_string(out, "keep_attachments", keep_words[channel->keep_attachments]);
    put_number(out, "attachment_max_size", (gint64)channel->attachment_max_size);
    put_set(out, "attachment_deny_names", channel->attachment_deny_names, FALSE);
    put_bool(out, "attach_mail", channel->attach_mail);
    put_number(out, "keep", channel->keep_msecs / 1000);
    put_bool(out, "confirmation", channel->confirmation_enabled);
    put_set(out, "tell_status", channel->told_states, FALSE);
    put_rate(out, "tickets_later", &channel->ticket_rates.later);
    put_rate(out, "tickets_fail", &channel->ticket_rates.fail);
    put_rate(out, "notes_later", &channel->note_rates.later);
    put_rate(out, "notes_fail", &channel->note_rates.fail);
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}
