/* params: a Content-Type or Content-Disposition value and its parameters (RFC 2045 section 5, RFC 2183),
 * with all forms of long and encoded ones: RFC 2231 sections and charsets, encoded words, bare 8-bit text. */
#ifndef TK_RULES_PARAMS_H
#define TK_RULES_PARAMS_H

#include "rules/base/status.h"

struct tk_params; /* one parsed field */

/* Parses VALUE (one line, valid UTF-8, not decoded). Never NULL. At most TK_CAP_PARAMS parameters count.
 * *MARKS gets the bits of rules/charset/charset.h. Owned by the caller. */
struct tk_params *tk_params_parse(const char *value, guint *marks);
void tk_params_free(struct tk_params **params);

/* What stands before the first ";", lower case, without blanks and comments: "text/plain", "attachment"; ""
 * where nothing does. Owned by PARAMS. */
const char *tk_params_value(const struct tk_params *params);

/* The decoded value of the parameter NAME (lower case), one line; NULL where there is none. The first of
 * several counts. Owned by PARAMS. */
const char *tk_params_get(const struct tk_params *params, const char *name);

#endif
