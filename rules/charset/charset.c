/* charset: bytes in some charset made valid UTF-8 without NUL, by label, then by evidence.
 *
 * Owns nothing beyond a call. Cannot fail: the last resort is U+FFFD. iconv does the conversions; a label
 * reaches it only as a short token. */
#include "rules/charset/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "rules/base/text.h"
#include "rules/limits/limits_caps.h"

#define REPLACEMENT     "\357\277\275" /* U+FFFD */
#define BYTE_ORDER_MARK "\357\273\277" /* U+FEFF */

/* Labels that mail uses for something that iconv calls otherwise, or for a subset of what it means. As the
 * WHATWG Encoding Standard has it, ISO-8859-1 means windows-1252. NULL: says nothing about 8-bit octets. */
static const struct {
    const char *label, *name;
} aliases[] = {
    {"utf-8", "UTF-8"}, /* first, since most mails say so */
    {"ansi_x3.4-1968", NULL},
    {"ascii", NULL},
    {"big5", "BIG5-HKSCS"},
    {"big-5", "BIG5-HKSCS"},
    {"cn-big5", "BIG5-HKSCS"},
    {"x-x-big5", "BIG5-HKSCS"},
    {"cp-850", "CP850"},
    {"cp-1252", "WINDOWS-1252"},
    {"default", NULL},
    {"euc-kr", "CP949"},
    {"euc_kr", "CP949"},
    {"gb2312", "GB18030"},
    {"gb_2312-80", "GB18030"},
    {"gb_1988-80", "GB18030"},
    {"gbk", "GB18030"},
    {"x-gbk", "GB18030"},
    {"cp936", "GB18030"},
    {"hz-gb-2312", "HZ"},
    {"iso-2022-jp", "ISO-2022-JP-3"},
    {"iso-8859-1", "WINDOWS-1252"},
    {"iso8859-1", "WINDOWS-1252"},
    {"iso_8859-1", "WINDOWS-1252"},
    {"iso-8859-1-windows-3.1-latin-1", "WINDOWS-1252"},
    {"latin1", "WINDOWS-1252"},
    {"l1", "WINDOWS-1252"},
    {"8859-1", "WINDOWS-1252"},
    {"iso88591", "WINDOWS-1252"},
    {"iso-8859-6-e", "ISO-8859-6"},
    {"iso-8859-6-i", "ISO-8859-6"},
    {"iso-8859-8-e", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"iso-8859-9", "WINDOWS-1254"},
    {"iso-8859-11", "CP874"},
    {"tis-620", "CP874"},
    {"windows-874", "CP874"},
    {"ks_c_5601-1987", "CP949"},
    {"ks_c_5601", "CP949"},
    {"ksc5601", "CP949"},
    {"ksc_5601", "CP949"},
    {"ks_c_5601-1989", "CP949"},
    {"korean", "CP949"},
    {"macintosh", "MACINTOSH"},
    {"x-mac-roman", "MACINTOSH"},
    {"x-macroman", "MACINTOSH"},
    {"x-mac-cyrillic", "MAC-CYRILLIC"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"x-sjis", "CP932"},
    {"windows-31j", "CP932"},
    {"x-euc-jp", "EUC-JP"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"unicode-1-1-utf-8", "UTF-8"},
    {"unicode", "UTF-16"},
    {"unknown", NULL},
    {"unknown-8bit", NULL},
    {"us-ascii", NULL},
    {"utf8", "UTF-8"},
    {"utf-8mb4", "UTF-8"},
    {"utf8mb4", "UTF-8"},
    {"x-unknown", NULL},
    {"x-user-defined", NULL},
    {"binary", NULL},
};

char *tk_charset_name(const char *label)
{
    g_autofree char *token = NULL;
    iconv_t probe;
    gsize len;

    if (label == NULL)
        return NULL;
    label += strspn(label, " \t\"'");
    len = strspn(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:+-");
    if (len == 0 || len > TK_CAP_CHARSET)
        return NULL;
    token = g_ascii_strdown(label, len);
    for (guint i = 0; i < G_N_ELEMENTS(aliases); i++) {
        if (strcmp(token, aliases[i].label) == 0)
            return g_strdup(aliases[i].name);
    }
    probe = iconv_open("UTF-8", token);
    if (probe == (iconv_t)-1 && g_str_has_prefix(token, "cp-")) {
        memmove(token + 2, token + 3, strlen(token + 3) + 1);
        probe = iconv_open("UTF-8", token);
    }
    if (probe == (iconv_t)-1)
        return NULL;
    iconv_close(probe);
    return g_ascii_strup(token, -1);
}

/* Converts with U+FFFD for each byte that does not fit; *BAD_R counts these. Goes no further where they are
 * more than MOST. NULL where iconv does not know NAME. */
static GString *convert(const guint8 *bytes, gsize len, const char *name, gsize most, gsize *bad_r)
{
    iconv_t conversion = iconv_open("UTF-8", name);
    GString *out;
    char *in = (char *)bytes;
    gsize left = len, bad = 0;

    if (conversion == (iconv_t)-1)
        return NULL;
    out = g_string_sized_new(len + len / 8 + 16);
    while (TRUE) {
        char block[4096];
        char *to = block;
        gsize room = sizeof block;
        /* A last call without input: iconv holds back a letter that a mark of the next octet may join. */
        const gboolean at_end = left == 0;
        gsize done = iconv(conversion, at_end ? NULL : &in, &left, &to, &room);

        g_string_append_len(out, block, to - block);
        if (done == (gsize)-1 && errno == E2BIG)
            continue;
        if (at_end || bad > most)
            break;
        if (done == (gsize)-1) {
            bad++;
            g_string_append(out, REPLACEMENT);
            in++;
            left--;
        }
    }
    iconv_close(conversion);
    *bad_r = bad;
    return out;
}

static char *valid(const guint8 *bytes, gsize len, guint *marks)
{
    gboolean changed = FALSE;
    char *text = tk_text_valid((const char *)bytes, len, &changed);

    if (changed)
        *marks |= memchr(bytes, '\0', len) != NULL ? TK_CHARSET_REPAIRED | TK_CHARSET_NUL
                                                   : TK_CHARSET_REPAIRED;
    return text;
}

/* Takes TEXT. Drops a byte order mark at the start; replaces NUL and the invalid values that iconv lets
 * through. */
static char *finish(GString *text, guint *marks)
{
    gboolean has_nul = memchr(text->str, '\0', text->len) != NULL;
    char *repaired;

    if (text->len >= 3 && memcmp(text->str, BYTE_ORDER_MARK, 3) == 0)
        g_string_erase(text, 0, 3);
    if (!has_nul && g_utf8_validate_len(text->str, text->len, NULL))
        return g_string_free(text, FALSE);
    repaired = tk_text_valid(text->str, text->len, NULL);
    *marks |= has_nul ? TK_CHARSET_NUL : TK_CHARSET_REPAIRED;
    g_string_free(text, TRUE);
    return repaired;
}

/* Whether bytes alone say it all: no 8-bit octet and no shift sequence. */
static gboolean plain_ascii(const guint8 *bytes, gsize len)
{
    guint64 bits = 0;
    gsize i = 0;

    for (; i + sizeof bits <= len && (bits & 0x8080808080808080) == 0; i += sizeof bits) {
        guint64 eight;

        memcpy(&eight, bytes + i, sizeof eight);
        bits |= eight;
    }
    for (; i < len; i++)
        bits |= bytes[i];
    return (bits & 0x8080808080808080) == 0 && memchr(bytes, 0x1b, len) == NULL;
}

/* The two octets of a JIS X 0208 position in Shift_JIS. */
static void append_shift_jis(GString *out, guint8 row, guint8 column)
{
    guint lead = ((row - 0x21u) >> 1) + 0x81;
    guint trail = row & 1 ? column + 0x1fu + (column >= 0x60) : column + 0x7eu;

    g_string_append_c(out, (gchar)(lead > 0x9f ? lead + 0x40 : lead));
    g_string_append_c(out, (gchar)trail);
}

/* ISO-2022-JP as Shift_JIS, since iconv's windows-31j knows the characters that vendors put into free rows
 * and mail is full of, and its ISO-2022-JP does not. */
static GString *unshift_japanese(const guint8 *bytes, gsize len)
{
    GString *out = g_string_sized_new(len);
    gchar mode = 'B';

    for (gsize i = 0; i < len; i++) {
        if (bytes[i] == 0x1b && i + 2 < len && (bytes[i + 1] == '(' || bytes[i + 1] == '$')) {
            mode = bytes[i + 1] == '$' ? '$' : (gchar)bytes[i + 2];
            i += mode == '$' && bytes[i + 2] == '(' ? 3 : 2;
        } else if (bytes[i] == '\n' || bytes[i] == '\r') {
            mode = 'B';
            g_string_append_c(out, (gchar)bytes[i]);
        } else if (mode == '$' && i + 1 < len && bytes[i] > ' ' && bytes[i] < 0x7f && bytes[i + 1] > ' ' &&
                   bytes[i + 1] < 0x7f) {
            append_shift_jis(out, bytes[i], bytes[i + 1]);
            i++;
        } else {
            g_string_append_c(out, (gchar)(mode == 'I' && bytes[i] > ' ' ? bytes[i] | 0x80 : bytes[i]));
        }
    }
    return out;
}

static gboolean valid_utf8(const guint8 *bytes, gsize len)
{
    const char *end;
    gsize done = 0;

    while (done < len) {
        if (g_utf8_validate_len((const char *)bytes + done, len - done, &end))
            return TRUE;
        done = end - (const char *)bytes;
        if (done == len || bytes[done] != 0) /* g_utf8_validate stops at NUL, which is valid here */
            return done == len;
        done++;
    }
    return TRUE;
}

/* Charsets in which ASCII octets do not mean ASCII. */
static gboolean is_stateful(const char *name)
{
    return g_str_has_prefix(name, "UTF-7") || g_str_has_prefix(name, "UTF-16") ||
           g_str_has_prefix(name, "UTF-32") || g_str_has_prefix(name, "UCS-") || strcmp(name, "HZ") == 0 ||
           g_str_has_prefix(name, "ISO-2022") || g_str_has_prefix(name, "IBM") || strcmp(name, "UTF7") == 0;
}

/* How many well-formed multi-octet UTF-8 sequences and how many stray octets there are. */
static void count_utf8(const guint8 *bytes, gsize len, gsize *good_r, gsize *bad_r)
{
    gsize good = 0, bad = 0, i = 0;

    while (i < len) {
        gunichar c;

        if (bytes[i] < 0x80) {
            i++;
            continue;
        }
        c = g_utf8_get_char_validated((const char *)bytes + i, len - i);
        if (c == (gunichar)-1 || c == (gunichar)-2) {
            bad++;
            i++;
        } else {
            good++;
            i += g_unichar_to_utf8(c, NULL);
        }
    }
    *good_r = good;
    *bad_r = bad;
}

/* As convert(), with a second reading of Japanese where the first has gaps. */
static GString *convert_best(const guint8 *bytes, gsize len, const char *name, gsize most, gsize *bad_r)
{
    gsize bad = 0, bad_again = 0;
    GString *text = convert(bytes, len, name, most, &bad);

    if (text != NULL && bad > 0 && g_str_has_prefix(name, "ISO-2022-JP")) {
        g_autoptr(GString) shifted = unshift_japanese(bytes, len);
        GString *again = convert((const guint8 *)shifted->str, shifted->len, "CP932", most, &bad_again);

        if (again != NULL && bad_again < bad) {
            g_string_free(text, TRUE);
            text = again;
            bad = bad_again;
        } else if (again != NULL) {
            g_string_free(again, TRUE);
        }
    }
    *bad_r = bad;
    return text;
}

static char *by_evidence(const guint8 *bytes, gsize len, gboolean said_utf8, guint *marks)
{
    gsize good, bad;
    GString *text;

    count_utf8(bytes, len, &good, &bad);
    /* UTF-8 with some damage, such as a cut in the middle of a letter; 0xf0 begins an emoji that was cut. */
    if ((good > 0 && good >= 2 * bad) || (said_utf8 && good >= bad) ||
        (said_utf8 && bad == 1 && bytes[len - 1] == 0xf0)) {
        if (bad > 0)
            *marks |= TK_CHARSET_REPAIRED;
        return valid(bytes, len, marks);
    }
    text = convert_best(bytes, len, tk_charset_guess(bytes, len), G_MAXSIZE, &bad);
    if (text == NULL)
        return valid(bytes, len, marks);
    *marks |= TK_CHARSET_REPAIRED;
    return finish(text, marks);
}

/* BYTES are valid UTF-8, NUL among them perhaps. */
static char *as_utf8(const guint8 *bytes, gsize len, guint *marks)
{
    GString *text = g_string_new_len((const char *)bytes, len);
    gboolean bom = len >= 3 && memcmp(bytes, BYTE_ORDER_MARK, 3) == 0;

    if (bom || memchr(bytes, '\0', len) != NULL)
        return finish(text, marks);
    return g_string_free(text, FALSE);
}

char *tk_charset_decode(const guint8 *bytes, gsize len, const char *label, guint *marks)
{
    g_autofree char *name = tk_charset_name(label);
    gboolean escapes;
    GString *text;
    gsize bad = 0;

    if (len == 0)
        return g_strdup("");
    escapes = memchr(bytes, 0x1b, len) != NULL;
    if (plain_ascii(bytes, len) && (name == NULL || !is_stateful(name)))
        return as_utf8(bytes, len, marks);
    if (escapes && (name == NULL || !g_str_has_prefix(name, "ISO-2022")) &&
        g_str_has_prefix(tk_charset_guess(bytes, len), "ISO-2022"))
        return by_evidence(bytes, len, FALSE, marks);
    if (name == NULL)
        return tk_charset_decode_bare(bytes, len, NULL, marks);
    if (strcmp(name, "UTF-8") == 0)
        return valid_utf8(bytes, len) ? as_utf8(bytes, len, marks) : by_evidence(bytes, len, TRUE, marks);
    /* No text in another 8-bit charset happens to be valid UTF-8 throughout. */
    if (!is_stateful(name) && !escapes && valid_utf8(bytes, len)) {
        *marks |= TK_CHARSET_REPAIRED;
        return as_utf8(bytes, len, marks);
    }
    text = convert_best(bytes, len, name, len / 20, &bad);
    if (text == NULL)
        return by_evidence(bytes, len, FALSE, marks);
    if (bad > len / 20) { /* the label is wrong rather than the bytes damaged */
        g_string_free(text, TRUE);
        return by_evidence(bytes, len, FALSE, marks);
    }
    if (bad > 0)
        *marks |= TK_CHARSET_REPAIRED;
    return finish(text, marks);
}

char *tk_charset_decode_bare(const guint8 *bytes, gsize len, const char *hint, guint *marks)
{
    const char *guess;

    if (len == 0)
        return g_strdup("");
    guess = memchr(bytes, 0x1b, len) != NULL ? tk_charset_guess(bytes, len) : "";
    if (!g_str_has_prefix(guess, "ISO-2022") && valid_utf8(bytes, len))
        return as_utf8(bytes, len, marks);
    if (hint != NULL) {
        g_autofree char *name = tk_charset_name(hint);
        gsize bad = 0;
        GString *text = name != NULL && strcmp(name, "UTF-8") != 0 ? convert(bytes, len, name, 0, &bad)
                                                                   : NULL;

        if (text != NULL && bad == 0)
            return finish(text, marks);
        if (text != NULL)
            g_string_free(text, TRUE);
    }
    return by_evidence(bytes, len, FALSE, marks);
}
