/* token: the signed mark of what we send: which ticket a mail speaks of, and for whom it was made.
 *
 * A token is KEYID "-" BASE32 of (ticket, serial, tag of the recipient, signature), without case, of letters
 * and digits of RFC 4648 section 6, so that it survives in a local part that somebody lower-cases. The
 * signature is HMAC-SHA-256 (RFC 2104), cut to 80 bits, over the installation, the tenant, the channel and
 * all of the content; the tag is an HMAC over the recipient too, cut to 40 bits: it lets a reader ask "was it
 * made for this address?" without a list of candidates. Whoever lacks the key can make neither.
 *
 * It stands in the reply address ("support+t-TOKEN@...", serial 0) and in the Message-ID
 * ("t-TOKEN@INSTALLATION", serial the outbox row). Pure: keys come in as bytes. */
#ifndef TK_RULES_TOKEN_H
#define TK_RULES_TOKEN_H

#include "rules/base/installation.h"
#include "rules/base/status.h"
#include "rules/conf/conf.h"

/* RFC 2104 section 5 wants at least half the digest; for a mark that can only be tried online, a mail a try,
 * 80 bits are what the field holds for enough. */
#define TK_TOKEN_SIGNATURE_BYTES 10
#define TK_TOKEN_TAG_BYTES       5
/* Of a key file (RFC 2104 section 3: at least as many as the digest has). */
#define TK_TOKEN_KEY_BYTES_MIN 32
#define TK_TOKEN_KEY_BYTES_MAX 4096

/* What a token is good for, and nothing else. */
struct tk_token_scope {
    const struct tk_installation *installation;
    const char *tenant;
    const char *channel;
};

struct tk_token {
    gint64 ticket_id;
    gint64 serial;                  /* of the outbox row that it names; 0: of a reply address */
    guint8 tag[TK_TOKEN_TAG_BYTES]; /* of the recipient */
    const struct tk_token_key *key; /* by which it was signed; owned by the configuration */
    const char *name;               /* of the installation, under which it was signed; owned by the scope */
};

/* Makes a token with the first of KEYS (of struct tk_token_key) that has a secret. TICKET_ID and SERIAL are
 * not negative. RECIPIENT is folded before use. Owned by the caller. NULL: there is no key, or RECIPIENT is
 * no valid address. */
char *tk_token_make(const GPtrArray *keys, const struct tk_token_scope *scope, gint64 ticket_id,
                    gint64 serial, const char *recipient);

/* Reads TEXT. TK_OK: one of KEYS signed it for SCOPE. TK_REFUSED: it has a token's form, but none of KEYS
 * did: forged, cut, of another tenant, channel or installation, or signed by a key that is no longer here.
 * TK_NO_MATCH: it has no such form. *TOKEN_R is written with TK_OK alone. Compares in constant time. */
enum tk_status tk_token_read(const GPtrArray *keys, const struct tk_token_scope *scope, const char *text,
                             struct tk_token *token_r) TK_MUST_CHECK;

/* Whether the token, which tk_token_read has given for SCOPE, was made for ADDRESS. */
gboolean tk_token_is_for(const struct tk_token *token, const struct tk_token_scope *scope,
                         const char *address);

/* ADDRESS with TOKEN as its detail: "support+t-TOKEN@example.com". Owned by the caller. NULL where the local
 * part would pass 64 octets (RFC 5321 section 4.5.3.1.1), has a detail already, or is quoted. */
char *tk_token_to_address(const char *address, const char *token);
/* The token in a detail ("t-TOKEN", as tk_address_base gives it); NULL where it is none. Points into DETAIL.
 */
const char *tk_token_in_detail(const char *detail);

/* "t-TOKEN@NAME", without <>. Owned by the caller. */
char *tk_token_to_message_id(const char *token, const char *name);
/* The token in a Message-ID (without <>) that bears a name of INSTALLATION; NULL where it is not one of ours.
 * Owned by the caller. */
char *tk_token_in_message_id(const char *message_id, const struct tk_installation *installation);

/* Of an installation without keys: "ticket.TENANT.SERIAL@NAME", which is signed by nobody. Owned by the
 * caller. */
char *tk_token_plain_message_id(const char *tenant, gint64 serial, const char *name);

/* Whether MESSAGE_ID (without <>; or NULL) is one that INSTALLATION gave to a mail: signed by one of KEYS for
 * one of CHANNELS (of struct tk_channel); or, where there are no keys, a plain one. */
gboolean tk_token_is_own_message_id(const GPtrArray *keys, const struct tk_installation *installation,
                                    const GPtrArray *channels, const char *message_id);

#endif
