/* verify_probe: sends a mail through the MTA that becomes no ticket, and looks whether it met the filter. */
#ifndef TK_MILTER_CTL_VERIFY_PROBE_H
#define TK_MILTER_CTL_VERIFY_PROBE_H

#include "rules/verify/verify.h"
#include "schema/calls/store.h"

struct tk_probe {
    const struct tk_conf *conf;
    const struct tk_channel *channel;
    const char *host; /* of the MTA */
    guint port;
    struct tk_store *store; /* with the rights of ticket_admin */
};

/* Sends the probe and adds what it finds. TK_OK: it was sent and looked for, whatever was found. TK_LATER:
 * the MTA, the filter or the database is away now, which is a finding too. */
enum tk_status tk_verify_probe(const struct tk_probe *probe, GPtrArray *findings) TK_MUST_CHECK;

#endif
