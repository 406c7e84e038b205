/* trim_scan: the lines of a reply, each with what it is.
 *
 * The first half of tk_trim_split(): reading. The second half (trim.c) decides from the kinds alone. */
#ifndef TK_RULES_TRIM_SCAN_H
#define TK_RULES_TRIM_SCAN_H

#include "rules/base/budget.h"

enum tk_trim_kind {
    TK_TRIM_KIND_EMPTY = 0,
    TK_TRIM_KIND_TEXT,
    TK_TRIM_KIND_KEEP,    /* text in which no mark is looked for (code) */
    TK_TRIM_KIND_QUOTE,   /* "> " */
    TK_TRIM_KIND_HEADER,  /* "On ... wrote:" */
    TK_TRIM_KIND_CUT,     /* the old mail begins here and goes to the end */
    TK_TRIM_KIND_FORWARD, /* a forwarded mail begins here and goes to the end */
    TK_TRIM_KIND_MOBILE,  /* "Sent from my phone", or marked as signature by the caller */
    TK_TRIM_KIND_RULE     /* dashes and the like */
};

struct tk_trim_scan_line {
    guint32 start, len;            /* in the text */
    guint32 fold;                  /* in folds: a NUL-terminated string */
    guint16 value;                 /* behind the label: where in its fold */
    guint8 label;                  /* enum tk_trim_label */
    guint8 has_address, is_moment; /* said of the value of a label */
    guint8 kind;                   /* enum tk_trim_kind */
    guint8 part;                   /* for the decision; 0 after the scan */
    guint8 marked;                 /* the caller said so */
};

struct tk_trim_scan {
    const char *text;                /* not owned */
    struct tk_trim_scan_line *lines; /* n lines */
    gsize n;
    GString *folds;
};

/* Reads TEXT into *scan_r, which tk_trim_scan_clear() frees; TEXT must outlive it. MARKS as for
 * tk_trim_split_marked(). Linear in LEN. Where BUDGET (may be NULL) is spent, what it says of the lines is of
 * no use; they are all there. */
void tk_trim_scan_read(const char *text, gsize len, const guint8 *marks, gsize n_marks,
                       struct tk_budget *budget, struct tk_trim_scan *scan_r);

/* The folded form of line I. */
const char *tk_trim_scan_fold(const struct tk_trim_scan *scan, gsize i);

void tk_trim_scan_clear(struct tk_trim_scan *scan);

#endif
