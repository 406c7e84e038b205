/* main: ticket-milter's start and end.
 *
 * The order matters: the log before libmilter, which logs itself; signals blocked before the first thread;
 * the socket opened while the process may still do it, then root given up, and only then the database and the
 * first byte of anybody's mail. */
#include "config.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <gmime/gmime.h>
#include <libmilter/mfapi.h>

#include "milter/base/cmdline.h"
#include "milter/base/exitcode.h"
#include "milter/base/keys.h"
#include "milter/base/ledger.h"
#include "milter/base/log.h"
#include "milter/base/process.h"
#include "milter/base/signals.h"
#include "milter/base/snapshot.h"
#include "milter/base/spool.h"
#include "milter/base/systemd.h"
#include "milter/daemon/callbacks.h"
#include "milter/daemon/flight.h"
#include "milter/daemon/listener.h"
#include "schema/wire/fault.h"

static const char program[] = "ticket-milter";
static const char program_version[] = "ticket-milter " PACKAGE_VERSION;

static const char help[] =
    "usage: ticket-milter [-c FILE] [-f | --background] [--log stderr | syslog]\n"
    "       ticket-milter [-c FILE] -t\n"
    "\n"
    "Makes tickets of mails to support channels while the MTA receives them.\n"
    "\n"
    "  -c, --config FILE   the main configuration (" TK_CONFIG_FILE ")\n"
    "  -f, --foreground    stay in the foreground (the default)\n"
    "      --background    detach once the socket is open\n"
    "      --log WHERE     stderr (in the foreground) or syslog (in the background)\n"
    "  -t, --check         read the configuration, show its problems, exit\n"
    "      --version       show the version and exit\n"
    "      --help          show this and exit\n"
    "\n"
    "SIGUSR1 reads the configuration again. SIGTERM, SIGINT and SIGHUP stop the program.\n"
    "Exit codes: 0 stopped or no problem, 64 usage, 70 defect, 75 try later, 78 configuration.\n";

/* libmilter's limit of a packet is 64 KiB; header fields of other MTAs than Postfix may be longer, and a
 * longer one would end the connection. */
#define PACKET_MAX (1024 * 1024)

/* A mail that is not answered this long after its deadline hangs: the watchdog may start the process anew. */
#define OVERDUE_GRACE (30 * G_TIME_SPAN_SECOND)

/* Beyond the deadline a mail needs this much to be answered. */
#define DRAIN_MARGIN (2 * G_TIME_SPAN_SECOND)

/* A callback that has returned still has its answer written by libmilter, which tells nobody when. */
#define ANSWER_MICROS (200 * G_TIME_SPAN_MILLISECOND)

/* A rate window that has refused nothing for this many seconds is open again. */
#define CLOSED_QUIET (10 * 60)
/* Rate windows that are remembered as full. */
#define CLOSED_MOST 1000

/* What its two threads share. */
struct serving {
    struct tk_callbacks_service *service;
    struct tk_listener **listener;
    gboolean stopped; /* by a signal; the first thread's alone */
    gboolean good;    /* libmilter ended well; to be read when its thread has ended */
};

static void stop(void *context)
{
    struct serving *serving = context;
    serving->stopped = TRUE;
    smfi_stop();
}

static void reload(void *context)
{
    const struct serving *serving = context;
    if (tk_snapshot_reload(serving->service->snapshot) != TK_OK)
        return; /* logged there; the old configuration stays */
}

static void feed_watchdog(void *context)
{
    static struct tk_log_limit limit;
    const struct serving *serving = context;
    if (tk_flight_overdue(serving->service->flight, OVERDUE_GRACE))
        tk_log_limited(&limit, 1, LOG_CRIT, "a mail is not answered long after its deadline");
    else if (tk_systemd_notify("WATCHDOG=1") == TK_LATER)
        tk_log_limited(&limit, 1, LOG_WARNING, "the service manager cannot be told that all is well");
}

static enum tk_status open_store(const struct tk_conf *conf, GString *why, struct tk_store **store_r)
{
    const struct tk_store_options options = {
        .conninfo = conf->conninfo,
        .application_name = program,
        .pool = (guint)conf->pool,
        .wait = (gint64)conf->wait_msecs * 1000,
        .seed = g_random_int(),
    };
    return tk_store_open(&options, store_r, why);
}

/* Without a ledger a mail that crashes the program does so at each attempt; that is no reason to take none.
 */
static struct tk_ledger *open_ledger(const struct tk_conf *conf)
{
    struct tk_ledger *ledger = NULL;
    guint found = 0;
    g_autoptr(GString) why = g_string_new(NULL);
    g_autofree char *folder = g_path_get_dirname(conf->spool_directory);
    g_autofree char *path = conf->ledger != NULL ? g_strdup(conf->ledger)
                                                 : g_build_filename(folder, "ledger", NULL);
    if (tk_ledger_open(path, g_get_real_time() / G_USEC_PER_SEC, why, &found, &ledger) != TK_OK)
        tk_log(LOG_WARNING, "ledger: %s; a mail that crashes the program is not told from others", why->str);
    else if (found > 0)
        tk_log(LOG_WARNING, "%u mails were being read when the program ended the last time", found);
    return ledger;
}

/* Waits for the mails at their end. They have deadlines of their own, so this is bounded. */
static void drain(struct tk_callbacks_service *service, struct tk_listener **listener)
{
    struct tk_conf *conf = tk_snapshot_take(service->snapshot);
    gint64 until = g_get_monotonic_time() + (gint64)conf->deadline_msecs * 1000 + DRAIN_MARGIN;
    guint waiting = tk_flight_count(service->flight);
    tk_conf_unref(&conf);

    tk_log(LOG_INFO, "stopping, %u mails at their end", waiting);
    gboolean all_left = tk_flight_close(service->flight, until);
    g_usleep(ANSWER_MICROS);
    if (all_left)
        return;
    tk_log(LOG_ERR, "stopped with %u mails unanswered", tk_flight_count(service->flight));
    tk_listener_close(listener);
    _exit(tk_exitcode(TK_LATER)); /* what they still use must not be torn down under them */
}

/* libmilter's part of the process, in a thread of its own, until it was stopped and the last mail is
 * answered. */
static void *run_libmilter(void *context)
{
    struct serving *serving = context;
    TK_FAULT("ready", NULL);
    serving->good = smfi_main() == MI_SUCCESS;
    if (tk_systemd_notify("STOPPING=1") == TK_LATER)
        tk_log(LOG_WARNING, "the service manager cannot be told that the end has come");
    drain(serving->service, serving->listener);
    tk_signals_end();
    return NULL;
}

/* Serves until a signal stops libmilter. */
static enum tk_status serve(struct tk_callbacks_service *service, struct tk_listener **listener, GString *why)
{
    struct serving serving = {.service = service, .listener = listener};
    const struct tk_signals_work work = {
        .reload = reload,
        .stop = stop,
        .tick = tk_systemd_watchdog_msecs() > 0 ? feed_watchdog : NULL,
        .tick_msecs = tk_systemd_watchdog_msecs(),
        .context = &serving,
    };
    enum tk_status status = tk_watch_begin(service->watch, why);
    if (status != TK_OK)
        return status;

    pthread_t thread;
    if (pthread_create(&thread, NULL, run_libmilter, &serving) != 0)
        return tk_status_fail(TK_LATER, why, "cannot make a thread");
    tk_signals_serve(&work);
    pthread_join(thread, NULL);
    /* A stop that comes before libmilter has begun closes the socket under it, which it takes for an error.
     */
    return serving.good || serving.stopped ? TK_OK
                                           : tk_status_fail(TK_LATER, why, "libmilter ended with an error");
}

/* Opens the socket, and becomes who the process shall be. */
static enum tk_status prepare(const struct tk_cmdline *options, const struct tk_conf *conf, GString *why,
                              struct tk_listener **listener_r)
{
    struct tk_process_user user;
    struct tk_listener *listener = NULL;
    enum tk_status status = tk_process_find_user(conf->user, why, &user);
    if (status == TK_OK)
        status = tk_process_set_limits(why);
    if (status == TK_OK)
        status = tk_listener_open(conf, user.uid, why, &listener);
    if (status == TK_OK)
        status = tk_process_become(&user, why);
    if (status == TK_OK && options->background)
        status = tk_process_background(why);
    g_free(user.name);
    if (status != TK_OK) {
        tk_listener_close(&listener);
        return status;
    }
    if (geteuid() == 0)
        tk_log(LOG_WARNING, "running as root: set \"user\" in %s", conf->file);
    *listener_r = listener;
    return TK_OK;
}

static enum tk_status run(const struct tk_cmdline *options, struct tk_snapshot *snapshot, GString *why)
{
    struct tk_callbacks_service service = {.snapshot = snapshot};
    struct tk_listener *listener = NULL;
    struct tk_conf *conf = tk_snapshot_take(snapshot);

    tk_signals_block();
    g_mime_init();
    smfi_setmaxdatasize(PACKET_MAX);
    enum tk_status status = tk_callbacks_register(program, &service);
    if (status != TK_OK)
        g_string_assign(why, "libmilter refuses the filter");
    if (status == TK_OK)
        status = prepare(options, conf, why, &listener);
    if (status == TK_OK)
        status = open_store(conf, why, &service.store);
    if (status == TK_OK) {
        service.directory = tk_directory_new();
        service.flight = tk_flight_new(TK_FLIGHT_MAX);
        service.ledger = open_ledger(conf);
        service.sessions_max = (guint)conf->limit_sessions;
        tk_spool_set_budget(conf->limit_spool);
        service.closed = tk_once_new(CLOSED_QUIET, CLOSED_MOST);
        const struct tk_watch_options watch = {.program = program_version,
                                               .conninfo = conf->conninfo,
                                               .well = "taking mails",
                                               .ill = "mails are put off with 451"};
        service.watch = tk_watch_new(&watch);
        status = serve(&service, &listener, why);
    }

    tk_watch_free(&service.watch);
    tk_listener_close(&listener);
    tk_ledger_close(&service.ledger);
    tk_flight_free(&service.flight);
    tk_once_free(&service.closed);
    tk_directory_free(&service.directory);
    tk_store_close(&service.store);
    tk_conf_unref(&conf);
    return status;
}

/* Reads the configuration and does what the command line asks for. */
static enum tk_status start(const struct tk_cmdline *options, GString *why)
{
    struct tk_snapshot *snapshot = NULL;
    tk_log_open(program, options->check ? TK_LOG_STDERR : options->log);
    enum tk_status status = tk_snapshot_open(options->config, tk_keys_read_files, &snapshot);
    if (status != TK_OK)
        tk_status_fail(status, why, "%s: has errors", options->config);
    if (!options->check && snapshot != NULL) {
        if (status != TK_OK)
            tk_log(LOG_ERR, "%s; channels that have none are served", why->str);
        status = run(options, snapshot, why);
    }
    tk_snapshot_free(&snapshot);
    return status;
}

int main(int argc, char **argv)
{
    struct tk_cmdline options;
    g_autoptr(GString) why = g_string_new(NULL);
    enum tk_status status = tk_cmdline_read(argc, argv, TRUE, why, &options);
    if (status == TK_USAGE)
        fprintf(stderr, "%s: %s\n%s", program, why->str, help);
    else if (options.help)
        fputs(help, stdout);
    else if (options.version)
        printf("%s %s\n", program, PACKAGE_VERSION);
    else if ((status = start(&options, why)) != TK_OK)
        tk_log(LOG_ERR, "%s", why->str);
    tk_cmdline_clear(&options);
    return tk_exitcode(status);
}
