/* slow-disk: a library to preload that makes the disk slow: every fsync and fdatasync takes SLOW_DISK_MS
 * milliseconds longer (20 where it is not set). tests/stress/run builds it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

typedef int sync_function(int);

static int slowly(const char *name, int fd)
{
    const char *text = getenv("SLOW_DISK_MS");
    const long millis = text != NULL ? atol(text) : 20;
    sync_function *real = (sync_function *)dlsym(RTLD_NEXT, name);
    struct timespec left = {millis / 1000, millis % 1000 * 1000000};
    if (real == NULL) {
        errno = ENOSYS;
        return -1;
    }
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
    return real(fd);
}

int fsync(int fd)
{
    return slowly("fsync", fd);
}

int fdatasync(int fd)
{
    return slowly("fdatasync", fd);
}
