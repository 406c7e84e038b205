/* sniff: magic numbers, and when they overrule what was declared. */
#include "config.h" /* memmem() */

#include "rules/content/sniff.h"

#include <string.h>

/* Longest type and longest subtype, in bytes: RFC 6838 section 4.2. */
#define NAME_MAX_BYTES 127

#define ZIP "application/zip"
#define OLE "application/x-ole-storage"

static const struct {
    gsize offset;
    const char *magic;
    gsize len;
    const char *type;
} magics[] = {
    {0, "%PDF-", 5, "application/pdf"},
    {0, "\x89PNG\r\n\x1a\n", 8, "image/png"},
    {0, "\xff\xd8\xff", 3, "image/jpeg"},
    {0, "GIF87a", 6, "image/gif"},
    {0, "GIF89a", 6, "image/gif"},
    {8, "WEBPVP8", 7, "image/webp"},
    {8, "WAVEfmt ", 8, "audio/wav"},
    {8, "AVI LIST", 8, "video/x-msvideo"},
    {4, "ftypheic", 8, "image/heic"},
    {4, "ftypheix", 8, "image/heic"},
    {4, "ftypmif1", 8, "image/heif"},
    {4, "ftypavif", 8, "image/avif"},
    {4, "ftypM4A ", 8, "audio/mp4"},
    {4, "ftypqt  ", 8, "video/quicktime"},
    {4, "ftyp", 4, "video/mp4"},
    {0, "II*\0", 4, "image/tiff"},
    {0, "MM\0*", 4, "image/tiff"},
    {0, "ID3", 3, "audio/mpeg"},
    {0, "OggS\0", 5, "application/ogg"},
    {0, "fLaC\0", 5, "audio/flac"},
    {0, "PK\3\4", 4, ZIP},
    {0, "PK\5\6", 4, ZIP},
    {0, "\x1f\x8b\x08", 3, "application/gzip"},
    {0, "BZh91AY&SY", 10, "application/x-bzip2"},
    {0,
     "\xfd"
     "7zXZ\0",
     6, "application/x-xz"},
    {0, "7z\xbc\xaf\x27\x1c", 6, "application/x-7z-compressed"},
    {0, "Rar!\x1a\x07", 6, "application/vnd.rar"},
    {257, "ustar", 5, "application/x-tar"},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, OLE},
    {0, "{\\rtf1", 6, "application/rtf"},
    {0, "\x78\x9f\x3e\x22", 4, "application/ms-tnef"},
    {0, "%!PS-Adobe-", 11, "application/postscript"},
    {0,
     "\x7f"
     "ELF",
     4, "application/x-executable"},
    {0, "BEGIN:VCALENDAR", 15, "text/calendar"},
    {0, "BEGIN:VCARD", 11, "text/vcard"},
    {0, "-----BEGIN PGP MESSAGE", 22, "application/pgp-encrypted"},
    {0, "-----BEGIN PGP SIGNATURE", 24, "application/pgp-signature"},
    {0, "#!/", 3, "text/x-shellscript"},
};

/* Beginnings of markup, after blanks and comments; a letter of a tag must not go on after it. */
static const struct {
    const char *tag, *type;
} tags[] = {
    {"<!doctype html", "text/html"},
    {"<html", "text/html"},
    {"<head", "text/html"},
    {"<body", "text/html"},
    {"<script", "text/html"},
    {"<iframe", "text/html"},
    {"<table", "text/html"},
    {"<meta", "text/html"},
    {"<style", "text/html"},
    {"<svg", "image/svg+xml"},
    {"<!doctype svg", "image/svg+xml"},
};

static const char *find(const guint8 *bytes, gsize len, const char *text)
{
    return memmem(bytes, len, text, strlen(text)) != NULL ? text : NULL;
}

static const char *sniff_zip(const guint8 *bytes, gsize len)
{
    static const struct {
        const char *mark, *type;
    } marks[] = {
        {"mimetypeapplication/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"},
        {"mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
         "application/vnd.oasis.opendocument.spreadsheet"},
        {"mimetypeapplication/vnd.oasis.opendocument.presentation",
         "application/vnd.oasis.opendocument.presentation"},
        {"mimetypeapplication/epub+zip", "application/epub+zip"},
        {"META-INF/MANIFEST.MF", "application/java-archive"},
        {"AndroidManifest.xml", "application/vnd.android.package-archive"},
    };
    static const struct {
        const char *folder, *type;
    } office[] = {
        {"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
        {"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
        {"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
        if (find(bytes, len, marks[i].mark))
            return marks[i].type;
    if (find(bytes, len, "[Content_Types].xml") || find(bytes, len, "_rels/.rels"))
        for (gsize i = 0; i < G_N_ELEMENTS(office); i++)
            if (find(bytes, len, office[i].folder))
                return office[i].type;
    return ZIP;
}

static gsize skip_blanks(const guint8 *bytes, gsize len, gsize at)
{
    while (at < len && g_ascii_isspace((gchar)bytes[at]))
        at++;
    return at;
}

/* Passes over what TEXT begins with and END ends; AT where it does not begin so. */
static gsize skip_between(const guint8 *bytes, gsize len, gsize at, const char *text, const char *end)
{
    gsize n = strlen(text);
    if (len - at < n || memcmp(bytes + at, text, n) != 0)
        return at;
    const guint8 *found = memmem(bytes + at, len - at, end, strlen(end));
    return found != NULL ? (gsize)(found - bytes) + strlen(end) : len;
}

static const char *sniff_markup(const guint8 *bytes, gsize len)
{
    gsize at = len >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0, before;
    bool xml = false;
    do { /* each round passes over one comment or instruction */
        before = at = skip_blanks(bytes, len, at);
        at = skip_between(bytes, len, at, "<!--", "-->");
        at = skip_between(bytes, len, at, "<?xml", "?>");
        xml = xml || (at > before && bytes[before + 1] == '?');
    } while (at > before);
    for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
        gsize n = strlen(tags[i].tag);
        if (len - at < n || g_ascii_strncasecmp((const char *)bytes + at, tags[i].tag, n) != 0)
            continue;
        if (len - at == n || !g_ascii_isalnum((gchar)bytes[at + n]))
            return tags[i].type;
    }
    return xml ? "text/xml" : NULL;
}

/* A program of Windows: "MZ" alone is two letters, so the header that it points to is asked too, or, where
 * that lies beyond what is seen, the sentence that linkers put before it. */
static bool is_program(const guint8 *bytes, gsize len)
{
    if (len < 64 || bytes[0] != 'M' || bytes[1] != 'Z')
        return false;
    gsize at = (gsize)bytes[60] | (gsize)bytes[61] << 8 | (gsize)bytes[62] << 16 | (gsize)bytes[63] << 24;
    if (at < len && len - at >= 2 && (memcmp(bytes + at, "PE", 2) == 0 || memcmp(bytes + at, "NE", 2) == 0))
        return true;
    return find(bytes, len, "This program cannot be run in DOS mode") != NULL;
}

static bool is_bitmap(const guint8 *bytes, gsize len)
{
    return len >= 18 && memcmp(bytes, "BM", 2) == 0 && memcmp(bytes + 6, "\0\0\0\0", 4) == 0 &&
           (bytes[14] == 12 || bytes[14] == 40 || bytes[14] == 108 || bytes[14] == 124);
}

const char *tk_sniff_content(const guint8 *bytes, gsize len)
{
    len = MIN(len, TK_SNIFF_BYTES);
    for (gsize i = 0; i < G_N_ELEMENTS(magics); i++) {
        if (len < magics[i].offset + magics[i].len ||
            memcmp(bytes + magics[i].offset, magics[i].magic, magics[i].len) != 0)
            continue;
        if (strcmp(magics[i].type, ZIP) == 0)
            return sniff_zip(bytes, len);
        return magics[i].type;
    }
    if (is_program(bytes, len))
        return "application/vnd.microsoft.portable-executable";
    if (is_bitmap(bytes, len))
        return "image/bmp";
    return sniff_markup(bytes, len);
}

static bool says_nothing(const char *type)
{
    static const char *const words[] = {"",
                                        "application/octet-stream",
                                        "application/octetstream",
                                        "application/binary",
                                        "application/unknown",
                                        "application/download",
                                        "application/force-download",
                                        "application/x-download",
                                        "application/x-force-download",
                                        "binary/octet-stream",
                                        "unknown/unknown",
                                        "image/*",
                                        "file",
                                        "attachment"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(type, words[i]) == 0)
            return true;
    return strchr(type, '/') == NULL;
}

static bool acts(const char *type)
{
    static const char *const types[] = {"text/html", "image/svg+xml", "text/x-shellscript",
                                        "application/x-executable",
                                        "application/vnd.microsoft.portable-executable"};
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        if (strcmp(type, types[i]) == 0)
            return true;
    return false;
}

static bool is_media(const char *type)
{
    return g_str_has_prefix(type, "image/") || g_str_has_prefix(type, "audio/") ||
           g_str_has_prefix(type, "video/");
}

/* Whether content of type FOUND cannot be what DECLARED says. Only clear cases: media and PDF have one form
 * each, and what acts must not pass for them. The many types that are ZIP, OLE, XML or text inside are left
 * as declared. */
static bool contradicts(const char *declared, const char *found)
{
    bool exact = is_media(declared) || strcmp(declared, "application/pdf") == 0;
    if (!exact || strcmp(declared, found) == 0)
        return false;
    if (acts(found))
        return true;
    if (is_media(found) || strcmp(found, "application/pdf") == 0) {
        /* sub-types have many spellings (image/pjpeg, audio/x-wav): the kind must differ, or both be well
         * known */
        static const char *const known[] = {"image/png",  "image/jpeg",      "image/gif",
                                            "image/webp", "application/pdf", NULL};
        bool same_kind = strncmp(declared, found, 6) == 0;
        return !same_kind || (g_strv_contains(known, declared) && g_strv_contains(known, found));
    }
    return false;
}

/* The length of the restricted name that TEXT begins with; 0 where it begins with none. */
static gsize name_length(const char *text)
{
    gsize len = 0;
    if (!g_ascii_isalnum(text[0]))
        return 0;
    while (len <= NAME_MAX_BYTES &&
           (g_ascii_isalnum(text[len]) || (text[len] != '\0' && strchr("!#$&-^_.+", text[len]) != NULL)))
        len++;
    return len <= NAME_MAX_BYTES ? len : 0;
}

bool tk_sniff_is_type(const char *type)
{
    gsize len = name_length(type);
    if (len == 0 || type[len] != '/')
        return false;
    type += len + 1;
    len = name_length(type);
    return len > 0 && type[len] == '\0';
}

char *tk_sniff_type(const char *declared, const guint8 *bytes, gsize len, bool *lied_r)
{
    gsize end = declared != NULL ? strcspn(declared, "; \t\r\n") : 0;
    g_autofree char *type = g_ascii_strdown(declared != NULL ? declared : "", (gssize)end);
    const char *found = tk_sniff_content(bytes, len);
    if (!tk_sniff_is_type(type) && !says_nothing(type))
        type[0] = '\0';
    bool lied = found != NULL && !says_nothing(type) && contradicts(type, found);
    if (lied_r != NULL)
        *lied_r = lied;
    if (found != NULL && (lied || says_nothing(type)))
        return g_strdup(found);
    return g_strdup(tk_sniff_is_type(type) ? type : "application/octet-stream");
}
