/* record: the values of one channel's answer as the store takes them.
 *
 * Keeps what the store's plain pointers point to, so a record lives until the store has answered. */
#ifndef TK_MILTER_INTAKE_RECORD_H
#define TK_MILTER_INTAKE_RECORD_H

#include "milter/intake/directory.h"
#include "milter/intake/intake.h"
#include "rules/conf/raw.h"
#include "rules/decide/decide.h"
#include "rules/plan/intake_key.h"
#include "schema/calls/ingest.h"

struct tk_record {
    const struct tk_channel *channel;
    struct tk_directory_entry ids;
    struct tk_decision decision;
    char *matched;          /* number of the ticket that the mail's keys lead to, or NULL */
    const char *matched_by; /* static: by which key, or NULL */
    guint foreign_tokens;
    struct tk_plan *plan; /* NULL unless ticket, note or delivery note */
    struct tk_intake_key key;
    char *mail_from, *rcpt; /* without <> */
    struct tk_requester requester;
    char *sender;                /* folded address of From, or NULL */
    char *writer;                /* folded address of the requester's mailbox, or NULL */
    GArray *attachments;         /* of struct tk_ingest_attachment, for the store */
    GArray *fields;              /* of struct tk_ingest_field */
    GPtrArray *participants;     /* NULL-terminated */
    GPtrArray *notices;          /* NULL-terminated */
    const char **flags;          /* NULL-terminated words */
    const char *sender_alone[2]; /* participants of a mail at level raw; NULL-terminated */
    struct tk_raw raw;           /* of the mail as it came */
    gboolean confirms;           /* the requester gets a confirmation, if the caps allow it */
    struct tk_ingest_confirm confirm;
};

/* Whether the answer is an excluded mail that leaves a delivery note at a ticket. */
gboolean tk_record_is_delivery(const struct tk_record *record);

/* Everything of the mail that is the same for all of its channels. */
struct tk_record_mail {
    const struct tk_intake_mail *mail;
    const struct tk_conf *conf;
    const struct tk_message *message;
    const struct tk_classification *classification;
    const struct tk_authentic *authentic;
    gint64 started; /* g_get_monotonic_time() */
};

/* Chooses which of RECORDS (of struct tk_record, decided), if any, confirms the mail to its sender: one mail
 * is confirmed once, whatever it becomes in how many channels. AUTHENTICATED as rules/decide/answer.h has it.
 */
void tk_record_choose_confirmed(GArray *records, const struct tk_record_mail *mail,
                                enum tk_tri authenticated);

/* Decides whether the mail is kept as it came, by the decision as it stands, and sets or takes
 * TK_FLAG_NOT_KEPT. */
void tk_record_decide_raw(struct tk_record *record, const struct tk_record_mail *mail);

/* Fills ITEM from RECORD and the mail; ITEM points into both. */
void tk_record_item(struct tk_record *record, const struct tk_record_mail *mail, struct tk_ingest *item);

/* The same for a mail of which MAIL->message holds the header and the first text alone, because the database
 * did not take it whole. */
void tk_record_item_headers(struct tk_record *record, const struct tk_record_mail *mail,
                            struct tk_ingest *item);

/* The same with as little of the mail as can be: the raw mail, who sent it to whom, and the fields that the
 * channel fills whatever a mail says. */
void tk_record_item_raw(struct tk_record *record, const struct tk_record_mail *mail, struct tk_ingest *item);

/* Adds to CONTENTS (of struct tk_store_blob, each sha256 once) what ITEM refers to. CONTEXTS keeps what the
 * blobs point to. */
void tk_record_contents(const struct tk_record *record, const struct tk_record_mail *mail, GArray *contents,
                        GPtrArray *contexts);

/* Frees the plan and what was made of it for the store. */
void tk_record_forget_plan(struct tk_record *record);

/* The same with the mail as it came alone. */
void tk_record_raw_content(const struct tk_record_mail *mail, GArray *contents, GPtrArray *contexts);

void tk_record_clear(struct tk_record *record);

#endif
