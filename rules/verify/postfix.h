/* postfix: what postconf(1) prints, as values. */
#ifndef TK_RULES_POSTFIX_H
#define TK_RULES_POSTFIX_H

#include "rules/base/status.h"

/* A line of master.cf(5). */
struct tk_postfix_service {
    char *name;           /* "smtp", "127.0.0.1:10025" */
    char *type;           /* "inet", "pass", "unix" */
    char *command;        /* "smtpd" */
    gboolean chroot;      /* runs below queue_directory */
    GHashTable *settings; /* of its -o options: name -> value */
};

struct tk_postfix {
    GHashTable *settings; /* of main.cf(5) and the defaults: name -> value */
    GPtrArray *services;  /* of struct tk_postfix_service */
};

/* One entry of smtpd_milters. */
struct tk_postfix_milter {
    char *place;         /* "unix:ticket-milter/milter.sock", "inet:localhost:8891" */
    GHashTable *options; /* of the form in braces: name -> value */
};

/* Reads MAIN, the lines "name = value" of `postconf -x', and MASTER, those of `postconf -Mx'. What is no such
 * line is passed over. Owned by the caller. */
struct tk_postfix *tk_postfix_read(const char *main, const char *master);
/* Accepts NULL; sets *POSTFIX to NULL. */
void tk_postfix_free(struct tk_postfix **postfix);

/* The value of NAME for SERVICE (NULL: for all of them). NULL: this Postfix does not know it. */
const char *tk_postfix_get(const struct tk_postfix *postfix, const struct tk_postfix_service *service,
                           const char *name);

/* The smtpd service that serves TCP port PORT; behind postscreen(8) the one that it hands over to. NULL:
 * none. */
const struct tk_postfix_service *tk_postfix_smtpd(const struct tk_postfix *postfix, guint port);

/* TEXT at its commas and blanks, where they are not inside braces. NULL-terminated, owned by the caller. */
char **tk_postfix_list(const char *text);

/* The entries of a value like that of smtpd_milters: an array of struct tk_postfix_milter, owned by the
 * caller. */
GPtrArray *tk_postfix_milters(const char *value);

/* "30", "30s", "5m", "1h", "2d" or "1w" in seconds (postconf(5), time units). FALSE: not one of them. */
gboolean tk_postfix_seconds(const char *text, gint64 *seconds_r);

/* Whether "3.11.2" in VERSION is MAJOR.MINOR or later. */
gboolean tk_postfix_at_least(const char *version, guint major, guint minor);

#endif
