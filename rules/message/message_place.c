/* message_place: where in the source the content of a part is.
 *
 * GMime tells it for most leaves; attached mails, and parts whose header no empty line ends, are found by
 * lines. Owns nothing. Cannot fail: a keeper that fails gives a part without content. */
#include "rules/message/message_place.h"

#include <string.h>

#include "rules/limits/limits_caps.h"

/* Octets of the body in which the boundary of a multipart that names none is looked for. */
#define GUESS_WINDOW 65536
/* Octets of a line that are looked at: a boundary with its dashes, and blanks behind it. */
#define LOOK (TK_CAP_BOUNDARY + 64)

struct lines {
    const struct tk_source *source;
    guint64 offset, end;
    /* octets in hand where the source has to be read */
    guint64 block_offset;
    gsize block_len;
    guint8 block[8192];
};

static void lines_from(struct lines *lines, const struct tk_source *source, guint64 offset, guint64 end)
{
    lines->source = source;
    lines->offset = offset;
    lines->end = end;
    lines->block_offset = lines->block_len = 0;
}

/* The octets at the current offset that are in hand; none at the end and where the keeper fails. */
static const guint8 *lines_peek(struct lines *lines, gsize *len_r)
{
    guint64 left = lines->end - lines->offset;
    gssize got;

    *len_r = left;
    if (left == 0 || lines->source->bytes != NULL)
        return lines->source->bytes + lines->offset;
    if (lines->offset < lines->block_offset || lines->offset >= lines->block_offset + lines->block_len) {
        got = lines->source->read(lines->source->keeper, lines->offset, lines->block, sizeof lines->block);
        lines->block_offset = lines->offset;
        lines->block_len = got > 0 ? (gsize)got : 0;
    }
    *len_r = MIN(left, lines->block_offset + lines->block_len - lines->offset);
    return lines->block + (lines->offset - lines->block_offset);
}

/* Reads the start of the next line into BUFFER. Returns its whole length with the line end, 0 at the end. */
static guint64 next_line(struct lines *lines, guint8 *buffer, gsize size, gsize *got_r)
{
    guint64 start = lines->offset;
    gsize kept = 0, have;
    gboolean ended = FALSE;

    while (!ended) {
        const guint8 *data = lines_peek(lines, &have);
        const guint8 *newline = have > 0 ? memchr(data, '\n', have) : NULL;
        gsize len = newline != NULL ? (gsize)(newline - data) + 1 : have;

        ended = newline != NULL || have == 0;
        if (kept < size && len > 0) {
            memcpy(buffer + kept, data, MIN(len, size - kept));
            kept += MIN(len, size - kept);
        }
        lines->offset += len;
    }
    *got_r = kept;
    return lines->offset - start;
}

static gsize without_line_end(const guint8 *line, gsize len)
{
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        len--;
    return len;
}

/* Where the body of a part begins, from the place of its last header field; -1 where GMime kept none. */
static gint64 body_start(const struct tk_place *place, GMimeObject *object)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(object);
    struct lines lines;
    gint64 last = -1;
    guint8 start[8];
    gsize kept;

    for (int i = 0; i < g_mime_header_list_get_count(list); i++)
        last = MAX(last, g_mime_header_get_offset(g_mime_header_list_get_header_at(list, i)));
    if (last < 0 || last + place->shift < 0)
        return -1;
    lines_from(&lines, place->source, last + place->shift, place->source->size);
    while (next_line(&lines, start, sizeof start, &kept) > 0) {
        if (without_line_end(start, kept) == 0)
            break;
    }
    return lines.offset;
}

/* Whether a line is a boundary of one of the multiparts around. */
static gboolean ends_part(const guint8 *line, gsize len, const GPtrArray *around)
{
    if (len < 2 || line[0] != '-' || line[1] != '-')
        return FALSE;
    for (guint i = 0; i < around->len; i++) {
        const char *boundary = g_ptr_array_index(around, i);
        gsize size = strlen(boundary);
        const guint8 *rest = line + 2 + size;
        const guint8 *end = line + len;

        if (len < size + 2 || memcmp(line + 2, boundary, size) != 0)
            continue;
        if (end - rest >= 2 && rest[0] == '-' && rest[1] == '-')
            rest += 2;
        while (rest < end && (*rest == ' ' || *rest == '\t'))
            rest++;
        if (rest == end)
            return TRUE;
    }
    return FALSE;
}

static void place_up_to_boundary(struct tk_place *place, struct tk_part *part, gint64 start,
                                 const GPtrArray *around)
{
    struct lines lines;
    guint64 end = (guint64)start;
    guint ending = 0; /* octets of the line end in front of a boundary, which belongs to it */

    part->offset = (guint64)start;
    lines_from(&lines, place->source, part->offset, place->source->size);
    while (TRUE) {
        guint8 line[LOOK];
        gsize kept, text;
        guint64 len = next_line(&lines, line, sizeof line, &kept);

        text = without_line_end(line, kept);
        if (len == 0) {
            part->len = end - part->offset;
            break;
        }
        if (ends_part(line, text, around)) {
            part->len = end - part->offset > ending ? end - part->offset - ending : 0;
            break;
        }
        end += len;
        ending = kept == len && kept - text <= 2 ? (guint)(kept - text) : 1;
    }
    place->read = MAX(place->read, (gint64)end);
}

void tk_message_place_by_lines(struct tk_place *place, struct tk_part *part, GMimeObject *object,
                               const GPtrArray *around)
{
    gint64 start = part->parent < 0 ? place->body : body_start(place, object);

    if (start >= 0)
        place_up_to_boundary(place, part, start, around);
}

/* Where OBJECT's header begins, -1 where that is not known: GMime's first field, else the line below
 * the last boundary in front of CONTENT. */
static gint64 header_start(const struct tk_place *place, GMimeObject *object, gint64 content,
                           const GPtrArray *around)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(object);
    struct lines lines;
    gint64 start = -1, end = place->read;

    for (int i = 0; i < g_mime_header_list_get_count(list); i++) {
        gint64 field = g_mime_header_get_offset(g_mime_header_list_get_header_at(list, i));

        start = field >= 0 && (start < 0 || field < start) ? field : start;
    }
    if (start >= 0)
        return start + place->shift;
    lines_from(&lines, place->source, place->read, content);
    while (TRUE) {
        guint8 line[LOOK];
        gsize kept;
        guint64 len = next_line(&lines, line, sizeof line, &kept);

        if (len == 0)
            return start;
        end += (gint64)len;
        if (ends_part(line, without_line_end(line, kept), around))
            start = end;
    }
}

/* Whether LINE looks like the start of a part's header. */
static gboolean starts_part(const guint8 *line, gsize len)
{
    return len > 8 && g_ascii_strncasecmp((const char *)line, "content-", 8) == 0;
}

static gboolean is_field(const guint8 *line, gsize len)
{
    gsize name = 0;

    while (name < len && line[name] > 32 && line[name] < 127 && line[name] != ':')
        name++;
    return name > 0 && name < len && line[name] == ':';
}

/* Where the text begins in a header that no empty line ends: at the first line that is no field. -1 where the
 * header is whole. A folded line that lost its blanks ends no header: the line above it ends with a
 * semicolon, or a field of MIME follows. */
static gint64 start_without_empty_line(const struct tk_place *place, gint64 header, const GPtrArray *around)
{
    struct lines lines;
    gint64 offset = header, found = -1;
    gboolean goes_on = FALSE;

    lines_from(&lines, place->source, header, place->source->size);
    while (TRUE) {
        guint8 line[LOOK];
        gsize kept, text;
        guint64 len = next_line(&lines, line, sizeof line, &kept);

        text = without_line_end(line, kept);
        if (len == 0 || text == 0 || ends_part(line, text, around))
            return found;
        if (found >= 0 && starts_part(line, text))
            return -1;
        if (found < 0 && !goes_on && !is_field(line, text) &&
            (offset == header || (line[0] != ' ' && line[0] != '\t')))
            found = offset;
        goes_on = line[text - 1] == ';' || kept < len; /* of a long line the end is not known */
        offset += (gint64)len;
    }
}

void tk_message_place_by_stream(struct tk_place *place, struct tk_part *part, GMimeObject *object,
                                const GPtrArray *around)
{
    GMimeDataWrapper *content = GMIME_IS_PART(object) ? g_mime_part_get_content(GMIME_PART(object)) : NULL;
    GMimeStream *stream = content != NULL ? g_mime_data_wrapper_get_stream(content) : NULL;
    gint64 size = (gint64)place->source->size;
    gint64 start = -1, end = -1, header, early = -1;

    if (stream != NULL && stream->bound_end >= 0) {
        start = CLAMP(stream->bound_start + place->shift, 0, size);
        end = CLAMP(stream->bound_end + place->shift, start, size);
    }
    header = part->parent >= 0 ? header_start(place, object, start >= 0 ? start : place->read, around) : -1;
    if (header >= 0)
        early = start_without_empty_line(place, header, around);
    if (early >= 0 && start >= 0) {
        start = early;
    } else if (early >= 0) {
        place_up_to_boundary(place, part, early, around);
        return;
    }
    if (start < 0)
        return;
    part->offset = start;
    part->len = end - start;
    place->read = MAX(place->read, end);
}

char *tk_message_guess_boundary(const struct tk_source *source, guint64 offset)
{
    struct lines lines;
    guint8 line[TK_CAP_BOUNDARY + 8];
    g_autofree char *candidate = NULL;
    gsize kept;

    lines_from(&lines, source, offset, MIN(source->size, offset + GUESS_WINDOW));
    while (next_line(&lines, line, sizeof line, &kept) > 0) {
        gsize len = without_line_end(line, kept);

        if (candidate != NULL && starts_part(line, len))
            return g_steal_pointer(&candidate);
        g_clear_pointer(&candidate, g_free);
        if (len > 2 && len < TK_CAP_BOUNDARY + 2 && line[0] == '-' && line[1] == '-' &&
            memchr(line, '"', len) == NULL && memchr(line, '\\', len) == NULL)
            candidate = g_strndup((const char *)line + 2, len - 2);
    }
    return NULL;
}
