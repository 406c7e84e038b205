/* trim_signature: where the signature of a reply begins.
 *
 * Looks only at lines whose part is TK_TRIM_PART_REPLY. */
#ifndef TK_RULES_TRIM_SIGNATURE_H
#define TK_RULES_TRIM_SIGNATURE_H

#include <glib.h>

#include "rules/trim/trim_scan.h"

enum tk_trim_part { TK_TRIM_PART_REPLY = 0, TK_TRIM_PART_QUOTED, TK_TRIM_PART_SIGNATURE };

/* The first line of the signature that ends the reply lines of [FROM, TO), or TO if there is none.
 * BELOW_QUOTE: these lines stand below a quote, where "Regards, Bob" is a signature too. Linear. */
gsize tk_trim_signature_find(const struct tk_trim_scan *scan, gsize from, gsize to, gboolean below_quote);

/* Marks as signature each legal footer among the reply lines of [FROM, TO) that stands between two equal
 * rules, wherever it is: a mail server puts it below the text, and another one its own lines below that.
 * Linear. */
void tk_trim_signature_mark_frames(struct tk_trim_scan *scan, gsize from, gsize to);

#endif
