/* exitcode: from status to exit code. */
#include "milter/base/exitcode.h"

#include <sysexits.h>

int tk_exitcode(enum tk_status status)
{
    switch (status) {
    case TK_OK: return EX_OK;
    case TK_NO_MATCH: return 1;
    case TK_LATER:
    case TK_LIMITED:
    case TK_STORAGE:
    case TK_UNCERTAIN: return EX_TEMPFAIL;
    case TK_REFUSED: return EX_DATAERR;
    case TK_CONFIG: return EX_CONFIG;
    case TK_USAGE: return EX_USAGE;
    case TK_BUG: return EX_SOFTWARE;
    }
    return EX_SOFTWARE;
}
