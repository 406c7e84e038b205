/* Tests of what a reply may do to its ticket, by what holds when it is stored, against a real server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/store/server.h"

static struct tk_store *store;

static gint64 make_ticket(const char *key)
{
    const struct tk_ingest mail = server_mail(key);
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    assert_string_equal(result.verdict, "ticket");
    const gint64 id = result.ticket_id;
    tk_ingest_result_clear(&result);
    return id;
}

static struct tk_ingest reply_to(gint64 ticket_id, const char *key)
{
    struct tk_ingest mail = server_mail(key);
    mail.verdict = "note";
    mail.ticket_id = ticket_id;
    mail.reopen_seconds = 86400;
    mail.reopen_max = 2;
    return mail;
}

/* Runs SQL, in which %s is the ticket's id, as the superuser and gives its first value. Freed by the caller.
 */
static char *ask(const char *sql, gint64 ticket_id)
{
    g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, ticket_id);
    g_auto(GStrv) parts = g_strsplit(sql, "%s", -1);
    g_autofree char *text = g_strjoinv(id, parts);
    return server_ask("postgres", text);
}

static void expect_of(gint64 ticket_id, const char *expected, const char *sql)
{
    g_autofree char *got = ask(sql, ticket_id);
    assert_string_equal(got, expected);
}

/* "status reopened notes links": notes as v(isible) or i(nternal), with ! where unverified. */
static void expect_ticket(gint64 ticket_id, const char *expected)
{
    expect_of(
        ticket_id, expected,
        "SELECT concat_ws(' ', t.status, t.reopened, coalesce((SELECT string_agg(CASE n.visibility WHEN "
        "'public' THEN 'v' ELSE 'i' END || CASE WHEN n.unverified THEN '!' ELSE '' END, ',' ORDER BY "
        "n.note_id) FROM ticketing.note n WHERE n.ticket_id = t.ticket_id), '-'), (SELECT count(*) FROM "
        "ticketing.ticket l WHERE l.linked_ticket_id = t.ticket_id)) FROM ticketing.ticket t WHERE "
        "t.ticket_id = %s");
}

static void expect_result(struct tk_ingest_result result, const char *verdict, const char *reason)
{
    assert_string_equal(result.verdict, verdict);
    if (reason == NULL)
        assert_null(result.reason);
    else
        assert_string_equal(result.reason, reason);
    tk_ingest_result_clear(&result);
}

static void who_bears_a_token_writes_by_whom_it_was_made_for(void **state)
{
    (void)state;
    const struct {
        const char *key, *sender, *proof, *stranger, *verdict, *reason, *ticket;
    } cases[] = {
        {"own", "ann@acme.example", NULL, "unverified", "note", NULL, "open 0 v 0"},
        {"other's", "bob@acme.example", "ticket", "unverified", "note", NULL, "open 0 v 0"},
        {"made for him", "eve@acme.example", "recipient", "unverified", "note", NULL, "open 0 v 0"},
        {"stranger", "eve@acme.example", "ticket", "unverified", "note", "unverified", "open 0 i! 0"},
        {"linked", "eve@acme.example", "ticket", "new_linked", "ticket", "not_participant", "open 0 - 1"},
        {"none", "eve@acme.example", NULL, "new_linked", "ticket", "not_participant", "open 0 - 0"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *opening = g_strconcat("opening ", cases[i].key, NULL);
        const gint64 ticket_id = make_ticket(opening);
        struct tk_ingest mail = reply_to(ticket_id, cases[i].key);
        mail.sender = cases[i].sender;
        mail.proof = cases[i].proof;
        mail.stranger = cases[i].stranger;
        expect_result(server_ingest(store, &mail, TK_OK), cases[i].verdict, cases[i].reason);
        expect_ticket(ticket_id, cases[i].ticket);
        expect_of(ticket_id, "ann@acme.example,bob@acme.example",
                  "SELECT string_agg(address, ',' ORDER BY address) FROM ticketing.participant WHERE "
                  "ticket_id = %s");
    }
}

static void an_unverified_note_changes_nothing_of_its_ticket_and_says_what_it_is(void **state)
{
    (void)state;
    static const char row[] = "SELECT t::text FROM ticketing.ticket t WHERE ticket_id = %s";
    const gint64 ticket_id = make_ticket("untouched");
    g_free(ask("UPDATE ticketing.ticket SET status = 'closed', closed_at = now() WHERE ticket_id = %s",
               ticket_id));
    g_autofree char *before = ask(row, ticket_id);
    struct tk_ingest mail = reply_to(ticket_id, "stranger at a closed one");
    mail.sender = "eve@acme.example";
    mail.proof = "ticket";
    mail.closed = "reopen";
    expect_result(server_ingest(store, &mail, TK_OK), "note", "unverified");
    expect_of(ticket_id, before, row);
    expect_of(ticket_id, "1",
              "SELECT count(*) FROM ticketing.note WHERE ticket_id = %s AND unverified AND visibility = "
              "'internal' AND notices[1] LIKE 'unverified: %'");
}

static void a_note_from_an_address_of_ours_is_internal_and_moves_nothing_on(void **state)
{
    (void)state;
    const struct {
        const char *key, *sender, *proof, *status, *verdict, *reason, *ticket;
    } cases[] = {
        {"ours", "support@acme.example", "own", "open", "note", "unverified", "open 0 i! 0"},
        {"ours, confirmed", "support@acme.example", "own_confirmed", "open", "note", NULL, "open 0 i 0"},
        {"ours, closed", "support@acme.example", "own", "closed", "note", "unverified", "closed 0 i! 0"},
        {"ours, confirmed, closed", "support@acme.example", "own_confirmed", "closed", "note",
         "closed_ticket", "closed 0 i 0"},
        /* Though it takes part, by an earlier version. */
        {"ours, a participant", "ann@acme.example", "own", "open", "note", "unverified", "open 0 i! 0"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *opening = g_strconcat("opening ", cases[i].key, NULL);
        const gint64 ticket_id = make_ticket(opening);
        if (strcmp(cases[i].status, "closed") == 0)
            g_free(
                ask("UPDATE ticketing.ticket SET status = 'closed', closed_at = now() WHERE ticket_id = %s",
                    ticket_id));
        struct tk_ingest mail = reply_to(ticket_id, cases[i].key);
        mail.sender = cases[i].sender;
        mail.proof = cases[i].proof;
        mail.visibility = "internal";
        mail.stranger = "new_linked";
        mail.closed = "reopen";
        expect_result(server_ingest(store, &mail, TK_OK), cases[i].verdict, cases[i].reason);
        expect_ticket(ticket_id, cases[i].ticket);
        if (strcmp(cases[i].proof, "own") == 0)
            expect_of(ticket_id, "1",
                      "SELECT count(*) FROM ticketing.note WHERE ticket_id = %s AND notices[1] LIKE "
                      "'unverified: the sender is an address of this help desk%'");
    }
    static const char *const others[] = {"request", NULL};
    const gint64 ticket_id = make_ticket("opening of another type");
    struct tk_ingest mail = reply_to(ticket_id, "ours to another type");
    mail.proof = "own_confirmed";
    mail.reply_types = others;
    expect_result(server_ingest(store, &mail, TK_OK), "fail", "type_not_whitelisted");
}

static void a_form_takes_part_in_nothing_and_writes_by_a_token_alone(void **state)
{
    (void)state;
    const struct {
        const char *key, *proof, *verdict, *reason, *ticket;
    } cases[] = {
        {"form, no token", NULL, "ticket", "not_participant", "open 0 - 0"},
        {"form, another's token", "ticket", "note", "unverified", "open 0 i! 0"},
        {"form, the requester's token", "recipient", "note", NULL, "open 0 v 0"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *opening = g_strconcat("opening ", cases[i].key, NULL);
        const gint64 ticket_id = make_ticket(opening);
        struct tk_ingest mail = reply_to(ticket_id, cases[i].key);
        mail.sender = "ann@acme.example"; /* who takes part */
        mail.requester = "kim@far.example";
        mail.form = true;
        mail.proof = cases[i].proof;
        expect_result(server_ingest(store, &mail, TK_OK), cases[i].verdict, cases[i].reason);
        expect_ticket(ticket_id, cases[i].ticket);
    }
    server_expect("kim@far.example", "SELECT string_agg(DISTINCT requester, ' ') FROM ticketing.intake");
}

static void a_closed_ticket_takes_a_reply_by_the_channels_choice(void **state)
{
    (void)state;
    const struct {
        const char *key, *closed, *since;
        int reopened;
        bool machine;
        const char *verdict, *reason, *ticket;
    } cases[] = {
        {"c1", "note", "1 hour", 0, false, "note", "closed_ticket", "closed 0 v 0"},
        {"c2", "reopen", "1 hour", 1, false, "note", "reopened", "open 2 v,i 0"},
        {"c3", "reopen", "25 hours", 0, false, "ticket", "closed_ticket", "closed 0 - 1"},
        {"c4", "reopen", "1 hour", 2, false, "ticket", "closed_ticket", "closed 2 - 1"},
        {"c5", "new_linked", "1 hour", 0, false, "ticket", "closed_ticket", "closed 0 - 1"},
        {"c6", "reopen", "1 hour", 0, true, "note", "closed_ticket", "closed 0 v 0"},
        {"c7", "new_linked", "1 hour", 0, true, "note", "closed_ticket", "closed 0 v 0"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *opening = g_strconcat("opening ", cases[i].key, NULL);
        const gint64 ticket_id = make_ticket(opening);
        g_autofree char *sql = g_strdup_printf(
            "UPDATE ticketing.ticket SET status = 'closed', closed_at = now() - interval '%s', reopened = %d "
            "WHERE ticket_id = %%s",
            cases[i].since, cases[i].reopened);
        g_free(ask(sql, ticket_id));
        struct tk_ingest mail = reply_to(ticket_id, cases[i].key);
        mail.closed = cases[i].closed;
        mail.machine = cases[i].machine;
        expect_result(server_ingest(store, &mail, TK_OK), cases[i].verdict, cases[i].reason);
        expect_ticket(ticket_id, cases[i].ticket);
    }
}

static void agents_closing_and_opening_is_known_to_facts(void **state)
{
    (void)state;
    const gint64 ticket_id = make_ticket("agents");
    static const char set[] =
        "SET ROLE ticket_agent; SELECT ticketing.set_status(t.tenant_id, t.number, '%s', "
        "'agent') FROM ticketing.ticket t WHERE t.ticket_id = ";
    g_autofree char *closed = g_strdup_printf(set, "closed");
    g_autofree char *open = g_strdup_printf(set, "open");
    g_autofree char *close_it = g_strconcat(closed, "%s", NULL), *open_it = g_strconcat(open, "%s", NULL);
    g_free(ask(close_it, ticket_id));
    g_free(ask("UPDATE ticketing.ticket SET closed_at = closed_at - interval '90 s' WHERE ticket_id = %s",
               ticket_id));
    const struct tk_facts_query query = {.tenant_id = server_tenant,
                                         .channel_id = server_channel,
                                         .ticket_ids = &ticket_id,
                                         .ticket_count = 1};
    struct tk_facts *facts = NULL;
    assert_int_equal(tk_store_facts(store, &query, soon(5), &facts, NULL), TK_OK);
    const struct tk_fact *fact = g_ptr_array_index(facts->facts, 0);
    assert_string_equal(fact->status, "closed");
    assert_in_range(fact->closed_for, 89, 120);
    assert_false(fact->participant);
    tk_facts_free(&facts);
    g_free(ask(open_it, ticket_id));
    expect_of(ticket_id, "t", "SELECT closed_at IS NULL FROM ticketing.ticket WHERE ticket_id = %s");
    expect_ticket(ticket_id, "open 0 i,i 0");
}

static void what_changed_since_the_decision_counts(void **state)
{
    (void)state;
    const struct {
        const char *key, *change, *reason_asked, *proof, *closed, *verdict, *reason, *ticket;
    } cases[] = {
        {"closed since",
         "UPDATE ticketing.ticket SET status = 'closed', closed_at = now() WHERE ticket_id = %s", NULL, NULL,
         "reopen", "note", "reopened", "open 1 v,i 0"},
        {"closed, linked",
         "UPDATE ticketing.ticket SET status = 'closed', closed_at = now() WHERE ticket_id = %s", NULL, NULL,
         "new_linked", "ticket", "closed_ticket", "closed 0 - 1"},
        {"opened since", "SELECT %s", "closed_ticket", NULL, "note", "note", NULL, "open 0 v 0"},
        {"removed", "DELETE FROM ticketing.participant WHERE ticket_id = %s", NULL, NULL, "note", "ticket",
         "not_participant", "open 0 - 0"},
        {"removed, with a token", "DELETE FROM ticketing.participant WHERE ticket_id = %s", NULL, "ticket",
         "note", "note", "unverified", "open 0 i! 0"},
        {"removed, his token", "DELETE FROM ticketing.participant WHERE ticket_id = %s", NULL, "recipient",
         "note", "note", NULL, "open 0 v 0"},
        {"made one since", "SELECT %s", "unverified", "ticket", "note", "note", NULL, "open 0 v 0"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *opening = g_strconcat("opening ", cases[i].key, NULL);
        const gint64 ticket_id = make_ticket(opening);
        struct tk_ingest mail = reply_to(ticket_id, cases[i].key);
        mail.reason = cases[i].reason_asked;
        mail.proof = cases[i].proof;
        mail.closed = cases[i].closed;
        g_free(ask(cases[i].change, ticket_id));
        expect_result(server_ingest(store, &mail, TK_OK), cases[i].verdict, cases[i].reason);
        expect_ticket(ticket_id, cases[i].ticket);
    }
}

struct twin {
    gint64 ticket_id;
    char key[16];
    struct tk_ingest_result result;
};

static gpointer reopen(gpointer data)
{
    struct twin *twin = data;
    struct tk_ingest mail = reply_to(twin->ticket_id, twin->key);
    mail.closed = "reopen";
    mail.reopen_max = 1;
    return GINT_TO_POINTER(tk_store_ingest(store, &mail, 1, NULL, 0, soon(20), &twin->result, NULL));
}

static void of_replies_at_once_one_reopens_and_all_are_notes(void **state)
{
    (void)state;
    struct twin twins[8] = {0};
    GThread *threads[G_N_ELEMENTS(twins)];
    const gint64 ticket_id = make_ticket("race");
    g_free(ask("UPDATE ticketing.ticket SET status = 'closed', closed_at = now() WHERE ticket_id = %s",
               ticket_id));
    for (gsize i = 0; i < G_N_ELEMENTS(twins); i++) {
        twins[i].ticket_id = ticket_id;
        g_snprintf(twins[i].key, sizeof twins[i].key, "race %u", (guint)i);
        threads[i] = g_thread_new("reply", reopen, &twins[i]);
    }
    guint reopened = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(twins); i++) {
        assert_int_equal(GPOINTER_TO_INT(g_thread_join(threads[i])), TK_OK);
        assert_string_equal(twins[i].result.verdict, "note");
        reopened += g_strcmp0(twins[i].result.reason, "reopened") == 0;
        tk_ingest_result_clear(&twins[i].result);
    }
    assert_int_equal(reopened, 1);
    expect_of(ticket_id, "open 1 8",
              "SELECT concat_ws(' ', status, reopened, (SELECT count(*) FROM ticketing.note n WHERE "
              "n.ticket_id = t.ticket_id AND visibility = 'public')) FROM ticketing.ticket t WHERE ticket_id "
              "= %s");
}

static void a_new_ticket_is_linked_where_the_other_exists(void **state)
{
    (void)state;
    const gint64 ticket_id = make_ticket("linked to");
    struct tk_ingest mail = server_mail("links");
    mail.reason = "subject_changed";
    mail.linked_id = ticket_id;
    expect_result(server_ingest(store, &mail, TK_OK), "ticket", "subject_changed");
    expect_ticket(ticket_id, "open 0 - 1");
    struct tk_ingest lost = server_mail("links to nothing");
    lost.linked_id = ticket_id + 1000000;
    expect_result(server_ingest(store, &lost, TK_OK), "ticket", NULL);
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    store = server_store("ticket_milter", 16);
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
        cmocka_unit_test(who_bears_a_token_writes_by_whom_it_was_made_for),
        cmocka_unit_test(an_unverified_note_changes_nothing_of_its_ticket_and_says_what_it_is),
        cmocka_unit_test(a_note_from_an_address_of_ours_is_internal_and_moves_nothing_on),
        cmocka_unit_test(a_form_takes_part_in_nothing_and_writes_by_a_token_alone),
        cmocka_unit_test(a_closed_ticket_takes_a_reply_by_the_channels_choice),
        cmocka_unit_test(agents_closing_and_opening_is_known_to_facts),
        cmocka_unit_test(what_changed_since_the_decision_counts),
        cmocka_unit_test(of_replies_at_once_one_reopens_and_all_are_notes),
        cmocka_unit_test(a_new_ticket_is_linked_where_the_other_exists),
    };
    return server_run(tests, setup, teardown);
}
