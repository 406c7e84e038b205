/* classify: what kind of mail this is, with the evidence.
 *
 * A person's mail taken for a machine's is the worst error, so weak signs alone never exclude. The table of
 * headers and values is data (classify_table.c); the envelope's null sender comes from SMTP, never from a
 * header where there is an envelope. */
#ifndef TK_RULES_CLASSIFY_H
#define TK_RULES_CLASSIFY_H

#include "rules/installation.h"
#include "rules/message.h"
#include "rules/status.h"

enum tk_class {
    TK_CLASS_HUMAN,
    TK_CLASS_AUTOREPLY, /* vacation, out of office, auto reply */
    TK_CLASS_AUTO_GENERATED,
    TK_CLASS_CHALLENGE, /* challenge-response */
    TK_CLASS_BOUNCE,
    TK_CLASS_BOUNCE_DELAYED,
    TK_CLASS_BOUNCE_DELIVERED,
    TK_CLASS_FEEDBACK,
    TK_CLASS_MDN,
    TK_CLASS_LIST,
    TK_CLASS_LOOP
};

/* How far the evidence carries: A excludes, B is never answered (reports, receipts, complaints, challenges
 * and absence notes are excluded from B on), C is a hint that does nothing alone: a person may have written
 * it. */
enum tk_strength { TK_STRENGTH_NONE, TK_STRENGTH_C, TK_STRENGTH_B, TK_STRENGTH_A };

struct tk_bounce {
    char *status;              /* "5.1.1", or NULL */
    char *recipient;           /* the failed address, or NULL */
    char *original_message_id; /* without <>, or NULL */
};

struct tk_classification {
    enum tk_class class;
    enum tk_strength strength;
    gboolean out_of_office; /* an autoreply that says that somebody is away */
    gboolean bare_null;     /* nothing but the null envelope sender tells that it is no person's mail */
    char *evidence; /* "Auto-Submitted: auto-replied", "envelope sender <>", one line, <= 200 bytes; NULL for
                       human */
    struct tk_bounce bounce; /* filled for the bounce classes */
};

struct tk_classify_context {
    const char *mail_from; /* envelope sender without <>; "" is the null sender; NULL: no envelope (a file) */
    /* A loop needs proof; that From is an address of ours is none, since contact forms, shared mailboxes and
     * groups write so too. */
    const struct tk_installation *installation; /* whose X-Ticket-Loop is ours; NULL: unknown */
    gboolean own_message_id;                    /* tk_token_is_own_message_id */
    guint max_received;                         /* more Received headers are a loop; 0: none are */
};

void tk_classify(const struct tk_message *message, const struct tk_classify_context *context,
                 struct tk_classification *classification_r);
void tk_classify_clear(struct tk_classification *classification);

/* "human", "autoreply", "auto-generated", "challenge-response", "bounce", "bounce-delayed",
 * "bounce-delivered", "feedback", "mdn", "list", "loop". Static. */
const char *tk_classify_word(enum tk_class class);

#endif
