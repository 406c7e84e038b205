/* address: mail addresses as RFC 5321 and RFC 5322 write them: strict reading, comparison, domains, detail.
 *
 * Identity never comes from a lenient parser: what is not an addr-spec by the strict rules here is no
 * address. */
#ifndef TK_RULES_ADDRESS_H
#define TK_RULES_ADDRESS_H

#include "rules/base/status.h"

/* Between an address and its detail, as in "user+detail@example.com"; Postfix's usual recipient_delimiter. */
#define TK_ADDRESS_DELIMITER '+'

/* Strips one pair of <> and outer blanks from an SMTP path, as milter front ends get it. "" and "<>" give "",
 * the null sender. A source route ("@a,@b:user@c", RFC 5321 appendix C) is dropped. Owned by the caller. */
char *tk_address_from_path(const char *path);

/* Whether TEXT is one strict addr-spec: dot-atom or quoted-string local part (UTF-8 allowed, RFC 6531), a
 * domain name of LDH or U-labels or a domain literal, no comments, no blanks around, one unquoted @, no "=?",
 * no control character; local part <= 64 octets, domain <= 255 (RFC 5321 section 4.5.3.1). */
gboolean tk_address_valid(const char *text);

/* Whether TEXT is an address that somebody may have. RFC 5322 lets a quoted local part be empty or hold an
 * "@". No person has such a one: an MTA makes the first of "@example.com", and who writes another address
 * before his domain's wants to be taken for somebody else. */
gboolean tk_address_names_somebody(const char *text);

/* The form in which addresses are compared: whole address in lower case (local part too), domain as IDNA
 * A-labels, without a trailing dot; an unneeded quoting of the local part is taken away. Not valid: NULL.
 * Owned by the caller. */
char *tk_address_fold(const char *address);

/* The address without its "+detail" (after the first DELIMITER of the local part), folded. *DETAIL_R (may be
 * NULL pointer argument) is the detail as it was written or NULL. Not valid: NULL. Owned by the caller. */
char *tk_address_base(const char *address, char delimiter, char **detail_r);

/* The folded domain of ADDRESS, or NULL where ADDRESS is not valid. Owned by the caller. */
char *tk_address_domain(const char *address);

/* Folds a domain pattern "example.com", "*.example.com" or "*". Neither: NULL. Owned by the caller. */
char *tk_address_domain_pattern(const char *text);

/* Whether the folded DOMAIN matches one of the NULL-terminated folded PATTERNS: exact label match; "*." means
 * its sub-domains only; "*" anyone. "evil-example.com" never matches "example.com". */
gboolean tk_address_domain_in(const char *domain, char *const *patterns);

/* Whether the folded ADDRESS matches one of PATTERNS ("a@b", or "*@b" for a whole domain), compared folded.
 */
gboolean tk_address_in(const char *address, char *const *patterns);

/* Role and machine local parts (mail-daemons, postmaster, no-reply, list owners and bounces) that are never
 * answered. */
gboolean tk_address_is_role(const char *address);

#endif
