/* thread: which keys of a mail may name a ticket, strongest first: the signed token of the reply address that
 * the mail came to, the tokens in Message-IDs of ours that it answers, other Message-IDs, the number in its
 * subject. */
#ifndef TK_RULES_THREAD_H
#define TK_RULES_THREAD_H

#include "rules/base/status.h"
#include "rules/message/message.h"
#include "rules/thread/token.h"

/* Most ids of In-Reply-To and References that are looked up: the first (where the thread began) and the last
 * ones. */
#define TK_THREAD_MAX_IDS 30
/* Most tokens that are read and most that are kept. An honest mail has one address and one thread. */
#define TK_THREAD_MAX_TOKENS 10

struct tk_thread_token {
    struct tk_token token;
    gboolean in_address; /* of the address that the mail came to; else in a Message-ID */
};

struct tk_thread_keys {
    GArray *tokens; /* of struct tk_thread_token: signed here, for this channel; strongest first, each once */
    guint foreign; /* tokens that are none of ours: forged, cut, of another tenant, channel or installation */
    GPtrArray
        *message_ids; /* of char *: In-Reply-To, then References from the newest to the oldest; each once */
    char *number;     /* the token "[INC-42]" of the subject as a ticket number, or NULL */
};

struct tk_thread_input {
    const struct tk_message *message;
    /* The ticket prefixes that the channel's tenant uses (NULL-terminated): "[INC-42]" counts only with one
     * of them, compared without case; the last one in the subject wins. */
    const char *const *prefixes;
    const GPtrArray *token_keys; /* of struct tk_token_key; NULL: none, and no token is read */
    struct tk_token_scope scope; /* of the channel */
    const GPtrArray *details;    /* of const char *: of the envelope recipients of this channel; NULL: none */
    const char *reported_id;     /* the Message-ID that a delivery report speaks of, without <>; or NULL */
};

void tk_thread_read(const struct tk_thread_input *input, struct tk_thread_keys *keys_r);
void tk_thread_clear(struct tk_thread_keys *keys);

gboolean tk_thread_has_keys(const struct tk_thread_keys *keys);

/* SUBJECT without any "[PREFIX-digits]" token of PREFIXES and without the blanks that it leaves. Owned by the
 * caller. */
char *tk_thread_subject_without_token(const char *subject, const char *const *prefixes);

/* Whether the two subjects name one topic: they are equal but for marks of answers and forwarded mails,
 * ticket numbers of PREFIXES, case and blanks. A subject that has nothing else names no other topic. */
gboolean tk_thread_same_topic(const char *one, const char *other, const char *const *prefixes);

#endif
