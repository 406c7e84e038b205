/* ctl: what the commands of ticketctl share: the command table's shape, options, exit codes. */
#ifndef TK_MILTER_CTL_H
#define TK_MILTER_CTL_H

#include <getopt.h>

#include "rules/base/status.h"

/* One command. RUN gets argv from the command's name on and returns an exit code (milter/base/exitcode.h). */
struct tk_ctl_command {
    const char *name;
    const char *arguments; /* "FILE..." for the usage line */
    const char *summary;   /* one line, lower case */
    const char *help;      /* the options and notes below the usage line, or NULL */
    int (*run)(const struct tk_ctl_command *command, int argc, char **argv);
};

/* Prints "ticketctl: ..." and a line end to stderr. */
void tk_ctl_complain(const char *format, ...) TK_PRINTF(1, 2);

/* Prints why COMMAND failed with STATUS, and the way out where it is known. WHY may be empty: then it was
 * told already. Returns the exit code. */
int tk_ctl_fail(const struct tk_ctl_command *command, enum tk_status status, const GString *why);

/* Reads the next option of COMMAND like getopt_long, with LONG_OPTIONS (NULL-terminated array, without help).
 * Options may stand behind arguments. Those that all commands have (milter/ctl/settings.h) are taken on the
 * way.
 * --help prints the command's help and an unknown option the usage line; both end the command: then -1 is
 * returned and *EXIT_R is the exit code, else *EXIT_R is untouched and the end of the options is -1 as well,
 * so set it to -1 before the first call. */
int tk_ctl_option(const struct tk_ctl_command *command, int argc, char **argv,
                  const struct option *long_options, int *exit_r);

/* Prints the usage line of COMMAND to stderr. Returns the exit code for it. */
int tk_ctl_usage(const struct tk_ctl_command *command);

#endif
