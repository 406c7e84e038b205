/* program: runs another program, without a shell, and takes what it prints.
 *
 * Owns the child and its pipes; both are gone at the return. */
#define _GNU_SOURCE /* pipe2() */
#include "milter/ctl/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The settings of a Postfix are some 50 KiB. */
#define OUTPUT_MAX (1024 * 1024)
#define READ_BLOCK 16384

extern char **environ;

char *tk_program_find(const char *name)
{
    static const char *const folders[] = {"/usr/sbin", "/usr/local/sbin", "/sbin"};
    char *found = g_find_program_in_path(name);
    for (gsize i = 0; found == NULL && i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = g_build_filename(folders[i], name, NULL);
        if (access(path, X_OK) == 0)
            found = g_steal_pointer(&path);
    }
    return found;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Starts ARGV with /dev/null as input; *OUT and *ERRORS are the ends to read. Returns an errno or 0. */
static int start(char *const *argv, int *out, int *errors, pid_t *pid_r)
{
    int out_pipe[2] = {-1, -1}, error_pipe[2] = {-1, -1};
    posix_spawn_file_actions_t actions;
    if (pipe2(out_pipe, O_CLOEXEC) != 0)
        return errno;
    if (pipe2(error_pipe, O_CLOEXEC) != 0) {
        int error = errno;
        close(out_pipe[0]);
        close(out_pipe[1]);
        return error;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out_pipe[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, error_pipe[1], STDERR_FILENO);
    int error = posix_spawn(pid_r, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(out_pipe[1]);
    close(error_pipe[1]);
    *out = out_pipe[0];
    *errors = error_pipe[0];
    return error;
}

/* Reads what is there; closes the pipe at its end. */
static void take(int *fd, GString *into)
{
    char block[READ_BLOCK];
    ssize_t got = read(*fd, block, sizeof block);
    if (got > 0 && into->len < OUTPUT_MAX)
        g_string_append_len(into, block, MIN(got, (gssize)(OUTPUT_MAX - into->len)));
    else if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
        close_fd(fd);
}

/* Reads both pipes to their ends. FALSE: the time is over. */
static gboolean take_all(int *out, GString *into_out, int *errors, GString *into_errors, gint64 deadline)
{
    while (*out >= 0 || *errors >= 0) {
        struct pollfd fds[] = {{.fd = *out, .events = POLLIN}, {.fd = *errors, .events = POLLIN}};
        gint64 left = deadline - g_get_monotonic_time();
        if (left <= 0)
            return FALSE;
        if (poll(fds, G_N_ELEMENTS(fds), (int)(left / 1000) + 1) < 0 && errno != EINTR)
            return FALSE;
        if (fds[0].revents != 0)
            take(out, into_out);
        if (fds[1].revents != 0)
            take(errors, into_errors);
    }
    return TRUE;
}

enum tk_status tk_program_run(char *const *argv, guint seconds, GString *out, GString *errors, int *exit_r,
                              GString *why)
{
    int out_fd = -1, error_fd = -1, state = 0;
    pid_t pid = 0;
    int error = start(argv, &out_fd, &error_fd, &pid);
    gboolean complete = FALSE;
    if (error == 0) {
        complete = take_all(&out_fd, out, &error_fd, errors,
                            g_get_monotonic_time() + seconds * (gint64)G_USEC_PER_SEC);
        if (!complete)
            kill(pid, SIGKILL);
        while (waitpid(pid, &state, 0) < 0 && errno == EINTR)
            continue;
    }
    close_fd(&out_fd);
    close_fd(&error_fd);
    if (error != 0)
        return tk_status_fail(TK_LATER, why, "%s cannot be run: %s", argv[0], g_strerror(error));
    if (!complete)
        return tk_status_fail(TK_LATER, why, "%s did not end within %u s", argv[0], seconds);
    if (!WIFEXITED(state))
        return tk_status_fail(TK_LATER, why, "%s was ended by signal %d", argv[0], WTERMSIG(state));
    *exit_r = WEXITSTATUS(state);
    return TK_OK;
}
