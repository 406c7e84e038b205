/* limits_header: watches the value of one header field byte by byte for what must not reach GMime, and for
 * counts.
 *
 * Owns nothing. Cannot fail: what it finds it writes into its struct, and limits decides. */
#include "rules/limits/limits_header.h"

#include <string.h>

#include "rules/limits/limits_caps.h"

enum { WORD_OUT, WORD_EQUALS, WORD_CHARSET, WORD_ENCODING, WORD_LETTER };

void tk_limits_header_begin(struct tk_limits_header *header, enum tk_limits_field field)
{
    memset(header, 0, sizeof *header);
    header->field = field;
}

/* Follows "=?charset?Q?": GMime puts this charset name on the stack. Blanks do not end the name, since GMime
 * may join words before it looks. */
static void watch_encoded_word(struct tk_limits_header *header, guint8 c)
{
    switch (header->word_state) {
    case WORD_EQUALS:
        if (c == '?') {
            header->word_state = WORD_CHARSET;
            header->word = 0;
            return;
        }
        break;
    case WORD_CHARSET:
        if (c != '?') {
            header->word++;
            if (c == '=') /* may be the start of the true one */
                header->word_state = header->word > TK_CAP_CHARSET ? WORD_CHARSET : WORD_EQUALS;
            return;
        }
        header->word_state = WORD_ENCODING;
        return;
    case WORD_ENCODING:
        header->word_state = strchr("bBqQ", c) != NULL && c != '\0' ? WORD_LETTER : WORD_OUT;
        return;
    case WORD_LETTER:
        if (c == '?' && header->word > TK_CAP_CHARSET)
            header->long_charset = TRUE;
        break;
    case WORD_OUT: break;
    }
    header->word_state = c == '=' ? WORD_EQUALS : WORD_OUT;
}

/* Counts what a search for the end of each encoded word passes over. */
static void watch_open_words(struct tk_limits_header *header, guint8 c)
{
    if (header->last == '?' && c == '=')
        header->open_words = 0;
    else if (header->last == '=' && c == '?')
        header->open_words++;
    header->word_search += header->open_words;
}

/* Follows "charset=name" and the charset in front of the first quote of "name*=charset'language'value". */
static void watch_charset_parameter(struct tk_limits_header *header, guint8 c)
{
    static const char name[] = "charset";

    if (header->name_run > 0) {
        gboolean blank = c == ' ' || c == '\t';

        if (c == ';' || c == '\r' || c == '\n' || (blank && header->name_run > 1))
            header->name_run = 0;
        else if (blank)
            return;
        else if (++header->name_run > TK_CAP_CHARSET + 3) /* the sign itself and quotes */
            header->long_charset = TRUE;
    } else if (header->name_match == strlen(name)) {
        if (c == '=')
            header->name_run = 1;
        if (c != ' ' && c != '\t' && c != '*')
            header->name_match = 0;
    } else if (g_ascii_tolower(c) == name[header->name_match]) {
        header->name_match++;
    } else {
        header->name_match = g_ascii_tolower(c) == name[0] ? 1 : 0;
    }

    if (header->extended > 0) {
        if (c == '\'') {
            if (header->extended > TK_CAP_CHARSET + 2)
                header->long_charset = TRUE;
            header->extended = 0;
        } else if (c == ';') {
            header->extended = 0;
        } else {
            header->extended++;
        }
    } else if (c == '=' && header->last == '*') {
        header->extended = 1;
    }
}

/* Counts addresses and the depth of groups ("a: b: c;"): GMime recurses on them. */
static void watch_addresses(struct tk_limits_header *header, guint8 c)
{
    if (c == ',') {
        header->addresses++;
    } else if (c == '<') {
        header->angle = TRUE;
    } else if (c == '>') {
        header->angle = FALSE;
    } else if (c == ';') {
        header->open_groups = 0;
        header->addresses++;
    } else if (c == ':') {
        /* Inside <> a colon is a source route, but an angle that never closes would hide groups. */
        if (!header->angle || header->seen_colon)
            header->open_groups++;
        header->seen_colon = header->angle;
        header->groups = MAX(header->groups, header->open_groups);
    }
}

/* Quoted strings and comments, as GMime's own lexer skips them. Returns whether C stands outside of both. */
static gboolean outside(struct tk_limits_header *header, guint8 c)
{
    if (header->escaped) {
        header->escaped = FALSE;
        return FALSE;
    }
    if (c == '\\' && (header->quoted || header->comment > 0)) {
        header->escaped = TRUE;
        return FALSE;
    }
    if (c == '"' && header->comment == 0) {
        header->quoted = !header->quoted;
        return FALSE;
    }
    if (header->quoted)
        return FALSE;
    if (c == '(') {
        header->comment++;
        return FALSE;
    }
    if (c == ')' && header->comment > 0) {
        header->comment--;
        return FALSE;
    }
    return header->comment == 0;
}

static void watch_byte(struct tk_limits_header *header, guint8 c)
{
    watch_encoded_word(header, c);
    watch_open_words(header, c);
    switch (header->field) {
    case TK_LIMITS_FIELD_OTHER: break;
    case TK_LIMITS_FIELD_ADDRESS:
        if (c == ':') /* also where a quote never closes: another lexer may see it closed */
            header->colons++;
        if (outside(header, c))
            watch_addresses(header, c);
        break;
    case TK_LIMITS_FIELD_CONTENT:
    case TK_LIMITS_FIELD_CONTENT_TYPE:
        watch_charset_parameter(header, c);
        if (outside(header, c) && c == ';')
            header->params++;
        break;
    }
    header->last = c;
}

void tk_limits_header_push(struct tk_limits_header *header, const guint8 *data, gsize len)
{
    header->bytes += len;
    for (gsize i = 0; i < len; i++)
        watch_byte(header, data[i]);
}

enum tk_limits_field tk_limits_header_field(const char *name, gsize len)
{
    static const struct {
        const char *name;
        enum tk_limits_field field;
    } fields[] = {
        {"from", TK_LIMITS_FIELD_ADDRESS},
        {"sender", TK_LIMITS_FIELD_ADDRESS},
        {"reply-to", TK_LIMITS_FIELD_ADDRESS},
        {"to", TK_LIMITS_FIELD_ADDRESS},
        {"cc", TK_LIMITS_FIELD_ADDRESS},
        {"bcc", TK_LIMITS_FIELD_ADDRESS},
        {"content-type", TK_LIMITS_FIELD_CONTENT_TYPE},
        {"content-disposition", TK_LIMITS_FIELD_CONTENT},
    };

    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (len == strlen(fields[i].name) && g_ascii_strncasecmp(name, fields[i].name, len) == 0)
            return fields[i].field;
    }
    return TK_LIMITS_FIELD_OTHER;
}

gsize tk_limits_header_boundary(const char *type, const char **boundary_r)
{
    gboolean quoted = FALSE;

    for (const char *p = type; *p != '\0'; p++) {
        const char *value;
        gsize len;

        if (*p == '\\' && quoted && p[1] != '\0') {
            p++;
            continue;
        }
        if (*p == '"')
            quoted = !quoted;
        if (quoted || (p > type && strchr("; \t\r\n", p[-1]) == NULL) ||
            g_ascii_strncasecmp(p, "boundary", 8) != 0)
            continue;
        value = p + 8 + strspn(p + 8, " \t\r\n");
        if (*value != '=')
            continue;
        value++;
        value += strspn(value, " \t\r\n");
        if (*value == '"')
            len = strcspn(++value, "\"");
        else
            len = strcspn(value, "; \t\r\n");
        *boundary_r = value;
        return len;
    }
    return 0;
}
