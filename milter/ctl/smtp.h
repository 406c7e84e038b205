/* smtp: a small SMTP client for one mail, with a deadline on everything. */
#ifndef TK_MILTER_CTL_SMTP_H
#define TK_MILTER_CTL_SMTP_H

#include "rules/base/status.h"

struct tk_smtp;

/* Connects to HOST:PORT and takes the banner and the answer to EHLO NAME. All that is done with it ends by
 * DEADLINE (monotonic microseconds). Owned by the caller. TK_LATER: nobody answers as an SMTP server does;
 * WHY says what. */
enum tk_status tk_smtp_open(const char *host, guint port, const char *name, gint64 deadline,
                            struct tk_smtp **smtp_r, GString *why) TK_MUST_CHECK;
/* Says QUIT and closes. Accepts NULL; sets *SMTP to NULL. */
void tk_smtp_close(struct tk_smtp **smtp);

/* Sends a command line (without its line end) and takes the answer: its code in *CODE_R, its lines, joined by
 * blanks, in TEXT. TK_LATER: the connection broke, or the deadline passed. */
enum tk_status tk_smtp_command(struct tk_smtp *smtp, const char *line, guint *code_r, GString *text,
                               GString *why) TK_MUST_CHECK;

/* Sends the content of a mail after the answer 354, stuffs its dots, ends it, and takes the answer. */
enum tk_status tk_smtp_content(struct tk_smtp *smtp, const char *content, guint *code_r, GString *text,
                               GString *why) TK_MUST_CHECK;

#endif
