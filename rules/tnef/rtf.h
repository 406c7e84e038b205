/* rtf: rich text to plain text, or to the HTML that it encapsulates ([MS-OXRTFEX]), as it arrives.
 *
 * Owns the output and a stack of groups; pictures, objects and unknown destinations are passed over. The
 * output is valid UTF-8 with LF line ends and no control characters but tab and LF, whatever the input is. */
#ifndef TK_RULES_RTF_H
#define TK_RULES_RTF_H

#include <stdbool.h>
#include "rules/base/status.h"

/* Text that a person writes is far below; what is above is cut and flagged. It bounds our memory. */
#define TK_RTF_MAX_OUTPUT (2u << 20)

/* Word nests some fifty groups. Deeper ones are read with the state of the last level that fits. */
#define TK_RTF_MAX_DEPTH 200

/* Fonts with a character set of their own; documents have some hundred at the most. */
#define TK_RTF_MAX_FONTS 1024

enum tk_rtf_kind {
    TK_RTF_NONE, /* no RTF at all */
    TK_RTF_TEXT, /* rich text, or plain text in RTF (\fromtext) */
    TK_RTF_HTML  /* HTML in RTF (\fromhtml1) */
};

struct tk_rtf;

/* Never NULL. The caller frees it with tk_rtf_free(). */
struct tk_rtf *tk_rtf_new(void);

/* Frees and nulls. NULL is fine. */
void tk_rtf_free(struct tk_rtf **rtf);

/* Reads LEN bytes more. Never fails: RTF readers are asked to go on over what they do not know. */
void tk_rtf_push(struct tk_rtf *rtf, const guint8 *bytes, gsize len);

/* Ends the input and gives the output, which stays owned by RTF. A charset that is named in the HTML is that
 * of the sender's original; the output is UTF-8. CUT_R may be NULL; it says whether the output passed its
 * limit. */
enum tk_rtf_kind tk_rtf_finish(struct tk_rtf *rtf, const GString **output_r, bool *cut_r);

/* All of it in one call: BYTES to KIND and a new string that the caller frees. */
enum tk_rtf_kind tk_rtf_convert(const guint8 *bytes, gsize len, char **output_r) TK_MUST_CHECK;

#endif
