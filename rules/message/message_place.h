/* message_place: where in the source the content of a part is. For message_tree.c only. */
#ifndef TK_RULES_MESSAGE_PLACE_H
#define TK_RULES_MESSAGE_PLACE_H

#include <gmime/gmime.h>

#include "rules/message/message_private.h"

struct tk_place {
    const struct tk_source *source;
    gint64 shift; /* from an offset in GMime's stream to one in the source */
    gint64 body;  /* offset of the mail's body */
    gint64 read;  /* end of the last leaf that was placed; no part that comes later begins before it */
};

/* Sets offset and length of PART, which GMime keeps no stream for: from its empty line to the next boundary
 * of a multipart around it. AROUND holds these boundaries (char *), without the dashes. */
void tk_message_place_by_lines(struct tk_place *place, struct tk_part *part, GMimeObject *object,
                               const GPtrArray *around);

/* The same for a leaf, from GMime's stream; where text stands in the header, no empty line having ended it,
 * from that text on. */
void tk_message_place_by_stream(struct tk_place *place, struct tk_part *part, GMimeObject *object,
                                const GPtrArray *around);

/* The boundary that the body from OFFSET on shows: a line "--word" with a part's header below. NULL where
 * there is none. Owned by the caller. */
char *tk_message_guess_boundary(const struct tk_source *source, guint64 offset);

#endif
