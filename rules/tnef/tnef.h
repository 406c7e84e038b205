/* tnef: winmail.dat ([MS-OXTNEF]), taken apart as it arrives.
 *
 * A push parser: attachments are handed on while they pass, so memory does not depend on their size. It owns
 * the body, the subject and a few short values, all of them capped. A damaged stream gives what was found and
 * says so; the caller keeps winmail.dat as it is then.
 *
 * An embedded message (PR_ATTACH_DATA_OBJ that holds a TNEF stream) is unpacked: its files come as
 * attachments with `embedded` set, and its body comes after them as a file of its own, named by its subject
 * (.html, .txt). Below TK_TNEF_MAX_DEPTH it is handed on as it is, as application/ms-tnef. Other objects
 * (OLE) are handed on as files. */
#ifndef TK_RULES_TNEF_H
#define TK_RULES_TNEF_H

#include <stdbool.h>
#include "rules/base/status.h"

/* Values that are kept until the end (bodies and short strings), over all levels: a body that a person wrote
 * is far smaller, and with its copy in UTF-8 it stays below the memory that one mail may cost. */
#define TK_TNEF_MAX_KEPT (2u << 20)

/* A subject, a file name, a content id; longer ones are no such thing. */
#define TK_TNEF_MAX_STRING 4096u

/* Messages in messages that are unpacked. People forward forwards; machines loop. */
#define TK_TNEF_MAX_DEPTH 4

/* More files than any mail that a person sends; the rest is passed over and flagged. */
#define TK_TNEF_MAX_ATTACHMENTS 1000u

/* Bytes behind the last attribute that are taken for what a gateway or list has added. More could be a file
 * that we fail to see. */
#define TK_TNEF_MAX_TRAILING 4096u

enum tk_tnef_flag {
    TK_TNEF_NOT_TNEF = 1 << 0,  /* the signature is another */
    TK_TNEF_CUT_SHORT = 1 << 1, /* the stream ends inside of an attribute */
    TK_TNEF_DAMAGED = 1 << 2,   /* a length or a type cannot be right; what depends on it was passed over */
    TK_TNEF_BAD_CHECKSUM = 1 << 3, /* of an attribute or of compressed RTF; not seen as damage */
    TK_TNEF_SKIPPED = 1 << 4,      /* a value or attachment was passed over for its size or number */
    TK_TNEF_BODY_CUT = 1 << 5,     /* the body out of RTF was cut at its limit */
    TK_TNEF_TOO_DEEP = 1 << 6,     /* an embedded message was handed on packed */
    TK_TNEF_TRAILING = 1 << 7 /* other bytes than blanks come after the last attribute; not seen as damage */
};

enum tk_tnef_importance { TK_TNEF_NO_IMPORTANCE = -1, TK_TNEF_LOW = 0, TK_TNEF_NORMAL = 1, TK_TNEF_HIGH = 2 };

/* What is known about an attachment at its end. Strings are UTF-8, belong to the parser and are valid during
 * the call only; NULL where the stream says nothing. The name is the sender's: make it safe before use. */
struct tk_tnef_attachment {
    const char *name;
    const char *mime_type; /* as stated; rarely there */
    const char *content_id;
    guint64 size;
    bool is_inline; /* referenced by the HTML body, or hidden from the list of attachments */
    bool embedded;  /* out of an embedded message */
};

/* One attachment is open at a time: begin, data (none or many), end. INDEX counts from 0 in the order of the
 * stream and is the same each time the same stream is read. All members may be NULL. */
struct tk_tnef_sink {
    void (*attachment_begin)(void *context, guint index);
    void (*attachment_data)(void *context, const guint8 *bytes, gsize len);
    void (*attachment_end)(void *context, guint index, const struct tk_tnef_attachment *attachment);
    void (*rtf_data)(void *context, const guint8 *bytes, gsize len); /* the RTF body, unpacked */
};

/* The outermost message. Strings are UTF-8 with LF line ends, owned by the parser; NULL: there is none. */
struct tk_tnef_message {
    const char *subject;
    const char *sender;        /* display name of who wrote it, PidTagSenderName */
    const char *text;          /* the plain body; out of RTF where there is no other */
    const char *html;          /* the HTML body, or the one in RTF. It is UTF-8, whatever charset it names */
    const char *message_class; /* "IPM.Note", "IPM.Schedule.Meeting.Request", ... */
    enum tk_tnef_importance importance;
    guint attachments; /* handed on, with those of embedded messages */
    guint flags;       /* of enum tk_tnef_flag */
};

struct tk_tnef;

/* SINK (may be NULL) and CONTEXT are kept by pointer and must outlive the parser. Never NULL. The caller
 * frees it with tk_tnef_free(). */
struct tk_tnef *tk_tnef_new(const struct tk_tnef_sink *sink, void *context);

/* Frees and nulls. NULL is fine. An attachment that is open gets no end. */
void tk_tnef_free(struct tk_tnef **tnef);

/* Reads LEN bytes more. TK_NO_MATCH: this is no TNEF. TK_REFUSED: damaged so that nothing more can be read.
 * After either one more calls change nothing. */
enum tk_status tk_tnef_push(struct tk_tnef *tnef, const guint8 *bytes, gsize len) TK_MUST_CHECK;

/* Ends the stream, and with it an open attachment. TK_OK; TK_NO_MATCH: no TNEF; TK_REFUSED: damaged or cut
 * short (flags say which), and what was found before has been given. */
enum tk_status tk_tnef_finish(struct tk_tnef *tnef) TK_MUST_CHECK;

/* What was found; after tk_tnef_finish() only. Owned by the parser. */
const struct tk_tnef_message *tk_tnef_message(const struct tk_tnef *tnef);

#endif
