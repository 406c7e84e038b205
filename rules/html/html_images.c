/* html_images: the images of a sanitised copy, which are the attachments of its mail.
 *
 * Works on what rules/html/html_sanitise.c writes, and on nothing else: there "<img" begins a tag wherever it
 * stands, and values are in double quotes with ", < and > escaped. g_str_has_prefix() measures the whole
 * text, so it would make this quadratic. Cannot fail. */
#include "rules/html/html_images.h"

#include <string.h>

#include "rules/content/content_id.h"
#include "rules/html/html_entity.h"

#define IMAGE "<img src=\""
#define ALT   "\" alt=\""

/* Whether the LEN bytes at VALUE, as they stand in the copy, name a member of IDS. SCRATCH is overwritten. */
static gboolean is_known(const char *value, gsize len, GHashTable *ids, GString *scratch)
{
    g_autofree char *id = NULL;
    g_string_truncate(scratch, 0);
    tk_html_entity_decode(value, len, TRUE, scratch);
    id = tk_content_id_of_link(scratch->str, scratch->len);
    return id != NULL && g_hash_table_contains(ids, id);
}

/* The alternative text of the image whose link ends at END and whose tag ends at STOP, as "[text]". */
static void write_alternative(GString *out, const char *end, const char *stop)
{
    const char *text = end + strlen(ALT);
    if (strncmp(end, ALT, strlen(ALT)) == 0 && stop - 1 > text) {
        g_string_append_c(out, '[');
        g_string_append_len(out, text, stop - 1 - text);
        g_string_append_c(out, ']');
    }
}

char *tk_html_images_keep(const char *copy, GHashTable *ids)
{
    GString *out = g_string_sized_new(strlen(copy));
    g_autoptr(GString) scratch = g_string_new(NULL);
    const char *done = copy; /* what stands before it is in OUT */
    for (const char *tag = strchr(copy, '<'); tag != NULL; tag = strchr(tag + 1, '<')) {
        if (strncmp(tag, IMAGE, strlen(IMAGE)) != 0)
            continue;
        const char *link = tag + strlen(IMAGE), *end = link + strcspn(link, "\"");
        const char *stop = end + strcspn(end, ">");
        if (is_known(link, (gsize)(end - link), ids, scratch))
            continue;
        g_string_append_len(out, done, tag - done);
        write_alternative(out, end, stop);
        done = *stop != '\0' ? stop + 1 : stop;
    }
    g_string_append(out, done);
    return g_string_free(out, FALSE);
}
