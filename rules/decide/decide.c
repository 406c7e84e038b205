/* decide: the rules of a channel in their order. Each rule is a function that either decides or lets the mail
 * go on. */
#include "rules/decide/decide.h"

#include <string.h>

#include "rules/address/address.h"
#include "rules/base/text.h"
#include "rules/thread/thread.h"

/* Values quoted as detail are for a log line. */
enum { MAX_DETAIL = 200 };

#define SECONDS_A_DAY 86400LL

/* A rule returns TRUE where it hit and has filled the decision. */
typedef gboolean (*rule)(const struct tk_decide_input *input, struct tk_decision *decision);

static gboolean hit(struct tk_decision *decision, enum tk_verdict verdict, enum tk_reason reason,
                    const char *detail)
{
    decision->verdict = verdict;
    decision->reason = reason;
    decision->detail = detail != NULL ? tk_text_cut(detail, MAX_DETAIL) : NULL;
    return TRUE;
}

static gboolean channel_rule(const struct tk_decide_input *input, struct tk_decision *decision)
{
    const struct tk_channel *channel = input->channel;
    if (channel->status == TK_PUBLISHED && !channel->faulty)
        return FALSE;
    return hit(decision, TK_VERDICT_FAIL, TK_REASON_CHANNEL_DISABLED, NULL);
}

static gboolean size_rule(const struct tk_decide_input *input, struct tk_decision *decision)
{
    return input->too_big && hit(decision, TK_VERDICT_FAIL, TK_REASON_TOO_BIG, NULL);
}

/* Loops and reports. RFC 3834 section 2, RFC 5321 section 4.5.5: nobody answers these, so they hold even
 * where autoreplies are let in. */
static gboolean report_rule(const struct tk_decide_input *input, struct tk_decision *decision)
{
    const struct tk_classification *found = input->classification;
    enum tk_reason reason = TK_REASON_NONE;
    switch (found->class) {
    case TK_CLASS_LOOP: reason = TK_REASON_LOOP; break;
    case TK_CLASS_BOUNCE: reason = TK_REASON_BOUNCE; break;
    case TK_CLASS_BOUNCE_DELAYED: reason = TK_REASON_DELIVERY_DELAYED; break;
    case TK_CLASS_BOUNCE_DELIVERED: reason = TK_REASON_DELIVERY_SUCCESS; break;
    case TK_CLASS_FEEDBACK: reason = TK_REASON_FEEDBACK; break;
    case TK_CLASS_MDN: reason = TK_REASON_MDN; break;
    case TK_CLASS_CHALLENGE: reason = TK_REASON_CHALLENGE; break;
    case TK_CLASS_AUTOREPLY:
    case TK_CLASS_AUTO_GENERATED:
    case TK_CLASS_LIST:
    case TK_CLASS_HUMAN: break;
    }
    gboolean strong = found->strength >= TK_STRENGTH_B;
    /* A form may write with the null sender, since it wants no reports; what else speaks for a report stays.
     */
    if (input->requester.form && (reason == TK_REASON_NONE || found->bare_null))
        return FALSE;
    if (reason != TK_REASON_NONE && strong)
        return hit(decision, TK_VERDICT_EXCLUDE, reason, found->evidence);
    if (*input->mail_from != '\0')
        return FALSE;
    /* Whoever sends with a null sender wants no answer and is no requester. What it is else tells the reason.
     */
    if (reason == TK_REASON_NONE) {
        reason = TK_REASON_BOUNCE;
        if (found->class == TK_CLASS_AUTOREPLY || found->class == TK_CLASS_AUTO_GENERATED)
            reason = found->out_of_office ? TK_REASON_OUT_OF_OFFICE : TK_REASON_AUTO_GENERATED;
    }
    return hit(decision, TK_VERDICT_EXCLUDE, reason,
               found->evidence != NULL ? found->evidence : "envelope sender <>");
}

/* Whether a header line of the mail is the configured one: name without case; value without case and outer
 * blanks, a configured value with * or ? as a pattern, an empty one for any value. */
static gboolean header_matches(const struct tk_message *message, const char *name, const char *value)
{
    g_autofree char *wanted = g_utf8_casefold(value, -1);
    gboolean pattern = strpbrk(wanted, "*?") != NULL;
    for (guint i = 0; i < message->headers->len; i++) {
        const struct tk_header *header = g_ptr_array_index(message->headers, i);
        if (g_ascii_strcasecmp(header->name, name) != 0)
            continue;
        g_autofree char *have = g_utf8_casefold(header->value, -1);
        g_strstrip(have);
        if (*wanted == '\0' || (pattern ? g_pattern_match_simple(wanted, have) : strcmp(wanted, have) == 0))
            return TRUE;
    }
    return FALSE;
}

static const char *from_address(const struct tk_message *message)
{
    return message->from != NULL ? message->from->address : NULL;
}

static gboolean is_listed(const char *address, char *const *patterns)
{
    g_autofree char *folded = address != NULL ? tk_address_fold(address) : NULL;
    return folded != NULL && patterns != NULL && tk_address_in(folded, patterns);
}

/* The channel's allow list overrules what looks like a machine: an address of From, a domain, or a header
 * line. */
static gboolean is_allowed(const struct tk_decide_input *input)
{
    char *const *allow = input->channel->autoreply_allow;
    const char *from = from_address(input->message);
    if (allow == NULL)
        return FALSE;
    if (is_listed(from, allow))
        return TRUE;
    for (gsize i = 0; allow[i] != NULL; i++) {
        const char *colon = strchr(allow[i], ':');
        if (colon == NULL)
            continue;
        g_autofree char *name = g_strndup(allow[i], (gsize)(colon - allow[i]));
        g_autofree char *value = g_strstrip(g_strdup(colon + 1));
        if (header_matches(input->message, g_strstrip(name), value))
            return TRUE;
    }
    return FALSE;
}

static gboolean excluded_header_rule(const struct tk_decide_input *input, struct tk_decision *decision)
{
    const GPtrArray *excluded = input->channel->exclude_headers;
    for (guint i = 0; excluded != NULL && i < excluded->len; i++) {
        const struct tk_pair *pair = g_ptr_array_index(excluded, i);
        if (!header_matches(input->message, pair->name, pair->value))
            continue;
        g_autofree char *detail = g_strdup_printf("%s: %s", pair->name, pair->value);
        return !is_allowed(input) && hit(decision, TK_VERDICT_EXCLUDE, TK_REASON_EXCLUDED_HEADER, detail);
    }
    return FALSE;
}

static gboolean machine_rule(const struct tk_decide_input *input, struct tk_decision *decision)
{
    const struct tk_classification *found = input->classification;
    gboolean machine = found->class == TK_CLASS_AUTOREPLY || found->class == TK_CLASS_AUTO_GENERATED;
    gboolean away = found->out_of_office && found->strength >= TK_STRENGTH_B;
    if (!input->channel->exclude_autoreplies || !machine || input->requester.form ||
        (found->strength < TK_STRENGTH_A && !away) || is_allowed(input))
        return FALSE;
    return hit(decision, TK_VERDICT_EXCLUDE,
               found->out_of_office ? TK_REASON_OUT_OF_OFFICE : TK_REASON_AUTO_GENERATED, found->evidence);
}

/* Keywords and subjects are compared after NFKC, so that a full-width letter does not hide a word. */
static char *fold_text(const char *text)
{
    g_autofree char *normal = g_utf8_normalize(text, -1, G_NORMALIZE_NFKC);
    return g_utf8_casefold(normal != NULL ? normal : text, -1);
}

static gboolean autoreply_rule(const struct tk_decide_input *input, struct tk_decision *decision)
{
    const struct tk_channel *channel = input->channel;
    const char *from = from_address(input->message);
    const char *matched = NULL;
    if (is_listed(from, channel->autoreply_addresses))
        matched = from;
    else if (is_listed(input->mail_from, channel->autoreply_addresses))
        matched = input->mail_from;
    if (matched == NULL && channel->autoreply_keywords != NULL && channel->autoreply_keywords[0] != NULL) {
        g_autofree char *subject = fold_text(input->message->subject);
        for (gsize i = 0; matched == NULL && channel->autoreply_keywords[i] != NULL; i++) {
            g_autofree char *keyword = fold_text(channel->autoreply_keywords[i]);
            if (*keyword != '\0' && strstr(subject, keyword) != NULL)
                matched = channel->autoreply_keywords[i];
        }
    }
    return matched != NULL && !is_allowed(input) &&
           hit(decision, TK_VERDICT_EXCLUDE, TK_REASON_AUTOREPLY_RULE, matched);
}

static gboolean from_rule(const struct tk_decide_input *input, struct tk_decision *decision)
{
    const struct tk_message *message = input->message;
    const char *address = message->from != NULL ? message->from->address : NULL;
    if (message->from_problem == NULL && address != NULL && tk_address_names_somebody(address))
        return FALSE;
    return hit(decision, TK_VERDICT_FAIL, TK_REASON_FROM_AMBIGUOUS,
               message->from_problem != NULL ? message->from_problem : "not_an_address");
}

static gboolean domain_rule(const struct tk_decide_input *input, struct tk_decision *decision)
{
    g_autofree char *domain = tk_address_domain(input->message->from->address);
    if (domain == NULL)
        return hit(decision, TK_VERDICT_FAIL, TK_REASON_FROM_AMBIGUOUS, "not_an_address");
    if (input->channel->denied_domains != NULL &&
        tk_address_domain_in(domain, input->channel->denied_domains))
        return hit(decision, TK_VERDICT_FAIL, TK_REASON_DOMAIN_DENIED, domain);
    if (input->channel->allowed_domains == NULL ||
        !tk_address_domain_in(domain, input->channel->allowed_domains))
        return hit(decision, TK_VERDICT_FAIL, TK_REASON_DOMAIN_NOT_ALLOWED, domain);
    return FALSE;
}

/* Whether the sender claims a domain of the tenant, and nobody confirms it. */
static gboolean impersonates(const struct tk_decide_input *input)
{
    const struct tk_channel *channel = input->channel;
    if (input->authenticated == TK_YES || channel->impersonation == TK_IMPERSONATION_OFF ||
        channel->own_domains == NULL)
        return FALSE;
    g_autofree char *domain = tk_address_domain(input->message->from->address);
    return domain != NULL && tk_address_domain_in(domain, channel->own_domains);
}

static gboolean authentication_rule(const struct tk_decide_input *input, struct tk_decision *decision)
{
    const struct tk_channel *channel = input->channel;
    if (input->authenticated == TK_YES)
        return FALSE;
    gboolean claims = channel->impersonation == TK_IMPERSONATION_FAIL && impersonates(input);
    enum tk_reason reason = claims ? TK_REASON_IMPERSONATION : TK_REASON_UNAUTHENTICATED;
    g_autofree char *domain = claims ? tk_address_domain(input->message->from->address) : NULL;
    switch (channel->authentication) {
    case TK_AUTH_OFF:
    case TK_AUTH_FLAG: return claims && hit(decision, TK_VERDICT_FAIL, reason, domain);
    case TK_AUTH_FAIL: return hit(decision, TK_VERDICT_FAIL, reason, domain);
    case TK_AUTH_REJECT: return hit(decision, TK_VERDICT_REJECT, reason, domain);
    }
    return FALSE;
}

static const struct {
    const char *word;
    rule apply;
} early_rules[] = {
    {"channel", channel_rule},
    {"size", size_rule},
    {"report", report_rule},
    {"excluded_header", excluded_header_rule},
    {"machine", machine_rule},
    {"autoreply_rule", autoreply_rule},
    {"from", from_rule},
    {"domain", domain_rule},
    {"authentication", authentication_rule},
};

enum tk_status tk_decide_early(const struct tk_decide_input *input, struct tk_decision *decision_r)
{
    for (gsize i = 0; i < G_N_ELEMENTS(early_rules); i++) {
        struct tk_decision decision = {.rule = early_rules[i].word};
        if (early_rules[i].apply(input, &decision)) {
            *decision_r = decision;
            return TK_OK;
        }
    }
    return TK_NO_MATCH;
}

gboolean tk_decide_is_delivery(const struct tk_decision *decision)
{
    return decision->verdict == TK_VERDICT_EXCLUDE && decision->reason != TK_REASON_LOOP &&
           decision->reason != TK_REASON_EXCLUDED_HEADER;
}

gboolean tk_decide_is_machine(const struct tk_classification *found)
{
    return found->class != TK_CLASS_HUMAN && found->class != TK_CLASS_LIST &&
           found->strength >= TK_STRENGTH_B;
}

gboolean tk_decide_is_internal(const struct tk_decision *decision)
{
    return decision->reason == TK_REASON_UNVERIFIED || (decision->flags & TK_FLAG_HELD) != 0 ||
           decision->proof == TK_PROOF_OWN_CONFIRMED;
}

/* A new ticket that knows from which one it goes on. Its subject loses the number, or every later reply would
 * lead to the old one. */
static gboolean linked(const struct tk_decide_input *input, struct tk_decision *decision,
                       enum tk_reason reason)
{
    decision->cut_token = TRUE;
    decision->linked_id = input->known->ticket_id;
    return hit(decision, TK_VERDICT_TICKET, reason, input->known->number);
}

static gboolean noted(const struct tk_decide_input *input, struct tk_decision *decision,
                      enum tk_reason reason)
{
    decision->ticket_id = input->known->ticket_id;
    decision->proof = input->known->proof;
    return hit(decision, TK_VERDICT_NOTE, reason, input->known->number);
}

/* The subject speaks of something else, and does not name the ticket itself (as the subject of every mail of
 * ours does, whatever else it says). */
static gboolean is_other_topic(const struct tk_decide_input *input)
{
    return g_strcmp0(input->number, input->known->number) != 0 &&
           !tk_thread_same_topic(input->message->subject, input->known->subject, input->prefixes);
}

/* The ingest call repeats this where the ticket has been closed since. */
static gboolean closed_rule(const struct tk_decide_input *input, struct tk_decision *decision)
{
    const struct tk_channel *channel = input->channel;
    const struct tk_decide_known *known = input->known;
    if (channel->closed == TK_CLOSED_NOTE || tk_decide_is_machine(input->classification))
        return noted(input, decision, TK_REASON_CLOSED_TICKET);
    if (channel->closed == TK_CLOSED_REOPEN && known->closed_for < channel->reopen_days * SECONDS_A_DAY &&
        known->reopened < channel->reopen_max)
        return noted(input, decision, TK_REASON_REOPENED);
    return linked(input, decision, TK_REASON_CLOSED_TICKET);
}

static gboolean type_is_taken(const struct tk_decide_input *input, struct tk_decision *decision)
{
    const char *type = input->known->ticket_type;
    if (g_strv_contains((const char *const *)input->channel->reply_types, type))
        return TRUE;
    (void)hit(decision, TK_VERDICT_FAIL, TK_REASON_TYPE_NOT_WHITELISTED, type);
    return FALSE;
}

/* An address of ours is no person: it takes part in no ticket, whoever writes under it. What leads to a
 * ticket by more than a subject is for agents to see, and moves nothing on. */
static gboolean own_note(const struct tk_decide_input *input, struct tk_decision *decision)
{
    gboolean confirmed = input->authenticated == TK_YES;
    gboolean closed = g_strcmp0(input->known->status, "closed") == 0;
    if (!type_is_taken(input, decision))
        return TRUE;
    (void)noted(input, decision,
                !confirmed ? TK_REASON_UNVERIFIED
                : closed   ? TK_REASON_CLOSED_TICKET
                           : TK_REASON_NONE);
    decision->proof = confirmed ? TK_PROOF_OWN_CONFIRMED : TK_PROOF_OWN;
    return TRUE;
}

/* A reply goes to its ticket only by a participant or by whom its token was made for, and only where the
 * ticket's type takes notes by mail. A stranger's mail is a ticket of its own, and nothing of the other
 * ticket is told to anybody; where it bears a token, somebody who had it passed it on, and an agent is to see
 * what he says, but nobody else. */
static gboolean thread_rule(const struct tk_decide_input *input, struct tk_decision *decision)
{
    const struct tk_channel *channel = input->channel;
    const struct tk_decide_known *known = input->known;
    if (known == NULL || known->ticket_id == 0) {
        if (input->number == NULL && !input->has_token)
            return FALSE;
        decision->cut_token = TRUE;
        /* The number under an address of ours was not looked up. */
        gboolean asked = input->has_token || !input->requester.own || input->requester.form;
        return hit(decision, TK_VERDICT_TICKET, asked ? TK_REASON_UNKNOWN_TICKET : TK_REASON_NOT_PARTICIPANT,
                   NULL);
    }
    if (input->requester.own && !input->requester.form)
        return own_note(input, decision);
    gboolean stranger = !known->writer_takes_part && known->proof != TK_PROOF_RECIPIENT;
    if (stranger && known->proof == TK_PROOF_NONE) {
        decision->cut_token = TRUE;
        return hit(decision, TK_VERDICT_TICKET, TK_REASON_NOT_PARTICIPANT, known->number);
    }
    if (stranger && channel->stranger_reply == TK_STRANGER_NEW_LINKED)
        return linked(input, decision, TK_REASON_NOT_PARTICIPANT);
    if (!type_is_taken(input, decision))
        return TRUE;
    if (stranger)
        return noted(input, decision, TK_REASON_UNVERIFIED);
    if (channel->subject_change == TK_SUBJECT_NEW_LINKED && is_other_topic(input))
        return linked(input, decision, TK_REASON_SUBJECT_CHANGED);
    if (g_strcmp0(known->status, "closed") == 0)
        return closed_rule(input, decision);
    return noted(input, decision, TK_REASON_NONE);
}

/* What the ticket or note is to say of its sender. Where nobody is trusted to confirm senders none is ever
 * confirmed, and to say so in each ticket would say nothing. */
static unsigned find_flags(const struct tk_decide_input *input)
{
    unsigned flags = (input->requester.own ? TK_FLAG_OWN_ADDRESS : 0U) |
                     (input->requester.form ? TK_FLAG_FORM : 0U);
    if (input->authenticated == TK_YES || !input->can_confirm)
        return flags;
    if (input->channel->authentication == TK_AUTH_FLAG)
        flags |= TK_FLAG_UNCONFIRMED;
    if (impersonates(input))
        flags |= TK_FLAG_IMPERSONATION;
    return flags;
}

const char **tk_decide_flag_words(unsigned flags)
{
    static const char *const words[] = {"unconfirmed", "impersonation", "held",
                                        "own_address", "form",          "not_kept"};
    GPtrArray *out = g_ptr_array_new();
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (flags & (1U << i))
            g_ptr_array_add(out, (gpointer)words[i]);
    g_ptr_array_add(out, NULL);
    return (const char **)g_ptr_array_free(out, FALSE);
}

static gboolean is_never_answered(const struct tk_decide_input *input)
{
    if (!tk_requester_can_be_told(&input->requester))
        return TRUE;
    if (input->requester.form)
        return !input->channel->forms_confirm;
    return input->classification->class != TK_CLASS_HUMAN && input->classification->strength >= TK_STRENGTH_B;
}

void tk_decide(const struct tk_decide_input *input, struct tk_decision *decision_r)
{
    struct tk_decision decision;
    if (tk_decide_early(input, &decision) != TK_OK) {
        decision = (struct tk_decision){.rule = "thread"};
        if (!thread_rule(input, &decision)) {
            decision = (struct tk_decision){.rule = "ticket"};
            (void)hit(&decision, TK_VERDICT_TICKET, TK_REASON_NONE, NULL);
        }
        decision.never_answer = is_never_answered(input);
        if (decision.verdict == TK_VERDICT_TICKET || decision.verdict == TK_VERDICT_NOTE)
            decision.flags = find_flags(input);
    }
    *decision_r = decision;
}

void tk_decide_clear(struct tk_decision *decision)
{
    g_clear_pointer(&decision->detail, g_free);
}

void tk_decide_known_clear(struct tk_decide_known *known)
{
    g_clear_pointer(&known->number, g_free);
    g_clear_pointer(&known->ticket_type, g_free);
    g_clear_pointer(&known->status, g_free);
    g_clear_pointer(&known->subject, g_free);
    known->ticket_id = 0;
}
