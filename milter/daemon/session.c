/* session: one connection and its mail.
 *
 * A mail goes through four stages; what comes in a stage where it has no place is ignored, and a mail that
 * ends in a wrong one is answered "later". */
#include "milter/daemon/session.h"

#include <pthread.h>
#include <string.h>

#include "milter/base/spool.h"

/* Header fields of ours that a sender may have forged have to be removed. For each of them Postfix reads the
 * header from its beginning, so the fields that it reads for all of them together are counted: these are some
 * 4 seconds of its time, and 6,300 forged fields in front of all others. The names lie in memory. */
#define MARKS_READ_MAX  20000000
#define MARKS_BYTES_MAX (1024 * 1024)

enum stage {
    STAGE_NONE,     /* between mails */
    STAGE_ENVELOPE, /* MAIL came */
    STAGE_HEADER,   /* the first header field came */
    STAGE_BODY,     /* the empty line is in the spool */
    STAGE_END       /* the spool is closed */
};

struct tk_session {
    struct tk_snapshot *snapshot;
    pthread_mutex_t turn; /* never contended; one of the C library, which thread checkers know */
    /* of the mail */
    enum stage stage;
    struct tk_conf *conf;
    char *mail_from;
    GPtrArray *rcpts; /* of char *, as received */
    GPtrArray *marks; /* of char *: names of header fields that begin with X-Ticket-, in order */
    guint64 fields;   /* header fields that came */
    guint64 marks_read;
    gsize marks_bytes;
    gboolean marks_stay; /* there are more than can be removed */
    gboolean wanted;
    struct tk_spool *spool;
    struct tk_spool_content content;
    enum tk_status failed; /* why the spool could not take the mail */
    GString *failed_why;
};

struct tk_session *tk_session_new(struct tk_snapshot *snapshot)
{
    struct tk_session *session = g_new0(struct tk_session, 1);
    session->snapshot = snapshot;
    pthread_mutex_init(&session->turn, NULL);
    session->rcpts = g_ptr_array_new_with_free_func(g_free);
    session->marks = g_ptr_array_new_with_free_func(g_free);
    session->failed_why = g_string_new(NULL);
    return session;
}

void tk_session_reset(struct tk_session *session)
{
    session->stage = STAGE_NONE;
    tk_spool_free(&session->spool);
    memset(&session->content, 0, sizeof session->content);
    tk_conf_unref(&session->conf);
    g_clear_pointer(&session->mail_from, g_free);
    g_ptr_array_set_size(session->rcpts, 0);
    g_ptr_array_set_size(session->marks, 0);
    session->fields = session->marks_read = 0;
    session->marks_bytes = 0;
    session->marks_stay = FALSE;
    session->wanted = FALSE;
    session->failed = TK_OK;
    g_string_truncate(session->failed_why, 0);
}

void tk_session_free(struct tk_session **session_p)
{
    struct tk_session *session = *session_p;
    if (session == NULL)
        return;
    *session_p = NULL;
    tk_session_reset(session);
    g_ptr_array_unref(session->rcpts);
    g_ptr_array_unref(session->marks);
    g_string_free(session->failed_why, TRUE);
    pthread_mutex_destroy(&session->turn);
    g_free(session);
}

void tk_session_enter(struct tk_session *session)
{
    pthread_mutex_lock(&session->turn);
}

void tk_session_leave(struct tk_session *session)
{
    pthread_mutex_unlock(&session->turn);
}

void tk_session_begin(struct tk_session *session, const char *mail_from)
{
    tk_session_reset(session);
    session->stage = STAGE_ENVELOPE;
    session->conf = tk_snapshot_take(session->snapshot);
    session->mail_from = g_strdup(mail_from);
}

gboolean tk_session_rcpt(struct tk_session *session, const char *rcpt)
{
    if (session->stage != STAGE_ENVELOPE)
        return TRUE;
    if (session->rcpts->len >= (guint)session->conf->limit_recipients)
        return FALSE;
    g_ptr_array_add(session->rcpts, g_strdup(rcpt));
    if (tk_intake_route(session->conf, rcpt) != NULL)
        session->wanted = TRUE;
    return TRUE;
}

gboolean tk_session_wanted(const struct tk_session *session)
{
    return session->wanted;
}

int tk_session_deadline_msecs(const struct tk_session *session)
{
    return session->conf != NULL ? session->conf->deadline_msecs : 0;
}

static void spool_bytes(struct tk_session *session, const void *data, gsize len)
{
    if (session->failed == TK_OK)
        session->failed = tk_spool_append(session->spool, data, len, session->failed_why);
}

/* Goes on to STAGE, with the empty line behind the header where it passes it. FALSE: there is no mail that
 * content belongs to, or it is past that stage. */
static gboolean advance(struct tk_session *session, enum stage stage)
{
    if (!session->wanted || session->stage == STAGE_NONE || session->stage > stage)
        return FALSE;
    if (session->spool == NULL)
        session->spool = tk_spool_new(session->conf->spool_directory, session->conf->limit_message);
    if (session->spool == NULL && session->failed == TK_OK)
        session->failed = tk_status_fail(TK_LATER, session->failed_why, "libcrypto gives no SHA-256");
    if (session->stage < STAGE_BODY && stage >= STAGE_BODY)
        spool_bytes(session, "\r\n", 2);
    session->stage = stage;
    return TRUE;
}

/* Notes the name of one more header field, if it is a mark that has to be removed. */
static void note_mark(struct tk_session *session, const char *name)
{
    session->fields++;
    if (session->marks_stay || !tk_effects_is_mark(name))
        return;
    session->marks_read += session->fields;
    session->marks_bytes += strlen(name) + 1;
    session->marks_stay = session->marks_read > MARKS_READ_MAX || session->marks_bytes > MARKS_BYTES_MAX;
    if (!session->marks_stay)
        g_ptr_array_add(session->marks, g_strdup(name));
}

void tk_session_header(struct tk_session *session, const char *name, const char *value)
{
    if (!advance(session, STAGE_HEADER))
        return;
    note_mark(session, name);
    spool_bytes(session, name, strlen(name));
    spool_bytes(session, ":", 1);
    /* folds come as LF; an MTA that leaves the CR too gets no second one */
    for (const char *line = value; line != NULL;) {
        const char *newline = strchr(line, '\n');
        gsize len = newline != NULL ? (gsize)(newline - line) : strlen(line);
        if (newline != NULL && len > 0 && line[len - 1] == '\r')
            len--;
        spool_bytes(session, line, len);
        spool_bytes(session, "\r\n", 2);
        line = newline != NULL ? newline + 1 : NULL;
    }
}

void tk_session_body(struct tk_session *session, const void *data, gsize len)
{
    if (advance(session, STAGE_BODY))
        spool_bytes(session, data, len);
}

enum tk_status tk_session_finish(struct tk_session *session, const struct tk_session_end *end, GString *why,
                                 struct tk_intake_outcome *outcome_r)
{
    if (!advance(session, STAGE_BODY))
        return tk_status_fail(TK_BUG, why, "the mail ends where it cannot");
    session->stage = STAGE_END;
    if (session->failed == TK_OK)
        session->failed = tk_spool_finish(session->spool, session->failed_why, &session->content);
    if (session->failed != TK_OK)
        return tk_status_fail(session->failed, why, "%s", session->failed_why->str);

    g_ptr_array_add(session->rcpts, NULL);
    g_ptr_array_add(session->marks, NULL);
    struct tk_intake_mail mail = {
        .mail_from = session->mail_from,
        .rcpts = (const char *const *)session->rcpts->pdata,
        .header_names = (const char *const *)session->marks->pdata,
        .marks_stay = session->marks_stay,
        .source = &session->content.source,
        .limits = &session->content.limits,
        .too_big = session->content.limits.size > session->content.source.size,
        .queue_id = end->queue_id,
        .mta_name = end->mta_name,
        .client = end->client,
        .received_at = end->received_at,
    };
    memcpy(mail.raw_sha256, session->content.raw_sha256, sizeof mail.raw_sha256);
    memcpy(mail.body_sha256, session->content.body_sha256, sizeof mail.body_sha256);
    const struct tk_intake_context context = {.conf = session->conf,
                                              .store = end->store,
                                              .directory = end->directory,
                                              .ledger = end->ledger,
                                              .deadline = end->deadline};
    tk_intake_run(&context, &mail, outcome_r);
    if (outcome_r->message != NULL)
        session->content.limits.level = outcome_r->message->level;
    g_ptr_array_set_size(session->rcpts, (gint)session->rcpts->len - 1);
    g_ptr_array_set_size(session->marks, (gint)session->marks->len - 1);
    return TK_OK;
}

void tk_session_describe(const struct tk_session *session, struct tk_report *report)
{
    report->mail_from = session->mail_from;
    report->rcpts = session->rcpts->len;
    report->size = session->content.limits.size;
    report->level = session->content.limits.level;
}
