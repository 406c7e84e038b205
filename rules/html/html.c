/* html: the html of a mail as text, as a copy that is safe to show, and cut into new text, quote and
 * signature.
 *
 * Owns what is made of one reading. Cannot fail. The parser is our own: the libraries at hand take minutes
 * for a million nested tags and many times the memory of the mail. */
#include "rules/html/html.h"

#include <string.h>

#include "rules/html/html_render.h"
#include "rules/html/html_sanitise.h"
#include "rules/html/html_tree.h"

struct tk_html {
    char *text, *sanitised;
    GByteArray *marks; /* one for each line of the text */
};

struct tk_html *tk_html_parse(const char *html, gsize len, struct tk_budget *budget)
{
    struct tk_html *result = g_new0(struct tk_html, 1);
    struct tk_html_tree *tree = tk_html_tree_read(html, len, budget);

    result->text = tk_html_render_text(tree, budget, &result->marks);
    result->sanitised = tk_html_sanitise(tree, budget);
    tk_html_tree_free(&tree);
    return result;
}

const char *tk_html_text(const struct tk_html *html)
{
    return html->text;
}

const char *tk_html_sanitised(const struct tk_html *html)
{
    return html->sanitised;
}

void tk_html_split(const struct tk_html *html, struct tk_budget *budget, struct tk_trim *out_r)
{
    tk_trim_split_marked(html->text, strlen(html->text), html->marks->data, html->marks->len, budget, out_r);
}

void tk_html_free(struct tk_html **html)
{
    if (*html == NULL)
        return;
    g_free((*html)->text);
    g_free((*html)->sanitised);
    g_byte_array_unref((*html)->marks);
    g_clear_pointer(html, g_free);
}
