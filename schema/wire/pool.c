/* pool: connections shared by all threads.
 *
 * Owns struct tk_store. Connections are made when they are needed, up to the fixed size, and used last in
 * first out, so that a quiet server keeps few of them busy. Who has to wait is served in the order of coming:
 * a connection that gets free is handed to him, so that no later call overtakes him until his time is over.
 */
#include "schema/wire/pool.h"

#include "schema/sql/queries.h"
#include "schema/wire/target.h"

#define MAX_AGE (10 * 60 * G_USEC_PER_SEC)

/* A connection's uses before it plans anew for the first time; then after twice as many each. */
#define FIRST_REPLAN 64

struct tk_store {
    struct tk_target *target;
    guint size;
    gint64 wait;
    gint64 max_age;
    bool any_schema;
    gint plain;     /* prepared statements get lost between us and the server */
    GMutex mutex;   /* guards all below */
    GQueue idle;    /* struct tk_connection; none while somebody waits */
    GQueue waiting; /* struct waiter, first come first */
    guint open;     /* connections, idle, in use or being made */
    GRand *random;
    struct tk_store_numbers numbers;
};

/* Who waits for a connection; it lives on his stack. */
struct waiter {
    GCond served;
    bool is_served;
    struct tk_connection *connection; /* NULL though served: one may be made in its place */
    GList link;
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
    g_queue_init(&s->idle);
    g_queue_init(&s->waiting);
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
    g_mutex_clear(&s->mutex);
    g_free(s);
}

/* Passes CONNECTION on, or the right to make one where it is NULL. */
static void pass_on(struct tk_store *s, struct tk_connection *connection)
{
    g_mutex_lock(&s->mutex);
    GList *first = g_queue_pop_head_link(&s->waiting);
    if (first != NULL) {
        struct waiter *waiter = first->data;
        waiter->is_served = true;
        waiter->connection = connection;
        g_cond_signal(&waiter->served);
    } else if (connection != NULL) {
        g_queue_push_head(&s->idle, connection);
    } else {
        s->open--;
    }
    g_mutex_unlock(&s->mutex);
}

/* Waits until UNTIL for CONNECTION_R, or for the right to make one (NULL); the caller holds the mutex. FALSE:
 * in vain. */
static bool await(struct tk_store *s, gint64 until, struct tk_connection **connection_r)
{
    struct waiter waiter = {.link = {.data = &waiter}};
    g_cond_init(&waiter.served);
    g_queue_push_tail_link(&s->waiting, &waiter.link);
    s->numbers.waits++;
    bool in_time = true;
    while (!waiter.is_served && in_time)
        in_time = g_cond_wait_until(&waiter.served, &s->mutex, until);
    if (!waiter.is_served) {
        g_queue_unlink(&s->waiting, &waiter.link);
        s->numbers.timeouts++;
    }
    g_cond_clear(&waiter.served);
    *connection_r = waiter.connection;
    return waiter.is_served;
}

static enum tk_status make(struct tk_store *s, gint64 until, struct tk_connection **connection_r,
                           GString *why)
{
    enum tk_status status = tk_target_connect(s->target, s->any_schema, until, connection_r, why);
    if (status != TK_OK) {
        pass_on(s, NULL);
        return status;
    }
    (*connection_r)->plain = g_atomic_int_get(&s->plain);
    (*connection_r)->replan_at = FIRST_REPLAN;
    g_mutex_lock(&s->mutex);
    s->numbers.connects++;
    g_mutex_unlock(&s->mutex);
    return TK_OK;
}

/* Whether C is of further use. The server keeps the plans of functions and foreign keys for a connection's
 * life, or until it has statistics of the tables. While they hold a handful of rows all plans look the same
 * to it, and one that reads the whole table is as good as any, and a burden soon after: so they are made
 * anew, again and again, more rarely each time. */
static bool fit(struct tk_store *s, struct tk_connection *c, gint64 until)
{
    g_autoptr(PGresult) nothing = NULL;
    if (!tk_connection_alive(c) || g_get_monotonic_time() - c->born >= s->max_age)
        return false;
    if (++c->uses < c->replan_at)
        return true;
    c->replan_at *= 2;
    return tk_connection_query(c, tk_query_discard_plans, NULL, false, false, until, &nothing, NULL) == TK_OK;
}

enum tk_status tk_pool_take(struct tk_store *store, gint64 deadline, struct tk_connection **connection_r,
                            GString *why)
{
    const gint64 until = MIN(deadline, g_get_monotonic_time() + store->wait);
    bool got = true;
    g_mutex_lock(&store->mutex);
    struct tk_connection *c = g_queue_pop_head(&store->idle);
    if (c == NULL && store->open < store->size)
        store->open++;
    else if (c == NULL)
        got = await(store, until, &c);
    g_mutex_unlock(&store->mutex);

    if (!got)
        return tk_status_fail(TK_LATER, why, "all %u database connections are busy", store->size);
    if (c != NULL && fit(store, c, until)) {
        c->plain = g_atomic_int_get(&store->plain);
        *connection_r = c;
        return TK_OK;
    }
    tk_connection_close(&c);
    return make(store, until, connection_r, why);
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
        PQtransactionStatus(c->pq) != PQTRANS_IDLE)
        tk_connection_close(&c);
    pass_on(store, c);
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

enum tk_status tk_pool_input(struct tk_store *store, const char *sql, const struct tk_args *args,
                             gint64 deadline, PGresult **result_r, GString *why)
{
    struct tk_connection *c = NULL;
    enum tk_status status = tk_pool_take(store, deadline, &c, why);
    if (status == TK_OK) {
        status = tk_connection_query(c, sql, args, true, false, deadline, result_r, why);
        status = tk_connection_of_input(c, status);
    }
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
