/* spool: the raw bytes of one mail while it comes in, with memory that does not grow with the mail.
 *
 * Small mails stay in memory; larger ones go to a file that has no name from its first moment on, so that
 * nothing is left behind however the process ends. The bytes are scanned and hashed on the way. One spool is
 * used by one thread at a time. */
#ifndef TK_MILTER_BASE_SPOOL_H
#define TK_MILTER_BASE_SPOOL_H

#include "rules/base/hash.h"
#include "rules/base/source.h"
#include "rules/base/status.h"
#include "rules/limits/limits.h"

/* Mails up to this size never touch the disk: nine of ten mails are smaller. */
#define TK_SPOOL_MEMORY (256 * 1024)

/* Bytes that all spools of the process may hold together unless it is told otherwise: a hundred senders with
 * a mail of 20 MB each, well below the disk of a small gateway. */
#define TK_SPOOL_BUDGET (G_GUINT64_CONSTANT(2) * 1024 * 1024 * 1024)

/* Sets that limit; before the first spool is made. */
void tk_spool_set_budget(guint64 bytes);

struct tk_spool;

struct tk_spool_content {
    struct tk_source source;         /* serves from the spool; its size is what was kept */
    struct tk_limits_outcome limits; /* of all bytes that came, also of those that were not kept */
    guint8 raw_sha256[TK_HASH_LEN];  /* of all bytes that came */
    guint8 body_sha256[TK_HASH_LEN]; /* of all behind the first empty line, CRLF taken as LF */
};

/* A spool that keeps the first KEEP_MAX bytes and its file in DIRECTORY, which is made (mode 0700) when it is
 * missing and the folder above it is there. What comes beyond is scanned and hashed only (content.limits.size
 * then is larger than content.source.size). NULL where libcrypto has no SHA-256. Owned by the caller. */
struct tk_spool *tk_spool_new(const char *directory, guint64 keep_max);

/* Takes the next LEN bytes. TK_STORAGE: the disk or the budget of the process is full. TK_LATER: the disk
 * fails. WHY has a line then, the file and the memory are given back at once, and every further call returns
 * the same status with the same line. */
enum tk_status tk_spool_append(struct tk_spool *spool, const void *data, gsize len,
                               GString *why) TK_MUST_CHECK;

/* Ends the mail. Fails as tk_spool_append does. *CONTENT_R holds until the spool is freed. Called once. */
enum tk_status tk_spool_finish(struct tk_spool *spool, GString *why,
                               struct tk_spool_content *content_r) TK_MUST_CHECK;

/* Accepts NULL; sets *SPOOL to NULL. */
void tk_spool_free(struct tk_spool **spool);

/* Bytes that all spools hold now: for the log and for tests. */
guint64 tk_spool_held(void);

#endif
