/* outbox: the calls for the program that sends mails. */
#include "schema/calls/outbox.h"

#include <string.h>

#include "schema/sql/queries.h"
#include "schema/wire/pool.h"

void tk_outbox_mail_free(struct tk_outbox_mail **mail)
{
    struct tk_outbox_mail *m = *mail;
    if (m == NULL)
        return;
    *mail = NULL;
    char *const texts[] = {m->kind,       m->recipient, m->message_id,    m->status,     m->tenant,
                           m->channel,    m->number,    m->subject,       m->author,     m->body,
                           m->request_id, m->reply_id,  m->before_author, m->before_body};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_free(m);
}

static struct tk_outbox_mail *mail_new(const PGresult *result, gint64 tenant_id)
{
    struct tk_outbox_mail *m = g_new0(struct tk_outbox_mail, 1);
    m->tenant_id = tenant_id;
    m->outbox_id = tk_result_number(result, 0, "outbox_id");
    m->attempts = tk_result_number(result, 0, "attempts");
    m->ticket_id = tk_result_number(result, 0, "ticket_id");
    m->before_at = tk_result_number(result, 0, "before_at");
    const struct {
        char **member;
        const char *column;
    } texts[] = {{&m->kind, "kind"},
                 {&m->recipient, "recipient"},
                 {&m->message_id, "message_id"},
                 {&m->status, "status"},
                 {&m->tenant, "tenant"},
                 {&m->channel, "channel"},
                 {&m->number, "number"},
                 {&m->subject, "subject"},
                 {&m->author, "author"},
                 {&m->body, "body"},
                 {&m->request_id, "request_id"},
                 {&m->reply_id, "reply_id"},
                 {&m->before_author, "before_author"},
                 {&m->before_body, "before_body"}};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i].member = g_strdup(tk_result_text(result, 0, texts[i].column));
    return m;
}

static enum tk_status take_mail(const PGresult *result, gint64 tenant_id, struct tk_outbox_mail **mail_r,
                                GString *why)
{
    if (PQntuples(result) == 0)
        return tk_status_fail(TK_NO_MATCH, why, "there is no such mail");
    *mail_r = mail_new(result, tenant_id);
    return TK_OK;
}

enum tk_status tk_outbox_tenants(struct tk_store *store, gint64 deadline, GArray *tenants, GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status != TK_OK)
        return status;
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, tk_connection_clock(c, g_get_monotonic_time()));
    g_autoptr(PGresult) result = NULL;
    status = tk_connection_query(c, tk_query_outbox_tenants, &args, false, false, deadline, &result, why);
    tk_pool_give(store, &c);
    for (int row = 0; status == TK_OK && row < PQntuples(result); row++) {
        const gint64 tenant_id = tk_result_number(result, row, "tenant_id");
        g_array_append_val(tenants, tenant_id);
    }
    return status;
}

enum tk_status tk_outbox_take(struct tk_store *store, gint64 tenant_id, const char *worker, gint64 lease,
                              gint64 deadline, struct tk_outbox_mail **mail_r, GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status != TK_OK)
        return status;
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, tenant_id);
    tk_args_text(&args, worker);
    tk_args_number(&args, tk_connection_clock(c, g_get_monotonic_time()));
    tk_args_number(&args, lease);
    g_autoptr(PGresult) result = NULL;
    status = tk_connection_query(c, tk_query_outbox_take, &args, true, false, deadline, &result, why);
    tk_pool_give(store, &c);
    return status == TK_OK ? take_mail(result, tenant_id, mail_r, why) : status;
}

enum tk_status tk_outbox_read(struct tk_store *store, gint64 tenant_id, gint64 outbox_id, gint64 deadline,
                              struct tk_outbox_mail **mail_r, GString *why)
{
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, tenant_id);
    tk_args_number(&args, outbox_id);
    g_autoptr(PGresult) result = NULL;
    enum tk_status status = tk_pool_query(store, tk_query_outbox_read, &args, false, deadline, &result, why);
    return status == TK_OK ? take_mail(result, tenant_id, mail_r, why) : status;
}

static void file_free(gpointer data)
{
    struct tk_outbox_file *file = data;
    g_free(file->filename);
    g_free(file->content_type);
    g_free(file);
}

GPtrArray *tk_outbox_files_new(void)
{
    return g_ptr_array_new_with_free_func(file_free);
}

/* The arguments that name a mail. */
static void add_mail(struct tk_args *args, const struct tk_outbox_mail *mail)
{
    tk_args_init(args);
    tk_args_number(args, mail->tenant_id);
    tk_args_number(args, mail->outbox_id);
}

enum tk_status tk_outbox_begin(struct tk_store *store, const struct tk_outbox_mail *mail, const char *worker,
                               const char *message_id, gint64 deadline, char **message_id_r, GPtrArray *files,
                               GString *why)
{
    TK_ARGS_AUTO struct tk_args args;
    add_mail(&args, mail);
    tk_args_text(&args, worker);
    tk_args_text(&args, message_id);
    g_autoptr(PGresult) result = NULL;
    enum tk_status status = tk_pool_query(store, tk_query_outbox_begin, &args, true, deadline, &result, why);
    if (status != TK_OK)
        return status;
    if (PQntuples(result) == 0)
        return tk_status_fail(TK_NO_MATCH, why, "another worker has taken the mail over");
    *message_id_r = g_strdup(tk_result_text(result, 0, "message_id"));
    for (int row = 0; row < PQntuples(result); row++) {
        if (tk_result_text(result, row, "attachment_id") == NULL)
            continue;
        struct tk_outbox_file *file = g_new0(struct tk_outbox_file, 1);
        file->attachment_id = tk_result_number(result, row, "attachment_id");
        file->filename = g_strdup(tk_result_text(result, row, "filename"));
        file->content_type = g_strdup(tk_result_text(result, row, "content_type"));
        file->size = (guint64)tk_result_number(result, row, "size");
        g_ptr_array_add(files, file);
    }
    return TK_OK;
}

enum tk_status tk_outbox_file_stream(struct tk_store *store, const struct tk_outbox_mail *mail,
                                     const struct tk_outbox_file *file, tk_store_sink put, void *sink,
                                     gint64 deadline, GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status != TK_OK)
        return status;
    TK_ARGS_AUTO struct tk_args args;
    add_mail(&args, mail);
    tk_args_number(&args, file->attachment_id);
    status = tk_connection_stream(c, tk_query_outbox_file, &args, put, sink, deadline, why);
    tk_pool_give(store, &c);
    return status;
}

enum tk_status tk_outbox_sent(struct tk_store *store, const struct tk_outbox_mail *mail, gint64 deadline,
                              GString *why)
{
    TK_ARGS_AUTO struct tk_args args;
    add_mail(&args, mail);
    g_autoptr(PGresult) result = NULL;
    return tk_pool_query(store, tk_query_outbox_sent, &args, true, deadline, &result, why);
}

enum tk_status tk_outbox_failed(struct tk_store *store, const struct tk_outbox_mail *mail, const char *reason,
                                gint64 deadline, GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status != TK_OK)
        return status;
    TK_ARGS_AUTO struct tk_args args;
    add_mail(&args, mail);
    tk_args_number(&args, tk_connection_clock(c, g_get_monotonic_time()));
    tk_args_text(&args, reason);
    g_autoptr(PGresult) result = NULL;
    status = tk_connection_query(c, tk_query_outbox_failed, &args, true, false, deadline, &result, why);
    tk_pool_give(store, &c);
    return status;
}

enum tk_status tk_outbox_retry(struct tk_store *store, const struct tk_outbox_mail *mail, const char *worker,
                               gint64 pause, gint64 give_up, const char *reason, gint64 deadline,
                               bool *failed_r, GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status != TK_OK)
        return status;
    const gint64 now = tk_connection_clock(c, g_get_monotonic_time());
    TK_ARGS_AUTO struct tk_args args;
    add_mail(&args, mail);
    tk_args_text(&args, worker);
    tk_args_number(&args, now);
    tk_args_number(&args, now + pause * 1000);
    tk_args_number(&args, give_up);
    tk_args_text(&args, reason);
    g_autoptr(PGresult) result = NULL;
    status = tk_connection_query(c, tk_query_outbox_retry, &args, true, false, deadline, &result, why);
    tk_pool_give(store, &c);
    if (status == TK_OK)
        *failed_r = g_strcmp0(tk_result_text(result, 0, "state"), "failed") == 0;
    return status;
}
