/* verify_probe: sends a mail through the MTA that becomes no ticket, and looks whether it met the filter.
 *
 * The mail bears our own mark against loops, so that the rules exclude it (rules/decide/decide.c); its intake
 * row is the proof. Owns the connection for the call. */
#include "milter/ctl/verify_probe.h"

#include <string.h>

#include "milter/ctl/settings.h"
#include "milter/ctl/smtp.h"
#include "rules/base/text.h"
#include "schema/calls/report.h"

/* The whole dialogue. The filter's own deadline is below it, see ticket-milter.conf(5). */
#define PROBE_SECONDS 300
/* Postfix breaks off after twenty errors and slows down from ten on. */
#define REFUSALS_MAX 5
/* Recipients that are asked for; more than one channel has, and below smtpd_recipient_limit. */
#define RECIPIENTS_MAX 100
/* Clocks of the gateway and the database may differ. */
#define CLOCK_MARGIN (600 * (gint64)G_USEC_PER_SEC)

/* What the steps share. */
struct run {
    const struct tk_probe *probe;
    GPtrArray *findings;
    struct tk_smtp *smtp;
    struct tk_installation *installation;
    char *message_id;
    guint code; /* of the last answer */
    GString *text, *why;
};

static void mistake(struct run *run, const char *name, const char *remedy, const char *format, ...)
    TK_PRINTF(4, 5);

static void mistake(struct run *run, const char *name, const char *remedy, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    tk_verify_add(run->findings, TK_SEVERITY_ERROR, name, remedy, "%s", valid);
}

static enum tk_status away(struct run *run)
{
    mistake(run, "smtp", "start the mail server, or give where it listens by --smtp HOST:PORT",
            "%s:%u: %s; the probe was not sent", run->probe->host, run->probe->port, run->why->str);
    return TK_LATER;
}

/* Says LINE and takes the answer. */
static enum tk_status say(struct run *run, const char *line)
{
    return tk_smtp_command(run->smtp, line, &run->code, run->text, run->why);
}

static enum tk_status say_recipient(struct run *run, const char *address)
{
    g_autofree char *line = g_strdup_printf("RCPT TO:<%s>", address);
    return say(run, line);
}

/* Whether the MTA takes mail for every address of the channel. Nothing is sent. */
static enum tk_status try_recipients(struct run *run)
{
    const struct tk_channel *channel = run->probe->channel;
    guint count = MIN(1 + g_strv_length(channel->aliases), RECIPIENTS_MAX), refusals = 0, taken = 0;
    for (guint i = 0; i < count && refusals < REFUSALS_MAX; i++) {
        const char *address = i == 0 ? channel->address : channel->aliases[i - 1];
        if (!tk_text_is_header_safe(address)) {
            tk_verify_add(run->findings, TK_SEVERITY_WARNING, "recipient", "send a mail to it by hand",
                          "%s: addresses beyond ASCII are not tried", address);
            continue;
        }
        enum tk_status status = say_recipient(run, address);
        if (status != TK_OK)
            return status;
        if (run->code / 100 == 2) {
            taken++;
            continue;
        }
        refusals++;
        mistake(run, "recipient",
                run->code / 100 == 4
                    ? "see the mail server's log"
                    : "let the mail server take mail for its domain, and alias the address to the "
                      "fail mailbox",
                "%s is refused by the mail server: %u %s", address, run->code, run->text->str);
    }
    if (refusals == 0)
        tk_verify_add(run->findings, TK_SEVERITY_OK, "recipient", NULL,
                      "the mail server takes mail for %u addresses of %s/%s", taken, channel->tenant,
                      channel->name);
    return TK_OK;
}

static char *compose(const struct run *run)
{
    const struct tk_conf *conf = run->probe->conf;
    const struct tk_channel *channel = run->probe->channel;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *date = g_date_time_format(now, "%a, %d %b %Y %H:%M:%S +0000");
    return g_strdup_printf("From: ticketctl <postmaster@%s>\n"
                           "To: <%s>\n"
                           "Subject: Probe of the channel %s/%s\n"
                           "Date: %s\n"
                           "Message-ID: <%s>\n"
                           "Auto-Submitted: auto-generated\n"
                           "X-Ticket-Loop: %s\n"
                           "\n"
                           "This mail was sent by `ticketctl verify' to see whether mails come through\n"
                           "ticket-milter. It becomes no ticket and can be deleted.\n",
                           conf->instance, channel->address, channel->tenant, channel->name, date,
                           run->message_id, run->installation->name);
}

/* One transaction with the probe, up to the answer to its end. */
static enum tk_status send_mail(struct run *run)
{
    g_autofree char *content = compose(run);
    enum tk_status status = say(run, "MAIL FROM:<>");
    if (status == TK_OK && run->code / 100 == 2)
        status = say_recipient(run, run->probe->channel->address);
    if (status == TK_OK && run->code / 100 == 2)
        status = say(run, "DATA");
    if (status == TK_OK && run->code == 354)
        status = tk_smtp_content(run->smtp, content, &run->code, run->text, run->why);
    return status;
}

/* The intake row of the probe, or none. */
static enum tk_status ask_intake(struct run *run, struct tk_report **report_r)
{
    const struct tk_channel *channel = run->probe->channel;
    const struct tk_report_filter filter = {.tenant = channel->tenant,
                                            .channel = channel->name,
                                            .message_id = run->message_id,
                                            .since = g_get_real_time() - CLOCK_MARGIN,
                                            .limit = 1};
    return tk_report_make(run->probe->store, TK_REPORT_INTAKE, &filter, tk_settings_deadline(), report_r,
                          run->why);
}

/* The probe was taken: by the filter, too? */
static enum tk_status look_for_intake(struct run *run)
{
    const struct tk_channel *channel = run->probe->channel;
    struct tk_report *report = NULL;
    enum tk_status status = ask_intake(run, &report);
    if (status != TK_OK) {
        mistake(run, "database", "see `ticketctl status'", "the probe was sent, but not looked for: %s",
                run->why->str);
        return status;
    }
    if (tk_report_rows(report) == 0) {
        mistake(
            run, "probe",
            "mend what is said above, and see that the daemon serves this configuration and this database",
            "the mail server took the probe <%s>, but it passed the filter by: no intake row; it goes "
            "where %s is aliased to",
            run->message_id, channel->address);
    } else {
        const char *verdict = tk_report_get(report, 0, "verdict"),
                   *reason = tk_report_get(report, 0, "reason");
        gboolean disabled = g_strcmp0(reason, "channel_disabled") == 0;
        g_autofree char *remedy = g_strdup_printf("ticketctl publish %s/%s", channel->tenant, channel->name);
        tk_verify_add(run->findings, disabled ? TK_SEVERITY_WARNING : TK_SEVERITY_OK, "probe",
                      disabled ? remedy : NULL, "<%s> came through the filter (%s, %s)%s", run->message_id,
                      verdict, reason != NULL ? reason : "",
                      disabled ? ": the channel takes no mail, since it is not published" : "");
    }
    tk_report_free(&report);
    return TK_OK;
}

static enum tk_status talk(struct run *run)
{
    const struct tk_probe *probe = run->probe;
    struct tk_report *before = NULL;
    enum tk_status status =
        tk_store_installation(probe->store, tk_settings_deadline(), &run->installation, run->why);
    if (status == TK_OK)
        status = ask_intake(run, &before);
    tk_report_free(&before);
    if (status != TK_OK) {
        mistake(run, "database",
                "see to the database, or give a connection string for ticket_admin by --conninfo",
                "the probe was not sent, since its arrival could not be seen: %s", run->why->str);
        return status;
    }
    status = tk_smtp_open(probe->host, probe->port, probe->conf->instance,
                          g_get_monotonic_time() + PROBE_SECONDS * (gint64)G_USEC_PER_SEC, &run->smtp,
                          run->why);
    if (status == TK_OK)
        status = say(run, "MAIL FROM:<>");
    if (status == TK_OK && run->code / 100 == 2)
        status = try_recipients(run);
    if (status == TK_OK)
        status = say(run, "RSET");
    if (status == TK_OK)
        status = send_mail(run);
    if (status != TK_OK)
        return away(run);
    if (run->code == 250)
        return look_for_intake(run);
    if (run->code / 100 == 4) {
        mistake(run, "probe", "see the logs of the mail server and of ticket-milter, and `ticketctl status'",
                "put off by the mail server: %u %s; the filter or its database is away", run->code,
                run->text->str);
        return TK_LATER;
    }
    mistake(run, "probe", "see the mail server's log", "refused by the mail server: %u %s", run->code,
            run->text->str);
    return TK_OK;
}

enum tk_status tk_verify_probe(const struct tk_probe *probe, GPtrArray *findings)
{
    g_autofree char *random = g_uuid_string_random();
    struct run run = {.probe = probe, .findings = findings};
    run.message_id = g_strdup_printf("verify.%s@%s", random, probe->conf->instance);
    run.text = g_string_new(NULL);
    run.why = g_string_new(NULL);
    enum tk_status status = talk(&run);
    tk_smtp_close(&run.smtp);
    tk_installation_unref(&run.installation);
    g_free(run.message_id);
    g_string_free(run.text, TRUE);
    g_string_free(run.why, TRUE);
    return status;
}
