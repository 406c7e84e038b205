/* compose: our own mails: confirmations, notes and tidings of a status, as the bytes that go to a mail
 * server.
 *
 * Every value may come from a stranger. What goes into a header is one line, of ASCII, by our own writing,
 * and the header is read again before it is handed out: it has the fields that are meant, each once, and no
 * others. Pure: the date and the files come in as values. The program has called g_mime_init(). */
#ifndef TK_RULES_COMPOSE_H
#define TK_RULES_COMPOSE_H

#include "rules/base/installation.h"
#include "rules/conf/mail_text.h"

/* A file of a note. */
struct tk_compose_file {
    const char *filename, *content_type;
    GBytes *bytes; /* NULL: it does not go along, its name is told instead */
};

/* What a mail says. Texts are valid UTF-8; those that a kind does not need may be NULL. */
struct tk_compose_input {
    const struct tk_conf *conf;
    const struct tk_installation *installation;
    const struct tk_channel *channel;
    enum tk_mail_kind kind;
    gint64 date; /* seconds since 1970 */
    gint64 ticket_id, outbox_id;
    const char *number;
    const char *recipient;  /* address */
    const char *message_id; /* without <>, as of an attempt before; NULL: it is made */
    const char *subject;    /* of the ticket; never in a confirmation */
    const char *author, *note;
    const char *status;                      /* open, pending, closed */
    const char *request_id, *reply_id;       /* Message-IDs without <>, as they were received */
    const char *before_author, *before_text; /* what the note answers, quoted in short */
    gint64 before_date;
    const struct tk_compose_file *files;
    gsize n_files;
};

struct tk_composed {
    char *mail_from; /* "" is the null sender */
    char *recipient;
    char *message_id; /* without <> */
    GBytes *bytes;    /* with CRLF; lines of at most 998 bytes */
};

/* The Message-ID of the mail, without <>: the same whenever it is made with the same keys under the same name
 * of the installation. Reads conf, installation, channel, ticket_id, outbox_id and recipient of INPUT. Owned
 * by the caller. */
char *tk_compose_message_id(const struct tk_compose_input *input);

/* Composes the mail. TK_OK: the caller clears *COMPOSED_R. TK_REFUSED: it cannot be sent, now or ever (the
 * recipient is no address that SMTP takes, or one of our own channels). TK_BUG: a header came out otherwise
 * than meant. WHY says which. */
enum tk_status tk_compose(const struct tk_compose_input *input, struct tk_composed *composed_r,
                          GString *why) TK_MUST_CHECK;
void tk_composed_clear(struct tk_composed *composed);

#endif
