/* filename: names of attachments, made safe to show, to log and to hand out.
 *
 * A stored name is never used as a path by us; it may be by those who download the file. */
#ifndef TK_RULES_FILENAME_H
#define TK_RULES_FILENAME_H

#include <glib.h>

/* File systems take 255 bytes; this leaves room for what a client puts around the name. */
#define TK_FILENAME_MAX 200

/* The last part of NAME (anything, even no UTF-8; may be NULL) without path, control characters, line
 * separators, marks of direction and outer blanks and dots, in NFC, of at most TK_FILENAME_MAX bytes; where
 * it is longer, the end before the extension is cut. Where nothing is left: a name by CONTENT_TYPE
 * ("image/png", parameters allowed, may be NULL). Valid UTF-8, never empty, and the same when it is made safe
 * again. Owned by the caller. */
char *tk_filename_safe(const char *name, const char *content_type);

#endif
