/* json: JSON output of ticketctl: one object a line, whatever the strings hold.
 *
 * Owns nothing. Fails where the output fails. */
#include "milter/ctl/json.h"

#include <stdlib.h>
#include <string.h>

/* The code point of a character at P that must not stand in a line as it is, 0 for others; *LEN_R is its
 * length. jansson has escaped those below U+0020. */
static guint escaped_at(const guint8 *p, gsize *len_r)
{
    if (p[0] == 0x7f) {
        *len_r = 1;
        return 0x7f;
    }
    if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) {
        *len_r = 2;
        return p[1];
    }
    if (p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9)) {
        *len_r = 3;
        return 0x2000 + (p[2] & 0x3fu);
    }
    return 0;
}

char *tk_json_line(const json_t *value)
{
    char *plain = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    GString *line = g_string_new(NULL);

    for (const char *p = plain; p != NULL && *p != '\0';) {
        gsize len = strcspn(p, "\177\302\342");
        guint code;

        g_string_append_len(line, p, len);
        p += len;
        if (*p == '\0')
            break;
        code = escaped_at((const guint8 *)p, &len);
        if (code != 0) {
            g_string_append_printf(line, "\\u%04x", code);
            p += len;
        } else {
            g_string_append_c(line, *p++);
        }
    }
    free(plain);
    return g_string_free(line, FALSE);
}

enum tk_status tk_json_print(json_t *value, FILE *out)
{
    g_autofree char *line = tk_json_line(value);

    json_decref(value);
    return fputs(line, out) >= 0 && fputc('\n', out) != EOF ? TK_OK : TK_STORAGE;
}

json_t *tk_json_text(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}
