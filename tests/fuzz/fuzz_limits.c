/* Fuzzes limits: the outcome is the same in whatever cuts the bytes arrive, and its offsets lie in the mail.
 * The first byte says how large the pieces are. */
#include <stdint.h>
#include <string.h>

#include "rules/limits/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct tk_limits_outcome scan(const uint8_t *bytes, size_t len, size_t piece)
{
    struct tk_limits *limits = tk_limits_new();
    struct tk_limits_outcome outcome;

    for (size_t at = 0; at < len; at += piece)
        tk_limits_push(limits, bytes + at, MIN(piece, len - at));
    tk_limits_finish(limits, &outcome);
    tk_limits_free(&limits);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct tk_limits_outcome whole, pieces;

    if (len == 0)
        return 0;
    whole = scan(bytes + 1, len - 1, len);
    pieces = scan(bytes + 1, len - 1, (size_t)bytes[0] % 61 + 1);
    g_assert(whole.size == len - 1 && whole.body_offset <= whole.size);
    g_assert(whole.level == pieces.level && whole.body_offset == pieces.body_offset);
    g_assert(whole.headers == pieces.headers && whole.parts == pieces.parts && whole.depth == pieces.depth);
    g_assert(whole.has_nul == pieces.has_nul && whole.bare_cr == pieces.bare_cr &&
             whole.bare_lf == pieces.bare_lf);
    g_assert((whole.why == NULL) == (whole.level == TK_LEVEL_FULL));
    return 0;
}
