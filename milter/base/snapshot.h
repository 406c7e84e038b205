/* snapshot: the configuration that holds now. Who begins a piece of work takes a reference and keeps it to
 * the end, so a reload never changes a mail half way. Safe from any thread. */
#ifndef TK_MILTER_BASE_SNAPSHOT_H
#define TK_MILTER_BASE_SNAPSHOT_H

#include "rules/base/status.h"
#include "rules/conf/conf.h"

struct tk_snapshot;

/* Reads the configuration whose main file is PATH. Problems and *CONF_R as tk_conf_read gives them; TK_LATER
 * where a file could not be read, told in PROBLEMS too. */
typedef enum tk_status (*tk_snapshot_loader)(const char *path, GPtrArray *problems, struct tk_conf **conf_r);

/* Loads PATH for the first time. Every problem is logged as "FILE:LINE: TEXT". TK_OK: the configuration is as
 * its writer meant it. TK_CONFIG: it has errors; *SNAPSHOT_R is set where the main file could be understood
 * (channels with an error then take no mail) and left alone else. The caller owns *SNAPSHOT_R wherever it is
 * set. */
enum tk_status tk_snapshot_open(const char *path, tk_snapshot_loader loader,
                                struct tk_snapshot **snapshot_r) TK_MUST_CHECK;

/* Accepts NULL; sets *SNAPSHOT to NULL. References that others took stay good. */
void tk_snapshot_free(struct tk_snapshot **snapshot);

/* The configuration of now. The caller drops the reference with tk_conf_unref. */
struct tk_conf *tk_snapshot_take(struct tk_snapshot *snapshot);

/* Loads anew. TK_OK: the new configuration holds for all work that begins from now on; settings that a
 * running program cannot change keep their effect until it is started again, and a line says which. Any
 * error: the old configuration stays, each problem is logged. */
enum tk_status tk_snapshot_reload(struct tk_snapshot *snapshot) TK_MUST_CHECK;

#endif
