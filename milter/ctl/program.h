/* program: runs another program, without a shell, and takes what it prints. */
#ifndef TK_MILTER_CTL_PROGRAM_H
#define TK_MILTER_CTL_PROGRAM_H

#include "rules/base/status.h"

/* Where NAME is: in PATH, else in the folders of an administrator's programs. NULL: nowhere. Owned by the
 * caller. */
char *tk_program_find(const char *name);

/* Runs ARGV (the program's path first, NULL-terminated) with no input until it ends, at most SECONDS. OUT and
 * ERRORS get what it printed (appended, each up to 1 MiB). *EXIT_R is its exit code. TK_LATER: it cannot be
 * run, was ended by a signal, or took too long; WHY says which. */
enum tk_status tk_program_run(char *const *argv, guint seconds, GString *out, GString *errors, int *exit_r,
                              GString *why) TK_MUST_CHECK;

#endif
