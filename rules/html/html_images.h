/* html_images: the images of a sanitised copy, which are the attachments of its mail. */
#ifndef TK_RULES_HTML_IMAGES_H
#define TK_RULES_HTML_IMAGES_H

#include <glib.h>

/* COPY (as tk_html_sanitised() makes it) with those images alone whose "cid:" link names a member of IDS, a
 * set of char *; of another one its alternative text is left, as "[text]". Linear in COPY, and never longer.
 * Owned by the caller. */
char *tk_html_images_keep(const char *copy, GHashTable *ids);

#endif
