/* Unit tests of ledger: processes that end in the middle of a mail, and files that are not what they should
 * be. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <glib/gstdio.h>

#include "milter/base/ledger.h"

#define NOW G_GINT64_CONSTANT(1780000000)

static char folder[] = "/tmp/test_ledger.XXXXXX";
static char *path;

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return 1;
    path = g_build_filename(folder, "ledger", NULL);
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    g_unlink(path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    g_rmdir(folder);
    g_free(path);
    return 0;
}

static const guint8 *hash_of(guint number)
{
    static guint8 hash[TK_HASH_LEN];
    memset(hash, 0, sizeof hash);
    memcpy(hash, &number, sizeof number);
    return hash;
}

static struct tk_ledger *open_at(gint64 now, guint found)
{
    struct tk_ledger *ledger = NULL;
    guint got = 99;
    g_autoptr(GString) why = g_string_new(NULL);
    if (tk_ledger_open(path, now, why, &got, &ledger) != TK_OK)
        fail_msg("%s", why->str);
    assert_int_equal(got, found);
    return ledger;
}

/* How often the ledger saw a crash on mail NUMBER. */
static guint crashes_on(struct tk_ledger *ledger, guint number)
{
    struct tk_ledger_seat seat;
    tk_ledger_enter(ledger, hash_of(number), &seat);
    tk_ledger_leave(ledger, &seat, FALSE);
    return seat.crashes;
}

/* A process reads the mails FIRST to LAST, each TIMES at once, and is killed. */
static void crash_on(guint first, guint last, guint times)
{
    pid_t child = fork();
    if (child == 0) {
        struct tk_ledger *ledger = NULL;
        struct tk_ledger_seat seat;
        guint found;
        if (tk_ledger_open(path, NOW, NULL, &found, &ledger) != TK_OK)
            _exit(1);
        for (guint number = first; number <= last; number++)
            for (guint i = 0; i < times; i++)
                tk_ledger_enter(ledger, hash_of(number), &seat);
        raise(SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void what_was_read_at_a_crash_is_counted_at_the_next_start(void **state)
{
    (void)state;
    crash_on(7, 9, 1);
    struct tk_ledger *ledger = open_at(NOW, 3);
    assert_int_equal(crashes_on(ledger, 7), 1);
    assert_int_equal(crashes_on(ledger, 9), 1);
    assert_int_equal(crashes_on(ledger, 10), 0);
    tk_ledger_close(&ledger);
    assert_null(ledger);
    tk_ledger_close(&ledger);

    crash_on(9, 9, 3); /* three attempts at once are one crash */
    ledger = open_at(NOW, 1);
    assert_int_equal(crashes_on(ledger, 7), 1);
    assert_int_equal(crashes_on(ledger, 9), 2);
    tk_ledger_close(&ledger);
}

static void a_clean_end_is_no_crash(void **state)
{
    (void)state;
    struct tk_ledger *ledger = open_at(NOW, 0);
    struct tk_ledger_seat seat;
    tk_ledger_enter(ledger, hash_of(1), &seat);
    tk_ledger_leave(ledger, &seat, TRUE);
    tk_ledger_close(&ledger);
    ledger = open_at(NOW, 0);
    assert_int_equal(crashes_on(ledger, 1), 0);
    tk_ledger_close(&ledger);
}

static void a_slow_mail_is_known_again_and_a_crash_says_more(void **state)
{
    (void)state;
    struct tk_ledger *ledger = open_at(NOW, 0);
    struct tk_ledger_seat seat;
    tk_ledger_enter(ledger, hash_of(1), &seat);
    assert_false(seat.slow);
    tk_ledger_note_slow(ledger, &seat, NOW);
    tk_ledger_leave(ledger, &seat, TRUE);
    for (int attempt = 0; attempt < 2; attempt++) {
        tk_ledger_enter(ledger, hash_of(1), &seat);
        assert_true(seat.slow);
        assert_int_equal(seat.crashes, 0);
        tk_ledger_note_slow(ledger, &seat, NOW);
        tk_ledger_leave(ledger, &seat, TRUE);
        tk_ledger_close(&ledger);
        ledger = open_at(NOW, 0);
    }
    tk_ledger_enter(ledger, hash_of(2), &seat);
    assert_false(seat.slow);
    tk_ledger_leave(ledger, &seat, TRUE);
    tk_ledger_close(&ledger);

    crash_on(1, 1, 1);
    ledger = open_at(NOW, 1);
    tk_ledger_enter(ledger, hash_of(1), &seat);
    assert_false(seat.slow);
    assert_int_equal(seat.crashes, 1);
    tk_ledger_note_slow(NULL, &seat, NOW);
    tk_ledger_leave(ledger, &seat, FALSE);
    tk_ledger_close(&ledger);
}

static void who_was_only_beside_a_crash_is_forgotten_when_read_well(void **state)
{
    (void)state;
    struct tk_ledger_seat seat;
    crash_on(1, 2, 1);
    crash_on(2, 2, 1);
    struct tk_ledger *ledger = open_at(NOW, 1);
    for (guint number = 1; number <= 2; number++) {
        tk_ledger_enter(ledger, hash_of(number), &seat);
        assert_int_equal(seat.crashes, number);
        tk_ledger_leave(ledger, &seat, TRUE);
    }
    assert_int_equal(crashes_on(ledger, 1), 0);
    assert_int_equal(crashes_on(ledger, 2), 2);
    tk_ledger_close(&ledger);
}

static void processes_share_a_file_and_count_only_what_the_dead_left(void **state)
{
    (void)state;
    struct tk_ledger *ledgers[TK_LEDGER_PROCESSES], *one_more = NULL;
    struct tk_ledger_seat seat;
    guint found = 0;
    for (guint i = 0; i < TK_LEDGER_PROCESSES; i++) {
        ledgers[i] = open_at(NOW, 0);
        tk_ledger_enter(ledgers[i], hash_of(100 + i), &seat);
    }
    g_autoptr(GString) why = g_string_new(NULL);
    assert_int_equal(tk_ledger_open(path, NOW, why, &found, &one_more), TK_LATER);
    assert_non_null(strstr(why->str, "16 processes"));
    tk_ledger_close(&ledgers[3]); /* leaves its mail behind, as a crash does */
    ledgers[3] = open_at(NOW, 1);
    assert_int_equal(crashes_on(ledgers[5], 103), 1); /* who runs already knows it too */
    assert_int_equal(crashes_on(ledgers[5], 104), 0);
    for (guint i = 0; i < TK_LEDGER_PROCESSES; i++)
        tk_ledger_close(&ledgers[i]);
}

static void more_mails_than_slots_and_a_missing_ledger_do_no_harm(void **state)
{
    (void)state;
    static struct tk_ledger_seat seats[TK_LEDGER_SLOTS + 1];
    struct tk_ledger *ledger = open_at(NOW, 0);
    for (guint i = 0; i <= TK_LEDGER_SLOTS; i++)
        tk_ledger_enter(ledger, hash_of(i), &seats[i]);
    assert_non_null(seats[TK_LEDGER_SLOTS - 1].slot);
    assert_null(seats[TK_LEDGER_SLOTS].slot);
    for (guint i = 0; i <= TK_LEDGER_SLOTS; i++)
        tk_ledger_leave(ledger, &seats[i], TRUE);
    tk_ledger_enter(ledger, hash_of(1), &seats[0]);
    assert_non_null(seats[0].slot);
    tk_ledger_leave(ledger, &seats[0], TRUE);
    tk_ledger_close(&ledger);

    tk_ledger_enter(NULL, hash_of(1), &seats[0]);
    assert_int_equal(seats[0].crashes, 0);
    tk_ledger_leave(NULL, &seats[0], TRUE);
}

static void the_memory_is_bounded_and_the_worst_stays(void **state)
{
    (void)state;
    crash_on(5000, 5000, 1);
    crash_on(5000, 5000, 1);
    for (guint round = 0; round < TK_LEDGER_REMEMBERED / TK_LEDGER_SLOTS + 1; round++)
        crash_on(round * TK_LEDGER_SLOTS, (round + 1) * TK_LEDGER_SLOTS - 1, 1);
    struct tk_ledger *ledger = open_at(NOW, TK_LEDGER_SLOTS);
    assert_int_equal(crashes_on(ledger, 5000), 2);
    guint known = 0;
    for (guint number = 0; number < TK_LEDGER_REMEMBERED + TK_LEDGER_SLOTS; number++)
        known += crashes_on(ledger, number) > 0;
    assert_int_equal(known, TK_LEDGER_REMEMBERED - 1);
    tk_ledger_close(&ledger);

    ledger = open_at(NOW + (TK_LEDGER_DAYS + 1) * G_GINT64_CONSTANT(86400), 0);
    assert_int_equal(crashes_on(ledger, 5000), 0);
    tk_ledger_close(&ledger);
}

static void a_torn_file_is_begun_anew_and_a_foreign_one_left_alone(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        gssize len;
        enum tk_status expected;
    } rows[] = {
        {"", 0, TK_OK},
        {"tkledger", 8, TK_OK},                          /* the rest is missing */
        {"tkledger\2\0\0\0\0\0\0\0", 16, TK_OK},         /* another version */
        {"tkledger\1\0\0\0\xff\xff\xff\xff", 16, TK_OK}, /* another size */
        {"tkledg", 6, TK_CONFIG},
        {"[mail]\nkey = value\n", -1, TK_CONFIG},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct tk_ledger *ledger = NULL;
        guint found = 99;
        assert_true(g_file_set_contents(path, rows[i].text, rows[i].len, NULL));
        assert_int_equal(tk_ledger_open(path, NOW, NULL, &found, &ledger), rows[i].expected);
        g_autofree char *text = NULL;
        gsize len = 0;
        assert_true(g_file_get_contents(path, &text, &len, NULL));
        if (rows[i].expected == TK_OK) {
            assert_int_equal(found, 0);
            assert_true(len > 32 * 1024 && len < 64 * 1024);
        } else {
            assert_string_equal(text, rows[i].text);
        }
        tk_ledger_close(&ledger);
    }
}

static void a_file_of_another_version_that_is_in_use_stays(void **state)
{
    (void)state;
    struct tk_ledger *ledger = open_at(NOW, 0), *other = NULL;
    guint found;
    g_autofree char *text = NULL;
    gsize len = 0;
    assert_true(g_file_get_contents(path, &text, &len, NULL));
    text[8]++;
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, 16, file), 16);
    fclose(file);
    assert_int_equal(tk_ledger_open(path, NOW, NULL, &found, &other), TK_LATER);
    assert_int_equal(crashes_on(ledger, 1), 0);
    tk_ledger_close(&ledger);
    ledger = open_at(NOW, 0);
    tk_ledger_close(&ledger);
}

static void what_cannot_be_opened_is_said(void **state)
{
    (void)state;
    struct tk_ledger *ledger = NULL;
    guint found;
    g_autoptr(GString) why = g_string_new(NULL);
    assert_int_equal(tk_ledger_open("/dev/null/ledger", NOW, why, &found, &ledger), TK_LATER);
    assert_non_null(strstr(why->str, "/dev/null/ledger"));
    assert_int_equal(tk_ledger_open("/dev/null", NOW, why, &found, &ledger), TK_CONFIG);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(tk_ledger_open(path, NOW, why, &found, &ledger), TK_LATER);
    assert_null(ledger);
}

int main(void)
{
#define LEDGER_TEST(name) cmocka_unit_test_teardown(name, remove_file)
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(what_was_read_at_a_crash_is_counted_at_the_next_start),
        LEDGER_TEST(a_clean_end_is_no_crash),
        LEDGER_TEST(a_slow_mail_is_known_again_and_a_crash_says_more),
        LEDGER_TEST(who_was_only_beside_a_crash_is_forgotten_when_read_well),
        LEDGER_TEST(processes_share_a_file_and_count_only_what_the_dead_left),
        LEDGER_TEST(more_mails_than_slots_and_a_missing_ledger_do_no_harm),
        LEDGER_TEST(the_memory_is_bounded_and_the_worst_stays),
        LEDGER_TEST(a_torn_file_is_begun_anew_and_a_foreign_one_left_alone),
        LEDGER_TEST(a_file_of_another_version_that_is_in_use_stays),
        LEDGER_TEST(what_cannot_be_opened_is_said),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
