/* logtext: log lines of key=value pairs that no mail can forge.
 *
 * Values come from strangers. Whatever could end a line, open a new pair, move a terminal's cursor or turn
 * the reading direction is escaped, so that a line of the log is one line and its keys are ours. */
#ifndef TK_RULES_LOGTEXT_H
#define TK_RULES_LOGTEXT_H

#include "rules/base/status.h"

/* Most bytes of one encoded value; what is longer ends in "...". Long enough for every address (RFC 5321: 254
 * octets), short enough that a line of all keys fits syslog's usual 8 KiB. */
#define TK_LOGTEXT_MAX_VALUE 256

/* Most bytes of a plain line. */
#define TK_LOGTEXT_MAX_LINE 1000

/* Appends "KEY=VALUE" to LINE, after a blank where LINE is not empty. A value that is not made of letters,
 * digits and "._:/@+,<>*-" alone stands in double quotes. Inside: \" \\ \t \r \n, \xNN for other C0 controls,
 * DEL and bytes that are no UTF-8, \u{N} for C1 controls, bidirectional and other invisible format
 * characters, line and paragraph separators. VALUE may be NULL, which is "". */
void tk_logtext_pair(GString *line, const char *key, const char *value);

/* The same for a number. */
void tk_logtext_number(GString *line, const char *key, gint64 value);

/* Appends TEXT with the same escapes but without quotes around it and with quotes and backslashes as they
 * are, at most MAX bytes: for a line that is a sentence of ours with foreign words in it. */
void tk_logtext_plain(GString *line, const char *text, gsize max);

#endif
