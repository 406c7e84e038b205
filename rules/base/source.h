/* source: the raw bytes of one mail as the rules see them, whoever keeps them (memory, an unlinked file).
 *
 * Lines may end in CRLF or LF. Bytes do not change while the source lives. */
#ifndef TK_RULES_SOURCE_H
#define TK_RULES_SOURCE_H

#include "rules/base/status.h"

struct tk_source {
    guint64 size;
    const guint8 *bytes; /* all bytes where they are in memory, else NULL: then READ serves them */
    /* Reads up to LEN bytes at OFFSET. Returns the count, 0 at the end, -1 where the keeper failed (EIO). */
    gssize (*read)(void *keeper, guint64 offset, guint8 *buffer, gsize len);
    void *keeper;
};

/* Takes the next LEN bytes of a stream. Anything but TK_OK stops the stream and is handed on. */
typedef enum tk_status (*tk_source_sink)(void *context, const guint8 *data, gsize len);

/* A source over LEN bytes at BYTES, which the caller keeps. */
struct tk_source tk_source_memory(const guint8 *bytes, gsize len);

/* Hands the bytes from OFFSET, LEN of them at most, to SINK in blocks. TK_LATER where the keeper failed. */
enum tk_status tk_source_stream(const struct tk_source *source, guint64 offset, guint64 len,
                                tk_source_sink sink, void *context) TK_MUST_CHECK;

#endif
