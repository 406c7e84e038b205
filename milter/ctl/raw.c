/* raw: a mail as it came, byte for byte. */
#include "milter/ctl/raw.h"

#include <errno.h>
#include <unistd.h>

#include "milter/ctl/settings.h"
#include "schema/calls/admin.h"

static enum tk_status put(void *sink, const void *data, gsize size)
{
    GString *why = sink;
    for (const guint8 *at = data; size > 0;) {
        const ssize_t done = write(STDOUT_FILENO, at, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return tk_status_fail(TK_STORAGE, why, "the mail cannot be written: %s", g_strerror(errno));
        at += done;
        size -= (gsize)done;
    }
    return TK_OK;
}

enum tk_status tk_raw_write(gint64 intake_id, GString *why)
{
    if (isatty(STDOUT_FILENO))
        return tk_status_fail(
            TK_USAGE, why,
            "a mail can steer a terminal; write it to a file: ticketctl intake --raw %" G_GINT64_FORMAT
            " > mail.eml",
            intake_id);
    struct tk_store *store = NULL;
    enum tk_status status = tk_settings_store(FALSE, why, &store);
    if (status == TK_OK)
        status = tk_admin_raw(store, intake_id, put, why, tk_settings_deadline(), why);
    if (status == TK_NO_MATCH)
        status = tk_status_fail(TK_NO_MATCH, why,
                                "of the intake %" G_GINT64_FORMAT " no mail is kept as it came", intake_id);
    tk_store_close(&store);
    return status;
}
