/* trim_fold: a line of a reply made comparable: the form in which trim_line and trim_words look at it. */
#ifndef TK_RULES_TRIM_FOLD_H
#define TK_RULES_TRIM_FOLD_H

#include <glib.h>

/* A line longer than this is prose or data, never a mark; it is folded to "". */
#define TK_TRIM_FOLD_MAX 600

/* Appends the folded form of the LEN bytes at TEXT to OUT: lower case, every run of white space one blank, no
 * white space at the ends, typographic apostrophes and colons made ASCII, invisible characters gone. Bytes
 * that are no UTF-8 become '?'. Appends nothing when LEN is over TK_TRIM_FOLD_MAX. */
void tk_trim_fold(const char *text, gsize len, GString *out);

#endif
