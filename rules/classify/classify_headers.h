/* classify_headers: the headers by which machines' mails show themselves, as a table. */
#ifndef TK_RULES_CLASSIFY_HEADERS_H
#define TK_RULES_CLASSIFY_HEADERS_H

#include "rules/classify/classify.h"

struct tk_header_mark {
    enum tk_class class;
    enum tk_strength strength;
    const struct tk_header *header; /* the evidence; the message's */
    gboolean vacation;              /* the header says that it is a vacation reply */
};

/* The strongest mark that the headers carry; FALSE where there is none. */
gboolean tk_classify_headers(const struct tk_message *message, struct tk_header_mark *mark_r);

#endif
