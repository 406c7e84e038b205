/* init: `ticketctl init' and `ticketctl migrate': roles and schema. */
#include <stdio.h>

#include "milter/base/exitcode.h"
#include "milter/base/files.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/json.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "schema/admin.h"

/* A migration may rewrite a large table. */
#define MIGRATION_SECONDS G_GINT64_CONSTANT(3600)
/* As the option user has it by default. */
#define DAEMON_USER "ticket-milter"

static gint64 deadline(void)
{
    return g_get_monotonic_time() + MIGRATION_SECONDS * G_USEC_PER_SEC;
}

/* Who runs the daemon: what the configuration says, where there is one. Owned by the caller. */
static char *configured_user(void)
{
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    if (tk_files_read(tk_settings()->config, problems, &conf) == TK_LATER || conf == NULL)
        return g_strdup(DAEMON_USER);
    char *user = g_strdup(conf->user != NULL ? conf->user : DAEMON_USER);
    tk_conf_unref(&conf);
    return user;
}

/* TOLD are lines of the migrations; LINES, of init, may be NULL. */
static enum tk_status print_applied(guint applied, const char *told, const char *lines)
{
    if (tk_settings()->json) {
        json_t *object = json_pack("{s:i, s:o, s:o}", "applied", (int)applied, "told", tk_json_text(told),
                                   "lines", tk_json_text(lines));
        return tk_json_print(object, stdout);
    }
    if (applied == 0)
        tk_say(stdout, "the schema is up to date; nothing changed");
    else
        tk_say(stdout, "%u migrations applied", applied);
    tk_say_text(stdout, "", told);
    if (lines != NULL) {
        fputs("\n", stdout);
        tk_say_text(stdout, "", lines);
    }
    return TK_OK;
}

static int finish(const struct tk_ctl_command *command, enum tk_status status, const GString *why)
{
    return tk_ctl_fail(command, status, why);
}

static int run_init(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {{"user", required_argument, NULL, 'u'}, {NULL, 0, NULL, 0}};
    const char *given = NULL;
    int exit_code = -1;
    while (tk_ctl_option(command, argc, argv, options, &exit_code) == 'u')
        given = optarg;
    if (exit_code != -1)
        return exit_code;
    if (optind < argc)
        return tk_ctl_usage(command);
    g_autofree char *user = given != NULL ? g_strdup(given) : configured_user();
    g_autoptr(GString) why = g_string_new(NULL);
    g_autoptr(GString) lines = g_string_new(NULL);
    g_autoptr(GString) told = g_string_new(NULL);
    struct tk_store *store = NULL;
    guint applied = 0;
    enum tk_status status = tk_settings_store(TRUE, why, &store);
    if (status == TK_OK)
        status = tk_admin_init(store, user, deadline(), lines, &applied, told, why);
    if (status == TK_OK)
        status = print_applied(applied, told->str, lines->str);
    tk_store_close(&store);
    return finish(command, status, why);
}

static int run_migrate(const struct tk_ctl_command *command, int argc, char **argv)
{
    int exit_code = -1;
    while (tk_ctl_option(command, argc, argv, NULL, &exit_code) != -1)
        continue; /* only those that every command has */
    if (exit_code != -1)
        return exit_code;
    if (optind < argc)
        return tk_ctl_usage(command);
    g_autoptr(GString) why = g_string_new(NULL);
    g_autoptr(GString) told = g_string_new(NULL);
    struct tk_store *store = NULL;
    guint applied = 0;
    enum tk_status status = tk_settings_store(TRUE, why, &store);
    if (status == TK_OK)
        status = tk_admin_migrate(store, deadline(), &applied, told, why);
    if (status == TK_OK)
        status = print_applied(applied, told->str, NULL);
    tk_store_close(&store);
    return finish(command, status, why);
}

const struct tk_ctl_command tk_init_command = {
    .name = "init",
    .arguments = "[--user USER]",
    .summary = "make the roles and the schema in the database",
    .help = "Harmless where they are there. Prints the lines of pg_hba.conf and pg_ident.conf that let USER "
            "in, who runs\n"
            "the daemon, and root for administration. Role: a superuser, or the database's owner with "
            "CREATEROLE.\n\n"
            "  --user USER          who runs the daemon; else as the configuration says\n" TK_SETTINGS_HELP
                TK_SETTINGS_CONNINFO_HELP,
    .run = run_init,
};

const struct tk_ctl_command tk_migrate_command = {
    .name = "migrate",
    .arguments = "",
    .summary = "bring the schema to this program's version",
    .help = "Applies the migrations that are missing, each in a transaction of its own. Role: a superuser or "
            "a member of\n"
            "ticket_owner.\n\n" TK_SETTINGS_HELP TK_SETTINGS_CONNINFO_HELP,
    .run = run_migrate,
};
