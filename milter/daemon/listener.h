/* listener: the socket on which the MTA finds the milter. */
#ifndef TK_MILTER_DAEMON_LISTENER_H
#define TK_MILTER_DAEMON_LISTENER_H

#include <sys/types.h>

#include "rules/base/status.h"
#include "rules/conf/conf.h"

struct tk_listener;

/* Opens CONF->listen through libmilter (which has to know the filter already). A unix socket that nobody
 * answers on is a leftover and is replaced; one that answers belongs to another process and is left alone;
 * what is no socket is never removed. The socket belongs to OWNER ((uid_t)-1: the process's user) and
 * CONF->listen_group with CONF->listen_mode, and nobody but its owner reaches it before it has them. A TCP
 * socket gets TCP_NODELAY. TK_LATER: taken by another process, or the system fails. TK_CONFIG: the address or
 * the group cannot be. WHY says it. The caller owns *LISTENER_R. */
enum tk_status tk_listener_open(const struct tk_conf *conf, uid_t owner, GString *why,
                                struct tk_listener **listener_r) TK_MUST_CHECK;

/* Removes the unix socket if it is still the one that was opened, as far as the process may. Accepts NULL;
 * sets *LISTENER to NULL. */
void tk_listener_close(struct tk_listener **listener);

#endif
