/* ingest_args: a mail of one channel as the parameters of the query `ingest`, and its row as a result. */
#include "schema/calls/ingest_args.h"

#include "schema/wire/connection.h"

static guint list_length(const char *const *list)
{
    return list == NULL ? 0 : g_strv_length((char **)list);
}

static void add_list(struct tk_args *args, const char *const *list)
{
    tk_args_texts(args, list, list_length(list));
}

static void add_fields(struct tk_args *args, const struct tk_ingest *item)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new(), values = g_ptr_array_new(),
                         restricted = g_ptr_array_new();
    for (guint i = 0; i < item->field_count; i++) {
        g_ptr_array_add(names, (char *)item->fields[i].name);
        g_ptr_array_add(values, (char *)item->fields[i].value);
        g_ptr_array_add(restricted, (char *)(item->fields[i].restricted ? "t" : "f"));
    }
    tk_args_texts(args, (const char *const *)names->pdata, names->len);
    tk_args_texts(args, (const char *const *)values->pdata, values->len);
    tk_args_texts(args, (const char *const *)restricted->pdata, restricted->len);
}

static void add_attachments(struct tk_args *args, const struct tk_ingest *item)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new(), types = g_ptr_array_new(), hashes = g_ptr_array_new(),
                         dispositions = g_ptr_array_new(), ids = g_ptr_array_new(),
                         sizes = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < item->attachment_count; i++) {
        const struct tk_ingest_attachment *a = &item->attachments[i];
        g_ptr_array_add(names, (char *)a->filename);
        g_ptr_array_add(types, (char *)a->content_type);
        g_ptr_array_add(sizes, g_strdup_printf("%" G_GUINT64_FORMAT, a->size));
        g_ptr_array_add(hashes, (void *)a->sha256);
        g_ptr_array_add(dispositions, (char *)a->disposition);
        g_ptr_array_add(ids, (char *)a->content_id);
    }
    tk_args_texts(args, (const char *const *)names->pdata, names->len);
    tk_args_texts(args, (const char *const *)types->pdata, types->len);
    tk_args_texts(args, (const char *const *)sizes->pdata, sizes->len);
    tk_args_byte_arrays(args, (const guint8 *const *)hashes->pdata, hashes->len, TK_SHA256_SIZE);
    tk_args_texts(args, (const char *const *)dispositions->pdata, dispositions->len);
    tk_args_texts(args, (const char *const *)ids->pdata, ids->len);
}

/* In the order in which ingest() reads p_confirm. */
static void add_confirm(struct tk_args *args, const struct tk_ingest_confirm *confirm)
{
    if (confirm == NULL) {
        tk_args_texts(args, NULL, 0);
        return;
    }
    const gint64 numbers[] = {confirm->delay_seconds, confirm->pause_seconds, confirm->channel_hour,
                              confirm->tenant_hour};
    char words[G_N_ELEMENTS(numbers)][24];
    const char *texts[G_N_ELEMENTS(numbers)];
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_snprintf(words[i], sizeof words[i], "%" G_GINT64_FORMAT, numbers[i]);
        texts[i] = words[i];
    }
    tk_args_texts(args, texts, G_N_ELEMENTS(texts));
}

/* "{{20,600,200,86400},...}"; nothing where there is no limit, which is the usual case. */
static void add_rates(struct tk_args *args, const struct tk_ingest *item)
{
    GString *text = g_string_new("{");
    bool limited = false;
    for (gsize i = 0; i < TK_INGEST_RATES; i++) {
        const struct tk_ingest_window *later = &item->rates[i].later, *fail = &item->rates[i].fail;
        limited = limited || later->count > 0 || fail->count > 0;
        g_string_append_printf(text, "%s{%u,%" G_GINT64_FORMAT ",%u,%" G_GINT64_FORMAT "}", i > 0 ? "," : "",
                               later->count, later->seconds, fail->count, fail->seconds);
    }
    g_string_append_c(text, '}');
    char *owned = g_string_free(text, FALSE);
    g_ptr_array_add(args->owned, owned);
    tk_args_text(args, limited ? owned : NULL);
}

void tk_ingest_args(struct tk_args *args, const struct tk_ingest *item, gint64 now, gint64 deadline)
{
    tk_args_number(args, item->tenant_id);
    tk_args_number(args, item->channel_id);
    tk_args_bytes(args, item->intake_key, TK_INTAKE_KEY_SIZE);
    tk_args_number(args, item->key_life);
    tk_args_number(args, now);
    tk_args_number(args, deadline);
    const char *const envelope[] = {item->verdict,    item->reason,    item->class, item->level,
                                    item->message_id, item->mail_from, item->rcpt,  item->sender};
    for (gsize i = 0; i < G_N_ELEMENTS(envelope); i++)
        tk_args_text(args, envelope[i]);
    tk_args_number(args, (gint64)item->size);
    tk_args_number(args, item->millis);
    tk_args_bytes(args, item->raw_sha256, item->raw_sha256 != NULL ? TK_SHA256_SIZE : 0);
    tk_args_number(args, item->raw_sha256 != NULL ? item->raw_seconds : 0);
    const char *const ticket[] = {item->subject,   item->body,           item->body_full, item->body_html,
                                  item->requester, item->requester_name, item->priority};
    for (gsize i = 0; i < G_N_ELEMENTS(ticket); i++)
        tk_args_text(args, ticket[i]);
    add_list(args, item->notices);
    add_list(args, item->participants);
    add_fields(args, item);
    add_attachments(args, item);
    tk_args_number(args, item->ticket_id);
    tk_args_text(args, item->author);
    tk_args_text(args, item->visibility);
    tk_args_text(args, item->source);
    add_list(args, item->reply_types);
    add_confirm(args, item->confirm);
    add_rates(args, item);
    tk_args_text(args, item->evidence);
    tk_args_text(args, item->detail);
    tk_args_number(args, item->linked_id);
    tk_args_text(args, item->proof);
    tk_args_text(args, item->stranger);
    tk_args_text(args, item->closed);
    tk_args_number(args, item->reopen_seconds);
    tk_args_number(args, item->reopen_max);
    tk_args_text(args, item->machine ? "t" : "f");
    tk_args_text(args, item->authentication);
    tk_args_text(args, item->authenticated_by);
    add_list(args, item->flags);
    tk_args_text(args, item->form ? "t" : "f");
}

void tk_ingest_args_read(const PGresult *result, struct tk_ingest_result *r)
{
    r->verdict = g_strdup(tk_result_text(result, 0, "verdict"));
    r->reason = g_strdup(tk_result_text(result, 0, "reason"));
    r->number = g_strdup(tk_result_text(result, 0, "number"));
    r->ticket_id = tk_result_number(result, 0, "ticket_id");
    r->note_id = tk_result_number(result, 0, "note_id");
    r->intake_id = tk_result_number(result, 0, "intake_id");
    r->seen = tk_result_number(result, 0, "seen");
}

void tk_ingest_args_raw(struct tk_args *args, const struct tk_ingest_raw *raw, gint64 now, gint64 deadline)
{
    tk_args_number(args, raw->tenant_id);
    tk_args_number(args, raw->intake_id);
    tk_args_bytes(args, raw->sha256, TK_SHA256_SIZE);
    tk_args_number(args, (gint64)raw->size);
    tk_args_text(args, raw->verdict);
    tk_args_number(args, raw->seconds);
    tk_args_number(args, (gint64)raw->budget);
    tk_args_number(args, now);
    tk_args_number(args, deadline);
}

void tk_ingest_args_read_raw(const PGresult *result, struct tk_ingest_kept *kept_r)
{
    const char *alarm = tk_result_text(result, 0, "alarm");
    *kept_r = (struct tk_ingest_kept){.kept = tk_result_number(result, 0, "kept") != 0,
                                      .used = tk_result_number(result, 0, "used")};
    if (g_strcmp0(alarm, "begin") == 0)
        kept_r->alarm = TK_INGEST_ALARM_BEGIN;
    else if (g_strcmp0(alarm, "end") == 0)
        kept_r->alarm = TK_INGEST_ALARM_END;
}
