/* fake_milter: libmilter and the pipeline as scripts, so that a test is the MTA and the database at once.
 *
 * For one test program: the functions are defined here, and neither libmilter nor the intake is linked. */
#ifndef TK_TESTS_UNIT_FAKE_MILTER_H
#define TK_TESTS_UNIT_FAKE_MILTER_H

#include <stdbool.h>
#include <string.h>
#include <libmilter/mfapi.h>

#include "milter/intake/intake.h"
#include "rules/address/address.h"

/* A connection as libmilter keeps it. */
struct smfi_str {
    void *priv;
    char *queue_id, *mta_name;
    GString *calls;       /* a line for every call that changes the mail or sets the reply */
    int refuse_edit;      /* the number of the edit, from 1, that is refused; 0: none */
    int edits;            /* so far */
    gboolean has_symlist; /* the MTA may be asked for macros */
};

/* libmilter */
static struct smfiDesc fake_description;

int smfi_register(struct smfiDesc description)
{
    fake_description = description;
    return MI_SUCCESS;
}

void *smfi_getpriv(SMFICTX *ctx)
{
    return ctx->priv;
}

int smfi_setpriv(SMFICTX *ctx, void *priv)
{
    ctx->priv = priv;
    return MI_SUCCESS;
}

char *smfi_getsymval(SMFICTX *ctx, char *name)
{
    return strcmp(name, "i") == 0 ? ctx->queue_id : strcmp(name, "j") == 0 ? ctx->mta_name : NULL;
}

int smfi_setsymlist(SMFICTX *ctx, int stage, char *macros)
{
    g_string_append_printf(ctx->calls, "macros %d %s\n", stage, macros);
    return ctx->has_symlist ? MI_SUCCESS : MI_FAILURE;
}

int smfi_setreply(SMFICTX *ctx, char *code, char *enhanced, char *text)
{
    g_string_append_printf(ctx->calls, "reply %s %s %s\n", code, enhanced, text);
    return MI_SUCCESS;
}

static int fake_edit(SMFICTX *ctx, const char *name, const char *value, const char *more)
{
    g_string_append_printf(ctx->calls, "%s %s%s%s\n", name, value, more != NULL ? "|" : "",
                           more != NULL ? more : "");
    return ++ctx->edits == ctx->refuse_edit ? MI_FAILURE : MI_SUCCESS;
}

int smfi_addheader(SMFICTX *ctx, char *name, char *value)
{
    return fake_edit(ctx, "addheader", name, value);
}

int smfi_chgheader(SMFICTX *ctx, char *name, int index, char *value)
{
    g_autofree char *number = g_strdup_printf("%d%s", index, value == NULL ? "" : value);
    return fake_edit(ctx, "chgheader", name, number);
}

int smfi_addrcpt(SMFICTX *ctx, char *rcpt)
{
    return fake_edit(ctx, "addrcpt", rcpt, NULL);
}

int smfi_addrcpt_par(SMFICTX *ctx, char *rcpt, char *arguments)
{
    return fake_edit(ctx, "addrcpt_par", rcpt, arguments);
}

int smfi_delrcpt(SMFICTX *ctx, char *rcpt)
{
    return fake_edit(ctx, "delrcpt", rcpt, NULL);
}

/* The pipeline: what the next run answers, and what the last one was given. */
static struct {
    enum tk_status status;
    enum tk_verdict verdicts[3];
    guint n_results;
    gint64 seen;
    enum tk_reason reason;
    gboolean only_channels;
    void (*make_edits)(GPtrArray *edits);
    /* given */
    guint runs, clears;
    GByteArray *raw;
    GString *envelope; /* "FROM RCPT RCPT ..." */
    char *queue_id, *mta_name;
    char *instance; /* of the configuration it ran with */
    guint64 size;
    gboolean too_big;
    gint64 left; /* microseconds to the deadline */
} fake_intake;

static void fake_intake_reset(void)
{
    g_clear_pointer(&fake_intake.raw, g_byte_array_unref);
    if (fake_intake.envelope != NULL)
        g_string_free(fake_intake.envelope, TRUE);
    g_free(fake_intake.queue_id);
    g_free(fake_intake.mta_name);
    g_free(fake_intake.instance);
    memset(&fake_intake, 0, sizeof fake_intake);
    fake_intake.verdicts[0] = TK_VERDICT_TICKET;
    fake_intake.n_results = 1;
    fake_intake.seen = 1;
    fake_intake.only_channels = TRUE;
}

const struct tk_channel *tk_intake_route(const struct tk_conf *conf, const char *rcpt)
{
    g_autofree char *address = tk_address_from_path(rcpt);
    g_autofree char *folded = tk_address_fold(address);
    return folded != NULL ? g_hash_table_lookup(conf->by_address, folded) : NULL;
}

static enum tk_status fake_keep(void *context, const guint8 *data, gsize len)
{
    g_byte_array_append(context, data, (guint)len);
    return TK_OK;
}

static void fake_keep_given(const struct tk_intake_context *context, const struct tk_intake_mail *mail)
{
    g_clear_pointer(&fake_intake.raw, g_byte_array_unref);
    fake_intake.raw = g_byte_array_new();
    if (tk_source_stream(mail->source, 0, mail->source->size, fake_keep, fake_intake.raw) != TK_OK)
        g_byte_array_set_size(fake_intake.raw, 0);
    if (fake_intake.envelope == NULL)
        fake_intake.envelope = g_string_new(NULL);
    g_string_assign(fake_intake.envelope, mail->mail_from);
    for (const char *const *rcpt = mail->rcpts; *rcpt != NULL; rcpt++)
        g_string_append_printf(fake_intake.envelope, " %s", *rcpt);
    g_free(fake_intake.queue_id);
    fake_intake.queue_id = g_strdup(mail->queue_id);
    g_free(fake_intake.mta_name);
    fake_intake.mta_name = g_strdup(mail->mta_name);
    g_free(fake_intake.instance);
    fake_intake.instance = g_strdup(context->conf->instance);
    fake_intake.size = mail->limits->size;
    fake_intake.too_big = mail->too_big;
    fake_intake.left = context->deadline - g_get_monotonic_time();
}

static void fake_free_result(gpointer data)
{
    struct tk_intake_result *result = data;
    g_free(result->number);
    g_free(result);
}

void tk_intake_run(const struct tk_intake_context *context, const struct tk_intake_mail *mail,
                   struct tk_intake_outcome *outcome_r)
{
    memset(outcome_r, 0, sizeof *outcome_r);
    fake_intake.runs++;
    fake_keep_given(context, mail);
    outcome_r->status = fake_intake.status;
    outcome_r->why = g_string_new("the database \"t\" is away");
    outcome_r->results = g_ptr_array_new_with_free_func(fake_free_result);
    outcome_r->edits = tk_effects_new();
    outcome_r->only_channels = fake_intake.only_channels;
    for (guint i = 0; i < fake_intake.n_results; i++) {
        struct tk_intake_result *result = g_new0(struct tk_intake_result, 1);
        result->channel = g_ptr_array_index(context->conf->channels, 0);
        result->verdict = fake_intake.verdicts[i];
        result->seen = fake_intake.seen;
        result->reason = fake_intake.reason;
        result->number = g_strdup("INC-7");
        g_ptr_array_add(outcome_r->results, result);
    }
    if (fake_intake.make_edits != NULL)
        fake_intake.make_edits(outcome_r->edits);
}

void tk_intake_clear(struct tk_intake_outcome *outcome)
{
    fake_intake.clears++;
    g_string_free(outcome->why, TRUE);
    g_ptr_array_unref(outcome->results);
    g_ptr_array_unref(outcome->edits);
}

#endif
