/* message: one mail as plain UTF-8 values: headers, sender, ids, texts, attachments.
 *
 * Owns all values of the message; the source stays the caller's. Cannot fail: what cannot be read is left out
 * and flagged. This file makes, frees and answers; message_fields reads the header, message_tree the parts,
 * message_body the texts and attachments, message_cautious what remains of a mail that is not safe to parse.
 */
#include "rules/message/message.h"

#include <string.h>

#include "rules/charset/charset.h"
#include "rules/field/headers.h"
#include "rules/field/mailboxes.h"
#include "rules/limits/limits_caps.h"
#include "rules/message/message_private.h"

static void free_attachment(gpointer data)
{
    struct tk_attachment *attachment = data;

    g_free(attachment->filename);
    g_free(attachment->content_type);
    g_free(attachment->content_id);
    g_free(attachment->block);
    g_free(attachment);
}

static void free_report_part(gpointer data)
{
    struct tk_report_part *part = data;

    g_free(part->content_type);
    g_free(part->text);
    g_free(part);
}

static struct tk_message *message_new(const struct tk_source *source, enum tk_level level)
{
    struct tk_message *message = g_new0(struct tk_message, 1);
    struct tk_parsed *parsed = g_new0(struct tk_parsed, 1);

    parsed->source = source;
    parsed->parts = g_ptr_array_new_with_free_func(tk_message_part_free);
    message->parsed = parsed;
    message->level = level;
    message->date = G_MININT64;
    message->importance = TK_IMPORTANCE_NORMAL;
    message->attachments = g_ptr_array_new_with_free_func(free_attachment);
    message->flags = g_ptr_array_new();
    message->report_parts = g_ptr_array_new_with_free_func(free_report_part);
    return message;
}

struct tk_parsed *tk_message_parsed(const struct tk_message *message)
{
    return message->parsed;
}

gboolean tk_message_has_flag(const struct tk_message *message, const char *flag)
{
    for (guint i = 0; i < message->flags->len; i++) {
        if (strcmp(g_ptr_array_index(message->flags, i), flag) == 0)
            return TRUE;
    }
    return FALSE;
}

void tk_message_flag(struct tk_message *message, const char *flag)
{
    if (!tk_message_has_flag(message, flag))
        g_ptr_array_add(message->flags, (gpointer)flag);
}

struct excerpt {
    GByteArray *bytes;
    guint max;
    gboolean cut;
};

static enum tk_status collect(void *context, const guint8 *data, gsize len)
{
    struct excerpt *excerpt = context;
    guint room = excerpt->max - excerpt->bytes->len;

    g_byte_array_append(excerpt->bytes, data, (guint)MIN(len, room));
    excerpt->cut = len > room;
    return excerpt->cut ? TK_NO_MATCH : TK_OK;
}

GByteArray *tk_message_bytes(struct tk_parsed *parsed, guint64 offset, guint64 len, enum tk_transfer transfer,
                             guint max, gboolean *cut_r)
{
    struct excerpt excerpt = {g_byte_array_sized_new(64), max, FALSE}; /* never NULL bytes */

    if (tk_transfer_stream(parsed->source, offset, len, transfer, collect, &excerpt) == TK_LATER)
        parsed->failed = TRUE;
    if (cut_r != NULL)
        *cut_r = excerpt.cut;
    return excerpt.bytes;
}

/* The charset that the mail names for its body: 8-bit header fields are mostly written in the same. */
static char *body_charset(const GPtrArray *fields)
{
    const struct tk_header *type = tk_headers_find(fields, "Content-Type");
    struct tk_params *params;
    guint marks = 0;
    char *charset;

    if (type == NULL)
        return NULL;
    params = tk_params_parse(type->raw, &marks);
    charset = g_strdup(tk_params_get(params, "charset"));
    tk_params_free(&params);
    return charset;
}

static void read_headers(struct tk_message *message, const struct tk_limits_outcome *limits)
{
    struct tk_parsed *parsed = tk_message_parsed(message);
    gboolean left = FALSE, cut = FALSE;
    g_autoptr(GByteArray) block =
        tk_message_bytes(parsed, 0, limits->body_offset, TK_TRANSFER_IDENTITY, TK_CAP_HEADER_BYTES, &left);
    guint marks = 0;

    message->headers = tk_headers_split(block->data, block->len, TK_CAP_HEADERS, NULL, &marks, &cut);
    if (limits->has_8bit_header) {
        g_autofree char *charset = body_charset(message->headers);

        if (charset != NULL) {
            marks = 0;
            g_ptr_array_unref(message->headers);
            message->headers =
                tk_headers_split(block->data, block->len, TK_CAP_HEADERS, charset, &marks, &cut);
        }
    }
    parsed->marks |= marks;
    if (cut || left)
        tk_message_flag(message, "headers_left_out");
}

/* NULL where the time was out. */
static struct tk_message *parse(const struct tk_source *source, const struct tk_limits_outcome *limits,
                                enum tk_level level, tk_budget_clock clock)
{
    struct tk_message *message = message_new(source, level);
    struct tk_parsed *parsed = tk_message_parsed(message);

    parsed->budget = tk_budget_begin(clock, TK_MESSAGE_CPU_MAX);
    read_headers(message, limits);
    tk_message_fields_read(message, limits);
    if (level == TK_LEVEL_FULL) {
        tk_message_tree_read(message, limits);
        tk_message_body_read(message);
    } else {
        tk_message_cautious_read(message, limits);
    }
    if (parsed->budget.spent) {
        tk_message_free(&message);
        return NULL;
    }
    if (parsed->marks & TK_CHARSET_REPAIRED)
        tk_message_flag(message, "charset_repaired");
    if ((parsed->marks & TK_CHARSET_NUL) || limits->has_nul)
        tk_message_flag(message, "nul_removed");
    return message;
}

struct tk_message *tk_message_parse(const struct tk_source *source, const struct tk_limits_outcome *limits)
{
    return parse(source, limits, limits->level, NULL);
}

struct tk_message *tk_message_parse_timed(const struct tk_source *source,
                                          const struct tk_limits_outcome *limits, tk_budget_clock clock)
{
    struct tk_message *message = parse(source, limits, limits->level, clock);

    return message != NULL ? message : tk_message_parse_slow(source, limits);
}

struct tk_message *tk_message_parse_slow(const struct tk_source *source,
                                         const struct tk_limits_outcome *limits)
{
    struct tk_message *message = parse(source, limits, TK_LEVEL_RAW, NULL);

    tk_message_mark_slow(message);
    return message;
}

void tk_message_mark_slow(struct tk_message *message)
{
    message->level = MAX(message->level, TK_LEVEL_HEADERS);
    tk_message_flag(message, "cpu_time");
}

void tk_message_free(struct tk_message **message)
{
    struct tk_message *gone = *message;
    struct tk_parsed *parsed;

    *message = NULL;
    if (gone == NULL)
        return;
    parsed = gone->parsed;
    g_ptr_array_unref(parsed->parts);
    g_free(parsed);
    g_ptr_array_unref(gone->headers);
    if (gone->from != NULL)
        tk_mailboxes_free_one(gone->from);
    g_ptr_array_unref(gone->to);
    g_ptr_array_unref(gone->cc);
    g_ptr_array_unref(gone->reply_to);
    g_free(gone->subject);
    g_free(gone->message_id);
    g_ptr_array_unref(gone->in_reply_to);
    g_ptr_array_unref(gone->references);
    g_free(gone->text);
    g_free(gone->html);
    g_free(gone->html_text);
    g_free(gone->html_safe);
    g_free(gone->reply);
    g_free(gone->quoted);
    g_free(gone->signature);
    g_ptr_array_unref(gone->attachments);
    g_free(gone->calendar_method);
    g_ptr_array_unref(gone->flags);
    g_free(gone->report_type);
    g_ptr_array_unref(gone->report_parts);
    g_free(gone);
}

const struct tk_header *tk_message_header(const struct tk_message *message, const char *name)
{
    return tk_headers_find(message->headers, name);
}

const char *tk_message_importance_word(enum tk_importance importance)
{
    switch (importance) {
    case TK_IMPORTANCE_LOW: return "low";
    case TK_IMPORTANCE_NORMAL: return "normal";
    case TK_IMPORTANCE_HIGH: return "high";
    }
    return "normal";
}

const char *tk_message_text_from_word(enum tk_text_from from)
{
    switch (from) {
    case TK_TEXT_PLAIN: return "plain";
    case TK_TEXT_HTML: return "html";
    case TK_TEXT_TNEF: return "tnef";
    case TK_TEXT_RAW: return "raw";
    }
    return "raw";
}
