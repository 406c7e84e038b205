/* inspect: `ticketctl inspect': shows what the rules read in mail files, without database or configuration.
 *
 * One JSON object a line (or a table for people) for every file, in order, whatever is in it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/ctl.h"
#include "milter/ctl/json.h"
#include "rules/address.h"
#include "rules/classify.h"
#include "rules/hash.h"
#include "rules/limits.h"
#include "rules/message.h"

/* Octets that are given to the scanner at once; a front end gives what arrives. */
#define PUSH_BLOCK 65536
/* Received fields that are no loop yet; the daemon's default. */
#define RECEIVED_MAX 50

/* ---- JSON ---- */

static json_t *texts_json(const GPtrArray *texts)
{
    json_t *list = json_array();

    for (guint i = 0; i < texts->len; i++)
        json_array_append_new(list, tk_json_text(g_ptr_array_index(texts, i)));
    return list;
}

static json_t *mailbox_json(const struct tk_mailbox *mailbox)
{
    return mailbox == NULL ? json_null()
                           : json_pack("{s:s, s:s}", "name", mailbox->name, "address", mailbox->address);
}

static json_t *mailboxes_json(const GPtrArray *mailboxes)
{
    json_t *list = json_array();

    for (guint i = 0; i < mailboxes->len; i++)
        json_array_append_new(list, mailbox_json(g_ptr_array_index(mailboxes, i)));
    return list;
}

static json_t *date_json(gint64 seconds)
{
    GDateTime *date = seconds == G_MININT64 ? NULL : g_date_time_new_from_unix_utc(seconds);
    g_autofree char *text = date != NULL ? g_date_time_format(date, "%Y-%m-%dT%H:%M:%SZ") : NULL;

    if (date != NULL)
        g_date_time_unref(date);
    return tk_json_text(text);
}

static json_t *attachments_json(const GPtrArray *attachments)
{
    json_t *list = json_array();

    for (guint i = 0; i < attachments->len; i++) {
        const struct tk_attachment *attachment = g_ptr_array_index(attachments, i);
        g_autofree char *hex = tk_hash_hex(attachment->sha256);

        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:s, s:s, s:o}", "filename",
                                              attachment->filename, "type", attachment->content_type, "size",
                                              (json_int_t)attachment->size, "sha256", hex, "disposition",
                                              attachment->is_inline ? "inline" : "attachment", "content_id",
                                              tk_json_text(attachment->content_id)));
    }
    return list;
}

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    set(object, key, tk_json_text(text));
}

static json_t *bounce_json(const struct tk_bounce *bounce)
{
    if (bounce->status == NULL && bounce->recipient == NULL && bounce->original_message_id == NULL)
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "status", tk_json_text(bounce->status), "recipient",
                     tk_json_text(bounce->recipient), "original_message_id",
                     tk_json_text(bounce->original_message_id));
}

static json_t *message_json(const char *file, const struct tk_message *message,
                            const struct tk_classification *kind, guint64 size)
{
    json_t *object = json_object();

    set_text(object, "file", file);
    set(object, "size", json_integer((json_int_t)size));
    set_text(object, "level", tk_limits_level_word(message->level));
    set_text(object, "message_id", message->message_id);
    set(object, "in_reply_to", texts_json(message->in_reply_to));
    set(object, "references", texts_json(message->references));
    set(object, "date", date_json(message->date));
    set_text(object, "subject", message->subject);
    set(object, "from", mailbox_json(message->from));
    set_text(object, "from_problem", message->from_problem);
    set(object, "to", mailboxes_json(message->to));
    set(object, "cc", mailboxes_json(message->cc));
    set_text(object, "class", tk_classify_word(kind->class));
    set_text(object, "evidence", kind->evidence);
    set_text(object, "importance", tk_message_importance_word(message->importance));
    set_text(object, "text", message->text);
    set_text(object, "text_from", tk_message_text_from_word(message->text_from));
    set_text(object, "html_text", message->html_text);
    set_text(object, "html", message->html_safe);
    set_text(object, "reply", message->reply);
    set_text(object, "quoted", message->quoted);
    set_text(object, "signature", message->signature);
    set(object, "attachments", attachments_json(message->attachments));
    set(object, "bounce", bounce_json(&kind->bounce));
    set(object, "flags", texts_json(message->flags));
    return object;
}

/* ---- table ---- */

static void row(const char *name, const char *value)
{
    if (value != NULL && *value != '\0')
        printf("%-12s %s\n", name, value);
}

static void message_table(const char *file, const struct tk_message *message,
                          const struct tk_classification *kind)
{
    const struct tk_mailbox *from = message->from;

    printf("%s\n", file);
    row("subject", message->subject);
    if (from != NULL)
        printf("%-12s %s <%s>\n", "from", from->name, from->address);
    row("problem", message->from_problem);
    printf("%-12s %s%s%s%s\n", "class", tk_classify_word(kind->class), kind->evidence != NULL ? " (" : "",
           kind->evidence != NULL ? kind->evidence : "", kind->evidence != NULL ? ")" : "");
    row("level", tk_limits_level_word(message->level));
    row("importance", tk_message_importance_word(message->importance));
    for (guint i = 0; i < message->attachments->len; i++) {
        const struct tk_attachment *attachment = g_ptr_array_index(message->attachments, i);

        printf("%-12s %s (%s, %" G_GUINT64_FORMAT " bytes)\n", i == 0 ? "attachments" : "",
               attachment->filename, attachment->content_type, attachment->size);
    }
    for (guint i = 0; i < message->flags->len; i++)
        row(i == 0 ? "flags" : "", g_ptr_array_index(message->flags, i));
    printf("\n%s\n\n", message->reply != NULL ? message->reply : message->text);
}

/* ---- files ---- */

static struct tk_limits_outcome scan(const struct tk_source *source)
{
    struct tk_limits *limits = tk_limits_new();
    struct tk_limits_outcome outcome;

    for (guint64 at = 0; at < source->size; at += PUSH_BLOCK)
        tk_limits_push(limits, source->bytes + at, MIN(PUSH_BLOCK, source->size - at));
    tk_limits_finish(limits, &outcome);
    tk_limits_free(&limits);
    return outcome;
}

static enum tk_status inspect_bytes(const char *file, const guint8 *bytes, gsize len, gboolean json)
{
    struct tk_source source = tk_source_memory(bytes, len);
    struct tk_limits_outcome limits = scan(&source);
    struct tk_message *message = tk_message_parse(&source, &limits);
    enum tk_status status = tk_message_hash_attachments(message);
    struct tk_classification kind;

    tk_classify(message, &(struct tk_classify_context){.max_received = RECEIVED_MAX}, &kind);
    if (status == TK_OK && json)
        status = tk_json_print(message_json(file, message, &kind, source.size), stdout);
    else if (status == TK_OK)
        message_table(file, message, &kind);
    tk_classify_clear(&kind);
    tk_message_free(&message);
    return status;
}

static enum tk_status inspect_file(const char *file, gboolean json)
{
    g_autoptr(GError) error = NULL;
    GMappedFile *map = g_mapped_file_new(file, FALSE, &error);
    const guint8 *bytes;
    gsize len, blank = 0;
    enum tk_status status;

    if (map == NULL) {
        tk_ctl_complain("%s", error->message);
        if (json &&
            tk_json_print(json_pack("{s:s, s:s}", "file", file, "error", "cannot be read"), stdout) != TK_OK)
            return TK_STORAGE;
        return TK_REFUSED;
    }
    bytes = (const guint8 *)g_mapped_file_get_contents(map);
    len = g_mapped_file_get_length(map);
    /* a saved mail may have blank lines above its header, a mail by SMTP never has */
    while (blank < len && (bytes[blank] == '\r' || bytes[blank] == '\n'))
        blank++;
    status = inspect_bytes(file, bytes + blank, len - blank, json);
    g_mapped_file_unref(map);
    return status;
}

static int run(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
    enum tk_status worst = TK_OK;
    gboolean json = FALSE;
    int code = -1, option;

    while ((option = tk_ctl_option(command, argc, argv, options, &code)) != -1)
        json = json || option == 'j';
    if (code != -1)
        return code;
    if (optind == argc)
        return tk_ctl_usage(command);
    for (int i = optind; i < argc; i++) {
        enum tk_status status = inspect_file(argv[i], json);

        worst = status != TK_OK ? status : worst;
    }
    if (fflush(stdout) != 0)
        worst = TK_STORAGE;
    return tk_exitcode(worst);
}

const struct tk_ctl_command tk_inspect_command = {
    "inspect",
    "[--json] FILE...",
    "show what is read in mail files",
    "  --json  one JSON object a line for each file, in order\n\n"
    "Needs no database and no configuration. A Return-Path field at the top of a file stands for the\n"
    "envelope sender.\n",
    run,
};
