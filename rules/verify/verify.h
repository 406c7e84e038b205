/* verify: whether the settings of the MTA suit a channel: values of settings in, findings out. */
#ifndef TK_RULES_VERIFY_H
#define TK_RULES_VERIFY_H

#include "rules/conf/conf.h"
#include "rules/verify/postfix.h"

enum tk_severity { TK_SEVERITY_OK, TK_SEVERITY_WARNING, TK_SEVERITY_ERROR };

struct tk_verify_finding {
    enum tk_severity severity;
    const char *name; /* what was looked at: a setting, "socket", "alias", "probe"; static */
    char *text;       /* what is, and where */
    char *remedy;     /* what to do; NULL where all is well */
};

/* What the file system says of the filter's socket, as the user of Postfix would find it. */
enum tk_verify_socket {
    TK_SOCKET_ANSWERS,
    TK_SOCKET_MISSING,
    TK_SOCKET_OTHER,  /* there is something else */
    TK_SOCKET_SILENT, /* nobody listens */
    TK_SOCKET_CLOSED, /* somebody listens, but the user of Postfix may not go there */
    TK_SOCKET_UNKNOWN /* we may not look */
};

struct tk_verify_input {
    const struct tk_conf *conf;
    const struct tk_channel *channel;
    const struct tk_postfix *postfix;
    guint port; /* where the probe goes: the service that is judged */
    enum tk_verify_socket socket;
    const char *barrier; /* with TK_SOCKET_CLOSED: the folder or socket, and its mode and owner */
};

/* An empty array that owns struct tk_verify_finding. */
GPtrArray *tk_verify_findings_new(void);

/* Adds a finding. REMEDY may be NULL; it is copied. */
void tk_verify_add(GPtrArray *findings, enum tk_severity severity, const char *name, const char *remedy,
                   const char *format, ...) TK_PRINTF(5, 6);

/* "ok", "warning" or "error". Static. */
const char *tk_verify_word(enum tk_severity severity);

/* Judges the settings of Postfix, in the order of README's table. */
void tk_verify_postfix(const struct tk_verify_input *input, GPtrArray *findings);

/* Asks for the alias of ADDRESS. TK_YES: *TEXT_R is its right side; TK_NO: there is none; TK_UNKNOWN: *TEXT_R
 * is why not. The caller owns *TEXT_R. */
typedef enum tk_tri (*tk_verify_lookup)(void *context, const char *address, char **text_r);

/* Follows each address and alias of the channel and judges where it ends: in a mailbox that is no channel, or
 * else. */
void tk_verify_aliases(const struct tk_conf *conf, const struct tk_channel *channel, tk_verify_lookup lookup,
                       void *context, GPtrArray *findings);

#endif
