/* message: one mail as plain UTF-8 values: headers, sender, ids, texts, attachments.
 *
 * Reads within the level that limits decided; reads the body from the source in streams and keeps no
 * attachment in memory. Every string is valid UTF-8 without NUL; values meant for one line hold no control
 * character. Cannot fail: what cannot be read is left out and flagged, and the raw bytes remain. */
#ifndef TK_RULES_MESSAGE_H
#define TK_RULES_MESSAGE_H

#include "rules/base/budget.h"
#include "rules/base/source.h"
#include "rules/base/status.h"
#include "rules/content/uu.h"
#include "rules/field/headers.h"
#include "rules/field/mailboxes.h"
#include "rules/limits/limits.h"

/* One part of a mail that a delivery report is read from: message/delivery-status,
 * message/global-delivery-status, message/disposition-notification, message/feedback-report, and the header
 * block alone (up to its first empty line) of a returned mail: message/rfc822, message/global,
 * text/rfc822-headers, message/global-headers, message/rfc822-headers, message/partial. */
struct tk_report_part {
    char *content_type; /* "type/subtype", lower case, as declared */
    char *text;         /* transfer-decoded, valid UTF-8 without NUL, LF line ends, at most 64 KiB */
};

enum tk_importance { TK_IMPORTANCE_LOW, TK_IMPORTANCE_NORMAL, TK_IMPORTANCE_HIGH };
enum tk_text_from { TK_TEXT_PLAIN, TK_TEXT_HTML, TK_TEXT_TNEF, TK_TEXT_RAW };

/* What a mail brings besides its text. Every leaf that is not the text, and every attached mail, is one,
 * whether it has a name or not, also in a multipart/related or alternative: RFC 2183 leaves open what a part
 * without Content-Disposition is, and a reader wants to see it. An attached mail is one file; the files in it
 * are not listed. None are: containers, second versions of a text for other devices, parts without name,
 * disposition and octets. */
struct tk_attachment {
    char *filename;     /* safe (rules/filename), never empty */
    char *content_type; /* "type/subtype", lower case, sniffed where the declaration says nothing */
    char *content_id;   /* without <>, safe (rules/content_id), or NULL */
    gboolean is_inline;
    guint64 size;        /* decoded bytes; known after tk_message_hash_attachments */
    guint8 sha256[32];   /* of the decoded bytes; likewise */
    gboolean whole_mail; /* the mail itself, as mail.eml (made by the pipeline, not by the parser) */
    /* the message's own: where the content is */
    gpointer part;
    guint index;               /* which file inside a winmail.dat or a uuencoded body; 0 else */
    struct tk_uu_block *block; /* where in the text of the part it stands, or NULL */
};

struct tk_message {
    enum tk_level level;
    GPtrArray *headers;       /* of struct tk_header, top of the mail, in order */
    guint from_headers;       /* count of From header lines */
    struct tk_mailbox *from;  /* the one mailbox of the one From header; where there is a problem, what is
                                 nearest to it, or NULL */
    const char *from_problem; /* static word ("none", "several_headers", "several_mailboxes", "group",
                                 "not_an_address", "encoded"), NULL where From is one header with one mailbox
                                 and a valid address */
    GPtrArray *to, *cc, *reply_to;       /* of struct tk_mailbox */
    char *subject;                       /* "" where there is none */
    char *message_id;                    /* without <>; NULL where there is none */
    GPtrArray *in_reply_to, *references; /* of char *, without <>, in order of the header, capped */
    gint64 date; /* UTC seconds, clamped to 1970..2100; G_MININT64 where there is none that can be read */
    enum tk_importance importance;
    char *text; /* the whole text for a person */
    enum tk_text_from text_from;
    char *html;      /* the html body as received, in UTF-8; NULL where there is none */
    char *html_text; /* text of the html body; NULL where there is none */
    char *html_safe; /* sanitised copy; its images are attachments of the mail; NULL where there
                        is none */
    char *reply, *quoted, *signature; /* the text in three pieces, see rules/trim/trim.h */
    GPtrArray *attachments;           /* of struct tk_attachment, in order of the mail */
    char *calendar_method; /* upper case ("REPLY", "REQUEST"), NULL where the mail has no calendar */
    GPtrArray *flags; /* of static const char *: "charset_repaired", "nul_removed", "parts_left_out", ... each
                         once */
    char *report_type;       /* of a multipart/report, lower case, or NULL */
    GPtrArray *report_parts; /* of struct tk_report_part, in order of the mail, at most 16, not from inside a
                                part that is one of them; empty where there are none */
    gpointer parsed;         /* the message's own */
};

/* Processor time for the parts of one mail, in microseconds; the slowest mail within the limits takes a
 * quarter. */
#define TK_MESSAGE_CPU_MAX (2 * G_USEC_PER_SEC)

/* Parses the mail in SOURCE, which must outlive the message. The program has called g_mime_init() once,
 * before its threads. Owned by the caller. */
struct tk_message *tk_message_parse(const struct tk_source *source, const struct tk_limits_outcome *limits);
/* As above, with CLOCK asked before each part and while texts are read, chosen and cut: a mail that takes
 * more than TK_MESSAGE_CPU_MAX is read at level raw instead, as tk_message_parse_slow() does. */
struct tk_message *tk_message_parse_timed(const struct tk_source *source,
                                          const struct tk_limits_outcome *limits, tk_budget_clock clock);
/* A mail that is known to take too long: read at level raw, flagged "cpu_time". */
struct tk_message *tk_message_parse_slow(const struct tk_source *source,
                                         const struct tk_limits_outcome *limits);
/* Says that something else took too long with the message: level headers at least, and flagged "cpu_time", so
 * that the raw mail is kept. */
void tk_message_mark_slow(struct tk_message *message);
/* Accepts NULL; sets *MESSAGE to NULL. */
void tk_message_free(struct tk_message **message);

/* First decode of every attachment: size and sha256. TK_LATER where the source's keeper failed. */
enum tk_status tk_message_hash_attachments(struct tk_message *message) TK_MUST_CHECK;

/* Streams the decoded bytes of one attachment to SINK; the same bytes on every call. TK_LATER where the
 * keeper failed, else what SINK returned. */
enum tk_status tk_message_attachment_stream(const struct tk_message *message,
                                            const struct tk_attachment *attachment, tk_source_sink sink,
                                            void *context) TK_MUST_CHECK;

/* The sanitised html with those of its images alone that are among ATTACHMENTS (of struct tk_attachment); of
 * the others the alternative text is left. NULL where the message has no html. Owned by the caller. */
char *tk_message_html_with(const struct tk_message *message, const GPtrArray *attachments);

/* The first header called NAME (case-insensitive), or NULL. Owned by MESSAGE. */
const struct tk_header *tk_message_header(const struct tk_message *message, const char *name);

/* Whether the flag stands in message->flags. */
gboolean tk_message_has_flag(const struct tk_message *message, const char *flag);

/* "high", "normal", "low". Static. */
const char *tk_message_importance_word(enum tk_importance importance);
/* "plain", "html", "tnef", "raw". Static. */
const char *tk_message_text_from_word(enum tk_text_from from);

#endif
