/* check: `ticketctl check': tells every problem of the configuration, and what is fine. */
#include "milter/ctl/check.h"

#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/base/files.h"
#include "milter/base/keys.h"
#include "milter/base/texts.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/json.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "rules/conf/conf_problem.h"
#include "schema/calls/report.h"

/* Channels that are compared at most; far more than one gateway has. */
#define CHANNELS_MAX 100000

struct counts {
    guint errors, warnings;
};

void tk_check_print(const struct tk_conf_problem *problem, gboolean json, FILE *out)
{
    const char *severity = problem->error ? "error" : "warning";
    if (json) {
        json_t *object = json_pack("{s:s, s:i, s:s, s:s}", "file", problem->file, "line", problem->line,
                                   "severity", severity, "text", problem->text);
        if (tk_json_print(object, out) != TK_OK)
            return; /* the caller asks OUT */
    } else if (problem->line > 0) {
        tk_say(out, "%s:%d: %s: %s", problem->file, problem->line, severity, problem->text);
    } else {
        tk_say(out, "%s: %s: %s", problem->file, severity, problem->text);
    }
}

enum tk_status tk_check_read(struct tk_conf **conf_r, GString *why)
{
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    enum tk_status status = tk_files_read(tk_settings()->config, problems, conf_r);
    for (guint i = 0; *conf_r == NULL && i < problems->len; i++) {
        const struct tk_conf_problem *problem = problems->pdata[i];
        if (!problem->error)
            continue;
        if (problem->line > 0)
            return tk_status_fail(status, why, "%s:%d: %s", problem->file, problem->line, problem->text);
        return tk_status_fail(status, why, "%s: %s", problem->file, problem->text);
    }
    if (status != TK_OK && *conf_r != NULL)
        g_string_printf(why, "%s has errors; `ticketctl check' tells them", tk_settings()->config);
    return status;
}

/* What the database holds a published channel to. */
static void check_published(const struct tk_conf *conf, const struct tk_report *report,
                            struct tk_conf_findings *findings)
{
    for (guint row = 0; row < tk_report_rows(report); row++) {
        g_autofree char *name = g_strdup_printf("%s/%s", tk_report_get(report, row, "tenant"),
                                                tk_report_get(report, row, "name"));
        const char *template = tk_report_get(report, row, "template");
        const struct tk_channel *channel;
        if (tk_report_get(report, row, "published_at") == NULL ||
            tk_conf_channel(conf, name, NULL, &channel) != TK_OK)
            continue;
        if (g_strcmp0(template, channel->template_name) != 0)
            tk_conf_problem_add(
                findings, channel->file, channel->line, TRUE,
                "channel.template = \"%s\": %s was published with the template %s, which cannot change",
                channel->template_name, name, template);
    }
}

static void check_database(const struct tk_conf *conf, struct tk_conf_findings *findings)
{
    g_autofree char *conninfo = NULL;
    if (tk_settings_conninfo(NULL, &conninfo) == TK_NO_MATCH)
        return; /* files can be checked without a database */
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_store *store = NULL;
    struct tk_report *report = NULL;
    const struct tk_report_filter all = {.limit = CHANNELS_MAX};
    enum tk_status status = tk_settings_store(FALSE, why, &store);
    if (status == TK_OK)
        status = tk_report_make(store, TK_REPORT_CHANNELS, &all, tk_settings_deadline(), &report, why);
    if (status == TK_OK)
        check_published(conf, report, findings);
    else
        tk_conf_problem_add(findings, conf->file, 0, FALSE,
                            "not compared with what is published, since the database was not reached: %s",
                            why->str);
    tk_report_free(&report);
    tk_store_close(&store);
}

static gboolean is_asked_for(char *const *files, const char *main_file, const char *file)
{
    if (files[0] == NULL || strcmp(file, main_file) == 0)
        return TRUE;
    g_autofree char *real = g_canonicalize_filename(file, NULL);
    for (; *files != NULL; files++) {
        g_autofree char *asked = g_canonicalize_filename(*files, NULL);
        if (strcmp(asked, real) == 0)
            return TRUE;
    }
    return FALSE;
}

static const char *publication_word(enum tk_publish_state status)
{
    switch (status) {
    case TK_DRAFT: return "draft";
    case TK_PUBLISHED: return "published";
    case TK_DISABLED: return "disabled";
    }
    return "";
}

static void print_channel(const struct tk_channel *channel, gboolean fine)
{
    const char *word = publication_word(channel->status);
    if (tk_settings()->json) {
        g_autofree char *name = g_strdup_printf("%s/%s", channel->tenant, channel->name);
        json_t *object = json_pack("{s:s, s:s, s:s, s:b}", "channel", name, "file", channel->file, "status",
                                   word, "fine", fine);
        if (tk_json_print(object, stdout) != TK_OK)
            return;
    } else if (fine) {
        tk_say(stdout, "%s/%s: fine, %s, %s and %u aliases", channel->tenant, channel->name, word,
               channel->address, g_strv_length(channel->aliases));
    }
}

static gboolean has_error(const GPtrArray *problems, const char *file)
{
    for (guint i = 0; i < problems->len; i++) {
        const struct tk_conf_problem *problem = problems->pdata[i];
        if (problem->error && strcmp(problem->file, file) == 0)
            return TRUE;
    }
    return FALSE;
}

static struct counts print_all(char *const *files, const GPtrArray *problems, const struct tk_conf *conf)
{
    const struct tk_settings *settings = tk_settings();
    struct counts counts = {0, 0};
    for (guint i = 0; i < problems->len; i++) {
        const struct tk_conf_problem *problem = problems->pdata[i];
        if (!is_asked_for(files, settings->config, problem->file))
            continue;
        tk_check_print(problem, settings->json, stdout);
        counts.errors += problem->error ? 1 : 0;
        counts.warnings += problem->error ? 0 : 1;
    }
    for (guint i = 0; conf != NULL && i < conf->channels->len; i++) {
        const struct tk_channel *channel = conf->channels->pdata[i];
        if (is_asked_for(files, settings->config, channel->file))
            print_channel(channel, !channel->faulty && !has_error(problems, channel->file));
    }
    return counts;
}

static int run(const struct tk_ctl_command *command, int argc, char **argv)
{
    int exit_code = -1;
    while (tk_ctl_option(command, argc, argv, NULL, &exit_code) != -1)
        continue; /* only those that every command has */
    if (exit_code != -1)
        return exit_code;
    char *const *files = argv + optind;
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf_findings findings = {.problems = problems};
    struct tk_conf *conf = NULL;
    enum tk_status status = tk_files_read_with(tk_settings()->config, files, problems, &conf);
    if (conf != NULL) {
        enum tk_status keys = tk_keys_load(conf, TRUE, problems);
        if (status == TK_OK)
            status = keys;
        enum tk_status texts = tk_texts_load(conf, problems);
        if (status == TK_OK)
            status = texts;
        check_database(conf, &findings);
        tk_conf_problem_sort(problems);
    }
    struct counts counts = print_all(files, problems, conf);
    if (!tk_settings()->json && conf != NULL)
        tk_say(stdout, "channels: %u, templates: %u, errors: %u, warnings: %u", conf->channels->len,
               conf->templates->len, counts.errors, counts.warnings);
    tk_conf_unref(&conf);
    if (status != TK_LATER)
        status = counts.errors > 0 ? TK_CONFIG : TK_OK;
    return tk_exitcode(status);
}

const struct tk_ctl_command tk_check_command = {
    .name = "check",
    .arguments = "[FILE...]",
    .summary = "tell every problem of the configuration",
    .help = "Reads the main file, channels.d and templates.d beside it, and the FILEs; where FILEs are "
            "given, only\n"
            "theirs and the main file's problems are told. Where a database for administration is known, "
            "what was\n"
            "published is compared too (role ticket_agent). Exits with 78 where there is an "
            "error.\n\n" TK_SETTINGS_HELP TK_SETTINGS_CONNINFO_HELP,
    .run = run,
};
