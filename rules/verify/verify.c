/* verify: whether the settings of the MTA suit a channel: values of settings in, findings out. */
#include "rules/verify/verify.h"

#include <string.h>

#include "rules/verify/verify_place.h"

/* Seconds. A connection to a local socket is made at once or never. */
#define CONNECT_MIN 1
#define CONNECT_MAX 60
/* A command waits for no database, but for a busy machine. */
#define COMMAND_MIN 5
#define COMMAND_MAX 300
/* RFC 5321 section 4.5.3.2.6: a client waits ten minutes for the answer to the end of a mail. */
#define CONTENT_MAX 540
/* From our answer to its arrival. */
#define CONTENT_MARGIN 5

static void finding_free(gpointer data)
{
    struct tk_verify_finding *finding = data;
    g_free(finding->text);
    g_free(finding->remedy);
    g_free(finding);
}

GPtrArray *tk_verify_findings_new(void)
{
    return g_ptr_array_new_with_free_func(finding_free);
}

void tk_verify_add(GPtrArray *findings, enum tk_severity severity, const char *name, const char *remedy,
                   const char *format, ...)
{
    struct tk_verify_finding *finding = g_new0(struct tk_verify_finding, 1);
    va_list args;
    va_start(args, format);
    finding->text = g_strdup_vprintf(format, args);
    va_end(args);
    finding->severity = severity;
    finding->name = name;
    finding->remedy = g_strdup(remedy);
    g_ptr_array_add(findings, finding);
}

const char *tk_verify_word(enum tk_severity severity)
{
    switch (severity) {
    case TK_SEVERITY_OK: return "ok";
    case TK_SEVERITY_WARNING: return "warning";
    case TK_SEVERITY_ERROR: return "error";
    }
    return "error";
}

/* What the judges share. */
struct look {
    const struct tk_verify_input *input;
    const struct tk_postfix_service *service; /* NULL: the port is nobody's */
    GPtrArray *findings;
};

#define OK(look, name, ...) tk_verify_add((look)->findings, TK_SEVERITY_OK, name, NULL, __VA_ARGS__)
#define WARN(look, name, remedy, ...)                                                                        \
    tk_verify_add((look)->findings, TK_SEVERITY_WARNING, name, remedy, __VA_ARGS__)
#define MISTAKE(look, name, remedy, ...)                                                                     \
    tk_verify_add((look)->findings, TK_SEVERITY_ERROR, name, remedy, __VA_ARGS__)

/* A setting, "" where it is empty or unknown. */
static const char *get(const struct look *look, const char *name)
{
    const char *value = tk_postfix_get(look->input->postfix, look->service, name);
    return value != NULL ? value : "";
}

static gboolean has_word(const char *list, const char *word)
{
    g_auto(GStrv) words = tk_postfix_list(list);
    return g_strv_contains((const char *const *)words, word);
}

static struct tk_verify_at at_of(const struct look *look, gboolean chroot)
{
    return (struct tk_verify_at){look->input->conf->listen, get(look, "queue_directory"), chroot};
}

/* ---- smtpd_milters ---- */

static void not_listed(const struct look *look, const GPtrArray *milters, const char *value)
{
    struct tk_verify_at at = at_of(look, look->service != NULL && look->service->chroot);
    g_autofree char *remedy = tk_verify_place_remedy(&at);
    for (guint i = 0; i < milters->len; i++) {
        const struct tk_postfix_milter *milter = milters->pdata[i];
        if (tk_verify_place_is(&at, milter->place) != TK_PLACE_OUT_OF_REACH)
            continue;
        MISTAKE(look, "smtpd_milters", remedy,
                "%s is looked for below %s, since %s runs in that chroot (master.cf)", milter->place,
                at.queue_directory, look->service->name);
        return;
    }
    MISTAKE(look, "smtpd_milters", remedy,
            "the filter (listen = \"%s\") is not in smtpd_milters = %s of service %s; mails pass it by",
            at.listen, *value != '\0' ? value : "(empty)",
            look->service != NULL ? look->service->name : "smtp");
}

static const char *option(const struct look *look, const struct tk_postfix_milter *milter, const char *name,
                          const char *general)
{
    const char *value = g_hash_table_lookup(milter->options, name);
    return value != NULL ? value : get(look, general);
}

static void judge_action(const struct look *look, const struct tk_postfix_milter *milter)
{
    const char *action = option(look, milter, "default_action", "milter_default_action");
    if (strcmp(action, "tempfail") == 0 ||
        (strcmp(action, "shutdown") == 0 && tk_postfix_at_least(get(look, "mail_version"), 3, 11)))
        OK(look, "default_action", "%s: while the filter is away, senders keep their mails", action);
    else
        MISTAKE(look, "default_action",
                "add default_action=tempfail to the filter's entry in smtpd_milters, or set "
                "milter_default_action = tempfail in main.cf",
                "%s: while the filter is away, mails %s", *action != '\0' ? action : "(unknown)",
                strcmp(action, "accept") == 0       ? "pass it by and become no tickets"
                : strcmp(action, "quarantine") == 0 ? "are held in the queue until somebody releases them"
                                                    : "are not kept by their senders");
}

static void judge_timeout(const struct look *look, const struct tk_postfix_milter *milter, const char *name,
                          gint64 min, gint64 max, const char *remedy)
{
    g_autofree char *general = g_strconcat("milter_", name, NULL);
    const char *text = option(look, milter, name, general);
    gint64 seconds;
    if (!tk_postfix_seconds(text, &seconds))
        WARN(look, name, remedy, "%s is no time", *text != '\0' ? text : "(unknown)");
    else if (seconds < min)
        MISTAKE(look, name, remedy,
                "%s is too short, below %" G_GINT64_FORMAT "s: mails are put off for no reason", text, min);
    else if (seconds > max)
        WARN(look, name, remedy, "%s is long, above %" G_GINT64_FORMAT "s: clients hang up and deliver again",
             text, max);
    else
        OK(look, name, "%s", text);
}

static void judge_entry(const struct look *look, const struct tk_postfix_milter *milter)
{
    gint64 deadline = look->input->conf->deadline_msecs / 1000;
    g_autofree char *content =
        g_strdup_printf("set content_timeout=300s in the filter's entry in smtpd_milters; it must be longer "
                        "than our deadline of %" G_GINT64_FORMAT "s",
                        deadline);
    judge_action(look, milter);
    judge_timeout(look, milter, "connect_timeout", CONNECT_MIN, CONNECT_MAX,
                  "set connect_timeout=10s in the filter's entry in smtpd_milters");
    judge_timeout(look, milter, "command_timeout", COMMAND_MIN, COMMAND_MAX,
                  "set command_timeout=30s in the filter's entry in smtpd_milters");
    judge_timeout(look, milter, "content_timeout", deadline + CONTENT_MARGIN, CONTENT_MAX, content);
}

/* The place of our entry in MILTERS; -1: none. *COUNT_R is how often it is there. */
static gint find_entry(const GPtrArray *milters, const struct tk_verify_at *at, guint *count_r)
{
    gint found = -1;
    *count_r = 0;
    for (guint i = 0; i < milters->len; i++) {
        const struct tk_postfix_milter *milter = milters->pdata[i];
        if (tk_verify_place_is(at, milter->place) == TK_PLACE_OURS) {
            found = (gint)i;
            (*count_r)++;
        }
    }
    return found;
}

static void judge_listed(const struct look *look)
{
    const char *value = get(look, "smtpd_milters");
    g_autoptr(GPtrArray) milters = tk_postfix_milters(value);
    struct tk_verify_at at = at_of(look, look->service != NULL && look->service->chroot);
    guint count;
    gint found = find_entry(milters, &at, &count);
    if (found < 0) {
        not_listed(look, milters, value);
        return;
    }
    const struct tk_postfix_milter *ours = milters->pdata[found];
    const struct tk_postfix_milter *last = milters->pdata[milters->len - 1];
    if (count > 1)
        MISTAKE(look, "smtpd_milters", "leave one entry", "%s is listed %u times", ours->place, count);
    else if (ours != last)
        MISTAKE(look, "smtpd_milters", "move the filter's entry to the end of smtpd_milters in main.cf",
                "%s stands before %s, which may refuse a mail that is a ticket by then", ours->place,
                last->place);
    else
        OK(look, "smtpd_milters", "%s is the last of %u", ours->place, milters->len);
    judge_entry(look, ours);
}

/* The other doors of the MTA. Those on loopback take mails back from a content filter, which were seen. */
static void judge_other_services(const struct look *look)
{
    for (guint i = 0; i < look->input->postfix->services->len; i++) {
        const struct tk_postfix_service *service = look->input->postfix->services->pdata[i];
        if (service == look->service || strcmp(service->command, "smtpd") != 0 ||
            strcmp(service->type, "inet") != 0 || g_str_has_prefix(service->name, "127.") ||
            g_str_has_prefix(service->name, "localhost:") || g_str_has_prefix(service->name, "[::1]:"))
            continue;
        const char *value = tk_postfix_get(look->input->postfix, service, "smtpd_milters");
        g_autoptr(GPtrArray) milters = tk_postfix_milters(value != NULL ? value : "");
        struct tk_verify_at at = at_of(look, service->chroot);
        guint count;
        if (find_entry(milters, &at, &count) < 0)
            WARN(look, "smtpd_milters", "take its -o smtpd_milters away, or add the filter there",
                 "service %s of master.cf does not ask the filter; mails that come in there pass it by",
                 service->name);
    }
}

static void judge_service(const struct look *look)
{
    if (look->service == NULL)
        WARN(look, "master.cf",
             "give the port of a smtpd service by --smtp HOST:PORT, or the instance by --postfix-config",
             "no smtpd service of master.cf has port %u; judged by main.cf alone", look->input->port);
    const char *overrides = get(look, "receive_override_options");
    if (has_word(overrides, "no_milters"))
        MISTAKE(look, "receive_override_options", "take no_milters away",
                "%s: no filter is asked by service %s", overrides,
                look->service != NULL ? look->service->name : "smtp");
    const char *maps = get(look, "smtpd_milter_maps");
    if (*maps != '\0')
        WARN(look, "smtpd_milter_maps", "make sure that none of its entries leaves the filter out",
             "%s: for some clients it stands above smtpd_milters", maps);
}

/* ---- the socket ---- */

static void judge_socket(const struct look *look)
{
    const char *listen = look->input->conf->listen, *owner = get(look, "mail_owner");
    switch (look->input->socket) {
    case TK_SOCKET_ANSWERS: OK(look, "socket", "%s answers, and %s may go there", listen, owner); break;
    case TK_SOCKET_MISSING:
        MISTAKE(look, "socket", "start ticket-milter; its log says why when it does not start",
                "%s: there is no such socket", listen);
        break;
    case TK_SOCKET_OTHER:
        MISTAKE(look, "socket", "move it away, or set another path in listen", "%s: there is something else",
                listen);
        break;
    case TK_SOCKET_SILENT:
        MISTAKE(look, "socket", "start ticket-milter; its log says why when it does not start",
                "%s: nobody answers there", listen);
        break;
    case TK_SOCKET_CLOSED: {
        g_autofree char *remedy = g_strdup_printf(
            "set listen_group to a group of %s and listen_mode to \"0660\" in %s, and let that group pass "
            "the folders (chmod g+x)",
            owner, look->input->conf->file);
        MISTAKE(look, "socket", remedy, "%s cannot go to %s: %s", owner, listen, look->input->barrier);
        break;
    }
    case TK_SOCKET_UNKNOWN:
        WARN(look, "socket", "run this command as root", "%s could not be looked at: %s", listen,
             look->input->barrier != NULL ? look->input->barrier : "");
        break;
    }
}

/* ---- other settings ---- */

static void judge_protocol(const struct look *look)
{
    const char *protocol = get(look, "milter_protocol");
    if (strcmp(protocol, "6") == 0)
        OK(look, "milter_protocol", "6");
    else
        MISTAKE(look, "milter_protocol", "set milter_protocol = 6 in main.cf",
                "%s: the filter is made for version 6", *protocol != '\0' ? protocol : "(unknown)");
}

static void judge_local_mail(const struct look *look)
{
    const struct tk_postfix_service *cleanup = NULL;
    for (guint i = 0; i < look->input->postfix->services->len; i++) {
        const struct tk_postfix_service *service = look->input->postfix->services->pdata[i];
        if (strcmp(service->name, "cleanup") == 0)
            cleanup = service;
    }
    struct tk_verify_at at = at_of(look, cleanup != NULL && cleanup->chroot);
    const char *value = tk_postfix_get(look->input->postfix, cleanup, "non_smtpd_milters");
    g_autoptr(GPtrArray) milters = tk_postfix_milters(value != NULL ? value : "");
    guint count;
    gint found = find_entry(milters, &at, &count);
    if (found < 0) {
        g_autofree char *place = tk_verify_place(&at);
        g_autofree char *remedy = g_strdup_printf("set non_smtpd_milters = %s in main.cf", place);
        WARN(look, "non_smtpd_milters", remedy,
             "the filter is not there: mails of this machine's sendmail command pass it by");
        return;
    }
    OK(look, "non_smtpd_milters", "mails of this machine's sendmail command come through the filter");
    if (has_word(get(look, "internal_mail_filter_classes"), "bounce"))
        OK(look, "internal_mail_filter_classes", "bounces of this Postfix come through the filter");
    else
        WARN(look, "internal_mail_filter_classes", "set internal_mail_filter_classes = bounce in main.cf",
             "without bounce: this Postfix's own bounces pass the filter by and go to the fail mailbox");
}

static void judge_detail(const struct look *look)
{
    const char *delimiter = get(look, "recipient_delimiter");
    if (strchr(delimiter, '+') != NULL)
        OK(look, "recipient_delimiter", "%s", delimiter);
    else
        MISTAKE(look, "recipient_delimiter", "set recipient_delimiter = + in main.cf",
                "%s: replies to ADDRESS+TOKEN are refused as unknown",
                *delimiter != '\0' ? delimiter : "(empty)");
    const char *propagate = get(look, "propagate_unmatched_extensions");
    if (has_word(propagate, "virtual") || has_word(propagate, "alias"))
        WARN(look, "propagate_unmatched_extensions",
             "set propagate_unmatched_extensions = canonical in main.cf",
             "%s: a +detail is carried over to the fail mailbox's address, which may not exist so",
             propagate);
    else
        OK(look, "propagate_unmatched_extensions", "%s", *propagate != '\0' ? propagate : "(empty)");
}

static void judge_size(const struct look *look)
{
    guint64 theirs = g_ascii_strtoull(get(look, "message_size_limit"), NULL, 10);
    guint64 ours = look->input->conf->limit_message;
    g_autofree char *remedy = g_strdup_printf("set message_size_limit = %" G_GUINT64_FORMAT
                                              " in main.cf, or limits.message in %s",
                                              ours, look->input->conf->file);
    if (theirs == ours)
        OK(look, "message_size_limit", "%" G_GUINT64_FORMAT ", as limits.message", theirs);
    else if (theirs != 0 && theirs < ours)
        WARN(look, "message_size_limit", remedy,
             "%" G_GUINT64_FORMAT " is below limits.message (%" G_GUINT64_FORMAT
             "): Postfix refuses mails that the channel would take",
             theirs, ours);
    else
        WARN(look, "message_size_limit", remedy,
             "%" G_GUINT64_FORMAT "%s is above limits.message (%" G_GUINT64_FORMAT
             "): mails between them go to the fail folder with the reason too_big",
             theirs, theirs == 0 ? " (no limit)" : "", ours);
}

static void judge_bare_newline(const struct look *look)
{
    const char *value = tk_postfix_get(look->input->postfix, look->service, "smtpd_forbid_bare_newline");
    if (value == NULL)
        return; /* this version does not know it */
    if (strcmp(value, "no") == 0)
        WARN(look, "smtpd_forbid_bare_newline",
             "set smtpd_forbid_bare_newline = normalize in main.cf (yes, where this version knows no more)",
             "no: a sender can smuggle further mails behind one that is checked");
    else
        OK(look, "smtpd_forbid_bare_newline", "%s", value);
    const char *excluded = get(look, "smtpd_forbid_bare_newline_exclusions");
    if (*excluded != '\0')
        WARN(look, "smtpd_forbid_bare_newline_exclusions",
             "set smtpd_forbid_bare_newline_exclusions = (empty) in main.cf",
             "%s: a relay there passes on what was smuggled through it", excluded);
}

void tk_verify_postfix(const struct tk_verify_input *input, GPtrArray *findings)
{
    struct look look = {input, tk_postfix_smtpd(input->postfix, input->port), findings};
    judge_service(&look);
    judge_listed(&look);
    judge_other_services(&look);
    judge_socket(&look);
    judge_protocol(&look);
    judge_local_mail(&look);
    judge_detail(&look);
    judge_size(&look);
    judge_bare_newline(&look);
}
