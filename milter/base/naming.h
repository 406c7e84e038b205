/* naming: the installation's names, as the database has them. They are asked for with the first mail and
 * again from time to time, so that all hosts follow a change within seconds. A mail needs them only where it
 * needs the database too, so nothing is kept on the disk. Safe for any thread. */
#ifndef TK_MILTER_BASE_NAMING_H
#define TK_MILTER_BASE_NAMING_H

#include "rules/thread/token.h"
#include "schema/calls/store.h"

/* Seconds after which the database is asked again. */
#define TK_NAMING_SECONDS 30

struct tk_naming;

/* Knows nothing yet. Owned by the caller. */
struct tk_naming *tk_naming_new(void);
/* Accepts NULL; sets *NAMING to NULL. */
void tk_naming_free(struct tk_naming **naming);

/* Lets the next call ask the database. */
void tk_naming_forget(struct tk_naming *naming);

/* The names of now. While the database does not answer, those that it told the last time. The caller drops
 * INSTALLATION_R with tk_installation_unref. Else as tk_store_installation. */
enum tk_status tk_naming_find(struct tk_naming *naming, struct tk_store *store, gint64 deadline,
                              struct tk_installation **installation_r, GString *why) TK_MUST_CHECK;

#endif
