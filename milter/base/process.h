/* process: what a program that serves asks of its own process before it works: user, limits, background. */
#ifndef TK_MILTER_BASE_PROCESS_H
#define TK_MILTER_BASE_PROCESS_H

#include <sys/types.h>

#include "rules/base/status.h"

/* Stack of a thread: the parser walks nested mails, and a limit that the shell left (or "unlimited", for
 * which the C library takes 2 MiB) must not decide what it survives. */
#define TK_PROCESS_STACK (8 * 1024 * 1024)

/* Whom the process will be. */
struct tk_process_user {
    char *name; /* NULL: stay */
    uid_t uid;
    gid_t gid;
};

/* Looks NAME up; NULL, or the process is that user already: stay. TK_CONFIG: there is no such user, or the
 * process is neither root nor that user. The caller frees *USER_R's name. Before there are threads. */
enum tk_status tk_process_find_user(const char *name, GString *why,
                                    struct tk_process_user *user_r) TK_MUST_CHECK;

/* Becomes USER with all its groups, for good; proves that there is no way back. TK_BUG, WHY: it could not;
 * the process must end then. */
enum tk_status tk_process_become(const struct tk_process_user *user, GString *why) TK_MUST_CHECK;

/* Raises the limit of open files as far as allowed and sets the stack of all threads made later. TK_CONFIG:
 * threads cannot have TK_PROCESS_STACK. */
enum tk_status tk_process_set_limits(GString *why) TK_MUST_CHECK;

/* Goes to the background; returns in the child. TK_LATER: no child could be made. */
enum tk_status tk_process_background(GString *why) TK_MUST_CHECK;

#endif
