/* sender: hands one mail to a mail server by SMTP. The only user of libcurl in this program. */
#ifndef TK_MILTER_NOTIFY_SENDER_H
#define TK_MILTER_NOTIFY_SENDER_H

#include "rules/base/status.h"
#include "rules/compose/compose.h"
#include "rules/conf/conf.h"

/* One connection, kept from mail to mail. For one thread. */
struct tk_sender;

/* NULL: libcurl could not be set up. The program has called curl_global_init(). */
struct tk_sender *tk_sender_new(void);
/* Accepts NULL; sets *SENDER to NULL. */
void tk_sender_free(struct tk_sender **sender);

/* Sends MAIL to the server of CONF, within its timeout. REPLY gets the server's last words, or what went
 * wrong before it had any, as one line. TK_OK       the server has taken it TK_REFUSED  the server will never
 * take it (RFC 5321 section 4.2.1: 5yz to this mail, not to us) TK_LATER    it may take it later; also where
 * the end is not known TK_CONFIG   there was no talk of this mail yet: no connection, no TLS as it is asked
 * for, no login; another mail would fare no better now */
enum tk_status tk_sender_send(struct tk_sender *sender, const struct tk_conf *conf,
                              const struct tk_composed *mail, GString *reply) TK_MUST_CHECK;

#endif
