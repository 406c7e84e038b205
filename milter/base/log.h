/* log: where the programs write what happened: syslog's mail facility or standard error.
 *
 * One call is one line, whatever is in it. Safe from any thread. Priorities are those of syslog.h. */
#ifndef TK_MILTER_BASE_LOG_H
#define TK_MILTER_BASE_LOG_H

#include <syslog.h>

#include "rules/base/logtext.h"
#include "rules/base/status.h"

enum tk_log_target {
    TK_LOG_STDERR, /* with syslog's "<N>" in front of a line where the journal listens (JOURNAL_STREAM) */
    TK_LOG_SYSLOG  /* facility mail */
};

/* Opens the log. PROGRAM must live as long as the process. Libraries that call syslog themselves get the name
 * and the facility too, so this comes before them, for either target. GLib's warnings are turned into lines
 * of ours, at most a few a minute. Before the call, lines go to standard error. */
void tk_log_open(const char *program, enum tk_log_target target);

/* Lines below this priority are left out; LOG_INFO before it is set. */
void tk_log_set_threshold(int priority);

/* One line of words: control characters are escaped, and it is cut at TK_LOGTEXT_MAX_LINE. */
void tk_log(int priority, const char *format, ...) TK_PRINTF(2, 3);

/* One line made with tk_logtext_pair, as it is. */
void tk_log_line(int priority, const GString *line);

/* At most PER_MINUTE lines a minute from one place of the program that strangers can make speak; the first
 * line after a silence says how many were left out. Static, zero at start. */
struct tk_log_limit {
    GMutex mutex;
    gint64 window_start; /* monotonic microseconds; 0: never spoken */
    guint spoken;
    guint left_out;
};

/* As tk_log, within LIMIT. */
void tk_log_limited(struct tk_log_limit *limit, guint per_minute, int priority, const char *format, ...)
    TK_PRINTF(4, 5);

#endif
