/* target: from conninfo to a connection that may be trusted with mail.
 *
 * Owns struct tk_target. libpq tries the next host only when one refuses, and its connect_timeout does not
 * hold for the non-blocking calls: so each host gets its own attempt and its own share of the time here. A
 * name that has to be looked up blocks in the resolver; hostaddr does not. */
#include "schema/wire/target.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "schema/calls/migrate.h"
#include "schema/sql/queries.h"
#include "schema/wire/sqlstate.h"

#define CONNECT_SECONDS     3 /* for each host, where conninfo has no connect_timeout */
#define CONNECT_SECONDS_MAX 3600

/* The SQLSTATE of notices by which a migration says what it changed for people. */
#define TOLD "TK020"

struct tk_target {
    GPtrArray *keywords; /* char *, without host, hostaddr and port */
    GPtrArray *values;
    char **hosts; /* NULL: as libpq finds it */
    char **hostaddrs;
    char **ports;
    guint attempts; /* hosts in the list, at least 1 */
    gint64 timeout; /* microseconds for each */
};

/* What conninfo gets where it says nothing else. A server that is gone is noticed within seconds, and one
 * that takes no writes is no server for us. */
static const struct {
    const char *keyword;
    const char *value;
} defaults[] = {
    {"keepalives_idle", "5"},      {"keepalives_interval", "2"},           {"keepalives_count", "3"},
    {"tcp_user_timeout", "10000"}, {"target_session_attrs", "read-write"}, {"client_encoding", "UTF8"},
};

void tk_target_free(struct tk_target **target)
{
    struct tk_target *t = *target;
    if (t == NULL)
        return;
    *target = NULL;
    g_ptr_array_unref(t->keywords);
    g_ptr_array_unref(t->values);
    g_strfreev(t->hosts);
    g_strfreev(t->hostaddrs);
    g_strfreev(t->ports);
    g_free(t);
}

static void put(struct tk_target *t, const char *keyword, const char *value)
{
    for (guint i = 0; i < t->keywords->len; i++)
        if (strcmp(t->keywords->pdata[i], keyword) == 0)
            return;
    g_ptr_array_add(t->keywords, g_strdup(keyword));
    g_ptr_array_add(t->values, g_strdup(value));
}

static void take_option(struct tk_target *t, const PQconninfoOption *option)
{
    if (option->val == NULL || *option->val == '\0')
        return;
    if (strcmp(option->keyword, "host") == 0) {
        t->hosts = g_strsplit(option->val, ",", -1);
        t->attempts = MAX(t->attempts, g_strv_length(t->hosts));
    } else if (strcmp(option->keyword, "hostaddr") == 0) {
        t->hostaddrs = g_strsplit(option->val, ",", -1);
        t->attempts = MAX(t->attempts, g_strv_length(t->hostaddrs));
    } else if (strcmp(option->keyword, "port") == 0) {
        t->ports = g_strsplit(option->val, ",", -1);
    } else if (strcmp(option->keyword, "connect_timeout") == 0) {
        t->timeout = CLAMP(g_ascii_strtoll(option->val, NULL, 10), 1, CONNECT_SECONDS_MAX) * G_USEC_PER_SEC;
    } else {
        put(t, option->keyword, option->val);
    }
}

enum tk_status tk_target_new(const char *conninfo, const char *application_name, struct tk_target **target_r,
                             GString *why)
{
    char *error = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &error);
    if (options == NULL) {
        tk_status_fail(TK_CONFIG, why, "conninfo: %s", error != NULL ? g_strchomp(error) : "out of memory");
        PQfreemem(error);
        return TK_CONFIG;
    }
    struct tk_target *t = g_new0(struct tk_target, 1);
    t->keywords = g_ptr_array_new_with_free_func(g_free);
    t->values = g_ptr_array_new_with_free_func(g_free);
    t->attempts = 1;
    t->timeout = CONNECT_SECONDS * G_USEC_PER_SEC;
    for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
        take_option(t, o);
    PQconninfoFree(options);
    for (gsize i = 0; i < G_N_ELEMENTS(defaults); i++)
        put(t, defaults[i].keyword, defaults[i].value);
    put(t, "application_name", application_name != NULL ? application_name : "ticket-milter");
    *target_r = t;
    return TK_OK;
}

/* The N-th of a list; a list of one holds for all. */
static const char *nth(char **list, guint n)
{
    if (list == NULL)
        return NULL;
    const guint length = g_strv_length(list);
    return length == 1 ? list[0] : n < length ? list[n] : NULL;
}

/* The SQLSTATE in a verbose error text of libpq, "SEVERITY:  CODE: text": libpq has no other way to tell what
 * a server said before the connection was up. NULL where there is none. */
static const char *verbose_sqlstate(const char *text, char code[6])
{
    for (const char *p = strstr(text, ":  "); p != NULL; p = strstr(p + 1, ":  ")) {
        const gsize length = strspn(p + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (length == 5 && p[8] == ':') {
            memcpy(code, p + 3, 5);
            code[5] = '\0';
            return code;
        }
    }
    return NULL;
}

static enum tk_status connect_failure(PGconn *pq, GString *why)
{
    char code[6];
    const struct tk_sqlstate meaning = tk_sqlstate_meaning(verbose_sqlstate(PQerrorMessage(pq), code));
    g_autofree char *line = g_strdup(PQerrorMessage(pq));
    line[strcspn(line, "\r\n")] = '\0';
    return tk_status_fail(meaning.status, why, "%s", line);
}

/* Drives one attempt to its end. */
static enum tk_status drive(PGconn *pq, gint64 deadline, GString *why)
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED || PQstatus(pq) == CONNECTION_BAD)
            return connect_failure(pq, why);
        const gint64 left = deadline - g_get_monotonic_time();
        if (left <= 0)
            return tk_status_fail(TK_LATER, why, "no connection to the database in time");
        struct pollfd fd = {.fd = PQsocket(pq), .events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        const int n = poll(&fd, 1, (int)(left / 1000 + 1));
        if (n < 0 && errno != EINTR)
            return tk_status_fail(TK_LATER, why, "poll: %s", g_strerror(errno));
        if (n > 0)
            state = PQconnectPoll(pq);
    }
    return TK_OK;
}

/* What the server says while it lets us in, as that its collations have changed, is for its own log. */
static void ignore_notice(void *context, const PGresult *notice)
{
    (void)context;
    (void)notice;
}

/* Keeps warnings, since one may come with a commit that did not do all it should. Those of a server that runs
 * out of transaction ids come with every transaction and say nothing about ours. A farewell that comes while
 * nothing is asked is a notice to libpq. What a migration tells is kept for who runs it. */
static void keep_warning(void *context, const PGresult *notice)
{
    struct tk_connection *c = context;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *function = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);
    const char *text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    if (g_strcmp0(PQresultErrorField(notice, PG_DIAG_SQLSTATE), TOLD) == 0)
        g_string_append_printf(c->told, "%s\n", text);
    if (g_strcmp0(severity, "WARNING") == 0 && g_strcmp0(function, "GetNewTransactionId") != 0 &&
        g_strcmp0(function, "GetNewMultiXactId") != 0)
        g_string_assign(c->warning, text != NULL ? text : "warning");
    if (g_strcmp0(severity, "FATAL") == 0 || g_strcmp0(severity, "PANIC") == 0)
        c->broken = true;
}

static enum tk_status attempt(const struct tk_target *t, guint n, gint64 deadline, PGconn **pq_r,
                              GString *why)
{
    g_autoptr(GPtrArray) keywords = g_ptr_array_new();
    g_autoptr(GPtrArray) values = g_ptr_array_new();
    const char *own[][2] = {
        {"host", nth(t->hosts, n)}, {"hostaddr", nth(t->hostaddrs, n)}, {"port", nth(t->ports, n)}};
    for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
        if (own[i][1] != NULL) {
            g_ptr_array_add(keywords, (char *)own[i][0]);
            g_ptr_array_add(values, (char *)own[i][1]);
        }
    g_ptr_array_extend(keywords, t->keywords, NULL, NULL);
    g_ptr_array_extend(values, t->values, NULL, NULL);
    g_ptr_array_add(keywords, NULL);
    g_ptr_array_add(values, NULL);
    PGconn *pq =
        PQconnectStartParams((const char *const *)keywords->pdata, (const char *const *)values->pdata, 0);
    if (pq == NULL)
        return tk_status_fail(TK_LATER, why, "out of memory");
    PQsetNoticeReceiver(pq, ignore_notice, NULL);
    PQsetErrorVerbosity(pq, PQERRORS_VERBOSE);
    enum tk_status status = drive(pq, MIN(deadline, g_get_monotonic_time() + t->timeout), why);
    if (status != TK_OK) {
        PQfinish(pq);
        return status;
    }
    *pq_r = pq;
    return TK_OK;
}

/* A commit must mean what it says. The query sets what else the calls assume. */
static enum tk_status check_session(struct tk_connection *c, gint64 deadline, GString *why)
{
    static const char *const settings[] = {"fsync", "full_page_writes", "synchronous_commit"};
    g_autoptr(PGresult) result = NULL;
    const gint64 sent = g_get_monotonic_time();
    enum tk_status status =
        tk_connection_query(c, tk_query_session, NULL, false, false, deadline, &result, why);
    if (status != TK_OK)
        return status;
    tk_connection_clock_seen(c, tk_result_number(result, 0, "clock"), sent, g_get_monotonic_time());
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
        const char *value = tk_result_text(result, 0, settings[i]);
        if (value == NULL || strcmp(value, "off") == 0 || strcmp(value, "local") == 0)
            return tk_status_fail(TK_CONFIG, why,
                                  "the database runs with %s = %s, so a commit could be lost: set it on",
                                  settings[i], value != NULL ? value : "");
    }
    const char *role = tk_result_text(result, 0, "session_replication_role");
    if (g_strcmp0(role, "replica") == 0)
        return tk_status_fail(
            TK_CONFIG, why,
            "this session runs with session_replication_role = replica, so the database checks no "
            "references: set it to origin for the role and the database");
    return TK_OK;
}

static enum tk_status check_schema(struct tk_connection *c, gint64 deadline, GString *why)
{
    g_autoptr(PGresult) result = NULL;
    enum tk_status status =
        tk_connection_query(c, tk_query_schema_version, NULL, false, false, deadline, &result, why);
    if (status == TK_CONFIG && !c->broken)
        return tk_status_fail(
            TK_CONFIG, why, "the schema ticketing is not there, or this role may not use it: ticketctl init");
    if (status != TK_OK)
        return status;
    const gint64 version = tk_result_number(result, 0, "version");
    if (version <= tk_migrations_newest)
        return tk_migrate_version_fits(version, version, why);
    g_autoptr(PGresult) newer = NULL;
    status = tk_connection_query(c, tk_query_schema_serves, NULL, false, false, deadline, &newer, why);
    if (status != TK_OK)
        return status;
    return tk_migrate_version_fits(version, tk_result_number(newer, 0, "serves"), why);
}

enum tk_status tk_target_connect(const struct tk_target *target, bool any_schema, gint64 deadline,
                                 struct tk_connection **connection_r, GString *why)
{
    enum tk_status status = TK_LATER;
    PGconn *pq = NULL;
    for (guint n = 0; n < target->attempts && pq == NULL; n++)
        status = attempt(target, n, deadline, &pq, why);
    if (pq == NULL)
        return status;
    struct tk_connection *c = g_new0(struct tk_connection, 1);
    c->pq = pq;
    c->born = g_get_monotonic_time();
    c->warning = g_string_new(NULL);
    c->told = g_string_new(NULL);
    c->clock_low = G_MININT64;
    c->clock_high = G_MAXINT64;
    PQsetErrorVerbosity(pq, PQERRORS_DEFAULT);
    PQsetNoticeReceiver(pq, keep_warning, c);
    if (PQsetnonblocking(pq, 1) != 0)
        status = tk_status_fail(TK_LATER, why, "the connection cannot be made non-blocking");
    if (status == TK_OK)
        status = check_session(c, deadline, why);
    if (status == TK_OK && !any_schema)
        status = check_schema(c, deadline, why);
    if (status != TK_OK) {
        tk_connection_close(&c);
        return status;
    }
    *connection_r = c;
    return TK_OK;
}
