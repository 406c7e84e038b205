/* main: ticket-notify's start and end: sends what stands in the outbox.
 *
 * The main thread asks the database which tenants have mails, and takes the signals while it waits in
 * between; the threads of the queue send. */
#include "config.h"

#include <curl/curl.h>
#include <errno.h>
#include <gmime/gmime.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "milter/base/cmdline.h"
#include "milter/base/exitcode.h"
#include "milter/base/log.h"
#include "milter/base/process.h"
#include "milter/base/signals.h"
#include "milter/base/snapshot.h"
#include "milter/base/texts.h"
#include "milter/base/watch.h"
#include "milter/notify/queue.h"
#include "schema/calls/outbox.h"

static const char program[] = "ticket-notify";

static const char help[] =
    "usage: ticket-notify [-c FILE] [-f] [--log stderr | syslog]\n"
    "       ticket-notify [-c FILE] -t\n"
    "\n"
    "Sends confirmations, agents' notes and tidings of a status by mail.\n"
    "\n"
    "  -c, --config FILE   the main configuration (" TK_CONFIG_FILE ")\n"
    "  -f, --foreground    stay in the foreground (always so)\n"
    "      --log WHERE     stderr or syslog (stderr)\n"
    "  -t, --check         read the configuration, show its problems, exit\n"
    "      --version       show the version and exit\n"
    "      --help          show this and exit\n"
    "\n"
    "SIGUSR1 reads the configuration again. SIGTERM, SIGINT and SIGHUP stop the program.\n"
    "Exit codes: 0 stopped or no problem, 64 usage, 70 defect, 75 try later, 78 configuration.\n";

/* Of one question for mails. */
#define ASK_SECONDS 20
/* The longest pause while the database is away. */
#define AWAY_MSECS_MAX (30 * G_GINT64_CONSTANT(1000))

/* One connection asks, and each thread has one. */
static enum tk_status open_store(const struct tk_conf *conf, GString *why, struct tk_store **store_r)
{
    const struct tk_store_options options = {
        .conninfo = conf->notify_conninfo,
        .application_name = program,
        .pool = (guint)conf->notify_workers + 1,
        .wait = ASK_SECONDS * G_USEC_PER_SEC,
        .seed = g_random_int(),
    };
    return tk_store_open(&options, store_r, why);
}

/* Adds to QUEUE the tenants that have mails. */
static enum tk_status look(struct tk_store *store, struct tk_queue *queue)
{
    static struct tk_log_limit limit;
    g_autoptr(GString) why = g_string_new(NULL);
    g_autoptr(GArray) tenants = g_array_new(FALSE, FALSE, sizeof(gint64));
    enum tk_status status =
        tk_outbox_tenants(store, g_get_monotonic_time() + ASK_SECONDS * G_USEC_PER_SEC, tenants, why);
    if (status == TK_OK)
        tk_queue_add(queue, tenants);
    else
        tk_log_limited(&limit, 6, LOG_ERR, "the database cannot be asked for mails: %s", why->str);
    return status;
}

/* Waits MSECS for a signal. Returns its number, or 0. */
static int wait_for_signal(gint64 msecs)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    const struct timespec time = {.tv_sec = msecs / 1000, .tv_nsec = (long)(msecs % 1000) * 1000000};
    int got = sigtimedwait(&set, NULL, &time);
    return got > 0 ? got : 0;
}

/* Looks for mails until a signal says that it is enough. */
static void serve(struct tk_snapshot *snapshot, struct tk_store *store, struct tk_queue *queue)
{
    gint64 away = 0;
    int got = 0;
    while (got == 0 || got == SIGUSR1) {
        struct tk_conf *conf = tk_snapshot_take(snapshot);
        gint64 pause = conf->notify_poll_msecs;
        tk_conf_unref(&conf);
        if (tk_queue_is_open(queue))
            away = look(store, queue) == TK_OK ? 0 : MIN(MAX(2 * away, pause), AWAY_MSECS_MAX);
        got = wait_for_signal(MAX(pause, away));
        if (got == SIGUSR1 && tk_snapshot_reload(snapshot) != TK_OK)
            continue; /* logged there; the old configuration stays */
    }
}

static enum tk_status become(const struct tk_conf *conf, GString *why)
{
    struct tk_process_user user;
    enum tk_status status = tk_process_find_user(conf->user, why, &user);
    if (status == TK_OK)
        status = tk_process_set_limits(why);
    if (status == TK_OK)
        status = tk_process_become(&user, why);
    g_free(user.name);
    if (status == TK_OK && geteuid() == 0)
        tk_log(LOG_WARNING, "running as root: set \"user\" in %s", conf->file);
    return status;
}

static enum tk_status run(struct tk_snapshot *snapshot, GString *why)
{
    struct tk_store *store = NULL;
    struct tk_queue *queue = NULL;
    struct tk_conf *conf = tk_snapshot_take(snapshot);
    tk_signals_block();
    g_mime_init();
    enum tk_status status = become(conf, why);
    if (status == TK_OK && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        status = tk_status_fail(TK_BUG, why, "libcurl cannot be set up");
    if (status == TK_OK)
        status = open_store(conf, why, &store);
    if (status == TK_OK)
        status = tk_queue_start(snapshot, store, (guint)conf->notify_workers, &queue, why);
    struct tk_watch *watch = NULL;
    g_autofree char *words = g_strdup_printf("%s %s", program, PACKAGE_VERSION);
    g_autofree char *well = g_strdup_printf("sending mails to %s", conf->smtp_url);
    if (status == TK_OK) {
        const struct tk_watch_options options = {
            .program = words, .conninfo = conf->notify_conninfo, .well = well, .ill = "no mail is sent"};
        watch = tk_watch_new(&options);
        status = tk_watch_begin(watch, why);
    }
    if (status == TK_OK) {
        serve(snapshot, store, queue);
        tk_log(LOG_INFO, "stopping after the mails that are under way");
    }
    tk_queue_stop(&queue);
    tk_watch_free(&watch);
    tk_store_close(&store);
    curl_global_cleanup();
    tk_conf_unref(&conf);
    return status;
}

/* Reads the configuration and does what the command line asks for. */
static enum tk_status start(const struct tk_cmdline *options, GString *why)
{
    struct tk_snapshot *snapshot = NULL;
    tk_log_open(program, options->check ? TK_LOG_STDERR : options->log);
    enum tk_status status = tk_snapshot_open(options->config, tk_texts_read_files, &snapshot);
    if (status != TK_OK)
        tk_status_fail(status, why, "%s: has errors", options->config);
    if (!options->check && snapshot != NULL) {
        if (status != TK_OK)
            tk_log(LOG_ERR, "%s; mails are sent by what has none", why->str);
        status = run(snapshot, why);
    }
    tk_snapshot_free(&snapshot);
    return status;
}

int main(int argc, char **argv)
{
    struct tk_cmdline options;
    g_autoptr(GString) why = g_string_new(NULL);
    enum tk_status status = tk_cmdline_read(argc, argv, FALSE, why, &options);
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
