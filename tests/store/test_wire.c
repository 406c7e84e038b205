/* Tests of what goes over the wire, through a relay that counts round trips and can cut the line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "schema/sql/queries.h"
#include "schema/wire/pool.h"
#include "tests/store/server.h"

static struct tk_store *store;
static char *folder;
static int listener = -1;

/* Both are set by the test while the line is silent. */
static gint round_trips; /* times that the client spoke after the server */
static gint cut;         /* the server's next answer is not handed on, and the line ends */

static struct sockaddr_un address_in(const char *where)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", where);
    return address;
}

static bool hand_on(int from, int to, char *data, gsize size)
{
    const ssize_t got = read(from, data, size);
    for (ssize_t sent = 0; sent < got;) {
        const ssize_t n = send(to, data + sent, (gsize)(got - sent), MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += n;
    }
    return got > 0;
}

static void relay(int client, int server)
{
    static char data[65536]; /* one connection at a time */
    bool server_spoke = true;
    struct pollfd fds[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    while (poll(fds, 2, -1) > 0) {
        if (fds[0].revents != 0) {
            if (server_spoke)
                g_atomic_int_inc(&round_trips);
            server_spoke = false;
            if (!hand_on(client, server, data, sizeof data))
                return;
        } else {
            server_spoke = true;
            if (g_atomic_int_get(&cut)) {
                g_atomic_int_set(&cut, 0);
                return;
            }
            if (!hand_on(server, client, data, sizeof data))
                return;
        }
    }
}

static gpointer run_relay(gpointer where)
{
    for (;;) {
        const int client = accept(listener, NULL, NULL);
        if (client < 0)
            return NULL;
        const struct sockaddr_un address = address_in(where);
        const int server = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(server, (const struct sockaddr *)&address, sizeof address) == 0)
            relay(client, server);
        close(client);
        close(server);
    }
}

static enum tk_status write_bytes(void *context, tk_store_sink put, void *sink, GString *why)
{
    (void)why;
    gsize size = 0;
    const void *data = g_bytes_get_data(context, &size);
    return put(sink, data, size);
}

/* Stores a mail with an attachment of SIZE bytes and says how many round trips it took. */
static int trips_for(const char *key, gsize size)
{
    g_autoptr(GBytes) bytes = g_bytes_new_take(g_strnfill(size, *key), size);
    struct tk_store_blob blob = {.size = size, .write = write_bytes, .context = bytes};
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize length = TK_SHA256_SIZE;
    g_checksum_update(checksum, g_bytes_get_data(bytes, NULL), (gssize)size);
    g_checksum_get_digest(checksum, blob.sha256, &length);
    struct tk_ingest_attachment attachment = {
        .filename = "a", .content_type = "text/plain", .size = size, .disposition = "attachment"};
    memcpy(attachment.sha256, blob.sha256, TK_SHA256_SIZE);
    struct tk_ingest mail = server_mail(key);
    mail.attachments = &attachment;
    mail.attachment_count = 1;
    assert_int_equal(tk_store_check(store, soon(5), NULL), TK_OK);
    g_atomic_int_set(&round_trips, 0);
    struct tk_ingest_result result = {0};
    assert_int_equal(tk_store_ingest(store, &mail, 1, &blob, 1, soon(10), &result, NULL), TK_OK);
    tk_ingest_result_clear(&result);
    return g_atomic_int_get(&round_trips);
}

static void a_new_mail_up_to_256_kib_is_one_round_trip_and_a_reply_two(void **state)
{
    (void)state;
    assert_int_equal(trips_for("small", 20000), 1);
    assert_int_equal(trips_for("most", 250000), 1);
    struct tk_ingest mail = server_mail("plain");
    const char *const ids[] = {"x@y", NULL};
    const struct tk_facts_query query = {
        .tenant_id = server_tenant, .channel_id = server_channel, .message_ids = ids};
    struct tk_facts *facts = NULL;
    g_atomic_int_set(&round_trips, 0);
    assert_int_equal(tk_store_facts(store, &query, soon(5), &facts, NULL), TK_OK);
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    assert_int_equal(g_atomic_int_get(&round_trips), 2);
    tk_facts_free(&facts);
    tk_ingest_result_clear(&result);
}

static void an_answer_that_is_lost_after_the_commit_is_uncertain(void **state)
{
    (void)state;
    const struct tk_ingest mail = server_mail("lost answer");
    assert_int_equal(tk_store_check(store, soon(5), NULL), TK_OK);
    g_atomic_int_set(&cut, 1);
    struct tk_ingest_result result = server_ingest(store, &mail, TK_UNCERTAIN);
    assert_null(result.verdict);
    result = server_ingest(store, &mail, TK_OK);
    assert_string_equal(result.verdict, "duplicate");
    assert_true(result.ticket_id > 0);
    tk_ingest_result_clear(&result);
}

static void an_answer_that_is_lost_before_the_commit_is_later(void **state)
{
    (void)state;
    /* The question which contents are there comes first. */
    static char text[300000];
    memset(text, 'z', sizeof text);
    g_autoptr(GBytes) bytes = g_bytes_new_static(text, sizeof text);
    const struct tk_store_blob blob = {.size = sizeof text, .write = write_bytes, .context = bytes};
    const struct tk_ingest mail = server_mail("lost question");
    struct tk_ingest_result result = {0};
    assert_int_equal(tk_store_check(store, soon(5), NULL), TK_OK);
    g_atomic_int_set(&cut, 1);
    assert_int_equal(tk_store_ingest(store, &mail, 1, &blob, 1, soon(5), &result, NULL), TK_LATER);
    result = server_ingest(store, &mail, TK_OK);
    assert_string_equal(result.verdict, "ticket");
    tk_ingest_result_clear(&result);
}

static gint64 prepared_statements(void)
{
    g_autoptr(PGresult) result = NULL;
    assert_int_equal(tk_pool_query(store, "SELECT count(*) AS n FROM pg_prepared_statements", NULL, false,
                                   soon(5), &result, NULL),
                     TK_OK);
    return tk_result_number(result, 0, "n");
}

static void execute(const char *sql)
{
    g_autoptr(PGresult) result = NULL;
    assert_int_equal(tk_pool_query(store, sql, NULL, false, soon(5), &result, NULL), TK_OK);
}

static void expect_stored(const char *key)
{
    const struct tk_ingest mail = server_mail(key);
    struct tk_ingest_result result = server_ingest(store, &mail, TK_OK);
    assert_string_equal(result.verdict, "ticket");
    tk_ingest_result_clear(&result);
}

static int open_store(void **state)
{
    (void)state;
    g_autofree char *conninfo =
        g_strdup_printf("host=%s port=5432 dbname=tickets user=ticket_milter", folder);
    const struct tk_store_options options = {.conninfo = conninfo, .pool = 1, .wait = 5 * G_USEC_PER_SEC};
    tk_store_close(&store);
    return tk_store_open(&options, &store, NULL) == TK_OK ? 0 : -1;
}

static void a_statement_is_prepared_once_and_without_a_round_trip(void **state)
{
    (void)state;
    assert_int_equal(tk_store_check(store, soon(5), NULL), TK_OK);
    assert_int_equal(prepared_statements(), 0);
    g_atomic_int_set(&round_trips, 0);
    expect_stored("prepared");
    assert_int_equal(g_atomic_int_get(&round_trips), 1);
    expect_stored("prepared before");
    assert_int_equal(prepared_statements(), 1);
}

static void statements_that_a_pooler_loses_are_sent_whole(void **state)
{
    (void)state;
    expect_stored("before it is lost");
    execute("DEALLOCATE ALL");
    expect_stored("lost");
    assert_int_equal(prepared_statements(), 0);
    expect_stored("after it was lost");
    assert_int_equal(prepared_statements(), 0);
}

static void a_statement_of_the_name_that_is_there_already_is_not_taken_for_ours(void **state)
{
    (void)state;
    g_autofree char *foreign =
        g_strdup_printf("PREPARE ticket_milter_%08x AS SELECT 1", g_str_hash(tk_query_ingest));
    execute(foreign);
    expect_stored("foreign");
    assert_int_equal(prepared_statements(), 0);
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    folder = g_dir_make_tmp("ticket-relay.XXXXXX", NULL);
    const struct sockaddr_un address = address_in(folder);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4) != 0)
        return -1;
    g_auto(GStrv) words = g_strsplit(server_conninfo("ticket_milter"), " ", -1);
    g_thread_unref(g_thread_new("relay", run_relay, g_strdup(words[0] + strlen("host="))));
    return open_store(state);
}

static int teardown(void **state)
{
    (void)state;
    tk_store_close(&store);
    const struct sockaddr_un address = address_in(folder);
    unlink(address.sun_path);
    rmdir(folder);
    g_free(folder);
    server_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_mail_up_to_256_kib_is_one_round_trip_and_a_reply_two),
        cmocka_unit_test(an_answer_that_is_lost_after_the_commit_is_uncertain),
        cmocka_unit_test(an_answer_that_is_lost_before_the_commit_is_later),
        cmocka_unit_test_setup(a_statement_is_prepared_once_and_without_a_round_trip, open_store),
        cmocka_unit_test_setup(statements_that_a_pooler_loses_are_sent_whole, open_store),
        cmocka_unit_test_setup(a_statement_of_the_name_that_is_there_already_is_not_taken_for_ours,
                               open_store),
    };
    return server_run(tests, setup, teardown);
}
