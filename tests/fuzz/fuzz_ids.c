/* Fuzzes the lists of Message-IDs: no more come out than were asked for, each one word, and the last of a
 * long list is the last of a short one. */
#include <stdint.h>
#include <string.h>

#include "rules/field/headers.h"
#include "rules/thread/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_id(const char *id)
{
    g_assert(*id != '\0' && strpbrk(id, "<>\r\n") == NULL);
    g_assert(g_utf8_validate(id, -1, NULL));
    g_autofree char *token = tk_token_in_message_id(id, "gw1.example.net");
    g_assert(token == NULL || strstr(id, token) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *raw = g_strndup((const char *)bytes, len);
    g_autofree char *value = g_utf8_make_valid(raw, -1);
    g_strdelimit(value, "\r\n", ' '); /* a field is unfolded before it is read */
    g_autoptr(GPtrArray) all = tk_headers_ids(value, 10000), some = tk_headers_ids(value, 3);
    g_assert(all->len <= 10000 && some->len == MIN(all->len, 3));
    for (guint i = 0; i < all->len; i++)
        check_id(g_ptr_array_index(all, i));
    if (some->len > 0) {
        g_assert_cmpstr(g_ptr_array_index(some, 0), ==, g_ptr_array_index(all, 0));
        g_assert_cmpstr(g_ptr_array_index(some, some->len - 1), ==, g_ptr_array_index(all, all->len - 1));
    }
    return 0;
}
