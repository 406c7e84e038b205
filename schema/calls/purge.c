/* purge: removes what has had its time, in batches. */
#include "schema/calls/purge.h"

#include "schema/sql/queries.h"
#include "schema/wire/pool.h"

#define ROWS_USUAL  2000
#define MSECS_USUAL 500

/* What is removed, in an order in which the later steps find what the earlier ones have let go. */
enum step { KEYS, RAWS, KEPT, INTAKES, BLOBS, STEPS };

struct run {
    const struct tk_purge *purge;
    struct tk_connection *c;
    gint64 now; /* of the server's clock, the same for all batches: what falls due meanwhile can wait */
    struct tk_purged *purged;
    GString *why;
};

/* The parameters of a batch of STEP, as its query counts them (queries.sql). */
static void add_args(const struct run *run, enum step step, gint64 tenant_id, const char *after,
                     struct tk_args *args)
{
    tk_args_number(args, tenant_id);
    if (step == KEYS || step == RAWS || step == KEPT)
        tk_args_number(args, run->now);
    else if (step == INTAKES)
        tk_args_number(args, run->now - run->purge->age * G_USEC_PER_SEC);
    if (step == INTAKES || step == BLOBS)
        tk_args_text(args, after);
    tk_args_number(args, run->purge->rows > 0 ? run->purge->rows : ROWS_USUAL);
    tk_args_number(args, run->purge->msecs > 0 ? run->purge->msecs : MSECS_USUAL);
}

/* One batch. AFTER is where it begins, and then where the next one does; NULL at the end. */
static enum tk_status do_batch(const struct run *run, enum step step, gint64 tenant_id, char **after)
{
    static const char *const queries[STEPS] = {tk_query_purge_keys, tk_query_purge_raws, tk_query_purge_kept,
                                               tk_query_purge_intakes, tk_query_purge_blobs};
    gint64 *const counts[STEPS] = {&run->purged->keys, &run->purged->raws, &run->purged->blobs,
                                   &run->purged->intakes, &run->purged->blobs};
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    add_args(run, step, tenant_id, *after, &args);
    g_autoptr(PGresult) result = NULL;
    const gint64 deadline = g_get_monotonic_time() + run->purge->patience;
    enum tk_status status =
        tk_connection_query(run->c, queries[step], &args, true, false, deadline, &result, run->why);
    if (status != TK_OK)
        return status;
    *counts[step] += tk_result_number(result, 0, "removed");
    g_free(*after);
    *after = g_strdup(tk_result_text(result, 0, "after"));
    return TK_OK;
}

static enum tk_status do_step(const struct run *run, enum step step, gint64 tenant_id)
{
    const struct tk_purge *purge = run->purge;
    g_autofree char *after = g_strdup("");
    while (after != NULL) {
        enum tk_status status = do_batch(run, step, tenant_id, &after);
        if (status == TK_OK && purge->goes_on != NULL && !purge->goes_on(purge->context, run->purged))
            status = tk_status_fail(TK_LATER, run->why, "it was stopped");
        if (status != TK_OK)
            return status;
    }
    return TK_OK;
}

enum tk_status tk_purge_all(struct tk_store *store, const struct tk_purge *purge, struct tk_purged *purged_r,
                            GString *why)
{
    struct run run = {.purge = purge, .purged = purged_r, .why = why};
    const gint64 deadline = g_get_monotonic_time() + purge->patience;
    *purged_r = (struct tk_purged){0};
    enum tk_status status = tk_pool_take(store, deadline, &run.c, why);
    if (status != TK_OK)
        return status;
    run.now = tk_connection_clock(run.c, g_get_monotonic_time());
    g_autoptr(PGresult) tenants = NULL;
    status = tk_connection_query(run.c, tk_query_purge_tenants, NULL, false, false, deadline, &tenants, why);
    for (int row = 0; status == TK_OK && row < PQntuples(tenants); row++)
        for (int step = KEYS; status == TK_OK && step < STEPS; step++)
            status = do_step(&run, step, tk_result_number(tenants, row, "tenant_id"));
    tk_pool_give(store, &run.c);
    return status;
}
