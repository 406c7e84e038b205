/* trim_line: what one line of a reply (or a few that belong together) is.
 *
 * Owns the matchers; the words are in trim_words. Nothing here can fail. */
#include "rules/trim/trim_line.h"

#include <string.h>

#include "rules/base/wordset.h"
#include "rules/trim/trim_fold.h"

/* Characters of which rules and frames are drawn, as in "-----Original Message-----": those of ASCII, and
 * others, each of three bytes. */
static const char frame_ascii[] = "-_=*~#+";
static const char *const frame_others[] = {"—", "–", "─", "━", "―", "ᐧ", "•", "‐", "‑", "‒", NULL};
#define FRAME_OTHER_BYTES 3

/* Every line is compared with some hundred words, nearly all of which differ in their first byte. */
static gboolean begins_with(const char *s, const char *word)
{
    while (*word != '\0' && *s == *word) {
        s++;
        word++;
    }
    return *word == '\0';
}

/* The length of the frame character at S, or 0. */
static gsize frame_at(const char *s)
{
    if ((guchar)*s < 128)
        return *s != '\0' && strchr(frame_ascii, *s) != NULL ? 1 : 0;
    for (gsize i = 0; frame_others[i] != NULL; i++) {
        if (begins_with(s, frame_others[i]))
            return FRAME_OTHER_BYTES;
    }
    return 0;
}

/* The length of the frame character that ends the LEN bytes at S (LEN > 0), or 0. */
static gsize frame_before(const char *s, gsize len)
{
    if ((guchar)s[len - 1] < 128)
        return frame_at(s + len - 1);
    return len >= FRAME_OTHER_BYTES ? frame_at(s + len - FRAME_OTHER_BYTES) : 0;
}

/* Skips frame characters and blanks; *count_r grows by the number of frame characters. */
static const char *skip_frame(const char *s, gsize *count_r)
{
    for (;;) {
        gsize n = *s == ' ' ? 0 : frame_at(s);

        if (n == 0 && *s != ' ')
            return s;
        if (n > 0)
            (*count_r)++;
        s += n > 0 ? n : 1;
    }
}

/* The length of S without the frame characters and blanks at its end. */
static gsize cut_frame(const char *s, gsize len, gsize *count_r)
{
    while (len > 0 && !g_ascii_isalnum(s[len - 1])) {
        gsize n = s[len - 1] == ' ' ? 0 : frame_before(s, len);

        if (n == 0 && s[len - 1] != ' ')
            break;
        if (n > 0)
            (*count_r)++;
        len -= n > 0 ? n : 1;
    }
    return len;
}

gsize tk_trim_line_rule(const char *fold)
{
    gsize count = 0;

    if (*fold == '\0')
        return 0;
    return *skip_frame(fold, &count) == '\0' ? count : 0;
}

static struct tk_wordset above = TK_WORDSET(tk_trim_words_above), cjk = TK_WORDSET_AT_END(tk_trim_words_cjk),
                         devices = TK_WORDSET(tk_trim_words_devices),
                         excuses = TK_WORDSET(tk_trim_words_excuses),
                         forwards = TK_WORDSET(tk_trim_words_forwards),
                         forwarded = TK_WORDSET(tk_trim_words_forwarded),
                         enclosed = TK_WORDSET(tk_trim_words_framed), legal = TK_WORDSET(tk_trim_words_legal),
                         mobile = TK_WORDSET(tk_trim_words_mobile),
                         mobile_ends = TK_WORDSET_AT_END(tk_trim_words_mobile_end),
                         separators = TK_WORDSET(tk_trim_words_separators),
                         signoffs = TK_WORDSET(tk_trim_words_signoffs),
                         verbs = TK_WORDSET(tk_trim_words_verbs),
                         verbs_at_end = TK_WORDSET_AT_END(tk_trim_words_verbs),
                         weak_verbs = TK_WORDSET_AT_END(tk_trim_words_weak_verbs);

static gboolean is_letter(char c)
{
    return g_ascii_isalpha(c) || ((guchar)c & 0x80) != 0;
}

static gboolean starts_with_word(const char *s, const char *const *words)
{
    for (gsize i = 0; words[i] != NULL; i++) {
        gsize n = strlen(words[i]);

        if (begins_with(s, words[i]) &&
            (s[n] == ' ' || (((guchar)words[i][0] & 0xF0) >= 0xE0 && s[n] != '\0')))
            return TRUE;
    }
    return FALSE;
}

/* A quote header without the words of one has no more than these: a name, an address, a date. */
#define SHORT_HEADER_WORDS 14

/* What a text says about a point in time and about a mailbox. */
struct evidence {
    gboolean digit, time, year, date, address, bracketed;
    guint numbers;
};

static void find_evidence(const char *s, struct evidence *ev_r)
{
    struct evidence ev = {0};
    gboolean open = FALSE;

    for (const char *p = s; *p != '\0'; p++) {
        gboolean first = p == s || !g_ascii_isdigit(p[-1]);

        if (*p == '@' && p > s && p[-1] != ' ' && p[1] != ' ' && p[1] != '\0')
            ev.address = TRUE;
        open = open || ((*p == '<' || *p == '(' || *p == '[') && (p == s || p[-1] != '='));
        ev.bracketed = ev.bracketed || (open && *p == '@');
        if (!g_ascii_isdigit(*p))
            continue;
        ev.digit = TRUE;
        if (!first)
            continue;
        ev.numbers++;
        gsize n = strspn(p, "0123456789");
        char next = p[n];
        if (n == 4 && (g_str_has_prefix(p, "19") || g_str_has_prefix(p, "20")))
            ev.year = TRUE;
        if (n <= 2 && (next == ':' || next == '.' || next == 'h') && strspn(p + n + 1, "0123456789") == 2)
            ev.time = TRUE;
        if ((n <= 2 || n == 4) && (p == s || strchr("./-", p[-1]) == NULL) && next != '\0' &&
            strchr("./-", next) != NULL && g_ascii_isdigit(p[n + 1]))
            ev.date = TRUE;
    }
    *ev_r = ev;
}

gboolean tk_trim_line_is_moment(const char *fold)
{
    struct evidence ev;

    find_evidence(fold, &ev);
    return ev.time && (ev.year || ev.date);
}

/* Begins as a date does: a number soon followed by more of a date, or the name of a day. */
static gboolean starts_with_date(const char *s)
{
    g_autofree char *head = g_strndup(s, 28);
    struct evidence ev;

    find_evidence(head, &ev);
    if (g_ascii_isdigit(*s))
        return ev.year || ev.date;
    for (gsize i = 0; tk_trim_words_days[i] != NULL; i++) {
        gsize n = strlen(tk_trim_words_days[i]);

        if (begins_with(s, tk_trim_words_days[i]) &&
            (s[n] == ',' || s[n] == ' ' || s[n] == '.' || is_letter(s[n])))
            return ev.digit;
    }
    return FALSE;
}

static gsize count_words(const char *s)
{
    gsize words = *s != '\0';

    for (; *s != '\0'; s++)
        words += *s == ' ';
    return words;
}

/* The last word is a time of day, or "am" and its kin below one. */
static gboolean ends_with_time(const char *s)
{
    static const char *const halves[] = {" am", " pm", " uhr", " h", NULL};
    gsize len = strlen(s);

    for (gsize i = 0; halves[i] != NULL; i++)
        len -= g_str_has_suffix(s, halves[i]) ? strlen(halves[i]) : 0;
    while (len > 0 && s[len - 1] == ' ')
        len--;
    return len > 3 && g_ascii_isdigit(s[len - 1]) && g_ascii_isdigit(s[len - 2]) &&
           (s[len - 3] == ':' || s[len - 3] == '.');
}

enum tk_trim_header tk_trim_line_header(const char *fold, gboolean quoted)
{
    gsize before = 0, after = 0, len;
    const char *s = skip_frame(fold, &before);
    struct evidence ev;
    gboolean colon, framed, opener, dated, verb_last, verb, start;

    len = cut_frame(s, strlen(s), &after);
    if (len == 0 || len > 2 * TK_TRIM_FOLD_MAX)
        return TK_TRIM_HEADER_NO;
    colon = s[len - 1] == ':';
    framed = before >= 2 && after >= 2;
    while (len > 0 && (s[len - 1] == ':' || s[len - 1] == ' '))
        len--;
    find_evidence(s, &ev);
    if (!quoted && !framed && !ev.digit && !ev.address)
        return TK_TRIM_HEADER_NO; /* as nearly all lines, and without a look at their words */
    opener = starts_with_word(s, tk_trim_words_openers) || starts_with_word(s, tk_trim_words_cjk);
    start = starts_with_date(s);
    dated = ev.year || ev.date || (ev.time && ev.digit);
    g_autofree char *core = g_strndup(s, len);
    verb_last = tk_wordset_ends_whole(&verbs_at_end, core, len) ||
                (opener && tk_wordset_ends_whole(&weak_verbs, core, len));
    verb_last = verb_last || tk_wordset_ends(&cjk, core, len);
    verb = verb_last || tk_wordset_contains_whole(&verbs, core);

    if (!colon && (opener || start) && verb && ev.address && dated &&
        (quoted || (ev.bracketed && ev.time && s[len - 1] == '>')))
        return TK_TRIM_HEADER_FULL;
    if (!colon && !framed && !(verb_last && (ev.address || quoted) && dated))
        return start && quoted && ev.bracketed && s[len - 1] == '>' ? TK_TRIM_HEADER_FULL : TK_TRIM_HEADER_NO;
    if (starts_with_word(s, tk_trim_words_cites) && (ev.address || quoted) && len < 160)
        return TK_TRIM_HEADER_FULL;
    if (framed && verb_last)
        return TK_TRIM_HEADER_FULL;
    if (opener && verb_last && (dated || ev.address || (quoted && len < 160)))
        return TK_TRIM_HEADER_FULL;
    if (opener && verb && (ev.address || (dated && ev.time) || (ev.year && ev.numbers > 1)))
        return TK_TRIM_HEADER_FULL;
    if (start && verb && (ev.address || ev.time || quoted))
        return TK_TRIM_HEADER_FULL;
    if ((start || opener) && ev.bracketed && dated && strchr(">)]", s[len - 1]) != NULL)
        return TK_TRIM_HEADER_FULL;
    if (quoted && colon && ev.year && (ev.bracketed || ev.time))
        return TK_TRIM_HEADER_PART; /* in a language that is not in the tables */
    if (colon && ev.time && (ev.year || ev.date) && count_words(s) <= SHORT_HEADER_WORDS &&
        ((verb && ends_with_time(core)) || (ev.address && strchr(s, '=') == NULL)))
        return TK_TRIM_HEADER_PART; /* "Desk schrieb am 02.03.2026 um 10:15:", "2 Mar 2026, 10:15 by ADDRESS:"
                                     */
    if (quoted && colon && ev.bracketed && count_words(s) <= SHORT_HEADER_WORDS / 2)
        return TK_TRIM_HEADER_PART;
    if ((verb_last && (ev.address || (ev.year && ev.time) || (quoted && len < 120))) ||
        (verb && ev.bracketed && dated))
        return TK_TRIM_HEADER_PART;
    return TK_TRIM_HEADER_NO;
}

/* Bytes of a label and what stands around it. */
#define LABEL_MAX 40

enum tk_trim_label tk_trim_line_label(const char *fold, const char **value_r)
{
    static struct tk_wordset labels[] = {
        [TK_TRIM_LABEL_FROM] = TK_WORDSET(tk_trim_words_label_from),
        [TK_TRIM_LABEL_DATE] = TK_WORDSET(tk_trim_words_label_date),
        [TK_TRIM_LABEL_TO] = TK_WORDSET(tk_trim_words_label_to),
        [TK_TRIM_LABEL_CC] = TK_WORDSET(tk_trim_words_label_cc),
        [TK_TRIM_LABEL_SUBJECT] = TK_WORDSET(tk_trim_words_label_subject),
    };
    const char *s = fold + strspn(fold, "*_>|- ");
    gsize n = 0, word;

    while (n <= LABEL_MAX && s[n] != ':' && s[n] != '\0')
        n++;
    if (n == 0 || n > LABEL_MAX || s[n] != ':')
        return TK_TRIM_LABEL_NONE;
    word = n;
    while (word > 0 && strchr(" *_", s[word - 1]) != NULL)
        word--;
    for (int label = TK_TRIM_LABEL_FROM; label <= TK_TRIM_LABEL_SUBJECT; label++) {
        if (tk_wordset_is(&labels[label], s, word)) {
            *value_r = s + n + 1 + strspn(s + n + 1, " *_");
            return (enum tk_trim_label)label;
        }
    }
    return TK_TRIM_LABEL_NONE;
}

/* Bytes that the text of such a line has at most. */
#define LINE_MAX_SEPARATOR 120
#define LINE_MAX_FORWARD   90
/* "------------------ Original ------------------" of QQ: signs around a word that people write too. */
#define QQ_FRAME 20

gboolean tk_trim_line_is_separator(const char *fold)
{
    gsize count = 0, len;
    const char *s = skip_frame(fold, &count);

    if (count < 2)
        return FALSE;
    len = cut_frame(s, strlen(s), &count);
    return len < LINE_MAX_SEPARATOR && (tk_wordset_begins(&separators, s) ||
                                        (count >= QQ_FRAME && len == 8 && g_str_has_prefix(s, "original")));
}

gboolean tk_trim_line_is_forward(const char *fold)
{
    gsize count = 0;
    const char *s = skip_frame(fold, &count);

    if (tk_wordset_begins(&forwards, s) && strlen(s) < LINE_MAX_FORWARD)
        return strchr(s, ':') != NULL || count >= 2;
    return count >= 2 && tk_wordset_begins(&forwarded, s) &&
           cut_frame(s, strlen(s), &count) < LINE_MAX_SEPARATOR;
}

gboolean tk_trim_line_is_framed(const char *fold)
{
    gsize before = 0, after = 0, len;
    const char *s = skip_frame(fold, &before);

    len = cut_frame(s, strlen(s), &after);
    return before >= 3 && after >= 3 && len > 0 && len < LINE_MAX_SEPARATOR / 2;
}

gboolean tk_trim_line_is_above(const char *fold)
{
    gsize count = 0, len;
    const char *s = fold + strspn(fold, "> ");

    s = skip_frame(s, &count);
    len = cut_frame(s, strlen(s), &count);
    if (len >= 200)
        return FALSE;
    return ((count >= 2 || len < 70) && tk_wordset_contains(&above, s)) ||
           (count >= 4 && tk_wordset_contains(&enclosed, s));
}

/* The length of S without the signs that stand around a link or end a sentence. */
static gsize cut_signs(const char *s, gsize len)
{
    while (len > 0 && strchr(" .:<>()", s[len - 1]) != NULL)
        len--;
    return len;
}

/* Takes the links out of S, and the signs around them and at the end. */
static void cut_links(char *s)
{
    for (char *link = strstr(s, "http"); link != NULL; link = strstr(s, "http")) {
        gsize n = strcspn(link, " >)");

        memmove(link, link + n, strlen(link + n) + 1);
        if (link > s && (link[-1] == '<' || link[-1] == '(') && *link != '\0' && *link != ' ')
            memmove(link - 1, link + 1, strlen(link));
    }
    s[cut_signs(s, strlen(s))] = '\0';
}

/* Whether S may be the line of a device; decides for nearly every line, and without a copy. */
static gboolean may_be_mobile(const char *s, gsize len)
{
    return len > 0 && len <= 200 &&
           (tk_wordset_begins(&mobile, s) ||
            (len <= 90 &&
             (tk_wordset_ends(&mobile_ends, s, cut_signs(s, len)) || strstr(s, "http") != NULL)));
}

gboolean tk_trim_line_is_mobile(const char *fold)
{
    gsize ignored = 0, words = 1, len;
    const char *s = skip_frame(fold, &ignored);
    gboolean begins, device, two = FALSE;

    s += *s == '(' || *s == '"' || *s == '<' ? 1 : 0;
    len = cut_frame(s, strlen(s), &ignored);
    if (!may_be_mobile(s, len))
        return FALSE;
    g_autofree char *core = g_strndup(s, len);
    cut_links(core);
    begins = tk_wordset_begins(&mobile, core);
    if (!begins && !tk_wordset_ends(&mobile_ends, core, strlen(core)))
        return FALSE;
    device = tk_wordset_contains(&devices, core);
    for (const char *p = core; *p != '\0'; p++) {
        words += *p == ' ';
        two = two || *p == ',' || *p == ';' || (*p == '.' && p[1] == ' ');
        if (*p == '?' || (*p == ':' && !g_str_has_prefix(core, "provenance")))
            return FALSE;
    }
    if (two && !(device && words <= 7) && !tk_wordset_contains(&excuses, core))
        return FALSE;
    if (begins)
        return words <= 12 && (device || (words <= 7 && g_str_has_prefix(core, "sent from my ")));
    return device && words <= 8;
}

gboolean tk_trim_line_is_signoff(const char *fold)
{
    gsize len = strcspn(fold, ",.!:");

    if (fold[len] != '\0' && strspn(fold + len, ",.!: ") != strlen(fold + len))
        return FALSE;
    return tk_wordset_is(&signoffs, fold, len);
}

gboolean tk_trim_line_has_contact(const char *fold)
{
    struct evidence ev;
    gsize digits = 0, other = 0;

    find_evidence(fold, &ev);
    if (ev.address || strstr(fold, "http://") != NULL || strstr(fold, "https://") != NULL ||
        strstr(fold, "www.") != NULL)
        return TRUE;
    for (const char *p = fold; *p != '\0'; p++) {
        if (g_ascii_isdigit(*p))
            digits++;
        else if (strchr(" +-()./", *p) == NULL)
            other++;
    }
    return digits >= 6 && other <= 14;
}

gboolean tk_trim_line_is_legal(const char *fold)
{
    return tk_wordset_contains(&legal, fold);
}
