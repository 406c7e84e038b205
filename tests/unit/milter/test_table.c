/* Unit tests of table. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "milter/ctl/table.h"

/* HEADS and one row of CELLS as they are printed. The caller frees it. */
static char *printed(const char *const *heads, const char *const *cells)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct tk_table *table = tk_table_new(heads);
    tk_table_add(table, cells);
    assert_int_equal(tk_table_print(table, out), TK_OK);
    tk_table_free(&table);
    assert_null(table);
    fclose(out);
    return text;
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
    (void)state;
    static const char *const heads[] = {"A", "LONGER", "C", NULL};
    static const char *const cells[] = {"wide", "x", NULL};
    char *text = printed(heads, cells);
    assert_string_equal(text, "A     LONGER  C\nwide  x       \n");
    free(text);
}

static void wide_and_zero_width_letters_keep_the_columns(void **state)
{
    (void)state;
    static const char *const heads[] = {"A", "B", NULL};
    static const char *const cells[] = {"日本e\u0301", "x", NULL};
    char *text = printed(heads, cells);
    assert_string_equal(text, "A      B\n日本e\u0301  x\n");
    free(text);
}

static void nothing_in_a_cell_steers_the_terminal(void **state)
{
    (void)state;
    static const char *const heads[] = {"A", NULL};
    static const char *const cells[] = {"a\033[2Jb\nc\u202Ed\u2028e\xff", NULL};
    char *text = printed(heads, cells);
    assert_string_equal(text, "A\na?[2Jb?c?d?e\uFFFD\n");
    free(text);
}

static void a_long_cell_is_cut(void **state)
{
    (void)state;
    static const char *const heads[] = {"A", NULL};
    g_autofree char *cell = g_strnfill(100, 'x');
    const char *const cells[] = {cell, NULL};
    char *text = printed(heads, cells);
    assert_int_equal(strlen(text), 2 + 60 + 3 + 1);
    assert_non_null(strstr(text, "x...\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(wide_and_zero_width_letters_keep_the_columns),
        cmocka_unit_test(nothing_in_a_cell_steers_the_terminal),
        cmocka_unit_test(a_long_cell_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
