/* cmdline: the command line of the programs that serve. */
#ifndef TK_MILTER_BASE_CMDLINE_H
#define TK_MILTER_BASE_CMDLINE_H

#include "milter/base/log.h"
#include "rules/base/status.h"

struct tk_cmdline {
    char *config; /* absolute path of the main file */
    gboolean background;
    gboolean check;   /* read the configuration and exit */
    gboolean help;    /* show TEXT and exit */
    gboolean version; /* likewise */
    enum tk_log_target log;
};

/* Reads the command line; DETACHES: the program can go to the background. TK_USAGE: WHY says what is off. The
 * caller clears OPTIONS_R in every case. */
enum tk_status tk_cmdline_read(int argc, char **argv, gboolean detaches, GString *why,
                               struct tk_cmdline *options_r) TK_MUST_CHECK;
void tk_cmdline_clear(struct tk_cmdline *options);

#endif
