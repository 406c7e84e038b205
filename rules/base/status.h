/* status: the one set of outcomes that every module of ticket-milter returns.
 *
 * The classes are those that a mail gateway has to tell apart; the human text goes into a GString that the
 * caller gives. "Cannot tell now" (TK_LATER) is never folded into "no" (TK_NO_MATCH). */
#ifndef TK_RULES_STATUS_H
#define TK_RULES_STATUS_H

#include <glib.h>

#define TK_MUST_CHECK        __attribute__((warn_unused_result))
#define TK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum tk_status {
    TK_OK = 0,    /* done, and known to be so */
    TK_NO_MATCH,  /* the question was answered: there is none */
    TK_LATER,     /* cannot tell or cannot do now; the same call may succeed later, and nothing was written */
    TK_LIMITED,   /* as TK_LATER, because a rate window is full */
    TK_STORAGE,   /* as TK_LATER, because a disk is full */
    TK_UNCERTAIN, /* a commit was sent and its outcome is unknown; repeating is safe (intake key) */
    TK_REFUSED,   /* the data is bad and stays bad */
    TK_CONFIG,    /* a setting is wrong or missing, or the schema does not fit the program */
    TK_USAGE,     /* the caller's words are off (command line) */
    TK_BUG        /* ours: a state that cannot be */
};

enum tk_tri { TK_UNKNOWN = -1, TK_NO = 0, TK_YES = 1 };

/* The word for a status, for logs. Static; never NULL. */
const char *tk_status_word(enum tk_status status);

/* Replaces the text in WHY by the formatted one and returns STATUS, so that a failure is one line at the
 * place where it is found. WHY may be NULL. */
enum tk_status tk_status_fail(enum tk_status status, GString *why, const char *format, ...) TK_PRINTF(3, 4);

#endif
