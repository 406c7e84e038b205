/* publish: `ticketctl publish' and `ticketctl disable': from the files to the database. */
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/base/files.h"
#include "milter/ctl/check.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/json.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "schema/calls/admin.h"

/* Reads the configuration. What is wrong with the main file is told. */
static enum tk_status read_conf(GPtrArray *problems, struct tk_conf **conf_r)
{
    enum tk_status status = tk_files_read(tk_settings()->config, problems, conf_r);
    if (*conf_r != NULL)
        return status == TK_LATER ? status : TK_OK; /* one channel's error is not another's */
    for (guint i = 0; i < problems->len; i++)
        tk_check_print(problems->pdata[i], FALSE, stderr);
    return status;
}

static void print_problems_of(const GPtrArray *problems, const struct tk_channel *channel)
{
    for (guint i = 0; i < problems->len; i++) {
        const struct tk_conf_problem *problem = problems->pdata[i];
        if (strcmp(problem->file, channel->file) == 0 ||
            (channel->template != NULL && strcmp(problem->file, channel->template->file) == 0))
            tk_check_print(problem, FALSE, stderr);
    }
}

/* Whether the files let CHANNEL be published. */
static enum tk_status is_fit(const struct tk_channel *channel, const GPtrArray *problems, GString *why)
{
    print_problems_of(problems, channel);
    if (channel->faulty)
        return tk_status_fail(TK_CONFIG, why, "%s/%s has errors; nothing was published", channel->tenant,
                              channel->name);
    if (channel->status != TK_PUBLISHED)
        return tk_status_fail(TK_CONFIG, why, "%s:%d: channel.status: \"published\" is needed to publish",
                              channel->file, channel->line);
    return TK_OK;
}

static enum tk_status print_published(const struct tk_channel *channel, const struct tk_published *published)
{
    if (tk_settings()->json) {
        g_autofree char *name = g_strdup_printf("%s/%s", channel->tenant, channel->name);
        return tk_json_print(json_pack("{s:s, s:I, s:I, s:I, s:o}", "channel", name, "tenant_id",
                                       (json_int_t)published->tenant_id, "channel_id",
                                       (json_int_t)published->channel_id, "rules_version",
                                       (json_int_t)published->rules_version, "changed",
                                       tk_json_text(published->changed)),
                             stdout);
    }
    if (published->changed == NULL)
        tk_say(stdout, "%s/%s is published as it is, version %" G_GINT64_FORMAT "; nothing changed",
               channel->tenant, channel->name, published->rules_version);
    else
        tk_say(stdout, "%s/%s published, version %" G_GINT64_FORMAT ": %s", channel->tenant, channel->name,
               published->rules_version, published->changed);
    return TK_OK;
}

static enum tk_status publish_one(struct tk_store *store, const struct tk_channel *channel, GString *why)
{
    g_autofree char *rules = tk_conf_channel_rules(channel);
    g_autofree char *fields = tk_conf_template_fields(channel->template);
    g_autofree char *addresses = tk_conf_channel_addresses(channel);
    const struct tk_publication publication = {
        .tenant = channel->tenant,
        .template_name = channel->template->name,
        .template_ticket_type = channel->template->ticket_type,
        .template_prefix = channel->template->prefix,
        .template_status = "published",
        .template_fields = fields,
        .channel = channel->name,
        .title = channel->title,
        .address = channel->address,
        .status = "published",
        .offer_from = channel->offer_from,
        .addresses = addresses,
        .rules = rules,
    };
    struct tk_published published = {0};
    enum tk_status status = tk_admin_publish(store, &publication, tk_settings_deadline(), &published, why);
    if (status == TK_OK) {
        status = print_published(channel, &published);
    } else if (status == TK_REFUSED) {
        g_autofree char *place = g_strdup_printf("%s:%d: ", channel->file, channel->line);
        g_string_prepend(why, place);
    }
    g_free(published.changed);
    return status;
}

/* Takes the options and leaves the names at argv[optind]. -1: go on. */
static int take_options(const struct tk_ctl_command *command, int argc, char **argv)
{
    int exit_code = -1;
    while (tk_ctl_option(command, argc, argv, NULL, &exit_code) != -1)
        continue; /* only those that every command has */
    if (exit_code == -1 && optind == argc)
        exit_code = tk_ctl_usage(command);
    return exit_code;
}

static enum tk_status publish_named(struct tk_conf *conf, const GPtrArray *problems, char **names,
                                    struct tk_store **store, GString *why)
{
    for (; *names != NULL; names++) {
        const struct tk_channel *channel;
        enum tk_status status = tk_conf_channel(conf, *names, why, &channel);
        if (status == TK_OK)
            status = is_fit(channel, problems, why);
        if (status == TK_OK && *store == NULL)
            status = tk_settings_store(FALSE, why, store);
        if (status == TK_OK)
            status = publish_one(*store, channel, why);
        if (status != TK_OK)
            return status;
    }
    return TK_OK;
}

static int run_publish(const struct tk_ctl_command *command, int argc, char **argv)
{
    int exit_code = take_options(command, argc, argv);
    if (exit_code != -1)
        return exit_code;
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_conf *conf = NULL;
    struct tk_store *store = NULL;
    enum tk_status status = read_conf(problems, &conf);
    if (status == TK_OK)
        status = publish_named(conf, problems, argv + optind, &store, why);
    int code = tk_ctl_fail(command, status, why);
    tk_store_close(&store);
    tk_conf_unref(&conf);
    return code;
}

/* TENANT and NAME of the channel that TEXT names; a bare name is looked for in the files. */
static enum tk_status split_name(const char *text, GString *why, char **tenant_r, char **name_r)
{
    const char *slash = strchr(text, '/');
    if (slash != NULL) {
        *tenant_r = g_strndup(text, (gsize)(slash - text));
        *name_r = g_strdup(slash + 1);
        return TK_OK;
    }
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    const struct tk_channel *channel;
    enum tk_status status = read_conf(problems, &conf);
    if (status == TK_OK)
        status = tk_conf_channel(conf, text, why, &channel);
    if (status == TK_OK) {
        *tenant_r = g_strdup(channel->tenant);
        *name_r = g_strdup(channel->name);
    }
    tk_conf_unref(&conf);
    return status;
}

static enum tk_status disable_one(struct tk_store *store, const char *text, GString *why)
{
    g_autofree char *tenant = NULL, *name = NULL;
    bool changed = false;
    enum tk_status status = split_name(text, why, &tenant, &name);
    if (status == TK_OK)
        status = tk_admin_disable(store, tenant, name, tk_settings_deadline(), &changed, why);
    if (status != TK_OK)
        return status;
    if (tk_settings()->json) {
        g_autofree char *channel = g_strdup_printf("%s/%s", tenant, name);
        return tk_json_print(json_pack("{s:s, s:b}", "channel", channel, "changed", changed), stdout);
    }
    tk_say(stdout, "%s/%s %s", tenant, name,
           changed ? "disabled on all gateways" : "was not published; nothing changed");
    return TK_OK;
}

static int run_disable(const struct tk_ctl_command *command, int argc, char **argv)
{
    int exit_code = take_options(command, argc, argv);
    if (exit_code != -1)
        return exit_code;
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_store *store = NULL;
    enum tk_status status = tk_settings_store(FALSE, why, &store);
    for (char **name = argv + optind; status == TK_OK && *name != NULL; name++)
        status = disable_one(store, *name, why);
    int code = tk_ctl_fail(command, status, why);
    tk_store_close(&store);
    return code;
}

const struct tk_ctl_command tk_publish_command = {
    .name = "publish",
    .arguments = "CHANNEL...",
    .summary = "publish a channel as its files say",
    .help =
        "CHANNEL is TENANT/NAME, or NAME where it is unique. Its file must say status = \"published\". "
        "Writes the\n"
        "template, the channel, its silent offer and a version of its rules into the database, where they "
        "differ.\n"
        "Its addresses must lie in domains of its tenant (ticketctl tenant). Afterwards the channel's "
        "template cannot change. Role: "
        "ticket_admin.\n\n" TK_SETTINGS_HELP TK_SETTINGS_CONNINFO_HELP,
    .run = run_publish,
};

const struct tk_ctl_command tk_disable_command = {
    .name = "disable",
    .arguments = "CHANNEL...",
    .summary = "stop a channel on all gateways at once",
    .help = "CHANNEL is TENANT/NAME, or NAME where it is unique. Its mail goes to the fail folder with the "
            "reason\n"
            "channel_disabled until it is published again. Role: ticket_admin.\n\n" TK_SETTINGS_HELP
                TK_SETTINGS_CONNINFO_HELP,
    .run = run_disable,
};
