/* conf_parse: one configuration file by the option table into a struct.
 *
 * Every value that the table knows is set afterwards: by the file, else by its default, also where the file's
 * value is wrong. */
#ifndef TK_RULES_CONF_PARSE_H
#define TK_RULES_CONF_PARSE_H

#include "rules/conf/conf_problem.h"
#include "rules/conf/options.h"

/* Reads FILE into TARGET, which is zeroed. TK_OK: understood, though there may be problems. TK_CONFIG: could
 * not be read at all; TARGET has its defaults. */
enum tk_status tk_conf_parse_file(struct tk_conf_findings *findings, enum tk_option_file which,
                                  const struct tk_conf_file *file, gpointer target) TK_MUST_CHECK;

/* Frees all that the members of TARGET own, not TARGET itself. */
void tk_conf_parse_clear(enum tk_option_file which, gpointer target);

#endif
