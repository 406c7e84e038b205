/* filename: safe names of attachments (path traversal, control characters, bidi tricks such as U+202E before
 * "fdp.exe"). */
#include "rules/filename.h"

#include <stdbool.h>
#include <string.h>

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

/* What shows as nothing, or turns what follows. U+200C and U+200D stay: some scripts are spelled with them.
 */
static bool is_unwanted(gunichar c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || c == 0x200B || c == 0x200E ||
           c == 0x200F || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           c == 0xFFFE || c == 0xFFFF || (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

static char *without_unwanted(const char *text)
{
    GString *kept = g_string_new(NULL);
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
        if (!is_unwanted(g_utf8_get_char(p)))
            g_string_append_len(kept, p, g_utf8_next_char(p) - p);
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

/* Takes blanks and dots off both ends, in place. */
static void trim(char *name)
{
    gsize len = strlen(name), start = strspn(name, " .");
    while (len > start && (name[len - 1] == ' ' || name[len - 1] == '.'))
        len--;
    memmove(name, name + start, len - start);
    name[len - start] = '\0';
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

char *tk_filename_safe(const char *name, const char *content_type)
{
    if (name == NULL)
        return g_strdup(default_name(content_type));
    const char *part = last_part(name);
    g_autofree char *valid = g_utf8_make_valid(part, (gssize)strlen(part));
    g_autofree char *input = cut(valid, LONGEST_INPUT);
    g_autofree char *clean = without_unwanted(input);
    g_autofree char *composed = g_utf8_normalize(clean, -1, G_NORMALIZE_NFC);
    trim(composed);
    char *safe = cut(composed, TK_FILENAME_MAX);
    trim(safe);
    if (safe[0] != '\0')
        return safe;
    g_free(safe);
    return g_strdup(default_name(content_type));
}
