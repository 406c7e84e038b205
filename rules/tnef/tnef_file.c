/* tnef_file: attachments to the sink. */
#include "rules/tnef/tnef_file.h"

#include <string.h>

#define ATTACH_MHTML_REF 4 /* PidTagAttachFlags: the HTML body refers to it */

/* What MAPI puts where the data of an embedded message would be, for readers that know of no such messages.
 * The message itself follows in a property; so this is held back until it is clear that none does. */
static const char placeholder[] =
    "This attachment is a MAPI 1.0 embedded message and is not supported by this mail system.";

static void begin(struct tk_tnef_file *f)
{
    struct tk_tnef_shared *s = f->shared;
    f->begun = true;
    if (s->next_index >= TK_TNEF_MAX_ATTACHMENTS) {
        f->dropped = true;
        s->flags |= TK_TNEF_SKIPPED;
        return;
    }
    f->index = s->next_index++;
    if (s->sink->attachment_begin != NULL)
        s->sink->attachment_begin(s->context, f->index);
}

void tk_tnef_file_start(struct tk_tnef_file *file)
{
    file->has_data = true;
}

static void pass_on(struct tk_tnef_file *f, const guint8 *bytes, gsize len)
{
    struct tk_tnef_shared *s = f->shared;
    if (len == 0)
        return;
    if (!f->begun)
        begin(f);
    f->size += len;
    if (!f->dropped && s->sink->attachment_data != NULL)
        s->sink->attachment_data(s->context, bytes, len);
}

static void release(struct tk_tnef_file *f)
{
    gsize held = f->held;
    f->held = 0;
    pass_on(f, (const guint8 *)placeholder, held);
}

void tk_tnef_file_data(struct tk_tnef_file *file, const guint8 *bytes, gsize len)
{
    if (file->size == 0 && len <= sizeof placeholder - file->held &&
        memcmp(bytes, placeholder + file->held, len) == 0) {
        file->held += len;
        return;
    }
    release(file);
    pass_on(file, bytes, len);
}

bool tk_tnef_file_has_content(const struct tk_tnef_file *file)
{
    /* Some writers count the NUL, which the array has too. */
    return file->size > 0 || (file->held > 0 && file->held < sizeof placeholder - 1);
}

void tk_tnef_file_forget(struct tk_tnef_file *file)
{
    file->has_data = false;
    file->held = 0;
}

static void give_end(const struct tk_tnef_file *f, const struct tk_tnef_attachment *attachment)
{
    if (!f->dropped && f->shared->sink->attachment_end != NULL)
        f->shared->sink->attachment_end(f->shared->context, f->index, attachment);
}

static char *name_of(struct tk_tnef_values *values, guint codepage)
{
    static const enum tk_tnef_slot names[] = {TK_SLOT_LONG_NAME, TK_SLOT_TRANSPORT_NAME, TK_SLOT_TITLE,
                                              TK_SLOT_NAME, TK_SLOT_DISPLAY_NAME};
    char *name = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(names) && name == NULL; i++)
        name = tk_tnef_values_take(values, names[i], codepage);
    return name;
}

void tk_tnef_file_end(struct tk_tnef_file *file, struct tk_tnef_values *values,
                      struct tk_tnef_numbers *numbers)
{
    if (file->has_data) {
        release(file);
        if (!file->begun)
            begin(file);
        guint codepage = tk_tnef_message_codepage(numbers);
        g_autofree char *name = name_of(values, codepage);
        g_autofree char *mime_type = tk_tnef_values_take(values, TK_SLOT_MIME_TYPE, codepage);
        g_autofree char *content_id = tk_tnef_values_take(values, TK_SLOT_CONTENT_ID, codepage);
        bool referred = numbers->flags > 0 && (numbers->flags & ATTACH_MHTML_REF);
        give_end(file,
                 &(struct tk_tnef_attachment){.name = name,
                                              .mime_type = file->mime_type ? file->mime_type : mime_type,
                                              .content_id = content_id,
                                              .size = file->size,
                                              .is_inline = referred || numbers->hidden > 0,
                                              .embedded = file->embedded});
    }
    *file = (struct tk_tnef_file){.shared = file->shared, .embedded = file->embedded};
    numbers->flags = numbers->hidden = -1;
    tk_tnef_values_drop(values, TK_SLOT_LONG_NAME, TK_SLOT_CONTENT_ID);
}

/* A line of the header above the body of an embedded message. */
static void append_header(GString *to, bool html, const char *name, const char *value)
{
    if (value == NULL)
        return;
    g_autofree char *escaped = html ? g_markup_escape_text(value, -1) : g_strdup(value);
    g_string_append_printf(to, html ? "%s: %s<br>\n" : "%s: %s\n", name, escaped);
}

void tk_tnef_file_body(struct tk_tnef_shared *shared, const struct tk_tnef_message *message)
{
    bool html = message->html != NULL;
    const char *body = html ? message->html : message->text;
    if (body == NULL)
        return;
    struct tk_tnef_file file = {.shared = shared};
    g_autoptr(GString) header = g_string_new(NULL);
    append_header(header, html, "From", message->sender);
    append_header(header, html, "Subject", message->subject);
    if (header->len > 0)
        g_string_append(header, html ? "<hr>\n" : "\n");
    pass_on(&file, (const guint8 *)header->str, header->len);
    pass_on(&file, (const guint8 *)body, strlen(body));
    g_autofree char *name =
        g_strconcat(message->subject != NULL ? message->subject : "message", html ? ".html" : ".txt", NULL);
    give_end(&file, &(struct tk_tnef_attachment){.name = name,
                                                 .mime_type = html ? "text/html; charset=utf-8"
                                                                   : "text/plain; charset=utf-8",
                                                 .size = file.size,
                                                 .embedded = true});
}
