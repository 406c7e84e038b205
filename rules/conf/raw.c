/* raw: which mails are also kept as they came. Owns nothing, cannot fail. */
#include "rules/conf/raw.h"

#define MSECS_A_SECOND 1000

static gboolean is_refused(enum tk_verdict verdict)
{
    return verdict == TK_VERDICT_FAIL || verdict == TK_VERDICT_EXCLUDE;
}

/* What mail systems tell each other: nobody misses it, and there is much of it. */
static gboolean is_report(enum tk_reason reason)
{
    return reason == TK_REASON_LOOP || reason == TK_REASON_BOUNCE || reason == TK_REASON_DELIVERY_DELAYED ||
           reason == TK_REASON_DELIVERY_SUCCESS || reason == TK_REASON_MDN;
}

gboolean tk_raw_has_no_folder(const struct tk_channel *channel, enum tk_verdict verdict)
{
    const struct tk_folder *folder = verdict == TK_VERDICT_FAIL ? &channel->fail : &channel->exclude;
    return is_refused(verdict) && folder->kind == TK_FOLDER_NONE;
}

/* Whether keep_raw asks for a refused mail. */
static gboolean is_asked_for(const struct tk_raw_input *input)
{
    if (!is_refused(input->verdict) || input->size > TK_RAW_REFUSED_MAX)
        return FALSE;
    if (input->conf->keep_raw != TK_RAW_NEEDED && !is_report(input->reason))
        return TRUE;
    return tk_raw_has_no_folder(input->channel, input->verdict) &&
           (input->verdict == TK_VERDICT_FAIL || input->level != TK_LEVEL_FULL);
}

void tk_raw_decide(const struct tk_raw_input *input, struct tk_raw *raw_r)
{
    gboolean stored = input->verdict == TK_VERDICT_TICKET || input->verdict == TK_VERDICT_NOTE;
    *raw_r = (struct tk_raw){0};
    if (input->cut) {
        /* nothing of use */
    } else if (input->conf->keep_raw == TK_RAW_ALL || input->reason == TK_REASON_POISON ||
               (stored && input->level != TK_LEVEL_FULL)) {
        raw_r->kept = TRUE;
    } else if (input->conf->keep_raw_budget > 0 && input->verdict != TK_VERDICT_REJECT) {
        raw_r->seconds = input->channel->keep_msecs / MSECS_A_SECOND;
        if (is_asked_for(input))
            raw_r->seconds = MAX(raw_r->seconds, TK_RAW_REFUSED_SECONDS);
        raw_r->kept = raw_r->seconds > 0;
    }
    raw_r->nowhere = !raw_r->kept && tk_raw_has_no_folder(input->channel, input->verdict);
}

gboolean tk_raw_is_lost(const struct tk_conf *conf, const struct tk_channel *channel, enum tk_verdict verdict)
{
    const struct tk_raw_input input = {
        .conf = conf, .channel = channel, .verdict = verdict, .level = TK_LEVEL_FULL};
    struct tk_raw raw;
    tk_raw_decide(&input, &raw);
    return raw.nowhere;
}
