/* Unit tests of keys: key files on a disk. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "milter/base/keys.h"
#include "tests/unit/conf_sample.h"

/* The user id that owns nothing, on any system. */
#define NOBODY 65534

static char *folder, *main_file, *key_file;

static int start(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("test_keys.XXXXXX", NULL);
    main_file = g_build_filename(folder, "main.conf", NULL);
    key_file = g_build_filename(folder, "key", NULL);
    g_autofree char *text = g_strdup_printf("instance = \"gw1.example.net\";\n"
                                            "database = { conninfo = \"dbname=t\"; };\n"
                                            "token_keys = ( { id = \"a\"; file = \"%s\"; } );\n",
                                            key_file);
    assert_true(g_file_set_contents(main_file, text, -1, NULL));
    return 0;
}

static int end(void **state)
{
    (void)state;
    g_remove(main_file);
    g_remove(key_file);
    g_rmdir(folder);
    g_clear_pointer(&main_file, g_free);
    g_clear_pointer(&key_file, g_free);
    g_clear_pointer(&folder, g_free);
    return 0;
}

static void put_key(gsize size, int mode)
{
    g_autofree char *bytes = g_malloc0(size + 1);
    assert_true(g_file_set_contents(key_file, bytes, (gssize)size, NULL));
    assert_int_equal(chmod(key_file, (mode_t)mode), 0);
}

/* Reads the configuration and expects PROBLEM as an end of the only problem's text; NULL: none. */
static void expect(enum tk_status status, const char *problem)
{
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    assert_int_equal(tk_keys_read_files(main_file, problems, &conf), status);
    assert_non_null(conf);
    assert_int_equal(problems->len, problem != NULL ? 1 : 0);
    if (problem != NULL) {
        const struct tk_conf_problem *found = problems->pdata[0];
        assert_true(found->error);
        assert_string_equal(found->file, main_file);
        assert_true(g_str_has_suffix(found->text, problem));
        assert_non_null(strstr(found->text, key_file));
    }
    const struct tk_token_key *key = conf->token_keys->pdata[0];
    assert_int_equal(key->secret != NULL, problem == NULL);
    tk_conf_unref(&conf);
}

static void a_key_is_all_of_its_file_also_with_nul_bytes(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    put_key(48, 0640);
    assert_int_equal(tk_keys_read_files(main_file, problems, &conf), TK_OK);
    const struct tk_token_key *key = conf->token_keys->pdata[0];
    assert_int_equal(g_bytes_get_size(key->secret), 48);
    tk_conf_unref(&conf);
}

static void a_file_that_is_no_key_is_told(void **state)
{
    (void)state;
    static const struct {
        gsize size;
        int mode;
        enum tk_status status;
        const char *problem;
    } rows[] = {
        {32, 0600, TK_OK, NULL},
        {4096, 0400, TK_OK, NULL},
        {31, 0600, TK_CONFIG, "a file of 32 to 4096 random bytes is right; ticketctl key makes one"},
        {4097, 0600, TK_CONFIG, "a file of 32 to 4096 random bytes is right; ticketctl key makes one"},
        {0, 0600, TK_CONFIG, "a file of 32 to 4096 random bytes is right; ticketctl key makes one"},
        {32, 0604, TK_CONFIG, "anyone may read it; chmod o-rwx is right"},
        {32, 0602, TK_CONFIG, "anyone may read it; chmod o-rwx is right"},
        {32, 0620, TK_CONFIG, "its group may write it; chmod g-w is right"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        put_key(rows[i].size, rows[i].mode);
        expect(rows[i].status, rows[i].problem);
    }
}

static void a_missing_file_and_a_folder_are_told(void **state)
{
    (void)state;
    expect(TK_CONFIG, "No such file or directory");
    assert_int_equal(g_mkdir(key_file, 0700), 0);
    expect(TK_CONFIG, "a file of 32 to 4096 random bytes is right; ticketctl key makes one");
}

static void a_key_that_this_user_may_not_read_is_a_warning_to_the_lenient(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    put_key(32, 0000);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chmod(main_file, 0644), 0);
    /* Root reads all. */
    gboolean root = geteuid() == 0;
    assert_true(!root || seteuid(NOBODY) == 0);
    expect(TK_CONFIG, "Permission denied");
    assert_int_equal(tk_keys_read_files(main_file, problems, &conf), TK_CONFIG);
    g_ptr_array_set_size(problems, 0);
    assert_int_equal(tk_keys_load(conf, TRUE, problems), TK_OK);
    assert_true(!root || seteuid(0) == 0);
    assert_int_equal(problems->len, 1);
    assert_false(((struct tk_conf_problem *)problems->pdata[0])->error);
    tk_conf_unref(&conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_is_all_of_its_file_also_with_nul_bytes, start, end),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_key_is_told, start, end),
        cmocka_unit_test_setup_teardown(a_missing_file_and_a_folder_are_told, start, end),
        cmocka_unit_test_setup_teardown(a_key_that_this_user_may_not_read_is_a_warning_to_the_lenient, start,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
