/* html_look: what the attributes of an element say about how it looks, and which mail program put it there.
 *
 * Owns the names that mail programs give to the elements around quotes and signatures, and the little of CSS
 * that hides text. Cannot fail. */
#include "rules/html_look.h"

#include <stdlib.h>
#include <string.h>

/* Parts of values of class, id and name, in lower case. A part is enough: programs put prefixes before the
 * names when they quote ("x_", "m_123"), and values may come with broken quotes. */
struct habit {
    const char *part;
    enum tk_trim_mark mark;
};

static const struct habit habits[] = {
    {"divrplyfwdmsg", TK_TRIM_MARK_CUT},                 /* Outlook on the web */
    {"appendonsend", TK_TRIM_MARK_CUT},                  /* the same: what follows is not new */
    {"olk_src_body_section", TK_TRIM_MARK_CUT},          /* Outlook for Mac */
    {"mail-editor-reference-message", TK_TRIM_MARK_CUT}, /* Outlook for phones */
    {"ms-outlook-mobile-reference", TK_TRIM_MARK_CUT},   /* the same */
    {"stopspelling", TK_TRIM_MARK_CUT},                  /* Hotmail: the rule above the old mail */
    {"zwchr", TK_TRIM_MARK_CUT},                         /* Zimbra: the same */
    {"replyforwardmessage", TK_TRIM_MARK_CUT},           /* Windows Mail */
    {"gmail_attr", TK_TRIM_MARK_QUOTE},                  /* Gmail: "On ... wrote:" */
    {"yahoo_quoted", TK_TRIM_MARK_QUOTE},                /* Yahoo */
    {"moz-cite-prefix", TK_TRIM_MARK_QUOTE},             /* Thunderbird: "On ... wrote:" */
    {"moz-forward-container", TK_TRIM_MARK_QUOTE},       /* the same, forwarding */
    {"protonmail_quote", TK_TRIM_MARK_QUOTE},            /* Proton */
    {"tutanota_quote", TK_TRIM_MARK_QUOTE},              /* Tuta */
    {"zmail_extra", TK_TRIM_MARK_QUOTE},                 /* Zoho */
    {"messagereplysection", TK_TRIM_MARK_QUOTE},         /* Spark */
    {"mailspring-quote", TK_TRIM_MARK_QUOTE},            /* Mailspring */
    {"nylas-quote", TK_TRIM_MARK_QUOTE},                 /* Nylas */
    {"quoted_message", TK_TRIM_MARK_QUOTE},              /* several */
    {"reply-new-email", TK_TRIM_MARK_QUOTE},             /* Spark */
    {"ntes-pcmail-quote", TK_TRIM_MARK_QUOTE},           /* NetEase */
    {"quote-intro", TK_TRIM_MARK_QUOTE},                 /* several: "On ... wrote:" */
    {"bloop_sign", TK_TRIM_MARK_SIGNATURE},              /* Airmail */
    {"signature", TK_TRIM_MARK_SIGNATURE},               /* nearly all: "gmail_signature", "Signature" */
    {NULL, TK_TRIM_MARK_NONE}};

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
    for (gsize i = 0; habits[i].part != NULL; i++) {
        if (strstr(value, habits[i].part) != NULL)
            return habits[i].mark;
    }
    return TK_TRIM_MARK_NONE;
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
