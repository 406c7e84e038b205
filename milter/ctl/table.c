/* table: rows in columns for people. */
#include "milter/ctl/table.h"

#include <string.h>

#include "rules/base/text.h"

/* A longer cell is cut, so that a row stays on a screen. */
#define CELL_WIDTH_MAX 60

struct tk_table {
    guint columns;
    GPtrArray *cells; /* of char *, row by row; the heads are the first row */
};

static int width_of(gunichar c)
{
    if (g_unichar_iszerowidth(c))
        return 0;
    return g_unichar_iswide(c) ? 2 : 1;
}

static char *clean(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text != NULL ? text : "", -1);
    GString *out = g_string_new(NULL);
    int width = 0;
    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        width += width_of(c);
        if (width > CELL_WIDTH_MAX) {
            g_string_append(out, "...");
            break;
        }
        g_string_append_unichar(out, tk_text_is_visible(c) ? c : '?');
    }
    return g_string_free(out, FALSE);
}

static int text_width(const char *text)
{
    int width = 0;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
        width += width_of(g_utf8_get_char(p));
    return width;
}

struct tk_table *tk_table_new(const char *const *heads)
{
    struct tk_table *table = g_new0(struct tk_table, 1);
    table->columns = g_strv_length((char **)heads);
    table->cells = g_ptr_array_new_with_free_func(g_free);
    tk_table_add(table, heads);
    return table;
}

void tk_table_free(struct tk_table **table)
{
    struct tk_table *old = *table;
    *table = NULL;
    if (old == NULL)
        return;
    g_ptr_array_unref(old->cells);
    g_free(old);
}

void tk_table_add(struct tk_table *table, const char *const *cells)
{
    for (guint i = 0; i < table->columns; i++)
        g_ptr_array_add(table->cells, clean(cells[i]));
}

enum tk_status tk_table_print(const struct tk_table *table, FILE *out)
{
    g_autofree int *widths = g_new0(int, table->columns);
    for (guint i = 0; i < table->cells->len; i++)
        widths[i % table->columns] = MAX(widths[i % table->columns], text_width(table->cells->pdata[i]));
    for (guint i = 0; i < table->cells->len; i++) {
        const char *cell = table->cells->pdata[i];
        gboolean last = (i + 1) % table->columns == 0;
        fputs(cell, out);
        if (last)
            fputc('\n', out);
        else
            fprintf(out, "%*s", widths[i % table->columns] - text_width(cell) + 2, "");
    }
    return ferror(out) ? TK_STORAGE : TK_OK;
}
