/* postfix: what postconf(1) prints, as values.
 *
 * Owns nothing. Cannot fail: what is not understood is passed over. */
#include "rules/verify/postfix.h"

#include <string.h>

/* Columns of master.cf(5) before the command's arguments. */
enum { NAME, TYPE, PRIVATE, UNPRIVILEGED, CHROOT, WAKEUP, LIMIT, COMMAND, COLUMNS };

/* The names of IANA that stand in master.cf as it is shipped. */
static const struct {
    const char *name;
    guint port;
} ports[] = {{"smtp", 25}, {"smtps", 465}, {"submissions", 465}, {"submission", 587}};

static GHashTable *settings_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

/* Adds "name = value" or "name=value". */
static void add_setting(GHashTable *settings, const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL)
        return;
    char *name = g_strstrip(g_strndup(text, (gsize)(equals - text)));
    g_hash_table_replace(settings, name, g_strstrip(g_strdup(equals + 1)));
}

static void service_free(gpointer data)
{
    struct tk_postfix_service *service = data;
    g_free(service->name);
    g_free(service->type);
    g_free(service->command);
    g_hash_table_unref(service->settings);
    g_free(service);
}

static void milter_free(gpointer data)
{
    struct tk_postfix_milter *milter = data;
    g_free(milter->place);
    g_hash_table_unref(milter->options);
    g_free(milter);
}

char **tk_postfix_list(const char *text)
{
    GPtrArray *items = g_ptr_array_new();
    while (*text != '\0') {
        text += strspn(text, ", \t\r\n");
        const char *end = text;
        for (guint depth = 0; *end != '\0' && (depth > 0 || strchr(", \t\r\n", *end) == NULL); end++) {
            depth += *end == '{';
            depth -= *end == '}' && depth > 0;
        }
        if (end > text)
            g_ptr_array_add(items, g_strndup(text, (gsize)(end - text)));
        text = end;
    }
    g_ptr_array_add(items, NULL);
    return (char **)g_ptr_array_free(items, FALSE);
}

/* The text in "{ ... }"; without braces all of it. Owned by the caller. */
static char *unbraced(const char *text)
{
    gsize len = strlen(text);
    if (len < 2 || text[0] != '{' || text[len - 1] != '}')
        return g_strdup(text);
    return g_strstrip(g_strndup(text + 1, len - 2));
}

GPtrArray *tk_postfix_milters(const char *value)
{
    GPtrArray *milters = g_ptr_array_new_with_free_func(milter_free);
    g_auto(GStrv) items = tk_postfix_list(value);
    for (char **item = items; *item != NULL; item++) {
        g_autofree char *inner = unbraced(*item);
        g_auto(GStrv) words = tk_postfix_list(inner);
        if (words[0] == NULL)
            continue;
        struct tk_postfix_milter *milter = g_new0(struct tk_postfix_milter, 1);
        milter->place = g_strdup(words[0]);
        milter->options = settings_new();
        for (char **word = words + 1; *word != NULL; word++) {
            g_autofree char *option = unbraced(*word);
            add_setting(milter->options, option);
        }
        g_ptr_array_add(milters, milter);
    }
    return milters;
}

/* The -o options among WORDS: "-o name=value" and "-o { name = value }". */
static void read_options(GHashTable *settings, char **words)
{
    for (; *words != NULL; words++) {
        if (!g_str_has_prefix(*words, "-o"))
            continue;
        const char *text = (*words)[2] != '\0' ? *words + 2 : words[1] != NULL ? *++words : "";
        g_autofree char *option = unbraced(text);
        add_setting(settings, option);
    }
}

/* postconf(5), compatibility_level: "-" is "y" before level 1. */
static gboolean default_chroot(const struct tk_postfix *postfix)
{
    const char *level = tk_postfix_get(postfix, NULL, "compatibility_level");
    return level == NULL || g_ascii_strtoull(level, NULL, 10) < 1;
}

/* The words of a line of `postconf -M'; values of -o with blanks stand in braces. */
static void read_service(struct tk_postfix *postfix, const char *line)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
    gsize count = 0;
    for (char **word = words; *word != NULL; word++) {
        if (**word != '\0')
            words[count++] = *word;
        else
            g_free(*word);
    }
    words[count] = NULL;
    if (count < COLUMNS)
        return;
    g_autofree char *rest = g_strjoinv(" ", words + COLUMNS);
    g_auto(GStrv) arguments = tk_postfix_list(rest);
    struct tk_postfix_service *service = g_new0(struct tk_postfix_service, 1);
    service->name = g_strdup(words[NAME]);
    service->type = g_strdup(words[TYPE]);
    service->command = g_strdup(words[COMMAND]);
    service->chroot = words[CHROOT][0] == '-' ? default_chroot(postfix) : words[CHROOT][0] == 'y';
    service->settings = settings_new();
    read_options(service->settings, arguments);
    g_ptr_array_add(postfix->services, service);
}

struct tk_postfix *tk_postfix_read(const char *main, const char *master)
{
    struct tk_postfix *postfix = g_new0(struct tk_postfix, 1);
    g_auto(GStrv) settings = g_strsplit(main, "\n", -1);
    g_auto(GStrv) services = g_strsplit(master, "\n", -1);
    postfix->settings = settings_new();
    postfix->services = g_ptr_array_new_with_free_func(service_free);
    for (char **line = settings; *line != NULL; line++)
        add_setting(postfix->settings, *line);
    for (char **line = services; *line != NULL; line++)
        read_service(postfix, *line);
    return postfix;
}

void tk_postfix_free(struct tk_postfix **postfix)
{
    struct tk_postfix *p = *postfix;
    if (p == NULL)
        return;
    *postfix = NULL;
    g_hash_table_unref(p->settings);
    g_ptr_array_unref(p->services);
    g_free(p);
}

const char *tk_postfix_get(const struct tk_postfix *postfix, const struct tk_postfix_service *service,
                           const char *name)
{
    const char *value = service != NULL ? g_hash_table_lookup(service->settings, name) : NULL;
    return value != NULL ? value : g_hash_table_lookup(postfix->settings, name);
}

/* The port of "smtp", "10025" or "127.0.0.1:10025"; 0 where it is not known. */
static guint port_of(const char *name)
{
    const char *colon = strrchr(name, ':');
    const char *port = colon != NULL ? colon + 1 : name;
    for (gsize i = 0; i < G_N_ELEMENTS(ports); i++)
        if (strcmp(port, ports[i].name) == 0)
            return ports[i].port;
    return (guint)g_ascii_strtoull(port, NULL, 10);
}

static const struct tk_postfix_service *find(const struct tk_postfix *postfix, const char *type,
                                             const char *command, guint port)
{
    for (guint i = 0; i < postfix->services->len; i++) {
        const struct tk_postfix_service *service = postfix->services->pdata[i];
        if (strcmp(service->type, type) == 0 && strcmp(service->command, command) == 0 &&
            (port == 0 || port_of(service->name) == port))
            return service;
    }
    return NULL;
}

const struct tk_postfix_service *tk_postfix_smtpd(const struct tk_postfix *postfix, guint port)
{
    if (find(postfix, "inet", "postscreen", port) != NULL)
        return find(postfix, "pass", "smtpd", 0);
    return find(postfix, "inet", "smtpd", port);
}

gboolean tk_postfix_seconds(const char *text, gint64 *seconds_r)
{
    static const struct {
        const char *unit;
        gint64 seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};
    gsize digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 9)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(text + digits, units[i].unit) == 0) {
            *seconds_r = g_ascii_strtoll(text, NULL, 10) * units[i].seconds;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean tk_postfix_at_least(const char *version, guint major, guint minor)
{
    char *dot;
    guint64 first = g_ascii_strtoull(version, &dot, 10);
    guint64 second = *dot == '.' ? g_ascii_strtoull(dot + 1, NULL, 10) : 0;
    return first > major || (first == major && second >= minor);
}
