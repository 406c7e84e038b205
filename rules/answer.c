/* answer: whom a confirmation goes to. */
#include "rules/answer.h"

#include <string.h>

#include "rules/address.h"

static gboolean is_ours(const struct tk_conf *conf, const char *address)
{
    g_autofree char *base = tk_address_base(address, TK_ADDRESS_DELIMITER, NULL);
    return g_hash_table_contains(conf->by_address, address) ||
           (base != NULL && g_hash_table_contains(conf->by_address, base));
}

/* A forged sender is the one whom a confirmation hits. Where a check spoke against the sender there is none;
 * where nobody checks, the channel's list of domains has to say who may be hit. */
static gboolean is_confirmed(const struct tk_answer_input *input)
{
    if (input->authenticated != TK_UNKNOWN)
        return input->authenticated == TK_YES;
    return !g_strv_contains((const char *const *)input->channel->allowed_domains, "*");
}

gboolean tk_answer_confirms(const struct tk_answer_input *input)
{
    return input->channel->confirmation_enabled && input->decision->verdict == TK_VERDICT_TICKET &&
           !input->decision->never_answer && input->classification->class == TK_CLASS_HUMAN &&
           *input->mail_from != '\0' && !tk_address_is_role(input->mail_from) && input->requester != NULL &&
           !tk_address_is_role(input->requester) && !is_ours(input->conf, input->requester) &&
           is_confirmed(input);
}
