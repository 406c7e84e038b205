/* effects: what has to be done to the mail for the verdicts of its channels. */
#include "rules/decide/effects.h"

#include <string.h>

#include "rules/address/address.h"
#include "rules/base/text.h"

#define MARK_PREFIX   "X-Ticket-"
#define MARK_LOOP     "X-Ticket-Loop"
#define MARK_VERDICT  "X-Ticket-Verdict"
#define MARK_NUMBER   "X-Ticket-Id"
#define MARK_EVIDENCE "X-Ticket-Evidence"

/* RFC 3461: no report about a copy that the sender never asked for; a full success mailbox must not say "user
 * unknown" to the sender. */
#define NO_REPORT "NOTIFY=NEVER"

static void free_edit(gpointer data)
{
    struct tk_edit *edit = data;
    g_free(edit->name);
    g_free(edit->value);
    g_free(edit->arguments);
    g_free(edit);
}

GPtrArray *tk_effects_new(void)
{
    return g_ptr_array_new_with_free_func(free_edit);
}

static struct tk_edit *add_edit(GPtrArray *edits, enum tk_edit_kind kind, const char *name, const char *value)
{
    struct tk_edit *edit = g_new0(struct tk_edit, 1);
    edit->kind = kind;
    edit->name = g_strdup(name);
    edit->value = g_strdup(value);
    g_ptr_array_add(edits, edit);
    return edit;
}

static const struct tk_folder *folder_of(const struct tk_effects_answer *answer)
{
    switch (answer->verdict) {
    case TK_VERDICT_TICKET:
    case TK_VERDICT_NOTE:
    case TK_VERDICT_DUPLICATE: return &answer->channel->success;
    case TK_VERDICT_EXCLUDE: return &answer->channel->exclude;
    case TK_VERDICT_FAIL:
    case TK_VERDICT_REJECT:
    case TK_VERDICT_LATER: return &answer->channel->fail;
    }
    return &answer->channel->fail;
}

/* Whether the folder's address gets the mail anyhow, as a recipient of its own or from an earlier channel. */
static gboolean has_recipient(const struct tk_effects_mail *mail, const GPtrArray *edits, const char *address)
{
    g_autofree char *wanted = tk_address_fold(address);
    for (gsize i = 0; i < mail->n_rcpts; i++) {
        if (mail->rcpts[i].channel != NULL)
            continue;
        g_autofree char *path = tk_address_from_path(mail->rcpts[i].as_received);
        g_autofree char *folded = tk_address_fold(path);
        if (folded != NULL && g_strcmp0(folded, wanted) == 0)
            return TRUE;
    }
    for (guint i = 0; i < edits->len; i++) {
        const struct tk_edit *edit = g_ptr_array_index(edits, i);
        if (edit->kind != TK_EDIT_ADD_RCPT)
            continue;
        g_autofree char *path = tk_address_from_path(edit->value);
        g_autofree char *folded = tk_address_fold(path);
        if (g_strcmp0(folded, wanted) == 0)
            return TRUE;
    }
    return FALSE;
}

static void remove_recipient(const char *as_received, GPtrArray *edits)
{
    (void)add_edit(edits, TK_EDIT_REMOVE_RCPT, NULL, as_received);
    /* RFC 5321 section 4.1.1.3: a source route is ignored. Postfix shows it, and keeps the address without
     * it. */
    if (g_str_has_prefix(as_received, "<@") || as_received[0] == '@') {
        g_autofree char *address = tk_address_from_path(as_received);
        g_autofree char *path = g_strdup_printf("<%s>", address);
        (void)add_edit(edits, TK_EDIT_REMOVE_RCPT, NULL, path);
    }
}

/* Returns whether somebody still gets the mail by this channel. */
static gboolean move_recipients(const struct tk_effects_mail *mail, const struct tk_effects_answer *answer,
                                GPtrArray *edits)
{
    const struct tk_folder *folder = folder_of(answer);
    /* A refused mail of which the database holds nothing (a channel that was never published, a mail that it
     * takes in no form) must lie somewhere. */
    gboolean held = answer->verdict != TK_VERDICT_FAIL || answer->intake_id != 0;
    if (folder->kind == TK_FOLDER_ALIAS || (folder->kind == TK_FOLDER_NONE && !held))
        return TRUE;
    for (gsize i = 0; i < mail->n_rcpts; i++)
        if (mail->rcpts[i].channel == answer->channel)
            remove_recipient(mail->rcpts[i].as_received, edits);
    if (folder->kind == TK_FOLDER_NONE)
        return FALSE;
    if (!has_recipient(mail, edits, folder->address)) {
        g_autofree char *path = g_strdup_printf("<%s>", folder->address);
        struct tk_edit *edit = add_edit(edits, TK_EDIT_ADD_RCPT, NULL, path);
        if (folder != &answer->channel->fail)
            edit->arguments = g_strdup(NO_REPORT);
    }
    return TRUE;
}

gboolean tk_effects_is_mark(const char *name)
{
    /* A name that may not be written is none that anybody reads as ours. */
    return tk_text_is_header_safe(name) && g_ascii_strncasecmp(name, MARK_PREFIX, strlen(MARK_PREFIX)) == 0 &&
           g_ascii_strcasecmp(name, MARK_LOOP) != 0;
}

/* Marks that came with the mail are forged or stale. An index counts headers of one name without case; the
 * highest goes first, so that the others keep theirs. */
static void remove_marks(const struct tk_effects_mail *mail, GPtrArray *edits)
{
    guint first = edits->len;
    g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (gsize i = 0; mail->header_names[i] != NULL; i++) {
        if (!tk_effects_is_mark(mail->header_names[i]))
            continue;
        char *folded = g_ascii_strdown(mail->header_names[i], -1);
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, folded)) + 1;
        g_hash_table_insert(counts, folded, GUINT_TO_POINTER(count));
        add_edit(edits, TK_EDIT_REMOVE_HEADER, mail->header_names[i], NULL)->index = count;
    }
    for (guint low = first, high = edits->len; low + 1 < high; low++, high--) {
        gpointer swapped = edits->pdata[low];
        edits->pdata[low] = edits->pdata[high - 1];
        edits->pdata[high - 1] = swapped;
    }
}

static void add_marks(const struct tk_effects_answer *answer, gboolean private, GPtrArray *edits)
{
    if (private) {
        if (answer->intake_id == 0)
            return;
        g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, answer->intake_id);
        (void)add_edit(edits, TK_EDIT_ADD_HEADER, MARK_VERDICT, id);
        return;
    }
    g_autoptr(GString) value = g_string_new(tk_verdict_word(answer->verdict));
    g_string_append_printf(value, "; channel=%s/%s", answer->channel->tenant, answer->channel->name);
    if (answer->reason != TK_REASON_NONE)
        g_string_append_printf(value, "; reason=%s", tk_verdict_reason_word(answer->reason));
    (void)add_edit(edits, TK_EDIT_ADD_HEADER, MARK_VERDICT, value->str);
    if (answer->number != NULL)
        (void)add_edit(edits, TK_EDIT_ADD_HEADER, MARK_NUMBER, answer->number);
}

/* The evidence is in the sender's words: what may not stand in a header becomes a question mark. The mail has
 * one, so it is written once, however many channels answer. */
static void add_evidence(const char *evidence, GPtrArray *edits)
{
    g_autofree char *safe = g_strdup(evidence);
    for (char *at = safe; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    (void)add_edit(edits, TK_EDIT_ADD_HEADER, MARK_EVIDENCE, safe);
}

/* A recipient that goes away must be the MTA's own string, whatever it holds. All that is ours must be
 * printable ASCII; an address to be added may hold UTF-8 (RFC 6531), but no control character. */
static enum tk_status check(const GPtrArray *edits, GString *why)
{
    for (guint i = 0; i < edits->len; i++) {
        const struct tk_edit *edit = g_ptr_array_index(edits, i);
        gboolean safe = TRUE;
        switch (edit->kind) {
        case TK_EDIT_REMOVE_RCPT: break;
        case TK_EDIT_REMOVE_HEADER: safe = tk_text_is_header_safe(edit->name); break;
        case TK_EDIT_ADD_HEADER: safe = tk_text_is_header_safe(edit->value); break;
        case TK_EDIT_ADD_RCPT: {
            g_autofree char *path = tk_address_from_path(edit->value);
            safe = tk_address_valid(path);
            break;
        }
        }
        if (!safe)
            return tk_status_fail(TK_BUG, why, "edit %u (%s) holds a value that may not be written", i,
                                  edit->name != NULL ? edit->name : "recipient");
    }
    return TK_OK;
}

enum tk_status tk_effects_make(const struct tk_effects_mail *mail, const struct tk_effects_answer *answers,
                               gsize n_answers, GPtrArray *edits, GString *why)
{
    gboolean strangers = FALSE, anybody = FALSE;
    for (gsize i = 0; i < mail->n_rcpts; i++)
        strangers = strangers || mail->rcpts[i].channel == NULL;

    g_autoptr(GPtrArray) recipients = tk_effects_new();
    for (gsize i = 0; i < n_answers; i++)
        anybody = move_recipients(mail, &answers[i], recipients) || anybody;

    /* Where nobody gets the mail, nobody reads its headers. */
    if (strangers || anybody) {
        if (mail->marks_stay)
            return tk_status_fail(TK_LATER, why,
                                  "the mail has more header fields that begin with " MARK_PREFIX
                                  " than the mail server can remove");
        remove_marks(mail, edits);
        for (gsize i = 0; i < n_answers; i++)
            add_marks(&answers[i], strangers, edits);
        for (gsize i = 0; !strangers && i < n_answers; i++)
            if (answers[i].verdict == TK_VERDICT_EXCLUDE && answers[i].evidence != NULL) {
                add_evidence(answers[i].evidence, edits);
                break;
            }
    }
    g_ptr_array_extend_and_steal(edits, g_steal_pointer(&recipients));
    return check(edits, why);
}
