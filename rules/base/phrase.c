/* phrase: folding of texts and the search for phrases in them. Owns nothing; cannot fail. */
#include "config.h" /* memmem() */

#include "rules/base/phrase.h"

#include <string.h>

static const char *const answer_prefixes[] = {
    "antw",       "antwort", "atb",  "aw",   "bls",  "doorst", "enc",  "fs",   "fw",   "fwd",   "i",
    "ilt",        "odp",     "pd",   "r",    "re",   "ref",    "res",  "rif",  "rv",   "sv",    "tr",
    "továbbítás", "vb",      "vl",   "vs",   "wg",   "ynt",    "σχετ", "πρθ",  "отв",  "ответ", "пересл",
    "回复",       "回覆",    "答复", "转发", "轉寄", "返信",   "転送", "전달", "회신",
};

/* Signs that stand between the words of a program's subject and the subject it speaks of. */
static gboolean is_sign(gunichar c)
{
    return c != '\0' && c < 0x80 ? strchr(":;-([{])}!,./|*#'\"<>=", (int)c) != NULL
                                 : g_unichar_ispunct(c) || c == 0x3010 || c == 0x3011;
}

static gunichar plain_sign(gunichar c)
{
    if (c < 0x80)
        return c == '`' ? '\'' : c;
    if (c == 0x2018 || c == 0x2019 || c == 0x201b || c == 0x2032 || c == 0x00b4)
        return '\'';
    if (c == 0x201c || c == 0x201d || c == 0x201e || c == 0x00ab || c == 0x00bb)
        return '"';
    if (c >= 0x2010 && c <= 0x2015)
        return '-';
    return c;
}

/* Copies the head of TEXT without the lines that a person has quoted. */
static GString *unquoted_head(const char *text, gsize cap)
{
    GString *head = g_string_new(NULL);
    gsize len = strnlen(text, cap);
    while (len > 0 && ((guchar)text[len] & 0xC0) == 0x80)
        len--; /* CAP cuts a character */
    for (gsize i = 0; i < len;) {
        const char *end = memchr(text + i, '\n', len - i);
        gsize line = end != NULL ? (gsize)(end - text) - i + 1 : len - i;
        if (text[i] != '>')
            g_string_append_len(head, text + i, (gssize)line);
        i += line;
    }
    return head;
}

/* Compatibility forms and case as one. */
static char *lower_case(const GString *head)
{
    g_autofree char *composed = g_utf8_normalize(head->str, (gssize)head->len, G_NORMALIZE_ALL_COMPOSE);
    return g_utf8_casefold(composed != NULL ? composed : "", -1);
}

enum kind { VISIBLE, BLANK, INVISIBLE };

static enum kind kind_of(gunichar c)
{
    if (c < 0x80)
        return c > ' ' && c != 0x7f ? VISIBLE : BLANK;
    if (g_unichar_isspace(c) || g_unichar_iscntrl(c))
        return BLANK;
    return g_unichar_type(c) == G_UNICODE_FORMAT ? INVISIBLE : VISIBLE; /* zero width and direction marks */
}

/* The same for ASCII, which most mails are and for which the tables of Unicode cost much. NULL where TEXT
 * is more than that. */
static char *fold_ascii(const GString *text)
{
    char *folded = g_malloc(text->len + 1), *to = folded;
    gboolean blank = FALSE;
    for (const char *p = text->str; *p != '\0'; p++) {
        char c = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
        if ((guchar)c >= 0x80) {
            g_free(folded);
            return NULL;
        }
        if (c <= ' ' || c == 0x7f) {
            blank = TRUE;
            continue;
        }
        if (blank && to > folded)
            *to++ = ' ';
        blank = FALSE;
        *to++ = c == '`' ? '\'' : c;
    }
    *to = '\0';
    return folded;
}

char *tk_phrase_fold(const char *text, gsize cap)
{
    g_autoptr(GString) head = unquoted_head(text != NULL ? text : "", cap);
    char *folded = fold_ascii(head);
    if (folded != NULL)
        return folded;
    g_autofree char *lower = lower_case(head);
    GString *out = g_string_sized_new(head->len + 1);
    gboolean blank = FALSE;
    for (const char *p = lower; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = plain_sign(g_utf8_get_char(p));
        enum kind kind = kind_of(c);
        blank = blank || kind == BLANK;
        if (kind != VISIBLE)
            continue;
        if (blank && out->len > 0)
            g_string_append_c(out, ' ');
        blank = FALSE;
        if (c < 0x80)
            g_string_append_c(out, (char)c);
        else
            g_string_append_unichar(out, c);
    }
    return g_string_free(out, FALSE);
}

static const char *after_signs(const char *folded)
{
    while (*folded == ' ' || is_sign(g_utf8_get_char(folded)))
        folded = g_utf8_next_char(folded);
    return folded;
}

const struct tk_phrase *tk_phrase_find(const struct tk_phrase *table, gsize count, const char *folded,
                                       const char **after_r)
{
    const struct tk_phrase *best = NULL;
    const char *start = after_signs(folded), *after = NULL;
    for (gsize i = 0; i < count; i++) {
        /* nearly all differ from the text in the first byte */
        if (table[i].at == TK_PHRASE_START && table[i].words[0] != *start)
            continue;
        gsize len = strlen(table[i].words);
        const char *hit = NULL;
        switch (table[i].at) {
        case TK_PHRASE_START: hit = strncmp(start, table[i].words, len) == 0 ? start : NULL; break;
        case TK_PHRASE_HEAD:
            hit = memmem(folded, strnlen(folded, TK_PHRASE_HEAD_BYTES + len), table[i].words, len);
            break;
        case TK_PHRASE_ANY: hit = strstr(folded, table[i].words); break;
        }
        if (hit == NULL || (best != NULL && len <= strlen(best->words)))
            continue;
        best = &table[i];
        after = hit + len;
        if (best->at != TK_PHRASE_START)
            break;
    }
    if (best != NULL && after_r != NULL)
        *after_r = after;
    return best;
}

gboolean tk_phrase_ends(const char *after)
{
    while (*after == ' ')
        after++;
    return *after == '\0' || is_sign(g_utf8_get_char(after));
}

/* What follows one mark of an answer, or NULL. */
static const char *after_answer(const char *folded_subject)
{
    const char *start = after_signs(folded_subject);
    for (gsize i = 0; i < G_N_ELEMENTS(answer_prefixes); i++) {
        if (answer_prefixes[i][0] != *start || !g_str_has_prefix(start, answer_prefixes[i]))
            continue;
        const char *after = start + strlen(answer_prefixes[i]);
        while (*after == ' ')
            after++;
        if (*after == '[' || *after == '(') { /* "re[2]:" */
            after++;
            while (g_ascii_isdigit(*after))
                after++;
            if (*after == ']' || *after == ')')
                after++;
        }
        while (*after == ' ')
            after++;
        if (*after == ':')
            return after + 1;
    }
    return NULL;
}

gboolean tk_phrase_answers(const char *folded_subject)
{
    return after_answer(folded_subject) != NULL;
}

const char *tk_phrase_after_answers(const char *folded_subject)
{
    for (const char *after; (after = after_answer(folded_subject)) != NULL;)
        folded_subject = after;
    while (*folded_subject == ' ')
        folded_subject++;
    return folded_subject;
}
