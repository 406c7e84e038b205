/* message_stream: a mail's bytes as GMime reads them: a GMimeStream over a tk_source.
 *
 * Owns a copy of the made header. A keeper that fails looks like the end of the stream to GMime; the stream
 * remembers it. Read-only. */
#include "rules/message/message_stream.h"

#include <string.h>

struct mail_stream {
    GMimeStream parent_object;
    const struct tk_source *source;
    char *head;
    gint64 head_len, offset;
    gboolean failed;
};

struct mail_stream_class {
    GMimeStreamClass parent_class;
};

static GType mail_stream_type(void);

static gint64 total_length(const struct mail_stream *stream)
{
    return stream->head_len + (gint64)stream->source->size - stream->offset;
}

static ssize_t read_source(struct mail_stream *mail, gint64 at, char *buffer, size_t len)
{
    gssize got;

    if (mail->source->bytes != NULL) {
        memcpy(buffer, mail->source->bytes + at, len);
        return len;
    }
    got = mail->source->read(mail->source->keeper, at, (guint8 *)buffer, len);
    mail->failed = mail->failed || got < 0;
    return got;
}

static ssize_t stream_read(GMimeStream *stream, char *buffer, size_t len)
{
    struct mail_stream *mail = (struct mail_stream *)stream;
    gint64 end = stream->bound_end != -1 ? stream->bound_end : total_length(mail);
    ssize_t got;

    if (stream->position >= end)
        return 0;
    len = MIN(len, (size_t)(end - stream->position));
    if (stream->position < mail->head_len) {
        got = MIN((gint64)len, mail->head_len - stream->position);
        memcpy(buffer, mail->head + stream->position, got);
    } else {
        got = read_source(mail, stream->position - mail->head_len + mail->offset, buffer, len);
    }
    if (got > 0)
        stream->position += got;
    return got;
}

static ssize_t stream_write(GMimeStream *stream, const char *buffer, size_t len)
{
    (void)stream;
    (void)buffer;
    (void)len;
    return -1;
}

static int stream_flush(GMimeStream *stream)
{
    (void)stream;
    return 0;
}

static gboolean stream_eos(GMimeStream *stream)
{
    gint64 end = stream->bound_end != -1 ? stream->bound_end
                                         : total_length((const struct mail_stream *)stream);

    return stream->position >= end;
}

static int stream_reset(GMimeStream *stream)
{
    stream->position = stream->bound_start;
    return 0;
}

static gint64 stream_length(GMimeStream *stream)
{
    gint64 end = stream->bound_end != -1 ? stream->bound_end
                                         : total_length((const struct mail_stream *)stream);

    return end - stream->bound_start;
}

static gint64 stream_seek(GMimeStream *stream, gint64 offset, GMimeSeekWhence whence)
{
    gint64 to = offset;

    switch (whence) {
    case GMIME_STREAM_SEEK_SET: break;
    case GMIME_STREAM_SEEK_CUR: to += stream->position; break;
    case GMIME_STREAM_SEEK_END: to += stream->bound_start + stream_length(stream); break;
    }
    if (to < stream->bound_start || to > stream->bound_start + stream_length(stream))
        return -1;
    stream->position = to;
    return to;
}

static gint64 stream_tell(GMimeStream *stream)
{
    return stream->position;
}

static GMimeStream *make(const struct tk_source *source, const char *head, gint64 offset, gint64 start,
                         gint64 end)
{
    struct mail_stream *mail = g_object_new(mail_stream_type(), NULL);

    mail->source = source;
    mail->head = g_strdup(head);
    mail->head_len = strlen(head);
    mail->offset = offset;
    g_mime_stream_construct(&mail->parent_object, start, end);
    return &mail->parent_object;
}

static GMimeStream *stream_substream(GMimeStream *stream, gint64 start, gint64 end)
{
    const struct mail_stream *mail = (const struct mail_stream *)stream;

    return make(mail->source, mail->head, mail->offset, start, end);
}

static void finalize(GObject *object)
{
    struct mail_stream *mail = (struct mail_stream *)object;

    g_free(mail->head);
    G_OBJECT_CLASS(g_type_class_peek(GMIME_TYPE_STREAM))->finalize(object);
}

static void class_init(gpointer class, gpointer data)
{
    GMimeStreamClass *stream = class;

    (void)data;
    G_OBJECT_CLASS(class)->finalize = finalize;
    stream->read = stream_read;
    stream->write = stream_write;
    stream->flush = stream_flush;
    stream->close = stream_flush;
    stream->eos = stream_eos;
    stream->reset = stream_reset;
    stream->seek = stream_seek;
    stream->tell = stream_tell;
    stream->length = stream_length;
    stream->substream = stream_substream;
}

static GType mail_stream_type(void)
{
    static gsize type;

    if (g_once_init_enter(&type)) {
        static const GTypeInfo info = {
            .class_size = sizeof(struct mail_stream_class),
            .class_init = class_init,
            .instance_size = sizeof(struct mail_stream),
        };

        g_once_init_leave(&type, g_type_register_static(GMIME_TYPE_STREAM, "TkMessageStream", &info, 0));
    }
    return type;
}

GMimeStream *tk_message_stream_new(const struct tk_source *source, const char *head, guint64 offset)
{
    return make(source, head, (gint64)MIN(offset, source->size), 0, -1);
}

gboolean tk_message_stream_failed(GMimeStream *stream)
{
    return ((struct mail_stream *)stream)->failed;
}
