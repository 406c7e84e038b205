/* content_id: names of parts within a mail (Content-ID), and the links to them (RFC 2392: "cid:" URLs). */
#ifndef TK_RULES_CONTENT_ID_H
#define TK_RULES_CONTENT_ID_H

#include <glib.h>

/* Longest Content-ID that is taken, in bytes. */
#define TK_CONTENT_ID_MAX 255

/* Whether ID, without <>, is one that we store: visible ASCII without blanks, controls, the characters
 * < > " ' ` \ / : % and without "..", of at most TK_CONTENT_ID_MAX bytes. So it is no path, no URL of another
 * kind, and stands for itself in html. */
gboolean tk_content_id_is_safe(const char *id);

/* The Content-ID that the URL of LEN bytes names, percent-decoded as RFC 2392 wants, or NULL where it is no
 * "cid:" URL (in any case) or names no safe one. Owned by the caller. */
char *tk_content_id_of_link(const char *url, gsize len);

#endif
