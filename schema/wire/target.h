/* target: from conninfo to a connection that may be trusted with mail. For the files that use libpq. */
#ifndef TK_SCHEMA_TARGET_H
#define TK_SCHEMA_TARGET_H

#include "schema/wire/connection.h"

/* Where to connect to: conninfo, read once. */
struct tk_target;

/* TK_CONFIG: conninfo cannot be read. The caller frees TARGET_R with tk_target_free. */
TK_MUST_CHECK enum tk_status tk_target_new(const char *conninfo, const char *application_name,
                                           struct tk_target **target_r, GString *why);
void tk_target_free(struct tk_target **target);

/* Connects, host by host, until DEADLINE; asks for the server's settings, its clock and, unless ANY_SCHEMA,
 * the schema's version. TK_LATER, TK_STORAGE, TK_CONFIG. The caller closes CONNECTION_R with
 * tk_connection_close. */
TK_MUST_CHECK enum tk_status tk_target_connect(const struct tk_target *target, bool any_schema,
                                               gint64 deadline, struct tk_connection **connection_r,
                                               GString *why);

#endif
