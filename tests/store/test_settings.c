/* Tests of the settings that the calls assume, where the database and the roles have others for a default,
 * and of locks that strangers can take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libpq-fe.h>

#include "schema/calls/outbox.h"
#include "tests/store/server.h"

#define MANY 10

/* What an administrator, or one who has set up another program, may have set for the database. */
static const char *const hostile[][2] = {
    {"default_transaction_isolation", "serializable"},
    {"default_transaction_deferrable", "on"},
    {"statement_timeout", "2s"},
    {"lock_timeout", "1ms"},
    {"idle_in_transaction_session_timeout", "1ms"},
    {"idle_session_timeout", "50ms"},
    {"client_min_messages", "error"},
    {"search_path", "public, pg_catalog"},
    {"row_security", "off"},
    {"standard_conforming_strings", "off"},
    {"array_nulls", "off"},
    {"bytea_output", "escape"},
    {"DateStyle", "German"},
    {"IntervalStyle", "iso_8601"},
    {"TimeZone", "Asia/Tokyo"},
    {"extra_float_digits", "-15"},
};

static void set_all(const char *whom, bool set)
{
    for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
        g_autofree char *value = strcmp(hostile[i][0], "search_path") == 0
                                     ? g_strdup(hostile[i][1])
                                     : g_strdup_printf("'%s'", hostile[i][1]);
        g_autofree char *sql = set ? g_strdup_printf("ALTER %s SET %s = %s", whom, hostile[i][0], value)
                                   : g_strdup_printf("ALTER %s RESET %s", whom, hostile[i][0]);
        server_expect("", sql);
    }
}

struct sender {
    struct tk_store *store;
    guint number;
};

/* One of many mails of one sender. */
static gpointer store_one(gpointer data)
{
    const struct sender *sender = data;
    static const struct tk_ingest_confirm confirm = {
        .pause_seconds = 3600, .channel_hour = 1000, .tenant_hour = 1000};
    static gint64 count;
    g_autofree char *key = g_strdup_printf("many %u %" G_GINT64_FORMAT, sender->number,
                                           __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED));
    struct tk_ingest mail = server_mail(key);
    struct tk_ingest_result result = {0};
    mail.confirm = &confirm;
    mail.requester = "many@x.example";
    const enum tk_status status = tk_store_ingest(sender->store, &mail, 1, NULL, 0, soon(20), &result, NULL);
    tk_ingest_result_clear(&result);
    return GINT_TO_POINTER(status);
}

/* Sends MANY mails of one sender at once and fails the test unless all are stored and one is confirmed. */
static void expect_one_confirmation(const char *role)
{
    GThread *threads[MANY];
    struct sender senders[MANY];
    struct tk_store *store = server_store(role, MANY);
    server_expect("", "DELETE FROM ticketing.outbox");
    for (guint i = 0; i < MANY; i++) {
        senders[i] = (struct sender){store, i};
        threads[i] = g_thread_new("sends", store_one, &senders[i]);
    }
    for (guint i = 0; i < MANY; i++)
        assert_int_equal(GPOINTER_TO_INT(g_thread_join(threads[i])), TK_OK);
    tk_store_close(&store);
    server_expect("1", "SELECT count(*) FROM ticketing.outbox WHERE recipient = 'many@x.example'");
}

/* A mail waits for a lock longer than those defaults let it. */
static void expect_patience(void)
{
    struct sender sender = {server_store("ticket_milter", 1), MANY};
    PGconn *other = PQconnectdb(server_conninfo("postgres"));
    PQclear(PQexec(other, "BEGIN"));
    PQclear(PQexec(other, "LOCK TABLE ticketing.intake_key IN EXCLUSIVE MODE"));
    GThread *thread = g_thread_new("waits", store_one, &sender);
    server_expect_soon("1", "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                            " AND clock_timestamp() - query_start > '2500ms'");
    PQclear(PQexec(other, "ROLLBACK"));
    PQfinish(other);
    assert_int_equal(GPOINTER_TO_INT(g_thread_join(thread)), TK_OK);
    tk_store_close(&sender.store);
}

static void ask_all(void)
{
    struct tk_store *milter = server_store("ticket_milter", 1), *notify = server_store("ticket_notify", 1),
                    *admin = server_store("ticket_admin", 1);
    const char *const numbers[] = {"inc-1", NULL};
    const struct tk_facts_query query = {.tenant_id = server_tenant,
                                         .channel_id = server_channel,
                                         .numbers = numbers,
                                         .sender = "ann@acme.example"};
    struct tk_facts *facts = NULL;
    assert_int_equal(tk_store_facts(milter, &query, soon(10), &facts, NULL), TK_OK);
    assert_int_equal(facts->facts->len, 1);
    tk_facts_free(&facts);
    g_autoptr(GArray) tenants = g_array_new(FALSE, FALSE, sizeof(gint64));
    assert_int_equal(tk_outbox_tenants(notify, soon(10), tenants, NULL), TK_OK);
    assert_int_equal(tenants->len, 1);
    struct tk_outbox_mail *mail = NULL;
    assert_int_equal(tk_outbox_take(notify, server_tenant, "w", 60 * G_USEC_PER_SEC, soon(10), &mail, NULL),
                     TK_OK);
    assert_string_equal(mail->recipient, "many@x.example");
    assert_int_equal(tk_outbox_sent(notify, mail, soon(10), NULL), TK_OK);
    tk_outbox_mail_free(&mail);
    struct tk_report *report = NULL;
    const struct tk_report_filter filter = {.number = "inc-1", .limit = 1};
    assert_int_equal(tk_report_make(admin, TK_REPORT_TICKET, &filter, soon(10), &report, NULL), TK_OK);
    assert_int_equal(tk_report_rows(report), 1);
    const char *created = tk_report_get(report, 0, "created_at");
    g_autofree char *wanted = server_ask("postgres",
                                         "SELECT to_char(created_at AT TIME ZONE 'UTC',"
                                         " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM ticketing.ticket"
                                         " WHERE number = 'INC-1'");
    assert_string_equal(created, wanted);
    tk_report_free(&report);
    tk_store_close(&milter);
    tk_store_close(&notify);
    tk_store_close(&admin);
}

static void defaults_of_the_database_and_of_the_roles_change_nothing(void **state)
{
    (void)state;
    static const char *const whom[] = {"DATABASE tickets",
                                       "ROLE ticket_milter",
                                       "ROLE ticket_notify",
                                       "ROLE ticket_admin",
                                       "ROLE ticket_milter IN DATABASE tickets",
                                       "ROLE ticket_notify IN DATABASE tickets",
                                       "ROLE ticket_admin IN DATABASE tickets"};
    /* What stands before the server's own where search_path says so. */
    server_expect("",
                  "CREATE FUNCTION public.to_timestamp(double precision) RETURNS timestamptz LANGUAGE sql AS"
                  " 'SELECT ''1999-01-01''::timestamptz'");
    for (gsize i = 0; i < G_N_ELEMENTS(whom); i++)
        set_all(whom[i], true);
    expect_one_confirmation("ticket_milter");
    expect_patience();
    ask_all();
    server_expect("0", "SELECT count(*) FROM ticketing.ticket WHERE created_at < '2020-01-01'");
    for (gsize i = 0; i < G_N_ELEMENTS(whom); i++)
        set_all(whom[i], false);
    server_expect("", "DROP FUNCTION public.to_timestamp(double precision)");
}

static void init_pins_the_roles_for_sessions_that_no_program_has_set_up(void **state)
{
    (void)state;
    struct tk_store *store = server_store("postgres", 1);
    guint applied = 0;
    set_all("DATABASE tickets", true);
    assert_int_equal(tk_admin_init(store, "ticket-milter", soon(20), NULL, &applied, NULL, NULL), TK_OK);
    tk_store_close(&store);
    static const char *const roles[] = {"ticket_milter", "ticket_notify", "ticket_admin", "ticket_agent",
                                        "ticket_restricted"};
    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
        g_autofree char *isolation = server_ask(roles[i], "SHOW transaction_isolation");
        assert_string_equal(isolation, "read committed");
        g_autofree char *timeout = server_ask(roles[i], "SHOW statement_timeout");
        assert_string_equal(timeout, i < 3 ? "0" : "2s");
    }
    set_all("DATABASE tickets", false);
}

static void a_mail_in_a_transaction_of_another_isolation_is_put_off(void **state)
{
    (void)state;
    static const char *const levels[] = {"REPEATABLE READ", "SERIALIZABLE"};
    g_autofree char *call = server_ask(
        "postgres",
        "SELECT 'SELECT ticketing.ingest(' || string_agg('NULL::' || format_type(t, NULL), ', ') || ')'"
        " FROM pg_proc p, unnest(p.proargtypes::oid[]) t"
        " WHERE p.proname = 'ingest' AND p.pronamespace = 'ticketing'::regnamespace");
    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
        g_autofree char *sql = g_strdup_printf("BEGIN ISOLATION LEVEL %s; %s", levels[i], call);
        g_autofree char *answer = server_ask("ticket_milter", sql);
        assert_string_equal(answer, "!TK006");
    }
}

static void a_session_that_checks_no_references_is_refused(void **state)
{
    (void)state;
    server_expect("", "ALTER ROLE ticket_milter SET session_replication_role = replica");
    struct tk_store *store = server_store("ticket_milter", 1);
    g_autoptr(GString) why = g_string_new(NULL);
    assert_int_equal(tk_store_check(store, soon(10), why), TK_CONFIG);
    assert_non_null(strstr(why->str, "session_replication_role = replica"));
    server_expect("", "ALTER ROLE ticket_milter RESET session_replication_role");
    assert_int_equal(tk_store_check(store, soon(10), why), TK_OK);
    tk_store_close(&store);
}

/* Sends SQL and leaves it under way. */
static PGconn *begin_as(const char *role, const char *isolation, const char *sql)
{
    PGconn *pq = PQconnectdb(server_conninfo(role));
    PQclear(PQexec(pq, "SET statement_timeout = '60s'"));
    g_autofree char *begin =
        g_strdup_printf("BEGIN ISOLATION LEVEL %s; SELECT count(*) FROM ticketing.ticket", isolation);
    PQclear(PQexec(pq, begin));
    assert_int_equal(PQtransactionStatus(pq), PQTRANS_INTRANS);
    assert_int_equal(PQsendQuery(pq, sql), 1);
    return pq;
}

static void swap(PGconn **a, PGconn **b)
{
    PGconn *kept = *a;
    *a = *b;
    *b = kept;
}

/* The SQLSTATE of what was sent, "" where it went well, and commits. */
static char *end_of(PGconn *pq)
{
    char *sqlstate = g_strdup("");
    for (PGresult *result; (result = PQgetResult(pq)) != NULL; PQclear(result))
        if (PQresultErrorField(result, PG_DIAG_SQLSTATE) != NULL) {
            g_free(sqlstate);
            sqlstate = g_strdup(PQresultErrorField(result, PG_DIAG_SQLSTATE));
        }
    PQclear(PQexec(pq, "COMMIT"));
    PQfinish(pq);
    return sqlstate;
}

static void agents_at_any_isolation_do_all_of_a_call_or_are_told_to_repeat_it(void **state)
{
    (void)state;
    static const char *const levels[] = {"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"};
    static const char *const calls[] = {
        "SELECT ticketing.add_note(1, 'INC-1', 'agent@acme.example', 'public', 'x', '{a.txt}', "
        "'{text/plain}', '{abc}')",
        "SELECT ticketing.set_status(1, 'INC-1', CASE status WHEN 'open' THEN 'pending' ELSE 'open' END, "
        "'agent@acme.example')"
        " FROM ticketing.ticket WHERE number = 'INC-1'",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++)
        for (gsize k = 0; k < G_N_ELEMENTS(calls); k++) {
            g_autofree char *notes = server_ask("postgres", "SELECT count(*) FROM ticketing.note");
            g_autofree char *files = server_ask("postgres", "SELECT count(*) FROM ticketing.attachment");
            /* Both have their snapshot before either of them changes anything. */
            PGconn *first = begin_as("postgres", levels[i], calls[k]),
                   *second = begin_as("postgres", levels[i], calls[k]);
            /* One waits for the other, whichever was there first. */
            while (PQconsumeInput(first) != 0 && PQisBusy(first) && PQconsumeInput(second) != 0 &&
                   PQisBusy(second))
                g_usleep(5000);
            if (PQisBusy(first))
                swap(&first, &second);
            g_autofree char *one = end_of(first), *two = end_of(second);
            const bool repeats = strcmp(one, "40001") == 0 || strcmp(two, "40001") == 0;
            assert_true(strcmp(one, "") == 0 || strcmp(two, "") == 0);
            assert_true(repeats || (strcmp(one, "") == 0 && strcmp(two, "") == 0));
            assert_true(i > 0 || !repeats);
            const int done = (strcmp(one, "") == 0) + (strcmp(two, "") == 0);
            if (k > 0)
                continue;
            g_autofree char *wanted = g_strdup_printf("%d %d", atoi(notes) + done, atoi(files) + done);
            server_expect(wanted, "SELECT (SELECT count(*) FROM ticketing.note) || ' ' ||"
                                  " (SELECT count(*) FROM ticketing.attachment)");
        }
}

static void a_lock_that_a_stranger_takes_holds_no_mail_up(void **state)
{
    (void)state;
    PGconn *stranger = PQconnectdb(server_conninfo("postgres"));
    static const char *const statements[] = {
        "CREATE ROLE stranger",
        "SET SESSION AUTHORIZATION stranger",
        "BEGIN",
        "SELECT pg_advisory_lock(hashtextextended('confirmation ' || t || ' many@x.example', 0)) FROM "
        "generate_series(1, 3) t",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(statements); i++) {
        PGresult *result = PQexec(stranger, statements[i]);
        const ExecStatusType done = PQresultStatus(result);
        PQclear(result);
        assert_true(done == PGRES_COMMAND_OK || done == PGRES_TUPLES_OK);
    }
    expect_one_confirmation("ticket_milter");
    PQfinish(stranger);
    static const char *const roles[] = {"stranger", "ticket_milter", "ticket_agent", "ticket_admin"};
    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
        g_autofree char *lock = g_strdup_printf("SET SESSION AUTHORIZATION %s; SELECT count(*) FROM (SELECT "
                                                "FROM ticketing.confirmation_lock FOR UPDATE) x",
                                                roles[i]);
        server_expect("!42501", lock);
    }
    server_expect("", "DROP ROLE stranger");
    /* No call of ours takes a lock that is nobody's. */
    server_expect(
        "", "SELECT string_agg(proname, ',') FROM pg_proc WHERE pronamespace = 'ticketing'::regnamespace"
            " AND prosrc LIKE '%pg_advisory%'");
}

static void rows_that_are_locks_are_bounded(void **state)
{
    (void)state;
    server_expect("", "SELECT ticketing.confirmation_wait(1, 'r' || i || '@x.example') FROM "
                      "generate_series(1, 20000) i OFFSET 20000");
    server_expect("1024", "SELECT count(*) FROM ticketing.confirmation_lock WHERE tenant_id = 1");
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    /* The test's own sessions are not what is looked at. */
    server_expect("",
                  "ALTER ROLE postgres SET default_transaction_isolation = 'read committed';"
                  "ALTER ROLE postgres SET statement_timeout = 0; ALTER ROLE postgres SET lock_timeout = 0;"
                  "ALTER ROLE postgres SET idle_in_transaction_session_timeout = 0;"
                  "ALTER ROLE postgres SET idle_session_timeout = 0;"
                  "ALTER ROLE postgres SET search_path = pg_catalog;"
                  "ALTER ROLE postgres SET standard_conforming_strings = on;"
                  "ALTER ROLE postgres SET client_min_messages = notice");
    struct tk_store *store = server_store("ticket_milter", 1);
    const struct tk_ingest mail = server_mail("first");
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    assert_string_equal(result.number, "INC-1");
    tk_ingest_result_clear(&result);
    tk_store_close(&store);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    server_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_of_the_database_and_of_the_roles_change_nothing),
        cmocka_unit_test(init_pins_the_roles_for_sessions_that_no_program_has_set_up),
        cmocka_unit_test(a_mail_in_a_transaction_of_another_isolation_is_put_off),
        cmocka_unit_test(a_session_that_checks_no_references_is_refused),
        cmocka_unit_test(agents_at_any_isolation_do_all_of_a_call_or_are_told_to_repeat_it),
        cmocka_unit_test(a_lock_that_a_stranger_takes_holds_no_mail_up),
        cmocka_unit_test(rows_that_are_locks_are_bounded),
    };
    return server_run(tests, setup, teardown);
}
