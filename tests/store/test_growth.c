/* Tests that no call reads more rows the more there are, on a server that has never analysed its tables: the
 * plans of such a one are made when all is empty, and stay until somebody does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "schema/outbox.h"
#include "tests/store/server.h"

/* Rounds before the first count, in each count, and before the second. */
#define WARM    20
#define COUNTED 50
#define GROWN   500

/* Rows more that a round may read of a table or an index later on, where the server has taken another one. */
#define FEW 4

/* One connection each, the same from the first round to the last. */
static struct tk_store *milter, *agent, *notify;

/* Of a usual length: how many rows a page holds is what the server goes by. */
static char body[1500];

static gint64 last_ticket;
static char *last_number, *last_id;

static void store_a_new_mail(int round)
{
    g_autofree char *key = g_strdup_printf("new %d", round);
    struct tk_ingest mail = server_mail(key);
    g_free(last_number);
    g_free(last_id);
    last_id = g_strdup_printf("%d@acme.example", round);
    mail.message_id = last_id;
    mail.body = body;
    struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
    assert_string_equal(result.verdict, "ticket");
    last_ticket = result.ticket_id;
    last_number = g_steal_pointer(&result.number);
    tk_ingest_result_clear(&result);
}

static void look_up_a_reply(int round)
{
    (void)round;
    const char *const ids[] = {last_id, NULL}, *const numbers[] = {last_number, NULL};
    const struct tk_ingest mail = server_mail("unknown");
    const struct tk_facts_query query = {.tenant_id = server_tenant,
                                         .channel_id = server_channel,
                                         .ticket_ids = &last_ticket,
                                         .ticket_count = 1,
                                         .message_ids = ids,
                                         .numbers = numbers,
                                         .sender = "ann@acme.example",
                                         .intake_key = mail.intake_key};
    struct tk_facts *facts = NULL;
    assert_int_equal(tk_store_facts(milter, &query, soon(10), &facts, NULL), TK_OK);
    assert_int_equal(facts->facts->len, 3);
    tk_facts_free(&facts);
}

static void store_a_reply(int round)
{
    g_autofree char *key = g_strdup_printf("reply %d", round);
    g_autofree char *id = g_strdup_printf("reply.%d@acme.example", round);
    struct tk_ingest mail = server_mail(key);
    mail.verdict = "note";
    mail.ticket_id = last_ticket;
    mail.message_id = id;
    for (int again = 0; again < 2; again++) {
        struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
        assert_string_equal(result.verdict, again ? "duplicate" : "note");
        tk_ingest_result_clear(&result);
    }
}

static void refuse_a_mail(int round)
{
    g_autofree char *key = g_strdup_printf("refused %d", round);
    struct tk_ingest mail = server_mail(key);
    mail.verdict = "fail";
    mail.reason = "sender_domain";
    struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
    assert_string_equal(result.verdict, "fail");
    tk_ingest_result_clear(&result);
}

static void write_a_note(int round)
{
    (void)round;
    const struct tk_admin_note note = {.tenant_id = server_tenant,
                                       .number = last_number,
                                       .author = "Bo",
                                       .visibility = "public",
                                       .body = "Done."};
    gint64 note_id = 0;
    assert_int_equal(tk_admin_add_note(agent, &note, soon(10), &note_id, NULL), TK_OK);
}

static void send_a_mail(int round)
{
    g_autofree char *id = g_strdup_printf("out.%d@mx.example", round);
    g_autofree char *given = NULL;
    g_autoptr(GPtrArray) files = tk_outbox_files_new();
    g_autoptr(GArray) tenants = g_array_new(FALSE, FALSE, sizeof(gint64));
    struct tk_outbox_mail *mail = NULL;
    for (const gint64 end = soon(10); tenants->len == 0 && g_get_monotonic_time() < end; g_usleep(1000))
        assert_int_equal(tk_outbox_tenants(notify, soon(10), tenants, NULL), TK_OK);
    assert_int_equal(tk_outbox_take(notify, server_tenant, "w", 60000, soon(10), &mail, NULL), TK_OK);
    assert_int_equal(tk_outbox_begin(notify, mail, "w", id, soon(10), &given, files, NULL), TK_OK);
    assert_int_equal(tk_outbox_sent(notify, mail, soon(10), NULL), TK_OK);
    tk_outbox_mail_free(&mail);
}

static void rounds(int from, int count)
{
    for (int round = from; round < from + count; round++) {
        store_a_new_mail(round);
        look_up_a_reply(round);
        store_a_reply(round);
        refuse_a_mail(round);
        write_a_note(round);
        send_a_mail(round);
    }
}

/* A server tells what a connection has read no sooner than a second after it last did so, with its next
 * statement. */
static void note_what_was_read(const char *step)
{
    g_usleep(1100000);
    assert_int_equal(tk_store_check(milter, soon(10), NULL), TK_OK);
    assert_int_equal(tk_store_check(agent, soon(10), NULL), TK_OK);
    assert_int_equal(tk_store_check(notify, soon(10), NULL), TK_OK);
    g_usleep(700000); /* servers before 15 collect it in a process of its own */
    g_autofree char *sql = g_strdup_printf(
        "INSERT INTO public.was_read"
        " SELECT '%s', indexrelname, idx_tup_read FROM pg_stat_user_indexes WHERE schemaname = 'ticketing'"
        " UNION ALL"
        " SELECT '%s', relname, seq_tup_read FROM pg_stat_user_tables WHERE schemaname = 'ticketing'",
        step, step);
    server_expect("", sql);
}

static void no_call_reads_more_rows_the_more_there_are(void **state)
{
    (void)state;
    server_expect("", "CREATE TABLE public.was_read (step text, name text, rows bigint)");
    rounds(0, WARM);
    note_what_was_read("1");
    rounds(WARM, COUNTED);
    note_what_was_read("2");
    rounds(WARM + COUNTED, GROWN);
    note_what_was_read("3");
    rounds(WARM + COUNTED + GROWN, COUNTED);
    note_what_was_read("4");
    server_expect("0", "SELECT count(*) FROM pg_stat_user_tables WHERE schemaname = 'ticketing'"
                       " AND (last_analyze IS NOT NULL OR last_autoanalyze IS NOT NULL)");
    server_expect("t", "SELECT sum(rows) > 1000 FROM public.was_read WHERE step = '2'");
    server_expect("", "SELECT string_agg(format('%s: %s rows, then %s', name, early, late), ', ') FROM ("
                      " SELECT name, sum(CASE step WHEN '2' THEN rows WHEN '1' THEN -rows END) AS early,"
                      " sum(CASE step WHEN '4' THEN rows WHEN '3' THEN -rows END) AS late"
                      " FROM public.was_read GROUP BY name) r"
                      " WHERE late > early + " G_STRINGIFY(FEW) " * " G_STRINGIFY(COUNTED));
}

static int setup(void **state)
{
    (void)state;
    memset(body, 'x', sizeof body - 1);
    server_fill();
    server_expect("", "ALTER SYSTEM SET autovacuum = off");
    server_expect("t", "SELECT pg_reload_conf()");
    milter = server_store("ticket_milter", 1);
    agent = server_store("ticket_agent", 1);
    notify = server_store("ticket_notify", 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tk_store_close(&milter);
    tk_store_close(&agent);
    tk_store_close(&notify);
    g_free(last_number);
    g_free(last_id);
    server_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_call_reads_more_rows_the_more_there_are),
    };
    server_start();
    return cmocka_run_group_tests(tests, setup, teardown);
}
