/* verify_postfix: asks Postfix for its settings, its tables and the way to our socket. */
#ifndef TK_MILTER_CTL_VERIFY_POSTFIX_H
#define TK_MILTER_CTL_VERIFY_POSTFIX_H

#include "rules/verify/verify.h"

/* Asks the Postfix of the folder CONFIG (NULL: the default one) and adds what it finds about CHANNEL. PORT is
 * where the probe goes. An MTA that cannot be asked is a finding as well. */
void tk_verify_ask_postfix(const struct tk_conf *conf, const struct tk_channel *channel, const char *config,
                           guint port, GPtrArray *findings);

#endif
