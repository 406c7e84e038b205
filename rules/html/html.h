/* html: the html of a mail as text, as a copy that is safe to show, and cut into new text, quote and
 * signature. */
#ifndef TK_RULES_HTML_H
#define TK_RULES_HTML_H

#include <glib.h>

#include "rules/trim/trim.h"

struct tk_html;

/* Reads LEN bytes of html once for all that follows. Never NULL; the caller frees it with tk_html_free(). The
 * bytes are copied. Any bytes do: what is no UTF-8 becomes U+FFFD. Linear in LEN, without recursion.
 * Where BUDGET (may be NULL) is spent, the result is of no use. */
struct tk_html *tk_html_parse(const char *html, gsize len, struct tk_budget *budget);

/* The whole text as a person reads it: paragraphs, lists, tables by row, links as "text <url>", images by
 * their alternative text, quotes behind "> "; without what is hidden. Owned by HTML. */
const char *tk_html_text(const struct tk_html *html);

/* A copy that is safe to show: well-formed html of the elements p br b i u em strong a ul ol li blockquote
 * pre code h1-h6 table tr td th img and the attributes href (http, https, mailto), src (cid) and alt alone;
 * all text is escaped anew, and nothing in it loads anything from afar. At most 1000 KiB, and well-formed
 * at any size. Owned by HTML. */
const char *tk_html_sanitised(const struct tk_html *html);

/* Cuts the text of HTML as tk_trim_split() does, which also says what is in the parts; the marks that mail
 * programs leave in html are heeded. The caller clears *out_r. */
void tk_html_split(const struct tk_html *html, struct tk_budget *budget, struct tk_trim *out_r);

/* Frees and nulls *HTML; accepts NULL. */
void tk_html_free(struct tk_html **html);

#endif
