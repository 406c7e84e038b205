/* fault: places where a test lets the program die, crash or hang. Only in a build that was configured with
 * --enable-fault-points; in any other this is nothing at all, which tests/lint/faults proves.
 *
 * TICKET_MILTER_FAULT="POINT ACTION [NUMBER [WORD]]" chooses one: at POINT, where WORD is the word that the
 * place gives along (all words if left out; "*" too), kill (SIGKILL) or crash (abort) at the NUMBERth time
 * (1 if left out; 0: each time), or sleep NUMBER milliseconds each time. TICKET_MILTER_FAULT_FILE names a
 * file without which nothing happens and which is taken away when it does: who makes it chooses the moment.
 * Every point stands in one place of the program, so the count of a file is the count of its point. */
#ifndef TK_SCHEMA_FAULT_H
#define TK_SCHEMA_FAULT_H

#ifdef TK_FAULT_POINTS

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <glib.h>

#define TK_FAULT(point, word) tk_fault_reached((point), (word))

static inline void tk_fault_reached(const char *point, const char *word)
{
    static guint times;
    const char *chosen = g_getenv("TICKET_MILTER_FAULT");
    if (chosen == NULL)
        return;
    g_auto(GStrv) words = g_strsplit(chosen, " ", 4);
    const guint count = g_strv_length(words);
    if (count < 2 || strcmp(words[0], point) != 0 ||
        (count > 3 && strcmp(words[3], "*") != 0 && g_strcmp0(words[3], word) != 0))
        return;
    const guint number = count > 2 ? (guint)g_ascii_strtoull(words[2], NULL, 10) : 1;
    const char *file = g_getenv("TICKET_MILTER_FAULT_FILE");
    if (strcmp(words[1], "sleep") != 0 && number > 0 &&
        __atomic_add_fetch(&times, 1, __ATOMIC_RELAXED) != number)
        return;
    if (file != NULL && unlink(file) != 0)
        return;
    if (strcmp(words[1], "sleep") == 0)
        g_usleep((gulong)number * 1000);
    else if (strcmp(words[1], "kill") == 0)
        raise(SIGKILL);
    else if (strcmp(words[1], "crash") == 0)
        abort();
}

#else
#define TK_FAULT(point, word) ((void)(word))
#endif

#endif
