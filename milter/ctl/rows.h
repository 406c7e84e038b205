/* rows: prints a report of the database, as JSON or as a table. */
#ifndef TK_MILTER_CTL_ROWS_H
#define TK_MILTER_CTL_ROWS_H

#include <jansson.h>
#include <stdio.h>

#include "schema/calls/report.h"

/* Row ROW as an object with all columns by name; numbers, booleans and JSON as such, NULL as null. A new
 * reference. */
json_t *tk_rows_object(const struct tk_report *report, guint row);

/* Prints REPORT to OUT: with JSON every row as a line, else the COLUMNS (NULL-terminated) as a table, or
 * nothing where there are no rows. TK_STORAGE where OUT fails. */
enum tk_status tk_rows_print(const struct tk_report *report, const char *const *columns, gboolean json,
                             FILE *out) TK_MUST_CHECK;

#endif
