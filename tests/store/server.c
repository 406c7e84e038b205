/* server: a private PostgreSQL with the schema, and mails to put into it, for the tests of schema/. */
#include "tests/store/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <libpq-fe.h>

#include "schema/calls/migrate.h"

gint64 server_tenant, server_channel;
const struct tk_ingest_confirm server_confirm = {
    .pause_seconds = 0, .channel_hour = 1000, .tenant_hour = 1000};

static char *folder, *base;

static int control(const char *words)
{
    g_autofree char *command =
        g_strdup_printf("POSTGRES_GUARD=%d '%s/packaging/lib/postgres' %s >'%s/conninfo'", (int)getpid(),
                        TOP_SRCDIR, words, folder);
    return WEXITSTATUS(system(command));
}

static void start(void)
{
    g_autofree char *words = g_strdup_printf("start '%s'", folder);
    const int code = control(words);
    if (code == 77)
        exit(77);
    g_autofree char *file = g_build_filename(folder, "conninfo", NULL);
    if (code != 0 || !g_file_get_contents(file, &base, NULL, NULL)) {
        g_printerr("the server did not start\n");
        exit(99);
    }
    g_strchomp(base);
}

static void server_start(void)
{
    /* No statement waits for ever; those of the programs have shorter bounds of their own. */
    g_setenv("POSTGRES_SETTINGS", "statement_timeout = '10min'", TRUE);
    folder = g_dir_make_tmp("ticket-store.XXXXXX", NULL);
    if (folder == NULL)
        exit(99);
    start();
}

void server_crash(void)
{
    g_autofree char *words = g_strdup_printf("stop '%s' immediate", folder);
    assert_int_equal(control(words), 0);
}

void server_again(void)
{
    g_free(base);
    start();
}

void server_remove(void)
{
    g_autofree char *file = g_build_filename(folder, "conninfo", NULL);
    g_autofree char *words = g_strdup_printf("remove '%s'", folder);
    assert_int_equal(control(words), 0);
    unlink(file);
    rmdir(folder);
    g_clear_pointer(&folder, g_free);
    g_clear_pointer(&base, g_free);
}

const char *server_conninfo(const char *role)
{
    static char *ring[4];
    static guint next;
    char **slot = &ring[next++ % G_N_ELEMENTS(ring)];
    g_free(*slot);
    *slot = g_strdup_printf("%s user=%s", base, role);
    return *slot;
}

static void be_silent(void *context, const PGresult *notice)
{
    (void)context, (void)notice;
}

char *server_ask(const char *role, const char *sql)
{
    return server_ask_in("tickets", role, sql);
}

char *server_ask_in(const char *database, const char *role, const char *sql)
{
    g_autofree char *conninfo = g_strdup_printf("%s dbname=%s", server_conninfo(role), database);
    PGconn *pq = PQconnectdb(conninfo);
    if (PQstatus(pq) != CONNECTION_OK) {
        PQfinish(pq);
        return g_strdup("!connect");
    }
    PQsetNoticeReceiver(pq, be_silent, NULL);
    PGresult *result = PQexec(pq, sql);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    char *answer = sqlstate != NULL         ? g_strconcat("!", sqlstate, NULL)
                   : PQntuples(result) == 0 ? g_strdup("")
                                            : g_strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    PQfinish(pq);
    return answer;
}

char *server_ask_as(const char *role, const char *sql)
{
    if (g_str_has_prefix(role, "ticket_") || strcmp(role, "postgres") == 0)
        return server_ask(role, sql);
    g_autofree char *whole = g_strdup_printf("SET SESSION AUTHORIZATION %s; %s", role, sql);
    return server_ask("postgres", whole);
}

void server_expect_at(const char *expected, const char *sql, const char *file, int line)
{
    g_autofree char *answer = server_ask("postgres", sql);
    if (strcmp(answer, expected) != 0)
        print_error("%s\n", sql);
    _assert_string_equal(answer, expected, file, line);
}

void server_expect_soon(const char *expected, const char *sql)
{
    for (const gint64 end = soon(30);; g_usleep(20000)) {
        g_autofree char *answer = server_ask("postgres", sql);
        if (strcmp(answer, expected) == 0)
            return;
        if (g_get_monotonic_time() > end)
            fail_msg("%s: %s, not %s", sql, answer, expected);
    }
}

gint64 exactly(double seconds)
{
    return g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
}

gint64 soon(double seconds)
{
    return exactly(10 * seconds);
}

struct tk_store *server_store(const char *role, guint pool)
{
    return server_store_in("tickets", role, pool);
}

struct tk_store *server_store_in(const char *database, const char *role, guint pool)
{
    g_autofree char *conninfo = g_strdup_printf("%s dbname=%s", server_conninfo(role), database);
    const struct tk_store_options options = {.conninfo = conninfo,
                                             .pool = pool,
                                             .wait = 100 * G_USEC_PER_SEC,
                                             .seed = 1,
                                             .any_schema = strcmp(role, "postgres") == 0};
    struct tk_store *store = NULL;
    assert_int_equal(tk_store_open(&options, &store, NULL), TK_OK);
    return store;
}

struct tk_publication server_publication(void)
{
    return (struct tk_publication){.tenant = "acme",
                                   .template_name = "incident",
                                   .template_ticket_type = "incident",
                                   .template_prefix = "INC",
                                   .template_status = "published",
                                   .template_fields = "[{\"name\": \"subject\"}]",
                                   .channel = "support",
                                   .title = "Support Mailbox",
                                   .address = "support.392@acme.tickets.example.net",
                                   .status = "published",
                                   .rules = "{\"allowed_domains\": [\"acme.example\"]}"};
}

void server_add_tenant(struct tk_store *store, const char *name, const char *domain)
{
    const char *const domains[] = {domain, NULL};
    g_autoptr(GString) why = g_string_new(NULL);
    bool made = false, changed = false;
    if (tk_admin_tenant_add(store, name, domains, false, soon(10), &made, &changed, why) != TK_OK)
        fail_msg("tenant: %s", why->str);
}

void server_reader(struct tk_store *store, enum tk_reader_change change, const char *role, const char *tenant,
                   bool changed, const char *words)
{
    struct tk_reader reader = {0};
    g_autoptr(GString) why = g_string_new(NULL);
    const char *const tenants[] = {tenant, NULL};
    if (tk_admin_reader(store, change, role, tenants, soon(5), &reader, why) != TK_OK)
        fail_msg("%s: %s", role, why->str);
    assert_int_equal(reader.changed, changed);
    if (words != NULL)
        assert_string_equal(reader.words, words);
    tk_reader_clear(&reader);
}

void server_fill(void)
{
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_store *store = server_store("postgres", 1);
    guint applied = 0;
    if (tk_admin_init(store, "ticket-milter", soon(30), NULL, &applied, NULL, why) != TK_OK)
        fail_msg("init: %s", why->str);
    static const char *const agents[] = {"ticket_agent", "ticket_restricted"};
    for (gsize i = 0; i < G_N_ELEMENTS(agents); i++)
        server_reader(store, TK_READER_ADD, agents[i], "*", true, NULL);
    server_add_tenant(store, "acme", "acme.tickets.example.net");
    const struct tk_publication publication = server_publication();
    struct tk_published published = {0};
    if (tk_admin_publish(store, &publication, soon(10), &published, why) != TK_OK)
        fail_msg("publish: %s", why->str);
    server_tenant = published.tenant_id;
    server_channel = published.channel_id;
    g_free(published.changed);
    tk_store_close(&store);
}

void server_old(const char *database, int version)
{
    g_autofree char *create = g_strdup_printf("CREATE DATABASE %s", database);
    server_expect("", create);
    g_autofree char *begun = server_ask_in(database, "postgres", tk_migrate_roles);
    assert_string_equal(begun, "");
    for (const struct tk_migration *m = tk_migrations; m->version != 0 && m->version <= version; m++) {
        g_autofree char *sql = g_strdup_printf(
            "SET ROLE ticket_owner; SET search_path = ticketing, pg_temp; %s;"
            "INSERT INTO ticketing_meta.migration VALUES (%d, '%s', 'ticket-milter 0.0', now())",
            m->sql, m->version, m->name);
        g_autofree char *answer = server_ask_in(database, "postgres", sql);
        assert_string_equal(answer, "");
    }
}

struct tk_ingest server_mail(const char *key)
{
    static const char *const participants[] = {"ann@acme.example", "bob@acme.example", NULL};
    static const char *const types[] = {"incident", NULL};
    struct tk_ingest mail = {.tenant_id = server_tenant,
                             .channel_id = server_channel,
                             .key_life = TK_INTAKE_LIFE_LONG,
                             .verdict = "ticket",
                             .class = "human",
                             .authentication = "none",
                             .level = "full",
                             .mail_from = "ann@acme.example",
                             .rcpt = "support@acme.example",
                             .sender = "ann@acme.example",
                             .size = 1234,
                             .millis = 7,
                             .subject = "The printer is on fire",
                             .body = "Please send water.",
                             .requester = "ann@acme.example",
                             .requester_name = "Ann",
                             .priority = "P3",
                             .participants = participants,
                             .author = "ann@acme.example",
                             .visibility = "public",
                             .source = "mail",
                             .reply_types = types,
                             .stranger = "unverified",
                             .closed = "note"};
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = TK_INTAKE_KEY_SIZE;
    g_checksum_update(checksum, (const guint8 *)key, -1);
    g_checksum_get_digest(checksum, mail.intake_key, &size);
    return mail;
}

struct tk_ingest_result server_ingest(struct tk_store *store, const struct tk_ingest *mail,
                                      enum tk_status status)
{
    struct tk_ingest_result result = {0};
    g_autoptr(GString) why = g_string_new(NULL);
    const enum tk_status got = tk_store_ingest(store, mail, 1, NULL, 0, soon(10), &result, why);
    if (got != status)
        fail_msg("ingest: %s: %s", tk_status_word(got), why->str);
    return result;
}

/* The cases of this process: all, or those from FROM on where an earlier one has failed in another process.
 */
#define FROM "STORE_TEST_FROM"
static const struct CMUnitTest *originals;
static gsize at; /* the one that runs */
static bool passed = true;

void server_skipped(void)
{
    passed = true;
}

/* Leaves all that the failed case has changed, holds and runs. */
static void go_on_in_a_new_process(gsize next)
{
    g_autofree char *words = g_strdup_printf("remove '%s'", folder);
    g_autofree char *number = g_strdup_printf("%" G_GSIZE_FORMAT, next);
    control(words);
    g_setenv(FROM, number, TRUE);
    fflush(NULL);
    execl("/proc/self/exe", "test", NULL);
    exit(99);
}

static int before_case(void **state)
{
    const gsize number = (gsize)(*(const struct CMUnitTest *const *)state - originals);
    if (!passed)
        go_on_in_a_new_process(number);
    at = number;
    passed = false;
    *state = originals[at].initial_state;
    return originals[at].setup_func == NULL ? 0 : originals[at].setup_func(state);
}

static void run_case(void **state)
{
    originals[at].test_func(state);
    passed = true;
}

static int after_case(void **state)
{
    const int code = originals[at].teardown_func == NULL ? 0 : originals[at].teardown_func(state);
    passed = passed && code == 0;
    return code;
}

int server_run_cases(const struct CMUnitTest *cases, gsize count, CMFixtureFunction setup,
                     CMFixtureFunction teardown)
{
    const char *from = g_getenv(FROM);
    const gsize first = from == NULL ? 0 : (gsize)g_ascii_strtoull(from, NULL, 10);
    g_autofree struct CMUnitTest *wrapped = g_new0(struct CMUnitTest, count);
    originals = cases;
    for (gsize i = 0; i < count; i++)
        wrapped[i] = (struct CMUnitTest){cases[i].name, run_case, before_case, after_case, (void *)&cases[i]};
    server_start();
    const int failed = _cmocka_run_group_tests("tests", wrapped + first, count - first, setup, teardown);
    return failed > 0 || from != NULL ? 1 : 0;
}
