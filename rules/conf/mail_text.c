/* mail_text: texts of our own mails. Static data and checks; cannot fail but for what the header says. */
#include "rules/conf/mail_text.h"

#include <string.h>

#include "rules/base/placeholder.h"

static const char *const kinds[TK_MAIL_KINDS] = {"confirmation", "note", "status"};

/* A confirmation goes to whoever claims to have written: nothing of the mail that it answers is in it. */
static const char *const confirmation_names[] = {"number", "link", "title", "address", NULL};
static const char *const note_names[] = {"number",  "link",   "title", "address",
                                         "subject", "author", "note",  NULL};
static const char *const status_names[] = {"number", "link", "title", "address", "subject", "status", NULL};
static const char *const *const names[TK_MAIL_KINDS] = {confirmation_names, note_names, status_names};

#define SUBJECT "Subject: "

static const struct tk_mail_words words[TK_LANGUAGES] = {
    {"Please reply above this line",
     "On %s, %s wrote:",
     "Too large to be attached:",
     {"open", "pending", "closed"}},
    {"Bitte antworten Sie oberhalb dieser Zeile",
     "Am %s schrieb %s:",
     "Zu groß, um angehängt zu werden:",
     {"offen", "wartend", "geschlossen"}},
    {"Veuillez répondre au-dessus de cette ligne",
     "Le %s, %s a écrit :",
     "Trop volumineux pour être joint :",
     {"ouvert", "en attente", "fermé"}},
    {"Por favor, responda por encima de esta línea",
     "El %s, %s escribió:",
     "Demasiado grande para adjuntarlo:",
     {"abierta", "pendiente", "cerrada"}},
    {"Rispondere sopra questa riga",
     "Il %s, %s ha scritto:",
     "Troppo grande per essere allegato:",
     {"aperta", "in attesa", "chiusa"}},
    {"Antwoord a.u.b. boven deze regel",
     "Op %s schreef %s:",
     "Te groot om mee te sturen:",
     {"open", "in afwachting", "gesloten"}},
    {"Por favor, responda acima desta linha",
     "Em %s, %s escreveu:",
     "Grande demais para ser anexado:",
     {"aberto", "pendente", "fechado"}},
    {"Prosimy odpowiadać powyżej tej linii",
     "W dniu %s %s napisał(a):",
     "Za duże, aby dołączyć:",
     {"otwarte", "oczekujące", "zamknięte"}},
};

const struct tk_mail_words *tk_mail_words(enum tk_language language)
{
    return &words[language];
}

const char *tk_mail_kind_word(enum tk_mail_kind kind)
{
    return kinds[kind];
}

gboolean tk_mail_kind_parse(const char *word, enum tk_mail_kind *kind_r)
{
    for (gsize i = 0; i < TK_MAIL_KINDS; i++)
        if (strcmp(kinds[i], word) == 0) {
            *kind_r = (enum tk_mail_kind)i;
            return TRUE;
        }
    return FALSE;
}

const char *tk_mail_text(enum tk_mail_kind kind, const struct tk_channel *channel)
{
    const char *const own[TK_MAIL_KINDS] = {channel->confirmation_text, channel->note_text,
                                            channel->status_text};
    return own[kind] != NULL ? own[kind] : tk_mail_texts[kind][channel->language];
}

enum tk_status tk_mail_text_check(enum tk_mail_kind kind, const char *text, GString *why)
{
    if (strlen(text) > TK_MAIL_TEXT_MAX)
        return tk_status_fail(TK_REFUSED, why, "longer than %d bytes", TK_MAIL_TEXT_MAX);
    if (!g_utf8_validate(text, -1, NULL))
        return tk_status_fail(TK_REFUSED, why, "not UTF-8");
    const char *end = strchr(text, '\n');
    if (!g_str_has_prefix(text, SUBJECT) || end == NULL || end[1 + (end[1] == '\r')] != '\n')
        return tk_status_fail(TK_REFUSED, why, "a line \"" SUBJECT "...\" and an empty line come first");
    if (kind == TK_MAIL_NOTE && strstr(end, "{note}") == NULL)
        return tk_status_fail(TK_REFUSED, why, "{note} is missing, so nobody would read the note");
    return tk_placeholder_check(text, names[kind], why);
}

const char *tk_mail_text_split(const char *text, char **subject_r)
{
    const char *end = strchr(text, '\n');
    *subject_r = g_strndup(text + strlen(SUBJECT), (gsize)(end - text) - strlen(SUBJECT));
    return end + 1 + strspn(end + 1, "\r\n");
}
