/* ledger: which mails are being read at this moment, in a file that outlives a crash of the process.
 *
 * A mail that crashes the program would come back with each attempt of its sender and take the mails of
 * others down with it. So each mail is in a slot of a mapped file while it is read: one store when it comes,
 * one when it goes, no system call. What a process left in its slots when it ended is counted by the next one
 * that starts; a mail that was there twice is to be read with care (rules/limits/limits.h, TK_LEVEL_RAW).
 *
 * A mail that took too long is remembered in the same places, so that each attempt of its sender is read
 * the same way, and cheaply.
 *
 * A mail is known by the hash of its raw bytes. One file serves several processes, each with slots of its
 * own; they are claimed by a lock that ends with the process. Bounded: the least suspicious and oldest of
 * what was counted makes room. Safe from any thread. */
#ifndef TK_MILTER_BASE_LEDGER_H
#define TK_MILTER_BASE_LEDGER_H

#include "rules/base/hash.h"
#include "rules/base/status.h"

/* Processes that may use one file, mails that each may read at once, and mails that are remembered. */
#define TK_LEDGER_PROCESSES  16
#define TK_LEDGER_SLOTS      256
#define TK_LEDGER_REMEMBERED 1024

/* How long a crash is remembered: senders give up before (RFC 5321 section 4.5.4.1: some days). */
#define TK_LEDGER_DAYS 8

struct tk_ledger;

/* One mail's place; its contents are the ledger's own. Lives on the stack of who reads the mail. */
struct tk_ledger_seat {
    guint64 *slot; /* NULL: none was free */
    guint64 key;
    guint crashes; /* how often the program crashed on this mail */
    gboolean slow; /* it never did, but the mail took too long before */
};

/* Opens PATH, makes it where it is not there, and counts what crashed processes left. NOW: seconds since
 * 1970. FOUND_R: how many mails were left. TK_CONFIG: PATH is something else, which is left alone. TK_LATER:
 * the system fails, a file of another version is still in use, or all places of processes are taken;
 * TK_STORAGE: the disk is full. WHY has a line then. A file that is torn, or of another version, is begun
 * anew. Owned by the caller. */
enum tk_status tk_ledger_open(const char *path, gint64 now, GString *why, guint *found_r,
                              struct tk_ledger **ledger_r) TK_MUST_CHECK;

/* Ends the process' use of the file; nobody may be in it. Accepts NULL; sets *LEDGER to NULL. */
void tk_ledger_close(struct tk_ledger **ledger);

/* The mail with this hash is about to be read. LEDGER may be NULL: nothing is known then. */
void tk_ledger_enter(struct tk_ledger *ledger, const guint8 sha256[TK_HASH_LEN],
                     struct tk_ledger_seat *seat_r);

/* The mail took too long. From now on that is known of it, unless another process starts at this moment. NOW
 * as above. */
void tk_ledger_note_slow(struct tk_ledger *ledger, const struct tk_ledger_seat *seat, gint64 now);

/* It was read. WELL: to the end, so that one crash before was not its fault. */
void tk_ledger_leave(struct tk_ledger *ledger, struct tk_ledger_seat *seat, gboolean well);

#endif
