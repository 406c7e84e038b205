/* channels: `ticketctl channels': the channels of the database beside those of the files. */
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/ctl/check.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/json.h"
#include "milter/ctl/rows.h"
#include "milter/ctl/settings.h"
#include "milter/ctl/table.h"

/* One channel, wherever it is known. */
struct line {
    char *name;                       /* "TENANT/NAME" */
    const struct tk_channel *channel; /* NULL: no file */
    const struct tk_report *report;   /* NULL: not in the database */
    guint row;
    enum tk_tri differs; /* whether the file says other rules than were published */
};

/* Channels that are listed at most; far more than one gateway has. */
#define CHANNELS_MAX 100000

static void line_free(gpointer data)
{
    struct line *line = data;
    g_free(line->name);
    g_free(line);
}

static gint by_name(gconstpointer left, gconstpointer right)
{
    return strcmp((*(struct line *const *)left)->name, (*(struct line *const *)right)->name);
}

static struct line *find_or_add(GPtrArray *lines, GHashTable *by, const char *tenant, const char *name)
{
    g_autofree char *key = g_strdup_printf("%s/%s", tenant, name);
    struct line *line = g_hash_table_lookup(by, key);
    if (line == NULL) {
        line = g_new0(struct line, 1);
        line->differs = TK_UNKNOWN;
        line->name = g_steal_pointer(&key);
        g_ptr_array_add(lines, line);
        g_hash_table_insert(by, line->name, line);
    }
    return line;
}

static GPtrArray *gather(const struct tk_conf *conf, const struct tk_report *channels)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(line_free);
    g_autoptr(GHashTable) by = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; conf != NULL && i < conf->channels->len; i++) {
        const struct tk_channel *channel = conf->channels->pdata[i];
        find_or_add(lines, by, channel->tenant, channel->name)->channel = channel;
    }
    for (guint i = 0; i < tk_report_rows(channels); i++) {
        struct line *line =
            find_or_add(lines, by, tk_report_get(channels, i, "tenant"), tk_report_get(channels, i, "name"));
        line->report = channels;
        line->row = i;
    }
    g_ptr_array_sort(lines, by_name);
    return lines;
}

static const char *file_word(const struct line *line)
{
    if (line->channel == NULL)
        return "none";
    if (line->channel->faulty)
        return "faulty";
    switch (line->channel->status) {
    case TK_DRAFT: return "draft";
    case TK_PUBLISHED: return "published";
    case TK_DISABLED: return "disabled";
    }
    return "";
}

/* Compares the file with the newest rules that were published, one channel at a time: rules are long. */
static enum tk_status compare(struct tk_store *store, struct line *line, GString *why)
{
    if (line->channel == NULL || line->channel->faulty || line->report == NULL)
        return TK_OK;
    const struct tk_report_filter filter = {
        .tenant = line->channel->tenant, .channel = line->channel->name, .limit = 1};
    struct tk_report *report = NULL;
    enum tk_status status =
        tk_report_make(store, TK_REPORT_RULES, &filter, tk_settings_deadline(), &report, why);
    if (status == TK_OK && tk_report_rows(report) > 0) {
        g_autofree char *text = tk_conf_channel_rules(line->channel);
        json_t *file = json_loads(text, 0, NULL);
        json_t *published = json_loads(tk_report_get(report, 0, "rules"), 0, NULL);
        line->differs = json_equal(file, published) ? TK_NO : TK_YES;
        json_decref(file);
        json_decref(published);
    }
    tk_report_free(&report);
    return status;
}

static enum tk_status print_json(const GPtrArray *lines)
{
    for (guint i = 0; i < lines->len; i++) {
        const struct line *line = lines->pdata[i];
        enum tk_tri tri = line->differs;
        json_t *object = line->report != NULL ? tk_rows_object(line->report, line->row) : json_object();
        if (line->report == NULL) {
            json_object_set_new(object, "tenant", json_string(line->channel->tenant));
            json_object_set_new(object, "name", json_string(line->channel->name));
            json_object_set_new(object, "status", json_null());
        }
        json_object_set_new(object, "file", tk_json_text(line->channel != NULL ? line->channel->file : NULL));
        json_object_set_new(object, "file_status", json_string(file_word(line)));
        json_object_set_new(object, "rules_differ",
                            tri == TK_UNKNOWN ? json_null() : json_boolean(tri == TK_YES));
        enum tk_status status = tk_json_print(object, stdout);
        if (status != TK_OK)
            return status;
    }
    return TK_OK;
}

static enum tk_status print_table(const GPtrArray *lines)
{
    static const char *const heads[] = {"CHANNEL", "PUBLISHED", "FILE", "RULES", "TEMPLATE", "ADDRESS", NULL};
    struct tk_table *table = tk_table_new(heads);
    for (guint i = 0; i < lines->len; i++) {
        const struct line *line = lines->pdata[i];
        gboolean known = line->report != NULL;
        g_autofree char *version =
            known ? g_strdup_printf("%s%s", tk_report_get(line->report, line->row, "rules_version"),
                                    line->differs == TK_YES ? ", file differs" : "")
                  : g_strdup("-");
        const char *cells[] = {
            line->name,
            known ? tk_report_get(line->report, line->row, "status") : "no",
            file_word(line),
            version,
            known ? tk_report_get(line->report, line->row, "template") : line->channel->template_name,
            known ? tk_report_get(line->report, line->row, "address") : line->channel->address,
        };
        tk_table_add(table, cells);
    }
    enum tk_status status = tk_table_print(table, stdout);
    tk_table_free(&table);
    return status;
}

static enum tk_status show(const struct tk_conf *conf, GString *why)
{
    const struct tk_report_filter all = {.limit = CHANNELS_MAX};
    struct tk_store *store = NULL;
    struct tk_report *report = NULL;
    enum tk_status status = tk_settings_store(FALSE, why, &store);
    if (status == TK_OK)
        status = tk_report_make(store, TK_REPORT_CHANNELS, &all, tk_settings_deadline(), &report, why);
    if (status == TK_OK) {
        g_autoptr(GPtrArray) lines = gather(conf, report);
        for (guint i = 0; status == TK_OK && i < lines->len; i++)
            status = compare(store, lines->pdata[i], why);
        if (status == TK_OK)
            status = tk_settings()->json ? print_json(lines) : print_table(lines);
    }
    tk_report_free(&report);
    tk_store_close(&store);
    return status;
}

static int run(const struct tk_ctl_command *command, int argc, char **argv)
{
    int exit_code = -1;
    while (tk_ctl_option(command, argc, argv, NULL, &exit_code) != -1)
        continue; /* only those that every command has */
    if (exit_code != -1)
        return exit_code;
    if (optind < argc)
        return tk_ctl_usage(command);
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_conf *conf = NULL;
    if (tk_check_read(&conf, why) != TK_OK)
        tk_ctl_complain("channels: %s%s", why->str,
                        conf == NULL ? "; only those of the database are listed" : "");
    g_string_truncate(why, 0);
    enum tk_status status = show(conf, why);
    tk_conf_unref(&conf);
    return tk_ctl_fail(command, status, why);
}

const struct tk_ctl_command tk_channels_command = {
    .name = "channels",
    .arguments = "",
    .summary = "list the channels of the database and of the files",
    .help = "PUBLISHED is what the database says, FILE what the file says (faulty: it has an error), RULES "
            "the version\n"
            "that is published. A channel takes mail where both say published. Role: "
            "ticket_admin.\n\n" TK_SETTINGS_HELP TK_SETTINGS_CONNINFO_HELP,
    .run = run,
};
