/* systemd: tells the service manager how the process fares, by the datagram protocol of sd_notify(3).
 *
 * Without NOTIFY_SOCKET in the environment, nothing happens. */
#ifndef TK_MILTER_BASE_SYSTEMD_H
#define TK_MILTER_BASE_SYSTEMD_H

#include "rules/base/status.h"

/* Sends STATE ("READY=1", "STOPPING=1", "WATCHDOG=1"). TK_NO_MATCH: nobody asked. TK_LATER: it could not be
 * sent. Safe from any thread. */
enum tk_status tk_systemd_notify(const char *state);

/* How often "WATCHDOG=1" is to be sent: half of what the manager waits. 0: it does not watch this process. */
guint tk_systemd_watchdog_msecs(void);

#endif
