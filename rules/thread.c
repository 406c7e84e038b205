/* thread: which keys of a mail may name a ticket. */
#include "rules/thread.h"

#include <string.h>

/* More digits than a bigint has cannot be a ticket's number. */
enum { MAX_DIGITS = 18 };

/* One "[PREFIX-digits]" in a subject. */
struct token {
    gsize begin, end; /* offsets of '[' and of what follows ']' */
    char *number;
};

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

/* Reads "PREFIX-digits" at AT with one of PREFIXES. Returns what follows and sets *NUMBER_R (owned by the
 * caller; the prefix as configured, so that "inc-42" finds INC-42), or NULL. */
static const char *read_number(const char *at, const char *const *prefixes, char **number_r)
{
    for (gsize i = 0; prefixes[i] != NULL; i++) {
        gsize len = strlen(prefixes[i]);
        if (len == 0 || g_ascii_strncasecmp(at, prefixes[i], len) != 0 || at[len] != '-')
            continue;
        const char *digits = at + len + 1;
        gsize n = strspn(digits, "0123456789");
        if (n == 0 || n > MAX_DIGITS || digits[0] == '0')
            continue;
        *number_r = g_strdup_printf("%s-%.*s", prefixes[i], (int)n, digits);
        return digits + n;
    }
    return NULL;
}

/* Finds the first token of SUBJECT at or after FROM. */
static gboolean next_token(const char *subject, gsize from, const char *const *prefixes,
                           struct token *token_r)
{
    for (const char *open = strchr(subject + from, '['); open != NULL; open = strchr(open + 1, '[')) {
        char *number = NULL;
        const char *after = read_number(skip_blanks(open + 1), prefixes, &number);
        if (after == NULL)
            continue;
        after = skip_blanks(after);
        if (*after == ']') {
            *token_r = (struct token){(gsize)(open - subject), (gsize)(after - subject) + 1, number};
            return TRUE;
        }
        g_free(number);
    }
    return FALSE;
}

static void add_once(GPtrArray *ids, const char *id)
{
    if (*id == '\0' || g_ptr_array_find_with_equal_func(ids, id, g_str_equal, NULL))
        return;
    g_ptr_array_add(ids, g_strdup(id));
}

/* Adds IDS from the newest (the last) to the oldest. Of a long list the last ones are looked up, and the
 * first, where the thread began. */
static void add_newest_first(GPtrArray *keys, const GPtrArray *ids)
{
    for (guint i = ids->len; i > 0 && keys->len < TK_THREAD_MAX_IDS - 1; i--)
        add_once(keys, g_ptr_array_index(ids, i - 1));
    if (ids->len > 0 && keys->len < TK_THREAD_MAX_IDS)
        add_once(keys, g_ptr_array_index(ids, 0));
}

void tk_thread_read(const struct tk_message *message, const char *const *prefixes,
                    struct tk_thread_keys *keys_r)
{
    keys_r->message_ids = g_ptr_array_new_with_free_func(g_free);
    keys_r->number = NULL;
    add_newest_first(keys_r->message_ids, message->in_reply_to);
    add_newest_first(keys_r->message_ids, message->references);

    struct token token;
    for (gsize at = 0; next_token(message->subject, at, prefixes, &token); at = token.end) {
        g_free(keys_r->number);
        keys_r->number = token.number;
    }
}

void tk_thread_clear(struct tk_thread_keys *keys)
{
    g_clear_pointer(&keys->message_ids, g_ptr_array_unref);
    g_clear_pointer(&keys->number, g_free);
}

gboolean tk_thread_has_keys(const struct tk_thread_keys *keys)
{
    return keys->message_ids->len > 0 || keys->number != NULL;
}

char *tk_thread_subject_without_token(const char *subject, const char *const *prefixes)
{
    g_autoptr(GString) out = g_string_new(NULL);
    struct token token;
    gsize at = 0;
    while (next_token(subject, at, prefixes, &token)) {
        g_free(token.number);
        g_string_append_len(out, subject + at, (gssize)(token.begin - at));
        at = token.end;
        if (out->len == 0 || out->str[out->len - 1] == ' ')
            at += strspn(subject + at, " \t");
    }
    g_string_append(out, subject + at);
    return g_strdup(g_strstrip(out->str));
}
