/* raw: which mails are also kept as they came, and for how long (the manual: keep_raw, keep_raw_budget,
 * channel.keep). */
#ifndef TK_RULES_RAW_H
#define TK_RULES_RAW_H

#include "rules/base/verdict.h"
#include "rules/conf/conf.h"
#include "rules/limits/limits.h"

/* Refused mails are kept up to this size, and for so long. */
#define TK_RAW_REFUSED_MAX     (1024 * 1024)
#define TK_RAW_REFUSED_SECONDS (14 * 24 * 3600)

struct tk_raw_input {
    const struct tk_conf *conf;
    const struct tk_channel *channel;
    enum tk_verdict verdict;
    enum tk_reason reason;
    enum tk_level level; /* how deeply the mail was read */
    guint64 size;        /* bytes */
    gboolean cut;        /* only the beginning of the mail is here */
};

struct tk_raw {
    gboolean kept;    /* the mail is kept as it came */
    gint64 seconds;   /* so long, within the budget; 0: as long as its intake row */
    gboolean nowhere; /* its sender is told 250, and neither a folder, a ticket nor a raw mail holds it */
};

void tk_raw_decide(const struct tk_raw_input *input, struct tk_raw *raw_r);

/* Whether a mail of this VERDICT is refused or excluded, and no folder gets it. */
gboolean tk_raw_has_no_folder(const struct tk_channel *channel, enum tk_verdict verdict);

/* Whether a mail of this VERDICT (fail or exclude) that has at most 1M and was read in full is held by
 * nothing: for those who check the configuration. */
gboolean tk_raw_is_lost(const struct tk_conf *conf, const struct tk_channel *channel,
                        enum tk_verdict verdict);

#endif
