/* keys: the secrets of the configuration's token_keys, from their files into the snapshot.
 *
 * They are read with the configuration, at the start and at each reload, and are nowhere else in the program.
 */
#ifndef TK_MILTER_BASE_KEYS_H
#define TK_MILTER_BASE_KEYS_H

#include "rules/base/status.h"
#include "rules/conf/conf.h"

/* Reads the file of each key of CONF, which nobody else uses yet. A problem is added to PROBLEMS (as
 * tk_conf_read does) for each file that cannot be read, is no regular file, has a size outside
 * TK_TOKEN_KEY_BYTES_MIN to _MAX, or can be read by others or written by its group; its key stays without a
 * secret. LENIENT: what this user may not read is a warning only. TK_OK: no error. TK_CONFIG: at least one.
 * TK_LATER: another try may help (the disk, no file descriptors). */
enum tk_status tk_keys_load(struct tk_conf *conf, gboolean lenient, GPtrArray *problems) TK_MUST_CHECK;

/* The configuration with its keys: a loader for tk_snapshot_open. A problem with a key is an error of the
 * configuration. */
enum tk_status tk_keys_read_files(const char *path, GPtrArray *problems,
                                  struct tk_conf **conf_r) TK_MUST_CHECK;

#endif
