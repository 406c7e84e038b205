/* conf_scan: one pass over a configuration file before libconfig reads it.
 *
 * libconfig takes what would be read otherwise than it was meant: numbers that do not fit wrap, 010 is ten,
 * "\x00" ends a string. It opens files for @include, and it recurses on what is nested. All of this is
 * refused here. */
#ifndef TK_RULES_CONF_SCAN_H
#define TK_RULES_CONF_SCAN_H

#include "rules/conf/conf_problem.h"

/* TK_OK: libconfig may read FILE. TK_CONFIG: the reasons were added to FINDINGS. */
enum tk_status tk_conf_scan(const struct tk_conf_file *file, struct tk_conf_findings *findings) TK_MUST_CHECK;

#endif
