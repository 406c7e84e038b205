/* message_fields: sender, recipients, subject, ids, date and importance out of a mail's header fields.
 *
 * The sender is an identity only where the From field is one, with one mailbox and a strict address; all
 * else has a problem word. Cannot fail. */
#include <gmime/gmime.h>
#include <string.h>

#include "rules/address/address.h"
#include "rules/field/headers.h"
#include "rules/field/mailboxes.h"
#include "rules/limits/limits_caps.h"
#include "rules/message/message_private.h"

/* Ids of one field that are kept: the thread's first and the newest. */
#define IDS_MAX 30
/* 2100-01-01, the end of the dates that we believe; the start is 1970. */
#define DATE_MAX G_GINT64_CONSTANT(4102444800)

static GPtrArray *read_mailboxes(struct tk_message *message, const char *name,
                                 struct tk_mailboxes_facts *facts_r)
{
    const struct tk_header *field = tk_message_header(message, name);
    struct tk_mailboxes_facts facts;
    GPtrArray *mailboxes = tk_mailboxes_parse(field != NULL ? field->raw : "", TK_CAP_ADDRESSES,
                                              &tk_message_parsed(message)->marks, &facts);

    if (facts.cut)
        tk_message_flag(message, "addresses_left_out");
    if (facts_r != NULL)
        *facts_r = facts;
    return mailboxes;
}

/* ---- From ---- */

static const char *from_problem(const struct tk_message *message, const GPtrArray *mailboxes,
                                const struct tk_mailboxes_facts *facts)
{
    const struct tk_mailbox *first = mailboxes->len > 0 ? g_ptr_array_index(mailboxes, 0) : NULL;

    if (message->from_headers > 1)
        return "several_headers";
    if (facts->group)
        return "group";
    if (mailboxes->len > 1)
        return "several_mailboxes";
    if (facts->encoded)
        return "encoded";
    if (first == NULL || (*first->name == '\0' && *first->address == '\0'))
        return "none";
    if (facts->odd || !tk_address_valid(first->address))
        return "not_an_address";
    return NULL;
}

static void read_from(struct tk_message *message)
{
    struct tk_mailboxes_facts facts;
    g_autoptr(GPtrArray) mailboxes = read_mailboxes(message, "From", &facts);

    message->from_problem = from_problem(message, mailboxes, &facts);
    if (mailboxes->len > 0)
        message->from = g_ptr_array_steal_index(mailboxes, 0);
}

/* ---- Date ---- */

static gint64 read_date(const struct tk_message *message)
{
    const struct tk_header *field = tk_message_header(message, "Date");
    GDateTime *date;
    gint64 seconds;

    if (field == NULL || *field->value == '\0')
        return G_MININT64;
    date = g_mime_utils_header_decode_date(field->value);
    if (date == NULL)
        return G_MININT64;
    seconds = g_date_time_to_unix(date);
    g_date_time_unref(date);
    return CLAMP(seconds, 0, DATE_MAX);
}

/* ---- importance ---- */

struct importance_word {
    const char *field, *value;
    enum tk_importance importance;
};

/* Exact names and values; X-Priority may go on after its digit: "1 (Highest)". */
static const struct importance_word importance_words[] = {
    {"Importance", "high", TK_IMPORTANCE_HIGH},
    {"Importance", "normal", TK_IMPORTANCE_NORMAL},
    {"Importance", "medium", TK_IMPORTANCE_NORMAL},
    {"Importance", "low", TK_IMPORTANCE_LOW},
    {"X-Priority", "1", TK_IMPORTANCE_HIGH},
    {"X-Priority", "2", TK_IMPORTANCE_HIGH},
    {"X-Priority", "3", TK_IMPORTANCE_NORMAL},
    {"X-Priority", "4", TK_IMPORTANCE_LOW},
    {"X-Priority", "5", TK_IMPORTANCE_LOW},
    {"X-MSMail-Priority", "high", TK_IMPORTANCE_HIGH},
    {"X-MSMail-Priority", "normal", TK_IMPORTANCE_NORMAL},
    {"X-MSMail-Priority", "low", TK_IMPORTANCE_LOW},
    {"Priority", "urgent", TK_IMPORTANCE_HIGH},
    {"Priority", "normal", TK_IMPORTANCE_NORMAL},
    {"Priority", "non-urgent", TK_IMPORTANCE_LOW},
};

/* The highest of the valid values; normal where there is none. */
static enum tk_importance read_importance(const struct tk_message *message)
{
    enum tk_importance highest = TK_IMPORTANCE_NORMAL;
    gboolean found = FALSE;

    for (guint i = 0; i < G_N_ELEMENTS(importance_words); i++) {
        const struct importance_word *word = &importance_words[i];
        const struct tk_header *field = tk_message_header(message, word->field);
        gsize len;

        if (field == NULL)
            continue;
        len = strcspn(field->value, " \t(;");
        if (len != strlen(word->value) || g_ascii_strncasecmp(field->value, word->value, len) != 0)
            continue;
        highest = found ? MAX(highest, word->importance) : word->importance;
        found = TRUE;
    }
    return highest;
}

/* ---- ids ---- */

static GPtrArray *read_ids(const struct tk_message *message, const char *name)
{
    const struct tk_header *field = tk_message_header(message, name);

    return tk_headers_ids(field != NULL ? field->raw : "", IDS_MAX);
}

static char *read_message_id(const struct tk_message *message)
{
    const struct tk_header *field = tk_message_header(message, "Message-ID");
    g_autoptr(GPtrArray) ids = NULL;

    if (field == NULL || *field->raw == '\0')
        return NULL;
    ids = tk_headers_ids(field->raw, 1);
    return g_strdup(ids->len > 0 ? g_ptr_array_index(ids, 0) : field->raw);
}

/* ---- report ---- */

static char *read_report_type(struct tk_message *message)
{
    const struct tk_header *field = tk_message_header(message, "Content-Type");
    struct tk_params *params;
    char *type = NULL;

    if (field == NULL)
        return NULL;
    params = tk_params_parse(field->raw, &tk_message_parsed(message)->marks);
    if (strcmp(tk_params_value(params), "multipart/report") == 0 &&
        tk_params_get(params, "report-type") != NULL)
        type = g_utf8_strdown(tk_params_get(params, "report-type"), -1);
    tk_params_free(&params);
    return type;
}

void tk_message_fields_read(struct tk_message *message, const struct tk_limits_outcome *limits)
{
    const struct tk_header *subject = tk_message_header(message, "Subject");

    message->from_headers = limits->from_headers;
    read_from(message);
    message->to = read_mailboxes(message, "To", NULL);
    message->cc = read_mailboxes(message, "Cc", NULL);
    message->reply_to = read_mailboxes(message, "Reply-To", NULL);
    message->subject = g_strdup(subject != NULL ? subject->value : "");
    message->message_id = read_message_id(message);
    message->in_reply_to = read_ids(message, "In-Reply-To");
    message->references = read_ids(message, "References");
    message->date = read_date(message);
    message->importance = read_importance(message);
    message->report_type = read_report_type(message);
}
