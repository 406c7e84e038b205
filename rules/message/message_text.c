/* message_text: the text of one part, decoded.
 *
 * Owns nothing beyond a call. A keeper that fails is remembered in the message's parsed state. */
#include <string.h>

#include "rules/charset/charset.h"
#include "rules/content/flowed.h"
#include "rules/message/message_private.h"

/* Octets of an html text in which its own charset declaration is looked for, as the HTML standard has it. */
#define META_WINDOW 1024

/* The charset in <meta charset=...> or <meta http-equiv content="...; charset=...">. */
static char *meta_charset(const GByteArray *html)
{
    g_autofree char *head = g_strndup((const char *)html->data, MIN(html->len, META_WINDOW));
    g_autofree char *lower = g_ascii_strdown(head, -1);
    const char *meta = strstr(lower, "<meta");

    while (meta != NULL) {
        gsize len = strcspn(meta, ">");
        const char *charset = g_strstr_len(meta, len, "charset=");

        if (charset != NULL) {
            charset += strlen("charset=");
            charset += strspn(charset, "\"' ");
            return g_strndup(charset, strcspn(charset, "\"'> ;/"));
        }
        meta = strstr(meta + len, "<meta");
    }
    return NULL;
}

/* CRLF and lone CR become LF. In place. */
static void normalise_line_ends(char *text)
{
    char *out = text;

    for (const char *p = text; *p != '\0';) {
        gsize n = strcspn(p, "\r");

        memmove(out, p, n);
        out += n;
        p += n;
        if (*p != '\0' && *++p != '\n')
            *out++ = '\n';
    }
    *out = '\0';
}

static gboolean param_is(const struct tk_part *part, const char *name, const char *value)
{
    const char *has = tk_params_get(part->type_params, name);

    return has != NULL && g_ascii_strcasecmp(has, value) == 0;
}

/* Takes the blocks of files out of the bytes. NULL where there are none. */
static GPtrArray *take_blocks(GByteArray *bytes)
{
    GPtrArray *blocks = tk_uu_find((const char *)bytes->data, bytes->len);

    for (guint i = blocks->len; i > 0; i--) {
        const struct tk_uu_block *block = g_ptr_array_index(blocks, i - 1);

        g_byte_array_remove_range(bytes, (guint)block->offset, (guint)block->length);
    }
    if (blocks->len > 0)
        return blocks;
    g_ptr_array_unref(blocks);
    return NULL;
}

char *tk_message_text_of(struct tk_message *message, const struct tk_part *part, GPtrArray **blocks_r,
                         gboolean *cut_r)
{
    struct tk_parsed *parsed = tk_message_parsed(message);
    gboolean html = strcmp(part->type, "text/html") == 0;
    g_autoptr(GByteArray) bytes = tk_message_bytes(parsed, part->offset, part->len, part->transfer,
                                                   html ? TK_MESSAGE_HTML_MAX : TK_MESSAGE_TEXT_MAX, cut_r);
    g_autofree char *charset = tk_charset_name(tk_params_get(part->type_params, "charset"));
    char *text;

    *blocks_r = html ? NULL : take_blocks(bytes);
    if (html && charset == NULL)
        charset = meta_charset(bytes);
    text = tk_charset_decode(bytes->data, bytes->len, charset, &parsed->marks);
    normalise_line_ends(text);
    if (strcmp(part->type, "text/plain") == 0 && param_is(part, "format", "flowed")) {
        char *unwrapped = tk_flowed_unwrap(text, param_is(part, "delsp", "yes"));

        g_free(text);
        text = unwrapped;
    }
    if (*cut_r)
        tk_message_flag(message, "text_cut");
    return text;
}
