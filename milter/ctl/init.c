/* init: `ticketctl init' and `ticketctl migrate': roles and schema. */
#include <stdio.h>

#include "milter/base/exitcode.h"
#include "milter/base/files.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/json.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "rules/address/address.h"
#include "schema/calls/admin.h"

/* A migration may rewrite a large table. */
#define MIGRATION_SECONDS G_GINT64_CONSTANT(3600)
/* As the option user has it by default. */
#define DAEMON_USER "ticket-milter"

static gint64 deadline(void)
{
    return g_get_monotonic_time() + MIGRATION_SECONDS * G_USEC_PER_SEC;
}

/* What the command is to do. */
struct work {
    const char *user; /* who runs the daemon */
    const char *name; /* of the installation */
    GPtrArray *former, *forgotten;
    struct tk_conf *conf; /* NULL: it cannot be read */
    struct tk_installation *installation;
    guint applied;
    GString *told;  /* what the migrations changed for people */
    GString *lines; /* of init; NULL: none are wanted */
};

static void read_conf(struct work *work)
{
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    if (tk_files_read(tk_settings()->config, problems, &work->conf) == TK_LATER)
        tk_conf_unref(&work->conf);
}

static const char *daemon_user(const struct work *work)
{
    if (work->user != NULL)
        return work->user;
    return work->conf != NULL && work->conf->user != NULL ? work->conf->user : DAEMON_USER;
}

/* Where nobody says otherwise, and it has no name yet, the installation gets that of this host: what this
 * host has sent before is then known as its own. */
static enum tk_status name_installation(struct tk_store *store, struct work *work, GString *why)
{
    const char *instance = work->conf != NULL ? work->conf->instance : NULL;
    g_ptr_array_add(work->former, NULL);
    g_ptr_array_add(work->forgotten, NULL);
    const struct tk_admin_names names = {.name = work->name != NULL ? work->name : instance,
                                         .once = work->name == NULL,
                                         .former = (const char *const *)work->former->pdata,
                                         .forgotten = (const char *const *)work->forgotten->pdata};
    enum tk_status status = tk_admin_name(store, &names, deadline(), why);
    return status == TK_OK ? tk_store_installation(store, deadline(), &work->installation, why) : status;
}

static enum tk_status print_json(const struct work *work)
{
    json_t *former = json_array();
    for (gsize i = 0; work->installation->former[i] != NULL; i++)
        json_array_append_new(former, tk_json_text(work->installation->former[i]));
    return tk_json_print(json_pack("{s:i, s:o, s:o, s:o, s:o}", "applied", (int)work->applied, "told",
                                   tk_json_text(work->told->str), "lines",
                                   tk_json_text(work->lines != NULL ? work->lines->str : NULL),
                                   "installation", tk_json_text(work->installation->name), "former", former),
                         stdout);
}

static enum tk_status print_work(const struct work *work)
{
    const struct tk_installation *installation = work->installation;
    if (tk_settings()->json)
        return print_json(work);
    if (work->applied == 0)
        tk_say(stdout, "the schema is up to date; nothing changed");
    else
        tk_say(stdout, "%u migrations applied", work->applied);
    tk_say_text(stdout, "", work->told->str);
    tk_say(stdout, "the name of the installation is %s", installation->name);
    for (gsize i = 0; installation->former[i] != NULL; i++)
        tk_say(stdout, "a former name is %s", installation->former[i]);
    if (work->conf != NULL && tk_installation_find(installation, work->conf->instance) == NULL)
        tk_say(stdout,
               "this host's instance %s is no name of the installation; if the host has sent mail under it, "
               "run: ticketctl init --former %s",
               work->conf->instance, work->conf->instance);
    if (work->lines != NULL) {
        fputs("\n", stdout);
        tk_say_text(stdout, "", work->lines->str);
    }
    return TK_OK;
}

/* Takes an option; FALSE: its value is no host name. */
static gboolean take_option(struct work *work, const struct tk_ctl_command *command, int option)
{
    if (option == 'u') {
        work->user = optarg;
        return TRUE;
    }
    g_autofree char *folded = tk_address_domain_pattern(optarg);
    if (folded == NULL || folded[0] == '*') {
        tk_ctl_complain("%s: \"%s\" is no host name, such as tickets.example.net", command->name, optarg);
        return FALSE;
    }
    if (option == 'n')
        work->name = optarg;
    else
        g_ptr_array_add(option == 'f' ? work->former : work->forgotten, optarg);
    return TRUE;
}

static enum tk_status do_work(struct work *work, GString *why)
{
    struct tk_store *store = NULL;
    read_conf(work);
    enum tk_status status = tk_settings_store(TRUE, why, &store);
    if (status == TK_OK && work->lines != NULL)
        status =
            tk_admin_init(store, daemon_user(work), deadline(), work->lines, &work->applied, work->told, why);
    else if (status == TK_OK)
        status = tk_admin_migrate(store, deadline(), &work->applied, work->told, why);
    if (status == TK_OK)
        status = name_installation(store, work, why);
    if (status == TK_OK)
        status = print_work(work);
    tk_store_close(&store);
    return status;
}

static int run_with(const struct tk_ctl_command *command, const struct option *options, GString *lines,
                    int argc, char **argv)
{
    g_autoptr(GPtrArray) former = g_ptr_array_new(), forgotten = g_ptr_array_new();
    g_autoptr(GString) why = g_string_new(NULL), told = g_string_new(NULL);
    struct work work = {.former = former, .forgotten = forgotten, .told = told, .lines = lines};
    int exit_code = -1, option;
    while ((option = tk_ctl_option(command, argc, argv, options, &exit_code)) != -1)
        if (!take_option(&work, command, option))
            return tk_exitcode(TK_USAGE);
    if (exit_code != -1)
        return exit_code;
    if (optind < argc)
        return tk_ctl_usage(command);
    enum tk_status status = do_work(&work, why);
    tk_installation_unref(&work.installation);
    tk_conf_unref(&work.conf);
    return tk_ctl_fail(command, status, why);
}

static int run_init(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {{"user", required_argument, NULL, 'u'},
                                            {"name", required_argument, NULL, 'n'},
                                            {"former", required_argument, NULL, 'f'},
                                            {"forget", required_argument, NULL, 'g'},
                                            {NULL, 0, NULL, 0}};
    g_autoptr(GString) lines = g_string_new(NULL);
    return run_with(command, options, lines, argc, argv);
}

static int run_migrate(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {{"name", required_argument, NULL, 'n'}, {NULL, 0, NULL, 0}};
    return run_with(command, options, NULL, argc, argv);
}

const struct tk_ctl_command tk_init_command = {
    .name = "init",
    .arguments = "[OPTION...]",
    .summary = "make the roles and the schema in the database, and name the installation",
    .help =
        "Harmless where they are there. Prints the lines of pg_hba.conf and pg_ident.conf that let USER "
        "in, who runs\n"
        "the daemon, and root for administration. Role: a superuser, or the database's owner with "
        "CREATEROLE.\n\n"
        "  --user USER          who runs the daemon; else as the configuration says\n"
        "  --name NAME          the name of the installation, which all hosts on the database share: a host "
        "name.\n"
        "                       Without it, an installation that has none gets the instance of this host\n"
        "  --former NAME        the installation had this name before; may be given again\n"
        "  --forget NAME        no longer know the former name; may be given again\n" TK_SETTINGS_HELP
            TK_SETTINGS_CONNINFO_HELP,
    .run = run_init,
};

const struct tk_ctl_command tk_migrate_command = {
    .name = "migrate",
    .arguments = "[--name NAME]",
    .summary = "bring the schema to this program's version",
    .help = "Applies the migrations that are missing, each in a transaction of its own. An installation that "
            "has no name\n"
            "yet gets one. Role: a superuser or a member of ticket_owner.\n\n"
            "  --name NAME          the name of the installation; without it, one that has none gets the\n"
            "                       instance of this host\n" TK_SETTINGS_HELP TK_SETTINGS_CONNINFO_HELP,
    .run = run_migrate,
};
