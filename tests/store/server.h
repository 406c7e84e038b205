/* server: a private PostgreSQL with the schema, and mails to put into it, for the tests of schema/. */
#ifndef TK_TESTS_STORE_SERVER_H
#define TK_TESTS_STORE_SERVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "schema/calls/admin.h"
#include "schema/calls/report.h"
#include "schema/calls/store.h"

/* The main function of a test program: starts the server (it ends with the process), runs the cases with the
 * fixtures of their group, and returns the exit status. Ends the process with 77 where there are no server
 * programs. A case that fails spoils no other one: those that come after it run in a new process with a new
 * server. So none may need what an earlier one left. */
#define server_run(cases, setup, teardown) server_run_cases(cases, G_N_ELEMENTS(cases), setup, teardown)
int server_run_cases(const struct CMUnitTest *cases, gsize count, CMFixtureFunction setup,
                     CMFixtureFunction teardown);

/* A case that is skipped did not fail. */
void server_skipped(void);
#undef skip
#define skip() (server_skipped(), _skip(__FILE__, __LINE__))

/* Stops it, as a crash would; starts it again. */
void server_crash(void);
void server_again(void);

/* Makes a tenant with one domain. STORE is one of an administrator. */
void server_add_tenant(struct tk_store *store, const char *name, const char *domain);

/* Changes what ROLE reads, and fails unless it CHANGED something and is told in WORDS (NULL: any). */
void server_reader(struct tk_store *store, enum tk_reader_change change, const char *role, const char *tenant,
                   bool changed, const char *words);

/* init, acme/support published with template incident, and all tenants for ticket_agent and
 * ticket_restricted. */
void server_fill(void);

void server_remove(void);

/* Where ROLE connects. Static until the next call but three. */
const char *server_conninfo(const char *role);

/* Runs SQL as ROLE. Returns its first value ("" for NULL or no row), or "!" and the SQLSTATE. The caller
 * frees it. */
char *server_ask(const char *role, const char *sql);

/* The same for any role. The server lets in the roles of the program alone, so the others begin as a
 * superuser who becomes them for good: their session is what it would be had they logged in. */
char *server_ask_as(const char *role, const char *sql);

/* As server_ask in another database. */
char *server_ask_in(const char *database, const char *role, const char *sql);

/* Makes DATABASE with the schema of VERSION. */
void server_old(const char *database, int version);

/* Fails the test unless SQL, as the superuser, gives EXPECTED. */
#define server_expect(expected, sql) server_expect_at(expected, sql, __FILE__, __LINE__)
void server_expect_at(const char *expected, const char *sql, const char *file, int line);

/* The same, asked again and again until it holds; not within 30 seconds fails the test. */
void server_expect_soon(const char *expected, const char *sql);

/* A store for ROLE; a failure to open it fails the test. */
struct tk_store *server_store(const char *role, guint pool);
struct tk_store *server_store_in(const char *database, const char *role, guint pool);

/* The deadline of what is to be done within SECONDS by a machine like ours: ten times as long from now, for a
 * slow one. */
gint64 soon(double seconds);

/* SECONDS from now, for a deadline that is to pass. */
gint64 exactly(double seconds);

/* The channel of server_fill. */
extern gint64 server_tenant, server_channel;

/* A publication as of server_fill; the caller changes what it is about. */
struct tk_publication server_publication(void);

/* A confirmation at once, with caps that are far away. */
extern const struct tk_ingest_confirm server_confirm;

/* A mail to that channel that asks for a ticket; KEY makes its intake key. */
struct tk_ingest server_mail(const char *key);

/* Stores one mail without contents and fails the test unless STATUS comes of it. */
struct tk_ingest_result server_ingest(struct tk_store *store, const struct tk_ingest *mail,
                                      enum tk_status status);

#endif
