/* parsed: a mail from a text, parsed, for the tests of message. */
#ifndef TK_TESTS_UNIT_PARSED_H
#define TK_TESTS_UNIT_PARSED_H

#include "rules/limits/limits.h"
#include "rules/message/message.h"

/* One mail and what was read from it. */
struct mail {
    GString *bytes;
    struct tk_source source;
    struct tk_message *message;
    gboolean broken; /* the keeper fails */
};

static inline gssize read_few(void *keeper, guint64 offset, guint8 *buffer, gsize len)
{
    const struct mail *mail = keeper;
    gsize part = MIN(MIN(len, 7), mail->bytes->len - MIN(offset, mail->bytes->len));

    if (mail->broken)
        return -1;
    memcpy(buffer, mail->bytes->str + offset, part);
    return (gssize)part;
}

static inline void read_mail(struct mail *mail)
{
    struct tk_limits *limits = tk_limits_new();
    struct tk_limits_outcome outcome;

    tk_limits_push(limits, (const guint8 *)mail->bytes->str, mail->bytes->len);
    tk_limits_finish(limits, &outcome);
    tk_limits_free(&limits);
    mail->message = tk_message_parse(&mail->source, &outcome);
}

static inline struct mail *mail_of(const char *text)
{
    struct mail *mail = g_new0(struct mail, 1);

    mail->bytes = g_string_new(text);
    mail->source = tk_source_memory((const guint8 *)mail->bytes->str, mail->bytes->len);
    read_mail(mail);
    assert_int_equal(tk_message_hash_attachments(mail->message), TK_OK);
    return mail;
}

static inline struct mail *mail_by_keeper(const char *text, gboolean broken)
{
    struct mail *mail = g_new0(struct mail, 1);

    mail->bytes = g_string_new(text);
    mail->broken = broken;
    mail->source = (struct tk_source){.size = mail->bytes->len, .read = read_few, .keeper = mail};
    read_mail(mail);
    return mail;
}

static inline void mail_free(struct mail **mail)
{
    tk_message_free(&(*mail)->message);
    assert_null((*mail)->message);
    g_string_free((*mail)->bytes, TRUE);
    g_free(*mail);
    *mail = NULL;
}

#endif
