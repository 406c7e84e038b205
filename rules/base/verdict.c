/* verdict: words and sentences for verdicts and reasons. */
#include "rules/base/verdict.h"

#include <string.h>

static const char *const verdict_words[] = {
    [TK_VERDICT_TICKET] = "ticket", [TK_VERDICT_NOTE] = "note",       [TK_VERDICT_DUPLICATE] = "duplicate",
    [TK_VERDICT_FAIL] = "fail",     [TK_VERDICT_EXCLUDE] = "exclude", [TK_VERDICT_REJECT] = "reject",
    [TK_VERDICT_LATER] = "later",
};

static const struct {
    const char *word;
    const char *text;
} reasons[TK_REASON_COUNT] = {
    [TK_REASON_NONE] = {"", "No rule stood in the way."},
    [TK_REASON_CHANNEL_DISABLED] = {"channel_disabled",
                                    "The channel is not published. Publish it to let it take mail again."},
    [TK_REASON_LOOP] = {"loop",
                        "The mail bears our own mark or has travelled too far: it would go round in a loop."},
    [TK_REASON_BOUNCE] = {"bounce", "The mail reports that another mail could not be delivered."},
    [TK_REASON_DELIVERY_DELAYED] = {"delivery_delayed", "The mail reports that another mail is delayed."},
    [TK_REASON_DELIVERY_SUCCESS] = {"delivery_success", "The mail reports that another mail was delivered."},
    [TK_REASON_MDN] = {"mdn", "The mail is a read receipt."},
    [TK_REASON_FEEDBACK] = {"feedback", "The mail is an abuse or feedback report."},
    [TK_REASON_CHALLENGE] = {"challenge", "The mail asks the sender of another mail to confirm it."},
    [TK_REASON_EXCLUDED_HEADER] = {"excluded_header",
                                   "A header of the mail stands in the channel's exclude_headers."},
    [TK_REASON_AUTO_GENERATED] =
        {"auto_generated", "A program wrote the mail. Add its address to autoreplies.allow to let it in."},
    [TK_REASON_OUT_OF_OFFICE] = {"out_of_office", "The mail is an automatic notice that somebody is away."},
    [TK_REASON_AUTOREPLY_RULE] =
        {"autoreply_rule",
         "The sender or the subject stands in the channel's autoreply addresses or keywords."},
    [TK_REASON_FROM_AMBIGUOUS] = {"from_ambiguous",
                                  "The mail has not exactly one From header with exactly one valid address."},
    [TK_REASON_DOMAIN_DENIED] = {"domain_denied",
                                 "The sender's domain stands in the channel's denied_domains."},
    [TK_REASON_DOMAIN_NOT_ALLOWED] = {"domain_not_allowed",
                                      "The sender's domain does not stand in the channel's allowed_domains."},
    [TK_REASON_UNAUTHENTICATED] = {"unauthenticated", "No trusted check confirms the sender's domain."},
    [TK_REASON_IMPERSONATION] = {"impersonation",
                                 "The mail claims one of the tenant's own domains without proof."},
    [TK_REASON_TYPE_NOT_WHITELISTED] = {"type_not_whitelisted",
                                        "The ticket's type does not stand in the channel's reply_types."},
    [TK_REASON_NOT_PARTICIPANT] =
        {"not_participant", "The mail names a ticket in which its sender takes no part; it is a new ticket."},
    [TK_REASON_UNKNOWN_TICKET] = {"unknown_ticket", "The mail names a ticket that does not exist here."},
    [TK_REASON_CLOSED_TICKET] = {"closed_ticket", "The ticket that the mail answers is closed."},
    [TK_REASON_REOPENED] = {"reopened", "The mail answers a closed ticket, which is open again."},
    [TK_REASON_UNVERIFIED] = {"unverified",
                              "The mail bears a token or Message-ID of a ticket, but its sender is neither "
                              "whom the token was made for nor a participant; it is an internal note that "
                              "changes nothing."},
    [TK_REASON_SUBJECT_CHANGED] =
        {"subject_changed", "The mail answers a ticket under another subject; it is a new linked ticket."},
    [TK_REASON_RATE_LIMIT] = {"rate_limit", "Too many mails in too short a time."},
    [TK_REASON_TOO_BIG] = {"too_big", "The mail is larger than limits.message."},
    [TK_REASON_UNPARSABLE] = {"unparsable", "The mail could not be read; its raw bytes are kept."},
    [TK_REASON_POISON] = {"poison", "The program crashed on this mail before; its raw bytes are kept."},
    [TK_REASON_MID_REUSE] = {"mid_reuse", "Another mail bore the same Message-ID."},
    [TK_REASON_SPAM] = {"spam", "A filter in front of this one calls the mail spam."},
    [TK_REASON_ENCRYPTED_UNREADABLE] = {"encrypted_unreadable",
                                        "The mail is encrypted and cannot be read here."},
};

const char *tk_verdict_word(enum tk_verdict verdict)
{
    return verdict_words[verdict];
}

enum tk_status tk_verdict_parse(const char *word, enum tk_verdict *verdict_r)
{
    for (gsize i = 0; i < G_N_ELEMENTS(verdict_words); i++)
        if (strcmp(word, verdict_words[i]) == 0) {
            *verdict_r = (enum tk_verdict)i;
            return TK_OK;
        }
    return TK_NO_MATCH;
}

const char *tk_verdict_reason_word(enum tk_reason reason)
{
    return reasons[reason].word;
}

const char *tk_verdict_reason_text(enum tk_reason reason)
{
    return reasons[reason].text;
}

enum tk_status tk_verdict_reason_parse(const char *word, enum tk_reason *reason_r)
{
    for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (strcmp(word, reasons[i].word) == 0) {
            *reason_r = (enum tk_reason)i;
            return TK_OK;
        }
    return TK_NO_MATCH;
}
