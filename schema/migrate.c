/* migrate: the schema's versions. */
#include "schema/migrate.h"

enum tk_status tk_migrate_version_fits(gint64 version, GString *why)
{
    if (version < tk_migrations_newest)
        return tk_status_fail(TK_CONFIG, why,
                              "the schema is at version %" G_GINT64_FORMAT
                              ", this program needs %d: run ticketctl migrate",
                              version, tk_migrations_newest);
    if (version > tk_migrations_newest)
        return tk_status_fail(TK_CONFIG, why,
                              "the schema is at version %" G_GINT64_FORMAT
                              ", this program knows only %d: install the newer program",
                              version, tk_migrations_newest);
    return TK_OK;
}
