/* intake_key: the key by which one mail is taken once by one channel, however often it is delivered.
 *
 * SHA-256 over channel, envelope sender, the sender's own Message-ID and Date, From, To, Cc, Subject and the
 * body's bytes; never over what transport adds. A Message-ID alone is no key: senders choose, repeat and omit
 * it. */
#ifndef TK_RULES_INTAKE_KEY_H
#define TK_RULES_INTAKE_KEY_H

#include "rules/base/source.h"
#include "rules/limits/limits.h"
#include "rules/message/message.h"

/* Keys live 8 days, longer than senders retry; without a Message-ID and Date of the sender 2 hours, since
 * machines repeat themselves. */
#define TK_INTAKE_KEY_DAYS        8
#define TK_INTAKE_KEY_SHORT_HOURS 2

struct tk_intake_key {
    guint8 sha256[32];
    gint64 lifetime_secs;
};

/* BODY_SHA256 is of the bytes behind the header, CRLF taken as LF. MTA_NAME and QUEUE_ID tell a Message-ID
 * that our own MTA made for this attempt; either may be NULL. */
void tk_intake_key_make(const char *channel, const char *mail_from, const struct tk_message *message,
                        const guint8 body_sha256[32], const char *mta_name, const char *queue_id,
                        struct tk_intake_key *key_r);

#endif
