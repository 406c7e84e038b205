/* message_private: what the files of message share: the parts of a mail as places in its source.
 *
 * For message*.c only. */
#ifndef TK_RULES_MESSAGE_PRIVATE_H
#define TK_RULES_MESSAGE_PRIVATE_H

#include "rules/content/transfer.h"
#include "rules/content/uu.h"
#include "rules/field/params.h"
#include "rules/message/message.h"

/* Decoded octets of one text that are read; the part is kept as a file where it has more. */
#define TK_MESSAGE_TEXT_MAX (1024 * 1024)
/* The same for html, of which the greater part is no text. */
#define TK_MESSAGE_HTML_MAX (4 * 1024 * 1024)
/* Attachments of one mail; the rest stays in the raw mail. */
#define TK_MESSAGE_ATTACHMENTS_MAX 200

enum tk_part_kind {
    TK_PART_LEAF,
    TK_PART_MULTIPART,
    TK_PART_MAIL /* message/rfc822 and such: a whole mail, not looked into */
};

/* One part. Its octets are at OFFSET in the source, LEN of them, still encoded. */
struct tk_part {
    enum tk_part_kind kind;
    char *type;                                  /* "type/subtype", lower case */
    gboolean declared;                           /* the type was written, not assumed */
    struct tk_params *type_params, *disposition; /* never NULL */
    char *content_id;                            /* without <>, or NULL */
    char *description;                           /* Content-Description, or NULL */
    char *location;                              /* Content-Location, or NULL */
    enum tk_transfer transfer;
    guint64 offset, len;
    gint parent; /* index of the multipart, -1 at the top */
};

/* What message->parsed is. */
struct tk_parsed {
    const struct tk_source *source;
    GPtrArray *parts;        /* of struct tk_part, in order of the mail, parents first */
    guint marks;             /* of rules/charset/charset.h */
    gboolean failed;         /* the keeper failed while we read */
    struct tk_budget budget; /* where it is spent, what is read is of no use */
};

struct tk_parsed *tk_message_parsed(const struct tk_message *message);

/* Adds FLAG (static) to the message, once. */
void tk_message_flag(struct tk_message *message, const char *flag);

/* The first MAX decoded octets of LEN at OFFSET. *CUT_R (may be NULL) says whether there are more. A keeper
 * that fails is remembered in PARSED. Owned by the caller (g_byte_array_unref). */
GByteArray *tk_message_bytes(struct tk_parsed *parsed, guint64 offset, guint64 len, enum tk_transfer transfer,
                             guint max, gboolean *cut_r);

/* message_fields: fills the message from its header fields. */
void tk_message_fields_read(struct tk_message *message, const struct tk_limits_outcome *limits);

/* message_tree: the parts of a mail at level full. */
void tk_message_tree_read(struct tk_message *message, const struct tk_limits_outcome *limits);
struct tk_part *tk_message_part_new(const char *type, const char *disposition, const char *transfer,
                                    guint *marks);
void tk_message_part_free(gpointer part);

/* message_text: decoded text of a part, LF line ends, at most TK_MESSAGE_TEXT_MAX octets before decoding of
 * the charset; *CUT_R says whether there was more. Files in the text (uuencode, yEnc) are taken out;
 * *BLOCKS_R is an array of struct tk_uu_block, or NULL where there are none; the caller unrefs it. Owned by
 * the caller. */
char *tk_message_text_of(struct tk_message *message, const struct tk_part *part, GPtrArray **blocks_r,
                         gboolean *cut_r);
/* Whether TEXT shows nothing. */
gboolean tk_message_is_blank(const char *text);

/* message_choice: texts that say the same thing in two forms. */
struct tk_segment {
    gint alternative;  /* index of the multipart/alternative, -1 for a text of its own */
    gint plain_parent; /* index of the multipart that the plain text stands in, -1 where there is none */
    GString *plain, *html;
};
struct tk_segment *tk_segment_new(gint alternative);
void tk_segment_free(gpointer segment);
/* Appends TEXT on a line of its own. */
void tk_segment_append(GString *to, const char *text);
/* Fills the texts of the message; FROM is TK_TEXT_TNEF or TK_TEXT_RAW where that is where they come from. */
void tk_message_choose(struct tk_message *message, GPtrArray *segments, enum tk_text_from from);

/* message_body: chooses the texts and the attachments among the parts. */
void tk_message_body_read(struct tk_message *message);

/* message_file: attachments. */
struct tk_tnef_texts {
    char *plain, *html; /* NULL where there is none; owned by the caller */
};
/* The name that the part gives itself, or NULL. Owned by PART. */
const char *tk_message_part_name(const struct tk_part *part);
gboolean tk_message_part_is_tnef(const struct tk_part *part);
void tk_message_add_file(struct tk_message *message, struct tk_part *part);
/* The file INDEX that stands in the text of PART. */
void tk_message_add_block(struct tk_message *message, struct tk_part *part, const struct tk_uu_block *block,
                          guint index);
/* Unpacks a winmail.dat. FALSE where it is damaged, so that it has to be kept as it is. */
gboolean tk_message_add_tnef(struct tk_message *message, struct tk_part *part, struct tk_tnef_texts *texts_r);

/* message_inline: marks the attachments that the html shows, and takes images that are none out of html_safe.
 */
void tk_message_tie_images(struct tk_message *message);

/* message_report: notes PART where a delivery report is read from it. */
void tk_message_report_part(struct tk_message *message, const struct tk_part *part);

/* message_cautious: the text of a mail at the levels headers and raw. */
void tk_message_cautious_read(struct tk_message *message, const struct tk_limits_outcome *limits);

#endif
