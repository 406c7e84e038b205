/* lzfu: the compression of RTF bodies in Exchange and Outlook, [MS-OXRTFCP] 2.1 and 3.1. */
#include "rules/tnef/lzfu.h"

#include <string.h>

#define DICTIONARY 4096u
#define HEADER     16u

/* What the dictionary holds at the start, [MS-OXRTFCP] 2.1.2.1. */
static const char preset[] =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    "\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

enum stage { IN_HEADER, PACKED, STORED, ENDED, REFUSED };

struct tk_lzfu {
    tk_lzfu_sink *sink;
    void *context;
    enum stage stage;
    guint8 header[HEADER];
    gsize header_len;
    guint32 packed_left; /* bytes of the stream after the header */
    guint32 stated_crc, crc;
    guint flags, flags_left; /* a control byte covers eight tokens */
    guint8 first;            /* the first half of a reference */
    gboolean have_first;
    guint8 dictionary[DICTIONARY];
    guint write;
    guint8 out[DICTIONARY];
    gsize out_len;
    guint64 total;
};

struct tk_lzfu *tk_lzfu_new(tk_lzfu_sink *sink, void *context)
{
    struct tk_lzfu *z = g_new0(struct tk_lzfu, 1);
    z->sink = sink;
    z->context = context;
    memcpy(z->dictionary, preset, sizeof preset - 1);
    z->write = sizeof preset - 1;
    return z;
}

void tk_lzfu_free(struct tk_lzfu **lzfu)
{
    g_free(*lzfu);
    *lzfu = NULL;
}

static guint32 le32(const guint8 *p)
{
    return (guint32)p[0] | (guint32)p[1] << 8 | (guint32)p[2] << 16 | (guint32)p[3] << 24;
}

/* CRC-32 of [MS-OXRTFCP] 2.1.3.3: reflected, starting at 0, no final inversion; four bits at a time. */
static guint32 crc_step(guint32 crc, guint8 byte)
{
    static const guint32 table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    crc ^= byte;
    crc = crc >> 4 ^ table[crc & 15];
    return crc >> 4 ^ table[crc & 15];
}

static void flush(struct tk_lzfu *z)
{
    if (z->out_len > 0)
        z->sink(z->context, z->out, z->out_len);
    z->out_len = 0;
}

static void put(struct tk_lzfu *z, guint8 byte)
{
    if (z->total++ >= TK_LZFU_MAX_OUTPUT) {
        z->stage = REFUSED;
        return;
    }
    z->out[z->out_len++] = byte;
    if (z->out_len == sizeof z->out)
        flush(z);
    z->dictionary[z->write] = byte;
    z->write = (z->write + 1) % DICTIONARY;
}

static void read_header(struct tk_lzfu *z)
{
    /* The stated size leaves out its own four bytes and counts the twelve after them. */
    guint32 size = le32(z->header), kind = le32(z->header + 8);
    z->packed_left = size > 12 ? size - 12 : 0;
    z->stated_crc = le32(z->header + 12);
    if (kind == 0x75465A4C) /* "LZFu" */
        z->stage = PACKED;
    else if (kind == 0x414C454D) /* "MELA" */
        z->stage = STORED;
    else
        z->stage = REFUSED;
}

static void reference(struct tk_lzfu *z, guint8 second)
{
    guint from = (guint)z->first << 4 | second >> 4, count = (second & 15u) + 2;
    z->have_first = FALSE;
    if (from == z->write) {
        z->stage = ENDED;
        return;
    }
    for (guint i = 0; i < count && z->stage == PACKED; i++)
        put(z, z->dictionary[(from + i) % DICTIONARY]);
}

static void packed_byte(struct tk_lzfu *z, guint8 byte)
{
    z->crc = crc_step(z->crc, byte);
    if (z->stage == ENDED)
        return;
    if (z->have_first) {
        reference(z, byte);
        return;
    }
    if (z->flags_left == 0) {
        z->flags = byte;
        z->flags_left = 8;
        return;
    }
    if (z->flags & 1) {
        z->first = byte;
        z->have_first = TRUE;
    } else {
        put(z, byte);
    }
    z->flags >>= 1;
    z->flags_left--;
}

enum tk_status tk_lzfu_push(struct tk_lzfu *lzfu, const guint8 *bytes, gsize len)
{
    struct tk_lzfu *z = lzfu;
    for (gsize i = 0; i < len; i++) {
        if (z->stage == REFUSED)
            break;
        if (z->stage == IN_HEADER) {
            z->header[z->header_len++] = bytes[i];
            if (z->header_len == HEADER)
                read_header(z);
            continue;
        }
        if (z->packed_left == 0)
            break;
        z->packed_left--;
        if (z->stage == STORED)
            put(z, bytes[i]);
        else
            packed_byte(z, bytes[i]);
    }
    return z->stage == REFUSED ? TK_REFUSED : TK_OK;
}

enum tk_status tk_lzfu_finish(struct tk_lzfu *lzfu)
{
    struct tk_lzfu *z = lzfu;
    flush(z);
    switch (z->stage) {
    case STORED: return z->packed_left == 0 ? TK_OK : TK_REFUSED;
    case PACKED: /* some writers leave out the last reference, which marks the end */
    case ENDED: return z->packed_left == 0 && z->crc == z->stated_crc ? TK_OK : TK_REFUSED;
    case IN_HEADER:
    case REFUSED: break;
    }
    return TK_REFUSED;
}
