/* charset_guess: the charset that unlabelled bytes are most likely in, by uchardet.
 *
 * uchardet knows the letters of some forty languages. It is kept within bounds: it sees the first lines with
 * 8-bit octets only, a single 8-bit octet is no evidence, and of its answers those are taken that mail is
 * written in. The others are what it takes short western texts for. Owns nothing; cannot fail: windows-1252
 * is the answer where nothing speaks for another. */
#include "rules/charset/charset.h"

#include <string.h>
#include <uchardet.h>

#define DEFAULT_GUESS "WINDOWS-1252"

/* More than a score of lines adds nothing to the evidence. uchardet takes as long for each octet as the rest
 * of the reading for a hundred, and a mail may have a thousand parts. */
#define SAMPLE 2048
/* Octets before the first 8-bit one that belong to the sample. */
#define CONTEXT 64

/* Fewer 8-bit octets than this fit any charset. */
#define HIGH_MIN 2

/* uchardet's names, and the charset that is a superset of each and known to iconv. */
static const struct {
    const char *found, *guess;
} known[] = {
    {"BIG5", "BIG5-HKSCS"},
    {"EUC-JP", "EUC-JP"},
    {"EUC-KR", "CP949"},
    {"UHC", "CP949"},
    {"GB18030", "GB18030"},
    {"SHIFT_JIS", "CP932"},
    {"ISO-2022-CN", "ISO-2022-CN"},
    {"ISO-2022-JP", "ISO-2022-JP-3"},
    {"ISO-2022-KR", "ISO-2022-KR"},
    {"IBM866", "CP866"},
    {"ISO-8859-2", "ISO-8859-2"},
    {"ISO-8859-5", "ISO-8859-5"},
    {"ISO-8859-6", "ISO-8859-6"},
    {"ISO-8859-7", "ISO-8859-7"},
    {"ISO-8859-8", "WINDOWS-1255"},
    {"ISO-8859-9", "WINDOWS-1254"},
    {"KOI8-R", "KOI8-R"},
    {"TIS-620", "CP874"},
    {"ISO-8859-11", "CP874"},
    {"WINDOWS-1250", "WINDOWS-1250"},
    {"WINDOWS-1251", "WINDOWS-1251"},
    {"WINDOWS-1253", "WINDOWS-1253"},
    {"WINDOWS-1254", "WINDOWS-1254"},
    {"WINDOWS-1255", "WINDOWS-1255"},
    {"WINDOWS-1256", "WINDOWS-1256"},
    {"WINDOWS-1257", "WINDOWS-1257"},
};

static gsize count_high(const guint8 *bytes, gsize len)
{
    gsize high = 0;
    for (gsize i = 0; i < len; i++)
        high += bytes[i] >= 0x80;
    return high;
}

/* What of the table above uchardet finds; NULL where it finds nothing or another one. */
static const char *ask(const guint8 *bytes, gsize len)
{
    const char *guess = NULL;
    uchardet_t detector = uchardet_new();
    if (detector == NULL)
        return NULL;
    if (uchardet_handle_data(detector, (const char *)bytes, len) == 0) {
        uchardet_data_end(detector);
        const char *found = uchardet_get_charset(detector);
        for (gsize i = 0; guess == NULL && i < G_N_ELEMENTS(known); i++)
            if (g_ascii_strcasecmp(found, known[i].found) == 0)
                guess = known[i].guess;
    }
    uchardet_delete(detector);
    return guess;
}

/* Where the sample begins: some words before the first octet that tells anything. LEN where there is none. */
static gsize sample_start(const guint8 *bytes, gsize len)
{
    gsize first = 0;
    while (first < len && bytes[first] < 0x80 && bytes[first] != 0x1b)
        first++;
    return first < len ? first - MIN(first, CONTEXT) : len;
}

const char *tk_charset_guess(const guint8 *bytes, gsize len)
{
    const gsize start = sample_start(bytes, len);
    bytes += start;
    len = MIN(len - start, SAMPLE);
    if (memchr(bytes, 0x1b, len) == NULL && count_high(bytes, len) < HIGH_MIN)
        return DEFAULT_GUESS;
    const char *guess = ask(bytes, len);
    return guess != NULL ? guess : DEFAULT_GUESS;
}
