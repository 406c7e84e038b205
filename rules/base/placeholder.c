/* placeholder: one pass over the text, line by line. Owns nothing; linear in text and values. */
#include "rules/base/placeholder.h"

#include <string.h>

#include "rules/base/text.h"

/* The length of the word in "{word}" at TEXT, 0 where there is none. */
static gsize word_at(const char *text)
{
    gsize len = text[0] == '{' ? strspn(text + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;
    return len > 0 && text[1 + len] == '}' ? len : 0;
}

enum tk_status tk_placeholder_check(const char *text, const char *const *names, GString *why)
{
    for (const char *at = strchr(text, '{'); at != NULL; at = strchr(at + 1, '{')) {
        g_autofree char *word = g_strndup(at + 1, word_at(at));
        if (*word != '\0' && !g_strv_contains(names, word)) {
            g_autofree char *known = g_strjoinv("}, {", (char **)names);
            return tk_status_fail(TK_REFUSED, why, "{%s} is none of {%s}", word, known);
        }
    }
    return TK_OK;
}

static const struct tk_placeholder *find(const struct tk_placeholder *values, gsize n, const char *word,
                                         gsize len)
{
    for (gsize i = 0; i < n; i++)
        if (strlen(values[i].name) == len && strncmp(values[i].name, word, len) == 0)
            return &values[i];
    return NULL;
}

static void put_char(GString *out, gunichar c, enum tk_place place)
{
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || (c >= 0x7F && c <= 0x9F))
        c = ' ';
    if (c == '\r' || c == 0x2028 || c == 0x2029)
        c = '\n';
    if (place != TK_PLACE_HTML) {
        g_string_append_unichar(out, c);
        return;
    }
    switch (c) {
    case '&': g_string_append(out, "&amp;"); break;
    case '<': g_string_append(out, "&lt;"); break;
    case '>': g_string_append(out, "&gt;"); break;
    case '"': g_string_append(out, "&quot;"); break;
    case '\'': g_string_append(out, "&#39;"); break;
    default: g_string_append_unichar(out, c); /* all other characters are themselves */
    }
}

static void put_text(GString *out, const char *text, const char *end, enum tk_place place)
{
    for (; text < end; text = g_utf8_next_char(text))
        if (text[0] != '\r' || text + 1 == end || text[1] != '\n')
            put_char(out, g_utf8_get_char(text), place);
}

static void put_value(GString *out, const struct tk_placeholder *value, enum tk_place place)
{
    const char *text = value->value, *end = text + strlen(text);
    if (place != TK_PLACE_HTML || !value->link) {
        put_text(out, text, end, place);
        return;
    }
    g_string_append(out, "<a href=\"");
    put_text(out, text, end, place);
    g_string_append(out, "\">");
    put_text(out, text, end, place);
    g_string_append(out, "</a>");
}

/* Appends the line from LINE to END, unless all of its placeholders are empty. */
static void put_line(GString *out, const char *line, const char *end, const struct tk_placeholder *values,
                     gsize n, enum tk_place place)
{
    gsize before = out->len;
    guint placeholders = 0, filled = 0;
    const char *from = line;
    for (const char *at = line; at < end; at++) {
        gsize len = word_at(at);
        const struct tk_placeholder *value = len > 0 ? find(values, n, at + 1, len) : NULL;
        if (value == NULL)
            continue;
        put_text(out, from, at, place);
        from = at + len + 2;
        at = from - 1;
        placeholders++;
        if (value->value != NULL && *value->value != '\0') {
            filled++;
            put_value(out, value, place);
        }
    }
    put_text(out, from, end, place);
    if (placeholders > 0 && filled == 0)
        g_string_truncate(out, before);
}

char *tk_placeholder_fill(const char *text, const struct tk_placeholder *values, gsize n, enum tk_place place)
{
    g_autoptr(GString) out = g_string_new(NULL);
    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        end = end != NULL ? end + 1 : text + strlen(text);
        put_line(out, text, end, values, n, place);
        text = end;
    }
    return place == TK_PLACE_HEADER ? tk_text_one_line(out->str) : g_strdup(out->str);
}
