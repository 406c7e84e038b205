/* verify_place: whether an entry of Postfix's milter lists is the place where we listen. */
#ifndef TK_RULES_VERIFY_PLACE_H
#define TK_RULES_VERIFY_PLACE_H

#include "rules/base/status.h"

/* Where we listen, as one service of Postfix sees it. */
struct tk_verify_at {
    const char *listen;          /* "unix:/path", "local:/path", "inet:port@host", "inet6:port@host" */
    const char *queue_directory; /* relative paths begin here, and in a chroot all of them */
    gboolean chroot;
};

enum tk_place { TK_PLACE_OTHER, TK_PLACE_OURS, TK_PLACE_OUT_OF_REACH };

/* What ENTRY ("unix:path", "inet:host:port") is. TK_PLACE_OUT_OF_REACH: it is our path as it is seen outside
 * the chroot, so that it leads elsewhere. */
enum tk_place tk_verify_place_is(const struct tk_verify_at *at, const char *entry);

/* What an entry for us must be. Owned by the caller. */
char *tk_verify_place(const struct tk_verify_at *at);

/* What to do so that we are reached. Owned by the caller. */
char *tk_verify_place_remedy(const struct tk_verify_at *at);

#endif
