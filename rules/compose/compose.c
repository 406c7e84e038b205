/* compose: the parts of a mail put together. The header is written by us, the body by GMime. */
#include "rules/compose/compose.h"

#include <gmime/gmime.h>
#include <string.h>

#include "rules/address/address.h"
#include "rules/base/placeholder.h"
#include "rules/base/text.h"
#include "rules/compose/compose_header.h"
#include "rules/content/filename.h"
#include "rules/thread/token.h"

enum {
    SUBJECT_BYTES = 240, /* a list shows less */
    QUOTE_LINES = 20,
    QUOTE_BYTES = 1200
};

/* One mail on its way. */
struct draft {
    const struct tk_compose_input *input;
    const struct tk_mail_words *words;
    const char *text; /* the body with its placeholders */
    char *subject;
    char *reply_to;
    char *message_id;
    char *link;
    struct tk_placeholder values[8];
    gsize n_values;
};

static char *make_token(const struct tk_compose_input *input, gint64 serial)
{
    const struct tk_token_scope scope = {input->installation, input->channel->tenant, input->channel->name};
    return tk_token_make(input->conf->token_keys, &scope, input->ticket_id, serial, input->recipient);
}

char *tk_compose_message_id(const struct tk_compose_input *input)
{
    const char *name = input->installation->name;
    g_autofree char *token = make_token(input, input->outbox_id);
    return token != NULL ? tk_token_to_message_id(token, name)
                         : tk_token_plain_message_id(input->channel->tenant, input->outbox_id, name);
}

/* Where answers are asked for at: with the token in it where the domain takes it. */
static char *make_reply_to(const struct tk_compose_input *input)
{
    const struct tk_channel *channel = input->channel;
    char *base = tk_address_fold(channel->reply_to != NULL ? channel->reply_to : channel->address);
    g_autofree char *token = channel->detail && base != NULL ? make_token(input, 0) : NULL;
    char *signed_address = token != NULL ? tk_token_to_address(base, token) : NULL;
    if (signed_address == NULL)
        return base;
    g_free(base);
    return signed_address;
}

static enum tk_status check_recipient(const struct tk_compose_input *input, GString *why)
{
    const char *recipient = input->recipient;
    if (!tk_address_valid(recipient) || !tk_text_is_header_safe(recipient) ||
        strpbrk(recipient, "<>") != NULL)
        return tk_status_fail(TK_REFUSED, why, "no mail can be sent to this address");
    const struct tk_channel *own = tk_conf_own(input->conf, recipient);
    if (own != NULL)
        return tk_status_fail(TK_REFUSED, why, "this is an address of the channel %s/%s", own->tenant,
                              own->name);
    return TK_OK;
}

static void add_value(struct draft *draft, const char *name, const char *value)
{
    draft->values[draft->n_values++] =
        (struct tk_placeholder){.name = name, .value = value, .link = strcmp(name, "link") == 0};
}

static const char *status_word(const struct draft *draft)
{
    static const char *const words[] = {"open", "pending", "closed"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_strcmp0(draft->input->status, words[i]) == 0)
            return draft->words->status[i];
    return draft->input->status;
}

/* Fills in what the placeholders stand for. A confirmation gets nothing that the sender has written. */
static void set_values(struct draft *draft)
{
    const struct tk_compose_input *input = draft->input;
    const struct tk_placeholder number = {.name = "number", .value = input->number};
    draft->link = tk_placeholder_fill(input->conf->notify_link, &number, 1, TK_PLACE_HEADER);
    add_value(draft, "number", input->number);
    add_value(draft, "link", draft->link);
    add_value(draft, "title", input->channel->title);
    add_value(draft, "address",
              input->channel->reply_to != NULL ? input->channel->reply_to : input->channel->address);
    if (input->kind == TK_MAIL_CONFIRMATION)
        return;
    add_value(draft, "subject", input->subject);
    if (input->kind == TK_MAIL_NOTE) {
        add_value(draft, "author", input->author);
        add_value(draft, "note", input->note);
    } else {
        add_value(draft, "status", status_word(draft));
    }
}

/* ---- bodies ---- */

/* The names of the files that do not go along, "" where all do. */
static char *left_out(const struct draft *draft)
{
    GString *out = g_string_new(NULL);
    for (gsize i = 0; i < draft->input->n_files; i++) {
        const struct tk_compose_file *file = &draft->input->files[i];
        if (file->bytes != NULL)
            continue;
        g_autofree char *name = tk_filename_safe(file->filename, file->content_type);
        if (out->len == 0)
            g_string_append_printf(out, "%s\n", draft->words->left_out);
        g_string_append_printf(out, "- %s\n", name);
    }
    return g_string_free(out, FALSE);
}

/* "On 2026-03-02 10:15 UTC, Ann wrote:" */
static char *quote_head(const struct draft *draft)
{
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(draft->input->before_date);
    g_autofree char *moment = date != NULL ? g_date_time_format(date, "%Y-%m-%d %H:%M UTC") : g_strdup("?");
    g_autofree char *author =
        tk_text_one_line(draft->input->before_author != NULL ? draft->input->before_author : "?");
    g_autofree char *name = tk_text_cut(author, 100);
    g_auto(GStrv) parts = g_strsplit(draft->words->wrote, "%s", 3);
    return g_strconcat(parts[0], moment, parts[1], name, parts[2], NULL);
}

/* The beginning of what the note answers, NULL where there is nothing. */
static char *quote_text(const struct draft *draft)
{
    if (draft->input->kind != TK_MAIL_NOTE || draft->input->before_text == NULL)
        return NULL;
    g_autofree char *cut = tk_text_cut(draft->input->before_text, QUOTE_BYTES);
    g_autofree char *clean = tk_placeholder_fill(cut, NULL, 0, TK_PLACE_PLAIN);
    g_auto(GStrv) lines = g_strsplit(g_strstrip(clean), "\n", QUOTE_LINES + 1);
    guint count = g_strv_length(lines);
    gboolean more = strlen(cut) < strlen(draft->input->before_text) || count > QUOTE_LINES;
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < MIN(count, QUOTE_LINES); i++)
        g_string_append_printf(out, "%s\n", lines[i]);
    if (more)
        g_string_append(out, "[...]\n");
    return g_string_free(out, FALSE);
}

static char *plain_body(const struct draft *draft)
{
    GString *out = g_string_new(NULL);
    g_autofree char *text = tk_placeholder_fill(draft->text, draft->values, draft->n_values, TK_PLACE_PLAIN);
    g_autofree char *names = left_out(draft);
    g_autofree char *quote = quote_text(draft);
    if (quote != NULL)
        g_string_append_printf(out, "##- %s -##\n\n", draft->words->above);
    g_string_append(out, text);
    if (*names != '\0')
        g_string_append_printf(out, "\n%s", names);
    if (quote != NULL) {
        g_autofree char *head = quote_head(draft);
        g_auto(GStrv) lines = g_strsplit(g_strchomp(quote), "\n", -1);
        g_string_append_printf(out, "\n%s\n", head);
        for (gsize i = 0; lines[i] != NULL; i++)
            g_string_append_printf(out, ">%s%s\n", *lines[i] == '>' || *lines[i] == '\0' ? "" : " ",
                                   lines[i]);
    }
    return g_string_free(out, FALSE);
}

/* Appends TEXT, which is html but for its line ends. */
static void put_lines(GString *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '\n')
            g_string_append(out, "<br>\n");
        else
            g_string_append_c(out, *text);
}

/* TEXT, which is no html, as html. */
static void put_escaped(GString *out, const char *text)
{
    g_autofree char *html = tk_placeholder_fill(text, NULL, 0, TK_PLACE_HTML);
    put_lines(out, html);
}

static char *html_body(const struct draft *draft)
{
    GString *out = g_string_new("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n");
    g_autofree char *text = tk_placeholder_fill(draft->text, draft->values, draft->n_values, TK_PLACE_HTML);
    g_autofree char *names = left_out(draft);
    g_autofree char *quote = quote_text(draft);
    if (quote != NULL) {
        g_string_append(out, "<div style=\"color:#767676\">##- ");
        put_escaped(out, draft->words->above);
        g_string_append(out, " -##</div>\n<br>\n");
    }
    g_string_append(out, "<div>");
    put_lines(out, text);
    g_string_append(out, "</div>\n");
    if (*names != '\0') {
        g_string_append(out, "<br>\n<div>");
        put_escaped(out, names);
        g_string_append(out, "</div>\n");
    }
    if (quote != NULL) {
        g_autofree char *head = quote_head(draft);
        g_string_append(out, "<br>\n<div>");
        put_escaped(out, head);
        g_string_append(out, "</div>\n<blockquote style=\"margin:0 0 0 0.8ex;border-left:1px solid #ccc;"
                             "padding-left:1ex\">");
        put_escaped(out, quote);
        g_string_append(out, "</blockquote>\n");
    }
    g_string_append(out, "</body></html>\n");
    return g_string_free(out, FALSE);
}

/* ---- parts ---- */

/* TEXT in quoted-printable. "From " at the beginning of a line is encoded too: mailboxes of old put ">"
 * before it. Owned by the caller. */
static GMimeStream *encode_text(const char *text)
{
    GMimeStream *bytes = g_mime_stream_mem_new(), *out = g_mime_stream_filter_new(bytes);
    GMimeFilter *const filters[] = {g_mime_filter_basic_new(GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, TRUE),
                                    g_mime_filter_from_new(GMIME_FILTER_FROM_MODE_ARMOR)};
    for (gsize i = 0; i < G_N_ELEMENTS(filters); i++) {
        g_mime_stream_filter_add(GMIME_STREAM_FILTER(out), filters[i]);
        g_object_unref(filters[i]);
    }
    g_mime_stream_write_string(out, text);
    g_mime_stream_flush(out);
    g_object_unref(out);
    g_mime_stream_reset(bytes);
    return bytes;
}

/* A part whose bytes are those of TEXT: g_mime_text_part_set_text() would choose a charset by the letters,
 * and convert the text to it. */
static GMimeObject *text_part(const char *subtype, const char *text)
{
    GMimePart *part = g_mime_part_new_with_type("text", subtype);
    GMimeStream *stream = encode_text(text);
    GMimeDataWrapper *content =
        g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    g_mime_part_set_content(part, content);
    g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
    g_object_unref(content);
    g_object_unref(stream);
    return GMIME_OBJECT(part);
}

/* What is no type of a leaf is some file. Mails must not be encoded (RFC 2046 section 5.2.1), so they are
 * files too. */
static gboolean is_leaf_type(const char *type)
{
    const char *slash = strchr(type, '/');
    for (const char *at = type; *at != '\0'; at++)
        if (!g_ascii_isalnum(*at) && strchr("/.+-_", *at) == NULL)
            return FALSE;
    return slash != NULL && slash != type && slash[1] != '\0' && strchr(slash + 1, '/') == NULL &&
           strlen(type) < 128 && !g_str_has_prefix(type, "multipart/") && !g_str_has_prefix(type, "message/");
}

/* Else GMime would choose a charset by the letters. */
static void keep_utf8(GMimeParamList *list, const char *name)
{
    g_mime_param_set_charset(g_mime_param_list_get_parameter(list, name), "utf-8");
}

static GMimeObject *file_part(const struct tk_compose_file *file)
{
    g_autofree char *name = tk_filename_safe(file->filename, file->content_type);
    g_autofree char *type = g_ascii_strdown(file->content_type != NULL ? file->content_type : "", -1);
    g_auto(GStrv) words = g_strsplit(is_leaf_type(type) ? type : "application/octet-stream", "/", 2);
    GMimePart *part = g_mime_part_new_with_type(words[0], words[1]);
    gsize size = 0;
    const void *bytes = g_bytes_get_data(file->bytes, &size);
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, size);
    GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);
    g_mime_part_set_content(part, content);
    g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
    g_mime_part_set_filename(part, name);
    keep_utf8(g_mime_content_type_get_parameters(g_mime_object_get_content_type(GMIME_OBJECT(part))), "name");
    keep_utf8(
        g_mime_content_disposition_get_parameters(g_mime_object_get_content_disposition(GMIME_OBJECT(part))),
        "filename");
    g_object_unref(content);
    g_object_unref(stream);
    return GMIME_OBJECT(part);
}

/* A multipart whose boundary cannot be in its content: all parts are encoded, and "=_" is in no such text. */
static GMimeMultipart *multipart(const struct draft *draft, const char *subtype)
{
    GMimeMultipart *part = g_mime_multipart_new_with_subtype(subtype);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, draft->message_id, -1);
    g_autofree char *boundary = g_strdup_printf("=_%.16s_%s", hash, subtype);
    g_mime_multipart_set_boundary(part, boundary);
    return part;
}

static void add_part(GMimeMultipart *to, GMimeObject *part)
{
    g_mime_multipart_add(to, part);
    g_object_unref(part);
}

static GMimeObject *make_body(const struct draft *draft)
{
    g_autofree char *plain = plain_body(draft), *html = html_body(draft);
    GMimeMultipart *both = multipart(draft, "alternative"), *mixed = NULL;
    add_part(both, text_part("plain", plain));
    add_part(both, text_part("html", html));
    for (gsize i = 0; i < draft->input->n_files; i++) {
        if (draft->input->files[i].bytes == NULL)
            continue;
        if (mixed == NULL) {
            mixed = multipart(draft, "mixed");
            add_part(mixed, GMIME_OBJECT(both));
        }
        add_part(mixed, file_part(&draft->input->files[i]));
    }
    return GMIME_OBJECT(mixed != NULL ? mixed : both);
}

/* ---- the whole ---- */

static void put_header(const struct draft *draft, GString *out)
{
    const struct tk_compose_input *input = draft->input;
    const char *newest = input->reply_id != NULL ? input->reply_id : input->request_id;
    const char *const answered[] = {newest, NULL};
    const char *const references[] = {input->request_id != NULL ? input->request_id : input->reply_id,
                                      input->request_id != NULL ? input->reply_id : NULL, NULL};
    const char *const own[] = {draft->message_id, NULL};
    g_autofree char *from = tk_address_fold(input->channel->reply_to != NULL ? input->channel->reply_to
                                                                             : input->channel->address);
    tk_compose_header_mailbox(out, "From", input->channel->title, from);
    tk_compose_header_mailbox(out, "To", NULL, input->recipient);
    tk_compose_header_mailbox(out, "Reply-To", NULL, draft->reply_to);
    tk_compose_header_text(out, "Subject", draft->subject);
    tk_compose_header_date(out, "Date", input->date);
    tk_compose_header_ids(out, "Message-ID", own);
    tk_compose_header_ids(out, "In-Reply-To", answered);
    tk_compose_header_ids(out, "References", references);
    tk_compose_header_text(out, "Auto-Submitted",
                           input->kind == TK_MAIL_CONFIRMATION ? "auto-replied" : "auto-generated");
    tk_compose_header_text(out, "X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply");
    tk_compose_header_text(out, "X-Ticket-Loop", input->installation->name);
    tk_compose_header_text(out, "MIME-Version", "1.0");
}

static GBytes *write_mail(const struct draft *draft)
{
    g_autoptr(GString) header = g_string_new(NULL);
    put_header(draft, header);
    GMimeFormatOptions *options = g_mime_format_options_new();
    g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
    GMimeObject *body = make_body(draft);
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)header->str, (guint)header->len);
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(bytes);
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
    g_mime_stream_seek(stream, 0, GMIME_STREAM_SEEK_END);
    g_mime_object_write_to_stream(body, options, stream);
    g_object_unref(stream);
    g_object_unref(body);
    g_mime_format_options_free(options);
    return g_byte_array_free_to_bytes(bytes);
}

static enum tk_status check_header(const GBytes *mail, GString *why)
{
    static const char *const names[] = {"From",           "To",
                                        "Reply-To",       "Subject",
                                        "Date",           "Message-ID",
                                        "In-Reply-To",    "References",
                                        "Auto-Submitted", "X-Auto-Response-Suppress",
                                        "X-Ticket-Loop",  "MIME-Version",
                                        "Content-Type",   NULL};
    gsize size = 0;
    const char *bytes = g_bytes_get_data((GBytes *)mail, &size);
    const char *end = g_strstr_len(bytes, (gssize)size, "\r\n\r\n");
    if (end == NULL)
        return tk_status_fail(TK_BUG, why, "the mail came out without a body");
    g_autofree char *block = g_strndup(bytes, (gsize)(end - bytes) + 4);
    return tk_compose_header_check(block, names, why);
}

enum tk_status tk_compose(const struct tk_compose_input *input, struct tk_composed *composed_r, GString *why)
{
    enum tk_status status = check_recipient(input, why);
    if (status != TK_OK)
        return status;
    g_autofree char *subject = NULL;
    struct draft draft = {.input = input, .words = tk_mail_words(input->channel->language)};
    draft.text = tk_mail_text_split(tk_mail_text(input->kind, input->channel), &subject);
    set_values(&draft);
    draft.subject = tk_placeholder_fill(subject, draft.values, draft.n_values, TK_PLACE_HEADER);
    char *cut = tk_text_cut(draft.subject, SUBJECT_BYTES);
    g_free(draft.subject);
    draft.subject = cut;
    draft.reply_to = make_reply_to(input);
    draft.message_id = input->message_id != NULL ? g_strdup(input->message_id) : tk_compose_message_id(input);
    struct tk_composed composed = {.bytes = write_mail(&draft)};
    status = check_header(composed.bytes, why);
    if (status == TK_OK) {
        composed.mail_from = g_strdup(input->kind == TK_MAIL_CONFIRMATION ? "" : draft.reply_to);
        composed.recipient = g_strdup(input->recipient);
        composed.message_id = g_strdup(draft.message_id);
        *composed_r = composed;
    } else {
        g_bytes_unref(composed.bytes);
    }
    g_free(draft.subject);
    g_free(draft.reply_to);
    g_free(draft.message_id);
    g_free(draft.link);
    return status;
}

void tk_composed_clear(struct tk_composed *composed)
{
    g_clear_pointer(&composed->mail_from, g_free);
    g_clear_pointer(&composed->recipient, g_free);
    g_clear_pointer(&composed->message_id, g_free);
    g_clear_pointer(&composed->bytes, g_bytes_unref);
}
