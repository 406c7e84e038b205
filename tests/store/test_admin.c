/* Tests of what an administrator and an agent do: publish, disable, report, answer, purge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/store/server.h"

static struct tk_store *admin, *milter;

static void expect_publish(const struct tk_publication *publication, const char *changed, gint64 version)
{
    struct tk_published published = {0};
    g_autoptr(GString) why = g_string_new(NULL);
    if (tk_admin_publish(admin, publication, soon(5), &published, why) != TK_OK)
        fail_msg("publish: %s", why->str);
    if (changed == NULL)
        assert_null(published.changed);
    else
        assert_string_equal(published.changed, changed);
    assert_int_equal(published.rules_version, version);
    assert_int_equal(published.tenant_id, server_tenant);
    g_free(published.changed);
}

static void expect_refused(const struct tk_publication *publication, const char *text)
{
    struct tk_published published = {0};
    g_autoptr(GString) why = g_string_new(NULL);
    assert_int_equal(tk_admin_publish(admin, publication, soon(5), &published, why), TK_REFUSED);
    if (strstr(why->str, text) == NULL)
        fail_msg("%s", why->str);
}

/* The version of the rules as they are. */
static gint64 rules_version(void)
{
    g_autofree char *version =
        server_ask("postgres", "SELECT rules_version FROM ticketing.channel WHERE name = 'support'");
    return g_ascii_strtoll(version, NULL, 10);
}

/* acme/support as it is published with an offer that has defaults. */
static struct tk_publication publication_with_offer(void)
{
    struct tk_publication p = server_publication();
    server_expect("", "INSERT INTO ticketing.offer (tenant_id, name, template_id, defaults)"
                      " SELECT tenant_id, 'it-mail', template_id, '{\"category\": \"it\", \"site\": \"hq\"}'"
                      " FROM ticketing.template WHERE name = 'incident'"
                      " AND NOT EXISTS (SELECT FROM ticketing.offer WHERE name = 'it-mail')");
    p.offer_from = "it-mail";
    return p;
}

static void publish_with_offer(void)
{
    const struct tk_publication p = publication_with_offer();
    struct tk_published published = {0};
    assert_int_equal(tk_admin_publish(admin, &p, soon(5), &published, NULL), TK_OK);
    g_free(published.changed);
}

static void publishing_writes_what_differs_and_says_so(void **state)
{
    (void)state;
    struct tk_publication p = server_publication();
    g_autofree char *before =
        server_ask("postgres", "SELECT string_agg(xmin::text, ',') FROM ticketing.channel");
    expect_publish(&p, NULL, 1);
    server_expect(before, "SELECT string_agg(xmin::text, ',') FROM ticketing.channel");
    p.rules = "{ \"allowed_domains\" :  [\"acme.example\"] }";
    expect_publish(&p, NULL, 1);
    p.rules = "{\"allowed_domains\": [\"*\"]}";
    expect_publish(&p, "rules changed", 2);
    p.title = "Help";
    p.template_fields = "[]";
    expect_publish(&p, "template changed, channel changed", 2);
    expect_publish(&p, NULL, 2);
    p = server_publication();
    expect_publish(&p, "template changed, channel changed, rules changed", 3);
    server_expect("mail:support|t", "SELECT name || '|' || hidden::text::char FROM ticketing.offer");
}

static void a_draft_may_change_its_template_until_it_is_published(void **state)
{
    (void)state;
    struct tk_publication p = server_publication();
    p.channel = "draft";
    p.address = "draft.1@acme.tickets.example.net";
    p.status = "draft";
    expect_publish(&p, "channel made, rules changed", 1);
    server_expect("0", "SELECT count(*) FROM ticketing.offer WHERE name = 'mail:draft'");
    p.template_name = "request";
    p.template_ticket_type = "request";
    p.template_prefix = "REQ";
    expect_publish(&p, "template made, channel changed", 1);
    p.status = "published";
    expect_publish(&p, "channel changed, offer changed", 1);
    struct tk_publication moved = p;
    moved.template_name = "incident";
    moved.template_ticket_type = "incident";
    moved.template_prefix = "INC";
    expect_refused(&moved, "was published with template request, which cannot change");
    moved.status = "disabled";
    expect_refused(&moved, "which cannot change");
    p.template_prefix = "RQ";
    expect_refused(&p, "ticket type request and prefix REQ, which cannot change");
    server_expect("request", "SELECT template FROM ticketing.channel_report WHERE name = 'draft'");
}

static void what_contradicts_is_refused(void **state)
{
    (void)state;
    struct tk_publication p = server_publication();
    p.tenant = "other";
    p.address = "Support.392@ACME.tickets.example.net";
    expect_refused(&p, "there is no tenant other; to make it: ticketctl tenant add other --domain "
                       "acme.tickets.example.net");
    server_expect("0", "SELECT count(*) FROM ticketing.tenant WHERE name = 'other'");
    p = server_publication();
    p.offer_from = "nothing";
    expect_refused(&p, "there is no offer nothing");
    p = server_publication();
    p.status = "odd";
    expect_refused(&p, "23514");
    p = server_publication();
    p.template_name = "odd";
    p.template_prefix = "lower";
    expect_refused(&p, "23514");
    p = server_publication();
    p.rules = "no json";
    expect_refused(&p, "22P02");
}

static void defaults_of_an_offer_fill_the_fields_that_a_mail_leaves(void **state)
{
    (void)state;
    const struct tk_publication p = publication_with_offer();
    expect_publish(&p, "offer changed", rules_version());
    const struct tk_ingest_field field = {"category", "mail", false};
    struct tk_ingest mail = server_mail("defaults");
    mail.fields = &field;
    mail.field_count = 1;
    struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
    tk_ingest_result_clear(&result);
    server_expect("category=mail,site=hq", "SELECT string_agg(name || '=' || value, ',' ORDER BY name) FROM"
                                           " ticketing.ticket_field WHERE ticket_id ="
                                           " (SELECT max(ticket_id) FROM ticketing.ticket)");
}

/* A template with fields that it requires, one of them restricted; SITE is so in the channel alone. */
static struct tk_publication paid_publication(void)
{
    struct tk_publication p = server_publication();
    p.channel = "pay";
    p.address = "pay@acme.tickets.example.net";
    p.template_name = p.template_ticket_type = "pay";
    p.template_prefix = "PAY";
    p.template_fields =
        "[{\"name\": \"salary\", \"values\": [], \"required\": true, \"restricted\": true},"
        " {\"name\": \"grade\", \"values\": [\"a\", \"b\"], \"required\": true, \"restricted\": false},"
        " {\"name\": \"site\", \"values\": [], \"required\": false, \"restricted\": false}]";
    p.rules =
        "{\"fields\": [{\"field\": \"site\", \"from\": \"\", \"default\": null, \"restricted\": true}]}";
    p.offer_from = "paid";
    return p;
}

static void what_an_offer_fills_is_filled_and_restricted_where_the_field_is(void **state)
{
    (void)state;
    struct tk_publication p = paid_publication();
    p.offer_from = NULL;
    struct tk_published published = {0};
    assert_int_equal(tk_admin_publish(admin, &p, soon(5), &published, NULL), TK_OK);
    g_clear_pointer(&published.changed, g_free);
    static const struct {
        const char *defaults, *refusal;
    } rows[] = {
        {"{\"grade\": \"a\"}", "nothing fills salary"},
        {"{\"salary\": \"100\", \"grade\": \"c\"}", "grade = \"c\": none of a, b"},
        {"{\"salary\": \"100\", \"grade\": \"a\", \"site\": \"hq\", \"priority\": \"P2\", \"free\": \"x\"}",
         NULL},
    };
    p.offer_from = "paid";
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *sql = g_strdup_printf(
            "DELETE FROM ticketing.offer WHERE name = 'paid'; INSERT INTO ticketing.offer (tenant_id, name, "
            "template_id, defaults) SELECT tenant_id, 'paid', template_id, '%s' FROM ticketing.template "
            "WHERE "
            "name = 'pay'",
            rows[i].defaults);
        server_expect("", sql);
        if (rows[i].refusal != NULL)
            expect_refused(&p, rows[i].refusal);
    }
    assert_int_equal(tk_admin_publish(admin, &p, soon(5), &published, NULL), TK_OK);
    g_free(published.changed);
    const struct tk_ingest_field fields[] = {{"site", "", true}, {"free", "from the mail", false}};
    struct tk_ingest mail = server_mail("paid");
    mail.channel_id = published.channel_id;
    mail.fields = fields;
    mail.field_count = G_N_ELEMENTS(fields);
    mail.priority = "";
    struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
    tk_ingest_result_clear(&result);
    server_expect(
        "free=from the mail,grade=a,salary=100!,site=hq!",
        "SELECT string_agg(name || '=' || value || CASE WHEN restricted THEN '!' ELSE '' END, ',' ORDER BY "
        "name) FROM ticketing.ticket_field WHERE ticket_id = (SELECT max(ticket_id) FROM "
        "ticketing.ticket)");
    server_expect("P2", "SELECT priority FROM ticketing.ticket ORDER BY ticket_id DESC LIMIT 1");
    g_autofree char *seen = server_ask("ticket_agent",
                                       "SELECT count(*) FROM ticketing.ticket_field WHERE value = "
                                       "'100'");
    assert_string_equal(seen, "0");
}

static void a_channel_is_disabled_on_the_spot(void **state)
{
    (void)state;
    bool changed = false;
    publish_with_offer();
    assert_int_equal(tk_admin_disable(admin, "acme", "nobody", soon(5), &changed, NULL), TK_NO_MATCH);
    assert_int_equal(tk_admin_disable(admin, "acme", "support", soon(5), &changed, NULL), TK_OK);
    assert_true(changed);
    assert_int_equal(tk_admin_disable(admin, "acme", "support", soon(5), &changed, NULL), TK_OK);
    assert_false(changed);
    const struct tk_ingest mail = server_mail("disabled");
    struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
    assert_string_equal(result.reason, "channel_disabled");
    tk_ingest_result_clear(&result);
    const struct tk_publication p = publication_with_offer();
    expect_publish(&p, "channel changed", rules_version());
}

static struct tk_report *make(enum tk_report_kind kind, const struct tk_report_filter *filter)
{
    struct tk_report *report = NULL;
    g_autoptr(GString) why = g_string_new(NULL);
    if (tk_report_make(admin, kind, filter, soon(5), &report, why) != TK_OK)
        fail_msg("report %d: %s", (int)kind, why->str);
    return report;
}

static enum tk_status add_note(struct tk_store *store, const char *number, const char *author,
                               const char *visibility, const char *body, gint64 *note_id_r)
{
    const struct tk_admin_note note = {.tenant_id = server_tenant,
                                       .number = number,
                                       .author = author,
                                       .visibility = visibility,
                                       .body = body};
    return tk_admin_add_note(store, &note, soon(5), note_id_r, NULL);
}

static void every_report_can_be_made_and_read_by_name(void **state)
{
    (void)state;
    static const char *const notices[] = {"cut", NULL};
    publish_with_offer();
    struct tk_ingest mail = server_mail("reported");
    mail.subject = "reported";
    mail.notices = notices;
    mail.confirm = &server_confirm;
    struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
    gint64 note_id = 0;
    assert_int_equal(add_note(admin, result.number, "agent@acme.example", "public", "done", &note_id), TK_OK);
    const struct tk_report_filter all = {.limit = 50}, one = {.number = result.number,
                                                              .tenant_id = server_tenant,
                                                              .ticket_id = result.ticket_id};
    for (int kind = TK_REPORT_CHANNELS; kind <= TK_REPORT_STATUS; kind++) {
        struct tk_report *report =
            make(kind, kind == TK_REPORT_CHANNELS || kind == TK_REPORT_RULES ? &all : &one);
        if (kind != TK_REPORT_ATTACHMENTS && kind != TK_REPORT_READERS) /* there are none */
            assert_true(tk_report_rows(report) > 0);
        assert_null(tk_report_get(report, 0, "no_such_column"));
        tk_report_free(&report);
        assert_null(report);
    }
    struct tk_report *report = make(TK_REPORT_TICKET, &one);
    assert_int_equal(tk_report_rows(report), 1);
    assert_string_equal(tk_report_get(report, 0, "subject"), "reported");
    assert_string_equal(tk_report_get(report, 0, "notices"), "[\"cut\"]");
    const char *made = tk_report_get(report, 0, "created_at");
    assert_true(strlen(made) == 20 && made[10] == 'T' && made[19] == 'Z');
    static const char *const lists[] = {"notices", "linked_from", NULL};
    for (guint c = 0; c < tk_report_columns(report); c++) {
        const char *name = tk_report_name(report, c);
        gboolean number = g_str_has_suffix(name, "_id") || strcmp(name, "reopened") == 0;
        const enum tk_cell expected = number                         ? TK_CELL_NUMBER
                                      : g_strv_contains(lists, name) ? TK_CELL_JSON
                                                                     : TK_CELL_TEXT;
        assert_int_equal(tk_report_cell(report, c), expected);
    }
    tk_report_free(&report);
    report = make(TK_REPORT_CHANNELS, &(struct tk_report_filter){.channel = "support"});
    assert_int_equal(g_ascii_strtoll(tk_report_get(report, 0, "rules_version"), NULL, 10), rules_version());
    tk_report_free(&report);
    tk_ingest_result_clear(&result);
}

static void intake_can_be_asked_for_what_failed_and_since_when(void **state)
{
    (void)state;
    static const char *const keys[] = {"failed", "failed as well"};
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        struct tk_ingest mail = server_mail(keys[i]);
        mail.verdict = "fail";
        mail.reason = "domain_denied";
        struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
        tk_ingest_result_clear(&result);
    }
    struct tk_report *report = make(TK_REPORT_INTAKE, &(struct tk_report_filter){.failed = true});
    assert_true(tk_report_rows(report) >= 2);
    for (guint row = 0; row < tk_report_rows(report); row++)
        assert_string_equal(tk_report_get(report, row, "verdict"), "fail");
    assert_string_equal(tk_report_get(report, 0, "reason"), "domain_denied");
    assert_null(tk_report_get(report, 0, "number"));
    tk_report_free(&report);
    report = make(TK_REPORT_INTAKE, &(struct tk_report_filter){.limit = 1});
    assert_int_equal(tk_report_rows(report), 1);
    tk_report_free(&report);
    const gint64 tomorrow = g_get_real_time() + (gint64)86400 * G_USEC_PER_SEC;
    report = make(TK_REPORT_INTAKE, &(struct tk_report_filter){.since = tomorrow});
    assert_int_equal(tk_report_rows(report), 0);
    tk_report_free(&report);
}

static void agents_answer_and_move_tickets(void **state)
{
    (void)state;
    struct tk_store *agent = server_store("ticket_agent", 1);
    struct tk_ingest mail = server_mail("answered");
    struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
    gint64 note_id = 0;
    assert_int_equal(add_note(agent, result.number, "Bob@acme.example", "public", "yes", &note_id), TK_OK);
    /* To every participant but the author. */
    g_autofree char *sql = g_strdup_printf("SELECT string_agg(kind || ' ' || recipient, ',') FROM "
                                           "ticketing.outbox WHERE note_id = %" G_GINT64_FORMAT,
                                           note_id);
    server_expect("note ann@acme.example", sql);
    assert_int_equal(add_note(agent, result.number, "x", "internal", "psst", &note_id), TK_OK);
    g_autofree char *silent =
        g_strdup_printf("SELECT count(*) FROM ticketing.outbox WHERE note_id = %" G_GINT64_FORMAT, note_id);
    server_expect("0", silent);
    assert_int_equal(add_note(agent, "INC-0", "x", "internal", "x", &note_id), TK_NO_MATCH);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            tk_admin_set_status(agent, server_tenant, result.number, "closed", "x", soon(5), NULL), TK_OK);
    assert_int_equal(tk_admin_set_status(agent, server_tenant, result.number, "odd", "x", soon(5), NULL),
                     TK_REFUSED);
    assert_int_equal(tk_admin_set_status(agent, server_tenant + 1, result.number, "open", "x", soon(5), NULL),
                     TK_NO_MATCH);
    server_expect("1", "SELECT count(*) FROM ticketing.note WHERE body = 'status: open -> closed'");
    tk_ingest_result_clear(&result);
    tk_store_close(&agent);
}

static char *chunks_of_last_note(void)
{
    return server_ask("postgres",
                      "SELECT string_agg(concat_ws(' ', a.filename, a.content_type, a.size, a.disposition,"
                      " (SELECT count(*) FROM ticketing.blob b WHERE b.sha256 = a.sha256),"
                      " a.sha256 = (SELECT sha256(coalesce(string_agg(b.data, '' ORDER BY b.chunk_no), ''))"
                      " FROM ticketing.blob b WHERE b.sha256 = a.sha256)), ', ' ORDER BY a.attachment_id)"
                      " FROM ticketing.attachment a"
                      " WHERE a.note_id = (SELECT max(n.note_id) FROM ticketing.note n)");
}

static void an_agents_note_takes_its_files_along(void **state)
{
    (void)state;
    struct tk_store *agent = server_store("ticket_agent", 1);
    struct tk_ingest mail = server_mail("note with files");
    struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
    enum { LARGE = 2 * 262144 + 1 };
    g_autofree char *large = g_malloc(LARGE);
    memset(large, 0xff, LARGE);
    g_autoptr(GBytes) small = g_bytes_new_static("z\0z", 3), empty = g_bytes_new_static("", 0);
    g_autoptr(GBytes) many = g_bytes_new_static(large, LARGE);
    GBytes *const contents[] = {many, small, empty, small};
    const char *const names[] = {"l.bin", "s.bin", "e.txt", "again.bin"};
    const char *const types[] = {"image/png", "application/x-z", "text/plain", "application/x-z"};
    struct tk_admin_note note = {.tenant_id = server_tenant,
                                 .number = result.number,
                                 .author = "Bo",
                                 .visibility = "public",
                                 .body = "see the files",
                                 .filenames = names,
                                 .types = types,
                                 .contents = contents,
                                 .count = G_N_ELEMENTS(contents)};
    gint64 note_id = 0;
    for (int i = 0; i < 2; i++) { /* what is stored already is stored once */
        assert_int_equal(tk_admin_add_note(agent, &note, soon(5), &note_id, NULL), TK_OK);
        g_autofree char *stored = chunks_of_last_note();
        assert_string_equal(stored,
                            "l.bin image/png 524289 attachment 3 t, s.bin application/x-z 3 attachment 1 t,"
                            " e.txt text/plain 0 attachment 1 t, again.bin application/x-z 3 attachment 1 t");
    }
    /* Nothing stays of a note that cannot be. */
    g_autofree char *before = server_ask("postgres", "SELECT count(*) FROM ticketing.blob");
    g_autoptr(GBytes) new_one = g_bytes_new_static("new", 3);
    GBytes *const news[] = {new_one};
    note.contents = news;
    note.count = 1;
    static const struct {
        gint64 tenants_on;
        const char *number, *name, *type;
        enum tk_status status;
    } rows[] = {
        {0, "INC-0", "a.txt", "text/plain", TK_NO_MATCH},  {1, NULL, "a.txt", "text/plain", TK_NO_MATCH},
        {0, NULL, "../a.txt", "text/plain", TK_REFUSED},   {0, NULL, "a\\b", "text/plain", TK_REFUSED},
        {0, NULL, "a\nX: y", "text/plain", TK_REFUSED},    {0, NULL, "", "text/plain", TK_REFUSED},
        {0, NULL, NULL, "text/plain", TK_REFUSED},         {0, NULL, "a.txt", "text", TK_REFUSED},
        {0, NULL, "a.txt", "text/plain\n", TK_REFUSED},    {0, NULL, "a.txt", NULL, TK_REFUSED},
        {0, NULL, "a.txt", "text/plain; x=y", TK_REFUSED},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        note.tenant_id = server_tenant + rows[i].tenants_on;
        note.number = rows[i].number != NULL ? rows[i].number : result.number;
        note.filenames = &rows[i].name;
        note.types = &rows[i].type;
        assert_int_equal(tk_admin_add_note(agent, &note, soon(5), &note_id, NULL), rows[i].status);
    }
    server_expect(before, "SELECT count(*) FROM ticketing.blob");
    g_autofree char *sql = g_strdup_printf("SELECT ticketing.add_note(%" G_GINT64_FORMAT
                                           ", '%s', 'x', 'internal', 'x',"
                                           " '{a,b}', '{text/plain}', '{x}')",
                                           server_tenant, result.number);
    g_autofree char *answer = server_ask("ticket_agent", sql);
    assert_string_equal(answer, "!TK011");
    tk_ingest_result_clear(&result);
    tk_store_close(&agent);
}

/* As the milter does for a reply: its contents first, then the ticket. */
static gpointer hold_content_then_ticket(gpointer sql)
{
    return server_ask("postgres", sql);
}

static void a_note_with_a_file_waits_for_a_mail_with_the_same_file(void **state)
{
    (void)state;
    struct tk_store *agent = server_store("ticket_agent", 1);
    struct tk_ingest mail = server_mail("same file");
    struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
    g_autofree char *sql = g_strdup_printf(
        "SELECT ticketing.attachment_put(%" G_GINT64_FORMAT
        ", sha256('shared'), 0, 'shared', true); DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM"
        " pg_stat_activity WHERE usename = 'ticket_agent' AND wait_event_type = 'Lock') LOOP"
        " PERFORM pg_sleep(0.05), pg_stat_clear_snapshot(); END LOOP; END $$;"
        " SELECT 'got it' FROM ticketing.ticket WHERE ticket_id = %" G_GINT64_FORMAT " FOR UPDATE",
        server_tenant, result.ticket_id);
    GThread *other = g_thread_new("mail", hold_content_then_ticket, sql);
    g_autofree char *asleep = NULL;
    while (g_strcmp0(asleep, "1") != 0) {
        g_free(asleep);
        asleep = server_ask("postgres", "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    }
    g_autoptr(GBytes) shared = g_bytes_new_static("shared", 6);
    GBytes *const contents[] = {shared};
    const char *const names[] = {"a.txt"}, *const types[] = {"text/plain"};
    const struct tk_admin_note note = {.tenant_id = server_tenant,
                                       .number = result.number,
                                       .author = "Bo",
                                       .visibility = "internal",
                                       .body = "x",
                                       .filenames = names,
                                       .types = types,
                                       .contents = contents,
                                       .count = 1};
    gint64 note_id = 0;
    assert_int_equal(tk_admin_add_note(agent, &note, soon(20), &note_id, NULL), TK_OK);
    g_autofree char *answer = g_thread_join(other);
    assert_string_equal(answer, "got it");
    tk_ingest_result_clear(&result);
    tk_store_close(&agent);
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    admin = server_store("ticket_admin", 2);
    milter = server_store("ticket_milter", 2);
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
        cmocka_unit_test(publishing_writes_what_differs_and_says_so),
        cmocka_unit_test(a_draft_may_change_its_template_until_it_is_published),
        cmocka_unit_test(what_contradicts_is_refused),
        cmocka_unit_test(defaults_of_an_offer_fill_the_fields_that_a_mail_leaves),
        cmocka_unit_test(a_channel_is_disabled_on_the_spot),
        cmocka_unit_test(every_report_can_be_made_and_read_by_name),
        cmocka_unit_test(intake_can_be_asked_for_what_failed_and_since_when),
        cmocka_unit_test(agents_answer_and_move_tickets),
        cmocka_unit_test(an_agents_note_takes_its_files_along),
        cmocka_unit_test(a_note_with_a_file_waits_for_a_mail_with_the_same_file),
        cmocka_unit_test(what_an_offer_fills_is_filled_and_restricted_where_the_field_is),
    };
    return server_run(tests, setup, teardown);
}
