/* limits_header: watches the value of one header field byte by byte for what must not reach GMime, and for
 * counts.
 *
 * Private to limits. Allocates nothing; the state of one field is a fixed struct. */
#ifndef TK_RULES_LIMITS_HEADER_H
#define TK_RULES_LIMITS_HEADER_H

#include "rules/base/status.h"

/* Room for the value of one Content-Type field. Longer ones are long file names; the type and the boundary
 * stand within this in every mail that was written to be read. */
#define TK_LIMITS_CONTENT_TYPE 4096

/* Kinds of field that are watched for more than charset names. */
enum tk_limits_field {
    TK_LIMITS_FIELD_OTHER,
    TK_LIMITS_FIELD_ADDRESS,
    TK_LIMITS_FIELD_CONTENT,     /* Content-Disposition and such: parameters */
    TK_LIMITS_FIELD_CONTENT_TYPE /* parameters, and the value is kept */
};

struct tk_limits_header {
    enum tk_limits_field field;
    guint64 bytes;
    /* what was found */
    gboolean long_charset; /* a charset name above the cap, in any of its places */
    guint groups;          /* deepest nesting of address groups */
    guint addresses, params;
    guint colons;        /* of an address field, wherever they stand */
    guint64 word_search; /* octets that lie between the starts of encoded words ("=?") and the ends ("?=")
                            that they have, or have not, behind them: GMime looks for each anew */
    /* the scanner's own */
    gboolean quoted, escaped, bracket, angle, seen_colon;
    guint comment, open_groups;
    guint word;       /* bytes since "=?" of an encoded word that is in its charset; 0: not in one */
    guint word_state; /* 0 out, 1 after '=', 2 in the charset, 3 after it, 4 after the encoding letter */
    guint name_match; /* bytes of "charset" that match so far */
    guint name_run;   /* bytes of a charset parameter's value */
    guint extended;   /* bytes since "*=": the charset of an RFC 2231 value */
    guint open_words; /* starts of encoded words since the last end of one */
    guint8 last;
};

void tk_limits_header_begin(struct tk_limits_header *header, enum tk_limits_field field);
void tk_limits_header_push(struct tk_limits_header *header, const guint8 *data, gsize len);

/* The kind of the field called NAME. */
enum tk_limits_field tk_limits_header_field(const char *name, gsize len);

/* Finds the value of boundary= in the value of a Content-Type field. Returns its length, 0 where there is
 * none. */
gsize tk_limits_header_boundary(const char *type, const char **boundary_r);

#endif
