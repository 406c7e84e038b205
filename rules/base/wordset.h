/* wordset: a table of words that many texts are searched for, all of its words at once.
 *
 * A search goes over the text once, whatever the number of words: they are chained by their first two bytes
 * (or by their last two), of which few pairs occur in a text. Safe from any thread. Cannot fail. */
#ifndef TK_RULES_WORDSET_H
#define TK_RULES_WORDSET_H

#include <glib.h>

/* A static variable, made by TK_WORDSET or TK_WORDSET_AT_END and prepared at its first use. */
struct tk_wordset {
    const char *const *words; /* at most 65534, ended by NULL, of two bytes at least (tk_wordset_is() takes
                                 shorter ones too) */
    gboolean at_end;          /* made for tk_wordset_ends() and tk_wordset_ends_whole(), and only for them */
    /* the module's own */
    gsize ready;
    guint16 heads[256]; /* a word's place in the table, plus 1 */
    guint16 *chain;
};

#define TK_WORDSET(table)                                                                                    \
    {                                                                                                        \
        .words = (table)                                                                                     \
    }
#define TK_WORDSET_AT_END(table)                                                                             \
    {                                                                                                        \
        .words = (table), .at_end = TRUE                                                                     \
    }

/* Whether TEXT begins with a word of the set. */
gboolean tk_wordset_begins(struct tk_wordset *set, const char *text);

/* Whether the LEN bytes at TEXT are a word of the set. */
gboolean tk_wordset_is(struct tk_wordset *set, const char *text, gsize len);

/* Whether the LEN bytes at TEXT end with a word of the set; for the second one with nothing in front that is
 * a letter (a byte above ASCII counts as one). */
gboolean tk_wordset_ends(struct tk_wordset *set, const char *text, gsize len);
gboolean tk_wordset_ends_whole(struct tk_wordset *set, const char *text, gsize len);

/* Whether TEXT has a word of the set anywhere; for the second one without letters on either side of it. */
gboolean tk_wordset_contains(struct tk_wordset *set, const char *text);
gboolean tk_wordset_contains_whole(struct tk_wordset *set, const char *text);

#endif
