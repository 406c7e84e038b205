/* html_look: what the attributes of an element say about how it looks, and which mail program put it there.
 *
 * Owns the names that mail programs give to the elements around quotes and signatures, and the little of CSS
 * that hides text. Cannot fail. */
#include "rules/html/html_look.h"

#include <stdlib.h>
#include <string.h>

#include "rules/base/wordset.h"

/* Parts of values of class, id and name, in lower case. A part is enough: programs put prefixes before the
 * names when they quote ("x_", "m_123"), and values may come with broken quotes. */
static const char *const cut_names[] = {"divrplyfwdmsg",        /* Outlook on the web */
                                        "appendonsend",         /* the same: what follows is not new */
                                        "olk_src_body_section", /* Outlook for Mac */
                                        "mail-editor-reference-message", /* Outlook for phones */
                                        "ms-outlook-mobile-reference",   /* the same */
                                        "stopspelling",        /* Hotmail: the rule above the old mail */
                                        "zwchr",               /* Zimbra: the same */
                                        "replyforwardmessage", /* Windows Mail */
                                        NULL};
static const char *const quote_names[] = {"gmail_attr",            /* Gmail: "On ... wrote:" */
                                          "yahoo_quoted",          /* Yahoo */
                                          "moz-cite-prefix",       /* Thunderbird: "On ... wrote:" */
                                          "moz-forward-container", /* the same, forwarding */
                                          "protonmail_quote",      /* Proton */
                                          "tutanota_quote",        /* Tuta */
                                          "zmail_extra",           /* Zoho */
                                          "messagereplysection",   /* Spark */
                                          "mailspring-quote",      /* Mailspring */
                                          "nylas-quote",           /* Nylas */
                                          "quoted_message",        /* several */
                                          "reply-new-email",       /* Spark */
                                          "ntes-pcmail-quote",     /* NetEase */
                                          "quote-intro",           /* several: "On ... wrote:" */
                                          NULL};
static const char *const signature_names[] = {"bloop_sign", /* Airmail */
                                              "signature",  /* nearly all: "gmail_signature", "Signature" */
                                              NULL};

/* Lower case without white space, so that declarations can be searched. */
static void squeeze(GString *s)
{
    gsize to = 0;

    for (gsize i = 0; i < s->len; i++) {
        if (!g_ascii_isspace(s->str[i]))
            s->str[to++] = g_ascii_tolower(s->str[i]);
    }
    g_string_truncate(s, to);
}

/* The declarations that are looked at: for each its value in the squeezed style, which ends with ";" or NUL,
 * where it is declared first; NULL else. */
enum property {
    DISPLAY,
    VISIBILITY,
    MSO_HIDE,
    OPACITY,
    OVERFLOW,
    MAX_HEIGHT,
    HEIGHT,
    FONT_SIZE,
    BORDER_TOP,
    PADDING,
    PROPERTIES
};

static void read_declarations(const char *style, const char *values_r[PROPERTIES])
{
    static const char *const names[PROPERTIES] = {
        [DISPLAY] = "display:", [VISIBILITY] = "visibility:", [MSO_HIDE] = "mso-hide:",
        [OPACITY] = "opacity:", [OVERFLOW] = "overflow:",     [MAX_HEIGHT] = "max-height:",
        [HEIGHT] = "height:",   [FONT_SIZE] = "font-size:",   [BORDER_TOP] = "border-top:",
        [PADDING] = "padding:",
    };

    for (const char *p = style; p != NULL && *p != '\0';
         p = strpbrk(p, ";\"'"), p = p != NULL ? p + 1 : NULL) {
        for (guint i = 0; i < PROPERTIES; i++) {
            if (values_r[i] == NULL && *p == *names[i] && g_str_has_prefix(p, names[i]))
                values_r[i] = p + strlen(names[i]);
        }
    }
}

static gboolean begins(const char *value, const char *word)
{
    return value != NULL && g_str_has_prefix(value, word);
}

static gboolean is_zero(const char *value)
{
    char *end;

    if (value == NULL || !(g_ascii_isdigit(*value) || *value == '.'))
        return FALSE;
    return g_ascii_strtod(value, &end) < 0.01;
}

static void look_at_style(const char *style, struct tk_html_look *look)
{
    const char *values[PROPERTIES] = {NULL};

    read_declarations(style, values);
    look->hidden =
        look->hidden || begins(values[DISPLAY], "none") || begins(values[VISIBILITY], "hidden") ||
        begins(values[MSO_HIDE], "all") || is_zero(values[OPACITY]) ||
        (begins(values[OVERFLOW], "hidden") && (is_zero(values[MAX_HEIGHT]) || is_zero(values[HEIGHT])));
    look->zero_font = is_zero(values[FONT_SIZE]);
    look->sized_font = values[FONT_SIZE] != NULL && !look->zero_font;
    look->quote = look->quote || strstr(style, "border-left:") != NULL;
    /* the line that Outlook draws above the copied header; signatures have other paddings */
    if (begins(values[BORDER_TOP], "solid") && begins(values[PADDING], "3.0pt"))
        look->mark = TK_TRIM_MARK_CUT;
}

static enum tk_trim_mark find_habit(const char *value)
{
    static struct tk_wordset cuts = TK_WORDSET(cut_names), quotes = TK_WORDSET(quote_names),
                             signatures = TK_WORDSET(signature_names);

    if (tk_wordset_contains(&cuts, value))
        return TK_TRIM_MARK_CUT;
    if (tk_wordset_contains(&quotes, value))
        return TK_TRIM_MARK_QUOTE;
    return tk_wordset_contains(&signatures, value) ? TK_TRIM_MARK_SIGNATURE : TK_TRIM_MARK_NONE;
}

static gboolean is_named(const struct tk_html_attribute *attribute, const char *name)
{
    return attribute->name_len == strlen(name) &&
           g_ascii_strncasecmp(attribute->name, name, attribute->name_len) == 0;
}

struct tk_html_look tk_html_look_at(const struct tk_html_tree *tree, const struct tk_html_node *node,
                                    GString *scratch)
{
    struct tk_html_attribute attribute = {NULL, 0, 0};
    struct tk_html_look look = {.hidden = node->tag == TK_HTML_TAG_DROP};

    look.mark = node->tag == TK_HTML_TAG_SIGNATURE ? TK_TRIM_MARK_SIGNATURE : TK_TRIM_MARK_NONE;
    if (node->tag == TK_HTML_TAG_TEXT)
        return look;
    while (tk_html_tree_next(tree, node, &attribute, scratch)) {
        gboolean class = is_named(&attribute, "class");

        g_string_ascii_down(scratch);
        if (class || is_named(&attribute, "id") || is_named(&attribute, "name")) {
            if (look.mark == TK_TRIM_MARK_NONE)
                look.mark = find_habit(scratch->str);
        } else if (is_named(&attribute, "style")) {
            squeeze(scratch);
            look_at_style(scratch->str, &look);
        } else if (is_named(&attribute, "type")) {
            look.quote = look.quote || strcmp(scratch->str, "cite") == 0;
        } else if (is_named(&attribute, "hidden")) {
            look.hidden = TRUE;
        } else if (is_named(&attribute, "data-marker") && strstr(scratch->str, "__quote") != NULL) {
            look.mark = TK_TRIM_MARK_QUOTE; /* Zimbra: __QUOTED_TEXT__ */
        }
        if (class) {
            look.tight = g_str_has_prefix(scratch->str, "mso") || g_str_has_prefix(scratch->str, "\"mso");
            look.quote = look.quote || strstr(scratch->str, "gmail_quote") != NULL ||
                         strstr(scratch->str, "cite") != NULL;
        }
    }
    return look;
}
