/* connection: one connection to the server, with deadlines on everything.
 *
 * Owns the PGconn. libpq has no query timeout, so every wait is a poll() up to a deadline, and a connection
 * that missed it is closed: a cancel request may come too late and hit the commit. */
#include "schema/wire/connection.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "schema/sql/queries.h"
#include "schema/wire/sqlstate.h"

void tk_connection_close(struct tk_connection **connection)
{
    struct tk_connection *c = *connection;
    if (c == NULL)
        return;
    *connection = NULL;
    PQfinish(c->pq);
    g_string_free(c->warning, TRUE);
    g_string_free(c->told, TRUE);
    g_clear_pointer(&c->names, g_hash_table_unref);
    g_free(c);
}

bool tk_connection_alive(struct tk_connection *connection)
{
    /* What an idle connection has to say is mostly that it ends: first in words, a notice that is told when
     * they are read (PQisBusy), then by hanging up. */
    struct pollfd fd = {.fd = PQsocket(connection->pq), .events = POLLIN};
    if (!connection->broken && poll(&fd, 1, 0) > 0) {
        if (PQconsumeInput(connection->pq) == 0 || (fd.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
            connection->broken = true;
        else
            (void)PQisBusy(connection->pq);
    }
    return !connection->broken && PQstatus(connection->pq) == CONNECTION_OK;
}

gint64 tk_connection_clock(const struct tk_connection *connection, gint64 our)
{
    return our + connection->clock_low;
}

void tk_connection_clock_seen(struct tk_connection *connection, gint64 clock, gint64 sent, gint64 received)
{
    /* Every answer narrows the difference of the clocks to an interval. One that does not meet what we knew
     * means that a clock was set or has drifted: then only the new one holds. */
    const gint64 low = clock - received, high = clock - sent;
    if (low > connection->clock_high || high < connection->clock_low) {
        connection->clock_low = low;
        connection->clock_high = high;
        return;
    }
    connection->clock_low = MAX(connection->clock_low, low);
    connection->clock_high = MIN(connection->clock_high, high);
}

static enum tk_status broken(struct tk_connection *c, GString *why, const char *text)
{
    c->broken = true;
    g_autofree char *line = g_strdup(text);
    g_strchomp(g_strdelimit(line, "\r\n\t", ' '));
    return tk_status_fail(TK_LATER, why, "%s", line);
}

/* Waits for EVENTS at the socket. */
static enum tk_status wait_socket(struct tk_connection *c, short events, gint64 deadline, short *revents_r,
                                  GString *why)
{
    for (;;) {
        const gint64 left = deadline - g_get_monotonic_time();
        if (left <= 0)
            return broken(c, why, "no answer from the database by the deadline");
        struct pollfd fd = {.fd = PQsocket(c->pq), .events = events};
        const int n = poll(&fd, 1, (int)MIN(left / 1000 + 1, 3600 * 1000));
        if (n > 0) {
            *revents_r = fd.revents;
            return TK_OK;
        }
        if (n < 0 && errno != EINTR)
            return broken(c, why, g_strerror(errno));
    }
}

enum tk_status tk_connection_flush(struct tk_connection *connection, gint64 deadline, GString *why)
{
    for (;;) {
        const int left = PQflush(connection->pq);
        if (left == 0)
            return TK_OK;
        if (left < 0)
            return broken(connection, why, PQerrorMessage(connection->pq));
        short events = 0;
        enum tk_status status = wait_socket(connection, POLLIN | POLLOUT, deadline, &events, why);
        if (status != TK_OK)
            return status;
        /* The server stops reading when nobody reads its answers. */
        if ((events & ~POLLOUT) != 0 && PQconsumeInput(connection->pq) == 0)
            return broken(connection, why, PQerrorMessage(connection->pq));
    }
}

enum tk_status tk_connection_result(struct tk_connection *connection, gint64 deadline, PGresult **result_r,
                                    GString *why)
{
    while (PQisBusy(connection->pq)) {
        short events = 0;
        enum tk_status status = wait_socket(connection, POLLIN, deadline, &events, why);
        if (status != TK_OK)
            return status;
        if (PQconsumeInput(connection->pq) == 0)
            break; /* PQgetResult says what it was: perhaps a last word of the server */
    }
    *result_r = PQgetResult(connection->pq);
    return TK_OK;
}

enum tk_status tk_connection_failure(struct tk_connection *connection, const PGresult *result, bool sent,
                                     bool *retry_r, GString *why)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    g_autofree char *line = g_strdup(text != NULL ? text : PQresultErrorMessage(result));
    g_strchomp(g_strdelimit(line, "\r\n\t", ' '));
    struct tk_sqlstate meaning = tk_sqlstate_meaning(sqlstate);
    g_strlcpy(connection->sqlstate, sqlstate != NULL ? sqlstate : "", sizeof connection->sqlstate);
    if (sqlstate == NULL || PQstatus(connection->pq) == CONNECTION_BAD ||
        (severity != NULL && strcmp(severity, "ERROR") != 0))
        connection->broken = true;
    if (meaning.drop)
        connection->broken = true;
    if (g_strcmp0(sqlstate, "26000") == 0 || g_strcmp0(sqlstate, "42P05") == 0)
        connection->misplaced = true;
    /* Without a code of the server nobody knows what it did. */
    if (sqlstate == NULL && sent)
        meaning = (struct tk_sqlstate){TK_UNCERTAIN, true, false};
    if (retry_r != NULL)
        *retry_r = meaning.retry;
    return tk_status_fail(meaning.status, why, "%s%s%s%s", *line != '\0' ? line : "connection lost",
                          sqlstate != NULL ? " (SQLSTATE " : "", sqlstate != NULL ? sqlstate : "",
                          sqlstate != NULL ? ")" : "");
}

enum tk_status tk_connection_of_input(const struct tk_connection *connection, enum tk_status status)
{
    return status == TK_CONFIG && tk_sqlstate_may_be_input(connection->sqlstate) ? TK_REFUSED : status;
}

/* Reads up to the end of the one statement that is under way. */
static enum tk_status only_result(struct tk_connection *c, bool writes, gint64 deadline, PGresult **result_r,
                                  GString *why)
{
    g_autoptr(PGresult) result = NULL;
    for (;;) {
        g_autoptr(PGresult) next = NULL;
        enum tk_status status = tk_connection_result(c, deadline, &next, why);
        if (status != TK_OK)
            return writes ? TK_UNCERTAIN : status;
        if (next == NULL)
            break;
        if (result == NULL)
            result = g_steal_pointer(&next);
    }
    if (result == NULL)
        return tk_status_fail(TK_BUG, why, "no result");
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        return tk_connection_failure(c, result, writes, NULL, why);
    if (writes && c->warning->len > 0)
        return tk_status_fail(TK_UNCERTAIN, why, "warning at the commit: %s", c->warning->str);
    *result_r = g_steal_pointer(&result);
    return TK_OK;
}

enum tk_status tk_connection_query(struct tk_connection *connection, const char *sql,
                                   const struct tk_args *args, bool writes, bool binary, gint64 deadline,
                                   PGresult **result_r, GString *why)
{
    g_string_truncate(connection->warning, 0);
    const int count = args == NULL ? 0 : args->count;
    if (PQsendQueryParams(connection->pq, sql, count, count > 0 ? args->types : NULL,
                          count > 0 ? args->values : NULL, count > 0 ? args->lengths : NULL,
                          count > 0 ? args->formats : NULL, binary) == 0)
        return broken(connection, why, PQerrorMessage(connection->pq));
    enum tk_status status = tk_connection_flush(connection, deadline, why);
    if (status != TK_OK)
        return writes ? TK_UNCERTAIN : status;
    return only_result(connection, writes, deadline, result_r, why);
}

/* The name of a statement; SENT_R: whether it was sent to be prepared before. */
static const char *statement_name(struct tk_connection *c, const char *sql, bool *sent_r)
{
    if (c->names == NULL)
        c->names = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    char *name = g_hash_table_lookup(c->names, sql);
    *sent_r = name != NULL;
    if (name == NULL) {
        name = g_strdup_printf("ticket_milter_%08x", g_str_hash(sql));
        g_hash_table_insert(c->names, (char *)sql, name);
    }
    return name;
}

enum tk_status tk_connection_send(struct tk_connection *connection, const char *sql,
                                  const struct tk_args *args, bool binary, guint *sent_r, GString *why)
{
    int taken;
    *sent_r = 1;
    if (connection->plain) {
        taken = PQsendQueryParams(connection->pq, sql, args->count, args->types, args->values, args->lengths,
                                  args->formats, binary);
    } else {
        bool prepared;
        const char *name = statement_name(connection, sql, &prepared);
        if (!prepared) {
            connection->preparing = true;
            *sent_r = 2;
        }
        taken = (prepared || PQsendPrepare(connection->pq, name, sql, args->count, args->types) != 0) &&
                PQsendQueryPrepared(connection->pq, name, args->count, args->values, args->lengths,
                                    args->formats, binary) != 0;
    }
    return taken ? TK_OK : broken(connection, why, PQerrorMessage(connection->pq));
}

/* Reads all answers up to the pipeline's Sync; the last one with rows is RESULT_R. */
static enum tk_status read_pipeline(struct tk_connection *c, gint64 deadline, PGresult **result_r,
                                    GString *why)
{
    g_autoptr(PGresult) rows = NULL;
    enum tk_status failed = TK_OK;
    for (bool ended = false;;) { /* NULL ends each statement */
        g_autoptr(PGresult) next = NULL;
        enum tk_status status = tk_connection_result(c, deadline, &next, why);
        if (status != TK_OK)
            return status;
        if (next == NULL && ended)
            return broken(c, why, "the connection to the database is lost");
        ended = next == NULL;
        if (ended)
            continue;
        if (PQresultStatus(next) == PGRES_PIPELINE_SYNC)
            break;
        if (PQresultStatus(next) == PGRES_FATAL_ERROR && failed == TK_OK)
            failed = tk_connection_failure(c, next, false, NULL, why);
        if (c->broken)
            return failed;
        if (PQresultStatus(next) == PGRES_TUPLES_OK) {
            PQclear(rows);
            rows = g_steal_pointer(&next);
        }
    }
    if (failed == TK_OK && rows == NULL)
        return tk_status_fail(TK_BUG, why, "no result");
    *result_r = g_steal_pointer(&rows);
    return failed;
}

enum tk_status tk_connection_ask(struct tk_connection *connection, const char *sql,
                                 const struct tk_args *args, gint64 deadline, PGresult **result_r,
                                 GString *why)
{
    g_autoptr(PGresult) result = NULL;
    guint sent;
    if (PQenterPipelineMode(connection->pq) == 0)
        return broken(connection, why, "the connection is not idle");
    enum tk_status status = tk_connection_send(connection, sql, args, false, &sent, why);
    if (status == TK_OK && PQpipelineSync(connection->pq) == 0)
        status = broken(connection, why, PQerrorMessage(connection->pq));
    if (status == TK_OK)
        status = tk_connection_flush(connection, deadline, why);
    if (status == TK_OK)
        status = read_pipeline(connection, deadline, &result, why);
    if (!connection->broken && PQexitPipelineMode(connection->pq) == 0)
        connection->broken = true;
    if (status != TK_OK)
        return status;
    connection->preparing = false;
    *result_r = g_steal_pointer(&result);
    return TK_OK;
}

/* Hands on row after row, so that one chunk is in memory at a time. */
static enum tk_status take_rows(struct tk_connection *c, tk_connection_sink put, void *sink, gint64 deadline,
                                GString *why)
{
    guint chunks = 0;
    for (;;) {
        g_autoptr(PGresult) result = NULL;
        enum tk_status status = tk_connection_result(c, deadline, &result, why);
        if (status != TK_OK)
            return status;
        if (result == NULL)
            break;
        if (PQresultStatus(result) == PGRES_FATAL_ERROR)
            return tk_connection_failure(c, result, false, NULL, why);
        if (PQresultStatus(result) != PGRES_SINGLE_TUPLE)
            continue; /* the empty one at the end */
        chunks++;
        status = put(sink, PQgetvalue(result, 0, 0), (gsize)PQgetlength(result, 0, 0));
        if (status != TK_OK) {
            c->broken = true; /* with rows still under way */
            return status;
        }
    }
    return chunks > 0 ? TK_OK : tk_status_fail(TK_NO_MATCH, why, "there is no such content");
}

enum tk_status tk_connection_stream(struct tk_connection *connection, const char *sql,
                                    const struct tk_args *args, tk_connection_sink put, void *sink,
                                    gint64 deadline, GString *why)
{
    if (PQsendQueryParams(connection->pq, sql, args->count, args->types, args->values, args->lengths,
                          args->formats, 1) == 0 ||
        PQsetSingleRowMode(connection->pq) == 0)
        return broken(connection, why, PQerrorMessage(connection->pq));
    enum tk_status status = tk_connection_flush(connection, deadline, why);
    return status == TK_OK ? take_rows(connection, put, sink, deadline, why) : status;
}

const char *tk_result_text(const PGresult *result, int row, const char *column)
{
    const int number = PQfnumber(result, column);
    return number < 0 || PQgetisnull(result, row, number) ? NULL : PQgetvalue(result, row, number);
}

gint64 tk_result_number(const PGresult *result, int row, const char *column)
{
    const char *text = tk_result_text(result, row, column);
    return text == NULL ? 0 : g_ascii_strtoll(text, NULL, 10);
}
