/* params: a Content-Type or Content-Disposition value and its parameters (RFC 2045 section 5, RFC 2183),
 * with all forms of long and encoded ones: RFC 2231 sections and charsets, encoded words, bare 8-bit text.
 *
 * Owns what it parsed. Cannot fail: what is no parameter is passed over. */
#include "rules/field/params.h"

#include <string.h>

#include "rules/charset/charset.h"
#include "rules/field/headers.h"
#include "rules/limits/limits_caps.h"

/* One "name*section*=value" as it stands. */
struct piece {
    char *name; /* lower case, without section and star */
    char *value;
    guint section;
    gboolean sectioned, extended, quoted;
};

struct param {
    char *name, *value;
};

struct tk_params {
    char *value;
    GArray *params; /* of struct param */
};

static void clear_piece(gpointer data)
{
    struct piece *piece = data;

    g_free(piece->name);
    g_free(piece->value);
}

static void clear_param(gpointer data)
{
    struct param *param = data;

    g_free(param->name);
    g_free(param->value);
}

/* ---- reading ---- */

static const char *skip_comment(const char *p)
{
    guint depth = 0;

    for (; *p != '\0'; p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
        else if (*p == '(')
            depth++;
        else if (*p == ')' && --depth == 0)
            return p + 1;
    }
    return p;
}

static const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '(')
        p = *p == '(' ? skip_comment(p) : p + 1;
    return p;
}

static const char *read_quoted(const char *p, GString *out)
{
    for (p++; *p != '\0' && *p != '"'; p++) {
        /* Windows paths come with single backslashes: only quotes and backslashes are escaped. */
        if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
            p++;
        g_string_append_c(out, *p);
    }
    return *p == '"' ? p + 1 : p;
}

/* A value without quotes ends at ";". Blanks are part of it, since file names are written so; a word that is
 * the next "name=" without a semicolon is not. */
static const char *read_bare(const char *p, GString *out)
{
    struct tk_headers_search search = {0};

    while (*p != '\0' && *p != ';') {
        gsize blanks = strspn(p, " \t");
        gsize word = blanks > 0 ? blanks : MAX(tk_headers_encoded_word(&search, p), 1);

        if (blanks > 0) {
            const char *next = p + blanks;
            gsize name = strcspn(next, "= \t;\"()");

            if (*next == '(' || *next == '\0' || (name > 0 && next[name] == '='))
                return next;
        }
        g_string_append_len(out, p, word);
        p += word;
    }
    return p;
}

/* Splits "name*3*" into its name, section and mark. */
static void read_name(const char *text, gsize len, struct piece *piece)
{
    const char *star;

    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    if (len > 0 && text[len - 1] == '*') {
        piece->extended = TRUE;
        len--;
    }
    star = memchr(text, '*', len);
    if (star != NULL && star + 1 < text + len && g_ascii_isdigit(star[1])) {
        piece->sectioned = TRUE;
        piece->section = (guint)MIN(g_ascii_strtoull(star + 1, NULL, 10), TK_CAP_PARAMS);
        len = star - text;
    }
    piece->name = g_ascii_strdown(text, len);
}

static GArray *read_pieces(const char *p)
{
    GArray *pieces = g_array_new(FALSE, TRUE, sizeof(struct piece));

    g_array_set_clear_func(pieces, clear_piece);
    while (*p != '\0' && pieces->len < TK_CAP_PARAMS) {
        struct piece piece = {0};
        GString *value;
        gsize name;

        p += strspn(p, "; \t");
        p = skip_blanks(p);
        name = strcspn(p, "=;");
        if (p[name] != '=' || name == 0) {
            p += name + (p[name] == '=' ? 1 : 0);
            continue;
        }
        read_name(p, name, &piece);
        p = skip_blanks(p + name + 1);
        value = g_string_new(NULL);
        piece.quoted = *p == '"';
        p = piece.quoted ? read_quoted(p, value) : read_bare(p, value);
        g_strchomp(value->str);
        piece.value = g_string_free(value, FALSE);
        g_array_append_val(pieces, piece);
        p = skip_blanks(p);
    }
    return pieces;
}

/* ---- RFC 2231 ---- */

static void append_percent(GByteArray *out, const char *text)
{
    for (; *text != '\0'; text++) {
        guint8 octet = *text;

        if (octet == '%' && g_ascii_isxdigit(text[1]) && g_ascii_isxdigit(text[2])) {
            octet = (guint8)(g_ascii_xdigit_value(text[1]) << 4 | g_ascii_xdigit_value(text[2]));
            text += 2;
        }
        g_byte_array_append(out, &octet, 1);
    }
}

/* Takes "charset'language'" off the front of an extended value. */
static const char *take_charset(const char *value, char **charset_r)
{
    const char *first = strchr(value, '\''), *second;

    if (first == NULL || first - value > TK_CAP_CHARSET)
        return value;
    second = strchr(first + 1, '\'');
    if (second == NULL)
        return value;
    *charset_r = g_strndup(value, first - value);
    return second + 1;
}

static const struct piece *find_section(const GArray *pieces, const char *name, guint section)
{
    for (guint i = 0; i < pieces->len; i++) {
        const struct piece *piece = &g_array_index(pieces, struct piece, i);

        if (piece->sectioned && piece->section == section && strcmp(piece->name, name) == 0)
            return piece;
    }
    return NULL;
}

static char *join_sections(const GArray *pieces, const char *name, guint *marks)
{
    g_autoptr(GByteArray) octets = g_byte_array_new();
    g_autofree char *charset = NULL;
    gboolean extended = FALSE;
    const struct piece *piece;
    guint first = find_section(pieces, name, 0) != NULL ? 0 : 1; /* some begin to count at one */

    for (guint i = first; (piece = find_section(pieces, name, i)) != NULL; i++) {
        const char *value = piece->value;

        if (i == first && piece->extended)
            value = take_charset(value, &charset);
        extended = extended || piece->extended;
        if (piece->extended)
            append_percent(octets, value);
        else
            g_byte_array_append(octets, (const guint8 *)value, (guint)strlen(value));
    }
    if (!extended) { /* encoded words that were cut into sections come together here */
        g_autofree char *joined = g_strndup((const char *)octets->data, octets->len);

        return tk_headers_decode(joined, marks);
    }
    return tk_headers_one_line(tk_charset_decode(octets->data, octets->len, charset, marks));
}

static char *decode_single(const struct piece *piece, guint *marks)
{
    g_autofree char *charset = NULL;
    g_autoptr(GByteArray) octets = NULL;

    if (!piece->extended)
        return tk_headers_decode(piece->value, marks);
    octets = g_byte_array_new();
    append_percent(octets, take_charset(piece->value, &charset));
    return tk_headers_one_line(tk_charset_decode(octets->data, octets->len, charset, marks));
}

/* ---- the whole ---- */

static void set_param(struct tk_params *params, const char *name, char *value)
{
    struct param param = {g_strdup(name), value};

    g_array_append_val(params->params, param);
}

struct tk_params *tk_params_parse(const char *value, guint *marks)
{
    struct tk_params *params = g_new0(struct tk_params, 1);
    g_autoptr(GArray) pieces = NULL;
    gsize head;

    params->params = g_array_new(FALSE, TRUE, sizeof(struct param));
    g_array_set_clear_func(params->params, clear_param);
    value = skip_blanks(value);
    head = strcspn(value, ";( \t");
    params->value = g_ascii_strdown(value, head);
    pieces = read_pieces(value + head);
    /* RFC 2231 forms first: where a mail has both, they are what the sender means. */
    for (guint i = 0; i < pieces->len; i++) {
        const struct piece *piece = &g_array_index(pieces, struct piece, i);

        if (tk_params_get(params, piece->name) != NULL)
            continue;
        if (piece->sectioned && piece->section <= 1)
            set_param(params, piece->name, join_sections(pieces, piece->name, marks));
        else if (piece->extended)
            set_param(params, piece->name, decode_single(piece, marks));
    }
    for (guint i = 0; i < pieces->len; i++) {
        const struct piece *piece = &g_array_index(pieces, struct piece, i);

        if (!piece->sectioned && !piece->extended && tk_params_get(params, piece->name) == NULL)
            set_param(params, piece->name, decode_single(piece, marks));
    }
    return params;
}

void tk_params_free(struct tk_params **params)
{
    struct tk_params *gone = *params;

    *params = NULL;
    if (gone == NULL)
        return;
    g_free(gone->value);
    g_array_free(gone->params, TRUE);
    g_free(gone);
}

const char *tk_params_value(const struct tk_params *params)
{
    return params->value;
}

const char *tk_params_get(const struct tk_params *params, const char *name)
{
    for (guint i = 0; i < params->params->len; i++) {
        const struct param *param = &g_array_index(params->params, struct param, i);

        if (strcmp(param->name, name) == 0)
            return param->value;
    }
    return NULL;
}
