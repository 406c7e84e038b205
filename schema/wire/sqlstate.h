/* sqlstate: what an error of the server means for a mail. */
#ifndef TK_SCHEMA_SQLSTATE_H
#define TK_SCHEMA_SQLSTATE_H

#include <stdbool.h>

#include "rules/base/status.h"

struct tk_sqlstate {
    enum tk_status status;
    bool drop;  /* the connection is of no use any more, or leads to the wrong server */
    bool retry; /* the same transaction may well go through at once */
};

/* The meaning of a five-letter SQLSTATE; one that is not listed, and NULL, is "try later". Never by message
 * text. */
struct tk_sqlstate tk_sqlstate_meaning(const char *sqlstate);

/* Whether the values of the one mail that was sent may be the cause (classes 22 and 54), so that the same may
 * go through with others. Class 23 is never taken for that: values of ours keep every constraint of ours. */
bool tk_sqlstate_may_be_values(const char *sqlstate);

/* Whether what a person has given may be the cause (classes 22, 23 and 54). He is told, and mends it. */
bool tk_sqlstate_may_be_input(const char *sqlstate);

#endif
