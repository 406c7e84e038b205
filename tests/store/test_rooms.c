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

static void run_sql(const char *sql)
{
    g_autofree char *answer = server_ask("postgres", sql);
    if (answer[0] == '!')
        fail_msg("%s: %s", sql, answer);
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
    server_add_tenant(admin, "globex", "globex.tickets.example.net");
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
        server_reader(admin, TK_READER_ADD, readers[i][0], readers[i][1], true, NULL);
    /* Where the program's own role is given tenants, its members have none of it. */
    server_reader(admin, TK_READER_REMOVE, "ticket_agent", "*", true, "ticket_agent reads no tenant");
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
    {"bound", "SELECT last_value FROM ticketing.number_2", "!42501"},
    {"bound", "SELECT nextval('ticketing.number_2')", "!42501"},
    {"bound", "SELECT currval('ticketing.number_2')", "!42501"},
    {"bound", "SELECT coalesce(pg_sequence_last_value('ticketing.number_2'), -1)", "!42501"},
    {"bound",
     "SELECT count(*) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'ticketing'::regnamespace"
     " AND relname ~ '^number_' AND relname !~ '^number_[0-9]+$'",
     "0"},
    {"bound", "SELECT count(*) FROM ticketing.numbering", "!42501"},
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
        g_autofree char *answer = server_ask_as(rows[i].role, rows[i].sql);
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
    {"ticket_milter", "SELECT last_value FROM ticketing.number_1", "!42501"},
    {"ticket_milter", "SELECT setval('ticketing.number_1', 1)", "!42501"},
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
        cmocka_unit_test(tokens_keys_and_ids_of_one_tenant_are_nothing_in_another),
        cmocka_unit_test(the_wall_is_asked_once_a_statement),
    };
    return server_run(tests, setup, teardown);
}
