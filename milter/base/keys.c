/* keys: reading key files. */
#include "milter/base/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/files.h"
#include "milter/base/trust.h"
#include "rules/conf/conf_problem.h"
#include "rules/thread/token.h"

/* What hinders a key in the file PATH, or NULL. Owned by the caller. */
static char *fault_of(const char *path, const struct stat *stat)
{
    if (!S_ISREG(stat->st_mode) || stat->st_size < TK_TOKEN_KEY_BYTES_MIN ||
        stat->st_size > TK_TOKEN_KEY_BYTES_MAX)
        return g_strdup("a file of 32 to 4096 random bytes is right; ticketctl key makes one");
    if (stat->st_mode & (S_IROTH | S_IWOTH))
        return g_strdup("anyone may read it; chmod o-rwx is right");
    if (stat->st_mode & S_IWGRP)
        return g_strdup("its group may write it; chmod g-w is right");
    return tk_trust_fault(path, stat, FALSE);
}

static GBytes *read_secret(int fd, gsize size)
{
    guint8 bytes[TK_TOKEN_KEY_BYTES_MAX];
    gsize have = 0;
    while (have < size) {
        ssize_t got = read(fd, bytes + have, size - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? EIO : errno; /* cut while it was read */
            return NULL;
        }
        have += (gsize)got;
    }
    GBytes *secret = g_bytes_new(bytes, have);
    explicit_bzero(bytes, sizeof bytes);
    return secret;
}

static enum tk_status status_of(int error)
{
    return error == EIO || error == EMFILE || error == ENFILE || error == ENOMEM ? TK_LATER : TK_CONFIG;
}

/* Reads one file. FAULT_R says what hinders, and is owned by the caller; *DENIED_R that it is this user's
 * lack of rights. */
static enum tk_status load(struct tk_token_key *key, char **fault_r, gboolean *denied_r)
{
    struct stat stat;
    enum tk_status status = TK_OK;
    int fd = open(key->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &stat) != 0) {
        *denied_r = errno == EACCES;
        status = status_of(errno);
        *fault_r = g_strdup(g_strerror(errno));
    } else if ((*fault_r = fault_of(key->file, &stat)) != NULL) {
        status = TK_CONFIG;
    } else if ((key->secret = read_secret(fd, (gsize)stat.st_size)) == NULL) {
        status = status_of(errno);
        *fault_r = g_strdup(g_strerror(errno));
    }
    if (fd >= 0)
        close(fd);
    return status;
}

enum tk_status tk_keys_load(struct tk_conf *conf, gboolean lenient, GPtrArray *problems)
{
    struct tk_conf_findings findings = {.problems = problems};
    enum tk_status worst = TK_OK;
    for (guint i = 0; i < conf->token_keys->len; i++) {
        struct tk_token_key *key = conf->token_keys->pdata[i];
        g_autofree char *fault = NULL;
        gboolean denied = FALSE;
        enum tk_status status = load(key, &fault, &denied);
        gboolean warning = lenient && denied;
        if (status != TK_OK)
            tk_conf_problem_add(&findings, conf->file, 0, !warning, "token_keys.file = \"%s\": %s", key->file,
                                fault);
        if (status != TK_OK && !warning && worst != TK_CONFIG)
            worst = status;
    }
    return worst;
}

enum tk_status tk_keys_read_files(const char *path, GPtrArray *problems, struct tk_conf **conf_r)
{
    struct tk_conf *conf = NULL;
    enum tk_status status = tk_files_read(path, problems, &conf), keys = TK_OK;
    if (conf != NULL) {
        keys = tk_keys_load(conf, FALSE, problems);
        *conf_r = conf;
    }
    return status == TK_OK ? keys : status;
}
