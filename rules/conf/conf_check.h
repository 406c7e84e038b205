/* conf_check: what the files of a configuration say against each other.
 *
 * Adds problems, marks channels as faulty, resolves templates, fills in what follows from other values, and
 * builds the table of addresses. */
#ifndef TK_RULES_CONF_CHECK_H
#define TK_RULES_CONF_CHECK_H

#include "rules/conf/conf_problem.h"

/* The settings of the main file against each other. */
void tk_conf_check_main(struct tk_conf_findings *findings, const struct tk_conf *conf);

/* CONF's templates and channels were read; its by_address is empty. */
void tk_conf_check(struct tk_conf_findings *findings, struct tk_conf *conf);

#endif
