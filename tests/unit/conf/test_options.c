/* Unit tests of options and values. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "rules/conf/options.h"
#include "rules/conf/values.h"

static void every_option_is_complete_and_its_default_can_be_read(void **state)
{
    (void)state;
    gsize n;
    const struct tk_option *options = tk_options(&n);
    for (gsize i = 0; i < n; i++) {
        const struct tk_option *o = &options[i];
        assert_ptr_equal(tk_options_find(o->file, o->path), o);
        assert_true(g_str_has_suffix(o->help, "."));
        assert_int_equal(o->type == TK_TYPE_WORD, o->words != NULL);
        assert_int_equal(o->shape == TK_SHAPE_GROUPS, o->size > 0);
        g_autofree char *parent = g_strndup(o->path, strlen(o->path) - strlen(tk_option_name(o)));
        if (parent[0] != '\0') {
            parent[strlen(parent) - 1] = '\0';
            assert_non_null(tk_options_find(o->file, parent));
        }
        if (o->shape != TK_SHAPE_ONE || o->default_text == NULL)
            continue;
        assert_false(o->flags & TK_OPTION_REQUIRED);
        struct tk_value value = {0};
        g_autoptr(GString) why = g_string_new(NULL);
        if (tk_values_read(o, o->default_text, why, &value) != TK_OK)
            fail_msg("%s: %s", o->path, why->str);
        g_free(value.text);
    }
}

static void members_of_a_group_are_walked(void **state)
{
    (void)state;
    g_autoptr(GString) names = g_string_new(NULL);
    const struct tk_option *option = NULL;
    while ((option = tk_options_next(TK_FILE_CHANNEL, "channel.folders", option)) != NULL)
        g_string_append_printf(names, "%s ", tk_option_name(option));
    assert_string_equal(names->str, "success fail exclude ");
    assert_string_equal(tk_options_next(TK_FILE_TEMPLATE, "", NULL)->path, "template");
}

static void a_slip_is_recognised(void **state)
{
    (void)state;
    static const struct {
        enum tk_option_file file;
        const char *parent, *unknown, *near;
    } cases[] = {
        {TK_FILE_MAIN, "", "instanc", "instance"},
        {TK_FILE_MAIN, "", "pool", "database.pool"},
        {TK_FILE_MAIN, "", "colour", NULL},
        {TK_FILE_MAIN, "database", "conn_info", "database.conninfo"},
        {TK_FILE_CHANNEL, "channel", "alias", "channel.aliases"},
        {TK_FILE_CHANNEL, "channel", "replyto", "channel.reply_to"},
        {TK_FILE_CHANNEL, "channel.senders", "keywords", "channel.autoreplies.keywords"},
        {TK_FILE_CHANNEL, "channel",
         "a_name_that_is_far_longer_than_any_option_of_ours_could_ever_become_in_this_world", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct tk_option *near = tk_options_near(cases[i].file, cases[i].parent, cases[i].unknown);
        const char *path = near != NULL ? near->path : NULL;
        if (g_strcmp0(path, cases[i].near) != 0)
            fail_msg("%s: %s", cases[i].unknown, path);
    }
}

static void numbers_with_units_are_read_and_printed(void **state)
{
    (void)state;
    static const struct {
        enum tk_option_type type;
        const char *text;
        gint64 number; /* -1: not read */
        const char *printed;
    } cases[] = {
        {TK_TYPE_SIZE, "0", 0, "0"},
        {TK_TYPE_SIZE, "1000", 1000, "1000"},
        {TK_TYPE_SIZE, "64K", 65536, "64K"},
        {TK_TYPE_SIZE, "1024K", 1048576, "1M"},
        {TK_TYPE_SIZE, "3G", 3221225472, "3G"},
        {TK_TYPE_SIZE, "1.5M", -1, NULL},
        {TK_TYPE_SIZE, "-1", -1, NULL},
        {TK_TYPE_SIZE, "25m", -1, NULL},
        {TK_TYPE_SIZE, "M", -1, NULL},
        {TK_TYPE_SIZE, "9999999999999", -1, NULL},
        {TK_TYPE_TIME, "500ms", 500, "500ms"},
        {TK_TYPE_TIME, "30s", 30000, "30s"},
        {TK_TYPE_TIME, "90s", 90000, "90s"},
        {TK_TYPE_TIME, "2m", 120000, "2m"},
        {TK_TYPE_TIME, "8d", 691200000, "8d"},
        {TK_TYPE_TIME, "30", -1, NULL},
        {TK_TYPE_TIME, "30 s", -1, NULL},
        {TK_TYPE_MODE, "0660", 0660, "0660"},
        {TK_TYPE_MODE, "770", 0770, "0770"},
        {TK_TYPE_MODE, "1770", -1, NULL},
        {TK_TYPE_MODE, "0880", -1, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct tk_option option = {
            .shape = TK_SHAPE_ONE, .type = cases[i].type, .min = 0, .max = G_MAXINT64};
        struct tk_value value = {.number = -1};
        enum tk_status status = tk_values_read(&option, cases[i].text, NULL, &value);
        assert_int_equal(status, cases[i].number >= 0 ? TK_OK : TK_REFUSED);
        assert_int_equal(value.number, cases[i].number);
        if (status == TK_OK) {
            g_autofree char *printed = tk_values_print(cases[i].type, value.number);
            assert_string_equal(printed, cases[i].printed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_is_complete_and_its_default_can_be_read),
        cmocka_unit_test(members_of_a_group_are_walked),
        cmocka_unit_test(a_slip_is_recognised),
        cmocka_unit_test(numbers_with_units_are_read_and_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
