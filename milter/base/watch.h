/* watch: whether the database takes what the program stores, asked again and again by a thread of its own,
 * and said where people look: in the log, and in the state that the service manager shows.
 *
 * Trouble is one alarm, whatever its causes: one WARNING when it begins, one line when it is over, and the
 * status in between. A cause of another kind is one more WARNING. */
#ifndef TK_MILTER_BASE_WATCH_H
#define TK_MILTER_BASE_WATCH_H

#include "rules/base/status.h"

struct tk_watch;

/* The texts live as long as the watch. */
struct tk_watch_options {
    const char *program;  /* with its version, for the first line */
    const char *conninfo; /* of the database */
    const char *well;     /* what the program does when all is well: "taking mails" */
    const char *ill;      /* what happens meanwhile where it is not: "mails are put off with 451" */
};

/* Asks once, for some two seconds at most. Owned by the caller. */
struct tk_watch *tk_watch_new(const struct tk_watch_options *options);

/* Says, once, that the program is ready, and whether the first answer was good, to the log and to the service
 * manager; then asks on, every half minute, in trouble every few seconds. TK_LATER: no thread can be made. */
enum tk_status tk_watch_begin(struct tk_watch *watch, GString *why) TK_MUST_CHECK;

/* The database has refused what was to be stored for PLACE (a channel's name), with WHY; or it has taken
 * something for it. The alarm is over when every place that was refused has been served since, and nothing
 * was refused for ten seconds. WATCH may be NULL. Safe from any thread. */
void tk_watch_refused(struct tk_watch *watch, const char *place, const char *why);
void tk_watch_stored(struct tk_watch *watch, const char *place);

/* Ends the thread, within some seconds. Accepts NULL; sets *WATCH to NULL. */
void tk_watch_free(struct tk_watch **watch);

#endif
