/* Tests of the rooms within rooms: tenants apart for those who read, restricted fields, and a milter that can
 * do nothing but call its functions. Every way around a wall that we know of is a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/store/server.h"

/* Two tenants with a ticket each that has the same number, a note, an attachment, a field of each kind. */
static gint64 other_tenant;

static void store_one(struct tk_store *store, gint64 tenant, gint64 channel, const char *subject,
                      const char *key)
{
    const struct tk_ingest_field fields[] = {{"category", "mail", false}, {"cost_centre", "none", true}};
    struct tk_ingest mail = server_mail(key);
    mail.tenant_id = tenant;
    mail.channel_id = channel;
    mail.subject = subject;
    mail.message_id = "same@acme.example";
    mail.fields = fields;
    mail.field_count = G_N_ELEMENTS(fields);
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    assert_string_equal(result.verdict, "ticket");
    assert_string_equal(result.number, "INC-1");
    tk_ingest_result_clear(&result);
}

/* As server_ask. The server lets in the roles of the program alone, so the others begin as a superuser who
 * becomes them for good: their session is what it would be had they logged in. */
static char *ask(const char *role, const char *sql)
{
    if (g_str_has_prefix(role, "ticket_") || strcmp(role, "postgres") == 0)
        return server_ask(role, sql);
    g_autofree char *whole = g_strdup_printf("SET SESSION AUTHORIZATION %s; %s", role, sql);
    return server_ask("postgres", whole);
}

static void run_sql(const char *sql)
{
    g_autofree char *answer = server_ask("postgres", sql);
    if (answer[0] == '!')
        fail_msg("%s: %s", sql, answer);
}

/* Changes what ROLE reads, and fails unless it CHANGED something and is told in WORDS (NULL: any). */
static void change(struct tk_store *store, enum tk_reader_change kind, const char *role, const char *tenant,
                   bool changed, const char *words)
{
    struct tk_reader reader = {0};
    g_autoptr(GString) why = g_string_new(NULL);
    const char *const tenants[] = {tenant, NULL};
    if (tk_admin_reader(store, kind, role, tenants, soon(5), &reader, why) != TK_OK)
        fail_msg("%s: %s", role, why->str);
    assert_int_equal(reader.changed, changed);
    if (words != NULL)
        assert_string_equal(reader.words, words);
    tk_reader_clear(&reader);
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_publication publication = server_publication();
    publication.tenant = "globex";
    publication.address = "support@globex.tickets.example.net";
    struct tk_published published = {0};
    struct tk_store *admin = server_store("postgres", 1), *milter = server_store("ticket_milter", 1);
    if (tk_admin_publish(admin, &publication, soon(10), &published, why) != TK_OK)
        fail_msg("%s", why->str);
    g_free(published.changed);
    other_tenant = published.tenant_id;
    store_one(milter, server_tenant, server_channel, "of acme", "same");
    store_one(milter, other_tenant, published.channel_id, "of globex", "same");
    run_sql(
        "INSERT INTO ticketing.attachment (tenant_id, ticket_id, filename, content_type, size, sha256, "
        "disposition)"
        " SELECT tenant_id, ticket_id, 'x', 'text/plain', 5, sha256('hello'), 'attachment' FROM "
        "ticketing.ticket;"
        "INSERT INTO ticketing.blob SELECT tenant_id, sha256('hello'), 0, 'hello' FROM ticketing.tenant;"
        "INSERT INTO ticketing.outbox (tenant_id, kind, ticket_id, recipient, next_at, created_at)"
        " SELECT tenant_id, 'confirmation', ticket_id, 'x@y.example', now(), now() FROM ticketing.ticket;"
        "CREATE ROLE free LOGIN; CREATE ROLE bound LOGIN; CREATE ROLE acme_people; CREATE ROLE "
        "one_of_them LOGIN;"
        "CREATE ROLE twice LOGIN; CREATE ROLE pooler LOGIN; CREATE ROLE globex_people; CREATE ROLE boss "
        "LOGIN SUPERUSER;"
        "CREATE ROLE nobody_yet LOGIN; CREATE ROLE chief LOGIN; CREATE ROLE all_people; CREATE ROLE deputy "
        "LOGIN NOINHERIT; CREATE ROLE not_all LOGIN NOINHERIT;"
        "GRANT ticket_agent TO free, bound, acme_people, globex_people, twice, nobody_yet, all_people, "
        "deputy, not_all;"
        "GRANT ticket_restricted TO bound; GRANT ticket_admin TO deputy;"
        "GRANT nobody_yet TO bound; GRANT acme_people TO one_of_them, pooler; GRANT globex_people TO pooler;"
        "GRANT all_people TO chief, not_all;");
    const char *const readers[][2] = {
        {"bound", "acme"},    {"acme_people", "acme"},     {"twice", "acme"},   {"twice", "globex"},
        {"deputy", "globex"}, {"globex_people", "globex"}, {"all_people", "*"}, {"free", "*"}};
    for (gsize i = 0; i < G_N_ELEMENTS(readers); i++)
        change(admin, TK_READER_ADD, readers[i][0], readers[i][1], true, NULL);
    /* Where the program's own role is given tenants, its members have none of it. */
    change(admin, TK_READER_REMOVE, "ticket_agent", "*", true, "ticket_agent reads no tenant");
    tk_store_close(&admin);
    tk_store_close(&milter);
    return 0;
}

#define SUBJECTS "SELECT string_agg(subject, ',' ORDER BY tenant_id) FROM ticketing.ticket"
#define BOTH     "of acme,of globex"

static const struct row {
    const char *role, *sql, *answer;
} rooms[] = {
    /* Who reads what. */
    {"ticket_agent", SUBJECTS, ""},
    {"ticket_restricted", SUBJECTS, BOTH},
    {"ticket_admin", SUBJECTS, BOTH},
    {"free", SUBJECTS, BOTH},
    {"nobody_yet", SUBJECTS, ""},
    {"nobody_yet", "SELECT count(*) FROM ticketing.tenant", "0"},
    {"chief", SUBJECTS, BOTH},
    {"deputy", SUBJECTS, "!42501"}, /* takes nothing without SET ROLE */
    {"deputy", "SET ROLE ticket_admin; " SUBJECTS, "of globex"},
    {"deputy", "SET ROLE ticket_agent; " SUBJECTS, ""},
    {"not_all", "SET ROLE all_people; " SUBJECTS, BOTH},
    {"bound", SUBJECTS, "of acme"},
    {"one_of_them", SUBJECTS, "of acme"},
    {"twice", SUBJECTS, BOTH},
    {"pooler", SUBJECTS, BOTH},
    {"postgres", "SET ROLE ticket_agent; " SUBJECTS, ""},
    {"postgres", "SET ROLE free; " SUBJECTS, BOTH},
    {"postgres", "SET ROLE bound; " SUBJECTS, "of acme"},
    {"postgres", "SET SESSION AUTHORIZATION bound; " SUBJECTS, "of acme"},
    {"boss", SUBJECTS, BOTH},
    {"boss", "SET ROLE globex_people; " SUBJECTS, "of globex"},
    /* SET ROLE narrows and never widens. */
    {"bound", "SET ROLE ticket_agent; " SUBJECTS, ""},
    {"bound", "SET ROLE ticket_restricted; " SUBJECTS, "of acme"},
    {"bound", "SET ROLE nobody_yet; " SUBJECTS, ""},
    {"bound", "SET ROLE nobody_yet; SET ROLE none; " SUBJECTS, "of acme"},
    {"bound", "SELECT set_config('role', 'nobody_yet', false); " SUBJECTS, ""},
    {"bound", "BEGIN; SET LOCAL ROLE nobody_yet; " SUBJECTS, ""},
    {"bound", "SET ROLE free; " SUBJECTS, "!42501"},
    {"bound", "SET ROLE globex_people; " SUBJECTS, "!42501"},
    {"one_of_them", "SET ROLE acme_people; " SUBJECTS, "of acme"},
    {"pooler", "SET ROLE acme_people; " SUBJECTS, "of acme"},
    {"pooler", "SET ROLE globex_people; " SUBJECTS, "of globex"},
    {"pooler", "SET ROLE acme_people; RESET ROLE; " SUBJECTS, BOTH},
    /* Settings. */
    {"bound", "SET row_security = off; " SUBJECTS, "!42501"},
    {"bound", "SET search_path = pg_temp, public; " SUBJECTS, "of acme"},
    {"bound", "SET session_replication_role = replica; " SUBJECTS, "!42501"},
    {"bound", "SET ticketing.tenant = '2'; " SUBJECTS, "of acme"},
    {"bound", "ALTER ROLE bound SET role = 'nobody_yet'; " SUBJECTS, "of acme"},
    {"bound", "ALTER ROLE bound RESET role; " SUBJECTS, "of acme"},
    /* Every table and view that agents read, by a row of another tenant. */
    {"bound", "SELECT string_agg(name, ',') FROM ticketing.tenant", "acme"},
    {"bound", "SELECT count(DISTINCT tenant_id) FROM ticketing.template", "1"},
    {"bound", "SELECT count(DISTINCT tenant_id) FROM ticketing.channel", "1"},
    {"bound", "SELECT count(DISTINCT tenant_id) FROM ticketing.offer", "1"},
    {"bound", "SELECT count(DISTINCT tenant_id) FROM ticketing.ticket_field", "1"},
    {"bound", "SELECT count(DISTINCT tenant_id) FROM ticketing.participant", "1"},
    {"bound", "SELECT count(DISTINCT tenant_id) FROM ticketing.message_id", "1"},
    {"bound", "SELECT count(DISTINCT tenant_id) FROM ticketing.attachment", "1"},
    {"bound", "SELECT string_agg(tenant, ',') FROM ticketing.ticket_report", "acme"},
    {"bound", "SELECT string_agg(tenant, ',') FROM ticketing.channel_report", "acme"},
    {"bound", "SELECT subject FROM ticketing.ticket WHERE tenant_id <> 1", ""},
    {"bound", "SELECT subject FROM ticketing.ticket WHERE subject LIKE '%globex%'", ""},
    {"bound", "TABLE ticketing.blob", "!42501"},
    {"bound", "TABLE ticketing.intake", "!42501"},
    {"bound", "TABLE ticketing.outbox", "!42501"},
    {"bound", "TABLE ticketing.reader", "!42501"},
    {"bound", "TABLE ticketing_meta.reader_of_all", "!42501"},
    {"bound", "TABLE ticketing.channel_rules", "!42501"},
    {"bound", "COPY ticketing.ticket (subject) TO PROGRAM 'cat'", "!42501"},
    {"bound", "COPY (SELECT 1) TO '/nowhere'", "!42501"},
    /* A condition that speaks (what the row is told before the policy is asked). */
    {"bound",
     "SELECT count(*) FROM ticketing.ticket WHERE 1 / (CASE subject WHEN 'of globex' THEN 0 ELSE 1 END) = 1",
     "1"},
    {"bound", "SELECT count(*) FROM ticketing.ticket WHERE subject::regclass IS NULL AND tenant_id = 2", "0"},
    {"bound", "SELECT count(*) FROM ticketing.ticket_report WHERE 1 / (tenant_id - 2) < 1", "1"},
    /* Functions. */
    {"bound", "SELECT my_tenants FROM ticketing.my_tenants()", "{1}"},
    {"bound", "SELECT ticketing.role_given('free', 'USAGE')", "!42501"},
    {"bound", "SELECT ticketing.role_reads('free')", "!42501"},
    {"bound", "SELECT ticketing.caller_reads()", "!42501"},
    {"bound", "SELECT ticketing.reader_set('bound', '{globex}', true)", "!42501"},
    {"bound", "SELECT ticketing.reader_renew('free')", "!42501"},
    /* Who administers gives what it reads and no more. */
    {"deputy", "SET ROLE ticket_admin; SELECT ticketing.reader_set('deputy', '{acme}', true)", "!TK011"},
    {"deputy", "SET ROLE ticket_admin; SELECT ticketing.reader_set('deputy', '{*}', true)", "!TK011"},
    {"deputy", "SET ROLE ticket_admin; SELECT ticketing.reader_set('bound', '{acme}', false)", "!TK011"},
    {"deputy", "SET ROLE ticket_admin; SELECT ticketing.reader_renew('free')", "!TK011"},
    {"deputy", "SET ROLE ticket_admin; SELECT words FROM ticketing.reader_set('deputy', '{globex}', true)",
     "deputy reads globex"},
    {"deputy", "SET ROLE ticket_admin; SELECT ticketing.disable('acme', 'support') IS NULL", "t"},
    {"deputy", "SET ROLE ticket_admin; SELECT count(*) FROM ticketing.reader WHERE tenant_id = 1", "0"},
    {"bound", "SELECT ticketing.add_note(1, 'INC-1', 'a@acme.example', 'internal', 'x') > 0", "t"},
    {"bound", "SELECT ticketing.add_note(2, 'INC-1', 'a@acme.example', 'internal', 'x')", "!P0002"},
    {"bound",
     "SELECT ticketing.add_note(2, 'INC-1', 'x', 'internal', 'x', '{a.txt}', '{text/plain}', '{mine}')",
     "!P0002"},
    {"bound", "SELECT ticketing.contents_put(2, '{mine}')", "!42501"},
    {"bound", "SET ROLE nobody_yet; SELECT ticketing.add_note(2, 'INC-1', 'a@acme.example', 'internal', 'x')",
     "!P0002"},
    {"bound", "SELECT ticketing.set_status(2, 'INC-1', 'closed', 'a@acme.example')", "!P0002"},
    {"bound", "SELECT ticketing.set_status(1, 'INC-1', 'pending', 'a@acme.example')", ""},
    {"bound", "SELECT ticketing.attachment_data(1, 1)", "\\x68656c6c6f"},
    {"bound", "SELECT ticketing.attachment_data(2, 2)", ""},
    {"bound", "SELECT ticketing.attachment_data(2, 1)", ""},
    {"bound", "SELECT ticketing.channel_find('globex', 'support')", "!42501"},
    {"bound", "SELECT ticketing.moment(now()) > ''", "t"},
    {"free", "SELECT ticketing.attachment_data(2, 2)", "\\x68656c6c6f"},
    {"pooler", "SET ROLE acme_people; SELECT ticketing.attachment_data(2, 2)", ""},
    {"pooler", "SET ROLE globex_people; SELECT ticketing.add_note(1, 'INC-1', 'x', 'internal', 'x')",
     "!P0002"},
    /* A function of one's own runs for him, whoever calls it. */
    {"bound", "CREATE FUNCTION ticketing.mine() RETURNS text LANGUAGE sql AS 'SELECT 1'", "!42501"},
    {"bound", "CREATE FUNCTION pg_temp.mine() RETURNS text LANGUAGE sql AS 'SELECT 1'", "!42501"},
    /* What the catalogs tell. */
    {"bound", "SELECT count(*) FROM pg_stats WHERE schemaname = 'ticketing'", "0"},
    {"bound", "SELECT count(*) FROM pg_statistic", "!42501"},
    {"bound", "SELECT most_common_vals FROM pg_stats WHERE tablename = 'tenant'", ""},
    {"bound", "SELECT last_value FROM ticketing.ticket_ticket_id_seq", "!42501"},
    {"bound", "SELECT last_value FROM ticketing.number_2_inc", "!42501"},
    {"bound", "SELECT nextval('ticketing.number_2_inc')", "!42501"},
    {"bound", "SELECT currval('ticketing.number_2_inc')", "!42501"},
    {"bound", "SELECT coalesce(pg_sequence_last_value('ticketing.number_2_inc'), -1)", "!42501"},
    {"bound", "SELECT pg_read_file('PG_VERSION')", "!42501"},
    {"bound", "SELECT count(*) FROM pg_ls_dir('base')", "!42501"},
    /* Writing. */
    {"bound", "INSERT INTO ticketing.reader VALUES (2, 'bound')", "!42501"},
    {"bound", "UPDATE ticketing.ticket SET tenant_id = 1", "!42501"},
    {"bound", "DELETE FROM ticketing.ticket", "!42501"},
    {"bound", "TRUNCATE ticketing.ticket", "!42501"},
    {"bound", "LOCK TABLE ticketing.ticket IN EXCLUSIVE MODE", "!42501"},
    {"bound", "ALTER TABLE ticketing.ticket DISABLE ROW LEVEL SECURITY", "!42501"},
    {"bound", "CREATE POLICY mine ON ticketing.ticket USING (true)", "!42501"},
    {"bound", "CREATE VIEW ticketing.mine AS SELECT 1", "!42501"},
    {"bound", "GRANT ticket_owner TO bound", "!42501"},
    {"bound", "SET ROLE ticket_owner", "!42501"},
    /* Fields that are restricted. */
    {"free", "SELECT count(*) FROM ticketing.ticket_field WHERE restricted", "0"},
    {"free",
     "SELECT count(*) FROM ticketing.ticket_field WHERE 1 / (CASE WHEN restricted THEN 0 ELSE 1 END) = 1",
     "2"},
    {"free", "SET row_security = off; TABLE ticketing.ticket_field", "!42501"},
    {"free", "SELECT count(*) FROM ticketing.ticket_report r WHERE r::text LIKE '%cost_centre%'", "0"},
    {"ticket_restricted", "SELECT string_agg(DISTINCT name, ',') FROM ticketing.ticket_field",
     "category,cost_centre"},
    {"ticket_admin", "SELECT string_agg(DISTINCT name, ',') FROM ticketing.ticket_field", "category"},
    {"free", "SELECT string_agg(DISTINCT name, ',') FROM ticketing.ticket_field", "category"},
    {"bound", "SELECT string_agg(tenant_id || name, ',' ORDER BY name) FROM ticketing.ticket_field",
     "1category,1cost_centre"},
    {"bound", "SET ROLE nobody_yet; SELECT string_agg(tenant_id || name, ',') FROM ticketing.ticket_field",
     ""},
    {"one_of_them", "SELECT string_agg(tenant_id || name, ',') FROM ticketing.ticket_field", "1category"},
};

static void check_rows(const struct row *rows, gsize count)
{
    guint wrong = 0;
    for (gsize i = 0; i < count; i++) {
        g_autofree char *answer = ask(rows[i].role, rows[i].sql);
        if (strcmp(answer, rows[i].answer) != 0) {
            print_message("%s: %s\n  got %s instead of %s\n", rows[i].role, rows[i].sql, answer,
                          rows[i].answer);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void no_way_leads_into_another_tenants_room(void **state)
{
    (void)state;
    server_expect("1,2", "SELECT string_agg(tenant_id::text, ',') FROM ticketing.tenant");
    check_rows(rooms, G_N_ELEMENTS(rooms));
}

static const struct row milter[] = {
    {"ticket_milter", "COPY ticketing.ticket TO STDOUT", "!42501"},
    {"ticket_milter", "COPY ticketing.ticket FROM STDIN", "!42501"},
    {"ticket_milter", "COPY (SELECT 1) TO PROGRAM 'true'", "!42501"},
    {"ticket_milter", "COPY (SELECT 1) TO '/nowhere'", "!42501"},
    {"ticket_milter", "CREATE SCHEMA mine", "!42501"},
    {"ticket_milter", "CREATE TABLE ticketing.mine (x int)", "!42501"},
    {"ticket_milter", "CREATE TABLE ticketing_meta.mine (x int)", "!42501"},
    {"ticket_milter", "CREATE TABLE public.mine (x int)", "!42501"},
    {"ticket_milter", "CREATE TEMPORARY TABLE mine (x int)", "!42501"},
    {"ticket_milter", "CREATE TABLE pg_temp.mine (x int)", "!42501"},
    {"ticket_milter", "SELECT 1 AS x INTO TEMP mine", "!42501"},
    {"ticket_milter", "CREATE FUNCTION ticketing.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", "!42501"},
    {"ticket_milter",
     "CREATE OR REPLACE FUNCTION ticketing.schema_version() RETURNS bigint LANGUAGE sql AS 'SELECT "
     "1::bigint'",
     "!42501"},
    {"ticket_milter", "DROP FUNCTION ticketing.schema_version()", "!42501"},
    {"ticket_milter", "DROP TABLE ticketing.ticket", "!42501"},
    {"ticket_milter", "ALTER TABLE ticketing.ticket ADD COLUMN x int", "!42501"},
    {"ticket_milter", "CREATE INDEX ON ticketing.ticket (subject)", "!42501"},
    {"ticket_milter", "BEGIN; LOCK TABLE ticketing.ticket IN ACCESS SHARE MODE", "!42501"},
    {"ticket_milter", "CREATE EXTENSION dblink", "!42501"},
    {"ticket_milter", "CREATE ROLE mine", "!42501"},
    {"ticket_milter", "CREATE DATABASE mine", "!42501"},
    {"ticket_milter", "ALTER SYSTEM SET fsync = off", "!42501"},
    {"ticket_milter", "ALTER ROLE ticket_admin LOGIN", "!42501"},
    {"ticket_milter", "GRANT ticket_owner TO ticket_milter", "!42501"},
    {"ticket_milter", "SET ROLE ticket_owner", "!42501"},
    {"ticket_milter", "SET ROLE ticket_agent", "!42501"},
    {"ticket_milter", "SET SESSION AUTHORIZATION ticket_owner", "!42501"},
    {"ticket_milter", "SET session_replication_role = replica", "!42501"},
    {"ticket_milter", "SELECT pg_read_file('PG_VERSION')", "!42501"},
    {"ticket_milter", "SELECT pg_ls_dir('.')", "!42501"},
    {"ticket_milter", "SELECT pg_terminate_backend(1)", "f"},
    {"ticket_milter", "SELECT pg_reload_conf()", "!42501"},
    {"ticket_milter", "SELECT rolpassword FROM pg_authid", "!42501"},
    {"ticket_milter", "SELECT lo_import('/etc/passwd')", "!42501"},
    {"ticket_milter", "SELECT lo_export(1, '/nowhere')", "!42501"},
    {"ticket_milter", "SELECT lo_create(4711)", "!42501"},
    {"ticket_milter", "SELECT lo_creat(-1)", "!42501"},
    {"ticket_milter", "SELECT lo_from_bytea(0, 'x')", "!42501"},
    {"ticket_milter", "SELECT last_value FROM ticketing.number_1_inc", "!42501"},
    {"ticket_milter", "SELECT setval('ticketing.number_1_inc', 1)", "!42501"},
    {"ticket_milter", "TABLE ticketing.ticket_report", "!42501"},
    {"ticket_milter", "SELECT ticketing.my_tenants()", "!42501"},
    {"ticket_milter", "SELECT ticketing.reader_set('free', '{acme}', true)", "!42501"},
    {"ticket_milter", "SELECT ticketing.window_full('tickets', 1, 1, '', 1, now(), 1, 1)", "!42501"},
};

static void the_milter_can_do_nothing_but_call_its_functions(void **state)
{
    (void)state;
    check_rows(milter, G_N_ELEMENTS(milter));
    /* Nothing of ours may be touched as a table, in any way, by grant to it or to everybody. */
    server_expect(
        "", "SELECT string_agg(c.oid::regclass || ' ' || p, ',') FROM pg_class c,"
            " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p"
            " WHERE c.relnamespace IN ('ticketing'::regnamespace, 'ticketing_meta'::regnamespace)"
            " AND c.relkind IN ('r', 'v', 'm', 'p') AND has_table_privilege('ticket_milter', c.oid, p)");
    server_expect(
        "", "SELECT string_agg(c.oid::regclass || '.' || a.attname, ',') FROM pg_class c"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
            " WHERE c.relnamespace IN ('ticketing'::regnamespace, 'ticketing_meta'::regnamespace)"
            " AND c.relkind IN ('r', 'v', 'm', 'p') AND has_any_column_privilege('ticket_milter', c.oid,"
            " 'SELECT, INSERT, UPDATE, REFERENCES')");
    server_expect(
        "", "SELECT string_agg(c.oid::regclass::text, ',') FROM pg_class c WHERE CASE c.relkind WHEN 'S' THEN"
            " has_sequence_privilege('ticket_milter', c.oid, 'USAGE, SELECT, UPDATE') ELSE false END");
    server_expect(
        "",
        "SELECT string_agg(nspname, ',') FROM pg_namespace WHERE has_schema_privilege('ticket_milter', oid,"
        " 'CREATE')");
    server_expect("f",
                  "SELECT has_database_privilege('ticket_milter', current_database(), 'CREATE, TEMPORARY')");
    server_expect("0", "SELECT count(*) FROM pg_auth_members WHERE member = 'ticket_milter'::regrole");
}

static void tokens_keys_and_ids_of_one_tenant_are_nothing_in_another(void **state)
{
    (void)state;
    /* The same key, Message-ID and number were stored for both (setup), each as new. */
    server_expect("1,1", "SELECT string_agg(n::text, ',') FROM (SELECT count(*) n FROM ticketing.ticket "
                         "GROUP BY tenant_id) x");
    struct tk_store *store = server_store("ticket_milter", 1);
    g_autofree char *id =
        server_ask("postgres", "SELECT ticket_id FROM ticketing.ticket WHERE tenant_id = 2");
    struct tk_ingest mail = server_mail("cross");
    mail.verdict = "note";
    mail.ticket_id = g_ascii_strtoll(id, NULL, 10);
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    assert_string_equal(result.verdict, "ticket");
    assert_string_equal(result.reason, "unknown_ticket");
    tk_ingest_result_clear(&result);
    server_expect("0", "SELECT count(*) FROM ticketing.note WHERE source = 'mail'");
    /* A content that only the other one has is not there. */
    run_sql("DELETE FROM ticketing.attachment WHERE tenant_id = 1; DELETE FROM ticketing.blob WHERE "
            "tenant_id = 1");
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    struct tk_ingest_attachment stolen = {
        .filename = "x", .content_type = "text/plain", .size = 5, .disposition = "attachment"};
    gsize size = sizeof stolen.sha256;
    g_checksum_update(checksum, (const guint8 *)"hello", 5);
    g_checksum_get_digest(checksum, stolen.sha256, &size);
    mail = server_mail("stolen");
    mail.attachments = &stolen;
    mail.attachment_count = 1;
    (void)server_ingest(store, &mail, TK_BUG);
    tk_store_close(&store);
}

static void only_roles_of_people_can_be_given_tenants(void **state)
{
    (void)state;
    static const struct {
        const char *role, *tenant;
        enum tk_status status;
    } rows[] = {
        {"free", "nobody", TK_REFUSED},
        {"missing", "acme", TK_REFUSED},
        {"", "acme", TK_REFUSED},
        {"ticket_admin", "acme", TK_REFUSED},
        {"ticket_milter", "acme", TK_REFUSED},
        {"ticket_owner", "*", TK_REFUSED},
        {"postgres", "acme", TK_REFUSED},
        {"boss", "acme", TK_REFUSED},
        {"ticket_agent", "acme", TK_OK},
        {"free", "acme", TK_OK},
    };
    struct tk_store *store = server_store("ticket_admin", 1);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct tk_reader reader = {0};
        const char *const tenants[] = {rows[i].tenant, NULL};
        if (tk_admin_reader(store, TK_READER_ADD, rows[i].role, tenants, soon(5), &reader, NULL) !=
            rows[i].status)
            fail_msg("%s", rows[i].role);
        tk_reader_clear(&reader);
    }
    /* What the role of all agents was given is for sessions of that role alone. */
    static const struct row given[] = {{"ticket_agent", SUBJECTS, "of acme"}, {"nobody_yet", SUBJECTS, ""}};
    check_rows(given, G_N_ELEMENTS(given));
    change(store, TK_READER_REMOVE, "ticket_agent", "acme", true, "ticket_agent reads no tenant");
    change(store, TK_READER_REMOVE, "free", "acme", true, "free reads ALL tenants");
    tk_store_close(&store);
}

static void a_change_says_what_the_role_reads_afterwards(void **state)
{
    (void)state;
    struct tk_store *store = server_store("ticket_admin", 1);
    run_sql("CREATE ROLE gil LOGIN; GRANT ticket_agent TO gil");
    change(store, TK_READER_ADD, "gil", "globex", true, "gil reads globex");
    change(store, TK_READER_ADD, "gil", "globex", false, "gil reads globex");
    change(store, TK_READER_ADD, "gil", "acme", true, "gil reads acme and globex");
    change(store, TK_READER_ADD, "gil", "*", true, "gil reads ALL tenants");
    change(store, TK_READER_REMOVE, "gil", "*", true, "gil reads acme and globex");
    change(store, TK_READER_REMOVE, "gil", "globex", true, "gil reads acme");
    run_sql("GRANT globex_people TO gil");
    change(store, TK_READER_REMOVE, "gil", "globex", false,
           "gil reads acme and globex (as a member of globex_people)");
    change(store, TK_READER_REMOVE, "gil", "acme", true, "gil reads globex (as a member of globex_people)");
    run_sql("REVOKE globex_people FROM gil; GRANT all_people TO gil");
    change(store, TK_READER_REMOVE, "gil", "acme", false,
           "gil reads ALL tenants (as a member of all_people)");
    run_sql("REVOKE all_people FROM gil");
    change(store, TK_READER_REMOVE, "gil", "acme", false, "gil reads no tenant");
    run_sql("DROP ROLE gil");
    tk_store_close(&store);
}

/* Each step is done to a role GIL that reads acme alone, and to a group PEOPLE of his that reads acme too. */
static void nothing_that_happens_to_a_role_widens_what_anybody_reads(void **state)
{
    (void)state;
    static const struct {
        const char *step, *role, *reads;
    } rows[] = {
        {"SELECT ticketing.reader_set('gil', '{acme}', false); SELECT ticketing.reader_set('people', "
         "'{acme}', "
         "false)",
         "gil", ""},
        {"ALTER ROLE gil RENAME TO gil_of_old; REVOKE people FROM gil_of_old", "gil_of_old", ""},
        {"ALTER ROLE gil RENAME TO gil_of_old; ALTER ROLE other RENAME TO gil", "gil", ""},
        {"DROP ROLE gil; CREATE ROLE gil LOGIN; GRANT ticket_agent TO gil", "gil", ""},
        {"SELECT ticketing.reader_set('gil', '{acme}', false); DROP ROLE people", "gil", ""},
        {"SELECT ticketing.reader_set('gil', '{acme}', false); ALTER ROLE people RENAME TO folk", "gil", ""},
        {"SELECT ticketing.reader_set('gil', '{acme}', false); DROP ROLE people; CREATE ROLE people; GRANT "
         "ticket_agent, people TO gil",
         "gil", ""},
        {"DROP ROLE people", "gil", "of acme"},
        {"REVOKE people FROM gil", "gil", "of acme"},
        {"ALTER ROLE people RENAME TO folk", "gil", "of acme"},
        {"UPDATE ticketing.reader SET role_oid = (role_oid::bigint + 1)::oid WHERE role IN ('gil', 'people')",
         "gil", ""},
        {"ALTER ROLE ticket_admin RENAME TO former; ALTER ROLE other RENAME TO ticket_admin", "gil",
         "of acme"},
    };
    guint wrong = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *sql =
            g_strdup_printf("BEGIN; CREATE ROLE gil LOGIN; CREATE ROLE people; CREATE ROLE other LOGIN;"
                            "GRANT ticket_agent TO gil, people, other; GRANT people TO gil;"
                            "SELECT ticketing.reader_set('gil', '{acme}', true);"
                            "SELECT ticketing.reader_set('people', '{acme}', true);"
                            "%s; SET SESSION AUTHORIZATION %s; " SUBJECTS,
                            rows[i].step, rows[i].role);
        g_autofree char *answer = server_ask("postgres", sql);
        if (strcmp(answer, rows[i].reads) != 0) {
            print_message("%s\n  %s reads \"%s\"\n", rows[i].step, rows[i].role, answer);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    /* A role that takes the name of the administrators' role is none of them. */
    server_expect("", "BEGIN; CREATE ROLE other LOGIN; GRANT ticket_agent TO other; ALTER ROLE ticket_admin "
                      "RENAME TO former; ALTER ROLE other RENAME TO ticket_admin; SET SESSION AUTHORIZATION "
                      "ticket_admin; " SUBJECTS);
}

static void a_name_is_given_anew_what_it_had_on_purpose_alone(void **state)
{
    (void)state;
    struct tk_store *store = server_store("ticket_admin", 1);
    run_sql("CREATE ROLE eve LOGIN; GRANT ticket_agent TO eve");
    change(store, TK_READER_ADD, "eve", "acme", true, "eve reads acme");
    run_sql("DROP ROLE eve; CREATE ROLE eve LOGIN; GRANT ticket_agent TO eve");
    static const struct row before[] = {{"eve", SUBJECTS, ""}}, after[] = {{"eve", SUBJECTS, "of acme"}};
    check_rows(before, 1);
    /* One tenant that is given does not bring back the others. */
    change(store, TK_READER_ADD, "eve", "globex", true, "eve reads globex");
    change(store, TK_READER_REMOVE, "eve", "globex", true, "eve reads no tenant");
    change(store, TK_READER_RENEW, "eve", NULL, true, "eve reads acme");
    check_rows(after, 1);
    change(store, TK_READER_RENEW, "eve", NULL, false, "eve reads acme");
    struct tk_reader reader = {0};
    assert_int_equal(tk_admin_reader(store, TK_READER_RENEW, "nobody_yet", NULL, soon(5), &reader, NULL),
                     TK_REFUSED);
    change(store, TK_READER_REMOVE, "eve", "acme", true, "eve reads no tenant");
    run_sql("DROP ROLE eve");
    tk_store_close(&store);
}

/* An installation of the version before: roles that were held to no tenant read all. */
static void an_upgrade_keeps_what_persons_read_and_says_whom(void **state)
{
    (void)state;
    server_old("before", 7);
    static const char *const told[] = {
        "free reads ALL tenants, as before",
        "one_of_all reads ALL tenants, as before",
        "ticket_agent reads ALL tenants, as before",
        "loose read all tenants and reads NO tenant from now on: it cannot log in",
        "wide read all tenants and reads NO tenant from now on: its members would read all with it (narrow)",
    };
    static const char *const untold[] = {"narrow reads", "boss", "ticket_admin", "ticket_milter"};
    run_sql(
        "CREATE ROLE one_of_all LOGIN; CREATE ROLE loose; CREATE ROLE wide LOGIN; CREATE ROLE narrow LOGIN;"
        "GRANT ticket_agent TO loose, wide, narrow; GRANT all_people TO one_of_all; GRANT wide TO narrow");
    g_autofree char *filled = server_ask_in(
        "before", "postgres",
        "INSERT INTO ticketing.tenant (name, created_at) VALUES ('acme', now()), ('globex', now());"
        "INSERT INTO ticketing.reader VALUES (1, 'narrow'), (1, 'bound'), (2, 'gone')");
    assert_string_equal(filled, "");
    struct tk_store *store = server_store_in("before", "postgres", 1);
    g_autoptr(GString) lines = g_string_new(NULL), why = g_string_new(NULL);
    guint applied = 0;
    if (tk_admin_migrate(store, soon(30), &applied, lines, why) != TK_OK)
        fail_msg("%s", why->str);
    for (gsize i = 0; i < G_N_ELEMENTS(told); i++)
        if (strstr(lines->str, told[i]) == NULL)
            fail_msg("%s: not in %s", told[i], lines->str);
    for (gsize i = 0; i < G_N_ELEMENTS(untold); i++)
        assert_null(strstr(lines->str, untold[i]));
#define TENANTS "SELECT string_agg(name, ',' ORDER BY name) FROM ticketing.tenant"
    static const struct row reads[] = {
        {"free", TENANTS, "acme,globex"},
        {"one_of_all", TENANTS, "acme,globex"},
        {"ticket_admin", TENANTS, "acme,globex"},
        {"ticket_agent", TENANTS, "acme,globex"},
        {"narrow", TENANTS, "acme"},
        {"bound", TENANTS, "acme"},
        {"wide", TENANTS, ""},
        {"loose", TENANTS, ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(reads); i++) {
        g_autofree char *sql =
            g_strdup_printf("SET SESSION AUTHORIZATION %s; %s", reads[i].role, reads[i].sql);
        g_autofree char *answer = server_ask_in("before", "postgres", sql);
        if (strcmp(answer, reads[i].answer) != 0)
            fail_msg("%s reads %s", reads[i].role, answer);
    }
    tk_store_close(&store);
    server_expect("", "DROP DATABASE before");
    run_sql("DROP ROLE one_of_all; DROP ROLE loose; DROP ROLE narrow; DROP ROLE wide");
}

/* Not once a row, whatever way the planner takes. */
static void the_wall_is_asked_once_a_statement(void **state)
{
    (void)state;
    run_sql("INSERT INTO ticketing.ticket (tenant_id, number, ticket_type, subject, description, requester, "
            "created_at,"
            " updated_at) SELECT n % 2 + 1, 'X-' || n, 'incident', 's', 'd', 'r', now(), now() FROM "
            "generate_series(1, 2000) n;"
            "ANALYZE ticketing.ticket");
    static const char *const ways[] = {
        "enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL "
        "enable_bitmapscan = off",
        "enable_seqscan = off", "enable_bitmapscan = on"};
    static const char *const queries[] = {
        "SELECT count(*) FROM ticketing.ticket",
        "SELECT * FROM ticketing.ticket WHERE number = 'X-77'",
        "SELECT * FROM ticketing.ticket ORDER BY created_at DESC LIMIT 50",
        "SELECT count(*) FROM ticketing.ticket WHERE tenant_id = 1 AND subject LIKE '%x%'",
    };
    for (gsize way = 0; way < G_N_ELEMENTS(ways); way++)
        for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
            g_autofree char *sql = g_strdup_printf(
                "BEGIN; SET track_functions = 'all'; SET SESSION AUTHORIZATION bound; SET LOCAL %s; %s;"
                "SELECT sum(calls) FROM pg_stat_xact_user_functions WHERE funcname = 'my_tenants'",
                ways[way], queries[i]);
            server_expect("1", sql);
        }
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
        cmocka_unit_test(no_way_leads_into_another_tenants_room),
        cmocka_unit_test(the_milter_can_do_nothing_but_call_its_functions),
        cmocka_unit_test(only_roles_of_people_can_be_given_tenants),
        cmocka_unit_test(a_change_says_what_the_role_reads_afterwards),
        cmocka_unit_test(nothing_that_happens_to_a_role_widens_what_anybody_reads),
        cmocka_unit_test(a_name_is_given_anew_what_it_had_on_purpose_alone),
        cmocka_unit_test(an_upgrade_keeps_what_persons_read_and_says_whom),
        cmocka_unit_test(tokens_keys_and_ids_of_one_tenant_are_nothing_in_another),
        cmocka_unit_test(the_wall_is_asked_once_a_statement),
    };
    return server_run(tests, setup, teardown);
}
