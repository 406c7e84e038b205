/* main: ticketctl: finds the command and runs it.
 *
 * Exit codes: 0 ok, 1 negative or not found, 64 usage, 65 bad data, 75 try later, 78 configuration. */
#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "milter/base/exitcode.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/ctl.h"
#include "milter/ctl/settings.h"

/* In the order in which a new user needs them. */
static const struct tk_ctl_command *const commands[] = {
    &tk_init_command,    &tk_migrate_command, &tk_new_command,      &tk_check_command,  &tk_publish_command,
    &tk_verify_command,  &tk_disable_command, &tk_channels_command, &tk_test_command,   &tk_inspect_command,
    &tk_tickets_command, &tk_show_command,    &tk_intake_command,   &tk_status_command, &tk_purge_command,
};

static void print_help(FILE *to)
{
    fputs("usage: ticketctl [-c FILE] COMMAND [OPTION...] [ARGUMENT...]\n\ncommands:\n", to);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n`ticketctl COMMAND --help' tells more.\n", to);
}

/* Takes the options before the command. Returns where the command's name stands, or 0 where one is wrong. */
static int take_settings(int argc, char **argv)
{
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:" TK_SETTINGS_SHORT, tk_settings_options, NULL)) != -1) {
        if (!tk_settings_take(option, optarg)) {
            tk_ctl_complain(option == ':' ? "%s needs a value" : "unknown option %s", argv[optind - 1]);
            return 0;
        }
    }
    return optind;
}

static int run_command(int argc, char **argv)
{
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(argv[0], commands[i]->name) == 0) {
            optind = 0; /* begin anew with the command's own options */
            return commands[i]->run(commands[i], argc, argv);
        }
    }
    tk_ctl_complain("no command is called %s", argv[0]);
    print_help(stderr);
    return tk_exitcode(TK_USAGE);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    int first;

    g_mime_init(); /* once, for every command that reads mails */
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return tk_exitcode(TK_OK);
    }
    if (strcmp(name, "--version") == 0) {
        puts("ticketctl " PACKAGE_VERSION);
        return tk_exitcode(TK_OK);
    }
    g_mime_init();
    first = take_settings(argc, argv);
    if (first > 0 && first < argc)
        return run_command(argc - first, argv + first);
    print_help(stderr);
    return tk_exitcode(TK_USAGE);
}
