/* admin: what an administrator does to the database, for ticketctl.
 *
 * The calls take a store (schema/calls/store.h) that was opened with the administrator's conninfo; each names
 * the role that it needs. Besides what they name they return what every call of a store does, and
 * TK_UNCERTAIN where a change was sent and its outcome is unknown. All may be repeated. */
#ifndef TK_SCHEMA_ADMIN_H
#define TK_SCHEMA_ADMIN_H

#include "schema/calls/store.h"

/* Makes the roles and the schema and applies all migrations; harmless where they are there. The store must be
 * opened with any_schema; needs a superuser, or the owner of the database with CREATEROLE. LINES (may be
 * NULL) gets the lines of pg_hba.conf and pg_ident.conf that let the users of this machine in: DAEMON_USER as
 * ticket_milter, root as ticket_admin. APPLIED_R: migrations that were applied now; TOLD (may be NULL): lines
 * in which they say what they changed for people. */
TK_MUST_CHECK enum tk_status tk_admin_init(struct tk_store *store, const char *daemon_user, gint64 deadline,
                                           GString *lines, guint *applied_r, GString *told, GString *why);

/* Applies the migrations that are missing, each in a transaction of its own under one lock. The store must be
 * opened with any_schema; needs a superuser or a member of ticket_owner. TOLD is as above. TK_CONFIG: not
 * initialised, or the schema is newer than this program. */
TK_MUST_CHECK enum tk_status tk_admin_migrate(struct tk_store *store, gint64 deadline, guint *applied_r,
                                              GString *told, GString *why);

/* What is to become of the installation's names; each is folded. */
struct tk_admin_names {
    const char *name;             /* NULL: it stays as it is */
    bool once;                    /* only where the installation has no name yet */
    const char *const *former;    /* to be known as former names; NULL-terminated, or NULL */
    const char *const *forgotten; /* former names to be forgotten; likewise */
};

/* Names the installation. Needs a superuser or a member of ticket_owner. TK_REFUSED: more names than may be,
 * or one to be forgotten that is no former name. */
TK_MUST_CHECK enum tk_status tk_admin_name(struct tk_store *store, const struct tk_admin_names *names,
                                           gint64 deadline, GString *why);

/* A channel as its files say. Only offer_from and addresses may be NULL. */
struct tk_publication {
    const char *tenant;
    const char *template_name;
    const char *template_ticket_type;
    const char *template_prefix; /* a capital, then up to nine capitals and digits */
    const char *template_status;
    const char *template_fields; /* JSON array */
    const char *channel;
    const char *title;
    const char *address;
    const char *status;     /* draft, published, disabled */
    const char *offer_from; /* an offer of the tenant whose defaults are taken over */
    const char
        *addresses;    /* JSON array of {kind, address} (tk_conf_channel_addresses); NULL: address alone */
    const char *rules; /* JSON object: all that the gateway goes by */
};

struct tk_published {
    gint64 tenant_id;
    gint64 channel_id;
    gint64 rules_version;
    char *changed; /* what was, for people; NULL: nothing. The caller frees it with g_free. */
};

/* Writes template, channel, silent offer (`mail:CHANNEL`, hidden) and a version of the rules where they
 * differ. Role ticket_admin. TK_REFUSED: the template of a published channel would change, there is no such
 * tenant among those that the caller reads, an address lies in none of its domains or belongs to another
 * channel, or a value is not allowed. */
TK_MUST_CHECK enum tk_status tk_admin_publish(struct tk_store *store,
                                              const struct tk_publication *publication, gint64 deadline,
                                              struct tk_published *published_r, GString *why);

/* Stops a channel on all gateways. Role ticket_admin. CHANGED_R: false where it was not published.
 * TK_NO_MATCH. */
TK_MUST_CHECK enum tk_status tk_admin_disable(struct tk_store *store, const char *tenant, const char *channel,
                                              gint64 deadline, bool *changed_r, GString *why);

/* Makes TENANT, which may send and take mail at DOMAINS (folded patterns of rules/address/address.h,
 * NULL-terminated), or gives these to one that is there. Role ticket_admin, for a caller that reads all
 * tenants. *MADE_R: it is new; *CHANGED_R: it is, or has a domain more. A domain of another tenant without
 * SHARED: TK_REFUSED. */
TK_MUST_CHECK enum tk_status tk_admin_tenant_add(struct tk_store *store, const char *tenant,
                                                 const char *const *domains, bool shared, gint64 deadline,
                                                 bool *made_r, bool *changed_r, GString *why);

/* Gives DOMAINS to TENANT, or, without HAS, takes them away. As above. No such tenant, or an address of a
 * channel lies in a domain that is to go: TK_REFUSED. */
TK_MUST_CHECK enum tk_status tk_admin_tenant_domains(struct tk_store *store, const char *tenant,
                                                     const char *const *domains, bool has, bool shared,
                                                     gint64 deadline, bool *changed_r, GString *why);

enum tk_reader_change {
    TK_READER_ADD,    /* the role reads the tenants too */
    TK_READER_REMOVE, /* it reads them no longer */
    TK_READER_RENEW   /* what was given to its name is given to the role that has it now */
};

/* What a role of the server reads after a change. */
struct tk_reader {
    bool changed;  /* false: it was so already */
    bool agent;    /* whether it is a member of ticket_agent; without that it reads nothing */
    char *words;   /* "gil reads globex and acme", for people */
    char *tenants; /* JSON array of names; "*": all */
};
void tk_reader_clear(struct tk_reader *reader);

/* Changes which tenants ROLE reads. TENANTS: NULL-terminated names, "*" for all; NULL with TK_READER_RENEW.
 * Role ticket_admin, for tenants that the caller reads. The caller clears READER_R with tk_reader_clear. No
 * such tenant, or a role that nothing can be given to: TK_REFUSED. */
TK_MUST_CHECK enum tk_status tk_admin_reader(struct tk_store *store, enum tk_reader_change change,
                                             const char *role, const char *const *tenants, gint64 deadline,
                                             struct tk_reader *reader_r, GString *why);

/* An agent's note. The file at place i of the three is one; they are COUNT. */
struct tk_admin_note {
    gint64 tenant_id;
    const char *number; /* of the ticket */
    const char *author;
    const char *visibility; /* public, internal */
    const char *body;
    const char *const *filenames; /* safe ones (rules/content/filename.h) */
    const char *const *types;     /* lower case, no parameters */
    GBytes *const *contents;      /* together less than 1 GiB */
    guint count;
};

/* Adds a note with its files, in one transaction. Role ticket_agent. TK_NO_MATCH: no such ticket; TK_REFUSED:
 * a name or type that cannot be. */
TK_MUST_CHECK enum tk_status tk_admin_add_note(struct tk_store *store, const struct tk_admin_note *note,
                                               gint64 deadline, gint64 *note_id_r, GString *why);

/* Role ticket_agent. STATUS: open, pending, closed. TK_NO_MATCH: no such ticket; TK_REFUSED: no such status.
 */
TK_MUST_CHECK enum tk_status tk_admin_set_status(struct tk_store *store, gint64 tenant_id, const char *number,
                                                 const char *status, const char *author, gint64 deadline,
                                                 GString *why);

/* Sends an attachment's bytes to PUT, in pieces. Role ticket_agent. TK_NO_MATCH: no such attachment. A status
 * of PUT other than TK_OK ends the call with it. */
TK_MUST_CHECK enum tk_status tk_admin_attachment(struct tk_store *store, gint64 tenant_id,
                                                 gint64 attachment_id, tk_store_sink put, void *sink,
                                                 gint64 deadline, GString *why);

/* The same with the mail of an intake row, as it came. Role ticket_admin. TK_NO_MATCH: no such row, or its
 * mail is not kept. */
TK_MUST_CHECK enum tk_status tk_admin_raw(struct tk_store *store, gint64 intake_id, tk_store_sink put,
                                          void *sink, gint64 deadline, GString *why);

#endif
