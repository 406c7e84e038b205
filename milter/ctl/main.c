/* main: ticketctl: finds the command and runs it.
 *
 * Exit codes: 0 ok, 1 negative or not found, 64 usage, 65 bad data, 75 try later, 78 configuration. */
#include <errno.h>
#include <fcntl.h>
#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "milter/base/exitcode.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/ctl.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"

/* Options before the command, with the end mark. */
#define OPTIONS_MAX 16
/* Not characters, so that no short option can collide. */
enum { OPTION_HELP = 0x1200, OPTION_VERSION };

/* In the order in which a new user needs them. */
static const struct tk_ctl_command *const commands[] = {
    &tk_init_command,   &tk_migrate_command, &tk_tenant_command,  &tk_key_command,     &tk_new_command,
    &tk_check_command,  &tk_publish_command, &tk_verify_command,  &tk_disable_command, &tk_channels_command,
    &tk_test_command,   &tk_inspect_command, &tk_preview_command, &tk_tickets_command, &tk_show_command,
    &tk_note_command,   &tk_intake_command,  &tk_outbox_command,  &tk_status_command,  &tk_purge_command,
    &tk_reader_command,
};

static void print_help(FILE *to)
{
    fputs("usage: ticketctl [-c FILE] COMMAND [OPTION...] [ARGUMENT...]\n\ncommands:\n", to);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
        tk_say(to, "  %-10s %s", commands[i]->name, commands[i]->summary);
    fputs("\n`ticketctl COMMAND --help' tells more.\n", to);
}

/* Takes the options before the command. Returns where the command's name stands, 0 where one is wrong, or -1
 * where the help or the version was asked for and shown. */
static int take_settings(int argc, char **argv)
{
    struct option options[OPTIONS_MAX] = {{"help", no_argument, NULL, OPTION_HELP},
                                          {"version", no_argument, NULL, OPTION_VERSION}};
    int option;

    for (guint i = 0; tk_settings_options[i].name != NULL && i + 3 < OPTIONS_MAX; i++)
        options[i + 2] = tk_settings_options[i];
    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:h" TK_SETTINGS_SHORT, options, NULL)) != -1) {
        if (option == OPTION_HELP || option == 'h') {
            print_help(stdout);
            return -1;
        }
        if (option == OPTION_VERSION) {
            tk_say(stdout, "ticketctl " PACKAGE_VERSION);
            return -1;
        }
        if (!tk_settings_take(option, optarg)) {
            tk_ctl_complain(option == ':' ? "%s needs a value" : "unknown option %s", argv[optind - 1]);
            return 0;
        }
    }
    return optind;
}

/* CODE, unless what was printed did not arrive. */
static int end_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    tk_ctl_complain("standard output cannot be written: %s; what is shown is not complete",
                    g_strerror(errno));
    return tk_exitcode(TK_STORAGE);
}

/* A standard stream that is closed must not become the socket of the database. */
static void hold_streams(void)
{
    int fd;
    while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        if (fd > STDERR_FILENO) {
            close(fd);
            return;
        }
}

static int run_command(int argc, char **argv)
{
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(argv[0], commands[i]->name) == 0) {
            optind = 0; /* begin anew with the command's own options */
            return end_output(commands[i]->run(commands[i], argc, argv));
        }
    }
    if (strcmp(argv[0], "help") == 0) {
        print_help(stdout);
        return end_output(tk_exitcode(TK_OK));
    }
    tk_ctl_complain("no command is called %s; `ticketctl --help' lists them", argv[0]);
    return tk_exitcode(TK_USAGE);
}

int main(int argc, char **argv)
{
    int first;

    hold_streams();
    g_mime_init(); /* once, for every command that reads mails */
    first = take_settings(argc, argv);
    if (first > 0 && first < argc)
        return run_command(argc - first, argv + first);
    if (first < 0)
        return end_output(tk_exitcode(TK_OK));
    print_help(stderr);
    return tk_exitcode(TK_USAGE);
}
