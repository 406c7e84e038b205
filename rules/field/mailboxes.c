/* mailboxes: address fields read into mailboxes (RFC 5322 section 3.4), with what stands in the way of taking
 * one for an identity.
 *
 * Owns nothing beyond a call. Cannot fail: what is no address becomes a name. One pass over the characters
 * collects the pieces of a mailbox (words, what is in <>); a comma ends it. */
#include "rules/field/mailboxes.h"

#include <string.h>

#include "rules/field/headers.h"

struct reader {
    GPtrArray *mailboxes;
    guint max;
    guint *marks;
    struct tk_mailboxes_facts facts;
    /* the mailbox that is being read */
    GString *words, *angle;
    GString *carried; /* words of a name that an unquoted comma cut: "Doe, Jane <jane@example.org>" */
    GString *comment; /* the last comment of the mailbox, and how many octets of words came before it */
    gsize comment_at;
    guint angles;
    gboolean in_angle, after_angle;
    struct tk_headers_search search;
};

void tk_mailboxes_free_one(gpointer mailbox)
{
    struct tk_mailbox *gone = mailbox;

    g_free(gone->name);
    g_free(gone->comment);
    g_free(gone->address);
    g_free(gone);
}

static void add(struct reader *reader, const char *name, const char *comment, const char *address)
{
    struct tk_mailbox *mailbox;

    if (reader->mailboxes->len == reader->max) {
        reader->facts.cut = TRUE;
        return;
    }
    mailbox = g_new0(struct tk_mailbox, 1);
    mailbox->name = tk_headers_decode(name, reader->marks);
    mailbox->comment = comment != NULL ? tk_headers_decode(comment, reader->marks) : NULL;
    mailbox->address = tk_headers_one_line(g_strdup(address));
    if (strchr(mailbox->name, '<') != NULL && strchr(mailbox->name, '@') != NULL &&
        strstr(name, "=?") != NULL)
        reader->facts.encoded = TRUE;
    g_ptr_array_add(reader->mailboxes, mailbox);
}

/* What is in <>: a source route goes (RFC 5321 appendix C), blanks around and inside too. */
static char *clean_angle(const char *text)
{
    const char *colon;
    GString *out = g_string_new(NULL);

    text += strspn(text, " \t<");
    colon = *text == '@' ? strrchr(text, ':') : NULL;
    if (g_ascii_strncasecmp(text, "mailto:", 7) == 0)
        text += 7;
    else if (colon != NULL)
        text = colon + 1;
    for (gboolean quoted = FALSE; *text != '\0'; text++) {
        if (*text == '"')
            quoted = !quoted;
        if (quoted || strchr(" \t>", *text) == NULL)
            g_string_append_c(out, *text);
    }
    return g_string_free(out, FALSE);
}

/* Words without <>: the word with the "@" is the address, the others are a name. Where there are none,
 * COMMENT is the name (RFC 5322 section 3.4, last paragraph). */
static void add_bare(struct reader *reader, const char *comment)
{
    g_auto(GStrv) words = g_strsplit_set(reader->words->str, " \t", -1);
    g_autoptr(GString) name = g_string_new(reader->carried->str);
    const char *address = NULL;

    for (guint i = 0; words[i] != NULL; i++) {
        if (*words[i] == '\0')
            continue;
        if (strchr(words[i], '@') != NULL && !g_str_has_prefix(words[i], "=?")) {
            if (address != NULL)
                reader->facts.odd = TRUE;
            address = words[i];
            continue;
        }
        g_string_append_printf(name, "%s%s", name->len > 0 ? " " : "", words[i]);
    }
    if (address == NULL) { /* "MAILER-DAEMON" names somebody; it is no address */
        add(reader, name->str, NULL, "");
        return;
    }
    if (name->len > 0)
        reader->facts.odd = TRUE;
    add(reader, name->str, name->len == 0 ? comment : NULL, address);
}

/* "user @ example.org" (RFC 5322 section 4.4) is one address. */
static void close_blanks(GString *words)
{
    const char *at = strchr(words->str, '@');
    gsize before, start;

    if (at == NULL)
        return;
    before = (gsize)(at - words->str);
    g_string_erase(words, (gssize)before + 1, (gssize)strspn(at + 1, " \t"));
    for (start = before; start > 0 && strchr(" \t", words->str[start - 1]) != NULL;)
        start--;
    g_string_erase(words, (gssize)start, (gssize)(before - start));
}

static gboolean no_address_yet(const struct reader *reader)
{
    return reader->angles == 0 && strchr(reader->words->str, '@') == NULL;
}

static void clear(struct reader *reader)
{
    g_string_truncate(reader->words, 0);
    g_string_truncate(reader->angle, 0);
    g_string_truncate(reader->comment, 0);
    reader->angles = 0;
    reader->in_angle = reader->after_angle = FALSE;
}

static void strip(GString *text)
{
    g_strstrip(text->str);
    text->len = strlen(text->str);
}

static void end_mailbox(struct reader *reader)
{
    gboolean behind = reader->comment->len > 0 &&
                      memchr(reader->words->str, '@', MIN(reader->comment_at, reader->words->len)) != NULL;

    strip(reader->words);
    if (reader->angles > 0) {
        g_autofree char *address = clean_angle(reader->angle->str);
        g_autoptr(GString) name = g_string_new(reader->carried->str);

        if (name->len > 0 && reader->words->len > 0)
            g_string_append_c(name, ' ');
        g_string_append(name, reader->words->str);
        add(reader, name->str, NULL, address);
        g_string_truncate(reader->carried, 0);
    } else if (reader->words->len > 0) {
        close_blanks(reader->words);
        add_bare(reader, behind ? reader->comment->str : NULL);
        g_string_truncate(reader->carried, 0);
    }
    clear(reader);
}

/* A comma after words that hold no address belongs to a name, where an address follows. */
static void at_comma(struct reader *reader)
{
    if (!no_address_yet(reader)) {
        end_mailbox(reader);
        return;
    }
    strip(reader->words);
    if (reader->words->len == 0)
        return;
    if (reader->carried->len > 0)
        g_string_append_c(reader->carried, ' ');
    g_string_append_printf(reader->carried, "%s,", reader->words->str);
    clear(reader);
}

static void at_colon(struct reader *reader)
{
    strip(reader->words);
    if (g_ascii_strcasecmp(reader->words->str, "mailto") != 0)
        reader->facts.group = TRUE;
    g_string_truncate(reader->carried, 0);
    clear(reader);
}

/* Copies a quoted string without its quotes. A quoted local part keeps them, with what is in front of the
 * next blank or sign as its domain. Returns what follows. */
static const char *read_quoted(struct reader *reader, const char *p)
{
    GString *to = reader->in_angle ? reader->angle : reader->words;
    const char *end = p + 1;

    while (*end != '\0' && *end != '"')
        end += *end == '\\' && end[1] != '\0' ? 2 : 1;
    if (*end == '"' && end[1] == '@') {
        end += 1 + strcspn(end + 1, " \t,;<>()");
        if (!reader->in_angle) {
            reader->facts.odd = reader->facts.odd || reader->angles > 0;
            reader->angles++;
            reader->after_angle = TRUE;
        }
        g_string_append_len(reader->angle, p, end - p);
        return end;
    }
    for (p++; p < end; p++) {
        if (*p == '\\' && p + 1 < end)
            p++;
        g_string_append_c(to, *p);
    }
    return *end == '"' ? end + 1 : end;
}

/* Keeps the text of a comment, without its backslashes; nothing where it has no end. Returns what follows. */
static const char *read_comment(struct reader *reader, const char *p)
{
    guint depth = 0;

    g_string_truncate(reader->comment, 0);
    reader->comment_at = reader->words->len;
    for (; *p != '\0'; p++) {
        if (*p == '(' && depth++ == 0)
            continue;
        if (*p == ')' && --depth == 0) {
            strip(reader->comment);
            return p + 1;
        }
        if (*p == '\\' && p[1] != '\0')
            p++;
        g_string_append_c(reader->comment, *p);
    }
    g_string_truncate(reader->comment, 0);
    return p;
}

static const char *read_one(struct reader *reader, const char *p)
{
    gsize word = reader->in_angle ? 0 : tk_headers_encoded_word(&reader->search, p);

    if (word > 0) {
        g_string_append_len(reader->words, p, word);
        return p + word;
    }
    switch (*p) {
    case '"': return read_quoted(reader, p);
    case '(': return read_comment(reader, p);
    case '<':
        if (reader->angles++ > 0) { /* a second address without a comma */
            end_mailbox(reader);
            reader->angles = 1;
            reader->facts.odd = TRUE;
        }
        reader->in_angle = TRUE;
        return p + 1;
    case '>':
        reader->after_angle = reader->in_angle;
        reader->in_angle = FALSE;
        return p + 1;
    default: break;
    }
    if (reader->in_angle) {
        g_string_append_c(reader->angle, *p);
        return p + 1;
    }
    switch (*p) {
    case ',': at_comma(reader); return p + 1;
    case ';': end_mailbox(reader); return p + 1;
    case ':': at_colon(reader); return p + 1;
    default: break;
    }
    if (reader->after_angle && *p != ' ' && *p != '\t') { /* "<a@example.org>b@example.net" */
        end_mailbox(reader);
        reader->facts.odd = TRUE;
    }
    g_string_append_c(reader->words, *p);
    return p + 1;
}

static GPtrArray *read_all(const char *value, guint max, guint *marks, struct tk_mailboxes_facts *facts_r)
{
    struct reader reader = {
        .mailboxes = g_ptr_array_new_with_free_func(tk_mailboxes_free_one),
        .max = max,
        .marks = marks,
        .words = g_string_new(NULL),
        .angle = g_string_new(NULL),
        .carried = g_string_new(NULL),
        .comment = g_string_new(NULL),
    };

    for (const char *p = value; *p != '\0' && !reader.facts.cut;)
        p = read_one(&reader, p);
    if (reader.angles == 0 && reader.words->len == 0 && reader.carried->len > 0) {
        g_string_truncate(reader.carried, reader.carried->len - 1);
        add(&reader, reader.carried->str, NULL, "");
    } else {
        end_mailbox(&reader);
    }
    g_string_free(reader.words, TRUE);
    g_string_free(reader.angle, TRUE);
    g_string_free(reader.carried, TRUE);
    g_string_free(reader.comment, TRUE);
    *facts_r = reader.facts;
    return reader.mailboxes;
}

/* A whole address in an encoded word is no address (RFC 2047 section 5); it is shown, never trusted. */
static void look_into_encoded(GPtrArray *mailboxes, guint *marks, struct tk_mailboxes_facts *facts)
{
    struct tk_mailboxes_facts inner;
    g_autoptr(GPtrArray) inside = NULL;
    const struct tk_mailbox *only;

    if (mailboxes->len != 1)
        return;
    only = g_ptr_array_index(mailboxes, 0);
    if (*only->address != '\0' || strchr(only->name, '@') == NULL)
        return;
    facts->encoded = TRUE;
    inside = read_all(only->name, 2, marks, &inner);
    if (inside->len != 1 || *((struct tk_mailbox *)g_ptr_array_index(inside, 0))->address == '\0')
        return;
    g_ptr_array_set_size(mailboxes, 0);
    g_ptr_array_add(mailboxes, g_ptr_array_steal_index(inside, 0));
}

GPtrArray *tk_mailboxes_parse(const char *value, guint max, guint *marks, struct tk_mailboxes_facts *facts_r)
{
    struct tk_mailboxes_facts facts;
    GPtrArray *mailboxes = read_all(value, max, marks, &facts);

    if (strstr(value, "=?") != NULL)
        look_into_encoded(mailboxes, marks, &facts);
    if (facts_r != NULL)
        *facts_r = facts;
    return mailboxes;
}
