/* html_tree: the html of a mail as a flat tree.
 *
 * Built by one pass over the bytes, with no recursion and a bounded depth, so that a million nested tags cost
 * no more than a million letters. It follows the HTML standard where mails depend on it (implied ends of p,
 * li, tr, td; raw text; comments; broken quotes of attributes) and takes the rest as it comes: nothing is run
 * or shown from this tree without being written anew. */
#ifndef TK_RULES_HTML_TREE_H
#define TK_RULES_HTML_TREE_H

#include "rules/base/budget.h"

/* Deeper start tags still separate lines but do not nest. Real mails stay below 100, long threads of quotes
 * included. */
#define TK_HTML_TREE_DEPTH 200

/* What a node costs beyond its octets, for the budget. */
#define TK_HTML_NODE_WORK 32

enum tk_html_tag {
    TK_HTML_TAG_TEXT = 0,  /* not an element */
    TK_HTML_TAG_OTHER,     /* span, font, o:p, ...: shows as its content */
    TK_HTML_TAG_DROP,      /* svg, template, ...: never shown */
    TK_HTML_TAG_BLOCK,     /* div and its kin */
    TK_HTML_TAG_SIGNATURE, /* <signature> of some mail programs */
    TK_HTML_TAG_A,
    TK_HTML_TAG_B,
    TK_HTML_TAG_I,
    TK_HTML_TAG_U,
    TK_HTML_TAG_EM,
    TK_HTML_TAG_STRONG,
    TK_HTML_TAG_CODE,
    TK_HTML_TAG_BR,
    TK_HTML_TAG_HR,
    TK_HTML_TAG_IMG,
    TK_HTML_TAG_P,
    TK_HTML_TAG_PRE,
    TK_HTML_TAG_BLOCKQUOTE,
    TK_HTML_TAG_H1,
    TK_HTML_TAG_H2,
    TK_HTML_TAG_H3,
    TK_HTML_TAG_H4,
    TK_HTML_TAG_H5,
    TK_HTML_TAG_H6,
    TK_HTML_TAG_UL,
    TK_HTML_TAG_OL,
    TK_HTML_TAG_LI,
    TK_HTML_TAG_DT, /* and dd */
    TK_HTML_TAG_TABLE,
    TK_HTML_TAG_TBODY, /* and thead, tfoot */
    TK_HTML_TAG_TR,
    TK_HTML_TAG_TD,
    TK_HTML_TAG_TH,
    TK_HTML_TAG_SKIP, /* html, body, meta, ...: only their attributes or nothing */
    TK_HTML_TAG_COUNT
};

/* In document order; the descendants of node i are the nodes i + 1 up to end - 1. */
struct tk_html_node {
    guint32 start, len; /* in the source: the text, or the attributes */
    guint32 end;
    guint8 tag; /* enum tk_html_tag */
};

struct tk_html_tree {
    char *source; /* valid UTF-8 without NUL; entities as they are */
    gsize len;
    struct tk_html_node *nodes;
    gsize n;
};

/* Reads LEN bytes of html within BUDGET (may be NULL), of which bytes that are no UTF-8 become U+FFFD. Never
 * NULL; the caller frees it with tk_html_tree_free(). Html of more than a million nodes is read up to there,
 * and where the budget is spent what was read till then. */
struct tk_html_tree *tk_html_tree_read(const char *html, gsize len, struct tk_budget *budget);

/* Puts the value of the attribute NAME (lower case) of NODE into VALUE, entities decoded, and returns TRUE;
 * FALSE and an empty VALUE if it has none. */
gboolean tk_html_tree_attribute(const struct tk_html_tree *tree, const struct tk_html_node *node,
                                const char *name, GString *value);

/* One attribute of an element: its name as it stands in the source. */
struct tk_html_attribute {
    const char *name;
    gsize name_len;
    gsize at; /* where the next one is looked for; 0 before the first */
};

/* Steps to the next attribute of NODE and puts its value into VALUE, entities decoded. FALSE after the last.
 */
gboolean tk_html_tree_next(const struct tk_html_tree *tree, const struct tk_html_node *node,
                           struct tk_html_attribute *attribute, GString *value);

/* Whether the tag begins and ends lines. */
gboolean tk_html_tree_is_block(enum tk_html_tag tag);

/* Frees and nulls *TREE; accepts NULL. */
void tk_html_tree_free(struct tk_html_tree **tree);

#endif
