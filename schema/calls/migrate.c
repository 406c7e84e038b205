/* migrate: the schema's versions, and the calls of schema/calls/admin.h that make them.
 *
 * Migrations are numbered and never change once released. Each runs in a transaction of its own, as
 * ticket_owner, and leaves a row that says which program applied it. The lock between two that migrate is one
 * of the table of these rows, since nobody but its owner can take that.
 *
 * A migration waits for tables that somebody reads or writes, and mails wait behind it. So it waits some
 * seconds at a time, and lets the mails go in between. */
#include "schema/calls/migrate.h"

#include <config.h>
#include <string.h>

#include "schema/calls/admin.h"
#include "schema/sql/queries.h"
#include "schema/wire/pool.h"

enum tk_status tk_migrate_version_fits(gint64 version, gint64 serves, GString *why)
{
    if (version < tk_migrations_newest)
        return tk_status_fail(TK_CONFIG, why,
                              "the schema is at version %" G_GINT64_FORMAT
                              ", this program needs %d: run ticketctl migrate",
                              version, tk_migrations_newest);
    if (version > tk_migrations_newest && serves > tk_migrations_newest)
        return tk_status_fail(TK_CONFIG, why,
                              "the schema is at version %" G_GINT64_FORMAT
                              ", which serves programs of version %" G_GINT64_FORMAT
                              " or newer, and this one is of version %d: install the newer program",
                              version, serves, tk_migrations_newest);
    return TK_OK;
}

/* For mails, after a migration has waited for a lock in vain. */
#define PAUSE G_USEC_PER_SEC

/* Several statements at once. */
static enum tk_status script(struct tk_connection *c, const char *sql, gint64 deadline, GString *why)
{
    enum tk_status status = TK_OK;
    if (PQsendQuery(c->pq, sql) == 0) {
        c->broken = true;
        return tk_status_fail(TK_LATER, why, "the connection to the database is lost");
    }
    status = tk_connection_flush(c, deadline, why);
    while (!c->broken) {
        g_autoptr(PGresult) result = NULL;
        enum tk_status got = tk_connection_result(c, deadline, &result, status == TK_OK ? why : NULL);
        if (got == TK_OK && result == NULL)
            break;
        if (got == TK_OK && PQresultStatus(result) == PGRES_FATAL_ERROR)
            got = tk_connection_failure(c, result, false, NULL, status == TK_OK ? why : NULL);
        if (status == TK_OK)
            status = got;
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

/* Reads the version, and whom it serves where it is newer than this program. */
static enum tk_status read_version(struct tk_connection *c, gint64 deadline, gint64 *version_r,
                                   gint64 *serves_r, GString *why)
{
    g_autoptr(PGresult) result = NULL, newer = NULL;
    enum tk_status status =
        tk_connection_query(c, tk_query_migrate_version, NULL, false, false, deadline, &result, why);
    if (status != TK_OK)
        return status;
    *version_r = tk_result_number(result, 0, "version");
    if (*version_r <= tk_migrations_newest)
        return TK_OK;
    status = tk_connection_query(c, tk_query_migrate_serves, NULL, false, false, deadline, &newer, why);
    if (status == TK_OK)
        *serves_r = tk_result_number(newer, 0, "serves");
    return status;
}

/* Begins a transaction under the lock and reads the version in it. */
static enum tk_status begin(struct tk_connection *c, gint64 deadline, gint64 *version_r, gint64 *serves_r,
                            GString *why)
{
    enum tk_status status = script(c, tk_query_migrate_begin, deadline, why);
    if (status == TK_OK)
        status = script(c, tk_query_migrate_lock, deadline, why);
    if (status == TK_OK)
        status = read_version(c, deadline, version_r, serves_r, why);
    if (status == TK_CONFIG)
        return tk_status_fail(
            TK_CONFIG, why, "the schema ticketing is not there, or this role may not use it: ticketctl init");
    return status;
}

static enum tk_status note(struct tk_connection *c, const struct tk_migration *m, gint64 deadline,
                           GString *why)
{
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_number(&args, m->version);
    tk_args_text(&args, m->name);
    tk_args_text(&args, PACKAGE_STRING);
    if (m->serves > 0)
        tk_args_number(&args, m->serves);
    g_autoptr(PGresult) result = NULL;
    return tk_connection_query(c, m->serves > 0 ? tk_query_migrate_done : tk_query_migrate_done_early, &args,
                               false, false, deadline, &result, why);
}

static enum tk_status apply(struct tk_connection *c, const struct tk_migration *m, gint64 deadline,
                            GString *why)
{
    enum tk_status status = script(c, m->sql, deadline, why);
    if (status == TK_OK)
        status = note(c, m, deadline, why);
    if (status == TK_OK)
        status = commit(c, deadline, why);
    if (status != TK_OK && why != NULL) {
        g_autofree char *text = g_strdup(why->str);
        return tk_status_fail(status, why, "migration %s: %s", m->name, text);
    }
    return status;
}

/* Applies one migration; DONE_R: there was none to apply. */
static enum tk_status step(struct tk_connection *c, gint64 deadline, bool *done_r, GString *why)
{
    gint64 version = 0, serves = 0;
    c->sqlstate[0] = '\0';
    enum tk_status status = begin(c, deadline, &version, &serves, why);
    if (status != TK_OK)
        return status;
    *done_r = version >= tk_migrations_newest;
    if (!*done_r)
        return apply(c, &tk_migrations[version], deadline, why);
    status = commit(c, deadline, why);
    return status == TK_OK ? tk_migrate_version_fits(version, serves, why) : status;
}

/* Whether a step that failed with STATUS may be tried again: it waited for a lock too long, or was given up
 * for somebody who waited for it. Then its transaction is ended. */
static bool may_repeat(struct tk_connection *c, enum tk_status status, gint64 deadline)
{
    const bool locked = strcmp(c->sqlstate, "55P03") == 0 || strcmp(c->sqlstate, "40P01") == 0;
    if (status != TK_LATER || !locked || c->broken || g_get_monotonic_time() + PAUSE >= deadline ||
        script(c, tk_query_rollback, deadline, NULL) != TK_OK)
        return false;
    g_usleep(PAUSE);
    return true;
}

static enum tk_status migrate(struct tk_connection *c, gint64 deadline, guint *applied_r, GString *told,
                              GString *why)
{
    guint applied = 0;
    for (bool done = false; !done;) {
        const gsize lines = c->told->len;
        enum tk_status status = step(c, deadline, &done, why);
        if (status != TK_OK && may_repeat(c, status, deadline)) {
            g_string_truncate(c->told, lines); /* it will tell the same again */
            done = false;
            continue;
        }
        if (status != TK_OK)
            return status;
        applied += !done;
    }
    *applied_r = applied;
    if (told != NULL)
        g_string_assign(told, c->told->str);
    return TK_OK;
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

/* Makes what the migrations stand on. */
static enum tk_status make_roles(struct tk_connection *c, gint64 deadline, char **database_r, GString *why)
{
    g_autoptr(PGresult) database = NULL;
    g_string_truncate(c->told, 0);
    enum tk_status status = script(c, tk_query_migrate_begin, deadline, why);
    if (status == TK_OK)
        status = script(c, tk_migrate_roles, deadline, why);
    if (status == TK_OK)
        status = tk_connection_query(c, tk_query_database, NULL, false, false, deadline, &database, why);
    if (status == TK_OK)
        status = commit(c, deadline, why);
    if (status == TK_OK)
        *database_r = g_strdup(tk_result_text(database, 0, "name"));
    return status;
}

enum tk_status tk_admin_init(struct tk_store *store, const char *daemon_user, gint64 deadline, GString *lines,
                             guint *applied_r, GString *told, GString *why)
{
    struct tk_connection *c = NULL;
    g_autofree char *database = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status != TK_OK)
        return status;
    do
        status = make_roles(c, deadline, &database, why);
    while (status != TK_OK && may_repeat(c, status, deadline));
    if (status == TK_OK)
        status = migrate(c, deadline, applied_r, told, why);
    tk_pool_give(store, &c);
    if (status == TK_OK && lines != NULL)
        say_lines(lines, database, daemon_user);
    return status;
}

static guint length_of(const char *const *texts)
{
    return texts != NULL ? g_strv_length((char **)texts) : 0;
}

enum tk_status tk_admin_name(struct tk_store *store, const struct tk_admin_names *names, gint64 deadline,
                             GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status != TK_OK)
        return status;
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_text(&args, names->name);
    tk_args_text(&args, names->once ? "t" : "f");
    tk_args_texts(&args, names->former, length_of(names->former));
    tk_args_texts(&args, names->forgotten, length_of(names->forgotten));
    tk_args_number(&args, tk_connection_clock(c, g_get_monotonic_time()));
    g_autoptr(PGresult) result = NULL;
    status = script(c, tk_query_migrate_begin, deadline, why);
    if (status == TK_OK)
        status = script(c, tk_query_migrate_lock, deadline, why);
    if (status == TK_OK)
        status =
            tk_connection_query(c, tk_query_installation_set, &args, false, false, deadline, &result, why);
    if (status == TK_OK)
        status = commit(c, deadline, why);
    tk_pool_give(store, &c); /* inside a transaction: closed, which is the rollback */
    return status;
}
