/* tnef_file: the attachments of a TNEF stream on their way to the sink: one at a time, counted, named at the
 * end. */
#ifndef TK_RULES_TNEF_FILE_H
#define TK_RULES_TNEF_FILE_H

#include "rules/tnef/tnef.h"
#include "rules/tnef/tnef_message.h"
#include "rules/tnef/tnef_values.h"

/* What all levels of one stream have in common. */
struct tk_tnef_shared {
    const struct tk_tnef_sink *sink;
    void *context;
    guint next_index;
    gsize budget; /* bytes that may still be kept */
    guint flags;
};

/* The attachment that is open at one level. */
struct tk_tnef_file {
    struct tk_tnef_shared *shared;
    bool has_data, begun, dropped;
    bool embedded;
    guint index;
    guint64 size;
    gsize held;            /* of the placeholder of an embedded message */
    const char *mime_type; /* where we know better than the stream; static */
};

/* Data will come, perhaps none. */
void tk_tnef_file_start(struct tk_tnef_file *file);

/* Hands LEN bytes on; the first ones begin the attachment. */
void tk_tnef_file_data(struct tk_tnef_file *file, const guint8 *bytes, gsize len);

/* Whether there is data already, other than a placeholder. */
bool tk_tnef_file_has_content(const struct tk_tnef_file *file);

/* Drops a placeholder: what it stands for has come. Only where there is no content. */
void tk_tnef_file_forget(struct tk_tnef_file *file);

/* Ends the attachment, if data was announced, with what VALUES and NUMBERS know of it, and drops that. */
void tk_tnef_file_end(struct tk_tnef_file *file, struct tk_tnef_values *values,
                      struct tk_tnef_numbers *numbers);

/* Hands on the body of an embedded message as a file. Nothing where it has none. */
void tk_tnef_file_body(struct tk_tnef_shared *shared, const struct tk_tnef_message *message);

#endif
