/* Tests of how contents (attachments, raw mails) reach the database and come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/store/server.h"

static struct tk_store *store;

/* A content made on the fly: SIZE bytes that depend on SEED and place, written in pieces of PIECE. */
struct stream {
    guint64 size;
    guint32 seed;
    gsize piece;
    guint writes;
    enum tk_status fail; /* in the middle */
};

static void make_piece(const struct stream *s, guint64 from, guint8 *data, gsize size)
{
    for (gsize i = 0; i < size; i++)
        data[i] = (guint8)(((from + i) * 2654435761U + s->seed) >> 11);
}

static enum tk_status write_stream(void *context, tk_store_sink put, void *sink, GString *why)
{
    struct stream *s = context;
    guint8 data[70000];
    s->writes++;
    for (guint64 at = 0; at < s->size;) {
        const gsize size = MIN(s->piece, s->size - at);
        if (s->fail != TK_OK && at > s->size / 2)
            return tk_status_fail(s->fail, why, "cannot decode");
        make_piece(s, at, data, size);
        enum tk_status status = put(sink, data, size);
        if (status != TK_OK)
            return status;
        at += size;
    }
    return TK_OK;
}

static enum tk_status add_to_checksum(void *sink, const void *data, gsize size)
{
    g_checksum_update(sink, data, (gssize)size);
    return TK_OK;
}

static struct tk_store_blob blob_of(struct stream *s)
{
    struct tk_store_blob blob = {.size = s->size, .write = write_stream, .context = s};
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = TK_SHA256_SIZE;
    const enum tk_status fail = s->fail;
    s->fail = TK_OK;
    assert_int_equal(write_stream(s, add_to_checksum, checksum, NULL), TK_OK);
    s->fail = fail;
    s->writes = 0;
    g_checksum_get_digest(checksum, blob.sha256, &size);
    return blob;
}

static struct tk_ingest_attachment attachment_of(const struct tk_store_blob *blob, const char *name)
{
    struct tk_ingest_attachment attachment = {
        .filename = name, .content_type = "application/pdf", .size = blob->size, .disposition = "attachment"};
    memcpy(attachment.sha256, blob->sha256, TK_SHA256_SIZE);
    return attachment;
}

static enum tk_status put_mail(const char *key, struct tk_store_blob *blobs, guint count, GString *why)
{
    g_autofree struct tk_ingest_attachment *attachments = g_new0(struct tk_ingest_attachment, count);
    for (guint i = 0; i < count; i++)
        attachments[i] = attachment_of(&blobs[i], "a.pdf");
    struct tk_ingest mail = server_mail(key);
    mail.attachments = attachments;
    mail.attachment_count = count;
    struct tk_ingest_result result = {0};
    enum tk_status status = tk_store_ingest(store, &mail, 1, blobs, count, soon(30), &result, why);
    if (status == TK_OK)
        assert_string_equal(result.verdict, "ticket");
    tk_ingest_result_clear(&result);
    return status;
}

/* The attachment made last, hashed as an agent reads it. */
static void expect_readable(const struct tk_store_blob *blob)
{
    struct tk_store *agent = server_store("ticket_agent", 1);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *id = server_ask("postgres", "SELECT max(attachment_id) FROM ticketing.attachment");
    assert_int_equal(
        tk_admin_attachment(agent, server_tenant, atoll(id), add_to_checksum, checksum, soon(20), NULL),
        TK_OK);
    guint8 digest[TK_SHA256_SIZE];
    gsize size = sizeof digest;
    g_checksum_get_digest(checksum, digest, &size);
    assert_memory_equal(digest, blob->sha256, sizeof digest);
    tk_store_close(&agent);
}

static void contents_of_any_size_come_back_byte_by_byte(void **state)
{
    (void)state;
    const guint64 sizes[] = {0, 1, 262143, 262144, 262145, 1000000};
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        struct stream s = {.size = sizes[i], .seed = (guint32)i, .piece = 65537};
        struct tk_store_blob blob = blob_of(&s);
        g_autofree char *key = g_strdup_printf("size %" G_GUINT64_FORMAT, sizes[i]);
        assert_int_equal(put_mail(key, &blob, 1, NULL), TK_OK);
        expect_readable(&blob);
    }
}

static void each_content_is_stored_once_and_a_large_one_asked_for_once(void **state)
{
    (void)state;
    struct stream small = {.size = 1000, .seed = 77, .piece = 1000},
                  large = {.size = 700000, .seed = 78, .piece = 5000};
    struct tk_store_blob blobs[] = {blob_of(&large), blob_of(&small), blob_of(&large), blob_of(&small)};
    assert_int_equal(put_mail("once 1", blobs, 4, NULL), TK_OK);
    assert_int_equal(large.writes, 1);
    assert_int_equal(small.writes, 1);
    assert_int_equal(put_mail("once 2", blobs, 4, NULL), TK_OK);
    assert_int_equal(large.writes, 1);
    server_expect("8", "SELECT count(*) FROM ticketing.attachment WHERE size IN (1000, 700000)");
    server_expect("701000|4",
                  "SELECT sum(octet_length(data)) || '|' || count(*) FROM ticketing.blob WHERE sha256 IN"
                  " (SELECT sha256 FROM ticketing.attachment WHERE size IN (1000, 700000))");
    /* Small ones go out unasked. */
    assert_int_equal(put_mail("once 3", &blobs[1], 1, NULL), TK_OK);
    assert_int_equal(small.writes, 2);
}

static void a_content_that_is_not_what_it_says_stores_nothing(void **state)
{
    (void)state;
    struct stream s = {.size = 600000, .seed = 5, .piece = 60000};
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_store_blob wrong = blob_of(&s);
    wrong.sha256[0] ^= 1;
    assert_int_equal(put_mail("wrong hash", &wrong, 1, why), TK_BUG);
    struct tk_store_blob longer = blob_of(&s);
    longer.size--;
    assert_int_equal(put_mail("wrong hash", &longer, 1, why), TK_BUG);
    struct tk_store_blob shorter = blob_of(&s);
    shorter.size++;
    assert_int_equal(put_mail("wrong hash", &shorter, 1, why), TK_BUG);
    s.fail = TK_REFUSED;
    struct tk_store_blob broken = blob_of(&s);
    assert_int_equal(put_mail("wrong hash", &broken, 1, why), TK_REFUSED);
    assert_string_equal(why->str, "cannot decode");
    server_expect("0", "SELECT count(*) FROM ticketing.attachment WHERE size BETWEEN 599999 AND 600001");
    /* The chunks went as well: the good one is new, and so is the mail. */
    s.fail = TK_OK;
    struct tk_store_blob right = blob_of(&s);
    assert_int_equal(put_mail("wrong hash", &right, 1, why), TK_OK);
    assert_int_equal(s.writes, 1);
    expect_readable(&right);
}

/* Whole contents as the milter's role puts them: $1 is true, $2 a lie of its length, $3 its sha256. */
static char *put_sql(const char *sql)
{
    static const char *const values[] = {"convert_to(repeat('true', 100000), 'UTF8')",
                                         "convert_to(repeat('lies', 100000), 'UTF8')",
                                         "sha256(convert_to(repeat('true', 100000), 'UTF8'))", NULL};
    g_autoptr(GString) text = g_string_new(sql);
    for (guint i = 0; values[i] != NULL; i++) {
        g_autofree char *name = g_strdup_printf("$%u", i + 1);
        g_string_replace(text, name, values[i], 0);
    }
    g_autofree char *tenant = g_strdup_printf("%" G_GINT64_FORMAT, server_tenant);
    g_string_replace(text, "$tenant", tenant, 0);
    return server_ask("ticket_milter", text->str);
}

static void expect_put(const char *expected, const char *sql)
{
    g_autofree char *got = put_sql(sql);
    assert_string_equal(got, expected);
}

#define PUT(number, of, last)                                                                                \
    "SELECT ticketing.attachment_put($tenant, $3, " #number ", substring(" of " FROM " #number               \
    " * 262144 + 1 FOR 262144), " #last ");"
#define PRESENT "SELECT count(*) FROM ticketing.attachment_present($tenant, ARRAY[$3]);"
#define STORED                                                                                               \
    "SELECT coalesce(string_agg(chunk_no || ' ' || left(encode(data, 'escape'), 4), ',' ORDER BY chunk_no)," \
    " 'none') FROM ticketing.blob WHERE sha256 = sha256(convert_to(repeat('true', 100000), 'UTF8'))"

static void a_caller_that_lies_about_a_content_stores_none_of_it(void **state)
{
    (void)state;
    expect_put("!TK005", "SELECT ticketing.attachment_put($tenant, $3, 0, 'lies', true)");
    expect_put("!TK005", PUT(0, "$2", false) PUT(1, "$2", true));
    expect_put("!TK005", PUT(0, "$1", false) PUT(1, "$2", true));
    expect_put("!TK005", PUT(0, "$1", true));
    server_expect("none", STORED);
    /* Nor does it help never to come to the end: what is not whole is not there, and the truth replaces it.
     */
    expect_put("0", PUT(0, "$2", false) PUT(1, "$2", false) PUT(3, "$2", false) PRESENT);
    server_expect("0 lies,1 lies,3 ", STORED);
    expect_put("1", PUT(0, "$1", false) PUT(1, "$1", true) PRESENT);
    server_expect("0 true,1 true", STORED);
    /* And nothing is added to what is there. */
    expect_put("1", PUT(0, "$2", false) PUT(1, "$2", true) PUT(2, "$2", true) PUT(3, "$2", false) PRESENT);
    server_expect("0 true,1 true", STORED);
}

static void a_content_that_is_not_whole_is_no_attachment(void **state)
{
    (void)state;
    struct stream s = {.size = 300000, .seed = 41, .piece = 50000};
    struct tk_store_blob blob = blob_of(&s);
    g_autofree char *hash = g_malloc0(2 * TK_SHA256_SIZE + 1);
    for (guint i = 0; i < TK_SHA256_SIZE; i++)
        g_snprintf(hash + 2 * i, 3, "%02x", blob.sha256[i]);
    g_autofree char *sql =
        g_strdup_printf("SELECT ticketing.attachment_put($tenant, '\\x%s', 0, 'x', false)", hash);
    expect_put("", sql);
    struct tk_ingest_attachment attachment = attachment_of(&blob, "half.pdf");
    struct tk_ingest mail = server_mail("half a content");
    mail.attachments = &attachment;
    mail.attachment_count = 1;
    struct tk_ingest_result result = server_ingest(store, &mail, TK_BUG);
    tk_ingest_result_clear(&result);
    assert_int_equal(put_mail("half a content", &blob, 1, NULL), TK_OK);
    expect_readable(&blob);
}

static void an_attachment_without_its_content_is_our_bug(void **state)
{
    (void)state;
    struct stream s = {.size = 10, .seed = 99, .piece = 10};
    struct tk_store_blob blob = blob_of(&s);
    struct tk_ingest_attachment attachment = attachment_of(&blob, "nowhere.pdf");
    struct tk_ingest mail = server_mail("no content");
    mail.attachments = &attachment;
    mail.attachment_count = 1;
    struct tk_ingest_result result = server_ingest(store, &mail, TK_BUG);
    assert_null(result.verdict);
}

struct job {
    struct tk_ingest *mail;
    struct tk_store_blob *blobs;
};

static gpointer run_job(gpointer data)
{
    struct job *job = data;
    struct tk_ingest_result result = {0};
    enum tk_status status = tk_store_ingest(store, job->mail, 1, job->blobs, 3, soon(20), &result, NULL);
    tk_ingest_result_clear(&result);
    return GINT_TO_POINTER(status);
}

static void parallel_mails_with_the_same_contents_do_not_lock_each_other(void **state)
{
    (void)state;
    struct stream streams[8][3];
    struct tk_store_blob blobs[8][3];
    GThread *threads[8];
    for (guint i = 0; i < 8; i++)
        for (guint k = 0; k < 3; k++) {
            /* Each mail has them in another order. */
            streams[i][k] = (struct stream){.size = 300000, .seed = 500 + (i + k) % 3, .piece = 50000};
            blobs[i][k] = blob_of(&streams[i][k]);
        }
    struct tk_ingest mails[8];
    struct tk_ingest_attachment attachments[8][3];
    struct job jobs[8];
    for (guint i = 0; i < 8; i++) {
        g_autofree char *key = g_strdup_printf("parallel %u", i);
        mails[i] = server_mail(key);
        for (guint k = 0; k < 3; k++)
            attachments[i][k] = attachment_of(&blobs[i][k], "p.pdf");
        mails[i].attachments = attachments[i];
        mails[i].attachment_count = 3;
        jobs[i] = (struct job){&mails[i], blobs[i]};
    }
    for (guint i = 0; i < 8; i++)
        threads[i] = g_thread_new("mail", run_job, &jobs[i]);
    for (guint i = 0; i < 8; i++)
        assert_int_equal(GPOINTER_TO_INT(g_thread_join(threads[i])), TK_OK);
    server_expect("24", "SELECT count(*) FROM ticketing.attachment WHERE filename = 'p.pdf'");
}

#ifndef __SANITIZE_ADDRESS__
static long memory_peak(void)
{
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents("/proc/self/status", &text, NULL, NULL));
    const char *line = strstr(text, "VmHWM:");
    return line == NULL ? 0 : atol(line + 6);
}

static void a_large_content_passes_through_little_memory(void **state)
{
    (void)state;
    FILE *reset = fopen("/proc/self/clear_refs", "w");
    if (reset == NULL)
        skip();
    fputs("5", reset);
    fclose(reset);
    const long before = memory_peak();
    struct stream s = {.size = 25 * 1024 * 1024 + 7, .seed = 3, .piece = 65536};
    struct tk_store_blob blob = blob_of(&s);
    assert_int_equal(put_mail("large", &blob, 1, NULL), TK_OK);
    expect_readable(&blob);
    assert_in_range(memory_peak() - before, 0, 6 * 1024);
}
#endif

static int setup(void **state)
{
    (void)state;
    server_fill();
    store = server_store("ticket_milter", 8);
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
        cmocka_unit_test(contents_of_any_size_come_back_byte_by_byte),
        cmocka_unit_test(each_content_is_stored_once_and_a_large_one_asked_for_once),
        cmocka_unit_test(a_content_that_is_not_what_it_says_stores_nothing),
        cmocka_unit_test(a_caller_that_lies_about_a_content_stores_none_of_it),
        cmocka_unit_test(a_content_that_is_not_whole_is_no_attachment),
        cmocka_unit_test(an_attachment_without_its_content_is_our_bug),
        cmocka_unit_test(parallel_mails_with_the_same_contents_do_not_lock_each_other),
#ifndef __SANITIZE_ADDRESS__
        cmocka_unit_test(a_large_content_passes_through_little_memory),
#endif
    };
    return server_run(tests, setup, teardown);
}
