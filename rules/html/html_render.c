/* html_render: html as the text that a person reads.
 *
 * Owns the writing of lines. One walk over the nodes in their order; the open elements are on a stack of
 * bounded depth. Cannot fail. */
#include "rules/html/html_render.h"

#include <stdlib.h>
#include <string.h>

#include "rules/html/html_entity.h"
#include "rules/html/html_look.h"
#include "rules/trim/trim_fold.h"
#include "rules/trim/trim_line.h"

/* Blank lines that are kept where the html has more. */
#define BLANK_LINES_MAX 2
/* Quotes in quotes and lists in lists that are shown as such; each costs bytes on every line. */
#define LEVELS_MAX 8
/* A longer link is a tracker; it would bury the text. The sanitised html has it. */
#define LINK_MAX 1000
/* The text of a table's cell up to which its row is one line. */
#define CELL_TEXT_MAX 120

/* The beginning of a blockquote in which a quote header is looked for. */
#define HEADER_MAX 300
/* Colons before a blank that such a header has at most: in its date, behind its label, at its end. */
#define COLONS_MAX 8

struct open_element {
    const struct tk_html_node *node;
    guint8 mark; /* before it was opened */
    gboolean quote, zero_font, tight, flat;
    guint number;              /* of the last item of a list */
    struct open_element *list; /* the list around this one */
    gsize link;                /* where the text of a link begins */
};

/* The first line of text behind a node, which all quotes that begin there share. */
struct first_line {
    gsize from, text; /* node numbers: there is no text between them */
    gsize end;        /* number behind the innermost block around the text */
    gboolean known, is_header;
};

struct writer {
    const struct tk_html_tree *tree;
    GString *out, *scratch, *prefix_marker;
    GByteArray *marks;
    struct open_element stack[TK_HTML_TREE_DEPTH + 1];
    struct open_element *list; /* the innermost open one, or NULL */
    struct first_line first;
    guint depth, quotes, lists, pre, flat, zero_font;
    gsize link_end; /* of the last link in the text: a link around it begins there anew */
    guint due;      /* line ends to write before the next text */
    gboolean blank; /* a blank is due */
    gboolean tab;   /* a tab is due: the next cell of a row */
    guint8 mark;    /* of the lines that are written now */
    gboolean cut;   /* the next line is the first of the old mail */
};

static void write_prefix(struct writer *w)
{
    for (guint i = 0; i < MIN(w->quotes, LEVELS_MAX); i++)
        g_string_append_c(w->out, '>');
    if (w->quotes > 0)
        g_string_append_c(w->out, ' ');
}

static void note_mark(struct writer *w)
{
    guint8 mark = w->cut ? TK_TRIM_MARK_CUT : w->mark;

    w->cut = FALSE;
    g_byte_array_append(w->marks, &mark, 1);
}

/* Ends the current line and begins the next. */
static void next_line(struct writer *w, gboolean blank_line)
{
    const guint8 none = TK_TRIM_MARK_NONE;

    while (w->out->len > 0 && w->out->str[w->out->len - 1] == ' ')
        g_string_truncate(w->out, w->out->len - 1);
    g_string_append_c(w->out, '\n');
    if (blank_line)
        g_byte_array_append(w->marks, &none, 1);
    else
        note_mark(w);
    write_prefix(w);
}

/* Writes the line ends, blanks and signs that are due before text. */
static void flush(struct writer *w)
{
    if (w->marks->len == 0) {
        note_mark(w);
        write_prefix(w);
    } else if (w->due > 0) {
        for (guint due = MIN(w->due, BLANK_LINES_MAX + 1); due > 0; due--)
            next_line(w, due > 1);
    } else if (w->tab) {
        g_string_append_c(w->out, '\t');
    } else if (w->blank) {
        g_string_append_c(w->out, ' ');
    }
    if (w->prefix_marker->len > 0) {
        for (guint i = 1; i < MIN(w->lists, LEVELS_MAX); i++)
            g_string_append(w->out, "  ");
        g_string_append(w->out, w->prefix_marker->str);
        g_string_truncate(w->prefix_marker, 0);
    }
    w->due = 0;
    w->tab = w->blank = FALSE;
}

/* The next text begins after at least N line ends. */
static void block(struct writer *w, guint n)
{
    if (w->flat > 0)
        w->blank = TRUE;
    else
        w->due = MAX(w->due, n);
}

static void line_break(struct writer *w)
{
    if (w->flat > 0)
        w->blank = TRUE;
    else if (w->marks->len > 0)
        w->due++;
}

static gboolean is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static void write_bytes(struct writer *w, const char *s, gsize n)
{
    if (w->due > 0 || w->blank || w->tab || w->prefix_marker->len > 0 || w->marks->len == 0)
        flush(w);
    g_string_append_len(w->out, s, (gssize)n);
}

/* How many of the LEN bytes at S are written as they are. */
static gsize plain_span(const char *s, gsize len)
{
    gsize n = 0;

    while (n < len && (guchar)s[n] > ' ' && (guchar)s[n] != 0xC2)
        n++;
    return n;
}

/* Writes decoded text; white space runs are one blank, except in preformatted text. */
static void write_text(struct writer *w, const char *s, gsize len)
{
    for (gsize i = 0; i < len;) {
        gsize n = plain_span(s + i, len - i);

        if (n > 0) {
            write_bytes(w, s + i, n);
            i += n;
            continue;
        }
        n = 1;
        if ((guchar)s[i] == 0xC2 && i + 1 < len) {
            gboolean hard_blank = (guchar)s[i + 1] == 0xA0;

            n = 2;
            write_bytes(w, hard_blank ? " " : s + i, hard_blank ? 1 : 2);
        } else if (s[i] == '\n' && w->pre > 0) {
            line_break(w);
        } else if (w->pre > 0 && (s[i] == ' ' || s[i] == '\t')) {
            write_bytes(w, s + i, 1);
        } else if (is_space(s[i]) && w->pre == 0) {
            w->blank = w->blank || (w->due == 0 && w->marks->len > 0);
        } /* else a control character, from a reference such as &#1; */
        i += n;
    }
}

static gboolean is_data_cell(const struct tk_html_tree *tree, gsize from, gsize to)
{
    gsize text = 0;
    guint blocks = 0;

    for (gsize i = from; i < to; i++) {
        const struct tk_html_node *node = &tree->nodes[i];

        if (node->tag == TK_HTML_TAG_TEXT)
            text += node->len;
        else if (node->tag == TK_HTML_TAG_TABLE || node->tag == TK_HTML_TAG_LI ||
                 node->tag == TK_HTML_TAG_PRE || node->tag == TK_HTML_TAG_BLOCKQUOTE ||
                 node->tag == TK_HTML_TAG_HR)
            return FALSE;
        else if (node->tag == TK_HTML_TAG_BR || tk_html_tree_is_block((enum tk_html_tag)node->tag))
            blocks++;
        if (blocks > 2 || text > 4 * CELL_TEXT_MAX)
            return FALSE;
    }
    return TRUE;
}

/* A row of data, not of layout: at least two cells, and each holds a few words. */
static gboolean is_data_row(const struct tk_html_tree *tree, const struct tk_html_node *row)
{
    gsize i = (gsize)(row - tree->nodes) + 1;
    guint cells = 0;

    while (i < row->end) {
        const struct tk_html_node *node = &tree->nodes[i];

        if (node->tag == TK_HTML_TAG_TD || node->tag == TK_HTML_TAG_TH) {
            if (!is_data_cell(tree, i + 1, node->end))
                return FALSE;
            cells++;
        }
        i = node->end;
    }
    return cells >= 2;
}

/* A link without what is not read aloud: "https://www.", the last "/", case. */
static void plain_link(GString *s)
{
    static const char *const heads[] = {"http://", "https://", "mailto:", "tel:", "www."};

    g_string_ascii_down(s);
    for (gsize i = 0; i < G_N_ELEMENTS(heads); i++) {
        if (g_str_has_prefix(s->str, heads[i]))
            g_string_erase(s, 0, (gssize)strlen(heads[i]));
    }
    while (s->len > 0 && (s->str[s->len - 1] == '/' || s->str[s->len - 1] == ' '))
        g_string_truncate(s, s->len - 1);
}

static void end_link(struct writer *w, const struct open_element *open)
{
    static const char *const schemes[] = {"http://", "https://", "mailto:", "ftp://", "tel:"};
    g_autoptr(GString) text = NULL, url = NULL;
    gboolean known = FALSE;
    gsize shown, from = MAX(open->link, w->link_end);

    w->link_end = w->out->len;
    if (w->out->len <= from || !tk_html_tree_attribute(w->tree, open->node, "href", w->scratch))
        return;
    g_strstrip(w->scratch->str);
    shown = strlen(w->scratch->str);
    for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++)
        known = known || g_ascii_strncasecmp(w->scratch->str, schemes[i], strlen(schemes[i])) == 0;
    if (!known || shown > LINK_MAX || strpbrk(w->scratch->str, "\r\n<>") != NULL)
        return;
    url = g_string_new(w->scratch->str);
    plain_link(url);
    text = g_string_new_len(w->out->str + from, (gssize)MIN(w->out->len - from, 4 * LINK_MAX));
    g_strstrip(text->str);
    text->len = strlen(text->str);
    plain_link(text);
    if (text->len == 0 || strstr(text->str, url->str) != NULL)
        return;
    if (g_ascii_strncasecmp(w->scratch->str, "mailto:", 7) == 0)
        g_string_erase(w->scratch, 0, 7);
    w->blank = FALSE;
    if (w->due == 0)
        g_string_append_printf(w->out, " <%s>", w->scratch->str);
}

static void write_image(struct writer *w, const struct tk_html_node *node)
{
    gboolean symbol;

    if (!tk_html_tree_attribute(w->tree, node, "alt", w->scratch) || *g_strstrip(w->scratch->str) == '\0')
        return;
    symbol = g_utf8_strlen(w->scratch->str, -1) <= 3;
    g_autofree char *alt = g_strdup_printf(symbol ? "%s" : "[%s]", w->scratch->str);
    write_text(w, alt, strlen(alt));
}

static void open_item(struct writer *w, const struct tk_html_node *node)
{
    struct open_element *list = w->list;

    block(w, 1);
    if (list != NULL && list->node->tag == TK_HTML_TAG_OL) {
        if (tk_html_tree_attribute(w->tree, node, "value", w->scratch) && g_ascii_isdigit(*w->scratch->str))
            list->number = (guint)g_ascii_strtoull(w->scratch->str, NULL, 10) - 1;
        g_string_printf(w->prefix_marker, "%u. ", ++list->number);
    } else {
        g_string_assign(w->prefix_marker, "- ");
    }
}

/* What an element does where it begins; OPEN is its place on the stack, or a scrap for one that holds
 * nothing. */
static void begin_element(struct writer *w, const struct tk_html_node *node, struct open_element *open)
{
    switch ((enum tk_html_tag)node->tag) {
    case TK_HTML_TAG_TEXT:
    case TK_HTML_TAG_OTHER:
    case TK_HTML_TAG_DROP:
    case TK_HTML_TAG_B:
    case TK_HTML_TAG_I:
    case TK_HTML_TAG_U:
    case TK_HTML_TAG_EM:
    case TK_HTML_TAG_STRONG:
    case TK_HTML_TAG_CODE:
    case TK_HTML_TAG_SKIP:
    case TK_HTML_TAG_COUNT: break;
    case TK_HTML_TAG_A: open->link = w->out->len; break;
    case TK_HTML_TAG_BR: line_break(w); break;
    case TK_HTML_TAG_IMG: write_image(w, node); break;
    case TK_HTML_TAG_HR:
        block(w, 1);
        write_text(w, "----------", 10);
        block(w, 1);
        break;
    case TK_HTML_TAG_SIGNATURE:
    case TK_HTML_TAG_BLOCK:
    case TK_HTML_TAG_DT:
    case TK_HTML_TAG_TBODY: block(w, 1); break;
    case TK_HTML_TAG_P: block(w, open->tight ? 1 : 2); break;
    case TK_HTML_TAG_H1:
    case TK_HTML_TAG_H2:
    case TK_HTML_TAG_H3:
    case TK_HTML_TAG_H4:
    case TK_HTML_TAG_H5:
    case TK_HTML_TAG_H6: block(w, 2); break;
    case TK_HTML_TAG_PRE:
        block(w, 1);
        w->pre++;
        break;
    case TK_HTML_TAG_BLOCKQUOTE:
        block(w, open->quote ? 1 : 2);
        w->quotes += open->quote;
        break;
    case TK_HTML_TAG_UL:
    case TK_HTML_TAG_OL:
        block(w, w->lists > 0 ? 1 : 2);
        w->lists++;
        open->list = w->list;
        w->list = open;
        if (tk_html_tree_attribute(w->tree, node, "start", w->scratch) && g_ascii_isdigit(*w->scratch->str))
            open->number = (guint)g_ascii_strtoull(w->scratch->str, NULL, 10) - 1;
        break;
    case TK_HTML_TAG_LI: open_item(w, node); break;
    case TK_HTML_TAG_TABLE: block(w, 1); break;
    case TK_HTML_TAG_TR:
        block(w, 1);
        open->flat = is_data_row(w->tree, node);
        w->flat += open->flat;
        break;
    case TK_HTML_TAG_TD:
    case TK_HTML_TAG_TH:
        if (w->flat > 0)
            w->tab = w->due == 0 && w->marks->len > 0;
        else
            block(w, 1);
        break;
    }
}

static void end_element(struct writer *w)
{
    struct open_element *open = &w->stack[--w->depth];
    enum tk_html_tag tag = (enum tk_html_tag)open->node->tag;

    if (tag == TK_HTML_TAG_A)
        end_link(w, open);
    if (tag == TK_HTML_TAG_PRE)
        w->pre--;
    if (tag == TK_HTML_TAG_LI)
        g_string_truncate(w->prefix_marker, 0);
    if (tag == TK_HTML_TAG_BLOCKQUOTE)
        w->quotes -= open->quote;
    w->flat -= open->flat;
    if (tag == TK_HTML_TAG_UL || tag == TK_HTML_TAG_OL) {
        w->lists--;
        w->list = open->list;
    }
    if (tag == TK_HTML_TAG_P)
        block(w, open->tight ? 1 : 2);
    else if ((tag >= TK_HTML_TAG_H1 && tag <= TK_HTML_TAG_H6) || tag == TK_HTML_TAG_BLOCKQUOTE)
        block(w, 2);
    else if (tag == TK_HTML_TAG_UL || tag == TK_HTML_TAG_OL)
        block(w, w->lists > 0 ? 1 : 2);
    else if (tk_html_tree_is_block(tag) || tag == TK_HTML_TAG_SIGNATURE)
        block(w, 1);
    w->zero_font = open->zero_font;
    if (w->mark != open->mark)
        block(w, 1);
    w->mark = open->mark;
}

/* Finds the first text behind node number FROM, and the innermost block around both. */
static void find_first_line(struct writer *w, gsize from, gsize end)
{
    struct first_line first = {from, from, end, FALSE, FALSE};
    gsize n = w->tree->n;

    while (first.text < n && w->tree->nodes[first.text].tag != TK_HTML_TAG_TEXT)
        first.text++;
    for (gsize i = from; i < first.text; i++) {
        const struct tk_html_node *node = &w->tree->nodes[i];

        if (node->end > first.text && tk_html_tree_is_block((enum tk_html_tag)node->tag))
            first.end = node->end;
    }
    w->first = first;
}

/* The beginning of the first line, folded, in scratch. */
static void read_first_line(struct writer *w)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = w->first.text; i < w->first.end && text->len < HEADER_MAX; i++) {
        const struct tk_html_node *node = &w->tree->nodes[i];

        if (node->tag == TK_HTML_TAG_TEXT)
            tk_html_entity_decode(w->tree->source + node->start, MIN(node->len, HEADER_MAX), FALSE, text);
        else if (node->tag == TK_HTML_TAG_BR || tk_html_tree_is_block((enum tk_html_tag)node->tag))
            break;
    }
    g_string_truncate(w->scratch, 0);
    tk_trim_fold(text->str, MIN(text->len, TK_TRIM_FOLD_MAX), w->scratch);
}

/* Whether a beginning of the folded line LINE, up to a colon, is "On ... wrote:". */
static gboolean starts_with_header(char *line)
{
    guint colons = 0;

    for (char *colon = strchr(line, ':'); colon != NULL && colon < line + HEADER_MAX && colons < COLONS_MAX;
         colon = strchr(colon + 1, ':')) {
        const char after = colon[1];
        enum tk_trim_header is;

        if (after != ' ' && after != '\0')
            continue;
        colons++;
        colon[1] = '\0';
        is = tk_trim_line_header(line, FALSE);
        colon[1] = after;
        if (is == TK_TRIM_HEADER_FULL)
            return TRUE;
    }
    return FALSE;
}

/* Whether the text in NODE begins with "On ... wrote:": some programs quote in a blockquote like any other.
 * Quotes that begin inside each other begin with the same line, which is read once. */
static gboolean begins_with_header(struct writer *w, const struct tk_html_node *node)
{
    gsize from = (gsize)(node - w->tree->nodes) + 1;

    if (from < w->first.from || from > w->first.text)
        find_first_line(w, from, node->end);
    if (w->first.text >= node->end)
        return FALSE;
    if (!w->first.known) {
        read_first_line(w);
        w->first.is_header = starts_with_header(w->scratch->str);
        w->first.known = TRUE;
    }
    return w->first.is_header;
}

/* Begins NODE, returns FALSE if it is hidden. */
static gboolean enter(struct writer *w, const struct tk_html_node *node)
{
    struct tk_html_look look = tk_html_look_at(w->tree, node, w->scratch);
    struct open_element *open = &w->stack[w->depth];
    gboolean nests = (gsize)(node - w->tree->nodes) + 1 < node->end;

    if (look.hidden)
        return FALSE;
    *open = (struct open_element){
        .node = node, .mark = w->mark, .zero_font = w->zero_font != 0, .tight = look.tight};
    open->quote = node->tag == TK_HTML_TAG_BLOCKQUOTE && (look.quote || begins_with_header(w, node));
    if (look.mark == TK_TRIM_MARK_CUT) {
        w->cut = TRUE;
        block(w, 1);
    } else if (look.mark != TK_TRIM_MARK_NONE && w->mark != TK_TRIM_MARK_QUOTE && nests) {
        w->mark = (guint8)look.mark;
        block(w, 1);
    }
    if (look.zero_font)
        w->zero_font = 1;
    else if (look.sized_font)
        w->zero_font = 0;
    begin_element(w, node, open);
    if (node->tag != TK_HTML_TAG_BR && node->tag != TK_HTML_TAG_HR && node->tag != TK_HTML_TAG_IMG)
        w->depth++;
    return TRUE;
}

char *tk_html_render_text(const struct tk_html_tree *tree, struct tk_budget *budget, GByteArray **marks_r)
{
    struct writer *w = g_new0(struct writer, 1);
    char *text;

    w->tree = tree;
    w->out = g_string_new(NULL);
    w->scratch = g_string_new(NULL);
    w->prefix_marker = g_string_new(NULL);
    w->marks = g_byte_array_new();
    for (gsize i = 0; i < tree->n && !tk_budget_use(budget, tree->nodes[i].len + TK_HTML_NODE_WORK);) {
        const struct tk_html_node *node = &tree->nodes[i];

        while (w->depth > 0 && w->stack[w->depth - 1].node->end <= i)
            end_element(w);
        if (node->tag == TK_HTML_TAG_TEXT && w->zero_font == 0) {
            g_string_truncate(w->scratch, 0);
            tk_html_entity_decode(tree->source + node->start, node->len, FALSE, w->scratch);
            write_text(w, w->scratch->str, w->scratch->len);
        } else if (node->tag != TK_HTML_TAG_TEXT && !enter(w, node)) {
            i = node->end;
            continue;
        }
        i++;
    }
    while (w->depth > 0)
        end_element(w);
    while (w->out->len > 0 && g_ascii_isspace(w->out->str[w->out->len - 1]))
        g_string_truncate(w->out, w->out->len - 1);
    *marks_r = w->marks;
    text = g_string_free(w->out, FALSE);
    g_string_free(w->scratch, TRUE);
    g_string_free(w->prefix_marker, TRUE);
    g_free(w);
    return text;
}
