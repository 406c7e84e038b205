/* Fuzzes tnef, and with it lzfu, rtf and tnef_props: the first byte says how large the pieces are. */
#include <stdint.h>

#include "rules/tnef/tnef.h"

struct state {
    guint open;
    guint64 size;
};

static void begin(void *context, guint index)
{
    struct state *s = context;
    g_assert(s->open == 0);
    s->open = index + 1;
    s->size = 0;
}

static void data(void *context, const guint8 *bytes, gsize len)
{
    struct state *s = context;
    g_assert(s->open != 0 && bytes != NULL);
    s->size += len;
}

static void end(void *context, guint index, const struct tk_tnef_attachment *a)
{
    struct state *s = context;
    g_assert(s->open == index + 1 && s->size == a->size);
    g_assert(a->name == NULL || g_utf8_validate(a->name, -1, NULL));
    s->open = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct tk_tnef_sink sink = {begin, data, end, NULL};
    if (len == 0)
        return 0;
    struct state s = {0, 0};
    size_t step = bytes[0] + 1u;
    struct tk_tnef *t = tk_tnef_new(&sink, &s);
    for (size_t i = 1; i < len; i += step)
        if (tk_tnef_push(t, bytes + i, MIN(step, len - i)) != TK_OK)
            break;
    enum tk_status status = tk_tnef_finish(t);
    const struct tk_tnef_message *m = tk_tnef_message(t);
    g_assert(s.open == 0);
    g_assert((status == TK_OK) || m->flags != 0);
    g_assert(m->text == NULL || g_utf8_validate(m->text, -1, NULL));
    g_assert(m->html == NULL || g_utf8_validate(m->html, -1, NULL));
    g_assert(m->subject == NULL || g_utf8_validate(m->subject, -1, NULL));
    tk_tnef_free(&t);
    return 0;
}
