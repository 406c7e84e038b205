/* uu: uuencode and yEnc blocks. */
#include "rules/content/uu.h"

#include <string.h>

#define MAX_NAME    255
#define MAX_COUNT   45 /* bytes in a line of uuencode */
#define LEAST_LINES 3  /* of a block that has lost its end */

/* A line without its end, and where the next one begins. */
struct line {
    const char *text;
    gsize len, next;
};

/* What a decoder writes to; without a sink it counts. */
struct output {
    tk_uu_sink *sink;
    void *context;
    guint8 bytes[4096];
    gsize len;
    guint64 total;
};

static struct line line_at(const char *text, gsize len, gsize at)
{
    const char *end = memchr(text + at, '\n', len - at);
    struct line line = {text + at, end != NULL ? (gsize)(end - text) - at : len - at, 0};
    line.next = at + line.len + (end != NULL ? 1 : 0);
    if (line.len > 0 && line.text[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool begins_with(struct line line, const char *prefix)
{
    gsize len = strlen(prefix);
    return line.len >= len && memcmp(line.text, prefix, len) == 0;
}

static bool is_end(struct line line)
{
    while (line.len > 0 && line.text[line.len - 1] == ' ')
        line.len--;
    return line.len == 3 && memcmp(line.text, "end", 3) == 0;
}

static void flush(struct output *out)
{
    if (out->len > 0 && out->sink != NULL)
        out->sink(out->context, out->bytes, out->len);
    out->len = 0;
}

static void put(struct output *out, guint byte)
{
    out->bytes[out->len++] = (guint8)byte;
    out->total++;
    if (out->len == sizeof out->bytes)
        flush(out);
}

static char *name_of(const char *text, gsize len)
{
    while (len > 0 && g_ascii_isspace(text[len - 1]))
        len--;
    while (len > 0 && g_ascii_isspace(*text)) {
        text++;
        len--;
    }
    return len > 0 && len <= MAX_NAME ? g_utf8_make_valid(text, (gssize)len) : NULL;
}

/* uuencode */

/* "begin 644 name": three or four octal digits and a name. NULL: LINE is none. */
static char *uu_begin(struct line line)
{
    if (!begins_with(line, "begin "))
        return NULL;
    gsize digits = 0;
    while (6 + digits < line.len && line.text[6 + digits] >= '0' && line.text[6 + digits] <= '7')
        digits++;
    gsize at = 6 + digits;
    if ((digits != 3 && digits != 4) || at >= line.len || line.text[at] != ' ')
        return NULL;
    return name_of(line.text + at, line.len - at);
}

static guint uu_bits(struct line line, gsize at)
{
    /* Blanks at the end, which are zeros, may have been cut on the way. */
    return at < line.len ? (guint)(line.text[at] - ' ') & 63 : 0;
}

/* How many bytes LINE holds: 0 for the last one, -1 where it is no line of data. FULL_R: nothing of it was
 * cut. */
static gint uu_count(struct line line, bool *full_r)
{
    while (line.len > 1 && line.text[line.len - 1] == ' ')
        line.len--;
    if (line.len == 0 || line.text[0] == ' ' || line.text[0] == '`')
        return line.len <= 1 ? 0 : -1;
    gint count = line.text[0] - ' ';
    if (count < 1 || count > MAX_COUNT)
        return -1;
    gsize groups = (gsize)(count + 2) / 3;
    if (line.len - 1 > groups * 4 + 2) /* some writers add a checksum */
        return -1;
    for (gsize i = 1; i < line.len; i++)
        if (line.text[i] < ' ' || line.text[i] > '`')
            return -1;
    *full_r = line.len - 1 >= ((gsize)count * 8 + 5) / 6;
    return count;
}

static void uu_line(struct line line, gint count, struct output *out)
{
    for (gsize at = 1; count > 0; at += 4) {
        guint32 group = uu_bits(line, at) << 18 | uu_bits(line, at + 1) << 12 | uu_bits(line, at + 2) << 6 |
                        uu_bits(line, at + 3);
        for (gint shift = 16; shift >= 0 && count > 0; shift -= 8, count--)
            put(out, group >> shift & 0xFF);
    }
}

/* Reads the lines from AT on. Returns where the block ends, or 0 where there is none. */
static gsize uu_body(const char *text, gsize len, gsize at, struct output *out, bool *complete_r)
{
    guint lines = 0;
    bool cut = false, last = false;
    while (at < len) {
        struct line line = line_at(text, len, at);
        bool full = true;
        if (is_end(line) && (last || lines > 0)) {
            *complete_r = true;
            return line.next;
        }
        gint count = last ? -1 : uu_count(line, &full);
        if (count < 0 || (lines == 0 && !full))
            break;
        if (count == 0)
            last = true;
        else
            lines++;
        cut = cut || !full;
        uu_line(line, count, out);
        at = line.next;
    }
    *complete_r = false;
    /* Without its end it must at least stop where a text was cut or a blank line stands: no file is taken by
     * half. */
    return lines >= LEAST_LINES && !cut && (last || at >= len) ? at : 0;
}

/* yEnc */

/* The number after KEY in LINE, or -1. */
static gint64 yenc_number(struct line line, const char *key)
{
    g_autofree char *copy = g_strndup(line.text, MIN(line.len, 1000));
    const char *found = strstr(copy, key);
    return found != NULL ? (gint64)g_ascii_strtoull(found + strlen(key), NULL, 10) : -1;
}

static char *yenc_begin(struct line line)
{
    if (!begins_with(line, "=ybegin ") || yenc_number(line, " size=") < 0 || yenc_number(line, " line=") <= 0)
        return NULL;
    const char *name = g_strstr_len(line.text, (gssize)line.len, " name=");
    return name != NULL ? name_of(name + 6, line.len - (gsize)(name + 6 - line.text)) : NULL;
}

static void yenc_line(struct line line, struct output *out)
{
    for (gsize i = 0; i < line.len; i++) {
        guint byte = (guint8)line.text[i];
        if (byte == '=' && i + 1 < line.len)
            byte = (guint8)line.text[++i] - 64u;
        put(out, (byte - 42u) & 0xFF);
    }
}

/* As uu_body(); a block ends at the latest where the next one begins, which keeps the search linear. */
static gsize yenc_body(const char *text, gsize len, gsize at, struct output *out, bool *complete_r)
{
    while (at < len) {
        struct line line = line_at(text, len, at);
        if (begins_with(line, "=yend")) {
            gint64 size = yenc_number(line, " size=");
            *complete_r = size >= 0 && (guint64)size == out->total;
            return line.next;
        }
        if (begins_with(line, "=ybegin"))
            break;
        if (!begins_with(line, "=ypart"))
            yenc_line(line, out);
        at = line.next;
    }
    return 0;
}

/* Both */

static gsize read_body(enum tk_uu_kind kind, const char *text, gsize len, gsize at, struct output *out,
                       bool *complete_r)
{
    gsize end = kind == TK_UU_YENC ? yenc_body(text, len, at, out, complete_r)
                                   : uu_body(text, len, at, out, complete_r);
    flush(out);
    return end;
}

static void free_block(gpointer data)
{
    struct tk_uu_block *block = data;
    g_free(block->name);
    g_free(block);
}

GPtrArray *tk_uu_find(const char *text, gsize len)
{
    GPtrArray *blocks = g_ptr_array_new_with_free_func(free_block);
    gsize at = 0;
    while (at < len && blocks->len < TK_UU_MAX_BLOCKS) {
        struct line line = line_at(text, len, at);
        gsize start = at;
        at = line.next;
        enum tk_uu_kind kind = TK_UU_UUENCODE;
        char *name = uu_begin(line);
        if (name == NULL) {
            kind = TK_UU_YENC;
            name = yenc_begin(line);
        }
        if (name == NULL)
            continue;
        struct output out = {.sink = NULL};
        bool complete = false;
        gsize end = read_body(kind, text, len, line.next, &out, &complete);
        if (end == 0) {
            g_free(name);
            continue;
        }
        struct tk_uu_block *block = g_new0(struct tk_uu_block, 1);
        *block = (struct tk_uu_block){kind, start, end - start, name, out.total, complete};
        g_ptr_array_add(blocks, block);
        at = end;
    }
    return blocks;
}

void tk_uu_decode(const char *text, const struct tk_uu_block *block, tk_uu_sink *sink, void *context)
{
    struct output out = {.sink = sink, .context = context};
    bool complete;
    gsize end = block->offset + block->length;
    struct line begin = line_at(text, end, block->offset);
    (void)read_body(block->kind, text, end, begin.next, &out, &complete);
}
