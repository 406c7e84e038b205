/* classify_forms: machines' mails that are known by their form: complaints, receipts, challenges, notices of
 * a sending service. Owns nothing; cannot fail. */
#ifndef TK_RULES_CLASSIFY_FORMS_H
#define TK_RULES_CLASSIFY_FORMS_H

#include "rules/base/phrase.h"
#include "rules/classify/classify_view.h"

struct tk_form {
    enum tk_class class;
    enum tk_strength strength;
    const char *what; /* static: the words or the header that show it */
};

/* A complaint or an unsubscription that is no RFC 5965 report. */
gboolean tk_form_feedback(const struct tk_view *view, struct tk_form *form_r);

/* A read receipt without the part of RFC 8098. */
gboolean tk_form_receipt(const struct tk_view *view, struct tk_form *form_r);

/* A mail that asks its reader to confirm that he is a person. MACHINE: a header shows that a program wrote
 * it. */
gboolean tk_form_challenge(const struct tk_view *view, gboolean machine, struct tk_form *form_r);

/* A notice of Amazon SES by SNS about a delivery, a bounce or a complaint. */
gboolean tk_form_service_notice(const struct tk_view *view, struct tk_form *form_r);

/* The tables, for the test that their words are folded. */
extern const struct tk_phrase tk_form_words[];
extern const gsize tk_form_word_count;

#endif
