/* cmdline: the command line of the programs that serve. */
#include "config.h"

#include "milter/base/cmdline.h"

#include <getopt.h>
#include <string.h>

enum { LONG_BACKGROUND = 256, LONG_HELP, LONG_LOG, LONG_VERSION };

static const struct option long_options[] = {
    {"background", no_argument, NULL, LONG_BACKGROUND},
    {"check", no_argument, NULL, 't'},
    {"config", required_argument, NULL, 'c'},
    {"foreground", no_argument, NULL, 'f'},
    {"help", no_argument, NULL, LONG_HELP},
    {"log", required_argument, NULL, LONG_LOG},
    {"version", no_argument, NULL, LONG_VERSION},
    {NULL, 0, NULL, 0},
};

static enum tk_status read_log(const char *where, GString *why, enum tk_log_target *log_r)
{
    if (strcmp(where, "stderr") == 0)
        *log_r = TK_LOG_STDERR;
    else if (strcmp(where, "syslog") == 0)
        *log_r = TK_LOG_SYSLOG;
    else
        return tk_status_fail(TK_USAGE, why, "--log is stderr or syslog, not \"%s\"", where);
    return TK_OK;
}

enum tk_status tk_cmdline_read(int argc, char **argv, gboolean detaches, GString *why,
                               struct tk_cmdline *options_r)
{
    const char *config = TK_CONFIG_FILE;
    const char *log = NULL;
    int option;
    memset(options_r, 0, sizeof *options_r);
    opterr = 0;
    optind = 0; /* begins anew, whatever was read before */
    while ((option = getopt_long(argc, argv, "+:c:ft", long_options, NULL)) != -1) {
        switch (option) {
        case 'c': config = optarg; break;
        case 'f': options_r->background = FALSE; break;
        case 't': options_r->check = TRUE; break;
        case LONG_BACKGROUND: options_r->background = TRUE; break;
        case LONG_HELP: options_r->help = TRUE; break;
        case LONG_LOG: log = optarg; break;
        case LONG_VERSION: options_r->version = TRUE; break;
        case ':': return tk_status_fail(TK_USAGE, why, "%s needs a value", argv[optind - 1]);
        default:
            if (optopt != 0)
                return tk_status_fail(TK_USAGE, why, "there is no option -%c", optopt);
            return tk_status_fail(TK_USAGE, why, "there is no option %s", argv[optind - 1]);
        }
    }
    if (options_r->background && !detaches)
        return tk_status_fail(TK_USAGE, why, "there is no option --background");
    if (optind < argc)
        return tk_status_fail(TK_USAGE, why, "\"%s\" is one word too many", argv[optind]);
    options_r->config = g_canonicalize_filename(config, NULL); /* the background has another folder */
    options_r->log = options_r->background ? TK_LOG_SYSLOG : TK_LOG_STDERR;
    return log != NULL ? read_log(log, why, &options_r->log) : TK_OK;
}

void tk_cmdline_clear(struct tk_cmdline *options)
{
    g_clear_pointer(&options->config, g_free);
}
