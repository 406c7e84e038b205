/* ctl: what the commands of ticketctl share: the command table's shape, options, exit codes.
 *
 * Owns nothing. */
#include "milter/ctl/ctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"

/* Options of one command with --help and the end mark. */
#define OPTIONS_MAX 32
/* Not a character, so that no short option can collide. */
#define OPTION_HELP 0x1000

void tk_ctl_complain(const char *format, ...)
{
    va_list args;

    fputs("ticketctl: ", stderr);
    va_start(args, format);
    tk_say_list(stderr, format, args);
    va_end(args);
}

/* The way out of a failure, by its text; NULL where the text says all. */
static const char *way_out(const char *why)
{
    static const struct {
        const char *part, *way;
    } ways[] = {
        {"SQLSTATE 42501", "another role is needed, see the command's --help"},
        {" 28000: ", "`ticketctl init' shows the lines of pg_hba.conf and pg_ident.conf that let roles in"},
        {" 28P01: ", "`ticketctl init' shows the lines of pg_hba.conf and pg_ident.conf that let roles in"},
        {" is not in the database", "`ticketctl channels' lists those that are"},
        {"there is no channel ", "`ticketctl check' lists those of the files"},
        {": Permission denied", "run this command as root, or as a user who may"},
        {"Connection refused", "see that PostgreSQL runs there, or give another place by --conninfo"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(ways); i++)
        if (strstr(why, ways[i].part) != NULL)
            return ways[i].way;
    return NULL;
}

int tk_ctl_fail(const struct tk_ctl_command *command, enum tk_status status, const GString *why)
{
    const char *way = way_out(why->str);
    if (status != TK_OK && why->len > 0)
        tk_ctl_complain("%s: %s%s%s", command->name, why->str, way != NULL ? "; " : "",
                        way != NULL ? way : "");
    return tk_exitcode(status);
}

static void usage_line(const struct tk_ctl_command *command, FILE *to)
{
    tk_say(to, "usage: ticketctl %s %s", command->name, command->arguments);
}

int tk_ctl_usage(const struct tk_ctl_command *command)
{
    usage_line(command, stderr);
    tk_say(stderr, "`ticketctl %s --help' tells more.", command->name);
    return tk_exitcode(TK_USAGE);
}

int tk_ctl_option(const struct tk_ctl_command *command, int argc, char **argv,
                  const struct option *long_options, int *exit_r)
{
    struct option options[OPTIONS_MAX] = {{"help", no_argument, NULL, OPTION_HELP}};
    guint count = 1;
    int got;

    for (guint i = 0; long_options != NULL && long_options[i].name != NULL && count + 1 < OPTIONS_MAX; i++)
        options[count++] = long_options[i];
    for (guint i = 0; tk_settings_options[i].name != NULL && count + 1 < OPTIONS_MAX; i++)
        options[count++] = tk_settings_options[i];
    opterr = 0;
    do {
        got = getopt_long(argc, argv, ":" TK_SETTINGS_SHORT, options, NULL);
    } while (tk_settings_take(got, optarg));
    switch (got) {
    case OPTION_HELP:
        usage_line(command, stdout);
        fputs("\n", stdout);
        tk_say(stdout, "%s", command->summary);
        if (command->help != NULL) {
            fputs("\n", stdout);
            tk_say_text(stdout, "", command->help);
        }
        *exit_r = tk_exitcode(TK_OK);
        return -1;
    case '?':
    case ':':
        tk_ctl_complain(got == ':' ? "%s: %s needs a value" : "%s: unknown option %s", command->name,
                        argv[optind - 1]);
        *exit_r = tk_ctl_usage(command);
        return -1;
    default: return got;
    }
}
