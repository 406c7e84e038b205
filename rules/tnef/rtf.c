/* rtf: a push parser of RTF that keeps the text (see rtf.h). */
#include "rules/tnef/rtf.h"

#include <string.h>

#include "rules/charset/codepage.h"
#include "rules/tnef/rtf_words.h"

/* The longest control word that the format allows is 32 letters; a number has ten digits at the most. */
#define MAX_WORD   32
#define MAX_NUMBER 99999999

/* A run of bytes in one code page is converted at once; a longer one in pieces. */
#define MAX_RUN 8192

enum state { IN_TEXT, IN_SYMBOL, IN_WORD, IN_NUMBER, IN_HEX, IN_HEX2, IN_BIN };

/* What a group inherits from the one around it. */
struct group {
    gint font;
    guint uc;
    bool skip, fonttbl, hidden, htmltag, htmlrtf;
};

struct tk_rtf {
    enum state state;
    struct group stack[TK_RTF_MAX_DEPTH];
    guint depth;    /* open groups that are on the stack */
    guint overflow; /* open groups that found no place there */
    bool star;      /* the word that follows names a destination that may be passed over */
    char word[MAX_WORD + 1];
    gsize word_len;
    bool has_number, negative;
    gint number;
    guint8 hex;
    gint64 bin_left;
    guint substitutes; /* characters to pass over after \u */
    gunichar high;     /* the first half of a surrogate pair, or 0 */
    bool is_rtf, html, cut;
    guint codepage;
    gint default_font;
    GHashTable *fonts; /* number of the font to its code page */
    struct tk_codepage *converter;
    guint8 run[MAX_RUN];
    gsize run_len;
    GString *piece, *out;
};

struct tk_rtf *tk_rtf_new(void)
{
    struct tk_rtf *r = g_new0(struct tk_rtf, 1);
    r->stack[0].uc = 1;
    r->codepage = TK_CODEPAGE_ANSI;
    r->fonts = g_hash_table_new(g_direct_hash, g_direct_equal);
    r->converter = tk_codepage_new();
    r->piece = g_string_new(NULL);
    r->out = g_string_new(NULL);
    return r;
}

void tk_rtf_free(struct tk_rtf **rtf)
{
    struct tk_rtf *r = *rtf;
    if (r == NULL)
        return;
    *rtf = NULL;
    g_hash_table_unref(r->fonts);
    tk_codepage_free(&r->converter);
    g_string_free(r->piece, TRUE);
    g_string_free(r->out, TRUE);
    g_free(r);
}

static struct group *top(struct tk_rtf *r)
{
    return &r->stack[r->depth];
}

static bool is_visible(struct tk_rtf *r)
{
    const struct group *g = top(r);
    if (r->depth == 0 || g->skip || g->fonttbl) /* no text stands outside of the outermost group */
        return false;
    return r->html ? g->htmltag || !g->htmlrtf : !g->hidden;
}

/* Puts one character out. Outside of its tags the HTML is text, so that marks in it must not become tags. */
static void put_char(struct tk_rtf *r, gunichar c)
{
    if (r->out->len >= TK_RTF_MAX_OUTPUT) {
        r->cut = true;
        return;
    }
    if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7F)
        return;
    bool escape = r->html && !top(r)->htmltag;
    if (escape && c == '<')
        g_string_append(r->out, "&lt;");
    else if (escape && c == '>')
        g_string_append(r->out, "&gt;");
    else
        tk_codepage_append_char(r->out, c);
}

static guint run_codepage(struct tk_rtf *r)
{
    /* The tags are written in the document's own code page. */
    if (top(r)->htmltag)
        return r->codepage;
    guint codepage = GPOINTER_TO_UINT(g_hash_table_lookup(r->fonts, GINT_TO_POINTER(top(r)->font)));
    return codepage != 0 ? codepage : r->codepage;
}

static void end_run(struct tk_rtf *r, bool more)
{
    if (r->run_len == 0)
        return;
    g_string_truncate(r->piece, 0);
    gsize done = tk_codepage_append(r->converter, run_codepage(r), r->run, r->run_len, more, r->piece);
    memmove(r->run, r->run + done, r->run_len - done);
    r->run_len -= done;
    for (const char *p = r->piece->str; p < r->piece->str + r->piece->len; p = g_utf8_next_char(p))
        put_char(r, g_utf8_get_char(p));
}

static bool is_substitute(struct tk_rtf *r)
{
    if (r->substitutes == 0)
        return false;
    r->substitutes--;
    return true;
}

/* A byte of text, as it is or by \'hh. */
static void text_byte(struct tk_rtf *r, guint8 byte)
{
    if (is_substitute(r) || !is_visible(r))
        return;
    r->high = 0;
    r->run[r->run_len++] = byte;
    if (r->run_len == MAX_RUN)
        end_run(r, true);
}

static void unicode_char(struct tk_rtf *r, gunichar c)
{
    if (!is_visible(r))
        return;
    end_run(r, false);
    gunichar high = r->high;
    r->high = 0;
    if (c >= 0xD800 && c < 0xDC00)
        r->high = c;
    else if (c >= 0xDC00 && c < 0xE000 && high != 0)
        put_char(r, 0x10000 + ((high - 0xD800) << 10) + (c - 0xDC00));
    else if (c == 0xF0B7 || c == 0xF0A7) /* the bullets of the fonts Symbol and Wingdings */
        put_char(r, 0x2022);
    else
        put_char(r, c);
}

static void open_group(struct tk_rtf *r)
{
    end_run(r, false);
    r->substitutes = 0;
    r->star = false;
    if (r->depth + 1 < TK_RTF_MAX_DEPTH) {
        r->stack[r->depth + 1] = r->stack[r->depth];
        r->depth++;
    } else if (r->overflow < G_MAXUINT) {
        r->overflow++;
    }
}

static void close_group(struct tk_rtf *r)
{
    end_run(r, false);
    r->substitutes = 0;
    r->star = false;
    if (r->overflow > 0)
        r->overflow--;
    else if (r->depth > 0)
        r->depth--;
}

static void set_font_codepage(struct tk_rtf *r, guint codepage)
{
    gpointer font = GINT_TO_POINTER(top(r)->font);
    if (!top(r)->fonttbl || codepage == 0)
        return;
    if (g_hash_table_size(r->fonts) < TK_RTF_MAX_FONTS || g_hash_table_contains(r->fonts, font))
        g_hash_table_insert(r->fonts, font, GUINT_TO_POINTER(codepage));
}

static void set_unicode(struct tk_rtf *r, gint number)
{
    /* The number is a signed one of 16 bits in most writers. */
    unicode_char(r, (gunichar)(number < 0 ? number + 0x10000 : number));
    r->substitutes = top(r)->uc;
}

static void apply_word(struct tk_rtf *r, const struct tk_rtf_word *word, gint number, bool on)
{
    struct group *g = top(r);
    switch (word->action) {
    case TK_RTF_IGNORE: break;
    case TK_RTF_CHAR: unicode_char(r, word->value); break;
    case TK_RTF_SKIP: g->skip = true; break;
    case TK_RTF_FONTTBL: g->fonttbl = true; break;
    case TK_RTF_FONT: g->font = number; break;
    case TK_RTF_FCHARSET: set_font_codepage(r, tk_rtf_words_codepage(number)); break;
    case TK_RTF_CPG: set_font_codepage(r, (guint)MAX(number, 0)); break;
    case TK_RTF_DEFAULT: g->font = r->default_font = number; break;
    case TK_RTF_CODEPAGE: r->codepage = word->value != 0 ? word->value : (guint)MAX(number, 0); break;
    case TK_RTF_PLAIN:
        g->font = r->default_font;
        g->hidden = false;
        break;
    case TK_RTF_HIDDEN: g->hidden = on; break;
    case TK_RTF_UC: g->uc = (guint)CLAMP(number, 0, 16); break;
    case TK_RTF_UNICODE: set_unicode(r, number); break;
    case TK_RTF_BIN:
        if (number > 0) {
            r->bin_left = number;
            r->state = IN_BIN;
        }
        break;
    case TK_RTF_FROMHTML: r->html = r->html || (on && r->out->len == 0); break;
    case TK_RTF_HTMLTAG:
        g->htmltag = r->html;
        g->skip = !r->html;
        break;
    case TK_RTF_HTMLRTF: g->htmlrtf = on; break;
    }
}

static void end_word(struct tk_rtf *r)
{
    r->word[r->word_len] = '\0';
    r->state = IN_TEXT;
    if (r->depth > 0 && strcmp(r->word, "rtf") == 0)
        r->is_rtf = true;
    const struct tk_rtf_word *word = tk_rtf_words_find(r->word);
    if (word->action == TK_RTF_BIN)
        r->substitutes = 0;
    else if (is_substitute(r))
        return;
    bool star = r->star;
    r->star = false;
    end_run(r, false);
    if (word->action != TK_RTF_UNICODE && word->action != TK_RTF_IGNORE)
        r->high = 0;
    if (star && word->action == TK_RTF_IGNORE) {
        top(r)->skip = true;
        return;
    }
    gint number = r->negative ? -r->number : r->number;
    apply_word(r, word, number, !r->has_number || number != 0);
}

static void symbol_char(struct tk_rtf *r, gunichar c)
{
    if (!is_substitute(r))
        unicode_char(r, c);
}

static void symbol(struct tk_rtf *r, guint8 c)
{
    r->state = IN_TEXT;
    if (g_ascii_isalpha(c)) {
        r->word[0] = (char)c;
        r->word_len = 1;
        r->has_number = r->negative = false;
        r->number = 0;
        r->state = IN_WORD;
        return;
    }
    switch (c) {
    case '\'': r->state = IN_HEX; break;
    case '*': r->star = true; break;
    case '\\':
    case '{':
    case '}': text_byte(r, c); break;
    case '~': symbol_char(r, 0xA0); break;
    case '_': symbol_char(r, 0x2011); break;
    case '\r':
    case '\n': symbol_char(r, '\n'); break;
    default: (void)is_substitute(r); break;
    }
}

/* Reads C in the middle of a word or number. False: C is not part of it and has to be read as text. */
static bool word_byte(struct tk_rtf *r, guint8 c)
{
    if (r->state == IN_WORD && g_ascii_isalpha(c) && r->word_len < MAX_WORD) {
        r->word[r->word_len++] = (char)c;
        return true;
    }
    if (r->state == IN_WORD && c == '-') {
        r->negative = true;
        r->state = IN_NUMBER;
        return true;
    }
    if (g_ascii_isdigit(c)) {
        r->has_number = true;
        r->state = IN_NUMBER;
        if (r->number <= MAX_NUMBER)
            r->number = r->number * 10 + (c - '0');
        return true;
    }
    end_word(r);
    return c == ' ';
}

static void text_or_mark(struct tk_rtf *r, guint8 c)
{
    switch (c) {
    case '\\': r->state = IN_SYMBOL; break;
    case '{': open_group(r); break;
    case '}': close_group(r); break;
    case '\r':
    case '\n':
    case '\0': break;
    default: text_byte(r, c); break;
    }
}

static void one_byte(struct tk_rtf *r, guint8 c)
{
    if (r->state == IN_WORD || r->state == IN_NUMBER) {
        if (word_byte(r, c))
            return;
        if (r->state == IN_BIN) { /* \binN and then its first byte, without a blank between */
            r->state = --r->bin_left > 0 ? IN_BIN : IN_TEXT;
            return;
        }
    }
    switch (r->state) {
    case IN_SYMBOL: symbol(r, c); return;
    case IN_HEX:
    case IN_HEX2:
        if (!g_ascii_isxdigit(c)) {
            r->state = IN_TEXT;
            break;
        }
        r->hex = (guint8)(r->hex << 4 | g_ascii_xdigit_value((gchar)c));
        if (r->state == IN_HEX2)
            text_byte(r, r->hex);
        r->state = r->state == IN_HEX ? IN_HEX2 : IN_TEXT;
        return;
    case IN_BIN:
        if (--r->bin_left <= 0)
            r->state = IN_TEXT;
        return;
    case IN_TEXT:
    case IN_WORD:
    case IN_NUMBER: break;
    }
    text_or_mark(r, c);
}

void tk_rtf_push(struct tk_rtf *rtf, const guint8 *bytes, gsize len)
{
    for (gsize i = 0; i < len; i++)
        one_byte(rtf, bytes[i]);
}

enum tk_rtf_kind tk_rtf_finish(struct tk_rtf *rtf, const GString **output_r, bool *cut_r)
{
    if (rtf->state == IN_WORD || rtf->state == IN_NUMBER)
        end_word(rtf);
    end_run(rtf, false);
    rtf->state = IN_TEXT;
    *output_r = rtf->out;
    if (cut_r != NULL)
        *cut_r = rtf->cut;
    if (!rtf->is_rtf)
        return TK_RTF_NONE;
    return rtf->html ? TK_RTF_HTML : TK_RTF_TEXT;
}

enum tk_rtf_kind tk_rtf_convert(const guint8 *bytes, gsize len, char **output_r)
{
    struct tk_rtf *r = tk_rtf_new();
    const GString *output;
    tk_rtf_push(r, bytes, len);
    enum tk_rtf_kind kind = tk_rtf_finish(r, &output, NULL);
    *output_r = g_strndup(output->str, output->len);
    tk_rtf_free(&r);
    return kind;
}
