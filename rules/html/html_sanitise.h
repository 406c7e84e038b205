/* html_sanitise: html written anew with nothing in it but what is safe to show. */
#ifndef TK_RULES_HTML_SANITISE_H
#define TK_RULES_HTML_SANITISE_H

#include "rules/html/html_tree.h"

/* Bytes of a copy; a page of that size is more than anybody reads, and cutting it later would cut a tag. */
#define TK_HTML_COPY_MAX (1000 * 1024)

/* The copy that tk_html_sanitised() describes. The caller frees it; never NULL. It is
 * well-formed at any size: what would make it longer than TK_HTML_COPY_MAX is left out, and what was not
 * reached when BUDGET (may be NULL) was spent. */
char *tk_html_sanitise(const struct tk_html_tree *tree, struct tk_budget *budget);

#endif
