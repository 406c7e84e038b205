/* mailboxes: address fields read into mailboxes (RFC 5322 section 3.4), with what stands in the way of taking
 * one for an identity.
 *
 * Lenient about names, since people have to see them; what is doubtful about an address is said in the facts,
 * and it is the caller who must not guess. No recursion; linear. */
#ifndef TK_RULES_MAILBOXES_H
#define TK_RULES_MAILBOXES_H

#include "rules/base/status.h"

struct tk_mailbox {
    char *name;    /* decoded display name, "" where there is none */
    char *comment; /* where there is none: the decoded comment behind the address, which was the name before
                      there were display names (RFC 5322 section 3.4, last paragraph); NULL else */
    char *address; /* as written, one line; may fail tk_address_valid */
};

struct tk_mailboxes_facts {
    gboolean group;   /* a group was written, also an empty one */
    gboolean odd;     /* words around an address that a reader could take for another one */
    gboolean encoded; /* an address was found inside an encoded word, or one poses as an address */
    gboolean cut;     /* there were more than the cap */
};

/* Reads VALUE (one line, not decoded, valid UTF-8) into mailboxes, MAX at most. Returns an array of struct
 * tk_mailbox that frees its elements; owned by the caller. FACTS_R may be NULL. */
GPtrArray *tk_mailboxes_parse(const char *value, guint max, guint *marks, struct tk_mailboxes_facts *facts_r);

/* Frees a struct tk_mailbox. */
void tk_mailboxes_free_one(gpointer mailbox);

#endif
