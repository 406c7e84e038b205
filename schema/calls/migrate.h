/* migrate: the schema's versions. */
#ifndef TK_SCHEMA_MIGRATE_H
#define TK_SCHEMA_MIGRATE_H

#include "rules/base/status.h"

struct tk_migration {
    int version; /* 0: the end of the list */
    int serves;  /* version of the oldest program that runs with it; 0: one of before this was written down */
    const char *name;
    const char *sql;
};

/* From schema/sql/migrations and schema/sql/roles.sql, by schema/sql/embed.awk. */
extern const struct tk_migration tk_migrations[];
extern const int tk_migrations_newest;
extern const char tk_migrate_roles[];

/* TK_CONFIG with a text that says what to do, unless this program runs on a schema of VERSION whose
 * migrations serve programs from version SERVES on (asked only where VERSION is newer than the program). */
TK_MUST_CHECK enum tk_status tk_migrate_version_fits(gint64 version, gint64 serves, GString *why);

#endif
