/* inspect: `ticketctl inspect': shows what the rules read in mail files, without database or configuration.
 *
 * One JSON object a line (or a table for people) for every file, in order, whatever is in it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/cputime.h"
#include "milter/base/exitcode.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/ctl.h"
#include "milter/ctl/json.h"
#include "milter/ctl/say.h"
#include "rules/address/address.h"
#include "rules/base/hash.h"
#include "rules/classify/classify.h"
#include "rules/limits/limits.h"
#include "rules/message/message.h"

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
        tk_say(stdout, "%-12s %s", name, value);
}

static void message_table(const char *file, const struct tk_message *message,
                          const struct tk_classification *kind)
{
    const struct tk_mailbox *from = message->from;

    tk_say(stdout, "%s", file);
    row("subject", message->subject);
    if (from != NULL)
        tk_say(stdout, "%-12s %s <%s>", "from", from->name, from->address);
    row("problem", message->from_problem);
    tk_say(stdout, "%-12s %s%s%s%s", "class", tk_classify_word(kind->class),
           kind->evidence != NULL ? " (" : "", kind->evidence != NULL ? kind->evidence : "",
           kind->evidence != NULL ? ")" : "");
    row("level", tk_limits_level_word(message->level));
    row("importance", tk_message_importance_word(message->importance));
    for (guint i = 0; i < message->attachments->len; i++) {
        const struct tk_attachment *attachment = g_ptr_array_index(message->attachments, i);

        tk_say(stdout, "%-12s %s (%s, %" G_GUINT64_FORMAT " bytes)", i == 0 ? "attachments" : "",
               attachment->filename, attachment->content_type, attachment->size);
    }
    for (guint i = 0; i < message->flags->len; i++)
        row(i == 0 ? "flags" : "", g_ptr_array_index(message->flags, i));
    fputs("\n", stdout);
    tk_say_text(stdout, "    ", message->reply != NULL ? message->reply : message->text);
    fputs("\n", stdout);
}

/* ---- files ---- */

struct file {
    int fd;
    guint64 start; /* a saved mail may have blank lines above its header, a mail by SMTP never has */
};

static gssize read_file(void *keeper, guint64 offset, guint8 *buffer, gsize len)
{
    const struct file *file = keeper;

    return pread(file->fd, buffer, len, (off_t)(file->start + offset));
}

static guint64 blank_lines(const struct file *file)
{
    guint64 count = 0;
    guint8 c;

    while (pread(file->fd, &c, 1, (off_t)count) == 1 && (c == '\r' || c == '\n'))
        count++;
    return count;
}

static enum tk_status push(void *context, const guint8 *data, gsize len)
{
    tk_limits_push(context, data, len);
    return TK_OK;
}

static enum tk_status scan(const struct tk_source *source, struct tk_limits_outcome *outcome_r)
{
    struct tk_limits *limits = tk_limits_new();
    enum tk_status status = tk_source_stream(source, 0, source->size, push, limits);

    tk_limits_finish(limits, outcome_r);
    tk_limits_free(&limits);
    return status;
}

static enum tk_status inspect_source(const char *name, const struct tk_source *source, gboolean json)
{
    struct tk_limits_outcome limits;
    struct tk_message *message;
    struct tk_classification kind;
    enum tk_status status = scan(source, &limits);

    if (status != TK_OK)
        return status;
    message = tk_message_parse_timed(source, &limits, tk_cputime_thread);
    status = tk_message_hash_attachments(message);
    tk_classify(message,
                &(struct tk_classify_context){.max_received = RECEIVED_MAX, .clock = tk_cputime_thread},
                &kind);
    if (kind.out_of_time)
        tk_message_mark_slow(message);
    if (status == TK_OK && json)
        status = tk_json_print(message_json(name, message, &kind, source->size), stdout);
    else if (status == TK_OK)
        message_table(name, message, &kind);
    tk_classify_clear(&kind);
    tk_message_free(&message);
    return status;
}

/* A file that cannot be read has a line too, so that lines and files stay in step. */
static enum tk_status complain_of(const char *name, const char *why, gboolean json)
{
    tk_ctl_complain("%s: %s", name, why);
    if (json && tk_json_print(json_pack("{s:s, s:s}", "file", name, "error", why), stdout) != TK_OK)
        return TK_STORAGE;
    return TK_REFUSED;
}

static enum tk_status inspect_file(const char *name, gboolean json)
{
    struct file file = {.fd = open(name, O_RDONLY | O_CLOEXEC)};
    struct tk_source source = {.read = read_file, .keeper = &file};
    enum tk_status status;
    struct stat facts;

    if (file.fd < 0)
        return complain_of(name, g_strerror(errno), json);
    if (fstat(file.fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        close(file.fd);
        return complain_of(name, "is no regular file", json);
    }
    file.start = blank_lines(&file);
    source.size = (guint64)facts.st_size - file.start;
    status = inspect_source(name, &source, json);
    close(file.fd);
    return status == TK_LATER ? complain_of(name, "cannot be read to its end", json) : status;
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
