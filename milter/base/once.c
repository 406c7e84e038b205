/* once: a table of states with the moment at which each was met last, and a queue in the order of those
 * moments. */
#include "milter/base/once.h"

struct state {
    char *key;
    gint64 met;
    GList link; /* in the queue; its data is the state itself */
};

struct tk_once {
    GMutex mutex;
    GHashTable *states; /* key -> struct state, which owns the key */
    GQueue queue;       /* the least recently met first */
    gint64 quiet;       /* microseconds */
    guint most;
};

static void free_state(gpointer data)
{
    struct state *state = data;
    g_free(state->key);
    g_free(state);
}

struct tk_once *tk_once_new(gint64 quiet, guint most)
{
    struct tk_once *once = g_new0(struct tk_once, 1);
    g_mutex_init(&once->mutex);
    once->states = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_state);
    g_queue_init(&once->queue);
    once->quiet = quiet * G_USEC_PER_SEC;
    once->most = most;
    return once;
}

void tk_once_free(struct tk_once **once_p)
{
    struct tk_once *once = *once_p;
    if (once == NULL)
        return;
    *once_p = NULL;
    g_hash_table_unref(once->states);
    g_mutex_clear(&once->mutex);
    g_free(once);
}

static void forget_first(struct tk_once *once)
{
    struct state *state = once->queue.head->data;
    g_queue_unlink(&once->queue, &state->link);
    g_hash_table_remove(once->states, state->key);
}

gboolean tk_once_begins(struct tk_once *once, const char *key, gint64 now)
{
    g_mutex_lock(&once->mutex);
    while (once->queue.head != NULL && ((struct state *)once->queue.head->data)->met + once->quiet <= now)
        forget_first(once);
    struct state *state = g_hash_table_lookup(once->states, key);
    gboolean begins = state == NULL;
    if (begins) {
        if (once->queue.length >= once->most)
            forget_first(once);
        state = g_new0(struct state, 1);
        state->key = g_strdup(key);
        state->link.data = state;
        g_hash_table_insert(once->states, state->key, state);
    } else {
        g_queue_unlink(&once->queue, &state->link);
    }
    state->met = now;
    g_queue_push_tail_link(&once->queue, &state->link);
    g_mutex_unlock(&once->mutex);
    return begins;
}
