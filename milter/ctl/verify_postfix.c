/* verify_postfix: asks Postfix for its settings, its tables and the way to our socket.
 *
 * Owns nothing beyond the call. What goes wrong is a finding. */
#include "milter/ctl/verify_postfix.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/ctl/program.h"
#include "milter/ctl/reach.h"

/* Reading files takes no time; a table in a directory service may. */
#define PROGRAM_SECONDS 20
/* To our own socket. */
#define REACH_SECONDS 5
/* Groups of the user of Postfix; far more than anybody gives it. */
#define GROUPS_MAX 256

struct asked {
    const struct tk_conf *conf;
    const char *config; /* folder or NULL */
    const struct tk_postfix *postfix;
};

/* ---- programs ---- */

/* Runs PROGRAM [-c CONFIG] ARGUMENTS. TK_OK: it ran, *EXIT_R is its exit code. */
static enum tk_status run_program(const struct asked *asked, const char *program,
                                  const char *const *arguments, GString *out, GString *errors, int *exit_r,
                                  GString *why)
{
    g_autofree char *path = tk_program_find(program);
    if (path == NULL)
        return tk_status_fail(TK_NO_MATCH, why, "%s is not installed", program);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_ptr_array_add(argv, path);
    if (asked->config != NULL) {
        g_ptr_array_add(argv, (char *)"-c");
        g_ptr_array_add(argv, (char *)asked->config);
    }
    for (; *arguments != NULL; arguments++)
        g_ptr_array_add(argv, (char *)*arguments);
    g_ptr_array_add(argv, NULL);
    return tk_program_run((char *const *)argv->pdata, PROGRAM_SECONDS, out, errors, exit_r, why);
}

/* The first line of what a program complained of. */
static char *first_line(const GString *errors)
{
    g_autofree char *valid = g_utf8_make_valid(errors->str, -1);
    return g_strstrip(g_strndup(valid, strcspn(valid, "\n")));
}

static enum tk_status postconf(const struct asked *asked, const char *option, GString *out, GString *why)
{
    const char *const arguments[] = {option, NULL};
    g_autoptr(GString) errors = g_string_new(NULL);
    int code = 0;
    enum tk_status status = run_program(asked, "postconf", arguments, out, errors, &code, why);
    if (status != TK_OK || code == 0)
        return status;
    g_autofree char *line = first_line(errors);
    return tk_status_fail(TK_CONFIG, why, "%s", line);
}

/* ---- tables ---- */

/* Tables that Postfix asks for whole addresses alone. */
static gboolean is_pattern(const char *table)
{
    static const char *const types[] = {"regexp:", "pcre:", "tcp:"};
    if (g_str_has_prefix(table, "proxy:"))
        table += strlen("proxy:");
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        if (g_str_has_prefix(table, types[i]))
            return TRUE;
    return FALSE;
}

static enum tk_tri ask_table(const struct asked *asked, const char *table, const char *key, char **text_r)
{
    const char *const arguments[] = {"-q", key, table, NULL};
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GString) errors = g_string_new(NULL);
    g_autoptr(GString) why = g_string_new(NULL);
    int code = 0;
    if (run_program(asked, "postmap", arguments, out, errors, &code, why) != TK_OK) {
        *text_r = g_strdup(why->str);
        return TK_UNKNOWN;
    }
    if (code == 0 && out->len > 0) {
        *text_r = g_utf8_make_valid(out->str, -1);
        return TK_YES;
    }
    if (errors->len == 0)
        return TK_NO;
    *text_r = first_line(errors);
    return TK_UNKNOWN;
}

/* Asks all tables of the setting NAME for KEY; PART: it is not a whole address. */
static enum tk_tri ask_tables(const struct asked *asked, const char *name, const char *key, gboolean part,
                              char **text_r)
{
    const char *value = tk_postfix_get(asked->postfix, NULL, name);
    g_auto(GStrv) tables = tk_postfix_list(value != NULL ? value : "");
    for (char **table = tables; *table != NULL; table++) {
        if (part && is_pattern(*table))
            continue;
        enum tk_tri found = ask_table(asked, *table, key, text_r);
        if (found != TK_NO)
            return found;
    }
    return TK_NO;
}

static gboolean is_local(const struct asked *asked, const char *domain)
{
    const char *value = tk_postfix_get(asked->postfix, NULL, "mydestination");
    g_auto(GStrv) domains = tk_postfix_list(value != NULL ? value : "");
    for (char **each = domains; *each != NULL; each++)
        if (g_ascii_strcasecmp(*each, domain) == 0)
            return TRUE;
    return FALSE;
}

/* As virtual(5) says: the address, for local domains its local part, then its domain; at last aliases(5). */
static enum tk_tri lookup(void *context, const char *address, char **text_r)
{
    const struct asked *asked = context;
    const char *at = strrchr(address, '@');
    enum tk_tri found = ask_tables(asked, "virtual_alias_maps", address, at == NULL, text_r);
    if (found != TK_NO)
        return found;
    g_autofree char *name = at != NULL ? g_strndup(address, (gsize)(at - address)) : g_strdup(address);
    gboolean local = at == NULL || is_local(asked, at + 1);
    if (local && at != NULL)
        found = ask_tables(asked, "virtual_alias_maps", name, TRUE, text_r);
    if (found == TK_NO && at != NULL)
        found = ask_tables(asked, "virtual_alias_maps", at, TRUE, text_r);
    if (found == TK_NO && local)
        found = ask_tables(asked, "alias_maps", name, FALSE, text_r);
    return found;
}

/* ---- the socket ---- */

struct user {
    uid_t uid;
    gid_t groups[GROUPS_MAX];
    int count;
};

static gboolean find_user(const char *name, struct user *user_r)
{
    const struct passwd *entry = getpwnam(name);
    if (entry == NULL)
        return FALSE;
    user_r->uid = entry->pw_uid;
    user_r->count = GROUPS_MAX;
    if (getgrouplist(name, entry->pw_gid, user_r->groups, &user_r->count) < 0)
        user_r->count = GROUPS_MAX;
    return TRUE;
}

/* Whether USER has the right RIGHT (4 read, 2 write, 1 pass) to what STAT is of. */
static gboolean may(const struct user *user, const struct stat *stat, guint right)
{
    if (user->uid == stat->st_uid)
        return (stat->st_mode >> 6 & right) == right;
    for (int i = 0; i < user->count; i++)
        if (user->groups[i] == stat->st_gid)
            return (stat->st_mode >> 3 & right) == right;
    return (stat->st_mode & right) == right;
}

static char *describe(const char *path, const struct stat *stat)
{
    const struct passwd *owner = getpwuid(stat->st_uid);
    g_autofree char *owner_name = owner != NULL ? g_strdup(owner->pw_name)
                                                : g_strdup_printf("%u", stat->st_uid);
    const struct group *group = getgrgid(stat->st_gid);
    g_autofree char *group_name = group != NULL ? g_strdup(group->gr_name)
                                                : g_strdup_printf("%u", stat->st_gid);
    return g_strdup_printf("%s has mode %04o, owner %s, group %s", path, stat->st_mode & 07777, owner_name,
                           group_name);
}

/* What keeps USER from PATH: the first folder that it may not pass, at last the socket. FROM is the folder in
 * which Postfix stands when it looks for it. NULL: nothing. */
static char *find_barrier(const struct user *user, const char *from, const char *path)
{
    struct stat buffer;
    gsize len = strlen(from);
    gboolean inside = strncmp(path, from, len) == 0 && path[len] == '/';
    for (gsize end = inside ? len : 1; end > 0;) {
        g_autofree char *folder = g_strndup(path, end);
        if (stat(folder, &buffer) == 0 && !may(user, &buffer, 1))
            return describe(folder, &buffer);
        const char *next = strchr(path + end + (path[end] == '/' ? 1 : 0), '/');
        end = next != NULL ? (gsize)(next - path) : 0;
    }
    return stat(path, &buffer) == 0 && !may(user, &buffer, 2) ? describe(path, &buffer) : NULL;
}

static enum tk_verify_socket look_at_path(const struct asked *asked, const char *path, char **barrier_r)
{
    const char *owner = tk_postfix_get(asked->postfix, NULL, "mail_owner");
    const char *queue = tk_postfix_get(asked->postfix, NULL, "queue_directory");
    struct stat buffer;
    struct user user;
    if (stat(path, &buffer) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return TK_SOCKET_MISSING;
        *barrier_r = g_strdup(g_strerror(errno));
        return TK_SOCKET_UNKNOWN;
    }
    if (!S_ISSOCK(buffer.st_mode))
        return TK_SOCKET_OTHER;
    int error = tk_reach_unix(path);
    if (error == ECONNREFUSED || error == ENOENT)
        return TK_SOCKET_SILENT;
    if (!find_user(owner != NULL ? owner : "postfix", &user)) {
        *barrier_r = g_strdup_printf("there is no user %s", owner != NULL ? owner : "postfix");
        return TK_SOCKET_UNKNOWN;
    }
    *barrier_r = find_barrier(&user, queue != NULL ? queue : "/", path);
    if (*barrier_r != NULL)
        return TK_SOCKET_CLOSED;
    if (error == 0)
        return TK_SOCKET_ANSWERS;
    *barrier_r = g_strdup(g_strerror(error));
    return TK_SOCKET_UNKNOWN;
}

static enum tk_verify_socket look_at_socket(const struct asked *asked, char **barrier_r)
{
    const char *listen = asked->conf->listen, *rest = strchr(listen, ':') + 1;
    if (!g_str_has_prefix(listen, "inet"))
        return look_at_path(asked, rest, barrier_r);
    const char *at = strchr(rest, '@');
    int fd;
    gint64 deadline = g_get_monotonic_time() + REACH_SECONDS * (gint64)G_USEC_PER_SEC;
    if (tk_reach_tcp(at + 1, (guint)g_ascii_strtoull(rest, NULL, 10), deadline, &fd, NULL) != TK_OK)
        return TK_SOCKET_SILENT;
    close(fd);
    return TK_SOCKET_ANSWERS;
}

void tk_verify_ask_postfix(const struct tk_conf *conf, const struct tk_channel *channel, const char *config,
                           guint port, GPtrArray *findings)
{
    struct asked asked = {conf, config, NULL};
    g_autoptr(GString) main = g_string_new(NULL);
    g_autoptr(GString) master = g_string_new(NULL);
    g_autoptr(GString) why = g_string_new(NULL);
    enum tk_status status = postconf(&asked, "-x", main, why);
    if (status == TK_OK)
        status = postconf(&asked, "-Mx", master, why);
    if (status != TK_OK) {
        tk_verify_add(findings, TK_SEVERITY_WARNING, "mta",
                      status == TK_NO_MATCH
                          ? "with Sendmail, see to INPUT_MAIL_FILTER(`ticket-milter', `S=..., F=T') in "
                            "sendmail.mc and to the aliases of the channel's addresses yourself"
                          : "give the folder of Postfix's main.cf by --postfix-config DIR",
                      "%s; not asked: the list of filters, the socket, timeouts, aliases and sizes",
                      why->str);
        return;
    }
    struct tk_postfix *postfix = tk_postfix_read(main->str, master->str);
    g_autofree char *barrier = NULL;
    asked.postfix = postfix;
    struct tk_verify_input input = {.conf = conf, .channel = channel, .postfix = postfix, .port = port};
    input.socket = look_at_socket(&asked, &barrier);
    input.barrier = barrier;
    tk_verify_postfix(&input, findings);
    tk_verify_aliases(conf, channel, lookup, &asked, findings);
    tk_postfix_free(&postfix);
}
