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

/* In the order in which a new user needs them. */
static const struct tk_ctl_command *const commands[] = {
    &tk_inspect_command,
};

static void print_help(FILE *to)
{
    fputs("usage: ticketctl COMMAND [OPTION...] [ARGUMENT...]\n\ncommands:\n", to);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n`ticketctl COMMAND --help' tells more.\n", to);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return tk_exitcode(TK_OK);
    }
    if (strcmp(name, "--version") == 0) {
        puts("ticketctl " PACKAGE_VERSION);
        return tk_exitcode(TK_OK);
    }
    g_mime_init();
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(name, commands[i]->name) == 0)
            return commands[i]->run(commands[i], argc - 1, argv + 1);
    }
    if (*name != '\0')
        tk_ctl_complain("no command is called %s", name);
    print_help(stderr);
    return tk_exitcode(TK_USAGE);
}
