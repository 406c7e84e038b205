/* conf_mail: checks of the mail that goes out. */
#include "rules/conf/conf_mail.h"

#include <string.h>

#include "rules/base/placeholder.h"

static void problem(struct tk_conf_findings *findings, const struct tk_conf *conf, gconstpointer where,
                    const char *text)
{
    tk_conf_problem_add(findings, conf->file, tk_conf_problem_line(findings, where, 0), TRUE, "%s", text);
}

/* A secret may cross the network only inside TLS. */
static gboolean stays_here(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 || g_str_has_prefix(host, "127.");
}

static void check_server(struct tk_conf_findings *findings, const struct tk_conf *conf)
{
    g_autofree char *scheme = NULL, *host = NULL, *user = NULL, *path = NULL, *query = NULL, *fragment = NULL;
    int port = -1;
    gboolean read = g_uri_split(conf->smtp_url, G_URI_FLAGS_NONE, &scheme, &user, &host, &port, &path, &query,
                                &fragment, NULL);
    gboolean smtps = g_strcmp0(scheme, "smtps") == 0;
    if (!read || (!smtps && g_strcmp0(scheme, "smtp") != 0) || host == NULL || *host == '\0' ||
        user != NULL || (path != NULL && *path != '\0') || query != NULL || fragment != NULL) {
        problem(findings, conf, conf->smtp_url,
                "notify.smtp: \"smtp://HOST:PORT\" or \"smtps://HOST:PORT\" is right");
        return;
    }
    if (smtps && conf->smtp_tls == TK_SMTP_TLS_STARTTLS)
        problem(findings, conf, &conf->smtp_tls, "notify.tls = \"starttls\": smtps is TLS already");
    if (conf->smtp_auth == TK_SMTP_AUTH_NONE)
        return;
    if (conf->smtp_user == NULL || conf->smtp_secret_file == NULL)
        problem(findings, conf, &conf->smtp_auth, "notify.auth: needs notify.user and notify.secret_file");
    if (!smtps && conf->smtp_tls == TK_SMTP_TLS_OFF && !stays_here(host))
        problem(findings, conf, &conf->smtp_auth,
                "notify.auth: would show the secret to the network; tls = \"starttls\" or smtps is right");
}

static void check_link(struct tk_conf_findings *findings, const struct tk_conf *conf)
{
    static const char *const names[] = {"number", NULL};
    const char *link = conf->notify_link;
    if (*link == '\0')
        return;
    if (!g_str_has_prefix(link, "https://") && !g_str_has_prefix(link, "http://"))
        problem(findings, conf, link, "notify.link: \"https://...\" is right");
    else if (strstr(link, "{number}") == NULL || strchr(link, ' ') != NULL ||
             tk_placeholder_check(link, names, NULL) != TK_OK)
        problem(findings, conf, link,
                "notify.link: an address with {number} and no other placeholder is right");
}

void tk_conf_mail_main(struct tk_conf_findings *findings, const struct tk_conf *conf)
{
    check_server(findings, conf);
    check_link(findings, conf);
}

void tk_conf_mail_channel(struct tk_conf_findings *findings, struct tk_channel *channel)
{
    static const char *const known[] = {"open", "pending", "closed", NULL};
    for (char **state = channel->told_states; *state != NULL; state++)
        if (!g_strv_contains(known, *state))
            tk_conf_problem_channel(findings, channel, *state, TRUE,
                                    "channel.status_mail.states = \"%s\": none of open, pending, closed",
                                    *state);
}
