/* admin: what an administrator does to the database, for ticketctl. (init and migrate are in migrate.c.) */
#include "schema/calls/admin.h"

#include <string.h>

#include "schema/sql/queries.h"
#include "schema/wire/pool.h"

enum tk_status tk_admin_publish(struct tk_store *store, const struct tk_publication *publication,
                                gint64 deadline, struct tk_published *published_r, GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status != TK_OK)
        return status;
    const char *const texts[] = {publication->tenant,
                                 publication->template_name,
                                 publication->template_ticket_type,
                                 publication->template_prefix,
                                 publication->template_status,
                                 publication->template_fields,
                                 publication->channel,
                                 publication->title,
                                 publication->address,
                                 publication->status,
                                 publication->offer_from,
                                 publication->addresses,
                                 publication->rules};
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        tk_args_text(&args, texts[i]);
    tk_args_number(&args, tk_connection_clock(c, g_get_monotonic_time()));
    g_autoptr(PGresult) result = NULL;
    status = tk_connection_query(c, tk_query_publish, &args, true, false, deadline, &result, why);
    status = tk_connection_of_input(c, status);
    tk_pool_give(store, &c);
    if (status != TK_OK)
        return status;
    published_r->tenant_id = tk_result_number(result, 0, "tenant_id");
    published_r->channel_id = tk_result_number(result, 0, "channel_id");
    published_r->rules_version = tk_result_number(result, 0, "rules_version");
    published_r->changed = g_strdup(tk_result_text(result, 0, "changed"));
    return TK_OK;
}

enum tk_status tk_admin_disable(struct tk_store *store, const char *tenant, const char *channel,
                                gint64 deadline, bool *changed_r, GString *why)
{
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_text(&args, tenant);
    tk_args_text(&args, channel);
    g_autoptr(PGresult) result = NULL;
    enum tk_status status = tk_pool_input(store, tk_query_disable, &args, deadline, &result, why);
    if (status != TK_OK)
        return status;
    const char *disabled = tk_result_text(result, 0, "disabled");
    if (disabled == NULL)
        return tk_status_fail(TK_NO_MATCH, why, "channel %s/%s is not in the database", tenant, channel);
    *changed_r = strcmp(disabled, "t") == 0;
    return TK_OK;
}

enum tk_status tk_admin_tenant_add(struct tk_store *store, const char *tenant, const char *const *domains,
                                   bool shared, gint64 deadline, bool *made_r, bool *changed_r, GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status != TK_OK)
        return status;
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_text(&args, tenant);
    tk_args_texts(&args, domains, g_strv_length((char **)domains));
    tk_args_text(&args, shared ? "t" : "f");
    tk_args_number(&args, tk_connection_clock(c, g_get_monotonic_time()));
    g_autoptr(PGresult) result = NULL;
    status = tk_connection_query(c, tk_query_tenant_add, &args, true, false, deadline, &result, why);
    status = tk_connection_of_input(c, status);
    tk_pool_give(store, &c);
    if (status != TK_OK)
        return status;
    *made_r = g_strcmp0(tk_result_text(result, 0, "made"), "t") == 0;
    *changed_r = g_strcmp0(tk_result_text(result, 0, "changed"), "t") == 0;
    return TK_OK;
}

enum tk_status tk_admin_tenant_domains(struct tk_store *store, const char *tenant, const char *const *domains,
                                       bool has, bool shared, gint64 deadline, bool *changed_r, GString *why)
{
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_text(&args, tenant);
    tk_args_texts(&args, domains, g_strv_length((char **)domains));
    tk_args_text(&args, has ? "t" : "f");
    tk_args_text(&args, shared ? "t" : "f");
    g_autoptr(PGresult) result = NULL;
    enum tk_status status = tk_pool_input(store, tk_query_tenant_domain_set, &args, deadline, &result, why);
    if (status == TK_OK)
        *changed_r = g_strcmp0(tk_result_text(result, 0, "changed"), "t") == 0;
    return status;
}

void tk_reader_clear(struct tk_reader *reader)
{
    g_clear_pointer(&reader->words, g_free);
    g_clear_pointer(&reader->tenants, g_free);
}

enum tk_status tk_admin_reader(struct tk_store *store, enum tk_reader_change change, const char *role,
                               const char *const *tenants, gint64 deadline, struct tk_reader *reader_r,
                               GString *why)
{
    const bool renews = change == TK_READER_RENEW;
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_text(&args, role);
    if (!renews) {
        tk_args_texts(&args, tenants, g_strv_length((char **)tenants));
        tk_args_text(&args, change == TK_READER_ADD ? "t" : "f");
    }
    g_autoptr(PGresult) result = NULL;
    enum tk_status status = tk_pool_input(store, renews ? tk_query_reader_renew : tk_query_reader_set, &args,
                                          deadline, &result, why);
    if (status != TK_OK)
        return status;
    reader_r->changed = g_strcmp0(tk_result_text(result, 0, "changed"), "t") == 0;
    reader_r->agent = g_strcmp0(tk_result_text(result, 0, "agent"), "t") == 0;
    reader_r->words = g_strdup(tk_result_text(result, 0, "words"));
    reader_r->tenants = g_strdup(tk_result_text(result, 0, "tenants"));
    return TK_OK;
}

enum tk_status tk_admin_add_note(struct tk_store *store, const struct tk_admin_note *note, gint64 deadline,
                                 gint64 *note_id_r, GString *why)
{
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, note->tenant_id);
    tk_args_text(&args, note->number);
    tk_args_text(&args, note->author);
    tk_args_text(&args, note->visibility);
    tk_args_text(&args, note->body);
    tk_args_texts(&args, note->filenames, note->count);
    tk_args_texts(&args, note->types, note->count);
    tk_args_contents(&args, note->contents, note->count);
    g_autoptr(PGresult) result = NULL;
    enum tk_status status = tk_pool_input(store, tk_query_add_note, &args, deadline, &result, why);
    if (status != TK_OK)
        return status;
    *note_id_r = tk_result_number(result, 0, "note_id");
    return TK_OK;
}

enum tk_status tk_admin_set_status(struct tk_store *store, gint64 tenant_id, const char *number,
                                   const char *status, const char *author, gint64 deadline, GString *why)
{
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, tenant_id);
    tk_args_text(&args, number);
    tk_args_text(&args, status);
    tk_args_text(&args, author);
    g_autoptr(PGresult) result = NULL;
    return tk_pool_input(store, tk_query_set_status, &args, deadline, &result, why);
}

/* Streams the bytes that a query gives. */
static enum tk_status stream(struct tk_store *store, const char *query, const struct tk_args *args,
                             tk_store_sink put, void *sink, gint64 deadline, GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status != TK_OK)
        return status;
    status = tk_connection_stream(c, query, args, put, sink, deadline, why);
    tk_pool_give(store, &c);
    return status;
}

enum tk_status tk_admin_attachment(struct tk_store *store, gint64 tenant_id, gint64 attachment_id,
                                   tk_store_sink put, void *sink, gint64 deadline, GString *why)
{
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, tenant_id);
    tk_args_number(&args, attachment_id);
    return stream(store, tk_query_attachment_data, &args, put, sink, deadline, why);
}

enum tk_status tk_admin_raw(struct tk_store *store, gint64 intake_id, tk_store_sink put, void *sink,
                            gint64 deadline, GString *why)
{
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, intake_id);
    return stream(store, tk_query_raw_data, &args, put, sink, deadline, why);
}
