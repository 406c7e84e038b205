/* queue: tenants and threads. */
#include "milter/notify/queue.h"

#include <unistd.h>

#include "milter/base/naming.h"
#include "milter/notify/worker.h"
#include "schema/calls/outbox.h"

/* How long nothing is tried after something was away: at first, and at most. */
#define PAUSE_FIRST G_TIME_SPAN_SECOND
#define PAUSE_MAX   (60 * G_TIME_SPAN_SECOND)

struct tk_queue {
    struct tk_snapshot *snapshot;
    struct tk_store *store;
    struct tk_naming *naming;
    GPtrArray *threads;
    GMutex mutex; /* over all that follows */
    GCond changed;
    GArray *tenants; /* of gint64; the first is the next */
    gboolean stopping;
    gint64 pause, closed_until; /* monotonic; 0: open */
};

struct thread {
    struct tk_queue *queue;
    struct tk_sender *sender;
    char *name;
    GThread *thread;
};

/* The next tenant; FALSE: the queue stops. Waits. */
static gboolean next(struct tk_queue *queue, gint64 *tenant_r)
{
    g_mutex_lock(&queue->mutex);
    while (!queue->stopping && queue->tenants->len == 0)
        g_cond_wait(&queue->changed, &queue->mutex);
    gboolean found = !queue->stopping;
    if (found) {
        *tenant_r = g_array_index(queue->tenants, gint64, 0);
        g_array_remove_index(queue->tenants, 0);
    }
    g_mutex_unlock(&queue->mutex);
    return found;
}

static gboolean has(const GArray *tenants, gint64 tenant)
{
    for (guint i = 0; i < tenants->len; i++)
        if (g_array_index(tenants, gint64, i) == tenant)
            return TRUE;
    return FALSE;
}

void tk_queue_add(struct tk_queue *queue, const GArray *tenants)
{
    g_mutex_lock(&queue->mutex);
    for (guint i = 0; i < tenants->len; i++) {
        gint64 tenant = g_array_index(tenants, gint64, i);
        if (!has(queue->tenants, tenant))
            g_array_append_val(queue->tenants, tenant);
    }
    g_cond_broadcast(&queue->changed);
    g_mutex_unlock(&queue->mutex);
}

static void add_one(struct tk_queue *queue, gint64 tenant)
{
    g_mutex_lock(&queue->mutex);
    if (queue->closed_until == 0 && !has(queue->tenants, tenant))
        g_array_append_val(queue->tenants, tenant);
    g_cond_signal(&queue->changed);
    g_mutex_unlock(&queue->mutex);
}

/* Takes in how a mail fared. */
static void learn(struct tk_queue *queue, gboolean away)
{
    g_mutex_lock(&queue->mutex);
    if (!away) {
        queue->pause = queue->closed_until = 0;
    } else if (queue->closed_until < g_get_monotonic_time()) {
        queue->pause = queue->pause == 0 ? PAUSE_FIRST : MIN(queue->pause * 2, PAUSE_MAX);
        queue->closed_until = g_get_monotonic_time() + queue->pause;
        g_array_set_size(queue->tenants, 0);
    }
    g_mutex_unlock(&queue->mutex);
}

gboolean tk_queue_is_open(struct tk_queue *queue)
{
    g_mutex_lock(&queue->mutex);
    gboolean open = queue->closed_until <= g_get_monotonic_time();
    g_mutex_unlock(&queue->mutex);
    return open;
}

static gpointer work(gpointer data)
{
    struct thread *self = data;
    const struct tk_worker worker = {.snapshot = self->queue->snapshot,
                                     .store = self->queue->store,
                                     .naming = self->queue->naming,
                                     .sender = self->sender,
                                     .name = self->name};
    gint64 tenant;
    while (next(self->queue, &tenant)) {
        struct tk_outbox_mail *mail = NULL;
        enum tk_status status = tk_worker_take(&worker, tenant, &mail);
        if (status == TK_OK) {
            add_one(self->queue, tenant);
            status = tk_worker_send(&worker, &mail);
        }
        if (status != TK_NO_MATCH)
            learn(self->queue, status != TK_OK);
    }
    return NULL;
}

static void free_thread(gpointer data)
{
    struct thread *thread = data;
    if (thread->thread != NULL)
        g_thread_join(thread->thread);
    tk_sender_free(&thread->sender);
    g_free(thread->name);
    g_free(thread);
}

enum tk_status tk_queue_start(struct tk_snapshot *snapshot, struct tk_store *store, guint count,
                              struct tk_queue **queue_r, GString *why)
{
    struct tk_queue *queue = g_new0(struct tk_queue, 1);
    queue->snapshot = snapshot;
    queue->store = store;
    queue->naming = tk_naming_new();
    queue->threads = g_ptr_array_new_with_free_func(free_thread);
    queue->tenants = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_mutex_init(&queue->mutex);
    g_cond_init(&queue->changed);
    for (guint i = 0; i < count; i++) {
        struct thread *thread = g_new0(struct thread, 1);
        g_ptr_array_add(queue->threads, thread);
        thread->queue = queue;
        thread->sender = tk_sender_new();
        thread->name =
            g_strdup_printf("%s/%ld/%u/%08x", g_get_host_name(), (long)getpid(), i, g_random_int());
        if (thread->sender != NULL)
            thread->thread = g_thread_try_new("send", work, thread, NULL);
        if (thread->thread == NULL) {
            tk_queue_stop(&queue);
            return tk_status_fail(TK_LATER, why, "cannot make the threads that send");
        }
    }
    *queue_r = queue;
    return TK_OK;
}

void tk_queue_stop(struct tk_queue **queue)
{
    struct tk_queue *q = *queue;
    if (q == NULL)
        return;
    *queue = NULL;
    g_mutex_lock(&q->mutex);
    q->stopping = TRUE;
    g_cond_broadcast(&q->changed);
    g_mutex_unlock(&q->mutex);
    g_ptr_array_unref(q->threads);
    tk_naming_free(&q->naming);
    g_array_unref(q->tenants);
    g_cond_clear(&q->changed);
    g_mutex_clear(&q->mutex);
    g_free(q);
}
