/* tnef_values: kept values and their conversion. */
#include "rules/tnef/tnef_values.h"

#include <string.h>

#include "rules/charset/codepage.h"
#include "rules/tnef/tnef.h"

static bool is_body(enum tk_tnef_slot slot)
{
    return slot == TK_SLOT_BODY || slot == TK_SLOT_BODY_ATTRIBUTE || slot == TK_SLOT_HTML;
}

void tk_tnef_values_drop(struct tk_tnef_values *values, enum tk_tnef_slot first, enum tk_tnef_slot last)
{
    for (guint i = first; i <= (guint)last; i++) {
        GByteArray *bytes = values->slot[i].bytes;
        if (bytes == NULL)
            continue;
        *values->budget += bytes->len;
        g_byte_array_unref(bytes);
        values->slot[i].bytes = NULL;
    }
}

bool tk_tnef_values_open(struct tk_tnef_values *values, enum tk_tnef_slot slot, bool unicode, guint32 len)
{
    tk_tnef_values_drop(values, slot, slot);
    if (len > *values->budget || (!is_body(slot) && len > TK_TNEF_MAX_STRING))
        return false;
    values->slot[slot].bytes = g_byte_array_new();
    values->slot[slot].unicode = unicode;
    return true;
}

void tk_tnef_values_append(struct tk_tnef_values *values, enum tk_tnef_slot slot, const guint8 *bytes,
                           gsize len)
{
    GByteArray *to = values->slot[slot].bytes;
    if (to == NULL || len > *values->budget)
        return;
    *values->budget -= len;
    g_byte_array_append(to, bytes, (guint)len);
}

/* Ends TEXT at its first NUL, takes out control characters, makes line ends LF; in place. */
static bool clean(GString *text)
{
    gsize len = strlen(text->str), to = 0;
    bool ink = false;
    for (gsize i = 0; i < len; i++) {
        char c = text->str[i];
        if (c == '\r' && text->str[i + 1] == '\n')
            continue;
        if (c == '\r')
            c = '\n';
        if ((guchar)c < 0x20 && c != '\n' && c != '\t')
            continue;
        if (c == 0x7F)
            continue;
        ink = ink || !g_ascii_isspace(c);
        text->str[to++] = c;
    }
    g_string_truncate(text, to);
    return ink;
}

char *tk_tnef_values_take(struct tk_tnef_values *values, enum tk_tnef_slot slot, guint codepage)
{
    GByteArray *bytes = values->slot[slot].bytes;
    if (bytes == NULL)
        return NULL;
    if (values->slot[slot].unicode)
        codepage = TK_CODEPAGE_UTF16;
    else if (codepage == 0)
        codepage = g_utf8_validate((const char *)bytes->data, (gssize)bytes->len, NULL) ? TK_CODEPAGE_UTF8
                                                                                        : TK_CODEPAGE_ANSI;
    guint len = bytes->len;
    if (!values->slot[slot].unicode)
        while (len > 0 && bytes->data[len - 1] == '\0')
            len--;
    struct tk_codepage *converter = tk_codepage_new();
    GString *text = g_string_new(NULL);
    (void)tk_codepage_append(converter, codepage, bytes->data, len, false, text);
    tk_codepage_free(&converter);
    tk_tnef_values_drop(values, slot, slot);
    bool ink = clean(text);
    if (!ink) {
        g_string_free(text, TRUE);
        return NULL;
    }
    return g_string_free(text, FALSE);
}
