/* trim_signature: where the signature of a reply begins.
 *
 * Owns the judgement of what follows a rule or a sign-off. Cannot fail. */
#include "rules/trim/trim_signature.h"

#include <string.h>

#include "rules/trim/trim_line.h"

/* Lines (without blank ones) that a signature has at most: address, telephones, slogan. */
#define SIGNATURE_LINES_MAX 15
/* The same below "-- ", which nobody writes by chance. */
#define DASHED_LINES_MAX 30
/* The same for legal footers. */
#define LEGAL_LINES_MAX 60
/* Lines below a rule that are searched for legal words. */
#define LEGAL_HEAD 6
/* Characters of the rules around a legal footer; what people draw between their lines is shorter. */
#define FRAME_WIDTH 20
/* A signature's line is short; a longer one is a sentence. */
#define SHORT_LINE 72

/* What the reply lines of a range look like. */
struct look {
    gsize lines;     /* not blank */
    gsize longest;   /* bytes */
    gsize contacts;  /* lines with an address, a link, a telephone number */
    gsize questions; /* lines that ask something, which no signature does */
    gsize legal;     /* legal lines among the first LEGAL_HEAD */
};

static gboolean is_reply_line(const struct tk_trim_scan *scan, gsize i)
{
    return scan->lines[i].part == TK_TRIM_PART_REPLY && scan->lines[i].kind != TK_TRIM_KIND_EMPTY;
}

/* LINES: how many reply lines there are from FROM on up to TO. More than any signature has are not looked at.
 */
static struct look look_at(const struct tk_trim_scan *scan, gsize from, gsize to, gsize lines)
{
    struct look look = {0};

    if (lines > LEGAL_LINES_MAX)
        return (struct look){.lines = lines};
    for (gsize i = from; i < to && look.lines < lines; i++) {
        const char *fold = tk_trim_scan_fold(scan, i);

        if (!is_reply_line(scan, i))
            continue;
        look.lines++;
        look.longest = MAX(look.longest, scan->lines[i].len);
        look.contacts += tk_trim_line_has_contact(fold);
        look.questions += strchr(fold, ' ') != NULL && g_str_has_suffix(fold, "?");
        look.legal += look.lines <= LEGAL_HEAD && tk_trim_line_is_legal(fold);
    }
    return look;
}

/* Whether the rule in line I opens a signature that goes to the end, LINES reply lines further down. */
static gboolean rule_opens(const struct tk_trim_scan *scan, gsize i, gsize to, gsize lines)
{
    const char *fold = tk_trim_scan_fold(scan, i);
    gsize width = tk_trim_line_rule(fold);
    struct look look = look_at(scan, i + 1, to, lines);
    gboolean dash = *fold == '-' || *fold == '_' || g_str_has_prefix(fold, "—") ||
                    g_str_has_prefix(fold, "–");

    if (look.lines == 0)
        return TRUE;
    if (look.legal > 0 && width >= 2)
        return look.lines <= LEGAL_LINES_MAX;
    if (strchr(fold, ' ') != NULL) /* the rule below the names of columns */
        return FALSE;
    if (g_str_equal(fold, "--"))
        return look.lines <= DASHED_LINES_MAX;
    if (g_str_equal(fold, "__") || g_str_equal(fold, "—") || g_str_equal(fold, "–"))
        return look.lines <= SIGNATURE_LINES_MAX && look.longest <= 2 * SHORT_LINE;
    if (dash && width >= 3 && i + 1 < to && scan->lines[i + 1].kind != TK_TRIM_KIND_EMPTY) {
        gboolean apart = i > 0 &&
                         scan->lines[i - 1].kind == TK_TRIM_KIND_EMPTY; /* else it may underline a title */

        if (look.lines <= (apart ? 5 : 3) && look.longest <= (apart ? SHORT_LINE : SHORT_LINE / 2) &&
            (apart || width == 3))
            return TRUE;
    }
    return dash && width >= 3 && look.contacts > 0 && look.lines <= SIGNATURE_LINES_MAX &&
           look.longest <= SHORT_LINE;
}

/* "-Bob" or "- Bob Jones": at most three words and no sentence. */
static gboolean is_dashed_name(const struct tk_trim_scan *scan, gsize i)
{
    const char *fold = tk_trim_scan_fold(scan, i);
    gsize words = 1;

    if (*fold != '-' || (i > 0 && scan->lines[i - 1].kind != TK_TRIM_KIND_EMPTY) || strlen(fold) > 40)
        return FALSE;
    fold += fold[1] == ' ' ? 2 : 1;
    if (*fold == '\0')
        return FALSE;
    for (; *fold != '\0'; fold++) {
        if (*fold == ' ')
            words++;
        else if (!g_ascii_isalpha(*fold) && ((guchar)*fold & 0x80) == 0 && *fold != '.' && *fold != '\'')
            return FALSE;
    }
    return words <= 3;
}

/* "Regards, Roman" or a sign-off and a name or two below it, LINES reply lines in all. */
static gboolean is_short_farewell(const struct tk_trim_scan *scan, gsize i, gsize to, gsize lines)
{
    const char *fold = tk_trim_scan_fold(scan, i);
    const char *comma = strchr(fold, ',');

    if (lines > 4 || look_at(scan, i, to, lines).longest > 40)
        return FALSE;
    if (tk_trim_line_is_signoff(fold))
        return TRUE;
    if (comma == NULL || lines > 1)
        return FALSE;
    g_autofree char *head = g_strndup(fold, (gsize)(comma - fold) + 1);
    return tk_trim_line_is_signoff(head);
}

/* The first line of the paragraphs at the end that only a legal footer has, else TO. */
static gsize find_legal(const struct tk_trim_scan *scan, gsize from, gsize to)
{
    gsize found = to, hits = 0, first = to;

    for (gsize i = to; i-- > from;) {
        if (scan->lines[i].part != TK_TRIM_PART_REPLY)
            continue;
        if (scan->lines[i].kind != TK_TRIM_KIND_EMPTY) {
            hits += tk_trim_line_is_legal(tk_trim_scan_fold(scan, i));
            first = i;
            if (i > from)
                continue;
        }
        if (first == to)
            continue;
        if (hits < (found == to ? 2 : 1) || first == from)
            return found;
        found = first;
        first = to;
        hits = 0;
    }
    return found;
}

void tk_trim_signature_mark_frames(struct tk_trim_scan *scan, gsize from, gsize to)
{
    const char *opening = NULL;
    gsize start = from, legal = 0;

    for (gsize i = from; i < to; i++) {
        const char *fold = tk_trim_scan_fold(scan, i);

        if (scan->lines[i].part != TK_TRIM_PART_REPLY) {
            opening = NULL;
        } else if (scan->lines[i].kind != TK_TRIM_KIND_RULE) {
            legal += tk_trim_line_is_legal(fold);
        } else if (tk_trim_line_rule(fold) >= FRAME_WIDTH) {
            if (opening != NULL && legal >= 2 && strcmp(opening, fold) == 0) {
                for (gsize k = start; k <= i; k++)
                    scan->lines[k].part = TK_TRIM_PART_SIGNATURE;
                opening = NULL;
                continue;
            }
            opening = fold;
            start = i;
            legal = 0;
        }
    }
}

gsize tk_trim_signature_find(const struct tk_trim_scan *scan, gsize from, gsize to, gboolean below_quote)
{
    gsize last = to, previous = 0, left = 0; /* reply lines from here on */

    for (gsize i = from; i < to; i++)
        left += is_reply_line(scan, i);
    for (gsize i = from; i < to; i++) {
        const char *fold = tk_trim_scan_fold(scan, i);

        if (!is_reply_line(scan, i))
            continue;
        last = i;
        previous++;
        left--;
        if (scan->lines[i].kind == TK_TRIM_KIND_RULE && rule_opens(scan, i, to, left))
            return i;
        if (scan->lines[i].kind != TK_TRIM_KIND_TEXT)
            continue;
        if (below_quote && is_short_farewell(scan, i, to, left + 1))
            return i;
        if (previous > 1 && left <= SIGNATURE_LINES_MAX && tk_trim_line_is_signoff(fold)) {
            struct look look = look_at(scan, i + 1, to, left);

            if (look.contacts > 0 && look.questions == 0 && look.longest <= SHORT_LINE)
                return i;
        }
    }
    if (last < to && previous > 1 && scan->lines[last].kind == TK_TRIM_KIND_TEXT &&
        is_dashed_name(scan, last))
        return last;
    return find_legal(scan, from, to);
}
