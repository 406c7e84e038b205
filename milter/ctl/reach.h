/* reach: connects to somebody, with a deadline. */
#ifndef TK_MILTER_CTL_REACH_H
#define TK_MILTER_CTL_REACH_H

#include "rules/base/status.h"

/* Connects to TCP port PORT of HOST by DEADLINE (monotonic microseconds). *FD_R does not block and is the
 * caller's. TK_LATER: nobody answers; WHY says how. */
enum tk_status tk_reach_tcp(const char *host, guint port, gint64 deadline, int *fd_r,
                            GString *why) TK_MUST_CHECK;

/* Whether somebody listens on the unix socket PATH: 0, or an errno (ECONNREFUSED: nobody). */
int tk_reach_unix(const char *path) TK_MUST_CHECK;

#endif
