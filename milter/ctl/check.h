/* check: the problems of a configuration for people and programs. */
#ifndef TK_MILTER_CTL_CHECK_H
#define TK_MILTER_CTL_CHECK_H

#include <stdio.h>

#include "rules/conf.h"

/* Prints PROBLEM as "FILE:LINE: error: TEXT", or with JSON as {file, line, severity, text}, to OUT. */
void tk_check_print(const struct tk_conf_problem *problem, gboolean json, FILE *out);

#endif
