/* message_file: the attachments of a mail: names, types, places; decoded and hashed in streams.
 *
 * An attachment is a part, a file inside the text of a part, or a file inside a winmail.dat; its content
 * stays in the source until somebody streams it. Fails with TK_LATER where the source's keeper fails. */
#include <string.h>

#include "rules/base/hash.h"
#include "rules/base/text.h"
#include "rules/charset/charset.h"
#include "rules/content/content_id.h"
#include "rules/content/filename.h"
#include "rules/content/sniff.h"
#include "rules/field/headers.h"
#include "rules/message/message_private.h"
#include "rules/tnef/tnef.h"

/* Octets of an attached mail's header in which its subject is looked for. */
#define SUBJECT_WINDOW 16384

/* ---- names and types ---- */

const char *tk_message_part_name(const struct tk_part *part)
{
    const char *const names[] = {
        tk_params_get(part->disposition, "filename"), tk_params_get(part->type_params, "name"),
        tk_params_get(part->disposition, "name"),     tk_params_get(part->type_params, "filename"),
        tk_params_get(part->type_params, "file"),
    };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (names[i] != NULL && *names[i] != '\0')
            return names[i];
    }
    return NULL;
}

gboolean tk_message_part_is_tnef(const struct tk_part *part)
{
    const char *name = tk_message_part_name(part);

    if (part->kind != TK_PART_LEAF)
        return FALSE;
    return strcmp(part->type, "application/ms-tnef") == 0 ||
           strcmp(part->type, "application/vnd.ms-tnef") == 0 ||
           (name != NULL && g_ascii_strcasecmp(name, "winmail.dat") == 0);
}

static GByteArray *first_bytes(struct tk_parsed *parsed, const struct tk_part *part, guint max)
{
    return tk_message_bytes(parsed, part->offset, part->len, part->transfer, max, NULL);
}

/* An attached mail is named by its subject. */
static char *mail_name(struct tk_parsed *parsed, const struct tk_part *part)
{
    g_autoptr(GByteArray) head = first_bytes(parsed, part, SUBJECT_WINDOW);
    guint marks = 0;
    g_autoptr(GPtrArray) fields = tk_headers_split(head->data, head->len, 200, NULL, &marks, NULL);
    const struct tk_header *subject = tk_headers_find(fields, "Subject");

    if (subject == NULL || *subject->value == '\0')
        return NULL;
    /* "Re: a/b" is a subject, not a path. */
    return g_strdelimit(g_strdup_printf("%s.eml", subject->value), "/\\:", '_');
}

static const char *usual_name(const char *type)
{
    static const struct {
        const char *type, *name;
    } names[] = {
        {"application/pkcs7-mime", "smime.p7m"},
        {"application/x-pkcs7-mime", "smime.p7m"},
        {"application/pkcs7-signature", "smime.p7s"},
        {"application/x-pkcs7-signature", "smime.p7s"},
        {"application/pgp-signature", "signature.asc"},
        {"application/pgp-encrypted", "pgp-version.txt"},
        {"application/pgp-keys", "key.asc"},
        {"text/calendar", "invite.ics"},
        {"message/delivery-status", "delivery-status.txt"},
        {"message/disposition-notification", "disposition-notification.txt"},
        {"message/feedback-report", "feedback-report.txt"},
        {"text/rfc822-headers", "headers.txt"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(type, names[i].type) == 0)
            return names[i].name;
    }
    return NULL;
}

static struct tk_attachment *attach(struct tk_message *message, struct tk_part *part, guint index)
{
    struct tk_attachment *attachment;

    if (message->attachments->len == TK_MESSAGE_ATTACHMENTS_MAX) {
        tk_message_flag(message, "attachments_left_out");
        return NULL;
    }
    attachment = g_new0(struct tk_attachment, 1);
    attachment->part = part;
    attachment->index = index;
    g_ptr_array_add(message->attachments, attachment);
    return attachment;
}

static void read_calendar(struct tk_message *message, const struct tk_part *part, const GByteArray *head)
{
    const char *method = tk_params_get(part->type_params, "method");
    g_autofree char *text = NULL;
    const char *line;

    if (message->calendar_method != NULL || strcmp(part->type, "text/calendar") != 0)
        return;
    if (method != NULL && *method != '\0') {
        message->calendar_method = g_ascii_strup(method, -1);
        return;
    }
    text = g_strndup((const char *)head->data, head->len);
    line = strstr(text, "\nMETHOD:");
    if (line == NULL)
        return;
    line += strlen("\nMETHOD:");
    message->calendar_method = g_ascii_strup(line, strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-"));
}

void tk_message_add_file(struct tk_message *message, struct tk_part *part)
{
    struct tk_parsed *parsed = tk_message_parsed(message);
    struct tk_attachment *attachment = attach(message, part, 0);
    g_autoptr(GByteArray) head = NULL;
    g_autofree char *made = NULL;
    const char *name = tk_message_part_name(part);

    if (attachment == NULL)
        return;
    head = first_bytes(parsed, part, TK_SNIFF_BYTES);
    /* Whatever an attached mail begins with, it is one. */
    attachment->content_type = tk_sniff_type(part->declared || part->kind == TK_PART_MAIL ? part->type : NULL,
                                             head->data, part->kind == TK_PART_MAIL ? 0 : head->len, NULL);
    attachment->content_id = g_strdup(part->content_id);
    attachment->is_inline = strcmp(tk_params_value(part->disposition), "inline") == 0 &&
                            g_str_has_prefix(attachment->content_type, "image/");
    if (name == NULL && part->kind == TK_PART_MAIL)
        name = made = mail_name(parsed, part);
    if (name == NULL)
        name = usual_name(part->type);
    attachment->filename = tk_filename_safe(name, attachment->content_type);
    read_calendar(message, part, head);
}

/* ---- files in the text ---- */

void tk_message_add_block(struct tk_message *message, struct tk_part *part, const struct tk_uu_block *block,
                          guint index)
{
    struct tk_attachment *attachment = attach(message, part, index + 1);

    if (attachment == NULL)
        return;
    attachment->block = g_new(struct tk_uu_block, 1);
    *attachment->block = *block;
    attachment->block->name = NULL; /* the array's */
    attachment->filename = tk_filename_safe(block->name, NULL);
    attachment->content_type = tk_sniff_type(NULL, NULL, 0, NULL);
    attachment->size = block->size;
}

/* ---- winmail.dat ---- */

static enum tk_status push_tnef(void *context, const guint8 *data, gsize len)
{
    return tk_tnef_push(context, data, len);
}

struct unpack {
    struct tk_message *message;
    struct tk_part *part;
    guint8 head[TK_SNIFF_BYTES];
    gsize head_len;
};

static void unpack_begin(void *context, guint index)
{
    (void)index;
    ((struct unpack *)context)->head_len = 0;
}

static void unpack_data(void *context, const guint8 *bytes, gsize len)
{
    struct unpack *unpack = context;
    gsize room = MIN(len, sizeof unpack->head - unpack->head_len);

    memcpy(unpack->head + unpack->head_len, bytes, room);
    unpack->head_len += room;
}

static void unpack_end(void *context, guint index, const struct tk_tnef_attachment *file)
{
    struct unpack *unpack = context;
    struct tk_attachment *attachment = attach(unpack->message, unpack->part, index + 1);

    if (attachment == NULL)
        return;
    attachment->content_type = tk_sniff_type(file->mime_type, unpack->head, unpack->head_len, NULL);
    attachment->filename = tk_filename_safe(file->name, attachment->content_type);
    if (file->content_id != NULL && tk_content_id_is_safe(file->content_id))
        attachment->content_id = g_strdup(file->content_id);
    attachment->is_inline = file->is_inline;
    attachment->size = file->size;
}

gboolean tk_message_add_tnef(struct tk_message *message, struct tk_part *part, struct tk_tnef_texts *texts_r)
{
    static const struct tk_tnef_sink sink = {
        .attachment_begin = unpack_begin, .attachment_data = unpack_data, .attachment_end = unpack_end};
    struct tk_parsed *parsed = tk_message_parsed(message);
    struct unpack unpack = {.message = message, .part = part};
    struct tk_tnef *tnef = tk_tnef_new(&sink, &unpack);
    enum tk_status status =
        tk_transfer_stream(parsed->source, part->offset, part->len, part->transfer, push_tnef, tnef);
    const struct tk_tnef_message *found;

    if (status == TK_LATER)
        parsed->failed = TRUE;
    status = tk_tnef_finish(tnef);
    found = tk_tnef_message(tnef);
    texts_r->plain = g_strdup(found->text);
    texts_r->html = g_strdup(found->html);
    if (found->importance == TK_TNEF_HIGH) /* the highest of what is stated counts */
        message->importance = TK_IMPORTANCE_HIGH;
    tk_tnef_free(&tnef);
    if (status != TK_OK)
        tk_message_flag(message, "tnef_damaged");
    return status == TK_OK;
}

/* ---- streams ---- */

struct one_file {
    guint index;
    tk_source_sink sink;
    void *context;
    gboolean open, done;
    enum tk_status status;
    struct tk_tnef *tnef;
};

static void one_begin(void *context, guint index)
{
    struct one_file *one = context;

    one->open = index == one->index;
}

static void one_data(void *context, const guint8 *bytes, gsize len)
{
    struct one_file *one = context;

    if (one->open && one->status == TK_OK)
        one->status = one->sink(one->context, bytes, len);
}

static void one_end(void *context, guint index, const struct tk_tnef_attachment *file)
{
    struct one_file *one = context;

    (void)file;
    one->done = one->done || index == one->index;
    one->open = FALSE;
}

static enum tk_status push_one(void *context, const guint8 *data, gsize len)
{
    struct one_file *one = context;
    enum tk_status status = tk_tnef_push(one->tnef, data, len);

    if (one->status != TK_OK)
        return one->status;
    /* A damaged stream gives what came before the damage; there is nothing more to wait for. */
    return status != TK_OK || one->done ? TK_NO_MATCH : TK_OK;
}

static enum tk_status stream_tnef(struct tk_parsed *parsed, const struct tk_part *part, struct one_file *one)
{
    static const struct tk_tnef_sink sink = {
        .attachment_begin = one_begin, .attachment_data = one_data, .attachment_end = one_end};
    enum tk_status status;

    one->tnef = tk_tnef_new(&sink, one);
    status = tk_transfer_stream(parsed->source, part->offset, part->len, part->transfer, push_one, one);
    if (status == TK_OK && tk_tnef_finish(one->tnef) == TK_OK) /* may end an open file */
        status = one->status;
    tk_tnef_free(&one->tnef);
    return one->status == TK_OK && status == TK_NO_MATCH ? TK_OK : status;
}

static void pass_block(void *context, const guint8 *bytes, gsize len)
{
    struct one_file *one = context;

    if (one->status == TK_OK)
        one->status = one->sink(one->context, bytes, len);
}

/* The text is read up to the block, which was found when the text was taken. */
static enum tk_status stream_block(struct tk_parsed *parsed, const struct tk_part *part,
                                   const struct tk_uu_block *block, struct one_file *one)
{
    g_autoptr(GByteArray) bytes = first_bytes(parsed, part, (guint)(block->offset + block->length));

    if (parsed->failed)
        return TK_LATER;
    if (bytes->len == block->offset + block->length)
        tk_uu_decode((const char *)bytes->data, block, pass_block, one);
    return one->status;
}

enum tk_status tk_message_attachment_stream(const struct tk_message *message,
                                            const struct tk_attachment *attachment, tk_source_sink sink,
                                            void *context)
{
    struct tk_parsed *parsed = tk_message_parsed(message);
    const struct tk_part *part = attachment->part;
    struct one_file one = {.sink = sink, .context = context};

    if (attachment->whole_mail || part == NULL)
        return tk_source_stream(parsed->source, 0, parsed->source->size, sink, context);
    if (attachment->index == 0)
        return tk_transfer_stream(parsed->source, part->offset, part->len, part->transfer, sink, context);
    one.index = attachment->index - 1;
    return attachment->block == NULL ? stream_tnef(parsed, part, &one)
                                     : stream_block(parsed, part, attachment->block, &one);
}

struct measure {
    struct tk_hash *hash;
    guint64 size;
    struct tk_message *message;
    guint next; /* the attachment that is measured next */
};

static enum tk_status measure(void *context, const guint8 *data, gsize len)
{
    struct measure *count = context;

    tk_hash_update(count->hash, data, len);
    count->size += len;
    return TK_OK;
}

static void measure_end(struct measure *count)
{
    struct tk_attachment *attachment = g_ptr_array_index(count->message->attachments, count->next++);

    attachment->size = count->size;
    tk_hash_final(count->hash, attachment->sha256);
    tk_hash_reset(count->hash);
    count->size = 0;
}

static void measure_file(void *context, const guint8 *bytes, gsize len)
{
    measure(context, bytes, len);
}

static void measure_file_end(void *context, guint index, const struct tk_tnef_attachment *file)
{
    struct measure *count = context;
    const GPtrArray *attachments = count->message->attachments;
    const struct tk_attachment *next =
        count->next < attachments->len ? g_ptr_array_index(attachments, count->next) : NULL;

    (void)file;
    if (next != NULL && next->index == index + 1) {
        measure_end(count);
    } else { /* left out, since the mail has too many */
        tk_hash_reset(count->hash);
        count->size = 0;
    }
}

/* All files of a winmail.dat in one pass: a pass each would be quadratic. */
static enum tk_status measure_tnef(struct measure *count, const struct tk_part *part)
{
    static const struct tk_tnef_sink sink = {.attachment_data = measure_file,
                                             .attachment_end = measure_file_end};
    const struct tk_parsed *parsed = tk_message_parsed(count->message);
    struct tk_tnef *tnef = tk_tnef_new(&sink, count);
    enum tk_status status =
        tk_transfer_stream(parsed->source, part->offset, part->len, part->transfer, push_tnef, tnef);

    if (status != TK_LATER && tk_tnef_finish(tnef) != TK_LATER)
        status = TK_OK; /* damage was flagged when the files were found */
    tk_tnef_free(&tnef);
    return status;
}

enum tk_status tk_message_hash_attachments(struct tk_message *message)
{
    const GPtrArray *attachments = message->attachments;
    struct measure count = {tk_hash_new(), 0, message, 0};
    enum tk_status status = tk_message_parsed(message)->failed ? TK_LATER : TK_OK;

    if (count.hash == NULL)
        return TK_BUG;
    while (count.next < attachments->len && status == TK_OK) {
        const struct tk_attachment *attachment = g_ptr_array_index(attachments, count.next);
        guint before = count.next;

        if (attachment->index > 0 && attachment->block == NULL) {
            status = measure_tnef(&count, attachment->part);
            if (status == TK_OK && count.next == before)
                status = TK_BUG;
        } else {
            status = tk_message_attachment_stream(message, attachment, measure, &count);
            measure_end(&count);
        }
    }
    tk_hash_free(&count.hash);
    return status;
}
