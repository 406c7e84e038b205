/* delivery: the note that a machine's mail about what we sent (a bounce, an absence notice) leaves at the
 * ticket whose mail it names. Pure. */
#ifndef TK_RULES_DELIVERY_H
#define TK_RULES_DELIVERY_H

#include "rules/base/verdict.h"
#include "rules/classify/classify.h"
#include "rules/message/message.h"
#include "rules/plan/plan.h"

/* Of the mail's own words so many bytes stand in the note; the whole is in its full text. */
#define TK_DELIVERY_WORDS_MAX 2000

/* The plan of the note. REASON is why the mail is left out. The first line says what happened: "Delivery to
 * bob@far.example failed: 5.1.1", "Automatic reply of ann@acme.example: I am away"; the mail's own words
 * follow. No attachments are kept. Owned by the caller (tk_plan_free). */
struct tk_plan *tk_delivery_plan(const struct tk_message *message,
                                 const struct tk_classification *classification, enum tk_reason reason);

#endif
