/* Fuzzes authres with the values of Authentication-Results fields, a line each: without a trusted id nothing
 * is found, a pass has its reason, and a failed DMARC is never healed. */
#include <stdint.h>
#include <string.h>

#include "rules/field/headers.h"
#include "rules/sender/authres.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const struct tk_authres *authres)
{
    gboolean passed = authres->dmarc.result == TK_AUTHRES_PASS || authres->dkim.result == TK_AUTHRES_PASS ||
                      authres->spf.result == TK_AUTHRES_PASS;
    g_assert(authres->verdict != TK_YES || (passed && authres->problem == NULL));
    g_assert(authres->verdict != TK_YES || authres->dmarc.result != TK_AUTHRES_FAIL);
    g_assert(authres->dmarc.result != TK_AUTHRES_PASS || strcmp(authres->dmarc.domain, "a.b.c") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *trusted[] = {(char *)"m", NULL};
    struct tk_mailbox from = {(char *)"", (char *)"x@a.b.c"};
    g_autoptr(GString) block = g_string_new("Authentication-Results: ");
    g_autoptr(GPtrArray) flags = g_ptr_array_new();
    struct tk_authres authres;
    guint marks = 0;

    for (size_t i = 0; i < len; i++) {
        g_string_append_c(block, (char)bytes[i]);
        if (bytes[i] == '\n')
            g_string_append(block, "Authentication-Results: ");
    }
    struct tk_message message = {.from = &from, .flags = flags};
    message.headers = tk_headers_split((const guint8 *)block->str, block->len, 1000, NULL, &marks, NULL);
    tk_authres_read(&message, NULL, &authres);
    g_assert(authres.verdict == TK_UNKNOWN);
    tk_authres_clear(&authres);
    tk_authres_read(&message, trusted, &authres);
    check(&authres);
    tk_authres_clear(&authres);
    g_ptr_array_unref(message.headers);
    return 0;
}
