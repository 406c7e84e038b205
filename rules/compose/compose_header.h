/* compose_header: header fields of our own mails, from any values (RFC 5322, RFC 2047). */
#ifndef TK_RULES_COMPOSE_HEADER_H
#define TK_RULES_COMPOSE_HEADER_H

#include "rules/base/status.h"

/* Each appends one field with its CRLF to OUT. NAME is ours. */

/* TEXT as words of a sentence; what is not plain ASCII, or looks like an encoded word, is encoded. */
void tk_compose_header_text(GString *out, const char *name, const char *text);
/* ADDRESS with the display name PHRASE (NULL or "": none). */
void tk_compose_header_mailbox(GString *out, const char *name, const char *phrase, const char *address);
/* The NULL-terminated Message-IDs (without <>), those left out that are none; no field where none is left. */
void tk_compose_header_ids(GString *out, const char *name, const char *const *ids);
/* SECONDS since 1970, in UTC. */
void tk_compose_header_date(GString *out, const char *name, gint64 seconds);

/* Whether BLOCK, up to its empty line, has lines of at most 998 bytes of ASCII that end with CRLF, and its
 * fields are exactly NAMES (NULL-terminated, without case), each at most once. TK_BUG: WHY names the first
 * that is not.
 */
enum tk_status tk_compose_header_check(const char *block, const char *const *names,
                                       GString *why) TK_MUST_CHECK;

#endif
