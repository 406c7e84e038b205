/* budget: the processor time that one piece of work may take.
 *
 * The rules have no clock of their own: the caller brings one. What is bound to a budget tells it how much it
 * does, and stops where the time is out. A budget is of one thread. */
#ifndef TK_RULES_BUDGET_H
#define TK_RULES_BUDGET_H

#include <glib.h>

/* Processor time that the calling thread has used, in microseconds. */
typedef gint64 (*tk_budget_clock)(void);

struct tk_budget {
    tk_budget_clock clock; /* NULL: the time is not limited */
    gint64 end;            /* by the clock */
    gsize work;            /* since it was asked */
    gboolean spent;        /* once TRUE it stays so */
};

/* A clock that is asked costs as much as some hundred octets of text; it is asked after so many. */
#define TK_BUDGET_STEP (64 * 1024)

/* MICROS from now on. CLOCK may be NULL. */
struct tk_budget tk_budget_begin(tk_budget_clock clock, gint64 micros);

/* Whether the time is out. Asks the clock. BUDGET may be NULL: it never is. */
gboolean tk_budget_spent(struct tk_budget *budget);

/* As above, for loops: WORK (in octets that are looked at, or what takes as long) is about to be done, and
 * the clock is asked only now and then. */
gboolean tk_budget_use(struct tk_budget *budget, gsize work);

#endif
