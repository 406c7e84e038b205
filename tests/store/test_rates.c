/* Tests of the rate windows against a real server: what they count, that nobody waits for them, what they
 * read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libpq-fe.h>

#include "tests/store/server.h"

#define HOUR 3600

static struct tk_store *store;
static guint serial; /* of the mails, so that each one is new */

static struct tk_ingest new_mail(const char *sender)
{
    g_autofree char *key = g_strdup_printf("mail %u", serial++);
    struct tk_ingest mail = server_mail(key);
    mail.sender = sender;
    return mail;
}

/* "verdict reason" of storing MAIL, or the status. The caller frees it. */
static char *take(const struct tk_ingest *mail)
{
    struct tk_ingest_result result = {0};
    g_autoptr(GString) why = g_string_new(NULL);
    enum tk_status status = tk_store_ingest(store, mail, 1, NULL, 0, soon(10), &result, why);
    char *answer = status != TK_OK ? g_strdup(tk_status_word(status))
                                   : g_strjoin(" ", result.verdict, result.reason, NULL);
    tk_ingest_result_clear(&result);
    return answer;
}

static void expect_taken(const struct tk_ingest *mail, const char *expected)
{
    g_autofree char *got = take(mail);
    assert_string_equal(got, expected);
}

/* Everything that was stored so far lies SECONDS further back. */
static void time_passes(guint seconds)
{
    g_autofree char *sql = g_strdup_printf(
        "UPDATE ticketing.intake SET received_at = received_at - make_interval(secs => %u)", seconds);
    g_free(server_ask("postgres", sql));
}

static gint64 new_ticket(const char *requester)
{
    struct tk_ingest mail = new_mail(requester);
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    const gint64 ticket_id = result.ticket_id;
    tk_ingest_result_clear(&result);
    return ticket_id;
}

static struct tk_ingest new_note(gint64 ticket_id)
{
    struct tk_ingest mail = new_mail("ann@acme.example");
    mail.verdict = "note";
    mail.ticket_id = ticket_id;
    return mail;
}

static int start(void **state)
{
    (void)state;
    time_passes(1000 * HOUR);
    return 0;
}

static void a_full_window_puts_off_and_opens_by_itself(void **state)
{
    (void)state;
    for (guint i = 0; i < 8; i++) {
        struct tk_ingest mail = new_mail("flood@acme.example");
        mail.rates[TK_INGEST_TICKETS].later = (struct tk_ingest_window){3, 600};
        expect_taken(&mail, i % 4 < 3 ? "ticket" : "limited");
        if (i == 3)
            time_passes(601);
    }
    /* It slides: of three that came 200 s apart one leaves every 200 s. */
    time_passes(HOUR);
    for (guint i = 0; i < 9; i++) {
        struct tk_ingest mail = new_mail("slow@acme.example");
        mail.rates[TK_INGEST_TICKETS].later = (struct tk_ingest_window){3, 601};
        expect_taken(&mail, i < 3 || i % 2 == 0 ? "ticket" : "limited");
        time_passes(i < 2 ? 200 : 101);
    }
}

static void nothing_is_written_of_a_mail_that_is_put_off_and_it_comes_again_as_new(void **state)
{
    (void)state;
    struct tk_ingest first = new_mail("again@acme.example"), second = new_mail("again@acme.example");
    second.rates[TK_INGEST_TICKETS].later = (struct tk_ingest_window){1, 600};
    expect_taken(&first, "ticket");
    expect_taken(&second, "limited");
    server_expect("1", "SELECT count(*) FROM ticketing.intake WHERE sender = 'again@acme.example'");
    /* What is stored is stored: its repetition is no new mail. */
    first.rates[TK_INGEST_TICKETS].later = (struct tk_ingest_window){1, 600};
    expect_taken(&first, "duplicate");
    time_passes(700);
    expect_taken(&second, "ticket");
}

static void in_the_long_run_the_excess_is_refused_and_said_so(void **state)
{
    (void)state;
    static const char *const expected[] = {"ticket",  "ticket", "limited",         "ticket",         "ticket",
                                           "limited", "ticket", "fail rate_limit", "fail rate_limit"};
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        struct tk_ingest mail = new_mail("storm@acme.example");
        mail.rates[TK_INGEST_TICKETS] = (struct tk_ingest_rate){{2, 600}, {5, 24 * HOUR}};
        expect_taken(&mail, expected[i]);
        if (strcmp(expected[i], "limited") == 0)
            time_passes(700);
    }
    server_expect(
        "5 2", "SELECT count(*) FILTER (WHERE verdict = 'ticket') || ' ' || count(*) FILTER (WHERE reason ="
               " 'rate_limit') FROM ticketing.intake WHERE sender = 'storm@acme.example'");
}

static void a_window_of_one_sender_is_not_that_of_another_or_of_another_channel(void **state)
{
    (void)state;
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_publication publication = server_publication();
    publication.channel = "second";
    publication.address = "second@acme.tickets.example.net";
    struct tk_published published = {0};
    struct tk_store *admin = server_store("postgres", 1);
    if (tk_admin_publish(admin, &publication, soon(10), &published, why) != TK_OK)
        fail_msg("%s", why->str);
    g_free(published.changed);
    tk_store_close(&admin);
    for (guint i = 0; i < 2; i++) {
        struct tk_ingest mail = new_mail("one@acme.example");
        mail.rates[TK_INGEST_TICKETS].later = (struct tk_ingest_window){1, 600};
        expect_taken(&mail, i == 0 ? "ticket" : "limited");
    }
    struct tk_ingest other = new_mail("two@acme.example");
    other.rates[TK_INGEST_TICKETS].later = (struct tk_ingest_window){1, 600};
    expect_taken(&other, "ticket");
    struct tk_ingest elsewhere = new_mail("one@acme.example");
    elsewhere.channel_id = published.channel_id;
    elsewhere.rates[TK_INGEST_TICKETS].later = (struct tk_ingest_window){1, 600};
    expect_taken(&elsewhere, "ticket");
}

static void of_a_form_the_sender_and_the_requester_are_counted(void **state)
{
    (void)state;
    static const struct {
        const char *sender, *requester, *expected;
    } rows[] = {
        {"form@acme.example", "kim@far.example", "ticket"},
        {"scan@acme.example", "kim@far.example", "ticket"},
        {"voice@acme.example", "kim@far.example", "limited"},
        {"form@acme.example", "lou@far.example", "ticket"},
        {"form@acme.example", "max@far.example", "limited"},
        {"voice@acme.example", "lou@far.example", "ticket"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct tk_ingest mail = new_mail(rows[i].sender);
        mail.requester = rows[i].requester;
        mail.form = true;
        mail.rates[TK_INGEST_TICKETS].later = (struct tk_ingest_window){2, HOUR};
        expect_taken(&mail, rows[i].expected);
    }
    /* Who writes by himself is counted by himself. */
    struct tk_ingest mail = new_mail("kim@far.example");
    mail.rates[TK_INGEST_TICKETS].later = (struct tk_ingest_window){2, HOUR};
    expect_taken(&mail, "ticket");
}

static void what_is_refused_or_excluded_fills_no_window(void **state)
{
    (void)state;
    static const char *const verdicts[] = {"fail", "exclude", "reject", "exclude", "fail"};
    for (guint i = 0; i < G_N_ELEMENTS(verdicts); i++) {
        struct tk_ingest mail = new_mail("mixed@acme.example");
        mail.verdict = verdicts[i];
        mail.rates[TK_INGEST_TICKETS].later = (struct tk_ingest_window){1, 600};
        mail.rates[TK_INGEST_TENANT].later = (struct tk_ingest_window){1, 600};
        expect_taken(&mail, verdicts[i]);
    }
    struct tk_ingest mail = new_mail("mixed@acme.example");
    mail.rates[TK_INGEST_TICKETS].later = (struct tk_ingest_window){1, 600};
    mail.rates[TK_INGEST_TENANT].later = (struct tk_ingest_window){1, 600};
    expect_taken(&mail, "ticket");
}

static void notes_are_counted_by_ticket_and_not_as_tickets(void **state)
{
    (void)state;
    const gint64 tickets[] = {new_ticket("ann@acme.example"), new_ticket("ann@acme.example")};
    for (guint i = 0; i < 8; i++) {
        struct tk_ingest mail = new_note(tickets[i / 4]);
        mail.rates[TK_INGEST_TICKETS].later = (struct tk_ingest_window){1, 600};
        mail.rates[TK_INGEST_NOTES] = (struct tk_ingest_rate){{2, 600}, {0, 0}};
        if (i % 4 == 3)
            mail.rates[TK_INGEST_NOTES].fail = (struct tk_ingest_window){2, HOUR};
        expect_taken(&mail, i % 4 < 2 ? "note" : i % 4 == 2 ? "limited" : "fail rate_limit");
    }
    /* Notes do not fill the sender's window for tickets. */
    time_passes(700);
    for (guint i = 0; i < 2; i++) {
        struct tk_ingest note = new_note(tickets[0]);
        expect_taken(&note, "note");
    }
    struct tk_ingest mail = new_mail("ann@acme.example");
    mail.rates[TK_INGEST_TICKETS].later = (struct tk_ingest_window){1, 600};
    mail.rates[TK_INGEST_NOTES].later = (struct tk_ingest_window){1, 600};
    expect_taken(&mail, "ticket");
}

static void all_of_a_tenant_are_counted_together(void **state)
{
    (void)state;
    const gint64 ticket = new_ticket("ann@acme.example");
    static const char *const senders[] = {"x@acme.example", "y@acme.example", "z@acme.example"};
    for (guint i = 0; i < 6; i++) {
        struct tk_ingest mail = i == 2 ? new_note(ticket) : new_mail(senders[i % 3]);
        mail.rates[TK_INGEST_TENANT].later = (struct tk_ingest_window){4, 600};
        if (i == 5)
            mail.rates[TK_INGEST_TENANT].fail = (struct tk_ingest_window){4, HOUR};
        static const char *const expected[] = {"ticket",  "ticket",  "note",
                                               "limited", "limited", "fail rate_limit"};
        expect_taken(&mail, expected[i]);
    }
}

struct worker {
    const char *sender;
    char *answer;
};

static gpointer work(gpointer data)
{
    struct worker *worker = data;
    struct tk_ingest mail = new_mail(worker->sender);
    for (gsize i = 0; i < TK_INGEST_RATES; i++)
        mail.rates[i] = (struct tk_ingest_rate){{1, 600}, {2, HOUR}};
    worker->answer = take(&mail);
    return NULL;
}

/* One mail is held in the last act before its commit, with every lock that it has; others are stored
 * meanwhile, of other senders and of the same one, and none sees the one that is not committed. */
static void nobody_waits_for_a_window(void **state)
{
    (void)state;
    g_free(server_ask(
        "postgres",
        "CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
        " PERFORM pg_advisory_xact_lock(42); RETURN NULL; END $$;"
        "CREATE TRIGGER hold AFTER INSERT ON ticketing.intake FOR EACH ROW"
        " WHEN (NEW.sender = 'held@acme.example') EXECUTE FUNCTION public.hold()"));
    PGconn *pq = PQconnectdb(server_conninfo("postgres"));
    PQclear(PQexec(pq, "SELECT pg_advisory_lock(42)"));
    struct worker held = {.sender = "held@acme.example"};
    GThread *thread = g_thread_new("held", work, &held);
    for (guint i = 0; i < 10000; i++) {
        g_autofree char *waiting = server_ask(
            "postgres", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
        if (strcmp(waiting, "1") == 0)
            break;
        g_usleep(10 * 1000);
    }
    struct worker other = {.sender = "free@acme.example"};
    work(&other);
    g_autofree char *still =
        server_ask("postgres", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
    PQclear(PQexec(pq, "SELECT pg_advisory_unlock(42)"));
    g_thread_join(thread);
    PQfinish(pq);
    g_free(server_ask("postgres", "DROP TRIGGER hold ON ticketing.intake; DROP FUNCTION public.hold()"));
    assert_string_equal(other.answer, "ticket");
    assert_string_equal(held.answer, "ticket");
    assert_string_equal(still, "1");
    g_free(other.answer);
    g_free(held.answer);
    /* Both are counted from their commit on. */
    struct tk_ingest next = new_mail("third@acme.example");
    next.rates[TK_INGEST_TENANT].later = (struct tk_ingest_window){2, 600};
    expect_taken(&next, "limited");
}

/* A million mails of others make a window no slower: what is read is the window, by an index. */
static void a_window_reads_no_more_than_its_own_rows(void **state)
{
    (void)state;
    new_ticket("ann@acme.example");
    g_free(server_ask(
        "postgres",
        "INSERT INTO ticketing.intake (tenant_id, channel_id, verdict, ticket_id, sender, requester, "
        "authentication, class, level,"
        " size, received_at, millis, seen_at)"
        " SELECT t.tenant_id, t.channel_id, CASE n % 3 WHEN 0 THEN 'ticket' WHEN 1 THEN 'note' ELSE 'fail' "
        "END,"
        " t.ticket_id, CASE WHEN n % 2 = 0 THEN 'bulk@acme.example' ELSE 'other' || n || '@acme.example' "
        "END,"
        " CASE WHEN n % 2 = 0 THEN 'bulk@acme.example' END, 'none', 'human', 'full', 1, now() - n * interval "
        "'1 second', 1, now()"
        " FROM generate_series(1, 30000) n,"
        " (SELECT * FROM ticketing.ticket ORDER BY ticket_id LIMIT 1) t; ANALYZE ticketing.intake"));
    static const char *const kinds[] = {"tickets", "requester", "notes", "tenant"};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *sql =
            g_strdup_printf("SELECT ticketing.window_full('%s', t.tenant_id, t.channel_id, "
                            "'bulk@acme.example', t.ticket_id, now(), 50, 86400)"
                            " FROM (SELECT * FROM ticketing.ticket ORDER BY ticket_id LIMIT 1) t;"
                            "SELECT seq_scan = 0 AND idx_scan = 1 AND idx_tup_fetch BETWEEN 50 AND 200"
                            " FROM pg_stat_xact_all_tables WHERE relname = 'intake'",
                            kinds[i]);
        server_expect("t", sql);
    }
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    store = server_store("ticket_milter", 4);
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
        cmocka_unit_test_setup(a_full_window_puts_off_and_opens_by_itself, start),
        cmocka_unit_test_setup(nothing_is_written_of_a_mail_that_is_put_off_and_it_comes_again_as_new, start),
        cmocka_unit_test_setup(in_the_long_run_the_excess_is_refused_and_said_so, start),
        cmocka_unit_test_setup(a_window_of_one_sender_is_not_that_of_another_or_of_another_channel, start),
        cmocka_unit_test_setup(of_a_form_the_sender_and_the_requester_are_counted, start),
        cmocka_unit_test_setup(what_is_refused_or_excluded_fills_no_window, start),
        cmocka_unit_test_setup(notes_are_counted_by_ticket_and_not_as_tickets, start),
        cmocka_unit_test_setup(all_of_a_tenant_are_counted_together, start),
        cmocka_unit_test_setup(nobody_waits_for_a_window, start),
        cmocka_unit_test_setup(a_window_reads_no_more_than_its_own_rows, start),
    };
    return server_run(tests, setup, teardown);
}
