/* reader: `ticketctl reader`: which roles of the database are held to which tenants. */
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/ctl.h"
#include "milter/ctl/json.h"
#include "milter/ctl/rows.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "schema/admin.h"

/* Far more than one server has. */
#define READERS_MAX 100000

static enum tk_status list_readers(struct tk_store *store, GString *why)
{
    static const char *const columns[] = {"role", "tenant", "reads", NULL};
    const struct tk_report_filter everything = {.limit = READERS_MAX};
    struct tk_report *report = NULL;
    enum tk_status status =
        tk_report_make(store, TK_REPORT_READERS, &everything, tk_settings_deadline(), &report, why);
    if (status == TK_OK)
        status = tk_rows_print(report, columns, tk_settings()->json, stdout);
    if (status == TK_OK && !tk_settings()->json && tk_report_rows(report) == 0)
        fputs("(no role is held to a tenant: each one reads all)\n", stderr);
    tk_report_free(&report);
    return status;
}

static enum tk_status set_reader(struct tk_store *store, const char *role, const char *tenant, gboolean reads,
                                 GString *why)
{
    bool changed = false;
    enum tk_status status =
        tk_admin_reader(store, role, tenant, reads, tk_settings_deadline(), &changed, why);
    if (status != TK_OK)
        return status;
    if (tk_settings()->json)
        return tk_json_print(json_pack("{s:o, s:o, s:b, s:b}", "role", tk_json_text(role), "tenant",
                                       tk_json_text(tenant), "reads", reads, "changed", changed),
                             stdout);
    tk_say(stdout, "%s %s %s%s", role, reads ? "is held to" : "is no longer held to", tenant,
           changed ? "" : " (it was so before)");
    return TK_OK;
}

static int run(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {{NULL, 0, NULL, 0}};
    int code = -1;
    while (tk_ctl_option(command, argc, argv, options, &code) != -1)
        continue;
    if (code != -1)
        return code;
    gboolean adds = argc - optind == 3 && strcmp(argv[optind], "add") == 0;
    gboolean removes = argc - optind == 3 && strcmp(argv[optind], "remove") == 0;
    if (optind < argc && !adds && !removes)
        return tk_ctl_usage(command);
    struct tk_store *store = NULL;
    g_autoptr(GString) why = g_string_new(NULL);
    enum tk_status status = tk_settings_store(FALSE, why, &store);
    if (status == TK_OK && (adds || removes))
        status = set_reader(store, argv[optind + 1], argv[optind + 2], adds, why);
    else if (status == TK_OK)
        status = list_readers(store, why);
    tk_store_close(&store);
    return tk_ctl_fail(command, status, why);
}

const struct tk_ctl_command tk_reader_command = {
    "reader",
    "[OPTION...] [add ROLE TENANT | remove ROLE TENANT]",
    "hold roles of the database to tenants, or list those that are",
    TK_SETTINGS_HELP TK_SETTINGS_CONNINFO_HELP
    "\nA role that is held, or is a member of one that is, reads its tenants alone, whatever it takes by SET "
    "ROLE;\na role that is not reads all. The role must be there already. Needs role ticket_admin.\n",
    run,
};
