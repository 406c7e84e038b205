/* message_stream: a mail's bytes as GMime reads them: a GMimeStream over a tk_source.
 *
 * Private to message. Nothing is copied: GMime gets blocks as it asks, and its parts remember offsets. */
#ifndef TK_RULES_MESSAGE_STREAM_H
#define TK_RULES_MESSAGE_STREAM_H

#include <gmime/gmime.h>

#include "rules/base/source.h"

/* A stream of HEAD (a header block that we made, with its empty line; copied) and then the octets of SOURCE
 * from OFFSET on. SOURCE must outlive the stream. Owned by the caller (g_object_unref). */
GMimeStream *tk_message_stream_new(const struct tk_source *source, const char *head, guint64 offset);

/* Whether the keeper failed while GMime read. */
gboolean tk_message_stream_failed(GMimeStream *stream);

#endif
