/* process: user, limits, background. */
#include "config.h"

#include "milter/base/process.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>

/* Three descriptors a connection (socket, spool, database) for some thousands of connections. */
#define WANTED_FILES 65536

enum tk_status tk_process_find_user(const char *name, GString *why, struct tk_process_user *user_r)
{
    *user_r = (struct tk_process_user){.uid = (uid_t)-1, .gid = (gid_t)-1};
    if (name == NULL)
        return TK_OK;
    const struct passwd *entry = getpwnam(name);
    if (entry == NULL)
        return tk_status_fail(TK_CONFIG, why, "user: there is no user \"%s\"", name);
    if (entry->pw_uid == geteuid())
        return TK_OK;
    if (geteuid() != 0)
        return tk_status_fail(TK_CONFIG, why, "user: only root can become \"%s\"", name);
    user_r->name = g_strdup(name);
    user_r->uid = entry->pw_uid;
    user_r->gid = entry->pw_gid;
    return TK_OK;
}

enum tk_status tk_process_become(const struct tk_process_user *user, GString *why)
{
    if (user->name == NULL)
        return TK_OK;
    if (initgroups(user->name, user->gid) != 0 || setresgid(user->gid, user->gid, user->gid) != 0 ||
        setresuid(user->uid, user->uid, user->uid) != 0)
        return tk_status_fail(TK_BUG, why, "cannot become \"%s\": %s", user->name, g_strerror(errno));
    if (user->uid != 0 && setuid(0) == 0)
        return tk_status_fail(TK_BUG, why, "became \"%s\", but can become root again", user->name);
    return TK_OK;
}

enum tk_status tk_process_set_limits(GString *why)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < WANTED_FILES) {
        files.rlim_cur = MIN(files.rlim_max, WANTED_FILES);
        setrlimit(RLIMIT_NOFILE, &files); /* with fewer, connections wait; no reason not to start */
    }

    pthread_attr_t attributes;
    gsize stack = 0;
    int error = pthread_getattr_default_np(&attributes);
    if (error == 0) {
        pthread_attr_getstacksize(&attributes, &stack);
        if (stack < TK_PROCESS_STACK)
            error = pthread_attr_setstacksize(&attributes, TK_PROCESS_STACK);
        if (error == 0 && stack < TK_PROCESS_STACK)
            error = pthread_setattr_default_np(&attributes);
        pthread_attr_destroy(&attributes);
    }
    if (error != 0)
        return tk_status_fail(TK_CONFIG, why, "threads cannot have a stack of %d bytes: %s", TK_PROCESS_STACK,
                              g_strerror(error));
    return TK_OK;
}

enum tk_status tk_process_background(GString *why)
{
    if (daemon(0, 0) != 0)
        return tk_status_fail(TK_LATER, why, "cannot go to the background: %s", g_strerror(errno));
    return TK_OK;
}
