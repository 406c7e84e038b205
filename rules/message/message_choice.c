/* message_choice: the text of a mail out of its segments.
 *
 * Each segment gives its plain text, or its html where the plain text is missing or a mere stub; segments
 * follow each other. Cannot fail. */
#include <string.h>

#include "rules/base/text.h"
#include "rules/html/html.h"
#include "rules/message/message_private.h"

/* A plain part beside an html part that has this many times its letters is a stub ("your program shows no
 * html"). */
#define STUB_FACTOR 8
/* Letters of plain text that are never a stub, whatever the html says. */
#define STUB_MAX 400
/* Words in common that make a plain and an html text two versions of one, and how many words are looked at.
 */
#define SAME_PERCENT 60
#define WORDS_MAX    2000

struct tk_segment *tk_segment_new(gint alternative)
{
    struct tk_segment *segment = g_new0(struct tk_segment, 1);

    segment->alternative = alternative;
    segment->plain_parent = -1;
    segment->plain = g_string_new(NULL);
    segment->html = g_string_new(NULL);
    return segment;
}

void tk_segment_free(gpointer data)
{
    struct tk_segment *segment = data;

    g_string_free(segment->plain, TRUE);
    g_string_free(segment->html, TRUE);
    g_free(segment);
}

void tk_segment_append(GString *to, const char *text)
{
    if (to->len > 0 && to->str[to->len - 1] != '\n')
        g_string_append_c(to, '\n');
    g_string_append_len(to, text, MIN(strlen(text), TK_MESSAGE_HTML_MAX));
}

gboolean tk_message_is_blank(const char *text)
{
    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);

        if (!g_unichar_isspace(c) && c != 0x200b && c != 0xfeff)
            return FALSE;
    }
    return TRUE;
}

static gsize letters(const char *text)
{
    gsize count = 0;

    for (; *text != '\0'; text++)
        count += (*text & 0xc0) != 0x80 && !g_ascii_isspace(*text);
    return count;
}

static gboolean is_stub(const char *plain, const char *html_text)
{
    gsize has = letters(plain);

    return has < STUB_MAX && has * STUB_FACTOR < letters(html_text);
}

/* ---- two versions that were not marked as such ---- */

static void count_words(GHashTable *counts, const char *text, gint step, guint *words, guint *common)
{
    g_auto(GStrv) list = g_strsplit_set(text, " \t\n", WORDS_MAX);

    for (guint i = 0; list[i] != NULL && i + 1 < WORDS_MAX; i++) {
        gint count;

        if (*list[i] == '\0')
            continue;
        ++*words;
        count = GPOINTER_TO_INT(g_hash_table_lookup(counts, list[i]));
        if (step < 0 && count > 0)
            ++*common;
        g_hash_table_insert(counts, g_strdup(list[i]), GINT_TO_POINTER(count + step));
    }
}

/* Whether most words of both texts are the same. */
static gboolean is_same_text(const char *one, const char *two)
{
    g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint words = 0, common = 0;

    count_words(counts, one, 1, &words, &common);
    count_words(counts, two, -1, &words, &common);
    return 2 * common * 100 >= SAME_PERCENT * words;
}

/* Some programs put the plain and the html version of a text one behind the other into a multipart/mixed. */
static void merge_versions(GPtrArray *segments, struct tk_budget *budget)
{
    for (guint i = 0; i + 1 < segments->len && !tk_budget_spent(budget); i++) {
        struct tk_segment *plain = g_ptr_array_index(segments, i);
        const struct tk_segment *html = g_ptr_array_index(segments, i + 1);
        struct tk_html *parsed;

        if (plain->alternative >= 0 || html->alternative >= 0 || plain->html->len > 0 ||
            html->plain->len > 0 || html->html->len == 0)
            continue;
        parsed = tk_html_parse(html->html->str, html->html->len, budget);
        if (is_same_text(plain->plain->str, tk_html_text(parsed))) {
            g_string_assign(plain->html, html->html->str);
            g_ptr_array_remove_index(segments, i + 1);
        }
        tk_html_free(&parsed);
    }
}

/* ---- the choice ---- */

/* What the segments come to. */
struct choice {
    GString *text, *html, *html_text, *html_safe;
    gboolean plain, rendered; /* which kinds the text is made of */
    struct tk_html *only;     /* the html that the whole text is made of, or NULL */
};

static void choose_segment(const struct tk_segment *segment, struct tk_budget *budget, struct choice *choice)
{
    struct tk_html *parsed = NULL;
    gboolean blank = tk_message_is_blank(segment->plain->str);
    gboolean use_html = FALSE;

    if (segment->html->len > 0) {
        const char *rendered;

        parsed = tk_html_parse(segment->html->str, segment->html->len, budget);
        rendered = tk_html_text(parsed);
        use_html = !tk_message_is_blank(rendered) && (blank || is_stub(segment->plain->str, rendered));
        tk_segment_append(choice->html, segment->html->str);
        tk_segment_append(choice->html_text, rendered);
        if (choice->html_safe->len + strlen(tk_html_sanitised(parsed)) < TK_MESSAGE_TEXT_MAX)
            tk_segment_append(choice->html_safe,
                              tk_html_sanitised(parsed)); /* whole: a cut tag is not safe */
        if (use_html)
            tk_segment_append(choice->text, rendered);
    }
    if (!use_html)
        tk_segment_append(choice->text, segment->plain->str);
    tk_html_free(&choice->only);
    if (use_html && !choice->plain && !choice->rendered)
        choice->only = g_steal_pointer(&parsed);
    tk_html_free(&parsed);
    choice->rendered = choice->rendered || use_html;
    choice->plain = choice->plain || (!use_html && !blank);
}

static void split_reply(struct tk_message *message, const struct tk_html *only)
{
    struct tk_budget *budget = &tk_message_parsed(message)->budget;
    struct tk_trim trim;

    if (only != NULL)
        tk_html_split(only, budget, &trim);
    else
        tk_trim_split_marked(message->text, strlen(message->text), NULL, 0, budget, &trim);
    message->reply = trim.reply;
    message->quoted = trim.quoted;
    message->signature = trim.signature;
}

static char *take_capped(struct tk_message *message, GString *text)
{
    char *capped = tk_text_cut(text->str, TK_MESSAGE_TEXT_MAX);

    if (text->len > TK_MESSAGE_TEXT_MAX)
        tk_message_flag(message, "text_cut");
    g_string_free(text, TRUE);
    return capped;
}

void tk_message_choose(struct tk_message *message, GPtrArray *segments, enum tk_text_from from)
{
    struct choice choice = {
        g_string_new(NULL), g_string_new(NULL), g_string_new(NULL), g_string_new(NULL), FALSE, FALSE, NULL};
    struct tk_budget *budget = &tk_message_parsed(message)->budget;
    gboolean html;

    merge_versions(segments, budget);
    for (guint i = 0; i < segments->len && !tk_budget_spent(budget); i++)
        choose_segment(g_ptr_array_index(segments, i), budget, &choice);
    html = choice.html->len > 0;
    message->text = take_capped(message, choice.text);
    message->html = take_capped(message, choice.html);
    message->html_text = take_capped(message, choice.html_text);
    message->html_safe = take_capped(message, choice.html_safe);
    if (!html) {
        g_clear_pointer(&message->html, g_free);
        g_clear_pointer(&message->html_text, g_free);
        g_clear_pointer(&message->html_safe, g_free);
    }
    if (from == TK_TEXT_PLAIN && choice.rendered && !choice.plain)
        from = TK_TEXT_HTML;
    message->text_from = from;
    split_reply(message, choice.only);
    tk_html_free(&choice.only);
}
