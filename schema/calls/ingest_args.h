/* ingest_args: a mail of one channel as the parameters of the query `ingest`, and its row as a result. For
 * the files that use libpq. */
#ifndef TK_SCHEMA_INGEST_ARGS_H
#define TK_SCHEMA_INGEST_ARGS_H

#include "schema/calls/ingest.h"
#include "schema/wire/args.h"

/* Adds to ARGS, which is empty, all parameters of the query. They point into ITEM. NOW and DEADLINE are
 * moments of the server's clock, microseconds since 1970. */
void tk_ingest_args(struct tk_args *args, const struct tk_ingest *item, gint64 now, gint64 deadline);

/* The same of the query `raw_account`. */
void tk_ingest_args_raw(struct tk_args *args, const struct tk_ingest_raw *raw, gint64 now, gint64 deadline);

/* Reads its one row. */
void tk_ingest_args_read_raw(const PGresult *result, struct tk_ingest_kept *kept_r);

/* Reads the one row of the query's RESULT. The caller clears R with tk_ingest_result_clear. */
void tk_ingest_args_read(const PGresult *result, struct tk_ingest_result *r);

#endif
