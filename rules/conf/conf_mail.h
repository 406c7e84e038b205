/* conf_mail: what the configuration says about the mail that goes out, against itself. */
#ifndef TK_RULES_CONF_MAIL_H
#define TK_RULES_CONF_MAIL_H

#include "rules/conf/conf_problem.h"

/* The mail server and the link of the main file. */
void tk_conf_mail_main(struct tk_conf_findings *findings, const struct tk_conf *conf);

/* The statuses that a channel tells. */
void tk_conf_mail_channel(struct tk_conf_findings *findings, struct tk_channel *channel);

#endif
