/* trim_fold: a line of a reply made comparable. Owns nothing; cannot fail. */
#include "rules/trim/trim_fold.h"

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

/* Appends the folded ASCII characters up to the first other one, or "&", by which a "&nbsp;" may begin. Most
 * of a text goes this way, at a tenth of the cost. *BLANK: a blank stands before them. Returns how many bytes
 * of TEXT they were. */
static gsize append_ascii(const char *text, gsize len, gsize begin, gboolean *blank, GString *out)
{
    const gsize at = out->len;
    char *to;
    gsize n;

    g_string_set_size(out, at + len + 1); /* the blank may come on top */
    to = out->str + at;
    for (n = 0; n < len && (guchar)text[n] < 128 && text[n] != '&'; n++) {
        char c = text[n];

        if (c == '\0')
            continue;
        if (c <= ' ') {
            *blank = to > out->str + begin;
            continue;
        }
        if (*blank)
            *to++ = ' ';
        *blank = FALSE;
        *to++ = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    g_string_truncate(out, (gsize)(to - out->str));
    return n;
}

void tk_trim_fold(const char *text, gsize len, GString *out)
{
    gsize begin = out->len;
    gboolean blank = FALSE;

    if (len > TK_TRIM_FOLD_MAX)
        return;
    for (gsize i = append_ascii(text, len, begin, &blank, out); i < len;
         i += append_ascii(text + i, len - i, begin, &blank, out)) {
        gunichar c = (guchar)text[i];
        gsize step = 1;

        if (is_nbsp(text + i, len - i)) {
            i += 6;
            blank = out->len > begin;
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
        if (is_invisible(c))
            continue;
        if (c == 0xA0 || (c >= 128 && g_unichar_isspace(c))) {
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
