/* conf_problem: the findings of reading a configuration, and where each value was written. */
#ifndef TK_RULES_CONF_PROBLEM_H
#define TK_RULES_CONF_PROBLEM_H

#include "rules/conf/conf.h"

struct tk_conf_findings {
    GPtrArray *problems; /* of struct tk_conf_problem; the caller's */
    /* The address of a value -> its line (GINT_TO_POINTER). The address is that of a string, of a pair, of an
     * element of a list of groups, of a struct's member that is no string, or of the struct itself (the line
     * of its group). */
    GHashTable *lines;
    guint errors; /* of the problems so far */
};

/* Adds a finding; LINE 0 is the file as a whole. */
void tk_conf_problem_add(struct tk_conf_findings *findings, const char *file, int line, gboolean error,
                         const char *format, ...) TK_PRINTF(5, 6);

/* Adds a finding about CHANNEL at the line of WHERE (NULL or not known: of the channel). An error makes the
 * channel faulty. */
void tk_conf_problem_channel(struct tk_conf_findings *findings, struct tk_channel *channel,
                             gconstpointer where, gboolean error, const char *format, ...) TK_PRINTF(5, 6);

/* The same about TEMPLATE, always an error. */
void tk_conf_problem_template(struct tk_conf_findings *findings, struct tk_template *template,
                              gconstpointer where, const char *format, ...) TK_PRINTF(4, 5);

/* The line where VALUE was written, or FALLBACK. */
int tk_conf_problem_line(const struct tk_conf_findings *findings, gconstpointer value, int fallback);

/* Orders PROBLEMS by file, line and text. */
void tk_conf_problem_sort(GPtrArray *problems);

/* TEXT in quotes as a message shows it: one line, cut after 80 bytes. Owned by the caller. */
char *tk_conf_problem_quote(const char *text);

#endif
