/* cputime: the processor time of the calling thread. Owns nothing. */
#include "milter/base/cputime.h"

#include <time.h>

gint64 tk_cputime_thread(void)
{
    struct timespec used;

    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) != 0)
        return 0;
    return (gint64)used.tv_sec * G_USEC_PER_SEC + used.tv_nsec / 1000;
}
