/* table: rows in columns for people.
 *
 * Whatever a cell holds, it stays in its place: controls, line ends and marks of direction are shown as "?",
 * so that no text of a mail can steer the terminal. */
#ifndef TK_MILTER_CTL_TABLE_H
#define TK_MILTER_CTL_TABLE_H

#include <stdio.h>

#include "rules/base/status.h"

struct tk_table;

/* HEADS ends with NULL and is copied. Owned by the caller. */
struct tk_table *tk_table_new(const char *const *heads);
/* Accepts NULL; sets *TABLE to NULL. */
void tk_table_free(struct tk_table **table);

/* Adds a row of as many CELLS as there are heads; NULL is an empty one. Copies them. */
void tk_table_add(struct tk_table *table, const char *const *cells);

/* Prints the heads and all rows. TK_STORAGE where OUT fails. */
enum tk_status tk_table_print(const struct tk_table *table, FILE *out) TK_MUST_CHECK;

#endif
