/* record: the values of one channel's answer as the store takes them. */
#include "milter/intake/record.h"

#include <string.h>

#include "rules/base/text.h"
#include "rules/decide/answer.h"

/* No reply can bring back a longer Message-ID (RFC 5322 section 2.1.1: a line has at most 998 bytes), and the
 * index over them takes none of more than 2704. */
enum { MESSAGE_ID_MAX = 998 };

#define SECONDS_A_DAY 86400LL

/* The store's words, in the order of the enums. */
static const char *const proof_words[] = {NULL, "ticket", "recipient", "own", "own_confirmed"};
static const char *const stranger_words[] = {"unverified", "new_linked"};
static const char *const closed_words[] = {"note", "reopen", "new_linked"};

/* Who wrote a delivery note whose mail names nobody in From. */
#define UNKNOWN_AUTHOR "mail system"

/* What a reader sees where the mail could be stored only as it is. */
#define UNREADABLE_TEXT "[This mail could not be read. It is attached as it came, as mail.eml.]\n"

/* The flags tell where nothing holds the mail. */
static void tell_raw(struct tk_record *record)
{
    record->decision.flags &= ~(unsigned)TK_FLAG_NOT_KEPT;
    if (record->raw.nowhere)
        record->decision.flags |= TK_FLAG_NOT_KEPT;
    g_clear_pointer(&record->flags, g_free);
}

gboolean tk_record_is_delivery(const struct tk_record *record)
{
    return record->decision.verdict == TK_VERDICT_EXCLUDE && record->decision.ticket_id != 0;
}

void tk_record_decide_raw(struct tk_record *record, const struct tk_record_mail *mail)
{
    const struct tk_raw_input input = {.conf = mail->conf,
                                       .channel = record->channel,
                                       .verdict = record->decision.verdict,
                                       .reason = record->decision.reason,
                                       .level = mail->message->level,
                                       .size = mail->mail->source->size,
                                       .cut = mail->mail->too_big};
    tk_raw_decide(&input, &record->raw);
    tell_raw(record);
}

static const char *storable_id(const char *message_id)
{
    return message_id != NULL && strlen(message_id) <= MESSAGE_ID_MAX ? message_id : NULL;
}

/* A decision has one set of flags; the words are made once. */
static const char *const *flag_words(struct tk_record *record)
{
    if (record->flags == NULL)
        record->flags = tk_decide_flag_words(record->decision.flags);
    return record->flags;
}

static struct tk_ingest_rate rate_of(const struct tk_rates *rates)
{
    return (struct tk_ingest_rate){.later = {rates->later.count, rates->later.seconds},
                                   .fail = {rates->fail.count, rates->fail.seconds}};
}

static void fill_common(struct tk_record *record, const struct tk_record_mail *mail, struct tk_ingest *item)
{
    gboolean delivery = tk_record_is_delivery(record);
    tk_record_decide_raw(record, mail);
    *item = (struct tk_ingest){
        .tenant_id = record->ids.tenant_id,
        .channel_id = record->ids.channel_id,
        .key_life = record->key.lifetime_secs,
        .verdict = tk_verdict_word(record->decision.verdict),
        .reason = record->decision.reason != TK_REASON_NONE ? tk_verdict_reason_word(record->decision.reason)
                                                            : NULL,
        .class = tk_classify_word(mail->classification->class),
        .evidence = mail->classification->evidence,
        .detail = record->decision.detail,
        .authentication = tk_authentic_word(mail->authentic->verdict),
        .authenticated_by = mail->authentic->by,
        .flags = flag_words(record),
        .level = tk_limits_level_word(mail->message->level),
        .message_id = storable_id(mail->message->message_id),
        .mail_from = record->mail_from,
        .rcpt = record->rcpt,
        .sender = record->sender,
        .size = mail->mail->source->size,
        .millis = (g_get_monotonic_time() - mail->started) / G_TIME_SPAN_MILLISECOND,
        .author = record->writer != NULL ? record->writer : UNKNOWN_AUTHOR,
        .visibility = delivery || tk_decide_is_internal(&record->decision) ? "internal" : "public",
        .source = delivery ? "delivery" : "mail",
        .ticket_id = record->decision.ticket_id,
        .reply_types = (const char *const *)record->channel->reply_types,
        .proof = proof_words[record->decision.proof],
        .stranger = stranger_words[record->channel->stranger_reply],
        .closed = closed_words[record->channel->closed],
        .reopen_seconds = record->channel->reopen_days * SECONDS_A_DAY,
        .reopen_max = record->channel->reopen_max,
        .machine = tk_decide_is_machine(mail->classification),
        .linked_id = record->decision.linked_id,
        .rates = {[TK_INGEST_TICKETS] = rate_of(&record->channel->ticket_rates),
                  [TK_INGEST_NOTES] = rate_of(&record->channel->note_rates),
                  [TK_INGEST_TENANT] = rate_of(&mail->conf->tenant_rates)},
    };
    memcpy(item->intake_key, record->key.sha256, sizeof item->intake_key);
}

static void fill_lists(struct tk_record *record)
{
    const struct tk_plan *plan = record->plan;
    record->attachments = g_array_new(FALSE, TRUE, sizeof(struct tk_ingest_attachment));
    for (guint i = 0; i < plan->attachments->len; i++) {
        const struct tk_attachment *from = g_ptr_array_index(plan->attachments, i);
        struct tk_ingest_attachment to = {.filename = from->filename,
                                          .content_type = from->content_type,
                                          .size = from->size,
                                          .disposition = from->is_inline ? "inline" : "attachment",
                                          .content_id = from->content_id};
        memcpy(to.sha256, from->sha256, sizeof to.sha256);
        g_array_append_val(record->attachments, to);
    }
    record->fields = g_array_new(FALSE, TRUE, sizeof(struct tk_ingest_field));
    for (guint i = 0; i < plan->fields->len; i++) {
        const struct tk_plan_field *from = g_ptr_array_index(plan->fields, i);
        struct tk_ingest_field to = {from->name, from->value, from->restricted};
        g_array_append_val(record->fields, to);
    }
    record->participants = g_ptr_array_new();
    for (guint i = 0; i < plan->participants->len; i++)
        g_ptr_array_add(record->participants, g_ptr_array_index(plan->participants, i));
    g_ptr_array_add(record->participants, NULL);
    record->notices = g_ptr_array_new();
    for (guint i = 0; i < plan->notices->len; i++)
        g_ptr_array_add(record->notices, g_ptr_array_index(plan->notices, i));
    g_ptr_array_add(record->notices, NULL);
}

void tk_record_choose_confirmed(GArray *records, const struct tk_record_mail *mail, enum tk_tri authenticated)
{
    for (guint i = 0; i < records->len; i++) {
        struct tk_record *record = &g_array_index(records, struct tk_record, i);
        const struct tk_answer_input input = {.conf = mail->conf,
                                              .channel = record->channel,
                                              .classification = mail->classification,
                                              .decision = &record->decision,
                                              .mail_from = record->mail_from,
                                              .requester = record->writer,
                                              .authenticated = authenticated};
        record->confirms = tk_answer_confirms(&input);
        if (record->confirms)
            return;
    }
}

static void fill_confirm(struct tk_record *record, const struct tk_record_mail *mail, struct tk_ingest *item)
{
    const struct tk_channel *channel = record->channel;
    if (!record->confirms)
        return;
    record->confirm = (struct tk_ingest_confirm){.delay_seconds = channel->confirmation_delay_msecs / 1000,
                                                 .pause_seconds = channel->confirmation_pause_msecs / 1000,
                                                 .channel_hour = channel->confirmation_per_hour,
                                                 .tenant_hour = mail->conf->limit_confirmations};
    item->confirm = &record->confirm;
}

static void fill_raw(const struct tk_record *record, const struct tk_record_mail *mail,
                     struct tk_ingest *item)
{
    if (!record->raw.kept)
        return;
    item->raw_sha256 = mail->mail->raw_sha256;
    item->raw_seconds = record->raw.seconds;
    item->raw_budget = mail->conf->keep_raw_budget;
}

void tk_record_item(struct tk_record *record, const struct tk_record_mail *mail, struct tk_ingest *item)
{
    fill_common(record, mail, item);
    fill_confirm(record, mail, item);
    fill_raw(record, mail, item);
    const struct tk_plan *plan = record->plan;
    if (plan == NULL)
        return;
    if (record->attachments == NULL)
        fill_lists(record);
    item->subject = plan->subject;
    item->body = record->decision.verdict == TK_VERDICT_TICKET ? plan->description : plan->body;
    item->body_full = plan->body_full;
    item->body_html = plan->body_html;
    item->requester = plan->requester;
    item->requester_name = plan->requester_name;
    item->form = record->requester.form;
    item->priority = plan->priority;
    item->notices = (const char *const *)record->notices->pdata;
    item->participants = (const char *const *)record->participants->pdata;
    item->fields = (const struct tk_ingest_field *)(void *)record->fields->data;
    item->field_count = record->fields->len;
    item->attachments = (const struct tk_ingest_attachment *)(void *)record->attachments->data;
    item->attachment_count = record->attachments->len;
}

void tk_record_item_headers(struct tk_record *record, const struct tk_record_mail *mail,
                            struct tk_ingest *item)
{
    tk_record_item(record, mail, item);
    if (record->decision.reason == TK_REASON_NONE)
        item->reason = tk_verdict_reason_word(TK_REASON_UNPARSABLE);
}

/* Fields that the channel fills whatever the mail says. */
static void keep_constant_fields(struct tk_record *record)
{
    const GPtrArray *rules = record->channel->fields;
    for (guint i = 0; i < record->fields->len;) {
        const char *name = g_array_index(record->fields, struct tk_ingest_field, i).name;
        gboolean constant = FALSE;
        for (guint k = 0; rules != NULL && k < rules->len; k++) {
            const struct tk_field_rule *rule = g_ptr_array_index(rules, k);
            constant = constant || (rule->from == TK_FROM_NOTHING && strcmp(rule->field, name) == 0);
        }
        if (constant)
            i++;
        else
            g_array_remove_index(record->fields, i);
    }
}

void tk_record_item_raw(struct tk_record *record, const struct tk_record_mail *mail, struct tk_ingest *item)
{
    static const char *const nobody[] = {NULL};
    fill_common(record, mail, item);
    item->reason = tk_verdict_reason_word(TK_REASON_UNPARSABLE);
    item->message_id = NULL;
    item->detail = NULL;
    item->evidence = NULL;
    item->authenticated_by = NULL;
    item->level = tk_limits_level_word(TK_LEVEL_RAW);
    record->raw =
        (struct tk_raw){.kept = !mail->mail->too_big, .nowhere = record->raw.nowhere && mail->mail->too_big};
    tell_raw(record);
    item->flags = flag_words(record);
    fill_raw(record, mail, item);
    if (record->plan == NULL)
        return;
    if (record->attachments == NULL)
        fill_lists(record);
    keep_constant_fields(record);
    g_array_set_size(record->attachments, 0);
    struct tk_ingest_attachment whole = {.filename = "mail.eml",
                                         .content_type = "message/rfc822",
                                         .size = mail->mail->source->size,
                                         .disposition = "attachment"};
    memcpy(whole.sha256, mail->mail->raw_sha256, sizeof whole.sha256);
    g_array_append_val(record->attachments, whole);
    item->subject = "(unreadable mail)";
    item->body = UNREADABLE_TEXT;
    item->requester = record->writer != NULL ? record->writer : "";
    item->requester_name = "";
    item->form = record->requester.form;
    record->sender_alone[0] = tk_requester_can_be_told(&record->requester) ? record->writer : NULL;
    item->participants = record->sender_alone;
    item->notices = nobody;
    item->fields = (const struct tk_ingest_field *)(void *)record->fields->data;
    item->field_count = record->fields->len;
    item->attachments = (const struct tk_ingest_attachment *)(void *)record->attachments->data;
    item->attachment_count = 1;
}

/* A content of the mail: one attachment, or the mail as it is. */
struct content {
    const struct tk_record_mail *mail;
    const struct tk_attachment *attachment; /* NULL: the whole mail */
};

struct relay {
    tk_store_sink put;
    void *sink;
};

static enum tk_status relay_bytes(void *context, const guint8 *data, gsize len)
{
    const struct relay *relay = context;
    return relay->put(relay->sink, data, len);
}

static enum tk_status write_content(void *context, tk_store_sink put, void *sink, GString *why)
{
    const struct content *content = context;
    struct relay relay = {put, sink};
    const struct tk_source *source = content->mail->mail->source;
    enum tk_status status =
        content->attachment != NULL
            ? tk_message_attachment_stream(content->mail->message, content->attachment, relay_bytes, &relay)
            : tk_source_stream(source, 0, source->size, relay_bytes, &relay);
    if (status != TK_OK && why != NULL && why->len == 0)
        return tk_status_fail(status, why, "the mail's bytes could not be read again");
    return status;
}

static void add_content(const struct tk_record_mail *mail, const struct tk_attachment *attachment,
                        const guint8 *sha256, guint64 size, GArray *contents, GPtrArray *contexts)
{
    for (guint i = 0; i < contents->len; i++)
        if (memcmp(g_array_index(contents, struct tk_store_blob, i).sha256, sha256, TK_SHA256_SIZE) == 0)
            return;
    struct content *content = g_new(struct content, 1);
    *content = (struct content){mail, attachment};
    g_ptr_array_add(contexts, content);
    struct tk_store_blob blob = {.size = size, .write = write_content, .context = content};
    memcpy(blob.sha256, sha256, sizeof blob.sha256);
    g_array_append_val(contents, blob);
}

void tk_record_raw_content(const struct tk_record_mail *mail, GArray *contents, GPtrArray *contexts)
{
    add_content(mail, NULL, mail->mail->raw_sha256, mail->mail->source->size, contents, contexts);
}

void tk_record_contents(const struct tk_record *record, const struct tk_record_mail *mail, GArray *contents,
                        GPtrArray *contexts)
{
    gboolean whole = record->raw.kept;
    for (guint i = 0; record->attachments != NULL && record->plan != NULL && i < record->attachments->len;
         i++) {
        const struct tk_ingest_attachment *item =
            &g_array_index(record->attachments, struct tk_ingest_attachment, i);
        if (memcmp(item->sha256, mail->mail->raw_sha256, sizeof item->sha256) == 0) {
            whole = TRUE;
            continue;
        }
        const struct tk_attachment *attachment = g_ptr_array_index(record->plan->attachments, i);
        add_content(mail, attachment, item->sha256, item->size, contents, contexts);
    }
    if (whole)
        tk_record_raw_content(mail, contents, contexts);
}

void tk_record_forget_plan(struct tk_record *record)
{
    tk_plan_free(&record->plan);
    g_clear_pointer(&record->attachments, g_array_unref);
    g_clear_pointer(&record->fields, g_array_unref);
    g_clear_pointer(&record->participants, g_ptr_array_unref);
    g_clear_pointer(&record->notices, g_ptr_array_unref);
}

void tk_record_clear(struct tk_record *record)
{
    tk_decide_clear(&record->decision);
    tk_record_forget_plan(record);
    g_clear_pointer(&record->matched, g_free);
    g_clear_pointer(&record->mail_from, g_free);
    g_clear_pointer(&record->rcpt, g_free);
    g_clear_pointer(&record->sender, g_free);
    g_clear_pointer(&record->writer, g_free);
    g_clear_pointer(&record->flags, g_free);
}
