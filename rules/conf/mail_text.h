/* mail_text: the texts of our own mails: those that are built in, and the rules for those of an
 * administrator.
 *
 * A text is a line "Subject: ...", an empty line, and the body, with placeholders (rules/base/placeholder.h).
 * The ones that are built in come from packaging/conf/texts. */
#ifndef TK_RULES_MAIL_TEXT_H
#define TK_RULES_MAIL_TEXT_H

#include "rules/base/status.h"
#include "rules/conf/conf.h"

enum tk_mail_kind { TK_MAIL_CONFIRMATION, TK_MAIL_NOTE, TK_MAIL_STATUS };
#define TK_MAIL_KINDS 3

/* Longest text, in bytes. */
#define TK_MAIL_TEXT_MAX 65536

/* "confirmation", "note", "status". Static. */
const char *tk_mail_kind_word(enum tk_mail_kind kind);
/* The kind that WORD names; FALSE: none. */
gboolean tk_mail_kind_parse(const char *word, enum tk_mail_kind *kind_r);

/* The text of KIND for CHANNEL: its own, else the built-in one of its language. Owned by the channel or
 * static.
 */
const char *tk_mail_text(enum tk_mail_kind kind, const struct tk_channel *channel);

/* Whether TEXT can be a text of KIND. TK_REFUSED: WHY says what is wrong. */
enum tk_status tk_mail_text_check(enum tk_mail_kind kind, const char *text, GString *why) TK_MUST_CHECK;

/* The two parts of a text that was checked. SUBJECT_R is owned by the caller; the body is a place in TEXT. */
const char *tk_mail_text_split(const char *text, char **subject_r);

/* What stands in our mails besides the texts, in one language. */
struct tk_mail_words {
    const char *above;     /* "reply above this line", as rules/trim knows it */
    const char *wrote;     /* what leads a quote: "On %s, %s wrote:", date then name */
    const char *left_out;  /* before the names of files that are too large */
    const char *status[3]; /* open, pending, closed */
};
const struct tk_mail_words *tk_mail_words(enum tk_language language);

/* Made by packaging/conf/texts/embed.awk: KIND.LANGUAGE in the order of the enums. */
extern const char *const tk_mail_texts[TK_MAIL_KINDS][TK_LANGUAGES];

#endif
