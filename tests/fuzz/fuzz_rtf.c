/* Fuzzes rtf: the output is valid UTF-8, and the same whatever the pieces are. */
#include <stdint.h>
#include <string.h>

#include "rules/tnef/rtf.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *whole = NULL;
    const GString *pieces;
    enum tk_rtf_kind kind = tk_rtf_convert(bytes, len, &whole);
    struct tk_rtf *r = tk_rtf_new();
    for (size_t i = 0; i < len; i += 3)
        tk_rtf_push(r, bytes + i, MIN(3, len - i));
    g_assert(tk_rtf_finish(r, &pieces, NULL) == kind);
    g_assert(strcmp(pieces->str, whole) == 0);
    g_assert(g_utf8_validate(whole, -1, NULL));
    tk_rtf_free(&r);
    g_free(whole);
    return 0;
}
