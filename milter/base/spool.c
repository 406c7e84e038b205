/* spool: raw bytes in memory or in an unlinked file, scanned and hashed on the way. */
#include "config.h"

#include "milter/base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes collected before one write: libmilter's chunks are as large, header lines are much smaller. */
#define WRITE_BLOCK (64 * 1024)

/* Where the scan for the end of the header stands. */
enum header_scan {
    SCAN_LINE_START,    /* nothing of this line yet */
    SCAN_LINE_START_CR, /* only a CR */
    SCAN_IN_LINE,
    SCAN_IN_BODY
};

struct tk_spool {
    char *directory;
    guint64 keep_max;
    guint64 kept;
    GByteArray *memory; /* all bytes, or with a file those that are not written yet */
    int fd;             /* -1: in memory */
    struct tk_limits *limits;
    struct tk_hash *raw_hash, *body_hash;
    enum header_scan scan;
    gboolean body_cr; /* the body's last byte was a CR that is not hashed yet */
    enum tk_status failed;
    GString *failed_why;
};

static guint64 held; /* atomic, over all spools */
static guint64 budget = TK_SPOOL_BUDGET;

void tk_spool_set_budget(guint64 bytes)
{
    budget = bytes;
}

guint64 tk_spool_held(void)
{
    return __atomic_load_n(&held, __ATOMIC_RELAXED);
}

static gboolean budget_take(guint64 bytes)
{
    if (__atomic_add_fetch(&held, bytes, __ATOMIC_RELAXED) <= budget)
        return TRUE;
    __atomic_sub_fetch(&held, bytes, __ATOMIC_RELAXED);
    return FALSE;
}

/* Gives back all that the spool keeps of the mail. */
static void drop_content(struct tk_spool *spool)
{
    if (spool->fd >= 0)
        close(spool->fd);
    spool->fd = -1;
    g_clear_pointer(&spool->memory, g_byte_array_unref);
    __atomic_sub_fetch(&held, spool->kept, __ATOMIC_RELAXED);
    spool->kept = 0;
}

struct tk_spool *tk_spool_new(const char *directory, guint64 keep_max)
{
    struct tk_spool *spool = g_new0(struct tk_spool, 1);
    spool->fd = -1;
    spool->directory = g_strdup(directory);
    spool->keep_max = keep_max;
    spool->memory = g_byte_array_new();
    spool->limits = tk_limits_new();
    spool->failed_why = g_string_new(NULL);
    spool->raw_hash = tk_hash_new();
    spool->body_hash = tk_hash_new();
    if (spool->raw_hash == NULL || spool->body_hash == NULL)
        tk_spool_free(&spool);
    return spool;
}

void tk_spool_free(struct tk_spool **spool_p)
{
    struct tk_spool *spool = *spool_p;
    if (spool == NULL)
        return;
    *spool_p = NULL;
    drop_content(spool);
    tk_limits_free(&spool->limits);
    tk_hash_free(&spool->raw_hash);
    tk_hash_free(&spool->body_hash);
    g_string_free(spool->failed_why, TRUE);
    g_free(spool->directory);
    g_free(spool);
}

static enum tk_status fail(struct tk_spool *spool, enum tk_status status, const char *what, int error)
{
    spool->failed =
        tk_status_fail(status, spool->failed_why, "%s %s: %s", what, spool->directory, g_strerror(error));
    drop_content(spool);
    return spool->failed;
}

static enum tk_status fail_with_errno(struct tk_spool *spool, const char *what)
{
    gboolean full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    return fail(spool, full ? TK_STORAGE : TK_LATER, what, errno);
}

/* A file without a name in DIRECTORY; -1 and errno where that cannot be. */
static int open_nameless(const char *directory)
{
#ifdef O_TMPFILE
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    /* not every file system has it; EISDIR is what a kernel without it says */
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
#endif
    g_autofree char *path = g_build_filename(directory, "ticket-XXXXXX", NULL);
    int named = mkostemp(path, O_CLOEXEC);
    if (named >= 0 && unlink(path) != 0) {
        int error = errno;
        close(named);
        errno = error;
        return -1;
    }
    return named;
}

/* Opens the file, and makes the folder where nobody has made it yet. It belongs to the program's own user
 * that way: root has no business below a folder of that user, who could put a link there. */
static int open_file(const char *directory)
{
    int fd = open_nameless(directory);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return -1;
    return open_nameless(directory);
}

static enum tk_status write_out(struct tk_spool *spool)
{
    const guint8 *data = spool->memory->data;
    gsize left = spool->memory->len;
    while (left > 0) {
        gssize n = write(spool->fd, data, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_with_errno(spool, "write in");
        data += n;
        left -= (gsize)n;
    }
    g_byte_array_set_size(spool->memory, 0);
    return TK_OK;
}

/* Keeps the bytes, as far as they are to be kept. */
static enum tk_status keep(struct tk_spool *spool, const guint8 *data, gsize len)
{
    len = (gsize)MIN((guint64)len, spool->keep_max - spool->kept);
    if (len == 0)
        return TK_OK;
    if (!budget_take(len))
        return fail(spool, TK_STORAGE, "all mails on the way fill the budget of", EDQUOT);
    spool->kept += len;
    if (spool->fd < 0 && spool->kept > TK_SPOOL_MEMORY) {
        spool->fd = open_file(spool->directory);
        if (spool->fd < 0)
            return fail_with_errno(spool, "make a file in");
    }
    g_byte_array_append(spool->memory, data, (guint)len);
    if (spool->fd >= 0 && spool->memory->len >= WRITE_BLOCK)
        return write_out(spool);
    return TK_OK;
}

/* How many of the LEN bytes belong to the header. */
static gsize scan_header(struct tk_spool *spool, const guint8 *data, gsize len)
{
    gsize i = 0;
    while (i < len && spool->scan != SCAN_IN_BODY) {
        guint8 c = data[i++];
        if (c == '\n')
            spool->scan = spool->scan == SCAN_IN_LINE ? SCAN_LINE_START : SCAN_IN_BODY;
        else if (c == '\r' && spool->scan == SCAN_LINE_START)
            spool->scan = SCAN_LINE_START_CR;
        else
            spool->scan = SCAN_IN_LINE;
    }
    return i;
}

/* Hashes body bytes with CRLF as LF, in whatever cuts they come. */
static void hash_body(struct tk_spool *spool, const guint8 *data, gsize len)
{
    static const guint8 cr = '\r';
    while (len > 0) {
        if (spool->body_cr && *data != '\n')
            tk_hash_update(spool->body_hash, &cr, 1);
        spool->body_cr = FALSE;
        const guint8 *next_cr = memchr(data, '\r', len);
        gsize before = next_cr != NULL ? (gsize)(next_cr - data) : len;
        tk_hash_update(spool->body_hash, data, before);
        data += before;
        len -= before;
        if (len > 0) {
            spool->body_cr = TRUE;
            data++;
            len--;
        }
    }
}

enum tk_status tk_spool_append(struct tk_spool *spool, const void *bytes, gsize len, GString *why)
{
    const guint8 *data = bytes;
    if (spool->failed == TK_OK && len > 0) {
        tk_limits_push(spool->limits, data, len);
        tk_hash_update(spool->raw_hash, data, len);
        gsize header = scan_header(spool, data, len);
        hash_body(spool, data + header, len - header);
        if (keep(spool, data, len) == TK_OK)
            return TK_OK;
    }
    if (spool->failed != TK_OK)
        return tk_status_fail(spool->failed, why, "%s", spool->failed_why->str);
    return TK_OK;
}

static gssize read_file(void *keeper, guint64 offset, guint8 *buffer, gsize len)
{
    const struct tk_spool *spool = keeper;
    gssize n;
    do
        n = pread(spool->fd, buffer, len, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n;
}

enum tk_status tk_spool_finish(struct tk_spool *spool, GString *why, struct tk_spool_content *content_r)
{
    static const guint8 cr = '\r';
    if (spool->failed == TK_OK && spool->fd >= 0 && write_out(spool) == TK_OK)
        g_clear_pointer(&spool->memory, g_byte_array_unref);
    if (spool->failed != TK_OK)
        return tk_status_fail(spool->failed, why, "%s", spool->failed_why->str);

    if (spool->body_cr)
        tk_hash_update(spool->body_hash, &cr, 1);
    tk_limits_finish(spool->limits, &content_r->limits);
    tk_hash_final(spool->raw_hash, content_r->raw_sha256);
    tk_hash_final(spool->body_hash, content_r->body_sha256);
    if (spool->fd < 0)
        content_r->source = tk_source_memory(spool->memory->data, spool->memory->len);
    else
        content_r->source = (struct tk_source){.size = spool->kept, .read = read_file, .keeper = spool};
    return TK_OK;
}
