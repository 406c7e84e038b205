/* verdict: the stable words for what becomes of a mail, and why. */
#ifndef TK_RULES_VERDICT_H
#define TK_RULES_VERDICT_H

#include "rules/base/status.h"

enum tk_verdict {
    TK_VERDICT_TICKET,
    TK_VERDICT_NOTE,
    TK_VERDICT_DUPLICATE,
    TK_VERDICT_FAIL,
    TK_VERDICT_EXCLUDE,
    TK_VERDICT_REJECT,
    TK_VERDICT_LATER
};

enum tk_reason {
    TK_REASON_NONE,
    TK_REASON_CHANNEL_DISABLED,
    TK_REASON_LOOP,
    TK_REASON_BOUNCE,
    TK_REASON_DELIVERY_DELAYED,
    TK_REASON_DELIVERY_SUCCESS,
    TK_REASON_MDN,
    TK_REASON_FEEDBACK,
    TK_REASON_CHALLENGE,
    TK_REASON_EXCLUDED_HEADER,
    TK_REASON_AUTO_GENERATED,
    TK_REASON_OUT_OF_OFFICE,
    TK_REASON_AUTOREPLY_RULE,
    TK_REASON_FROM_AMBIGUOUS,
    TK_REASON_DOMAIN_DENIED,
    TK_REASON_DOMAIN_NOT_ALLOWED,
    TK_REASON_UNAUTHENTICATED,
    TK_REASON_IMPERSONATION,
    TK_REASON_TYPE_NOT_WHITELISTED,
    TK_REASON_NOT_PARTICIPANT,
    TK_REASON_UNKNOWN_TICKET,
    TK_REASON_CLOSED_TICKET,
    TK_REASON_REOPENED,
    TK_REASON_UNVERIFIED,
    TK_REASON_SUBJECT_CHANGED,
    TK_REASON_RATE_LIMIT,
    TK_REASON_TOO_BIG,
    TK_REASON_UNPARSABLE,
    TK_REASON_POISON,
    TK_REASON_MID_REUSE,
    TK_REASON_SPAM,
    TK_REASON_ENCRYPTED_UNREADABLE,
    TK_REASON_COUNT
};

/* "ticket", "note", ... Static. */
const char *tk_verdict_word(enum tk_verdict verdict);
/* TK_NO_MATCH for a word that is none. */
enum tk_status tk_verdict_parse(const char *word, enum tk_verdict *verdict_r) TK_MUST_CHECK;

/* "channel_disabled", ...; "" for TK_REASON_NONE. Static. */
const char *tk_verdict_reason_word(enum tk_reason reason);
/* One sentence for a person: what happened and what an administrator can do. Static. */
const char *tk_verdict_reason_text(enum tk_reason reason);
/* TK_NO_MATCH for a word that is none; "" is TK_REASON_NONE. */
enum tk_status tk_verdict_reason_parse(const char *word, enum tk_reason *reason_r) TK_MUST_CHECK;

#endif
