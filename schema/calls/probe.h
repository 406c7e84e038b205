/* probe: whether the database takes a mail of harmless values in the place of one that it refused. For the
 * files that use libpq. */
#ifndef TK_SCHEMA_PROBE_H
#define TK_SCHEMA_PROBE_H

#include "schema/calls/ingest.h"
#include "schema/calls/store.h"

/* Stores a probe in the place of ITEMS (COUNT of them, of one tenant), in a transaction that is rolled back:
 * the same channels, tickets, verdicts and limits, with one of each kind of value that the mail has, and none
 * of its values. What is checked at the commit is checked too. It takes a ticket number, which leaves a gap.
 *
 * TK_OK: such a mail could be stored now. Else as tk_store_ingest, and WHY says what is wrong. */
TK_MUST_CHECK enum tk_status tk_probe(struct tk_store *store, const struct tk_ingest *items, guint count,
                                      gint64 deadline, GString *why);

#endif
