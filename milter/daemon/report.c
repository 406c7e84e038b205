/* report: the one line that the log has for a mail. */
#include "milter/daemon/report.h"

#include "rules/base/logtext.h"

typedef const char *(*word_of_result)(const struct tk_intake_result *result);

static const char *verdict_of(const struct tk_intake_result *result)
{
    return tk_verdict_word(result->verdict);
}

static const char *reason_of(const struct tk_intake_result *result)
{
    return tk_verdict_reason_word(result->reason);
}

static const char *detail_of(const struct tk_intake_result *result)
{
    return result->detail != NULL ? result->detail : "";
}

static const char *number_of(const struct tk_intake_result *result)
{
    return result->number != NULL ? result->number : "";
}

static void add_of_all(GString *line, const char *key, const GPtrArray *results, word_of_result word)
{
    g_autoptr(GString) words = g_string_new(NULL);
    for (guint i = 0; i < results->len; i++)
        g_string_append_printf(words, "%s%s", i > 0 ? "," : "", word(g_ptr_array_index(results, i)));
    tk_logtext_pair(line, key, words->str);
}

static void add_channels(GString *line, const GPtrArray *results)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < results->len; i++) {
        const struct tk_intake_result *result = g_ptr_array_index(results, i);
        g_string_append_printf(names, "%s%s/%s", i > 0 ? "," : "", result->channel->tenant,
                               result->channel->name);
    }
    tk_logtext_pair(line, "channel", names->str);
}

static gint64 foreign_tokens(const GPtrArray *results)
{
    gint64 count = 0;
    for (guint i = 0; i < results->len; i++)
        count += ((const struct tk_intake_result *)g_ptr_array_index(results, i))->foreign_tokens;
    return count;
}

/* What the pipeline found. Without an outcome, or where it ended early, the values are empty. */
static void add_outcome(GString *line, const struct tk_intake_outcome *outcome)
{
    const struct tk_message *message = outcome != NULL ? outcome->message : NULL;
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    const GPtrArray *results = outcome != NULL && outcome->status == TK_OK ? outcome->results : none;

    if (results->len > 0)
        add_of_all(line, "verdict", results, verdict_of);
    else
        tk_logtext_pair(line, "verdict", tk_verdict_word(TK_VERDICT_LATER));
    add_of_all(line, "reason", results, reason_of);
    add_channels(line, results);
    add_of_all(line, "ticket", results, number_of);
    tk_logtext_pair(line, "class", message != NULL ? tk_classify_word(outcome->classification.class) : NULL);
    tk_logtext_pair(line, "evidence", message != NULL ? outcome->classification.evidence : NULL);
    add_of_all(line, "detail", results, detail_of);
    tk_logtext_number(line, "foreign", foreign_tokens(results));
    tk_logtext_pair(line, "auth", message != NULL ? tk_authentic_word(outcome->authentic.verdict) : NULL);
    tk_logtext_pair(line, "by", message != NULL ? outcome->authentic.by : NULL);
}

/* Whether a channel's mail is held by nothing. */
static gboolean is_nowhere(const struct tk_intake_outcome *outcome)
{
    for (guint i = 0; outcome != NULL && outcome->status == TK_OK && i < outcome->results->len; i++)
        if (((const struct tk_intake_result *)g_ptr_array_index(outcome->results, i))->raw.nowhere)
            return TRUE;
    return FALSE;
}

void tk_report_line(GString *line, const struct tk_report *report)
{
    const struct tk_intake_outcome *outcome = report->outcome;
    tk_logtext_pair(line, "id", report->queue_id);
    add_outcome(line, outcome);
    const gboolean lessened = report->status == TK_OK && outcome != NULL && outcome->refused != NULL;
    tk_logtext_pair(line, "level", tk_limits_level_word(lessened ? outcome->stored_level : report->level));
    tk_logtext_number(line, "size", (gint64)report->size);
    tk_logtext_number(line, "millis", report->millis);
    tk_logtext_pair(line, "msgid",
                    outcome != NULL && outcome->message != NULL ? outcome->message->message_id : NULL);
    tk_logtext_pair(line, "from", report->mail_from);
    tk_logtext_number(line, "rcpts", report->rcpts);
    tk_logtext_pair(line, "reply", report->code != NULL ? report->code : "250");
    if (is_nowhere(outcome))
        tk_logtext_pair(line, "kept", "no");
    if (lessened)
        tk_logtext_pair(line, "refused", outcome->refused);
    if (report->status == TK_OK)
        return;
    tk_logtext_pair(line, "status", tk_status_word(report->status));
    tk_logtext_pair(line, "why", report->why);
}
