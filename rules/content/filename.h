/* filename: names of attachments, made safe to show, to log and to hand out.
 *
 * A stored name is never used as a path by us; it may be by those who download the file. */
#ifndef TK_RULES_FILENAME_H
#define TK_RULES_FILENAME_H

#include <glib.h>

/* File systems take 255 bytes; this leaves room for what a client puts around the name. */
#define TK_FILENAME_MAX 200

/* The last part of NAME (anything, even no UTF-8; may be NULL) as a name that every system takes for a plain
 * file with the ending that it shows, in NFC, of at most TK_FILENAME_MAX bytes; where it is longer, the end
 * before the extension is cut. It has no path, no character that tk_text_is_visible() refuses (but those that
 * spell emoji and some scripts), no outer blanks and dots, and no stream of NTFS (":$DATA"). Runs of blanks
 * are one, : " | ? * < > are "_", and the name of a device (CON, COM1.txt) has "_" before it. Where nothing
 * is left: a name by CONTENT_TYPE ("image/png", parameters allowed, may be NULL). Valid UTF-8, never empty,
 * and the same when it is made safe again. Owned by the caller. */
char *tk_filename_safe(const char *name, const char *content_type);

/* Whether SAFE, a name made by tk_filename_safe(), fits PATTERN (UTF-8), in which "*" is any text and "?" one
 * character. Case, hidden characters, and forms of one letter (full-width: Unicode's NFKC) make no
 * difference, nor do dots and blanks at the end of the name and the "_" before a device. */
gboolean tk_filename_matches(const char *safe, const char *pattern);

#endif
