/* callbacks: what libmilter calls, translated for the session.
 *
 * The one state besides the sessions is what they all share, set once before the first connection. */
#include "milter/daemon/callbacks.h"

#include "milter/base/log.h"
#include "milter/daemon/edits.h"
#include "milter/daemon/reply.h"
#include "milter/daemon/session.h"
#include "schema/wire/fault.h"

/* What an MTA must offer: milter protocol 6 (Postfix since 2.6 with milter_protocol = 6, Sendmail
 * since 8.14). All connections get the same answer, since libmilter keeps the steps that are left out in one
 * table for all.
 *
 * Left out: CONNECT, HELO, unknown commands and the end of the header, which tell nothing that is needed. No
 * answer is given to header fields and body chunks, which come in numbers. MAIL, RCPT and DATA are answered
 * although MAIL and RCPT need not be: over TCP an MTA that gets no answer sends its next small packet into
 * the delayed acknowledgement of the one before (Nagle), which costs some 40 ms a mail. The blank after the
 * colon is asked for, so that the raw mail is what the sender sent. */
#define NEEDED_PROTOCOL                                                                                      \
    (SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NOEOH | SMFIP_NR_HDR | SMFIP_NR_BODY |         \
     SMFIP_HDR_LEADSPC)
#define NEEDED_ACTIONS (TK_EDITS_ACTIONS | SMFIF_SETSYMLIST)

/* Lines about what every mail of a wrongly set up MTA, or every mail under pressure, would bring. */
#define REPEATED_LINES_PER_MINUTE 6

static const struct tk_callbacks_service *shared;
static guint sessions; /* that there are; atomic */

/* Makes the connection's session. FALSE: there are as many as may be. */
static gboolean admit(SMFICTX *ctx)
{
    if (smfi_getpriv(ctx) != NULL)
        return TRUE;
    if (__atomic_add_fetch(&sessions, 1, __ATOMIC_RELAXED) > shared->sessions_max) {
        __atomic_sub_fetch(&sessions, 1, __ATOMIC_RELAXED);
        return FALSE;
    }
    smfi_setpriv(ctx, tk_session_new(shared->snapshot));
    return TRUE;
}

/* The connection's session, for the length of one callback. */
static struct tk_session *enter(SMFICTX *ctx)
{
    struct tk_session *session = smfi_getpriv(ctx);
    if (session == NULL) {
        session = tk_session_new(shared->snapshot);
        __atomic_add_fetch(&sessions, 1, __ATOMIC_RELAXED);
        smfi_setpriv(ctx, session);
    }
    tk_session_enter(session);
    return session;
}

/* Ends the callback with ANSWER. */
static sfsistat leave(struct tk_session *session, sfsistat answer)
{
    tk_session_leave(session);
    return answer;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long protocol,
                             unsigned long unused1, unsigned long unused2, unsigned long *actions_r,
                             unsigned long *protocol_r, unsigned long *unused1_r, unsigned long *unused2_r)
{
    (void)unused1;
    (void)unused2;
    static struct tk_log_limit limit;
    /* the queue id; the MTA's name, of which Message-IDs may be made; who has logged in, and from where */
    static char macros[] = "i j {auth_authen} {client_addr}";

    if ((actions & NEEDED_ACTIONS) != NEEDED_ACTIONS || (protocol & NEEDED_PROTOCOL) != NEEDED_PROTOCOL) {
        tk_log_limited(
            &limit, REPEATED_LINES_PER_MINUTE, LOG_ERR,
            "the MTA offers too little (actions 0x%lx of 0x%lx, protocol 0x%lx of 0x%lx); Postfix needs "
            "milter_protocol = 6",
            actions & NEEDED_ACTIONS, (unsigned long)NEEDED_ACTIONS, protocol & NEEDED_PROTOCOL,
            (unsigned long)NEEDED_PROTOCOL);
        return SMFIS_REJECT; /* libmilter closes, and the MTA does what it does without its milter */
    }
    if (!admit(ctx)) {
        static struct tk_log_limit crowded;
        tk_log_limited(&crowded, REPEATED_LINES_PER_MINUTE, LOG_WARNING,
                       "more than %u connections (limits.sessions): one is closed", shared->sessions_max);
        return SMFIS_REJECT;
    }
    if (smfi_setsymlist(ctx, SMFIM_EOM, macros) != MI_SUCCESS)
        tk_log_limited(&limit, REPEATED_LINES_PER_MINUTE, LOG_WARNING, "the MTA cannot be asked for macros");
    *actions_r = NEEDED_ACTIONS;
    *protocol_r = NEEDED_PROTOCOL;
    *unused1_r = 0;
    *unused2_r = 0;
    TK_FAULT("negotiate", NULL);
    return SMFIS_CONTINUE;
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
    struct tk_session *session = enter(ctx);
    TK_FAULT("mail", arguments[0]);
    tk_session_begin(session, arguments[0]);
    return leave(session, SMFIS_CONTINUE);
}

/* Gives REPLY to libmilter. A text that it does not take leaves the MTA's own words for the same class. */
static sfsistat say(SMFICTX *ctx, const struct tk_reply *reply)
{
    if (reply->action == TK_REPLY_ACCEPT)
        return SMFIS_ACCEPT;
    if (smfi_setreply(ctx, (char *)reply->code, (char *)reply->enhanced, (char *)reply->text) != MI_SUCCESS)
        tk_log(LOG_WARNING, "libmilter takes no reply %s %s", reply->code, reply->enhanced);
    return reply->action == TK_REPLY_REFUSE ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

static sfsistat on_rcpt(SMFICTX *ctx, char **arguments)
{
    struct tk_session *session = enter(ctx);
    TK_FAULT("rcpt", arguments[0]);
    if (tk_session_rcpt(session, arguments[0]))
        return leave(session, SMFIS_CONTINUE);
    const struct tk_reply reply = tk_reply_too_many_recipients();
    return leave(session, say(ctx, &reply));
}

static sfsistat on_data(SMFICTX *ctx)
{
    struct tk_session *session = enter(ctx);
    TK_FAULT("data", NULL);
    if (tk_session_wanted(session))
        return leave(session, SMFIS_CONTINUE);
    tk_session_reset(session);
    return leave(session, SMFIS_ACCEPT); /* no channel takes part: the MTA does not even send the content */
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    struct tk_session *session = enter(ctx);
    TK_FAULT("header", name);
    tk_session_header(session, name, value);
    return leave(session, SMFIS_NOREPLY);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
    struct tk_session *session = enter(ctx);
    TK_FAULT("body", NULL);
    tk_session_body(session, data, len);
    return leave(session, SMFIS_NOREPLY);
}

/* Whether every channel has had the mail before, be it taken or refused, so that nothing more than its edits
 * hangs on this answer. */
static gboolean all_seen(const struct tk_intake_outcome *outcome)
{
    for (guint i = 0; i < outcome->results->len; i++) {
        const struct tk_intake_result *result = g_ptr_array_index(outcome->results, i);
        if (result->seen < 2)
            return FALSE;
    }
    return TRUE;
}

/* Decides the reply, and edits the mail where it is to be accepted. An edit that fails brings the mail once
 * more; when it comes it was here before, and goes through without the edit. */
static struct tk_reply settle(SMFICTX *ctx, const struct tk_intake_outcome *outcome, GString *why,
                              struct tk_report *report)
{
    struct tk_reply reply = tk_reply_from_outcome(outcome);
    report->status = outcome->status;
    if (outcome->status != TK_OK)
        g_string_assign(why, outcome->why != NULL ? outcome->why->str : "");
    if (reply.action != TK_REPLY_ACCEPT)
        return reply;
    TK_FAULT("edit", NULL);
    report->status = tk_edits_apply(ctx, outcome->edits, why);
    TK_FAULT("edited", NULL);
    return all_seen(outcome) ? reply : tk_reply_from_status(report->status);
}

static gboolean begins(const char *key)
{
    return shared->closed == NULL || tk_once_begins(shared->closed, key, g_get_monotonic_time());
}

/* One line where a window begins to refuse the mails of a sender. */
static void tell_refusals(const struct tk_intake_outcome *outcome)
{
    for (guint i = 0; i < outcome->results->len; i++) {
        const struct tk_intake_result *result = g_ptr_array_index(outcome->results, i);
        if (result->verdict != TK_VERDICT_FAIL || result->reason != TK_REASON_RATE_LIMIT)
            continue;
        const struct tk_mailbox *from = outcome->message->from;
        g_autofree char *key = g_strdup_printf("%s of <%s> to %s/%s", tk_verdict_reason_word(result->reason),
                                               from != NULL ? from->address : "", result->channel->tenant,
                                               result->channel->name);
        if (begins(key))
            tk_log(LOG_WARNING, "a rate window is full, mails go to the fail folder: %s", key);
    }
}

/* Once where the budget of kept mails begins to be too small, and once where it no longer is. */
static void tell_alarms(const struct tk_intake_outcome *outcome)
{
    for (guint i = 0; i < outcome->results->len; i++) {
        const struct tk_intake_result *result = g_ptr_array_index(outcome->results, i);
        const char *tenant = result->channel->tenant;
        if (result->raw_alarm == TK_INGEST_ALARM_BEGIN)
            tk_log(
                LOG_WARNING,
                "the mails that are kept as they came fill the budget of the tenant %s, keep_raw_budget: the "
                "oldest excluded ones go before their time",
                tenant);
        else if (result->raw_alarm == TK_INGEST_ALARM_END)
            tk_log(LOG_INFO, "the budget of the tenant %s, keep_raw_budget, is large enough again", tenant);
    }
}

/* Lets the watch know for which channels the database has refused the mail, or taken it. */
static void tell_watch(const struct tk_intake_outcome *outcome)
{
    for (guint i = 0; i < outcome->results->len; i++) {
        const struct tk_intake_result *result = g_ptr_array_index(outcome->results, i);
        g_autofree char *name = g_strdup_printf("%s/%s", result->channel->tenant, result->channel->name);
        if (outcome->status == TK_CONFIG)
            tk_watch_refused(shared->watch, name, outcome->why->str);
        else if (outcome->status == TK_OK && result->intake_id != 0)
            tk_watch_stored(shared->watch, name);
    }
}

/* Writes the mail's line. That a window puts mails off is told with the first of them, since a flood would
 * fill the log as well. */
static void tell(const struct tk_report *report)
{
    if (report->status == TK_LIMITED && !begins(report->why))
        return;
    g_autoptr(GString) line = g_string_new(NULL);
    tk_report_line(line, report);
    const gboolean whole = report->outcome == NULL || report->outcome->refused == NULL;
    tk_log_line(report->status == TK_OK && whole ? LOG_INFO : LOG_WARNING, line);
    if (report->outcome != NULL && report->outcome->status == TK_OK)
        tell_refusals(report->outcome);
    if (report->outcome != NULL)
        tell_alarms(report->outcome);
}

/* Runs the mail through the pipeline, answers and logs it. */
static struct tk_reply finish(SMFICTX *ctx, struct tk_session *session, gint64 begin, gint64 deadline)
{
    struct tk_intake_outcome outcome;
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_session_end end = {
        .store = shared->store,
        .directory = shared->directory,
        .ledger = shared->ledger,
        .queue_id = smfi_getsymval(ctx, (char *)"i"),
        .mta_name = smfi_getsymval(ctx, (char *)"j"),
        .client = {.login = smfi_getsymval(ctx, (char *)"{auth_authen}"),
                   .address = smfi_getsymval(ctx, (char *)"{client_addr}")},
        .deadline = deadline,
        .received_at = g_get_real_time(),
    };
    struct tk_report report = {.queue_id = end.queue_id};
    struct tk_reply reply;

    report.status = tk_session_finish(session, &end, why, &outcome);
    if (report.status == TK_OK) {
        report.outcome = &outcome;
        tell_watch(&outcome);
        reply = settle(ctx, &outcome, why, &report);
    } else {
        reply = tk_reply_from_status(report.status);
    }
    tk_session_describe(session, &report);
    report.code = reply.code;
    report.why = why->str;
    report.millis = (g_get_monotonic_time() - begin) / 1000;

    tell(&report);
    if (report.outcome != NULL)
        tk_intake_clear(&outcome);
    return reply;
}

static sfsistat on_end(SMFICTX *ctx)
{
    static struct tk_log_limit limit;
    struct tk_session *session = enter(ctx);
    if (!tk_session_wanted(session)) {
        tk_session_reset(session);
        return leave(session, SMFIS_ACCEPT);
    }

    TK_FAULT("end", NULL);
    gint64 begin = g_get_monotonic_time();
    gint64 deadline = begin + (gint64)tk_session_deadline_msecs(session) * 1000;
    struct tk_flight_seat seat;
    struct tk_reply reply = tk_reply_from_status(TK_LATER);
    sfsistat answer;
    if (tk_flight_enter(shared->flight, deadline, &seat)) {
        reply = finish(ctx, session, begin, deadline);
        answer = say(ctx, &reply);
        TK_FAULT("answer", NULL);
        tk_flight_leave(shared->flight, &seat);
    } else {
        tk_log_limited(&limit, REPEATED_LINES_PER_MINUTE, LOG_WARNING,
                       "too many mails at their end, or stopping: answered 451");
        answer = say(ctx, &reply);
    }
    tk_session_reset(session);
    return leave(session, answer);
}

static sfsistat on_abort(SMFICTX *ctx)
{
    struct tk_session *session = enter(ctx);
    TK_FAULT("abort", NULL);
    tk_session_reset(session);
    return leave(session, SMFIS_CONTINUE);
}

static sfsistat on_close(SMFICTX *ctx)
{
    struct tk_session *session = enter(ctx);
    TK_FAULT("close", NULL);
    smfi_setpriv(ctx, NULL); /* libmilter complains about what is left */
    tk_session_leave(session);
    tk_session_free(&session);
    __atomic_sub_fetch(&sessions, 1, __ATOMIC_RELAXED);
    return SMFIS_CONTINUE;
}

enum tk_status tk_callbacks_register(const char *name, const struct tk_callbacks_service *service)
{
    struct smfiDesc description = {
        .xxfi_name = (char *)name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = NEEDED_ACTIONS,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_rcpt,
        .xxfi_header = on_header,
        .xxfi_body = on_body,
        .xxfi_eom = on_end,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_data = on_data,
        .xxfi_negotiate = on_negotiate,
    };
    shared = service;
    return smfi_register(description) == MI_SUCCESS ? TK_OK : TK_BUG;
}
