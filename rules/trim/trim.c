/* trim: cuts a reply into what its writer wrote now, what was quoted, and the signature.
 *
 * Owns the decision: which of the lines that trim_scan has read go into which part. Cannot fail. */
#include "rules/trim/trim.h"

#include <string.h>

#include "rules/trim/trim_line.h"
#include "rules/trim/trim_scan.h"
#include "rules/trim/trim_signature.h"

/* A stretch of lines of one sort. */
struct run {
    gsize from, to;
    gboolean quote;
    gboolean headed; /* a quote below its header */
};

void tk_trim_clear(struct tk_trim *trim)
{
    g_clear_pointer(&trim->reply, g_free);
    g_clear_pointer(&trim->quoted, g_free);
    g_clear_pointer(&trim->signature, g_free);
}

static enum tk_trim_kind kind_of(const struct tk_trim_scan *scan, gsize i)
{
    return (enum tk_trim_kind)scan->lines[i].kind;
}

static gsize skip_empty(const struct tk_trim_scan *scan, gsize i)
{
    while (i < scan->n && kind_of(scan, i) == TK_TRIM_KIND_EMPTY)
        i++;
    return i;
}

/* Where the old mail begins that goes to the end: a separator, a copied header block, or a quote header that
 * no quoted line follows; or where a forwarded mail begins. */
static gsize find_limit(const struct tk_trim_scan *scan)
{
    for (gsize i = 0; i < scan->n; i++) {
        gsize first = i;

        if (kind_of(scan, i) == TK_TRIM_KIND_CUT || kind_of(scan, i) == TK_TRIM_KIND_FORWARD)
            return i;
        if (kind_of(scan, i) != TK_TRIM_KIND_HEADER)
            continue;
        while (i + 1 < scan->n &&
               (kind_of(scan, i + 1) == TK_TRIM_KIND_HEADER || kind_of(scan, i + 1) == TK_TRIM_KIND_EMPTY))
            i++;
        if (i + 1 >= scan->n || kind_of(scan, i + 1) != TK_TRIM_KIND_QUOTE)
            return first;
    }
    return scan->n;
}

/* A line without ">" that a mail program broke off the quoted line above it: both neighbours are quotes, and
 * it goes on where a full line stopped, or is a mere link. Answers between the lines are not like that. */
static gboolean is_broken_off(const struct tk_trim_scan *scan, gsize i)
{
    const char *above, *fold = tk_trim_scan_fold(scan, i);
    gunichar first;
    gsize len;

    if (i == 0 || i + 1 >= scan->n || kind_of(scan, i - 1) != TK_TRIM_KIND_QUOTE ||
        kind_of(scan, i + 1) != TK_TRIM_KIND_QUOTE)
        return FALSE;
    if ((*fold == '(' || *fold == '<') && strstr(fold, "://") != NULL &&
        strchr(fold, ' ') == strrchr(fold, ' '))
        return TRUE;
    above = tk_trim_scan_fold(scan, i - 1);
    first = g_utf8_get_char_validated(scan->text + scan->lines[i].start, (gssize)scan->lines[i].len);
    len = strlen(above);
    return len >= 60 && above[len - 1] != '?' && first < 0x110000 && !g_unichar_isupper(first);
}

static GArray *find_runs(const struct tk_trim_scan *scan, gsize limit)
{
    GArray *runs = g_array_new(FALSE, FALSE, sizeof(struct run));

    for (gsize i = 0; i < limit; i++) {
        enum tk_trim_kind kind = kind_of(scan, i);
        struct run *last = runs->len > 0 ? &g_array_index(runs, struct run, runs->len - 1) : NULL;
        gboolean header = kind == TK_TRIM_KIND_HEADER;
        gboolean quote = header || kind == TK_TRIM_KIND_QUOTE ||
                         (kind == TK_TRIM_KIND_TEXT && is_broken_off(scan, i));

        if (kind == TK_TRIM_KIND_EMPTY) {
            if (last != NULL)
                last->to = i + 1;
        } else if (last == NULL || last->quote != quote) {
            struct run run = {i, i + 1, quote, header || (quote && scan->lines[i].marked)};

            g_array_append_val(runs, run);
        } else {
            last->to = i + 1;
            last->headed = last->headed || header || (quote && scan->lines[i].marked);
        }
    }
    return runs;
}

static void assign(struct tk_trim_scan *scan, gsize from, gsize to, enum tk_trim_part part)
{
    for (gsize i = from; i < to; i++) {
        if (scan->lines[i].part == TK_TRIM_PART_REPLY)
            scan->lines[i].part = (guint8)part;
    }
}

/* Whether line I, right above the header of the old mail, is a part of it: "Subject: case" or "To: ann" that
 * stands first in it, or words between dashes. */
static gboolean belongs_to_header(const struct tk_trim_scan *scan, gsize i)
{
    enum tk_trim_label label = (enum tk_trim_label)scan->lines[i].label;

    return label == TK_TRIM_LABEL_TO || label == TK_TRIM_LABEL_CC || label == TK_TRIM_LABEL_SUBJECT ||
           tk_trim_line_is_framed(tk_trim_scan_fold(scan, i));
}

/* Lines such as "_____" right above LIMIT frame what follows. */
static void assign_frame(struct tk_trim_scan *scan, gsize limit)
{
    gboolean header = kind_of(scan, limit) == TK_TRIM_KIND_CUT || kind_of(scan, limit) == TK_TRIM_KIND_HEADER;

    for (; header && limit > 0 && kind_of(scan, limit - 1) == TK_TRIM_KIND_TEXT &&
           belongs_to_header(scan, limit - 1);
         limit--)
        scan->lines[limit - 1].part = TK_TRIM_PART_QUOTED;
    while (limit > 0 && (kind_of(scan, limit - 1) == TK_TRIM_KIND_EMPTY ||
                         kind_of(scan, limit - 1) == TK_TRIM_KIND_RULE)) {
        limit--;
        if (kind_of(scan, limit) == TK_TRIM_KIND_RULE)
            scan->lines[limit].part = TK_TRIM_PART_QUOTED;
    }
}

static gboolean has_text(const struct tk_trim_scan *scan, gsize from, gsize to)
{
    for (gsize i = from; i < to; i++) {
        if (scan->lines[i].part == TK_TRIM_PART_REPLY &&
            (kind_of(scan, i) == TK_TRIM_KIND_TEXT || kind_of(scan, i) == TK_TRIM_KIND_KEEP))
            return TRUE;
    }
    return FALSE;
}

/* Takes runs off the end while they are quotes or signatures, and text stands above them. Returns how many
 * runs stay. */
static guint cut_end(struct tk_trim_scan *scan, const GArray *runs)
{
    guint left = runs->len;
    gsize first_text = 0; /* what is taken lies below it */

    while (first_text < scan->n && !has_text(scan, first_text, first_text + 1))
        first_text++;
    while (left > 1) {
        const struct run *run = &g_array_index(runs, struct run, left - 1);
        gsize first = skip_empty(scan, run->from), signature;

        if (run->quote) {
            if (first_text >= run->from)
                break;
            assign(scan, run->from, run->to, TK_TRIM_PART_QUOTED);
            assign_frame(scan, run->from);
        } else if (first_text < run->from) {
            signature = tk_trim_signature_find(scan, run->from, run->to, TRUE);
            assign(scan, signature, run->to, TK_TRIM_PART_SIGNATURE);
            if (signature > first && has_text(scan, run->from, run->to))
                break;
        } else {
            break;
        }
        left--;
    }
    return left;
}

static void decide_quotes(struct tk_trim_scan *scan, gsize limit)
{
    g_autoptr(GArray) runs = find_runs(scan, limit);
    guint left = cut_end(scan, runs);
    gboolean quote_seen = FALSE;
    guint answers = 0;

    for (guint i = 0; i < left; i++) {
        const struct run *run = &g_array_index(runs, struct run, i);

        quote_seen = quote_seen || run->quote;
        answers += quote_seen && !run->quote && has_text(scan, run->from, run->to);
    }
    for (guint i = 0; i < left && answers == 1; i++) {
        const struct run *run = &g_array_index(runs, struct run, i);

        if (run->quote && run->headed)
            assign(scan, run->from, run->to, TK_TRIM_PART_QUOTED);
    }
}

/* "<https://...>" alone. */
static gboolean is_link(const char *fold)
{
    return g_str_has_prefix(fold, "<http") && strchr(fold, ' ') == NULL && g_str_has_suffix(fold, ">");
}

/* Whether what stands in line I is no sentence of the writer's. */
static gboolean ends_paragraph(const struct tk_trim_scan *scan, gsize i)
{
    if (i >= scan->n || scan->lines[i].part != TK_TRIM_PART_REPLY)
        return TRUE;
    switch (kind_of(scan, i)) {
    case TK_TRIM_KIND_EMPTY:
    case TK_TRIM_KIND_RULE:
    case TK_TRIM_KIND_QUOTE:
    case TK_TRIM_KIND_HEADER:
    case TK_TRIM_KIND_CUT:
    case TK_TRIM_KIND_FORWARD: return TRUE;
    case TK_TRIM_KIND_TEXT:
    case TK_TRIM_KIND_KEEP:
    case TK_TRIM_KIND_MOBILE: return FALSE;
    }
    return FALSE;
}

/* A line that a device adds stands alone or last in its paragraph. */
static void decide_mobile(struct tk_trim_scan *scan)
{
    for (gsize i = 0; i < scan->n; i++) {
        gsize next = i + 1;

        if (kind_of(scan, i) != TK_TRIM_KIND_MOBILE || scan->lines[i].part != TK_TRIM_PART_REPLY)
            continue;
        if (next < scan->n && is_link(tk_trim_scan_fold(scan, next)))
            scan->lines[next++].kind = TK_TRIM_KIND_MOBILE;
        if (scan->lines[i].marked || ends_paragraph(scan, next))
            scan->lines[i].part = TK_TRIM_PART_SIGNATURE;
        else
            scan->lines[i].kind = TK_TRIM_KIND_TEXT;
    }
}

/* The lines of PART joined by LF. A blank line goes with the line above it. */
static char *join_part(const struct tk_trim_scan *scan, enum tk_trim_part part)
{
    GString *out = g_string_new(NULL);
    gboolean inside = FALSE;
    gsize blank = 0;

    for (gsize i = 0; i < scan->n; i++) {
        const struct tk_trim_scan_line *line = &scan->lines[i];

        if (line->kind == TK_TRIM_KIND_EMPTY) {
            blank += inside && out->len > 0;
            continue;
        }
        inside = line->part == part;
        if (!inside)
            continue;
        for (; blank > 0; blank--)
            g_string_append_c(out, '\n');
        if (out->len > 0)
            g_string_append_c(out, '\n');
        g_string_append_len(out, scan->text + line->start, line->len);
    }
    while (out->len > 0 && strchr(" \t\r\n", out->str[out->len - 1]) != NULL)
        g_string_truncate(out, out->len - 1);
    for (gsize i = 0; i < out->len; i++)
        out->str[i] = out->str[i] != '\0' ? out->str[i] : ' ';
    return g_string_free(out, FALSE);
}

/* Rules right above line I, as some programs leave them above the signature. */
static gsize skip_rules_up(const struct tk_trim_scan *scan, gsize i)
{
    for (gsize k = i; k > 0; k--) {
        if (kind_of(scan, k - 1) == TK_TRIM_KIND_RULE)
            i = k - 1;
        else if (kind_of(scan, k - 1) != TK_TRIM_KIND_EMPTY)
            break;
    }
    return i;
}

/* Gives each line its part. */
static void decide(struct tk_trim_scan *scan, struct tk_budget *budget)
{
    gsize limit = find_limit(scan), signature;

    if (limit < scan->n && kind_of(scan, limit) != TK_TRIM_KIND_FORWARD) {
        assign(scan, limit, scan->n, TK_TRIM_PART_QUOTED);
        assign_frame(scan, limit);
    }
    decide_mobile(scan);
    decide_quotes(scan, limit);
    if (tk_budget_spent(budget))
        return;
    tk_trim_signature_mark_frames(scan, 0, limit);
    signature = tk_trim_signature_find(scan, 0, limit, FALSE);
    if (signature < limit)
        signature = skip_rules_up(scan, signature);
    assign(scan, signature, limit, TK_TRIM_PART_SIGNATURE);
}

void tk_trim_split_marked(const char *text, gsize len, const guint8 *marks, gsize n_marks,
                          struct tk_budget *budget, struct tk_trim *out_r)
{
    struct tk_trim_scan scan;

    tk_trim_scan_read(text, len, marks, n_marks, budget, &scan);
    if (!tk_budget_spent(budget))
        decide(&scan, budget);
    if (tk_budget_spent(budget) || !has_text(&scan, 0, scan.n)) {
        for (gsize i = 0; i < scan.n; i++)
            scan.lines[i].part = TK_TRIM_PART_REPLY;
    }
    out_r->reply = join_part(&scan, TK_TRIM_PART_REPLY);
    out_r->quoted = join_part(&scan, TK_TRIM_PART_QUOTED);
    out_r->signature = join_part(&scan, TK_TRIM_PART_SIGNATURE);
    tk_trim_scan_clear(&scan);
}

void tk_trim_split(const char *text, gsize len, struct tk_trim *out_r)
{
    tk_trim_split_marked(text, len, NULL, 0, NULL, out_r);
}
