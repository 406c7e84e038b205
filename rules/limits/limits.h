/* limits: one linear pass over the raw bytes, before any library reads them.
 *
 * GMime recurses on address groups, puts charset names on the stack and keeps memory for every part, so what
 * it may see is decided here. The pass is a push scanner: the front end feeds the bytes as they arrive, in
 * any cuts. It allocates nothing that grows with the mail. Its outcome is a level; a mail is never refused
 * for being strange. */
#ifndef TK_RULES_LIMITS_H
#define TK_RULES_LIMITS_H

#include "rules/base/status.h"

enum tk_level {
    TK_LEVEL_FULL,    /* safe to parse whole */
    TK_LEVEL_HEADERS, /* headers and the first text only; the rest stays in the raw bytes */
    TK_LEVEL_RAW      /* only what a cautious scan of the header finds; the mail is kept as it is */
};

struct tk_limits; /* the scanner */

struct tk_limits_outcome {
    enum tk_level level;
    const char
        *why; /* static: the first limit that was passed ("parts", "header_line", ...), NULL at level full */
    guint64 size;        /* bytes seen */
    guint64 body_offset; /* of the first byte after the empty line that ends the header; size where there is
                            none */
    guint headers, parts, depth;
    guint received;     /* count of Received headers at the top */
    guint from_headers; /* count of From headers at the top ("From:", "FROM :", ...) */
    gboolean has_nul, has_8bit_header, bare_cr, bare_lf;
};

struct tk_limits *tk_limits_new(void);
void tk_limits_push(struct tk_limits *limits, const guint8 *data, gsize len);
/* Ends the pass. May be called once. */
void tk_limits_finish(struct tk_limits *limits, struct tk_limits_outcome *outcome_r);
void tk_limits_free(struct tk_limits **limits);

/* "full", "headers", "raw". Static. */
const char *tk_limits_level_word(enum tk_level level);

#endif
