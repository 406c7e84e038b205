/* Fuzzes the reading of header fields: encoded words, parameters, mailboxes, ids. What comes out is one line
 * of valid UTF-8, and reading a decoded value again does not break it. */
#include <stdint.h>
#include <string.h>

#include "rules/base/text.h"
#include "rules/field/headers.h"
#include "rules/field/mailboxes.h"
#include "rules/field/params.h"
#include "rules/limits/limits_caps.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_line(const char *text)
{
    g_assert(g_utf8_validate(text, -1, NULL));
    for (; *text != '\0'; text = g_utf8_next_char(text))
        g_assert(!g_unichar_iscntrl(g_utf8_get_char(text)));
}

static void check_mailboxes(const char *raw)
{
    guint marks = 0;
    struct tk_mailboxes_facts facts;
    GPtrArray *mailboxes = tk_mailboxes_parse(raw, 100, &marks, &facts);

    g_assert(mailboxes->len <= 100);
    for (guint i = 0; i < mailboxes->len; i++) {
        const struct tk_mailbox *mailbox = g_ptr_array_index(mailboxes, i);

        check_line(mailbox->name);
        check_line(mailbox->address);
        if (mailbox->comment != NULL)
            check_line(mailbox->comment);
    }
    g_ptr_array_unref(mailboxes);
}

static void check_value(const char *raw)
{
    static const char *const names[] = {"charset", "name", "filename", "boundary"};
    guint marks = 0;
    struct tk_params *params = tk_params_parse(raw, &marks);
    GPtrArray *ids = tk_headers_ids(raw, 10);
    char *decoded = tk_headers_one_line(tk_headers_decode(raw, &marks));

    check_line(decoded);
    check_line(tk_params_value(params));
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = tk_params_get(params, names[i]);

        if (value != NULL)
            check_line(value);
    }
    g_assert(ids->len <= 10);
    check_mailboxes(raw);
    g_free(decoded);
    g_ptr_array_unref(ids);
    tk_params_free(&params);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    guint marks = 0;
    gboolean cut = FALSE;
    GPtrArray *fields =
        tk_headers_split(bytes, len, 100, len > 0 && bytes[0] & 1 ? "iso-2022-jp" : NULL, &marks, &cut);

    for (guint i = 0; i < fields->len; i++) {
        const struct tk_header *field = g_ptr_array_index(fields, i);

        check_line(field->name);
        check_line(field->value);
        check_line(field->raw);
        check_value(field->raw);
    }
    g_ptr_array_unref(fields);
    /* the input as one value, without a name before it */
    char *bare = tk_headers_one_line(tk_text_valid((const char *)bytes, len, NULL));
    check_value(bare);
    g_free(bare);
    return 0;
}
