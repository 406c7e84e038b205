/* charset: bytes in some charset made valid UTF-8 without NUL, by label, then by evidence.
 *
 * A label that the bytes contradict is not believed: mail says "us-ascii" and holds windows-1252, or says
 * "iso-8859-1" and holds UTF-8. What cannot be read becomes U+FFFD and is marked. */
#ifndef TK_RULES_CHARSET_H
#define TK_RULES_CHARSET_H

#include "rules/base/status.h"

/* Marks on a conversion. */
enum {
    TK_CHARSET_REPAIRED = 1, /* not as the label says, or with U+FFFD in it */
    TK_CHARSET_NUL = 2       /* NUL was replaced by U+FFFD */
};

/* Converts LEN bytes. LABEL is the declared charset, NULL or unknown where there is none. Sets bits in *MARKS
 * and leaves the others. Linear in LEN. Owned by the caller. */
char *tk_charset_decode(const guint8 *bytes, gsize len, const char *label, guint *marks);

/* As above for bytes that carry no label, such as 8-bit header fields: UTF-8 where it is valid, then HINT
 * (the charset of the text beside it, or NULL) where the bytes fit it, then by evidence. */
char *tk_charset_decode_bare(const guint8 *bytes, gsize len, const char *hint, guint *marks);

/* The name under which iconv knows LABEL; NULL where the label is none that is known or not a name at all
 * (RFC 2978 characters, at most 64). Owned by the caller. */
char *tk_charset_name(const char *label);

/* The charset that unlabelled bytes are most likely in; never NULL. Static. */
const char *tk_charset_guess(const guint8 *bytes, gsize len);

#endif
