/* source: the raw bytes of one mail as the rules see them, whoever keeps them (memory, an unlinked file).
 *
 * Owns nothing. Fails with TK_LATER where the keeper's read fails or ends early. */
#include "rules/base/source.h"

/* One block of a stream from a keeper: large enough that the calls do not count, small enough for a stack. */
#define TK_SOURCE_BLOCK 16384

struct tk_source tk_source_memory(const guint8 *bytes, gsize len)
{
    struct tk_source source = {.size = len, .bytes = bytes};

    return source;
}

enum tk_status tk_source_stream(const struct tk_source *source, guint64 offset, guint64 len,
                                tk_source_sink sink, void *context)
{
    guint8 block[TK_SOURCE_BLOCK];

    if (offset >= source->size)
        return TK_OK;
    len = MIN(len, source->size - offset);
    if (source->bytes != NULL)
        return len > 0 ? sink(context, source->bytes + offset, len) : TK_OK;
    while (len > 0) {
        gssize got = source->read(source->keeper, offset, block, MIN(len, sizeof block));
        enum tk_status status;

        if (got <= 0)
            return TK_LATER;
        status = sink(context, block, got);
        if (status != TK_OK)
            return status;
        offset += got;
        len -= got;
    }
    return TK_OK;
}
