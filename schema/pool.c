/* pool: connections shared by all threads.
 *
 * Owns struct tk_store. Connections are made when they are needed, up to the fixed size, and used last in
 * first out, so that a quiet server keeps few of them busy. */
#include "schema/pool.h"

#include "schema/target.h"

#define MAX_AGE (10 * 60 * G_USEC_PER_SEC)

struct tk_store {
    struct tk_target *target;
    guint size;
    gint64 wait;
    gint64 max_age;
    bool any_schema;
    gint plain;   /* prepared statements get lost between us and the server */
    GMutex mutex; /* guards all below */
    GCond freed;
    GQueue idle; /* struct tk_connection */
    guint open;  /* connections, idle, in use or being made */
    GRand *random;
    struct tk_store_numbers numbers;
};

enum tk_status tk_store_open(const struct tk_store_options *options, struct tk_store **store_r, GString *why)
{
    if (options->pool < 1 || options->pool > TK_STORE_POOL_MAX)
        return tk_status_fail(TK_CONFIG, why, "pool must be 1 to %d", TK_STORE_POOL_MAX);
    if (options->wait <= 0)
        return tk_status_fail(TK_CONFIG, why, "wait must be more than 0");
    struct tk_target *target = NULL;
    enum tk_status status = tk_target_new(options->conninfo, options->application_name, &target, why);
    if (status != TK_OK)
        return status;
    struct tk_store *s = g_new0(struct tk_store, 1);
    s->target = target;
    s->size = options->pool;
    s->wait = options->wait;
    s->max_age = options->max_age > 0 ? options->max_age : MAX_AGE;
    s->any_schema = options->any_schema;
    g_mutex_init(&s->mutex);
    g_cond_init(&s->freed);
    g_queue_init(&s->idle);
    s->random = g_rand_new_with_seed(options->seed);
    *store_r = s;
    return TK_OK;
}

void tk_store_close(struct tk_store **store)
{
    struct tk_store *s = *store;
    if (s == NULL)
        return;
    *store = NULL;
    struct tk_connection *c;
    while ((c = g_queue_pop_head(&s->idle)) != NULL)
        tk_connection_close(&c);
    tk_target_free(&s->target);
    g_rand_free(s->random);
    g_cond_clear(&s->freed);
    g_mutex_clear(&s->mutex);
    g_free(s);
}

/* One connection less; somebody may make another. */
static void forget(struct tk_store *s)
{
    g_mutex_lock(&s->mutex);
    s->open--;
    g_cond_signal(&s->freed);
    g_mutex_unlock(&s->mutex);
}

static enum tk_status make(struct tk_store *s, gint64 until, struct tk_connection **connection_r,
                           GString *why)
{
    enum tk_status status = tk_target_connect(s->target, s->any_schema, until, connection_r, why);
    if (status != TK_OK) {
        forget(s);
        return status;
    }
    (*connection_r)->plain = g_atomic_int_get(&s->plain);
    g_mutex_lock(&s->mutex);
    s->numbers.connects++;
    g_mutex_unlock(&s->mutex);
    return TK_OK;
}

enum tk_status tk_pool_take(struct tk_store *store, gint64 deadline, struct tk_connection **connection_r,
                            GString *why)
{
    const gint64 until = MIN(deadline, g_get_monotonic_time() + store->wait);
    bool waited = false;
    g_mutex_lock(&store->mutex);
    for (;;) {
        struct tk_connection *c = g_queue_pop_head(&store->idle);
        if (c != NULL) {
            g_mutex_unlock(&store->mutex);
            if (tk_connection_alive(c) && g_get_monotonic_time() - c->born < store->max_age) {
                c->plain = g_atomic_int_get(&store->plain);
                *connection_r = c;
                return TK_OK;
            }
            tk_connection_close(&c);
            g_mutex_lock(&store->mutex);
            store->open--;
        } else if (store->open < store->size) {
            store->open++;
            g_mutex_unlock(&store->mutex);
            return make(store, until, connection_r, why);
        } else {
            store->numbers.waits += !waited;
            waited = true;
            if (!g_cond_wait_until(&store->freed, &store->mutex, until)) {
                store->numbers.timeouts++;
                g_mutex_unlock(&store->mutex);
                return tk_status_fail(TK_LATER, why, "all %u database connections are busy", store->size);
            }
        }
    }
}

void tk_pool_give(struct tk_store *store, struct tk_connection **connection)
{
    struct tk_connection *c = *connection;
    if (c == NULL)
        return;
    *connection = NULL;
    if (c->misplaced)
        g_atomic_int_set(&store->plain, TRUE);
    if (c->broken || c->preparing || PQstatus(c->pq) != CONNECTION_OK ||
        PQtransactionStatus(c->pq) != PQTRANS_IDLE) {
        tk_connection_close(&c);
        forget(store);
        return;
    }
    g_mutex_lock(&store->mutex);
    g_queue_push_head(&store->idle, c);
    g_cond_signal(&store->freed);
    g_mutex_unlock(&store->mutex);
}

gint64 tk_pool_random(struct tk_store *store, gint64 limit)
{
    g_mutex_lock(&store->mutex);
    const gint64 number = (gint64)(g_rand_double(store->random) * (double)limit);
    g_mutex_unlock(&store->mutex);
    return number;
}

enum tk_status tk_pool_query(struct tk_store *store, const char *sql, const struct tk_args *args, bool writes,
                             gint64 deadline, PGresult **result_r, GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status == TK_OK)
        status = tk_connection_query(c, sql, args, writes, false, deadline, result_r, why);
    tk_pool_give(store, &c);
    return status;
}

void tk_store_numbers(struct tk_store *store, struct tk_store_numbers *numbers_r)
{
    g_mutex_lock(&store->mutex);
    *numbers_r = store->numbers;
    numbers_r->connections = store->open;
    numbers_r->busy = store->open - store->idle.length;
    g_mutex_unlock(&store->mutex);
}
