/* reach: connects to somebody, with a deadline.
 *
 * Owns the sockets until it hands them over. */
#include "milter/ctl/reach.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What became of a connection that is being made. An errno or 0. */
static int await(int fd, gint64 deadline)
{
    int error = 0;
    socklen_t len = sizeof error;
    for (;;) {
        gint64 left = deadline - g_get_monotonic_time();
        struct pollfd poller = {.fd = fd, .events = POLLOUT};
        if (left <= 0)
            return ETIMEDOUT;
        int n = poll(&poller, 1, (int)(left / 1000) + 1);
        if (n > 0)
            return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 ? error : errno;
        if (n < 0 && errno != EINTR)
            return errno;
    }
}

static int connect_to(const struct addrinfo *to, gint64 deadline, int *fd_r)
{
    int fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->ai_protocol);
    if (fd < 0)
        return errno;
    int error = connect(fd, to->ai_addr, to->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS)
        error = await(fd, deadline);
    if (error == 0)
        *fd_r = fd;
    else
        close(fd);
    return error;
}

enum tk_status tk_reach_tcp(const char *host, guint port, gint64 deadline, int *fd_r, GString *why)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    g_autofree char *service = g_strdup_printf("%u", port);
    int error = getaddrinfo(host, service, &hints, &list);
    if (error != 0)
        return tk_status_fail(TK_LATER, why, "%s", gai_strerror(error));
    error = ETIMEDOUT;
    for (const struct addrinfo *each = list; error != 0 && each != NULL; each = each->ai_next)
        error = connect_to(each, deadline, fd_r);
    freeaddrinfo(list);
    return error == 0 ? TK_OK : tk_status_fail(TK_LATER, why, "%s", g_strerror(error));
}

int tk_reach_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    int error = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    close(fd);
    return error == EAGAIN ? 0 : error; /* its queue is full: somebody listens */
}
