/* report: the one line that the log has for a mail. */
#ifndef TK_MILTER_DAEMON_REPORT_H
#define TK_MILTER_DAEMON_REPORT_H

#include "milter/intake/intake.h"
#include "rules/base/status.h"

struct tk_report {
    const char *queue_id;                    /* of the MTA, or NULL */
    const char *mail_from;                   /* as received */
    guint rcpts;                             /* count of the mail's recipients, channels or not */
    guint64 size;                            /* bytes of the raw mail */
    enum tk_level level;                     /* how deep it was read */
    const struct tk_intake_outcome *outcome; /* NULL: the mail did not get that far */
    const char *code;                        /* of the SMTP reply, NULL where the mail was accepted */
    enum tk_status status;                   /* the outcome's, or why the mail did not get that far */
    const char *why;                         /* one line where the status is not TK_OK, else NULL */
    gint64 millis;                           /* from the end of the mail to its answer */
};

/* Appends "id= verdict= reason= channel= ticket= class= evidence= detail= auth= level= size= millis= msgid=
 * from= rcpts= reply=" to LINE, always all of them in this order, and "status= why=" where the status is not
 * TK_OK. "kept=no" where a channel refused or excluded the
 * mail, and nothing holds it. Of several channels the values stand with commas between them, in one
 * order. */
void tk_report_line(GString *line, const struct tk_report *report);

#endif
