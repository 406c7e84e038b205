/* worker: one mail at a time. */
#include "milter/notify/worker.h"

#include "milter/base/log.h"
#include "milter/base/naming.h"
#include "milter/base/outgoing.h"

/* Of one call of the database. */
#define CALL_SECONDS 20
/* Beyond the time at the mail server a mail needs this much before and after. */
#define LEASE_MARGIN_MSECS (3 * CALL_SECONDS * G_GINT64_CONSTANT(1000))
#define RETRY_MSECS_MAX    (4 * 3600 * G_GINT64_CONSTANT(1000))
/* The end of a mail is written in any case; while the database is away this often. */
#define END_PAUSE G_TIME_SPAN_SECOND

static gint64 soon(void)
{
    return g_get_monotonic_time() + CALL_SECONDS * G_TIME_SPAN_SECOND;
}

static gint64 lease_msecs(const struct tk_conf *conf)
{
    return conf->smtp_timeout_msecs + LEASE_MARGIN_MSECS;
}

enum tk_status tk_worker_take(const struct tk_worker *worker, gint64 tenant_id,
                              struct tk_outbox_mail **mail_r)
{
    static struct tk_log_limit limit;
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_conf *conf = tk_snapshot_take(worker->snapshot);
    enum tk_status status =
        tk_outbox_take(worker->store, tenant_id, worker->name, lease_msecs(conf), soon(), mail_r, why);
    tk_conf_unref(&conf);
    if (status != TK_OK && status != TK_NO_MATCH)
        tk_log_limited(&limit, 6, LOG_ERR, "the database cannot be asked for mails: %s", why->str);
    return status;
}

/* ---- composing ---- */

static enum tk_status append_bytes(void *sink, const void *data, gsize size)
{
    g_byte_array_append(sink, data, (guint)size);
    return TK_OK;
}

/* Fetches the files that go along, as many as fit together. BYTES keeps what FILES points to. */
static enum tk_status fetch_files(const struct tk_worker *worker, const struct tk_outbox_mail *mail,
                                  const GPtrArray *listed, guint64 room, GArray *files, GPtrArray *bytes,
                                  GString *why)
{
    for (guint i = 0; i < listed->len; i++) {
        const struct tk_outbox_file *from = listed->pdata[i];
        struct tk_compose_file file = {.filename = from->filename, .content_type = from->content_type};
        if (from->size <= room) {
            GByteArray *content = g_byte_array_new();
            enum tk_status status =
                from->size == 0
                    ? TK_OK
                    : tk_outbox_file_stream(worker->store, mail, from, append_bytes, content, soon(), why);
            file.bytes = g_byte_array_free_to_bytes(content);
            g_ptr_array_add(bytes, file.bytes);
            if (status != TK_OK)
                return status == TK_NO_MATCH ? TK_LATER : status;
            room -= from->size;
        }
        g_array_append_val(files, file);
    }
    return TK_OK;
}

static enum tk_status compose(const struct tk_worker *worker, const struct tk_conf *conf,
                              const struct tk_installation *installation, const struct tk_channel *channel,
                              const struct tk_outbox_mail *mail, struct tk_composed *composed, GString *why)
{
    g_autoptr(GPtrArray) listed = tk_outbox_files_new();
    g_autoptr(GPtrArray) bytes = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_autoptr(GArray) files = g_array_new(FALSE, TRUE, sizeof(struct tk_compose_file));
    g_autofree char *message_id = NULL;
    struct tk_compose_input input;
    enum tk_status status = tk_outgoing_input(mail, conf, installation, channel, &input, why);
    if (status != TK_OK)
        return status;
    g_autofree char *wanted = tk_compose_message_id(&input);
    status = tk_outbox_begin(worker->store, mail, worker->name, wanted, soon(), &message_id, listed, why);
    if (status == TK_OK)
        status = fetch_files(worker, mail, listed, channel->note_attachments, files, bytes, why);
    if (status != TK_OK)
        return status;
    input.date = g_get_real_time() / G_USEC_PER_SEC;
    input.message_id = message_id;
    input.files = (const struct tk_compose_file *)(void *)files->data;
    input.n_files = files->len;
    return tk_compose(&input, composed, why);
}

/* ---- the end ---- */

enum result { SENT, RETRY, FAILED, LEFT };

static void log_end(const struct tk_outbox_mail *mail, const char *message_id, enum result result,
                    const char *reply)
{
    static const char *const words[] = {"sent", "retry", "failed", "left"};
    g_autoptr(GString) line = g_string_new(NULL);
    g_autofree char *to = g_strdup_printf("<%s>", mail->recipient);
    tk_logtext_number(line, "outbox", mail->outbox_id);
    tk_logtext_pair(line, "result", words[result]);
    tk_logtext_pair(line, "kind", mail->kind);
    tk_logtext_pair(line, "tenant", mail->tenant);
    tk_logtext_pair(line, "ticket", mail->number);
    tk_logtext_pair(line, "to", to);
    tk_logtext_number(line, "attempt", mail->attempts);
    tk_logtext_pair(line, "message_id", message_id);
    tk_logtext_pair(line, "reply", reply);
    tk_log_line(result == FAILED ? LOG_WARNING : LOG_INFO, line);
}

/* Half as long to half as long again, so that mails which failed together do not come back together. */
static gint64 pause_msecs(const struct tk_conf *conf, gint64 attempts)
{
    gint64 pause = conf->notify_retry_msecs;
    for (gint64 i = 1; i < attempts && pause < RETRY_MSECS_MAX; i++)
        pause *= 2;
    pause = MIN(pause, RETRY_MSECS_MAX);
    return pause / 2 + (gint64)(g_random_double() * (double)pause);
}

static enum tk_status write_end(const struct tk_worker *worker, const struct tk_conf *conf,
                                const struct tk_outbox_mail *mail, enum result *result, const char *reply,
                                GString *why)
{
    bool failed = false;
    enum tk_status status = TK_OK;
    switch (*result) {
    case SENT: return tk_outbox_sent(worker->store, mail, soon(), why);
    case FAILED: return tk_outbox_failed(worker->store, mail, reply, soon(), why);
    case RETRY:
        status = tk_outbox_retry(worker->store, mail, worker->name, pause_msecs(conf, mail->attempts),
                                 conf->notify_give_up_msecs, reply, soon(), &failed, why);
        if (failed)
            *result = FAILED;
        return status;
    case LEFT: return TK_OK;
    }
    return TK_BUG;
}

/* Writes the end, again and again while the database is away, for as long as the mail is ours. */
static enum tk_status end(const struct tk_worker *worker, const struct tk_conf *conf,
                          const struct tk_outbox_mail *mail, gint64 until, enum result result,
                          const char *message_id, const char *reply)
{
    g_autoptr(GString) why = g_string_new(NULL);
    enum tk_status status;
    while ((status = write_end(worker, conf, mail, &result, reply, why)) != TK_OK &&
           g_get_monotonic_time() + END_PAUSE < until)
        g_usleep(END_PAUSE);
    log_end(mail, message_id, result, reply);
    if (status != TK_OK)
        tk_log(LOG_ERR, "the end of mail %" G_GINT64_FORMAT " was not written, so it is sent again: %s",
               mail->outbox_id, why->str);
    return status == TK_OK ? TK_OK : TK_LATER;
}

static enum result result_of(enum tk_status status)
{
    switch (status) {
    case TK_OK: return SENT;
    case TK_REFUSED: return FAILED;
    case TK_NO_MATCH: return LEFT; /* the lease was another's by then */
    case TK_LATER:
    case TK_LIMITED:
    case TK_STORAGE:
    case TK_UNCERTAIN:
    case TK_CONFIG:
    case TK_USAGE:
    case TK_BUG: break;
    }
    return RETRY;
}

enum tk_status tk_worker_send(const struct tk_worker *worker, struct tk_outbox_mail **mail)
{
    struct tk_outbox_mail *m = *mail;
    struct tk_conf *conf = tk_snapshot_take(worker->snapshot);
    gint64 until = g_get_monotonic_time() + lease_msecs(conf) * G_TIME_SPAN_MILLISECOND;
    g_autoptr(GString) reply = g_string_new(NULL);
    g_autofree char *name = g_strdup_printf("%s/%s", m->tenant, m->channel != NULL ? m->channel : "");
    const struct tk_channel *channel = NULL;
    struct tk_composed composed = {0};
    gboolean away = FALSE;
    struct tk_installation *installation = NULL;
    enum tk_status status = TK_LATER;
    if (tk_conf_channel(conf, name, reply, &channel) == TK_OK)
        status = tk_naming_find(worker->naming, worker->store, soon(), &installation, reply);
    if (installation != NULL)
        status = compose(worker, conf, installation, channel, m, &composed, reply);
    if (status == TK_OK) {
        status = tk_sender_send(worker->sender, conf, &composed, reply);
        away = status == TK_CONFIG;
    }
    if (away)
        tk_log(LOG_ERR, "%s takes no mails: %s", conf->smtp_url, reply->str);
    enum tk_status written = end(worker, conf, m, until, result_of(status), composed.message_id, reply->str);
    tk_composed_clear(&composed);
    tk_installation_unref(&installation);
    tk_conf_unref(&conf);
    tk_outbox_mail_free(mail);
    return away || written != TK_OK ? TK_LATER : TK_OK;
}
