/* Tests of whom a file is left to: owners, folders and links on the way to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "milter/base/trust.h"

/* A user who is neither root nor this one. */
#define STRANGER 54321

static char *base;

/* FAULT within what is wrong with BASE/NAME, or NULL: nothing is. */
static void expect(const char *name, gboolean group_ok, const char *fault)
{
    struct stat opened;
    g_autofree char *path = g_build_filename(base, name, NULL);
    assert_int_equal(stat(path, &opened), 0);
    g_autofree char *got = tk_trust_fault(path, &opened, group_ok);
    if (fault == NULL && got != NULL)
        fail_msg("%s: %s", name, got);
    if (fault != NULL && (got == NULL || strstr(got, fault) == NULL))
        fail_msg("%s: %s instead of %s", name, got != NULL ? got : "fine", fault);
}

static void in_base(const char *name, int (*made)(const char *, mode_t), mode_t mode)
{
    g_autofree char *path = g_build_filename(base, name, NULL);
    assert_int_equal(made(path, mode), 0);
}

static int make_file(const char *path, mode_t mode)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    return fd < 0 ? -1 : close(fd);
}

static void make_link(const char *target, const char *name)
{
    g_autofree char *path = g_build_filename(base, name, NULL);
    assert_int_equal(symlink(target, path), 0);
}

static int setup(void **state)
{
    (void)state;
    base = g_dir_make_tmp("ticket-trust.XXXXXX", NULL);
    assert_non_null(base);
    in_base("folder", mkdir, 0755);
    in_base("folder/file", make_file, 0600);
    return 0;
}

static void a_folder_that_others_may_write_decides_what_a_name_leads_to(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        const char *fault, *fault_with_groups;
    } rows[] = {
        {0755, NULL, NULL},
        {0700, NULL, NULL},
        {0777, "anyone may write the folder", "anyone may write the folder"},
        {0757, "anyone may write the folder", "anyone may write the folder"},
        {0775, "its group may write the folder", NULL},
        {01777, NULL, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        in_base("folder", chmod, rows[i].mode);
        expect("folder/file", FALSE, rows[i].fault);
        expect("folder/file", TRUE, rows[i].fault_with_groups);
    }
}

static void a_link_is_followed_into_the_folders_that_it_leads_through(void **state)
{
    (void)state;
    in_base("open", mkdir, 0755);
    in_base("open/deep", mkdir, 0755);
    in_base("open/deep/file", make_file, 0600);
    make_link("../open/deep/file", "folder/relative");
    make_link("open/deep", "way");
    g_autofree char *whole = g_build_filename(base, "way", NULL);
    make_link(whole, "folder/absolute");
    static const char *const paths[] = {"open/deep/file", "folder/relative", "way/file",
                                        "folder/absolute/file", "folder/../way/./file"};
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
        expect(paths[i], FALSE, NULL);
    in_base("open", chmod, 0777);
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
        expect(paths[i], FALSE, "/open; chmod o-w");
}

static void a_file_that_was_replaced_is_another(void **state)
{
    (void)state;
    struct stat opened;
    in_base("folder/other", make_file, 0600);
    g_autofree char *other = g_build_filename(base, "folder", "other", NULL);
    g_autofree char *path = g_build_filename(base, "folder", "file", NULL);
    assert_int_equal(stat(other, &opened), 0);
    g_autofree char *fault = tk_trust_fault(path, &opened, FALSE);
    assert_non_null(strstr(fault, "was replaced"));
}

static int give_away(const char *path, mode_t owner)
{
    return lchown(path, owner, (gid_t)-1);
}

static void what_belongs_to_another_user_is_his_to_change(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip(); /* nobody else can give files away */
    make_link("file", "folder/link");
    static const char *const parts[] = {"folder", "folder/file", "folder/link"};
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        in_base(parts[i], give_away, STRANGER);
        expect("folder/link", TRUE, "belongs to the user 54321, who could change it; chown root is right");
        in_base(parts[i], give_away, 0);
        expect("folder/link", TRUE, NULL);
    }
}

static int remove_all(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        if (g_file_test(inner, G_FILE_TEST_IS_SYMLINK) || !g_file_test(inner, G_FILE_TEST_IS_DIR))
            unlink(inner);
        else
            remove_all(inner);
    }
    return rmdir(path);
}

static int teardown(void **state)
{
    (void)state;
    remove_all(base);
    g_free(base);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_folder_that_others_may_write_decides_what_a_name_leads_to),
        CASE(a_link_is_followed_into_the_folders_that_it_leads_through),
        CASE(a_file_that_was_replaced_is_another),
        CASE(what_belongs_to_another_user_is_his_to_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
