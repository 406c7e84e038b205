/* outbox: the mails that are to go out, for the program that sends them (role ticket_notify).
 *
 * A worker takes a mail under a lease, announces its Message-ID, sends it without holding anything, and
 * writes what came of it. What is taken and not ended comes again when the lease is over. Besides what they
 * name, the calls return what every call of a store does (schema/calls/store.h); TK_UNCERTAIN where a change
 * was sent and its outcome is unknown. All may be repeated. */
#ifndef TK_SCHEMA_OUTBOX_H
#define TK_SCHEMA_OUTBOX_H

#include "schema/calls/store.h"

/* One mail with all that it says; texts are NULL where there is none. */
struct tk_outbox_mail {
    gint64 tenant_id;
    gint64 outbox_id;
    gint64 attempts;  /* with this one */
    char *kind;       /* confirmation, note, status */
    char *recipient;  /* folded address */
    char *message_id; /* of an attempt before */
    char *status;     /* that a mail of kind status tells */
    char *tenant;     /* names */
    char *channel;    /* NULL: the ticket is of no channel */
    gint64 ticket_id;
    char *number, *subject;
    char *author, *body;               /* of the note */
    char *request_id;                  /* Message-ID of the mail that opened the ticket */
    char *reply_id;                    /* and of the last one that was added to it before this mail */
    char *before_author, *before_body; /* what stood in the ticket before the note, cut */
    gint64 before_at;                  /* seconds since 1970 */
};
void tk_outbox_mail_free(struct tk_outbox_mail **mail);

/* A file that goes with a note. */
struct tk_outbox_file {
    gint64 attachment_id;
    char *filename, *content_type;
    guint64 size;
};

/* Appends to TENANTS (of gint64) the ids of those that have a mail to send now. */
TK_MUST_CHECK enum tk_status tk_outbox_tenants(struct tk_store *store, gint64 deadline, GArray *tenants,
                                               GString *why);

/* Leases the mail of the tenant that has been due for longest to WORKER, for LEASE milliseconds. TK_NO_MATCH:
 * none is due. The caller frees MAIL_R. */
TK_MUST_CHECK enum tk_status tk_outbox_take(struct tk_store *store, gint64 tenant_id, const char *worker,
                                            gint64 lease, gint64 deadline, struct tk_outbox_mail **mail_r,
                                            GString *why);

/* The mail of a row whatever its state, to look at it. Role ticket_admin. TK_NO_MATCH: there is none. */
TK_MUST_CHECK enum tk_status tk_outbox_read(struct tk_store *store, gint64 tenant_id, gint64 outbox_id,
                                            gint64 deadline, struct tk_outbox_mail **mail_r, GString *why);

/* Stores the Message-ID before the mail is sent. MESSAGE_ID_R is the one that the mail has had since its
 * first attempt, owned by the caller; FILES (which owns struct tk_outbox_file, tk_outbox_files_new) gets its
 * files. TK_NO_MATCH: the lease is another's by now. */
TK_MUST_CHECK enum tk_status tk_outbox_begin(struct tk_store *store, const struct tk_outbox_mail *mail,
                                             const char *worker, const char *message_id, gint64 deadline,
                                             char **message_id_r, GPtrArray *files, GString *why);
GPtrArray *tk_outbox_files_new(void);

/* Sends the bytes of a file of a mail that is under way to PUT. TK_NO_MATCH: there are none. */
TK_MUST_CHECK enum tk_status tk_outbox_file_stream(struct tk_store *store, const struct tk_outbox_mail *mail,
                                                   const struct tk_outbox_file *file, tk_store_sink put,
                                                   void *sink, gint64 deadline, GString *why);

/* The mail server has taken the mail. */
TK_MUST_CHECK enum tk_status tk_outbox_sent(struct tk_store *store, const struct tk_outbox_mail *mail,
                                            gint64 deadline, GString *why);

/* It will never take it, for REASON: the ticket gets an internal note. */
TK_MUST_CHECK enum tk_status tk_outbox_failed(struct tk_store *store, const struct tk_outbox_mail *mail,
                                              const char *reason, gint64 deadline, GString *why);

/* It did not take it now, for REASON: again after PAUSE milliseconds, unless the mail is older than GIVE_UP
 * milliseconds by then. FAILED_R: it was, and the mail has failed. */
TK_MUST_CHECK enum tk_status tk_outbox_retry(struct tk_store *store, const struct tk_outbox_mail *mail,
                                             const char *worker, gint64 pause, gint64 give_up,
                                             const char *reason, gint64 deadline, bool *failed_r,
                                             GString *why);

#endif
