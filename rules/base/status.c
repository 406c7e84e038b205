/* status: words and texts of outcomes. */
#include "rules/base/status.h"

const char *tk_status_word(enum tk_status status)
{
    switch (status) {
    case TK_OK: return "ok";
    case TK_NO_MATCH: return "no_match";
    case TK_LATER: return "later";
    case TK_LIMITED: return "limited";
    case TK_STORAGE: return "storage";
    case TK_UNCERTAIN: return "uncertain";
    case TK_REFUSED: return "refused";
    case TK_CONFIG: return "config";
    case TK_USAGE: return "usage";
    case TK_BUG: return "bug";
    }
    return "bug";
}

enum tk_status tk_status_fail(enum tk_status status, GString *why, const char *format, ...)
{
    if (why != NULL) {
        va_list args;
        va_start(args, format);
        g_string_vprintf(why, format, args);
        va_end(args);
    }
    return status;
}
