/* hold: one table of local parts, and when it counts. */
#include "rules/decide/hold.h"

#include <string.h>

#include "rules/address/address.h"

/* Compared without "-", "_" and "." and without a detail. */
static const char *const whole[] = {
    "account",
    "accounts",
    "accountservice",
    "accountsupport",
    "accountupdate",
    "accountverification",
    "activate",
    "activation",
    "auth",
    "authentication",
    "automailer",
    "bestaetigung",
    "bot",
    "code",
    "codes",
    "confirm",
    "confirmation",
    "confirmations",
    "email",
    "emailconfirmation",
    "emailverification",
    "identity",
    "invitation",
    "invitations",
    "invite",
    "invites",
    "login",
    "mailer",
    "membership",
    "notice",
    "notices",
    "notifier",
    "notify",
    "otp",
    "passcode",
    "password",
    "passwordreset",
    "passwords",
    "postmaster",
    "register",
    "registration",
    "registrierung",
    "robot",
    "security",
    "securityalert",
    "securityalerts",
    "securitynotice",
    "signin",
    "signup",
    "sso",
    "system",
    "validation",
    "verificacion",
    "verificacao",
    "verification",
    "verifications",
    "verificatie",
    "verifica",
    "verifier",
    "verify",
    "verifizierung",
    "welcome",
};
/* Ways to say "do not answer" and "notification", which stand with other words as well ("jobs-noreply",
 * "noreply-eu"). */
static const char *const parts[] = {
    "noreply",          "donotreply",
    "dontreply",        "nonreply",
    "noresponse",       "notmonitored",
    "unattended",       "unmonitored",
    "automated",        "autonotif",
    "notification",     "keineantwort",
    "nichtantworten",   "bitteantwortennicht",
    "benachrichtigung", "nepasrepondre",
    "noresponder",      "nocontestar",
    "notificacion",     "notificaciones",
    "nonrispondere",    "notifica",
    "notifiche",        "naoresponda",
    "naoresponder",     "notificacao",
    "nietantwoorden",   "nietbeantwoorden",
    "geenantwoord",     "svarainte",
    "ejsvar",           "svarikke",
    "ikkesvar",         "nieodpowiadaj",
    "neodpovidat",      "neodpovedat",
    "alavastaa",        "eivastausta",
    "nevalaszolj",      "nuraspunde",
    "yanitlama",        "cevaplama",
    "neotvechat",       "neotvechaite",
};

gboolean tk_hold_is_service(const char *address)
{
    g_autofree char *base = address != NULL ? tk_address_base(address, '+', NULL) : NULL;
    if (base == NULL)
        return FALSE;
    g_autoptr(GString) local = g_string_new(NULL);
    for (const char *p = base; p < strrchr(base, '@'); p++)
        if (strchr("-_.\"", *p) == NULL)
            g_string_append_c(local, *p);
    for (gsize i = 0; i < G_N_ELEMENTS(whole); i++)
        if (strcmp(local->str, whole[i]) == 0)
            return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        if (strstr(local->str, parts[i]) != NULL)
            return TRUE;
    return FALSE;
}

void tk_hold_apply(const struct tk_message *message, const char *rcpt, struct tk_decision *decision)
{
    if (decision->verdict != TK_VERDICT_TICKET && decision->verdict != TK_VERDICT_NOTE)
        return;
    g_autofree char *detail = NULL;
    g_autofree char *base = rcpt != NULL ? tk_address_base(rcpt, '+', &detail) : NULL;
    gboolean reply = detail != NULL || g_strcmp0(decision->rule, "thread") == 0;
    /* What the channel lists as a form is no service of strangers. */
    if (!reply || (decision->flags & TK_FLAG_FORM) != 0 || message->from == NULL ||
        !tk_hold_is_service(message->from->address))
        return;
    decision->flags |= TK_FLAG_HELD;
    decision->never_answer = TRUE;
}
