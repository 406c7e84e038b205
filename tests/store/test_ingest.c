/* Tests of ingest and facts against a real server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libpq-fe.h>

#include "tests/store/server.h"

static struct tk_store *store;

static void expect_result(struct tk_ingest_result result, const char *verdict, const char *reason)
{
    assert_string_equal(result.verdict, verdict);
    if (reason == NULL)
        assert_null(result.reason);
    else
        assert_string_equal(result.reason, reason);
    tk_ingest_result_clear(&result);
}

/* Makes a ticket and gives its id and number. */
static gint64 make_ticket(const char *key, char **number_r)
{
    const struct tk_ingest mail = server_mail(key);
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    assert_string_equal(result.verdict, "ticket");
    const gint64 id = result.ticket_id;
    if (number_r != NULL)
        *number_r = g_steal_pointer(&result.number);
    tk_ingest_result_clear(&result);
    return id;
}

static void a_channel_is_found_by_its_names(void **state)
{
    (void)state;
    struct tk_store_channel *channel = NULL;
    assert_int_equal(tk_store_channel(store, "acme", "support", soon(5), &channel, NULL), TK_OK);
    assert_int_equal(channel->tenant_id, server_tenant);
    assert_int_equal(channel->channel_id, server_channel);
    assert_int_equal(channel->rules_version, 1);
    assert_string_equal(channel->status, "published");
    assert_string_equal(channel->ticket_type, "incident");
    assert_string_equal(channel->prefix, "INC");
    tk_store_channel_free(&channel);
    assert_null(channel);
    assert_int_equal(tk_store_channel(store, "acme", "nobody", soon(5), &channel, NULL), TK_NO_MATCH);
}

static void a_mail_becomes_a_ticket_with_all_its_rows(void **state)
{
    (void)state;
    static const char *const notices[] = {"attachment too large: a \"big\" one, {x}", NULL};
    const struct tk_ingest_field fields[] = {{"category", "mail", false}, {"cost_centre", "none", true}};
    struct tk_ingest mail = server_mail("rows");
    mail.message_id = "one@acme.example";
    mail.body_full = "the whole";
    mail.body_html = "<p>the whole</p>";
    mail.notices = notices;
    mail.fields = fields;
    mail.field_count = 2;
    mail.confirm = &server_confirm;
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    assert_true(g_str_has_prefix(result.number, "INC-"));
    assert_true(result.ticket_id > 0 && result.intake_id > 0 && result.note_id == 0);
    server_expect("incident|The printer is on fire|Please send water.|the "
                  "whole|ann@acme.example|Ann|P3|open|mail:support",
                  "SELECT concat_ws('|', ticket_type, subject, description, description_full, requester, "
                  "requester_name,"
                  " priority, status, o.name) FROM ticketing.ticket t JOIN ticketing.offer o USING "
                  "(tenant_id, offer_id)"
                  " ORDER BY ticket_id DESC LIMIT 1");
    server_expect("{\"attachment too large: a \\\"big\\\" one, {x}\"}",
                  "SELECT notices FROM ticketing.ticket ORDER BY ticket_id DESC LIMIT 1");
    server_expect("category=mail=f,cost_centre=none=t",
                  "SELECT string_agg(concat_ws('=', name, value, restricted), ',' ORDER BY name)"
                  " FROM ticketing.ticket_field");
    server_expect("ann@acme.example,bob@acme.example",
                  "SELECT string_agg(address, ',' ORDER BY address) FROM ticketing.participant");
    server_expect("in", "SELECT direction FROM ticketing.message_id WHERE message_id = 'one@acme.example'");
    server_expect("confirmation|ann@acme.example|pending",
                  "SELECT concat_ws('|', kind, recipient, state) FROM ticketing.outbox");
    server_expect(
        "ticket|human|full|1234|7|1|support@acme.example",
        "SELECT concat_ws('|', verdict, class, level, size, millis, seen, rcpt) FROM ticketing.intake"
        " ORDER BY intake_id DESC LIMIT 1");
    expect_result(result, "ticket", NULL);
}

static void the_same_mail_again_is_a_duplicate_and_is_counted(void **state)
{
    (void)state;
    const struct tk_ingest mail = server_mail("again");
    struct tk_ingest_result first = server_ingest(store, &mail, TK_OK);
    for (int i = 0; i < 2; i++) {
        struct tk_ingest_result next = server_ingest(store, &mail, TK_OK);
        assert_string_equal(next.number, first.number);
        assert_int_equal(next.ticket_id, first.ticket_id);
        assert_int_equal(next.intake_id, first.intake_id);
        assert_int_equal(next.seen, i + 2);
        expect_result(next, "duplicate", NULL);
    }
    g_autofree char *sql = g_strdup_printf(
        "SELECT seen FROM ticketing.intake WHERE ticket_id = %" G_GINT64_FORMAT, first.ticket_id);
    server_expect("3", sql);
    tk_ingest_result_clear(&first);
}

static gpointer ingest_twin(gpointer data)
{
    struct tk_ingest_result *result = data;
    const struct tk_ingest mail = server_mail("twin");
    return GINT_TO_POINTER(tk_store_ingest(store, &mail, 1, NULL, 0, soon(20), result, NULL));
}

static void sixteen_parallel_twins_make_one_ticket_and_all_are_answered(void **state)
{
    (void)state;
    GThread *threads[16];
    struct tk_ingest_result results[16] = {0};
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("twin", ingest_twin, &results[i]);
    guint tickets = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
        assert_int_equal(GPOINTER_TO_INT(g_thread_join(threads[i])), TK_OK);
        assert_int_equal(results[i].ticket_id, results[0].ticket_id);
        tickets += strcmp(results[i].verdict, "ticket") == 0;
    }
    assert_int_equal(tickets, 1);
    g_autofree char *sql = g_strdup_printf(
        "SELECT count(*) || '|' || max(seen) FROM ticketing.intake WHERE ticket_id = %" G_GINT64_FORMAT,
        results[0].ticket_id);
    server_expect("1|16", sql);
    for (gsize i = 0; i < G_N_ELEMENTS(results); i++)
        tk_ingest_result_clear(&results[i]);
}

static void an_expired_key_is_taken_over(void **state)
{
    (void)state;
    const struct tk_ingest mail = server_mail("expired");
    struct tk_ingest_result first = server_ingest(store, &mail, TK_OK);
    server_expect("", "UPDATE ticketing.intake_key SET expires_at = now() - interval '1 minute'");
    struct tk_ingest_result second = server_ingest(store, &mail, TK_OK);
    struct tk_ingest_result third = server_ingest(store, &mail, TK_OK);
    assert_int_not_equal(second.ticket_id, first.ticket_id);
    assert_int_equal(third.ticket_id, second.ticket_id);
    tk_ingest_result_clear(&first);
    expect_result(second, "ticket", NULL);
    expect_result(third, "duplicate", NULL);
}

static void a_refused_mail_is_decided_anew(void **state)
{
    (void)state;
    struct tk_ingest mail = server_mail("refused");
    mail.verdict = "fail";
    mail.reason = "domain_not_allowed";
    struct tk_ingest_result first = server_ingest(store, &mail, TK_OK);
    struct tk_ingest_result second = server_ingest(store, &mail, TK_OK);
    assert_int_equal(first.intake_id, second.intake_id);
    assert_int_equal(first.ticket_id, 0);
    assert_int_equal(first.seen, 1);
    assert_int_equal(second.seen, 2);
    tk_ingest_result_clear(&first);
    expect_result(second, "fail", "domain_not_allowed");
    server_expect("2", "SELECT seen FROM ticketing.intake WHERE reason = 'domain_not_allowed'");
    mail.reason = "unauthenticated";
    expect_result(server_ingest(store, &mail, TK_OK), "fail", "unauthenticated");
    mail.verdict = "ticket";
    mail.reason = NULL;
    expect_result(server_ingest(store, &mail, TK_OK), "ticket", NULL);
    expect_result(server_ingest(store, &mail, TK_OK), "duplicate", NULL);
}

static void a_known_message_id_on_another_mail_is_flagged_not_lost(void **state)
{
    (void)state;
    struct tk_ingest mail = server_mail("id first");
    mail.message_id = "reused@acme.example";
    expect_result(server_ingest(store, &mail, TK_OK), "ticket", NULL);
    struct tk_ingest other = server_mail("id second");
    other.message_id = "reused@acme.example";
    expect_result(server_ingest(store, &other, TK_OK), "ticket", "mid_reuse");
}

static void a_reply_becomes_a_note_and_is_checked_again(void **state)
{
    (void)state;
    static const char *const other_types[] = {"request", NULL};
    const gint64 ticket_id = make_ticket("thread", NULL);
    const struct {
        const char *key;
        const char *sender;
        gint64 ticket_id;
        const char *const *types;
        bool closed;
        const char *verdict;
        const char *reason;
    } cases[] = {
        {"n1", "bob@acme.example", ticket_id, NULL, false, "note", NULL},
        /* The caller has folded both: a server that folds again goes by its locale, where U+212A is a k. */
        {"n6", "BOB@acme.example", ticket_id, NULL, false, "ticket", "not_participant"},
        {"n2", "eve@acme.example", ticket_id, NULL, false, "ticket", "not_participant"},
        {"n3", "ann@acme.example", ticket_id + 1000000, NULL, false, "ticket", "unknown_ticket"},
        {"n4", "ann@acme.example", ticket_id, other_types, false, "fail", "type_not_whitelisted"},
        {"n5", "ann@acme.example", ticket_id, NULL, true, "note", "closed_ticket"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_ingest mail = server_mail(cases[i].key);
        mail.verdict = "note";
        mail.sender = cases[i].sender;
        mail.ticket_id = cases[i].ticket_id;
        mail.body_full = "new\n> old";
        if (cases[i].types != NULL)
            mail.reply_types = cases[i].types;
        if (cases[i].closed) {
            g_autofree char *sql = g_strdup_printf(
                "UPDATE ticketing.ticket SET status = 'closed' WHERE ticket_id = %" G_GINT64_FORMAT,
                ticket_id);
            server_expect("", sql);
        }
        struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
        if (strcmp(cases[i].verdict, "note") == 0) {
            assert_int_equal(result.ticket_id, ticket_id);
            assert_true(result.note_id > 0 && result.number != NULL);
        }
        expect_result(result, cases[i].verdict, cases[i].reason);
    }
    g_autofree char *sql = g_strdup_printf(
        "SELECT string_agg(concat_ws('|', visibility, author, body, body_full, source), ';' ORDER BY note_id)"
        " || '|' || (SELECT status FROM ticketing.ticket t WHERE t.ticket_id = %" G_GINT64_FORMAT ")"
        " FROM ticketing.note WHERE ticket_id = %" G_GINT64_FORMAT,
        ticket_id, ticket_id);
    server_expect("public|ann@acme.example|Please send water.|new\n> old|mail;"
                  "public|ann@acme.example|Please send water.|new\n> old|mail|closed",
                  sql);
}

static void a_bounce_leaves_one_delivery_note(void **state)
{
    (void)state;
    const gint64 ticket_id = make_ticket("bounced", NULL);
    struct tk_ingest mail = server_mail("bounce");
    mail.verdict = "exclude";
    mail.reason = "bounce";
    mail.class = "bounce";
    mail.mail_from = "";
    mail.ticket_id = ticket_id;
    mail.source = "delivery";
    mail.visibility = "internal";
    for (int i = 0; i < 2; i++) {
        struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
        assert_int_equal(result.ticket_id, ticket_id);
        expect_result(result, "exclude", "bounce");
    }
    server_expect("1", "SELECT count(*) FROM ticketing.note WHERE source = 'delivery'");
    struct tk_ingest lost = server_mail("bounce of nothing");
    lost.verdict = "exclude";
    lost.reason = "bounce";
    lost.source = "delivery";
    lost.visibility = "internal";
    lost.ticket_id = 0;
    expect_result(server_ingest(store, &lost, TK_OK), "exclude", "bounce");
}

static void a_disabled_channel_fails_new_mails_and_knows_old_ones(void **state)
{
    (void)state;
    const struct tk_ingest old = server_mail("before");
    struct tk_ingest fresh = server_mail("after");
    expect_result(server_ingest(store, &old, TK_OK), "ticket", NULL);
    server_expect("", "UPDATE ticketing.channel SET status = 'disabled'");
    expect_result(server_ingest(store, &fresh, TK_OK), "fail", "channel_disabled");
    fresh.verdict = "exclude";
    fresh.reason = "loop";
    expect_result(server_ingest(store, &fresh, TK_OK), "fail", "channel_disabled");
    expect_result(server_ingest(store, &old, TK_OK), "duplicate", NULL);
    server_expect("", "UPDATE ticketing.channel SET status = 'published'");
    fresh.verdict = "ticket";
    fresh.reason = NULL;
    expect_result(server_ingest(store, &fresh, TK_OK), "ticket", NULL);
}

static void several_channels_are_one_transaction_and_keep_their_order(void **state)
{
    (void)state;
    struct tk_store *admin = server_store("ticket_admin", 1);
    struct tk_publication publication = server_publication();
    struct tk_published published = {0};
    publication.channel = "sales";
    publication.address = "sales.1@acme.tickets.example.net";
    assert_int_equal(tk_admin_publish(admin, &publication, soon(5), &published, NULL), TK_OK);
    g_free(published.changed);
    tk_store_close(&admin);
    struct tk_ingest mails[2] = {server_mail("both"), server_mail("both")};
    mails[0].channel_id = published.channel_id;
    mails[0].subject = "to sales";
    struct tk_ingest_result results[2] = {0};
    assert_int_equal(tk_store_ingest(store, mails, 2, NULL, 0, soon(5), results, NULL), TK_OK);
    g_autofree char *sql = g_strdup_printf(
        "SELECT subject FROM ticketing.ticket WHERE ticket_id = %" G_GINT64_FORMAT, results[0].ticket_id);
    server_expect("to sales", sql);
    assert_int_not_equal(results[0].ticket_id, results[1].ticket_id);
    tk_ingest_result_clear(&results[0]);
    tk_ingest_result_clear(&results[1]);
    /* One that cannot be stored takes the other with it. */
    mails[0] = server_mail("half good");
    mails[1] = server_mail("half bad");
    mails[1].channel_id = published.channel_id;
    mails[1].class = NULL;
    assert_int_equal(tk_store_ingest(store, mails, 2, NULL, 0, soon(5), results, NULL), TK_CONFIG);
    struct tk_ingest_result good = server_ingest(store, &mails[0], TK_OK);
    expect_result(good, "ticket", NULL);
    mails[1].tenant_id++;
    assert_int_equal(tk_store_ingest(store, mails, 2, NULL, 0, soon(5), results, NULL), TK_BUG);
}

struct pair {
    struct tk_ingest mails[2];
    struct tk_ingest_result results[2];
};

static gpointer ingest_pair(gpointer data)
{
    struct pair *pair = data;
    return GINT_TO_POINTER(tk_store_ingest(store, pair->mails, 2, NULL, 0, soon(60), pair->results, NULL));
}

/* Takes an intake key in a transaction of its own, as a twin in flight does. Waits for it 10 seconds. */
static ExecStatusType take_key(PGconn *connection, gint64 channel_id, const guint8 *key)
{
    g_autoptr(GString)
        sql = g_string_new("SET lock_timeout = '10s'; BEGIN; INSERT INTO ticketing.intake_key VALUES (");
    g_string_append_printf(sql, "%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ", '\\x", server_tenant,
                           channel_id);
    for (gsize i = 0; i < TK_INTAKE_KEY_SIZE; i++)
        g_string_append_printf(sql, "%02x", key[i]);
    g_string_append(sql, "', 1, now() + interval '1 day')");
    PGresult *result = PQexec(connection, sql->str);
    const ExecStatusType outcome = PQresultStatus(result);
    PQclear(result);
    return outcome;
}

/* Two mails to the same channels would wait for each other if one of them took its keys in another order. */
static void keys_are_taken_in_the_order_of_the_channels_not_of_the_recipients(void **state)
{
    (void)state;
    g_autofree char *sales =
        server_ask("postgres", "SELECT channel_id FROM ticketing.channel WHERE name = 'sales'");
    const gint64 later_channel = g_ascii_strtoll(sales, NULL, 10);
    assert_true(later_channel > server_channel);
    struct pair pair = {.mails = {server_mail("ordered"), server_mail("ordered")}};
    pair.mails[0].channel_id = later_channel;
    /* The key of the first channel is held, so the mail waits for that one. */
    PGconn *holder = PQconnectdb(server_conninfo("postgres"));
    assert_int_equal(take_key(holder, server_channel, pair.mails[0].intake_key), PGRES_COMMAND_OK);
    GThread *thread = g_thread_new("waits", ingest_pair, &pair);
    server_expect_soon("1", "SELECT count(*) FROM pg_stat_activity WHERE usename = 'ticket_milter'"
                            " AND wait_event_type = 'Lock'");
    /* It must not hold the key of the other channel by then. */
    PGconn *other = PQconnectdb(server_conninfo("postgres"));
    const ExecStatusType outcome = take_key(other, later_channel, pair.mails[0].intake_key);
    PQclear(PQexec(other, "ROLLBACK"));
    PQfinish(other);
    PQclear(PQexec(holder, "ROLLBACK"));
    PQfinish(holder);
    assert_int_equal(GPOINTER_TO_INT(g_thread_join(thread)), TK_OK);
    assert_int_equal(outcome, PGRES_COMMAND_OK);
    for (gsize i = 0; i < G_N_ELEMENTS(pair.results); i++) {
        assert_string_equal(pair.results[i].verdict, "ticket");
        tk_ingest_result_clear(&pair.results[i]);
    }
}

static void bytes_that_are_no_text_never_reach_the_server(void **state)
{
    (void)state;
    struct tk_ingest mail = server_mail("utf8");
    mail.subject = "caf\xe9 \xed\xa0\x80 \xf8";
    mail.body = "\xff\xfe";
    mail.message_id = "\x80@acme.example";
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    g_autofree char *sql = g_strdup_printf(
        "SELECT subject LIKE E'caf\\uFFFD %%' FROM ticketing.ticket WHERE ticket_id = %" G_GINT64_FORMAT,
        result.ticket_id);
    server_expect("t", sql);
    expect_result(result, "ticket", NULL);
}

static void data_that_does_not_fit_is_put_off_and_the_raw_way_stays_open(void **state)
{
    (void)state;
    g_autofree char *longer = g_strnfill(TK_STORE_SUBJECT_MAX + 1, 'x');
    struct tk_ingest mail = server_mail("too long");
    mail.subject = longer;
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_ingest_result result = {0};
    assert_int_equal(tk_store_ingest(store, &mail, 1, NULL, 0, soon(5), &result, why), TK_CONFIG);
    assert_non_null(strstr(why->str, "23514"));
    mail.subject = "unreadable mail";
    mail.level = "raw";
    expect_result(server_ingest(store, &mail, TK_OK), "ticket", NULL);
    longer[TK_STORE_SUBJECT_MAX] = '\0';
    struct tk_ingest fits = server_mail("just fits");
    fits.subject = longer;
    expect_result(server_ingest(store, &fits, TK_OK), "ticket", NULL);
}

static void facts_answer_every_key_in_order(void **state)
{
    (void)state;
    struct tk_ingest mail = server_mail("facts");
    mail.message_id = "facts@acme.example";
    struct tk_ingest_result stored = server_ingest(store, &mail, TK_OK);
    g_autofree char *lower = g_ascii_strdown(stored.number, -1);
    const char *const ids[] = {"none@acme.example", "facts@acme.example", NULL};
    const char *const numbers[] = {lower, "INC-999999", NULL};
    const gint64 tickets[] = {stored.ticket_id + 1000000, stored.ticket_id};
    const struct tk_facts_query query = {.tenant_id = server_tenant,
                                         .channel_id = server_channel,
                                         .ticket_ids = tickets,
                                         .ticket_count = 2,
                                         .message_ids = ids,
                                         .numbers = numbers,
                                         .sender = "bob@acme.example",
                                         .intake_key = mail.intake_key};
    struct tk_facts *facts = NULL;
    assert_int_equal(tk_store_facts(store, &query, soon(5), &facts, NULL), TK_OK);
    assert_string_equal(facts->channel_status, "published");
    assert_int_equal(facts->rules_version, 1);
    assert_int_equal(facts->facts->len, 4);
    const struct {
        int kind;
        guint place;
    } expected[] = {{TK_FACT_INTAKE, 0}, {TK_FACT_TOKEN, 1}, {TK_FACT_MESSAGE_ID, 1}, {TK_FACT_NUMBER, 0}};
    for (guint i = 0; i < 4; i++) {
        const struct tk_fact *fact = facts->facts->pdata[i];
        assert_int_equal(fact->kind, expected[i].kind);
        assert_int_equal(fact->place, expected[i].place);
        assert_int_equal(fact->ticket_id, stored.ticket_id);
        assert_string_equal(fact->number, stored.number);
        assert_string_equal(fact->ticket_type, "incident");
        assert_string_equal(fact->status, "open");
        assert_string_equal(fact->subject, "The printer is on fire");
        assert_int_equal(fact->closed_for, 0);
        assert_int_equal(fact->reopened, 0);
        assert_true(fact->participant);
    }
    tk_facts_free(&facts);
    tk_ingest_result_clear(&stored);
    const struct tk_facts_query nothing = {.tenant_id = server_tenant, .channel_id = server_channel + 1000};
    assert_int_equal(tk_store_facts(store, &nothing, soon(5), &facts, NULL), TK_OK);
    assert_null(facts->channel_status);
    assert_int_equal(facts->facts->len, 0);
    tk_facts_free(&facts);
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
        cmocka_unit_test(a_channel_is_found_by_its_names),
        cmocka_unit_test(a_mail_becomes_a_ticket_with_all_its_rows),
        cmocka_unit_test(the_same_mail_again_is_a_duplicate_and_is_counted),
        cmocka_unit_test(sixteen_parallel_twins_make_one_ticket_and_all_are_answered),
        cmocka_unit_test(an_expired_key_is_taken_over),
        cmocka_unit_test(a_refused_mail_is_decided_anew),
        cmocka_unit_test(a_known_message_id_on_another_mail_is_flagged_not_lost),
        cmocka_unit_test(a_reply_becomes_a_note_and_is_checked_again),
        cmocka_unit_test(a_bounce_leaves_one_delivery_note),
        cmocka_unit_test(a_disabled_channel_fails_new_mails_and_knows_old_ones),
        cmocka_unit_test(several_channels_are_one_transaction_and_keep_their_order),
        cmocka_unit_test(keys_are_taken_in_the_order_of_the_channels_not_of_the_recipients),
        cmocka_unit_test(bytes_that_are_no_text_never_reach_the_server),
        cmocka_unit_test(data_that_does_not_fit_is_put_off_and_the_raw_way_stays_open),
        cmocka_unit_test(facts_answer_every_key_in_order),
    };
    return server_run(tests, setup, teardown);
}
