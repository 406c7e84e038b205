/* tnef_message: what the properties of a TNEF message say, put together at its end. */
#ifndef TK_RULES_TNEF_MESSAGE_H
#define TK_RULES_TNEF_MESSAGE_H

#include "rules/tnef/rtf.h"
#include "rules/tnef/tnef.h"
#include "rules/tnef/tnef_values.h"

/* Numbers of a message and its attachment; -1 where the stream says nothing. */
struct tk_tnef_numbers {
    gint64 importance; /* PidTagImportance: 0 low, 1 normal, 2 high */
    gint64 priority;   /* attPriority: 3 low, 2 normal, 1 high */
    gint64 codepage;   /* of strings that are not Unicode (PidTagMessageCodepage) */
    gint64 oem;        /* the same for attributes (attOemCodepage) */
    gint64 internet;   /* of the HTML body (PidTagInternetCodepage) */
    gint64 flags;      /* PidTagAttachFlags of the attachment that is open */
    gint64 hidden;     /* PidTagAttachmentHidden of it */
};

/* Code page of strings in properties. */
guint tk_tnef_message_codepage(const struct tk_tnef_numbers *numbers);

/* Fills TO from VALUES, NUMBERS and RTF (may be NULL). The strings are new and belong to the caller, who
 * frees them with tk_tnef_message_clear(). Returns a flag of enum tk_tnef_flag or 0. */
guint tk_tnef_message_build(struct tk_tnef_values *values, const struct tk_tnef_numbers *numbers,
                            struct tk_rtf *rtf, struct tk_tnef_message *to);

/* Frees the strings of MESSAGE and nulls them. */
void tk_tnef_message_clear(struct tk_tnef_message *message);

#endif
