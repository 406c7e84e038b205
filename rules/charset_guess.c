/* charset_guess: the charset that unlabelled bytes are most likely in.
 *
 * Owns nothing. Cannot fail: windows-1252 is the answer where nothing speaks for another. The evidence is
 * where the 8-bit octets stand (pairs, runs, single letters) and which rows of a double-byte charset they
 * name; text in a language keeps to few of these. */
#include "rules/charset.h"

#include <string.h>

/* More than a few lines adds nothing to the evidence. */
#define SAMPLE 16384

struct evidence {
    guint high;               /* octets >= 0x80 */
    guint alone;              /* of these, with ASCII letters or nothing on both sides */
    guint runs, in_runs;      /* runs of high octets and their octets */
    guint euc_pairs, euc_bad; /* pairs of 0xa1..0xfe */
    guint euc_kana, euc_hangul, euc_hanzi;
    guint sjis_pairs, sjis_bad, sjis_kana, sjis_half;
    guint big5_pairs, big5_bad, big5_common;
    guint gbk_pairs, gbk_bad, gbk_common;
};

static const char *by_escapes(const guint8 *bytes, gsize len)
{
    for (const guint8 *p = memchr(bytes, 0x1b, len); p != NULL && p + 3 < bytes + len;
         p = memchr(p + 1, 0x1b, bytes + len - p - 1)) {
        if (memcmp(p + 1, "$B", 2) == 0 || memcmp(p + 1, "$@", 2) == 0 || memcmp(p + 1, "(J", 2) == 0 ||
            memcmp(p + 1, "(I", 2) == 0)
            return "ISO-2022-JP-3";
        if (memcmp(p + 1, "$)C", 3) == 0)
            return "ISO-2022-KR";
        if (memcmp(p + 1, "$)A", 3) == 0 || memcmp(p + 1, "$)G", 3) == 0)
            return "ISO-2022-CN";
    }
    return NULL;
}

static void look_at_runs(const guint8 *bytes, gsize len, struct evidence *e)
{
    for (gsize i = 0; i < len; i++) {
        gboolean before, after;

        if (bytes[i] < 0x80)
            continue;
        before = i > 0 && bytes[i - 1] >= 0x80;
        after = i + 1 < len && bytes[i + 1] >= 0x80;
        e->high++;
        e->alone += !before && !after;
        e->runs += !before;
        e->in_runs += before || after;
    }
}

static void look_at_euc(const guint8 *bytes, gsize len, struct evidence *e)
{
    for (gsize i = 0; i < len; i++) {
        if (bytes[i] < 0x80)
            continue;
        if (bytes[i] < 0xa1 || bytes[i] == 0xff || i + 1 == len || bytes[i + 1] < 0xa1) {
            e->euc_bad++;
            continue;
        }
        e->euc_pairs++;
        e->euc_kana += bytes[i] == 0xa4 || bytes[i] == 0xa5;
        e->euc_hangul += bytes[i] >= 0xb0 && bytes[i] <= 0xc8;
        e->euc_hanzi += bytes[i] >= 0xb0 && bytes[i] <= 0xd7;
        i++;
    }
}

static void look_at_sjis(const guint8 *bytes, gsize len, struct evidence *e)
{
    for (gsize i = 0; i < len; i++) {
        guint8 lead = bytes[i], trail = i + 1 < len ? bytes[i + 1] : 0;

        if (lead < 0x80)
            continue;
        if (lead >= 0xa1 && lead <= 0xdf) {
            e->sjis_half++;
            continue;
        }
        if (!((lead >= 0x81 && lead <= 0x9f) || (lead >= 0xe0 && lead <= 0xfc)) || trail < 0x40 ||
            trail == 0x7f || trail > 0xfc) {
            e->sjis_bad++;
            continue;
        }
        e->sjis_pairs++;
        e->sjis_kana += (lead == 0x82 && trail >= 0x9f) || lead == 0x83;
        i++;
    }
}

static void look_at_chinese(const guint8 *bytes, gsize len, struct evidence *e)
{
    for (gsize i = 0; i < len; i++) {
        guint8 lead = bytes[i], trail = i + 1 < len ? bytes[i + 1] : 0;

        if (lead < 0x80)
            continue;
        if (lead < 0xa1 || lead > 0xf9 || trail < 0x40 || (trail > 0x7e && trail < 0xa1) || trail == 0xff) {
            e->big5_bad++;
        } else {
            e->big5_pairs++;
            e->big5_common += lead >= 0xa4 && lead <= 0xc6;
        }
        if (lead == 0x80 || lead == 0xff || trail < 0x40 || trail == 0x7f || trail == 0xff) {
            e->gbk_bad++;
            continue;
        }
        e->gbk_pairs++;
        e->gbk_common += (lead >= 0xb0 && lead <= 0xd7 && trail >= 0xa1) || (lead == 0xa1 || lead == 0xa3);
        i++;
    }
}

/* Double-byte charsets: nearly no octet out of place, and the pairs in the rows that texts use. */
static const char *double_byte(const struct evidence *e)
{
    if (e->euc_pairs >= 2 && e->euc_bad * 50 <= e->euc_pairs) {
        if (e->euc_kana * 4 >= e->euc_pairs)
            return "EUC-JP";
        if (e->euc_pairs >= 4 && e->euc_hangul * 20 >= e->euc_pairs * 19)
            return "CP949";
        if (e->euc_hanzi * 10 >= e->euc_pairs * 6)
            return "GB18030";
    }
    if (e->sjis_pairs >= 3 && e->sjis_bad * 50 <= e->sjis_pairs && e->sjis_kana * 4 >= e->sjis_pairs &&
        e->sjis_half <= e->sjis_pairs)
        return "CP932";
    if (e->big5_pairs >= 4 && e->big5_bad * 50 <= e->big5_pairs && e->big5_common * 10 >= e->big5_pairs * 7)
        return "BIG5-HKSCS";
    if (e->gbk_pairs >= 4 && e->gbk_bad * 50 <= e->gbk_pairs && e->gbk_common * 10 >= e->gbk_pairs * 6)
        return "GB18030";
    return NULL;
}

/* Cyrillic charsets by the ten letters that make up two thirds of Russian (o e a i n t s r v l, in Latin
 * letters). NULL where none of them explains the high octets. */
static const char *cyrillic(const guint8 *bytes, gsize len, const struct evidence *e)
{
    static const struct {
        const char *name;
        guint8 letters[10];
    } sets[] = {
        {"WINDOWS-1251", {0xee, 0xe5, 0xe0, 0xe8, 0xed, 0xf2, 0xf1, 0xf0, 0xe2, 0xeb}},
        {"KOI8-R", {0xcf, 0xc5, 0xc1, 0xc9, 0xce, 0xd4, 0xd3, 0xd2, 0xd7, 0xcc}},
        {"ISO-8859-5", {0xde, 0xd5, 0xd0, 0xd8, 0xdd, 0xe2, 0xe1, 0xe0, 0xd2, 0xdb}},
        {"CP866", {0xae, 0xa5, 0xa0, 0xa8, 0xad, 0xe2, 0xe1, 0xe0, 0xa2, 0xab}},
    };
    const char *best = NULL;
    guint most = e->high * 2 / 5; /* any ten octets of a double-byte charset are far below this */

    for (guint set = 0; set < G_N_ELEMENTS(sets); set++) {
        guint hits = 0;

        for (gsize i = 0; i < len; i++)
            hits += bytes[i] >= 0x80 && memchr(sets[set].letters, bytes[i], 10) != NULL;
        if (hits > most) {
            most = hits;
            best = sets[set].name;
        }
    }
    return best;
}

const char *tk_charset_guess(const guint8 *bytes, gsize len)
{
    struct evidence e = {0};
    const char *name = by_escapes(bytes, len);

    if (name != NULL)
        return name;
    len = MIN(len, SAMPLE);
    look_at_runs(bytes, len, &e);
    if (e.high == 0 || e.alone * 2 >= e.high)
        return "WINDOWS-1252";
    look_at_euc(bytes, len, &e);
    look_at_sjis(bytes, len, &e);
    look_at_chinese(bytes, len, &e);
    if (e.in_runs >= 2 * e.runs && (name = cyrillic(bytes, len, &e)) != NULL)
        return name;
    name = double_byte(&e);
    return name != NULL ? name : "WINDOWS-1252";
}
