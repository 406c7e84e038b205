/* trim_scan: the lines of a reply, each with what it is.
 *
 * Owns the splitting into lines and the marks that need more than one line: fences, quote headers that are
 * wrapped, copied header blocks. Cannot fail. */
#include "rules/trim/trim_scan.h"

#include <string.h>

#include "rules/trim/trim.h"
#include "rules/trim/trim_fold.h"
#include "rules/trim/trim_line.h"

/* People write less; what lies beyond is one last line of text. Bounds the memory that a mail of line ends
 * takes. */
#define LINES_MAX 50000
/* Lines that a quote header is wrapped over: a long name and a long address on top of the date. */
#define HEADER_LINES_MAX 6
/* Tries to read a quote header in one text; a real thread has some hundreds. Bounds the time. */
#define HEADER_TRIES_MAX 4000
/* What a line costs beyond its octets. */
#define LINE_WORK 256
/* Lines of a copied header block, with wrapped ones and the blank ones that html brings. */
#define BLOCK_LINES_MAX 16

const char *tk_trim_scan_fold(const struct tk_trim_scan *scan, gsize i)
{
    return scan->folds->str + scan->lines[i].fold;
}

void tk_trim_scan_clear(struct tk_trim_scan *scan)
{
    g_clear_pointer(&scan->lines, g_free);
    if (scan->folds != NULL)
        g_string_free(scan->folds, TRUE);
    scan->folds = NULL;
    scan->n = 0;
}

/* Where in the line a quote header begins that shares the line with the reply before it, 0 if none:
 * "see you--- On Wed, Apr 4, 2012 at 3:59 PM, me@example.com wrote:". */
static gsize shared_header(const char *s, gsize len)
{
    static const char *const openers[] = {"On ", "Am ", "Le ", "El ", "Il ", "Op ", "Em ", NULL};
    g_autoptr(GString) fold = NULL;

    while (len > 0 && s[len - 1] == ' ')
        len--;
    if (len > 0 && *s == '>')
        return 0;
    if (len < 12 || len > TK_TRIM_FOLD_MAX || s[len - 1] != ':')
        return 0;
    for (gsize i = len - 4; i > 0; i--) {
        gboolean opener = FALSE;

        for (gsize k = 0; !opener && openers[k] != NULL; k++)
            opener = memcmp(s + i, openers[k], 3) == 0;
        if (!opener || (s[i - 1] != ' ' && s[i - 1] != '-' && s[i - 1] != '.'))
            continue;
        if (fold == NULL)
            fold = g_string_new(NULL);
        g_string_truncate(fold, 0);
        tk_trim_fold(s + i, len - i, fold);
        if (tk_trim_line_header(fold->str, FALSE) != TK_TRIM_HEADER_FULL)
            return 0;
        while (i > 0 && strchr(" -", s[i - 1]) != NULL)
            i--;
        return i;
    }
    return 0;
}

/* What a line says as one of a copied mail header: read once, since many lines are looked at from each. */
static void read_label(const char *fold, struct tk_trim_scan_line *line)
{
    const char *value = fold;

    line->label = (guint8)tk_trim_line_label(fold, &value);
    line->value = (guint16)(value - fold);
    if (line->label == TK_TRIM_LABEL_NONE)
        return;
    line->has_address = strchr(value, '@') != NULL;
    line->is_moment = line->label == TK_TRIM_LABEL_DATE && tk_trim_line_is_moment(value);
}

static void add_line(struct tk_trim_scan *scan, GArray *lines, gsize start, gsize len)
{
    struct tk_trim_scan_line line = {.start = (guint32)start,
                                     .len = (guint32)len,
                                     .fold = (guint32)scan->folds->len,
                                     .kind = TK_TRIM_KIND_TEXT};

    tk_trim_fold(scan->text + start, len, scan->folds);
    if (scan->folds->len == line.fold && len <= TK_TRIM_FOLD_MAX)
        line.kind = TK_TRIM_KIND_EMPTY;
    g_string_append_c(scan->folds, '\0');
    read_label(scan->folds->str + line.fold, &line);
    g_array_append_val(lines, line);
}

/* Whether a text line begins with the mark of a quoted one. "Richard> text" counts only below a header. */
static gboolean is_quote(const char *s, gsize len, gboolean named)
{
    gsize i = 0;

    while (i < len && i < 4 && (s[i] == ' ' || s[i] == '\t'))
        i++;
    if (i < len && s[i] == '>')
        return TRUE;
    for (gsize from = i; named && i < len && i - from < 16; i++) {
        if (s[i] == '>')
            return i > from;
        if (!g_ascii_isalpha(s[i]))
            return FALSE;
    }
    return FALSE;
}

static void apply_mark(const struct tk_trim_scan *scan, struct tk_trim_scan_line *line,
                       enum tk_trim_mark mark)
{
    if (line->kind == TK_TRIM_KIND_EMPTY && mark != TK_TRIM_MARK_CUT)
        return;
    line->marked = mark != TK_TRIM_MARK_NONE;
    switch (mark) {
    case TK_TRIM_MARK_NONE: break;
    case TK_TRIM_MARK_QUOTE: line->kind = TK_TRIM_KIND_QUOTE; break;
    case TK_TRIM_MARK_CUT: line->kind = TK_TRIM_KIND_CUT; break;
    case TK_TRIM_MARK_SIGNATURE:
        /* some programs put the quote into the element of the signature */
        line->kind = is_quote(scan->text + line->start, line->len, FALSE) ? TK_TRIM_KIND_QUOTE
                                                                          : TK_TRIM_KIND_MOBILE;
        break;
    case TK_TRIM_MARK_KEEP: line->kind = TK_TRIM_KIND_KEEP; break;
    }
}

static void split_lines(struct tk_trim_scan *scan, gsize len, const guint8 *marks, gsize n_marks)
{
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(struct tk_trim_scan_line));
    gboolean fenced = FALSE;
    gsize number = 0;

    for (gsize at = 0; at < len; number++) {
        const char *end = memchr(scan->text + at, '\n', len - at);
        gsize stop = end != NULL ? (gsize)(end - scan->text) : len;
        gsize shared, width;

        if (lines->len >= LINES_MAX)
            stop = len;
        width = stop - at;
        if (width > 0 && scan->text[at + width - 1] == '\r')
            width--;
        fenced ^= width >= 3 && memcmp(scan->text + at, "```", 3) == 0;
        shared = fenced || number < n_marks ? 0 : shared_header(scan->text + at, width);
        if (shared > 0)
            add_line(scan, lines, at, shared);
        add_line(scan, lines, at + shared, width - shared);
        if (number < n_marks)
            apply_mark(scan, &g_array_index(lines, struct tk_trim_scan_line, lines->len - 1),
                       (enum tk_trim_mark)marks[number]);
        at = stop + 1;
    }
    scan->n = lines->len;
    scan->lines = (struct tk_trim_scan_line *)(void *)g_array_free(lines, FALSE);
}

/* Lines between ``` fences, where the second fence is there too. */
static void find_fences(struct tk_trim_scan *scan)
{
    gsize open = G_MAXSIZE;

    for (gsize i = 0; i < scan->n; i++) {
        if (scan->lines[i].kind != TK_TRIM_KIND_TEXT || !g_str_has_prefix(tk_trim_scan_fold(scan, i), "```"))
            continue;
        if (open == G_MAXSIZE) {
            open = i;
            continue;
        }
        for (gsize k = open; k <= i; k++) {
            if (scan->lines[k].kind != TK_TRIM_KIND_EMPTY)
                scan->lines[k].kind = TK_TRIM_KIND_KEEP;
        }
        open = G_MAXSIZE;
    }
}

/* ">>> NAME DATE >>>" or ">>> On DATE NAME wrote:", by which GroupWise begins the old mail. */
static gboolean is_groupwise(const char *fold)
{
    if (!g_str_has_prefix(fold, ">>> ") || strpbrk(fold, "0123456789") == NULL)
        return FALSE;
    return g_str_has_suffix(fold, " >>>") || tk_trim_line_header(fold + 4, FALSE) == TK_TRIM_HEADER_FULL;
}

/* The lines from I on are the header of a forwarded mail as Gmail and Apple Mail write it, with the subject
 * above the recipient; no program copies the header of a mail that it answers in this order. */
static gboolean is_forwarded_header(const struct tk_trim_scan *scan, gsize i)
{
    gboolean subject = FALSE, date = FALSE;

    if (scan->lines[i].label != TK_TRIM_LABEL_FROM || !scan->lines[i].has_address)
        return FALSE;
    for (gsize k = i + 1; k < scan->n && k < i + 8; k++) {
        switch ((enum tk_trim_label)scan->lines[k].label) {
        case TK_TRIM_LABEL_SUBJECT: subject = TRUE; break;
        case TK_TRIM_LABEL_DATE: date = TRUE; break;
        case TK_TRIM_LABEL_TO: return subject && date;
        case TK_TRIM_LABEL_FROM:
        case TK_TRIM_LABEL_CC: return FALSE;
        case TK_TRIM_LABEL_NONE: break; /* wrapped */
        }
    }
    return FALSE;
}

/* The first quoted line of the text begins a forwarded mail. */
static gboolean is_quoted_forward(const struct tk_trim_scan *scan, gsize i)
{
    const char *fold = tk_trim_scan_fold(scan, i);

    fold += strspn(fold, "> ");
    return tk_trim_line_is_forward(fold) || is_forwarded_header(scan, i);
}

static void find_single(struct tk_trim_scan *scan, struct tk_budget *budget)
{
    gboolean quote_seen = FALSE;

    for (gsize i = 0; i < scan->n && !tk_budget_use(budget, scan->lines[i].len + LINE_WORK); i++) {
        struct tk_trim_scan_line *line = &scan->lines[i];
        const char *fold = tk_trim_scan_fold(scan, i);
        gboolean quote = line->kind == TK_TRIM_KIND_QUOTE;

        if (line->kind != TK_TRIM_KIND_TEXT && !quote)
            continue;
        if (quote || is_quote(scan->text + line->start, line->len, FALSE)) {
            line->kind = TK_TRIM_KIND_QUOTE;
            if (!quote_seen && is_groupwise(fold))
                line->kind = TK_TRIM_KIND_HEADER;
            else if (!quote_seen && is_quoted_forward(scan, i))
                line->kind = TK_TRIM_KIND_FORWARD;
            quote_seen = TRUE;
            continue;
        }
        if (tk_trim_line_is_forward(fold))
            line->kind = TK_TRIM_KIND_FORWARD;
        else if (tk_trim_line_rule(fold) >= 1)
            line->kind = TK_TRIM_KIND_RULE;
        else if (tk_trim_line_is_separator(fold) || tk_trim_line_is_above(fold))
            line->kind = TK_TRIM_KIND_CUT;
        else if (tk_trim_line_is_mobile(fold))
            line->kind = TK_TRIM_KIND_MOBILE;
    }
}

/* Whether the next line after I that is not empty is a quote, or the mark that a help desk puts above its
 * text. */
static gboolean before_quote(const struct tk_trim_scan *scan, gsize i)
{
    for (i++; i < scan->n && scan->lines[i].kind == TK_TRIM_KIND_EMPTY; i++)
        ;
    return i < scan->n &&
           (scan->lines[i].kind == TK_TRIM_KIND_QUOTE || scan->lines[i].kind == TK_TRIM_KIND_CUT ||
            is_quote(scan->text + scan->lines[i].start, scan->lines[i].len, TRUE));
}

/* Whether line I may be a middle or first line of a quote header that ends further down. An empty line and a
 * broken "> wrote:" belong to it while an address is open, as some programs print "Name\n\n<\naddress\n>
 * wrote:". */
static gboolean continues_up(const struct tk_trim_scan *scan, gsize i, gboolean bracket)
{
    switch ((enum tk_trim_kind)scan->lines[i].kind) {
    case TK_TRIM_KIND_TEXT: return TRUE;
    case TK_TRIM_KIND_EMPTY: return bracket;
    case TK_TRIM_KIND_KEEP:
    case TK_TRIM_KIND_QUOTE:
    case TK_TRIM_KIND_HEADER:
    case TK_TRIM_KIND_CUT:
    case TK_TRIM_KIND_FORWARD:
    case TK_TRIM_KIND_MOBILE:
    case TK_TRIM_KIND_RULE: return FALSE;
    }
    return FALSE;
}

/* "wrote:" alone, as html breaks it off. */
static gboolean is_lone_verb(const char *fold)
{
    gsize len = strlen(fold);

    for (gsize i = 0; tk_trim_words_verbs[i] != NULL; i++) {
        if (g_str_has_prefix(fold, tk_trim_words_verbs[i]) &&
            strspn(fold + strlen(tk_trim_words_verbs[i]), " :") == len - strlen(tk_trim_words_verbs[i]))
            return TRUE;
    }
    return FALSE;
}

/* The line where the quote header that ends in line LAST begins, G_MAXSIZE if there is none. The nearest line
 * that begins like a header wins; failing that, the nearest that makes one. */
static gsize header_start(const struct tk_trim_scan *scan, gsize last, GString *joined, GString *scratch)
{
    gsize best = G_MAXSIZE, lines = 0;
    gboolean quoted = before_quote(scan, last), bracket = FALSE;

    g_string_truncate(joined, 0);
    for (gsize i = last + 1; i-- > 0 && lines < HEADER_LINES_MAX;) {
        const char *fold = tk_trim_scan_fold(scan, i);
        enum tk_trim_header is;

        if (i != last && !continues_up(scan, i, bracket))
            break;
        if (scan->lines[i].kind == TK_TRIM_KIND_EMPTY)
            continue;
        lines++;
        bracket = *fold == '>' || (bracket && lines < 4) || (i == last && is_lone_verb(fold));
        g_string_assign(scratch, fold);
        if (joined->len > 0)
            g_string_append_printf(scratch, " %s", joined->str);
        g_string_assign(joined, scratch->str);
        is = tk_trim_line_header(joined->str, quoted);
        if (is == TK_TRIM_HEADER_FULL)
            return i;
        if (is == TK_TRIM_HEADER_PART && best == G_MAXSIZE)
            best = i;
    }
    return best;
}

/* Whether a quote header may end with this line: most end with a colon. */
static gboolean may_end_header(const char *fold)
{
    gsize len = strlen(fold);

    while (len > 0 && strchr("*_- ", fold[len - 1]) != NULL)
        len--;
    if (len == 0)
        return FALSE;
    return fold[len - 1] == ':' || fold[len - 1] == '>' || g_str_has_suffix(fold, "-") ||
           g_str_has_suffix(fold, "wrote");
}

/* Whether text stands right above line I, or with one empty line between. */
static gboolean below_text(const struct tk_trim_scan *scan, gsize i)
{
    if (i > 1 && scan->lines[i - 1].kind == TK_TRIM_KIND_EMPTY)
        i--;
    return i > 0 && scan->lines[i - 1].kind == TK_TRIM_KIND_TEXT;
}

static void find_headers(struct tk_trim_scan *scan, struct tk_budget *budget)
{
    g_autoptr(GString) joined = g_string_new(NULL), scratch = g_string_new(NULL);
    gsize tries = 0;

    for (gsize i = 0;
         i < scan->n && tries < HEADER_TRIES_MAX && !tk_budget_use(budget, scan->lines[i].len + LINE_WORK);
         i++) {
        enum tk_trim_kind kind = (enum tk_trim_kind)scan->lines[i].kind;
        const char *fold = tk_trim_scan_fold(scan, i);
        gsize first;

        if (kind != TK_TRIM_KIND_TEXT && !(kind == TK_TRIM_KIND_QUOTE && strlen(fold) < 30 && *fold == '>'))
            continue;
        if (!may_end_header(fold))
            continue;
        if (kind == TK_TRIM_KIND_QUOTE && !below_text(scan, i))
            continue;
        tries++;
        first = header_start(scan, i, joined, scratch);
        if (first == G_MAXSIZE || (kind == TK_TRIM_KIND_QUOTE && first == i))
            continue;
        for (gsize k = first; k <= i; k++) {
            if (scan->lines[k].kind != TK_TRIM_KIND_EMPTY)
                scan->lines[k].kind = TK_TRIM_KIND_HEADER;
        }
        for (gsize k = i + 1; k < scan->n && k < i + 400; k++) {
            struct tk_trim_scan_line *line = &scan->lines[k];

            if (line->kind == TK_TRIM_KIND_EMPTY)
                continue;
            if (line->kind != TK_TRIM_KIND_TEXT || !is_quote(scan->text + line->start, line->len, TRUE))
                break;
            line->kind = TK_TRIM_KIND_QUOTE;
        }
    }
}

/* "From: NAME <ADDRESS>" right above a quote. */
static gboolean is_lone_from(const struct tk_trim_scan *scan, gsize i)
{
    return scan->lines[i].label == TK_TRIM_LABEL_FROM && scan->lines[i].has_address && before_quote(scan, i);
}

/* Whether a copied mail header ("From: ... Sent: ... To: ... Subject: ...") begins in line I. */
static gboolean is_block(const struct tk_trim_scan *scan, gsize i)
{
    gboolean seen[TK_TRIM_LABEL_SUBJECT + 1] = {FALSE}, address = FALSE, moment = FALSE;
    gsize kinds = 0, strangers = 0;

    for (gsize k = i; k < scan->n && k < i + BLOCK_LINES_MAX && strangers < 3; k++) {
        const struct tk_trim_scan_line *line = &scan->lines[k];
        const enum tk_trim_label label = (enum tk_trim_label)line->label;

        if (line->kind == TK_TRIM_KIND_EMPTY) {
            strangers += kinds < 2 ? 0 : 1;
            continue;
        }
        if (label == TK_TRIM_LABEL_NONE) {
            const char *fold = tk_trim_scan_fold(scan, k);

            if (k == i || scan->lines[k - 1].kind == TK_TRIM_KIND_EMPTY)
                break;
            strangers++;
            address = address || (strchr(fold, '@') != NULL && strchr(fold, ':') == NULL);
            continue;
        }
        if (k == i && label != TK_TRIM_LABEL_FROM && label != TK_TRIM_LABEL_DATE)
            return FALSE;
        strangers = 0;
        kinds += !seen[label] && label != TK_TRIM_LABEL_CC;
        seen[label] = TRUE;
        address = address || line->has_address;
        moment = moment || line->is_moment;
    }
    if (kinds < 2 || !(seen[TK_TRIM_LABEL_DATE] || seen[TK_TRIM_LABEL_SUBJECT]))
        return FALSE;
    return address || (kinds >= 3 && seen[TK_TRIM_LABEL_DATE] && (seen[TK_TRIM_LABEL_SUBJECT] || moment));
}

static void find_blocks(struct tk_trim_scan *scan, struct tk_budget *budget)
{
    static const char *const older[] = {"previous replies",     "vorherige antworten",
                                        "réponses précédentes", "respuestas anteriores",
                                        "risposte precedenti",  NULL};

    for (gsize i = 0; i < scan->n && !tk_budget_use(budget, scan->lines[i].len + LINE_WORK); i++) {
        const char *fold = tk_trim_scan_fold(scan, i);

        if (scan->lines[i].kind != TK_TRIM_KIND_TEXT)
            continue;
        if (is_block(scan, i) || (g_str_has_prefix(fold, "message du ") && is_block(scan, i + 1)))
            scan->lines[i].kind = TK_TRIM_KIND_CUT;
        else if (is_lone_from(scan, i))
            scan->lines[i].kind = TK_TRIM_KIND_HEADER;
        for (gsize k = 0; older[k] != NULL && i > 0 && scan->lines[i - 1].kind == TK_TRIM_KIND_RULE; k++) {
            fold += strspn(fold, "*_ ");
            if (strncmp(fold, older[k], strlen(older[k])) == 0 && strlen(fold) < strlen(older[k]) + 4)
                scan->lines[i].kind = TK_TRIM_KIND_CUT;
        }
        if (scan->lines[i].kind == TK_TRIM_KIND_CUT)
            return; /* all that follows is quoted */
    }
}

void tk_trim_scan_read(const char *text, gsize len, const guint8 *marks, gsize n_marks,
                       struct tk_budget *budget, struct tk_trim_scan *scan_r)
{
    struct tk_trim_scan scan = {.text = text, .folds = g_string_new(NULL)};

    split_lines(&scan, MIN(len, (gsize)G_MAXUINT32 - 1), marks, n_marks);
    find_fences(&scan);
    find_single(&scan, budget);
    find_headers(&scan, budget);
    find_blocks(&scan, budget);
    *scan_r = scan;
}
