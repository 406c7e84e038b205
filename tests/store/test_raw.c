/* Tests of the mails that are kept as they came: what counts in the budget, what goes first, and that nobody
 * waits for it. */
#include <string.h>

#include "schema/calls/purge.h"
#include "tests/store/server.h"

#define SMALL   4096 /* what the smallest mail counts */
#define PLENTY  (1024 * SMALL)
#define THREADS 6
#define OF_EACH 40
#define USED    "SELECT bytes FROM ticketing.raw_usage"
#define IN_ORDER                                                                                             \
    "SELECT coalesce(string_agg(sender, ' ' ORDER BY intake_id), '') FROM ticketing.intake WHERE "           \
    "raw_sha256 IS NOT NULL"

static struct tk_store *milter, *admin;

struct text {
    const char *bytes;
    gsize size;
};

static enum tk_status write_text(void *context, tk_store_sink put, void *sink, GString *why)
{
    (void)why;
    const struct text *text = context;
    return put(sink, text->bytes, text->size);
}

static struct tk_store_blob blob_of(struct text *text)
{
    struct tk_store_blob blob = {.size = text->size, .write = write_text, .context = text};
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = TK_SHA256_SIZE;
    g_checksum_update(checksum, (const guint8 *)text->bytes, (gssize)text->size);
    g_checksum_get_digest(checksum, blob.sha256, &size);
    return blob;
}

/* Stores the mail BYTES of SIZE under KEY, which is also its sender, and keeps it an hour. */
static struct tk_ingest_kept store_size(const char *key, const char *verdict, const char *bytes, gsize size,
                                        guint64 budget)
{
    struct text text = {bytes, size};
    const struct tk_store_blob blob = blob_of(&text);
    struct tk_ingest mail = server_mail(key);
    mail.verdict = verdict;
    mail.reason = strcmp(verdict, "ticket") == 0 ? NULL
                  : strcmp(verdict, "fail") == 0 ? "domain_denied"
                                                 : "out_of_office";
    mail.sender = key;
    mail.size = size;
    mail.raw_sha256 = blob.sha256;
    mail.raw_seconds = 3600;
    mail.raw_budget = budget;
    struct tk_ingest_result result = {0};
    g_autoptr(GString) why = g_string_new(NULL);
    if (tk_store_ingest(milter, &mail, 1, &blob, 1, soon(20), &result, why) != TK_OK)
        fail_msg("%s: %s", key, why->str);
    assert_string_equal(result.verdict, verdict);
    const struct tk_ingest_kept kept = result.raw;
    tk_ingest_result_clear(&result);
    return kept;
}

static struct tk_ingest_kept store(const char *key, const char *verdict, guint64 budget)
{
    return store_size(key, verdict, key, strlen(key), budget);
}

static void expire_all(void)
{
    const struct tk_purge purge = {.age = 86400, .patience = 20 * G_USEC_PER_SEC};
    struct tk_purged purged;
    server_expect("", "UPDATE ticketing.raw_mail SET until = now() - interval '1 day'");
    assert_int_equal(tk_purge_all(admin, &purge, &purged, NULL), TK_OK);
    server_expect("0", "SELECT count(*) FROM ticketing.raw_mail");
    server_expect("0", USED);
    server_expect("", IN_ORDER);
}

static void a_content_counts_once_and_a_small_one_as_a_page(void **state)
{
    (void)state;
    g_autofree char *large = g_strnfill(10000, 'x');
    assert_int_equal(store_size("one", "fail", large, 10000, PLENTY).used, 10000);
    assert_int_equal(store_size("two", "exclude", large, 10000, PLENTY).used, 10000);
    assert_int_equal(store("three", "exclude", PLENTY).used, 10000 + SMALL);
    const struct tk_ingest_kept again = store("three", "exclude", PLENTY); /* the same mail comes again */
    assert_true(again.kept);
    assert_int_equal(again.used, 10000 + SMALL);
    assert_int_equal(again.alarm, TK_INGEST_ALARM_NONE);
    server_expect("2", "SELECT worth FROM ticketing.raw_mail WHERE size = 10000");
    server_expect("2", "SELECT count(*) FROM ticketing.blob");
    expire_all();
    server_expect("0", "SELECT count(*) FROM ticketing.blob");
}

static void the_oldest_excluded_mails_go_first_then_those_of_tickets_then_refused_ones(void **state)
{
    (void)state;
    static const struct {
        const char *key, *verdict, *left;
        enum tk_ingest_alarm alarm;
        bool kept;
    } mails[] = {
        {"f1", "fail", "f1", TK_INGEST_ALARM_NONE, true},
        {"e1", "exclude", "f1 e1", TK_INGEST_ALARM_NONE, true},
        {"t1", "ticket", "f1 e1 t1", TK_INGEST_ALARM_NONE, true},
        {"e2", "exclude", "f1 e1 t1 e2", TK_INGEST_ALARM_NONE, true},
        {"f2", "fail", "f1 t1 e2 f2", TK_INGEST_ALARM_BEGIN, true},
        {"e3", "exclude", "f1 t1 f2 e3", TK_INGEST_ALARM_NONE, true},
        {"f3", "fail", "f1 t1 f2 f3", TK_INGEST_ALARM_NONE, true},
        {"e4", "exclude", "f1 t1 f2 f3", TK_INGEST_ALARM_NONE, false},
        {"f4", "fail", "f1 f2 f3 f4", TK_INGEST_ALARM_NONE, true},
        {"f5", "fail", "f2 f3 f4 f5", TK_INGEST_ALARM_NONE, true},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(mails); i++) {
        const struct tk_ingest_kept kept = store(mails[i].key, mails[i].verdict, 4 * SMALL);
        g_autofree char *left = server_ask("postgres", IN_ORDER);
        if (strcmp(left, mails[i].left) != 0 || kept.alarm != mails[i].alarm || kept.kept != mails[i].kept)
            fail_msg("after %s there are %s; alarm %d, kept %d", mails[i].key, left, kept.alarm, kept.kept);
    }
    server_expect("4", "SELECT count(*) FROM ticketing.blob");
    server_expect("6", "SELECT dropped FROM ticketing.raw_usage");
    server_expect("t", "SELECT over_since IS NOT NULL FROM ticketing.raw_usage");
    /* With a larger budget no mail has to go any more, which is told once. */
    assert_int_equal(store("f6", "fail", 5 * SMALL).alarm, TK_INGEST_ALARM_NONE);
    assert_int_equal(store("f7", "fail", 7 * SMALL).alarm, TK_INGEST_ALARM_END);
    assert_int_equal(store("f8", "fail", 8 * SMALL).alarm, TK_INGEST_ALARM_NONE);
    server_expect("t", "SELECT over_since IS NULL AND dropped = 0 FROM ticketing.raw_usage");
    /* Purging ends an alarm too. */
    assert_int_equal(store("f9", "fail", SMALL).alarm, TK_INGEST_ALARM_BEGIN);
    expire_all();
    server_expect("t", "SELECT over_since IS NULL FROM ticketing.raw_usage");
}

static void what_a_ticket_has_as_a_file_stays(void **state)
{
    (void)state;
    struct text text = {"the whole mail", 14};
    const struct tk_store_blob blob = blob_of(&text);
    struct tk_ingest_attachment file = {
        .filename = "mail.eml", .content_type = "message/rfc822", .size = 14, .disposition = "attachment"};
    memcpy(file.sha256, blob.sha256, TK_SHA256_SIZE);
    struct tk_ingest mail = server_mail("with a file");
    mail.attachments = &file;
    mail.attachment_count = 1;
    mail.raw_sha256 = blob.sha256;
    mail.raw_seconds = 60;
    mail.raw_budget = PLENTY;
    struct tk_ingest_result result = {0};
    assert_int_equal(tk_store_ingest(milter, &mail, 1, &blob, 1, soon(20), &result, NULL), TK_OK);
    assert_true(result.raw.kept);
    tk_ingest_result_clear(&result);
    expire_all();
    server_expect("the whole mail", "SELECT convert_from(data, 'UTF8') FROM ticketing.blob");
    server_expect("", "DELETE FROM ticketing.attachment; DELETE FROM ticketing.blob");
}

static void many_small_mails_go_in_steps_and_twice_the_budget_is_never_passed(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        g_autofree char *key = g_strdup_printf("small %d", i);
        assert_true(store(key, "exclude", PLENTY).kept);
    }
    /* As many as one mail cannot take away: 1,200 more, whose bytes are not there. */
    server_expect("", "INSERT INTO ticketing.raw_mail SELECT tenant_id, sha256(i::text::bytea), 4096, 0, "
                      "now() - interval '1 hour',"
                      " now() + interval '1 day', true FROM ticketing.tenant, generate_series(1, 1200) i;"
                      "UPDATE ticketing.raw_usage SET bytes = bytes + 1200 * 4096");
    g_autofree char *large = g_strnfill(900000, 'x');
    const struct tk_ingest_kept kept = store_size("large", "fail", large, 900000, SMALL);
    assert_false(kept.kept);
    server_expect("t", "SELECT count(*) BETWEEN 1 AND 216 FROM ticketing.raw_mail");
    server_expect("t", "SELECT bytes = (SELECT sum(size) FROM ticketing.raw_mail) FROM ticketing.raw_usage");
    assert_true(store_size("large again", "fail", large, 900000, 300 * SMALL).kept);
    expire_all();
}

static gpointer flood(gpointer data)
{
    for (int i = 0; i < OF_EACH; i++) {
        g_autofree char *key = g_strdup_printf("flood %d %d", GPOINTER_TO_INT(data), i);
        (void)store(key, i % 3 == 0 ? "fail" : "exclude", 20 * SMALL);
    }
    return NULL;
}

static void mails_at_once_are_counted_exactly(void **state)
{
    (void)state;
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("flood", flood, GINT_TO_POINTER(i));
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    /* One more, alone, counts what others have left to it. */
    assert_true(store("last", "fail", 20 * SMALL).kept);
    server_expect("t", "SELECT bytes = (SELECT sum(size) FROM ticketing.raw_mail) AND bytes <= 20 * 4096 "
                       "FROM ticketing.raw_usage");
    server_expect("0",
                  "SELECT count(*) FROM ticketing.raw_mail m WHERE NOT EXISTS (SELECT FROM ticketing.intake i"
                  " WHERE i.raw_sha256 = m.sha256) OR NOT EXISTS (SELECT FROM ticketing.blob b WHERE "
                  "b.sha256 = m.sha256)");
    server_expect("0", "SELECT count(*) FROM ticketing.intake i WHERE i.raw_sha256 IS NOT NULL"
                       " AND NOT EXISTS (SELECT FROM ticketing.raw_mail m WHERE m.sha256 = i.raw_sha256)");
    server_expect("t", "SELECT count(*) = (SELECT count(*) FROM ticketing.raw_mail) FROM ticketing.blob");
    expire_all();
}

static gpointer hold(gpointer data)
{
    return server_ask("postgres", data);
}

static void no_mail_waits_for_the_count_or_for_one_that_is_used(void **state)
{
    (void)state;
    char sql[] =
        "BEGIN; SELECT FROM ticketing.raw_usage FOR UPDATE; SELECT FROM ticketing.blob FOR KEY SHARE;"
        "SELECT FROM ticketing.intake WHERE raw_sha256 IS NOT NULL FOR UPDATE; SELECT pg_sleep(600)";
    assert_true(store("held", "exclude", SMALL).kept);
    GThread *holder = g_thread_new("hold", hold, sql);
    const char *asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    server_expect_soon("1", asleep);
    assert_true(store("not waiting", "fail", SMALL).kept);
    server_expect("1", asleep);
    server_expect("held not waiting", IN_ORDER);
    server_expect("t", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    g_free(g_thread_join(holder));
    assert_true(store("after it", "fail", 2 * SMALL).kept);
    server_expect("not waiting after it", IN_ORDER);
    expire_all();
}

static enum tk_status append(void *sink, const void *data, gsize size)
{
    g_string_append_len(sink, data, (gssize)size);
    return TK_OK;
}

static void a_mail_that_is_refused_only_when_it_is_stored_is_kept_by_a_second_call(void **state)
{
    (void)state;
    struct text text = {"it came too often", 17};
    const struct tk_store_blob blob = blob_of(&text);
    struct tk_ingest mail = server_mail("refused late");
    mail.verdict = "fail";
    mail.reason = "rate_limit";
    struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
    const struct tk_ingest_raw raw = {.tenant_id = server_tenant,
                                      .intake_id = result.intake_id,
                                      .sha256 = blob.sha256,
                                      .size = 17,
                                      .verdict = "fail",
                                      .seconds = 60,
                                      .budget = PLENTY};
    struct tk_ingest_kept kept;
    g_autoptr(GString) bytes = g_string_new(NULL);
    assert_int_equal(tk_admin_raw(admin, result.intake_id, append, bytes, soon(10), NULL), TK_NO_MATCH);
    assert_int_equal(tk_store_keep_raw(milter, &raw, &blob, soon(10), &kept, NULL), TK_OK);
    assert_true(kept.kept);
    assert_int_equal(tk_admin_raw(admin, result.intake_id, append, bytes, soon(10), NULL), TK_OK);
    assert_string_equal(bytes->str, "it came too often");
    tk_ingest_result_clear(&result);
    expire_all();
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    admin = server_store("ticket_admin", 2);
    milter = server_store("ticket_milter", THREADS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tk_store_close(&admin);
    tk_store_close(&milter);
    server_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_content_counts_once_and_a_small_one_as_a_page),
        cmocka_unit_test(the_oldest_excluded_mails_go_first_then_those_of_tickets_then_refused_ones),
        cmocka_unit_test(what_a_ticket_has_as_a_file_stays),
        cmocka_unit_test(many_small_mails_go_in_steps_and_twice_the_budget_is_never_passed),
        cmocka_unit_test(mails_at_once_are_counted_exactly),
        cmocka_unit_test(no_mail_waits_for_the_count_or_for_one_that_is_used),
        cmocka_unit_test(a_mail_that_is_refused_only_when_it_is_stored_is_kept_by_a_second_call),
    };
    return server_run(tests, setup, teardown);
}
