/* hold: mails of services that are kept for agents.
 *
 * Whoever registers somewhere with a help desk's address, or with the reply address of his own ticket, is
 * sent a link or a code that proves the address. If that mail became a note that the requester may read he
 * would own an address of the organisation (the "ticket trick"). So what a verifying, notifying or no-reply
 * address writes to a reply address, or under the number or Message-ID of a ticket, is stored for agents
 * alone. Pure. */
#ifndef TK_RULES_HOLD_H
#define TK_RULES_HOLD_H

#include "rules/decide/decide.h"
#include "rules/message/message.h"

/* Whether the local part of ADDRESS is one of those under which services verify, notify, or take no answer.
 * NULL and what is no address: FALSE. */
gboolean tk_hold_is_service(const char *address);

/* Sets TK_FLAG_HELD, and that nobody is answered, where DECISION makes a ticket or note of a service's mail
 * that came to a reply address (RCPT with a detail) or went through the thread rule. A form of the channel is
 * no such service. */
void tk_hold_apply(const struct tk_message *message, const char *rcpt, struct tk_decision *decision);

#endif
