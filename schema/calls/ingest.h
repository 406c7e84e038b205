/* ingest: what is stored of one mail of one channel, and what came of it (tk_store_ingest in
 * schema/calls/store.h).
 *
 * Plain values: the caller owns every string and keeps them alive for the call. NULL means "not there",
 * except where a field says otherwise. Verdicts, reasons, classes and levels are the words of the design. */
#ifndef TK_SCHEMA_INGEST_H
#define TK_SCHEMA_INGEST_H

#include <stdbool.h>

#include "rules/base/status.h"

#define TK_INTAKE_KEY_SIZE 32
#define TK_SHA256_SIZE     32

/* Lengths of columns in characters. A longer value is refused by the server, so the caller cuts and says so.
 */
#define TK_STORE_SUBJECT_MAX     998
#define TK_STORE_DESCRIPTION_MAX 65536
#define TK_STORE_ADDRESS_MAX     320
#define TK_STORE_NAME_MAX        320
#define TK_STORE_PRIORITY_MAX    64
#define TK_STORE_FIELD_MAX       65536

/* Life of an intake key, seconds: for mails whose sender made a Message-ID or a Date, and for those without
 * both. */
#define TK_INTAKE_LIFE_LONG  (8 * 24 * 3600)
#define TK_INTAKE_LIFE_SHORT (2 * 3600)

/* Where a content goes: called by the content with its bytes in order, any number at a time. Returns TK_OK to
 * go on; anything else must be returned by the content as it is. */
typedef enum tk_status (*tk_store_sink)(void *sink, const void *data, gsize size);

/* A content: an attachment's bytes or the raw mail. `write` sends all of its bytes to SINK, from the first,
 * each time it is called. Where it fails it may put a text into WHY. */
struct tk_store_blob {
    guint8 sha256[TK_SHA256_SIZE];
    guint64 size;
    enum tk_status (*write)(void *context, tk_store_sink put, void *sink, GString *why);
    void *context;
};

struct tk_ingest_field {
    const char *name;
    const char *value;
    bool restricted;
};

struct tk_ingest_attachment {
    const char *filename;
    const char *content_type;
    guint64 size;
    guint8 sha256[TK_SHA256_SIZE]; /* of a content in the same call, or of one that the tenant has */
    const char *disposition;       /* attachment, inline */
    const char *content_id;
};

/* When a confirmation goes out, and what caps it. */
struct tk_ingest_confirm {
    gint64 delay_seconds;
    gint64 pause_seconds; /* between two to one recipient; an hour at most */
    gint64 channel_hour;  /* how many an hour of the channel, */
    gint64 tenant_hour;   /* and of the tenant */
};

/* At most COUNT rows in SECONDS; a count of 0 means no limit. */
struct tk_ingest_window {
    guint count;
    gint64 seconds;
};

/* What a rate window counts. */
enum tk_ingest_rated {
    TK_INGEST_TICKETS, /* new tickets of one sender in this channel */
    TK_INGEST_NOTES,   /* notes of one ticket that came by mail */
    TK_INGEST_TENANT,  /* all tickets and notes of the tenant that came by mail */
    TK_INGEST_RATES
};

struct tk_ingest_rate {
    struct tk_ingest_window later, fail;
};

/* What the budget of the kept mails has to say, once at its begin and once at its end. */
enum tk_ingest_alarm {
    TK_INGEST_ALARM_NONE,
    TK_INGEST_ALARM_BEGIN, /* mails begin to go before their time */
    TK_INGEST_ALARM_END    /* none has to any more */
};

struct tk_ingest {
    gint64 tenant_id;
    gint64 channel_id;
    guint8 intake_key[TK_INTAKE_KEY_SIZE];
    gint64 key_life; /* seconds */

    const char *verdict; /* ticket, note, fail, exclude, reject */
    const char *reason;
    const char *class;
    const char *evidence; /* by which the class is known */
    const char
        *detail; /* the value that the deciding rule hit on; dropped where the call decides otherwise */
    const char *authentication;   /* whether the sender is confirmed: pass, fail, none */
    const char *authenticated_by; /* what decided that */
    const char *const *flags;     /* words of what was found and stopped nothing; ends with NULL */
    const char *level;            /* full, headers, raw */
    const char *message_id; /* without angle brackets; only one that the sender made threads later replies */
    const char *mail_from;
    const char *rcpt;
    const char *sender;       /* whom the rules saw, folded; writer of a note, and what rate windows count */
    guint64 size;             /* of the mail */
    gint64 millis;            /* spent on it so far */
    const guint8 *raw_sha256; /* the raw mail where it is kept: a content, TK_SHA256_SIZE bytes */
    gint64 raw_seconds;       /* purge it after so long; 0: kept as long as its intake row */
    guint64 raw_budget;       /* bytes of what the tenant keeps for some time */

    /* For ticket; for note as well, since the call makes a ticket of it where the ticket has gone
     * (unknown_ticket) or the writer takes no part in it (not_participant): then the subject is without the
     * foreign number. */
    const char *subject;
    const char *body;      /* the new text; of a ticket its description */
    const char *body_full; /* the whole text where it is more */
    const char *body_html; /* sanitised */
    const char *requester;
    const char *requester_name;
    bool form; /* the sender wrote for the requester: he is counted too, and the sender takes part in nothing
                */
    const char *priority;
    const char *const *notices;           /* what was cut, left out or repaired; ends with NULL */
    const char *const *participants;      /* folded addresses, requester included; ends with NULL */
    const struct tk_ingest_field *fields; /* each name once */
    guint field_count;
    const struct tk_ingest_attachment *attachments;
    guint attachment_count;
    /* A confirmation for the requester goes into the outbox, if it becomes a ticket and the caps allow it;
     * NULL: none. */
    const struct tk_ingest_confirm *confirm;

    /* For note, and for exclude with source `delivery` (a trace at the ticket whose mail bounced). */
    gint64 ticket_id;
    const char *author;
    const char *visibility;         /* public, internal */
    const char *source;             /* mail, delivery */
    const char *const *reply_types; /* ticket types that take notes; ends with NULL */

    /* What a note may do, by what holds when it is stored. */
    /* recipient, ticket (a token that was made for somebody else), own or own_confirmed (the sender is an
     * address of ours, and not confirmed or confirmed: an internal note); NULL: no token */
    const char *proof;
    const char *stranger; /* unverified, new_linked */
    const char *closed;   /* note, reopen, new_linked */
    gint64 reopen_seconds, reopen_max;
    bool machine; /* a program's mail: it reopens nothing */

    gint64 linked_id; /* of a ticket: the one that it goes on from; 0: none */

    /* Rate windows. One that puts off makes the whole call TK_LIMITED, one that refuses makes the verdict
     * fail with rate_limit. */
    struct tk_ingest_rate rates[TK_INGEST_RATES];
};

/* Whether a mail is kept as it came. */
struct tk_ingest_kept {
    bool kept; /* the budget had room for it */
    enum tk_ingest_alarm alarm;
    gint64 used; /* bytes of the tenant's kept mails */
};

/* What came of it. The verdict may be another than was asked for: duplicate (stored before; the stored ids
 * are given), fail with channel_disabled, type_not_whitelisted or rate_limit, ticket with unknown_ticket,
 * not_participant, closed_ticket (a new linked one) or mid_reuse, note with closed_ticket, reopened or
 * unverified. */
struct tk_ingest_result {
    char *verdict;
    char *reason;     /* NULL: none */
    char *number;     /* of the ticket; NULL: none */
    gint64 ticket_id; /* 0: none */
    gint64 note_id;   /* 0: none */
    gint64 intake_id;
    gint64 seen;               /* how often the mail was here, with this time; 1: never before */
    struct tk_ingest_kept raw; /* of an item with raw_seconds */
};

/* A mail that is kept as it came for some time. */
struct tk_ingest_raw {
    gint64 tenant_id;
    gint64 intake_id; /* its row, where that was stored without it; else 0 */
    const guint8 *sha256;
    guint64 size;
    const char *verdict; /* the one for which it is worth most */
    gint64 seconds;
    guint64 budget; /* bytes */
};

/* Frees what the result holds and empties it; NULL is allowed. */
void tk_ingest_result_clear(struct tk_ingest_result *result);

#endif
