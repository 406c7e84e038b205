/* conversation: which ticket a mail belongs to, and the decision that follows from it. */
#ifndef TK_MILTER_INTAKE_CONVERSATION_H
#define TK_MILTER_INTAKE_CONVERSATION_H

#include "milter/intake/intake.h"
#include "milter/intake/record.h"

/* What the channels of one mail have in common. */
struct tk_conversation_mail {
    const struct tk_intake_context *context;
    const struct tk_installation *installation;
    const struct tk_intake_outcome *outcome; /* message, class and authentication are known; WHY is written */
    const GArray *rcpts;                     /* of struct tk_effects_rcpt */
    const char *mail_from;                   /* without <> */
    gboolean too_big;
};

/* Decides for the channel of RECORD, whose ids are known: the rules that need the mail alone, then what the
 * database knows about its keys (asked only where there are some), then all rules. TK_OK: the decision is
 * made. Else as tk_store_facts. */
enum tk_status tk_conversation_decide(const struct tk_conversation_mail *mail,
                                      struct tk_record *record) TK_MUST_CHECK;

#endif
