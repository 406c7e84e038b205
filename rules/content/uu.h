/* uu: files that stand in the text of a mail, uuencoded (POSIX uuencode, historical alphabet) or yEnc 1.3.
 *
 * Works on bytes: yEnc uses all eight bits, so what is given here is the body after its transfer encoding,
 * before its charset. Linear in the length of the text. */
#ifndef TK_RULES_UU_H
#define TK_RULES_UU_H

#include <stdbool.h>
#include <glib.h>

/* More files than a person writes into one text; what follows stays text. */
#define TK_UU_MAX_BLOCKS 100u

enum tk_uu_kind { TK_UU_UUENCODE, TK_UU_YENC };

struct tk_uu_block {
    enum tk_uu_kind kind;
    gsize offset, length; /* of the block in the text, from "begin" to the line end after "end" */
    char *name;           /* valid UTF-8, as written: make it safe before use */
    guint64 size;         /* decoded bytes */
    bool complete;        /* it has its end; for yEnc also the size that it states */
};

/* Takes decoded bytes; they are valid during the call only. */
typedef void tk_uu_sink(void *context, const guint8 *bytes, gsize len);

/* The blocks of TEXT in their order, of struct tk_uu_block; empty where there are none. Owned by the caller
 * (g_ptr_array_unref). A uuencoded block without its end is taken when at least three full lines run to the
 * end of the text or to a blank line; a yEnc block needs its end. */
GPtrArray *tk_uu_find(const char *text, gsize len);

/* Decodes BLOCK, which was found in this TEXT, into SINK. */
void tk_uu_decode(const char *text, const struct tk_uu_block *block, tk_uu_sink *sink, void *context);

#endif
