/* intake: the way of one mail. Front ends give envelope and bytes; what became of them comes back as values.
 */
#include "milter/intake/intake.h"

#include <string.h>

#include "milter/base/cputime.h"
#include "milter/intake/conversation.h"
#include "milter/intake/keep.h"
#include "milter/intake/record.h"
#include "rules/address/address.h"
#include "rules/decide/hold.h"
#include "rules/plan/delivery.h"
#include "rules/plan/intake_key.h"
#include "rules/thread/token.h"
#include "schema/wire/fault.h"

/* RFC 5321 section 6.3 takes 100 as a bound for loops; Postfix stops at 50 (hopcount_limit), and so do we. */
enum { MAX_RECEIVED = 50 };

/* One run of one mail. */
struct run {
    const struct tk_intake_context *context;
    const struct tk_intake_mail *mail;
    struct tk_intake_outcome *outcome;
    struct tk_record_mail shared;
    struct tk_installation *installation;
    char *mail_from;
    GArray *records; /* of struct tk_record, one a channel */
    GArray *answers; /* of struct tk_effects_answer, in the same order */
    GArray *rcpts;   /* of struct tk_effects_rcpt */
    struct tk_ledger_seat seat;
};

static void free_result(gpointer data)
{
    struct tk_intake_result *result = data;
    g_free(result->detail);
    g_free(result->number);
    g_free(result->matched);
    g_free(result->linked);
    g_free(result->rcpt);
    tk_plan_free(&result->plan);
    g_free(result);
}

const struct tk_channel *tk_intake_route(const struct tk_conf *conf, const char *rcpt)
{
    g_autofree char *path = tk_address_from_path(rcpt);
    g_autofree char *folded = tk_address_fold(path);
    if (folded == NULL)
        return NULL;
    const struct tk_channel *channel = g_hash_table_lookup(conf->by_address, folded);
    if (channel != NULL)
        return channel;
    g_autofree char *base = tk_address_base(path, TK_ADDRESS_DELIMITER, NULL);
    return base != NULL ? g_hash_table_lookup(conf->by_address, base) : NULL;
}

/* Who has written the mail, and for whom. */
static void find_writer(const struct run *run, struct tk_record *record)
{
    const struct tk_message *message = run->outcome->message;
    tk_requester_find(run->context->conf, record->channel, message, &run->outcome->authentic,
                      &record->requester);
    const struct tk_mailbox *writer = tk_requester_mailbox(&record->requester, message);
    record->sender = message->from != NULL ? tk_address_fold(message->from->address) : NULL;
    record->writer = writer != NULL ? tk_address_fold(writer->address) : NULL;
}

static void find_channels(struct run *run)
{
    run->outcome->only_channels = TRUE;
    for (gsize i = 0; run->mail->rcpts[i] != NULL; i++) {
        const char *rcpt = run->mail->rcpts[i];
        struct tk_effects_rcpt routed = {rcpt, tk_intake_route(run->context->conf, rcpt)};
        g_array_append_val(run->rcpts, routed);
        if (routed.channel == NULL) {
            run->outcome->only_channels = FALSE;
            continue;
        }
        gboolean known = FALSE;
        for (guint k = 0; k < run->records->len; k++)
            known = known || g_array_index(run->records, struct tk_record, k).channel == routed.channel;
        if (known)
            continue;
        struct tk_record record = {.channel = routed.channel};
        record.rcpt = tk_address_from_path(rcpt);
        record.mail_from = g_strdup(run->mail_from);
        find_writer(run, &record);
        g_array_append_val(run->records, record);
    }
}

static enum tk_status decide_record(struct run *run, struct tk_record *record)
{
    if (run->seat.crashes >= TK_INTAKE_UNREAD) {
        record->decision =
            (struct tk_decision){.verdict = TK_VERDICT_FAIL, .reason = TK_REASON_POISON, .rule = "poison"};
        return TK_OK;
    }
    const struct tk_conversation_mail mail = {.context = run->context,
                                              .installation = run->installation,
                                              .outcome = run->outcome,
                                              .rcpts = run->rcpts,
                                              .mail_from = run->mail_from,
                                              .too_big = run->mail->too_big};
    enum tk_status status = tk_conversation_decide(&mail, record);
    if (status == TK_OK)
        tk_hold_apply(run->outcome->message, record->rcpt, &record->decision);
    return status;
}

/* Finds the channel's ids; one that was never published has none and takes no mail. */
static enum tk_status identify(struct run *run, struct tk_record *record)
{
    if (run->context->store == NULL)
        return TK_OK;
    enum tk_status status = tk_directory_find(run->context->directory, run->context->store, record->channel,
                                              run->context->deadline, &record->ids, run->outcome->why);
    if (status != TK_NO_MATCH)
        return status;
    record->decision = (struct tk_decision){
        .verdict = TK_VERDICT_FAIL, .reason = TK_REASON_CHANNEL_DISABLED, .rule = "channel"};
    return TK_OK;
}

static gboolean makes_content(const struct tk_record *record)
{
    return record->decision.verdict == TK_VERDICT_TICKET || record->decision.verdict == TK_VERDICT_NOTE;
}

static enum tk_status decide_all(struct run *run)
{
    guint rejects = 0;
    for (guint i = 0; i < run->records->len; i++) {
        struct tk_record *record = &g_array_index(run->records, struct tk_record, i);
        enum tk_status status = identify(run, record);
        if (status == TK_OK && record->decision.rule == NULL)
            status = decide_record(run, record);
        if (status != TK_OK)
            return status;
        if (run->seat.crashes >= TK_INTAKE_CAREFUL && makes_content(record) &&
            record->decision.reason == TK_REASON_NONE)
            record->decision.reason = TK_REASON_POISON;
        rejects += record->decision.verdict == TK_VERDICT_REJECT;
    }
    /* One answer goes to the client for all recipients: "no" only where all of them say so. */
    gboolean all = rejects == run->records->len && run->outcome->only_channels;
    for (guint i = 0; rejects > 0 && !all && i < run->records->len; i++) {
        struct tk_record *record = &g_array_index(run->records, struct tk_record, i);
        if (record->decision.verdict == TK_VERDICT_REJECT)
            record->decision.verdict = TK_VERDICT_FAIL;
    }
    return TK_OK;
}

static enum tk_status plan_all(struct run *run)
{
    struct tk_message *message = run->outcome->message;
    gboolean hashed = FALSE;
    for (guint i = 0; i < run->records->len; i++) {
        struct tk_record *record = &g_array_index(run->records, struct tk_record, i);
        g_autofree char *name = g_strdup_printf("%s/%s", record->channel->tenant, record->channel->name);
        tk_intake_key_make(name, run->mail_from, message, run->mail->body_sha256, run->mail->mta_name,
                           run->mail->queue_id, &record->key);
        if (tk_record_is_delivery(record))
            record->plan = tk_delivery_plan(message, &run->outcome->classification, record->decision.reason);
        if (!makes_content(record))
            continue;
        if (!hashed) {
            enum tk_status status = tk_message_hash_attachments(message);
            if (status != TK_OK)
                return tk_status_fail(status, run->outcome->why, "the spooled mail could not be read again");
            hashed = TRUE;
        }
        const struct tk_plan_input input = {.conf = run->context->conf,
                                            .channel = record->channel,
                                            .message = message,
                                            .decision = &record->decision,
                                            .requester = record->requester,
                                            .raw_sha256 = run->mail->raw_sha256,
                                            .raw_size = run->mail->source->size};
        record->plan = tk_plan_make(&input);
    }
    return TK_OK;
}

/* Makes the edits for the answers as they stand. Called before anything is stored, to find what could not be
 * written, and again with the numbers that the store gave. */
static enum tk_status make_edits(struct run *run)
{
    const GPtrArray *headers = run->outcome->message->headers;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < headers->len; i++)
        g_ptr_array_add(names, ((const struct tk_header *)g_ptr_array_index(headers, i))->name);
    g_ptr_array_add(names, NULL);
    const struct tk_effects_mail mail = {.rcpts = (const struct tk_effects_rcpt *)(void *)run->rcpts->data,
                                         .n_rcpts = run->rcpts->len,
                                         .header_names = run->mail->header_names != NULL
                                                             ? run->mail->header_names
                                                             : (const char *const *)names->pdata,
                                         .marks_stay = run->mail->marks_stay};
    g_ptr_array_set_size(run->outcome->edits, 0);
    return tk_effects_make(&mail, (const struct tk_effects_answer *)(void *)run->answers->data,
                           run->answers->len, run->outcome->edits, run->outcome->why);
}

/* Turns the decisions into answers and results; ids and numbers follow from the store. */
static void answer_all(struct run *run)
{
    for (guint i = 0; i < run->records->len; i++) {
        struct tk_record *record = &g_array_index(run->records, struct tk_record, i);
        struct tk_intake_result *result = g_new0(struct tk_intake_result, 1);
        tk_record_decide_raw(record, &run->shared);
        result->channel = record->channel;
        result->verdict = record->decision.verdict;
        result->reason = record->decision.reason;
        result->rule = record->decision.rule;
        result->detail = g_strdup(record->decision.detail);
        result->rcpt = g_strdup(record->rcpt);
        result->flags = record->decision.flags;
        result->internal = tk_decide_is_internal(&record->decision);
        result->raw = record->raw;
        result->matched = g_strdup(record->matched);
        result->matched_by = record->matched_by;
        result->linked = record->decision.linked_id != 0 ? g_strdup(record->matched) : NULL;
        result->foreign_tokens = record->foreign_tokens;
        g_ptr_array_add(run->outcome->results, result);
        struct tk_effects_answer answer = {.channel = record->channel,
                                           .verdict = result->verdict,
                                           .reason = result->reason,
                                           .evidence = run->outcome->classification.evidence};
        g_array_append_val(run->answers, answer);
    }
}

static void hand_over_plans(struct run *run)
{
    for (guint i = 0; i < run->records->len && i < run->outcome->results->len; i++) {
        struct tk_intake_result *result = g_ptr_array_index(run->outcome->results, i);
        result->plan = g_steal_pointer(&g_array_index(run->records, struct tk_record, i).plan);
    }
}

/* Without a database the name of this host is all that is known. */
static enum tk_status find_installation(struct run *run)
{
    const struct tk_intake_context *context = run->context;
    if (context->store != NULL)
        return tk_directory_installation(context->directory, context->store, context->deadline,
                                         &run->installation, run->outcome->why);
    run->installation = tk_installation_new(context->conf->instance, NULL);
    return TK_OK;
}

static void classify(struct run *run)
{
    const struct tk_conf *conf = run->context->conf;
    struct tk_message *message = run->outcome->message;
    gboolean own_id =
        tk_token_is_own_message_id(conf->token_keys, run->installation, conf->channels, message->message_id);
    const struct tk_classify_context envelope = {.mail_from = run->mail_from,
                                                 .installation = run->installation,
                                                 .own_message_id = own_id,
                                                 .max_received = MAX_RECEIVED,
                                                 .clock = tk_cputime_thread};
    tk_classify(message, &envelope, &run->outcome->classification);
    if (run->outcome->classification.out_of_time)
        tk_message_mark_slow(message);
}

/* From the bytes to the edits that they call for: all that the mail itself can make fail. */
static enum tk_status read_mail(struct run *run)
{
    enum tk_status status = find_installation(run);
    if (status != TK_OK)
        return status;
    classify(run);
    find_channels(run);
    status = decide_all(run);
    TK_FAULT("decided", run->mail_from);
    if (status == TK_OK)
        status = plan_all(run);
    if (status != TK_OK)
        return status;
    TK_FAULT("planned", run->mail_from);
    tk_record_choose_confirmed(run->records, &run->shared, run->outcome->authentic.verdict);
    answer_all(run);
    return make_edits(run);
}

static enum tk_status run_mail(struct run *run)
{
    enum tk_status status = read_mail(run);
    /* A mail that waits for the database is none that a crash can be blamed on. */
    tk_ledger_leave(run->context->ledger, &run->seat, status == TK_OK);
    if (status != TK_OK || run->context->dry_run || run->context->store == NULL)
        return status;
    const struct tk_keep keep = {.context = run->context,
                                 .mail = run->mail,
                                 .outcome = run->outcome,
                                 .shared = &run->shared,
                                 .records = run->records,
                                 .answers = run->answers};
    status = tk_keep_all(&keep);
    return status == TK_OK ? make_edits(run) : status;
}

/* Reads the mail as deep as is safe by what is known of it. */
static struct tk_message *read_message(const struct run *run)
{
    static const struct tk_source nothing = {.bytes = (const guint8 *)""};
    struct tk_limits_outcome limits = *run->mail->limits;
    if (run->seat.slow)
        return tk_message_parse_slow(run->mail->source, &limits);
    if (run->seat.crashes < TK_INTAKE_CAREFUL) {
        TK_FAULT("parse", run->mail_from);
        return tk_message_parse_timed(run->mail->source, &limits, tk_cputime_thread);
    }
    limits.level = TK_LEVEL_RAW;
    if (run->seat.crashes < TK_INTAKE_UNREAD) {
        TK_FAULT("parse_raw", run->mail_from);
        return tk_message_parse(run->mail->source, &limits);
    }
    limits.body_offset = 0;
    return tk_message_parse(&nothing, &limits);
}

void tk_intake_run(const struct tk_intake_context *context, const struct tk_intake_mail *mail,
                   struct tk_intake_outcome *outcome_r)
{
    *outcome_r = (struct tk_intake_outcome){.why = g_string_new(NULL),
                                            .results = g_ptr_array_new_with_free_func(free_result),
                                            .edits = tk_effects_new()};
    struct run run = {.context = context, .mail = mail, .outcome = outcome_r};
    gint64 started = g_get_monotonic_time();
    run.mail_from = tk_address_from_path(mail->mail_from);
    run.records = g_array_new(FALSE, TRUE, sizeof(struct tk_record));
    run.answers = g_array_new(FALSE, TRUE, sizeof(struct tk_effects_answer));
    run.rcpts = g_array_new(FALSE, TRUE, sizeof(struct tk_effects_rcpt));
    tk_ledger_enter(context->ledger, mail->raw_sha256, &run.seat);
    outcome_r->message = read_message(&run);
    if (tk_message_has_flag(outcome_r->message, "cpu_time"))
        tk_ledger_note_slow(context->ledger, &run.seat, mail->received_at / G_USEC_PER_SEC);
    TK_FAULT("parsed", run.mail_from);
    tk_authentic_find(context->conf, outcome_r->message, &mail->client, &outcome_r->authentic);
    run.shared = (struct tk_record_mail){.mail = mail,
                                         .conf = context->conf,
                                         .message = outcome_r->message,
                                         .classification = &outcome_r->classification,
                                         .authentic = &outcome_r->authentic,
                                         .started = started};

    outcome_r->status = run_mail(&run);
    if (outcome_r->status != TK_OK)
        g_ptr_array_set_size(outcome_r->edits, 0);
    hand_over_plans(&run);

    for (guint i = 0; i < run.records->len; i++)
        tk_record_clear(&g_array_index(run.records, struct tk_record, i));
    g_array_unref(run.records);
    g_array_unref(run.answers);
    g_array_unref(run.rcpts);
    tk_installation_unref(&run.installation);
    g_free(run.mail_from);
}

void tk_intake_clear(struct tk_intake_outcome *outcome)
{
    if (outcome->why != NULL)
        g_string_free(outcome->why, TRUE);
    g_clear_pointer(&outcome->refused, g_free);
    g_clear_pointer(&outcome->results, g_ptr_array_unref);
    g_clear_pointer(&outcome->edits, g_ptr_array_unref);
    tk_classify_clear(&outcome->classification);
    tk_authentic_clear(&outcome->authentic);
    tk_message_free(&outcome->message);
    outcome->why = NULL;
}
