/* classify_view: what the tests of classify look at: one mail with its sender judged and its subject and the
 * head of its text folded. Borrows the message; cannot fail. */
#ifndef TK_RULES_CLASSIFY_VIEW_H
#define TK_RULES_CLASSIFY_VIEW_H

#include "rules/classify/classify.h"

/* How much of the text is searched for phrases: reports say what they are in their first lines. */
#define TK_VIEW_TEXT_BYTES    4096
#define TK_VIEW_SUBJECT_BYTES 998

/* Who seems to have written it, weakest first. */
enum tk_writer {
    TK_WRITER_PERSON,
    TK_WRITER_NAMED,      /* a person's address under a name of mail systems ("System Administrator") */
    TK_WRITER_ROLE,       /* no-reply, owner-, -bounces, sysadmin, ...: no person's mailbox */
    TK_WRITER_POSTMASTER, /* postmaster and the like; people write under it too */
    TK_WRITER_DAEMON      /* mailer-daemon, or a header that only report writers set */
};

struct tk_view {
    const struct tk_message *message;
    const char *from; /* address of From, "" where there is none */
    gboolean null_sender;
    char *null_evidence; /* "envelope sender <>" or "Return-Path: <>" */
    enum tk_writer writer;
    char *writer_evidence;
    char *subject;     /* folded */
    gboolean answers;  /* the subject begins with "Re:", "Fwd:" or the like */
    char *text;        /* the head of the text, folded */
    gboolean threaded; /* it has In-Reply-To or References */
};

void tk_view_look(const struct tk_message *message, const char *mail_from, struct tk_view *view_r);
void tk_view_clear(struct tk_view *view);

/* The value of the first header called NAME, or NULL. Owned by the message. */
const char *tk_view_header(const struct tk_message *message, const char *name);

/* The text of the first report part of one of the two types (the second may be NULL), or NULL. */
const char *tk_view_report_part(const struct tk_message *message, const char *type, const char *other);

/* Whether nobody reads what is sent to ADDRESS: tk_address_is_role(), and what ends in "noreply" in one of
 * the languages that write it so. */
gboolean tk_view_is_role(const char *address);

/* Whether the first word of VALUE, cut at blanks, ";" and "(", is WORD, compared without case. */
gboolean tk_view_first_word(const char *value, const char *word);

#endif
