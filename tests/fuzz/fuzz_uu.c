/* Fuzzes uu: blocks lie in the text one after the other, and decode to the size that was said. */
#include <stdint.h>

#include "rules/content/uu.h"

static void count(void *context, const guint8 *bytes, gsize len)
{
    g_assert(bytes != NULL);
    *(guint64 *)context += len;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *text = (const char *)bytes;
    GPtrArray *blocks = tk_uu_find(text, len);
    gsize end = 0;
    for (guint i = 0; i < blocks->len; i++) {
        const struct tk_uu_block *block = g_ptr_array_index(blocks, i);
        guint64 size = 0;
        g_assert(block->offset >= end && block->length > 0 && block->length <= len - block->offset);
        g_assert(g_utf8_validate(block->name, -1, NULL));
        tk_uu_decode(text, block, count, &size);
        g_assert(size == block->size);
        end = block->offset + block->length;
    }
    g_ptr_array_unref(blocks);
    return 0;
}
