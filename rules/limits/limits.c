/* limits: one linear pass over the raw bytes, before any library reads them.
 *
 * Owns a fixed struct for one mail: the line that is being read, the header field that is being watched and
 * the stack of open multiparts. Cannot fail.
 *
 * The pass follows the structure of the mail as RFC 2046 has it. Since another reader could see a structure
 * of its own in a malformed mail, the checks for what must not reach GMime (charset names, address groups)
 * also run in every block of lines that follows a line beginning with "--". */
#include "rules/limits/limits.h"

#include <string.h>

#include "rules/limits/limits_caps.h"
#include "rules/limits/limits_header.h"

/* Bytes of a line's start that are kept: a field name or "--" boundary "--" and some blanks. */
#define LINE_START 160

enum context {
    CONTEXT_TOP,    /* the mail's header */
    CONTEXT_NESTED, /* the header of an attached mail */
    CONTEXT_PART,   /* the header of a part */
    CONTEXT_GUARD,  /* text that another reader might take for a header */
    CONTEXT_BODY
};

enum line { LINE_NEW, LINE_VALUE, LINE_OTHER };

struct multipart {
    char boundary[TK_CAP_BOUNDARY];
    guint len;
    guint depth; /* of its parts' parent */
    gboolean digest;
};

struct tk_limits {
    struct tk_limits_outcome outcome;
    enum context context;
    /* the line */
    enum line line;
    guint8 start[LINE_START];
    guint64 line_offset, line_len;
    gboolean pending_cr;
    /* the header block */
    gboolean in_field;
    struct tk_limits_header field;
    guint64 block_bytes;
    guint64 word_search; /* of all fields */
    guint block_fields, block_addresses;
    guint64 odd_line; /* offset of a line of the top header that is no field, plus one; 0: none */
    char content_type[TK_LIMITS_CONTENT_TYPE + 1];
    guint content_type_len;
    gboolean has_content_type, reading_type;
    /* the structure */
    struct multipart stack[TK_CAP_DEPTH];
    guint stack_len, depth;
    guint dash_lines;
    gboolean in_face;
    guint64 face_bytes;
    gboolean has_multipart; /* also one whose boundary this scanner does not see */
};

struct tk_limits *tk_limits_new(void)
{
    struct tk_limits *limits = g_new0(struct tk_limits, 1);

    limits->context = CONTEXT_TOP;
    return limits;
}

void tk_limits_free(struct tk_limits **limits)
{
    g_free(*limits);
    *limits = NULL;
}

static void pass_limit(struct tk_limits *limits, enum tk_level level, const char *why)
{
    if (limits->outcome.why == NULL)
        limits->outcome.why = why;
    limits->outcome.level = MAX(limits->outcome.level, level);
}

/* ---- header fields ---- */

static void field_end(struct tk_limits *limits)
{
    const struct tk_limits_header *field = &limits->field;

    if (!limits->in_field)
        return;
    limits->in_field = FALSE;
    limits->reading_type = FALSE;
    if (field->long_charset)
        pass_limit(limits, TK_LEVEL_HEADERS, "charset_name");
    if (field->field == TK_LIMITS_FIELD_ADDRESS) {
        limits->block_addresses += field->addresses + 1;
        if (field->groups > TK_CAP_GROUP_DEPTH || field->colons > TK_CAP_ADDRESS_COLONS)
            pass_limit(limits, TK_LEVEL_HEADERS, "address_groups");
        if (limits->block_addresses > TK_CAP_ADDRESSES_TOTAL)
            pass_limit(limits, TK_LEVEL_HEADERS, "addresses");
    } else if (field->params > TK_CAP_PARAMS) {
        pass_limit(limits, TK_LEVEL_HEADERS, "params");
    }
    limits->word_search += field->word_search;
    if (limits->word_search > TK_CAP_WORD_SEARCH)
        pass_limit(limits, TK_LEVEL_HEADERS, "encoded_words");
    if (field->bytes > TK_CAP_HEADER_LINE)
        pass_limit(limits, TK_LEVEL_HEADERS, "header_line");
}

static void count_field(struct tk_limits *limits)
{
    gboolean part = limits->context == CONTEXT_PART;

    if (limits->context == CONTEXT_GUARD)
        return;
    limits->block_fields++;
    if (limits->block_fields > (part ? TK_CAP_PART_HEADERS : TK_CAP_HEADERS))
        pass_limit(limits, TK_LEVEL_HEADERS, part ? "part_headers" : "headers");
}

static void field_begin(struct tk_limits *limits, gsize name_len)
{
    const char *name = (const char *)limits->start;
    enum tk_limits_field kind;

    while (name_len > 0 && (name[name_len - 1] == ' ' || name[name_len - 1] == '\t'))
        name_len--;
    kind = tk_limits_header_field(name, name_len);
    field_end(limits);
    limits->in_field = TRUE;
    limits->odd_line = 0;
    tk_limits_header_begin(&limits->field, kind);
    count_field(limits);
    if (kind == TK_LIMITS_FIELD_CONTENT_TYPE && !limits->has_content_type) {
        limits->has_content_type = TRUE;
        limits->reading_type = TRUE;
        limits->content_type_len = 0;
    }
    if (limits->context != CONTEXT_TOP)
        return;
    limits->outcome.headers++;
    if (name_len == 8 && g_ascii_strncasecmp(name, "received", 8) == 0)
        limits->outcome.received++;
    if (name_len == 4 && g_ascii_strncasecmp(name, "from", 4) == 0)
        limits->outcome.from_headers++;
}

static void field_bytes(struct tk_limits *limits, const guint8 *data, gsize len)
{
    if (!limits->in_field)
        return;
    tk_limits_header_push(&limits->field, data, len);
    if (limits->reading_type) {
        gsize room = TK_LIMITS_CONTENT_TYPE - limits->content_type_len;

        memcpy(limits->content_type + limits->content_type_len, data, MIN(room, len));
        limits->content_type_len += (guint)MIN(room, len);
    }
}

/* Field names are visible ASCII without a colon; blanks before the colon are read over (RFC 5322 section
 * 4.5.8). */
static gboolean name_valid(const guint8 *name, gsize len)
{
    while (len > 0 && (name[len - 1] == ' ' || name[len - 1] == '\t'))
        len--;
    for (gsize i = 0; i < len; i++) {
        if (name[i] <= ' ' || name[i] >= 0x7f)
            return FALSE;
    }
    return len > 0;
}

static void header_bytes(struct tk_limits *limits, const guint8 *data, gsize len)
{
    gsize before = limits->line_len;

    if (len == 0)
        return;
    if (limits->context != CONTEXT_GUARD)
        limits->block_bytes += len;
    if (limits->context == CONTEXT_TOP && !limits->outcome.has_8bit_header) {
        for (gsize i = 0; i < len && !limits->outcome.has_8bit_header; i++)
            limits->outcome.has_8bit_header = data[i] >= 0x80;
    }
    if (before == 0)
        limits->line = data[0] == ' ' || data[0] == '\t' ? LINE_VALUE : LINE_NEW;
    if (limits->line == LINE_NEW) {
        const guint8 *colon = memchr(data, ':', len);
        gsize name_len = colon != NULL ? before + (colon - data) : before + len;

        if (name_len >= LINE_START) {
            limits->line = LINE_OTHER;
        } else if (colon != NULL) {
            memcpy(limits->start + before, data, colon - data);
            limits->line = name_valid(limits->start, name_len) ? LINE_VALUE : LINE_OTHER;
            if (limits->line == LINE_VALUE) {
                field_begin(limits, name_len);
                len -= colon + 1 - data;
                data = colon + 1;
            }
        }
    }
    if (limits->line == LINE_VALUE)
        field_bytes(limits, data, len);
}

/* ---- structure ---- */

static gboolean type_is(const struct tk_limits *limits, const char *prefix)
{
    const char *type = limits->content_type;

    while (*type == ' ' || *type == '\t' || *type == '\r' || *type == '\n')
        type++;
    return g_ascii_strncasecmp(type, prefix, strlen(prefix)) == 0;
}

static void deeper(struct tk_limits *limits)
{
    limits->depth++;
    limits->outcome.depth = MAX(limits->outcome.depth, limits->depth);
    if (limits->depth > TK_CAP_DEPTH)
        pass_limit(limits, TK_LEVEL_HEADERS, "depth");
}

static void open_multipart(struct tk_limits *limits)
{
    const char *boundary = NULL;
    gsize len = tk_limits_header_boundary(limits->content_type, &boundary);
    struct multipart *entry;

    deeper(limits);
    limits->has_multipart = TRUE;
    limits->in_face = TRUE;
    limits->face_bytes = 0;
    if (len == 0)
        return;
    while (len > 0 && g_ascii_isspace(boundary[len - 1]))
        len--;
    if (len > TK_CAP_BOUNDARY) {
        pass_limit(limits, TK_LEVEL_HEADERS, "boundary");
        len = TK_CAP_BOUNDARY;
    }
    if (limits->stack_len == G_N_ELEMENTS(limits->stack))
        return;
    entry = &limits->stack[limits->stack_len++];
    memcpy(entry->boundary, boundary, len);
    entry->len = (guint)len;
    entry->depth = limits->depth;
    entry->digest = type_is(limits, "multipart/digest");
}

static void block_begin(struct tk_limits *limits, enum context context)
{
    limits->context = context;
    limits->in_field = FALSE;
    limits->block_bytes = 0;
    limits->block_fields = 0;
    limits->block_addresses = 0;
    limits->has_content_type = FALSE;
    limits->content_type_len = 0;
}

static gboolean opens_mail(const struct tk_limits *limits)
{
    if (!limits->has_content_type)
        return limits->context == CONTEXT_PART && limits->stack_len > 0 &&
               limits->stack[limits->stack_len - 1].digest;
    return type_is(limits, "message/rfc822") || type_is(limits, "message/rfc2822") ||
           type_is(limits, "message/global") || type_is(limits, "message/news");
}

/* The empty line after a header block, or the line that cannot belong to one. */
static void block_end(struct tk_limits *limits)
{
    gboolean part = limits->context == CONTEXT_PART;

    field_end(limits);
    limits->content_type[limits->content_type_len] = '\0';
    if (limits->block_bytes > (part ? TK_CAP_PART_HEADER_BYTES : TK_CAP_HEADER_BYTES))
        pass_limit(limits, TK_LEVEL_HEADERS, part ? "part_headers" : "headers");
    if (limits->context == CONTEXT_GUARD) {
        block_begin(limits, type_is(limits, "message/") ? CONTEXT_GUARD : CONTEXT_BODY);
        return;
    }
    if (opens_mail(limits)) {
        deeper(limits);
        block_begin(limits, CONTEXT_NESTED);
        return;
    }
    if (limits->has_content_type && type_is(limits, "multipart/")) {
        if (limits->content_type_len == TK_LIMITS_CONTENT_TYPE)
            pass_limit(limits, TK_LEVEL_HEADERS, "content_type");
        open_multipart(limits);
    }
    limits->context = CONTEXT_BODY;
}

/* Whether the kept start of a line is a boundary of an open multipart; closes those inside of it. */
static gboolean boundary_line(struct tk_limits *limits)
{
    const guint8 *text = limits->start + 2;
    gsize len = MIN(limits->line_len, LINE_START) - 2;

    for (guint i = limits->stack_len; i > 0; i--) {
        struct multipart *entry = &limits->stack[i - 1];

        if (len < entry->len || memcmp(text, entry->boundary, entry->len) != 0)
            continue;
        field_end(limits);
        limits->depth = entry->depth;
        limits->stack_len = i;
        limits->face_bytes = 0;
        limits->in_face = FALSE;
        if (len >= entry->len + 2 && text[entry->len] == '-' && text[entry->len + 1] == '-') {
            limits->in_face = TRUE;
            limits->stack_len--;
            limits->depth--;
            limits->context = CONTEXT_BODY;
            return TRUE;
        }
        limits->outcome.parts++;
        if (limits->outcome.parts > TK_CAP_PARTS)
            pass_limit(limits, TK_LEVEL_RAW, "parts");
        block_begin(limits, CONTEXT_PART);
        return TRUE;
    }
    return FALSE;
}

static gboolean begins_with_dashes(const struct tk_limits *limits)
{
    return limits->line_len > 2 && memcmp(limits->start, "--", 2) == 0;
}

/* A line that begins with "--". Whether it is a boundary, or does not matter any more. */
static gboolean dash_line(struct tk_limits *limits)
{
    if (limits->outcome.level == TK_LEVEL_RAW || boundary_line(limits))
        return TRUE;
    if (!limits->has_multipart)
        return FALSE;
    limits->dash_lines++;
    if (limits->dash_lines > TK_CAP_DASH_LINES)
        pass_limit(limits, TK_LEVEL_RAW, "parts");
    if (limits->context == CONTEXT_BODY)
        block_begin(limits, CONTEXT_GUARD);
    return FALSE;
}

/* ---- lines ---- */

/* A line of the top header that is no field: the first line of a body without an empty line before it, or a
 * broken continuation. The next line tells. */
static void odd_line(struct tk_limits *limits)
{
    struct tk_limits_outcome *outcome = &limits->outcome;
    gboolean mbox = limits->line_offset == 0 && memcmp(limits->start, "From ", 5) == 0;

    if (mbox || (limits->line_offset == 0 && memcmp(limits->start, ">From ", 6) == 0))
        return;
    if (limits->odd_line == 0 && outcome->headers > 0) {
        limits->odd_line = limits->line_offset + 1;
        return;
    }
    outcome->body_offset = limits->odd_line > 0 ? limits->odd_line - 1 : limits->line_offset;
    block_end(limits);
}

/* A boundary right after the header, without the empty line. */
static gboolean early_boundary(struct tk_limits *limits)
{
    if (limits->context != CONTEXT_TOP || limits->outcome.headers == 0)
        return FALSE;
    limits->outcome.body_offset = limits->line_offset;
    block_end(limits);
    if (limits->context == CONTEXT_BODY)
        dash_line(limits);
    return TRUE;
}

static void header_line_end(struct tk_limits *limits, guint64 next_offset)
{
    gboolean empty = limits->line_len == 0 || (limits->line_len == 1 && limits->pending_cr);

    if (empty) {
        if (limits->context == CONTEXT_TOP)
            limits->outcome.body_offset = limits->odd_line > 0 ? limits->odd_line - 1 : next_offset;
        block_end(limits);
        return;
    }
    if (begins_with_dashes(limits) && (early_boundary(limits) || dash_line(limits)))
        return;
    if (limits->line == LINE_VALUE)
        return;
    if (limits->context == CONTEXT_TOP)
        odd_line(limits);
}

static void line_end(struct tk_limits *limits, guint64 next_offset)
{
    if (!limits->pending_cr)
        limits->outcome.bare_lf = TRUE;
    if (limits->context != CONTEXT_BODY)
        header_line_end(limits, next_offset);
    else if (begins_with_dashes(limits))
        dash_line(limits);
    limits->line_len = 0;
    limits->line_offset = next_offset;
    limits->pending_cr = FALSE;
}

static void note_odd_bytes(struct tk_limits *limits, const guint8 *data, gsize len)
{
    struct tk_limits_outcome *outcome = &limits->outcome;
    const guint8 *cr;

    if (!outcome->has_nul && memchr(data, '\0', len) != NULL)
        outcome->has_nul = TRUE;
    if (limits->pending_cr)
        outcome->bare_cr = TRUE;
    limits->pending_cr = data[len - 1] == '\r';
    if (outcome->bare_cr)
        return;
    cr = memchr(data, '\r', len);
    outcome->bare_cr = cr != NULL && cr != data + len - 1;
}

static void line_bytes(struct tk_limits *limits, const guint8 *data, gsize len)
{
    if (len == 0)
        return;
    note_odd_bytes(limits, data, len);
    if (limits->context != CONTEXT_BODY)
        header_bytes(limits, data, len);
    if (limits->line_len < LINE_START)
        memcpy(limits->start + limits->line_len, data, MIN(len, LINE_START - limits->line_len));
    limits->line_len += len;
    if (limits->in_face && limits->context == CONTEXT_BODY) {
        limits->face_bytes += len + 1;
        if (limits->face_bytes > TK_CAP_FACE)
            pass_limit(limits, TK_LEVEL_HEADERS, "face");
    }
}

void tk_limits_push(struct tk_limits *limits, const guint8 *data, gsize len)
{
    while (len > 0) {
        const guint8 *newline = memchr(data, '\n', len);
        gsize part = newline != NULL ? (gsize)(newline - data) : len;

        line_bytes(limits, data, part);
        limits->outcome.size += part;
        if (newline == NULL)
            return;
        limits->outcome.size++;
        line_end(limits, limits->outcome.size);
        data += part + 1;
        len -= part + 1;
    }
}

void tk_limits_finish(struct tk_limits *limits, struct tk_limits_outcome *outcome_r)
{
    gboolean top = limits->context == CONTEXT_TOP;

    if (limits->pending_cr)
        limits->outcome.bare_cr = TRUE;
    if (limits->line_len > 0) {
        limits->pending_cr = TRUE; /* a last line without an end is not a bare LF */
        line_end(limits, limits->outcome.size);
    }
    if (top && limits->context == CONTEXT_TOP)
        limits->outcome.body_offset = limits->odd_line > 0 ? limits->odd_line - 1 : limits->outcome.size;
    if (limits->context != CONTEXT_BODY)
        block_end(limits);
    *outcome_r = limits->outcome;
}

const char *tk_limits_level_word(enum tk_level level)
{
    switch (level) {
    case TK_LEVEL_FULL: return "full";
    case TK_LEVEL_HEADERS: return "headers";
    case TK_LEVEL_RAW: return "raw";
    }
    return "raw";
}
