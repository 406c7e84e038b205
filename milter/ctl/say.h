/* say: what ticketctl prints for people.
 *
 * Values come from mails, from files of mails and from agents. No character of theirs moves the cursor,
 * changes the direction of reading, hides itself or begins a line that looks like one of ours. All commands
 * print through here, through milter/ctl/table.h or, for programs, through milter/ctl/json.h. */
#ifndef TK_MILTER_CTL_SAY_H
#define TK_MILTER_CTL_SAY_H

#include <stdarg.h>
#include <stdio.h>

#include "rules/base/status.h"

/* Prints one line to OUT and ends it. Line ends and tabs within become blanks, other characters that do not
 * show become "?" (rules/base/text.h), and so do bytes that are not UTF-8. Failures of OUT are found by
 * ferror. */
void tk_say(FILE *out, const char *format, ...) TK_PRINTF(2, 3);

/* The same with the arguments of the caller. */
void tk_say_list(FILE *out, const char *format, va_list args);

/* Prints TEXT to OUT line by line, each with PREFIX before it. Blank lines at the end are left out. NULL
 * prints nothing. */
void tk_say_text(FILE *out, const char *prefix, const char *text);

#endif
