/* rows: prints a report of the database, as JSON or as a table. */
#include "milter/ctl/rows.h"

#include <string.h>

#include "milter/ctl/json.h"
#include "milter/ctl/table.h"

static json_t *cell_json(const char *text, enum tk_cell kind)
{
    json_t *value = NULL;
    if (text == NULL)
        return json_null();
    switch (kind) {
    case TK_CELL_TEXT: break;
    case TK_CELL_NUMBER:
    case TK_CELL_JSON: value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL); break;
    case TK_CELL_BOOLEAN: value = json_boolean(strcmp(text, "true") == 0); break;
    }
    return value != NULL ? value : json_string(text);
}

json_t *tk_rows_object(const struct tk_report *report, guint row)
{
    json_t *object = json_object();
    for (guint i = 0; i < tk_report_columns(report); i++)
        json_object_set_new(object, tk_report_name(report, i),
                            cell_json(tk_report_value(report, row, i), tk_report_cell(report, i)));
    return object;
}

enum tk_status tk_rows_print(const struct tk_report *report, const char *const *columns, gboolean json,
                             FILE *out)
{
    if (json) {
        for (guint row = 0; row < tk_report_rows(report); row++) {
            enum tk_status status = tk_json_print(tk_rows_object(report, row), out);
            if (status != TK_OK)
                return status;
        }
        return TK_OK;
    }
    if (tk_report_rows(report) == 0)
        return TK_OK;
    guint count = g_strv_length((char **)columns);
    g_autofree const char **cells = g_new0(const char *, count + 1);
    struct tk_table *table = tk_table_new(columns);
    for (guint row = 0; row < tk_report_rows(report); row++) {
        for (guint i = 0; i < count; i++)
            cells[i] = tk_report_get(report, row, columns[i]);
        tk_table_add(table, cells);
    }
    enum tk_status status = tk_table_print(table, out);
    tk_table_free(&table);
    return status;
}
