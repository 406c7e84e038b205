/* trust: whether a file that steers the program can be changed by somebody else. */
#ifndef TK_MILTER_BASE_TRUST_H
#define TK_MILTER_BASE_TRUST_H

#include <sys/stat.h>

#include "rules/base/status.h"

/* Whether nobody but root, this process's user and, with GROUP_OK, groups can change what PATH leads to: each
 * folder and link on the way, also behind links, and the file, which was opened with the status OPENED. As
 * sshd and Postfix do, and as they, it lets folders be that anyone may write but where each name belongs to
 * its owner (mode +t). NULL: so it is; or who can, as a text with the way out, which the caller frees with
 * g_free. */
char *tk_trust_fault(const char *path, const struct stat *opened, gboolean group_ok);

#endif
