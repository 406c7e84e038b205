/* ledger: slots and counts in a mapped file.
 *
 * Every fact is one aligned word of 64 bits, so no crash can tear one. A key is the first 64 bits of the
 * mail's SHA-256: who makes two mails with the same ones gains that the second is read with care. */
#include "config.h"

#include "milter/base/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC  "tkledger"
#define FORMAT 1

#define SECONDS_PER_DAY (24 * 3600)
#define CRASHES_BITS    8
#define CRASHES_MAX     ((1 << CRASHES_BITS) - 1)

/* How long a start waits for another that counts, which takes no time. */
#define TURN_WAIT  (5 * G_TIME_SPAN_SECOND)
#define TURN_PAUSE (5 * G_TIME_SPAN_MILLISECOND)

struct header {
    char magic[8];
    guint32 version, size;
    guint64 unused[6];
};

struct crashed {
    guint64 key; /* 0: free */
    guint64
        about; /* seconds of the last crash, and in the low bits the count; 0 is a mail that was too slow */
};

struct contents {
    struct header header;
    guint64 slots[TK_LEDGER_PROCESSES][TK_LEDGER_SLOTS]; /* a key, or 0 */
    struct crashed crashed[TK_LEDGER_REMEMBERED];
};

/* Bytes of the file that stand for something as locks do: the first for the right to count, the next for each
 * process. */
enum { LOCK_COUNTING = 0, LOCK_FIRST_PROCESS = 1 };

struct tk_ledger {
    int fd;
    struct contents *contents;
    guint64 *slots; /* of this process */
    guint next;     /* where the search for a free one begins; atomic */
    GMutex turn;    /* the lock of the file does not part the threads of a process */
};

static guint64 load(const guint64 *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void store(guint64 *word, guint64 value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static gboolean change(guint64 *word, guint64 from, guint64 to)
{
    return __atomic_compare_exchange_n(word, &from, to, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Locks of an open file description: a thread or a library that opens the same file elsewhere cannot lose
 * them, and they end with the process. */
static gboolean lock(int fd, short kind, off_t byte)
{
    struct flock about = {.l_type = kind, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return fcntl(fd, F_OFD_SETLK, &about) == 0;
}

static gboolean used_by_others(int fd)
{
    struct flock about = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_FIRST_PROCESS, .l_len = TK_LEDGER_PROCESSES};
    return fcntl(fd, F_OFD_GETLK, &about) != 0 || about.l_type != F_UNLCK;
}

static enum tk_status take_turn(int fd, const char *path, GString *why)
{
    const gint64 until = g_get_monotonic_time() + TURN_WAIT;
    while (!lock(fd, F_WRLCK, LOCK_COUNTING)) {
        if ((errno != EAGAIN && errno != EACCES) || g_get_monotonic_time() > until)
            return tk_status_fail(TK_LATER, why, "%s: cannot be locked: %s", path, g_strerror(errno));
        g_usleep(TURN_PAUSE);
    }
    return TK_OK;
}

/* Makes the file one of zeros with a header. Its blocks are there from now on: a full disk must not become a
 * signal when a slot is written. */
static enum tk_status begin(int fd, const char *path, GString *why)
{
    struct header header = {.version = FORMAT, .size = sizeof(struct contents)};
    memcpy(header.magic, MAGIC, sizeof header.magic);
    int error = ftruncate(fd, 0) == 0 ? posix_fallocate(fd, 0, sizeof(struct contents)) : errno;
    if (error == 0 && pwrite(fd, &header, sizeof header, 0) != sizeof header)
        error = errno;
    if (error != 0)
        return tk_status_fail(error == ENOSPC || error == EDQUOT ? TK_STORAGE : TK_LATER, why, "%s: %s", path,
                              g_strerror(error));
    return TK_OK;
}

/* Proves that the file is a ledger of this version, or makes it one. In our turn. */
static enum tk_status check(int fd, const char *path, GString *why)
{
    struct stat about;
    struct header header = {0};
    if (fstat(fd, &about) != 0)
        return tk_status_fail(TK_LATER, why, "%s: %s", path, g_strerror(errno));
    const gssize n = S_ISREG(about.st_mode) ? pread(fd, &header, sizeof header, 0) : -1;
    const gboolean ours = n >= (gssize)sizeof header.magic &&
                          memcmp(header.magic, MAGIC, sizeof header.magic) == 0;
    if (n < 0 || (n > 0 && !ours))
        return tk_status_fail(TK_CONFIG, why, "%s: is there and is no ledger", path);
    if (ours && header.version == FORMAT && header.size == sizeof(struct contents) &&
        about.st_size == (off_t)sizeof(struct contents))
        return TK_OK;
    if (used_by_others(fd))
        return tk_status_fail(TK_LATER, why, "%s: another version of the program uses it", path);
    return begin(fd, path, why);
}

/* What makes room first: fewer crashes, then longer ago. */
static guint64 weight(const struct crashed *entry)
{
    const guint64 about = load(&entry->about);
    return (about & CRASHES_MAX) << (64 - CRASHES_BITS) | about >> CRASHES_BITS;
}

static struct crashed *find(struct contents *contents, guint64 key)
{
    for (guint i = 0; i < TK_LEDGER_REMEMBERED; i++)
        if (load(&contents->crashed[i].key) == key)
            return &contents->crashed[i];
    return NULL;
}

static struct crashed *least(struct contents *contents)
{
    struct crashed *entry = &contents->crashed[0];
    for (guint i = 1; i < TK_LEDGER_REMEMBERED; i++)
        if (weight(&contents->crashed[i]) < weight(entry))
            entry = &contents->crashed[i];
    return entry;
}

/* Remembers KEY, which is not there yet. In our turn. */
static void insert(struct contents *contents, guint64 key, gint64 now, guint64 crashes)
{
    struct crashed *entry = find(contents, 0);
    if (entry == NULL)
        entry = least(contents);
    store(&entry->key, 0); /* nobody may see the new key with the old count */
    store(&entry->about, (guint64)now << CRASHES_BITS | crashes);
    store(&entry->key, key);
}

/* One more crash on KEY. In our turn. */
static void count(struct contents *contents, guint64 key, gint64 now)
{
    struct crashed *entry = find(contents, key);
    if (entry == NULL) {
        insert(contents, key, now, 1);
        return;
    }
    const guint64 crashes = MIN((load(&entry->about) & CRASHES_MAX) + 1, CRASHES_MAX);
    store(&entry->about, (guint64)now << CRASHES_BITS | crashes);
}

/* Takes what a process that is no more left in SLOTS. A mail that it read twice at once crashed it once. */
static guint count_left(struct contents *contents, guint64 *slots, gint64 now)
{
    guint found = 0;
    for (guint i = 0; i < TK_LEDGER_SLOTS; i++) {
        const guint64 key = load(&slots[i]);
        if (key == 0)
            continue;
        for (guint k = i; k < TK_LEDGER_SLOTS; k++)
            change(&slots[k], key, 0);
        count(contents, key, now);
        found++;
    }
    return found;
}

static void forget_old(struct contents *contents, gint64 now)
{
    for (guint i = 0; i < TK_LEDGER_REMEMBERED; i++) {
        const gint64 when = (gint64)(load(&contents->crashed[i].about) >> CRASHES_BITS);
        if (when > now + SECONDS_PER_DAY || when + (gint64)TK_LEDGER_DAYS * SECONDS_PER_DAY < now)
            store(&contents->crashed[i].key, 0);
    }
}

/* Takes slots for this process and counts what is in all that no process has. In our turn. */
static enum tk_status claim(struct tk_ledger *ledger, gint64 now, guint *found_r)
{
    *found_r = 0;
    for (guint i = 0; i < TK_LEDGER_PROCESSES; i++) {
        if (!lock(ledger->fd, F_WRLCK, LOCK_FIRST_PROCESS + (off_t)i))
            continue;
        *found_r += count_left(ledger->contents, ledger->contents->slots[i], now);
        if (ledger->slots == NULL)
            ledger->slots = ledger->contents->slots[i];
        else
            lock(ledger->fd, F_UNLCK, LOCK_FIRST_PROCESS + (off_t)i);
    }
    forget_old(ledger->contents, now);
    return ledger->slots != NULL ? TK_OK : TK_LATER;
}

static enum tk_status map(struct tk_ledger *ledger, const char *path, gint64 now, GString *why,
                          guint *found_r)
{
    enum tk_status status = check(ledger->fd, path, why);
    if (status != TK_OK)
        return status;
    void *mapped = mmap(NULL, sizeof(struct contents), PROT_READ | PROT_WRITE, MAP_SHARED, ledger->fd, 0);
    if (mapped == MAP_FAILED)
        return tk_status_fail(TK_LATER, why, "%s: cannot be mapped: %s", path, g_strerror(errno));
    ledger->contents = mapped;
    if (claim(ledger, now, found_r) != TK_OK)
        return tk_status_fail(TK_LATER, why, "%s: %d processes use it already", path, TK_LEDGER_PROCESSES);
    return TK_OK;
}

enum tk_status tk_ledger_open(const char *path, gint64 now, GString *why, guint *found_r,
                              struct tk_ledger **ledger_r)
{
    struct tk_ledger *ledger = g_new0(struct tk_ledger, 1);
    g_mutex_init(&ledger->turn);
    ledger->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    enum tk_status status = ledger->fd >= 0
                                ? take_turn(ledger->fd, path, why)
                                : tk_status_fail(TK_LATER, why, "%s: %s", path, g_strerror(errno));
    if (status == TK_OK) {
        status = map(ledger, path, now, why, found_r);
        lock(ledger->fd, F_UNLCK, LOCK_COUNTING);
    }
    if (status != TK_OK)
        tk_ledger_close(&ledger);
    else
        *ledger_r = ledger;
    return status;
}

void tk_ledger_close(struct tk_ledger **ledger_p)
{
    struct tk_ledger *ledger = *ledger_p;
    if (ledger == NULL)
        return;
    *ledger_p = NULL;
    if (ledger->contents != NULL)
        munmap(ledger->contents, sizeof(struct contents));
    if (ledger->fd >= 0)
        close(ledger->fd);
    g_mutex_clear(&ledger->turn);
    g_free(ledger);
}

void tk_ledger_enter(struct tk_ledger *ledger, const guint8 sha256[TK_HASH_LEN],
                     struct tk_ledger_seat *seat_r)
{
    *seat_r = (struct tk_ledger_seat){0};
    if (ledger == NULL)
        return;
    memcpy(&seat_r->key, sha256, sizeof seat_r->key);
    seat_r->key = MAX(seat_r->key, 1); /* 0 is a free place */

    const struct crashed *entry = find(ledger->contents, seat_r->key);
    seat_r->crashes = entry != NULL ? (guint)(load(&entry->about) & CRASHES_MAX) : 0;
    seat_r->slow = entry != NULL && seat_r->crashes == 0;
    const guint first = __atomic_fetch_add(&ledger->next, 1, __ATOMIC_RELAXED);
    for (guint i = 0; i < TK_LEDGER_SLOTS && seat_r->slot == NULL; i++) {
        guint64 *slot = &ledger->slots[(first + i) % TK_LEDGER_SLOTS];
        if (change(slot, 0, seat_r->key))
            seat_r->slot = slot;
    }
}

void tk_ledger_leave(struct tk_ledger *ledger, struct tk_ledger_seat *seat, gboolean well)
{
    if (ledger == NULL)
        return;
    if (seat->slot != NULL)
        store(seat->slot, 0);
    /* One that crashed more often is read with care, so that this proves nothing. */
    struct crashed *entry = well && seat->crashes == 1 ? find(ledger->contents, seat->key) : NULL;
    if (entry != NULL)
        change(&entry->key, seat->key, 0);
}

void tk_ledger_note_slow(struct tk_ledger *ledger, const struct tk_ledger_seat *seat, gint64 now)
{
    if (ledger == NULL || seat->slow || seat->crashes > 0)
        return;
    g_mutex_lock(&ledger->turn);
    /* Who starts just now counts crashes. That is more important, and this mail may be slow once more. */
    if (lock(ledger->fd, F_WRLCK, LOCK_COUNTING)) {
        if (find(ledger->contents, seat->key) == NULL)
            insert(ledger->contents, seat->key, now, 0);
        lock(ledger->fd, F_UNLCK, LOCK_COUNTING);
    }
    g_mutex_unlock(&ledger->turn);
}
