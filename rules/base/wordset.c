/* wordset: a table of words that many texts are searched for. Owns the chains of each set. */
#include "rules/base/wordset.h"

#include <string.h>

static guint8 pair_hash(char first, char second)
{
    return (guint8)((guint8)first * 31 + (guint8)second);
}

static void prepare(struct tk_wordset *set)
{
    if (!g_once_init_enter(&set->ready))
        return;
    set->chain = g_new0(guint16, g_strv_length((char **)set->words) + 1);
    for (guint16 i = 0; set->words[i] != NULL; i++) {
        const char *pair = set->at_end ? set->words[i] + strlen(set->words[i]) - 2 : set->words[i];
        guint16 *head = &set->heads[pair_hash(pair[0], pair[1])];

        set->chain[i] = *head;
        *head = (guint16)(i + 1);
    }
    g_once_init_leave(&set->ready, 1);
}

/* Nearly all words differ from the text in their third byte. */
static gboolean begins_with(const char *text, const char *word)
{
    while (*word != '\0' && *text == *word) {
        text++;
        word++;
    }
    return *word == '\0';
}

/* What is chained for the pair of bytes: places plus 1, ended by 0. */
static guint16 first_of(const struct tk_wordset *set, const char *pair)
{
    return *pair == '\0' ? 0 : set->heads[pair_hash(pair[0], pair[1])];
}

static gboolean is_letter(char c)
{
    return g_ascii_isalpha(c) || ((guchar)c & 0x80) != 0;
}

gboolean tk_wordset_begins(struct tk_wordset *set, const char *text)
{
    prepare(set);
    for (guint16 i = first_of(set, text); i != 0; i = set->chain[i - 1]) {
        if (begins_with(text, set->words[i - 1]))
            return TRUE;
    }
    return FALSE;
}

gboolean tk_wordset_is(struct tk_wordset *set, const char *text, gsize len)
{
    prepare(set);
    if (len == 0)
        return FALSE;
    for (guint16 i = set->heads[pair_hash(text[0], len > 1 ? text[1] : '\0')]; i != 0;
         i = set->chain[i - 1]) {
        if (strlen(set->words[i - 1]) == len && memcmp(set->words[i - 1], text, len) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean ends(struct tk_wordset *set, const char *text, gsize len, gboolean whole)
{
    prepare(set);
    for (guint16 i = len < 2 ? 0 : first_of(set, text + len - 2); i != 0; i = set->chain[i - 1]) {
        const gsize n = strlen(set->words[i - 1]);

        if (len >= n && memcmp(text + len - n, set->words[i - 1], n) == 0 &&
            (!whole || len == n || !is_letter(text[len - n - 1])))
            return TRUE;
    }
    return FALSE;
}

gboolean tk_wordset_ends(struct tk_wordset *set, const char *text, gsize len)
{
    return ends(set, text, len, FALSE);
}

gboolean tk_wordset_ends_whole(struct tk_wordset *set, const char *text, gsize len)
{
    return ends(set, text, len, TRUE);
}

gboolean tk_wordset_contains(struct tk_wordset *set, const char *text)
{
    prepare(set);
    for (; *text != '\0'; text++) {
        if (first_of(set, text) != 0 && tk_wordset_begins(set, text))
            return TRUE;
    }
    return FALSE;
}

gboolean tk_wordset_contains_whole(struct tk_wordset *set, const char *text)
{
    prepare(set);
    for (const char *p = text; *p != '\0'; p++) {
        if (p > text && is_letter(p[-1]))
            continue;
        for (guint16 i = first_of(set, p); i != 0; i = set->chain[i - 1]) {
            if (begins_with(p, set->words[i - 1]) && !is_letter(p[strlen(set->words[i - 1])]))
                return TRUE;
        }
    }
    return FALSE;
}
