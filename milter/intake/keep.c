/* keep: stores what was decided about one mail, as much of it as the database takes. */
#include "milter/intake/keep.h"

#include <string.h>

#include "rules/address/address.h"
#include "rules/plan/delivery.h"

static struct tk_record *record_at(const struct tk_keep *keep, guint index)
{
    return &g_array_index(keep->records, struct tk_record, index);
}

static enum tk_status take_result(const struct tk_keep *keep, guint index,
                                  const struct tk_ingest_result *stored)
{
    struct tk_intake_result *result = g_ptr_array_index(keep->outcome->results, index);
    enum tk_verdict verdict;
    enum tk_reason reason;
    if (tk_verdict_parse(stored->verdict, &verdict) != TK_OK ||
        tk_verdict_reason_parse(stored->reason != NULL ? stored->reason : "", &reason) != TK_OK)
        return tk_status_fail(TK_BUG, keep->outcome->why,
                              "the database answered with the verdict \"%s\", reason \"%s\"", stored->verdict,
                              stored->reason != NULL ? stored->reason : "");
    if (verdict != result->verdict || reason != result->reason)
        result->rule = "store";
    result->verdict = verdict;
    result->reason = reason;
    result->number = g_strdup(stored->number);
    result->intake_id = stored->intake_id;
    result->ticket_id = stored->ticket_id;
    result->note_id = stored->note_id;
    result->seen = stored->seen;
    struct tk_effects_answer *answer = &g_array_index(keep->answers, struct tk_effects_answer, index);
    answer->verdict = verdict;
    answer->reason = reason;
    answer->number = result->number;
    answer->intake_id = result->intake_id;
    return TK_OK;
}

/* Whether the budget had room, and what it has to say. */
static void take_raw(const struct tk_keep *keep, guint index, const struct tk_ingest_kept *kept)
{
    struct tk_intake_result *result = g_ptr_array_index(keep->outcome->results, index);
    struct tk_raw *raw = &record_at(keep, index)->raw;
    if (!kept->kept)
        raw->nowhere = tk_raw_has_no_folder(result->channel, result->verdict);
    raw->kept = kept->kept;
    result->raw = *raw;
    result->raw_alarm = kept->alarm;
    result->raw_used = kept->used;
}

/* What only the store has refused was sent without the mail as it came. Before anybody says 250 that follows.
 */
static enum tk_status keep_late(const struct tk_keep *keep, guint index)
{
    struct tk_intake_result *result = g_ptr_array_index(keep->outcome->results, index);
    struct tk_record *record = record_at(keep, index);
    if (result->verdict != TK_VERDICT_FAIL || record->decision.verdict == TK_VERDICT_FAIL || record->raw.kept)
        return TK_OK;
    record->decision.verdict = result->verdict;
    record->decision.reason = result->reason;
    tk_record_decide_raw(record, keep->shared);
    result->raw = record->raw;
    if (!record->raw.kept)
        return TK_OK;
    const struct tk_ingest_raw raw = {.tenant_id = record->ids.tenant_id,
                                      .intake_id = result->intake_id,
                                      .sha256 = keep->mail->raw_sha256,
                                      .size = keep->mail->source->size,
                                      .verdict = tk_verdict_word(result->verdict),
                                      .seconds = record->raw.seconds,
                                      .budget = keep->shared->conf->keep_raw_budget};
    g_autoptr(GArray) contents = g_array_new(FALSE, TRUE, sizeof(struct tk_store_blob));
    g_autoptr(GPtrArray) contexts = g_ptr_array_new_with_free_func(g_free);
    struct tk_ingest_kept kept;
    tk_record_raw_content(keep->shared, contents, contexts);
    enum tk_status status = tk_store_keep_raw(keep->context->store, &raw,
                                              (const struct tk_store_blob *)(void *)contents->data,
                                              keep->context->deadline, &kept, keep->outcome->why);
    if (status == TK_OK)
        take_raw(keep, index, &kept);
    return status;
}

/* What a record becomes for the store. */
typedef void (*fill_item)(struct tk_record *record, const struct tk_record_mail *mail,
                          struct tk_ingest *item);

/* Stores the records at INDEXES, which are of one tenant, in one transaction. */
static enum tk_status store_tenant(const struct tk_keep *keep, const GArray *indexes,
                                   const struct tk_record_mail *shared, fill_item fill)
{
    g_autofree struct tk_ingest *items = g_new0(struct tk_ingest, indexes->len);
    g_autofree struct tk_ingest_result *stored = g_new0(struct tk_ingest_result, indexes->len);
    g_autoptr(GArray) contents = g_array_new(FALSE, TRUE, sizeof(struct tk_store_blob));
    g_autoptr(GPtrArray) contexts = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < indexes->len; i++) {
        struct tk_record *record = record_at(keep, g_array_index(indexes, guint, i));
        fill(record, shared, &items[i]);
        tk_record_contents(record, shared, contents, contexts);
    }
    enum tk_status status = tk_store_ingest(
        keep->context->store, items, indexes->len, (const struct tk_store_blob *)(void *)contents->data,
        contents->len, keep->context->deadline, stored, keep->outcome->why);
    for (guint i = 0; status == TK_OK && i < indexes->len; i++) {
        const guint index = g_array_index(indexes, guint, i);
        status = take_result(keep, index, &stored[i]);
        if (status == TK_OK && items[i].raw_seconds > 0)
            take_raw(keep, index, &stored[i].raw);
        else if (status == TK_OK)
            status = keep_late(keep, index);
    }
    for (guint i = 0; i < indexes->len; i++)
        tk_ingest_result_clear(&stored[i]);
    return status;
}

/* Whether MESSAGE names the sender that the decision was made about. */
static gboolean has_sender(const struct tk_message *message, const struct tk_record *record)
{
    g_autofree char *sender = message->from != NULL ? tk_address_fold(message->from->address) : NULL;
    return g_strcmp0(sender, record->sender) == 0;
}

/* Makes the record's plan anew from MESSAGE, for the decision as it is. */
static void plan_again(const struct tk_keep *keep, struct tk_record *record, const struct tk_message *message)
{
    if (record->plan == NULL)
        return;
    tk_record_forget_plan(record);
    if (tk_record_is_delivery(record)) {
        record->plan = tk_delivery_plan(message, &keep->outcome->classification, record->decision.reason);
        return;
    }
    const struct tk_plan_input input = {.conf = keep->context->conf,
                                        .channel = record->channel,
                                        .message = message,
                                        .decision = &record->decision,
                                        .raw_sha256 = keep->mail->raw_sha256,
                                        .raw_size = keep->mail->source->size};
    record->plan = tk_plan_make(&input);
}

/* Stores less of the mail: its header and its first text. TK_REFUSED also where that would be no less. */
static enum tk_status store_headers(const struct tk_keep *keep, const GArray *indexes,
                                    struct tk_message **message_r)
{
    struct tk_limits_outcome limits = *keep->mail->limits;
    if (keep->shared->message->level != TK_LEVEL_FULL)
        return TK_REFUSED;
    limits.level = TK_LEVEL_HEADERS;
    struct tk_message *message = tk_message_parse(keep->mail->source, &limits);
    *message_r = message;
    for (guint i = 0; i < indexes->len; i++)
        if (!has_sender(message, record_at(keep, g_array_index(indexes, guint, i))))
            return TK_REFUSED;
    for (guint i = 0; i < indexes->len; i++)
        plan_again(keep, record_at(keep, g_array_index(indexes, guint, i)), message);
    struct tk_record_mail shared = *keep->shared;
    shared.message = message;
    return store_tenant(keep, indexes, &shared, tk_record_item_headers);
}

/* Keeps what the database said about the whole mail, for the log. */
static void remember(const struct tk_keep *keep)
{
    struct tk_intake_outcome *outcome = keep->outcome;
    if (outcome->refused == NULL)
        outcome->refused = g_strdup(outcome->why->str);
}

static enum tk_status store_less(const struct tk_keep *keep, const GArray *indexes)
{
    struct tk_message *message = NULL;
    remember(keep);
    keep->outcome->stored_level = TK_LEVEL_HEADERS;
    enum tk_status status = store_headers(keep, indexes, &message);
    if (status == TK_REFUSED) {
        keep->outcome->stored_level = TK_LEVEL_RAW;
        status = store_tenant(keep, indexes, keep->shared, tk_record_item_raw);
    }
    /* The plans, which are handed on, do not point into it: at this level a mail has no parts. */
    tk_message_free(&message);
    if (status != TK_REFUSED)
        return status;
    g_autofree char *text = g_strdup(keep->outcome->why->str);
    return tk_status_fail(TK_CONFIG, keep->outcome->why,
                          "the database takes this mail in no form: %s; as it came: %s", text,
                          keep->outcome->refused);
}

static enum tk_status store_group(const struct tk_keep *keep, const GArray *indexes)
{
    enum tk_status status = store_tenant(keep, indexes, keep->shared, tk_record_item);
    return status == TK_REFUSED ? store_less(keep, indexes) : status;
}

/* In order of the recipients. Where a later transaction fails, the retry finds the earlier ones stored. */
enum tk_status tk_keep_all(const struct tk_keep *keep)
{
    g_autofree gboolean *done = g_new0(gboolean, keep->records->len + 1);
    for (guint i = 0; i < keep->records->len; i++) {
        const struct tk_record *first = record_at(keep, i);
        if (done[i] || first->ids.channel_id == 0)
            continue;
        g_autoptr(GArray) indexes = g_array_new(FALSE, FALSE, sizeof(guint));
        for (guint k = i; k < keep->records->len; k++) {
            const struct tk_record *record = record_at(keep, k);
            if (record->ids.channel_id == 0 || record->ids.tenant_id != first->ids.tenant_id)
                continue;
            done[k] = TRUE;
            g_array_append_val(indexes, k);
        }
        enum tk_status status = store_group(keep, indexes);
        if (status != TK_OK) {
            if (status == TK_CONFIG)
                tk_directory_forget(keep->context->directory);
            return status;
        }
    }
    return TK_OK;
}
