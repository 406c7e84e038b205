/* html_sanitise: html written anew with nothing in it but what is safe to show. */
#ifndef TK_RULES_HTML_SANITISE_H
#define TK_RULES_HTML_SANITISE_H

#include "rules/html_tree.h"

/* The copy that tk_html_sanitised() describes. The caller frees it; never NULL. */
char *tk_html_sanitise(const struct tk_html_tree *tree);

#endif
