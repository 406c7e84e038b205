/* verify: `ticketctl verify': asks the MTA's settings and sends a probe through it. */
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/ctl/check.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/json.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "milter/ctl/verify_postfix.h"
#include "milter/ctl/verify_probe.h"

#define SMTP_PORT 25

struct request {
    const char *config; /* --postfix-config or NULL */
    char *host;         /* of --smtp */
    guint port;
};

/* "HOST", "HOST:PORT" or "[ADDRESS]:PORT". FALSE: none of them. */
static gboolean read_smtp(const char *text, struct request *request)
{
    const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');
    guint64 port = SMTP_PORT;
    if (colon != NULL && bracket != NULL && colon < bracket)
        colon = NULL;
    if (colon != NULL && !g_ascii_string_to_unsigned(colon + 1, 10, 1, G_MAXUINT16, &port, NULL))
        return FALSE;
    g_free(request->host);
    request->host = colon != NULL ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
    if (request->host[0] == '[' && g_str_has_suffix(request->host, "]")) {
        request->host[strlen(request->host) - 1] = '\0';
        memmove(request->host, request->host + 1, strlen(request->host));
    }
    request->port = (guint)port;
    return *request->host != '\0';
}

static enum tk_status print_finding(const struct tk_verify_finding *finding)
{
    const char *word = tk_verify_word(finding->severity);
    if (tk_settings()->json)
        return tk_json_print(json_pack("{s:s, s:s, s:o, s:o}", "severity", word, "name", finding->name,
                                       "text", tk_json_text(finding->text), "remedy",
                                       tk_json_text(finding->remedy)),
                             stdout);
    g_autofree char *line = finding->remedy != NULL
                                ? g_strconcat(finding->text, ". To do: ", finding->remedy, NULL)
                                : g_strdup(finding->text);
    tk_say(stdout, "%s: %s: %s", word, finding->name, line);
    return TK_OK;
}

/* Prints all findings. TK_OK: all of them are good; TK_NO_MATCH: not all. */
static enum tk_status print_findings(const GPtrArray *findings)
{
    enum tk_status worst = TK_OK;
    for (guint i = 0; i < findings->len; i++) {
        const struct tk_verify_finding *finding = findings->pdata[i];
        if (finding->severity != TK_SEVERITY_OK)
            worst = TK_NO_MATCH;
        enum tk_status status = print_finding(finding);
        if (status != TK_OK)
            return status;
    }
    return worst;
}

static enum tk_status probe(const struct request *request, const struct tk_conf *conf,
                            const struct tk_channel *channel, GPtrArray *findings)
{
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_probe probe = {conf, channel, request->host, request->port, NULL};
    enum tk_status status = tk_settings_store(FALSE, why, &probe.store);
    if (status == TK_OK)
        status = tk_verify_probe(&probe, findings);
    else
        tk_verify_add(
            findings, TK_SEVERITY_ERROR, "database",
            "give a connection string with the rights of ticket_admin by --conninfo, or see to the server",
            "the probe was not sent, since its arrival could not be seen: %s", why->str);
    tk_store_close(&probe.store);
    return status;
}

static enum tk_status verify(const struct request *request, const char *name, GString *why)
{
    g_autoptr(GPtrArray) findings = tk_verify_findings_new();
    struct tk_conf *conf = NULL;
    const struct tk_channel *channel;
    enum tk_status status = tk_check_read(&conf, why);
    if (conf == NULL)
        return status;
    g_string_truncate(why, 0); /* errors of other channels */
    status = tk_conf_channel(conf, name, why, &channel);
    if (status == TK_OK) {
        tk_verify_ask_postfix(conf, channel, request->config, request->port, findings);
        status = probe(request, conf, channel, findings);
        enum tk_status printed = print_findings(findings);
        status = status != TK_OK ? status : printed;
    }
    tk_conf_unref(&conf);
    return status;
}

static int run(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {{"postfix-config", required_argument, NULL, 'p'},
                                            {"smtp", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    struct request request = {NULL, g_strdup("127.0.0.1"), SMTP_PORT};
    g_autoptr(GString) why = g_string_new(NULL);
    int code = -1, option;
    while ((option = tk_ctl_option(command, argc, argv, options, &code)) != -1) {
        if (option == 'p') {
            request.config = optarg;
        } else if (!read_smtp(optarg, &request)) {
            tk_ctl_complain("verify: --smtp %s is no place; write HOST:PORT or [ADDRESS]:PORT", optarg);
            code = tk_exitcode(TK_USAGE);
            break;
        }
    }
    if (code == -1 && argc - optind != 1)
        code = tk_ctl_usage(command);
    if (code == -1) {
        enum tk_status status = verify(&request, argv[optind], why);
        code = tk_ctl_fail(command, status, why);
    }
    g_free(request.host);
    return code;
}

const struct tk_ctl_command tk_verify_command = {
    .name = "verify",
    .arguments = "[OPTION...] CHANNEL",
    .summary = "ask the mail server's settings and send a probe through it",
    .help =
        "CHANNEL is TENANT/NAME, or NAME where it is unique. Asks Postfix (postconf, postmap) whether its "
        "settings\n"
        "suit the channel, then sends a mail that becomes no ticket and looks whether the filter saw it. "
        "Run it as\n"
        "root on the mail server. Exits with 1 where something is to be done, with 75 where the mail "
        "server, the\n"
        "filter or the database is away. Role: ticket_admin.\n\n"
        "  --postfix-config DIR the folder of Postfix's main.cf; else its default\n"
        "  --smtp HOST:PORT     where the probe goes; else 127.0.0.1:25\n" TK_SETTINGS_HELP
            TK_SETTINGS_CONNINFO_HELP,
    .run = run,
};
