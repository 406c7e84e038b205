/* Tests that no call reads more rows the more there are, whatever strangers have sent: on a server that has
 * never analysed its tables, whose plans are made when all is empty and stay until somebody does; with
 * connections that come later; and when the tables have been analysed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "schema/calls/outbox.h"
#include "schema/wire/pool.h"
#include "tests/store/server.h"

/* Rounds before the first count, in each count, and while the tables grow; rows of each kind that come at
 * once then (tests/store/flood.sql). */
#define WARM    40
#define COUNTED 50
#define GROWN   100
#define FLOOD   "3000"

/* Rows more that a round may read of a table or an index later on: where the server has taken another one, or
 * where a row's new version no longer fits into its page, so that an index has both. */
#define FEW 10

/* The same from the first round until all are made anew. */
static struct tk_store *milter, *agent, *notify, *admin;

/* Of a usual length: how many rows a page holds is what the server goes by. */
static char body[1500];

/* A ticket of the round, and one that is old and quiet: one public reply, and what strangers leave there. */
struct ticket {
    gint64 ticket_id;
    char *number;
};
static struct ticket last, quiet;
static char *last_id;
static gint64 looked_at;        /* an outbox row of the quiet ticket: of an answer, */
static const char *answered_to; /* and who wrote what stood there before it */

/* Windows and caps that are full after so many rows, and open nonetheless: nothing is younger than now. */
#define WINDOW 10
static const struct tk_ingest_rate windows = {{WINDOW, 0}, {WINDOW, 0}};
static const struct tk_ingest_confirm caps = {.channel_hour = WINDOW, .tenant_hour = WINDOW};

static enum tk_status write_body(void *context, tk_store_sink put, void *sink, GString *why)
{
    (void)context, (void)why;
    return put(sink, body, sizeof body);
}

static struct tk_ingest_result store_a_mail(struct tk_ingest *mail, const char *key, int round)
{
    g_autofree char *name = g_strdup_printf("%s %d", key, round);
    memcpy(mail->intake_key, server_mail(name).intake_key, sizeof mail->intake_key);
    for (gsize i = 0; i < TK_INGEST_RATES; i++)
        mail->rates[i] = windows;
    mail->body = body;
    struct tk_store_blob blob = {.size = sizeof body, .write = write_body};
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = sizeof blob.sha256;
    g_checksum_update(checksum, (const guint8 *)body, sizeof body);
    g_checksum_get_digest(checksum, blob.sha256, &size);
    struct tk_ingest_attachment file = {
        .filename = "a.txt", .content_type = "text/plain", .size = sizeof body, .disposition = "attachment"};
    memcpy(file.sha256, blob.sha256, sizeof file.sha256);
    mail->attachments = &file;
    mail->attachment_count = 1;
    struct tk_ingest_result result = {0};
    g_autoptr(GString) why = g_string_new(NULL);
    if (tk_store_ingest(milter, mail, 1, &blob, 1, soon(10), &result, why) != TK_OK)
        fail_msg("%s: %s", name, why->str);
    return result;
}

static void expect_stored(struct tk_ingest *mail, const char *key, int round, const char *verdict)
{
    struct tk_ingest_result result = store_a_mail(mail, key, round);
    assert_string_equal(result.verdict, verdict);
    tk_ingest_result_clear(&result);
}

static void open_ticket(struct tk_ingest *mail, const char *key, int round, struct ticket *ticket)
{
    struct tk_ingest_result result = store_a_mail(mail, key, round);
    assert_string_equal(result.verdict, "ticket");
    g_free(ticket->number);
    *ticket = (struct ticket){result.ticket_id, g_steal_pointer(&result.number)};
    tk_ingest_result_clear(&result);
}

static void store_new_mails(int round)
{
    g_free(last_id);
    last_id = g_strdup_printf("%d@acme.example", round);
    struct tk_ingest mail = server_mail("");
    mail.message_id = last_id;
    mail.confirm = &caps;
    open_ticket(&mail, "new", round, &last);
    /* Under a Message-ID that many tickets have. */
    mail.message_id = "shared@acme.example";
    expect_stored(&mail, "shared", round, "ticket");
}

static void look_up(gint64 ticket_id, const char *message_id, const char *number, guint most)
{
    const char *const ids[] = {message_id, NULL}, *const numbers[] = {number, NULL};
    const struct tk_ingest mail = server_mail("unknown");
    const struct tk_facts_query query = {.tenant_id = server_tenant,
                                         .channel_id = server_channel,
                                         .ticket_ids = &ticket_id,
                                         .ticket_count = 1,
                                         .message_ids = ids,
                                         .numbers = numbers,
                                         .sender = "ann@acme.example",
                                         .intake_key = mail.intake_key};
    struct tk_facts *facts = NULL;
    assert_int_equal(tk_store_facts(milter, &query, soon(10), &facts, NULL), TK_OK);
    assert_in_range(facts->facts->len, 3, most);
    tk_facts_free(&facts);
}

static void store_replies(int round)
{
    g_autofree char *id = g_strdup_printf("reply.%d@acme.example", round);
    struct tk_ingest mail = server_mail("");
    mail.verdict = "note";
    mail.ticket_id = last.ticket_id;
    mail.message_id = id;
    expect_stored(&mail, "reply", round, "note");
    expect_stored(&mail, "reply", round, "duplicate");
    mail.ticket_id = quiet.ticket_id;
    mail.visibility = "internal";
    mail.message_id = NULL;
    expect_stored(&mail, "quiet", round, "note");
    mail.verdict = "exclude";
    mail.source = "delivery";
    expect_stored(&mail, "report", round, "exclude");
}

static void store_what_is_none(int round)
{
    static const char *const verdicts[] = {"fail", "exclude", "reject"};
    for (gsize i = 0; i < G_N_ELEMENTS(verdicts); i++) {
        struct tk_ingest mail = server_mail("");
        mail.verdict = verdicts[i];
        mail.reason = "domain_denied";
        mail.message_id = "shared@acme.example";
        for (int again = 0; again < 2; again++)
            expect_stored(&mail, verdicts[i], round, verdicts[i]);
    }
}

static void answer(const struct ticket *ticket)
{
    static const char *const names[] = {"a.txt"}, *const types[] = {"text/plain"};
    g_autoptr(GBytes) content = g_bytes_new_static(body, sizeof body);
    GBytes *const contents[] = {content};
    const struct tk_admin_note note = {.tenant_id = server_tenant,
                                       .number = ticket->number,
                                       .author = "Bo",
                                       .visibility = "public",
                                       .body = "Done.",
                                       .filenames = names,
                                       .types = types,
                                       .contents = contents,
                                       .count = 1};
    gint64 note_id = 0;
    assert_int_equal(tk_admin_add_note(agent, &note, soon(10), &note_id, NULL), TK_OK);
}

static enum tk_status drop(void *sink, const void *data, gsize size)
{
    (void)sink, (void)data, (void)size;
    return TK_OK;
}

/* One of three ends for each: sent, failed, put off. */
static void send_mail(struct tk_outbox_mail *mail, int number)
{
    g_autofree char *id = g_strdup_printf("out.%" G_GINT64_FORMAT "@mx.example", mail->outbox_id);
    g_autofree char *given = NULL;
    g_autoptr(GPtrArray) files = tk_outbox_files_new();
    bool failed = false;
    assert_int_equal(tk_outbox_begin(notify, mail, "w", id, soon(10), &given, files, NULL), TK_OK);
    for (guint i = 0; i < files->len; i++) {
        const struct tk_outbox_file *file = g_ptr_array_index(files, i);
        assert_int_equal(tk_outbox_file_stream(notify, mail, file, drop, NULL, soon(10), NULL), TK_OK);
        assert_int_equal(
            tk_admin_attachment(agent, server_tenant, file->attachment_id, drop, NULL, soon(10), NULL),
            TK_OK);
    }
    if (number % 3 == 0)
        assert_int_equal(tk_outbox_failed(notify, mail, "no", soon(10), NULL), TK_OK);
    else if (number % 3 == 1)
        assert_int_equal(
            tk_outbox_retry(notify, mail, "w", 3600000, 7200000, "later", soon(10), &failed, NULL), TK_OK);
    else
        assert_int_equal(tk_outbox_sent(notify, mail, soon(10), NULL), TK_OK);
}

static void send_all_mails(void)
{
    g_autoptr(GArray) tenants = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (const gint64 end = soon(10); tenants->len == 0 && g_get_monotonic_time() < end; g_usleep(1000))
        assert_int_equal(tk_outbox_tenants(notify, soon(10), tenants, NULL), TK_OK);
    for (int number = 0;; number++) {
        struct tk_outbox_mail *mail = NULL;
        const enum tk_status status =
            tk_outbox_take(notify, server_tenant, "w", 60000, soon(10), &mail, NULL);
        if (status == TK_NO_MATCH)
            break;
        assert_int_equal(status, TK_OK);
        send_mail(mail, number);
        tk_outbox_mail_free(&mail);
    }
    struct tk_outbox_mail *mail = NULL;
    assert_int_equal(tk_outbox_read(admin, server_tenant, looked_at, soon(10), &mail, NULL), TK_OK);
    assert_string_equal(mail->request_id, "quiet@acme.example");
    assert_string_equal(mail->reply_id, "quiet.reply@acme.example");
    assert_string_equal(mail->before_author, answered_to);
    tk_outbox_mail_free(&mail);
}

static void rounds(int from, int count)
{
    for (int round = from; round < from + count; round++) {
        store_new_mails(round);
        look_up(last.ticket_id, last_id, last.number, 3);
        look_up(last.ticket_id, "shared@acme.example", last.number, 100);
        store_replies(round);
        store_what_is_none(round);
        answer(&last);
        assert_int_equal(
            tk_admin_set_status(agent, server_tenant, last.number, "closed", "Bo", soon(10), NULL), TK_OK);
        send_all_mails();
    }
}

/* A server tells what a connection has read when it comes to rest, but not before a second has passed since
 * it last did so, unless it is asked to. */
static void tell_what_was_read(struct tk_store *store)
{
    g_autoptr(PGresult) result = NULL;
    assert_int_equal(
        tk_pool_query(store, "SELECT pg_stat_force_next_flush()", NULL, false, soon(10), &result, NULL),
        TK_OK);
}

static void note_what_was_read(const char *step)
{
    struct tk_store *const stores[] = {milter, agent, notify, admin};
    for (gsize i = 0; i < G_N_ELEMENTS(stores); i++)
        tell_what_was_read(stores[i]);
    g_autofree char *sql = g_strdup_printf(
        "INSERT INTO public.was_read"
        " SELECT '%s', indexrelname, idx_tup_read FROM pg_stat_user_indexes WHERE schemaname = 'ticketing'"
        " UNION ALL"
        " SELECT '%s', relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE "
        "schemaname = 'ticketing'",
        step, step);
    server_expect("", sql);
}

/* Rounds from FROM on, and the tables that they read much more of than the first ones did: none. */
static void expect_no_more(const char *step, int from)
{
    g_autofree char *before = g_strconcat("before ", step, NULL);
    note_what_was_read(before);
    rounds(from, COUNTED);
    note_what_was_read(step);
    g_autofree char *sql = g_strdup_printf(
        "SELECT string_agg(format('%%s: %%s rows, then %%s', name, early, late), ', ') FROM ("
        " SELECT name, sum(CASE step WHEN 'first' THEN rows WHEN 'before first' THEN -rows END) AS early,"
        " sum(CASE step WHEN '%s' THEN rows WHEN '%s' THEN -rows END) AS late"
        " FROM public.was_read GROUP BY name) r"
        " WHERE late > early + " G_STRINGIFY(FEW) " * " G_STRINGIFY(COUNTED),
        step, before);
    server_expect("", sql);
}

static void connect_all(void)
{
    tk_store_close(&milter);
    tk_store_close(&agent);
    tk_store_close(&notify);
    tk_store_close(&admin);
    milter = server_store("ticket_milter", 1);
    agent = server_store("ticket_agent", 1);
    notify = server_store("ticket_notify", 1);
    admin = server_store("ticket_admin", 1);
}

/* Answers the quiet ticket, and keeps the mail of that to look at; TO wrote last. */
static void answer_the_quiet_ticket(const char *to)
{
    answer(&quiet);
    answered_to = to;
    g_autofree char *id = server_ask("postgres", "SELECT max(outbox_id) FROM ticketing.outbox");
    looked_at = g_ascii_strtoll(id, NULL, 10);
}

static void flood(void)
{
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(TOP_SRCDIR "/tests/store/flood.sql", &text, NULL, NULL));
    g_auto(GStrv) parts = g_strsplit(text, "$rows", -1);
    g_autofree char *sql = g_strjoinv(FLOOD, parts);
    server_expect("", sql);
}

static void no_call_reads_more_rows_the_more_there_are(void **state)
{
    (void)state;
    int round = 0;
    rounds(round, WARM);
    expect_no_more("first", round += WARM);
    server_expect("t", "SELECT sum(CASE step WHEN 'first' THEN rows ELSE -rows END) > 1000 FROM "
                       "public.was_read");
    rounds(round += COUNTED, GROWN);
    flood();
    answer_the_quiet_ticket("Bo");
    rounds(round += GROWN, 1);
    expect_no_more("grown", round += 1);
    connect_all();
    rounds(round += COUNTED, 1);
    expect_no_more("with new connections", round += 1);
    server_expect("0", "SELECT count(*) FROM pg_stat_user_tables WHERE schemaname = 'ticketing'"
                       " AND (last_analyze IS NOT NULL OR last_autoanalyze IS NOT NULL)");
    server_expect("", "ANALYZE");
    connect_all();
    rounds(round += COUNTED, 1);
    expect_no_more("analysed", round += 1);
}

/* The tenant's second channel, and another tenant. */
static void publish(const char *tenant, const char *channel)
{
    struct tk_store *postgres = server_store("postgres", 1);
    g_autofree char *address = g_strdup_printf("%s@%s.tickets.example.net", channel, tenant);
    struct tk_publication publication = server_publication();
    struct tk_published published = {0};
    g_autoptr(GString) why = g_string_new(NULL);
    publication.tenant = tenant;
    publication.channel = channel;
    publication.address = address;
    g_autofree char *domain = g_strdup_printf("%s.tickets.example.net", tenant);
    server_add_tenant(postgres, tenant, domain);
    if (tk_admin_publish(postgres, &publication, soon(10), &published, why) != TK_OK)
        fail_msg("%s", why->str);
    g_free(published.changed);
    tk_store_close(&postgres);
}

static int setup(void **state)
{
    (void)state;
    memset(body, 'x', sizeof body - 1);
    server_fill();
    publish("acme", "second");
    publish("globex", "support");
    server_expect("", "CREATE TABLE public.was_read (step text, name text, rows bigint)");
    server_expect("", "ALTER SYSTEM SET autovacuum = off");
    server_expect("t", "SELECT pg_reload_conf()");
    connect_all();
    struct tk_ingest mail = server_mail("");
    mail.subject = "quiet";
    mail.message_id = "quiet@acme.example";
    open_ticket(&mail, "quiet ticket", 0, &quiet);
    mail.verdict = "note";
    mail.ticket_id = quiet.ticket_id;
    mail.message_id = "quiet.reply@acme.example";
    expect_stored(&mail, "quiet reply", 0, "note");
    answer_the_quiet_ticket("ann@acme.example");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tk_store_close(&milter);
    tk_store_close(&agent);
    tk_store_close(&notify);
    tk_store_close(&admin);
    g_free(last.number);
    g_free(quiet.number);
    g_free(last_id);
    server_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_call_reads_more_rows_the_more_there_are),
    };
    return server_run(tests, setup, teardown);
}
