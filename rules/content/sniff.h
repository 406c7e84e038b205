/* sniff: the content type of an attachment by its first bytes.
 *
 * Senders label PDFs as application/octet-stream, and worse ones label HTML as image/png. What is stored is
 * what a browser will be told, so content that acts (HTML, SVG, scripts, programs) is named for what it is.
 */
#ifndef TK_RULES_SNIFF_H
#define TK_RULES_SNIFF_H

#include <stdbool.h>
#include <glib.h>

/* As many first bytes as are looked at; fewer are fine. The names in a ZIP of Office files come within it. */
#define TK_SNIFF_BYTES 4096u

/* The type that BYTES show, or NULL where they show none. Static. "application/zip" and
 * "application/x-ole-storage" are containers whose use the bytes may not tell. */
const char *tk_sniff_content(const guint8 *bytes, gsize len);

/* Whether TYPE is "type/subtype" of two names as RFC 6838 section 4.2 restricts them: at most 127 letters,
 * digits and !#$&-^_.+ each, the first a letter or digit. */
bool tk_sniff_is_type(const char *type);

/* The type to store: DECLARED (may be NULL; parameters are dropped) unless it is none, says nothing or the
 * content contradicts it; "application/octet-stream" where nobody knows. Lower case, owned by the caller.
 * *LIED_R (may be NULL): the content contradicts a type that says something. */
char *tk_sniff_type(const char *declared, const guint8 *bytes, gsize len, bool *lied_r);

#endif
