/* cputime: the processor time of the calling thread. */
#ifndef TK_BASE_CPUTIME_H
#define TK_BASE_CPUTIME_H

#include <glib.h>

/* Microseconds that the calling thread has used; 0 where the system does not tell. */
gint64 tk_cputime_thread(void);

#endif
