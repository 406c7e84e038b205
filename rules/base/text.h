/* text: UTF-8 values from outside, made fit for a database, a header or a line. */
#ifndef TK_RULES_TEXT_H
#define TK_RULES_TEXT_H

#include "rules/base/status.h"

/* TEXT (valid UTF-8) cut to at most MAX_BYTES, at a character. Owned by the caller. */
char *tk_text_cut(const char *text, gsize max_bytes);

/* LEN bytes of anything as valid UTF-8 without NUL: bad bytes and NUL become U+FFFD. *CHANGED_R (may be NULL)
 * tells whether anything was. Owned by the caller. */
char *tk_text_valid(const char *bytes, gsize len, gboolean *changed_r);

/* TEXT (valid UTF-8) as one line: runs of control characters and line separators (U+0000..U+001F,
 * U+007F..U+009F, U+2028, U+2029) become one blank, outer blanks go, bidi controls (U+202A..U+202E,
 * U+2066..U+2069) go. Owned by the caller. */
char *tk_text_one_line(const char *text);

/* Whether C shows as itself and does nothing else. FALSE for control characters, for those that change the
 * direction of reading, for those that show as nothing (Unicode: Default_Ignorable_Code_Point, without the
 * variation selectors U+FE00..U+FE0F that emoji need), for line separators, private use and unassigned ones.
 */
gboolean tk_text_is_visible(gunichar c);

/* TEXT (valid UTF-8) for a terminal: each character that is not visible becomes '?', but line end and tab
 * stay, and CR LF is a line end. So a mail's text moves no cursor and hides nothing. Owned by the caller. */
char *tk_text_for_terminal(const char *text);

/* Whether TEXT may stand in a header that we write or an SMTP command: printable ASCII and blanks only. */
gboolean tk_text_is_header_safe(const char *text);

#endif
