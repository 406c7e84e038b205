/* edits: does to the mail in the MTA what the verdicts ask for. */
#ifndef TK_MILTER_DAEMON_EDITS_H
#define TK_MILTER_DAEMON_EDITS_H

#include <stdbool.h>
#include <libmilter/mfapi.h>

#include "rules/base/status.h"
#include "rules/decide/effects.h"

/* What an MTA has to grant for edits to be possible. */
#define TK_EDITS_ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_ADDRCPT | SMFIF_DELRCPT | SMFIF_ADDRCPT_PAR)

/* Applies EDITS (of struct tk_edit) in order; only from the end-of-message callback. All are tried, also
 * after one that libmilter or the MTA refused. TK_LATER where any was refused; WHY names the first. */
enum tk_status tk_edits_apply(SMFICTX *ctx, const GPtrArray *edits, GString *why) TK_MUST_CHECK;

#endif
