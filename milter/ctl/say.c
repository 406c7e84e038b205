/* say: what ticketctl prints for people. */
#include "milter/ctl/say.h"

#include <string.h>

#include "rules/base/text.h"

/* TEXT, which may be anything, as a terminal may get it. */
static char *cleaned(const char *text)
{
    g_autofree char *valid = tk_text_valid(text, strlen(text), NULL);
    return tk_text_for_terminal(valid);
}

void tk_say_list(FILE *out, const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf(format, args);
    g_autofree char *shown = cleaned(text);
    g_strdelimit(shown, "\n\t", ' ');
    fprintf(out, "%s\n", shown);
}

void tk_say(FILE *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tk_say_list(out, format, args);
    va_end(args);
}

void tk_say_text(FILE *out, const char *prefix, const char *text)
{
    if (text == NULL)
        return;
    g_autofree char *shown = cleaned(text);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(shown), "\n", -1);
    for (gsize i = 0; lines[i] != NULL; i++)
        fprintf(out, "%s%s\n", prefix, lines[i]);
}
