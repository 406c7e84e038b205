/* token: making and reading signed marks. Owns nothing; cannot fail but for what the header says. */
#include "rules/thread/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "rules/address/address.h"

/* Before a token in a detail and in a Message-ID; tells it from what people put there. */
#define MARK "t-"
/* Begins a Message-ID that nobody could sign. */
#define PLAIN          "ticket."
#define LOCAL_PART_MAX 64

enum {
    DIGEST_BYTES = 32,
    NUMBER_BYTES_MAX = 9, /* of 63 bits in groups of 7 */
    CONTENT_BYTES_MAX = 2 * NUMBER_BYTES_MAX + TK_TOKEN_TAG_BYTES,
    CONTENT_BYTES_MIN = 2 + TK_TOKEN_TAG_BYTES,
    TOKEN_BYTES_MAX = CONTENT_BYTES_MAX + TK_TOKEN_SIGNATURE_BYTES
};

/* What is signed begins with one of these, so that no HMAC of one kind can be shown as one of the other. */
#define LABEL_TOKEN     "ticket-milter token 1"
#define LABEL_RECIPIENT "ticket-milter recipient 1"

/* HMAC-SHA-256 over LABEL, the installation's NAME, tenant and channel of SCOPE, and BYTES; each text with
 * its NUL, so that no two meanings share one input. */
static gboolean sign(const struct tk_token_key *key, const char *label, const char *name,
                     const struct tk_token_scope *scope, const void *bytes, gsize size,
                     guint8 digest_r[DIGEST_BYTES])
{
    g_autofree char *folded = g_ascii_strdown(name, -1);
    const char *const texts[] = {label, folded, scope->tenant, scope->channel};
    g_autoptr(GByteArray) input = g_byte_array_new();
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_byte_array_append(input, (const guint8 *)texts[i], (guint)strlen(texts[i]) + 1);
    g_byte_array_append(input, bytes, (guint)size);
    gsize secret_size = 0;
    const void *secret = g_bytes_get_data(key->secret, &secret_size);
    unsigned int length = 0;
    return HMAC(EVP_sha256(), secret, (int)secret_size, input->data, input->len, digest_r, &length) != NULL &&
           length == DIGEST_BYTES;
}

static gboolean make_tag(const struct tk_token_key *key, const char *name, const struct tk_token_scope *scope,
                         gint64 ticket_id, const char *address, guint8 tag_r[TK_TOKEN_TAG_BYTES])
{
    g_autofree char *folded = tk_address_fold(address);
    if (folded == NULL)
        return FALSE;
    g_autofree char *input = g_strdup_printf("%" G_GINT64_FORMAT " %s", ticket_id, folded);
    guint8 digest[DIGEST_BYTES];
    if (!sign(key, LABEL_RECIPIENT, name, scope, input, strlen(input), digest))
        return FALSE;
    memcpy(tag_r, digest, TK_TOKEN_TAG_BYTES);
    return TRUE;
}

/* Seven bits a byte, the lowest first, the top bit set where more follow. */
static gsize write_number(guint8 *to, gint64 number)
{
    guint64 rest = (guint64)number;
    gsize n = 0;
    do {
        to[n] = (guint8)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
        rest >>= 7;
    } while (to[n++] & 0x80);
    return n;
}

static gboolean read_number(const guint8 *bytes, gsize size, gsize *at, gint64 *number_r)
{
    guint64 number = 0;
    for (guint n = 0; n < NUMBER_BYTES_MAX && *at < size; n++) {
        guint8 byte = bytes[(*at)++];
        number |= (guint64)(byte & 0x7f) << (7 * n);
        if ((byte & 0x80) != 0)
            continue;
        *number_r = (gint64)number;
        return TRUE;
    }
    return FALSE;
}

/* RFC 4648 section 6, lower case, without padding. */
static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

static void append_base32(GString *text, const guint8 *bytes, gsize size)
{
    guint32 held = 0;
    guint bits = 0;
    for (gsize i = 0; i < size; i++) {
        held = held << 8 | bytes[i];
        for (bits += 8; bits >= 5; bits -= 5)
            g_string_append_c(text, alphabet[held >> (bits - 5) & 31]);
    }
    if (bits > 0)
        g_string_append_c(text, alphabet[held << (5 - bits) & 31]);
}

/* Returns the count of bytes, 0 where TEXT is not what append_base32 writes (in any case). */
static gsize read_base32(const char *text, guint8 bytes_r[TOKEN_BYTES_MAX])
{
    guint32 held = 0;
    guint bits = 0;
    gsize n = 0;
    for (; *text != '\0'; text++) {
        const char *place = memchr(alphabet, g_ascii_tolower(*text), sizeof alphabet - 1);
        if (place == NULL || n == TOKEN_BYTES_MAX)
            return 0;
        held = held << 5 | (guint32)(place - alphabet);
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            bytes_r[n++] = (guint8)(held >> bits);
        }
    }
    gboolean rest_is_empty = bits < 5 && (held & ((1U << bits) - 1)) == 0;
    return rest_is_empty ? n : 0;
}

static const struct tk_token_key *signing_key(const GPtrArray *keys)
{
    for (guint i = 0; keys != NULL && i < keys->len; i++) {
        const struct tk_token_key *key = g_ptr_array_index(keys, i);
        if (key->secret != NULL)
            return key;
    }
    return NULL;
}

char *tk_token_make(const GPtrArray *keys, const struct tk_token_scope *scope, gint64 ticket_id,
                    gint64 serial, const char *recipient)
{
    const struct tk_token_key *key = signing_key(keys);
    guint8 bytes[TOKEN_BYTES_MAX], digest[DIGEST_BYTES];
    if (key == NULL)
        return NULL;
    gsize size = write_number(bytes, ticket_id);
    size += write_number(bytes + size, serial);
    const char *name = scope->installation->name;
    if (!make_tag(key, name, scope, ticket_id, recipient, bytes + size))
        return NULL;
    size += TK_TOKEN_TAG_BYTES;
    if (!sign(key, LABEL_TOKEN, name, scope, bytes, size, digest))
        return NULL;
    memcpy(bytes + size, digest, TK_TOKEN_SIGNATURE_BYTES);
    size += TK_TOKEN_SIGNATURE_BYTES;
    GString *text = g_string_new(key->id);
    g_string_append_c(text, '-');
    append_base32(text, bytes, size);
    return g_string_free(text, FALSE);
}

/* Of several keys with the id of a token all are tried: a case-folded id is no identity. */
static const struct tk_token_key *key_of(const GPtrArray *keys, const char *name,
                                         const struct tk_token_scope *scope, const char *id,
                                         const guint8 *bytes, gsize content)
{
    for (guint i = 0; keys != NULL && i < keys->len; i++) {
        const struct tk_token_key *key = g_ptr_array_index(keys, i);
        guint8 digest[DIGEST_BYTES];
        if (key->secret != NULL && g_ascii_strcasecmp(key->id, id) == 0 &&
            sign(key, LABEL_TOKEN, name, scope, bytes, content, digest) &&
            CRYPTO_memcmp(digest, bytes + content, TK_TOKEN_SIGNATURE_BYTES) == 0)
            return key;
    }
    return NULL;
}

/* Fills in by which key, and under which name of the installation, the bytes were signed. */
static gboolean find_signer(const GPtrArray *keys, const struct tk_token_scope *scope, const char *id,
                            const guint8 *bytes, gsize content, struct tk_token *token)
{
    const char *const *former = scope->installation->former;
    token->name = scope->installation->name;
    token->key = key_of(keys, token->name, scope, id, bytes, content);
    for (gsize i = 0; token->key == NULL && former != NULL && former[i] != NULL; i++) {
        token->name = former[i];
        token->key = key_of(keys, token->name, scope, id, bytes, content);
    }
    return token->key != NULL;
}

enum tk_status tk_token_read(const GPtrArray *keys, const struct tk_token_scope *scope, const char *text,
                             struct tk_token *token_r)
{
    const char *dash = strrchr(text, '-');
    if (dash == NULL || dash == text)
        return TK_NO_MATCH;
    guint8 bytes[TOKEN_BYTES_MAX];
    gsize size = read_base32(dash + 1, bytes);
    if (size < CONTENT_BYTES_MIN + TK_TOKEN_SIGNATURE_BYTES)
        return TK_NO_MATCH;
    gsize content = size - TK_TOKEN_SIGNATURE_BYTES, at = 0;
    struct tk_token token;
    if (!read_number(bytes, content, &at, &token.ticket_id) ||
        !read_number(bytes, content, &at, &token.serial) || content - at != TK_TOKEN_TAG_BYTES)
        return TK_NO_MATCH;
    memcpy(token.tag, bytes + at, TK_TOKEN_TAG_BYTES);
    g_autofree char *id = g_strndup(text, (gsize)(dash - text));
    if (!find_signer(keys, scope, id, bytes, content, &token))
        return TK_REFUSED;
    *token_r = token;
    return TK_OK;
}

gboolean tk_token_is_for(const struct tk_token *token, const struct tk_token_scope *scope,
                         const char *address)
{
    guint8 tag[TK_TOKEN_TAG_BYTES];
    return address != NULL && make_tag(token->key, token->name, scope, token->ticket_id, address, tag) &&
           CRYPTO_memcmp(tag, token->tag, TK_TOKEN_TAG_BYTES) == 0;
}

char *tk_token_to_address(const char *address, const char *token)
{
    const char *at = strrchr(address, '@');
    if (at == NULL || address[0] == '"' ||
        memchr(address, TK_ADDRESS_DELIMITER, (gsize)(at - address)) != NULL)
        return NULL;
    gsize local = (gsize)(at - address) + 1 + strlen(MARK) + strlen(token);
    if (local > LOCAL_PART_MAX)
        return NULL;
    return g_strdup_printf("%.*s%c" MARK "%s%s", (int)(at - address), address, TK_ADDRESS_DELIMITER, token,
                           at);
}

const char *tk_token_in_detail(const char *detail)
{
    gsize mark = strlen(MARK);
    return g_ascii_strncasecmp(detail, MARK, mark) == 0 && detail[mark] != '\0' ? detail + mark : NULL;
}

char *tk_token_to_message_id(const char *token, const char *name)
{
    return g_strconcat(MARK, token, "@", name, NULL);
}

char *tk_token_in_message_id(const char *message_id, const struct tk_installation *installation)
{
    const char *at = strrchr(message_id, '@');
    if (at == NULL || tk_installation_find(installation, at + 1) == NULL)
        return NULL;
    g_autofree char *local = g_strndup(message_id, (gsize)(at - message_id));
    return g_strdup(tk_token_in_detail(local));
}

char *tk_token_plain_message_id(const char *tenant, gint64 serial, const char *name)
{
    return g_strdup_printf(PLAIN "%s.%" G_GINT64_FORMAT "@%s", tenant, serial, name);
}

gboolean tk_token_is_own_message_id(const GPtrArray *keys, const struct tk_installation *installation,
                                    const GPtrArray *channels, const char *message_id)
{
    const char *at = message_id != NULL ? strrchr(message_id, '@') : NULL;
    if (at == NULL || tk_installation_find(installation, at + 1) == NULL)
        return FALSE;
    if (signing_key(keys) == NULL)
        return g_str_has_prefix(message_id, PLAIN);
    g_autofree char *text = tk_token_in_message_id(message_id, installation);
    gboolean found = FALSE;
    for (guint i = 0; text != NULL && !found && i < channels->len; i++) {
        const struct tk_channel *channel = g_ptr_array_index(channels, i);
        const struct tk_token_scope scope = {installation, channel->tenant, channel->name};
        struct tk_token token;
        found = tk_token_read(keys, &scope, text, &token) == TK_OK;
    }
    return found;
}
