/* Unit tests of snapshot. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "milter/base/log.h"
#include "milter/base/snapshot.h"
#include "tests/unit/conf_sample.h"
#include "tests/unit/stderr.h"

static const char *main_text;
static const char *channel_text;

static enum tk_status load(const char *path, GPtrArray *problems, struct tk_conf **conf_r)
{
    const struct tk_conf_file main_file = {path, main_text};
    const struct tk_conf_file channel = {"support.conf", channel_text};
    const struct tk_conf_file template = {"incident.conf", SAMPLE_TEMPLATE};
    return tk_conf_read(&main_file, &channel, 1, &template, 1, problems, conf_r);
}

static int set_up(void **state)
{
    (void)state;
    main_text = SAMPLE_MAIN;
    channel_text = SAMPLE_CHANNEL;
    return 0;
}

static void a_reload_changes_what_comes_and_not_what_runs(void **state)
{
    (void)state;
    struct tk_snapshot *snapshot = NULL;
    assert_int_equal(tk_snapshot_open("main.conf", load, &snapshot), TK_OK);
    struct tk_conf *running = tk_snapshot_take(snapshot);
    assert_int_equal(running->deadline_msecs, 10000);

    g_autofree char *changed = g_strdup(SAMPLE_MAIN);
    memcpy(strstr(changed, "10s"), "12s", 3);
    main_text = changed;
    catch_stderr();
    assert_int_equal(tk_snapshot_reload(snapshot), TK_OK);
    g_autofree char *log = caught_stderr();
    assert_non_null(strstr(log, "main.conf: read anew, 1 channels"));
    assert_null(strstr(log, "next start"));

    struct tk_conf *later = tk_snapshot_take(snapshot);
    assert_int_equal(running->deadline_msecs, 10000);
    assert_int_equal(later->deadline_msecs, 12000);
    tk_snapshot_free(&snapshot);
    assert_null(snapshot);
    assert_string_equal(running->instance, "gw1.example.net"); /* references outlive the snapshot */
    assert_string_equal(later->instance, "gw1.example.net");
    tk_conf_unref(&running);
    tk_conf_unref(&later);
}

static void an_error_keeps_the_old_configuration_and_names_file_and_line(void **state)
{
    (void)state;
    struct tk_snapshot *snapshot = NULL;
    assert_int_equal(tk_snapshot_open("main.conf", load, &snapshot), TK_OK);
    static const char *const broken[] = {"instance = ;\n", SAMPLE_MAIN "surprise = 1;\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
        main_text = broken[i];
        catch_stderr();
        assert_int_equal(tk_snapshot_reload(snapshot), TK_CONFIG);
        g_autofree char *log = caught_stderr();
        g_autofree char *place = g_strdup_printf("main.conf:%d: ", i == 0 ? 1 : 9);
        assert_non_null(strstr(log, place));
        assert_non_null(strstr(log, "the configuration of before stays"));
        struct tk_conf *conf = tk_snapshot_take(snapshot);
        assert_int_equal(conf->deadline_msecs, 10000);
        tk_conf_unref(&conf);
    }
    main_text = SAMPLE_MAIN;
    channel_text = "channel = { tenant = \"acme\"; };\n";
    catch_stderr();
    assert_int_equal(tk_snapshot_reload(snapshot), TK_CONFIG);
    g_autofree char *log = caught_stderr();
    assert_non_null(strstr(log, "support.conf:1: "));
    tk_snapshot_free(&snapshot);
}

static void a_first_start_needs_the_main_file_and_marks_a_faulty_channel(void **state)
{
    (void)state;
    struct tk_snapshot *snapshot = NULL;
    catch_stderr();
    main_text = "instance = ;\n";
    assert_int_equal(tk_snapshot_open("main.conf", load, &snapshot), TK_CONFIG);
    assert_null(snapshot);
    main_text = SAMPLE_MAIN;
    g_autofree char *faulty = g_strdup(SAMPLE_CHANNEL);
    memcpy(strstr(faulty, "published"), "pubWished", 9);
    channel_text = faulty;
    assert_int_equal(tk_snapshot_open("main.conf", load, &snapshot), TK_CONFIG);
    g_autofree char *log = caught_stderr();
    assert_non_null(strstr(log, "pubWished"));
    struct tk_conf *conf = tk_snapshot_take(snapshot);
    assert_true(((struct tk_channel *)g_ptr_array_index(conf->channels, 0))->faulty);
    tk_conf_unref(&conf);
    tk_snapshot_free(&snapshot);
}

static void settings_that_need_a_new_start_are_named(void **state)
{
    (void)state;
    struct tk_snapshot *snapshot = NULL;
    assert_int_equal(tk_snapshot_open("main.conf", load, &snapshot), TK_OK);
    g_autofree char *changed = g_strconcat(SAMPLE_MAIN, "ledger = \"/x\";\n", NULL);
    memcpy(strstr(changed, "tm.sock"), "mt.sock", 7);
    memcpy(strstr(changed, "pool = 4"), "pool = 5", 8);
    memcpy(strstr(changed, "\"2s\""), "\"3s\"", 4);
    main_text = changed;
    catch_stderr();
    assert_int_equal(tk_snapshot_reload(snapshot), TK_OK);
    g_autofree char *log = caught_stderr();
    assert_non_null(strstr(log, "main.conf: listen changes at the next start only"));
    assert_non_null(strstr(log, "main.conf: database.pool changes at the next start only"));
    assert_non_null(strstr(log, "main.conf: database.wait changes at the next start only"));
    assert_non_null(strstr(log, "main.conf: ledger changes at the next start only"));
    assert_null(strstr(log, "deadline"));
    assert_null(strstr(log, "limits.spool"));

    g_autoptr(GString) other = g_string_new(changed);
    g_string_replace(other, "limits = {", "limits = { spool = \"3G\";", 1);
    main_text = other->str;
    catch_stderr();
    assert_int_equal(tk_snapshot_reload(snapshot), TK_OK);
    g_autofree char *again = caught_stderr();
    assert_non_null(strstr(again, "main.conf: limits.spool changes at the next start only"));
    assert_null(strstr(again, "ledger"));
    tk_snapshot_free(&snapshot);
}

static gint takes_stop;

static gpointer take_and_drop(gpointer snapshot)
{
    while (!g_atomic_int_get(&takes_stop)) {
        struct tk_conf *conf = tk_snapshot_take(snapshot);
        if (conf->deadline_msecs != 10000)
            return snapshot; /* torn */
        tk_conf_unref(&conf);
    }
    return NULL;
}

static void readers_and_reloads_run_side_by_side(void **state)
{
    (void)state;
    struct tk_snapshot *snapshot = NULL;
    GThread *threads[3];
    assert_int_equal(tk_snapshot_open("main.conf", load, &snapshot), TK_OK);
    tk_log_set_threshold(LOG_ERR);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("reader", take_and_drop, snapshot);
    for (int i = 0; i < 50; i++)
        assert_int_equal(tk_snapshot_reload(snapshot), TK_OK);
    g_atomic_int_set(&takes_stop, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        assert_null(g_thread_join(threads[i]));
    tk_log_set_threshold(LOG_INFO);
    tk_snapshot_free(&snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_reload_changes_what_comes_and_not_what_runs, set_up),
        cmocka_unit_test_setup(an_error_keeps_the_old_configuration_and_names_file_and_line, set_up),
        cmocka_unit_test_setup(a_first_start_needs_the_main_file_and_marks_a_faulty_channel, set_up),
        cmocka_unit_test_setup(settings_that_need_a_new_start_are_named, set_up),
        cmocka_unit_test_setup(readers_and_reloads_run_side_by_side, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
