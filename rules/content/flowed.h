/* flowed: text/plain in format=flowed made into paragraphs (RFC 3676). */
#ifndef TK_RULES_FLOWED_H
#define TK_RULES_FLOWED_H

#include "rules/base/status.h"

/* Joins the flowed lines of TEXT (LF line ends) and takes the space stuffing away; quote depth marks stay in
 * front of each line. DEL_SP is the parameter of that name. Linear. Owned by the caller. */
char *tk_flowed_unwrap(const char *text, gboolean del_sp);

#endif
