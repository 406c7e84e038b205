/* directory: the database's ids of the channels that the configuration names, and the installation's names.
 *
 * Names and ids never part, so a positive answer is kept for the life of the process; a negative one is asked
 * again, since somebody may be publishing at this moment. Safe for any thread. */
#ifndef TK_MILTER_INTAKE_DIRECTORY_H
#define TK_MILTER_INTAKE_DIRECTORY_H

#include "rules/base/status.h"
#include "rules/conf/conf.h"
#include "schema/calls/store.h"

struct tk_directory;

struct tk_directory_entry {
    gint64 tenant_id, channel_id;
};

/* Empty. Owned by the caller. */
struct tk_directory *tk_directory_new(void);
/* Accepts NULL; sets *DIRECTORY to NULL. */
void tk_directory_free(struct tk_directory **directory);

/* The ids of CHANNEL. TK_NO_MATCH: it was never published. Else as tk_store_channel. */
enum tk_status tk_directory_find(struct tk_directory *directory, struct tk_store *store,
                                 const struct tk_channel *channel, gint64 deadline,
                                 struct tk_directory_entry *entry_r, GString *why) TK_MUST_CHECK;

/* The installation's names. The caller drops the reference. As tk_naming_find. */
enum tk_status tk_directory_installation(struct tk_directory *directory, struct tk_store *store,
                                         gint64 deadline, struct tk_installation **installation_r,
                                         GString *why) TK_MUST_CHECK;

/* Forgets everything: the database is not the one that was asked (it was restored or made anew). */
void tk_directory_forget(struct tk_directory *directory);

#endif
