/* conversation: which ticket a mail belongs to. */
#include "milter/intake/conversation.h"

#include <string.h>

#include "rules/address/address.h"
#include "rules/thread/thread.h"

struct look {
    const struct tk_conversation_mail *mail;
    struct tk_record *record;
    struct tk_thread_keys keys;
    struct tk_token_scope scope;
    struct tk_decide_known known;
    gboolean disabled; /* the channel's row is not published */
};

/* The details ("support+DETAIL@") of the recipients by which the mail came to the channel. */
static GPtrArray *details_of(const struct look *look)
{
    GPtrArray *details = g_ptr_array_new_with_free_func(g_free);
    const GArray *rcpts = look->mail->rcpts;
    for (guint i = 0; i < rcpts->len; i++) {
        const struct tk_effects_rcpt *rcpt = &g_array_index(rcpts, struct tk_effects_rcpt, i);
        if (rcpt->channel != look->record->channel)
            continue;
        g_autofree char *path = tk_address_from_path(rcpt->as_received);
        char *detail = NULL;
        g_free(tk_address_base(path, TK_ADDRESS_DELIMITER, &detail));
        if (detail != NULL)
            g_ptr_array_add(details, detail);
    }
    return details;
}

static void read_keys(struct look *look, const char *const *prefixes)
{
    const struct tk_conf *conf = look->mail->context->conf;
    const struct tk_channel *channel = look->record->channel;
    const struct tk_intake_outcome *outcome = look->mail->outcome;
    look->scope = (struct tk_token_scope){look->mail->installation, channel->tenant, channel->name};
    g_autoptr(GPtrArray) details = details_of(look);
    const struct tk_thread_input input = {.message = outcome->message,
                                          .prefixes = prefixes,
                                          .token_keys = conf->token_keys,
                                          .scope = look->scope,
                                          .details = details,
                                          .reported_id = outcome->classification.bounce.original_message_id};
    tk_thread_read(&input, &look->keys);
    look->record->foreign_tokens = look->keys.foreign;
}

static enum tk_proof proof_of(const struct look *look, const struct tk_fact *fact)
{
    if (fact->kind != TK_FACT_TOKEN)
        return TK_PROOF_NONE;
    const struct tk_thread_token *found =
        &g_array_index(look->keys.tokens, struct tk_thread_token, fact->place);
    return tk_token_is_for(&found->token, &look->scope, look->record->writer) ? TK_PROOF_RECIPIENT
                                                                              : TK_PROOF_TICKET;
}

static const char *matched_by(const struct look *look, const struct tk_fact *fact)
{
    switch (fact->kind) {
    case TK_FACT_TOKEN:
        return g_array_index(look->keys.tokens, struct tk_thread_token, fact->place).in_address
                   ? "token_address"
                   : "token_message_id";
    case TK_FACT_MESSAGE_ID: return "message_id";
    case TK_FACT_NUMBER: return "number";
    case TK_FACT_INTAKE: break;
    }
    return NULL;
}

/* Nobody knows that the requester of a form is who he says, so a form writes to a ticket by a token alone. */
static gboolean takes_part(const struct look *look, const struct tk_fact *fact)
{
    return fact->participant && !look->record->requester.form;
}

/* Whether the fact counts for the mail: a subject names no ticket to an address of ours. */
static gboolean counts(const struct look *look, const struct tk_fact *fact)
{
    const struct tk_requester *requester = &look->record->requester;
    if (requester->own && !requester->form && fact->kind == TK_FACT_NUMBER)
        return FALSE;
    return fact->kind != TK_FACT_INTAKE;
}

/* Of the tickets that the keys lead to, the first in which the writer may write; else the first. */
static void choose_known(struct look *look, const struct tk_facts *facts)
{
    const struct tk_fact *chosen = NULL;
    enum tk_proof proof = TK_PROOF_NONE;
    for (guint i = 0; i < facts->facts->len; i++) {
        const struct tk_fact *fact = g_ptr_array_index(facts->facts, i);
        if (!counts(look, fact))
            continue;
        enum tk_proof has = proof_of(look, fact);
        gboolean may_write = takes_part(look, fact) || has == TK_PROOF_RECIPIENT;
        if (chosen == NULL || may_write) {
            chosen = fact;
            proof = has;
        }
        if (may_write)
            break;
    }
    if (chosen == NULL)
        return;
    look->known = (struct tk_decide_known){.ticket_id = chosen->ticket_id,
                                           .number = g_strdup(chosen->number),
                                           .ticket_type = g_strdup(chosen->ticket_type),
                                           .status = g_strdup(chosen->status),
                                           .subject = g_strdup(chosen->subject),
                                           .closed_for = chosen->closed_for,
                                           .reopened = chosen->reopened,
                                           .writer_takes_part = takes_part(look, chosen),
                                           .proof = proof,
                                           .matched_by = matched_by(look, chosen)};
}

/* Asks the database about the keys. */
static enum tk_status ask_facts(struct look *look)
{
    const struct tk_record *record = look->record;
    g_autofree gint64 *ticket_ids = g_new(gint64, look->keys.tokens->len + 1);
    for (guint i = 0; i < look->keys.tokens->len; i++)
        ticket_ids[i] = g_array_index(look->keys.tokens, struct tk_thread_token, i).token.ticket_id;
    const char *const numbers[] = {look->keys.number, NULL};
    g_ptr_array_add(look->keys.message_ids, NULL);
    const struct tk_facts_query query = {.tenant_id = record->ids.tenant_id,
                                         .channel_id = record->ids.channel_id,
                                         .ticket_ids = ticket_ids,
                                         .ticket_count = look->keys.tokens->len,
                                         .message_ids = (const char *const *)look->keys.message_ids->pdata,
                                         .numbers = numbers,
                                         .sender = record->sender};
    struct tk_facts *facts = NULL;
    const struct tk_intake_context *context = look->mail->context;
    enum tk_status status =
        tk_store_facts(context->store, &query, context->deadline, &facts, look->mail->outcome->why);
    g_ptr_array_set_size(look->keys.message_ids, (gint)look->keys.message_ids->len - 1);
    if (status != TK_OK)
        return status;
    choose_known(look, facts);
    look->disabled = g_strcmp0(facts->channel_status, "published") != 0;
    tk_facts_free(&facts);
    return TK_OK;
}

/* All rules, with what the keys of the mail lead to. */
static enum tk_status decide_thread(struct look *look, struct tk_decide_input *input)
{
    const struct tk_intake_context *context = look->mail->context;
    struct tk_record *record = look->record;
    enum tk_status status = TK_OK;
    /* A dry run asks in any case, since nothing else will tell it that the channel is disabled. */
    if (context->store != NULL && record->ids.channel_id != 0 &&
        (tk_thread_has_keys(&look->keys) || context->dry_run))
        status = ask_facts(look);
    if (status != TK_OK)
        return status;
    if (look->disabled) {
        record->decision = (struct tk_decision){
            .verdict = TK_VERDICT_FAIL, .reason = TK_REASON_CHANNEL_DISABLED, .rule = "channel"};
        return TK_OK;
    }
    input->number = look->keys.number;
    input->has_token = look->keys.tokens->len > 0;
    input->known = look->known.ticket_id != 0 ? &look->known : NULL;
    tk_decide(input, &record->decision);
    record->matched = g_strdup(look->known.number);
    record->matched_by = look->known.matched_by;
    if (record->decision.detail == NULL && look->keys.foreign > 0)
        record->decision.detail = g_strdup("foreign_token");
    return TK_OK;
}

/* A report about a mail of ours, or an automatic answer to one, leaves its trace at the ticket that the
 * mail's token proves. Nobody but us can have made that, so the database need not be asked; a dry run asks,
 * to tell the number. */
static enum tk_status note_delivery(struct look *look)
{
    if (look->keys.tokens->len == 0)
        return TK_OK;
    const struct tk_thread_token *found = &g_array_index(look->keys.tokens, struct tk_thread_token, 0);
    struct tk_record *record = look->record;
    record->decision.ticket_id = found->token.ticket_id;
    record->matched_by = found->in_address ? "token_address" : "token_message_id";
    if (!look->mail->context->dry_run || look->mail->context->store == NULL || record->ids.channel_id == 0)
        return TK_OK;
    enum tk_status status = ask_facts(look);
    if (status == TK_OK)
        record->matched = g_strdup(look->known.number);
    return status;
}

enum tk_status tk_conversation_decide(const struct tk_conversation_mail *mail, struct tk_record *record)
{
    const struct tk_intake_outcome *outcome = mail->outcome;
    struct tk_decide_input input = {.channel = record->channel,
                                    .message = outcome->message,
                                    .classification = &outcome->classification,
                                    .requester = record->requester,
                                    .mail_from = mail->mail_from,
                                    .authenticated = outcome->authentic.verdict,
                                    .can_confirm = tk_conf_can_confirm(mail->context->conf),
                                    .too_big = mail->too_big};
    gboolean early = tk_decide_early(&input, &record->decision) == TK_OK;
    if (early && !tk_decide_is_delivery(&record->decision))
        return TK_OK;

    g_autofree const char **prefixes = tk_plan_prefixes(mail->context->conf, record->channel);
    input.prefixes = prefixes;
    struct look look = {.mail = mail, .record = record};
    read_keys(&look, prefixes);
    enum tk_status status = early ? note_delivery(&look) : decide_thread(&look, &input);
    tk_decide_known_clear(&look.known);
    tk_thread_clear(&look.keys);
    return status;
}
