/* settings: the options that all commands of ticketctl share. */
#include "milter/ctl/settings.h"

#include "config.h"
#include "milter/base/files.h"

/* Not characters, so that no short option can collide. */
enum { OPTION_CONNINFO = 0x1100, OPTION_JSON };

/* A person waits for it; migrations of a large database take longer and have their own. */
#define DEADLINE_SECONDS 60
/* For a connection to be made. */
#define WAIT_SECONDS 10

static struct tk_settings settings = {.config = TK_CONFIG_FILE};

const struct option tk_settings_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"conninfo", required_argument, NULL, OPTION_CONNINFO},
    {"json", no_argument, NULL, OPTION_JSON},
    {NULL, 0, NULL, 0},
};

const struct tk_settings *tk_settings(void)
{
    return &settings;
}

gboolean tk_settings_take(int option, const char *value)
{
    switch (option) {
    case 'c': settings.config = value; return TRUE;
    case OPTION_CONNINFO: settings.conninfo = value; return TRUE;
    case OPTION_JSON: settings.json = TRUE; return TRUE;
    default: return FALSE; /* a number of getopt, not an enum */
    }
}

enum tk_status tk_settings_conninfo(GString *why, char **conninfo_r)
{
    const char *given = settings.conninfo != NULL ? settings.conninfo : g_getenv("TICKETCTL_CONNINFO");
    if (given != NULL) {
        *conninfo_r = g_strdup(given);
        return TK_OK;
    }
    enum tk_status status = tk_files_read_admin(settings.config, why, conninfo_r);
    if (status != TK_NO_MATCH)
        return status;
    g_autofree char *file = tk_files_beside(settings.config, "ticketctl.conf");
    return tk_status_fail(
        TK_NO_MATCH, why,
        "no database is named: give --conninfo TEXT, set TICKETCTL_CONNINFO, or write admin_conninfo into %s",
        file);
}

enum tk_status tk_settings_store(gboolean any_schema, GString *why, struct tk_store **store_r)
{
    g_autofree char *conninfo = NULL;
    enum tk_status status = tk_settings_conninfo(why, &conninfo);
    if (status != TK_OK)
        return status == TK_NO_MATCH ? TK_CONFIG : status;
    const struct tk_store_options options = {
        .conninfo = conninfo,
        .application_name = "ticketctl",
        .pool = 1,
        .wait = WAIT_SECONDS * G_USEC_PER_SEC,
        .seed = g_random_int(),
        .any_schema = any_schema,
    };
    status = tk_store_open(&options, store_r, why);
    if (status == TK_CONFIG)
        g_string_prepend(why, settings.conninfo != NULL                ? "--conninfo: "
                              : g_getenv("TICKETCTL_CONNINFO") != NULL ? "TICKETCTL_CONNINFO: "
                                                                       : "admin_conninfo: ");
    return status;
}

gint64 tk_settings_deadline(void)
{
    return g_get_monotonic_time() + DEADLINE_SECONDS * G_USEC_PER_SEC;
}
