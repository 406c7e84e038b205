/* intake_key: the key by which one mail is taken once by one channel. */
#include "rules/plan/intake_key.h"

#include <string.h>

#include "rules/base/hash.h"

enum { SECONDS_PER_HOUR = 3600, HOURS_PER_DAY = 24 };

static gboolean is_named(const struct tk_header *header, const char *name)
{
    return g_ascii_strcasecmp(header->name, name) == 0;
}

/* Postfix makes "DATE.QUEUEID@its.own.name" for local clients, a new one for each attempt. Sendmail's own
 * looks the same. */
static gboolean made_by_mta(const char *message_id, const char *mta_name, const char *queue_id)
{
    const char *at = strrchr(message_id, '@');
    return at != NULL && mta_name != NULL && queue_id != NULL && *queue_id != '\0' &&
           g_ascii_strcasecmp(at + 1, mta_name) == 0 && strstr(message_id, queue_id) != NULL;
}

/* Postfix appends what is missing at the end of the header: Message-Id, Date, From. A Date with nothing of
 * the sender's behind it may be such a one, so it does not count. */
static const struct tk_header *sender_date(const struct tk_message *message)
{
    gboolean trailing = TRUE;
    for (guint i = message->headers->len; i > 0; i--) {
        const struct tk_header *header = g_ptr_array_index(message->headers, i - 1);
        if (is_named(header, "Date"))
            return trailing ? NULL : header;
        trailing = trailing &&
                   (is_named(header, "From") || is_named(header, "To") || is_named(header, "Message-Id"));
    }
    return NULL;
}

/* Each value goes in with its length, so that no two lists of values make the same bytes. */
static void add(struct tk_hash *hash, const char *value)
{
    guint64 len = value != NULL ? strlen(value) : 0;
    guint64 prefix = GUINT64_TO_LE(value != NULL ? len + 1 : 0);
    tk_hash_update(hash, (const guint8 *)&prefix, sizeof prefix);
    if (len > 0)
        tk_hash_update(hash, (const guint8 *)value, len);
}

static void add_all(struct tk_hash *hash, const struct tk_message *message, const char *name)
{
    add(hash, name);
    for (guint i = 0; i < message->headers->len; i++) {
        const struct tk_header *header = g_ptr_array_index(message->headers, i);
        if (is_named(header, name))
            add(hash, header->raw);
    }
}

void tk_intake_key_make(const char *channel, const char *mail_from, const struct tk_message *message,
                        const guint8 body_sha256[32], const char *mta_name, const char *queue_id,
                        struct tk_intake_key *key_r)
{
    const char *message_id = message->message_id;
    if (message_id != NULL && made_by_mta(message_id, mta_name, queue_id))
        message_id = NULL;
    const struct tk_header *date = sender_date(message);

    struct tk_hash *hash = tk_hash_new();
    add(hash, channel);
    add(hash, mail_from);
    add(hash, message_id);
    add(hash, date != NULL ? date->raw : NULL);
    add_all(hash, message, "From");
    add_all(hash, message, "To");
    add_all(hash, message, "Cc");
    add_all(hash, message, "Subject");
    tk_hash_update(hash, body_sha256, 32);
    tk_hash_final(hash, key_r->sha256);
    tk_hash_free(&hash);

    gboolean nameless = message_id == NULL && date == NULL;
    key_r->lifetime_secs = nameless ? (gint64)TK_INTAKE_KEY_SHORT_HOURS * SECONDS_PER_HOUR
                                    : (gint64)TK_INTAKE_KEY_DAYS * HOURS_PER_DAY * SECONDS_PER_HOUR;
}
