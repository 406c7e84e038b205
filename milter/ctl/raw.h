/* raw: writes out a mail that is kept as it came. */
#ifndef TK_MILTER_CTL_RAW_H
#define TK_MILTER_CTL_RAW_H

#include "rules/base/status.h"

/* Writes the mail of an intake row to standard output. TK_USAGE: that is a terminal, which a mail might
 * steer. TK_NO_MATCH: there is no such row, or its mail is not kept. TK_STORAGE: it cannot be written. Others
 * as the database has them. WHY says which. */
enum tk_status tk_raw_write(gint64 intake_id, GString *why) TK_MUST_CHECK;

#endif
