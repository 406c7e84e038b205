/* log: lines to syslog or standard error. */
#include "milter/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum tk_log_target log_target = TK_LOG_STDERR;
static const char *log_program = "ticket";
static gboolean log_to_journal;
static int log_threshold = LOG_INFO;

/* GMime and GLib speak when a mail is odd, so a stranger can make them. */
#define LIBRARY_LINES_PER_MINUTE 10
static struct tk_log_limit library_limit;

static void library_speaks(const char *domain, GLogLevelFlags level, const char *message, gpointer unused)
{
    (void)unused;
    int priority = (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0 ? LOG_ERR
                   : (level & G_LOG_LEVEL_WARNING) != 0                      ? LOG_WARNING
                                                                             : LOG_DEBUG;
    tk_log_limited(&library_limit, LIBRARY_LINES_PER_MINUTE, priority, "%s: %s",
                   domain != NULL ? domain : "library", message);
}

void tk_log_open(const char *program, enum tk_log_target target)
{
    log_program = program;
    log_target = target;
    log_to_journal = target == TK_LOG_STDERR && getenv("JOURNAL_STREAM") != NULL;
    openlog(program, LOG_PID | LOG_NDELAY, LOG_MAIL);
    g_log_set_default_handler(library_speaks, NULL);
}

void tk_log_set_threshold(int priority)
{
    log_threshold = priority;
}

static void write_line(int priority, const char *text)
{
    if (priority > log_threshold)
        return;
    if (log_target == TK_LOG_SYSLOG) {
        syslog(priority, "%s", text);
        return;
    }
    /* one write, so that lines of several threads do not mix */
    g_autofree char *line = log_to_journal
                                ? g_strdup_printf("<%d>%s\n", priority, text)
                                : g_strdup_printf("%s[%ld]: %s\n", log_program, (long)getpid(), text);
    gsize length = strlen(line);
    if (write(STDERR_FILENO, line, length) != (gssize)length)
        return; /* nowhere left to say it */
}

static void write_plain(int priority, const char *text, guint left_out)
{
    g_autoptr(GString) line = g_string_new(NULL);
    tk_logtext_plain(line, text, TK_LOGTEXT_MAX_LINE);
    if (left_out > 0)
        g_string_append_printf(line, " (%u such lines were left out before)", left_out);
    write_line(priority, line->str);
}

void tk_log(int priority, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    write_plain(priority, text, 0);
}

void tk_log_line(int priority, const GString *line)
{
    write_line(priority, line->str);
}

/* Whether one more line may be spoken now. */
static gboolean may_speak(struct tk_log_limit *limit, guint per_minute, guint *left_out_r)
{
    gint64 now = g_get_monotonic_time();
    g_mutex_lock(&limit->mutex);
    if (limit->window_start == 0 || now - limit->window_start >= G_TIME_SPAN_MINUTE) {
        limit->window_start = now;
        limit->spoken = 0;
    }
    gboolean may = limit->spoken < per_minute;
    if (may) {
        limit->spoken++;
        *left_out_r = limit->left_out;
        limit->left_out = 0;
    } else {
        limit->left_out++;
    }
    g_mutex_unlock(&limit->mutex);
    return may;
}

void tk_log_limited(struct tk_log_limit *limit, guint per_minute, int priority, const char *format, ...)
{
    guint left_out;
    if (priority > log_threshold || !may_speak(limit, per_minute, &left_out))
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    write_plain(priority, text, left_out);
}
