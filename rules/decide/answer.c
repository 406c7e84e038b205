/* answer: whom a confirmation goes to. */
#include "rules/decide/answer.h"

#include <string.h>

#include "rules/address/address.h"

/* A forged sender is the one whom a confirmation hits. Where a check spoke against the sender there is none;
 * where nobody checks, the channel's list of domains has to say who may be hit. */
static gboolean is_confirmed(const struct tk_answer_input *input)
{
    if (input->authenticated != TK_UNKNOWN)
        return input->authenticated == TK_YES;
    return !g_strv_contains((const char *const *)input->channel->allowed_domains, "*");
}

/* A form is a machine that somebody vouches for, and writes for a person. Whether that one is to be answered
 * was decided by now. */
static gboolean is_form(const struct tk_answer_input *input)
{
    return (input->decision->flags & TK_FLAG_FORM) != 0;
}

static gboolean is_persons(const struct tk_answer_input *input)
{
    return is_form(input) || (input->classification->class == TK_CLASS_HUMAN && *input->mail_from != '\0' &&
                              !tk_address_is_role(input->mail_from));
}

gboolean tk_answer_confirms(const struct tk_answer_input *input)
{
    return input->channel->confirmation_enabled && input->decision->verdict == TK_VERDICT_TICKET &&
           !input->decision->never_answer && is_persons(input) && input->requester != NULL &&
           !tk_address_is_role(input->requester) && tk_conf_own(input->conf, input->requester) == NULL &&
           (is_form(input) || is_confirmed(input));
}
