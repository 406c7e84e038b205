/* check: the problems of a configuration for people and programs. */
#ifndef TK_MILTER_CTL_CHECK_H
#define TK_MILTER_CTL_CHECK_H

#include <stdio.h>

#include "rules/conf/conf.h"

/* Prints PROBLEM as "FILE:LINE: error: TEXT", or with JSON as {file, line, severity, text}, to OUT. */
void tk_check_print(const struct tk_conf_problem *problem, gboolean json, FILE *out);

/* Reads the configuration as tk_files_read does, for a command that is not about its problems. Where it
 * cannot be used, *CONF_R is NULL and WHY is its first error. */
enum tk_status tk_check_read(struct tk_conf **conf_r, GString *why) TK_MUST_CHECK;

#endif
