/* listener: opens libmilter's socket the safe way.
 *
 * libmilter keeps the descriptor for itself, so it is looked for among the open ones. */
#include "milter/daemon/listener.h"

#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <libmilter/mfapi.h>

/* The socket is opened at the start, when a process has a handful of descriptors. */
#define MAX_DESCRIPTOR_AT_START 256

struct tk_listener {
    char *path; /* NULL: not a unix socket */
    dev_t device;
    ino_t inode;
};

/* The path of a unix socket as libmilter writes addresses; NULL for other families. Part of LISTEN. */
static const char *unix_path(const char *listen_at)
{
    if (g_str_has_prefix(listen_at, "unix:") || g_str_has_prefix(listen_at, "local:"))
        return strchr(listen_at, ':') + 1;
    return listen_at[0] == '/' ? listen_at : NULL;
}

/* TK_OK: nobody answers at PATH (there is nothing, or a leftover). */
static enum tk_status check_unused(const char *path, GString *why)
{
    struct stat about;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (lstat(path, &about) != 0)
        return errno == ENOENT ? TK_OK : tk_status_fail(TK_CONFIG, why, "%s: %s", path, g_strerror(errno));
    if (!S_ISSOCK(about.st_mode))
        return tk_status_fail(TK_CONFIG, why, "%s: is there and is no socket", path);
    if (strlen(path) >= sizeof address.sun_path)
        return tk_status_fail(TK_CONFIG, why, "%s: is longer than a socket's path may be", path);
    memcpy(address.sun_path, path, strlen(path));

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return tk_status_fail(TK_LATER, why, "socket: %s", g_strerror(errno));
    gboolean answered = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    int error = errno;
    close(fd);
    if (answered)
        return tk_status_fail(TK_LATER, why, "%s: another process listens there", path);
    if (error != ECONNREFUSED && error != ENOENT)
        return tk_status_fail(TK_LATER, why, "%s: cannot tell whether a process listens there: %s", path,
                              g_strerror(error));
    return TK_OK;
}

static enum tk_status group_of(const char *name, GString *why, gid_t *gid_r)
{
    if (name == NULL) {
        *gid_r = (gid_t)-1;
        return TK_OK;
    }
    const struct group *group = getgrnam(name); /* before there are threads */
    if (group == NULL)
        return tk_status_fail(TK_CONFIG, why, "listen_group: there is no group \"%s\"", name);
    *gid_r = group->gr_gid;
    return TK_OK;
}

/* Gives the socket its owner, group and mode, in this order: it is the owner's alone until all is right. */
static enum tk_status hand_over(struct tk_listener *listener, uid_t owner, gid_t group, int mode,
                                GString *why)
{
    struct stat about;
    if (chown(listener->path, owner, group) != 0 || chmod(listener->path, (mode_t)mode) != 0 ||
        lstat(listener->path, &about) != 0)
        return tk_status_fail(TK_CONFIG, why, "%s: owner, group or mode: %s", listener->path,
                              g_strerror(errno));
    listener->device = about.st_dev;
    listener->inode = about.st_ino;
    return TK_OK;
}

/* Accepted connections inherit the option. Without it, each small packet of an answer waits for the peer's
 * delayed acknowledgement of the one before: some 40 ms for each header that is added. */
static void set_no_delay(void)
{
    static const int on = 1;
    for (int fd = 0; fd < MAX_DESCRIPTOR_AT_START; fd++) {
        int listens = 0, family = 0;
        socklen_t size = sizeof listens, family_size = sizeof family;
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens &&
            getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &family_size) == 0 &&
            (family == AF_INET || family == AF_INET6))
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
}

static enum tk_status open_socket(const char *listen_at, GString *why)
{
    g_autofree char *address = g_strdup(listen_at);
    if (smfi_setconn(address) != MI_SUCCESS)
        return tk_status_fail(TK_CONFIG, why, "listen: \"%s\" is no address that libmilter takes", listen_at);
    mode_t before = umask(0177);
    int opened = smfi_opensocket(true);
    umask(before);
    if (opened != MI_SUCCESS)
        return tk_status_fail(TK_LATER, why,
                              "%s: cannot listen there (libmilter's own line in syslog says why)", listen_at);
    set_no_delay();
    return TK_OK;
}

enum tk_status tk_listener_open(const struct tk_conf *conf, uid_t owner, GString *why,
                                struct tk_listener **listener_r)
{
    const char *path = unix_path(conf->listen);
    gid_t group = (gid_t)-1;
    enum tk_status status = group_of(conf->listen_group, why, &group);
    if (status == TK_OK && path != NULL)
        status = check_unused(path, why);
    if (status == TK_OK)
        status = open_socket(conf->listen, why);
    if (status != TK_OK)
        return status;

    struct tk_listener *listener = g_new0(struct tk_listener, 1);
    listener->path = g_strdup(path);
    if (path != NULL)
        status = hand_over(listener, owner, group, conf->listen_mode, why);
    if (status != TK_OK) {
        unlink(path);
        tk_listener_close(&listener);
        return status;
    }
    *listener_r = listener;
    return TK_OK;
}

void tk_listener_close(struct tk_listener **listener_p)
{
    struct tk_listener *listener = *listener_p;
    struct stat about;
    if (listener == NULL)
        return;
    *listener_p = NULL;
    if (listener->path != NULL && lstat(listener->path, &about) == 0 && about.st_dev == listener->device &&
        about.st_ino == listener->inode)
        unlink(
            listener->path); /* where the folder forbids it, the next start finds it dead and replaces it */
    g_free(listener->path);
    g_free(listener);
}
