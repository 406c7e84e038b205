/* naming: the installation's names, kept for a while. */
#include "milter/base/naming.h"

struct tk_naming {
    GMutex mutex; /* over all that follows */
    struct tk_installation *known;
    gint64 ask_at; /* monotonic */
};

struct tk_naming *tk_naming_new(void)
{
    struct tk_naming *naming = g_new0(struct tk_naming, 1);
    g_mutex_init(&naming->mutex);
    return naming;
}

void tk_naming_free(struct tk_naming **naming)
{
    struct tk_naming *old = *naming;
    if (old == NULL)
        return;
    *naming = NULL;
    tk_installation_unref(&old->known);
    g_mutex_clear(&old->mutex);
    g_free(old);
}

void tk_naming_forget(struct tk_naming *naming)
{
    g_mutex_lock(&naming->mutex);
    naming->ask_at = 0;
    g_mutex_unlock(&naming->mutex);
}

/* What is known and young enough. One caller at a time asks anew; the others go on with what is known. */
static struct tk_installation *known_now(struct tk_naming *naming)
{
    struct tk_installation *known = NULL;
    gint64 now = g_get_monotonic_time();
    g_mutex_lock(&naming->mutex);
    if (naming->known != NULL && now < naming->ask_at)
        known = tk_installation_ref(naming->known);
    else
        naming->ask_at = now + TK_NAMING_SECONDS * G_TIME_SPAN_SECOND;
    g_mutex_unlock(&naming->mutex);
    return known;
}

/* Keeps FOUND, where it is no NULL, and returns what is known then, or NULL. */
static struct tk_installation *keep(struct tk_naming *naming, struct tk_installation *found)
{
    g_mutex_lock(&naming->mutex);
    if (found != NULL) {
        tk_installation_unref(&naming->known);
        naming->known = found;
    }
    struct tk_installation *known = naming->known != NULL ? tk_installation_ref(naming->known) : NULL;
    g_mutex_unlock(&naming->mutex);
    return known;
}

enum tk_status tk_naming_find(struct tk_naming *naming, struct tk_store *store, gint64 deadline,
                              struct tk_installation **installation_r, GString *why)
{
    *installation_r = known_now(naming);
    if (*installation_r != NULL)
        return TK_OK;
    struct tk_installation *found = NULL;
    enum tk_status status = tk_store_installation(store, deadline, &found, why);
    *installation_r = keep(naming, found);
    if (*installation_r == NULL)
        return status;
    if (why != NULL)
        g_string_truncate(why, 0);
    return TK_OK;
}
