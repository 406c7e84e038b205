/* Tests of the schema: what the catalog says, what each role may do, the template lock, migrations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <libpq-fe.h>

#include "tests/store/server.h"

/* Relations of ours. */
#define OURS "n.nspname IN ('ticketing', 'ticketing_meta')"

/* Each query lists offenders; %s of `planted` makes one, so that the rule is seen to bite. */
static const struct rule {
    const char *name;
    const char *offenders;
    const char *plant;
} rules[] = {
    {"tenant_id leads every primary and unique key and every index that makes rows unique",
     "SELECT c.relname || '.' || i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
     " JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
     " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]"
     " WHERE n.nspname = 'ticketing' AND x.indisunique AND a.attname <> 'tenant_id'",
     "CREATE UNIQUE INDEX ON ticketing.tenant (name)"},
    {"every table has a primary key",
     "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE " OURS
     " AND c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND "
     "x.indisprimary)",
     "CREATE TABLE ticketing.planted (tenant_id bigint)"},
    {"tenant_id leads every foreign key on both sides",
     "SELECT k.conname FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace"
     " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
     " JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]"
     " WHERE n.nspname = 'ticketing' AND k.contype = 'f' AND (a.attname <> 'tenant_id' OR b.attname <> "
     "'tenant_id')",
     "ALTER TABLE ticketing.outbox ADD FOREIGN KEY (attempts, tenant_id)"
     " REFERENCES ticketing.note (note_id, tenant_id)"},
    {"foreign keys neither cascade nor set anything",
     "SELECT k.conname FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE " OURS
     " AND k.contype = 'f' AND (k.confupdtype NOT IN ('a', 'r') OR k.confdeltype NOT IN ('a', 'r'))",
     "ALTER TABLE ticketing.outbox ADD CONSTRAINT planted FOREIGN KEY (tenant_id, ticket_id)"
     " REFERENCES ticketing.ticket ON DELETE CASCADE"},
    {"there are no triggers and no rules",
     "SELECT t.tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
     " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE " OURS " AND NOT t.tgisinternal"
     " UNION ALL SELECT r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class"
     " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE " OURS " AND c.relkind = 'r'",
     "CREATE RULE planted AS ON DELETE TO ticketing.note DO INSTEAD NOTHING"},
    {"ids are bigint",
     "SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
     " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE " OURS " AND c.relkind = 'r' AND a.attnum > 0"
     " AND NOT a.attisdropped AND ((a.attname LIKE '%\\_id' AND a.attname NOT IN ('message_id', "
     "'content_id'))"
     " OR a.attidentity <> '') AND a.atttypid <> 'bigint'::regtype",
     "ALTER TABLE ticketing.ticket ADD COLUMN planted_id integer"},
    {"everything belongs to ticket_owner",
     "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE " OURS
     " AND c.relowner <> 'ticket_owner'::regrole UNION ALL SELECT p.proname FROM pg_proc p"
     " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE " OURS " AND p.proowner <> 'ticket_owner'::regrole"
     " UNION ALL SELECT n.nspname FROM pg_namespace n WHERE " OURS
     " AND n.nspowner <> 'ticket_owner'::regrole",
     "CREATE SEQUENCE ticketing.planted"},
    {"functions have a search_path that ends with pg_temp",
     "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE " OURS
     " AND coalesce(array_to_string(p.proconfig, ';'), '') !~ 'search_path=ticketing, pg_temp$'",
     "CREATE FUNCTION ticketing.planted() RETURNS int LANGUAGE sql AS 'SELECT 1'"},
    {"PUBLIC may call no function, read no table and use no type",
     "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,"
     " aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x WHERE " OURS " AND x.grantee = 0"
     " UNION ALL SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,"
     " aclexplode(c.relacl) x WHERE " OURS " AND x.grantee = 0",
     "CREATE FUNCTION ticketing.planted() RETURNS int LANGUAGE sql AS 'SELECT 1'"},
    {"views ask with the rights of their reader",
     "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE " OURS
     " AND c.relkind IN ('v', 'm') AND NOT coalesce(c.reloptions @> '{security_invoker=true}', false)",
     "CREATE VIEW ticketing.planted AS SELECT 1 AS x"},
    {"of the whole indexes that begin with tenant_id the primary key is the newest where rows grow with "
     "mails",
     "SELECT i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
     " JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
     " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]"
     " JOIN pg_index p ON p.indrelid = c.oid AND p.indisprimary"
     " WHERE n.nspname = 'ticketing' AND a.attname = 'tenant_id' AND x.indexrelid > p.indexrelid"
     " AND x.indpred IS NULL"
     " AND c.relname IN ('ticket', 'note', 'attachment', 'message_id', 'intake', 'intake_key', 'outbox')",
     "CREATE INDEX ON ticketing.intake (tenant_id, mail_from)"},
    {"every table with tenants has a room for each, by a policy that asks once and knows no setting",
     "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
     " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'"
     " WHERE n.nspname = 'ticketing' AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND EXISTS ("
     "SELECT FROM pg_policy p WHERE p.polrelid = c.oid))"
     " UNION ALL SELECT p.polname::text FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
     " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'ticketing'"
     " AND (pg_get_expr(p.polqual, p.polrelid) !~ "
     "'tenant_id = ANY \\(\\( SELECT (ticketing\\.)?my_tenants\\(\\) AS my_tenants\\)::bigint\\[\\]\\)'"
     " OR pg_get_expr(p.polqual, p.polrelid) ~* 'select.*select|setting| or ')",
     "CREATE POLICY planted ON ticketing.ticket USING (true)"},
    {"functions that agents may call with a tenant ask whether the caller reads it",
     "SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'ticketing'::regnamespace AND p.prosecdef"
     " AND has_function_privilege('ticket_agent', p.oid, 'EXECUTE') AND 'tenant_id' = ANY (p.proargnames)"
     " AND p.prosrc !~ 'my_tenants|ticket_known'",
     "CREATE FUNCTION ticketing.planted(tenant_id bigint) RETURNS int LANGUAGE sql SECURITY DEFINER AS "
     "'SELECT 1';"
     " GRANT EXECUTE ON FUNCTION ticketing.planted(bigint) TO ticket_agent"},
    {"no function folds letters by the locale",
     "SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'ticketing'::regnamespace"
     " AND p.prosrc ~* '\\m(upper|lower|initcap)\\((?![^(),]*COLLATE \"C\")'",
     "CREATE FUNCTION ticketing.planted() RETURNS text LANGUAGE sql AS 'SELECT lower(''I'')'"},
    {"columns with times have a time zone",
     "SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
     " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE " OURS " AND c.relkind = 'r' AND a.attnum > 0"
     " AND a.atttypid = 'timestamp'::regtype",
     "ALTER TABLE ticketing.ticket ADD COLUMN planted timestamp"},
    {"no column takes its value from the clock or from chance",
     "SELECT c.relname || ': ' || pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d"
     " JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE " OURS
     " AND pg_get_expr(d.adbin, d.adrelid) ~* 'now|clock|current_|random|uuid'",
     "ALTER TABLE ticketing.ticket ADD COLUMN planted timestamptz DEFAULT now()"},
};

static void the_catalog_keeps_every_rule_and_the_rules_bite(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        g_autofree char *clean = server_ask("postgres", rules[i].offenders);
        if (*clean != '\0')
            fail_msg("%s: %s", rules[i].name, clean);
        g_autofree char *sql = g_strdup_printf("BEGIN; %s; %s", rules[i].plant, rules[i].offenders);
        g_autofree char *caught = server_ask("postgres", sql);
        if (*caught == '\0' || *caught == '!')
            fail_msg("%s: does not see %s: %s", rules[i].name, rules[i].plant, caught);
    }
}

static void the_columns_of_the_contract_are_there(void **state)
{
    (void)state;
    static const struct {
        const char *table;
        const char *columns;
    } tables[] = {
        {"tenant", "tenant_id,name"},
        {"template", "tenant_id,template_id,name,ticket_type,prefix,status"},
        {"channel", "tenant_id,channel_id,name,title,address,status,template_id,rules_version,published_at"},
        {"offer", "tenant_id,offer_id,name,channel_id,template_id,hidden"},
        {"ticket", "tenant_id,ticket_id,number,ticket_type,channel_id,offer_id,subject,description,requester,"
                   "requester_name,priority,status,created_at,updated_at"},
        {"ticket_field", "tenant_id,ticket_id,name,value,restricted"},
        {"note", "tenant_id,note_id,ticket_id,visibility,author,body,body_full,body_html,source,created_at"},
        {"participant", "tenant_id,ticket_id,address"},
        {"message_id", "tenant_id,message_id,ticket_id,note_id,direction"},
        {"attachment", "tenant_id,attachment_id,ticket_id,note_id,filename,content_type,size,sha256,"
                       "disposition,content_id"},
        {"blob", "tenant_id,sha256,chunk_no,data"},
        {"intake", "tenant_id,intake_id,channel_id,verdict,reason,ticket_id,note_id,message_id,mail_from,"
                   "rcpt,sender,class,"
                   "level,size,raw_sha256,received_at,millis,seen"},
        {"intake_key", "tenant_id,channel_id,key,intake_id,expires_at"},
        {"outbox", "tenant_id,outbox_id,kind,ticket_id,note_id,recipient,state,attempts,next_at"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *sql =
            g_strdup_printf("SELECT %s FROM ticketing.%s LIMIT 0", tables[i].columns, tables[i].table);
        server_expect("", sql);
    }
}

/* What each role may and may not do. "42501" is "permission denied", "" or a value means that it went
 * through. */
static const struct {
    const char *role;
    const char *sql;
    const char *answer;
} rights[] = {
    {"ticket_milter", "SELECT count(*) >= 0 FROM ticketing.channel_find('acme', 'support')", "t"},
    {"ticket_milter", "SELECT ticketing.schema_version() > 0", "t"},
    {"ticket_milter", "SELECT count(*) FROM ticketing.installation()", "0"},
    {"ticket_milter", "SELECT ticketing.installation_set('x', false, '{}', '{}', now())", "!42501"},
    {"ticket_milter", "SELECT count(*) FROM ticketing.tenant", "!42501"},
    {"ticket_milter", "SELECT count(*) FROM ticketing.channel", "!42501"},
    {"ticket_milter", "SELECT count(*) FROM ticketing.ticket", "!42501"},
    {"ticket_milter", "SELECT count(*) FROM ticketing.blob", "!42501"},
    {"ticket_milter", "SELECT count(*) FROM ticketing.intake", "!42501"},
    {"ticket_milter", "INSERT INTO ticketing.participant VALUES (1, 1, 'x')", "!42501"},
    {"ticket_milter", "UPDATE ticketing.channel SET status = 'published'", "!42501"},
    {"ticket_milter", "DELETE FROM ticketing.intake_key", "!42501"},
    {"ticket_milter", "SELECT nextval('ticketing.number_1')", "!42501"},
    {"ticket_milter", "SELECT ticketing.add_note(1, 'INC-1', 'x', 'public', 'x')", "!42501"},
    {"ticket_milter", "SELECT ticketing.set_status(1, 'INC-1', 'closed', 'x')", "!42501"},
    {"ticket_milter", "SELECT ticketing.attachment_data(1, 1)", "!42501"},
    {"ticket_milter", "SELECT ticketing.disable('acme', 'support')", "!42501"},
    {"ticket_milter", "SELECT ticketing.purge_keys(1, now(), 1, interval '1s')", "!42501"},
    {"ticket_milter", "SELECT count(*) FROM ticketing.raw_data(1)", "!42501"},
    {"ticket_milter", "SELECT ticketing.raw_drop(1, '{}')", "!42501"},
    {"ticket_milter", "SELECT count(*) FROM ticketing.raw_mail", "!42501"},
    {"ticket_milter", "SELECT ticketing.publish('acme', '{}', '{}', '{}', now())", "!42501"},
    {"ticket_milter", "SELECT ticketing.intake_claim(1, 1, '', 1, now(), now())", "!42501"},
    {"ticket_milter", "SELECT * FROM ticketing_meta.migration", "!42501"},
    {"ticket_milter", "CREATE TABLE ticketing.mine (x int)", "!42501"},
    {"ticket_milter", "CREATE TABLE public.mine (x int)", "!42501"},
    {"ticket_milter", "CREATE TEMPORARY TABLE mine (x int)", "!42501"},
    {"ticket_milter", "SET ROLE ticket_owner", "!42501"},
    {"ticket_milter", "SET ROLE ticket_admin", "!42501"},
    {"ticket_milter", "SELECT ticketing.outbox_sent(1, 1)", "!42501"},
    {"ticket_milter", "SELECT count(*) FROM ticketing.outbox_take(1, 'x', now(), interval '1s', 1)",
     "!42501"},
    {"ticket_notify", "SELECT ticketing.schema_version() > 0", "t"},
    {"ticket_notify", "SELECT count(*) FROM ticketing.installation()", "0"},
    {"ticket_notify", "SELECT count(*) FROM ticketing.outbox_tenants(now())", "0"},
    {"ticket_notify", "SELECT count(*) FROM ticketing.outbox_take(1, 'x', now(), interval '1s', 1)", "0"},
    {"ticket_notify", "SELECT count(*) FROM ticketing.outbox_file(1, 1, 1)", "0"},
    {"ticket_notify", "SELECT count(*) FROM ticketing.outbox_read(1, 1)", "!42501"},
    {"ticket_notify", "SELECT count(*) FROM ticketing.outbox", "!42501"},
    {"ticket_notify", "SELECT count(*) FROM ticketing.ticket", "!42501"},
    {"ticket_notify", "SELECT count(*) FROM ticketing.blob", "!42501"},
    {"ticket_notify", "SELECT ticketing.attachment_data(1, 1)", "!42501"},
    {"ticket_notify", "SELECT ticketing.add_note(1, 'INC-1', 'x', 'internal', 'x')", "!42501"},
    {"ticket_notify", "SELECT ticketing.tell_participants(1, 1, 'note', 1, NULL, 'x')", "!42501"},
    {"ticket_notify", "SELECT * FROM ticketing_meta.migration", "!42501"},
    {"ticket_notify", "CREATE TEMPORARY TABLE mine (x int)", "!42501"},
    {"ticket_notify", "SET ROLE ticket_milter", "!42501"},
    {"ticket_agent", "SELECT ticketing.outbox_sent(1, 1)", "!42501"},
    {"ticket_admin", "SELECT count(*) FROM ticketing.outbox_read(1, 1)", "0"},
    {"ticket_agent", "SELECT count(*) > 0 FROM ticketing.ticket", "t"},
    {"ticket_agent", "SELECT count(*) > 0 FROM ticketing.ticket_report", "t"},
    {"ticket_agent", "SELECT string_agg(name, ',') FROM ticketing.ticket_field", "category"},
    {"ticket_agent", "SELECT ticketing.add_note(1, 'inc-1', 'agent@acme.example', 'internal', 'x') > 0", "t"},
    {"ticket_agent", "SELECT ticketing.add_note(1, 'INC-999', 'x', 'internal', 'x')", "!P0002"},
    {"ticket_agent", "SELECT ticketing.set_status(1, 'INC-1', 'pending', 'agent@acme.example')", ""},
    {"ticket_agent", "SELECT ticketing.set_status(1, 'INC-1', 'odd', 'x')", "!23514"},
    {"ticket_agent", "UPDATE ticketing.ticket SET status = 'closed'", "!42501"},
    {"ticket_agent", "INSERT INTO ticketing.note VALUES (1)", "!42501"},
    {"ticket_agent", "SELECT count(*) FROM ticketing.blob", "!42501"},
    {"ticket_agent", "SELECT count(*) FROM ticketing.intake", "!42501"},
    {"ticket_agent", "SELECT count(*) FROM ticketing.intake_report", "!42501"},
    {"ticket_agent", "SELECT count(*) FROM ticketing.outbox", "!42501"},
    {"ticket_agent", "SELECT ticketing.attachment_put(1, '', 0, '', true)", "!42501"},
    {"ticket_agent", "SELECT ticketing.disable('acme', 'support')", "!42501"},
    {"ticket_agent", "SELECT count(*) FROM ticketing.raw_data(1)", "!42501"},
    {"ticket_agent", "SELECT count(*) FROM ticketing.raw_usage", "!42501"},
    {"ticket_agent", "SET ROLE ticket_restricted", "!42501"},
    {"ticket_restricted", "SELECT string_agg(name, ',' ORDER BY name) FROM ticketing.ticket_field",
     "category,cost_centre"},
    {"ticket_restricted", "UPDATE ticketing.ticket_field SET value = 'x'", "!42501"},
    {"ticket_restricted", "SELECT count(*) FROM ticketing.intake", "!42501"},
    {"ticket_admin", "SELECT string_agg(name, ',') FROM ticketing.ticket_field", "category"},
    {"ticket_admin", "SELECT count(*) > 0 FROM ticketing.intake_report", "t"},
    {"ticket_admin", "SELECT count(*) > 0 FROM ticketing_meta.migration", "t"},
    {"ticket_admin", "SELECT ticketing.disable('acme', 'nobody') IS NULL", "t"},
    {"ticket_admin",
     "SELECT (ticketing.purge_intakes(1, now() - interval '1 year', '', 1, interval '1s')).removed", "0"},
    {"ticket_admin", "SELECT count(*) FROM ticketing.raw_data(1)", "0"},
    {"ticket_admin", "SELECT count(*) FROM ticketing.raw_usage", "0"},
    {"ticket_admin", "UPDATE ticketing.raw_usage SET bytes = 0", "!42501"},
    {"ticket_admin", "SELECT ticketing.installation_set('x', false, '{}', '{}', now())", "!42501"},
    {"ticket_admin", "INSERT INTO ticketing_meta.installation VALUES ('x', false, now())", "!42501"},
    {"ticket_admin", "DELETE FROM ticketing.intake", "!42501"},
    {"ticket_admin", "UPDATE ticketing.channel SET status = 'published'", "!42501"},
    {"ticket_admin", "INSERT INTO ticketing_meta.migration VALUES (99, 'x', 'x', now())", "!42501"},
    {"ticket_admin", "SELECT ticketing.attachment_put(1, '', 0, '', true)", "!42501"},
    {"ticket_admin", "SET ROLE ticket_owner", "!42501"},
    {"ticket_admin", "CREATE TABLE ticketing.mine (x int)", "!42501"},
};

static void each_role_may_do_its_work_and_nothing_else(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rights); i++) {
        g_autofree char *answer = server_ask(rights[i].role, rights[i].sql);
        if (strcmp(answer, rights[i].answer) != 0)
            fail_msg("%s: %s: %s", rights[i].role, rights[i].sql, answer);
    }
    server_expect(
        "", "SELECT rolname FROM pg_roles WHERE rolname LIKE 'ticket\\_%' AND (rolsuper OR rolcreaterole"
            " OR rolcreatedb OR rolreplication OR rolbypassrls OR rolcanlogin = (rolname = 'ticket_owner'))");
}

static void no_call_of_a_program_that_serves_waits_for_a_lock_for_ever(void **state)
{
    (void)state;
    /* Those without a bound of their own begin with deadline_arm, or are in a transaction that does. */
    server_expect("attachment_present,attachment_put,deadline_arm,ingest,raw_account",
                  "SELECT string_agg(proname, ',' ORDER BY proname) FROM pg_proc"
                  " WHERE pronamespace = 'ticketing'::regnamespace"
                  " AND (has_function_privilege('ticket_milter', oid, 'EXECUTE')"
                  "      OR has_function_privilege('ticket_notify', oid, 'EXECUTE'))"
                  " AND NOT array_to_string(proconfig, ' ') LIKE '%lock_timeout=%'");
}

static void not_even_a_superuser_can_change_a_published_template(void **state)
{
    (void)state;
    static const char *const attempts[] = {
        "UPDATE ticketing.channel SET template_id = %s WHERE name = 'support'",
        "UPDATE ticketing.offer SET template_id = %s WHERE name = 'mail:support'",
        "UPDATE ticketing.channel SET template_id = %s WHERE name = 'support' AND status = 'disabled'",
    };
    server_expect("", "INSERT INTO ticketing.template (tenant_id, name, ticket_type, prefix, status)"
                      " SELECT tenant_id, 'request', 'request', 'REQ', 'published' FROM ticketing.tenant");
    g_autofree char *other =
        server_ask("postgres", "SELECT template_id FROM ticketing.template WHERE name = 'request'");
    for (gsize i = 0; i < G_N_ELEMENTS(attempts); i++) {
        if (i == 2)
            server_expect("", "UPDATE ticketing.channel SET status = 'disabled'");
        gchar **parts = g_strsplit(attempts[i], "%s", 2);
        g_autofree char *sql = g_strconcat(parts[0], other, parts[1], NULL);
        g_strfreev(parts);
        server_expect("!23503", sql);
    }
    server_expect("", "UPDATE ticketing.channel SET status = 'published'");
    server_expect("!23503", "DELETE FROM ticketing.channel");
    server_expect("!23503", "DELETE FROM ticketing.template WHERE name = 'incident'");
    server_expect(
        "incident",
        "SELECT t.name FROM ticketing.channel c JOIN ticketing.template t USING (tenant_id, template_id)"
        " WHERE c.name = 'support'");
}

static void init_and_migrate_can_be_run_again(void **state)
{
    (void)state;
    struct tk_store *store = server_store("postgres", 2);
    g_autoptr(GString) lines = g_string_new(NULL);
    guint applied = 77;
    const char *dump = "SELECT md5(string_agg(x, ';' ORDER BY x)) FROM ("
                       "SELECT c.relname || c.relacl::text AS x FROM pg_class c JOIN pg_namespace n"
                       " ON n.oid = c.relnamespace WHERE " OURS
                       " UNION ALL SELECT p.oid::text || p.prosrc FROM pg_proc p"
                       " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE " OURS ") y";
    g_autofree char *before = server_ask("postgres", dump);
    assert_int_equal(tk_admin_init(store, "ticket-milter", soon(20), lines, &applied, NULL, NULL), TK_OK);
    assert_int_equal(applied, 0);
    assert_non_null(strstr(lines->str, "local  tickets  ticket_milter,"));
    assert_non_null(strstr(lines->str, "ticketing  ticket-milter  ticket_milter\n"));
    assert_int_equal(tk_admin_migrate(store, soon(20), &applied, NULL, NULL), TK_OK);
    assert_int_equal(applied, 0);
    server_expect(before, dump);
    tk_store_close(&store);
    server_expect("t",
                  "SELECT bool_and(program ~ '^ticket-milter [0-9.]+' AND applied_at <= now() AND name <> '')"
                  " FROM ticketing_meta.migration");
}

static void a_migration_that_fails_leaves_nothing_behind(void **state)
{
    (void)state;
    struct tk_store *store = server_store("postgres", 1);
    g_autoptr(GString) why = g_string_new(NULL);
    guint applied = 0;
    /* The newest one is taken for not applied: its objects are there already, so it fails. */
    g_autofree char *newest =
        server_ask("postgres", "DELETE FROM ticketing_meta.migration WHERE version ="
                               " (SELECT max(version) FROM ticketing_meta.migration) RETURNING version");
    assert_int_equal(tk_admin_migrate(store, soon(20), &applied, NULL, why), TK_CONFIG);
    assert_non_null(strstr(why->str, "migration 00"));
    g_autofree char *sql =
        g_strdup_printf("SELECT max(version) = %s - 1 FROM ticketing_meta.migration", newest);
    server_expect("t", sql);
    g_autofree char *restore =
        g_strdup_printf("INSERT INTO ticketing_meta.migration (version, name, program, serves, applied_at)"
                        " VALUES (%s, 'x', 'ticket-milter 0.0', %s, now())",
                        newest, newest);
    server_expect("", restore);
    assert_int_equal(tk_admin_migrate(store, soon(20), &applied, NULL, why), TK_OK);
    tk_store_close(&store);
    /* Nor may the administrator's or the daemon's role migrate. */
    const char *const roles[] = {"ticket_admin", "ticket_milter"};
    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
        g_autofree char *drop =
            g_strdup_printf("DELETE FROM ticketing_meta.migration WHERE version = %s", newest);
        server_expect("", drop);
        const struct tk_store_options options = {
            .conninfo = server_conninfo(roles[i]), .pool = 1, .wait = G_USEC_PER_SEC, .any_schema = true};
        assert_int_equal(tk_store_open(&options, &store, NULL), TK_OK);
        assert_int_equal(tk_admin_migrate(store, soon(20), &applied, NULL, why), TK_CONFIG);
        tk_store_close(&store);
        server_expect("", restore);
    }
}

/* What is outside the own schemas is left alone where others use the database, and is told in any case. */
static void init_says_what_it_changes_for_others(void **state)
{
    (void)state;
    static const char of_public[] =
        "SELECT has_database_privilege('public', current_database(), 'TEMPORARY') || ' ' ||"
        " has_schema_privilege('public', 'public', 'CREATE') || ' ' ||"
        " has_function_privilege('public', 'lo_create(oid)', 'EXECUTE')";
    static const struct {
        const char *database, *made, *before, *after, *told;
    } rows[] = {
        {"alone", "GRANT CREATE ON SCHEMA public TO PUBLIC", "true true true", "false false false",
         "this right was taken from them"},
        {"shared", "GRANT CREATE ON SCHEMA public TO PUBLIC; CREATE TABLE public.theirs (x int)",
         "true true true", "true true true", "REVOKE TEMPORARY ON DATABASE shared FROM PUBLIC"},
        {"apart", "CREATE SCHEMA theirs", "true false true", "true false true", "was left as it is"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *create = g_strdup_printf("CREATE DATABASE %s", rows[i].database);
        server_expect("", create);
        g_autofree char *made = server_ask_in(rows[i].database, "postgres", rows[i].made);
        g_autofree char *before = server_ask_in(rows[i].database, "postgres", of_public);
        assert_string_equal(made, "");
        assert_string_equal(before, rows[i].before);
        struct tk_store *store = server_store_in(rows[i].database, "postgres", 1);
        g_autoptr(GString) told = g_string_new(NULL), why = g_string_new(NULL);
        guint applied = 0;
        if (tk_admin_init(store, "ticket-milter", soon(60), NULL, &applied, told, why) != TK_OK)
            fail_msg("%s", why->str);
        tk_store_close(&store);
        g_autofree char *after = server_ask_in(rows[i].database, "postgres", of_public);
        assert_string_equal(after, rows[i].after);
        if (strstr(told->str, rows[i].told) == NULL)
            fail_msg("%s", told->str);
        g_autofree char *drop = g_strdup_printf("DROP DATABASE %s", rows[i].database);
        server_expect("", drop);
    }
}

static gpointer run_init(gpointer data)
{
    guint applied = 0;
    enum tk_status status = tk_admin_init(data, "ticket-milter", soon(30), NULL, &applied, NULL, NULL);
    return GINT_TO_POINTER(status == TK_OK ? (int)applied : -1);
}

static void two_at_once_migrate_once(void **state)
{
    (void)state;
    /* In an empty database of the same server. */
    server_expect("", "CREATE DATABASE second");
    g_autofree char *conninfo = g_strdup_printf("%s dbname=second", server_conninfo("postgres"));
    const struct tk_store_options options = {
        .conninfo = conninfo, .pool = 2, .wait = 5 * G_USEC_PER_SEC, .any_schema = true};
    struct tk_store *store = NULL;
    assert_int_equal(tk_store_open(&options, &store, NULL), TK_OK);
    guint applied = 0;
    g_autoptr(GString) why = g_string_new(NULL);
    assert_int_equal(tk_admin_migrate(store, soon(5), &applied, NULL, why), TK_CONFIG);
    assert_non_null(strstr(why->str, "ticketctl init"));
    GThread *other = g_thread_new("init", run_init, store);
    const int mine = GPOINTER_TO_INT(run_init(store));
    const int theirs = GPOINTER_TO_INT(g_thread_join(other));
    g_autofree char *versions = server_ask("postgres", "SELECT max(version) FROM ticketing_meta.migration");
    assert_true(mine >= 0 && theirs >= 0);
    assert_int_equal(mine + theirs, (int)g_ascii_strtoll(versions, NULL, 10));
    tk_store_close(&store);
}

static gpointer run_migrate(gpointer data)
{
    guint applied = 0;
    enum tk_status status = tk_admin_migrate(data, soon(60), &applied, NULL, NULL);
    return GINT_TO_POINTER(status == TK_OK ? (int)applied : -1);
}

static void nobody_but_the_owner_can_hold_a_migration_up(void **state)
{
    (void)state;
    struct tk_store *store = server_store("postgres", 2);
    g_autoptr(GString) why = g_string_new(NULL);
    guint applied = 77;
    server_expect("", "DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN");
    PGconn *other = PQconnectdb(server_conninfo("postgres"));
    static const char *const attempts[] = {
        "SET SESSION AUTHORIZATION stranger",
        "BEGIN",
        "SELECT pg_advisory_xact_lock(hashtextextended('ticketing.migration', 0))",
        "SELECT pg_advisory_lock(hashtextextended('ticketing.migration', 0))",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(attempts); i++) {
        PGresult *result = PQexec(other, attempts[i]);
        const ExecStatusType done = PQresultStatus(result);
        PQclear(result);
        assert_true(done == PGRES_COMMAND_OK || done == PGRES_TUPLES_OK);
    }
    assert_int_equal(tk_admin_migrate(store, soon(5), &applied, NULL, why), TK_OK);
    assert_int_equal(applied, 0);
    assert_int_equal(tk_admin_init(store, "ticket-milter", soon(5), NULL, &applied, NULL, why), TK_OK);
    PQfinish(other);
    static const char *const roles[] = {"stranger", "ticket_milter", "ticket_agent", "ticket_admin"};
    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
        g_autofree char *lock =
            g_strdup_printf("SET SESSION AUTHORIZATION %s; BEGIN;"
                            "LOCK TABLE ticketing_meta.migration IN SHARE ROW EXCLUSIVE MODE",
                            roles[i]);
        server_expect("!42501", lock);
    }
    server_expect("", "DROP ROLE stranger");
    tk_store_close(&store);
}

static void a_migration_that_waits_for_a_table_lets_others_in_and_comes_again(void **state)
{
    (void)state;
    struct tk_store *store = server_store("postgres", 1);
    /* Somebody holds the lock longer than a migration waits. */
    PGconn *other = PQconnectdb(server_conninfo("postgres"));
    PQclear(PQexec(other, "BEGIN"));
    PQclear(PQexec(other, "LOCK TABLE ticketing_meta.migration IN SHARE ROW EXCLUSIVE MODE"));
    GThread *thread = g_thread_new("migrates", run_migrate, store);
    const char *const waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    server_expect_soon("1", waits);
    server_expect_soon("0", waits);
    server_expect_soon("1", waits);
    PQclear(PQexec(other, "COMMIT"));
    PQfinish(other);
    assert_int_equal(GPOINTER_TO_INT(g_thread_join(thread)), 0);
    tk_store_close(&store);
}

static void sequences_get_names_without_a_tenant_and_keep_their_values(void **state)
{
    (void)state;
    server_old("counted", 7);
    g_autofree char *filled =
        server_ask_in("counted", "postgres",
                      "SET ROLE ticket_owner; INSERT INTO ticketing.tenant (name, created_at)"
                      " VALUES ('acme', now()), ('globex', now());"
                      "CREATE SEQUENCE ticketing.number_1_inc; CREATE SEQUENCE ticketing.number_2_inc;"
                      "CREATE SEQUENCE ticketing.number_2_r2d2; SELECT setval('ticketing.number_1_inc', 7),"
                      " setval('ticketing.number_2_inc', 41), setval('ticketing.number_2_r2d2', 5)");
    assert_string_equal(filled, "7");
    g_autoptr(GString) lines = g_string_new(NULL), why = g_string_new(NULL);
    guint applied = 0;
    struct tk_store *store = server_store_in("counted", "postgres", 1);
    if (tk_admin_migrate(store, soon(30), &applied, lines, why) != TK_OK)
        fail_msg("%s", why->str);
    tk_store_close(&store);
    g_autofree char *next = server_ask_in(
        "counted", "postgres",
        "SELECT string_agg(tenant_id || ' ' || prefix || ' '"
        " || nextval(ticketing.number_sequence(tenant_id, prefix)::regclass), ',' ORDER BY tenant_id, prefix)"
        " FROM ticketing.numbering");
    assert_string_equal(next, "1 INC 8,2 INC 42,2 R2D2 6");
    g_autofree char *names = server_ask_in("counted", "postgres",
                                           "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class"
                                           " WHERE relkind = 'S' AND relname LIKE 'number\\_%'");
    assert_string_equal(names, "number_1,number_2,number_3");
    server_expect("", "DROP DATABASE counted");
}

static void a_number_in_any_case_is_the_ticket_in_turkish_too(void **state)
{
    (void)state;
    g_autofree char *able =
        server_ask("postgres", "SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'tr-x-icu')");
    if (!g_str_equal(able, "t"))
        skip(); /* a server built without ICU */
    server_expect("", "CREATE DATABASE turkish TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
                      " LOCALE_PROVIDER icu ICU_LOCALE 'tr'");
    g_autofree char *conninfo = g_strdup_printf("%s dbname=turkish", server_conninfo("postgres"));
    const struct tk_store_options options = {
        .conninfo = conninfo, .pool = 1, .wait = 5 * G_USEC_PER_SEC, .any_schema = true};
    struct tk_store *store = NULL;
    assert_int_equal(tk_store_open(&options, &store, NULL), TK_OK);
    assert_true(GPOINTER_TO_INT(run_init(store)) > 0);
    server_add_tenant(store, "acme", "acme.tickets.example.net");
    const struct tk_publication publication = server_publication();
    struct tk_published published = {0};
    assert_int_equal(tk_admin_publish(store, &publication, soon(10), &published, NULL), TK_OK);
    g_free(published.changed);

    const gint64 tenant = server_tenant, channel = server_channel;
    server_tenant = published.tenant_id;
    server_channel = published.channel_id;
    const struct tk_ingest mail = server_mail("turkish");
    server_tenant = tenant;
    server_channel = channel;
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    assert_string_equal(result.number, "INC-1");
    tk_ingest_result_clear(&result);
    const char *const numbers[] = {"inc-1", NULL};
    const struct tk_facts_query query = {
        .tenant_id = published.tenant_id, .channel_id = published.channel_id, .numbers = numbers};
    struct tk_facts *facts = NULL;
    assert_int_equal(tk_store_facts(store, &query, soon(10), &facts, NULL), TK_OK);
    assert_int_equal(facts->facts->len, 1);
    tk_facts_free(&facts);
    const struct tk_admin_note note = {.tenant_id = published.tenant_id,
                                       .number = "inc-1",
                                       .author = "Bo",
                                       .visibility = "public",
                                       .body = "x"};
    gint64 note_id = 0;
    assert_int_equal(tk_admin_add_note(store, &note, soon(10), &note_id, NULL), TK_OK);
    static const enum tk_report_kind kinds[] = {TK_REPORT_TICKETS, TK_REPORT_TICKET, TK_REPORT_OUTBOX};
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        struct tk_report *report = NULL;
        assert_int_equal(tk_report_make(store, kinds[i], &(struct tk_report_filter){.number = "inc-1"},
                                        soon(10), &report, NULL),
                         TK_OK);
        assert_in_range(tk_report_rows(report), 1, 2);
        tk_report_free(&report);
    }
    tk_store_close(&store);
}

static int setup(void **state)
{
    (void)state;
    static const struct tk_ingest_field fields[] = {{"category", "mail", false},
                                                    {"cost_centre", "none", true}};
    server_fill();
    struct tk_store *store = server_store("ticket_milter", 1);
    struct tk_ingest mail = server_mail("first");
    mail.fields = fields;
    mail.field_count = 2;
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
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
        cmocka_unit_test(the_catalog_keeps_every_rule_and_the_rules_bite),
        cmocka_unit_test(the_columns_of_the_contract_are_there),
        cmocka_unit_test(each_role_may_do_its_work_and_nothing_else),
        cmocka_unit_test(no_call_of_a_program_that_serves_waits_for_a_lock_for_ever),
        cmocka_unit_test(not_even_a_superuser_can_change_a_published_template),
        cmocka_unit_test(init_and_migrate_can_be_run_again),
        cmocka_unit_test(a_migration_that_fails_leaves_nothing_behind),
        cmocka_unit_test(init_says_what_it_changes_for_others),
        cmocka_unit_test(two_at_once_migrate_once),
        cmocka_unit_test(nobody_but_the_owner_can_hold_a_migration_up),
        cmocka_unit_test(a_migration_that_waits_for_a_table_lets_others_in_and_comes_again),
        cmocka_unit_test(sequences_get_names_without_a_tenant_and_keep_their_values),
        cmocka_unit_test(a_number_in_any_case_is_the_ticket_in_turkish_too),
    };
    return server_run(tests, setup, teardown);
}
