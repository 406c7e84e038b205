/* conf_fields: how the fields of a channel's tickets are filled, checked against its template. */
#ifndef TK_RULES_CONF_FIELDS_H
#define TK_RULES_CONF_FIELDS_H

#include "rules/conf/conf_problem.h"

/* Checks the fields of TEMPLATE. */
void tk_conf_fields_template(struct tk_conf_findings *findings, struct tk_template *template);

/* Checks the rules of CHANNEL, whose template may be NULL, and adds those that hold where nothing is said. */
void tk_conf_fields_channel(struct tk_conf_findings *findings, struct tk_channel *channel);

/* Whether NAME is a column of the table ticket, which every ticket has and which cannot be restricted. */
gboolean tk_conf_fields_is_column(const char *name);

#endif
