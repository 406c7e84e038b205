/* placeholder: texts with {names} in them, filled with values that are escaped for where they stand.
 *
 * A placeholder is "{" and a known name and "}"; any other brace stands for itself. Pure. */
#ifndef TK_RULES_PLACEHOLDER_H
#define TK_RULES_PLACEHOLDER_H

#include "rules/base/status.h"

/* Where a text goes. */
enum tk_place {
    TK_PLACE_HEADER, /* one line: what would end it becomes a blank */
    TK_PLACE_PLAIN,  /* lines; other control characters become blanks */
    TK_PLACE_HTML    /* as plain, with what html takes for markup escaped, text and values alike */
};

struct tk_placeholder {
    const char *name;
    const char *value; /* valid UTF-8; NULL: empty */
    gboolean link;     /* in html it becomes a link to itself; the caller answers for its scheme */
};

/* Whether every {word} of TEXT (lower case letters and "_") is one of NAMES (NULL-terminated). TK_REFUSED:
 * WHY names the first that is not. */
enum tk_status tk_placeholder_check(const char *text, const char *const *names, GString *why) TK_MUST_CHECK;

/* TEXT (valid UTF-8) filled with the N VALUES. A line whose placeholders are all empty is left out with its
 * end. Values are not looked at for placeholders. Owned by the caller. */
char *tk_placeholder_fill(const char *text, const struct tk_placeholder *values, gsize n,
                          enum tk_place place);

#endif
