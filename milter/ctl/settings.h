/* settings: what every command of ticketctl takes: the configuration, the administrator's database, the form
 * of the output.
 *
 * Owns the settings of the command line. Fails with a text for people. */
#ifndef TK_MILTER_CTL_SETTINGS_H
#define TK_MILTER_CTL_SETTINGS_H

#include <getopt.h>

#include "rules/conf/conf.h"
#include "schema/calls/store.h"

struct tk_settings {
    const char *config;   /* the main file */
    const char *conninfo; /* NULL: not given */
    gboolean json;        /* one JSON object a line, else tables for people */
};

/* The settings as the command line gave them. */
const struct tk_settings *tk_settings(void);

/* For getopt_long: "c:" and the long options --config, --conninfo, --json; ended by a row of zeros. */
#define TK_SETTINGS_SHORT "c:"
extern const struct option tk_settings_options[];
/* What the commands' help says about them. */
#define TK_SETTINGS_HELP                                                                                     \
    "  -c, --config FILE    main configuration file\n"                                                       \
    "  --json               one JSON object a line\n"
#define TK_SETTINGS_CONNINFO_HELP                                                                            \
    "  --conninfo TEXT      connection string of libpq; else TICKETCTL_CONNINFO, else admin_conninfo\n"      \
    "                       of ticketctl.conf beside the main file\n"

/* Takes what getopt_long returned, with its optarg. FALSE where it is no option of these. */
gboolean tk_settings_take(int option, const char *value);

/* The administrator's connection string: --conninfo, else TICKETCTL_CONNINFO, else ticketctl.conf. Owned by
 * the caller. TK_NO_MATCH: none of them is there; TK_CONFIG: ticketctl.conf is wrong. */
enum tk_status tk_settings_conninfo(GString *why, char **conninfo_r) TK_MUST_CHECK;

/* Opens a store with one connection for it. ANY_SCHEMA: do not ask for the schema's version. Owned by the
 * caller. TK_CONFIG: no connection string, or a wrong one. */
enum tk_status tk_settings_store(gboolean any_schema, GString *why, struct tk_store **store_r) TK_MUST_CHECK;

/* When a call that begins now must be done. */
gint64 tk_settings_deadline(void);

#endif
