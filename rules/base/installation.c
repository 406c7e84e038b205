/* installation: names, counted references. */
#include "rules/base/installation.h"

struct tk_installation *tk_installation_new(const char *name, const char *const *former)
{
    struct tk_installation *installation = g_atomic_rc_box_new0(struct tk_installation);
    installation->name = g_strdup(name);
    installation->former = (const char *const *)g_strdupv((char **)former);
    return installation;
}

struct tk_installation *tk_installation_ref(struct tk_installation *installation)
{
    return g_atomic_rc_box_acquire(installation);
}

static void clear_installation(gpointer data)
{
    struct tk_installation *installation = data;
    g_free((char *)installation->name);
    g_strfreev((char **)installation->former);
}

void tk_installation_unref(struct tk_installation **installation)
{
    struct tk_installation *old = *installation;
    *installation = NULL;
    if (old != NULL)
        g_atomic_rc_box_release_full(old, clear_installation);
}

const char *tk_installation_find(const struct tk_installation *installation, const char *text)
{
    const char *const *former = installation->former;
    if (g_ascii_strcasecmp(text, installation->name) == 0)
        return installation->name;
    for (gsize i = 0; former != NULL && former[i] != NULL; i++)
        if (g_ascii_strcasecmp(text, former[i]) == 0)
            return former[i];
    return NULL;
}
