/* decide: the rules of a channel, in their order, first hit wins. Pure: values in, a verdict out.
 *
 * The order is that of the manual: channel, loop and reports, excluded headers, machines, autoreply rules,
 * From, domains, authentication, thread, ticket. */
#ifndef TK_RULES_DECIDE_H
#define TK_RULES_DECIDE_H

#include "rules/base/status.h"
#include "rules/base/verdict.h"
#include "rules/classify/classify.h"
#include "rules/conf/conf.h"
#include "rules/message/message.h"
#include "rules/sender/requester.h"

/* What the mail proves to the ticket that it leads to. */
enum tk_proof {
    TK_PROOF_NONE,      /* it bears no token of ours: a Message-ID or number that anybody may know */
    TK_PROOF_TICKET,    /* it bears one that was made for somebody else */
    TK_PROOF_RECIPIENT, /* it bears one that was made for its sender */
    /* Of a note from an address of ours, found by a token or Message-ID: */
    TK_PROOF_OWN,           /* the address is not confirmed */
    TK_PROOF_OWN_CONFIRMED, /* it is */
};

/* The ticket to which the thread keys of a mail lead, as the database knows it. */
struct tk_decide_known {
    gint64 ticket_id; /* 0: no ticket of this tenant matches */
    char *number;
    char *ticket_type;
    char *status; /* open, pending, closed */
    char *subject;
    gint64 closed_for;          /* of a closed one: seconds since then */
    gint64 reopened;            /* how often a mail has reopened it */
    gboolean writer_takes_part; /* the sender is the requester or a participant; never of a form */
    enum tk_proof proof;
    const char *matched_by; /* static: "token_address", "token_message_id", "message_id" or "number" */
};

/* What was found of a mail, and stopped nothing. */
enum tk_flag {
    TK_FLAG_UNCONFIRMED = 1,   /* nobody confirms the sender */
    TK_FLAG_IMPERSONATION = 2, /* and it claims one of the tenant's own domains */
    TK_FLAG_HELD = 4,          /* a service's mail that agents alone may see (rules/decide/hold.h) */
    TK_FLAG_OWN_ADDRESS = 8,   /* From is an address of the installation */
    TK_FLAG_FORM = 16,         /* a sender of senders.forms wrote it for the requester */
    TK_FLAG_NOT_KEPT = 32      /* refused or excluded, and nothing holds the mail (rules/conf/raw.h) */
};

struct tk_decision {
    enum tk_verdict verdict;
    enum tk_reason reason;
    const char *rule;      /* static word of the rule that hit */
    char *detail;          /* the value that hit, one line, for log and test; NULL: none */
    gint64 ticket_id;      /* of a note; of an excluded mail: the ticket at which it leaves a delivery note */
    gint64 linked_id;      /* of a new ticket: the one that it goes on from; 0: none */
    enum tk_proof proof;   /* of a note */
    gboolean cut_token;    /* a foreign or unknown number is to be cut from the subject */
    gboolean never_answer; /* a mail of a machine or of ourselves that becomes a ticket: no confirmation */
    unsigned flags;        /* of enum tk_flag */
};

struct tk_decide_input {
    const struct tk_channel *channel;
    const struct tk_message *message;
    const struct tk_classification *classification;
    struct tk_requester requester; /* for whom it was written */
    const char *mail_from;         /* envelope sender, without <>, "" null */
    enum tk_tri authenticated;     /* whether the sender is confirmed (rules/sender/authentic.h) */
    gboolean can_confirm;          /* the configuration trusts somebody to confirm senders */
    /* NULL: there were no keys, or nothing was found. Of a mail from an address of ours only by a token or a
     * Message-ID. */
    const struct tk_decide_known *known;
    const char *number;          /* of this tenant's form, that the subject bears, or NULL */
    gboolean has_token;          /* the mail bears a token that was signed for this channel */
    const char *const *prefixes; /* as of tk_thread_read; NULL only with no KNOWN */
    gboolean too_big;            /* larger than limits.message */
};

/* The rules before the thread (1 to 8): TK_OK and a decision where one hit, TK_NO_MATCH where the mail may go
 * on (then facts are worth asking for). The caller clears the decision after TK_OK. */
enum tk_status tk_decide_early(const struct tk_decide_input *input,
                               struct tk_decision *decision_r) TK_MUST_CHECK;

/* All rules. Always decides. The caller clears the decision. */
void tk_decide(const struct tk_decide_input *input, struct tk_decision *decision_r);

/* Whether a mail with this decision leaves a delivery note where it names a mail that we signed: it is left
 * out as a report or an automatic answer. A loop leaves none, nor does what the channel excludes by a header.
 */
gboolean tk_decide_is_delivery(const struct tk_decision *decision);

/* Whether a program wrote the mail, by more than a hint: it moves no ticket on. */
gboolean tk_decide_is_machine(const struct tk_classification *classification);

/* Whether the note that DECISION makes is for agents alone. */
gboolean tk_decide_is_internal(const struct tk_decision *decision);

/* The words of FLAGS, NULL-terminated, for tables and JSON. Freed with g_free; the words are static. */
const char **tk_decide_flag_words(unsigned flags);

void tk_decide_clear(struct tk_decision *decision);
void tk_decide_known_clear(struct tk_decide_known *known);

#endif
