/* key: `ticketctl key': makes and lists the keys that sign reply tokens. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/exitcode.h"
#include "milter/base/keys.h"
#include "milter/ctl/check.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/json.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "rules/thread/token.h"

/* Gives the file to the group of the user who reads it, where that is somebody else. */
static int hand_over(int fd, const char *user)
{
    const struct passwd *entry = user != NULL && geteuid() == 0 ? getpwnam(user) : NULL;
    if (entry == NULL)
        return 0;
    return fchown(fd, 0, entry->pw_gid) != 0 || fchmod(fd, 0640) != 0 ? errno : 0;
}

/* Makes PATH, which is not there yet, with a new key. */
static enum tk_status make_key(const char *path, const char *user, GString *why)
{
    guint8 secret[TK_TOKEN_KEY_BYTES_MIN];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), error = 0;
    if (fd < 0)
        return tk_status_fail(TK_CONFIG, why,
                              errno == EEXIST ? "%s is there already; it was not changed (%s)" : "%s: %s",
                              path, g_strerror(errno));
    if (getrandom(secret, sizeof secret, 0) != (gssize)sizeof secret ||
        write(fd, secret, sizeof secret) != (gssize)sizeof secret || fsync(fd) != 0)
        error = errno != 0 ? errno : EIO;
    explicit_bzero(secret, sizeof secret);
    if (error == 0)
        error = hand_over(fd, user);
    if (close(fd) != 0 && error == 0)
        error = errno;
    if (error == 0)
        return TK_OK;
    unlink(path);
    return tk_status_fail(error == ENOSPC ? TK_STORAGE : TK_CONFIG, why, "%s cannot be written: %s", path,
                          g_strerror(error));
}

/* The first letter that no key has as its id. */
static char free_id(const struct tk_conf *conf)
{
    for (char id = 'a'; id <= 'z'; id++) {
        gboolean taken = FALSE;
        for (guint i = 0; i < conf->token_keys->len; i++) {
            const struct tk_token_key *key = conf->token_keys->pdata[i];
            taken = taken || (key->id[0] == id && key->id[1] == '\0');
        }
        if (!taken)
            return id;
    }
    return 'z';
}

/* The new key in front, so that it signs; the others verify what they have signed. */
static enum tk_status print_made(const struct tk_conf *conf, const char *path)
{
    char id[] = {free_id(conf), '\0'};
    if (tk_settings()->json)
        return tk_json_print(json_pack("{s:s, s:s}", "id", id, "file", path), stdout);
    tk_say(stdout,
           "# %s: these keys; the first one signs. Then: systemctl reload ticket-milter ticket-notify",
           conf->file);
    const gboolean only = conf->token_keys->len == 0;
    tk_say(stdout, "token_keys = ( { id = \"%s\"; file = \"%s\"; }%s", id, path, only ? " );" : ",");
    for (guint i = 0; i < conf->token_keys->len; i++) {
        const struct tk_token_key *key = conf->token_keys->pdata[i];
        tk_say(stdout, "               { id = \"%s\"; file = \"%s\"; }%s", key->id, key->file,
               i + 1 < conf->token_keys->len ? "," : " );");
    }
    return TK_OK;
}

static enum tk_status print_keys(struct tk_conf *conf)
{
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    enum tk_status status = tk_keys_load(conf, TRUE, problems);
    for (guint i = 0; i < problems->len; i++)
        tk_check_print(problems->pdata[i], FALSE, stderr);
    gboolean signs = TRUE;
    for (guint i = 0; i < conf->token_keys->len; i++) {
        const struct tk_token_key *key = conf->token_keys->pdata[i];
        const char *use = key->secret == NULL ? "not read" : signs ? "signs" : "verifies";
        signs = signs && key->secret == NULL;
        enum tk_status printed = TK_OK;
        if (tk_settings()->json)
            printed = tk_json_print(
                json_pack("{s:s, s:s, s:s}", "id", key->id, "file", key->file, "use", use), stdout);
        else
            tk_say(stdout, "%-8s  %-8s  %s", key->id, use, key->file);
        if (printed != TK_OK)
            return printed;
    }
    return status;
}

static int run(const struct tk_ctl_command *command, int argc, char **argv)
{
    int code = -1;
    while (tk_ctl_option(command, argc, argv, NULL, &code) != -1)
        continue; /* only those that every command has */
    if (code != -1)
        return code;
    if (argc - optind > 1)
        return tk_ctl_usage(command);
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_conf *conf = NULL;
    enum tk_status status = tk_check_read(&conf, why);
    if (conf != NULL && optind == argc) {
        g_string_truncate(why, 0);
        status = print_keys(conf);
    } else if (conf != NULL) {
        g_autofree char *path = g_canonicalize_filename(argv[optind], NULL);
        status = make_key(path, conf->user, why);
        if (status == TK_OK)
            status = print_made(conf, path);
    }
    tk_conf_unref(&conf);
    return tk_ctl_fail(command, status, why);
}

const struct tk_ctl_command tk_key_command = {
    .name = "key",
    .arguments = "[FILE]",
    .summary = "make a key that signs reply tokens, or list the keys",
    .help = "With FILE: makes it, readable by its owner and by the group of the daemon's user, and prints "
            "the lines of\n"
            "the main file that make it sign while the keys of before verify. A key can be dropped when no "
            "mail that it\n"
            "signed is answered any more. Without FILE: the keys of the configuration. Needs no "
            "database.\n\n" TK_SETTINGS_HELP,
    .run = run,
};
