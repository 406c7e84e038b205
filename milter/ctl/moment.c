/* moment: times as an administrator writes them on a command line. */
#include "milter/ctl/moment.h"

#include <string.h>

/* Longer than any row lives. */
enum { MAX_PERIOD_DAYS = 36500, SECONDS_PER_DAY = 86400 };

gboolean tk_moment_period(const char *text, gint64 *seconds_r)
{
    static const struct {
        const char *unit;
        gint64 seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", SECONDS_PER_DAY}, {"w", 7 * SECONDS_PER_DAY}};
    gsize digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 9)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(text + digits, units[i].unit) != 0)
            continue;
        gint64 seconds = g_ascii_strtoll(text, NULL, 10) * units[i].seconds;
        if (seconds > (gint64)MAX_PERIOD_DAYS * SECONDS_PER_DAY)
            return FALSE;
        *seconds_r = seconds;
        return TRUE;
    }
    return FALSE;
}

gboolean tk_moment_since(const char *text, gint64 now, gint64 *micros_r)
{
    gint64 seconds;
    if (tk_moment_period(text, &seconds)) {
        *micros_r = now - seconds * G_USEC_PER_SEC;
        return TRUE;
    }
    g_autofree char *full = strchr(text, 'T') == NULL ? g_strconcat(text, "T00:00:00", NULL) : g_strdup(text);
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) date = g_date_time_new_from_iso8601(full, utc);
    if (date == NULL)
        return FALSE;
    *micros_r = g_date_time_to_unix(date) * G_USEC_PER_SEC;
    return TRUE;
}
