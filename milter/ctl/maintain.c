/* maintain: `ticketctl status`: is all well. */
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/ctl/check.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/ctl.h"
#include "milter/ctl/json.h"
#include "milter/ctl/rows.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "rules/conf/conf.h"
#include "schema/calls/admin.h"

/* ---- status ---- */

/* Whether the file's rules are those that were published. JSON is compared as values: the database keeps no
 * blanks. */
static gboolean same_rules(const struct tk_channel *channel, const char *published)
{
    g_autofree char *ours = tk_conf_channel_rules(channel);
    json_t *left = json_loads(ours, 0, NULL), *right = json_loads(published, 0, NULL);
    gboolean same = left != NULL && right != NULL && json_equal(left, right);
    json_decref(left);
    json_decref(right);
    return same;
}

static void warn(json_t *warnings, const char *format, ...) TK_PRINTF(2, 3);

static void warn(json_t *warnings, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    json_array_append_new(warnings, tk_json_text(text));
}

/* What of one channel's file is not what the database says. */
static enum tk_status compare_channel(struct tk_store *store, const struct tk_channel *channel,
                                      json_t *warnings, GString *why)
{
    const struct tk_report_filter filter = {.tenant = channel->tenant, .channel = channel->name, .limit = 1};
    struct tk_report *row = NULL, *rules = NULL;
    enum tk_status status =
        tk_report_make(store, TK_REPORT_CHANNELS, &filter, tk_settings_deadline(), &row, why);
    if (status == TK_OK)
        status = tk_report_make(store, TK_REPORT_RULES, &filter, tk_settings_deadline(), &rules, why);
    if (status == TK_OK && tk_report_rows(row) == 0) {
        if (channel->status == TK_PUBLISHED)
            warn(warnings, "%s/%s: its file says published, but it never was: ticketctl publish %s/%s",
                 channel->tenant, channel->name, channel->tenant, channel->name);
    } else if (status == TK_OK) {
        const char *published = tk_report_get(row, 0, "status");
        if (channel->status == TK_PUBLISHED && g_strcmp0(published, "published") != 0)
            warn(warnings, "%s/%s: its file says published, the database says %s: it takes no mail",
                 channel->tenant, channel->name, published);
        if (tk_report_rows(rules) > 0 && !same_rules(channel, tk_report_get(rules, 0, "rules")))
            warn(warnings, "%s/%s: the rules in its file are not those of version %s that was published",
                 channel->tenant, channel->name, tk_report_get(rules, 0, "rules_version"));
    }
    tk_report_free(&row);
    tk_report_free(&rules);
    return status;
}

/* Tenants whose kept mails fill their budget. */
static void warn_of_budgets(const json_t *alarms, json_t *warnings)
{
    gsize i;
    const json_t *alarm;
    json_array_foreach(alarms, i, alarm)
        warn(warnings,
             "%s: %" JSON_INTEGER_FORMAT
             " mails that were kept as they came have gone before their time since %s: "
             "they fill keep_raw_budget, %" JSON_INTEGER_FORMAT " bytes",
             json_string_value(json_object_get(alarm, "tenant")),
             json_integer_value(json_object_get(alarm, "dropped")),
             json_string_value(json_object_get(alarm, "since")),
             json_integer_value(json_object_get(alarm, "budget")));
}

static enum tk_status gather_status(const struct tk_conf *conf, struct tk_store *store, json_t **object_r,
                                    GString *why)
{
    struct tk_report *report = NULL;
    const struct tk_report_filter everything = {.limit = 1};
    enum tk_status status =
        tk_report_make(store, TK_REPORT_STATUS, &everything, tk_settings_deadline(), &report, why);
    if (status != TK_OK)
        return status;
    json_t *object = tk_rows_object(report, 0), *warnings = json_array();
    for (guint i = 0; status == TK_OK && i < conf->channels->len; i++)
        status = compare_channel(store, g_ptr_array_index(conf->channels, i), warnings, why);
    if (json_integer_value(json_object_get(object, "outbox_failed")) > 0)
        warn(warnings, "%s outgoing mails have failed for good", tk_report_get(report, 0, "outbox_failed"));
    warn_of_budgets(json_object_get(object, "raw_alarms"), warnings);
    json_object_set_new(object, "channels_configured", json_integer(conf->channels->len));
    json_object_set_new(object, "warnings", warnings);
    tk_report_free(&report);
    if (status == TK_OK)
        *object_r = object;
    else
        json_decref(object);
    return status;
}

static void print_status(json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (json_is_array(value))
            continue;
        g_autofree char *text = json_is_string(value) ? g_strdup(json_string_value(value))
                                : json_is_null(value) ? g_strdup("never")
                                                      : json_dumps(value, JSON_ENCODE_ANY);
        tk_say(stdout, "%-20s %s", name, text);
    }
    gsize i;
    json_array_foreach(json_object_get(object, "warnings"), i, value)
        tk_say(stdout, "warning: %s", json_string_value(value));
}

static int run_status(const struct tk_ctl_command *command, int argc, char **argv)
{
    int code = -1;
    while (tk_ctl_option(command, argc, argv, NULL, &code) != -1)
        continue; /* only those that every command has */
    if (code != -1)
        return code;
    if (optind < argc)
        return tk_ctl_usage(command);
    struct tk_conf *conf = NULL;
    struct tk_store *store = NULL;
    json_t *object = NULL;
    g_autoptr(GString) why = g_string_new(NULL);
    enum tk_status status = tk_check_read(&conf, why);
    if (status == TK_OK)
        status = tk_settings_store(FALSE, why, &store);
    if (status == TK_OK)
        status = gather_status(conf, store, &object, why);
    code = tk_exitcode(status);
    if (status != TK_OK)
        code = tk_ctl_fail(command, status, why);
    if (status == TK_OK && json_array_size(json_object_get(object, "warnings")) > 0)
        code = tk_exitcode(TK_NO_MATCH);
    if (status == TK_OK && tk_settings()->json)
        code = tk_json_print(json_incref(object), stdout) == TK_OK ? code : tk_exitcode(TK_STORAGE);
    else if (status == TK_OK)
        print_status(object);
    json_decref(object);
    tk_store_close(&store);
    tk_conf_unref(&conf);
    return code;
}

const struct tk_ctl_command tk_status_command = {
    "status",
    "[OPTION...]",
    "tell whether all is well: schema, channels, the last hour",
    TK_SETTINGS_HELP TK_SETTINGS_CONNINFO_HELP
    "\nWarns where a channel's file is not what was published. Exit code 1 with warnings. Needs role "
    "ticket_admin.\n",
    run_status,
};
