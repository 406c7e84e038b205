/* html_look: what the attributes of an element say about how it looks, and which mail program put it there.
 */
#ifndef TK_RULES_HTML_LOOK_H
#define TK_RULES_HTML_LOOK_H

#include <glib.h>

#include "rules/html/html_tree.h"
#include "rules/trim/trim.h"

/* All FALSE and TK_TRIM_MARK_NONE for an element without attributes. */
struct tk_html_look {
    gboolean hidden;        /* display:none and its kin: not shown, nor anything in it */
    gboolean zero_font;     /* text in it is not shown, unless an element in it sets a size again */
    gboolean sized_font;    /* sets a size that is not zero */
    gboolean quote;         /* a blockquote that quotes a mail, rather than indents */
    gboolean tight;         /* a paragraph of Word or Outlook: no blank line around it */
    enum tk_trim_mark mark; /* of all lines in it */
};

/* Reads the attributes of NODE. SCRATCH is overwritten. */
struct tk_html_look tk_html_look_at(const struct tk_html_tree *tree, const struct tk_html_node *node,
                                    GString *scratch);

#endif
