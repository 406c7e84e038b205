/* filename: safe names of attachments (path traversal, control characters, bidi tricks such as U+202E before
 * "fdp.exe"; names that Windows takes for something else: streams of NTFS, devices). The names of devices and
 * the characters are those of Microsoft's "Naming Files, Paths, and Namespaces". */
#include "rules/content/filename.h"

#include <stdbool.h>
#include <string.h>

#include "rules/base/text.h"

/* No name is longer; it bounds the work of normalisation, which is not linear. */
#define LONGEST_INPUT 1024

/* What is taken for an extension when a name is cut. */
#define MAX_EXTENSION 20

static const struct {
    const char *type, *name;
} defaults[] = {
    {"application/ics", "invitation.ics"},
    {"application/json", "data.json"},
    {"application/ms-tnef", "winmail.dat"},
    {"application/msword", "document.doc"},
    {"application/pdf", "document.pdf"},
    {"application/pgp-signature", "signature.asc"},
    {"application/pkcs7-signature", "smime.p7s"},
    {"application/rtf", "document.rtf"},
    {"application/vnd.ms-excel", "table.xls"},
    {"application/vnd.ms-powerpoint", "slides.ppt"},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", "slides.pptx"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "table.xlsx"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document.docx"},
    {"application/xml", "data.xml"},
    {"application/zip", "archive.zip"},
    {"audio/mpeg", "audio.mp3"},
    {"audio/wav", "audio.wav"},
    {"audio/x-wav", "audio.wav"},
    {"image/bmp", "image.bmp"},
    {"image/gif", "image.gif"},
    {"image/jpeg", "image.jpg"},
    {"image/jpg", "image.jpg"},
    {"image/png", "image.png"},
    {"image/svg+xml", "image.svg"},
    {"image/tiff", "image.tif"},
    {"image/webp", "image.webp"},
    {"message/delivery-status", "delivery-status.txt"},
    {"message/disposition-notification", "disposition.txt"},
    {"message/rfc822", "mail.eml"},
    {"text/calendar", "invitation.ics"},
    {"text/csv", "table.csv"},
    {"text/html", "text.html"},
    {"text/plain", "text.txt"},
    {"text/rfc822-headers", "headers.txt"},
    {"text/rtf", "document.rtf"},
    {"text/vcard", "contact.vcf"},
    {"text/x-vcard", "contact.vcf"},
    {"text/xml", "data.xml"},
    {"video/mp4", "video.mp4"},
    {"video/quicktime", "video.mov"},
};

static const char *default_name(const char *content_type)
{
    gsize len = content_type != NULL ? strcspn(content_type, "; \t\r\n") : 0;
    for (gsize i = 0; i < G_N_ELEMENTS(defaults); i++)
        if (strlen(defaults[i].type) == len && g_ascii_strncasecmp(content_type, defaults[i].type, len) == 0)
            return defaults[i].name;
    return "attachment.bin";
}

/* What Windows allows in no name. The slashes are among them for those that a full-width letter makes. */
static bool is_special(gunichar c)
{
    return c < 0x80 && c != 0 && strchr(":\"|?*<>/\\", (int)c) != NULL;
}

/* C, or the special character that C is another form of: some programs turn the full-width colon into ":". */
static gunichar plain_form(gunichar c)
{
    gunichar form[G_UNICHAR_MAX_DECOMPOSITION_LENGTH];
    if (c >= 0x80 && g_unichar_fully_decompose(c, TRUE, form, G_N_ELEMENTS(form)) == 1 && is_special(form[0]))
        return form[0];
    return c;
}

static bool is_joiner(gunichar c)
{
    return c == 0x200C || c == 0x200D;
}

static bool is_variation(gunichar c)
{
    return c >= 0xFE00 && c <= 0xFE0F;
}

/* Whether C is one of the hidden characters that some scripts and emoji are spelled with, at a place where
 * it is: behind a character of such a script, and alone. */
static bool is_spelling(gunichar c, gunichar before)
{
    if (before < 0x80 || is_joiner(before))
        return false;
    return is_joiner(c) || (is_variation(c) && !is_variation(before));
}

/* TEXT without what shows as nothing or turns what follows; runs of blanks of any kind are one " ", and other
 * forms of special characters are those. */
static char *visible(const char *text)
{
    GString *kept = g_string_new(NULL);
    gunichar before = 0;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = plain_form(g_utf8_get_char(p));
        if (is_joiner(c) || is_variation(c) ? !is_spelling(c, before) : !tk_text_is_visible(c))
            continue;
        if (g_unichar_isspace(c))
            c = ' ';
        if (c == ' ' && before == ' ')
            continue;
        g_string_append_unichar(kept, c);
        before = c;
    }
    return g_string_free(kept, FALSE);
}

static const char *last_part(const char *name)
{
    const char *start = name;
    for (const char *p = name; *p != '\0'; p++)
        if (*p == '/' || *p == '\\')
            start = p + 1;
    return start;
}

/* Takes blanks and dots off both ends, and special characters off the end, in place. */
static void trim(char *name)
{
    gsize len = strlen(name), start = strspn(name, " .");
    while (len > start && strchr(" .:\"|?*<>/\\", name[len - 1]) != NULL)
        len--;
    memmove(name, name + start, len - start);
    name[len - start] = '\0';
}

/* Takes the name of a stream off the end, in place: NTFS reads "a.exe:$DATA" and "a.exe:x:$DATA" as a.exe. */
static void cut_stream(char *name)
{
    char *colon = strrchr(name, ':');
    if (colon == NULL || colon[1] != '$' || !g_ascii_isalpha(colon[2]) ||
        colon[2 + strspn(colon + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")] != '\0')
        return;
    *colon = '\0';
    colon = strrchr(name, ':');
    if (colon != NULL && strchr(colon, '.') == NULL)
        *colon = '\0';
}

/* Whether Windows opens a device by NAME, whatever the extension. */
static bool is_device(const char *name)
{
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"};
    static const char *const digits[] = {"\xC2\xB9", "\xC2\xB2", "\xC2\xB3"};
    g_autofree char *stem = g_strchomp(g_strndup(name, strcspn(name, ".")));
    for (gsize i = 0; i < G_N_ELEMENTS(devices); i++)
        if (g_ascii_strcasecmp(stem, devices[i]) == 0)
            return true;
    if (g_ascii_strncasecmp(stem, "COM", 3) != 0 && g_ascii_strncasecmp(stem, "LPT", 3) != 0)
        return false;
    if (stem[3] >= '1' && stem[3] <= '9' && stem[4] == '\0')
        return true;
    for (gsize i = 0; i < G_N_ELEMENTS(digits); i++)
        if (strcmp(stem + 3, digits[i]) == 0)
            return true;
    return false;
}

/* The greatest length up to MAX that ends a character. */
static gsize cut_at(const char *text, gsize max)
{
    gsize len = strlen(text);
    if (len <= max)
        return len;
    while (max > 0 && ((guchar)text[max] & 0xC0) == 0x80)
        max--;
    return max;
}

/* NAME with at most MAX bytes, the extension kept. */
static char *cut(const char *name, gsize max)
{
    const char *dot = strrchr(name, '.');
    gsize len = strlen(name);
    if (len <= max)
        return g_strdup(name);
    if (dot == NULL || dot == name || len - (gsize)(dot - name) > MAX_EXTENSION)
        dot = name + len;
    g_autofree char *stem = g_strndup(name, (gsize)(dot - name));
    stem[cut_at(stem, max - strlen(dot))] = '\0';
    trim(stem);
    return g_strconcat(stem, dot, NULL);
}

/* NAME (valid UTF-8, any length) in NFC, as it shows, of at most LONGEST_INPUT bytes or little more. */
static char *shown(const char *name)
{
    g_autofree char *seen = visible(name);
    g_autofree char *input = cut(seen, LONGEST_INPUT);
    g_autofree char *composed = g_utf8_normalize(input, -1, G_NORMALIZE_NFC);
    g_autofree char *again = visible(composed);
    return g_utf8_normalize(again, -1, G_NORMALIZE_NFC);
}

char *tk_filename_safe(const char *name, const char *content_type)
{
    if (name == NULL)
        return g_strdup(default_name(content_type));
    const char *part = last_part(name);
    g_autofree char *valid = g_utf8_make_valid(part, (gssize)strlen(part));
    g_autofree char *clean = shown(valid);
    trim(clean);
    cut_stream(clean);
    trim(clean);
    g_strdelimit(clean, ":\"|?*<>/\\", '_');
    g_autofree char *named = g_strconcat(is_device(clean) ? "_" : "", clean, NULL);
    char *safe = cut(named, TK_FILENAME_MAX);
    trim(safe);
    if (safe[0] != '\0')
        return safe;
    g_free(safe);
    return g_strdup(default_name(content_type));
}

/* TEXT without case, and without what else makes no difference to a reader. */
static char *folded(const char *text)
{
    g_autofree char *compatible = g_utf8_normalize(text, -1, G_NORMALIZE_NFKC);
    g_autofree char *lower = g_utf8_casefold(compatible, -1);
    GString *kept = g_string_new(NULL);
    for (const char *p = lower; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (is_joiner(c) || is_variation(c) || !tk_text_is_visible(c))
            continue;
        if (!g_unichar_isspace(c))
            g_string_append_unichar(kept, c);
        else if (kept->len == 0 || kept->str[kept->len - 1] != ' ')
            g_string_append_c(kept, ' ');
    }
    g_autofree char *visible_alone = g_string_free(kept, FALSE);
    return g_utf8_normalize(visible_alone, -1, G_NORMALIZE_NFKC);
}

gboolean tk_filename_matches(const char *safe, const char *pattern)
{
    g_autofree char *name = folded(safe);
    g_autofree char *wanted = folded(pattern);
    trim(name);
    return g_pattern_match_simple(wanted, name) ||
           (name[0] == '_' && is_device(name + 1) && g_pattern_match_simple(wanted, name + 1));
}
