/* Tests of the way out against a real server: leases, ends, caps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "schema/calls/outbox.h"
#include "tests/store/server.h"

#define LEASE   60000
#define GIVE_UP (5 * 24 * 3600 * G_GINT64_CONSTANT(1000))

static struct tk_store *milter, *agent, *notify;

/* Makes a ticket for REQUESTER; its number is the caller's. Nothing else is due then. */
static char *make_ticket(const char *key, const char *requester, const struct tk_ingest_confirm *confirm)
{
    const char *const participants[] = {requester, NULL};
    server_expect("", "DELETE FROM ticketing.outbox");
    struct tk_ingest mail = server_mail(key);
    mail.message_id = key;
    mail.requester = mail.sender = requester;
    mail.participants = participants;
    mail.confirm = confirm;
    struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
    char *number = g_steal_pointer(&result.number);
    tk_ingest_result_clear(&result);
    return number;
}

static void add_note(const char *number, const char *body)
{
    gint64 note_id = 0;
    assert_int_equal(tk_admin_add_note(agent,
                                       &(struct tk_admin_note){.tenant_id = server_tenant,
                                                               .number = number,
                                                               .author = "Bo",
                                                               .visibility = "public",
                                                               .body = body},
                                       soon(5), &note_id, NULL),
                     TK_OK);
}

static struct tk_outbox_mail *take(const char *worker)
{
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_outbox_mail *mail = NULL;
    enum tk_status status = tk_outbox_take(notify, server_tenant, worker, LEASE, soon(5), &mail, why);
    if (status != TK_OK && status != TK_NO_MATCH)
        fail_msg("take: %s", why->str);
    assert_true((status == TK_OK) == (mail != NULL));
    return mail;
}

/* A mail that is due. The store puts the server's clock as early as its answers allow, so what was made a
 * moment ago may become due a moment later. */
static struct tk_outbox_mail *take_due(const char *worker)
{
    struct tk_outbox_mail *mail = NULL;
    for (const gint64 end = soon(5); mail == NULL && g_get_monotonic_time() < end; g_usleep(1000))
        mail = take(worker);
    assert_non_null(mail);
    return mail;
}

/* Begins MAIL; the Message-ID is the caller's, NULL where the lease is another's. */
static char *begin(const struct tk_outbox_mail *mail, const char *worker, const char *message_id)
{
    g_autoptr(GPtrArray) files = tk_outbox_files_new();
    char *id = NULL;
    enum tk_status status = tk_outbox_begin(notify, mail, worker, message_id, soon(5), &id, files, NULL);
    assert_true(status == TK_OK || status == TK_NO_MATCH);
    return id;
}

static void a_mail_is_taken_once_and_says_all_that_it_is_made_of(void **state)
{
    (void)state;
    g_autofree char *number = make_ticket("first@acme.example", "ann@acme.example", NULL);
    add_note(number, "an answer");
    add_note(number, "a second one");
    struct tk_outbox_mail *one = take_due("w1"), *two = take_due("w2");
    assert_null(take("w3"));
    assert_string_equal(one->kind, "note");
    assert_string_equal(one->recipient, "ann@acme.example");
    assert_string_equal(one->tenant, "acme");
    assert_string_equal(one->channel, "support");
    assert_string_equal(one->number, number);
    assert_string_equal(one->subject, "The printer is on fire");
    assert_string_equal(one->author, "Bo");
    assert_string_equal(one->body, "an answer");
    assert_string_equal(one->request_id, "first@acme.example");
    assert_null(one->reply_id);
    assert_string_equal(one->before_author, "Ann");
    assert_string_equal(one->before_body, "Please send water.");
    assert_true(one->before_at > 0);
    assert_int_equal(one->attempts, 1);
    assert_string_equal(two->body, "a second one");
    assert_string_equal(two->before_author, "Bo");
    assert_string_equal(two->before_body, "an answer");
    assert_int_equal(tk_outbox_sent(notify, one, soon(5), NULL), TK_OK);
    assert_int_equal(tk_outbox_sent(notify, two, soon(5), NULL), TK_OK);
    server_expect("sent,sent", "SELECT string_agg(state, ',') FROM ticketing.outbox");
    tk_outbox_mail_free(&one);
    tk_outbox_mail_free(&two);
}

static void tenants_with_nothing_to_send_are_left_alone(void **state)
{
    (void)state;
    g_autoptr(GArray) tenants = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autofree char *number = make_ticket("tenants@acme.example", "ann@acme.example", NULL);
    assert_int_equal(tk_outbox_tenants(notify, soon(5), tenants, NULL), TK_OK);
    assert_int_equal(tenants->len, 0);
    add_note(number, "x");
    for (const gint64 end = soon(5); tenants->len == 0 && g_get_monotonic_time() < end; g_usleep(1000))
        assert_int_equal(tk_outbox_tenants(notify, soon(5), tenants, NULL), TK_OK);
    assert_int_equal(tenants->len, 1);
    assert_int_equal(g_array_index(tenants, gint64, 0), server_tenant);
    struct tk_outbox_mail *mail = take_due("w1");
    g_array_set_size(tenants, 0);
    assert_int_equal(tk_outbox_tenants(notify, soon(5), tenants, NULL), TK_OK);
    assert_int_equal(tenants->len, 0); /* leased */
    tk_outbox_mail_free(&mail);
}

static void a_lease_that_ran_out_is_another_workers_with_the_same_message_id(void **state)
{
    (void)state;
    g_autofree char *number = make_ticket("lease@acme.example", "ann@acme.example", NULL);
    add_note(number, "x");
    struct tk_outbox_mail *mail = take_due("dead");
    g_autofree char *first = begin(mail, "dead", "one@gw1");
    assert_string_equal(first, "one@gw1");
    server_expect("out", "SELECT direction FROM ticketing.message_id WHERE message_id = 'one@gw1'");
    server_expect("", "UPDATE ticketing.outbox SET leased_until = now() - interval '1 second'");
    struct tk_outbox_mail *again = take_due("alive");
    assert_int_equal(again->outbox_id, mail->outbox_id);
    assert_int_equal(again->attempts, 2);
    assert_string_equal(again->message_id, "one@gw1");
    g_autofree char *second = begin(again, "alive", "two@gw1");
    assert_string_equal(second, "one@gw1");
    assert_null(begin(mail, "dead", "three@gw1"));
    /* What the dead one did all the same counts: the mail is out. */
    bool failed = true;
    assert_int_equal(
        tk_outbox_retry(notify, mail, "dead", 1000, GIVE_UP, "450 later", soon(5), &failed, NULL), TK_OK);
    assert_false(failed);
    server_expect("alive", "SELECT leased_by FROM ticketing.outbox");
    assert_int_equal(tk_outbox_sent(notify, mail, soon(5), NULL), TK_OK);
    server_expect("sent", "SELECT state FROM ticketing.outbox");
    tk_outbox_mail_free(&mail);
    tk_outbox_mail_free(&again);
}

static void o6_a_mail_is_tried_for_days_and_then_told_on_the_ticket_alone(void **state)
{
    (void)state;
    g_autofree char *number = make_ticket("retry@acme.example", "ann@acme.example", NULL);
    add_note(number, "x");
    server_expect("", "UPDATE ticketing.ticket SET updated_at = '2026-01-01Z', status = 'closed'");
    struct tk_outbox_mail *mail = take_due("w1");
    bool failed = true;
    assert_int_equal(tk_outbox_retry(notify, mail, "w1", 60000, GIVE_UP, "450 later", soon(5), &failed, NULL),
                     TK_OK);
    assert_false(failed);
    assert_null(take("w1"));
    server_expect("pending|1|450 later|t",
                  "SELECT concat_ws('|', state, attempts, last_error, next_at > now() +"
                  " interval '50 seconds') FROM ticketing.outbox");
    server_expect("", "UPDATE ticketing.outbox SET next_at = now(), created_at = now() - interval '5 days'");
    tk_outbox_mail_free(&mail);
    mail = take_due("w1");
    assert_int_equal(mail->attempts, 2);
    assert_int_equal(tk_outbox_retry(notify, mail, "w1", 60000, GIVE_UP, "450 still", soon(5), &failed, NULL),
                     TK_OK);
    assert_true(failed);
    server_expect("failed|450 still", "SELECT concat_ws('|', state, last_error) FROM ticketing.outbox");
    server_expect(
        "internal|ticket-notify|delivery|A mail (note) to ann@acme.example could not be delivered: 450 still",
        "SELECT concat_ws('|', visibility, author, source, body) FROM ticketing.note"
        " ORDER BY note_id DESC LIMIT 1");
    server_expect("t",
                  "SELECT bool_and(updated_at = '2026-01-01Z' AND status = 'closed') FROM ticketing.ticket");
    assert_null(take("w1"));
    tk_outbox_mail_free(&mail);
}

static void a_refused_mail_is_told_once(void **state)
{
    (void)state;
    g_autofree char *number = make_ticket("refused@acme.example", "ann@acme.example", NULL);
    add_note(number, "x");
    struct tk_outbox_mail *mail = take_due("w1");
    for (int i = 0; i < 2; i++)
        assert_int_equal(tk_outbox_failed(notify, mail, "550 refused-once", soon(5), NULL), TK_OK);
    server_expect("1", "SELECT count(*) FROM ticketing.note WHERE body LIKE '%550 refused-once'");
    /* The end is the end: nothing makes a failed mail a sent one. */
    assert_int_equal(tk_outbox_sent(notify, mail, soon(5), NULL), TK_OK);
    server_expect("failed", "SELECT state FROM ticketing.outbox");
    tk_outbox_mail_free(&mail);
}

static enum tk_status append(void *sink, const void *data, gsize size)
{
    g_string_append_len(sink, data, (gssize)size);
    return TK_OK;
}

static void the_files_of_a_note_go_with_it_and_no_others(void **state)
{
    (void)state;
    g_autofree char *number = make_ticket("files@acme.example", "ann@acme.example", NULL);
    add_note(number, "see the file");
    server_expect("", "INSERT INTO ticketing.blob SELECT tenant_id, sha256(d), 0, d FROM ticketing.tenant,"
                      " (VALUES ('\\x6d696e65'::bytea), ('\\x6f74686572'::bytea)) AS v (d)");
    server_expect(
        "", "INSERT INTO ticketing.attachment (tenant_id, ticket_id, note_id, filename, content_type, size,"
            " sha256, disposition) SELECT o.tenant_id, o.ticket_id, v.note_id, v.name, 'text/plain', 4,"
            " sha256(v.d), 'attachment' FROM ticketing.outbox o, LATERAL (VALUES (o.note_id, 'a.txt',"
            " '\\x6d696e65'::bytea), (NULL, 'b.txt', '\\x6f74686572'::bytea)) AS v (note_id, name, d)");
    struct tk_outbox_mail *mail = take_due("w1");
    g_autoptr(GPtrArray) files = tk_outbox_files_new();
    g_autofree char *id = NULL;
    assert_int_equal(tk_outbox_begin(notify, mail, "w1", "files@gw1", soon(5), &id, files, NULL), TK_OK);
    assert_int_equal(files->len, 1);
    struct tk_outbox_file *file = files->pdata[0];
    assert_string_equal(file->filename, "a.txt");
    assert_int_equal(file->size, 4);
    g_autoptr(GString) bytes = g_string_new(NULL);
    assert_int_equal(tk_outbox_file_stream(notify, mail, file, append, bytes, soon(5), NULL), TK_OK);
    assert_string_equal(bytes->str, "mine");
    file->attachment_id++; /* the request's file, which the mail is not about */
    assert_int_equal(tk_outbox_file_stream(notify, mail, file, append, bytes, soon(5), NULL), TK_NO_MATCH);
    tk_outbox_mail_free(&mail);
}

static void o4_confirmations_are_capped_by_recipient_channel_and_tenant(void **state)
{
    (void)state;
    static const struct {
        struct tk_ingest_confirm confirm;
        const char *first, *second, *sent;
    } cases[] = {
        {{.pause_seconds = 600, .channel_hour = 9, .tenant_hour = 9},
         "a@acme.example",
         "a@acme.example",
         "1"},
        {{.pause_seconds = 600, .channel_hour = 9, .tenant_hour = 9},
         "a@acme.example",
         "b@acme.example",
         "2"},
        {{.pause_seconds = 600, .channel_hour = 1, .tenant_hour = 9},
         "a@acme.example",
         "b@acme.example",
         "1"},
        {{.pause_seconds = 600, .channel_hour = 9, .tenant_hour = 1},
         "a@acme.example",
         "b@acme.example",
         "1"},
        {{.pause_seconds = 600, .channel_hour = 0, .tenant_hour = 9},
         "a@acme.example",
         "b@acme.example",
         "0"},
        {{.pause_seconds = 0, .channel_hour = 9, .tenant_hour = 9}, "a@acme.example", "a@acme.example", "2"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *key = g_strdup_printf("caps%" G_GSIZE_FORMAT "@acme.example", i);
        g_autofree char *number = make_ticket(key, cases[i].first, &cases[i].confirm);
        g_autofree char *again = g_strconcat("2", key, NULL);
        struct tk_ingest mail = server_mail(again);
        mail.requester = cases[i].second;
        mail.confirm = &cases[i].confirm;
        struct tk_ingest_result result = server_ingest(milter, &mail, TK_OK);
        server_expect(cases[i].sent, "SELECT count(*) FROM ticketing.outbox");
        g_autofree char *sql =
            g_strdup_printf("SELECT cardinality(notices) = %d FROM ticketing.ticket WHERE number = '%s'",
                            strcmp(cases[i].sent, "2") != 0, result.number);
        server_expect("t", sql);
        tk_ingest_result_clear(&result);
    }
}

static void a_confirmation_waits_for_its_delay_and_is_one_a_ticket(void **state)
{
    (void)state;
    const struct tk_ingest_confirm later = {.delay_seconds = 300, .channel_hour = 9, .tenant_hour = 9};
    g_autofree char *number = make_ticket("delay@acme.example", "ann@acme.example", &later);
    assert_null(take("w1"));
    server_expect("t", "SELECT next_at - created_at = interval '5 minutes' FROM ticketing.outbox");
    server_expect("!23505",
                  "INSERT INTO ticketing.outbox (tenant_id, kind, ticket_id, recipient, next_at, created_at)"
                  " SELECT tenant_id, kind, ticket_id, recipient, next_at, created_at FROM ticketing.outbox");
}

static gpointer one_of_many(gpointer number)
{
    g_autofree char *key = g_strdup_printf("many%d@acme.example", GPOINTER_TO_INT(number));
    static const struct tk_ingest_confirm confirm = {
        .pause_seconds = 600, .channel_hour = 99, .tenant_hour = 99};
    struct tk_ingest mail = server_mail(key);
    mail.confirm = &confirm;
    struct tk_ingest_result result = {0};
    enum tk_status status = tk_store_ingest(milter, &mail, 1, NULL, 0, soon(20), &result, NULL);
    tk_ingest_result_clear(&result);
    return GINT_TO_POINTER(status);
}

static void o4_many_mails_of_one_sender_at_once_are_confirmed_once(void **state)
{
    (void)state;
    GThread *threads[8];
    server_expect("", "DELETE FROM ticketing.outbox");
    for (int i = 0; i < (int)G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("mail", one_of_many, GINT_TO_POINTER(i));
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        assert_int_equal(GPOINTER_TO_INT(g_thread_join(threads[i])), TK_OK);
    server_expect("1", "SELECT count(*) FROM ticketing.outbox");
}

static void a_status_is_told_where_the_channel_lists_it(void **state)
{
    (void)state;
    g_autofree char *number = make_ticket("status@acme.example", "ann@acme.example", NULL);
    assert_int_equal(tk_admin_set_status(agent, server_tenant, number, "closed", "Bo", soon(5), NULL), TK_OK);
    server_expect("0", "SELECT count(*) FROM ticketing.outbox");
    server_expect("", "UPDATE ticketing.channel_rules SET rules = '{\"tell_status\": [\"closed\"]}'");
    assert_int_equal(tk_admin_set_status(agent, server_tenant, number, "open", "Bo", soon(5), NULL), TK_OK);
    server_expect("0", "SELECT count(*) FROM ticketing.outbox");
    assert_int_equal(tk_admin_set_status(agent, server_tenant, number, "closed", "Bo", soon(5), NULL), TK_OK);
    struct tk_outbox_mail *mail = take_due("w1");
    assert_string_equal(mail->kind, "status");
    assert_string_equal(mail->status, "closed");
    assert_null(mail->body);
    tk_outbox_mail_free(&mail);
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    milter = server_store("ticket_milter", 8);
    agent = server_store("ticket_agent", 1);
    notify = server_store("ticket_notify", 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tk_store_close(&milter);
    tk_store_close(&agent);
    tk_store_close(&notify);
    server_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mail_is_taken_once_and_says_all_that_it_is_made_of),
        cmocka_unit_test(tenants_with_nothing_to_send_are_left_alone),
        cmocka_unit_test(a_lease_that_ran_out_is_another_workers_with_the_same_message_id),
        cmocka_unit_test(o6_a_mail_is_tried_for_days_and_then_told_on_the_ticket_alone),
        cmocka_unit_test(a_refused_mail_is_told_once),
        cmocka_unit_test(the_files_of_a_note_go_with_it_and_no_others),
        cmocka_unit_test(o4_confirmations_are_capped_by_recipient_channel_and_tenant),
        cmocka_unit_test(a_confirmation_waits_for_its_delay_and_is_one_a_ticket),
        cmocka_unit_test(o4_many_mails_of_one_sender_at_once_are_confirmed_once),
        cmocka_unit_test(a_status_is_told_where_the_channel_lists_it),
    };
    return server_run(tests, setup, teardown);
}
