/* exitcode: the one place where a status becomes a program's exit code (sysexits.h). */
#ifndef TK_MILTER_BASE_EXITCODE_H
#define TK_MILTER_BASE_EXITCODE_H

#include "rules/base/status.h"

/* 0 ok, 1 no match, 64 usage, 65 bad data, 70 ours, 75 try later, 78 configuration. */
int tk_exitcode(enum tk_status status);

#endif
