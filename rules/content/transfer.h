/* transfer: content transfer encodings undone in a stream (RFC 2045 section 6).
 *
 * Lenient, since what is lost here is lost to the reader: base64 goes on after padding (some mailers encode
 * in chunks), quoted-printable keeps what is no escape. Push decoders with a fixed state; no allocation. */
#ifndef TK_RULES_TRANSFER_H
#define TK_RULES_TRANSFER_H

#include "rules/base/source.h"
#include "rules/base/status.h"

enum tk_transfer { TK_TRANSFER_IDENTITY, TK_TRANSFER_BASE64, TK_TRANSFER_QUOTED, TK_TRANSFER_UUENCODE };

/* The encoding that the value of a Content-Transfer-Encoding field names; an unknown one is the identity. */
enum tk_transfer tk_transfer_by_name(const char *name);

/* Decodes LEN octets of SOURCE at OFFSET and hands the result to SINK in blocks. TK_LATER where the keeper
 * failed, else what SINK returned. */
enum tk_status tk_transfer_stream(const struct tk_source *source, guint64 offset, guint64 len,
                                  enum tk_transfer transfer, tk_source_sink sink,
                                  void *context) TK_MUST_CHECK;

#endif
