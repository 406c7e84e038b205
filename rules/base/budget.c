/* budget: the processor time that one piece of work may take. Owns nothing. */
#include "rules/base/budget.h"

struct tk_budget tk_budget_begin(tk_budget_clock clock, gint64 micros)
{
    return (struct tk_budget){.clock = clock, .end = clock != NULL ? clock() + micros : 0};
}

gboolean tk_budget_spent(struct tk_budget *budget)
{
    if (budget == NULL || budget->clock == NULL)
        return FALSE;
    budget->work = 0;
    budget->spent = budget->spent || budget->clock() > budget->end;
    return budget->spent;
}

gboolean tk_budget_use(struct tk_budget *budget, gsize work)
{
    if (budget == NULL || budget->clock == NULL)
        return FALSE;
    budget->work += work;
    return budget->spent || (budget->work >= TK_BUDGET_STEP && tk_budget_spent(budget));
}
