/* message_inline: which attachments the html of a mail shows.
 *
 * Html names them by Content-ID (RFC 2392). Linear in the html. Cannot fail. */
#include <string.h>

#include "rules/content/content_id.h"
#include "rules/html/html_images.h"
#include "rules/message/message_private.h"

/* What ends a link, in html or in a style. No Content-ID that we store has any of these. */
#define LINK_ENDS "\"'<>:\\ \t\r\n\f"
/* What may end one, or be part of it. */
#define LINK_MAY_END ")&;,"

static GHashTable *ids_of(const GPtrArray *attachments)
{
    GHashTable *ids = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < attachments->len; i++) {
        const struct tk_attachment *attachment = g_ptr_array_index(attachments, i);

        if (attachment->content_id != NULL)
            g_hash_table_add(ids, attachment->content_id);
    }
    return ids;
}

/* Adds the id that the link of LEN bytes names to SHOWN where it is one of IDS. */
static void add_known(const char *link, gsize len, GHashTable *ids, GHashTable *shown)
{
    g_autofree char *id = tk_content_id_of_link(link, len);
    const char *known = id != NULL ? g_hash_table_lookup(ids, id) : NULL;

    if (known != NULL)
        g_hash_table_add(shown, (gpointer)known);
}

/* Those of IDS that HTML names, in attributes of any element and in styles. */
static GHashTable *ids_shown(const char *html, GHashTable *ids)
{
    GHashTable *shown = g_hash_table_new(g_str_hash, g_str_equal);
    const gsize scheme = strlen("cid:");

    for (const char *colon = strchr(html, ':'); colon != NULL; colon = strchr(colon + 1, ':')) {
        const char *link = colon + 1 - scheme;
        gsize len, shorter;

        if (colon + 1 < html + scheme || g_ascii_strncasecmp(link, "cid:", scheme) != 0)
            continue;
        len = scheme + strcspn(colon + 1, LINK_ENDS);
        shorter = scheme + strcspn(colon + 1, LINK_ENDS LINK_MAY_END);
        add_known(link, len, ids, shown);
        if (shorter < len)
            add_known(link, shorter, ids, shown);
    }
    return shown;
}

char *tk_message_html_with(const struct tk_message *message, const GPtrArray *attachments)
{
    g_autoptr(GHashTable) ids = ids_of(attachments);

    return message->html_safe != NULL ? tk_html_images_keep(message->html_safe, ids) : NULL;
}

void tk_message_tie_images(struct tk_message *message)
{
    g_autoptr(GHashTable) ids = NULL, shown = NULL;
    char *kept;

    if (message->html == NULL)
        return;
    ids = ids_of(message->attachments);
    shown = ids_shown(message->html, ids);
    for (guint i = 0; i < message->attachments->len; i++) {
        struct tk_attachment *attachment = g_ptr_array_index(message->attachments, i);

        if (attachment->content_id != NULL && g_hash_table_contains(shown, attachment->content_id))
            attachment->is_inline = TRUE;
    }
    kept = tk_message_html_with(message, message->attachments);
    g_free(message->html_safe);
    message->html_safe = kept;
}
