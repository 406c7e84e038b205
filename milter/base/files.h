/* files: the configuration on the disk: the main file, and the files of channels.d and templates.d beside it.
 *
 * Fails with problems (struct tk_conf_problem) that name the file; what one file lacks does not stop the
 * others. */
#ifndef TK_MILTER_BASE_FILES_H
#define TK_MILTER_BASE_FILES_H

#include "rules/base/status.h"
#include "rules/conf/conf.h"

/* Reads the configuration whose main file is PATH. Problems and *CONF_R are those of tk_conf_read. TK_OK;
 * TK_CONFIG: at least one error; TK_LATER: a file could not be read now (the disk, no file descriptors),
 * which is told in PROBLEMS too. */
enum tk_status tk_files_read(const char *path, GPtrArray *problems, struct tk_conf **conf_r) TK_MUST_CHECK;

/* The same with further channel and template FILES (NULL-terminated), which lie anywhere; those that lie
 * beside PATH are read once. */
enum tk_status tk_files_read_with(const char *path, char *const *files, GPtrArray *problems,
                                  struct tk_conf **conf_r) TK_MUST_CHECK;

/* Reads the administrator's connection string from ticketctl.conf beside the main file PATH. *CONNINFO_R is
 * owned by the caller. TK_NO_MATCH: there is no such file. TK_CONFIG: it cannot be read, has errors, or
 * others than its owner may read it; WHY says which. */
enum tk_status tk_files_read_admin(const char *path, GString *why, char **conninfo_r) TK_MUST_CHECK;

/* The text of the regular file PATH, of at most 1 MiB and without NUL; owned by the caller. TK_CONFIG: it
 * cannot be read, or anyone may write it; TK_LATER: another try may help. WHY says what hinders. */
enum tk_status tk_files_read_text(const char *path, GString *why, char **text_r) TK_MUST_CHECK;

/* NAME in the folder of the main file PATH, e.g. "channels.d". Owned by the caller. */
char *tk_files_beside(const char *path, const char *name);

#endif
