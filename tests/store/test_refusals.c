/* Tests of a database that refuses what is to be stored: whose fault it is, and that nothing is lost by it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "schema/calls/outbox.h"
#include "tests/store/server.h"

static struct tk_store *store;

static void expect_rows(const char *sender, const char *count)
{
    static const char *const queries[] = {
        "SELECT count(*) FROM ticketing.intake WHERE sender = '%s'",
        "SELECT count(*) FROM ticketing.ticket t JOIN ticketing.intake i USING (tenant_id, ticket_id)"
        " WHERE i.sender = '%s' AND i.verdict = 'ticket'",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
        g_auto(GStrv) parts = g_strsplit(queries[i], "%s", 2);
        g_autofree char *sql = g_strconcat(parts[0], sender, parts[1], NULL);
        server_expect(count, sql);
    }
}

/* A mail with one of everything that a mail can have, of a sender of its own. */
static struct tk_ingest mail_of(const char *sender)
{
    static const struct tk_ingest_field fields[] = {{"category", "mail", false}};
    static const char *const notices[] = {"a notice", NULL};
    struct tk_ingest mail = server_mail(sender);
    mail.sender = sender;
    mail.message_id = sender;
    mail.evidence = "nothing";
    mail.body_full = "The whole text.";
    mail.body_html = "<p>The whole text.</p>";
    mail.notices = notices;
    mail.fields = fields;
    mail.field_count = G_N_ELEMENTS(fields);
    mail.confirm = &server_confirm;
    return mail;
}

/* Stores MAIL and fails the test unless STATUS comes of it with WORDS in its text. */
static void expect_failure(const struct tk_ingest *mail, enum tk_status status, const char *words)
{
    struct tk_ingest_result result = {0};
    g_autoptr(GString) why = g_string_new(NULL);
    const enum tk_status got = tk_store_ingest(store, mail, 1, NULL, 0, soon(10), &result, why);
    if (got != status || strstr(why->str, words) == NULL)
        fail_msg("%s: %s", tk_status_word(got), why->str);
    assert_null(result.verdict);
}

static void expect_stored(const struct tk_ingest *mail)
{
    struct tk_ingest_result result = server_ingest(store, mail, TK_OK);
    assert_string_equal(result.verdict, "ticket");
    tk_ingest_result_clear(&result);
}

static void a_database_that_is_wrong_puts_mails_off_and_stores_each_once_when_it_is_mended(void **state)
{
    (void)state;
    static const struct {
        const char *sender, *harm, *cure, *words;
    } cases[] = {
        /* As after a failover of logical replication, which carries no sequences. */
        {"sequence@x.example", "SELECT setval('ticketing.ticket_ticket_id_seq', 1, false) = 0",
         "SELECT setval('ticketing.ticket_ticket_id_seq', 1000) = 0", "(SQLSTATE 23505)"},
        {"number@x.example", "SELECT setval(ticketing.number_sequence(1, 'INC')::regclass, 1, false) = 0",
         "SELECT setval(ticketing.number_sequence(1, 'INC')::regclass, 2000) = 0", "(SQLSTATE 23505)"},
        {"check@x.example",
         "ALTER TABLE ticketing.ticket ADD CONSTRAINT added CHECK (requester LIKE '%@corp.example') NOT "
         "VALID",
         "ALTER TABLE ticketing.ticket DROP CONSTRAINT added", "(SQLSTATE 23514)"},
        {"unique@x.example",
         "DO $$ BEGIN EXECUTE format('CREATE UNIQUE INDEX added ON ticketing.intake (class) WHERE intake_id "
         ">= %s',"
         " (SELECT max(intake_id) FROM ticketing.intake)); END $$",
         "DROP INDEX ticketing.added", "(SQLSTATE 23505)"},
        {"null@x.example",
         "ALTER TABLE ticketing.intake ADD CONSTRAINT added CHECK (detail IS NOT NULL) NOT VALID",
         "ALTER TABLE ticketing.intake DROP CONSTRAINT added", "(SQLSTATE 23514)"},
        {"column@x.example",
         "ALTER TABLE ticketing.ticket ADD COLUMN owner text; UPDATE ticketing.ticket SET owner = '';"
         "ALTER TABLE ticketing.ticket ALTER COLUMN owner SET NOT NULL",
         "ALTER TABLE ticketing.ticket DROP COLUMN owner", "(SQLSTATE 23502)"},
        {"foreign@x.example",
         "CREATE TABLE public.known (class text PRIMARY KEY); GRANT SELECT ON public.known TO ticket_owner;"
         "ALTER TABLE ticketing.intake ADD CONSTRAINT added FOREIGN KEY (class) REFERENCES public.known NOT "
         "VALID",
         "ALTER TABLE ticketing.intake DROP CONSTRAINT added; DROP TABLE public.known", "(SQLSTATE 23503)"},
        {"trigger@x.example",
         "CREATE FUNCTION public.broken() RETURNS trigger LANGUAGE plpgsql AS"
         " $$ BEGIN NEW.millis := 'seven'; RETURN NEW; END $$;"
         "CREATE TRIGGER added BEFORE INSERT ON ticketing.intake FOR EACH ROW EXECUTE FUNCTION "
         "public.broken()",
         "DROP TRIGGER added ON ticketing.intake; DROP FUNCTION public.broken()", "(SQLSTATE 22P02)"},
        {"domain@x.example",
         "CREATE FUNCTION public.broken(text) RETURNS boolean LANGUAGE plpgsql AS"
         " $$ BEGIN RETURN $1::int > 0; END $$;"
         "ALTER DOMAIN ticketing.some_text ADD CONSTRAINT added CHECK (public.broken(VALUE)) NOT VALID",
         "ALTER DOMAIN ticketing.some_text DROP CONSTRAINT added; DROP FUNCTION public.broken(text)",
         "(SQLSTATE 22P02)"},
        {"deferred@x.example",
         "CREATE FUNCTION public.broken() RETURNS trigger LANGUAGE plpgsql AS"
         " $$ BEGIN PERFORM 1 / 0; RETURN NEW; END $$;"
         "CREATE CONSTRAINT TRIGGER added AFTER INSERT ON ticketing.intake DEFERRABLE INITIALLY DEFERRED"
         " FOR EACH ROW EXECUTE FUNCTION public.broken()",
         "DROP TRIGGER added ON ticketing.intake; DROP FUNCTION public.broken()", "(SQLSTATE 22012)"},
        {"limit@x.example",
         "CREATE FUNCTION public.broken(text) RETURNS boolean LANGUAGE plpgsql AS"
         " $$ BEGIN RAISE EXCEPTION 'too much' USING ERRCODE = '54000'; END $$;"
         "ALTER TABLE ticketing.outbox ADD CONSTRAINT added CHECK (public.broken(recipient)) NOT VALID",
         "ALTER TABLE ticketing.outbox DROP CONSTRAINT added; DROP FUNCTION public.broken(text)",
         "(SQLSTATE 54000)"},
        {"end@x.example",
         "ALTER SEQUENCE ticketing.intake_intake_id_seq MAXVALUE 9000 RESTART 9000;"
         "SELECT nextval('ticketing.intake_intake_id_seq') = 0",
         "ALTER SEQUENCE ticketing.intake_intake_id_seq NO MAXVALUE", "(SQLSTATE 2200H)"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct tk_ingest mail = mail_of(cases[i].sender);
        g_autofree char *harmed = server_ask("postgres", cases[i].harm);
        if (*harmed == '!')
            fail_msg("%s: %s", cases[i].harm, harmed);
        expect_failure(&mail, TK_CONFIG, cases[i].words);
        expect_rows(cases[i].sender, "0");
        g_autofree char *cured = server_ask("postgres", cases[i].cure);
        if (*cured == '!')
            fail_msg("%s: %s", cases[i].cure, cured);
        expect_stored(&mail);
        expect_rows(cases[i].sender, "1");
    }
    server_expect("0",
                  "SELECT count(*) FROM ticketing.intake WHERE verdict = 'fail' OR sender LIKE 'probe@%'");
}

static void a_sequence_that_lags_puts_off_until_it_is_past_the_rows_that_are_there(void **state)
{
    (void)state;
    /* Each attempt takes one number, so that the third is free. */
    server_expect(
        "f",
        "SELECT setval(ticketing.number_sequence(1, 'INC')::regclass, max(substr(number, 5)::bigint) - 1) = 0"
        " FROM ticketing.ticket WHERE tenant_id = 1");
    server_expect("t", "SELECT count(*) > 0 FROM ticketing.ticket");
    const struct tk_ingest mail = mail_of("lags@x.example");
    expect_failure(&mail, TK_CONFIG, "(SQLSTATE 23505)");
    expect_rows("lags@x.example", "0");
    expect_stored(&mail);
    expect_rows("lags@x.example", "1");
}

/* Lets the database refuse, with SQLSTATE, each VALUE of COLUMN that has the word "poison". */
static void refuse(const char *sqlstate, const char *table, const char *column)
{
    g_autofree char *sql = g_strdup_printf(
        "CREATE FUNCTION public.picky(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN"
        " IF $1 LIKE '%%poison%%' THEN RAISE EXCEPTION 'not this' USING ERRCODE = '%s'; END IF;"
        " RETURN true; END $$;"
        "ALTER TABLE ticketing.%s ADD CONSTRAINT picky CHECK (public.picky(%s)) NOT VALID",
        sqlstate, table, column);
    server_expect("", sql);
}

static void accept(const char *table)
{
    g_autofree char *sql = g_strdup_printf(
        "ALTER TABLE ticketing.%s DROP CONSTRAINT picky; DROP FUNCTION public.picky(text)", table);
    server_expect("", sql);
}

static void values_of_one_mail_that_are_proven_to_be_the_cause_are_refused(void **state)
{
    (void)state;
    static const char *const codes[] = {"22023", "22P05", "54000"};
    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autofree char *sender = g_strdup_printf("values%" G_GSIZE_FORMAT "@x.example", i);
        g_autofree char *good = g_strdup_printf("others%" G_GSIZE_FORMAT "@x.example", i);
        g_autofree char *words = g_strdup_printf("not this (SQLSTATE %s)", codes[i]);
        struct tk_ingest mail = mail_of(sender);
        const struct tk_ingest other = mail_of(good);
        mail.subject = "This is poison";
        refuse(codes[i], "ticket", "subject");
        expect_failure(&mail, TK_REFUSED, words);
        expect_rows(sender, "0");
        expect_stored(&other);
        mail.subject = "(unreadable mail)";
        expect_stored(&mail);
        accept("ticket");
        expect_rows(sender, "1");
    }
    /* The same words from a constraint prove nothing. */
    struct tk_ingest mail = mail_of("constraint@x.example");
    mail.subject = "This is poison";
    refuse("23514", "ticket", "subject");
    expect_failure(&mail, TK_CONFIG, "not this (SQLSTATE 23514)");
    accept("ticket");
    expect_stored(&mail);
}

static void a_note_is_proven_in_the_place_of_a_note(void **state)
{
    (void)state;
    const struct tk_ingest opening = mail_of("opens@x.example");
    struct tk_ingest_result ticket = server_ingest(store, &opening, TK_OK);
    struct tk_ingest note = mail_of("ann@acme.example");
    note.verdict = "note";
    note.ticket_id = ticket.ticket_id;
    note.author = "poison";
    tk_ingest_result_clear(&ticket);
    /* What breaks every note does not break a ticket. */
    refuse("22023", "note", "'poison'");
    expect_failure(&note, TK_CONFIG, "a mail of other values cannot be stored either");
    accept("note");
    refuse("22023", "note", "author");
    expect_failure(&note, TK_REFUSED, "a mail of other values can be stored");
    accept("note");
    struct tk_ingest_result result = server_ingest(store, &note, TK_OK);
    assert_string_equal(result.verdict, "note");
    tk_ingest_result_clear(&result);
    server_expect("0", "SELECT count(*) FROM ticketing.note WHERE author LIKE 'probe@%'");
}

static void a_full_rate_window_is_no_proof(void **state)
{
    (void)state;
    struct tk_ingest mail = mail_of("window@x.example");
    mail.subject = "This is poison";
    mail.rates[TK_INGEST_TENANT].later = (struct tk_ingest_window){1000, 3600};
    refuse("22023", "ticket", "subject");
    expect_failure(&mail, TK_REFUSED, "(SQLSTATE 22023)");
    accept("ticket");
    mail.rates[TK_INGEST_TENANT].later.count = 1;
    refuse("22023", "intake_key", "'poison'");
    expect_failure(&mail, TK_CONFIG, "(SQLSTATE 22023)");
    accept("intake_key");
    expect_rows("window@x.example", "0");
}

static void the_outbox_waits_where_the_database_refuses(void **state)
{
    (void)state;
    struct tk_store *notify = server_store("ticket_notify", 1);
    struct tk_outbox_mail *mail = NULL;
    g_autoptr(GPtrArray) files = tk_outbox_files_new();
    g_autoptr(GString) why = g_string_new(NULL);
    g_autofree char *message_id = NULL;
    const struct tk_ingest opening = mail_of("confirmed@x.example");
    expect_stored(&opening);
    assert_int_equal(tk_outbox_take(notify, server_tenant, "w", 60000, soon(10), &mail, why), TK_OK);
    refuse("23514", "message_id", "message_id");
    assert_int_equal(
        tk_outbox_begin(notify, mail, "w", "poison@mx.example", soon(10), &message_id, files, why),
        TK_CONFIG);
    assert_non_null(strstr(why->str, "(SQLSTATE 23514)"));
    accept("message_id");
    assert_int_equal(
        tk_outbox_begin(notify, mail, "w", "poison@mx.example", soon(10), &message_id, files, why), TK_OK);
    tk_outbox_mail_free(&mail);
    tk_store_close(&notify);
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    store = server_store("ticket_milter", 2);
    const struct tk_ingest first = mail_of("first@x.example"), second = mail_of("second@x.example");
    expect_stored(&first);
    expect_stored(&second);
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
        cmocka_unit_test(a_database_that_is_wrong_puts_mails_off_and_stores_each_once_when_it_is_mended),
        cmocka_unit_test(a_sequence_that_lags_puts_off_until_it_is_past_the_rows_that_are_there),
        cmocka_unit_test(values_of_one_mail_that_are_proven_to_be_the_cause_are_refused),
        cmocka_unit_test(a_note_is_proven_in_the_place_of_a_note),
        cmocka_unit_test(a_full_rate_window_is_no_proof),
        cmocka_unit_test(the_outbox_waits_where_the_database_refuses),
    };
    return server_run(tests, setup, teardown);
}
