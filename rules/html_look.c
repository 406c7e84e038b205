/* html_look: what the attributes of an element say about how it looks, and which mail program put it there.
 *
 * Owns the names that mail programs give to the elements around quotes and signatures, and the little of CSS
 * that hides text. Cannot fail. */
#include "rules/html_look.h"

#include <stdlib.h>
#include <string.h>

#include "rules/wordset.h"

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

/* The value of the declaration NAME in the squeezed STYLE, NULL if there is none; it ends with ";" or NUL. */
static const char *declaration(const char *style, const char *name)
{
    gsize n = strlen(name);

    for (const char *p = strstr(style, name); p != NULL; p = strstr(p + n, name)) {
        if (p[n] == ':' && (p == style || p[-1] == ';' || p[-1] == '"' || p[-1] == '\''))
            return p + n + 1;
    }
    return NULL;
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
    const char *value = declaration(style, "display"), *border;

    look->hidden = look->hidden || (value != NULL && g_str_has_prefix(value, "none"));
    value = declaration(style, "visibility");
    look->hidden = look->hidden || (value != NULL && g_str_has_prefix(value, "hidden"));
    value = declaration(style, "mso-hide");
    look->hidden = look->hidden || (value != NULL && g_str_has_prefix(value, "all"));
    look->hidden = look->hidden || is_zero(declaration(style, "opacity"));
    value = declaration(style, "overflow");
    if (value != NULL && g_str_has_prefix(value, "hidden"))
        look->hidden = look->hidden || is_zero(declaration(style, "max-height")) ||
                       is_zero(declaration(style, "height"));
    value = declaration(style, "font-size");
    look->zero_font = is_zero(value);
    look->sized_font = value != NULL && !look->zero_font;
    look->quote = look->quote || strstr(style, "border-left:") != NULL;
    /* the line that Outlook draws above the copied header; signatures have other paddings */
    border = declaration(style, "border-top");
    value = declaration(style, "padding");
    if (border != NULL && g_str_has_prefix(border, "solid") && value != NULL &&
        g_str_has_prefix(value, "3.0pt"))
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
