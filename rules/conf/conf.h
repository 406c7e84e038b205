/* conf: the configuration as values: the main file, channels and templates (ticket-milter.conf(5)).
 *
 * A struct tk_conf is an immutable snapshot. Readers take a reference and keep it for as long as they work
 * with it, so that a reload never changes a running mail half way. All strings are UTF-8 and owned by the
 * snapshot. */
#ifndef TK_RULES_CONF_H
#define TK_RULES_CONF_H

#include <glib.h>

#include "rules/base/status.h"

enum tk_publish_state { TK_DRAFT, TK_PUBLISHED, TK_DISABLED };
enum tk_folder_kind { TK_FOLDER_NONE, TK_FOLDER_ALIAS, TK_FOLDER_ADDRESS };
enum tk_authentication { TK_AUTH_OFF, TK_AUTH_FLAG, TK_AUTH_FAIL, TK_AUTH_REJECT };
enum tk_impersonation { TK_IMPERSONATION_OFF, TK_IMPERSONATION_FLAG, TK_IMPERSONATION_FAIL };
enum tk_login { TK_LOGIN_OFF, TK_LOGIN_OWN, TK_LOGIN_ANY };
enum tk_participants { TK_PARTICIPANTS_REQUESTER, TK_PARTICIPANTS_CC_ALLOWED };
enum tk_keep_attachments { TK_KEEP_ALL, TK_KEEP_NONE, TK_KEEP_NO_INLINE };
enum tk_stranger_reply { TK_STRANGER_UNVERIFIED, TK_STRANGER_NEW_LINKED };
enum tk_closed { TK_CLOSED_NOTE, TK_CLOSED_REOPEN, TK_CLOSED_NEW_LINKED };
enum tk_subject_change { TK_SUBJECT_APPEND, TK_SUBJECT_NEW_LINKED };
enum tk_keep_raw { TK_RAW_NEEDED, TK_RAW_REFUSED, TK_RAW_ALL };
enum tk_smtp_tls { TK_SMTP_TLS_OFF, TK_SMTP_TLS_STARTTLS };
enum tk_smtp_auth { TK_SMTP_AUTH_NONE, TK_SMTP_AUTH_PLAIN, TK_SMTP_AUTH_LOGIN, TK_SMTP_AUTH_XOAUTH2 };
/* Of the texts of our own mails. */
enum tk_language {
    TK_LANGUAGE_EN,
    TK_LANGUAGE_DE,
    TK_LANGUAGE_FR,
    TK_LANGUAGE_ES,
    TK_LANGUAGE_IT,
    TK_LANGUAGE_NL,
    TK_LANGUAGE_PT,
    TK_LANGUAGE_PL
};
#define TK_LANGUAGES 8

/* Where a field's value comes from. */
enum tk_field_from {
    TK_FROM_NOTHING, /* only the default */
    TK_FROM_SUBJECT,
    TK_FROM_BODY, /* the newly written text */
    TK_FROM_TEXT_FULL,
    TK_FROM_SENDER,
    TK_FROM_SENDER_NAME,
    TK_FROM_TO,
    TK_FROM_DATE,
    TK_FROM_MESSAGE_ID,
    TK_FROM_IMPORTANCE,
    TK_FROM_HEADER
};

struct tk_folder {
    enum tk_folder_kind kind;
    char *address; /* only with TK_FOLDER_ADDRESS */
};

/* At most COUNT in SECONDS; a count of 0 is no limit. */
struct tk_rate {
    guint count;
    guint seconds;
};

/* What is put off until later, and what is refused. */
struct tk_rates {
    struct tk_rate later, fail;
};

struct tk_pair {
    char *name;
    char *value;
};

struct tk_field_rule {
    char *field;
    enum tk_field_from from;
    char *header;       /* only with TK_FROM_HEADER: the header's name */
    GPtrArray *map;     /* of struct tk_pair: value of the mail -> value of the field; empty: as it is */
    char *default_text; /* NULL: none */
    gboolean restricted;
};

struct tk_template_field {
    char *name;
    char **values; /* NULL-terminated; empty: any */
    gboolean required;
    gboolean restricted;
};

struct tk_template {
    char *tenant, *name, *ticket_type, *prefix;
    enum tk_publish_state status;
    GPtrArray *fields; /* of struct tk_template_field */
    char *file;        /* where it was read, for messages */
    int line;
    gboolean faulty; /* has an error, and so has every channel that uses it */
};

struct tk_channel {
    char *tenant, *name, *title;
    enum tk_publish_state status;
    char *address;
    char **aliases;
    char *reply_to; /* NULL: none */
    struct tk_folder success, fail, exclude;
    char **allowed_domains,
        **denied_domains; /* lower case, IDNA A-labels; "*", "*.example.com", "example.com" */
    enum tk_authentication authentication;
    char **own_domains; /* as allowed_domains; where nothing is said those of the channel's addresses */
    enum tk_impersonation impersonation;
    char **forms;           /* "a@b" or "*@b": senders that write for others */
    gboolean forms_confirm; /* whether those others get confirmations */
    gboolean exclude_autoreplies;
    char **autoreply_addresses; /* "a@b" or "*@b" */
    char **autoreply_keywords;
    char **autoreply_allow;       /* "a@b", "*@b" or "Header: value" */
    GPtrArray *exclude_headers;   /* of struct tk_pair */
    struct tk_rates ticket_rates; /* new tickets of one sender */
    struct tk_rates note_rates;   /* notes of one ticket */
    char *template_name;
    const struct tk_template
        *template;    /* owned by the snapshot; NULL if unknown (then the channel has an error) */
    char *offer_from; /* NULL: none */
    char **reply_types;
    enum tk_participants participants;
    enum tk_stranger_reply stranger_reply;
    enum tk_closed closed;
    int reopen_days; /* since it was closed, and */
    int reopen_max;  /* so often, a mail reopens a ticket */
    enum tk_subject_change subject_change;
    GPtrArray *fields; /* of struct tk_field_rule */
    enum tk_keep_attachments keep_attachments;
    guint64 attachment_max_size;  /* bytes */
    char **attachment_deny_names; /* shell patterns, compared without case */
    gboolean attach_mail;
    int keep_msecs; /* how long all mails are kept as they came */
    enum tk_language language;
    gboolean detail; /* whether mail to "local-part+anything" reaches the channel */
    gboolean confirmation_enabled;
    int confirmation_delay_msecs, confirmation_pause_msecs;
    int confirmation_per_hour;
    char **told_states;       /* statuses that the participants are told of */
    guint64 note_attachments; /* bytes that go along with a note */
    /* Files of texts of our own mails, NULL: none; and what stands in them, NULL until milter/base/texts.h
     * has read it. */
    char *confirmation_file, *note_file, *status_file;
    char *confirmation_text, *note_text, *status_text;
    char *file;
    int line;
    gboolean faulty; /* has an error: never routed to as published, stops check and publish */
};

struct tk_token_key {
    char *id;
    char *file;
    GBytes *secret; /* content of the file; NULL until milter/base/keys.h has read it */
};

struct tk_conf {
    char *instance;
    char *listen;       /* "unix:/path" or "inet:port@host" as libmilter wants it */
    int listen_mode;    /* of a unix socket, e.g. 0660 */
    char *listen_group; /* NULL: the process's */
    char *user;         /* whom the daemon becomes when it is started as root; NULL: nobody else */
    char *conninfo;
    int pool;
    int wait_msecs;
    int deadline_msecs;
    char *spool_directory; /* where bodies over the memory limit are kept, unlinked */
    char **trusted_authserv;
    char **trusted_networks; /* as tk_network_read gives them */
    enum tk_login trusted_login;
    GPtrArray *token_keys;        /* of struct tk_token_key */
    char *ledger;                 /* which mails are being read; NULL: beside spool_directory */
    guint64 limit_message;        /* bytes */
    int limit_confirmations;      /* an hour and tenant */
    guint64 limit_spool;          /* bytes of all mails at once */
    int limit_recipients;         /* of a mail */
    int limit_sessions;           /* connections at once */
    struct tk_rates tenant_rates; /* tickets and notes of one tenant */
    enum tk_keep_raw keep_raw;
    guint64 keep_raw_budget; /* bytes a tenant */
    char *notify_conninfo;
    char *smtp_url; /* "smtp://host:port" or "smtps://host:port" */
    enum tk_smtp_tls smtp_tls;
    char *smtp_ca_file; /* NULL: the system's */
    enum tk_smtp_auth smtp_auth;
    char *smtp_user, *smtp_secret_file; /* NULL: none */
    int smtp_timeout_msecs;
    int notify_workers;
    int notify_poll_msecs, notify_retry_msecs, notify_give_up_msecs;
    char *notify_link;      /* of a ticket, with {number} in it; "": none */
    GPtrArray *templates;   /* of struct tk_template */
    GPtrArray *channels;    /* of struct tk_channel, in order of TENANT/NAME */
    GHashTable *by_address; /* canonical address (tk_address_fold) -> struct tk_channel, for every address and
                               alias */
    GHashTable *own;        /* the same, with the addresses of folders */
    char *file;
    int references; /* atomic */
};

/* One finding. Text is what, the value and what would be right; without file and line. */
struct tk_conf_problem {
    char *file;
    int line;       /* 0: the file as a whole */
    gboolean error; /* else a warning */
    char *text;
};

/* A file as it was read by the front end (rules/ does no I/O). */
struct tk_conf_file {
    const char *path;
    const char *text; /* NUL-terminated */
};

/* Reads the main file, and the channel and template files that the caller found beside it, and checks all of
 * them against the option table and each other. Every problem is added to PROBLEMS (of struct
 * tk_conf_problem, owned by the array, in order of file and line), not only the first. *CONF_R is set
 * whenever the main file itself could be understood, also when channels have errors (they are marked faulty);
 * the caller owns a reference. TK_OK: no error. TK_CONFIG: at least one error. */
enum tk_status tk_conf_read(const struct tk_conf_file *main_file, const struct tk_conf_file *channels,
                            gsize n_channels, const struct tk_conf_file *templates, gsize n_templates,
                            GPtrArray *problems, struct tk_conf **conf_r) TK_MUST_CHECK;

/* Reads ticketctl.conf. TK_OK: *CONNINFO_R is the administrator's connection string, owned by the caller.
 * TK_CONFIG: at least one error was added to PROBLEMS. */
enum tk_status tk_conf_read_admin(const struct tk_conf_file *file, GPtrArray *problems,
                                  char **conninfo_r) TK_MUST_CHECK;

/* A new array that owns struct tk_conf_problem. */
GPtrArray *tk_conf_problems_new(void);

struct tk_conf *tk_conf_ref(struct tk_conf *conf);
/* Drops a reference; the last one frees. Accepts NULL; sets *CONF to NULL. */
void tk_conf_unref(struct tk_conf **conf);

/* The channel TENANT/NAME, or NAME alone where it is unique. TK_OK, TK_NO_MATCH (none), TK_REFUSED
 * (ambiguous; WHY lists them). The channel is owned by CONF. */
enum tk_status tk_conf_channel(const struct tk_conf *conf, const char *name, GString *why,
                               const struct tk_channel **channel_r) TK_MUST_CHECK;

/* Whether CONF trusts anybody to confirm a sender: a filter, a network or a login. Where it does not, no mail
 * is ever confirmed. */
gboolean tk_conf_can_confirm(const struct tk_conf *conf);

/* The channel that has ADDRESS, with a detail or without, as its address, alias or folder; NULL: none. Who
 * writes as one of these is no person whom an answer would reach. */
const struct tk_channel *tk_conf_own(const struct tk_conf *conf, const char *address);

/* The rules of a channel with its template as canonical JSON text: equal rules give equal text. Owned by the
 * caller. */
char *tk_conf_channel_rules(const struct tk_channel *channel);

/* The channel's address, aliases and folder addresses as a JSON array of {kind, address}, folded; kind is
 * address, alias or folder, and the channel's own address comes first. Owned by the caller. */
char *tk_conf_channel_addresses(const struct tk_channel *channel);

/* The fields of a template as a JSON array of {name, values, required, restricted}. Owned by the caller. */
char *tk_conf_template_fields(const struct tk_template *template);

#endif
