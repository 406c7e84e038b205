/* store: the calls that ask. (Those that write are in ingest.c, the pool in pool.c.) */
#include "schema/calls/store.h"

#include <string.h>

#include "schema/sql/queries.h"
#include "schema/wire/pool.h"

enum tk_status tk_store_check(struct tk_store *store, gint64 deadline, GString *why)
{
    g_autoptr(PGresult) result = NULL;
    return tk_pool_query(store, tk_query_check, NULL, false, deadline, &result, why);
}

enum tk_status tk_store_installation(struct tk_store *store, gint64 deadline,
                                     struct tk_installation **installation_r, GString *why)
{
    g_autoptr(PGresult) result = NULL;
    enum tk_status status = tk_pool_query(store, tk_query_installation, NULL, false, deadline, &result, why);
    if (status != TK_OK)
        return status;
    const char *name = NULL;
    g_autoptr(GPtrArray) former = g_ptr_array_new();
    for (int row = 0; row < PQntuples(result); row++) {
        const char *text = tk_result_text(result, row, "name");
        if (strcmp(tk_result_text(result, row, "former"), "t") == 0)
            g_ptr_array_add(former, (gpointer)text);
        else
            name = text;
    }
    g_ptr_array_add(former, NULL);
    if (name == NULL)
        return tk_status_fail(TK_CONFIG, why, "the installation has no name: ticketctl init --name NAME");
    *installation_r = tk_installation_new(name, (const char *const *)former->pdata);
    return TK_OK;
}

enum tk_status tk_store_channel(struct tk_store *store, const char *tenant, const char *channel,
                                gint64 deadline, struct tk_store_channel **channel_r, GString *why)
{
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_text(&args, tenant);
    tk_args_text(&args, channel);
    g_autoptr(PGresult) result = NULL;
    enum tk_status status = tk_pool_query(store, tk_query_channel_find, &args, false, deadline, &result, why);
    if (status != TK_OK)
        return status;
    if (PQntuples(result) == 0)
        return tk_status_fail(TK_NO_MATCH, why, "channel %s/%s is not in the database: ticketctl publish",
                              tenant, channel);
    struct tk_store_channel *c = g_new0(struct tk_store_channel, 1);
    c->tenant_id = tk_result_number(result, 0, "tenant_id");
    c->channel_id = tk_result_number(result, 0, "channel_id");
    c->rules_version = tk_result_number(result, 0, "rules_version");
    c->status = g_strdup(tk_result_text(result, 0, "status"));
    c->ticket_type = g_strdup(tk_result_text(result, 0, "ticket_type"));
    c->prefix = g_strdup(tk_result_text(result, 0, "prefix"));
    *channel_r = c;
    return TK_OK;
}

void tk_store_channel_free(struct tk_store_channel **channel)
{
    struct tk_store_channel *c = *channel;
    if (c == NULL)
        return;
    *channel = NULL;
    g_free(c->status);
    g_free(c->ticket_type);
    g_free(c->prefix);
    g_free(c);
}

static void fact_free(gpointer data)
{
    struct tk_fact *fact = data;
    g_free(fact->number);
    g_free(fact->ticket_type);
    g_free(fact->status);
    g_free(fact->subject);
    g_free(fact);
}

void tk_facts_free(struct tk_facts **facts)
{
    struct tk_facts *f = *facts;
    if (f == NULL)
        return;
    *facts = NULL;
    g_free(f->channel_status);
    g_ptr_array_unref(f->facts);
    g_free(f);
}

/* The row of a result that speaks of a ticket. */
static struct tk_fact *fact_new(const PGresult *result, int row)
{
    const char *kind = tk_result_text(result, row, "kind");
    struct tk_fact *fact = g_new0(struct tk_fact, 1);
    fact->kind = strcmp(kind, "intake") == 0       ? TK_FACT_INTAKE
                 : strcmp(kind, "token") == 0      ? TK_FACT_TOKEN
                 : strcmp(kind, "message_id") == 0 ? TK_FACT_MESSAGE_ID
                                                   : TK_FACT_NUMBER;
    /* The server counts from 1. */
    fact->place = (guint)MAX(tk_result_number(result, row, "place") - 1, 0);
    fact->ticket_id = tk_result_number(result, row, "ticket_id");
    fact->number = g_strdup(tk_result_text(result, row, "number"));
    fact->ticket_type = g_strdup(tk_result_text(result, row, "ticket_type"));
    fact->status = g_strdup(tk_result_text(result, row, "status"));
    fact->participant = g_strcmp0(tk_result_text(result, row, "participant"), "t") == 0;
    fact->subject = g_strdup(tk_result_text(result, row, "subject"));
    fact->closed_for = tk_result_number(result, row, "closed_for");
    fact->reopened = tk_result_number(result, row, "reopened");
    return fact;
}

static guint list_length(const char *const *list)
{
    return list == NULL ? 0 : g_strv_length((char **)list);
}

static void add_ticket_ids(struct tk_args *args, const struct tk_facts_query *query)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < query->ticket_count; i++)
        g_ptr_array_add(texts, g_strdup_printf("%" G_GINT64_FORMAT, query->ticket_ids[i]));
    tk_args_texts(args, (const char *const *)texts->pdata, texts->len);
}

enum tk_status tk_store_facts(struct tk_store *store, const struct tk_facts_query *query, gint64 deadline,
                              struct tk_facts **facts_r, GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status != TK_OK)
        return status;
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, query->tenant_id);
    tk_args_number(&args, query->channel_id);
    tk_args_texts(&args, query->message_ids, list_length(query->message_ids));
    tk_args_texts(&args, query->numbers, list_length(query->numbers));
    tk_args_text(&args, query->sender);
    tk_args_bytes(&args, query->intake_key, query->intake_key != NULL ? TK_INTAKE_KEY_SIZE : 0);
    tk_args_number(&args, tk_connection_clock(c, g_get_monotonic_time()));
    add_ticket_ids(&args, query);
    g_autoptr(PGresult) result = NULL;
    status = tk_connection_ask(c, tk_query_facts, &args, deadline, &result, why);
    tk_pool_give(store, &c);
    if (status != TK_OK)
        return status;
    struct tk_facts *f = g_new0(struct tk_facts, 1);
    f->facts = g_ptr_array_new_with_free_func(fact_free);
    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(tk_result_text(result, row, "kind"), "channel") != 0) {
            g_ptr_array_add(f->facts, fact_new(result, row));
            continue;
        }
        f->channel_status = g_strdup(tk_result_text(result, row, "status"));
        f->rules_version = tk_result_number(result, row, "ticket_id");
    }
    *facts_r = f;
    return TK_OK;
}
