/* authres: what the own MTA's filters found out about the sender, out of Authentication-Results fields (RFC
 * 8601).
 *
 * Everything in a mail may be forged, so a field counts only where its authserv-id is one that the
 * configuration trusts, and the MTA takes such fields away from what comes from outside. Reading is strict:
 * what cannot be read never says "pass". No recursion; linear in the header. Cannot fail. */
#ifndef TK_RULES_AUTHRES_H
#define TK_RULES_AUTHRES_H

#include "rules/base/status.h"
#include "rules/message/message.h"

/* What a method said. Everything but "pass" and "none" is TK_AUTHRES_FAIL: also temperror, permerror,
 * softfail, neutral, and words that RFC 8601 does not have. */
enum tk_authres_result { TK_AUTHRES_ABSENT, TK_AUTHRES_NONE, TK_AUTHRES_PASS, TK_AUTHRES_FAIL };

/* The method that the verdict rests on. */
enum tk_authres_by { TK_AUTHRES_BY_NOTHING, TK_AUTHRES_BY_DMARC, TK_AUTHRES_BY_DKIM, TK_AUTHRES_BY_SPF };

struct tk_authres_finding {
    enum tk_authres_result result;
    char *domain; /* folded; header.from, header.d, or that of smtp.mailfrom; NULL where none was named */
};

struct tk_authres {
    /* Of several results the worst one for dmarc and spf, since nobody checks them twice, and for dkim, where
     * there is one a signature, the best one: an aligned pass before all others. */
    struct tk_authres_finding spf, dkim, dmarc;
    /* Whether the From domain is confirmed. TK_YES: dmarc=pass for it; or, where dmarc is none or absent, a
     * passed dkim (header.d) or spf (smtp.mailfrom) of that domain or of a parent domain with at least two
     * labels (to know more domains of one organisation needs the public suffix list). TK_NO: a trusted field
     * says no such thing. TK_UNKNOWN: there is no trusted field. */
    enum tk_tri verdict;
    enum tk_authres_by decided_by; /* nothing: no method has passed, and dmarc has not failed */
    const char *problem; /* static: why no pass was believed ("comment or quotes without an end", ...), or
                            NULL */
};

/* Reads MESSAGE's fields of the authserv-ids in TRUSTED (NULL-terminated, compared whole and without case;
 * NULL: none). The caller clears the result. */
void tk_authres_read(const struct tk_message *message, char *const *trusted, struct tk_authres *authres_r);
void tk_authres_clear(struct tk_authres *authres);

#endif
