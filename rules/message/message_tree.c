/* message_tree: the parts of a mail at level full, by GMime, as a flat list of places in the source.
 *
 * GMime gets a header of ours in front of the body (the first Content-* fields of the mail and nothing else),
 * so that the mail's own header never reaches it, and its objects are gone when the list is made. Attached
 * mails are places like other parts: their own structure is not looked into. */
#include <gmime/gmime.h>
#include <string.h>

#include "rules/charset/charset.h"
#include "rules/content/content_id.h"
#include "rules/field/headers.h"
#include "rules/message/message_place.h"
#include "rules/message/message_private.h"
#include "rules/message/message_stream.h"

struct walk {
    struct tk_message *message;
    struct tk_parsed *parsed;
    struct tk_place place;
};

void tk_message_part_free(gpointer data)
{
    struct tk_part *part = data;

    g_free(part->type);
    g_free(part->content_id);
    g_free(part->description);
    g_free(part->location);
    tk_params_free(&part->type_params);
    tk_params_free(&part->disposition);
    g_free(part);
}

struct tk_part *tk_message_part_new(const char *type, const char *disposition, const char *transfer,
                                    guint *marks)
{
    struct tk_part *part = g_new0(struct tk_part, 1);
    const char *value;

    part->type_params = tk_params_parse(type != NULL ? type : "", marks);
    part->disposition = tk_params_parse(disposition != NULL ? disposition : "", marks);
    part->transfer = tk_transfer_by_name(transfer);
    value = tk_params_value(part->type_params);
    part->declared = strchr(value, '/') != NULL && *value != '/' && !g_str_has_suffix(value, "/");
    if (strcmp(value, "plain/text") == 0) /* so some programs turn it round */
        value = "text/plain";
    part->type = g_strdup(part->declared ? value : "text/plain");
    part->parent = -1;
    return part;
}

/* ---- from GMime ---- */

/* The first field called NAME of a part, decoded to UTF-8 and unfolded; NULL where there is none. */
static char *part_field(GMimeObject *object, const char *name, guint *marks)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(object);

    for (int i = 0; i < g_mime_header_list_get_count(list); i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
        const char *raw;

        if (g_ascii_strcasecmp(g_mime_header_get_name(header), name) != 0)
            continue;
        raw = g_mime_header_get_raw_value(header);
        if (raw == NULL)
            continue;
        return tk_headers_one_line(tk_charset_decode_bare((const guint8 *)raw, strlen(raw), NULL, marks));
    }
    return NULL;
}

static char *decoded_field(GMimeObject *object, const char *name, guint *marks)
{
    g_autofree char *raw = part_field(object, name, marks);

    return raw != NULL ? tk_headers_decode(raw, marks) : NULL;
}

static char *bare_id(const char *value)
{
    g_autoptr(GPtrArray) ids = NULL;

    if (value == NULL)
        return NULL;
    ids = tk_headers_ids(value, 1);
    if (ids->len > 0)
        value = g_ptr_array_index(ids, 0);
    return tk_content_id_is_safe(value) ? g_strdup(value) : NULL;
}

static struct tk_part *part_of(GMimeObject *object, guint *marks)
{
    g_autofree char *type = part_field(object, "Content-Type", marks);
    g_autofree char *disposition = part_field(object, "Content-Disposition", marks);
    g_autofree char *transfer = part_field(object, "Content-Transfer-Encoding", marks);
    g_autofree char *id = part_field(object, "Content-ID", marks);
    struct tk_part *part = tk_message_part_new(type, disposition, transfer, marks);

    part->content_id = bare_id(id);
    part->description = decoded_field(object, "Content-Description", marks);
    part->location = decoded_field(object, "Content-Location", marks);
    if (!part->declared && GMIME_IS_MESSAGE_PART(object)) { /* the default inside multipart/digest */
        g_free(part->type);
        part->type = g_strdup("message/rfc822");
    }
    return part;
}

/* The boundaries of OBJECT's multiparts, from the parent chain in the list. */
static GPtrArray *boundaries_around(const struct walk *walk, gint parent)
{
    GPtrArray *around = g_ptr_array_new();

    while (parent >= 0) {
        const struct tk_part *multipart = g_ptr_array_index(walk->parsed->parts, parent);
        const char *boundary = tk_params_get(multipart->type_params, "boundary");

        if (boundary != NULL)
            g_ptr_array_add(around, (gpointer)boundary);
        parent = multipart->parent;
    }
    return around;
}

static void be_text(struct tk_part *part)
{
    g_free(part->type);
    part->type = g_strdup("text/plain");
}

static void add_part(struct walk *walk, GMimeObject *object, gint parent)
{
    struct tk_part *part = part_of(object, &walk->parsed->marks);

    part->parent = parent;
    if (GMIME_IS_MULTIPART(object) && g_mime_multipart_get_count(GMIME_MULTIPART(object)) > 0) {
        part->kind = TK_PART_MULTIPART;
    } else if (GMIME_IS_MESSAGE_PART(object) || GMIME_IS_MULTIPART(object)) {
        g_autoptr(GPtrArray) around = boundaries_around(walk, parent);

        part->kind = GMIME_IS_MESSAGE_PART(object) ? TK_PART_MAIL : TK_PART_LEAF;
        tk_message_place_by_lines(&walk->place, part, object, around);
        if (part->kind == TK_PART_LEAF) /* a multipart that falls into no parts */
            be_text(part);
    } else {
        g_autoptr(GPtrArray) around = boundaries_around(walk, parent);

        tk_message_place_by_stream(&walk->place, part, object, around);
        if (strcmp(part->type, "message/rfc822") == 0) /* transfer-encoded, which GMime leaves a leaf */
            part->kind = TK_PART_MAIL;
        if (g_str_has_prefix(part->type, "multipart/")) /* of two Content-Type fields GMime took the other */
            be_text(part);
    }
    g_ptr_array_add(walk->parsed->parts, part);
}

struct pending {
    GMimeObject *object;
    gint parent;
};

static void flatten(struct walk *walk, GMimeObject *root)
{
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(struct pending));
    struct pending first = {root, -1};

    g_array_append_val(stack, first);
    while (stack->len > 0) {
        struct pending next = g_array_index(stack, struct pending, stack->len - 1);
        gint index = (gint)walk->parsed->parts->len;

        g_array_set_size(stack, stack->len - 1);
        add_part(walk, next.object, next.parent);
        if (!GMIME_IS_MULTIPART(next.object))
            continue;
        for (int i = g_mime_multipart_get_count(GMIME_MULTIPART(next.object)) - 1; i >= 0; i--) {
            struct pending child = {g_mime_multipart_get_part(GMIME_MULTIPART(next.object), i), index};

            g_array_append_val(stack, child);
        }
    }
}

/* ---- the header that GMime gets ---- */

static char *made_header(const struct tk_message *message, const char *type)
{
    static const char *const names[] = {"Content-Disposition", "Content-Transfer-Encoding", "Content-ID",
                                        "Content-Description", "Content-Location"};
    GString *head = g_string_new(NULL);

    if (type != NULL)
        g_string_append_printf(head, "Content-Type: %s\n", type);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const struct tk_header *field = tk_message_header(message, names[i]);

        if (field != NULL)
            g_string_append_printf(head, "%s: %s\n", names[i], field->raw);
    }
    if (head->len == 0)
        g_string_append(head, "MIME-Version: 1.0\n");
    g_string_append_c(head, '\n');
    return g_string_free(head, FALSE);
}

static GMimeObject *parse(struct tk_parsed *parsed, const char *head, guint64 offset)
{
    GMimeStream *stream = tk_message_stream_new(parsed->source, head, offset);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeObject *root;

    g_mime_parser_set_persist_stream(parser, TRUE);
    g_mime_parser_set_format(parser, GMIME_FORMAT_MESSAGE);
    root = g_mime_parser_construct_part(parser, NULL);
    parsed->failed = parsed->failed || tk_message_stream_failed(stream);
    g_object_unref(parser);
    g_object_unref(stream);
    return root;
}

static gboolean is_empty_multipart(GMimeObject *root)
{
    return GMIME_IS_MULTIPART(root) && g_mime_multipart_get_count(GMIME_MULTIPART(root)) == 0;
}

void tk_message_tree_read(struct tk_message *message, const struct tk_limits_outcome *limits)
{
    struct tk_parsed *parsed = tk_message_parsed(message);
    const struct tk_header *type = tk_message_header(message, "Content-Type");
    g_autofree char *head = made_header(message, type != NULL ? type->raw : NULL);
    struct walk walk = {
        message, parsed, {parsed->source, 0, (gint64)limits->body_offset, (gint64)limits->body_offset}};
    GMimeObject *root = parse(parsed, head, limits->body_offset);

    if (root != NULL && is_empty_multipart(root)) {
        g_autofree char *boundary = tk_message_guess_boundary(parsed->source, limits->body_offset);

        g_object_unref(root);
        tk_message_flag(message, "boundary_repaired");
        g_free(head);
        if (boundary != NULL) {
            g_autofree char *made = g_strdup_printf("multipart/mixed; boundary=\"%s\"", boundary);

            head = made_header(message, made);
        } else {
            head = made_header(message, "text/plain");
        }
        root = parse(parsed, head, limits->body_offset);
    }
    if (root == NULL)
        return;
    walk.place.shift = (gint64)limits->body_offset - (gint64)strlen(head);
    flatten(&walk, root);
    g_object_unref(root);
}
