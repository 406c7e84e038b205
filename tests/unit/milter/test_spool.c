/* Unit tests of spool. write(2) and open(2) are wrapped, so that disks can be full. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "milter/base/spool.h"

static int write_error;     /* errno of the next writes; 0: they work */
static gsize write_at_most; /* bytes that one write takes; 0: all */
static int interruptions;   /* writes that are interrupted first */
static gboolean no_tmpfile; /* the file system has no O_TMPFILE */

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    if (interruptions > 0 && interruptions-- > 0) {
        errno = EINTR;
        return -1;
    }
    if (write_error != 0) {
        errno = write_error;
        return -1;
    }
    return __real_write(fd, data, write_at_most > 0 ? MIN(len, write_at_most) : len);
}

int __real_open(const char *path, int flags, int mode);
int __wrap_open(const char *path, int flags, int mode);
int __wrap_open(const char *path, int flags, int mode)
{
    if (no_tmpfile) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return __real_open(path, flags, mode);
}

static char *folder;

static int set_up(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("ticket-XXXXXX", NULL);
    return folder == NULL;
}

static guint count_entries(const char *path)
{
    guint count = 0;
    DIR *dir = opendir(path);
    while (dir != NULL && readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

static int tear_down(void **state)
{
    (void)state;
    write_error = 0;
    write_at_most = 0;
    interruptions = 0;
    no_tmpfile = FALSE;
    int left = rmdir(folder); /* fails where a file was left */
    g_clear_pointer(&folder, g_free);
    return left != 0 || tk_spool_held() != 0;
}

static guint open_files(void)
{
    return count_entries("/proc/self/fd");
}

/* A mail of SIZE bytes whose every byte depends on its place. */
static GByteArray *sample(gsize size)
{
    GByteArray *mail = g_byte_array_sized_new((guint)size);
    g_byte_array_append(mail, (const guint8 *)"Subject: x\r\n\r\n", 14);
    for (gsize i = mail->len; i < size; i++) {
        guint8 byte = i % 64 == 62 ? '\r' : i % 64 == 63 ? '\n' : (guint8)('a' + (i * 7 + i / 64) % 26);
        g_byte_array_append(mail, &byte, 1);
    }
    return mail;
}

static GByteArray *read_back(const struct tk_source *source)
{
    GByteArray *bytes = g_byte_array_new();
    if (source->bytes != NULL) {
        g_byte_array_append(bytes, source->bytes, (guint)source->size);
        return bytes;
    }
    guint8 block[5000];
    gssize n;
    while ((n = source->read(source->keeper, bytes->len, block, sizeof block)) > 0)
        g_byte_array_append(bytes, block, (guint)n);
    assert_int_equal(n, 0);
    return bytes;
}

static void assert_kept(const GByteArray *mail, gsize cut, gboolean in_memory)
{
    struct tk_spool *spool = tk_spool_new(folder, G_MAXUINT64);
    struct tk_spool_content content;
    for (gsize i = 0; i < mail->len; i += cut)
        assert_int_equal(tk_spool_append(spool, mail->data + i, MIN(cut, mail->len - i), NULL), TK_OK);
    assert_int_equal(tk_spool_finish(spool, NULL, &content), TK_OK);
    assert_int_equal(content.source.size, mail->len);
    assert_int_equal(content.limits.size, mail->len);
    assert_int_equal(content.source.bytes != NULL, in_memory);
    GByteArray *back = read_back(&content.source);
    assert_int_equal(back->len, mail->len);
    assert_memory_equal(back->data, mail->data, mail->len);
    g_byte_array_unref(back);
    assert_int_equal(tk_spool_held(), mail->len);
    tk_spool_free(&spool);
    assert_null(spool);
    assert_int_equal(tk_spool_held(), 0);
}

static void small_mails_stay_in_memory_and_large_ones_go_to_a_file_without_a_name(void **state)
{
    (void)state;
    static const struct {
        gsize size, cut;
        gboolean in_memory;
    } cases[] = {
        {14, 14, TRUE},
        {5000, 1, TRUE},
        {TK_SPOOL_MEMORY, 65535, TRUE},
        {TK_SPOOL_MEMORY + 1, 65535, FALSE},
        {TK_SPOOL_MEMORY + 1, TK_SPOOL_MEMORY + 1, FALSE},
        {3 * 1024 * 1024 + 7, 65535, FALSE},
        {300 * 1024, 333, FALSE},
    };
    guint files = open_files();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        GByteArray *mail = sample(cases[i].size);
        assert_kept(mail, cases[i].cut, cases[i].in_memory);
        g_byte_array_unref(mail);
    }
    assert_int_equal(open_files(), files);
    assert_int_equal(count_entries(folder), 2);
}

static void writes_may_be_short_or_interrupted(void **state)
{
    (void)state;
    GByteArray *mail = sample(700 * 1000);
    write_at_most = 1000;
    interruptions = 5;
    assert_kept(mail, 65535, FALSE);
    g_byte_array_unref(mail);
}

static void without_nameless_files_a_named_one_is_unlinked_at_once(void **state)
{
    (void)state;
    GByteArray *mail = sample(700 * 1000);
    no_tmpfile = TRUE;
    assert_kept(mail, 65535, FALSE);
    g_byte_array_unref(mail);
}

static void a_failing_disk_gives_everything_back_and_stays_failed(void **state)
{
    (void)state;
    static const struct {
        int error;
        enum tk_status expected;
    } cases[] = {{ENOSPC, TK_STORAGE}, {EDQUOT, TK_STORAGE}, {EFBIG, TK_STORAGE}, {EIO, TK_LATER}};
    GByteArray *mail = sample(700 * 1000);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint files = open_files();
        struct tk_spool *spool = tk_spool_new(folder, G_MAXUINT64);
        g_autoptr(GString) why = g_string_new(NULL);
        write_error = cases[i].error;
        assert_int_equal(tk_spool_append(spool, mail->data, mail->len, why), cases[i].expected);
        assert_non_null(strstr(why->str, g_strerror(cases[i].error)));
        assert_int_equal(open_files(), files);
        assert_int_equal(tk_spool_held(), 0);
        write_error = 0;
        g_string_truncate(why, 0);
        assert_int_equal(tk_spool_append(spool, "x", 1, why), cases[i].expected);
        struct tk_spool_content content;
        assert_int_equal(tk_spool_finish(spool, why, &content), cases[i].expected);
        assert_non_null(strstr(why->str, g_strerror(cases[i].error)));
        tk_spool_free(&spool);
    }
    g_byte_array_unref(mail);
}

static void a_disk_that_fails_with_the_last_bytes_is_seen_at_the_end(void **state)
{
    (void)state;
    GByteArray *mail = sample(TK_SPOOL_MEMORY + 10);
    struct tk_spool *spool = tk_spool_new(folder, G_MAXUINT64);
    struct tk_spool_content content;
    assert_int_equal(tk_spool_append(spool, mail->data, mail->len, NULL), TK_OK);
    assert_int_equal(tk_spool_append(spool, "tail", 4, NULL), TK_OK);
    write_error = ENOSPC;
    assert_int_equal(tk_spool_finish(spool, NULL, &content), TK_STORAGE);
    tk_spool_free(&spool);
    g_byte_array_unref(mail);
}

static void the_last_folder_is_made_where_it_is_missing(void **state)
{
    (void)state;
    char *above = folder;
    struct stat info;
    GByteArray *mail = sample(TK_SPOOL_MEMORY + 10);
    folder = g_build_filename(above, "spool", NULL);
    assert_kept(mail, 65535, FALSE);
    assert_int_equal(stat(folder, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    assert_int_equal(rmdir(folder), 0);
    no_tmpfile = TRUE;
    assert_kept(mail, 65535, FALSE);
    assert_int_equal(rmdir(folder), 0);
    g_free(folder);
    folder = above;
    g_byte_array_unref(mail);
}

static void a_folder_that_is_not_there_means_later(void **state)
{
    (void)state;
    GByteArray *mail = sample(TK_SPOOL_MEMORY + 10);
    g_autofree char *far = g_build_filename(folder, "not there", "spool", NULL);
    struct tk_spool *spool = tk_spool_new(far, G_MAXUINT64);
    assert_int_equal(tk_spool_append(spool, mail->data, mail->len, NULL), TK_LATER);
    tk_spool_free(&spool);
    g_byte_array_unref(mail);
}

static void beyond_the_limit_bytes_are_counted_and_hashed_but_not_kept(void **state)
{
    (void)state;
    GByteArray *mail = sample(400 * 1000);
    struct tk_spool *whole = tk_spool_new(folder, G_MAXUINT64), *part = tk_spool_new(folder, 1000);
    struct tk_spool_content all, some;
    assert_int_equal(tk_spool_append(whole, mail->data, mail->len, NULL), TK_OK);
    assert_int_equal(tk_spool_append(part, mail->data, 999, NULL), TK_OK);
    assert_int_equal(tk_spool_append(part, mail->data + 999, mail->len - 999, NULL), TK_OK);
    assert_int_equal(tk_spool_finish(whole, NULL, &all), TK_OK);
    assert_int_equal(tk_spool_finish(part, NULL, &some), TK_OK);
    assert_int_equal(some.source.size, 1000);
    assert_memory_equal(some.source.bytes, mail->data, 1000);
    assert_int_equal(some.limits.size, mail->len);
    assert_memory_equal(some.raw_sha256, all.raw_sha256, TK_HASH_LEN);
    assert_memory_equal(some.body_sha256, all.body_sha256, TK_HASH_LEN);
    tk_spool_free(&whole);
    tk_spool_free(&part);
    g_byte_array_unref(mail);
}

static void the_budget_of_the_process_holds(void **state)
{
    (void)state;
    GByteArray *mail = sample(300 * 1000);
    struct tk_spool *first = tk_spool_new(folder, G_MAXUINT64), *second = tk_spool_new(folder, G_MAXUINT64);
    g_autoptr(GString) why = g_string_new(NULL);
    tk_spool_set_budget(500 * 1000);
    assert_int_equal(tk_spool_append(first, mail->data, mail->len, why), TK_OK);
    assert_int_equal(tk_spool_append(second, mail->data, 200 * 1000, why), TK_OK);
    assert_int_equal(tk_spool_append(second, mail->data, 1, why), TK_STORAGE);
    assert_non_null(strstr(why->str, "budget"));
    assert_int_equal(tk_spool_held(), 300 * 1000); /* the one that failed holds nothing any more */
    tk_spool_free(&second);
    tk_spool_free(&first);

    second = tk_spool_new(folder, G_MAXUINT64);
    assert_int_equal(tk_spool_append(second, mail->data, mail->len, why), TK_OK);
    tk_spool_free(&second);
    tk_spool_set_budget(TK_SPOOL_BUDGET);
    g_byte_array_unref(mail);
}

static void assert_body_hash(const char *mail, const char *body)
{
    for (gsize cut = 1; cut <= strlen(mail); cut++) {
        struct tk_spool *spool = tk_spool_new(folder, G_MAXUINT64);
        struct tk_spool_content content;
        for (gsize i = 0; i < strlen(mail); i += cut)
            assert_int_equal(tk_spool_append(spool, mail + i, MIN(cut, strlen(mail) - i), NULL), TK_OK);
        assert_int_equal(tk_spool_finish(spool, NULL, &content), TK_OK);
        g_autofree char *got = tk_hash_hex(content.body_sha256);
        g_autofree char *got_raw = tk_hash_hex(content.raw_sha256);
        g_autofree char *expected = g_compute_checksum_for_string(G_CHECKSUM_SHA256, body, -1);
        g_autofree char *expected_raw = g_compute_checksum_for_string(G_CHECKSUM_SHA256, mail, -1);
        assert_string_equal(got, expected);
        assert_string_equal(got_raw, expected_raw);
        tk_spool_free(&spool);
    }
}

static void the_body_is_hashed_with_crlf_as_lf_in_any_cuts(void **state)
{
    (void)state;
    static const struct {
        const char *mail, *body;
    } cases[] = {
        {"A: b\r\n\r\none\r\ntwo\r\n", "one\ntwo\n"},
        {"A: b\n\none\ntwo\n", "one\ntwo\n"},
        {"A: b\r\n\r\n", ""},
        {"A: b\r\n", ""},
        {"\r\nbody\r\n", "body\n"},
        {"\nbody", "body"},
        {"A: b\r\n\tfold\r\n\r\nx\r\r\ny\rz\r", "x\r\ny\rz\r"},
        {"A: \rb\r\n \r\nC: d\r\n\r\nx", "x"},
        {"A: b\r\n\rC: d\r\n\r\nx", "x"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_body_hash(cases[i].mail, cases[i].body);
}

int main(void)
{
#define SPOOL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(small_mails_stay_in_memory_and_large_ones_go_to_a_file_without_a_name),
        SPOOL_TEST(writes_may_be_short_or_interrupted),
        SPOOL_TEST(without_nameless_files_a_named_one_is_unlinked_at_once),
        SPOOL_TEST(a_failing_disk_gives_everything_back_and_stays_failed),
        SPOOL_TEST(a_disk_that_fails_with_the_last_bytes_is_seen_at_the_end),
        SPOOL_TEST(the_last_folder_is_made_where_it_is_missing),
        SPOOL_TEST(a_folder_that_is_not_there_means_later),
        SPOOL_TEST(beyond_the_limit_bytes_are_counted_and_hashed_but_not_kept),
        SPOOL_TEST(the_budget_of_the_process_holds),
        SPOOL_TEST(the_body_is_hashed_with_crlf_as_lf_in_any_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
