/* Tests of purging: what goes and what stays, that it goes in batches, that it can be stopped, and that mails
 * come in meanwhile. */
#include <string.h>
#include <libpq-fe.h>

#include "schema/calls/purge.h"
#include "tests/store/server.h"

#define DAY  86400
#define MANY 250 /* rows of each kind that may go, of which a batch takes 100 */

static struct tk_store *admin, *milter;

static enum tk_status write_text(void *context, tk_store_sink put, void *sink, GString *why)
{
    (void)why;
    return put(sink, context, strlen(context));
}

static struct tk_store_blob text_blob(char *text)
{
    struct tk_store_blob blob = {.size = strlen(text), .write = write_text, .context = text};
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = TK_SHA256_SIZE;
    g_checksum_update(checksum, (const guint8 *)text, -1);
    g_checksum_get_digest(checksum, blob.sha256, &size);
    return blob;
}

static void store_ticket(const char *key, char *file)
{
    const struct tk_store_blob blob = text_blob(file);
    struct tk_ingest_attachment attachment = {
        .filename = "k", .content_type = "text/plain", .size = blob.size, .disposition = "inline"};
    memcpy(attachment.sha256, blob.sha256, TK_SHA256_SIZE);
    struct tk_ingest mail = server_mail(key);
    mail.attachments = &attachment;
    mail.attachment_count = 1;
    struct tk_ingest_result result = {0};
    g_autoptr(GString) why = g_string_new(NULL);
    if (tk_store_ingest(milter, &mail, 1, &blob, 1, soon(10), &result, why) != TK_OK)
        fail_msg("%s: %s", key, why->str);
    tk_ingest_result_clear(&result);
}

static void store_refused(const char *key, char *raw)
{
    const struct tk_store_blob blob = text_blob(raw);
    struct tk_ingest mail = server_mail(key);
    mail.verdict = "fail";
    mail.reason = "too_big";
    mail.raw_sha256 = blob.sha256;
    mail.raw_seconds = 3600;
    mail.raw_budget = 1 << 20;
    struct tk_ingest_result result = {0};
    assert_int_equal(tk_store_ingest(milter, &mail, 1, &blob, 1, soon(10), &result, NULL), TK_OK);
    tk_ingest_result_clear(&result);
}

/* Refused mails were of long ago; their keys have expired. */
static void age_the_refused(void)
{
    server_expect("",
                  "UPDATE ticketing.intake SET received_at = now() - interval '9 days',"
                  " raw_until = now() - interval '8 days' WHERE reason = 'too_big';"
                  "UPDATE ticketing.intake_key SET expires_at = now() - interval '1 day' WHERE intake_id IN"
                  " (SELECT intake_id FROM ticketing.intake WHERE reason = 'too_big')");
}

static void expect_purged(const struct tk_purged *purged, gint64 count)
{
    assert_int_equal(purged->keys, count);
    assert_int_equal(purged->raws, count);
    assert_int_equal(purged->intakes, count);
    assert_int_equal(purged->blobs, count);
}

static void what_has_had_its_time_goes_and_nothing_else(void **state)
{
    (void)state;
    char kept[] = "an attachment", raw[] = "a refused mail";
    const struct tk_purge purge = {.age = DAY, .patience = 100 * G_USEC_PER_SEC};
    struct tk_purged purged;
    store_ticket("keeps", kept);
    store_refused("goes", raw);
    assert_int_equal(tk_purge_all(admin, &purge, &purged, NULL), TK_OK);
    expect_purged(&purged, 0);
    server_expect("2", "SELECT count(*) FROM ticketing.blob");
    age_the_refused();
    assert_int_equal(tk_purge_all(admin, &purge, &purged, NULL), TK_OK);
    expect_purged(&purged, 1);
    server_expect("an attachment", "SELECT convert_from(data, 'UTF8') FROM ticketing.blob");
    server_expect("0", "SELECT count(*) FROM ticketing.intake WHERE reason = 'too_big'");
}

/* MANY refused mails of long ago. The raw text of number n is "FILLED.n", from 2 on. */
static guint filled;

static void fill(void)
{
    char raw[] = "a refused mail that is the pattern of many";
    filled++;
    store_refused("pattern", raw);
    age_the_refused();
    g_autofree char *sql = g_strdup_printf(
        "CREATE TEMPORARY TABLE old AS SELECT i.*, convert_to('%u.' || n, 'UTF8') AS raw"
        " FROM ticketing.intake i, generate_series(2, %d) n WHERE i.reason = 'too_big';"
        "INSERT INTO ticketing.blob (tenant_id, sha256, chunk_no, data)"
        " SELECT tenant_id, sha256(raw), 0, raw FROM old;"
        "WITH made AS (INSERT INTO ticketing.intake (tenant_id, channel_id, verdict, reason, sender,"
        " authentication, class, level, size, raw_sha256, raw_until, received_at, millis, seen_at)"
        " SELECT tenant_id, channel_id, verdict, reason, sender, authentication, class, level, size,"
        " sha256(raw), raw_until, received_at, millis, seen_at FROM old"
        " RETURNING tenant_id, channel_id, intake_id)"
        " INSERT INTO ticketing.intake_key (tenant_id, channel_id, key, intake_id, expires_at)"
        " SELECT tenant_id, channel_id, sha256(intake_id::text::bytea), intake_id, now() - interval '1 day'"
        " FROM made",
        filled, MANY);
    server_expect("", sql);
}

struct watch {
    guint batches;
    guint most;  /* after so many it is stopped; 0: never */
    gint64 sum;  /* of all that was removed when the last batch had ended */
    gint64 step; /* the most that one batch has removed */
    bool mails;  /* one comes in between each two */
};

static bool watch(void *context, const struct tk_purged *so_far)
{
    struct watch *w = context;
    const gint64 sum = so_far->keys + so_far->raws + so_far->intakes + so_far->blobs;
    w->step = MAX(w->step, sum - w->sum);
    w->sum = sum;
    w->batches++;
    if (w->mails) {
        /* With contents that nobody refers to any more, of which some are gone by now. */
        g_autofree char *key = g_strdup_printf("meanwhile %u", w->batches);
        g_autofree char *content = g_strdup_printf("%u.%u", filled, 10 * w->batches);
        store_ticket(key, content);
    }
    return w->batches != w->most;
}

static void it_goes_in_batches_and_mails_come_in_between(void **state)
{
    (void)state;
    struct watch w = {.mails = true};
    const struct tk_purge purge = {
        .age = DAY, .rows = 100, .patience = 100 * G_USEC_PER_SEC, .goes_on = watch, .context = &w};
    struct tk_purged purged;
    fill();
    assert_int_equal(tk_purge_all(admin, &purge, &purged, NULL), TK_OK);
    assert_in_range(w.batches, 4 * 3, 4 * 5);
    assert_int_equal(w.step, 100);
    assert_int_equal(purged.keys, MANY);
    assert_int_equal(purged.raws, MANY);
    assert_int_equal(purged.intakes, MANY);
    /* What a mail refers to again stays or came again. */
    assert_in_range(purged.blobs, MANY - w.batches, MANY);
    server_expect("0", "SELECT count(*) FROM ticketing.intake WHERE reason = 'too_big'");
    server_expect("t", "SELECT bool_and(EXISTS (SELECT FROM ticketing.blob b WHERE b.sha256 = a.sha256"
                       " AND b.chunk_no = 0)) AND count(*) > 12 FROM ticketing.attachment a");
}

static void where_it_is_stopped_the_next_one_goes_on(void **state)
{
    (void)state;
    struct watch w = {.most = 5};
    struct tk_purge purge = {
        .age = DAY, .rows = 100, .patience = 100 * G_USEC_PER_SEC, .goes_on = watch, .context = &w};
    struct tk_purged first, rest;
    g_autoptr(GString) why = g_string_new(NULL);
    fill();
    assert_int_equal(tk_purge_all(admin, &purge, &first, why), TK_LATER);
    assert_string_equal(why->str, "it was stopped");
    assert_int_equal(w.batches, 5);
    assert_int_equal(first.keys, MANY);
    assert_in_range(first.raws, 100, MANY - 1);
    assert_int_equal(first.intakes + first.blobs, 0);
    g_autofree char *left = g_strdup_printf("%d", (int)(MANY - first.raws));
    server_expect(left, "SELECT count(*) FROM ticketing.intake WHERE raw_until < now()");
    purge.goes_on = NULL;
    assert_int_equal(tk_purge_all(admin, &purge, &rest, NULL), TK_OK);
    assert_int_equal(rest.keys, 0);
    assert_int_equal(first.raws + rest.raws, MANY);
    assert_int_equal(rest.intakes, MANY);
    assert_int_equal(rest.blobs, MANY);
}

static void a_batch_ends_by_time_as_well(void **state)
{
    (void)state;
    struct watch w = {0};
    const struct tk_purge purge = {.age = DAY,
                                   .rows = 1000000,
                                   .msecs = 1,
                                   .patience = 100 * G_USEC_PER_SEC,
                                   .goes_on = watch,
                                   .context = &w};
    struct tk_purged purged;
    fill();
    /* Each row takes longer than a batch may: a hundred are the least, and one content. */
    server_expect("", "CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                      " PERFORM pg_sleep(0.002); RETURN coalesce(NEW, OLD); END $$");
    static const char *const tables[] = {"intake_key", "intake", "blob"};
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *sql =
            g_strdup_printf("CREATE TRIGGER slow BEFORE UPDATE OR DELETE ON ticketing.%s FOR EACH ROW"
                            " EXECUTE FUNCTION public.slow()",
                            tables[i]);
        server_expect("", sql);
    }
    const enum tk_status status = tk_purge_all(admin, &purge, &purged, NULL);
    server_expect("", "DROP FUNCTION public.slow() CASCADE");
    assert_int_equal(status, TK_OK);
    expect_purged(&purged, MANY);
    assert_int_equal(w.step, 100);
    assert_true(w.batches > MANY);
}

static void what_a_mail_holds_is_passed_over(void **state)
{
    (void)state;
    const struct tk_purge purge = {.age = DAY, .patience = 100 * G_USEC_PER_SEC};
    struct tk_purged purged;
    fill();
    PGconn *mail = PQconnectdb(server_conninfo("postgres"));
    PQclear(PQexec(mail, "BEGIN"));
    g_autofree char *hold =
        g_strdup_printf("SELECT FROM ticketing.blob WHERE sha256 = sha256('%u.100') FOR KEY SHARE", filled);
    PQclear(PQexec(mail, hold));
    PQclear(PQexec(mail, "SELECT FROM ticketing.intake_key WHERE intake_id = (SELECT min(intake_id) FROM"
                         " ticketing.intake WHERE reason = 'too_big') FOR UPDATE"));
    const enum tk_status status = tk_purge_all(admin, &purge, &purged, NULL);
    PQclear(PQexec(mail, "ROLLBACK"));
    PQfinish(mail);
    assert_int_equal(status, TK_OK);
    assert_int_equal(purged.keys, MANY - 1);
    assert_int_equal(purged.intakes, MANY - 1); /* its key stands for it */
    assert_int_equal(purged.blobs, MANY - 1);
    assert_int_equal(tk_purge_all(admin, &purge, &purged, NULL), TK_OK);
    assert_int_equal(purged.keys, 1);
    assert_int_equal(purged.intakes, 1);
    assert_int_equal(purged.blobs, 1);
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    milter = server_store("ticket_milter", 1);
    admin = server_store("ticket_admin", 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tk_store_close(&milter);
    tk_store_close(&admin);
    server_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_had_its_time_goes_and_nothing_else),
        cmocka_unit_test(it_goes_in_batches_and_mails_come_in_between),
        cmocka_unit_test(where_it_is_stopped_the_next_one_goes_on),
        cmocka_unit_test(a_batch_ends_by_time_as_well),
        cmocka_unit_test(what_a_mail_holds_is_passed_over),
    };
    return server_run(tests, setup, teardown);
}
