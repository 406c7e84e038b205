/* preview: `ticketctl preview' and `ticketctl outbox': the mails that go out. */
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/base/keys.h"
#include "milter/base/outgoing.h"
#include "milter/base/texts.h"
#include "milter/ctl/check.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/json.h"
#include "milter/ctl/rows.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "rules/base/text.h"
#include "schema/calls/report.h"

/* What a sample speaks of. */
#define SAMPLE_RECIPIENT "ann.archer@example.com"
#define SAMPLE_NUMBER    "-42"

/* Shows a composed mail. */
static enum tk_status print_mail(const struct tk_composed *mail)
{
    gsize size = 0;
    const char *bytes = g_bytes_get_data(mail->bytes, &size);
    g_autofree char *text = g_strndup(bytes, size);
    if (tk_settings()->json)
        return tk_json_print(json_pack("{s:s, s:s, s:s, s:s}", "mail_from", mail->mail_from, "recipient",
                                       mail->recipient, "message_id", mail->message_id, "mail", text),
                             stdout);
    tk_say(stdout, "MAIL FROM:<%s>", mail->mail_from);
    tk_say(stdout, "RCPT TO:<%s>", mail->recipient);
    tk_say(stdout, "%s", "");
    tk_say_text(stdout, "", text);
    return TK_OK;
}

static enum tk_status show(const struct tk_compose_input *input, GString *why)
{
    struct tk_composed mail;
    enum tk_status status = tk_compose(input, &mail, why);
    if (status != TK_OK)
        return status;
    status = print_mail(&mail);
    tk_composed_clear(&mail);
    return status;
}

static enum tk_status show_sample(const struct tk_conf *conf, const char *name, enum tk_mail_kind kind,
                                  GString *why)
{
    const struct tk_channel *channel = NULL;
    enum tk_status status = tk_conf_channel(conf, name, why, &channel);
    if (status != TK_OK)
        return status;
    g_autofree char *number =
        g_strconcat(channel->template != NULL ? channel->template->prefix : "INC", SAMPLE_NUMBER, NULL);
    const struct tk_installation installation = {.name = conf->instance};
    const struct tk_compose_input input = {
        .conf = conf,
        .installation = &installation,
        .channel = channel,
        .kind = kind,
        .date = g_get_real_time() / G_USEC_PER_SEC,
        .ticket_id = 42,
        .outbox_id = 1,
        .number = number,
        .recipient = SAMPLE_RECIPIENT,
        .subject = "The printer on floor 3 eats paper",
        .author = "Bo, help desk",
        .note = "Please take the second tray.\n\nThe first one is mended today.",
        .status = "closed",
        .request_id = "request@example.com",
        .before_author = "Ann Archer",
        .before_text = "It takes two sheets at once and stops.",
        .before_date = g_get_real_time() / G_USEC_PER_SEC - 3600};
    return show(&input, why);
}

static enum tk_status show_row(struct tk_store *store, const struct tk_conf *conf,
                               const struct tk_installation *installation, gint64 tenant_id, gint64 outbox_id,
                               GString *why)
{
    struct tk_outbox_mail *mail = NULL;
    enum tk_status status = tk_outbox_read(store, tenant_id, outbox_id, tk_settings_deadline(), &mail, why);
    if (status != TK_OK)
        return status;
    g_autofree char *name =
        g_strdup_printf("%s/%s", mail->tenant, mail->channel != NULL ? mail->channel : "");
    const struct tk_channel *channel = NULL;
    struct tk_compose_input input;
    status = tk_conf_channel(conf, name, why, &channel);
    if (status == TK_OK)
        status = tk_outgoing_input(mail, conf, installation, channel, &input, why);
    if (status == TK_OK) {
        input.date = g_get_real_time() / G_USEC_PER_SEC;
        status = show(&input, why);
    }
    tk_outbox_mail_free(&mail);
    return status;
}

/* The mails of a ticket, whatever became of them. */
static enum tk_status show_ticket(const struct tk_conf *conf, const char *number, GString *why)
{
    struct tk_store *store = NULL;
    struct tk_report *report = NULL;
    struct tk_installation *installation = NULL;
    const struct tk_report_filter filter = {.number = number};
    enum tk_status status = tk_settings_store(FALSE, why, &store);
    if (status == TK_OK)
        status = tk_store_installation(store, tk_settings_deadline(), &installation, why);
    if (status == TK_OK)
        status = tk_report_make(store, TK_REPORT_OUTBOX, &filter, tk_settings_deadline(), &report, why);
    guint rows = status == TK_OK ? tk_report_rows(report) : 0;
    if (status == TK_OK && rows == 0)
        status = tk_status_fail(TK_NO_MATCH, why, "no mail was made for a ticket %s", number);
    for (guint i = 0; status == TK_OK && i < rows; i++)
        status = show_row(store, conf, installation,
                          g_ascii_strtoll(tk_report_get(report, i, "tenant_id"), NULL, 10),
                          g_ascii_strtoll(tk_report_get(report, i, "outbox_id"), NULL, 10), why);
    tk_installation_unref(&installation);
    tk_report_free(&report);
    tk_store_close(&store);
    return status;
}

/* The configuration with its texts, and with the keys that this user may read. */
static enum tk_status read_conf(struct tk_conf **conf_r, GString *why)
{
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    enum tk_status status = tk_check_read(conf_r, why);
    if (*conf_r == NULL)
        return status;
    status = tk_keys_load(*conf_r, TRUE, problems);
    if (status == TK_OK)
        status = tk_texts_load(*conf_r, problems);
    for (guint i = 0; i < problems->len; i++)
        tk_check_print(problems->pdata[i], FALSE, stderr);
    g_string_truncate(why, 0); /* told just now */
    return status;
}

static int run_preview(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {{"kind", required_argument, NULL, 'k'}, {NULL, 0, NULL, 0}};
    enum tk_mail_kind kind = TK_MAIL_CONFIRMATION;
    int code = -1;
    while (tk_ctl_option(command, argc, argv, options, &code) == 'k')
        if (!tk_mail_kind_parse(optarg, &kind)) {
            tk_ctl_complain("preview: --kind %s is none of confirmation, note, status", optarg);
            return tk_exitcode(TK_USAGE);
        }
    if (code != -1)
        return code;
    if (argc - optind != 1)
        return tk_ctl_usage(command);
    const char *what = argv[optind];
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_conf *conf = NULL;
    enum tk_status status = read_conf(&conf, why);
    if (status == TK_OK)
        status = strchr(what, '/') != NULL ? show_sample(conf, what, kind, why)
                                           : show_ticket(conf, what, why);
    tk_conf_unref(&conf);
    return tk_ctl_fail(command, status, why);
}

static int run_outbox(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {{"failed", no_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};
    static const char *const columns[] = {"outbox_id", "state",   "kind",       "number", "recipient",
                                          "attempts",  "next_at", "last_error", NULL};
    struct tk_report_filter filter = {.limit = tk_settings()->json ? G_MAXINT : TK_REPORT_ROWS};
    int code = -1;
    while (tk_ctl_option(command, argc, argv, options, &code) == 'f')
        filter.status = "failed";
    if (code != -1)
        return code;
    if (argc - optind > 1)
        return tk_ctl_usage(command);
    filter.number = argv[optind];
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_store *store = NULL;
    struct tk_report *report = NULL;
    enum tk_status status = tk_settings_store(FALSE, why, &store);
    if (status == TK_OK)
        status = tk_report_make(store, TK_REPORT_OUTBOX, &filter, tk_settings_deadline(), &report, why);
    if (status == TK_OK)
        status = tk_rows_print(report, columns, tk_settings()->json, stdout);
    if (status == TK_OK && !tk_settings()->json && tk_report_rows(report) == 0)
        fputs("(none)\n", stderr);
    tk_report_free(&report);
    tk_store_close(&store);
    return tk_ctl_fail(command, status, why);
}

const struct tk_ctl_command tk_preview_command = {
    .name = "preview",
    .arguments = "[--kind KIND] TENANT/NAME|NUMBER",
    .summary = "show a mail as it would be sent",
    .help =
        "Of a channel a sample, which needs no database; of a ticket the mails that were made for it, "
        "without "
        "files.\n\n"
        "  --kind KIND          of a channel: confirmation (the default), note or status\n" TK_SETTINGS_HELP
            TK_SETTINGS_CONNINFO_HELP "\nFor a ticket: needs role ticket_admin.\n",
    .run = run_preview,
};

const struct tk_ctl_command tk_outbox_command = {
    .name = "outbox",
    .arguments = "[--failed] [NUMBER]",
    .summary = "list the mails that go out, of one ticket or of all",
    .help = "  --failed             only those that could not be delivered\n" TK_SETTINGS_HELP
        TK_SETTINGS_CONNINFO_HELP "\nNeeds role ticket_admin.\n",
    .run = run_outbox,
};
