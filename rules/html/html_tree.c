/* html_tree: the html of a mail as a flat tree.
 *
 * Owns the tokenizer and the rules of nesting. Cannot fail. Time and memory are linear in the size of the
 * html: every search either moves on over what it has searched, or is remembered as fruitless. */
#include "rules/html/html_tree.h"

#include <stdlib.h>
#include <string.h>

#include "rules/html/html_entity.h"

/* 20 MB of nodes; a page of 8 MB of ordinary mail html has some 300,000. */
#define NODES_MAX 1000000

G_STATIC_ASSERT(TK_HTML_TREE_DEPTH <= G_MAXUINT8);
G_STATIC_ASSERT(TK_HTML_TAG_COUNT <= 64); /* a bit of a mask for each */

struct tag_name {
    const char *name;
    enum tk_html_tag tag;
};

/* Sorted by name, for bsearch(). Not here: TK_HTML_TAG_OTHER. */
static const struct tag_name tag_names[] = {
    {"a", TK_HTML_TAG_A},
    {"address", TK_HTML_TAG_BLOCK},
    {"area", TK_HTML_TAG_SKIP},
    {"article", TK_HTML_TAG_BLOCK},
    {"aside", TK_HTML_TAG_BLOCK},
    {"audio", TK_HTML_TAG_DROP},
    {"b", TK_HTML_TAG_B},
    {"base", TK_HTML_TAG_SKIP},
    {"blockquote", TK_HTML_TAG_BLOCKQUOTE},
    {"body", TK_HTML_TAG_SKIP},
    {"br", TK_HTML_TAG_BR},
    {"caption", TK_HTML_TAG_BLOCK},
    {"center", TK_HTML_TAG_BLOCK},
    {"code", TK_HTML_TAG_CODE},
    {"col", TK_HTML_TAG_SKIP},
    {"dd", TK_HTML_TAG_DT},
    {"details", TK_HTML_TAG_BLOCK},
    {"dir", TK_HTML_TAG_UL},
    {"div", TK_HTML_TAG_BLOCK},
    {"dl", TK_HTML_TAG_BLOCK},
    {"dt", TK_HTML_TAG_DT},
    {"em", TK_HTML_TAG_EM},
    {"embed", TK_HTML_TAG_SKIP},
    {"fieldset", TK_HTML_TAG_BLOCK},
    {"figcaption", TK_HTML_TAG_BLOCK},
    {"figure", TK_HTML_TAG_BLOCK},
    {"footer", TK_HTML_TAG_BLOCK},
    {"form", TK_HTML_TAG_BLOCK},
    {"h1", TK_HTML_TAG_H1},
    {"h2", TK_HTML_TAG_H2},
    {"h3", TK_HTML_TAG_H3},
    {"h4", TK_HTML_TAG_H4},
    {"h5", TK_HTML_TAG_H5},
    {"h6", TK_HTML_TAG_H6},
    {"head", TK_HTML_TAG_SKIP},
    {"header", TK_HTML_TAG_BLOCK},
    {"hr", TK_HTML_TAG_HR},
    {"html", TK_HTML_TAG_SKIP},
    {"i", TK_HTML_TAG_I},
    {"image", TK_HTML_TAG_IMG},
    {"img", TK_HTML_TAG_IMG},
    {"input", TK_HTML_TAG_SKIP},
    {"legend", TK_HTML_TAG_BLOCK},
    {"li", TK_HTML_TAG_LI},
    {"link", TK_HTML_TAG_SKIP},
    {"main", TK_HTML_TAG_BLOCK},
    {"math", TK_HTML_TAG_DROP},
    {"menu", TK_HTML_TAG_UL},
    {"meta", TK_HTML_TAG_SKIP},
    {"nav", TK_HTML_TAG_BLOCK},
    {"object", TK_HTML_TAG_DROP},
    {"ol", TK_HTML_TAG_OL},
    {"p", TK_HTML_TAG_P},
    {"param", TK_HTML_TAG_SKIP},
    {"pre", TK_HTML_TAG_PRE},
    {"section", TK_HTML_TAG_BLOCK},
    {"select", TK_HTML_TAG_DROP},
    {"signature", TK_HTML_TAG_SIGNATURE},
    {"source", TK_HTML_TAG_SKIP},
    {"strong", TK_HTML_TAG_STRONG},
    {"summary", TK_HTML_TAG_BLOCK},
    {"svg", TK_HTML_TAG_DROP},
    {"table", TK_HTML_TAG_TABLE},
    {"tbody", TK_HTML_TAG_TBODY},
    {"td", TK_HTML_TAG_TD},
    {"template", TK_HTML_TAG_DROP},
    {"tfoot", TK_HTML_TAG_TBODY},
    {"th", TK_HTML_TAG_TH},
    {"thead", TK_HTML_TAG_TBODY},
    {"tr", TK_HTML_TAG_TR},
    {"track", TK_HTML_TAG_SKIP},
    {"u", TK_HTML_TAG_U},
    {"ul", TK_HTML_TAG_UL},
    {"video", TK_HTML_TAG_DROP},
    {"wbr", TK_HTML_TAG_SKIP},
};

/* Elements whose content is no html. What they hold is not shown. */
static const char *const raw_names[] = {"iframe", "noembed", "noframes", "script", "style", "title", NULL};

struct reader {
    struct tk_html_tree *tree;
    GArray *nodes;
    guint32 stack[TK_HTML_TREE_DEPTH]; /* node numbers of the open elements */
    guint depth;
    /* Places on the stack plus 1, 0 for none: of the innermost open element of each tag, and for each open
     * element of the next one around it that has the same tag. So no search goes through the stack. */
    guint8 innermost[TK_HTML_TAG_COUNT], around[TK_HTML_TREE_DEPTH];
    gboolean no_quote[2]; /* no " (no ') in the rest */
};

static int compare_names(const void *key, const void *row)
{
    return strcmp(key, ((const struct tag_name *)row)->name);
}

static enum tk_html_tag find_tag(const char *name)
{
    const struct tag_name *row =
        bsearch(name, tag_names, G_N_ELEMENTS(tag_names), sizeof(tag_names[0]), compare_names);

    return row != NULL ? row->tag : TK_HTML_TAG_OTHER;
}

gboolean tk_html_tree_is_block(enum tk_html_tag tag)
{
    return tag == TK_HTML_TAG_BLOCK ||
           (tag >= TK_HTML_TAG_HR && tag <= TK_HTML_TAG_TR && tag != TK_HTML_TAG_IMG);
}

static gboolean is_open(const struct reader *r, enum tk_html_tag tag)
{
    return r->innermost[tag] > 0;
}

static void push(struct reader *r, enum tk_html_tag tag)
{
    r->stack[r->depth] = r->nodes->len - 1;
    r->around[r->depth++] = r->innermost[tag];
    r->innermost[tag] = (guint8)r->depth;
}

static void pop(struct reader *r)
{
    struct tk_html_node *node = &g_array_index(r->nodes, struct tk_html_node, r->stack[--r->depth]);

    r->innermost[node->tag] = r->around[r->depth];
    node->end = r->nodes->len;
}

/* Closes the open element that has one of the two tags, and all in it, unless an element of the mask BARRIER
 * is open inside it. */
static void close_up_to(struct reader *r, enum tk_html_tag tag, enum tk_html_tag other, guint64 barrier)
{
    const guint place = MAX(r->innermost[tag], r->innermost[other]);

    if (place == 0)
        return;
    for (; barrier != 0; barrier &= barrier - 1) {
        if (r->innermost[__builtin_ctzll(barrier)] > place)
            return;
    }
    while (r->depth >= place)
        pop(r);
}

#define BIT(tag) (G_GUINT64_CONSTANT(1) << TK_HTML_TAG_##tag)
#define CELLS    (BIT(TD) | BIT(TH) | BIT(TABLE))

static void add_node(struct reader *r, enum tk_html_tag tag, gsize start, gsize len)
{
    struct tk_html_node node = {(guint32)start, (guint32)len, r->nodes->len + 1, (guint8)tag};

    g_array_append_val(r->nodes, node);
}

static void imply_ends(struct reader *r, enum tk_html_tag tag)
{
    if (tk_html_tree_is_block(tag) && tag != TK_HTML_TAG_TBODY && tag != TK_HTML_TAG_TR)
        close_up_to(r, TK_HTML_TAG_P, TK_HTML_TAG_P, CELLS);
    if (is_open(r, TK_HTML_TAG_DROP) && (tk_html_tree_is_block(tag) || tag == TK_HTML_TAG_BR))
        close_up_to(r, TK_HTML_TAG_DROP, TK_HTML_TAG_DROP, CELLS);
    if (tag == TK_HTML_TAG_LI)
        close_up_to(r, TK_HTML_TAG_LI, TK_HTML_TAG_LI, CELLS | BIT(UL) | BIT(OL));
    else if (tag == TK_HTML_TAG_DT)
        close_up_to(r, TK_HTML_TAG_DT, TK_HTML_TAG_DT, CELLS | BIT(BLOCK));
    else if (tag == TK_HTML_TAG_A)
        close_up_to(r, TK_HTML_TAG_A, TK_HTML_TAG_A, CELLS);
    else if (tag == TK_HTML_TAG_TD || tag == TK_HTML_TAG_TH)
        close_up_to(r, TK_HTML_TAG_TD, TK_HTML_TAG_TH, BIT(TABLE) | BIT(TR));
    else if (tag == TK_HTML_TAG_TR)
        close_up_to(r, TK_HTML_TAG_TR, TK_HTML_TAG_TR, BIT(TABLE));
    else if (tag == TK_HTML_TAG_TBODY)
        close_up_to(r, TK_HTML_TAG_TBODY, TK_HTML_TAG_TBODY, BIT(TABLE));
}

static void start_tag(struct reader *r, enum tk_html_tag tag, gsize start, gsize len)
{
    gboolean is_void = tag == TK_HTML_TAG_BR || tag == TK_HTML_TAG_HR || tag == TK_HTML_TAG_IMG;

    if (tag == TK_HTML_TAG_SKIP)
        return;
    imply_ends(r, tag);
    add_node(r, tag, start, len);
    if (is_void || r->depth == TK_HTML_TREE_DEPTH)
        return;
    push(r, tag);
}

static void end_tag(struct reader *r, enum tk_html_tag tag, gsize at)
{
    guint64 barrier = CELLS;

    if (tag == TK_HTML_TAG_SKIP || tag == TK_HTML_TAG_HR || tag == TK_HTML_TAG_IMG)
        return;
    if (tag == TK_HTML_TAG_BR || (tag == TK_HTML_TAG_P && !is_open(r, tag))) {
        start_tag(r, tag, at, 0);
        if (tag == TK_HTML_TAG_BR || !is_open(r, tag))
            return;
    }
    if (tag == TK_HTML_TAG_TABLE)
        barrier = 0;
    else if (tag == TK_HTML_TAG_TD || tag == TK_HTML_TAG_TH || tag == TK_HTML_TAG_TR ||
             tag == TK_HTML_TAG_TBODY)
        barrier = BIT(TABLE);
    else if (tag == TK_HTML_TAG_OTHER)
        barrier = CELLS | BIT(BLOCK) | BIT(P) | BIT(LI) | BIT(BLOCKQUOTE);
    close_up_to(r, tag, tag, barrier);
}

static gboolean is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

/* Moves over the value of an attribute that begins at I, and says where it is. */
static gsize skip_value(struct reader *r, const char *s, gsize i, gsize len, gsize *start_r, gsize *len_r)
{
    gboolean single = i < len && s[i] == '\'';

    if (i < len && (s[i] == '"' || single)) {
        const char *end = r != NULL && r->no_quote[single] ? NULL : memchr(s + i + 1, s[i], len - i - 1);

        if (end != NULL) {
            *start_r = i + 1;
            *len_r = (gsize)(end - s) - i - 1;
            return (gsize)(end - s) + 1;
        }
        if (r != NULL)
            r->no_quote[single] = TRUE;
        i++; /* a quote that is never closed: the value ends like one without quotes */
    }
    *start_r = i;
    while (i < len && !is_space(s[i]) && s[i] != '>')
        i++;
    *len_r = i - *start_r;
    return i;
}

/* Moves over one attribute at I; its name and value are given as offsets, a missing value as length 0. */
static gsize skip_attribute(struct reader *r, const char *s, gsize i, gsize len, gsize name_r[2],
                            gsize value_r[2])
{
    name_r[0] = i;
    i++; /* the first character belongs to the name, even "=" */
    while (i < len && !is_space(s[i]) && s[i] != '>' && s[i] != '/' && s[i] != '=')
        i++;
    name_r[1] = i - name_r[0];
    value_r[0] = i;
    value_r[1] = 0;
    while (i < len && is_space(s[i]))
        i++;
    if (i >= len || s[i] != '=')
        return i;
    i++;
    while (i < len && is_space(s[i]))
        i++;
    return skip_value(r, s, i, len, &value_r[0], &value_r[1]);
}

gboolean tk_html_tree_next(const struct tk_html_tree *tree, const struct tk_html_node *node,
                           struct tk_html_attribute *attribute, GString *value)
{
    const char *s = tree->source;
    gsize i = MAX(attribute->at, node->start), end = (gsize)node->start + node->len, at[2], val[2];

    g_string_truncate(value, 0);
    while (i < end && (is_space(s[i]) || s[i] == '/'))
        i++;
    if (i >= end)
        return FALSE;
    attribute->at = skip_attribute(NULL, s, i, end, at, val);
    attribute->name = s + at[0];
    attribute->name_len = at[1];
    tk_html_entity_decode(s + val[0], val[1], TRUE, value);
    return TRUE;
}

gboolean tk_html_tree_attribute(const struct tk_html_tree *tree, const struct tk_html_node *node,
                                const char *name, GString *value)
{
    struct tk_html_attribute attribute = {NULL, 0, 0};
    gsize length = strlen(name);

    while (tk_html_tree_next(tree, node, &attribute, value)) {
        if (attribute.name_len == length && g_ascii_strncasecmp(attribute.name, name, length) == 0)
            return TRUE;
    }
    g_string_truncate(value, 0);
    return FALSE;
}

/* Where the content of a raw element ends: at its end tag, else at the end of the source. */
static gsize skip_raw(const char *s, gsize i, gsize len, const char *name)
{
    gsize n = strlen(name);

    while (i < len) {
        const char *lt = memchr(s + i, '<', len - i);

        if (lt == NULL)
            return len;
        i = (gsize)(lt - s);
        if (i + 2 + n <= len && s[i + 1] == '/' && g_ascii_strncasecmp(s + i + 2, name, n) == 0)
            return i;
        i++;
    }
    return len;
}

/* Moves over a comment, a doctype or the like that begins at I with "<". */
static gsize skip_markup(const char *s, gsize i, gsize len)
{
    const char *end;

    if (i + 4 <= len && memcmp(s + i, "<!--", 4) == 0) {
        if (i + 4 < len && s[i + 4] == '>')
            return i + 5;
        if (i + 5 < len && s[i + 4] == '-' && s[i + 5] == '>')
            return i + 6;
        end = g_strstr_len(s + i + 4, (gssize)(len - i - 4), "-->");
        return end != NULL ? (gsize)(end - s) + 3 : len;
    }
    end = memchr(s + i, '>', len - i);
    return end != NULL ? (gsize)(end - s) + 1 : len;
}

/* Reads the tag at I ("<p" or "</p") and returns what follows it. */
static gsize read_tag(struct reader *r, gsize i)
{
    const char *s = r->tree->source;
    gsize len = r->tree->len, n = 0, start;
    gboolean end = s[i + 1] == '/';
    enum tk_html_tag tag;
    char name[16];

    i += end ? 2 : 1;
    start = i;
    while (i < len && !is_space(s[i]) && s[i] != '>' && s[i] != '/') {
        if (n < sizeof(name) - 1)
            name[n++] = g_ascii_tolower(s[i]);
        i++;
    }
    name[i - start < sizeof(name) ? n : 0] = '\0';
    tag = find_tag(name);
    start = i;
    while (i < len && s[i] != '>') {
        gsize at[2], val[2];

        if (is_space(s[i]) || s[i] == '/')
            i++;
        else
            i = skip_attribute(r, s, i, len, at, val);
    }
    if (end)
        end_tag(r, tag, start);
    else
        start_tag(r, tag, start, i - start);
    i = MIN(i + 1, len);
    for (gsize k = 0; !end && raw_names[k] != NULL; k++) {
        if (strcmp(name, raw_names[k]) == 0)
            i = skip_raw(s, i, len, name);
    }
    return i;
}

struct tk_html_tree *tk_html_tree_read(const char *html, gsize len, struct tk_budget *budget)
{
    struct tk_html_tree *tree = g_new0(struct tk_html_tree, 1);
    struct reader r = {.tree = tree, .nodes = g_array_new(FALSE, FALSE, sizeof(struct tk_html_node))};
    gsize i = 0, text = 0, before = 0;

    tree->source = g_utf8_make_valid(html, (gssize)MIN(len, (gsize)G_MAXINT32));
    tree->len = strlen(tree->source);
    for (;
         i < tree->len && r.nodes->len < NODES_MAX && !tk_budget_use(budget, i - before + TK_HTML_NODE_WORK);
         before = i) {
        const char *s = tree->source, *lt = memchr(s + i, '<', tree->len - i);
        char next;

        i = lt != NULL ? (gsize)(lt - s) : tree->len;
        next = i + 1 < tree->len ? s[i + 1] : '\0';
        if (i < tree->len && !g_ascii_isalpha(next) && next != '!' && next != '?' && next != '/') {
            i++; /* a mere "<" in the text */
            continue;
        }
        if (i > text)
            add_node(&r, TK_HTML_TAG_TEXT, text, i - text);
        text = i;
        if (i >= tree->len)
            break;
        if (g_ascii_isalpha(next) || (next == '/' && i + 2 < tree->len && g_ascii_isalpha(s[i + 2])))
            i = read_tag(&r, i);
        else
            i = skip_markup(s, i, tree->len);
        text = i;
    }
    if (i >= tree->len && text < tree->len)
        add_node(&r, TK_HTML_TAG_TEXT, text, tree->len - text);
    while (r.depth > 0)
        pop(&r);
    tree->n = r.nodes->len;
    tree->nodes = (struct tk_html_node *)(void *)g_array_free(r.nodes, FALSE);
    return tree;
}

void tk_html_tree_free(struct tk_html_tree **tree)
{
    if (*tree == NULL)
        return;
    g_free((*tree)->source);
    g_free((*tree)->nodes);
    g_clear_pointer(tree, g_free);
}
