/* fuzz_html: no html makes the text invalid, the safe copy unsafe or the reply empty. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/html/html.h"
#include "rules/html/html_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a reader finds in the copy: no element of which the copy has none, no attribute but its three. */
static void check_copy(const char *copy)
{
    struct tk_html_tree *tree = tk_html_tree_read(copy, strlen(copy), NULL);
    g_autoptr(GString) value = g_string_new(NULL);

    for (size_t i = 0; i < tree->n; i++) {
        const struct tk_html_node *node = &tree->nodes[i];
        struct tk_html_attribute attribute = {NULL, 0, 0};
        enum tk_html_tag tag = (enum tk_html_tag)node->tag;

        if (tag == TK_HTML_TAG_OTHER || tag == TK_HTML_TAG_DROP || tag == TK_HTML_TAG_BLOCK ||
            tag == TK_HTML_TAG_SIGNATURE)
            abort();
        while (tag != TK_HTML_TAG_TEXT && tk_html_tree_next(tree, node, &attribute, value)) {
            g_autofree char *name = g_strndup(attribute.name, attribute.name_len);

            if (!(tag == TK_HTML_TAG_A && strcmp(name, "href") == 0) &&
                !(tag == TK_HTML_TAG_IMG && (strcmp(name, "src") == 0 || strcmp(name, "alt") == 0)))
                abort();
            if (strcmp(name, "src") == 0 && g_ascii_strncasecmp(value->str, "cid:", 4) != 0)
                abort();
            if (strcmp(name, "href") == 0 && g_ascii_strncasecmp(value->str, "http", 4) != 0 &&
                g_ascii_strncasecmp(value->str, "mailto:", 7) != 0)
                abort();
        }
    }
    tk_html_tree_free(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tk_html *html = tk_html_parse((const char *)data, size, NULL);
    struct tk_trim trim;

    if (!g_utf8_validate(tk_html_text(html), -1, NULL) || !g_utf8_validate(tk_html_sanitised(html), -1, NULL))
        abort();
    check_copy(tk_html_sanitised(html));
    tk_html_split(html, NULL, &trim);
    if (*trim.reply == '\0' && *g_strstrip(trim.quoted) != '\0')
        abort();
    tk_trim_clear(&trim);
    tk_html_free(&html);
    return 0;
}
