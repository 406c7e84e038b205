/* authentic: whether somebody we trust vouches for the sender, and who.
 *
 * Joins what the own MTA's filters found (rules/sender/authres.h) with what the MTA knows of its client: whom
 * it has let log in, and from where it came. Pure. */
#ifndef TK_RULES_AUTHENTIC_H
#define TK_RULES_AUTHENTIC_H

#include "rules/conf/conf.h"
#include "rules/message/message.h"

/* What the front end knows of the client. NULL: nothing. */
struct tk_authentic_client {
    const char *login;   /* name under which it has logged in (SASL) */
    const char *address; /* IP address, as the MTA writes it */
};

struct tk_authentic {
    /* TK_YES: confirmed. TK_NO: a trusted filter has looked and does not confirm. TK_UNKNOWN: nobody has
     * looked. A failed DMARC is outweighed by nothing: a filter that is not to judge own clients must leave
     * them out. */
    enum tk_tri verdict;
    char *by;                /* what decided, one line: "dmarc=pass acme.example", "login ann@acme.example",
                                "network 10.0.0.0/8", "dmarc=fail acme.example", "no pass for acme.example"; NULL where
                                nobody has looked */
    gboolean trusted_client; /* the mail came from trusted_networks, whatever a filter has found */
};

/* Cannot fail. The caller clears the result. */
void tk_authentic_find(const struct tk_conf *conf, const struct tk_message *message,
                       const struct tk_authentic_client *client, struct tk_authentic *authentic_r);
void tk_authentic_clear(struct tk_authentic *authentic);

/* "pass", "fail", "none" for a verdict. Static. */
const char *tk_authentic_word(enum tk_tri verdict);

#endif
