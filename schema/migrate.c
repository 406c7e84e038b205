/* migrate: the schema's versions, and the calls of schema/admin.h that make them.
 *
 * Migrations are numbered and never change once released. Each runs in a transaction of its own, as
 * ticket_owner, under an advisory lock, and leaves a row that says which program applied it. */
#include "schema/migrate.h"

#include <config.h>
#include <string.h>

#include "schema/admin.h"
#include "schema/pool.h"
#include "schema/queries.h"

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

/* Several statements at once. */
static enum tk_status script(struct tk_connection *c, const char *sql, gint64 deadline, GString *why)
{
    enum tk_status status = TK_OK;
    if (PQsendQuery(c->pq, sql) == 0) {
        c->broken = true;
        return tk_status_fail(TK_LATER, why, "the connection to the database is lost");
    }
    status = tk_connection_flush(c, deadline, why);
    while (status == TK_OK) {
        g_autoptr(PGresult) result = NULL;
        status = tk_connection_result(c, deadline, &result, why);
        if (status != TK_OK || result == NULL)
            break;
        if (PQresultStatus(result) == PGRES_FATAL_ERROR)
            status = tk_connection_failure(c, result, false, NULL, why);
    }
    return status;
}

/* The server calls the commit of a failed transaction a success; only its tag says ROLLBACK. */
static enum tk_status commit(struct tk_connection *c, gint64 deadline, GString *why)
{
    g_autoptr(PGresult) result = NULL;
    enum tk_status status =
        tk_connection_query(c, tk_query_commit, NULL, true, false, deadline, &result, why);
    if (status == TK_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        return tk_status_fail(TK_LATER, why, "the transaction was rolled back");
    return status;
}

/* Begins a transaction under the lock and reads the version in it. */
static enum tk_status begin(struct tk_connection *c, gint64 deadline, gint64 *version_r, GString *why)
{
    enum tk_status status = script(c, tk_query_migrate_begin, deadline, why);
    g_autoptr(PGresult) result = NULL;
    if (status == TK_OK)
        status = tk_connection_query(c, tk_query_migrate_version, NULL, false, false, deadline, &result, why);
    if (status == TK_CONFIG)
        return tk_status_fail(
            TK_CONFIG, why, "the schema ticketing is not there, or this role may not use it: ticketctl init");
    if (status == TK_OK)
        *version_r = tk_result_number(result, 0, "version");
    return status;
}

static enum tk_status apply(struct tk_connection *c, const struct tk_migration *m, gint64 deadline,
                            GString *why)
{
    enum tk_status status = script(c, tk_query_migrate_as_owner, deadline, why);
    if (status == TK_OK)
        status = script(c, m->sql, deadline, why);
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, m->version);
    tk_args_text(&args, m->name);
    tk_args_text(&args, PACKAGE_STRING);
    g_autoptr(PGresult) result = NULL;
    if (status == TK_OK)
        status = tk_connection_query(c, tk_query_migrate_done, &args, false, false, deadline, &result, why);
    if (status == TK_OK)
        status = commit(c, deadline, why);
    if (status != TK_OK && why != NULL) {
        g_autofree char *text = g_strdup(why->str);
        return tk_status_fail(status, why, "migration %s: %s", m->name, text);
    }
    return status;
}

static enum tk_status migrate(struct tk_connection *c, gint64 deadline, guint *applied_r, GString *told,
                              GString *why)
{
    guint applied = 0;
    for (;;) {
        gint64 version = 0;
        enum tk_status status = begin(c, deadline, &version, why);
        if (status != TK_OK)
            return status;
        if (version >= tk_migrations_newest) {
            status = commit(c, deadline, why);
            if (status == TK_OK)
                status = tk_migrate_version_fits(version, why);
            if (status != TK_OK)
                return status;
            *applied_r = applied;
            if (told != NULL)
                g_string_assign(told, c->told->str);
            return TK_OK;
        }
        status = apply(c, &tk_migrations[version], deadline, why);
        if (status != TK_OK)
            return status;
        applied++;
    }
}

enum tk_status tk_admin_migrate(struct tk_store *store, gint64 deadline, guint *applied_r, GString *told,
                                GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status == TK_OK)
        status = migrate(c, deadline, applied_r, told, why);
    tk_pool_give(store, &c); /* inside a transaction: closed, which is the rollback */
    return status;
}

static void say_lines(GString *lines, const char *database, const char *daemon_user)
{
    g_string_append_printf(
        lines,
        "# pg_hba.conf, before the lines for all\n"
        "local  %s  ticket_milter,ticket_notify,ticket_agent,ticket_restricted,ticket_admin  peer "
        "map=ticketing\n"
        "# pg_ident.conf\n"
        "ticketing  %s  ticket_milter\n"
        "ticketing  %s  ticket_notify\n"
        "ticketing  root  ticket_milter\n"
        "ticketing  root  ticket_notify\n"
        "ticketing  root  ticket_agent\n"
        "ticketing  root  ticket_restricted\n"
        "ticketing  root  ticket_admin\n",
        database, daemon_user, daemon_user);
}

enum tk_status tk_admin_init(struct tk_store *store, const char *daemon_user, gint64 deadline, GString *lines,
                             guint *applied_r, GString *told, GString *why)
{
    struct tk_connection *c = NULL;
    g_autoptr(PGresult) database = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status == TK_OK)
        status = script(c, tk_query_migrate_begin, deadline, why);
    if (status == TK_OK)
        status = script(c, tk_migrate_roles, deadline, why);
    if (status == TK_OK)
        status = tk_connection_query(c, tk_query_database, NULL, false, false, deadline, &database, why);
    if (status == TK_OK)
        status = commit(c, deadline, why);
    if (status == TK_OK)
        status = migrate(c, deadline, applied_r, told, why);
    tk_pool_give(store, &c);
    if (status == TK_OK && lines != NULL)
        say_lines(lines, tk_result_text(database, 0, "name"), daemon_user);
    return status;
}
