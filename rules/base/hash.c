/* hash: SHA-256 over a stream (FIPS 180-4), a thin wrapper over libcrypto.
 *
 * Owns the digest context; the algorithm is fetched once, since a fetch takes locks in OpenSSL 3. Fails only
 * where libcrypto cannot give SHA-256. */
#include "rules/base/hash.h"

#include <openssl/evp.h>
#include <openssl/opensslv.h>

struct tk_hash {
    EVP_MD_CTX *context;
};

static const EVP_MD *sha256(void)
{
    static const EVP_MD *algorithm;
    static gsize once;

    if (g_once_init_enter(&once)) {
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
        algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
#else
        algorithm = EVP_sha256();
#endif
        g_once_init_leave(&once, 1);
    }
    return algorithm;
}

struct tk_hash *tk_hash_new(void)
{
    struct tk_hash *hash;

    if (sha256() == NULL)
        return NULL;
    hash = g_new0(struct tk_hash, 1);
    hash->context = EVP_MD_CTX_new();
    if (hash->context == NULL || EVP_DigestInit_ex(hash->context, sha256(), NULL) != 1)
        tk_hash_free(&hash);
    return hash;
}

void tk_hash_reset(struct tk_hash *hash)
{
    EVP_DigestInit_ex(hash->context, sha256(), NULL);
}

void tk_hash_update(struct tk_hash *hash, const guint8 *data, gsize len)
{
    EVP_DigestUpdate(hash->context, data, len);
}

void tk_hash_final(struct tk_hash *hash, guint8 digest_r[TK_HASH_LEN])
{
    EVP_DigestFinal_ex(hash->context, digest_r, NULL);
}

void tk_hash_free(struct tk_hash **hash)
{
    struct tk_hash *gone = *hash;

    *hash = NULL;
    if (gone == NULL)
        return;
    EVP_MD_CTX_free(gone->context);
    g_free(gone);
}

char *tk_hash_hex(const guint8 digest[TK_HASH_LEN])
{
    static const char digits[] = "0123456789abcdef";
    char *hex = g_malloc(2 * TK_HASH_LEN + 1);

    for (guint i = 0; i < TK_HASH_LEN; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[2 * TK_HASH_LEN] = '\0';
    return hex;
}
