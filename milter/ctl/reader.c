/* reader: `ticketctl reader`: which roles of the database read which tenants. */
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/ctl.h"
#include "milter/ctl/json.h"
#include "milter/ctl/rows.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "schema/calls/admin.h"

/* Far more than one server has. */
#define READERS_MAX 100000

static enum tk_status list_readers(struct tk_store *store, GString *why)
{
    static const char *const columns[] = {"role", "tenant", "reads", "why", NULL};
    const struct tk_report_filter everything = {.limit = READERS_MAX};
    struct tk_report *report = NULL;
    enum tk_status status =
        tk_report_make(store, TK_REPORT_READERS, &everything, tk_settings_deadline(), &report, why);
    if (status == TK_OK)
        status = tk_rows_print(report, columns, tk_settings()->json, stdout);
    if (status == TK_OK && !tk_settings()->json && tk_report_rows(report) == 0)
        fputs("(no tenant was given to any role; ticket_admin and superusers read all)\n", stderr);
    tk_report_free(&report);
    return status;
}

static enum tk_status print_reader(const char *role, const struct tk_reader *reader)
{
    if (tk_settings()->json)
        return tk_json_print(json_pack("{s:o, s:o, s:b, s:b}", "role", tk_json_text(role), "tenants",
                                       json_loads(reader->tenants, 0, NULL), "agent", reader->agent,
                                       "changed", reader->changed),
                             stdout);
    tk_say(stdout, "%s%s", reader->words, reader->changed ? "" : " (nothing changed)");
    if (!reader->agent && strcmp(reader->tenants, "[]") != 0)
        tk_say(stdout, "This holds once it is a member of ticket_agent: GRANT ticket_agent TO %s", role);
    return TK_OK;
}

static enum tk_status change_reader(struct tk_store *store, enum tk_reader_change change, const char *role,
                                    char *const *tenants, GString *why)
{
    struct tk_reader reader = {0};
    enum tk_status status = tk_admin_reader(store, change, role, (const char *const *)tenants,
                                            tk_settings_deadline(), &reader, why);
    if (status == TK_OK)
        status = print_reader(role, &reader);
    tk_reader_clear(&reader);
    return status;
}

/* Renews each of ROLES. */
static enum tk_status renew_readers(struct tk_store *store, char *const *roles, GString *why)
{
    enum tk_status status = TK_OK;
    for (; status == TK_OK && *roles != NULL; roles++)
        status = change_reader(store, TK_READER_RENEW, *roles, NULL, why);
    return status;
}

static int run(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {{NULL, 0, NULL, 0}};
    int code = -1;
    while (tk_ctl_option(command, argc, argv, options, &code) != -1)
        continue;
    if (code != -1)
        return code;
    const int count = argc - optind;
    const char *verb = count > 0 ? argv[optind] : "list";
    gboolean lists = strcmp(verb, "list") == 0, renews = strcmp(verb, "renew") == 0;
    gboolean adds = strcmp(verb, "add") == 0, removes = strcmp(verb, "remove") == 0;
    if (lists ? count > 1 : renews ? count < 2 : adds || removes ? count < 3 : TRUE)
        return tk_ctl_usage(command);
    struct tk_store *store = NULL;
    g_autoptr(GString) why = g_string_new(NULL);
    enum tk_status status = tk_settings_store(FALSE, why, &store);
    if (status == TK_OK && lists)
        status = list_readers(store, why);
    else if (status == TK_OK && renews)
        status = renew_readers(store, argv + optind + 1, why);
    else if (status == TK_OK)
        status = change_reader(store, adds ? TK_READER_ADD : TK_READER_REMOVE, argv[optind + 1],
                               argv + optind + 2, why);
    tk_store_close(&store);
    return tk_ctl_fail(command, status, why);
}

const struct tk_ctl_command tk_reader_command = {
    "reader",
    "[OPTION...] [list | add ROLE TENANT... | remove ROLE TENANT... | renew ROLE...]",
    "give tenants to roles of the database, or list who reads what",
    TK_SETTINGS_HELP TK_SETTINGS_CONNINFO_HELP
    "\nA member of ticket_agent reads the tenants that were given to it or to a group that it is a member "
    "of, "
    "and no\nothers, whatever it takes by SET ROLE. The tenant '*' (in quotes) stands for all, also later "
    "ones. A role that is\nrenamed, or made anew, reads nothing until it is given again; renew gives to a "
    "name what it had. The role must be\nthere already. Needs role ticket_admin.\n",
    run,
};
