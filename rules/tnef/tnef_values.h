/* tnef_values: the values of a TNEF stream that are kept until they can be made text, within a budget.
 *
 * A value is kept as bytes, since the code page that it is written in may come after it. */
#ifndef TK_RULES_TNEF_VALUES_H
#define TK_RULES_TNEF_VALUES_H

#include <stdbool.h>
#include <glib.h>

enum tk_tnef_slot {
    /* of the message */
    TK_SLOT_SUBJECT,
    TK_SLOT_SUBJECT_ATTRIBUTE,
    TK_SLOT_SUBJECT_NORMALIZED,
    TK_SLOT_TOPIC,
    TK_SLOT_SENDER,
    TK_SLOT_CLASS,
    TK_SLOT_CLASS_ATTRIBUTE,
    TK_SLOT_BODY,
    TK_SLOT_BODY_ATTRIBUTE,
    TK_SLOT_HTML,
    /* of the attachment that is open */
    TK_SLOT_LONG_NAME,
    TK_SLOT_NAME,
    TK_SLOT_TRANSPORT_NAME,
    TK_SLOT_TITLE,
    TK_SLOT_DISPLAY_NAME,
    TK_SLOT_MIME_TYPE,
    TK_SLOT_CONTENT_ID,
    TK_SLOTS
};

struct tk_tnef_values {
    gsize *budget; /* bytes that may still be kept, shared by all levels */
    struct {
        GByteArray *bytes;
        bool unicode;
    } slot[TK_SLOTS];
};

/* Makes room for a value of LEN bytes, UTF-16 where UNICODE, in place of an earlier one. False: it is too
 * large. */
bool tk_tnef_values_open(struct tk_tnef_values *values, enum tk_tnef_slot slot, bool unicode, guint32 len);

/* Adds to a value that is open. The sum must not pass what was said. */
void tk_tnef_values_append(struct tk_tnef_values *values, enum tk_tnef_slot slot, const guint8 *bytes,
                           gsize len);

/* The value as UTF-8 up to its first NUL, without control characters but tab and LF, and LF for CR LF. Bytes
 * that are not UTF-16 are read in CODEPAGE (0: UTF-8 where it is that, else windows-1252). NULL: there is
 * none, or it is all white space. The caller frees it; the value is dropped. */
char *tk_tnef_values_take(struct tk_tnef_values *values, enum tk_tnef_slot slot, guint codepage);

/* Drops the values from FIRST to LAST. */
void tk_tnef_values_drop(struct tk_tnef_values *values, enum tk_tnef_slot first, enum tk_tnef_slot last);

#endif
