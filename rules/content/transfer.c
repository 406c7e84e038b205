/* transfer: content transfer encodings undone in a stream (RFC 2045 section 6).
 *
 * Owns nothing beyond a call. Fails only as its source or its sink fails. */
#include "rules/content/transfer.h"

#include <string.h>

#define OUT_BLOCK 8192

struct decoder {
    tk_source_sink sink;
    void *context;
    guint8 out[OUT_BLOCK];
    gsize used;
    /* base64 */
    guint32 bits;
    guint count;
    gboolean line_start, padded, ended;
    /* quoted-printable */
    guint escape; /* 0 none, 1 after "=", 2 after "=" and a hex digit, 3 after "=" and blanks or CR */
    guint8 held;  /* the hex digit */
    guint blanks; /* blanks after "=" */
    gboolean held_cr;
};

enum tk_transfer tk_transfer_by_name(const char *name)
{
    static const struct {
        const char *name;
        enum tk_transfer transfer;
    } names[] = {
        {"base64", TK_TRANSFER_BASE64},       {"quoted-printable", TK_TRANSFER_QUOTED},
        {"x-uuencode", TK_TRANSFER_UUENCODE}, {"x-uue", TK_TRANSFER_UUENCODE},
        {"uuencode", TK_TRANSFER_UUENCODE},
    };
    gsize len;

    if (name == NULL)
        return TK_TRANSFER_IDENTITY;
    name += strspn(name, " \t\"'");
    len = strcspn(name, " \t;(\"'");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (len == strlen(names[i].name) && g_ascii_strncasecmp(name, names[i].name, len) == 0)
            return names[i].transfer;
    }
    return TK_TRANSFER_IDENTITY;
}

static enum tk_status flush(struct decoder *decoder)
{
    gsize used = decoder->used;

    decoder->used = 0;
    return used > 0 ? decoder->sink(decoder->context, decoder->out, used) : TK_OK;
}

#define NONE_OF_16 -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1

/* The value of each octet as a base64 digit, -1 for one that is none. Of all 256, so that nothing has to be
 * compared before a look. */
static const gint8 base64_values[256] = {
    /* clang-format off */
    NONE_OF_16, NONE_OF_16,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 62, -1, -1, -1, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1,
    -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1, -1,
    -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1,
    NONE_OF_16, NONE_OF_16, NONE_OF_16, NONE_OF_16, NONE_OF_16, NONE_OF_16, NONE_OF_16, NONE_OF_16,
    /* clang-format on */
};

/* Takes whole groups of four digits, of which nearly all of a content consists. Returns how many octets of
 * DATA they were. */
static gsize take_groups(struct decoder *decoder, const guint8 *data, gsize len)
{
    guint8 *out = decoder->out + decoder->used;
    const guint8 *const last = decoder->out + OUT_BLOCK - 8;
    gsize i = 0;

    for (; len - i >= 4 && out <= last; i += 4, out += 3) {
        const int a = base64_values[data[i]], b = base64_values[data[i + 1]], c = base64_values[data[i + 2]],
                  d = base64_values[data[i + 3]];

        if ((a | b | c | d) < 0)
            break;
        out[0] = (guint8)(a << 2 | b >> 4);
        out[1] = (guint8)(b << 4 | c >> 2);
        out[2] = (guint8)(c << 6 | d);
    }
    decoder->used = (gsize)(out - decoder->out);
    decoder->line_start = decoder->line_start && i == 0;
    return i;
}

static void take_base64(struct decoder *decoder, guint8 c)
{
    int value = base64_values[c];

    if (value >= 0) {
        decoder->bits = (decoder->bits << 6 | (guint32)value) & 0xffffff;
        decoder->count += 6;
        if (decoder->count >= 8) {
            decoder->count -= 8;
            decoder->out[decoder->used++] = (guint8)(decoder->bits >> decoder->count);
        }
    } else if (c == '=') {
        decoder->count = 0;
        decoder->padded = TRUE;
    } else if (c != '\r' && c != '\n' && c != ' ' && c != '\t') {
        /* Text that a mailing list put behind the encoded block is not part of it. */
        decoder->ended = decoder->padded || (decoder->line_start && decoder->count == 0);
    }
    decoder->line_start = c == '\n';
}

static enum tk_status push_base64(void *context, const guint8 *data, gsize len)
{
    struct decoder *decoder = context;

    for (gsize i = 0; i < len && !decoder->ended;) {
        if (decoder->count == 0)
            i += take_groups(decoder, data + i, len - i);
        if (i < len)
            take_base64(decoder, data[i++]);
        if (decoder->used > OUT_BLOCK - 8) {
            enum tk_status status = flush(decoder);

            if (status != TK_OK)
                return status;
        }
    }
    return TK_OK;
}

static void put(struct decoder *decoder, guint8 c)
{
    decoder->out[decoder->used++] = c;
}

/* What was held back as a possible escape turns out to be text. */
static void give_back(struct decoder *decoder)
{
    put(decoder, '=');
    if (decoder->escape == 2)
        put(decoder, decoder->held);
    for (guint i = 0; i < decoder->blanks; i++)
        put(decoder, ' ');
    if (decoder->held_cr)
        put(decoder, '\r');
    decoder->escape = decoder->blanks = 0;
    decoder->held_cr = FALSE;
}

static void take_quoted(struct decoder *decoder, guint8 c)
{
    switch (decoder->escape) {
    case 1:
        if (g_ascii_isxdigit(c)) {
            decoder->held = c;
            decoder->escape = 2;
            return;
        }
        decoder->escape = 3;
        /* fall through */
    case 3:
        if (c == '\n') { /* soft line end, with blanks that transport added */
            decoder->escape = decoder->blanks = 0;
            decoder->held_cr = FALSE;
            return;
        }
        if (c == '\r' && !decoder->held_cr) {
            decoder->held_cr = TRUE;
            return;
        }
        if ((c == ' ' || c == '\t') && !decoder->held_cr && decoder->blanks < 80) {
            decoder->blanks++;
            return;
        }
        break;
    case 2:
        if (g_ascii_isxdigit(c)) {
            put(decoder,
                (guint8)(g_ascii_xdigit_value((char)decoder->held) << 4 | g_ascii_xdigit_value((char)c)));
            decoder->escape = 0;
            return;
        }
        break;
    default: break;
    }
    if (decoder->escape > 0)
        give_back(decoder);
    if (c == '=')
        decoder->escape = 1;
    else
        put(decoder, c);
}

static enum tk_status push_quoted(void *context, const guint8 *data, gsize len)
{
    struct decoder *decoder = context;

    for (gsize i = 0; i < len; i++) {
        take_quoted(decoder, data[i]);
        if (decoder->used > OUT_BLOCK - 128) {
            enum tk_status status = flush(decoder);

            if (status != TK_OK)
                return status;
        }
    }
    return TK_OK;
}

enum tk_status tk_transfer_stream(const struct tk_source *source, guint64 offset, guint64 len,
                                  enum tk_transfer transfer, tk_source_sink sink, void *context)
{
    struct decoder decoder = {.sink = sink, .context = context, .line_start = TRUE};
    enum tk_status status = TK_BUG;

    switch (transfer) {
    case TK_TRANSFER_IDENTITY:
    case TK_TRANSFER_UUENCODE: return tk_source_stream(source, offset, len, sink, context);
    case TK_TRANSFER_BASE64: status = tk_source_stream(source, offset, len, push_base64, &decoder); break;
    case TK_TRANSFER_QUOTED:
        status = tk_source_stream(source, offset, len, push_quoted, &decoder);
        /* "=" as the very last octet is a soft line end without its line end */
        if (status == TK_OK && decoder.escape == 2)
            give_back(&decoder);
        break;
    }
    return status == TK_OK ? flush(&decoder) : status;
}
