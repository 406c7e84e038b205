/* html_sanitise: html written anew with nothing in it but what is safe to show.
 *
 * Owns the list of what is allowed. The output is made from the tree, never copied: element names come from a
 * table, text and attribute values are escaped, every element that is opened is closed in order. No allowed
 * element holds raw text or foreign content, so a browser cannot read the output in another way. Cannot fail.
 */
#include "rules/html/html_sanitise.h"

#include <string.h>

#include "rules/html/html_entity.h"
#include "rules/html/html_look.h"

/* NULL: the element itself is left out, its content stays. */
static const char *const written_as[TK_HTML_TAG_COUNT] = {
    [TK_HTML_TAG_A] = "a",         [TK_HTML_TAG_B] = "b",     [TK_HTML_TAG_I] = "i",
    [TK_HTML_TAG_U] = "u",         [TK_HTML_TAG_EM] = "em",   [TK_HTML_TAG_STRONG] = "strong",
    [TK_HTML_TAG_CODE] = "code",   [TK_HTML_TAG_BR] = "br",   [TK_HTML_TAG_IMG] = "img",
    [TK_HTML_TAG_P] = "p",         [TK_HTML_TAG_PRE] = "pre", [TK_HTML_TAG_BLOCKQUOTE] = "blockquote",
    [TK_HTML_TAG_H1] = "h1",       [TK_HTML_TAG_H2] = "h2",   [TK_HTML_TAG_H3] = "h3",
    [TK_HTML_TAG_H4] = "h4",       [TK_HTML_TAG_H5] = "h5",   [TK_HTML_TAG_H6] = "h6",
    [TK_HTML_TAG_UL] = "ul",       [TK_HTML_TAG_OL] = "ol",   [TK_HTML_TAG_LI] = "li",
    [TK_HTML_TAG_TABLE] = "table", [TK_HTML_TAG_TR] = "tr",   [TK_HTML_TAG_TD] = "td",
    [TK_HTML_TAG_TH] = "th",
};

/* Room is kept for what ends the copy: the tag that is being written and the ends of all that is open. */
#define COPY_ROOM (TK_HTML_COPY_MAX - 16 * TK_HTML_TREE_DEPTH - 64)

struct open_element {
    const struct tk_html_node *node;
    gboolean written;
    enum tk_html_tag frame; /* around it */
};

struct writer {
    const struct tk_html_tree *tree;
    GString *out, *scratch;
    struct open_element stack[TK_HTML_TREE_DEPTH + 1];
    guint depth;
    enum tk_html_tag frame; /* the innermost open element that was written, among those of tables and lists;
                               COUNT if there is none */
    gboolean inline_before; /* text or the like stands before, on the same line */
    gboolean line_due;      /* a div began or ended since */
};

static void escape(GString *out, const char *s, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (out->len >= COPY_ROOM && ((guchar)s[i] & 0xC0) != 0x80)
            return; /* at a character */
        switch (s[i]) {
        case '&': g_string_append(out, "&amp;"); break;
        case '<': g_string_append(out, "&lt;"); break;
        case '>': g_string_append(out, "&gt;"); break;
        case '"': g_string_append(out, "&quot;"); break;
        case '\'': g_string_append(out, "&#39;"); break;
        default:
            if ((guchar)s[i] >= ' ' || s[i] == '\n' || s[i] == '\t')
                g_string_append_c(out, s[i]);
        }
    }
}

/* A line of a div becomes a line by <br>, since div is not allowed. */
static void begin_inline(struct writer *w)
{
    if (w->line_due && w->inline_before)
        g_string_append(w->out, "<br>");
    w->line_due = FALSE;
    w->inline_before = TRUE;
}

static gboolean only_space(const char *s, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isspace(s[i]))
            return FALSE;
    }
    return TRUE;
}

static void write_text(struct writer *w, const char *s, gsize len)
{
    if (!only_space(s, len))
        begin_inline(w);
    escape(w->out, s, len);
}

/* Whether the link in SCRATCH may be written: an absolute one of a harmless scheme, without control
 * characters, which browsers would leave out before they look for the scheme. */
static gboolean is_link(const char *url)
{
    static const char *const schemes[] = {"http://", "https://", "mailto:"};

    for (const char *p = url; *p != '\0'; p++) {
        if ((guchar)*p <= ' ')
            return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (g_ascii_strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
            return TRUE;
    }
    return FALSE;
}

static void write_attribute(struct writer *w, const char *name)
{
    g_string_append_printf(w->out, " %s=\"", name);
    escape(w->out, w->scratch->str, strlen(w->scratch->str));
    g_string_append_c(w->out, '"');
}

static void write_image(struct writer *w, const struct tk_html_node *node)
{
    gboolean inside = tk_html_tree_attribute(w->tree, node, "src", w->scratch) &&
                      g_ascii_strncasecmp(g_strstrip(w->scratch->str), "cid:", 4) == 0 &&
                      strpbrk(w->scratch->str, " \t\r\n") == NULL;

    if (inside) {
        begin_inline(w);
        g_string_append(w->out, "<img");
        write_attribute(w, "src");
        if (tk_html_tree_attribute(w->tree, node, "alt", w->scratch))
            write_attribute(w, "alt");
        g_string_append_c(w->out, '>');
    } else if (tk_html_tree_attribute(w->tree, node, "alt", w->scratch) &&
               *g_strstrip(w->scratch->str) != '\0') {
        write_text(w, "[", 1);
        escape(w->out, w->scratch->str, strlen(w->scratch->str));
        g_string_append_c(w->out, ']');
    }
}

/* Whether the element may be written where it stands: parts of tables only in their table, links with a good
 * href. */
static gboolean may_write(struct writer *w, const struct tk_html_node *node)
{
    enum tk_html_tag tag = (enum tk_html_tag)node->tag;

    if (written_as[tag] == NULL)
        return FALSE;
    if (tag < TK_HTML_TAG_BR && (gsize)(node - w->tree->nodes) + 1 == node->end)
        return FALSE; /* an inline element that holds nothing */
    if (tag == TK_HTML_TAG_TR)
        return w->frame == TK_HTML_TAG_TABLE;
    if (tag == TK_HTML_TAG_TD || tag == TK_HTML_TAG_TH)
        return w->frame == TK_HTML_TAG_TR;
    if (tag == TK_HTML_TAG_LI)
        return w->frame == TK_HTML_TAG_UL || w->frame == TK_HTML_TAG_OL;
    if (tag == TK_HTML_TAG_A) {
        if (!tk_html_tree_attribute(w->tree, node, "href", w->scratch))
            return FALSE;
        return is_link(g_strstrip(w->scratch->str));
    }
    return TRUE;
}

static gboolean is_line(enum tk_html_tag tag)
{
    return tk_html_tree_is_block(tag) || tag == TK_HTML_TAG_SIGNATURE || tag == TK_HTML_TAG_TD ||
           tag == TK_HTML_TAG_TH;
}

static void write_tag(GString *out, const char *before, const char *name, const char *after)
{
    g_string_append(out, before);
    g_string_append(out, name);
    g_string_append(out, after);
}

static void enter(struct writer *w, const struct tk_html_node *node)
{
    enum tk_html_tag tag = (enum tk_html_tag)node->tag;
    gboolean written = may_write(w, node);

    if (tag == TK_HTML_TAG_BR) {
        g_string_append(w->out, "<br>");
        w->inline_before = w->line_due = FALSE;
    } else if (tag == TK_HTML_TAG_IMG) {
        write_image(w, node);
    } else if (written && is_line(tag)) {
        write_tag(w->out, "<", written_as[tag], ">");
        w->inline_before = w->line_due = FALSE;
    } else if (written) {
        begin_inline(w);
        write_tag(w->out, "<", written_as[tag], "");
        if (tag == TK_HTML_TAG_A)
            write_attribute(w, "href");
        g_string_append_c(w->out, '>');
    } else if (is_line(tag)) {
        w->line_due = TRUE;
    }
    if (tag != TK_HTML_TAG_BR && tag != TK_HTML_TAG_HR && tag != TK_HTML_TAG_IMG) {
        w->stack[w->depth++] = (struct open_element){node, written, w->frame};
        if (written && tag >= TK_HTML_TAG_UL)
            w->frame = tag;
    }
}

static void leave(struct writer *w)
{
    const struct open_element *open = &w->stack[--w->depth];
    enum tk_html_tag tag = (enum tk_html_tag)open->node->tag;

    w->frame = open->frame;
    if (open->written) {
        write_tag(w->out, "</", written_as[tag], ">");
        if (is_line(tag))
            w->inline_before = w->line_due = FALSE;
    } else if (is_line(tag)) {
        w->line_due = TRUE;
    }
}

char *tk_html_sanitise(const struct tk_html_tree *tree, struct tk_budget *budget)
{
    struct writer *w = g_new0(struct writer, 1);
    char *result;

    w->tree = tree;
    w->frame = TK_HTML_TAG_COUNT;
    w->out = g_string_new(NULL);
    w->scratch = g_string_new(NULL);
    for (gsize i = 0; i < tree->n && w->out->len < COPY_ROOM &&
                      !tk_budget_use(budget, tree->nodes[i].len + TK_HTML_NODE_WORK);) {
        const struct tk_html_node *node = &tree->nodes[i];

        while (w->depth > 0 && w->stack[w->depth - 1].node->end <= i)
            leave(w);
        if (node->tag == TK_HTML_TAG_TEXT) {
            g_string_truncate(w->scratch, 0);
            tk_html_entity_decode(tree->source + node->start, node->len, FALSE, w->scratch);
            write_text(w, w->scratch->str, w->scratch->len);
        } else if (tk_html_look_at(tree, node, w->scratch).hidden) {
            i = node->end;
            continue;
        } else {
            enter(w, node);
        }
        i++;
    }
    /* what is left to write is the ends of at most TK_HTML_TREE_DEPTH elements */
    while (w->depth > 0)
        leave(w);
    g_string_free(w->scratch, TRUE);
    result = g_string_free(w->out, FALSE);
    g_free(w);
    return result;
}
