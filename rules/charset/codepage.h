/* codepage: text in a numbered Windows code page, as RTF and TNEF carry it, made UTF-8.
 *
 * The conversion never fails: what a code page does not know becomes U+FFFD, an unknown code page is read as
 * windows-1252, so the output is valid UTF-8 whatever the input is. */
#ifndef TK_RULES_CODEPAGE_H
#define TK_RULES_CODEPAGE_H

#include <stdbool.h>
#include <glib.h>

#define TK_CODEPAGE_UTF16 1200
#define TK_CODEPAGE_ANSI  1252
#define TK_CODEPAGE_UTF8  65001

/* One converter at a time is kept open. A stream that changes its code page at every character would open one
 * for each; past this count the rest is read as windows-1252, by table. */
#define TK_CODEPAGE_MAX_OPENS 4096

struct tk_codepage;

/* Never NULL. The caller frees it with tk_codepage_free(). */
struct tk_codepage *tk_codepage_new(void);

/* Frees the converter and nulls the pointer. NULL is fine. */
void tk_codepage_free(struct tk_codepage **codepage);

/* Appends LEN bytes in code page NUMBER to OUT as UTF-8. Where the last character is cut, it is left when
 * MORE is to come, else replaced. Returns the count of bytes read: LEN, or up to 8 less. */
gsize tk_codepage_append(struct tk_codepage *codepage, guint number, const guint8 *bytes, gsize len,
                         bool more, GString *out);

/* Appends the Unicode character C as UTF-8; what is no character becomes U+FFFD. */
void tk_codepage_append_char(GString *out, gunichar c);

#endif
