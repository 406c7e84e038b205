/* snapshot: the configuration that holds now. */
#include "milter/base/snapshot.h"

#include "milter/base/log.h"
#include "rules/conf/options.h"

struct tk_snapshot {
    GMutex mutex; /* over CONF */
    struct tk_conf *conf;
    char *path;
    tk_snapshot_loader loader;
};

static void log_problems(const GPtrArray *problems)
{
    for (guint i = 0; i < problems->len; i++) {
        const struct tk_conf_problem *problem = g_ptr_array_index(problems, i);
        int priority = problem->error ? LOG_ERR : LOG_WARNING;
        if (problem->line > 0)
            tk_log(priority, "%s:%d: %s", problem->file, problem->line, problem->text);
        else
            tk_log(priority, "%s: %s", problem->file, problem->text);
    }
}

static enum tk_status load(const char *path, tk_snapshot_loader loader, struct tk_conf **conf_r)
{
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    enum tk_status status = loader(path, problems, conf_r);
    log_problems(problems);
    return status;
}

enum tk_status tk_snapshot_open(const char *path, tk_snapshot_loader loader, struct tk_snapshot **snapshot_r)
{
    struct tk_conf *conf = NULL;
    enum tk_status status = load(path, loader, &conf);
    if (conf == NULL)
        return status == TK_OK ? TK_BUG : status;

    struct tk_snapshot *snapshot = g_new0(struct tk_snapshot, 1);
    g_mutex_init(&snapshot->mutex);
    snapshot->conf = conf;
    snapshot->path = g_strdup(path);
    snapshot->loader = loader;
    *snapshot_r = snapshot;
    return status;
}

void tk_snapshot_free(struct tk_snapshot **snapshot_p)
{
    struct tk_snapshot *snapshot = *snapshot_p;
    if (snapshot == NULL)
        return;
    *snapshot_p = NULL;
    tk_conf_unref(&snapshot->conf);
    g_mutex_clear(&snapshot->mutex);
    g_free(snapshot->path);
    g_free(snapshot);
}

struct tk_conf *tk_snapshot_take(struct tk_snapshot *snapshot)
{
    g_mutex_lock(&snapshot->mutex);
    struct tk_conf *conf = tk_conf_ref(snapshot->conf);
    g_mutex_unlock(&snapshot->mutex);
    return conf;
}

/* Whether a member of the main file's struct differs. */
static gboolean differs(const struct tk_option *option, const struct tk_conf *before,
                        const struct tk_conf *after)
{
    const char *one = (const char *)before + option->offset, *other = (const char *)after + option->offset;
    if (option->type == TK_TYPE_INT || option->type == TK_TYPE_MODE || option->type == TK_TYPE_TIME)
        return *(const int *)(const void *)one != *(const int *)(const void *)other;
    if (option->type == TK_TYPE_SIZE)
        return *(const guint64 *)(const void *)one != *(const guint64 *)(const void *)other;
    return g_strcmp0(*(char *const *)(const void *)one, *(char *const *)(const void *)other) != 0;
}

/* Says which settings differ that are used once, at the start. They are numbers and texts of the main file.
 */
static void log_kept_settings(const struct tk_conf *before, const struct tk_conf *after)
{
    gsize n;
    const struct tk_option *options = tk_options(&n);
    for (gsize i = 0; i < n; i++)
        if (options[i].file == TK_FILE_MAIN && (options[i].flags & TK_OPTION_RESTART) != 0 &&
            options[i].shape == TK_SHAPE_ONE && differs(&options[i], before, after))
            tk_log(LOG_WARNING, "%s: %s changes at the next start only", after->file, options[i].path);
}

enum tk_status tk_snapshot_reload(struct tk_snapshot *snapshot)
{
    struct tk_conf *conf = NULL;
    enum tk_status status = load(snapshot->path, snapshot->loader, &conf);
    if (status != TK_OK) {
        tk_conf_unref(&conf);
        tk_log(LOG_ERR, "%s: has errors, the configuration of before stays", snapshot->path);
        return status;
    }
    g_mutex_lock(&snapshot->mutex);
    struct tk_conf *before = snapshot->conf;
    snapshot->conf = conf;
    g_mutex_unlock(&snapshot->mutex);

    log_kept_settings(before, conf);
    tk_log(LOG_INFO, "%s: read anew, %u channels", snapshot->path, conf->channels->len);
    tk_conf_unref(&before);
    return TK_OK;
}
