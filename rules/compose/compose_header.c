/* compose_header: writing and checking header fields. Owns nothing. */
#include "rules/compose/compose_header.h"

#include <string.h>

#include "rules/base/text.h"

enum {
    LINE_WANTED = 76, /* where a field is folded; RFC 5322 section 2.1.1 asks for 78 */
    LINE_BYTES_MAX = 998,
    WORD_BYTES = 39, /* of UTF-8 in an encoded word, so that "Subject: " and a word fit in a line */
    ID_BYTES = 250
};

/* Appends NAME and WORDS (ASCII without line ends) folded at blanks, but not before the first word: some
 * readers show that fold as a blank. */
static void put_field(GString *out, const char *name, const char *words)
{
    gsize column = strlen(name) + 1;
    gboolean first = TRUE;
    g_string_append_printf(out, "%s:", name);
    while (*words != '\0') {
        gsize len = strcspn(words, " ");
        if (len > 0) {
            if (column + 1 + len > LINE_WANTED && !first) {
                g_string_append(out, "\r\n");
                column = 0;
            }
            g_string_append_c(out, ' ');
            g_string_append_len(out, words, (gssize)len);
            column += 1 + len;
            first = FALSE;
        }
        words += len + (words[len] == ' ');
    }
    g_string_append(out, "\r\n");
}

/* TEXT as encoded words, with blanks between them, which readers take away. */
static void put_encoded(GString *out, const char *text)
{
    while (*text != '\0') {
        g_autofree char *part = tk_text_cut(text, WORD_BYTES);
        gsize len = strlen(part);
        g_autofree char *base64 = g_base64_encode((const guchar *)part, len);
        g_string_append_printf(out, "%s=?UTF-8?B?%s?=", out->len > 0 ? " " : "", base64);
        text += len;
    }
}

/* Whether no reader takes TEXT for anything but its characters, no word of it is longer than a line, and
 * folding changes no blank of it. */
static gboolean is_plain(const char *text)
{
    if (!tk_text_is_header_safe(text) || strstr(text, "=?") != NULL || strstr(text, "  ") != NULL)
        return FALSE;
    for (; *text != '\0'; text += strspn(text, " ")) {
        gsize len = strcspn(text, " ");
        if (len > LINE_WANTED)
            return FALSE;
        text += len;
    }
    return TRUE;
}

void tk_compose_header_text(GString *out, const char *name, const char *text)
{
    g_autofree char *line = tk_text_one_line(text);
    g_autoptr(GString) words = g_string_new(NULL);
    if (is_plain(line))
        g_string_assign(words, line);
    else
        put_encoded(words, line);
    put_field(out, name, words->str);
}

void tk_compose_header_mailbox(GString *out, const char *name, const char *phrase, const char *address)
{
    g_autofree char *line = tk_text_one_line(phrase != NULL ? phrase : "");
    g_autoptr(GString) words = g_string_new(NULL);
    if (*line != '\0' && is_plain(line)) {
        g_string_append_c(words, '"');
        for (const char *at = line; *at != '\0'; at++) {
            if (*at == '"' || *at == '\\')
                g_string_append_c(words, '\\');
            g_string_append_c(words, *at);
        }
        g_string_append_c(words, '"');
    } else {
        put_encoded(words, line);
    }
    g_string_append_printf(words, "%s<%s>", words->len > 0 ? " " : "", address);
    put_field(out, name, words->str);
}

/* What stood in somebody's mail goes back out only where it is what RFC 5322 section 3.6.4 calls an id. */
static gboolean is_id(const char *id)
{
    gsize len = strlen(id);
    return len >= 3 && len <= ID_BYTES && tk_text_is_header_safe(id) && strpbrk(id, " <>()\\\",;:") == NULL &&
           strchr(id, '@') != NULL;
}

void tk_compose_header_ids(GString *out, const char *name, const char *const *ids)
{
    g_autoptr(GString) words = g_string_new(NULL);
    for (; *ids != NULL; ids++)
        if (is_id(*ids))
            g_string_append_printf(words, "%s<%s>", words->len > 0 ? " " : "", *ids);
    if (words->len > 0)
        put_field(out, name, words->str);
}

void tk_compose_header_date(GString *out, const char *name, gint64 seconds)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(seconds);
    if (date == NULL)
        return; /* beyond the year 9999 */
    g_string_append_printf(out, "%s: %s, %d %s %d %02d:%02d:%02d +0000\r\n", name,
                           days[g_date_time_get_day_of_week(date) - 1], g_date_time_get_day_of_month(date),
                           months[g_date_time_get_month(date) - 1], g_date_time_get_year(date),
                           g_date_time_get_hour(date), g_date_time_get_minute(date),
                           g_date_time_get_second(date));
}

/* Takes the field name at LINE into SEEN. */
static enum tk_status take_name(const char *line, const char *const *names, GHashTable *seen, GString *why)
{
    const char *colon = strchr(line, ':');
    g_autofree char *name = colon != NULL ? g_ascii_strdown(line, colon - line) : NULL;
    gboolean known = FALSE;
    for (gsize i = 0; name != NULL && names[i] != NULL; i++)
        known = known || g_ascii_strcasecmp(names[i], name) == 0;
    if (!known)
        return tk_status_fail(TK_BUG, why, "the header came out with the line \"%.60s\"", line);
    if (!g_hash_table_add(seen, g_steal_pointer(&name)))
        return tk_status_fail(TK_BUG, why, "the header came out with two lines \"%.60s\"", line);
    return TK_OK;
}

enum tk_status tk_compose_header_check(const char *block, const char *const *names, GString *why)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (;;) {
        const char *end = strstr(block, "\r\n");
        gsize len = end != NULL ? (gsize)(end - block) : 0;
        if (end == NULL || len > LINE_BYTES_MAX)
            return tk_status_fail(TK_BUG, why, "the header came out with a line that does not end");
        if (len == 0)
            return g_hash_table_size(seen) > 0 ? TK_OK
                                               : tk_status_fail(TK_BUG, why, "the header came out empty");
        for (gsize i = 0; i < len; i++)
            if (block[i] != '\t' && (block[i] < 0x20 || block[i] > 0x7E))
                return tk_status_fail(TK_BUG, why, "the header came out with the byte 0x%02x",
                                      (guchar)block[i]);
        if (*block != ' ' && *block != '\t') {
            enum tk_status status = take_name(block, names, seen, why);
            if (status != TK_OK)
                return status;
        } else if (g_hash_table_size(seen) == 0) {
            return tk_status_fail(TK_BUG, why, "the header came out with a blank first");
        }
        block = end + 2;
    }
}
