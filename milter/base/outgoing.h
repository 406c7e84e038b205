/* outgoing: a row of the outbox as what a mail is composed of. */
#ifndef TK_MILTER_BASE_OUTGOING_H
#define TK_MILTER_BASE_OUTGOING_H

#include "rules/compose/compose.h"
#include "schema/calls/outbox.h"

/* Fills INPUT, which points into MAIL afterwards; the date and the files are the caller's. TK_REFUSED: no
 * mail is of this kind. */
enum tk_status tk_outgoing_input(const struct tk_outbox_mail *mail, const struct tk_conf *conf,
                                 const struct tk_installation *installation, const struct tk_channel *channel,
                                 struct tk_compose_input *input, GString *why) TK_MUST_CHECK;

#endif
