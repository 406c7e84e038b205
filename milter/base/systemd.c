/* systemd: the datagram protocol of sd_notify(3). */
#include "milter/base/systemd.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum tk_status tk_systemd_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof address.sun_path)
        return TK_NO_MATCH;

    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@')
        address.sun_path[0] = '\0'; /* abstract name */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return TK_LATER;
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    gssize sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, length);
    close(fd);
    return sent == (gssize)strlen(state) ? TK_OK : TK_LATER;
}

guint tk_systemd_watchdog_msecs(void)
{
    const char *usecs = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    if (usecs == NULL || (pid != NULL && g_ascii_strtoll(pid, NULL, 10) != (gint64)getpid()))
        return 0;
    guint64 msecs = g_ascii_strtoull(usecs, NULL, 10) / 2000;
    return (guint)MIN(msecs, G_MAXINT / 2);
}
