/* trim_fold: a line of a reply made comparable. Owns nothing; cannot fail. */
#include "rules/trim_fold.h"

#include <string.h>

static gboolean is_invisible(gunichar c)
{
    return c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF || c == 0x034F || c == 0x115F;
}

static gunichar plain_char(gunichar c)
{
    switch (c) {
    case 0x2018:
    case 0x2019:
    case 0x02BC: return '\'';
    case 0xFF1A: return ':';
    case 0xFF0C:
    case 0x3001: return ',';
    case 0x201C:
    case 0x201D:
    case 0x201E: return '"';
    case 0x130: return 'i'; /* its lower case is two characters */
    default: return c < 128 ? (gunichar)g_ascii_tolower((char)c) : g_unichar_tolower(c);
    }
}

/* "&nbsp;", which QQ writes into plain text. */
static gboolean is_nbsp(const char *text, gsize len)
{
    return *text == '&' && len >= 6 && memcmp(text, "&nbsp;", 6) == 0;
}

/* Appends the ASCII characters up to the next blank or other character, after a blank where BLANK; returns
 * their number. Most of a text goes this way, at a tenth of the cost. */
static gsize append_word(const char *text, gsize len, gboolean blank, GString *out)
{
    gsize n = 0, at;

    while (n < len && text[n] > ' ' && (guchar)text[n] < 128 && !is_nbsp(text + n, len - n))
        n++;
    if (blank)
        g_string_append_c(out, ' ');
    at = out->len;
    g_string_append_len(out, text, (gssize)n);
    for (char *c = out->str + at; *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    return n;
}

void tk_trim_fold(const char *text, gsize len, GString *out)
{
    gsize begin = out->len;
    gboolean blank = FALSE;

    if (len > TK_TRIM_FOLD_MAX)
        return;
    for (gsize i = 0; i < len;) {
        gunichar c = (guchar)text[i];
        gsize step = 1;

        if (is_nbsp(text + i, len - i)) {
            i += 6;
            blank = out->len > begin;
            continue;
        }
        if (c > ' ' && c < 128) {
            i += append_word(text + i, len - i, blank, out);
            blank = FALSE;
            continue;
        }
        if (c >= 128) {
            c = g_utf8_get_char_validated(text + i, (gssize)(len - i));
            if (c == (gunichar)-1 || c == (gunichar)-2)
                c = '?';
            else
                step = (gsize)(g_utf8_next_char(text + i) - (text + i));
        }
        i += step;
        if (c == 0 || is_invisible(c))
            continue;
        if (c <= ' ' || c == 0xA0 || (c >= 128 && g_unichar_isspace(c))) {
            blank = out->len > begin;
            continue;
        }
        if (blank)
            g_string_append_c(out, ' ');
        blank = FALSE;
        c = plain_char(c);
        if (c < 128)
            g_string_append_c(out, (char)c);
        else
            g_string_append_unichar(out, c);
    }
}
