/* requester: who opens the ticket of a mail: its From, or, where a form wrote it for somebody, the mailbox in
 * Reply-To. And whether From is one of our own addresses, which is nobody at all. */
#ifndef TK_RULES_REQUESTER_H
#define TK_RULES_REQUESTER_H

#include "rules/conf/conf.h"
#include "rules/message/message.h"
#include "rules/sender/authentic.h"

struct tk_requester {
    gboolean own; /* From is an address of the installation: a form, a shared mailbox, a group, a forward */
    gboolean
        form; /* From stands in the channel's senders.forms, and is confirmed or came by a trusted client */
    /* Of a form: the single mailbox in Reply-To, where it is a usable address and none of ours; else NULL.
     * Owned by the message. */
    const struct tk_mailbox *reply_to;
};

void tk_requester_find(const struct tk_conf *conf, const struct tk_channel *channel,
                       const struct tk_message *message, const struct tk_authentic *authentic,
                       struct tk_requester *requester_r);

/* Who opens the ticket: reply_to or From; NULL where the mail has no From. Owned by the message. */
const struct tk_mailbox *tk_requester_mailbox(const struct tk_requester *requester,
                                              const struct tk_message *message);

/* Whether a mail to the requester may reach a person: not where From is ours, nor where a form names nobody.
 */
gboolean tk_requester_can_be_told(const struct tk_requester *requester);

#endif
