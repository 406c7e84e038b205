/* network: named networks ("10.0.0.0/8", "2001:db8::/32", or one address) and who is in them.
 *
 * Pure: texts in, an answer out. RFC 4632 section 3.1, RFC 4291 section 2.3. */
#ifndef TK_RULES_NETWORK_H
#define TK_RULES_NETWORK_H

#include "rules/base/status.h"

/* TEXT as it is compared and shown: the address in its shortest form, a slash and the prefix length
 * ("10.1.2.3" is "10.1.2.3/32"). NULL where it is none, and where bits behind the prefix are set
 * ("10.1.2.3/8"), since then one of the two is a slip. Owned by the caller. */
char *tk_network_read(const char *text);

/* The first of NETWORKS (NULL-terminated, as tk_network_read gives them; NULL: none) that holds ADDRESS, or
 * NULL. ADDRESS is what an MTA says of its client: IPv4, IPv6 with or without "IPv6:" before it, or a word
 * such as "unknown", which is nowhere. An IPv4 address within IPv6 ("::ffff:10.1.2.3") is the IPv4 address.
 */
const char *tk_network_find(const char *address, char *const *networks);

#endif
