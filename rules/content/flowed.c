/* flowed: text/plain in format=flowed made into paragraphs (RFC 3676).
 *
 * Owns nothing. Cannot fail. */
#include "rules/content/flowed.h"

#include <string.h>

static void append_quote(GString *out, gsize depth)
{
    for (gsize i = 0; i < depth; i++)
        g_string_append_c(out, '>');
    if (depth > 0)
        g_string_append_c(out, ' ');
}

char *tk_flowed_unwrap(const char *text, gboolean del_sp)
{
    GString *out = g_string_sized_new(strlen(text) + 16);
    gboolean open = FALSE; /* the line before flows into this one */
    gsize open_depth = 0;

    while (*text != '\0') {
        gsize len = strcspn(text, "\n");
        gsize depth = strspn(text, ">");
        const char *line = text + depth;
        gsize line_len = len - depth;
        gboolean signature, flows;

        if (line_len > 0 && *line == ' ') { /* space stuffing, section 4.4 */
            line++;
            line_len--;
        }
        signature = line_len == 3 && memcmp(line, "-- ", 3) == 0; /* section 4.3: never flows */
        flows = line_len > 0 && line[line_len - 1] == ' ' && !signature;
        if (open && (depth != open_depth || signature)) { /* section 4.5: improper, ends the paragraph */
            g_string_append_c(out, '\n');
            open = FALSE;
        }
        if (!open)
            append_quote(out, depth);
        g_string_append_len(out, line, flows && del_sp ? line_len - 1 : line_len);
        if (!flows && text[len] == '\n')
            g_string_append_c(out, '\n');
        open = flows;
        open_depth = depth;
        text += len + (text[len] == '\n' ? 1 : 0);
    }
    return g_string_free(out, FALSE);
}
