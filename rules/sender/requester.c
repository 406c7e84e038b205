/* requester: From, Reply-To and the channel's list of forms. */
#include "rules/sender/requester.h"

#include <string.h>

#include "rules/address/address.h"

static gboolean is_form(const struct tk_channel *channel, const struct tk_message *message,
                        const struct tk_authentic *authentic)
{
    if (message->from == NULL || message->from_problem != NULL || channel->forms == NULL ||
        (authentic->verdict != TK_YES && !authentic->trusted_client))
        return FALSE;
    g_autofree char *from = tk_address_fold(message->from->address);
    return from != NULL && tk_address_in(from, channel->forms);
}

static const struct tk_mailbox *single_reply_to(const struct tk_conf *conf, const struct tk_message *message)
{
    if (message->reply_to == NULL || message->reply_to->len != 1)
        return NULL;
    const struct tk_mailbox *mailbox = g_ptr_array_index(message->reply_to, 0);
    gboolean usable = mailbox->address != NULL && tk_address_names_somebody(mailbox->address);
    return usable && tk_conf_own(conf, mailbox->address) == NULL ? mailbox : NULL;
}

void tk_requester_find(const struct tk_conf *conf, const struct tk_channel *channel,
                       const struct tk_message *message, const struct tk_authentic *authentic,
                       struct tk_requester *requester_r)
{
    *requester_r = (struct tk_requester){0};
    requester_r->own = message->from != NULL && tk_conf_own(conf, message->from->address) != NULL;
    requester_r->form = is_form(channel, message, authentic);
    if (requester_r->form)
        requester_r->reply_to = single_reply_to(conf, message);
}

const struct tk_mailbox *tk_requester_mailbox(const struct tk_requester *requester,
                                              const struct tk_message *message)
{
    return requester->reply_to != NULL ? requester->reply_to : message->from;
}

gboolean tk_requester_can_be_told(const struct tk_requester *requester)
{
    return requester->form ? requester->reply_to != NULL : !requester->own;
}
