/* tenant: `ticketctl tenant': the tenants of the installation and the domains of their addresses. */
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/ctl.h"
#include "milter/ctl/json.h"
#include "milter/ctl/rows.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "rules/address/address.h"
#include "rules/conf/options.h"
#include "rules/conf/values.h"
#include "schema/calls/admin.h"

#define TENANTS_MAX 100000

/* Not characters, so that no short option can collide. */
enum { OPTION_DOMAIN = 0x1300, OPTION_SHARED };

enum verb { VERB_LIST, VERB_ADD, VERB_DOMAIN_ADD, VERB_DOMAIN_REMOVE };

struct request {
    enum verb verb;
    const char *tenant;
    GPtrArray *domains; /* folded, and NULL at the end once all are there */
    gboolean shared;
};

static enum tk_status list_tenants(struct tk_store *store, GString *why)
{
    static const char *const columns[] = {"tenant", "channels", "domains", NULL};
    const struct tk_report_filter everything = {.limit = TENANTS_MAX};
    struct tk_report *report = NULL;
    enum tk_status status =
        tk_report_make(store, TK_REPORT_TENANTS, &everything, tk_settings_deadline(), &report, why);
    if (status == TK_OK)
        status = tk_rows_print(report, columns, tk_settings()->json, stdout);
    tk_report_free(&report);
    return status;
}

/* Takes TEXT as a domain of addresses. */
static enum tk_status take_domain(struct request *request, const char *text, GString *why)
{
    g_autofree char *folded = tk_address_domain_pattern(text);
    if (folded == NULL || strcmp(folded, "*") == 0)
        return tk_status_fail(TK_USAGE, why,
                              "\"%s\": a domain is right, or *. and a domain for its sub-domains", text);
    g_ptr_array_add(request->domains, g_steal_pointer(&folded));
    return TK_OK;
}

/* A new tenant's name is one that a channel's file can say. */
static enum tk_status check_name(const char *text, GString *why)
{
    struct tk_value value;
    g_autoptr(GString) right = g_string_new(NULL);
    if (tk_values_read(tk_options_find(TK_FILE_CHANNEL, "channel.tenant"), text, right, &value) != TK_OK)
        return tk_status_fail(TK_USAGE, why, "\"%s\": %s", text, right->str);
    g_free(value.text);
    return TK_OK;
}

/* What was done, in words and as JSON. */
static enum tk_status print_change(const struct request *request, gboolean made, gboolean changed)
{
    char **domains = (char **)request->domains->pdata;
    g_autofree char *names = g_strjoinv(", ", domains);
    if (tk_settings()->json) {
        json_t *list = json_array();
        for (; *domains != NULL; domains++)
            json_array_append_new(list, tk_json_text(*domains));
        return tk_json_print(json_pack("{s:o, s:o, s:b, s:b}", "tenant", tk_json_text(request->tenant),
                                       "domains", list, "made", made, "changed", changed),
                             stdout);
    }
    if (made)
        tk_say(stdout, "tenant %s made; its addresses lie in %s", request->tenant, names);
    else if (request->verb == VERB_DOMAIN_REMOVE)
        tk_say(stdout, "tenant %s has no longer %s%s", request->tenant, names,
               changed ? "" : " (nothing changed)");
    else
        tk_say(stdout, "tenant %s has %s%s", request->tenant, names, changed ? " now" : " (nothing changed)");
    return TK_OK;
}

static enum tk_status change(struct tk_store *store, const struct request *request, GString *why)
{
    const char *const *domains = (const char *const *)request->domains->pdata;
    bool made = false, changed = false;
    enum tk_status status = request->verb == VERB_ADD
                                ? tk_admin_tenant_add(store, request->tenant, domains, request->shared,
                                                      tk_settings_deadline(), &made, &changed, why)
                                : tk_admin_tenant_domains(store, request->tenant, domains,
                                                          request->verb == VERB_DOMAIN_ADD, request->shared,
                                                          tk_settings_deadline(), &changed, why);
    return status == TK_OK ? print_change(request, made, changed) : status;
}

/* Reads the words behind the options. FALSE: they are no command. */
static gboolean take_words(struct request *request, int count, char **words, enum tk_status *status_r,
                           GString *why)
{
    if (count == 0 || (count == 1 && strcmp(words[0], "list") == 0)) {
        request->verb = VERB_LIST;
        return request->domains->len == 0;
    }
    if (count == 2 && strcmp(words[0], "add") == 0 && request->domains->len > 0) {
        request->verb = VERB_ADD;
        request->tenant = words[1];
        *status_r = check_name(request->tenant, why);
        return TRUE;
    }
    if (count < 4 || strcmp(words[0], "domain") != 0 || request->domains->len > 0)
        return FALSE;
    gboolean adds = strcmp(words[1], "add") == 0;
    request->verb = adds ? VERB_DOMAIN_ADD : VERB_DOMAIN_REMOVE;
    request->tenant = words[2];
    for (char **domain = words + 3; *status_r == TK_OK && *domain != NULL; domain++)
        *status_r = take_domain(request, *domain, why);
    return adds || strcmp(words[1], "remove") == 0;
}

static int run(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {{"domain", required_argument, NULL, OPTION_DOMAIN},
                                            {"shared", no_argument, NULL, OPTION_SHARED},
                                            {NULL, 0, NULL, 0}};
    g_autoptr(GPtrArray) domains = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) why = g_string_new(NULL);
    struct request request = {.domains = domains};
    enum tk_status status = TK_OK;
    int code = -1, option;
    while ((option = tk_ctl_option(command, argc, argv, options, &code)) != -1) {
        if (option == OPTION_SHARED)
            request.shared = TRUE;
        else if (status == TK_OK)
            status = take_domain(&request, optarg, why);
    }
    if (code != -1)
        return code;
    if (status == TK_OK && !take_words(&request, argc - optind, argv + optind, &status, why))
        return tk_ctl_usage(command);
    g_ptr_array_add(domains, NULL);
    struct tk_store *store = NULL;
    if (status == TK_OK)
        status = tk_settings_store(FALSE, why, &store);
    if (status == TK_OK)
        status = request.verb == VERB_LIST ? list_tenants(store, why) : change(store, &request, why);
    tk_store_close(&store);
    return tk_ctl_fail(command, status, why);
}

const struct tk_ctl_command tk_tenant_command = {
    "tenant",
    "[OPTION...] [list | add TENANT --domain DOMAIN... | domain add|remove TENANT DOMAIN...]",
    "make tenants and say in which domains their addresses lie",
    "A channel's address, aliases and folder addresses lie in the domains of its tenant; *.DOMAIN stands for "
    "the\nsub-domains of DOMAIN. Role: ticket_admin, and to change anything one that reads all tenants.\n\n"
    "  --domain DOMAIN      of a tenant that is made; may be given more than once\n"
    "  --shared             another tenant may have addresses in these domains too\n" TK_SETTINGS_HELP
        TK_SETTINGS_CONNINFO_HELP,
    run,
};
