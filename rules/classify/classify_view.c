/* classify_view: sender, subject and text of a mail as the tests of classify want them. Owns the folded
 * copies. */
#include "rules/classify/classify_view.h"

#include <string.h>

#include "rules/address/address.h"
#include "rules/base/phrase.h"
#include "rules/field/headers.h"

/* Local parts and names with '-', '_', '.' and blanks taken out. */
static const char *const daemon_locals[] = {"mailerdaemon", "maildaemon", "mailerdeamon", "maildeamon",
                                            "mailsystemdaemon"};
static const char *const postmaster_locals[] = {
    "postmaster",  "mailadmin", "mailadministrator", "mailmaster",          "mailsystem", "mdaemon",
    "mailgateway", "mailguard", "smtpdaemon",        "systemadministrator", "daemon"};
static const char *const role_locals[] = {"autoreply", "autoresponder", "robot"};
static const char *const role_endings[] = {
    "noreply",     "donotreply",    "donotanswer", "nichtantworten",   "nepasrepondre", "noresponder",
    "naoresponda", "nonrispondere", "svarainte",   "nietbeantwoorden", "unattended"};
static const struct tk_phrase mail_system_names[] = {
    {"mail delivery s", TK_PHRASE_ANY, 0}, /* subsystem, system, service */
    {"mail deliver system", TK_PHRASE_ANY, 0},
    {"mail delivery agent", TK_PHRASE_ANY, 0},
    {"internet mail delivery", TK_PHRASE_ANY, 0},
    {"mailer-daemon", TK_PHRASE_START, 0},
    {"mailer daemon", TK_PHRASE_START, 0},
    {"mail daemon", TK_PHRASE_START, 0},
    {"mail administrator", TK_PHRASE_START, 0},
    {"mail system", TK_PHRASE_START, 0},
    {"postmaster", TK_PHRASE_START, 0},
    {"system administrator", TK_PHRASE_START, 0},
    {"systemadministrator", TK_PHRASE_START, 0},
    {"system.administrator", TK_PHRASE_START, 0},
    {"administrateur système", TK_PHRASE_START, 0},
    {"administrador del sistema", TK_PHRASE_START, 0},
    {"administrador de sistema", TK_PHRASE_START, 0},
    {"amministratore di sistema", TK_PHRASE_START, 0},
    {"content-filter at", TK_PHRASE_START, 0},
    {"interscan", TK_PHRASE_START, 0},
    {"ndr administrator", TK_PHRASE_ANY, 0},
};

/* Headers that only writers of delivery reports set. */
static const char *const report_headers[] = {
    "X-Failed-Recipients",   "X-MS-Embedded-Report",       "X-DSNContext", "X-MX-Bounce",
    "X-Mailer-Daemon-Error", "X-Mailer-Daemon-Recipients", "X-PMX-Bounce", "X-Bounced-Address"};

const char *tk_view_header(const struct tk_message *message, const char *name)
{
    const struct tk_header *header = message->headers != NULL ? tk_headers_find(message->headers, name)
                                                              : NULL;
    return header != NULL ? header->value : NULL;
}

const char *tk_view_report_part(const struct tk_message *message, const char *type, const char *other)
{
    for (guint i = 0; message->report_parts != NULL && i < message->report_parts->len; i++) {
        const struct tk_report_part *part = g_ptr_array_index(message->report_parts, i);
        if (strcmp(part->content_type, type) == 0 || g_strcmp0(part->content_type, other) == 0)
            return part->text;
    }
    return NULL;
}

gboolean tk_view_first_word(const char *value, const char *word)
{
    value += strspn(value, " \t\"");
    gsize len = strcspn(value, " \t;(,\"");
    return len == strlen(word) && g_ascii_strncasecmp(value, word, len) == 0;
}

static char *squeezed_local(const char *address)
{
    const char *at = strrchr(address, '@');
    gsize len = at != NULL ? (gsize)(at - address) : strlen(address);
    GString *out = g_string_new(NULL);
    for (gsize i = 0; i < len && address[i] != '+'; i++)
        if (strchr("-_. ", address[i]) == NULL)
            g_string_append_c(out, g_ascii_tolower(address[i]));
    return g_string_free(out, FALSE);
}

static gboolean one_of(const char *text, const char *const *list, gsize count)
{
    for (gsize i = 0; i < count; i++)
        if (strcmp(text, list[i]) == 0)
            return TRUE;
    return FALSE;
}

gboolean tk_view_is_role(const char *address)
{
    if (tk_address_is_role(address))
        return TRUE;
    g_autofree char *local = squeezed_local(address);
    for (gsize i = 0; i < G_N_ELEMENTS(role_endings); i++)
        if (g_str_has_suffix(local, role_endings[i]))
            return TRUE;
    return one_of(local, role_locals, G_N_ELEMENTS(role_locals));
}

static enum tk_writer writer_of_address(const char *address)
{
    g_autofree char *local = squeezed_local(address);
    if (one_of(local, daemon_locals, G_N_ELEMENTS(daemon_locals)))
        return TK_WRITER_DAEMON;
    if (one_of(local, postmaster_locals, G_N_ELEMENTS(postmaster_locals)))
        return TK_WRITER_POSTMASTER;
    /* the mailbox in whose name Exchange writes: this word and 32 hexadecimal digits */
    if (g_str_has_prefix(local, "microsoftexchange") && strlen(local) > 40)
        return TK_WRITER_POSTMASTER;
    return tk_view_is_role(address) ? TK_WRITER_ROLE : TK_WRITER_PERSON;
}

/* The whole From, folded: names such as "Mail Delivery Subsystem", and what stands there without an address:
 * "MAILER-DAEMON <>", "mailer-daemon", "<>". */
static enum tk_writer writer_of_name(const char *from, gboolean has_address)
{
    if (!has_address && (strstr(from, "mailer-daemon") != NULL || strcmp(from, "<>") == 0))
        return TK_WRITER_DAEMON;
    if (tk_phrase_find(mail_system_names, G_N_ELEMENTS(mail_system_names), from, NULL) == NULL)
        return TK_WRITER_PERSON;
    return has_address ? TK_WRITER_NAMED : TK_WRITER_POSTMASTER;
}

static void raise_writer(struct tk_view *view, enum tk_writer writer, char *evidence)
{
    if (writer > view->writer) {
        view->writer = writer;
        g_free(view->writer_evidence);
        view->writer_evidence = evidence;
    } else {
        g_free(evidence);
    }
}

static void look_at_writer(struct tk_view *view)
{
    const struct tk_message *message = view->message;
    const char *value = tk_view_header(message, "From");
    raise_writer(view, writer_of_address(view->from), g_strdup_printf("From: %s", view->from));
    if (value != NULL) {
        g_autofree char *folded = tk_phrase_fold(value, TK_VIEW_SUBJECT_BYTES);
        raise_writer(view, writer_of_name(folded, strchr(view->from, '@') != NULL),
                     g_strdup_printf("From: %s", value));
    }
    /* a list server speaks by itself from LIST-admin */
    g_autofree char *local = g_strndup(view->from, strcspn(view->from, "@"));
    if (g_str_has_suffix(local, "-admin") && tk_view_header(message, "X-MLServer") != NULL)
        raise_writer(view, TK_WRITER_ROLE, g_strdup_printf("From: %s", view->from));
    for (gsize i = 0; i < G_N_ELEMENTS(report_headers); i++) {
        value = tk_view_header(message, report_headers[i]);
        if (value != NULL)
            raise_writer(view, TK_WRITER_DAEMON, g_strdup_printf("%s: %s", report_headers[i], value));
    }
}

/* The envelope sender without <>, where SMTP or a Return-Path header tells it; else NULL. */
static char *envelope_sender(const struct tk_message *message, const char *mail_from, const char **source_r)
{
    const char *path = mail_from != NULL ? mail_from : tk_view_header(message, "Return-Path");
    *source_r = mail_from != NULL ? "envelope sender" : "Return-Path:";
    if (path == NULL)
        return NULL;
    path += strspn(path, " \t");
    g_autofree char *inner = tk_address_from_path(path);
    g_strstrip(inner);
    /* What cannot write the null sender (mailboxes, old mail servers) writes one of these. */
    if (writer_of_address(inner) == TK_WRITER_DAEMON || g_ascii_strcasecmp(inner, "null") == 0)
        inner[0] = '\0';
    return g_steal_pointer(&inner);
}

void tk_view_look(const struct tk_message *message, const char *mail_from, struct tk_view *view_r)
{
    struct tk_view view = {.message = message};
    const char *source;
    g_autofree char *envelope = envelope_sender(message, mail_from, &source);
    view.null_sender = envelope != NULL && envelope[0] == '\0';
    view.null_evidence = view.null_sender ? g_strdup_printf("%s <>", source) : NULL;
    view.from = message->from != NULL && message->from->address != NULL ? message->from->address : "";
    view.subject = tk_phrase_fold(message->subject, TK_VIEW_SUBJECT_BYTES);
    view.answers = tk_phrase_answers(view.subject);
    view.text = tk_phrase_fold(message->text, TK_VIEW_TEXT_BYTES);
    view.threaded = (message->in_reply_to != NULL && message->in_reply_to->len > 0) ||
                    (message->references != NULL && message->references->len > 0);
    look_at_writer(&view);
    *view_r = view;
}

void tk_view_clear(struct tk_view *view)
{
    g_clear_pointer(&view->null_evidence, g_free);
    g_clear_pointer(&view->writer_evidence, g_free);
    g_clear_pointer(&view->subject, g_free);
    g_clear_pointer(&view->text, g_free);
}
