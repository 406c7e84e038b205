/* ingest: one mail becomes rows, in one transaction and one round trip.
 *
 * Contents and ingest calls go out as one pipeline, closed by one Sync: the server runs them as one
 * transaction and commits at the Sync. Until the Sync was sent nothing can be committed, so any failure
 * before it closes the connection and the server forgets it all. After it, silence means that nobody knows
 * (TK_UNCERTAIN), and repeating is safe.
 *
 * The deadline is checked by the server itself, as the last act of every ingest call: the client sends it
 * along as a moment of the server's clock, of which the connection keeps an estimate that is never ahead. A
 * backend that was stopped for a minute, or waited for a lock, or a network that delivered late, therefore
 * commits nothing after the client has told its peer "try again"; and this costs no round trip of its own.
 * What remains is the commit itself. */
#include "schema/calls/ingest.h"

#include <stdlib.h>
#include <string.h>

#include "rules/base/hash.h"
#include "schema/calls/ingest_args.h"
#include "schema/calls/probe.h"
#include "schema/sql/queries.h"
#include "schema/wire/fault.h"
#include "schema/wire/pool.h"
#include "schema/wire/sqlstate.h"

#define CHUNK_SIZE (256 * 1024) /* of blob.data */
/* Up to this size contents are sent unasked: asking which are there already would cost a round trip. */
#define SMALL_CONTENTS (256 * 1024)
/* Bytes between two looks at the server's answers, so that an error stops a long transfer. */
#define LOOK_AFTER    (4 * 1024 * 1024)
#define TRIES_MAX     5          /* of a transaction that the server asks to repeat */
#define BACKOFF_FIRST (5 * 1000) /* microseconds, doubled each time, plus as much jitter */

/* What tk_store_ingest is given. */
struct mail {
    const struct tk_ingest *items;
    guint count;
    const struct tk_store_blob *blobs;
    guint blob_count;
    struct tk_ingest_raw raw; /* seconds 0: it is not kept, or for good */
};

struct pipeline {
    struct tk_connection *c;
    gint64 deadline;
    guint unanswered; /* statements whose result has not been read */
    gsize unflushed;  /* bytes of contents that libpq may still hold */
    gsize unlooked;   /* bytes of contents since the last look at the answers */
    bool sync_sent;
    bool retry;
    GString *why;
};

/* One content on its way. */
struct transfer {
    struct pipeline *p;
    const struct tk_store_blob *blob;
    gint64 tenant_id;
    GByteArray *chunk;
    gint64 chunk_no;
    guint64 size; /* that came */
    guint64 sent; /* of these */
    struct tk_hash *hash;
};

static enum tk_status send_query(struct pipeline *p, const char *sql, const struct tk_args *args, bool binary)
{
    guint sent;
    enum tk_status status = tk_connection_send(p->c, sql, args, binary, &sent, p->why);
    p->unanswered += status == TK_OK ? sent : 0;
    return status;
}

/* The next result, or NULL at the end of a statement's; a failed one becomes a status. COMMITTING: all
 * statements have been answered, what comes now is the commit's. */
static enum tk_status next_result(struct pipeline *p, bool committing, PGresult **result_r)
{
    g_autoptr(PGresult) result = NULL;
    enum tk_status status = tk_connection_result(p->c, p->deadline, &result, p->why);
    if (status != TK_OK)
        return p->sync_sent ? TK_UNCERTAIN : status;
    if (result == NULL || PQresultStatus(result) != PGRES_FATAL_ERROR) {
        *result_r = g_steal_pointer(&result);
        return TK_OK;
    }
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    status = tk_connection_failure(p->c, result, p->sync_sent, &p->retry, p->why);
    /* A backend that dies while it commits may have done so. */
    if (committing && g_strcmp0(severity, "ERROR") != 0)
        status = TK_UNCERTAIN;
    return status;
}

/* Reads the answer to one statement. After a first error the others come back as aborted, and FAILED keeps
 * the first. */
static enum tk_status answer(struct pipeline *p, PGresult **result_r, enum tk_status failed)
{
    g_autoptr(PGresult) result = NULL, end = NULL;
    GString *why = p->why;
    if (failed != TK_OK)
        p->why = NULL;
    enum tk_status status = next_result(p, false, &result);
    if (status != TK_UNCERTAIN && !p->c->broken) {
        enum tk_status ended = next_result(p, false, &end);
        if (status == TK_OK)
            status = ended;
    }
    p->why = why;
    p->unanswered--;
    if (failed != TK_OK)
        return failed;
    if (status == TK_OK && result_r != NULL)
        *result_r = g_steal_pointer(&result);
    return status;
}

/* Reads all answers that are due. Only before the Sync. */
static enum tk_status look(struct pipeline *p, PGresult **last_r)
{
    if (PQsendFlushRequest(p->c->pq) == 0)
        return tk_status_fail(TK_LATER, p->why, "the connection to the database is lost");
    enum tk_status status = tk_connection_flush(p->c, p->deadline, p->why);
    while (status == TK_OK && p->unanswered > 0)
        status = answer(p, p->unanswered == 1 ? last_r : NULL, TK_OK);
    return status;
}

static enum tk_status send_chunk(struct transfer *t)
{
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, t->tenant_id);
    tk_args_bytes(&args, t->blob->sha256, TK_SHA256_SIZE);
    tk_args_number(&args, t->chunk_no);
    /* An empty array has no address, and no address would be NULL. */
    tk_args_bytes(&args, t->chunk->len > 0 ? (const void *)t->chunk->data : "", t->chunk->len);
    tk_args_text(&args, t->sent + t->chunk->len == t->blob->size ? "true" : "false");
    enum tk_status status = send_query(t->p, tk_query_attachment_put, &args, false);
    t->p->unflushed += t->chunk->len;
    t->p->unlooked += t->chunk->len;
    t->sent += t->chunk->len;
    t->chunk_no++;
    g_byte_array_set_size(t->chunk, 0);
    /* libpq keeps a copy of what the socket does not take at once: wait, so that it is never much. */
    if (status == TK_OK && t->p->unflushed >= SMALL_CONTENTS) {
        t->p->unflushed = 0;
        status = tk_connection_flush(t->p->c, t->p->deadline, t->p->why);
    }
    if (status == TK_OK && t->p->unlooked >= LOOK_AFTER) {
        t->p->unlooked = 0;
        status = look(t->p, NULL);
    }
    return status;
}

static enum tk_status take_bytes(void *sink, const void *data, gsize size)
{
    struct transfer *t = sink;
    const guint8 *from = data;
    t->size += size;
    if (t->size > t->blob->size)
        return tk_status_fail(TK_BUG, t->p->why, "a content is longer than was said");
    tk_hash_update(t->hash, from, size);
    while (size > 0) {
        const guint part = (guint)MIN(size, CHUNK_SIZE - t->chunk->len);
        g_byte_array_append(t->chunk, from, part);
        from += part;
        size -= part;
        if (t->chunk->len == CHUNK_SIZE) {
            enum tk_status status = send_chunk(t);
            if (status != TK_OK)
                return status;
        }
    }
    return TK_OK;
}

static enum tk_status send_blob(struct pipeline *p, gint64 tenant_id, const struct tk_store_blob *blob)
{
    struct transfer t = {.p = p, .blob = blob, .tenant_id = tenant_id};
    t.hash = tk_hash_new();
    if (t.hash == NULL)
        return tk_status_fail(TK_LATER, p->why, "libcrypto gives no SHA-256");
    t.chunk = g_byte_array_sized_new((guint)MIN(blob->size, CHUNK_SIZE));
    enum tk_status status = blob->write(blob->context, take_bytes, &t, p->why);
    if (status == TK_OK && (t.chunk->len > 0 || t.chunk_no == 0))
        status = send_chunk(&t);
    if (status == TK_OK) {
        guint8 digest[TK_SHA256_SIZE];
        tk_hash_final(t.hash, digest);
        if (t.size != blob->size || memcmp(digest, blob->sha256, sizeof digest) != 0)
            status = tk_status_fail(TK_BUG, p->why, "a content is not what its size and sha256 say");
    }
    g_byte_array_unref(t.chunk);
    tk_hash_free(&t.hash);
    return status;
}

static int compare_blobs(gconstpointer a, gconstpointer b)
{
    const struct tk_store_blob *const *x = a, *const *y = b;
    return memcmp((*x)->sha256, (*y)->sha256, TK_SHA256_SIZE);
}

/* Asks which of BLOBS (sorted) the tenant has, and takes them out; those stay until our commit. */
static enum tk_status leave_out_present(struct pipeline *p, gint64 tenant_id, GPtrArray *blobs)
{
    g_autoptr(GPtrArray) hashes = g_ptr_array_new();
    for (guint i = 0; i < blobs->len; i++)
        g_ptr_array_add(hashes, (void *)((struct tk_store_blob *)blobs->pdata[i])->sha256);
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, tenant_id);
    tk_args_byte_arrays(&args, (const guint8 *const *)hashes->pdata, hashes->len, TK_SHA256_SIZE);
    enum tk_status status = send_query(p, tk_query_attachment_present, &args, true);
    g_autoptr(PGresult) present = NULL;
    if (status == TK_OK)
        status = look(p, &present);
    if (status != TK_OK)
        return status;
    for (guint i = 0; i < blobs->len;) {
        const struct tk_store_blob *blob = blobs->pdata[i];
        bool found = false;
        for (int row = 0; row < PQntuples(present) && !found; row++)
            found = PQgetlength(present, row, 0) == TK_SHA256_SIZE &&
                    memcmp(PQgetvalue(present, row, 0), blob->sha256, TK_SHA256_SIZE) == 0;
        if (found)
            g_ptr_array_remove_index(blobs, i);
        else
            i++;
    }
    return TK_OK;
}

static enum tk_status send_blobs(struct pipeline *p, gint64 tenant_id, const struct tk_store_blob *blobs,
                                 guint count)
{
    if (count == 0)
        return TK_OK;
    g_autoptr(GPtrArray) todo = g_ptr_array_new();
    guint64 total = 0;
    for (guint i = 0; i < count; i++)
        g_ptr_array_add(todo, (void *)&blobs[i]);
    g_ptr_array_sort(todo, compare_blobs);
    for (guint i = 0; i < todo->len;) { /* each content once */
        if (i > 0 && compare_blobs(&todo->pdata[i - 1], &todo->pdata[i]) == 0) {
            g_ptr_array_remove_index(todo, i);
            continue;
        }
        total += ((struct tk_store_blob *)todo->pdata[i])->size;
        i++;
    }
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, tk_connection_clock(p->c, p->deadline));
    enum tk_status status = send_query(p, tk_query_deadline_arm, &args, false);
    if (status == TK_OK && total > SMALL_CONTENTS)
        status = leave_out_present(p, tenant_id, todo);
    for (guint i = 0; status == TK_OK && i < todo->len; i++)
        status = send_blob(p, tenant_id, todo->pdata[i]);
    return status;
}

/* Sends the Sync, reads every answer and then the commit's. RESULTS gets the rows of the last LAST answers,
 * of which COUNT have any: the others are of statements that were prepared on the way. */
static enum tk_status commit(struct pipeline *p, PGresult **results, guint last, guint count, gint64 sent)
{
    TK_FAULT("sending", NULL);
    p->sync_sent = true;
    g_string_truncate(p->c->warning, 0);
    if (PQpipelineSync(p->c->pq) == 0)
        return tk_status_fail(TK_UNCERTAIN, p->why, "the connection to the database is lost");
    enum tk_status status = tk_connection_flush(p->c, p->deadline, p->why);
    if (status != TK_OK)
        return TK_UNCERTAIN;
    TK_FAULT("committing", NULL);
    for (guint taken = 0; p->unanswered > 0 && !p->c->broken;) {
        g_autoptr(PGresult) result = NULL;
        const gboolean wanted = p->unanswered <= last && taken < count;
        status = answer(p, &result, status);
        if (wanted && result != NULL && PQresultStatus(result) == PGRES_TUPLES_OK)
            results[taken++] = g_steal_pointer(&result);
    }
    if (p->c->broken)
        return status;
    g_autoptr(PGresult) end = NULL;
    enum tk_status ended = next_result(p, true, &end);
    if (status != TK_OK)
        return status;
    if (ended != TK_OK)
        return ended;
    if (PQresultStatus(end) != PGRES_PIPELINE_SYNC)
        return tk_status_fail(TK_UNCERTAIN, p->why, "no answer to the commit");
    TK_FAULT("committed", NULL);
    p->c->preparing = false;
    for (guint i = 0; i < count; i++)
        tk_connection_clock_seen(p->c, tk_result_number(results[i], 0, "clock"), sent,
                                 g_get_monotonic_time());
    /* A wait for the standby that was cancelled ends in success and a warning: the rows may vanish at a
     * failover. */
    if (p->c->warning->len > 0)
        return tk_status_fail(TK_UNCERTAIN, p->why, "warning at the commit: %s", p->c->warning->str);
    return TK_OK;
}

static int compare_channels(gconstpointer a, gconstpointer b)
{
    const struct tk_ingest *const *x = a, *const *y = b;
    return (*x)->channel_id < (*y)->channel_id ? -1 : (*x)->channel_id > (*y)->channel_id;
}

/* Whether VERDICT makes a mail worth more than OTHER, as raw_worth() has it. */
static bool is_worth_more(const char *verdict, const char *other)
{
    return other == NULL || strcmp(other, "exclude") == 0 || strcmp(verdict, "fail") == 0;
}

/* What the items ask for together: they are of one mail. */
static struct tk_ingest_raw find_raw(const struct tk_ingest *items, guint count)
{
    struct tk_ingest_raw raw = {0};
    for (guint i = 0; i < count; i++) {
        const struct tk_ingest *item = &items[i];
        if (item->raw_sha256 == NULL || item->raw_seconds == 0)
            continue;
        raw.tenant_id = item->tenant_id;
        raw.sha256 = item->raw_sha256;
        raw.size = item->size;
        raw.budget = item->raw_budget;
        raw.seconds = MAX(raw.seconds, item->raw_seconds);
        if (is_worth_more(item->verdict, raw.verdict))
            raw.verdict = item->verdict;
    }
    return raw;
}

static enum tk_status send_raw(struct pipeline *p, const struct tk_ingest_raw *raw)
{
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_ingest_args_raw(&args, raw, tk_connection_clock(p->c, g_get_monotonic_time()),
                       tk_connection_clock(p->c, p->deadline));
    return send_query(p, tk_query_raw_account, &args, false);
}

/* Hands the answers over: those of the items in ORDER, then the one about the raw mail. */
static void read_answers(const struct mail *mail, const GPtrArray *order, const GPtrArray *answers,
                         struct tk_ingest_result *results, struct tk_ingest_kept *kept)
{
    for (guint i = 0; i < mail->count; i++)
        tk_ingest_args_read(answers->pdata[i], &results[(struct tk_ingest *)order->pdata[i] - mail->items]);
    if (mail->raw.seconds == 0)
        return;
    tk_ingest_args_read_raw(answers->pdata[mail->count], kept);
    struct tk_ingest_kept told = *kept;
    for (guint i = 0; i < mail->count; i++) {
        if (mail->items[i].raw_seconds == 0)
            continue;
        results[i].raw = told;
        told.alarm = TK_INGEST_ALARM_NONE; /* once */
    }
}

/* One try of the whole transaction. */
static enum tk_status run(struct pipeline *p, const struct mail *mail, struct tk_ingest_result *results,
                          struct tk_ingest_kept *kept)
{
    const guint expected = mail->count + (mail->raw.seconds > 0);
    if (PQenterPipelineMode(p->c->pq) == 0) {
        p->c->broken = true;
        return tk_status_fail(TK_LATER, p->why, "the connection is not idle");
    }
    /* Keys are locked in the order of the channels, so that two mails to the same channels cannot lock each
     * other. */
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    for (guint i = 0; i < mail->count; i++)
        g_ptr_array_add(order, (void *)&mail->items[i]);
    g_ptr_array_sort(order, compare_channels);
    g_autoptr(GPtrArray) answers = g_ptr_array_new_with_free_func((GDestroyNotify)PQclear);
    g_ptr_array_set_size(answers, (int)expected);
    const gint64 began = g_get_monotonic_time();
    const gint64 tenant_id = mail->count > 0 ? mail->items[0].tenant_id : mail->raw.tenant_id;
    enum tk_status status = send_blobs(p, tenant_id, mail->blobs, mail->blob_count);
    const guint before = p->unanswered;
    for (guint i = 0; status == TK_OK && i < mail->count; i++) {
        TK_ARGS_AUTO struct tk_args args;
        tk_args_init(&args);
        tk_ingest_args(&args, order->pdata[i], tk_connection_clock(p->c, g_get_monotonic_time()),
                       tk_connection_clock(p->c, p->deadline));
        status = send_query(p, tk_query_ingest, &args, false);
    }
    if (status == TK_OK && mail->raw.seconds > 0)
        status = send_raw(p, &mail->raw);
    if (status == TK_OK)
        status = commit(p, (PGresult **)answers->pdata, p->unanswered - before, expected, began);
    else
        p->c->broken = true; /* closing it is the rollback */
    if (!p->c->broken && PQexitPipelineMode(p->c->pq) == 0)
        p->c->broken = true;
    if (status == TK_OK)
        read_answers(mail, order, answers, results, kept);
    return status;
}

/* The whole call, tried again where the server asks for it. SQLSTATE_R: of a failure that the server named.
 */
static enum tk_status store_mail(struct tk_store *store, const struct mail *mail, gint64 deadline,
                                 struct tk_ingest_result *results, struct tk_ingest_kept *kept,
                                 char sqlstate_r[6], GString *why)
{
    gint64 backoff = BACKOFF_FIRST;
    for (guint try = 1;; try++) {
        struct pipeline p = {.deadline = deadline, .why = why};
        *sqlstate_r = '\0';
        enum tk_status status = tk_pool_take(store, deadline, &p.c, why);
        if (status != TK_OK)
            return status;
        status = run(&p, mail, results, kept);
        memcpy(sqlstate_r, p.c->sqlstate, sizeof p.c->sqlstate);
        tk_pool_give(store, &p.c);
        const gint64 pause = backoff + tk_pool_random(store, backoff);
        if (status != TK_LATER || !p.retry || try == TRIES_MAX || g_get_monotonic_time() + pause >= deadline)
            return status;
        g_usleep((gulong)pause);
        backoff *= 2;
    }
}

/* Whether the server has named the values as what is wrong. */
static bool blames_values(enum tk_status status, const char *sqlstate)
{
    return status == TK_CONFIG && tk_sqlstate_may_be_values(sqlstate);
}

/* A trigger or domain that is broken gives the same error for every mail. So the values of this one are
 * proven to be the cause only where others, in the same place, go through in between. */
static enum tk_status prove(struct tk_store *store, const struct mail *mail, gint64 deadline,
                            struct tk_ingest_result *results, GString *why)
{
    char sqlstate[6];
    struct tk_ingest_kept kept;
    g_autoptr(GString) text = g_string_new(NULL);
    enum tk_status status = tk_probe(store, mail->items, mail->count, deadline, text);
    if (status != TK_OK) {
        g_string_append_printf(why, "; a mail of other values cannot be stored either: %s", text->str);
        return status;
    }
    status = store_mail(store, mail, deadline, results, &kept, sqlstate, text);
    g_string_assign(why, text->str);
    if (!blames_values(status, sqlstate))
        return status;
    g_string_append(why, "; a mail of other values can be stored");
    return TK_REFUSED;
}

enum tk_status tk_store_ingest(struct tk_store *store, const struct tk_ingest *items, guint count,
                               const struct tk_store_blob *blobs, guint blob_count, gint64 deadline,
                               struct tk_ingest_result *results_r, GString *why)
{
    const struct mail mail = {items, count, blobs, blob_count, find_raw(items, count)};
    struct tk_ingest_kept kept;
    char sqlstate[6];
    if (count == 0)
        return tk_status_fail(TK_BUG, why, "nothing to store");
    for (guint i = 1; i < count; i++)
        if (items[i].tenant_id != items[0].tenant_id)
            return tk_status_fail(TK_BUG, why, "one transaction for several tenants");
    g_autoptr(GString) text = g_string_new(NULL);
    enum tk_status status = store_mail(store, &mail, deadline, results_r, &kept, sqlstate, text);
    if (blames_values(status, sqlstate))
        status = prove(store, &mail, deadline, results_r, text);
    if (status != TK_OK && why != NULL)
        g_string_assign(why, text->str);
    return status;
}

enum tk_status tk_store_keep_raw(struct tk_store *store, const struct tk_ingest_raw *raw,
                                 const struct tk_store_blob *content, gint64 deadline,
                                 struct tk_ingest_kept *kept_r, GString *why)
{
    const struct mail mail = {.blobs = content, .blob_count = 1, .raw = *raw};
    char sqlstate[6];
    return store_mail(store, &mail, deadline, NULL, kept_r, sqlstate, why);
}

void tk_ingest_result_clear(struct tk_ingest_result *result)
{
    if (result == NULL)
        return;
    g_free(result->verdict);
    g_free(result->reason);
    g_free(result->number);
    *result = (struct tk_ingest_result){0};
}
