/* limits_caps: the caps on the shape of a mail, each with its reason. One table for the scanner and the
 * parser. */
#ifndef TK_RULES_LIMITS_CAPS_H
#define TK_RULES_LIMITS_CAPS_H

/* Longest charset name, in octets (RFC 2978 allows 40). GMime 3.2 copies the name onto the stack and keeps
 * every name for the life of the process. */
#define TK_CAP_CHARSET 64
/* Octets that are searched for the ends of encoded words in all header fields of a mail, counted once for
 * each word that has no end. Words that have one, as all in earnest, add up to the size of the header. */
#define TK_CAP_WORD_SEARCH (16 * 1024 * 1024)
/* Depth of address groups (RFC 5322 section 3.4 has one). GMime 3.2 recurses on each. */
#define TK_CAP_GROUP_DEPTH 1
/* Colons in one address field, wherever they stand: above this the depth above is not to be trusted. */
#define TK_CAP_ADDRESS_COLONS 5000
/* Mailboxes in one address field, and in all of one header block; a mail to more people is cut. */
#define TK_CAP_ADDRESSES       1000
#define TK_CAP_ADDRESSES_TOTAL 5000
/* Parameters of one Content-Type or Content-Disposition. */
#define TK_CAP_PARAMS 64
/* Header of a mail: fields, octets, octets of one unfolded field. Postfix cuts fields at 60,000. */
#define TK_CAP_HEADERS      1000
#define TK_CAP_HEADER_BYTES (256 * 1024)
#define TK_CAP_HEADER_LINE  (64 * 1024)
/* Header of a part. */
#define TK_CAP_PART_HEADERS      64
#define TK_CAP_PART_HEADER_BYTES (32 * 1024)
/* Multiparts and attached mails inside each other, counted together. */
#define TK_CAP_DEPTH 64
/* Parts of a mail: GMime needs about 1.3 KiB for each. */
#define TK_CAP_PARTS 1000
/* Longest boundary (RFC 2046 section 5.1.1). */
#define TK_CAP_BOUNDARY 70
/* Lines that begin like a boundary in a mail that has boundaries: a ceiling for parts that this scanner does
 * not see as such and another reader might. */
#define TK_CAP_DASH_LINES 20000
/* Octets before the first and after the last boundary of a multipart: GMime holds them in memory. */
#define TK_CAP_FACE (1024 * 1024)

#endif
