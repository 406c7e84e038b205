/* watch: whether the database takes what the program stores. */
#include "milter/base/watch.h"

#include "milter/base/log.h"
#include "milter/base/systemd.h"
#include "schema/calls/store.h"

#define CHECK_MICROS   (2 * G_TIME_SPAN_SECOND)  /* for one question, with the connection that it makes */
#define PAUSE_WELL     (30 * G_TIME_SPAN_SECOND) /* between two, when all is well, */
#define PAUSE_ILL      (3 * G_TIME_SPAN_SECOND)  /* and in trouble */
#define QUIET          (10 * G_TIME_SPAN_SECOND) /* so long after a refusal a place counts as served again */
#define PLACES_MOST    1000                      /* that are remembered as refused */
#define STATUS_MOST    500                       /* bytes of what the service manager is told */
#define LINES_A_MINUTE 6                         /* where the kind of trouble changes back and forth */

/* A place that was refused. */
struct place {
    gint64 refused, stored; /* the last time of each, monotonic microseconds */
};

struct tk_watch {
    struct tk_watch_options options;
    GMutex mutex; /* guards all below */
    GCond changed;
    GThread *thread; /* NULL before tk_watch_begin */
    gboolean ends;
    gboolean asks_now;    /* something was refused: ask at once */
    enum tk_status state; /* of the last question */
    char *why;            /* where it was not TK_OK */
    GHashTable *places;   /* char * -> struct place */
    char *refused;        /* the last refusal, with its place */
    enum tk_status told;  /* what the log knows: TK_OK, or the kind of trouble */
    char *status;         /* what the service manager knows */
    struct tk_log_limit limit;
};

/* Asks by a connection of its own, so that settings and schema are looked at anew, and a pool that is all in
 * use is no trouble. */
static enum tk_status ask(const struct tk_watch *watch, GString *why)
{
    const struct tk_store_options options = {.conninfo = watch->options.conninfo,
                                             .application_name = "ticket-milter watch",
                                             .pool = 1,
                                             .wait = CHECK_MICROS};
    struct tk_store *store = NULL;
    enum tk_status status = tk_store_open(&options, &store, why);
    if (status == TK_OK)
        status = tk_store_check(store, g_get_monotonic_time() + CHECK_MICROS, why);
    tk_store_close(&store);
    return status;
}

/* The caller holds the mutex, where there is a thread. */
static void take_answer(struct tk_watch *watch, enum tk_status status, const char *why)
{
    /* What was refused while the database was in no state to take anything says nothing of its own. */
    if (status == TK_OK && watch->state != TK_OK)
        g_hash_table_remove_all(watch->places);
    watch->state = status;
    g_free(watch->why);
    watch->why = status != TK_OK ? g_strdup(why) : NULL;
}

static gboolean is_served(gpointer key, gpointer value, gpointer now)
{
    (void)key;
    const struct place *place = value;
    return place->stored > place->refused && place->refused + QUIET <= *(gint64 *)now;
}

/* The kind of trouble that there is, and a line about it. Owned by the caller; NULL where all is well. */
static char *trouble(const struct tk_watch *watch, enum tk_status *kind_r)
{
    const guint refused = g_hash_table_size(watch->places);
    *kind_r = watch->state != TK_OK ? watch->state : refused > 0 ? TK_REFUSED : TK_OK;
    if (watch->state != TK_OK)
        return g_strdup_printf("%s: %s", watch->options.ill, watch->why);
    if (refused > 0)
        return g_strdup_printf("%s, of %u channels; the last: %s", watch->options.ill, refused,
                               watch->refused);
    return NULL;
}

static void tell_manager(struct tk_watch *watch, const char *more, const char *text)
{
    g_autoptr(GString) line = g_string_new(NULL);
    tk_logtext_plain(line, text, STATUS_MOST);
    if (*more == '\0' && g_strcmp0(line->str, watch->status) == 0)
        return;
    g_free(watch->status);
    watch->status = g_strdup(line->str);
    g_autofree char *message = g_strdup_printf("%sSTATUS=%s", more, line->str);
    if (tk_systemd_notify(message) == TK_LATER)
        tk_log_limited(&watch->limit, LINES_A_MINUTE, LOG_WARNING,
                       "the service manager cannot be told how things are");
}

/* Says what has changed. */
static void tell(struct tk_watch *watch)
{
    enum tk_status kind;
    g_autofree char *text = trouble(watch, &kind);
    if (text != NULL && kind != watch->told)
        tk_log_limited(&watch->limit, LINES_A_MINUTE, LOG_WARNING, "alarm: %s", text);
    else if (text == NULL && watch->told != TK_OK)
        tk_log(LOG_NOTICE, "alarm over: %s", watch->options.well);
    watch->told = kind;
    tell_manager(watch, "", text != NULL ? text : watch->options.well);
}

static gpointer run(gpointer data)
{
    struct tk_watch *watch = data;
    g_autoptr(GString) why = g_string_new(NULL);
    g_mutex_lock(&watch->mutex);
    while (!watch->ends) {
        const gint64 until = g_get_monotonic_time() + (watch->told == TK_OK ? PAUSE_WELL : PAUSE_ILL);
        while (!watch->ends && !watch->asks_now && g_cond_wait_until(&watch->changed, &watch->mutex, until))
            continue;
        watch->asks_now = FALSE;
        if (watch->ends)
            break;
        g_mutex_unlock(&watch->mutex);
        const enum tk_status status = ask(watch, why);
        gint64 now = g_get_monotonic_time();
        g_mutex_lock(&watch->mutex);
        take_answer(watch, status, why->str);
        g_hash_table_foreach_remove(watch->places, is_served, &now);
        tell(watch);
    }
    g_mutex_unlock(&watch->mutex);
    return NULL;
}

struct tk_watch *tk_watch_new(const struct tk_watch_options *options)
{
    struct tk_watch *watch = g_new0(struct tk_watch, 1);
    g_autoptr(GString) text = g_string_new(NULL);
    watch->options = *options;
    g_mutex_init(&watch->mutex);
    g_cond_init(&watch->changed);
    watch->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const enum tk_status status = ask(watch, text);
    take_answer(watch, status, text->str);
    return watch;
}

enum tk_status tk_watch_begin(struct tk_watch *watch, GString *why)
{
    g_autofree char *text = trouble(watch, &watch->told);
    if (text == NULL)
        tk_log(LOG_INFO, "%s is ready", watch->options.program);
    else
        tk_log(LOG_WARNING, "%s is ready, but %s", watch->options.program, text);
    tell_manager(watch, "READY=1\n", text != NULL ? text : watch->options.well);
    watch->thread = g_thread_try_new("watch", run, watch, NULL);
    return watch->thread != NULL ? TK_OK : tk_status_fail(TK_LATER, why, "cannot make a thread");
}

void tk_watch_refused(struct tk_watch *watch, const char *place, const char *why)
{
    if (watch == NULL)
        return;
    g_mutex_lock(&watch->mutex);
    struct place *known = g_hash_table_lookup(watch->places, place);
    if (known == NULL && g_hash_table_size(watch->places) < PLACES_MOST) {
        known = g_new0(struct place, 1);
        g_hash_table_insert(watch->places, g_strdup(place), known);
    }
    if (known != NULL)
        known->refused = g_get_monotonic_time();
    g_free(watch->refused);
    watch->refused = g_strdup_printf("%s: %s", place, why);
    if (watch->told == TK_OK && !watch->asks_now) {
        watch->asks_now = TRUE;
        g_cond_signal(&watch->changed);
    }
    g_mutex_unlock(&watch->mutex);
}

void tk_watch_stored(struct tk_watch *watch, const char *place)
{
    if (watch == NULL)
        return;
    g_mutex_lock(&watch->mutex);
    struct place *known = g_hash_table_lookup(watch->places, place);
    if (known != NULL)
        known->stored = g_get_monotonic_time();
    g_mutex_unlock(&watch->mutex);
}

void tk_watch_free(struct tk_watch **watch_p)
{
    struct tk_watch *watch = *watch_p;
    if (watch == NULL)
        return;
    *watch_p = NULL;
    g_mutex_lock(&watch->mutex);
    watch->ends = TRUE;
    g_cond_signal(&watch->changed);
    g_mutex_unlock(&watch->mutex);
    if (watch->thread != NULL)
        g_thread_join(watch->thread);
    g_hash_table_unref(watch->places);
    g_mutex_clear(&watch->mutex);
    g_cond_clear(&watch->changed);
    g_free(watch->why);
    g_free(watch->refused);
    g_free(watch->status);
    g_free(watch);
}
