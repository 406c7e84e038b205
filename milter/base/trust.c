/* trust: whether a file that steers the program can be changed by somebody else.
 *
 * The way is gone step by step, as the kernel goes it, since each folder in which a name is looked up decides
 * what the name leads to. That the file at its end is the one that was opened is compared by inode. */
#include "milter/base/trust.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* As the kernel's. */
#define LINKS_MAX 40

static char *owner_fault(const char *path, const struct stat *stat)
{
    if (stat->st_uid == 0 || stat->st_uid == geteuid())
        return NULL;
    return g_strdup_printf("%s belongs to the user %u, who could change it; chown root is right", path,
                           (unsigned)stat->st_uid);
}

static char *folder_fault(const char *path, const struct stat *stat, gboolean group_ok)
{
    char *fault = owner_fault(path, stat);
    if (fault != NULL || (stat->st_mode & S_ISVTX) != 0)
        return fault;
    if (stat->st_mode & S_IWOTH)
        return g_strdup_printf("anyone may write the folder %s; chmod o-w is right", path);
    if (!group_ok && (stat->st_mode & S_IWGRP))
        return g_strdup_printf("its group may write the folder %s; chmod g-w is right", path);
    return NULL;
}

/* What the link at PATH says, and behind it REST; relative to the folder FOLDER. */
static char *follow(const char *folder, const char *path, const char *rest)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *target = g_file_read_link(path, &error);
    if (target == NULL)
        return NULL;
    return target[0] == '/' ? g_strconcat(target, "/", rest, NULL)
                            : g_strconcat(folder, "/", target, "/", rest, NULL);
}

/* Goes one name down from FOLDER, which was checked. Takes the name from *REST. */
static char *step(GString *folder, const char **rest, gboolean group_ok, struct stat *stat_r, char **link_r)
{
    *rest += strspn(*rest, "/");
    const gsize len = strcspn(*rest, "/");
    g_autofree char *name = g_strndup(*rest, len);
    *rest += len;
    if (len == 0 || strcmp(name, ".") == 0)
        return NULL;
    g_autofree char *path = g_strconcat(folder->str, "/", name, NULL);
    if (lstat(path, stat_r) != 0)
        return g_strdup_printf("%s: %s", path, g_strerror(errno));
    if (S_ISLNK(stat_r->st_mode)) {
        *link_r = follow(folder->str, path, *rest);
        return *link_r != NULL ? owner_fault(path, stat_r) : g_strdup_printf("%s is no link any more", path);
    }
    g_string_assign(folder, path);
    return S_ISDIR(stat_r->st_mode) ? folder_fault(path, stat_r, group_ok) : NULL;
}

char *tk_trust_fault(const char *path, const struct stat *opened, gboolean group_ok)
{
    g_autofree char *whole = g_canonicalize_filename(path, NULL), *fault = NULL;
    g_autoptr(GString) folder = g_string_new(NULL);
    const char *rest = whole;
    struct stat stat = {0};
    guint links = 0;
    while (fault == NULL && rest[strspn(rest, "/")] != '\0') {
        char *link = NULL;
        fault = step(folder, &rest, group_ok, &stat, &link);
        if (link == NULL)
            continue;
        g_free(whole);
        whole = g_canonicalize_filename(link, NULL);
        g_free(link);
        g_string_truncate(folder, 0);
        rest = whole;
        if (fault == NULL && ++links > LINKS_MAX)
            fault = g_strdup_printf("%s: %s", path, g_strerror(ELOOP));
    }
    if (fault == NULL && (stat.st_dev != opened->st_dev || stat.st_ino != opened->st_ino))
        fault = g_strdup_printf("%s was replaced while it was read", path);
    if (fault == NULL)
        fault = owner_fault(path, opened);
    return g_steal_pointer(&fault);
}
