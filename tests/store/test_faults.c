/* Tests of what the store answers when the database is slow, away, full or dying, and that nothing is lost or
 * doubled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>
#include <libpq-fe.h>

#include "tests/store/server.h"

static struct tk_store *store;

#define OUR_BACKEND                                                                                          \
    "(SELECT pid FROM pg_stat_activity WHERE usename = 'ticket_milter' ORDER BY backend_start DESC LIMIT 1)"

/* Microseconds that even a slow machine does not need beyond a deadline of a second. What is waited for takes
 * longer. */
#define LATE (60 * G_USEC_PER_SEC)

/* Asks until the answer is EXPECTED; false after a time that is long for any machine. */
static bool wait_for(const char *expected, const char *sql)
{
    for (const gint64 end = soon(10); g_get_monotonic_time() < end; g_usleep(20000)) {
        g_autofree char *answer = server_ask("postgres", sql);
        if (strcmp(answer, expected) == 0)
            return true;
    }
    return false;
}

static void expect_mails(const char *sender, const char *count)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT count(*) FROM ticketing.intake WHERE sender = '%s'", sender);
    server_expect(count, sql);
}

static struct tk_ingest mail_of(const char *sender)
{
    struct tk_ingest mail = server_mail(sender);
    mail.sender = sender;
    return mail;
}

struct call {
    struct tk_ingest mail;
    double seconds;
    struct tk_ingest_result result;
    GString *why;
};

static gpointer run_call(gpointer data)
{
    struct call *call = data;
    return GINT_TO_POINTER(
        tk_store_ingest(store, &call->mail, 1, NULL, 0, exactly(call->seconds), &call->result, call->why));
}

static void a_stopped_backend_that_goes_on_after_the_deadline_commits_nothing(void **state)
{
    (void)state;
    assert_int_equal(tk_store_check(store, soon(5), NULL), TK_OK);
    g_autofree char *pid = server_ask("postgres", "SELECT " OUR_BACKEND);
    const struct tk_ingest mail = mail_of("stopped@x.example");
    struct tk_ingest_result result = {0};
    assert_int_equal(kill(atoi(pid), SIGSTOP), 0);
    const gint64 began = g_get_monotonic_time();
    const enum tk_status status = tk_store_ingest(store, &mail, 1, NULL, 0, exactly(0.7), &result, NULL);
    const gint64 took = g_get_monotonic_time() - began;
    assert_int_equal(kill(atoi(pid), SIGCONT), 0);
    assert_int_equal(status, TK_UNCERTAIN);
    assert_in_range(took, 600000, LATE);
    g_autofree char *gone = g_strdup_printf("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", pid);
    assert_true(wait_for("0", gone));
    expect_mails(mail.sender, "0");
    server_expect(
        "0", "SELECT count(*) FROM ticketing.ticket t JOIN ticketing.intake i USING (tenant_id, ticket_id)"
             " WHERE i.sender = 'stopped@x.example'");
    result = server_ingest(store, &mail, TK_OK);
    assert_string_equal(result.verdict, "ticket");
    tk_ingest_result_clear(&result);
}

static void a_lock_is_not_waited_for_beyond_the_deadline(void **state)
{
    (void)state;
    PGconn *other = PQconnectdb(server_conninfo("postgres"));
    PQclear(PQexec(other, "BEGIN"));
    PQclear(PQexec(other, "LOCK TABLE ticketing.intake_key IN EXCLUSIVE MODE"));
    struct call call = {.mail = mail_of("locked@x.example"), .seconds = 0.7, .why = g_string_new(NULL)};
    const gint64 began = g_get_monotonic_time();
    const enum tk_status status = GPOINTER_TO_INT(run_call(&call));
    const gint64 took = g_get_monotonic_time() - began;
    /* The backend has ended by itself, though the lock is held and nobody waits for it any more. */
    const bool ended = wait_for(
        "0", "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND usename = 'ticket_milter'");
    PQfinish(other);
    assert_true(ended);
    /* The server's own end comes first, most often: then it is certain. */
    assert_true(status == TK_LATER || status == TK_UNCERTAIN);
    assert_in_range(took, 400000, LATE);
    assert_true(wait_for(
        "0", "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND usename = 'ticket_milter'"));
    expect_mails("locked@x.example", "0");
    g_string_free(call.why, TRUE);
}

static void a_twin_in_flight_is_waited_for_and_its_failure_taken_over(void **state)
{
    (void)state;
    /* The twin holds the same key in a transaction that is rolled back later. */
    struct call call = {.mail = mail_of("twin@x.example"), .seconds = 100, .why = g_string_new(NULL)};
    g_autoptr(GString) sql = g_string_new("BEGIN; INSERT INTO ticketing.intake_key VALUES (");
    g_string_append_printf(sql, "%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ", '\\x", server_tenant,
                           server_channel);
    for (gsize i = 0; i < TK_INTAKE_KEY_SIZE; i++)
        g_string_append_printf(sql, "%02x", call.mail.intake_key[i]);
    g_string_append(sql, "', 1, now() + interval '1 day')");
    PGconn *twin = PQconnectdb(server_conninfo("postgres"));
    PQclear(PQexec(twin, sql->str));
    assert_int_equal(PQtransactionStatus(twin), PQTRANS_INTRANS);
    GThread *thread = g_thread_new("waits", run_call, &call);
    assert_true(wait_for("1", "SELECT count(*) FROM pg_stat_activity WHERE usename = 'ticket_milter'"
                              " AND wait_event_type = 'Lock'"));
    PQclear(PQexec(twin, "ROLLBACK"));
    PQfinish(twin);
    assert_int_equal(GPOINTER_TO_INT(g_thread_join(thread)), TK_OK);
    assert_string_equal(call.result.verdict, "ticket");
    tk_ingest_result_clear(&call.result);
    g_string_free(call.why, TRUE);
}

/* Makes every ticket pass through ticketing.fault(), whose body is BODY. */
static void inject(const char *body)
{
    g_autofree char *sql = g_strdup_printf(
        "DROP SEQUENCE IF EXISTS public.fault_count CASCADE;"
        "CREATE SEQUENCE public.fault_count; GRANT USAGE ON SEQUENCE public.fault_count TO public;"
        "CREATE OR REPLACE FUNCTION public.fault() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS"
        " $$ BEGIN %s RETURN true; END $$;"
        "ALTER TABLE ticketing.ticket ADD CONSTRAINT fault CHECK (public.fault()) NOT VALID",
        body);
    server_expect("", sql);
}

static void heal(void)
{
    server_expect("", "ALTER TABLE ticketing.ticket DROP CONSTRAINT fault");
}

/* A backend does not notice that its client has given up until it has something to say. */
static void a_backend_that_is_slow_in_the_middle_commits_nothing_after_the_deadline(void **state)
{
    (void)state;
    assert_int_equal(tk_store_check(store, soon(5), NULL), TK_OK);
    g_autofree char *pid = server_ask("postgres", "SELECT " OUR_BACKEND);
    g_autofree char *gone = g_strdup_printf("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", pid);
    const struct tk_ingest mail = mail_of("slow@x.example");
    struct tk_ingest_result result = {0};
    inject("IF nextval('public.fault_count') = 1 THEN PERFORM pg_sleep(6); END IF;");
    const enum tk_status status = tk_store_ingest(store, &mail, 1, NULL, 0, exactly(2), &result, NULL);
    const bool ended = wait_for("0", gone);
    heal();
    assert_int_equal(status, TK_UNCERTAIN);
    assert_true(ended);
    expect_mails(mail.sender, "0");
    result = server_ingest(store, &mail, TK_OK);
    assert_string_equal(result.verdict, "ticket");
    tk_ingest_result_clear(&result);
}

static void a_twin_that_is_slow_to_be_counted_is_not_counted_after_the_deadline(void **state)
{
    (void)state;
    const struct tk_ingest mail = mail_of("slow twin@x.example");
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    tk_ingest_result_clear(&result);
    g_autofree char *pid = server_ask("postgres", "SELECT " OUR_BACKEND);
    g_autofree char *gone = g_strdup_printf("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", pid);
    server_expect("", "CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS"
                      " $$ BEGIN PERFORM pg_sleep(6); RETURN NEW; END $$;"
                      "CREATE TRIGGER slow BEFORE UPDATE ON ticketing.intake FOR EACH ROW"
                      " EXECUTE FUNCTION public.slow()");
    const enum tk_status status = tk_store_ingest(store, &mail, 1, NULL, 0, exactly(2), &result, NULL);
    const bool ended = wait_for("0", gone);
    server_expect("", "DROP TRIGGER slow ON ticketing.intake; DROP FUNCTION public.slow()");
    assert_int_equal(status, TK_UNCERTAIN);
    assert_true(ended);
    server_expect("1", "SELECT seen FROM ticketing.intake WHERE sender = 'slow twin@x.example'");
}

static void errors_of_the_server_are_told_apart(void **state)
{
    (void)state;
    const struct {
        const char *body;
        enum tk_status status;
    } cases[] = {
        {"RAISE EXCEPTION 'full' USING ERRCODE = '53100';", TK_STORAGE},
        {"RAISE EXCEPTION 'old primary' USING ERRCODE = '25006';", TK_LATER},
        {"RAISE EXCEPTION 'cancelled' USING ERRCODE = '57014';", TK_LATER},
        {"RAISE EXCEPTION 'right' USING ERRCODE = '42501';", TK_CONFIG},
        {"RAISE EXCEPTION 'data' USING ERRCODE = '22021';", TK_CONFIG},
        {"RAISE EXCEPTION 'rule' USING ERRCODE = '23514';", TK_CONFIG},
        {"RAISE EXCEPTION 'limit' USING ERRCODE = '54000';", TK_CONFIG},
        {"RAISE EXCEPTION 'odd' USING ERRCODE = 'ZZ999';", TK_LATER},
        {"RAISE EXCEPTION 'always' USING ERRCODE = '40001';", TK_LATER},
        {"RAISE WARNING 'odd';", TK_UNCERTAIN},
        {"PERFORM pg_terminate_backend(pg_backend_pid());", TK_LATER},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct tk_ingest mail = mail_of(i % 2 == 0 ? "fault0@x.example" : "fault1@x.example");
        inject(cases[i].body);
        struct tk_ingest_result result = server_ingest(store, &mail, cases[i].status);
        assert_null(result.verdict);
        heal();
    }
    /* The one with the warning was committed after all, and the retry finds it. */
    const struct tk_ingest mail = mail_of("fault1@x.example");
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    assert_string_equal(result.verdict, "duplicate");
    tk_ingest_result_clear(&result);
    expect_mails("fault0@x.example", "0");
}

static void a_deadlock_is_tried_again_at_once(void **state)
{
    (void)state;
    inject("IF nextval('public.fault_count') < 3 THEN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; "
           "END IF;");
    const struct tk_ingest mail = mail_of("deadlock@x.example");
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    heal();
    assert_string_equal(result.verdict, "ticket");
    tk_ingest_result_clear(&result);
    server_expect("3", "SELECT last_value FROM public.fault_count");
    expect_mails("deadlock@x.example", "1");
}

static void a_commit_that_fails_is_no_success(void **state)
{
    (void)state;
    server_expect("", "CREATE TABLE public.fault_parent (id text PRIMARY KEY);"
                      "ALTER TABLE ticketing.ticket ADD CONSTRAINT fault FOREIGN KEY (number)"
                      " REFERENCES public.fault_parent DEFERRABLE INITIALLY DEFERRED NOT VALID");
    const struct tk_ingest mail = mail_of("commit@x.example");
    struct tk_ingest_result result = server_ingest(store, &mail, TK_CONFIG);
    assert_null(result.verdict);
    expect_mails("commit@x.example", "0");
    heal();
}

/* A standby that never comes: the commit is written here and waits. */
static void wait_for_standby(const char *name)
{
    g_autofree char *sql = g_strdup_printf("ALTER SYSTEM SET synchronous_standby_names = '%s'", name);
    server_expect("", sql);
    server_expect("t", "SELECT pg_reload_conf()");
    assert_true(wait_for(name, "SHOW synchronous_standby_names"));
}

static void d5_a_commit_that_was_not_acknowledged_is_uncertain_and_the_retry_settles_it(void **state)
{
    (void)state;
    const struct {
        const char *sender;
        const char *sql; /* what happens while the commit waits for its standby */
        double seconds;
    } cases[] = {
        {"cancel@x.example", "SELECT pg_cancel_backend(" OUR_BACKEND ")", 100},
        {"terminate@x.example", "SELECT pg_terminate_backend(" OUR_BACKEND ")", 100},
        {"nothing@x.example", "SELECT true", 10},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct call call = {
            .mail = mail_of(cases[i].sender), .seconds = cases[i].seconds, .why = g_string_new(NULL)};
        assert_int_equal(tk_store_check(store, soon(5), NULL), TK_OK);
        wait_for_standby("nowhere");
        GThread *thread = g_thread_new("commits", run_call, &call);
        const bool waits =
            wait_for("t", "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
        server_expect("t", cases[i].sql);
        const enum tk_status status = GPOINTER_TO_INT(g_thread_join(thread));
        wait_for_standby("");
        assert_true(waits);
        assert_int_equal(status, TK_UNCERTAIN);
        assert_null(call.result.verdict);
        struct tk_ingest_result again = server_ingest(store, &call.mail, TK_OK);
        assert_string_equal(again.verdict, "duplicate");
        assert_non_null(again.number);
        tk_ingest_result_clear(&again);
        expect_mails(cases[i].sender, "1");
        g_string_free(call.why, TRUE);
    }
}

struct status_call {
    struct tk_store *agent;
    const char *number;
    GString *why;
};

static gpointer run_status_call(gpointer data)
{
    struct status_call *call = data;
    return GINT_TO_POINTER(
        tk_admin_set_status(call->agent, server_tenant, call->number, "closed", "Bo", soon(60), call->why));
}

static void d5_an_agents_call_whose_wait_for_the_standby_was_cancelled_is_uncertain(void **state)
{
    (void)state;
    const struct tk_ingest mail = mail_of("agent@x.example");
    struct tk_ingest_result ticket = server_ingest(store, &mail, TK_OK);
    struct status_call call = {
        .agent = server_store("ticket_agent", 1), .number = ticket.number, .why = g_string_new(NULL)};
    assert_int_equal(tk_store_check(call.agent, soon(5), NULL), TK_OK);
    wait_for_standby("nowhere");
    GThread *thread = g_thread_new("closes", run_status_call, &call);
    const bool waits =
        wait_for("t", "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    server_expect("t", "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    const enum tk_status status = GPOINTER_TO_INT(g_thread_join(thread));
    wait_for_standby("");
    assert_true(waits);
    assert_int_equal(status, TK_UNCERTAIN);
    assert_non_null(strstr(call.why->str, "warning at the commit"));
    g_string_free(call.why, TRUE);
    tk_store_close(&call.agent);
    tk_ingest_result_clear(&ticket);
}

static void a_crash_of_the_server_is_later_and_then_all_is_well(void **state)
{
    (void)state;
    const struct tk_ingest mail = mail_of("crash@x.example");
    assert_int_equal(tk_store_check(store, soon(5), NULL), TK_OK);
    server_crash();
    for (int i = 0; i < 3; i++) {
        struct tk_ingest_result result = server_ingest(store, &mail, TK_LATER);
        assert_null(result.verdict);
    }
    server_again();
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    assert_string_equal(result.verdict, "ticket");
    tk_ingest_result_clear(&result);
}

static enum tk_status check_once(const char *conninfo, gint64 wait, gint64 *took_r, GString *why)
{
    const struct tk_store_options options = {.conninfo = conninfo, .pool = 1, .wait = wait};
    struct tk_store *other = NULL;
    enum tk_status status = tk_store_open(&options, &other, why);
    if (status != TK_OK)
        return status;
    const gint64 began = g_get_monotonic_time();
    status = tk_store_check(other, soon(20), why);
    *took_r = g_get_monotonic_time() - began;
    tk_store_close(&other);
    return status;
}

static void a_server_that_is_not_there_or_silent_is_later_within_the_wait(void **state)
{
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("ticket-silent.XXXXXX", NULL);
    g_autofree char *silent = g_strdup_printf("host=%s dbname=tickets user=ticket_milter", folder);
    g_autofree char *listed = g_strdup_printf("connect_timeout=1 %s", server_conninfo("ticket_milter"));
    char *place = strstr(listed, "host=");
    g_autofree char *both =
        g_strdup_printf("%.*shost=%s,%s", (int)(place - listed), listed, folder, place + 5);
    gint64 took = 0;
    assert_int_equal(check_once(silent, 100 * G_USEC_PER_SEC, &took, NULL), TK_LATER);
    assert_true(took < LATE);
    /* Now somebody listens there, and never answers. */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", folder);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(check_once(silent, G_USEC_PER_SEC, &took, NULL), TK_LATER);
    assert_in_range(took, 900000, LATE);
    /* The next host of the list is tried in time. */
    assert_int_equal(check_once(both, 100 * G_USEC_PER_SEC, &took, NULL), TK_OK);
    assert_in_range(took, 900000, LATE);
    close(fd);
    unlink(address.sun_path);
    rmdir(folder);
}

static void a_login_or_server_that_cannot_work_is_a_matter_of_configuration(void **state)
{
    (void)state;
    gint64 took = 0;
    g_autoptr(GString) why = g_string_new(NULL);
    assert_int_equal(check_once(server_conninfo("ticket_owner"), G_USEC_PER_SEC, &took, why), TK_CONFIG);
    assert_non_null(strstr(why->str, "ticket_owner"));
    g_autofree char *database = g_strdup_printf("%s dbname=nowhere", server_conninfo("ticket_milter"));
    assert_int_equal(check_once(database, G_USEC_PER_SEC, &took, why), TK_CONFIG);
    g_autofree char *async =
        g_strdup_printf("%s options='-c synchronous_commit=off'", server_conninfo("ticket_milter"));
    assert_int_equal(check_once(async, G_USEC_PER_SEC, &took, why), TK_CONFIG);
    assert_non_null(strstr(why->str, "synchronous_commit = off"));
    assert_int_equal(check_once("host=x nonsense", G_USEC_PER_SEC, &took, why), TK_CONFIG);
}

static void a_program_runs_on_a_newer_schema_that_serves_it_and_on_no_other(void **state)
{
    (void)state;
    static const char *const roles[] = {"ticket_milter", "ticket_notify", "ticket_agent", "ticket_admin"};
    g_autoptr(GString) why = g_string_new(NULL);
    g_autofree char *newest = server_ask("postgres", "SELECT ticketing.schema_version()");
    gint64 took = 0;
    /* Two more: the first serves us, and the second those of the first alone. */
    g_autofree char *first =
        g_strdup_printf("INSERT INTO ticketing_meta.migration (version, name, program, serves, applied_at)"
                        " VALUES (%s + 1, 'next', 'next', %s, now())",
                        newest, newest);
    g_autofree char *second =
        g_strdup_printf("INSERT INTO ticketing_meta.migration (version, name, program, serves, applied_at)"
                        " VALUES (%s + 2, 'last', 'last', %s + 1, now())",
                        newest, newest);
    g_autofree char *told = g_strdup_printf(
        "the schema is at version %d, which serves programs of version %d or newer, and this one is of"
        " version %s: install the newer program",
        atoi(newest) + 2, atoi(newest) + 1, newest);
    server_expect("", first);
    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++)
        assert_int_equal(check_once(server_conninfo(roles[i]), G_USEC_PER_SEC, &took, why), TK_OK);
    const struct tk_ingest mail = mail_of("newer@x.example");
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    tk_ingest_result_clear(&result);
    server_expect("", second);
    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
        assert_int_equal(check_once(server_conninfo(roles[i]), G_USEC_PER_SEC, &took, why), TK_CONFIG);
        assert_string_equal(why->str, told);
    }
    /* Whom a schema serves is never taken back by a later one. */
    g_autofree char *back =
        g_strdup_printf("UPDATE ticketing_meta.migration SET serves = 1 WHERE version = %s + 2;"
                        "UPDATE ticketing_meta.migration SET serves = version WHERE version = %s + 1",
                        newest, newest);
    server_expect("", back);
    assert_int_equal(check_once(server_conninfo("ticket_milter"), G_USEC_PER_SEC, &took, why), TK_CONFIG);
    g_autofree char *gone =
        g_strdup_printf("DELETE FROM ticketing_meta.migration WHERE version > %s", newest);
    server_expect("", gone);
    /* An older schema serves no program of ours. */
    server_expect("", "CREATE TABLE public.kept AS SELECT * FROM ticketing_meta.migration;"
                      "DELETE FROM ticketing_meta.migration"
                      " WHERE version = (SELECT max(version) FROM ticketing_meta.migration)");
    assert_int_equal(check_once(server_conninfo("ticket_milter"), G_USEC_PER_SEC, &took, why), TK_CONFIG);
    assert_non_null(strstr(why->str, "ticketctl migrate"));
    server_expect("", "INSERT INTO ticketing_meta.migration SELECT * FROM public.kept ON CONFLICT DO NOTHING;"
                      "DROP TABLE public.kept");
    assert_int_equal(check_once(server_conninfo("ticket_milter"), G_USEC_PER_SEC, &took, why), TK_OK);
}

static void a_server_that_could_lose_a_commit_is_refused_with_the_setting_and_the_way_out(void **state)
{
    (void)state;
    const struct {
        const char *sender, *setting, *value;
    } cases[] = {
        {"fsync@x.example", "fsync", "off"},
        {"pages@x.example", "full_page_writes", "off"},
        {"commit@y.example", "synchronous_commit", "off"},
        {"local@x.example", "synchronous_commit", "local"},
    };
    struct tk_store *mine = store;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct tk_ingest mail = mail_of(cases[i].sender);
        g_autoptr(GString) why = g_string_new(NULL);
        struct tk_ingest_result result = {0};
        g_autofree char *set = g_strdup_printf("ALTER SYSTEM SET %s = %s", cases[i].setting, cases[i].value);
        g_autofree char *reset = g_strdup_printf("ALTER SYSTEM RESET %s", cases[i].setting);
        g_autofree char *show = g_strdup_printf("SHOW %s", cases[i].setting);
        g_autofree char *told =
            g_strdup_printf("the database runs with %s = %s, so a commit could be lost: set it on",
                            cases[i].setting, cases[i].value);
        server_expect("", set);
        server_expect("t", "SELECT pg_reload_conf()");
        assert_true(wait_for(cases[i].value, show));
        store = server_store("ticket_milter", 1);
        assert_int_equal(tk_store_ingest(store, &mail, 1, NULL, 0, soon(5), &result, why), TK_CONFIG);
        assert_string_equal(why->str, told);
        assert_null(result.verdict);
        expect_mails(mail.sender, "0");
        server_expect("", reset);
        server_expect("t", "SELECT pg_reload_conf()");
        assert_true(wait_for("on", show));
        /* Set on again, the same store takes the mail. */
        result = server_ingest(store, &mail, TK_OK);
        assert_string_equal(result.verdict, "ticket");
        tk_ingest_result_clear(&result);
        tk_store_close(&store);
        expect_mails(mail.sender, "1");
    }
    store = mine;
}

static void a_pool_that_is_all_in_use_is_later_after_the_wait(void **state)
{
    (void)state;
    struct tk_store_options options = {
        .conninfo = server_conninfo("ticket_milter"), .pool = 1, .wait = G_USEC_PER_SEC / 2};
    struct tk_store *mine = store;
    assert_int_equal(tk_store_open(&options, &store, NULL), TK_OK);
    PGconn *other = PQconnectdb(server_conninfo("postgres"));
    PQclear(PQexec(other, "BEGIN"));
    PQclear(PQexec(other, "LOCK TABLE ticketing.intake_key IN EXCLUSIVE MODE"));
    struct call call = {.mail = mail_of("busy@x.example"), .seconds = 100, .why = g_string_new(NULL)};
    GThread *thread = g_thread_new("holds", run_call, &call);
    assert_true(wait_for("1", "SELECT count(*) FROM pg_stat_activity WHERE usename = 'ticket_milter'"
                              " AND wait_event_type = 'Lock'"));
    const gint64 began = g_get_monotonic_time();
    g_autoptr(GString) why = g_string_new(NULL);
    assert_int_equal(tk_store_check(store, soon(5), why), TK_LATER);
    assert_in_range(g_get_monotonic_time() - began, 450000, LATE);
    assert_string_equal(why->str, "all 1 database connections are busy");
    struct tk_store_numbers numbers;
    tk_store_numbers(store, &numbers);
    assert_int_equal(numbers.busy, 1);
    assert_int_equal(numbers.timeouts, 1);
    PQclear(PQexec(other, "ROLLBACK"));
    PQfinish(other);
    assert_int_equal(GPOINTER_TO_INT(g_thread_join(thread)), TK_OK);
    tk_ingest_result_clear(&call.result);
    g_string_free(call.why, TRUE);
    tk_store_numbers(store, &numbers);
    assert_int_equal(numbers.busy, 0);
    assert_int_equal(numbers.connections, 1);
    tk_store_close(&store);
    store = mine;
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    store = server_store("ticket_milter", 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tk_store_close(&store);
    server_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stopped_backend_that_goes_on_after_the_deadline_commits_nothing),
        cmocka_unit_test(a_lock_is_not_waited_for_beyond_the_deadline),
        cmocka_unit_test(a_twin_in_flight_is_waited_for_and_its_failure_taken_over),
        cmocka_unit_test(a_backend_that_is_slow_in_the_middle_commits_nothing_after_the_deadline),
        cmocka_unit_test(a_twin_that_is_slow_to_be_counted_is_not_counted_after_the_deadline),
        cmocka_unit_test(errors_of_the_server_are_told_apart),
        cmocka_unit_test(a_deadlock_is_tried_again_at_once),
        cmocka_unit_test(a_commit_that_fails_is_no_success),
        cmocka_unit_test(d5_a_commit_that_was_not_acknowledged_is_uncertain_and_the_retry_settles_it),
        cmocka_unit_test(d5_an_agents_call_whose_wait_for_the_standby_was_cancelled_is_uncertain),
        cmocka_unit_test(a_crash_of_the_server_is_later_and_then_all_is_well),
        cmocka_unit_test(a_server_that_is_not_there_or_silent_is_later_within_the_wait),
        cmocka_unit_test(a_login_or_server_that_cannot_work_is_a_matter_of_configuration),
        cmocka_unit_test(a_program_runs_on_a_newer_schema_that_serves_it_and_on_no_other),
        cmocka_unit_test(a_server_that_could_lose_a_commit_is_refused_with_the_setting_and_the_way_out),
        cmocka_unit_test(a_pool_that_is_all_in_use_is_later_after_the_wait),
    };
    return server_run(tests, setup, teardown);
}
