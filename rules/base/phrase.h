/* phrase: words that machines write, looked up in folded text.
 *
 * Folding makes texts comparable: compatibility forms, case, quotes, dashes and white space become one. The
 * tables of phrases are written folded. Every look-up is over a head of bounded size, so a search costs at
 * most (phrases x head). */
#ifndef TK_RULES_PHRASE_H
#define TK_RULES_PHRASE_H

#include <glib.h>

enum tk_phrase_at {
    TK_PHRASE_START, /* the text begins with it, brackets and other signs before it aside */
    TK_PHRASE_HEAD,  /* it begins in the first TK_PHRASE_HEAD_BYTES */
    TK_PHRASE_ANY    /* anywhere in the folded text */
};

/* Where a program that speaks first has said what it is; a person who quotes it has mostly said something
 * before. */
#define TK_PHRASE_HEAD_BYTES 700

struct tk_phrase {
    const char *words; /* folded */
    enum tk_phrase_at at;
    int kind; /* the table's own meaning */
};

/* TEXT (valid UTF-8, NULL counts as empty) folded: its first CAP bytes at most, NFKC, case folded,
 * typographic quotes and dashes as ASCII ones, each run of white space one blank, none at the ends. Lines
 * that begin with
 * ">" are left out. Owned by the caller. */
char *tk_phrase_fold(const char *text, gsize cap);

/* The first of the COUNT phrases of TABLE that FOLDED has in its place, among those of its start the longest;
 * or NULL. *AFTER_R (may be NULL) is what follows it. */
const struct tk_phrase *tk_phrase_find(const struct tk_phrase *table, gsize count, const char *folded,
                                       const char **after_r);

/* Whether a phrase of a subject stands for itself: AFTER is its end or a sign (":", "(", "-", ...), not a
 * sentence that goes on. */
gboolean tk_phrase_ends(const char *after);

/* Whether the folded subject is an answer or a forwarded mail ("re:", "aw:", "fwd:", "回复:", ...). */
gboolean tk_phrase_answers(const char *folded_subject);

/* What follows the marks of answers and forwarded mails ("re: fwd[2]: ") at the start of the folded subject;
 * the subject itself where there are none. */
const char *tk_phrase_after_answers(const char *folded_subject);

#endif
