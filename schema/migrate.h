/* migrate: the schema's versions. */
#ifndef TK_SCHEMA_MIGRATE_H
#define TK_SCHEMA_MIGRATE_H

#include "rules/status.h"

struct tk_migration {
    int version; /* 0: the end of the list */
    const char *name;
    const char *sql;
};

/* From schema/migrations and schema/roles.sql, by schema/embed.awk. */
extern const struct tk_migration tk_migrations[];
extern const int tk_migrations_newest;
extern const char tk_migrate_roles[];

/* TK_CONFIG with a text that says what to do, unless the database's VERSION is the one that this program
 * speaks. */
TK_MUST_CHECK enum tk_status tk_migrate_version_fits(gint64 version, GString *why);

#endif
