/* connection: one connection to the server, with deadlines on everything. For the files that use libpq. */
#ifndef TK_SCHEMA_CONNECTION_H
#define TK_SCHEMA_CONNECTION_H

#include <stdbool.h>

#include "rules/base/status.h"
#include "schema/wire/args.h"

struct tk_connection {
    PGconn *pq;        /* always non-blocking */
    gint64 born;       /* g_get_monotonic_time() */
    bool broken;       /* of no further use */
    guint64 uses;      /* times that the pool has given it away, */
    guint64 replan_at; /* and at which of them the server is to plan anew */
    GString *warning;  /* the last WARNING of the server since it was emptied; "": none */
    GString *told;     /* lines with which migrations tell what they did */
    gint64 clock_low;  /* the server's clock minus ours is at least this, */
    gint64 clock_high; /* and at most this; microseconds */
    GHashTable *names; /* of the statements that were sent to be prepared: char *, by the text's address */
    bool preparing;    /* one of them may not be there: nothing that came with it has succeeded yet */
    bool plain;        /* prepares nothing */
    bool misplaced;    /* the server did not have a statement that was prepared, or had one that was not */
    char sqlstate[6];  /* of the last failure that the server named; "": of none yet */
};

void tk_connection_close(struct tk_connection **connection);

/* False when the server has hung up meanwhile. Does not wait. */
bool tk_connection_alive(struct tk_connection *connection);

/* What the server's clock says at OUR, or up to one network delay less, never more. Microseconds since 1970.
 */
gint64 tk_connection_clock(const struct tk_connection *connection, gint64 our);

/* Takes in that the server's clock said CLOCK at some moment between SENT and RECEIVED of ours. */
void tk_connection_clock_seen(struct tk_connection *connection, gint64 clock, gint64 sent, gint64 received);

/* Sends everything that libpq holds back, reading what comes in. TK_LATER: not by DEADLINE, or connection
 * lost; both break the connection. */
TK_MUST_CHECK enum tk_status tk_connection_flush(struct tk_connection *connection, gint64 deadline,
                                                 GString *why);

/* The next result as PQgetResult gives it, in RESULT_R (NULL: the end of this command's). TK_LATER as above.
 */
TK_MUST_CHECK enum tk_status tk_connection_result(struct tk_connection *connection, gint64 deadline,
                                                  PGresult **result_r, GString *why);

/* The meaning of a failed result; WHY gets the server's text as one line. SENT: the server may have
 * committed, so a lost connection is TK_UNCERTAIN. RETRY_R may be NULL. */
enum tk_status tk_connection_failure(struct tk_connection *connection, const PGresult *result, bool sent,
                                     bool *retry_r, GString *why);

/* STATUS of a call whose values a person has given: TK_REFUSED where they may be the cause, else as it is. */
enum tk_status tk_connection_of_input(const struct tk_connection *connection, enum tk_status status);

/* One statement, one result with rows. WRITES: it changes something, so a lost answer is TK_UNCERTAIN. ARGS
 * may be NULL. Values come as text, or, with BINARY, as the server's bytes. The caller frees RESULT_R with
 * PQclear. */
TK_MUST_CHECK enum tk_status tk_connection_query(struct tk_connection *connection, const char *sql,
                                                 const struct tk_args *args, bool writes, bool binary,
                                                 gint64 deadline, PGresult **result_r, GString *why);

/* Sends one statement in pipeline mode, by name where the server has it: parsing and planning cost more than
 * the work itself. Its first use prepares it on the way, which is one answer more and no round trip. SQL
 * lives as long as the connection. SENT_R: answers that will come, 1 or 2. TK_LATER: the connection is lost.
 *
 * Between us and the server there may be a pooler that gives every transaction another server connection and
 * does not carry statements along (PgBouncer before 1.21, or with max_prepared_statements = 0). Then the
 * server says so (SQLSTATE 26000, 42P05), and the pool sends whole texts from there on. Names hold a hash of
 * the text, so that another version of the program cannot have left another statement under the same one. */
TK_MUST_CHECK enum tk_status tk_connection_send(struct tk_connection *connection, const char *sql,
                                                const struct tk_args *args, bool binary, guint *sent_r,
                                                GString *why);

/* One reading statement that is asked often, in one round trip; else as tk_connection_query, in text. */
TK_MUST_CHECK enum tk_status tk_connection_ask(struct tk_connection *connection, const char *sql,
                                               const struct tk_args *args, gint64 deadline,
                                               PGresult **result_r, GString *why);

/* Where streamed bytes go: called with them in order, any number at a time. TK_OK to go on; anything else
 * ends the stream with it. */
typedef enum tk_status (*tk_connection_sink)(void *sink, const void *data, gsize size);

/* One statement that only reads, whose rows of one column of bytes go to PUT, one in memory at a time.
 * TK_NO_MATCH: there were no rows. */
TK_MUST_CHECK enum tk_status tk_connection_stream(struct tk_connection *connection, const char *sql,
                                                  const struct tk_args *args, tk_connection_sink put,
                                                  void *sink, gint64 deadline, GString *why);

/* Values of a result by column name; NULL and 0 stand for SQL NULL. The text belongs to the result. */
const char *tk_result_text(const PGresult *result, int row, const char *column);
gint64 tk_result_number(const PGresult *result, int row, const char *column);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGresult, PQclear)

#endif
