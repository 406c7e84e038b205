/* flight: counts the mails at their end. */
#include "milter/daemon/flight.h"

struct tk_flight {
    GMutex mutex;
    GCond left;
    GQueue seats; /* of struct tk_flight_seat, the callers' own links */
    guint max;
    gboolean closed;
};

struct tk_flight *tk_flight_new(guint max)
{
    struct tk_flight *flight = g_new0(struct tk_flight, 1);
    g_mutex_init(&flight->mutex);
    g_cond_init(&flight->left);
    g_queue_init(&flight->seats);
    flight->max = max;
    return flight;
}

void tk_flight_free(struct tk_flight **flight_p)
{
    struct tk_flight *flight = *flight_p;
    if (flight == NULL)
        return;
    *flight_p = NULL;
    g_cond_clear(&flight->left);
    g_mutex_clear(&flight->mutex);
    g_free(flight);
}

gboolean tk_flight_enter(struct tk_flight *flight, gint64 deadline, struct tk_flight_seat *seat)
{
    g_mutex_lock(&flight->mutex);
    gboolean may = !flight->closed && flight->seats.length < flight->max;
    if (may) {
        *seat = (struct tk_flight_seat){.deadline = deadline, .link = {.data = seat}};
        g_queue_push_tail_link(&flight->seats, &seat->link);
    }
    g_mutex_unlock(&flight->mutex);
    return may;
}

void tk_flight_leave(struct tk_flight *flight, struct tk_flight_seat *seat)
{
    g_mutex_lock(&flight->mutex);
    g_queue_unlink(&flight->seats, &seat->link);
    g_cond_broadcast(&flight->left);
    g_mutex_unlock(&flight->mutex);
}

guint tk_flight_count(struct tk_flight *flight)
{
    g_mutex_lock(&flight->mutex);
    guint count = flight->seats.length;
    g_mutex_unlock(&flight->mutex);
    return count;
}

gboolean tk_flight_overdue(struct tk_flight *flight, gint64 grace)
{
    gint64 now = g_get_monotonic_time();
    gboolean overdue = FALSE;
    g_mutex_lock(&flight->mutex);
    for (const GList *link = flight->seats.head; link != NULL && !overdue; link = link->next) {
        const struct tk_flight_seat *seat = link->data;
        overdue = now > seat->deadline + grace;
    }
    g_mutex_unlock(&flight->mutex);
    return overdue;
}

gboolean tk_flight_close(struct tk_flight *flight, gint64 until)
{
    g_mutex_lock(&flight->mutex);
    flight->closed = TRUE;
    while (flight->seats.length > 0 && g_cond_wait_until(&flight->left, &flight->mutex, until))
        ;
    gboolean all_left = flight->seats.length == 0;
    g_mutex_unlock(&flight->mutex);
    return all_left;
}
