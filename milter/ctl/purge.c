/* purge: `ticketctl purge`, what may go. */
#include <signal.h>
#include <stdio.h>

#include "milter/base/exitcode.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/ctl.h"
#include "milter/ctl/json.h"
#include "milter/ctl/moment.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "schema/calls/purge.h"

/* Intake rows of mails that became nothing are kept for a quarter, unless told otherwise. */
#define DEFAULT_AGE "90d"

/* Between two lines that say how far it is. */
#define PROGRESS_SECONDS 10

/* A batch takes half a second, unless the server is very slow or somebody holds a table. */
#define PATIENCE_SECONDS 60

struct progress {
    sigset_t stops;
    gint64 next; /* when the next line is due */
};

static char *counts_text(const struct tk_purged *purged)
{
    return g_strdup_printf("%" G_GINT64_FORMAT " expired intake keys, %" G_GINT64_FORMAT
                           " raw mails, %" G_GINT64_FORMAT " intake rows, %" G_GINT64_FORMAT " contents",
                           purged->keys, purged->raws, purged->intakes, purged->blobs);
}

static enum tk_status print_purged(const struct tk_purged *purged, gboolean complete)
{
    if (tk_settings()->json)
        return tk_json_print(json_pack("{s:I, s:I, s:I, s:I, s:b}", "keys", (json_int_t)purged->keys, "raws",
                                       (json_int_t)purged->raws, "intakes", (json_int_t)purged->intakes,
                                       "blobs", (json_int_t)purged->blobs, "complete", complete),
                             stdout);
    g_autofree char *counts = counts_text(purged);
    tk_say(stdout, "removed: %s%s", counts, complete ? "" : "; more is left, run it again");
    return TK_OK;
}

/* The signals that stop a purge are blocked and looked at after each batch, so that none is torn. */
static void begin(struct progress *progress)
{
    sigemptyset(&progress->stops);
    sigaddset(&progress->stops, SIGINT);
    sigaddset(&progress->stops, SIGTERM);
    sigaddset(&progress->stops, SIGHUP);
    sigprocmask(SIG_BLOCK, &progress->stops, NULL);
    progress->next = g_get_monotonic_time() + PROGRESS_SECONDS * G_USEC_PER_SEC;
}

static bool goes_on(void *context, const struct tk_purged *so_far)
{
    struct progress *progress = context;
    const gint64 now = g_get_monotonic_time();
    if (now >= progress->next) {
        g_autofree char *counts = counts_text(so_far);
        tk_say(stderr, "removed so far: %s", counts);
        progress->next = now + PROGRESS_SECONDS * G_USEC_PER_SEC;
    }
    sigset_t pending;
    sigpending(&pending);
    return !sigismember(&pending, SIGINT) && !sigismember(&pending, SIGTERM) &&
           !sigismember(&pending, SIGHUP);
}

static int run_purge(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {{"older-than", required_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
    const char *age = DEFAULT_AGE;
    int code = -1;
    while (tk_ctl_option(command, argc, argv, options, &code) != -1)
        age = optarg;
    if (code != -1)
        return code;
    if (optind < argc)
        return tk_ctl_usage(command);
    struct progress progress;
    struct tk_purge purge = {
        .patience = PATIENCE_SECONDS * G_USEC_PER_SEC, .goes_on = goes_on, .context = &progress};
    if (!tk_moment_period(age, &purge.age)) {
        tk_ctl_complain("purge: --older-than %s is no age; write 30d, 12w or 48h", age);
        return tk_exitcode(TK_USAGE);
    }
    struct tk_store *store = NULL;
    struct tk_purged purged = {0};
    g_autoptr(GString) why = g_string_new(NULL);
    enum tk_status status = tk_settings_store(FALSE, why, &store);
    if (status == TK_OK) {
        begin(&progress);
        status = tk_purge_all(store, &purge, &purged, why);
        const gboolean anything = purged.keys + purged.raws + purged.intakes + purged.blobs > 0;
        enum tk_status printed = TK_OK;
        if (status == TK_OK || anything)
            printed = print_purged(&purged, status == TK_OK);
        if (status == TK_OK)
            status = printed;
    }
    tk_store_close(&store);
    return tk_ctl_fail(command, status, why);
}

const struct tk_ctl_command tk_purge_command = {
    "purge",
    "[OPTION...]",
    "remove intake rows by age, expired keys and raw mails past their date",
    "  --older-than AGE  of intake rows without a ticket, e.g. 30d or 12w; " DEFAULT_AGE
    " unless given\n" TK_SETTINGS_HELP TK_SETTINGS_CONNINFO_HELP
    "\nTickets, notes and their attachments stay. May run at any time; meant for a timer. Works in small\n"
    "batches up to the end, and says every 10 seconds how far it is. Stopped by SIGINT or SIGTERM, or by a\n"
    "fault of the database, it says what it has removed and exits with 75; the next run does the rest.\n"
    "Needs role ticket_admin.\n",
    run_purge,
};
