/* html_render: html as the text that a person reads. */
#ifndef TK_RULES_HTML_RENDER_H
#define TK_RULES_HTML_RENDER_H

#include <glib.h>

#include "rules/html/html_tree.h"

/* The text of TREE, valid UTF-8 with LF: paragraphs, lists with their signs and numbers, tables by row with
 * tabs, links as "text <url>" (the url only if the text does not name it), images by their alternative text,
 * quotes of mails behind "> ". What is hidden is left out. *marks_r holds one enum tk_trim_mark for each
 * line. Where BUDGET (may be NULL) is spent it is what was written till then. The caller frees both; neither
 * is NULL. */
char *tk_html_render_text(const struct tk_html_tree *tree, struct tk_budget *budget, GByteArray **marks_r);

#endif
