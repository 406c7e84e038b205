/* headers: header blocks split into fields, unfolded and decoded (RFC 5322 section 2.2, RFC 2047).
 *
 * Everything that comes out is one line of valid UTF-8 without control characters. Linear in the input. */
#ifndef TK_RULES_HEADERS_H
#define TK_RULES_HEADERS_H

#include "rules/base/status.h"

struct tk_header {
    char *name;   /* as written */
    char *value;  /* unfolded and decoded (RFC 2047), one line */
    char *raw;    /* unfolded, not decoded, valid UTF-8, one line */
    gboolean odd; /* written as no program writes a field: blanks before the colon, controls, octets that are
                     not UTF-8; RAW may then read otherwise than the mail does elsewhere */
};

/* Splits the header block in LEN bytes, up to its empty line, into fields, MAX of them at most; *CUT_R (may
 * be NULL) says whether some were left out. 8-bit octets are read as UTF-8, HINT (a charset, or NULL) or by
 * evidence, then encoded words are decoded. *MARKS gets the bits of rules/charset/charset.h. A line that is
 * no field and no continuation is taken for a broken continuation. Returns an array of struct tk_header that
 * frees its elements; owned by the caller. */
GPtrArray *tk_headers_split(const guint8 *block, gsize len, guint max, const char *hint, guint *marks,
                            gboolean *cut_r);

/* The first field called NAME (case-insensitive) of an array as above, or NULL. Owned by FIELDS. */
const struct tk_header *tk_headers_find(const GPtrArray *fields, const char *name);

/* Decodes the encoded words of VALUE (valid UTF-8), also broken ones: unknown charsets, blanks inside, words
 * that touch, letters cut between words, a missing end. Owned by the caller. */
char *tk_headers_decode(const char *value, guint *marks);

/* What the search for encoded words has found out about one text, so that no word is looked for its end
 * twice. All zeros before the first call. */
struct tk_headers_search {
    const char *end_from, *end, *blank_from, *blank;
};

/* The length of the encoded word that TEXT starts with, 0 where it starts with none. SEARCH belongs to the
 * text that TEXT is a place in. */
gsize tk_headers_encoded_word(struct tk_headers_search *search, const char *text);

/* TEXT as one line (tk_text_one_line); frees TEXT. Owned by the caller. */
char *tk_headers_one_line(char *text);

/* The Message-IDs in VALUE, without <>, in order: what stands in <>, or where nothing does, the words with an
 * "@". At most MAX: the first one and the last ones. An array of char * that frees them; owned by the caller.
 */
GPtrArray *tk_headers_ids(const char *value, guint max);

/* Frees a struct tk_header. */
void tk_headers_free_field(gpointer field);

#endif
