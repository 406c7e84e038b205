/* reply: from outcome to SMTP reply. */
#include "milter/daemon/reply.h"

static const struct tk_reply accepted = {.action = TK_REPLY_ACCEPT};
static const struct tk_reply later = {TK_REPLY_LATER, "451", "4.3.0",
                                      "Temporarily unavailable, please try again later"};
static const struct tk_reply storage = {TK_REPLY_LATER, "452", "4.3.1",
                                        "Insufficient system storage, try again later"};
static const struct tk_reply too_many = {TK_REPLY_LATER, "452", "4.5.3", "Too many recipients"};
static const struct tk_reply refused = {TK_REPLY_REFUSE, "550", "5.7.1",
                                        "Message refused by the policy of its recipient"};
static const struct tk_reply refused_sender = {TK_REPLY_REFUSE, "550", "5.7.1",
                                               "Message refused, its sender could not be authenticated"};

struct tk_reply tk_reply_from_status(enum tk_status status)
{
    switch (status) {
    case TK_OK: return accepted;
    case TK_STORAGE: return storage;
    case TK_NO_MATCH:
    case TK_LATER:
    case TK_LIMITED:
    case TK_UNCERTAIN:
    case TK_REFUSED:
    case TK_CONFIG:
    case TK_USAGE:
    case TK_BUG: return later;
    }
    return later;
}

struct tk_reply tk_reply_too_many_recipients(void)
{
    return too_many;
}

struct tk_reply tk_reply_from_outcome(const struct tk_intake_outcome *outcome)
{
    if (outcome->status != TK_OK)
        return tk_reply_from_status(outcome->status);

    guint rejects = 0;
    enum tk_reason reason = TK_REASON_NONE;
    for (guint i = 0; i < outcome->results->len; i++) {
        const struct tk_intake_result *result = g_ptr_array_index(outcome->results, i);
        switch (result->verdict) {
        case TK_VERDICT_LATER: return later;
        case TK_VERDICT_REJECT:
            rejects++;
            reason = result->reason;
            break;
        case TK_VERDICT_TICKET:
        case TK_VERDICT_NOTE:
        case TK_VERDICT_DUPLICATE:
        case TK_VERDICT_FAIL:
        case TK_VERDICT_EXCLUDE: break;
        }
    }
    if (rejects == 0)
        return accepted;
    if (rejects < outcome->results->len || !outcome->only_channels)
        return later; /* refusing would take the mail from those who accept it; accepting would break the
                         refusal */
    gboolean sender = reason == TK_REASON_UNAUTHENTICATED || reason == TK_REASON_IMPERSONATION;
    return sender ? refused_sender : refused;
}
