/* texts: the files of the texts of our own mails (rules/conf/mail_text.h), read into the snapshot. */
#ifndef TK_MILTER_BASE_TEXTS_H
#define TK_MILTER_BASE_TEXTS_H

#include "rules/base/status.h"
#include "rules/conf/conf.h"

/* Reads the text files of each channel of CONF, which nobody else uses yet. A problem is added to PROBLEMS
 * (as tk_conf_read does) for each that cannot be read or is no such text; the built-in one stands in for it.
 * TK_OK: no error. TK_CONFIG: at least one. TK_LATER: another try may help. */
enum tk_status tk_texts_load(struct tk_conf *conf, GPtrArray *problems) TK_MUST_CHECK;

/* The configuration with its keys and texts: a loader for tk_snapshot_open. */
enum tk_status tk_texts_read_files(const char *path, GPtrArray *problems,
                                   struct tk_conf **conf_r) TK_MUST_CHECK;

#endif
