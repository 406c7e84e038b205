/* content_id: names of parts within a mail (Content-ID), and the links to them (RFC 2392: "cid:" URLs). */
#include "rules/content/content_id.h"

#include <string.h>

#define SCHEME "cid:"

gboolean tk_content_id_is_safe(const char *id)
{
    gsize len = 0;
    for (; id[len] != '\0'; len++)
        if (len == TK_CONTENT_ID_MAX || id[len] <= ' ' || id[len] > '~' ||
            strchr("<>\"'`\\/:%", id[len]) != NULL || (id[len] == '.' && id[len + 1] == '.'))
            return FALSE;
    return len > 0;
}

char *tk_content_id_of_link(const char *url, gsize len)
{
    gsize scheme = strlen(SCHEME);
    /* Each byte is at most three in the URL. */
    if (len <= scheme || len > scheme + 3 * TK_CONTENT_ID_MAX ||
        g_ascii_strncasecmp(url, SCHEME, scheme) != 0)
        return NULL;
    char *id = g_uri_unescape_segment(url + scheme, url + len, NULL);
    if (id != NULL && !tk_content_id_is_safe(id))
        g_clear_pointer(&id, g_free);
    return id;
}
