/* probe: whether the database takes a mail of harmless values in the place of one that it refused. */
#include "schema/calls/probe.h"

#include <string.h>

#include "rules/base/hash.h"
#include "schema/calls/ingest_args.h"
#include "schema/sql/queries.h"
#include "schema/wire/pool.h"

#define TEXT    "probe"
#define ADDRESS "probe@ticket-milter.invalid" /* RFC 2606 section 2: nobody has it */

/* The values of one item. */
struct probe {
    struct tk_ingest item;
    struct tk_ingest_field *fields;
    struct tk_ingest_attachment attachment;
    guint8 sha256[TK_SHA256_SIZE]; /* of TEXT */
};

static const char *in_place_of(const char *value, const char *harmless)
{
    return value != NULL ? harmless : NULL;
}

static const char *const *one_of(const char *const *list, const char *const *harmless)
{
    return list != NULL && list[0] != NULL ? harmless : NULL;
}

static void fill_files(struct probe *probe, const struct tk_ingest *item)
{
    if (item->attachment_count == 0)
        return;
    probe->attachment = (struct tk_ingest_attachment){
        .filename = TEXT,
        .content_type = "text/plain",
        .size = strlen(TEXT),
        .disposition = item->attachments[0].disposition,
        .content_id = in_place_of(item->attachments[0].content_id, TEXT),
    };
    memcpy(probe->attachment.sha256, probe->sha256, sizeof probe->sha256);
    probe->item.attachments = &probe->attachment;
    probe->item.attachment_count = 1;
}

/* What the channel's rules and the database have given stays, so that the probe goes the mail's way. Names of
 * fields are the channel's. */
static void fill(struct probe *probe, const struct tk_ingest *item)
{
    static const char *const texts[] = {TEXT, NULL}, *const addresses[] = {ADDRESS, NULL};
    probe->item = *item;
    struct tk_ingest *p = &probe->item;
    /* A key of its own for each mail, so that no mail waits for the probe of another. */
    for (gsize i = 0; i < sizeof p->intake_key; i++)
        p->intake_key[i] ^= 0xFF;
    p->evidence = in_place_of(item->evidence, TEXT);
    p->detail = in_place_of(item->detail, TEXT);
    p->authenticated_by = in_place_of(item->authenticated_by, TEXT);
    p->message_id = in_place_of(item->message_id, ADDRESS);
    p->mail_from = in_place_of(item->mail_from, ADDRESS);
    p->rcpt = in_place_of(item->rcpt, ADDRESS);
    p->sender = in_place_of(item->sender, ADDRESS);
    p->size = strlen(TEXT);
    p->millis = 0;
    p->raw_sha256 = item->raw_sha256 != NULL ? probe->sha256 : NULL;
    p->subject = in_place_of(item->subject, TEXT);
    p->body = in_place_of(item->body, TEXT);
    p->body_full = in_place_of(item->body_full, TEXT);
    p->body_html = in_place_of(item->body_html, TEXT);
    p->requester = in_place_of(item->requester, ADDRESS);
    p->requester_name = in_place_of(item->requester_name, TEXT);
    p->priority = NULL;
    p->notices = one_of(item->notices, texts);
    p->participants = one_of(item->participants, addresses);
    p->author = in_place_of(item->author, ADDRESS);
    p->proof = item->ticket_id != 0 ? "recipient" : NULL; /* the probe's writer is no participant */
    probe->fields = g_new0(struct tk_ingest_field, item->field_count + 1);
    for (guint i = 0; i < item->field_count; i++)
        probe->fields[i] = (struct tk_ingest_field){item->fields[i].name, TEXT, item->fields[i].restricted};
    p->fields = probe->fields;
    fill_files(probe, item);
}

static enum tk_status ask(struct tk_connection *c, const char *sql, const struct tk_args *args,
                          gint64 deadline, GString *why)
{
    g_autoptr(PGresult) nothing = NULL;
    return tk_connection_query(c, sql, args, false, false, deadline, &nothing, why);
}

static enum tk_status put_content(struct tk_connection *c, gint64 tenant_id, const guint8 *sha256,
                                  gint64 deadline, GString *why)
{
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, tenant_id);
    tk_args_bytes(&args, sha256, TK_SHA256_SIZE);
    tk_args_number(&args, 0);
    tk_args_bytes(&args, TEXT, strlen(TEXT));
    tk_args_text(&args, "true");
    return ask(c, tk_query_attachment_put, &args, deadline, why);
}

static enum tk_status put_item(struct tk_connection *c, const struct tk_ingest *item, const guint8 *sha256,
                               gint64 deadline, GString *why)
{
    struct probe probe = {0};
    memcpy(probe.sha256, sha256, sizeof probe.sha256);
    fill(&probe, item);
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_ingest_args(&args, &probe.item, tk_connection_clock(c, g_get_monotonic_time()),
                   tk_connection_clock(c, deadline));
    enum tk_status status = ask(c, tk_query_ingest, &args, deadline, why);
    g_free(probe.fields);
    return status;
}

/* In the transaction; the caller ends it. */
static enum tk_status put_all(struct tk_connection *c, const struct tk_ingest *items, guint count,
                              gint64 deadline, GString *why)
{
    struct tk_hash *hash = tk_hash_new();
    guint8 sha256[TK_SHA256_SIZE];
    if (hash == NULL)
        return tk_status_fail(TK_LATER, why, "libcrypto gives no SHA-256");
    tk_hash_update(hash, (const guint8 *)TEXT, strlen(TEXT));
    tk_hash_final(hash, sha256);
    tk_hash_free(&hash);
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, tk_connection_clock(c, deadline));
    enum tk_status status = ask(c, tk_query_deadline_arm, &args, deadline, why);
    if (status == TK_OK)
        status = put_content(c, items[0].tenant_id, sha256, deadline, why);
    for (guint i = 0; status == TK_OK && i < count; i++)
        status = put_item(c, &items[i], sha256, deadline, why);
    return status == TK_OK ? ask(c, tk_query_constraints_now, NULL, deadline, why) : status;
}

enum tk_status tk_probe(struct tk_store *store, const struct tk_ingest *items, guint count, gint64 deadline,
                        GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status == TK_OK)
        status = ask(c, tk_query_begin, NULL, deadline, why);
    if (status == TK_OK)
        status = put_all(c, items, count, deadline, why);
    if (status == TK_OK)
        status = ask(c, tk_query_rollback, NULL, deadline, why);
    tk_pool_give(store, &c); /* inside a transaction: closed, which is the rollback */
    return status;
}
