/* purge: removes what has had its time, in batches.
 *
 * Each batch is a transaction of its own, bounded in rows and in time, so a purge ends however much there is,
 * mails are stored meanwhile, and what it has removed stays removed where it is stopped. The next one does
 * the rest. */
#ifndef TK_SCHEMA_PURGE_H
#define TK_SCHEMA_PURGE_H

#include "schema/calls/store.h"

struct tk_purged {
    gint64 keys;    /* expired intake keys */
    gint64 raws;    /* raw mails whose time is over */
    gint64 intakes; /* intake rows without a ticket */
    gint64 blobs;   /* contents that nobody refers to */
};

struct tk_purge {
    gint64 age;      /* seconds: intake rows without a ticket go when they are older */
    guint rows;      /* of a batch, at most; 0: as many as is usual */
    guint msecs;     /* and milliseconds, after which it takes up no other row; 0: as is usual */
    gint64 patience; /* microseconds until a batch has failed */
    /* Asked after each batch, with all that was removed so far; false: stop here. NULL: go on to the end. */
    bool (*goes_on)(void *context, const struct tk_purged *so_far);
    void *context;
};

/* Purges all tenants, one after the other. Role ticket_admin. PURGED_R is what was removed, whatever is
 * returned. TK_LATER: also where goes_on has stopped it; what every call of a store returns, and TK_UNCERTAIN
 * where it is unknown whether the last batch was committed. */
TK_MUST_CHECK enum tk_status tk_purge_all(struct tk_store *store, const struct tk_purge *purge,
                                          struct tk_purged *purged_r, GString *why);

#endif
