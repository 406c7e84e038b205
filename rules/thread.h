/* thread: which keys of a mail may name a ticket, strongest first. */
#ifndef TK_RULES_THREAD_H
#define TK_RULES_THREAD_H

#include "rules/message.h"
#include "rules/status.h"

/* Most ids of In-Reply-To and References that are looked up: the first (where the thread began) and the last
 * ones. */
#define TK_THREAD_MAX_IDS 30

struct tk_thread_keys {
    GPtrArray
        *message_ids; /* of char *: In-Reply-To, then References from the newest to the oldest; each once */
    char *number;     /* the token "[INC-42]" of the subject as a ticket number, or NULL */
};

/* Reads the keys. PREFIXES (NULL-terminated) are the ticket prefixes that the channel's tenant uses:
 * "[INC-42]" counts only with one of them, compared without case; the last token of the subject wins. */
void tk_thread_read(const struct tk_message *message, const char *const *prefixes,
                    struct tk_thread_keys *keys_r);
void tk_thread_clear(struct tk_thread_keys *keys);

gboolean tk_thread_has_keys(const struct tk_thread_keys *keys);

/* SUBJECT without any "[PREFIX-digits]" token of PREFIXES and without the blanks that it leaves. Owned by the
 * caller. */
char *tk_thread_subject_without_token(const char *subject, const char *const *prefixes);

#endif
