/* logtext: one encoder for all that is logged. */
#include "rules/base/logtext.h"

#include <string.h>

#include "rules/base/text.h"

static const char cut_mark[] = "...";

/* Writes the encoded form of the character at TEXT to OUT (at least 16 bytes) and returns how many bytes of
 * TEXT it stands for. */
static gsize encode_one(const char *text, gboolean quoted, char out[16])
{
    gunichar c = g_utf8_get_char_validated(text, -1);
    guchar byte = (guchar)*text;

    if (c == (gunichar)-1 || c == (gunichar)-2) {
        g_snprintf(out, 16, "\\x%02x", byte);
        return 1;
    }
    if (c == '\n' || c == '\r' || c == '\t')
        g_snprintf(out, 16, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
    else if (quoted && (c == '"' || c == '\\'))
        g_snprintf(out, 16, "\\%c", (char)c);
    else if (c < 0x20 || c == 0x7f)
        g_snprintf(out, 16, "\\x%02x", byte);
    else if (!tk_text_is_visible(c))
        g_snprintf(out, 16, "\\u{%x}", c);
    else
        out[g_unichar_to_utf8(c, out)] = '\0';
    return (gsize)g_unichar_to_utf8(c, NULL);
}

static void append_encoded(GString *line, const char *text, gboolean quoted, gsize max)
{
    gsize start = line->len;
    gsize last_that_leaves_room = start; /* where the mark can still follow */

    while (*text != '\0') {
        char one[16];
        gsize used = encode_one(text, quoted, one);
        if (line->len - start + strlen(one) > max) {
            g_string_truncate(line, last_that_leaves_room);
            g_string_append(line, cut_mark);
            return;
        }
        g_string_append(line, one);
        if (line->len - start + strlen(cut_mark) <= max)
            last_that_leaves_room = line->len;
        text += used;
    }
}

static gboolean is_plain_word(const char *value)
{
    for (const char *p = value; *p != '\0'; p++)
        if (!g_ascii_isalnum(*p) && strchr("._:/@+,<>*-", *p) == NULL)
            return FALSE;
    return *value != '\0' && strlen(value) <= TK_LOGTEXT_MAX_VALUE;
}

static void append_key(GString *line, const char *key)
{
    if (line->len > 0)
        g_string_append_c(line, ' ');
    g_string_append(line, key);
    g_string_append_c(line, '=');
}

void tk_logtext_pair(GString *line, const char *key, const char *value)
{
    if (value == NULL)
        value = "";
    append_key(line, key);
    if (is_plain_word(value)) {
        g_string_append(line, value);
        return;
    }
    g_string_append_c(line, '"');
    append_encoded(line, value, TRUE, TK_LOGTEXT_MAX_VALUE);
    g_string_append_c(line, '"');
}

void tk_logtext_number(GString *line, const char *key, gint64 value)
{
    append_key(line, key);
    g_string_append_printf(line, "%" G_GINT64_FORMAT, value);
}

void tk_logtext_plain(GString *line, const char *text, gsize max)
{
    append_encoded(line, text, FALSE, max);
}
