/* bounce_forms: delivery reports by their form. Owns nothing; cannot fail. */
#include "rules/classify/bounce_forms.h"

#include <string.h>

#include "rules/base/phrase.h"

/* A subject phrase so long is a program's own, even where a sentence goes on ("warning: could not send
 * message for past 4 hours"). */
#define SUBJECT_LONG_BYTES 24

static const struct tk_phrase *find_subject(const struct tk_view *view, gboolean *firm_r)
{
    const char *after = "";
    const struct tk_phrase *hit =
        tk_phrase_find(tk_bounce_form_subjects, tk_bounce_form_subject_count, view->subject, &after);
    *firm_r = hit != NULL && !view->answers &&
              (tk_phrase_ends(after) || g_str_has_suffix(hit->words, ":") ||
               strlen(hit->words) >= SUBJECT_LONG_BYTES);
    return hit;
}

static const struct tk_phrase *find_opening(const struct tk_view *view)
{
    return view->answers
               ? NULL
               : tk_phrase_find(tk_bounce_form_openings, tk_bounce_form_opening_count, view->text, NULL);
}

/* Of what a person may have written only the beginning is looked at: a person who shows a report to others
 * has mostly said something before it. */
static const struct tk_phrase *find_text(const struct tk_view *view, gboolean machine)
{
    if (view->writer == TK_WRITER_PERSON && !view->null_sender && !machine)
        return find_opening(view);
    return tk_phrase_find(tk_bounce_form_texts, tk_bounce_form_text_count, view->text, NULL);
}

/* An SMTP reply or enhanced status code of a failure (RFC 5321 section 4.2, RFC 3463) in the text. */
static gboolean has_failure_code(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if ((*p != '5' && *p != '4') || (p > text && (g_ascii_isalnum(p[-1]) || p[-1] == '.')))
            continue;
        if (g_ascii_isdigit(p[1]) && g_ascii_isdigit(p[2]) && (p[3] == ' ' || p[3] == '-'))
            return TRUE;
        if (p[1] == '.' && g_ascii_isdigit(p[2]) && p[3 - (p[2] == '\0')] == '.')
            return TRUE;
    }
    return FALSE;
}

/* Subjects that only programs of mail servers write; a person's "Delivery problem: pallets" is none. */
static gboolean speaks_of_mail(const char *words)
{
    static const char *const marks[] = {
        "mail",       "message",     "undeliver",      "delivery status", "delivery failure",
        "nondeliver", "non-deliver", "failure notice", "unzustellbar"};
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
        if (strstr(words, marks[i]) != NULL)
            return TRUE;
    return FALSE;
}

/* What a report has and a sentence about one has not: a server's code, the returned mail, a program's
 * opening. */
static gboolean has_proof(const struct tk_view *view)
{
    return (view->message->report_parts != NULL && view->message->report_parts->len > 0) ||
           has_failure_code(view->text) || find_opening(view) != NULL;
}

/* The words are weighed by who wrote them: the null sender and mailer-daemon are no persons, nor is who
 * writes a header of machines or from where nobody reads; a postmaster may be one, and who calls himself so
 * more often. */
static enum tk_strength weigh(const struct tk_view *view, gboolean machine, const struct tk_phrase *subject,
                              gboolean firm, const struct tk_phrase *text)
{
    gboolean opening = find_opening(view) != NULL;
    if (view->writer == TK_WRITER_DAEMON || (view->null_sender && (subject != NULL || text != NULL)))
        return TK_STRENGTH_A;
    if (machine && text != NULL && (firm || opening))
        return TK_STRENGTH_A;
    if (view->writer == TK_WRITER_POSTMASTER && (firm || text != NULL) && has_proof(view))
        return firm ? TK_STRENGTH_A : TK_STRENGTH_B;
    if (view->writer == TK_WRITER_NAMED && firm && text != NULL && has_proof(view))
        return TK_STRENGTH_B;
    if (view->writer == TK_WRITER_ROLE && text != NULL && !view->answers &&
        (firm || opening || g_str_has_prefix(view->text, text->words)))
        return TK_STRENGTH_B;
    if ((opening && has_failure_code(view->text)) || (firm && speaks_of_mail(subject->words)))
        return TK_STRENGTH_C;
    return TK_STRENGTH_NONE;
}

static enum tk_bounce_outcome outcome_of(const struct tk_phrase *subject, const struct tk_phrase *text)
{
    if (subject != NULL && subject->kind != TK_BOUNCE_FAILED)
        return (enum tk_bounce_outcome)subject->kind;
    return text != NULL ? (enum tk_bounce_outcome)text->kind : TK_BOUNCE_FAILED;
}

gboolean tk_bounce_form_find(const struct tk_view *view, gboolean machine, struct tk_bounce_form *form_r)
{
    gboolean firm;
    const struct tk_phrase *subject = find_subject(view, &firm), *text = find_text(view, machine);
    enum tk_strength strength = weigh(view, machine, subject, firm, text);
    if (strength == TK_STRENGTH_NONE)
        return FALSE;
    *form_r = (struct tk_bounce_form){
        .outcome = outcome_of(subject, text),
        .strength = strength,
        .subject_words = subject != NULL ? subject->words : NULL,
        .text_words = text != NULL ? text->words : NULL,
    };
    return TRUE;
}

enum tk_bounce_outcome tk_bounce_form_outcome(const struct tk_view *view)
{
    gboolean firm;
    return outcome_of(find_subject(view, &firm), find_text(view, TRUE));
}
