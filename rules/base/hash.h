/* hash: SHA-256 over a stream (FIPS 180-4), a thin wrapper over libcrypto. */
#ifndef TK_RULES_HASH_H
#define TK_RULES_HASH_H

#include "rules/base/status.h"

#define TK_HASH_LEN 32

struct tk_hash; /* one running digest */

/* A fresh digest; NULL where libcrypto has no SHA-256 (a broken provider). Owned by the caller. */
struct tk_hash *tk_hash_new(void);
/* Makes a digest that was used fresh again. */
void tk_hash_reset(struct tk_hash *hash);
void tk_hash_update(struct tk_hash *hash, const guint8 *data, gsize len);
/* Writes the digest; the hash has to be reset before its next use. */
void tk_hash_final(struct tk_hash *hash, guint8 digest_r[TK_HASH_LEN]);
/* Accepts NULL; sets *HASH to NULL. */
void tk_hash_free(struct tk_hash **hash);

/* The digest as 64 lower case hex digits. Owned by the caller. */
char *tk_hash_hex(const guint8 digest[TK_HASH_LEN]);

#endif
