/* lzfu: compressed RTF ([MS-OXRTFCP], "LZFu" and "MELA"), unpacked as it arrives.
 *
 * Owns a dictionary of 4 KiB and nothing else. Linear: two bytes of input make 17 of output at the most. */
#ifndef TK_RULES_LZFU_H
#define TK_RULES_LZFU_H

#include "rules/base/status.h"

/* The longest RTF that is unpacked. A body of this size holds pictures; its text comes long before. */
#define TK_LZFU_MAX_OUTPUT (16u << 20)

struct tk_lzfu;

/* Takes unpacked bytes; they are valid during the call only. */
typedef void tk_lzfu_sink(void *context, const guint8 *bytes, gsize len);

/* Never NULL. The caller frees it with tk_lzfu_free(). SINK is called from tk_lzfu_push() and _finish(). */
struct tk_lzfu *tk_lzfu_new(tk_lzfu_sink *sink, void *context);

/* Frees and nulls. NULL is fine. */
void tk_lzfu_free(struct tk_lzfu **lzfu);

/* Unpacks LEN bytes more. TK_REFUSED: the header is none of the two kinds, or the output passed its limit;
 * the rest is ignored then. Bytes after the end of the stream are ignored. */
enum tk_status tk_lzfu_push(struct tk_lzfu *lzfu, const guint8 *bytes, gsize len) TK_MUST_CHECK;

/* Hands on what is buffered. TK_REFUSED: refused before, the stream is cut short, or its checksum is off.
 * What was unpacked has been handed on in any case. */
enum tk_status tk_lzfu_finish(struct tk_lzfu *lzfu) TK_MUST_CHECK;

#endif
