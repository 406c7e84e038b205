/* bounce: reading of delivery reports. Owns what it returns; cannot fail. */
#include "rules/classify/bounce.h"

#include <string.h>

#include "rules/address/address.h"
#include "rules/classify/classify_view.h"

/* The text of a report is searched so far; what a server said stands before the returned mail. */
#define TEXT_BYTES (32 * 1024)
/* RFC 5321 section 4.5.3.1: a path has 256 octets, an id in practice fewer than 500. */
#define ID_BYTES 500

/* Walks over the fields of a header-like text, folded lines joined. An empty line gives an empty name. */
struct fields {
    const char *at;
    GString *name, *value;
};

static gboolean next_field(struct fields *fields)
{
    const char *line = fields->at;
    if (*line == '\0')
        return FALSE;
    gsize len = strcspn(line, "\n");
    gsize colon = strcspn(line, ":\n");
    g_string_truncate(fields->value, 0);
    g_string_truncate(fields->name, 0);
    if (colon < len) {
        g_string_append_len(fields->name, line, (gssize)colon);
        g_strchomp(fields->name->str);
        fields->name->len = strlen(fields->name->str);
        g_string_append_len(fields->value, line + colon + 1, (gssize)(len - colon - 1));
    } else if (strspn(line, " \t\r") < len) {
        g_string_assign(fields->name, "-"); /* neither a field nor an empty line */
    }
    line += len + (line[len] == '\n');
    while ((*line == ' ' || *line == '\t') && fields->name->len > 0 &&
           strspn(line, " \t\r") < strcspn(line, "\n")) {
        len = strcspn(line, "\n");
        g_string_append_len(fields->value, line, (gssize)len);
        line += len + (line[len] == '\n');
    }
    fields->at = line;
    return TRUE;
}

static void fields_open(struct fields *fields, const char *text)
{
    *fields = (struct fields){.at = text, .name = g_string_new(NULL), .value = g_string_new(NULL)};
}

static void fields_close(struct fields *fields)
{
    g_string_free(fields->name, TRUE);
    g_string_free(fields->value, TRUE);
}

/* Reads d.d.d (RFC 3463 section 2) at the start of TEXT. Owned by the caller, or NULL. */
static char *status_at(const char *text)
{
    if (text[0] < '2' || text[0] > '5' || text[0] == '3' || text[1] != '.')
        return NULL;
    gsize subject = strspn(text + 2, "0123456789");
    if (subject < 1 || subject > 3 || text[2 + subject] != '.')
        return NULL;
    gsize detail = strspn(text + 3 + subject, "0123456789");
    char after = detail > 0 ? text[3 + subject + detail] : '\0';
    if (detail < 1 || detail > 3 || (after == '.' && g_ascii_isalnum(text[4 + subject + detail])) ||
        g_ascii_isalnum(after))
        return NULL;
    return g_strndup(text, 3 + subject + detail);
}

/* The first status code in LEN bytes of TEXT that is no part of a number or a name. */
static char *status_in(const char *text, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (i > 0 && (g_ascii_isalnum(text[i - 1]) || text[i - 1] == '.'))
            continue;
        char *status = status_at(text + i);
        if (status != NULL)
            return status;
    }
    return NULL;
}

static gboolean is_local_char(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL) || (c & 0x80);
}

static gboolean is_domain_char(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '.' || (c & 0x80);
}

/* The first valid address in LEN bytes of TEXT, *START_R where it begins. Owned by the caller, or NULL. */
static char *address_in(const char *text, gsize len, gsize *start_r)
{
    gsize seen = 0; /* an address does not begin before the end of the last one: keeps this linear */
    for (gsize at = 0; at < len; at++) {
        if (text[at] != '@')
            continue;
        gsize from = at, to = at + 1;
        while (from > seen && is_local_char(text[from - 1]))
            from--;
        while (to < len && is_domain_char(text[to]))
            to++;
        seen = to;
        while (to > at + 1 && (text[to - 1] == '.' || text[to - 1] == '-'))
            to--;
        g_autofree char *address = g_strndup(text + from, to - from);
        const char *plain = address + strspn(address, "'*"); /* signs that make it stand out */
        if (tk_address_valid(plain)) {
            if (start_r != NULL)
                *start_r = from;
            return g_strdup(plain);
        }
        at = seen - 1;
    }
    return NULL;
}

/* The address of "rfc822; <a@b>" (RFC 3464 section 2.1.2), or NULL where it is none. */
static char *typed_address(const char *value)
{
    const char *semicolon = strchr(value, ';');
    const char *address = semicolon != NULL ? semicolon + 1 : value;
    return address_in(address, strlen(address), NULL);
}

struct recipient {
    enum tk_bounce_outcome outcome;
    char *status, *final, *original;
};

static void recipient_clear(struct recipient *recipient)
{
    g_clear_pointer(&recipient->status, g_free);
    g_clear_pointer(&recipient->final, g_free);
    g_clear_pointer(&recipient->original, g_free);
    recipient->outcome = TK_BOUNCE_UNTOLD;
}

static enum tk_bounce_outcome outcome_of_action(const char *action)
{
    static const struct {
        const char *word;
        enum tk_bounce_outcome outcome;
    } words[] = {{"failed", TK_BOUNCE_FAILED},       {"failure", TK_BOUNCE_FAILED},
                 {"fail", TK_BOUNCE_FAILED},         {"error", TK_BOUNCE_FAILED},
                 {"delayed", TK_BOUNCE_DELAYED},     {"deferred", TK_BOUNCE_DELAYED},
                 {"transient", TK_BOUNCE_DELAYED},   {"expired", TK_BOUNCE_FAILED},
                 {"delivered", TK_BOUNCE_DELIVERED}, {"relayed", TK_BOUNCE_DELIVERED},
                 {"expanded", TK_BOUNCE_DELIVERED},  {"deliverable", TK_BOUNCE_DELIVERED}};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (tk_view_first_word(action, words[i].word))
            return words[i].outcome;
    return TK_BOUNCE_UNTOLD;
}

static void set_once(char **field, char *value)
{
    if (*field == NULL)
        *field = value;
    else
        g_free(value);
}

static void recipient_field(struct recipient *recipient, const char *name, const char *value)
{
    if (g_ascii_strcasecmp(name, "Action") == 0) {
        recipient->outcome = outcome_of_action(value);
    } else if (g_ascii_strcasecmp(name, "Status") == 0) {
        set_once(&recipient->status, status_in(value, strlen(value)));
    } else if (g_ascii_strcasecmp(name, "Final-Recipient") == 0 ||
               g_ascii_strcasecmp(name, "X-Final-Recipient") == 0) {
        set_once(&recipient->final, typed_address(value));
    } else if (g_ascii_strcasecmp(name, "Original-Recipient") == 0 ||
               g_ascii_strcasecmp(name, "X-Actual-Recipient") == 0 ||
               g_ascii_strcasecmp(name, "X-Original-Recipient") == 0) {
        set_once(&recipient->original, typed_address(value));
    }
}

/* Keeps BLOCK in WORST where it tells worse news. */
static void recipient_end(struct recipient *block, struct recipient *worst)
{
    if (block->outcome == TK_BOUNCE_UNTOLD && block->status != NULL)
        block->outcome = block->status[0] == '2'   ? TK_BOUNCE_DELIVERED
                         : block->status[0] == '4' ? TK_BOUNCE_DELAYED
                                                   : TK_BOUNCE_FAILED;
    /* the enum goes from failed to delivered */
    if (block->outcome != TK_BOUNCE_UNTOLD &&
        (worst->outcome == TK_BOUNCE_UNTOLD || block->outcome < worst->outcome)) {
        recipient_clear(worst);
        *worst = *block;
        *block = (struct recipient){0};
    }
    recipient_clear(block);
}

static void worst_recipient(const struct tk_message *message, struct recipient *worst)
{
    for (guint i = 0; message->report_parts != NULL && i < message->report_parts->len; i++) {
        const struct tk_report_part *part = g_ptr_array_index(message->report_parts, i);
        if (strcmp(part->content_type, "message/delivery-status") != 0 &&
            strcmp(part->content_type, "message/global-delivery-status") != 0)
            continue;
        struct fields fields;
        struct recipient block = {0};
        fields_open(&fields, part->text);
        while (next_field(&fields)) {
            if (fields.name->len == 0)
                recipient_end(&block, worst);
            else
                recipient_field(&block, fields.name->str, fields.value->str);
        }
        recipient_end(&block, worst);
        fields_close(&fields);
    }
}

enum tk_bounce_outcome tk_bounce_outcome(const struct tk_message *message)
{
    struct recipient worst = {0};
    worst_recipient(message, &worst);
    enum tk_bounce_outcome outcome = worst.outcome;
    recipient_clear(&worst);
    return outcome;
}

/* The id in a Message-ID field, without <>. Owned by the caller, or NULL. */
static char *message_id_of(const char *value)
{
    value += strspn(value, " \t\r\n<");
    gsize len = strcspn(value, " \t\r\n<>");
    return len > 0 && len <= ID_BYTES ? g_strndup(value, len) : NULL;
}

static char *returned_message_id(const struct tk_message *message)
{
    char *id = NULL;
    for (guint i = 0; id == NULL && message->report_parts != NULL && i < message->report_parts->len; i++) {
        const struct tk_report_part *part = g_ptr_array_index(message->report_parts, i);
        if (strstr(part->content_type, "rfc822") == NULL &&
            strcmp(part->content_type, "message/global") != 0 &&
            strcmp(part->content_type, "message/global-headers") != 0)
            continue;
        struct fields fields;
        fields_open(&fields, part->text);
        while (id == NULL && next_field(&fields))
            if (g_ascii_strcasecmp(fields.name->str, "Message-ID") == 0)
                id = message_id_of(fields.value->str);
        fields_close(&fields);
    }
    return id;
}

/* What is read out of the text of a report, line by line. */
struct text_reading {
    gboolean returned; /* the returned mail has begun */
    gboolean id_next;  /* "Message-ID:" was folded before its value */
    char *status, *id;
    char *recipient;
    guint rank; /* of the recipient: less is better */
};

enum { RANK_LINE_START = 1, RANK_NAMED, RANK_MENTIONED, RANK_NONE };

/* Whether LINE, in lower case, begins or announces the returned mail. */
static gboolean starts_returned_mail(const char *line)
{
    static const char *const begins[] = {"received:", "return-path:", "dkim-signature:", "mime-version:"};
    static const char *const says[] = {"original message", "copy of the message", "copy of your message",
                                       "unsent message",   "headers follow",      "message follows",
                                       "returned message", "text follows",        "undelivered mail ---",
                                       "message header",   "original mail",       "below this line"};
    for (gsize i = 0; i < G_N_ELEMENTS(begins); i++)
        if (g_str_has_prefix(line, begins[i]))
            return TRUE;
    /* a sentence may speak of it, so the line has to look like a rule or end with the announcement */
    if (strstr(line, "transcript") != NULL)
        return FALSE;
    gboolean ruled = g_str_has_prefix(line, "--") || g_str_has_prefix(line, "==") ||
                     g_str_has_suffix(line, "follows.") || g_str_has_suffix(line, "follows") ||
                     g_str_has_suffix(line, ":");
    for (gsize i = 0; ruled && i < G_N_ELEMENTS(says); i++)
        if (strstr(line, says[i]) != NULL)
            return TRUE;
    return FALSE;
}

static void look_for_recipient(struct text_reading *reading, const char *line, const char *lower)
{
    static const char *const others[] = {"from",     "contact", "reporting-mta", "for further", "sender",
                                         "reply-to", "subject", "message-id",    "dear",        "hello",
                                         "hi "};
    gsize start;
    g_autofree char *address = address_in(line, strlen(line), &start);
    if (address == NULL)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        if (g_str_has_prefix(lower, others[i]))
            return;
    guint rank = strspn(line, "<\"'(") == start ? RANK_LINE_START
                 : strstr(lower, "rcpt to") != NULL || strstr(lower, "recipient") != NULL ||
                         strstr(lower, "undeliverable to") != NULL || strstr(lower, "unknown user") != NULL ||
                         strstr(lower, "userid") != NULL
                     ? RANK_NAMED
                     : RANK_MENTIONED;
    if (rank < reading->rank && !g_str_has_prefix(address, "postmaster@")) {
        g_free(reading->recipient);
        reading->recipient = g_steal_pointer(&address);
        reading->rank = rank;
    }
}

/* Whether LINE, in lower case, goes back from some headers of the returned mail to the report. */
static gboolean resumes_report(const char *line)
{
    static const char *const says[] = {"not relayed to", "not delivered to", "be delivered to",
                                       "following recipient"};
    for (gsize i = 0; i < G_N_ELEMENTS(says); i++)
        if (strstr(line, says[i]) != NULL)
            return TRUE;
    return FALSE;
}

static void read_line(struct text_reading *reading, const char *line)
{
    g_autofree char *lower = g_ascii_strdown(line, -1);
    if (reading->returned && reading->recipient == NULL && resumes_report(lower))
        reading->returned = FALSE;
    gboolean is_id = reading->id_next || g_str_has_prefix(lower, "message-id:");
    if (!is_id && !reading->returned && !starts_returned_mail(lower)) {
        set_once(&reading->status, status_in(line, strlen(line)));
        look_for_recipient(reading, line, lower);
        return;
    }
    reading->returned = reading->returned || !is_id;
    if (is_id)
        set_once(&reading->id, message_id_of(line + (reading->id_next ? 0 : strlen("message-id:"))));
    reading->id_next = strcmp(lower, "message-id:") == 0;
}

static void read_text(const char *text, struct text_reading *reading)
{
    const char *end = text + strnlen(text, TEXT_BYTES);
    for (const char *line = text; line < end;) {
        gsize len = strcspn(line, "\n");
        len = MIN(len, (gsize)(end - line));
        g_autofree char *copy = g_strndup(line, len);
        read_line(reading, g_strstrip(copy));
        line += len + 1;
    }
}

void tk_bounce_read(const struct tk_message *message, struct tk_bounce *bounce_r)
{
    struct recipient worst = {0};
    worst_recipient(message, &worst);
    struct text_reading reading = {.rank = RANK_NONE};
    read_text(message->text != NULL ? message->text : "", &reading);
    const char *failed = tk_view_header(message, "X-Failed-Recipients");

    struct tk_bounce bounce = {
        .status = g_strdup(worst.status != NULL ? worst.status : reading.status),
        .recipient = g_strdup(worst.final != NULL ? worst.final : worst.original),
        .original_message_id = returned_message_id(message),
    };
    if (bounce.recipient == NULL && failed != NULL)
        bounce.recipient = address_in(failed, strlen(failed), NULL);
    if (bounce.recipient == NULL)
        bounce.recipient = g_steal_pointer(&reading.recipient);
    if (bounce.original_message_id == NULL)
        bounce.original_message_id = g_steal_pointer(&reading.id);
    if (bounce.original_message_id == NULL && message->in_reply_to != NULL && message->in_reply_to->len > 0)
        bounce.original_message_id = g_strdup(g_ptr_array_index(message->in_reply_to, 0));
    recipient_clear(&worst);
    g_free(reading.status);
    g_free(reading.recipient);
    g_free(reading.id);
    *bounce_r = bounce;
}

void tk_bounce_clear(struct tk_bounce *bounce)
{
    g_clear_pointer(&bounce->status, g_free);
    g_clear_pointer(&bounce->recipient, g_free);
    g_clear_pointer(&bounce->original_message_id, g_free);
}
