/* files: reading configuration files. */
#include "milter/base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/trust.h"
#include "rules/conf/conf_problem.h"

/* A file that a person writes is far smaller; the same limit as the reader's. */
#define FILE_SIZE_MAX (1024 * 1024)
/* Ten times the channels that one gateway was tried with. */
#define FILES_MAX 10000

struct set {
    struct tk_conf_findings findings;
    GArray *channels, *templates; /* of struct tk_conf_file, which own their texts */
    GHashTable *seen;             /* "device:inode", a set */
    gboolean later;
};

static void file_clear(gpointer data)
{
    struct tk_conf_file *file = data;
    g_free((char *)file->path);
    g_free((char *)file->text);
}

static GArray *files_new(void)
{
    GArray *files = g_array_new(FALSE, FALSE, sizeof(struct tk_conf_file));
    g_array_set_clear_func(files, file_clear);
    return files;
}

static gboolean is_passing(int error)
{
    return error == EIO || error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR;
}

/* Reads all of FD, which is SIZE bytes long as far as is known. Returns NULL and sets errno (EFBIG: too
 * large). */
static char *read_all(int fd, gsize size)
{
    GString *text = g_string_sized_new(size + 1);
    char block[16384];
    ssize_t got;
    while ((got = read(fd, block, sizeof block)) > 0 || (got < 0 && errno == EINTR)) {
        g_string_append_len(text, block, MAX(got, 0));
        if (text->len > FILE_SIZE_MAX) {
            got = -1;
            errno = EFBIG;
            break;
        }
    }
    if (got == 0 && memchr(text->str, '\0', text->len) != NULL) {
        got = -1;
        errno = EILSEQ;
    }
    int error = errno;
    char *all = g_string_free(text, got < 0);
    errno = error;
    return all;
}

static const char *error_text(int error)
{
    switch (error) {
    case EFBIG: return "larger than 1M";
    case EILSEQ: return "holds a NUL byte, so it is no text";
    case EINVAL: return "not a regular file";
    default: return g_strerror(error);
    }
}

/* Reads PATH. Returns the text and its STAT_R, or NULL with errno. */
static char *read_file(const char *path, struct stat *stat_r)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    char *text = NULL;
    if (fstat(fd, stat_r) == 0) {
        errno = EINVAL;
        if (S_ISREG(stat_r->st_mode))
            text = read_all(fd, (gsize)CLAMP(stat_r->st_size, 0, FILE_SIZE_MAX));
    }
    int error = errno;
    close(fd);
    errno = error;
    return text;
}

static void add_problem(struct set *set, const char *path, int error)
{
    tk_conf_problem_add(&set->findings, path, 0, TRUE, "cannot be read: %s", error_text(error));
    set->later = set->later || is_passing(error);
}

/* Whether the file of STAT was not read yet. */
static gboolean is_new(struct set *set, const struct stat *stat)
{
    return g_hash_table_add(set->seen, g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
                                                       (guint64)stat->st_dev, (guint64)stat->st_ino));
}

/* Who else could change the file of STAT, or NULL. Owned by the caller. */
static char *fault_of(const char *path, const struct stat *stat)
{
    if (stat->st_mode & S_IWOTH)
        return g_strdup("anyone may write this file; chmod o-w is right");
    return tk_trust_fault(path, stat, TRUE);
}

/* A file that anyone may write says whatever anyone wants. */
static void check_mode(struct set *set, const char *path, const struct stat *stat)
{
    g_autofree char *fault = fault_of(path, stat);
    if (fault != NULL)
        tk_conf_problem_add(&set->findings, path, 0, TRUE, "%s", fault);
}

/* The first name of a file, behind blanks and comments, tells its kind. */
static gboolean is_template(const char *text)
{
    for (;;) {
        text += strspn(text, " \t\r\n");
        if (text[0] == '#' || (text[0] == '/' && text[1] == '/')) {
            text += strcspn(text, "\n");
        } else if (text[0] == '/' && text[1] == '*' && strstr(text, "*/") != NULL) {
            text = strstr(text, "*/") + 2;
        } else {
            return g_str_has_prefix(text, "template");
        }
    }
}

/* Takes PATH into FILES; NULL: where its text says that it belongs. */
static void take_file(struct set *set, const char *path, GArray *files)
{
    struct stat stat;
    char *text = read_file(path, &stat);
    if (text == NULL) {
        add_problem(set, path, errno);
        return;
    }
    if (!is_new(set, &stat)) {
        g_free(text);
        return;
    }
    if (files != NULL)
        check_mode(set, path, &stat); /* others are named by who looks at them */
    struct tk_conf_file file = {g_strdup(path), text};
    if (files == NULL)
        files = is_template(text) ? set->templates : set->channels;
    g_array_append_val(files, file);
}

static gint by_name(gconstpointer left, gconstpointer right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Takes every FOLDER/NAME.conf, in order of the names. No folder: no files. */
static void take_folder(struct set *set, const char *folder, GArray *files)
{
    errno = 0;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    if (dir == NULL) {
        if (errno != ENOENT)
            add_problem(set, folder, errno);
        return;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL)
        if (name[0] != '.' && g_str_has_suffix(name, ".conf"))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    if (names->len > FILES_MAX) {
        tk_conf_problem_add(&set->findings, folder, 0, TRUE, "holds %u files; %d are read", names->len,
                            FILES_MAX);
        g_ptr_array_set_size(names, FILES_MAX);
    }
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
        take_file(set, path, files);
    }
}

enum tk_status tk_files_read_text(const char *path, GString *why, char **text_r)
{
    struct stat stat;
    g_autofree char *text = read_file(path, &stat);
    if (text == NULL)
        return tk_status_fail(is_passing(errno) ? TK_LATER : TK_CONFIG, why, "cannot be read: %s",
                              error_text(errno));
    g_autofree char *fault = fault_of(path, &stat);
    if (fault != NULL)
        return tk_status_fail(TK_CONFIG, why, "%s", fault);
    *text_r = g_steal_pointer(&text);
    return TK_OK;
}

char *tk_files_beside(const char *path, const char *name)
{
    g_autofree char *folder = g_path_get_dirname(path);
    return g_build_filename(folder, name, NULL);
}

enum tk_status tk_files_read_with(const char *path, char *const *files, GPtrArray *problems,
                                  struct tk_conf **conf_r)
{
    struct stat stat;
    struct set set = {.findings = {.problems = problems}};
    g_autofree char *text = read_file(path, &stat);
    if (text == NULL) {
        add_problem(&set, path, errno);
        return set.later ? TK_LATER : TK_CONFIG;
    }
    g_autofree char *channels = tk_files_beside(path, "channels.d");
    g_autofree char *templates = tk_files_beside(path, "templates.d");
    const struct tk_conf_file main_file = {path, text};
    set.channels = files_new();
    set.templates = files_new();
    set.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    check_mode(&set, path, &stat);
    take_folder(&set, templates, set.templates);
    take_folder(&set, channels, set.channels);
    for (; files != NULL && *files != NULL; files++)
        take_file(&set, *files, NULL);
    enum tk_status status = tk_conf_read(
        &main_file, (const struct tk_conf_file *)(gpointer)set.channels->data, set.channels->len,
        (const struct tk_conf_file *)(gpointer)set.templates->data, set.templates->len, problems, conf_r);
    g_array_unref(set.channels);
    g_array_unref(set.templates);
    g_hash_table_unref(set.seen);
    if (set.later)
        return TK_LATER;
    return set.findings.errors > 0 ? TK_CONFIG : status;
}

enum tk_status tk_files_read(const char *path, GPtrArray *problems, struct tk_conf **conf_r)
{
    return tk_files_read_with(path, NULL, problems, conf_r);
}

enum tk_status tk_files_read_admin(const char *path, GString *why, char **conninfo_r)
{
    g_autofree char *file = tk_files_beside(path, "ticketctl.conf");
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct stat stat;
    g_autofree char *text = read_file(file, &stat);
    if (text == NULL && errno == ENOENT)
        return tk_status_fail(TK_NO_MATCH, why, "%s does not exist", file);
    if (text == NULL)
        return tk_status_fail(TK_CONFIG, why, "%s cannot be read: %s", file, error_text(errno));
    if (stat.st_mode & (S_IRWXG | S_IRWXO))
        return tk_status_fail(TK_CONFIG, why, "%s may be read by others than its owner; chmod 0600 is right",
                              file);
    g_autofree char *fault = tk_trust_fault(file, &stat, FALSE);
    if (fault != NULL)
        return tk_status_fail(TK_CONFIG, why, "%s", fault);
    const struct tk_conf_file input = {file, text};
    enum tk_status status = tk_conf_read_admin(&input, problems, conninfo_r);
    if (status == TK_OK)
        return TK_OK;
    const struct tk_conf_problem *problem = problems->pdata[0];
    return tk_status_fail(status, why, "%s:%d: %s", file, problem->line, problem->text);
}
