/* trim: cuts a reply into what its writer wrote now, what was quoted, and the signature.
 *
 * Nothing is thrown away: every character that is not white space is in exactly one of the three parts, and
 * each part keeps its lines in the order of the mail. The whole text is shown beside the reply, so a part
 * that is cut wrongly is one click away; a part that is not cut merely makes the reply longer.
 *
 * Where mail habits contradict each other, the reader of a ticket decides:
 *  - A mail that is nothing but quote (or signature) is shown whole as the reply: an empty entry tells
 * nothing, and some people write into the quote without a mark.
 *  - Answers between quoted lines keep these lines, and the header above the first: "yes" alone tells
 * nothing.
 *  - A quote with a header ("On ... wrote:") and the answer below it: the quote goes, the ticket has it
 * already. A quote without a header stays: somebody chose these lines.
 *  - What follows a quote header and is not marked by ">" is quoted up to the end of the mail.
 *  - A forwarded mail below a comment stays in the reply: it is new to whoever reads the ticket, and "see
 * below" tells nothing. It is known by the words that mail programs put above it, or by the order of its
 * copied header; Outlook's "From: ... Sent: ..." is the same for answers and is quoted.
 *  - A name under the text ("Thanks, Bob") stays in the reply, it says who writes. "-- " and what follows,
 * lines such as "Sent from my phone", a sign-off with telephone number or address below it, "-Bob" alone on
 * the last line, and legal footers are the signature.
 *  - A copied header block is taken as the beginning of a quote only if it names an address, or has date and
 *    subject, or a full date and time: "From: Berlin, To: Paris" is a form that somebody filled in.
 *  - Code between ``` fences is never touched. */
#ifndef TK_RULES_TRIM_H
#define TK_RULES_TRIM_H

#include "rules/base/budget.h"

/* Owned by the caller; tk_trim_clear() frees. After a split no member is NULL. */
struct tk_trim {
    char *reply;     /* never empty unless the whole text is */
    char *quoted;    /* "" if nothing was cut */
    char *signature; /* "" if none was found */
};

/* What a caller that knows more than the text (the html of it) says of a line. */
enum tk_trim_mark {
    TK_TRIM_MARK_NONE = 0,
    TK_TRIM_MARK_QUOTE,     /* inside a quote */
    TK_TRIM_MARK_CUT,       /* the first line of the old mail: all that follows is quoted */
    TK_TRIM_MARK_SIGNATURE, /* inside a signature */
    TK_TRIM_MARK_KEEP       /* preformatted: no mark is looked for in this line */
};

/* Splits the LEN bytes of UTF-8 at TEXT. White space at the ends of the parts is dropped, line ends are LF, a
 * NUL becomes a blank; valid UTF-8 stays valid. Linear in LEN; cannot fail. Clears nothing in *out_r. */
void tk_trim_split(const char *text, gsize len, struct tk_trim *out_r);

/* As tk_trim_split(), with one enum tk_trim_mark for each of the first N_MARKS lines (MARKS may be NULL where
 * there are none). Where BUDGET (may be NULL) is spent, the whole text is the reply. */
void tk_trim_split_marked(const char *text, gsize len, const guint8 *marks, gsize n_marks,
                          struct tk_budget *budget, struct tk_trim *out_r);

/* Frees the members and sets them to NULL. */
void tk_trim_clear(struct tk_trim *trim);

#endif
