/* classify: the tests in their order. Owns the evidence; cannot fail.
 *
 * Loops first, then what has a standard form (reports, receipts), then reports by their form, then headers,
 * then the null sender, then words. What a person may have written is never more than a hint (strength C). */
#include "rules/classify/classify.h"

#include <stdarg.h>
#include <string.h>

#include "rules/address/address.h"
#include "rules/base/phrase.h"
#include "rules/classify/bounce.h"
#include "rules/classify/bounce_forms.h"
#include "rules/classify/classify_forms.h"
#include "rules/classify/classify_headers.h"
#include "rules/classify/classify_view.h"
#include "rules/classify/classify_words.h"

/* A detail of our reply address is at least so long (80 bits in base 32); "ann+lists" is a person's. */
#define REPLY_DETAIL_CHARS 16

/* The contract of the header file. */
#define EVIDENCE_BYTES 200

struct look {
    struct tk_view view;
    const struct tk_classify_context *context;
    gboolean has_mark;
    struct tk_header_mark mark;
    const struct tk_phrase *subject; /* autoreply words at the start of the subject, or NULL */
    gboolean subject_firm;           /* they stand for themselves and the subject is no answer */
    gboolean sentence;               /* the subject says in a sentence that somebody is out of the office */
    const struct tk_phrase *text; /* autoreply words in the head of the text, or NULL; looked up where there
                                     is another sign */
};

static char *one_line(const char *text)
{
    GString *line = g_string_new(NULL);
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_iscntrl(c) || c == 0x2028 || c == 0x2029)
            c = ' ';
        if (line->len + 6 > EVIDENCE_BYTES)
            break;
        g_string_append_unichar(line, c);
    }
    return g_string_free(line, FALSE);
}

static gboolean found(struct tk_classification *result, enum tk_class class, enum tk_strength strength,
                      const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Always TRUE, so that a test ends with it. */
static gboolean found(struct tk_classification *result, enum tk_class class, enum tk_strength strength,
                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    result->class = class;
    result->strength = strength;
    result->evidence = one_line(text);
    return TRUE;
}

/* Whether the value of X-Ticket-Loop begins with a name of the installation. */
static gboolean is_own_mark(const char *value, const struct tk_installation *installation)
{
    gboolean own = tk_view_first_word(value, installation->name);
    for (gsize i = 0; !own && installation->former != NULL && installation->former[i] != NULL; i++)
        own = tk_view_first_word(value, installation->former[i]);
    return own;
}

static gboolean is_loop(const struct look *look, struct tk_classification *result)
{
    const struct tk_message *message = look->view.message;
    const struct tk_installation *installation = look->context->installation;
    guint received = 0;
    for (guint i = 0; message->headers != NULL && i < message->headers->len; i++) {
        const struct tk_header *header = g_ptr_array_index(message->headers, i);
        received += g_ascii_strcasecmp(header->name, "Received") == 0;
        if (installation != NULL && g_ascii_strcasecmp(header->name, "X-Ticket-Loop") == 0 &&
            is_own_mark(header->value, installation))
            return found(result, TK_CLASS_LOOP, TK_STRENGTH_A, "X-Ticket-Loop: %s", header->value);
    }
    if (look->context->own_message_id)
        return found(result, TK_CLASS_LOOP, TK_STRENGTH_A, "Message-ID: <%s>", message->message_id);
    if (look->context->max_received > 0 && received > look->context->max_received)
        return found(result, TK_CLASS_LOOP, TK_STRENGTH_A, "Received: %u headers", received);
    return FALSE;
}

/* A header that no person's mail has. */
static gboolean is_machine(const struct look *look)
{
    return look->has_mark && look->mark.strength == TK_STRENGTH_A;
}

/* Whether the mail is a report of TYPE itself: a multipart/report at the top, or the part at the top; or the
 * part somewhere below in a mail that no person has written (a list or a filter has wrapped it). A person who
 * forwards a report attaches the same parts. */
static gboolean is_report(const struct look *look, const char *type, const char *part, const char *other)
{
    const struct tk_message *message = look->view.message;
    const char *top = tk_view_header(message, "Content-Type");
    gboolean has_part = tk_view_report_part(message, part, other) != NULL;
    if (top != NULL && tk_view_first_word(top, "multipart/report"))
        return message->report_type != NULL ? strcmp(message->report_type, type) == 0 : has_part;
    if (top != NULL && (tk_view_first_word(top, part) || (other != NULL && tk_view_first_word(top, other))))
        return TRUE;
    struct tk_bounce_form form;
    return has_part && (look->view.null_sender || look->view.writer > TK_WRITER_NAMED ||
                        tk_bounce_form_find(&look->view, is_machine(look), &form));
}

static gboolean is_feedback_report(const struct look *look, struct tk_classification *result)
{
    return is_report(look, "feedback-report", "message/feedback-report", NULL) &&
           found(result, TK_CLASS_FEEDBACK, TK_STRENGTH_A, "Content-Type: message/feedback-report");
}

static gboolean is_receipt(const struct look *look, struct tk_classification *result)
{
    return is_report(look, "disposition-notification", "message/disposition-notification",
                     "message/global-disposition-notification") &&
           found(result, TK_CLASS_MDN, TK_STRENGTH_A, "Content-Type: message/disposition-notification");
}

static enum tk_class class_of_outcome(enum tk_bounce_outcome outcome)
{
    switch (outcome) {
    case TK_BOUNCE_UNTOLD:
    case TK_BOUNCE_FAILED: return TK_CLASS_BOUNCE;
    case TK_BOUNCE_DELAYED: return TK_CLASS_BOUNCE_DELAYED;
    case TK_BOUNCE_DELIVERED: return TK_CLASS_BOUNCE_DELIVERED;
    }
    return TK_CLASS_BOUNCE;
}

static gboolean is_delivery_report(const struct look *look, struct tk_classification *result)
{
    if (!is_report(look, "delivery-status", "message/delivery-status", "message/global-delivery-status"))
        return FALSE;
    enum tk_bounce_outcome outcome = tk_bounce_outcome(look->view.message);
    if (outcome == TK_BOUNCE_UNTOLD)
        outcome = tk_bounce_form_outcome(&look->view);
    return found(result, class_of_outcome(outcome), TK_STRENGTH_A, "Content-Type: message/delivery-status");
}

static gboolean is_form(gboolean hit, const struct tk_form *form, struct tk_classification *result)
{
    return hit && form->strength > TK_STRENGTH_C &&
           found(result, form->class, form->strength, "%s", form->what);
}

static gboolean is_known_form(const struct look *look, struct tk_classification *result)
{
    const struct tk_view *view = &look->view;
    struct tk_form form;
    return is_form(tk_form_service_notice(view, &form), &form, result) ||
           is_form(tk_form_feedback(view, &form), &form, result) ||
           is_form(tk_form_challenge(view, look->has_mark && look->mark.class != TK_CLASS_LIST, &form), &form,
                   result) ||
           is_form(tk_form_receipt(view, &form), &form, result);
}

static gboolean bounce_by_form(const struct look *look, enum tk_strength least,
                               struct tk_classification *result)
{
    const struct tk_view *view = &look->view;
    struct tk_bounce_form form;
    if (!tk_bounce_form_find(view, is_machine(look), &form) || form.strength < least)
        return FALSE;
    const char *who = view->writer >= TK_WRITER_POSTMASTER ? view->writer_evidence
                      : view->null_sender                  ? view->null_evidence
                                                           : NULL;
    return found(result, class_of_outcome(form.outcome), form.strength, "%s%s%s%s", who != NULL ? who : "",
                 who != NULL && (form.subject_words != NULL || form.text_words != NULL) ? "; " : "",
                 form.subject_words != NULL ? "Subject: "
                 : form.text_words != NULL  ? "text: "
                                            : "",
                 form.subject_words != NULL ? form.subject_words
                 : form.text_words != NULL  ? form.text_words
                                            : "");
}

static gboolean is_bounce_by_form(const struct look *look, struct tk_classification *result)
{
    /* a vacation reply goes out with the null sender too and may speak of what could not be done */
    if (look->subject_firm && look->view.writer < TK_WRITER_DAEMON)
        return FALSE;
    return bounce_by_form(look, TK_STRENGTH_B, result);
}

static gboolean says_away(const struct look *look)
{
    return (look->subject != NULL && look->subject->kind == TK_WORDS_AWAY) ||
           (look->text != NULL && look->text->kind == TK_WORDS_AWAY);
}

static gboolean is_marked(const struct look *look, struct tk_classification *result)
{
    if (!look->has_mark)
        return FALSE;
    enum tk_class class = look->mark.class;
    enum tk_strength strength = look->mark.strength;
    if (look->view.null_sender) {
        strength = TK_STRENGTH_A;
        class = class == TK_CLASS_LIST ? TK_CLASS_AUTO_GENERATED : class;
    }
    gboolean by_list = class == TK_CLASS_LIST;
    if ((class == TK_CLASS_AUTO_GENERATED || by_list) && look->subject_firm)
        class = TK_CLASS_AUTOREPLY;
    /* a program wrote it, so the words are its own: no person says "I am away" by a mail server's header */
    if (class == TK_CLASS_AUTO_GENERATED && strength == TK_STRENGTH_A && look->text != NULL &&
        look->text->kind == TK_WORDS_AWAY)
        class = TK_CLASS_AUTOREPLY;
    /* through a list a person may say that he is away */
    result->out_of_office = class == TK_CLASS_AUTOREPLY && !by_list &&
                            (look->mark.vacation || says_away(look));
    return found(result, class, strength, "%s: %s", look->mark.header->name, look->mark.header->value);
}

static gboolean is_null_sender(const struct look *look, struct tk_classification *result)
{
    if (!look->view.null_sender)
        return FALSE;
    result->bare_null = TRUE;
    if (look->subject == NULL && look->text == NULL)
        return found(result, TK_CLASS_BOUNCE, TK_STRENGTH_A, "%s", look->view.null_evidence);
    result->out_of_office = says_away(look);
    return found(result, TK_CLASS_AUTOREPLY, TK_STRENGTH_A, "%s; %s: %s", look->view.null_evidence,
                 look->subject != NULL ? "Subject" : "text",
                 look->subject != NULL ? look->subject->words : look->text->words);
}

/* Words alone: a hint, but for a mail that answers one, as a vacation program does (RFC 3834 section 3.1.5),
 * with both its subject and its text in the program's form. */
static gboolean is_autoreply_by_words(const struct look *look, struct tk_classification *result)
{
    if (look->sentence && look->text != NULL && look->text->kind == TK_WORDS_AWAY)
        return found(result, TK_CLASS_AUTOREPLY, TK_STRENGTH_C, "Subject: is out of the office");
    if (look->subject == NULL || !look->subject_firm)
        return FALSE;
    gboolean both = look->text != NULL && look->view.threaded;
    result->out_of_office = both && says_away(look);
    return found(result, TK_CLASS_AUTOREPLY, both ? TK_STRENGTH_B : TK_STRENGTH_C, "Subject: %s",
                 look->subject->words);
}

static gboolean is_report_by_words(const struct look *look, struct tk_classification *result)
{
    struct tk_form form;
    if (tk_form_challenge(&look->view, FALSE, &form) || tk_form_receipt(&look->view, &form))
        return found(result, form.class, form.strength, "%s", form.what);
    return bounce_by_form(look, TK_STRENGTH_C, result);
}

/* Nobody reads what is sent there (a form that writes for a person names the person in Reply-To). */
static gboolean is_role_sender(const struct look *look, struct tk_classification *result)
{
    const GPtrArray *reply_to = look->view.message->reply_to;
    if (!tk_view_is_role(look->view.from))
        return FALSE;
    for (guint i = 0; reply_to != NULL && i < reply_to->len; i++) {
        const struct tk_mailbox *mailbox = g_ptr_array_index(reply_to, i);
        if (!tk_view_is_role(mailbox->address))
            return FALSE;
    }
    return found(result, TK_CLASS_AUTO_GENERATED, TK_STRENGTH_B, "From: %s", look->view.from);
}

/* A mail from the address that it goes to, with something like a reply token in the To. It is no proof of a
 * loop. */
static gboolean is_to_itself(const struct look *look, struct tk_classification *result)
{
    const struct tk_message *message = look->view.message;
    g_autofree char *from = tk_address_fold(look->view.from);
    for (guint i = 0; from != NULL && message->to != NULL && i < message->to->len; i++) {
        const struct tk_mailbox *to = g_ptr_array_index(message->to, i);
        g_autofree char *detail = NULL;
        g_autofree char *base = tk_address_base(to->address, TK_ADDRESS_DELIMITER, &detail);
        if (g_strcmp0(base, from) == 0 && detail != NULL && strlen(detail) >= REPLY_DETAIL_CHARS)
            return found(result, TK_CLASS_LOOP, TK_STRENGTH_C, "From: %s is the address in To",
                         look->view.from);
    }
    return FALSE;
}

/* "Ann Archer is out of the office": a subject that ends so. */
static gboolean is_absence_sentence(const struct tk_view *view)
{
    static const struct tk_phrase sentence = {" is out of the office", TK_PHRASE_ANY, TK_WORDS_AWAY};
    const char *after;
    return !view->answers && tk_phrase_find(&sentence, 1, view->subject, &after) != NULL &&
           tk_phrase_ends(after);
}

static void look_at(const struct tk_message *message, const struct tk_classify_context *context,
                    struct look *look)
{
    *look = (struct look){.context = context};
    tk_view_look(message, context->mail_from, &look->view);
    look->has_mark = tk_classify_headers(message, &look->mark);
    const char *after = "";
    look->subject =
        tk_phrase_find(tk_autoreply_subjects, tk_autoreply_subject_count, look->view.subject, &after);
    look->subject_firm = look->subject != NULL && !look->view.answers && tk_phrase_ends(after);
    look->sentence = is_absence_sentence(&look->view);
    if (look->subject != NULL || look->sentence || look->has_mark || look->view.null_sender)
        look->text = tk_phrase_find(tk_autoreply_texts, tk_autoreply_text_count, look->view.text, NULL);
}

void tk_classify(const struct tk_message *message, const struct tk_classify_context *context,
                 struct tk_classification *classification_r)
{
    static gboolean (*const tests[])(const struct look *, struct tk_classification *) = {
        is_loop,           is_feedback_report, is_receipt,     is_delivery_report,    is_known_form,
        is_bounce_by_form, is_marked,          is_null_sender, is_autoreply_by_words, is_report_by_words,
        is_role_sender,    is_to_itself};
    struct tk_classification result = {.class = TK_CLASS_HUMAN};
    struct tk_budget budget = tk_budget_begin(context->clock, TK_CLASSIFY_CPU_MAX);
    struct look look;
    look_at(message, context, &look);
    gboolean known = FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(tests) && !known; i++) {
        if (i > 0 && tk_budget_spent(&budget)) /* whether it is a loop is always told */
            known = result.out_of_time =
                found(&result, TK_CLASS_AUTO_GENERATED, TK_STRENGTH_B, "the class was not found in time");
        else
            known = tests[i](&look, &result);
    }
    if (result.class == TK_CLASS_BOUNCE || result.class == TK_CLASS_BOUNCE_DELAYED ||
        result.class == TK_CLASS_BOUNCE_DELIVERED)
        tk_bounce_read(message, &result.bounce);
    tk_view_clear(&look.view);
    *classification_r = result;
}

void tk_classify_clear(struct tk_classification *classification)
{
    g_clear_pointer(&classification->evidence, g_free);
    tk_bounce_clear(&classification->bounce);
}

const char *tk_classify_word(enum tk_class class)
{
    switch (class) {
    case TK_CLASS_HUMAN: return "human";
    case TK_CLASS_AUTOREPLY: return "autoreply";
    case TK_CLASS_AUTO_GENERATED: return "auto-generated";
    case TK_CLASS_CHALLENGE: return "challenge-response";
    case TK_CLASS_BOUNCE: return "bounce";
    case TK_CLASS_BOUNCE_DELAYED: return "bounce-delayed";
    case TK_CLASS_BOUNCE_DELIVERED: return "bounce-delivered";
    case TK_CLASS_FEEDBACK: return "feedback";
    case TK_CLASS_MDN: return "mdn";
    case TK_CLASS_LIST: return "list";
    case TK_CLASS_LOOP: return "loop";
    }
    return "human";
}
