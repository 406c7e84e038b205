/* bounce_forms: recognition of delivery reports that follow no standard, by who wrote them and by the words
 * of their subjects and first lines. The words are data, in many languages. */
#ifndef TK_RULES_BOUNCE_FORMS_H
#define TK_RULES_BOUNCE_FORMS_H

#include "rules/base/phrase.h"
#include "rules/classify/bounce.h"
#include "rules/classify/classify_view.h"

struct tk_bounce_form {
    enum tk_bounce_outcome outcome;
    enum tk_strength strength; /* C: only the words speak for it, and a person may have written them */
    const char *subject_words; /* static; NULL where the subject says nothing */
    const char *text_words;    /* static; NULL where the text says nothing */
};

/* Whether the mail is a delivery report by its form. MACHINE: a header shows that a program wrote it. */
gboolean tk_bounce_form_find(const struct tk_view *view, gboolean machine, struct tk_bounce_form *form_r);

/* What subject and text say about the outcome: delayed or delivered where they say so, else failed. */
enum tk_bounce_outcome tk_bounce_form_outcome(const struct tk_view *view);

/* The tables, for the test that their words are folded. */
extern const struct tk_phrase tk_bounce_form_subjects[], tk_bounce_form_texts[], tk_bounce_form_openings[];
extern const gsize tk_bounce_form_subject_count, tk_bounce_form_text_count, tk_bounce_form_opening_count;

#endif
