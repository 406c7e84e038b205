/* bounce: what a delivery report says: outcome, status, failed address, the mail that it is about.
 *
 * RFC 3464 (message/delivery-status) and RFC 6533 (message/global-delivery-status) first, then what reports
 * without these parts say in their text. Cannot fail: what is not said stays unset. */
#ifndef TK_RULES_BOUNCE_H
#define TK_RULES_BOUNCE_H

#include "rules/classify/classify.h"
#include "rules/message/message.h"

enum tk_bounce_outcome { TK_BOUNCE_UNTOLD, TK_BOUNCE_FAILED, TK_BOUNCE_DELAYED, TK_BOUNCE_DELIVERED };

/* The worst outcome that the delivery-status parts name: failed before delayed before delivered, relayed or
 * expanded. By the Status field where there is no Action. TK_BOUNCE_UNTOLD where there are no such parts. */
enum tk_bounce_outcome tk_bounce_outcome(const struct tk_message *message);

/* Reads status, recipient and original Message-ID. Ids and addresses come without <>. */
void tk_bounce_read(const struct tk_message *message, struct tk_bounce *bounce_r);
void tk_bounce_clear(struct tk_bounce *bounce);

#endif
