/* headers: header blocks split into fields, unfolded and decoded (RFC 5322 section 2.2, RFC 2047).
 *
 * Owns nothing beyond a call. Cannot fail: what is no encoded word stays as it is written. */
#include "rules/field/headers.h"

#include <string.h>

#include "rules/base/text.h"
#include "rules/charset/charset.h"
#include "rules/limits/limits_caps.h"

/* Longest field name that is kept; RFC 5322 lines have 998 octets, no field in use has a tenth. */
#define NAME_MAX_LEN 160

void tk_headers_free_field(gpointer field)
{
    struct tk_header *header = field;

    g_free(header->name);
    g_free(header->value);
    g_free(header->raw);
    g_free(header);
}

char *tk_headers_one_line(char *text)
{
    char *line = tk_text_one_line(text);

    g_free(text);
    return line;
}

/* ---- encoded words ---- */

struct word {
    const char *charset, *text;
    gsize charset_len, text_len, len;
    gboolean base64;
};

/* The first "?=" at or behind P, or NULL. */
static const char *next_end(struct tk_headers_search *search, const char *p)
{
    if (search->end_from == NULL || p < search->end_from || (search->end != NULL && p > search->end)) {
        search->end_from = p;
        search->end = strstr(p, "?=");
    }
    return search->end;
}

/* Whether there is a blank at or behind P. */
static gboolean has_blank(struct tk_headers_search *search, const char *p)
{
    if (search->blank_from == NULL || p < search->blank_from ||
        (search->blank != NULL && p > search->blank)) {
        search->blank_from = p;
        search->blank = strpbrk(p, " \t");
    }
    return search->blank != NULL;
}

/* The next "?=" at or behind P in the same run of letters, before anything that may begin a word; or NULL. */
static const char *later_end(const char *p)
{
    for (; *p != '\0' && *p != ' ' && *p != '\t' && !(p[0] == '=' && p[1] == '?'); p++) {
        if (p[0] == '?' && p[1] == '=')
            return p;
    }
    return NULL;
}

/* Finds the "?=" that ends the text. In Q text a "?=" followed by two hex digits may be an unencoded question
 * mark before an encoded octet: then a later one counts, where there is one in the same word. */
static const char *word_end(struct tk_headers_search *search, const char *text, gboolean base64)
{
    const char *end = next_end(search, text), *later = end;

    while (later != NULL && !base64 && g_ascii_isxdigit(later[2]) && g_ascii_isxdigit(later[3])) {
        end = later;
        later = later_end(end + 2);
    }
    return later != NULL ? later : end;
}

static gboolean read_word(struct tk_headers_search *search, const char *p, struct word *word_r)
{
    struct word word = {0};
    const char *end;

    if (p[0] != '=' || p[1] != '?')
        return FALSE;
    word.charset = p + 2;
    word.charset_len = strcspn(word.charset, "? \t<>@,;");
    if (word.charset[word.charset_len] != '?' || word.charset_len > TK_CAP_CHARSET)
        return FALSE;
    p = word.charset + word.charset_len + 1;
    if (*p == '\0' || strchr("bBqQ", *p) == NULL || p[1] != '?')
        return FALSE;
    word.base64 = *p == 'b' || *p == 'B';
    word.text = p + 2;
    end = word_end(search, word.text, word.base64);
    if (end == NULL) { /* cut off: what is there, where it is one run of letters */
        if (*word.text == '\0' || has_blank(search, word.text))
            return FALSE;
        word.text_len = strlen(word.text);
        word.len = word.text + word.text_len - word.charset + 2;
    } else {
        word.text_len = end - word.text;
        word.len = end + 2 - word.charset + 2;
    }
    *word_r = word;
    return TRUE;
}

gsize tk_headers_encoded_word(struct tk_headers_search *search, const char *text)
{
    struct word word;

    return read_word(search, text, &word) ? word.len : 0;
}

static void append_base64(GByteArray *out, const char *text, gsize len)
{
    guint32 bits = 0;
    guint count = 0;

    for (gsize i = 0; i < len; i++) {
        const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const char *at = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;

        if (text[i] == '=') /* padding: what follows, if any, begins anew */
            bits = count = 0;
        if (at == NULL)
            continue;
        bits = bits << 6 | (guint32)(at - alphabet);
        count += 6;
        if (count >= 8) {
            guint8 octet = (guint8)(bits >> (count - 8));

            g_byte_array_append(out, &octet, 1);
            count -= 8;
            bits &= (1u << count) - 1;
        }
    }
}

static void append_q(GByteArray *out, const char *text, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        guint8 octet = text[i];

        if (octet == '_') {
            octet = ' ';
        } else if (octet == '=' && i + 2 < len && g_ascii_isxdigit(text[i + 1]) &&
                   g_ascii_isxdigit(text[i + 2])) {
            octet = (guint8)(g_ascii_xdigit_value(text[i + 1]) << 4 | g_ascii_xdigit_value(text[i + 2]));
            i += 2;
        }
        g_byte_array_append(out, &octet, 1);
    }
}

/* Octets of words in one charset that follow each other, converted together: a letter may be cut between
 * two. */
struct pending {
    GByteArray *octets;
    char *charset; /* NULL: nothing pending */
};

static void flush(struct pending *pending, GString *out, guint *marks)
{
    if (pending->charset != NULL) {
        g_autofree char *text =
            tk_charset_decode(pending->octets->data, pending->octets->len, pending->charset, marks);

        g_string_append(out, text);
    }
    g_byte_array_set_size(pending->octets, 0);
    g_clear_pointer(&pending->charset, g_free);
}

static void take_word(struct pending *pending, const struct word *word, GString *out, guint *marks)
{
    const char *star = memchr(word->charset, '*', word->charset_len); /* RFC 2231 section 5: language */
    gsize len = star != NULL ? (gsize)(star - word->charset) : word->charset_len;
    g_autofree char *charset = g_ascii_strdown(word->charset, len);

    if (pending->charset == NULL || strcmp(pending->charset, charset) != 0) {
        flush(pending, out, marks);
        pending->charset = g_steal_pointer(&charset);
    }
    if (word->base64)
        append_base64(pending->octets, word->text, word->text_len);
    else
        append_q(pending->octets, word->text, word->text_len);
}

char *tk_headers_decode(const char *value, guint *marks)
{
    if (strstr(value, "=?") == NULL)
        return tk_text_one_line(value);
    GString *out = g_string_sized_new(strlen(value) + 16);
    struct pending pending = {g_byte_array_new(), NULL};
    struct tk_headers_search search = {0};
    const char *p = value;

    while (*p != '\0') {
        gsize blanks = strspn(p, " \t");
        struct word word;
        gsize plain;

        if (read_word(&search, p + blanks, &word)) {
            if (pending.charset == NULL)
                g_string_append_len(out, p, blanks);
            take_word(&pending, &word, out, marks);
            p += blanks + word.len;
            continue;
        }
        flush(&pending, out, marks);
        plain = blanks;
        plain += p[plain] == '=' ? 1 : 0;
        plain += strcspn(p + plain, "= \t");
        g_string_append_len(out, p, plain);
        p += plain;
    }
    flush(&pending, out, marks);
    g_byte_array_free(pending.octets, TRUE);
    return tk_headers_one_line(g_string_free(out, FALSE));
}

/* ---- fields ---- */

/* The length of the field name that the line starts with, 0 where it is no field. */
static gsize field_name(const guint8 *line, gsize len, gsize *colon_r)
{
    const guint8 *colon = memchr(line, ':', MIN(len, NAME_MAX_LEN));
    gsize name;

    if (colon == NULL)
        return 0;
    name = colon - line;
    *colon_r = name;
    while (name > 0 && (line[name - 1] == ' ' || line[name - 1] == '\t'))
        name--;
    for (gsize i = 0; i < name; i++) {
        if (line[i] <= ' ' || line[i] >= 0x7f)
            return 0;
    }
    return name;
}

/* Whether octets of a value are such that RAW is not what they were. */
static gboolean is_odd(const GString *value)
{
    for (gsize i = 0; i < value->len; i++) {
        guint8 octet = (guint8)value->str[i];

        if ((octet < ' ' && octet != '\t') || octet == 0x7f)
            return TRUE;
    }
    return value->len > TK_CAP_HEADER_LINE || !g_utf8_validate(value->str, (gssize)value->len, NULL);
}

static void add_field(GPtrArray *fields, GString *name, GString *value, gboolean blank, const char *hint,
                      guint *marks)
{
    struct tk_header *field;

    if (name->len == 0)
        return;
    field = g_new0(struct tk_header, 1);
    field->name = g_strdup(name->str);
    field->raw = tk_headers_one_line(
        tk_charset_decode_bare((const guint8 *)value->str, MIN(value->len, TK_CAP_HEADER_LINE), hint, marks));
    field->value = tk_headers_decode(field->raw, marks);
    field->odd = blank || is_odd(value);
    g_ptr_array_add(fields, field);
    g_string_truncate(name, 0);
}

GPtrArray *tk_headers_split(const guint8 *block, gsize len, guint max, const char *hint, guint *marks,
                            gboolean *cut_r)
{
    GPtrArray *fields = g_ptr_array_new_with_free_func(tk_headers_free_field);
    g_autoptr(GString) name = g_string_new(NULL);
    g_autoptr(GString) value = g_string_new(NULL);
    gboolean cut = FALSE, blank = FALSE;

    while (len > 0 && !cut) {
        const guint8 *newline = memchr(block, '\n', len);
        gsize line = newline != NULL ? (gsize)(newline - block) : len;
        gsize next = newline != NULL ? line + 1 : line;
        gsize colon = 0, name_len = 0;

        while (line > 0 && block[line - 1] == '\r')
            line--;
        if (line == 0)
            break;
        if (block[0] != ' ' && block[0] != '\t')
            name_len = field_name(block, line, &colon);
        if (name_len > 0) {
            add_field(fields, name, value, blank, hint, marks);
            cut = fields->len >= max;
            if (cut)
                break;
            g_string_append_len(name, (const char *)block, name_len);
            blank = name_len < colon;
            g_string_truncate(value, 0);
            g_string_append_len(value, (const char *)block + colon + 1, line - colon - 1);
        } else if (name->len > 0) {
            if (block[0] != ' ' && block[0] != '\t')
                g_string_append_c(value, ' ');
            g_string_append_len(value, (const char *)block, line);
        }
        block += next;
        len -= next;
    }
    add_field(fields, name, value, blank, hint, marks);
    if (cut_r != NULL)
        *cut_r = cut;
    return fields;
}

const struct tk_header *tk_headers_find(const GPtrArray *fields, const char *name)
{
    for (guint i = 0; i < fields->len; i++) {
        const struct tk_header *field = g_ptr_array_index(fields, i);

        /* the first letter decides mostly */
        if (g_ascii_tolower(*field->name) == g_ascii_tolower(*name) &&
            g_ascii_strcasecmp(field->name, name) == 0)
            return field;
    }
    return NULL;
}

/* ---- Message-IDs ---- */

static void keep_id(GPtrArray *ids, const char *text, gsize len, guint max)
{
    while (len > 0 && g_ascii_isspace(*text)) {
        text++;
        len--;
    }
    while (len > 0 && g_ascii_isspace(text[len - 1]))
        len--;
    if (len == 0)
        return;
    if (ids->len == max) /* the first names the thread, the last ones the mail that is answered */
        g_ptr_array_remove_index(ids, max > 1 ? 1 : 0);
    g_ptr_array_add(ids, g_strndup(text, len));
}

GPtrArray *tk_headers_ids(const char *value, guint max)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    const char *p = value;

    for (const char *open = strchr(p, '<'); open != NULL; open = strchr(p, '<')) {
        const char *close = strchr(open, '>');

        if (close == NULL)
            break;
        for (const char *inner = open; inner < close; inner++)
            open = *inner == '<' ? inner : open; /* one without an end stands before it */
        keep_id(ids, open + 1, close - open - 1, max);
        p = close + 1;
    }
    if (ids->len > 0)
        return ids;
    for (p = value; *p != '\0';) {
        gsize len;

        p += strspn(p, " \t,<>");
        len = strcspn(p, " \t,<>");
        if (memchr(p, '@', len) != NULL)
            keep_id(ids, p, len, max);
        p += len;
    }
    return ids;
}
