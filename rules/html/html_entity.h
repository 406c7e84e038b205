/* html_entity: character references ("&amp;", "&#8364;") made characters. */
#ifndef TK_RULES_HTML_ENTITY_H
#define TK_RULES_HTML_ENTITY_H

#include <glib.h>

/* Appends the LEN bytes of UTF-8 at TEXT to OUT with their character references decoded; one that is unknown
 * or broken is appended as it is. ATTRIBUTE: the text is the value of an attribute, where a name needs its
 * semicolon, else the "&copy=1" of a link would change. Appends valid UTF-8 if TEXT is, and never a NUL. */
void tk_html_entity_decode(const char *text, gsize len, gboolean attribute, GString *out);

#endif
