/* moment: times as an administrator writes them on a command line. */
#ifndef TK_MILTER_CTL_MOMENT_H
#define TK_MILTER_CTL_MOMENT_H

#include "rules/base/status.h"

/* Reads "90s", "15m", "12h", "30d", "2w" as seconds. FALSE: it is none. */
gboolean tk_moment_period(const char *text, gint64 *seconds_r);

/* Reads a period as that long before NOW, "2026-03-02" or "2026-03-02T10:00:00Z" (UTC where no zone stands)
 * as a moment; both in microseconds since 1970. FALSE: it is none. */
gboolean tk_moment_since(const char *text, gint64 now, gint64 *micros_r);

#endif
