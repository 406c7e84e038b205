/* store: the database as the rest of the program sees it. Nobody else knows libpq.
 *
 * A store is a pool of connections of fixed size. Every call may be made from any thread; it takes a
 * connection for itself, waits for one no longer than the store's `wait`, and is done by its DEADLINE, a
 * moment of g_get_monotonic_time() (microseconds). A call that fails puts one line for people into WHY (may
 * be NULL).
 *
 * All calls can return, besides what they name:
 *   TK_LATER    no connection within the wait, the database is away, slow, full of clients, failing over or
 *               read-only; nothing was written
 *   TK_STORAGE  the same, because a disk of the server is full
 *   TK_CONFIG   the schema is older or newer than this program or missing, the login was refused, a right is
 *               missing, the server runs with fsync, full_page_writes or synchronous_commit off, or a
 *               constraint, sequence, trigger or domain of the database refuses what is to be stored
 *   TK_BUG      a result that cannot be
 *
 * Texts are cleaned: what is not UTF-8 is replaced before it reaches the server. Addresses and numbers
 * compare without case. */
#ifndef TK_SCHEMA_STORE_H
#define TK_SCHEMA_STORE_H

#include <stdbool.h>

#include "rules/base/installation.h"
#include "rules/base/status.h"
#include "schema/calls/ingest.h"

struct tk_store;

struct tk_store_options {
    const char *conninfo;         /* as of libpq; host lists are tried one after the other */
    const char *application_name; /* where conninfo has none; NULL: ticket-milter */
    guint pool;                   /* connections, 1 to TK_STORE_POOL_MAX; opened when needed, then kept */
    gint64 wait;                  /* microseconds to wait for a free connection or for a new one */
    gint64 max_age;               /* microseconds after which a connection is replaced; 0: 10 minutes */
    guint32 seed;                 /* of the jitter between retries */
    bool any_schema;              /* do not ask for the schema's version: init, migrate, status */
};

#define TK_STORE_POOL_MAX 64 /* beyond this PostgreSQL gets slower, not faster */

/* Checks the options and makes the pool; connects to nothing. The caller frees STORE_R with tk_store_close.
 * TK_CONFIG: conninfo cannot be read, or a number is out of range. */
TK_MUST_CHECK enum tk_status tk_store_open(const struct tk_store_options *options, struct tk_store **store_r,
                                           GString *why);

/* Closes all connections. No call may be running. */
void tk_store_close(struct tk_store **store);

/* Asks the database a question without content: TK_OK when a mail could be stored now. */
TK_MUST_CHECK enum tk_status tk_store_check(struct tk_store *store, gint64 deadline, GString *why);

/* Numbers of the pool for metrics; each call that found all connections busy counts as one wait. */
struct tk_store_numbers {
    guint connections; /* open now */
    guint busy;        /* of these, in use */
    guint64 connects;  /* made since the start */
    guint64 waits;
    guint64 timeouts; /* waits that ended without a connection */
};
void tk_store_numbers(struct tk_store *store, struct tk_store_numbers *numbers_r);

/* The installation's names. The caller drops INSTALLATION_R with tk_installation_unref. TK_CONFIG also: it
 * has no name yet. */
TK_MUST_CHECK enum tk_status tk_store_installation(struct tk_store *store, gint64 deadline,
                                                   struct tk_installation **installation_r, GString *why);

/* A channel in the database. */
struct tk_store_channel {
    gint64 tenant_id;
    gint64 channel_id;
    gint64 rules_version; /* the newest that was published */
    char *status;         /* draft, published, disabled */
    char *ticket_type;    /* of its template */
    char *prefix;         /* of its ticket numbers, without the dash */
};

/* The channel TENANT/CHANNEL by its names. The caller frees CHANNEL_R with tk_store_channel_free.
 * TK_NO_MATCH: there is none. A positive answer may be cached: names and ids never part. */
TK_MUST_CHECK enum tk_status tk_store_channel(struct tk_store *store, const char *tenant, const char *channel,
                                              gint64 deadline, struct tk_store_channel **channel_r,
                                              GString *why);
void tk_store_channel_free(struct tk_store_channel **channel);

/* What is asked about a mail. Lists end with NULL; a NULL list is empty. */
struct tk_facts_query {
    gint64 tenant_id;
    gint64 channel_id;
    const gint64 *ticket_ids; /* that tokens prove, most telling first */
    guint ticket_count;
    const char *const *message_ids; /* without angle brackets, most telling first */
    const char *const *numbers;     /* of tickets, from tokens, most telling first */
    const char *sender;             /* folded; whose part in the tickets is asked; may be NULL */
    const guint8 *intake_key;       /* TK_INTAKE_KEY_SIZE bytes, or NULL */
};

/* One key of the query that leads to a ticket. */
struct tk_fact {
    enum { TK_FACT_INTAKE, TK_FACT_TOKEN, TK_FACT_MESSAGE_ID, TK_FACT_NUMBER } kind;
    guint place; /* index into ticket_ids, message_ids or numbers */
    gint64 ticket_id;
    char *number;
    char *ticket_type;
    char *status;     /* open, pending, closed */
    bool participant; /* the sender takes part in this ticket */
    char *subject;
    gint64 closed_for; /* of a closed one: seconds since then */
    gint64 reopened;   /* how often a mail has reopened it */
};

struct tk_facts {
    char *channel_status; /* NULL: the channel is not in the database */
    gint64 rules_version;
    GPtrArray *facts; /* struct tk_fact; intake first, then tokens, message ids, numbers, each by place. Where
                         one id belongs to several tickets, those of this channel come first. */
};

/* What the database knows about the keys of a mail, in one round trip. TK_OK with no facts means that it is
 * known that there are none. The caller frees FACTS_R with tk_facts_free. */
TK_MUST_CHECK enum tk_status tk_store_facts(struct tk_store *store, const struct tk_facts_query *query,
                                            gint64 deadline, struct tk_facts **facts_r, GString *why);
void tk_facts_free(struct tk_facts **facts);

/* Stores one mail: COUNT items, one for each of its channels, all of one tenant, with the contents that they
 * refer to, in one transaction and one round trip (two where contents are over 256 KiB). Repeating the call
 * is safe: the intake key makes the second one a duplicate.
 *
 * RESULTS_R (COUNT of them, in the order of ITEMS) is written only with TK_OK; the caller clears each with
 * tk_ingest_result_clear. Contents are asked for one at a time, in the order of their sha256, and asked again
 * where the transaction is tried again; one that the tenant has already may be left out.
 *
 *   TK_OK         committed, and the server has said so
 *   TK_LATER      also: the deadline has passed, or a sender's short rate window is full (then WHY says so)
 *   TK_UNCERTAIN  the commit was sent and its outcome is unknown
 *   TK_REFUSED    the values of this mail are proven to be what the server does not take (SQLSTATE 22 and
 * 54): it refused them twice, and took a probe of other values in between (schema/calls/probe.h); the caller
 * stores less of the mail TK_BUG        also: a content is not what its size or sha256 say, or the items are
 * of several tenants A content's own failure is handed through as it is. */
TK_MUST_CHECK enum tk_status tk_store_ingest(struct tk_store *store, const struct tk_ingest *items,
                                             guint count, const struct tk_store_blob *blobs, guint blob_count,
                                             gint64 deadline, struct tk_ingest_result *results_r,
                                             GString *why);

/* Keeps a mail as it came whose row RAW->intake_id was stored without it: what the verdict asks for is known
 * only then. CONTENT is the mail. Returns as tk_store_ingest. */
enum tk_status tk_store_keep_raw(struct tk_store *store, const struct tk_ingest_raw *raw,
                                 const struct tk_store_blob *content, gint64 deadline,
                                 struct tk_ingest_kept *kept_r, GString *why) TK_MUST_CHECK;

#endif
