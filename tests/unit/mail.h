/* Mails for the unit tests of classify and bounce, made by hand out of their header and text. */
#ifndef TK_TESTS_UNIT_MAIL_H
#define TK_TESTS_UNIT_MAIL_H

#include "rules/message/message.h"

/* HEADERS is a block of lines "Name: value"; TEXT the text; PART_TYPE and PART one report part, or NULL.
 * From, To, Reply-To, Subject, Message-ID, In-Reply-To and the report-type are read from HEADERS. Owned by
 * the caller. */
struct tk_message *test_mail_new(const char *headers, const char *text, const char *part_type,
                                 const char *part);
void test_mail_add_part(struct tk_message *message, const char *type, const char *text);
void test_mail_free(struct tk_message *message);

#endif
