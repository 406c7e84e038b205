/* authres: what the own MTA's filters found out about the sender (RFC 8601 section 2.2).
 *
 * Owns nothing beyond a call. Cannot fail: what cannot be read is a problem, and with a problem nothing has
 * passed. */
#include "rules/sender/authres.h"

#include <string.h>

#include "rules/address/address.h"

/* Fields of trusted ids in one mail: each filter writes one, and a site has a handful of filters. */
#define MAX_FIELDS 50
/* Results in one field: one for each method and each DKIM signature; verifiers stop at far fewer. */
#define MAX_RESULTS 100
/* Octets in one field: a hundred results of usual length. */
#define MAX_FIELD_BYTES 16384
/* Names of methods and properties; the longest registered ones have 20 octets. */
#define MAX_NAME 64

/* One field as it is read. */
struct cursor {
    const char *at;
    const char *problem; /* static; set once, and then nothing more is read */
};

/* One value, unquoted. */
struct value {
    GString *text;
    gboolean quoted;
};

enum method { METHOD_OTHER, METHOD_SPF, METHOD_DKIM, METHOD_DMARC };

/* One result with the properties that count, which never reach into the next one. */
struct clause {
    enum method method;
    enum tk_authres_result result;
    char *domain; /* folded; of the property that names the checked domain, or NULL */
    gboolean named, helo, twice;
};

struct reader {
    struct tk_authres *authres;
    char *from_domain; /* folded, or NULL */
    guint fields;
};

static gboolean stop(struct cursor *cursor, const char *problem)
{
    if (cursor->problem == NULL)
        cursor->problem = problem;
    return FALSE;
}

static gboolean is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static gboolean at_end(const struct cursor *cursor)
{
    return *cursor->at == '\0' || *cursor->at == ';';
}

/* Goes over blanks and comments, which nest and may hold quoted characters (RFC 5322 section 3.2.2). */
static gboolean skip_blanks(struct cursor *cursor)
{
    gsize depth = 0;
    for (; *cursor->at != '\0'; cursor->at++) {
        char c = *cursor->at;
        if (c == '(') {
            depth++;
        } else if (depth == 0) {
            if (!is_blank(c))
                return TRUE;
        } else if (c == ')') {
            depth--;
        } else if (c == '\\' && cursor->at[1] != '\0') {
            cursor->at++;
        }
    }
    return depth == 0 || stop(cursor, "a comment without an end");
}

/* Reads a keyword into TEXT, in lower case (RFC 5321: Let-dig and hyphens; the registry has underscores). */
static gboolean read_keyword(struct cursor *cursor, GString *text)
{
    const char *start = cursor->at;
    for (; g_ascii_isalnum(*cursor->at) || *cursor->at == '-' || *cursor->at == '_'; cursor->at++)
        g_string_append_c(text, g_ascii_tolower(*cursor->at));
    if (cursor->at == start || text->len > MAX_NAME)
        return stop(cursor, "a name that is none");
    return TRUE;
}

/* Reads "method", "method/version", "reason" or "ptype.property" and the "=" behind it. */
static gboolean read_name(struct cursor *cursor, GString *name)
{
    g_string_truncate(name, 0);
    if (!read_keyword(cursor, name) || !skip_blanks(cursor))
        return FALSE;
    if (*cursor->at == '.' || *cursor->at == '/') {
        g_string_append_c(name, *cursor->at++);
        if (!skip_blanks(cursor) || !read_keyword(cursor, name) || !skip_blanks(cursor))
            return FALSE;
    }
    if (*cursor->at != '=')
        return stop(cursor, "a name without a value");
    cursor->at++;
    return skip_blanks(cursor);
}

static gboolean read_quoted(struct cursor *cursor, GString *text)
{
    for (cursor->at++; *cursor->at != '\0' && *cursor->at != '"'; cursor->at++) {
        if (*cursor->at == '\\' && cursor->at[1] != '\0')
            cursor->at++;
        g_string_append_c(text, *cursor->at);
    }
    if (*cursor->at == '\0')
        return stop(cursor, "quotes without an end");
    cursor->at++;
    return TRUE;
}

/* Reads a value: plain and quoted pieces without anything between them ("a b"@acme.example). Plain ones are
 * taken wider than RFC 8601 has them, since "=", "/" and ":" are written bare (header.b, addresses). */
static gboolean read_value(struct cursor *cursor, struct value *value)
{
    const char *start = cursor->at;
    g_string_truncate(value->text, 0);
    value->quoted = FALSE;
    while (!at_end(cursor) && !is_blank(*cursor->at) && *cursor->at != '(') {
        if (*cursor->at == '"') {
            value->quoted = TRUE;
            if (!read_quoted(cursor, value->text))
                return FALSE;
        } else if (*cursor->at == ')' || *cursor->at == '\\') {
            return stop(cursor, "a stray bracket or backslash");
        } else {
            g_string_append_c(value->text, *cursor->at++);
        }
    }
    return cursor->at > start || stop(cursor, "a name without a value");
}

static enum method method_of(const char *name)
{
    /* Version 1 is the only one, and may be written. */
    if (strcmp(name, "spf") == 0 || strcmp(name, "spf/1") == 0)
        return METHOD_SPF;
    if (strcmp(name, "dkim") == 0 || strcmp(name, "dkim/1") == 0)
        return METHOD_DKIM;
    if (strcmp(name, "dmarc") == 0 || strcmp(name, "dmarc/1") == 0)
        return METHOD_DMARC;
    return METHOD_OTHER;
}

static gboolean claims_method(const char *name)
{
    return g_str_has_prefix(name, "spf/") || g_str_has_prefix(name, "dkim/") ||
           g_str_has_prefix(name, "dmarc/") || method_of(name) != METHOD_OTHER;
}

static enum tk_authres_result result_of(const struct value *value)
{
    if (!value->quoted && g_ascii_strcasecmp(value->text->str, "pass") == 0)
        return TK_AUTHRES_PASS;
    if (!value->quoted && g_ascii_strcasecmp(value->text->str, "none") == 0)
        return TK_AUTHRES_NONE;
    return TK_AUTHRES_FAIL;
}

/* The folded domain of a property: what follows the last "@", or all of it. */
static char *domain_of(const char *text)
{
    const char *at = strrchr(text, '@');
    const char *name = at != NULL ? at + 1 : text;
    return strchr(name, '*') == NULL ? tk_address_domain_pattern(name) : NULL;
}

static void take_property(struct clause *clause, const char *name, const struct value *value)
{
    static const char *const wanted[] = {[METHOD_OTHER] = "",
                                         [METHOD_SPF] = "smtp.mailfrom",
                                         [METHOD_DKIM] = "header.d",
                                         [METHOD_DMARC] = "header.from"};
    if (clause->method == METHOD_SPF && strcmp(name, "smtp.helo") == 0)
        clause->helo = TRUE;
    if (strcmp(name, wanted[clause->method]) != 0)
        return;
    clause->twice = clause->twice || clause->named;
    clause->named = TRUE;
    g_free(clause->domain);
    clause->domain = domain_of(value->text->str);
}

/* Reads one result up to its ";" or the end. */
static gboolean read_clause(struct cursor *cursor, GString *name, struct value *value, struct clause *clause)
{
    if (!read_name(cursor, name) || !read_value(cursor, value))
        return FALSE;
    clause->method = method_of(name->str);
    if (clause->method == METHOD_OTHER && claims_method(name->str))
        return stop(cursor, "a method in a version that is not known");
    clause->result = result_of(value);
    while (skip_blanks(cursor) && !at_end(cursor)) {
        if (!read_name(cursor, name) || !read_value(cursor, value))
            return FALSE;
        /* Results are divided by ";": one among the properties of another is somebody's text. */
        if (claims_method(name->str))
            return stop(cursor, "a result among the properties of another");
        take_property(clause, name->str, value);
    }
    /* Of two that differ neither is known to be the checked one. */
    if (clause->twice)
        g_clear_pointer(&clause->domain, g_free);
    return cursor->problem == NULL;
}

/* Whether what was checked for DOMAIN speaks for the From domain: the same, or a parent of it, which rules
 * over its names. A parent of one label would be a whole country. */
static gboolean is_aligned(const char *domain, const char *from_domain)
{
    if (domain == NULL || from_domain == NULL)
        return FALSE;
    if (strcmp(domain, from_domain) == 0)
        return TRUE;
    gsize len = strlen(domain), from_len = strlen(from_domain);
    return strchr(domain, '.') != NULL && from_len > len && from_domain[from_len - len - 1] == '.' &&
           strcmp(from_domain + from_len - len, domain) == 0;
}

static void keep(struct tk_authres_finding *finding, enum tk_authres_result result, struct clause *clause)
{
    g_free(finding->domain);
    finding->result = result;
    finding->domain = g_steal_pointer(&clause->domain);
}

/* A pass for another domain is none for this one: it must not stand above a failure or heal one. */
static void add_dmarc(struct reader *reader, struct clause *clause)
{
    static const guint badness[] = {
        [TK_AUTHRES_ABSENT] = 0, [TK_AUTHRES_PASS] = 1, [TK_AUTHRES_NONE] = 2, [TK_AUTHRES_FAIL] = 3};
    struct tk_authres_finding *finding = &reader->authres->dmarc;
    enum tk_authres_result result = clause->result;
    if (result == TK_AUTHRES_PASS && g_strcmp0(clause->domain, reader->from_domain) != 0)
        result = TK_AUTHRES_FAIL;
    if (badness[result] > badness[finding->result])
        keep(finding, result, clause);
}

/* The name of HELO is not the sender's domain, so a result for it says nothing here. */
static void add_spf(struct reader *reader, struct clause *clause)
{
    struct tk_authres_finding *finding = &reader->authres->spf;
    if (clause->helo && !clause->named)
        return;
    gboolean good = clause->result == TK_AUTHRES_PASS && is_aligned(clause->domain, reader->from_domain);
    gboolean was_good = finding->result == TK_AUTHRES_PASS &&
                        is_aligned(finding->domain, reader->from_domain);
    if (finding->result == TK_AUTHRES_ABSENT || (was_good && !good))
        keep(finding, clause->result, clause);
}

static void add_dkim(struct reader *reader, struct clause *clause)
{
    struct tk_authres_finding *finding = &reader->authres->dkim;
    gboolean good = clause->result == TK_AUTHRES_PASS && is_aligned(clause->domain, reader->from_domain);
    gboolean was_good = finding->result == TK_AUTHRES_PASS &&
                        is_aligned(finding->domain, reader->from_domain);
    gboolean better = clause->result == TK_AUTHRES_PASS && finding->result != TK_AUTHRES_PASS;
    if (finding->result == TK_AUTHRES_ABSENT || (!was_good && (good || better)))
        keep(finding, clause->result, clause);
}

static void add_clause(struct reader *reader, struct clause *clause)
{
    switch (clause->method) {
    case METHOD_SPF: add_spf(reader, clause); break;
    case METHOD_DKIM: add_dkim(reader, clause); break;
    case METHOD_DMARC: add_dmarc(reader, clause); break;
    case METHOD_OTHER: break;
    }
    g_clear_pointer(&clause->domain, g_free);
}

/* The length of the trusted authserv-id that TEXT starts with, 0 where there is none. Only the plain form
 * counts: an id in quotes, behind a comment or with one grown to it ("example.net(.example.com") is what
 * passes an MTA that takes away forged fields by their text. */
static gsize trusted_id(const char *text, char *const *trusted)
{
    gsize len = strcspn(text, " \t;");
    for (; trusted != NULL && *trusted != NULL; trusted++) {
        if (len > 0 && strlen(*trusted) == len && g_ascii_strncasecmp(text, *trusted, len) == 0)
            return len;
    }
    return 0;
}

/* Reads "[version] *( ; result )"; "none" alone stands for no result. */
static void read_results(struct reader *reader, struct cursor *cursor)
{
    g_autoptr(GString) name = g_string_new(NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    struct value value = {.text = text};
    if (!skip_blanks(cursor))
        return;
    if (*cursor->at == '1') {
        cursor->at++;
        if (!skip_blanks(cursor))
            return;
    }
    if (!at_end(cursor)) {
        stop(cursor, "text behind the authserv-id");
        return;
    }
    for (guint count = 0; *cursor->at == ';'; count++) {
        struct clause clause = {0};
        cursor->at++;
        if (!skip_blanks(cursor))
            return;
        if (at_end(cursor))
            continue;
        if (count >= MAX_RESULTS) {
            stop(cursor, "too many results");
            return;
        }
        if (g_ascii_strncasecmp(cursor->at, "none", 4) == 0) {
            struct cursor behind = {.at = cursor->at + 4};
            if (skip_blanks(&behind) && at_end(&behind)) {
                cursor->at = behind.at;
                continue;
            }
        }
        if (read_clause(cursor, name, &value, &clause))
            add_clause(reader, &clause);
        g_free(clause.domain);
        if (cursor->problem != NULL)
            return;
    }
}

static void read_field(struct reader *reader, const struct tk_header *header, gsize id_len)
{
    struct cursor cursor = {.at = header->raw + id_len};
    if (++reader->fields > MAX_FIELDS)
        stop(&cursor, "too many fields");
    else if (header->odd)
        stop(&cursor, "a field that no filter writes");
    else if (strlen(header->raw) > MAX_FIELD_BYTES)
        stop(&cursor, "a field that is too long");
    else
        read_results(reader, &cursor);
    if (reader->authres->problem == NULL)
        reader->authres->problem = cursor.problem;
}

static enum tk_tri judge(const struct reader *reader, enum tk_authres_by *by_r)
{
    const struct tk_authres *authres = reader->authres;
    if (reader->fields == 0)
        return TK_UNKNOWN;
    if (authres->problem != NULL || reader->from_domain == NULL)
        return TK_NO;
    if (authres->dmarc.result == TK_AUTHRES_PASS || authres->dmarc.result == TK_AUTHRES_FAIL)
        *by_r = TK_AUTHRES_BY_DMARC; /* what the domain's owner asks for is not healed by the others */
    else if (authres->dkim.result == TK_AUTHRES_PASS && is_aligned(authres->dkim.domain, reader->from_domain))
        *by_r = TK_AUTHRES_BY_DKIM;
    else if (authres->spf.result == TK_AUTHRES_PASS && is_aligned(authres->spf.domain, reader->from_domain))
        *by_r = TK_AUTHRES_BY_SPF;
    else
        return TK_NO;
    return authres->dmarc.result == TK_AUTHRES_FAIL ? TK_NO : TK_YES;
}

void tk_authres_read(const struct tk_message *message, char *const *trusted, struct tk_authres *authres_r)
{
    struct tk_authres authres = {.verdict = TK_UNKNOWN};
    struct reader reader = {.authres = &authres};
    /* Of several authors none is the one that was checked. */
    if (message->from_problem == NULL && message->from != NULL)
        reader.from_domain = tk_address_domain(message->from->address);
    for (guint i = 0; i < message->headers->len; i++) {
        const struct tk_header *header = g_ptr_array_index(message->headers, i);
        if (g_ascii_strcasecmp(header->name, "Authentication-Results") != 0)
            continue;
        gsize id_len = trusted_id(header->raw, trusted);
        if (id_len > 0)
            read_field(&reader, header, id_len);
    }
    /* A result that is not seen may be the one that failed. */
    if (authres.problem == NULL && reader.fields > 0 && tk_message_has_flag(message, "headers_left_out"))
        authres.problem = "a header that was not read to its end";
    authres.verdict = judge(&reader, &authres.decided_by);
    g_free(reader.from_domain);
    *authres_r = authres;
}

void tk_authres_clear(struct tk_authres *authres)
{
    g_clear_pointer(&authres->spf.domain, g_free);
    g_clear_pointer(&authres->dkim.domain, g_free);
    g_clear_pointer(&authres->dmarc.domain, g_free);
}
