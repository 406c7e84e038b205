/* values: how the text of one option's value is read.
 *
 * Pure. Fails with a text that says what would be right. */
#ifndef TK_RULES_VALUES_H
#define TK_RULES_VALUES_H

#include "rules/conf/conf.h"
#include "rules/conf/options.h"

/* One value, as its type wants it: NUMBER for WORD (index), BOOL, INT, MODE, SIZE, TIME and for FOLDER and
 * FROM (their enums), TEXT (owned by the caller) for all else and for the address of a folder and the header
 * of FROM. RATE has a NUMBER and its SECONDS. */
struct tk_value {
    char *text;
    gint64 number;
    gint64 seconds;
};

/* Reads TEXT as a value of OPTION. TK_OK, or TK_REFUSED: WHY is set to what would be right. */
enum tk_status tk_values_read(const struct tk_option *option, const char *text, GString *why,
                              struct tk_value *value_r) TK_MUST_CHECK;

/* Checks NUMBER against the range of OPTION. TK_OK, or TK_REFUSED: WHY is set to what would be right. */
enum tk_status tk_values_range(const struct tk_option *option, gint64 number, GString *why) TK_MUST_CHECK;

/* Splits "Header: value". TK_OK, or TK_REFUSED with WHY. PAIR_R is to be freed with tk_values_pair_free. */
enum tk_status tk_values_header(const char *text, GString *why, struct tk_pair **pair_r) TK_MUST_CHECK;
void tk_values_pair_free(struct tk_pair **pair);

/* NUMBER as it is written for an option of TYPE: "64K", "20s", "0660", "8". Owned by the caller. */
char *tk_values_print(enum tk_option_type type, gint64 number);

/* "subject", "body", ...; "" for TK_FROM_NOTHING, "header" for TK_FROM_HEADER. Static. */
const char *tk_values_from_word(enum tk_field_from from);

#endif
