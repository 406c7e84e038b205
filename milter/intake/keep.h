/* keep: stores what was decided about one mail, as much of it as the database takes. */
#ifndef TK_MILTER_INTAKE_KEEP_H
#define TK_MILTER_INTAKE_KEEP_H

#include "milter/intake/intake.h"
#include "milter/intake/record.h"

/* A mail whose channels are decided and planned. */
struct tk_keep {
    const struct tk_intake_context *context; /* with a store */
    const struct tk_intake_mail *mail;
    struct tk_intake_outcome *outcome; /* RESULTS are in the order of RECORDS; WHY and REFUSED are written */
    const struct tk_record_mail *shared;
    GArray *records; /* of struct tk_record */
    GArray *answers; /* of struct tk_effects_answer, in the same order */
};

/* Stores the records, one transaction a tenant, and takes over what the database made of each. Where the
 * mail's own values are proven to be what the database does not take (TK_REFUSED of tk_store_ingest), the
 * mail is stored at level headers, then at level raw. Where the database takes not even that, it is
 * TK_CONFIG: the sender keeps the mail. Else as tk_store_ingest. */
enum tk_status tk_keep_all(const struct tk_keep *keep) TK_MUST_CHECK;

#endif
