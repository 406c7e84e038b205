/* pool: connections shared by all threads. For the files that use libpq. */
#ifndef TK_SCHEMA_POOL_H
#define TK_SCHEMA_POOL_H

#include "schema/calls/store.h"
#include "schema/wire/connection.h"

/* A connection for the caller alone, live and checked, in CONNECTION_R; it must be given back with
 * tk_pool_give. TK_LATER: none within the store's wait or before DEADLINE. Else as tk_target_connect. */
TK_MUST_CHECK enum tk_status tk_pool_take(struct tk_store *store, gint64 deadline,
                                          struct tk_connection **connection_r, GString *why);

/* Gives a connection back and nulls it; a broken one is closed. */
void tk_pool_give(struct tk_store *store, struct tk_connection **connection);

/* A random number below LIMIT (at least 1), for jitter only. */
gint64 tk_pool_random(struct tk_store *store, gint64 limit);

/* Takes a connection for one statement, as tk_connection_query; gives it back before it returns. */
TK_MUST_CHECK enum tk_status tk_pool_query(struct tk_store *store, const char *sql,
                                           const struct tk_args *args, bool writes, gint64 deadline,
                                           PGresult **result_r, GString *why);

/* The same for a writing statement whose values a person has given: TK_REFUSED where they may be the cause of
 * its failure. */
TK_MUST_CHECK enum tk_status tk_pool_input(struct tk_store *store, const char *sql,
                                           const struct tk_args *args, gint64 deadline, PGresult **result_r,
                                           GString *why);

#endif
