/* Fuzzes token: nothing that is not signed is read, a true token reads back in every form that it takes on
 * its way, and for nobody else. */
#include <stdint.h>
#include <string.h>

#include "rules/address/address.h"
#include "rules/thread/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char *const former[] = {"gw0.example.net", NULL};
static const struct tk_installation installation = {"gw1.example.net", former};
static const struct tk_token_scope scope = {&installation, "acme", "support"};
static const struct tk_token_scope other = {&installation, "acme", "sales"};

static GPtrArray *keys_of(GBytes *secret)
{
    static struct tk_token_key key = {.id = (char *)"a"};
    GPtrArray *keys = g_ptr_array_new();
    key.secret = secret;
    g_ptr_array_add(keys, &key);
    return keys;
}

/* A token for ADDRESS is one for it after the way through an address and a Message-ID, with any case. */
static void check_true(const GPtrArray *keys, const char *address, gint64 ticket_id, gint64 serial)
{
    struct tk_token token;
    g_autofree char *made = tk_token_make(keys, &scope, ticket_id, serial, address);
    g_assert((made != NULL) == tk_address_valid(address));
    if (made == NULL)
        return;
    g_autofree char *upper = g_ascii_strup(made, -1);
    g_assert(tk_token_read(keys, &scope, upper, &token) == TK_OK);
    g_assert(tk_token_read(keys, &scope, made, &token) == TK_OK);
    g_assert(token.ticket_id == ticket_id && token.serial == serial &&
             tk_token_is_for(&token, &scope, address));
    g_assert(!tk_token_is_for(&token, &scope, "nobody.else@elsewhere.example"));
    g_assert(tk_token_read(keys, &other, made, &token) == TK_REFUSED);
    g_autofree char *id = tk_token_to_message_id(made, installation.name);
    g_autofree char *back = tk_token_in_message_id(id, &installation);
    g_assert_cmpstr(back, ==, made);
    g_autofree char *reply = tk_token_to_address("support@acme.example", made);
    g_assert(reply != NULL || strlen("support+t-") + strlen(made) > 64);
    if (reply == NULL)
        return;
    g_autofree char *detail = NULL;
    g_autofree char *base = tk_address_base(reply, '+', &detail);
    g_assert_cmpstr(base, ==, "support@acme.example");
    g_assert_cmpstr(tk_token_in_detail(detail), ==, made);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char secret[] = "0123456789abcdef0123456789abcdef";
    g_autoptr(GBytes) key = g_bytes_new_static(secret, sizeof secret - 1);
    g_autoptr(GPtrArray) keys = keys_of(key);
    g_autofree char *text = g_strndup((const char *)bytes, len);
    struct tk_token token;
    gint64 numbers[2] = {0, 0};
    memcpy(numbers, bytes, MIN(len, sizeof numbers));
    /* A pass would be a forged signature: 80 bits are not met by chance. */
    g_assert(tk_token_read(keys, &scope, text, &token) != TK_OK);
    g_autofree char *id = tk_token_in_message_id(text, &installation);
    (void)tk_token_in_detail(text);
    check_true(keys, text, numbers[0] & G_MAXINT64, numbers[1] & G_MAXINT64);
    check_true(keys, "ann@acme.example", numbers[0] & G_MAXINT64, numbers[1] & G_MAXINT64);
    return 0;
}
