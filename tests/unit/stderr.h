/* stderr: catches what a test's subject writes to standard error. */
#ifndef TK_TESTS_UNIT_STDERR_H
#define TK_TESTS_UNIT_STDERR_H

#include <unistd.h>
#include <glib.h>

static int stderr_saved = -1;
static int stderr_read_end = -1;

/* From here on standard error goes into a pipe; at most what a pipe holds (64 KiB). */
static inline void catch_stderr(void)
{
    int ends[2];
    if (pipe(ends) != 0 || (stderr_saved = dup(STDERR_FILENO)) < 0 || dup2(ends[1], STDERR_FILENO) < 0)
        g_error("no pipe");
    close(ends[1]);
    stderr_read_end = ends[0];
}

/* What was written since; standard error is itself again. Owned by the caller. */
static inline char *caught_stderr(void)
{
    GString *text = g_string_new(NULL);
    char buffer[4096];
    gssize n;
    if (dup2(stderr_saved, STDERR_FILENO) < 0)
        g_error("no standard error");
    close(stderr_saved);
    while ((n = read(stderr_read_end, buffer, sizeof buffer)) > 0)
        g_string_append_len(text, buffer, n);
    close(stderr_read_end);
    return g_string_free(text, FALSE);
}

#endif
