/* text: UTF-8 values from outside, made fit for a database, a header or a line. */
#include "rules/base/text.h"

#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

char *tk_text_cut(const char *text, gsize max_bytes)
{
    gsize len = strlen(text);
    if (len <= max_bytes)
        return g_strdup(text);
    /* Back from the cut to the first byte of the character that it would split. */
    while (max_bytes > 0 && ((guchar)text[max_bytes] & 0xC0) == 0x80)
        max_bytes--;
    return g_strndup(text, max_bytes);
}

char *tk_text_valid(const char *bytes, gsize len, gboolean *changed_r)
{
    GString *out = g_string_sized_new(len);
    const char *at = bytes, *end = bytes + len, *stop;
    gboolean changed = FALSE;
    /* g_utf8_validate_len stops at NUL as at a bad byte. */
    while (!g_utf8_validate_len(at, (gsize)(end - at), &stop)) {
        g_string_append_len(out, at, stop - at);
        g_string_append(out, REPLACEMENT);
        at = stop + 1;
        changed = TRUE;
    }
    g_string_append_len(out, at, end - at);
    if (changed_r != NULL)
        *changed_r = changed;
    return g_string_free(out, FALSE);
}

static gboolean is_control(gunichar c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029;
}

static gboolean is_bidi(gunichar c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

static gboolean is_printable_ascii(char c)
{
    return c >= ' ' && c <= '~';
}

char *tk_text_one_line(const char *text)
{
    GString *out = g_string_sized_new(strlen(text));
    gboolean blank = FALSE;
    for (const char *at = text, *end; *at != '\0'; at = end) {
        for (end = at; is_printable_ascii(*end); end++)
            ; /* nearly all of it, and taken at once */
        if (end == at) {
            gunichar c = g_utf8_get_char(at);
            end = g_utf8_next_char(at);
            blank = blank || is_control(c);
            if (is_control(c) || is_bidi(c))
                continue;
        }
        if (blank && out->len > 0 && out->str[out->len - 1] != ' ' && *at != ' ')
            g_string_append_c(out, ' ');
        blank = FALSE;
        g_string_append_len(out, at, end - at);
    }
    g_strstrip(out->str);
    return g_string_free(out, FALSE);
}

/* Letters and marks by their type, and yet they show as nothing. */
static gboolean is_ignorable(gunichar c)
{
    return c == 0x034F || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 ||
           (c >= 0x180B && c <= 0x180F) || c == 0x2800 || c == 0x3164 || c == 0xFFA0 ||
           (c >= 0xE0100 && c <= 0xE01EF);
}

gboolean tk_text_is_visible(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_UNASSIGNED: return FALSE;
    default: return !is_ignorable(c); /* GLib's enum: all other types are letters, marks, signs and blanks */
    }
}

char *tk_text_for_terminal(const char *text)
{
    GString *out = g_string_sized_new(strlen(text));
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (c == '\r' && at[1] == '\n')
            continue;
        if (c == '\n' || c == '\t' || tk_text_is_visible(c))
            g_string_append_len(out, at, g_utf8_next_char(at) - at);
        else
            g_string_append_c(out, '?');
    }
    return g_string_free(out, FALSE);
}

gboolean tk_text_is_header_safe(const char *text)
{
    for (const guchar *at = (const guchar *)text; *at != '\0'; at++)
        if (!is_printable_ascii((char)*at))
            return FALSE;
    return TRUE;
}
