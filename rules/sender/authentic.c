/* authentic: the filters' word first, then the client's. */
#include "rules/sender/authentic.h"

#include <string.h>

#include "rules/address/address.h"
#include "rules/address/network.h"
#include "rules/base/text.h"
#include "rules/sender/authres.h"

/* A login is the MTA's text: any length, any characters. */
enum { MAX_LOGIN = 320 };

/* Whether the login may write as the sender. RFC 4954 gives no form to a login: only one that is the address
 * itself says whose it is. */
static gboolean login_counts(enum tk_login trusted, const char *login, const char *from)
{
    if (trusted == TK_LOGIN_OFF || login == NULL || *login == '\0')
        return FALSE;
    if (trusted == TK_LOGIN_ANY)
        return TRUE;
    g_autofree char *who = tk_address_fold(login);
    g_autofree char *writer = from != NULL ? tk_address_fold(from) : NULL;
    return who != NULL && g_strcmp0(who, writer) == 0;
}

static char *client_word(const struct tk_conf *conf, const struct tk_message *message,
                         const struct tk_authentic_client *client)
{
    /* Of several authors nobody knows which one is vouched for. */
    if (message->from_problem != NULL || message->from == NULL || client == NULL)
        return NULL;
    if (login_counts(conf->trusted_login, client->login, message->from->address)) {
        g_autofree char *line = tk_text_one_line(client->login);
        g_autofree char *login = tk_text_cut(line, MAX_LOGIN);
        return g_strdup_printf("login %s", login);
    }
    const char *network = tk_network_find(client->address, conf->trusted_networks);
    return network != NULL ? g_strdup_printf("network %s", network) : NULL;
}

/* The filters' result in words. */
static char *filter_word(const struct tk_authres *authres, const struct tk_message *message)
{
    const char *domain = authres->dmarc.domain;
    if (authres->problem != NULL)
        return g_strdup_printf("unreadable result: %s", authres->problem);
    switch (authres->decided_by) {
    case TK_AUTHRES_BY_DMARC:
        return g_strdup_printf("dmarc=%s%s%s", authres->verdict == TK_YES ? "pass" : "fail",
                               domain != NULL ? " " : "", domain != NULL ? domain : "");
    case TK_AUTHRES_BY_DKIM: return g_strdup_printf("dkim=pass %s", authres->dkim.domain);
    case TK_AUTHRES_BY_SPF: return g_strdup_printf("spf=pass %s", authres->spf.domain);
    case TK_AUTHRES_BY_NOTHING: break;
    }
    g_autofree char *from = message->from_problem == NULL && message->from != NULL
                                ? tk_address_domain(message->from->address)
                                : NULL;
    return g_strdup_printf("no pass for %s", from != NULL ? from : "an unclear From");
}

void tk_authentic_find(const struct tk_conf *conf, const struct tk_message *message,
                       const struct tk_authentic_client *client, struct tk_authentic *authentic_r)
{
    struct tk_authres authres;
    tk_authres_read(message, conf->trusted_authserv, &authres);
    *authentic_r = (struct tk_authentic){.verdict = authres.verdict};
    authentic_r->trusted_client = client != NULL &&
                                  tk_network_find(client->address, conf->trusted_networks) != NULL;
    gboolean final = authres.verdict == TK_YES || authres.problem != NULL ||
                     authres.decided_by == TK_AUTHRES_BY_DMARC;
    if (!final)
        authentic_r->by = client_word(conf, message, client);
    if (authentic_r->by != NULL)
        authentic_r->verdict = TK_YES;
    else if (authres.verdict != TK_UNKNOWN)
        authentic_r->by = filter_word(&authres, message);
    tk_authres_clear(&authres);
}

void tk_authentic_clear(struct tk_authentic *authentic)
{
    g_clear_pointer(&authentic->by, g_free);
}

const char *tk_authentic_word(enum tk_tri verdict)
{
    switch (verdict) {
    case TK_YES: return "pass";
    case TK_NO: return "fail";
    case TK_UNKNOWN: return "none";
    }
    return "none";
}
