/* answer: whether a mail that becomes a ticket is answered with a confirmation (RFC 3834 section 2). Pure.
 *
 * A confirmation goes to an address that anybody can have written, so it goes to few: to a person, who is not
 * known to be somebody else, at an address that is nobody's machine and not our own. */
#ifndef TK_RULES_ANSWER_H
#define TK_RULES_ANSWER_H

#include "rules/classify/classify.h"
#include "rules/conf/conf.h"
#include "rules/decide/decide.h"

struct tk_answer_input {
    const struct tk_conf *conf; /* to tell our own addresses */
    const struct tk_channel *channel;
    const struct tk_classification *classification;
    const struct tk_decision *decision;
    const char *mail_from;     /* envelope sender, without <>, "" null */
    const char *requester;     /* folded address, or NULL */
    enum tk_tri authenticated; /* of the From domain, by a trusted check; TK_UNKNOWN: nobody checked */
};

/* Whether the requester gets a confirmation, but for the caps, which only the database can tell. */
gboolean tk_answer_confirms(const struct tk_answer_input *input);

#endif
