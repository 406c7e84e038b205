/* trim_line: what one line of a reply (or a few that belong together) is.
 *
 * Pure matchers over folded lines: tables and single passes, no regular expressions, so that the time is
 * linear whatever the text holds. A folded line is NUL-terminated, lower case, with single blanks; see
 * tk_trim_fold(). Nothing here can fail. */
#ifndef TK_RULES_TRIM_LINE_H
#define TK_RULES_TRIM_LINE_H

#include <glib.h>

#include "rules/trim/trim_words.h"

/* How sure a quote header ("On DATE NAME wrote:") is. */
enum tk_trim_header {
    TK_TRIM_HEADER_NO = 0,
    TK_TRIM_HEADER_PART, /* valid, but it may have begun on a line above */
    TK_TRIM_HEADER_FULL  /* valid, and begins as such headers begin */
};

/* FOLD is one line or several joined by blanks. QUOTED: the next line that is not blank is a quote ("> "), so
 * less evidence is asked for. */
enum tk_trim_header tk_trim_line_header(const char *fold, gboolean quoted);

/* The label of a line "Label: value", TK_TRIM_LABEL_NONE if it is none; *value_r points into FOLD. */
enum tk_trim_label tk_trim_line_label(const char *fold, const char **value_r);

/* Names a day of a year and a time of day. */
gboolean tk_trim_line_is_moment(const char *fold);

/* "-----Original Message-----" and the like. */
gboolean tk_trim_line_is_separator(const char *fold);

/* "Begin forwarded message:", "---------- Forwarded message ---------" and the like. */
gboolean tk_trim_line_is_forward(const char *fold);

/* A few words between rules, in any language. */
gboolean tk_trim_line_is_framed(const char *fold);

/* "##- Please type your reply above this line -##" and the like. */
gboolean tk_trim_line_is_above(const char *fold);

/* "Sent from my iPhone" and the like: a whole line that a device or program adds. */
gboolean tk_trim_line_is_mobile(const char *fold);

/* Only dashes or other ruling characters. Returns their number, 0 if anything else is in the line. */
gsize tk_trim_line_rule(const char *fold);

/* "Best regards," alone on its line. */
gboolean tk_trim_line_is_signoff(const char *fold);

/* Holds an address, a link or a telephone number. */
gboolean tk_trim_line_has_contact(const char *fold);

/* Says what only a legal or virus-scan footer says. */
gboolean tk_trim_line_is_legal(const char *fold);

#endif
