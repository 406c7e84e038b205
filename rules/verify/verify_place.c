/* verify_place: whether an entry of Postfix's milter lists is the place where we listen.
 *
 * Owns nothing, cannot fail. */
#include "rules/verify/verify_place.h"

#include <string.h>

#define OPTIONS "connect_timeout=10s, command_timeout=30s, content_timeout=300s, default_action=tempfail"

/* The path behind "unix:" or "local:", NULL for others. */
static const char *path_of(const char *place)
{
    if (g_str_has_prefix(place, "unix:"))
        return place + strlen("unix:");
    return g_str_has_prefix(place, "local:") ? place + strlen("local:") : NULL;
}

/* PATH below FOLDER without its leading slash, or NULL where it is not below. */
static const char *below(const char *path, const char *folder)
{
    gsize len = strlen(folder);
    while (len > 0 && folder[len - 1] == '/')
        len--;
    return strncmp(path, folder, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

static enum tk_place path_is(const struct tk_verify_at *at, const char *ours, const char *theirs)
{
    g_autofree char *wanted = g_canonicalize_filename(ours, "/");
    g_autofree char *plain = g_canonicalize_filename(theirs, "/");
    g_autofree char *joined = g_strconcat(at->queue_directory, "/", theirs, NULL);
    g_autofree char *inside = g_canonicalize_filename(joined, "/");
    gboolean relative = theirs[0] != '/';
    if (strcmp(relative || at->chroot ? inside : plain, wanted) == 0)
        return TK_PLACE_OURS;
    return !relative && strcmp(plain, wanted) == 0 ? TK_PLACE_OUT_OF_REACH : TK_PLACE_OTHER;
}

static gboolean is_loopback(const char *host)
{
    return g_ascii_strcasecmp(host, "localhost") == 0 || g_str_has_prefix(host, "127.") ||
           strcmp(host, "::1") == 0;
}

static gboolean is_any(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

/* "inet:8891@localhost" of ours and "inet:localhost:8891" or "inet:[::1]:8891" of Postfix. */
static gboolean inet_is(const char *ours, const char *theirs)
{
    const char *at = strchr(ours, '@'), *colon = strrchr(theirs, ':');
    if (at == NULL || colon == NULL || !g_str_has_prefix(theirs, "inet:") || colon < theirs + strlen("inet:"))
        return FALSE;
    const char *port = strchr(ours, ':') + 1, *host = theirs + strlen("inet:");
    g_autofree char *name = g_strndup(host, (gsize)(colon - host));
    gsize len = strlen(name);
    if (len >= 2 && name[0] == '[' && name[len - 1] == ']') {
        name[len - 1] = '\0';
        memmove(name, name + 1, len - 1);
    }
    if (strlen(colon + 1) != (gsize)(at - port) || strncmp(colon + 1, port, (gsize)(at - port)) != 0)
        return FALSE;
    return g_ascii_strcasecmp(name, at + 1) == 0 || is_any(at + 1) ||
           (is_loopback(name) && is_loopback(at + 1));
}

enum tk_place tk_verify_place_is(const struct tk_verify_at *at, const char *entry)
{
    const char *ours = path_of(at->listen), *theirs = path_of(entry);
    if (ours != NULL)
        return theirs != NULL ? path_is(at, ours, theirs) : TK_PLACE_OTHER;
    return theirs == NULL && inet_is(at->listen, entry) ? TK_PLACE_OURS : TK_PLACE_OTHER;
}

char *tk_verify_place(const struct tk_verify_at *at)
{
    const char *ours = path_of(at->listen);
    if (ours != NULL) {
        const char *inside = below(ours, at->queue_directory);
        return g_strconcat("unix:", inside != NULL ? inside : ours, NULL);
    }
    const char *port = strchr(at->listen, ':') + 1, *sign = strchr(port, '@');
    const char *host = sign == NULL || is_any(sign + 1) ? "127.0.0.1" : sign + 1;
    gsize len = sign != NULL ? (gsize)(sign - port) : strlen(port);
    gboolean v6 = strchr(host, ':') != NULL;
    return g_strdup_printf("inet:%s%s%s:%.*s", v6 ? "[" : "", host, v6 ? "]" : "", (int)len, port);
}

char *tk_verify_place_remedy(const struct tk_verify_at *at)
{
    const char *ours = path_of(at->listen);
    g_autofree char *place = tk_verify_place(at);
    if (at->chroot && ours != NULL && below(ours, at->queue_directory) == NULL)
        return g_strdup_printf("set listen = \"unix:%s/ticket-milter/milter.sock\" in ticket-milter.conf, "
                               "start ticket-milter anew, and in main.cf put at the end of smtpd_milters: "
                               "{ unix:ticket-milter/milter.sock, " OPTIONS " }",
                               at->queue_directory);
    return g_strdup_printf("in main.cf, put at the end of smtpd_milters: { %s, " OPTIONS " }", place);
}
