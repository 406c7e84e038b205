/* classify_words: the words of autoreplies in many languages. Data only. */
#ifndef TK_RULES_CLASSIFY_WORDS_H
#define TK_RULES_CLASSIFY_WORDS_H

#include "rules/base/phrase.h"

enum tk_words_kind {
    TK_WORDS_AWAY, /* somebody is away */
    TK_WORDS_AUTO  /* a program answers */
};

extern const struct tk_phrase tk_autoreply_subjects[], tk_autoreply_texts[];
extern const gsize tk_autoreply_subject_count, tk_autoreply_text_count;

#endif
