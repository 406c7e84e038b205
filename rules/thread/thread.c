/* thread: which keys of a mail may name a ticket. */
#include "rules/thread/thread.h"

#include <string.h>

#include "rules/base/phrase.h"

/* More digits than a bigint has cannot be a ticket's number. */
enum { MAX_DIGITS = 18 };

/* Of a subject so much is read, and so much of what it is about is compared: that of a ticket may be cut. */
#define SUBJECT_BYTES 998
#define TOPIC_BYTES   500

/* One "[PREFIX-digits]" in a subject. */
struct mark {
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
static gboolean next_mark(const char *subject, gsize from, const char *const *prefixes, struct mark *mark_r)
{
    for (const char *open = strchr(subject + from, '['); open != NULL; open = strchr(open + 1, '[')) {
        char *number = NULL;
        const char *after = read_number(skip_blanks(open + 1), prefixes, &number);
        if (after == NULL)
            continue;
        after = skip_blanks(after);
        if (*after == ']') {
            *mark_r = (struct mark){(gsize)(open - subject), (gsize)(after - subject) + 1, number};
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

static gboolean is_known(const GArray *tokens, const struct tk_token *token)
{
    for (guint i = 0; i < tokens->len; i++) {
        const struct tk_token *other = &g_array_index(tokens, struct tk_thread_token, i).token;
        if (other->ticket_id == token->ticket_id && memcmp(other->tag, token->tag, sizeof other->tag) == 0)
            return TRUE;
    }
    return FALSE;
}

static void add_token(const struct tk_thread_input *input, const char *text, gboolean in_address,
                      struct tk_thread_keys *keys)
{
    if (text == NULL || keys->tokens->len == TK_THREAD_MAX_TOKENS)
        return;
    struct tk_thread_token found = {.in_address = in_address};
    enum tk_status status = tk_token_read(input->token_keys, &input->scope, text, &found.token);
    if (status == TK_REFUSED)
        keys->foreign++;
    else if (status == TK_OK && !is_known(keys->tokens, &found.token))
        g_array_append_val(keys->tokens, found);
}

static void add_token_of_id(const struct tk_thread_input *input, const char *message_id,
                            struct tk_thread_keys *keys)
{
    g_autofree char *text = tk_token_in_message_id(message_id, input->scope.installation);
    add_token(input, text, FALSE, keys);
}

static void read_tokens(const struct tk_thread_input *input, struct tk_thread_keys *keys)
{
    if (input->token_keys == NULL)
        return;
    for (guint i = 0; input->details != NULL && i < MIN(input->details->len, TK_THREAD_MAX_TOKENS); i++)
        add_token(input, tk_token_in_detail(g_ptr_array_index(input->details, i)), TRUE, keys);
    if (input->reported_id != NULL)
        add_token_of_id(input, input->reported_id, keys);
    for (guint i = 0; i < keys->message_ids->len; i++)
        add_token_of_id(input, g_ptr_array_index(keys->message_ids, i), keys);
}

void tk_thread_read(const struct tk_thread_input *input, struct tk_thread_keys *keys_r)
{
    const struct tk_message *message = input->message;
    *keys_r = (struct tk_thread_keys){.tokens = g_array_new(FALSE, FALSE, sizeof(struct tk_thread_token)),
                                      .message_ids = g_ptr_array_new_with_free_func(g_free)};
    add_newest_first(keys_r->message_ids, message->in_reply_to);
    add_newest_first(keys_r->message_ids, message->references);
    read_tokens(input, keys_r);

    struct mark mark;
    for (gsize at = 0; next_mark(message->subject, at, input->prefixes, &mark); at = mark.end) {
        g_free(keys_r->number);
        keys_r->number = mark.number;
    }
}

void tk_thread_clear(struct tk_thread_keys *keys)
{
    g_clear_pointer(&keys->tokens, g_array_unref);
    g_clear_pointer(&keys->message_ids, g_ptr_array_unref);
    g_clear_pointer(&keys->number, g_free);
}

gboolean tk_thread_has_keys(const struct tk_thread_keys *keys)
{
    return keys->tokens->len > 0 || keys->message_ids->len > 0 || keys->number != NULL;
}

char *tk_thread_subject_without_token(const char *subject, const char *const *prefixes)
{
    g_autoptr(GString) out = g_string_new(NULL);
    struct mark mark;
    gsize at = 0;
    while (next_mark(subject, at, prefixes, &mark)) {
        g_free(mark.number);
        g_string_append_len(out, subject + at, (gssize)(mark.begin - at));
        at = mark.end;
        if (out->len == 0 || out->str[out->len - 1] == ' ')
            at += strspn(subject + at, " \t");
    }
    g_string_append(out, subject + at);
    return g_strdup(g_strstrip(out->str));
}

/* What the subject is about, folded. */
static char *topic(const char *subject, const char *const *prefixes)
{
    g_autofree char *bare = tk_thread_subject_without_token(subject, prefixes);
    g_autofree char *folded = tk_phrase_fold(bare, SUBJECT_BYTES);
    return g_strdup(tk_phrase_after_answers(folded));
}

gboolean tk_thread_same_topic(const char *one, const char *other, const char *const *prefixes)
{
    g_autofree char *first = topic(one, prefixes);
    g_autofree char *second = topic(other, prefixes);
    return *first == '\0' || *second == '\0' || strncmp(first, second, TOPIC_BYTES) == 0;
}
