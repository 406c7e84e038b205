/* message_cautious: the text of a mail at the levels headers and raw, without any library.
 *
 * At level headers the first text is looked for by its boundary and its part header, in the first octets of
 * the body only. At level raw the first octets of the body are shown as they are. Cannot fail. */
#include <string.h>

#include "rules/charset/charset.h"
#include "rules/field/headers.h"
#include "rules/limits/limits_caps.h"
#include "rules/message/message_private.h"

/* Octets of the body that are looked at: a first text is near the top, and the whole is kept anyway. */
#define WINDOW (256 * 1024)

/* The start of the line after "--BOUNDARY" at or after FROM; the end of the window where there is none. *AT_R
 * is the start of the boundary line. */
static gsize after_boundary(const GByteArray *body, gsize from, const char *boundary, gsize *at_r)
{
    gsize len = strlen(boundary);

    while (from < body->len) {
        const guint8 *line = body->data + from;
        const guint8 *newline = memchr(line, '\n', body->len - from);
        gsize next = newline != NULL ? (gsize)(newline - body->data) + 1 : body->len;

        if (next - from >= len + 2 && line[0] == '-' && line[1] == '-' &&
            memcmp(line + 2, boundary, len) == 0) {
            *at_r = from;
            return next;
        }
        from = next;
    }
    *at_r = body->len;
    return body->len;
}

/* The start of the body of a part whose header starts at FROM. */
static gsize after_header(const GByteArray *body, gsize from)
{
    while (from < body->len) {
        const guint8 *newline = memchr(body->data + from, '\n', body->len - from);
        gsize next = newline != NULL ? (gsize)(newline - body->data) + 1 : body->len;
        gboolean empty = next - from <= 1 || (next - from == 2 && body->data[from] == '\r');

        from = next;
        if (empty)
            break;
    }
    return from;
}

static const char *field(const GPtrArray *fields, const char *name)
{
    const struct tk_header *header = tk_headers_find(fields, name);

    return header != NULL ? header->raw : NULL;
}

/* Finds the first text in a multipart: the first part that is text/plain or text/html, going down into
 * multiparts on the way. PART starts as the mail's own and ends as that text. FALSE where there is none. */
static gboolean find_text(struct tk_parsed *parsed, const GByteArray *body, guint64 shift,
                          struct tk_part **part)
{
    gsize at = 0, end, ignored;

    for (guint tries = 0; tries < TK_CAP_DEPTH; tries++) {
        const char *boundary = tk_params_get((*part)->type_params, "boundary");
        g_autoptr(GPtrArray) fields = NULL;
        gsize header, start;

        if (!g_str_has_prefix((*part)->type, "multipart/"))
            return strcmp((*part)->type, "text/plain") == 0 || strcmp((*part)->type, "text/html") == 0;
        if (boundary == NULL || *boundary == '\0')
            return FALSE;
        header = after_boundary(body, at, boundary, &ignored);
        start = after_header(body, header);
        after_boundary(body, start, boundary, &end);
        fields = tk_headers_split(body->data + header, start - header, TK_CAP_PART_HEADERS, NULL,
                                  &parsed->marks, NULL);
        tk_message_part_free(*part);
        *part = tk_message_part_new(field(fields, "Content-Type"), field(fields, "Content-Disposition"),
                                    field(fields, "Content-Transfer-Encoding"), &parsed->marks);
        (*part)->offset = shift + start;
        (*part)->len = end - start;
        at = start;
    }
    return FALSE;
}

/* Reads the first text into SEGMENT. FALSE where there is none. */
static gboolean read_first_text(struct tk_message *message, const GByteArray *body, guint64 shift,
                                struct tk_segment *segment)
{
    struct tk_parsed *parsed = tk_message_parsed(message);
    struct tk_part *part = tk_message_part_new(
        field(message->headers, "Content-Type"), field(message->headers, "Content-Disposition"),
        field(message->headers, "Content-Transfer-Encoding"), &parsed->marks);
    gboolean found;

    part->offset = shift;
    part->len = body->len;
    found = find_text(parsed, body, shift, &part);
    if (found) {
        g_autoptr(GPtrArray) blocks = NULL;
        gboolean cut;
        g_autofree char *text = tk_message_text_of(message, part, &blocks, &cut);

        g_string_append(strcmp(part->type, "text/html") == 0 ? segment->html : segment->plain, text);
    }
    tk_message_part_free(part);
    return found;
}

void tk_message_cautious_read(struct tk_message *message, const struct tk_limits_outcome *limits)
{
    struct tk_parsed *parsed = tk_message_parsed(message);
    g_autoptr(GByteArray) window = tk_message_bytes(parsed, limits->body_offset, parsed->source->size,
                                                    TK_TRANSFER_IDENTITY, WINDOW, NULL);
    g_autoptr(GPtrArray) segments = g_ptr_array_new_with_free_func(tk_segment_free);
    struct tk_segment *segment = tk_segment_new(-1);
    enum tk_text_from from = TK_TEXT_PLAIN;

    g_ptr_array_add(segments, segment);
    tk_message_flag(message, "parts_left_out");
    if (message->level == TK_LEVEL_RAW || !read_first_text(message, window, limits->body_offset, segment)) {
        g_autofree char *text = tk_charset_decode_bare(window->data, window->len, NULL, &parsed->marks);

        g_string_append(segment->plain, text);
        from = TK_TEXT_RAW;
    }
    tk_message_choose(message, segments, from);
}
