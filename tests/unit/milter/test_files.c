/* Unit tests of files: configuration files on a disk. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "milter/base/files.h"
#include "tests/unit/conf_sample.h"

static char *folder;

static char *at(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static void put(const char *name, const char *text, gssize len)
{
    g_autofree char *path = at(name);
    assert_true(g_file_set_contents(path, text, len, NULL));
    assert_int_equal(chmod(path, 0600), 0);
}

static int make_sample(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("test_files.XXXXXX", NULL);
    for (int i = 0; i < 2; i++) {
        g_autofree char *path = at(i == 0 ? "channels.d" : "templates.d");
        assert_int_equal(g_mkdir(path, 0700), 0);
    }
    put("main.conf", SAMPLE_MAIN, -1);
    put("channels.d/support.conf", SAMPLE_CHANNEL, -1);
    put("channels.d/hr.conf", SAMPLE_OTHER, -1);
    put("templates.d/incident.conf", SAMPLE_TEMPLATE, -1);
    put("templates.d/plain.conf", SAMPLE_PLAIN, -1);
    return 0;
}

static void remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_tree(inner);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_remove(path);
}

static int remove_sample(void **state)
{
    (void)state;
    remove_tree(folder);
    g_clear_pointer(&folder, g_free);
    return 0;
}

/* Reads the sample and expects STATUS and, as one text, PROBLEMS with the folder's name cut off. */
static struct tk_conf *read_and_expect(char *const *files, enum tk_status status, const char *expected)
{
    g_autofree char *path = at("main.conf");
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    g_autoptr(GString) text = g_string_new(NULL);
    struct tk_conf *conf = NULL;
    enum tk_status got = tk_files_read_with(path, files, problems, &conf);
    for (guint i = 0; i < problems->len; i++) {
        const struct tk_conf_problem *problem = problems->pdata[i];
        g_string_append_printf(text, "%s:%d: %s\n", problem->file, problem->line, problem->text);
    }
    g_autofree char *prefix = g_strconcat(folder, "/", NULL);
    g_auto(GStrv) pieces = g_strsplit(text->str, prefix, -1);
    g_autofree char *shown = g_strjoinv("", pieces);
    assert_string_equal(shown, expected);
    assert_int_equal(got, status);
    return conf;
}

static void the_files_beside_the_main_file_are_read(void **state)
{
    (void)state;
    put("channels.d/.hidden.conf", "nonsense", -1);
    put("channels.d/hr.conf~", "nonsense", -1);
    struct tk_conf *conf = read_and_expect(NULL, TK_OK, "");
    assert_int_equal(conf->channels->len, 2);
    assert_int_equal(conf->templates->len, 2);
    tk_conf_unref(&conf);
}

static void missing_folders_hold_no_files(void **state)
{
    (void)state;
    g_autofree char *channels = at("channels.d");
    g_autofree char *templates = at("templates.d");
    remove_tree(channels);
    remove_tree(templates);
    struct tk_conf *conf = read_and_expect(NULL, TK_OK, "");
    assert_int_equal(conf->channels->len, 0);
    tk_conf_unref(&conf);
}

static void what_cannot_be_read_is_told_with_its_name(void **state)
{
    (void)state;
    g_autofree char *inner = at("channels.d/folder.conf");
    g_autofree char *fifo = at("channels.d/pipe.conf");
    g_autofree char *dangling = at("templates.d/gone.conf");
    g_autofree char *open_file = at("channels.d/hr.conf");
    g_autofree char *large = g_strnfill(1024 * 1024 + 1, ' ');
    assert_int_equal(g_mkdir(inner, 0700), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink("/nowhere/at/all", dangling), 0);
    assert_int_equal(chmod(open_file, 0666), 0);
    put("channels.d/large.conf", large, -1);
    put("channels.d/nul.conf", "a\0b", 3);
    struct tk_conf *conf =
        read_and_expect(NULL, TK_CONFIG,
                        "channels.d/folder.conf:0: cannot be read: not a regular file\n"
                        "channels.d/hr.conf:0: anyone may write this file; chmod o-w is right\n"
                        "channels.d/large.conf:0: cannot be read: larger than 1M\n"
                        "channels.d/nul.conf:0: cannot be read: holds a NUL byte, so it is no text\n"
                        "channels.d/pipe.conf:0: cannot be read: not a regular file\n"
                        "templates.d/gone.conf:0: cannot be read: No such file or directory\n");
    assert_int_equal(conf->channels->len, 2);
    tk_conf_unref(&conf);
}

static void a_missing_main_file_gives_nothing(void **state)
{
    (void)state;
    g_autofree char *path = at("main.conf");
    g_remove(path);
    assert_null(read_and_expect(NULL, TK_CONFIG, "main.conf:0: cannot be read: No such file or directory\n"));
}

static void further_files_are_told_apart_and_read_once(void **state)
{
    (void)state;
    put("one.conf",
        "# c\n/* d */ // e\ntemplate = { tenant = \"acme\"; name = \"x\"; ticket_type = \"x\"; prefix = "
        "\"X\"; };",
        -1);
    put("two.conf",
        "channel = { tenant = \"acme\"; name = \"z\"; address = \"z@acme.example\"; template = \"x\"; };",
        -1);
    char *files[] = {at("one.conf"), at("two.conf"), at("channels.d/hr.conf"), NULL};
    struct tk_conf *conf = read_and_expect(
        files, TK_OK,
        "two.conf:1: channel.senders.allowed_domains: empty, so that nobody may write; \"*\" lets anyone in\n"
        "two.conf:1: channel.template = \"x\": not published ("
        "one.conf:3)\n");
    assert_int_equal(conf->channels->len, 3);
    tk_conf_unref(&conf);
    for (char **file = files; *file != NULL; file++)
        g_free(*file);
}

static void the_administrators_file_is_for_its_owner_alone(void **state)
{
    (void)state;
    g_autofree char *path = at("main.conf");
    g_autofree char *admin = at("ticketctl.conf");
    g_autoptr(GString) why = g_string_new(NULL);
    char *conninfo = NULL;
    assert_int_equal(tk_files_read_admin(path, why, &conninfo), TK_NO_MATCH);
    put("ticketctl.conf", "admin_conninfo = \"dbname=x\";", -1);
    assert_int_equal(tk_files_read_admin(path, why, &conninfo), TK_OK);
    assert_string_equal(conninfo, "dbname=x");
    g_clear_pointer(&conninfo, g_free);
    assert_int_equal(chmod(admin, 0640), 0);
    assert_int_equal(tk_files_read_admin(path, why, &conninfo), TK_CONFIG);
    assert_non_null(strstr(why->str, "chmod 0600"));
    put("ticketctl.conf", "admin_conninfo = 3;", -1);
    assert_int_equal(tk_files_read_admin(path, why, &conninfo), TK_CONFIG);
    assert_non_null(strstr(why->str, "ticketctl.conf:1: admin_conninfo: a number where a string"));
    assert_null(conninfo);
}

#define WITH_SAMPLE(test) cmocka_unit_test_setup_teardown(test, make_sample, remove_sample)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SAMPLE(the_files_beside_the_main_file_are_read),
        WITH_SAMPLE(missing_folders_hold_no_files),
        WITH_SAMPLE(what_cannot_be_read_is_told_with_its_name),
        WITH_SAMPLE(a_missing_main_file_gives_nothing),
        WITH_SAMPLE(further_files_are_told_apart_and_read_once),
        WITH_SAMPLE(the_administrators_file_is_for_its_owner_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
