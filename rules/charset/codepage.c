/* codepage: numbered Windows code pages by way of iconv. */
#include "rules/charset/codepage.h"

#include <errno.h>
#include <string.h>

#define NO_CONVERTER ((GIConv)-1)

struct tk_codepage {
    guint number;
    GIConv converter;
    guint opens;
};

struct tk_codepage *tk_codepage_new(void)
{
    struct tk_codepage *c = g_new0(struct tk_codepage, 1);
    c->converter = NO_CONVERTER;
    return c;
}

static void close_converter(struct tk_codepage *c)
{
    if (c->converter != NO_CONVERTER)
        g_iconv_close(c->converter);
    c->converter = NO_CONVERTER;
}

void tk_codepage_free(struct tk_codepage **codepage)
{
    struct tk_codepage *c = *codepage;
    if (c == NULL)
        return;
    *codepage = NULL;
    close_converter(c);
    g_free(c);
}

/* Names where "CPn" is not the one that iconv knows, or where a superset is the better reading. */
static const struct {
    guint number;
    const char *charset;
} names[] = {
    {708, "ISO-8859-6"},    {936, "GB18030"},       {1200, "UTF-16LE"},      {1201, "UTF-16BE"},
    {1361, "JOHAB"},        {10000, "MACINTOSH"},   {10007, "MAC-CYRILLIC"}, {20127, "CP1252"},
    {20866, "KOI8-R"},      {20932, "EUC-JP"},      {20936, "GB18030"},      {20949, "EUC-KR"},
    {21866, "KOI8-U"},      {28591, "CP1252"},      {28592, "ISO-8859-2"},   {28593, "ISO-8859-3"},
    {28594, "ISO-8859-4"},  {28595, "ISO-8859-5"},  {28596, "ISO-8859-6"},   {28597, "ISO-8859-7"},
    {28598, "ISO-8859-8"},  {28599, "ISO-8859-9"},  {28603, "ISO-8859-13"},  {28605, "ISO-8859-15"},
    {38598, "ISO-8859-8"},  {50220, "ISO-2022-JP"}, {50221, "ISO-2022-JP"},  {50222, "ISO-2022-JP"},
    {50225, "ISO-2022-KR"}, {50227, "ISO-2022-CN"}, {51932, "EUC-JP"},       {51936, "GB18030"},
    {51949, "EUC-KR"},      {54936, "GB18030"},     {65000, "UTF-7"},        {65001, "UTF-8"},
};

static GIConv open_converter(guint number)
{
    char text[16];
    const char *charset = text;
    g_snprintf(text, sizeof text, "CP%u", number);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].number == number)
            charset = names[i].charset;
    return g_iconv_open("UTF-8", charset);
}

static void choose(struct tk_codepage *c, guint number)
{
    if (c->number == number && c->opens > 0)
        return;
    close_converter(c);
    c->number = number;
    if (c->opens < TK_CODEPAGE_MAX_OPENS) {
        c->opens++;
        c->converter = open_converter(number);
    }
}

static bool is_plain(guint number, const guint8 *bytes, gsize len)
{
    /* Stateful sets and UTF-16 use the bytes below 0x80 for other things; 65000 is UTF-7. */
    if (number == 1200 || number == 1201 || number == 65000 || (number >= 50220 && number <= 50229))
        return false;
    for (gsize i = 0; i < len; i++)
        if (bytes[i] >= 0x80)
            return false;
    return true;
}

/* The upper half of windows-1252 where it is not that of ISO 8859-1. */
static const guint16 ansi_upper[32] = {
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
};

static void append_ansi(const guint8 *bytes, gsize len, GString *out)
{
    for (gsize i = 0; i < len; i++)
        tk_codepage_append_char(out,
                                bytes[i] >= 0x80 && bytes[i] < 0xA0 ? ansi_upper[bytes[i] - 0x80] : bytes[i]);
}

void tk_codepage_append_char(GString *out, gunichar c)
{
    g_string_append_unichar(out, g_unichar_validate(c) ? c : 0xFFFD);
}

gsize tk_codepage_append(struct tk_codepage *codepage, guint number, const guint8 *bytes, gsize len,
                         bool more, GString *out)
{
    if (is_plain(number, bytes, len)) {
        g_string_append_len(out, (const char *)bytes, (gssize)len);
        return len;
    }
    choose(codepage, number);
    if (codepage->converter == NO_CONVERTER) {
        append_ansi(bytes, len, out);
        return len;
    }
    g_iconv(codepage->converter, NULL, NULL, NULL, NULL);
    gchar *in = (gchar *)(guintptr)bytes;
    gsize left = len;
    while (left > 0) {
        char chunk[1024];
        gchar *to = chunk;
        gsize room = sizeof chunk;
        gsize result = g_iconv(codepage->converter, &in, &left, &to, &room);
        int problem = errno;
        g_string_append_len(out, chunk, to - chunk);
        if (result != (gsize)-1 || problem == E2BIG)
            continue;
        if (problem == EINVAL && more && left <= 8)
            break;
        g_string_append(out, "\xEF\xBF\xBD");
        gsize unit = MIN(left, number == TK_CODEPAGE_UTF16 || number == 1201 ? 2 : 1);
        in += unit;
        left -= unit;
    }
    /* iconv holds back a letter that a mark of the next octet may join; it comes out without that mark. */
    char rest[64];
    gchar *to = rest;
    gsize room = sizeof rest;
    g_iconv(codepage->converter, NULL, NULL, &to, &room);
    g_string_append_len(out, rest, to - rest);
    return len - left;
}
