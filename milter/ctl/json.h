/* json: JSON output of ticketctl: one object a line, whatever the strings hold. */
#ifndef TK_MILTER_CTL_JSON_H
#define TK_MILTER_CTL_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "rules/base/status.h"

/* VALUE as one line of JSON without a line end. Control characters and line separators (also U+007F..U+009F,
 * U+2028, U+2029) are \u-escaped, so that the line stays one line for every reader. Owned by the caller. */
char *tk_json_line(const json_t *value);

/* Prints VALUE as a line to OUT and drops the reference. TK_STORAGE where OUT fails. */
enum tk_status tk_json_print(json_t *value, FILE *out) TK_MUST_CHECK;

/* TEXT (valid UTF-8) as a string, NULL as null. A new reference. */
json_t *tk_json_text(const char *text);

#endif
