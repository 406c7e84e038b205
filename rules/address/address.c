/* address: strict reading and comparison of mail addresses.
 *
 * Sources: RFC 5321 section 4.1.2 (local part, domain, literals), RFC 6531 section 3.3 (UTF-8 in both), RFC
 * 5890 (A-labels). Owns nothing; pure. Case is folded without looking at the locale. */
#include "rules/address/address.h"

#include <string.h>

/* RFC 5321 section 4.5.3.1.1 and 4.5.3.1.2, in octets. */
#define LOCAL_MAX  64
#define DOMAIN_MAX 255
/* RFC 1035 section 2.3.4. */
#define LABEL_MAX 63

/* An address taken apart. LOCAL is without quotes and escapes, in the case in which it was written. */
struct parts {
    GString *local;
    char *domain; /* folded */
};

static void parts_clear(struct parts *parts)
{
    if (parts->local != NULL)
        g_string_free(parts->local, TRUE);
    g_free(parts->domain);
    parts->local = NULL;
    parts->domain = NULL;
}

/* Format characters are refused with the controls: they change what a reader sees, not what he compares. */
static gboolean is_plain_unichar(gunichar c)
{
    if (c == 0xFFFD)
        return FALSE;
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SPACE_SEPARATOR:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_PRIVATE_USE: return FALSE;
    default: return TRUE; /* GLib's enum, which grows with Unicode */
    }
}

static gboolean is_plain_text(const char *text)
{
    if (!g_utf8_validate(text, -1, NULL))
        return FALSE;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c < 0x80 ? g_ascii_iscntrl((char)c) : !is_plain_unichar(c))
            return FALSE;
    }
    return TRUE;
}

/* RFC 5322 section 3.2.3, with RFC 6531's UTF8-non-ascii. */
static gboolean is_atext(guchar c)
{
    return c >= 0x80 || g_ascii_isalnum((char)c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static gboolean is_dot_atom(const char *text, gsize len)
{
    if (len == 0 || text[0] == '.' || text[len - 1] == '.')
        return FALSE;
    for (gsize i = 0; i < len; i++)
        if (text[i] == '.' ? text[i - 1] == '.' : !is_atext((guchar)text[i]))
            return FALSE;
    return TRUE;
}

/* Lower case without the locale. A letter that is not ASCII never becomes one that is (U+0130, U+212A): that
 * would make two mailboxes equal that are not. */
static void append_lower(GString *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        gunichar lower = g_unichar_tolower(c);
        g_string_append_unichar(out, c >= 0x80 && lower < 0x80 ? c : lower);
    }
}

/* Appends a local part without quotes and escapes as it must be written. */
static void append_local(GString *out, const char *local, gsize len)
{
    if (is_dot_atom(local, len)) {
        g_string_append_len(out, local, (gssize)len);
        return;
    }
    g_string_append_c(out, '"');
    for (gsize i = 0; i < len; i++) {
        if (local[i] == '"' || local[i] == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, local[i]);
    }
    g_string_append_c(out, '"');
}

static gboolean is_ldh_name(const char *name)
{
    gsize total = strlen(name);
    if (total == 0 || total > DOMAIN_MAX)
        return FALSE;
    for (const char *label = name;;) {
        gsize len = strcspn(label, ".");
        if (len == 0 || len > LABEL_MAX || label[0] == '-' || label[len - 1] == '-')
            return FALSE;
        for (gsize i = 0; i < len; i++)
            if (!g_ascii_isalnum(label[i]) && label[i] != '-')
                return FALSE;
        if (label[len] == '\0')
            return TRUE;
        label += len + 1;
    }
}

/* NAME in A-labels. GLib maps more characters than IDNA2008 lets into names (width forms, ideographic dots).
 * Where the way back does not give what was written, the name is none: readers would disagree on it. */
static char *to_a_labels(const char *name)
{
    g_autofree char *ascii = g_hostname_to_ascii(name);
    if (ascii == NULL || !is_ldh_name(ascii))
        return NULL;
    g_autofree char *back = g_hostname_to_unicode(ascii);
    g_autoptr(GString) lower = g_string_new(NULL);
    append_lower(lower, name);
    g_autofree char *composed = g_utf8_normalize(lower->str, -1, G_NORMALIZE_NFC);
    if (back == NULL || composed == NULL || strcmp(back, composed) != 0)
        return NULL;
    return g_ascii_strdown(ascii, -1);
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" in lower case, or NULL. */
static char *fold_literal(const char *text)
{
    gsize len = strlen(text);
    if (len < 3 || text[len - 1] != ']')
        return NULL;
    g_autofree char *inner = g_ascii_strdown(text + 1, (gssize)len - 2);
    gboolean six = g_str_has_prefix(inner, "ipv6:");
    const char *number = six ? inner + 5 : inner;
    if (strchr(number, '%') != NULL || !g_hostname_is_ip_address(number) ||
        (strchr(number, ':') != NULL) != six)
        return NULL;
    return g_strdup_printf("[%s]", inner);
}

/* The folded form of a domain name, or NULL. One dot at the end is taken away. */
static char *fold_name(const char *text)
{
    gsize len = strlen(text);
    if (len == 0 || len > DOMAIN_MAX + 1 || !is_plain_text(text))
        return NULL;
    g_autofree char *name = g_strndup(text, text[len - 1] == '.' ? len - 1 : len);
    if (g_str_is_ascii(name))
        return is_ldh_name(name) ? g_ascii_strdown(name, -1) : NULL;
    return strlen(name) <= DOMAIN_MAX ? to_a_labels(name) : NULL;
}

static char *fold_domain(const char *text)
{
    return text[0] == '[' ? fold_literal(text) : fold_name(text);
}

/* Reads a quoted-string at TEXT into LOCAL. Returns the first byte behind it, or NULL. */
static const char *read_quoted(const char *text, GString *local)
{
    const char *p = text + 1;
    while (*p != '"') {
        if (*p == '\\')
            p++;
        if (*p == '\0')
            return NULL;
        g_string_append_c(local, *p++);
    }
    return p + 1;
}

/* Takes TEXT apart; FALSE where it is no address. */
static gboolean parse(const char *text, struct parts *parts)
{
    parts->local = NULL;
    parts->domain = NULL;
    /* quoting and escapes at most double the local part */
    if (text == NULL || strlen(text) > LOCAL_MAX + 2 + DOMAIN_MAX || !is_plain_text(text) ||
        strstr(text, "=?") != NULL)
        return FALSE;
    GString *local = g_string_new(NULL);
    const char *end;
    if (text[0] == '"') {
        end = read_quoted(text, local);
    } else {
        end = text + strcspn(text, "@");
        g_string_append_len(local, text, end - text);
        if (!is_dot_atom(local->str, local->len))
            end = NULL;
    }
    parts->local = local;
    if (end != NULL && *end == '@' && end - text <= LOCAL_MAX && strstr(local->str, "=?") == NULL)
        parts->domain = fold_domain(end + 1);
    if (parts->domain == NULL)
        parts_clear(parts);
    return parts->domain != NULL;
}

/* The folded address, or NULL where folding made the local part longer than it may be. */
static char *join(const char *local, gsize len, const char *domain)
{
    g_autofree char *cut = g_strndup(local, len);
    g_autoptr(GString) lower = g_string_new(NULL);
    append_lower(lower, cut);
    GString *out = g_string_new(NULL);
    append_local(out, lower->str, lower->len);
    gboolean fits = out->len <= LOCAL_MAX;
    g_string_append_printf(out, "@%s", domain);
    return g_string_free(out, !fits);
}

char *tk_address_from_path(const char *path)
{
    g_autofree char *text = g_strstrip(g_utf8_make_valid(path, -1));
    gsize len = strlen(text);
    if (len >= 2 && text[0] == '<' && text[len - 1] == '>') {
        text[len - 1] = '\0';
        memmove(text, text + 1, len - 1);
    }
    const char *colon = text[0] == '@' ? strchr(text, ':') : NULL;
    return g_strdup(colon != NULL ? colon + 1 : text);
}

char *tk_address_fold(const char *address)
{
    struct parts parts;
    if (!parse(address, &parts))
        return NULL;
    char *folded = join(parts.local->str, parts.local->len, parts.domain);
    parts_clear(&parts);
    return folded;
}

gboolean tk_address_valid(const char *text)
{
    g_autofree char *folded = tk_address_fold(text);
    return folded != NULL;
}

gboolean tk_address_names_somebody(const char *text)
{
    return tk_address_valid(text) && strchr(text, '@') == strrchr(text, '@') &&
           !g_str_has_prefix(text, "\"\"@");
}

char *tk_address_base(const char *address, char delimiter, char **detail_r)
{
    struct parts parts;
    if (!parse(address, &parts))
        return NULL;
    gsize len = parts.local->len;
    char *cut = delimiter != '\0' ? strchr(parts.local->str, delimiter) : NULL;
    if (cut == parts.local->str)
        cut = NULL; /* nothing would be left to be the base */
    if (cut != NULL)
        len = (gsize)(cut - parts.local->str);
    char *base = join(parts.local->str, len, parts.domain);
    if (cut != NULL && base == NULL) {
        /* "aaa...a.+b": what is left needs quotes, and with them it is too long */
        base = join(parts.local->str, parts.local->len, parts.domain);
        cut = NULL;
    }
    if (base != NULL && detail_r != NULL)
        *detail_r = cut != NULL ? g_strdup(cut + 1) : NULL;
    parts_clear(&parts);
    return base;
}

char *tk_address_domain(const char *address)
{
    struct parts parts;
    if (!parse(address, &parts))
        return NULL;
    char *domain = g_steal_pointer(&parts.domain);
    parts_clear(&parts);
    return domain;
}

char *tk_address_domain_pattern(const char *text)
{
    if (text == NULL)
        return NULL;
    if (strcmp(text, "*") == 0)
        return g_strdup(text);
    gboolean below = g_str_has_prefix(text, "*.");
    g_autofree char *name = fold_name(below ? text + 2 : text);
    if (name == NULL)
        return NULL;
    return g_strconcat(below ? "*." : "", name, NULL);
}

gboolean tk_address_domain_in(const char *domain, char *const *patterns)
{
    if (domain == NULL || patterns == NULL)
        return FALSE;
    for (; *patterns != NULL; patterns++) {
        const char *pattern = *patterns;
        if (strcmp(pattern, "*") == 0 || strcmp(pattern, domain) == 0)
            return TRUE;
        /* the dot of "*." is part of what must match */
        if (pattern[0] == '*' && strlen(domain) > strlen(pattern + 1) &&
            g_str_has_suffix(domain, pattern + 1))
            return TRUE;
    }
    return FALSE;
}

gboolean tk_address_in(const char *address, char *const *patterns)
{
    const char *at = address != NULL ? strrchr(address, '@') : NULL;
    if (at == NULL || patterns == NULL)
        return FALSE;
    for (; *patterns != NULL; patterns++) {
        gboolean whole = g_str_has_prefix(*patterns, "*@");
        g_autofree char *folded = whole ? fold_domain(*patterns + 2) : tk_address_fold(*patterns);
        if (folded != NULL && strcmp(folded, whole ? at + 1 : address) == 0)
            return TRUE;
    }
    return FALSE;
}

/* RFC 2142, RFC 3834 section 2, RFC 5230 section 4.6 and what other help desks do not answer. '-', '_' and
 * '.' are taken out before a name is compared. */
static const char *const role_names[] = {
    "abuse", "bounce", "bounces", "listserv", "mailerdaemon", "maildaemon", "majordomo", "postmaster", "root",
};
static const char *const role_squeezed_prefixes[] = {"noreply", "donotreply"};
static const char *const role_prefixes[] = {"owner-", "bounce+", "bounces+"};
static const char *const role_suffixes[] = {"-owner", "-request", "-bounce", "-bounces"};
static const char *const role_inner[] = {"-bounces+", "-bounces="};

gboolean tk_address_is_role(const char *address)
{
    g_autofree char *folded = tk_address_fold(address);
    /* "MAILER-DAEMON" comes without a domain too */
    g_autofree char *local = folded != NULL ? g_strndup(folded, (gsize)(strrchr(folded, '@') - folded))
                             : strchr(address, '@') == NULL ? g_ascii_strdown(address, -1)
                                                            : NULL;
    if (local == NULL)
        return FALSE;
    g_autoptr(GString) squeezed = g_string_new(NULL);
    for (const char *p = local; *p != '\0'; p++)
        if (strchr("-_.", *p) == NULL)
            g_string_append_c(squeezed, *p);
    for (gsize i = 0; i < G_N_ELEMENTS(role_names); i++)
        if (strcmp(squeezed->str, role_names[i]) == 0)
            return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(role_squeezed_prefixes); i++)
        if (g_str_has_prefix(squeezed->str, role_squeezed_prefixes[i]))
            return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(role_prefixes); i++)
        if (g_str_has_prefix(local, role_prefixes[i]))
            return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(role_suffixes); i++)
        if (g_str_has_suffix(local, role_suffixes[i]))
            return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(role_inner); i++)
        if (strstr(local, role_inner[i]) != NULL)
            return TRUE;
    return FALSE;
}
