/* fuzz_trim: no text makes tk_trim_split() lose a character, leave UTF-8 or take long. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/trim/trim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(const char *s, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += (guchar)s[i] > ' ';
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* only valid UTF-8 without invisible characters is counted: those may be taken for white space */
    const char *text = (const char *)data, *end = NULL;
    size_t len = g_utf8_validate(text, (gssize)size, &end) ? size : (size_t)(end - text);
    gboolean ascii = TRUE;
    struct tk_trim trim;

    for (size_t i = 0; i < len; i++)
        ascii = ascii && (data[i] >= ' ' || data[i] == '\n' || data[i] == '\r') && data[i] < 128;
    tk_trim_split(text, len, &trim);
    if (!g_utf8_validate(trim.reply, -1, NULL) || !g_utf8_validate(trim.quoted, -1, NULL) ||
        !g_utf8_validate(trim.signature, -1, NULL))
        abort();
    if (ascii && count(text, len) != count(trim.reply, strlen(trim.reply)) +
                                         count(trim.quoted, strlen(trim.quoted)) +
                                         count(trim.signature, strlen(trim.signature)))
        abort();
    tk_trim_clear(&trim);
    return 0;
}
