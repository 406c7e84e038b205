/* message_body: which parts of a mail are its text and which are files.
 *
 * The texts are collected in segments: all parts inside of one multipart/alternative say the same thing, so
 * each segment gives its plain text, or its html where the plain text is missing or a mere stub; segments
 * follow each other. Cannot fail. */
#include <string.h>

#include "rules/message/message_private.h"

enum role { ROLE_NONE, ROLE_PLAIN, ROLE_HTML, ROLE_FILE, ROLE_BOTH };

struct body {
    struct tk_message *message;
    struct tk_parsed *parsed;
    GPtrArray *segments;
    enum tk_text_from from;
};

static const struct tk_part *part_at(const struct tk_parsed *parsed, gint index)
{
    return g_ptr_array_index(parsed->parts, index);
}

/* The outermost multipart/alternative around a part, -1 where there is none. */
static gint alternative_around(const struct tk_parsed *parsed, const struct tk_part *part)
{
    gint found = -1;

    for (gint i = part->parent; i >= 0; i = part_at(parsed, i)->parent) {
        if (strcmp(part_at(parsed, i)->type, "multipart/alternative") == 0)
            found = i;
    }
    return found;
}

static struct tk_segment *segment_for(struct body *body, const struct tk_part *part)
{
    gint alternative = alternative_around(body->parsed, part);
    struct tk_segment *segment =
        body->segments->len > 0 ? g_ptr_array_index(body->segments, body->segments->len - 1) : NULL;

    if (segment != NULL && alternative >= 0 && segment->alternative == alternative)
        return segment;
    segment = tk_segment_new(alternative);
    g_ptr_array_add(body->segments, segment);
    return segment;
}

/* ---- roles ---- */

static gboolean is_plain_type(const char *type)
{
    return strcmp(type, "text/plain") == 0 || strcmp(type, "text/enriched") == 0 ||
           strcmp(type, "text/richtext") == 0;
}

/* Second versions of a text for one kind of reader, which nobody wants as a file. */
static gboolean is_device_text(const char *type)
{
    return strcmp(type, "text/x-amp-html") == 0 || strcmp(type, "text/watch-html") == 0;
}

/* Whether the text before this one is another version of it of the same type, as siblings in a
 * multipart/alternative are. */
static gboolean is_second_version(const struct body *body, const struct tk_part *part)
{
    const struct tk_segment *last =
        body->segments->len > 0 ? g_ptr_array_index(body->segments, body->segments->len - 1) : NULL;

    return last != NULL && part->parent >= 0 && last->plain_parent == part->parent &&
           strcmp(part_at(body->parsed, part->parent)->type, "multipart/alternative") == 0 &&
           !tk_message_is_blank(last->plain->str);
}

/* A part without content, name and disposition; one that has a name is a file of no octets. */
static gboolean is_nothing(const struct tk_part *part)
{
    return part->kind == TK_PART_LEAF && part->len == 0 && tk_message_part_name(part) == NULL &&
           *tk_params_value(part->disposition) == '\0';
}

static enum role role_of(const struct body *body, const struct tk_part *part)
{
    const char *disposition = tk_params_value(part->disposition);
    gboolean in_alternative = alternative_around(body->parsed, part) >= 0;
    gboolean html = strcmp(part->type, "text/html") == 0;

    if (part->kind == TK_PART_MULTIPART)
        return ROLE_NONE;
    if (in_alternative && is_device_text(part->type))
        return ROLE_NONE;
    if (is_nothing(part))
        return ROLE_NONE;
    if (part->kind == TK_PART_MAIL || (!html && !is_plain_type(part->type)))
        return ROLE_FILE;
    if (strcmp(disposition, "attachment") == 0)
        return ROLE_FILE;
    /* A text with a name is a file behind a text; where it comes first, it is what the mail says. */
    if (tk_message_part_name(part) != NULL && !in_alternative && part->parent >= 0)
        return body->segments->len > 0 ? ROLE_FILE : ROLE_BOTH;
    if (html)
        return ROLE_HTML;
    return is_second_version(body, part) ? ROLE_FILE : ROLE_PLAIN;
}

/* ---- collecting ---- */

static void add_text(struct body *body, struct tk_part *part, gboolean html)
{
    g_autofree char *text = NULL;
    g_autoptr(GPtrArray) blocks = NULL;
    gboolean cut = FALSE;
    struct tk_segment *segment = segment_for(body, part);

    text = tk_message_text_of(body->message, part, &blocks, &cut);
    tk_segment_append(html ? segment->html : segment->plain, text);
    if (!html)
        segment->plain_parent = part->parent;
    for (guint i = 0; blocks != NULL && i < blocks->len; i++)
        tk_message_add_block(body->message, part, g_ptr_array_index(blocks, i), i);
    if (cut) /* nothing is lost: the whole part is a file as well */
        tk_message_add_file(body->message, part);
}

/* A part whose transfer encoding is uuencode holds its file as a text would. A huge one stays encoded. */
static void add_uuencoded(struct body *body, struct tk_part *part)
{
    gboolean cut;
    g_autoptr(GByteArray) bytes =
        tk_message_bytes(body->parsed, part->offset, part->len, part->transfer, TK_MESSAGE_TEXT_MAX, &cut);
    g_autoptr(GPtrArray) blocks = tk_uu_find((const char *)bytes->data, bytes->len);

    if (cut || blocks->len == 0)
        tk_message_add_file(body->message, part);
    for (guint i = 0; !cut && i < blocks->len; i++)
        tk_message_add_block(body->message, part, g_ptr_array_index(blocks, i), i);
}

static void add_tnef(struct body *body, struct tk_part *part)
{
    struct tk_tnef_texts texts = {0};
    gboolean empty = TRUE;

    if (!tk_message_add_tnef(body->message, part, &texts))
        tk_message_add_file(body->message, part);
    for (guint i = 0; i < body->segments->len && empty; i++) {
        const struct tk_segment *segment = g_ptr_array_index(body->segments, i);

        empty = tk_message_is_blank(segment->plain->str) && segment->html->len == 0;
    }
    if (empty && (texts.plain != NULL || texts.html != NULL)) {
        struct tk_segment *segment = segment_for(body, part);

        g_string_append(segment->plain, texts.plain != NULL ? texts.plain : "");
        g_string_append(segment->html, texts.html != NULL ? texts.html : "");
        body->from = TK_TEXT_TNEF;
    }
    g_free(texts.plain);
    g_free(texts.html);
}

static void add_parts(struct body *body)
{
    for (guint i = 0; i < body->parsed->parts->len && !tk_budget_spent(&body->parsed->budget); i++) {
        struct tk_part *part = g_ptr_array_index(body->parsed->parts, i);

        switch (role_of(body, part)) {
        case ROLE_NONE: break;
        case ROLE_PLAIN: add_text(body, part, FALSE); break;
        case ROLE_HTML: add_text(body, part, TRUE); break;
        case ROLE_BOTH:
            add_text(body, part, strcmp(part->type, "text/html") == 0);
            tk_message_add_file(body->message, part);
            break;
        case ROLE_FILE:
            if (tk_message_part_is_tnef(part))
                add_tnef(body, part);
            else if (part->transfer == TK_TRANSFER_UUENCODE)
                add_uuencoded(body, part);
            else
                tk_message_add_file(body->message, part);
            break;
        }
        tk_message_report_part(body->message, part);
    }
}

void tk_message_body_read(struct tk_message *message)
{
    struct body body = {
        .message = message,
        .parsed = tk_message_parsed(message),
        .segments = g_ptr_array_new_with_free_func(tk_segment_free),
        .from = TK_TEXT_PLAIN,
    };

    add_parts(&body);
    tk_message_choose(message, body.segments, body.from);
    g_ptr_array_unref(body.segments);
    tk_message_tie_images(message);
}
