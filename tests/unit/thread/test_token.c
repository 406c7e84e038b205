/* Unit tests of token: what a signed mark says, and all that must not pass for one. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "rules/address/address.h"
#include "rules/thread/token.h"

static const struct tk_installation gw1 = {.name = "gw1.example.net"};
static const struct tk_token_scope scope = {&gw1, "acme", "support"};
static GPtrArray *keys; /* "b", then "a" */

static void free_key(gpointer data)
{
    struct tk_token_key *key = data;
    g_clear_pointer(&key->secret, g_bytes_unref);
    g_free(key->id);
    g_free(key);
}

/* A key whose bytes are all FILL; 0: without a secret. */
static void add_key(GPtrArray *to, const char *id, guint8 fill)
{
    struct tk_token_key *key = g_new0(struct tk_token_key, 1);
    guint8 bytes[TK_TOKEN_KEY_BYTES_MIN];
    memset(bytes, fill, sizeof bytes);
    key->id = g_strdup(id);
    key->secret = fill != 0 ? g_bytes_new(bytes, sizeof bytes) : NULL;
    g_ptr_array_add(to, key);
}

static GPtrArray *keys_of(const char *first, guint8 first_fill, const char *second, guint8 second_fill)
{
    GPtrArray *made = g_ptr_array_new_with_free_func(free_key);
    add_key(made, first, first_fill);
    if (second != NULL)
        add_key(made, second, second_fill);
    return made;
}

static int start(void **state)
{
    (void)state;
    keys = keys_of("b", 2, "a", 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    g_clear_pointer(&keys, g_ptr_array_unref);
    return 0;
}

static void says_what_was_signed(void **state)
{
    (void)state;
    static const struct {
        gint64 ticket_id, serial;
    } rows[] = {{0, 0},   {1, 0},     {17, 3},           {127, 128},      {128, 127},
                {300, 5}, {16384, 1}, {2097151, 900000}, {G_MAXINT64, 1}, {1, G_MAXINT64}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text =
            tk_token_make(keys, &scope, rows[i].ticket_id, rows[i].serial, "Ann@acme.example");
        struct tk_token token;
        assert_non_null(text);
        assert_int_equal(tk_token_read(keys, &scope, text, &token), TK_OK);
        assert_int_equal(token.ticket_id, rows[i].ticket_id);
        assert_int_equal(token.serial, rows[i].serial);
        assert_string_equal(token.key->id, "b");
    }
}

static void is_read_whatever_case_it_came_in(void **state)
{
    (void)state;
    g_autofree char *text = tk_token_make(keys, &scope, 42, 0, "ann@acme.example");
    g_autofree char *upper = g_ascii_strup(text, -1);
    g_autofree char *lower = g_ascii_strdown(text, -1);
    struct tk_token token;
    assert_string_equal(text, lower);
    assert_int_equal(tk_token_read(keys, &scope, upper, &token), TK_OK);
    assert_int_equal(token.ticket_id, 42);
    const struct tk_installation loud = {.name = "GW1.Example.NET"};
    const struct tk_token_scope shouted = {&loud, "acme", "support"};
    assert_int_equal(tk_token_read(keys, &shouted, text, &token), TK_OK);
}

static void knows_its_recipient_and_nobody_else(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        gboolean for_him;
    } rows[] = {{"ann@acme.example", TRUE},
                {"Ann@ACME.example", TRUE},
                {"\"ann\"@acme.example", TRUE},
                {"ann@acme.example.", TRUE},
                {"bob@acme.example", FALSE},
                {"ann@acme.example.net", FALSE},
                {"ann", FALSE},
                {"", FALSE},
                {NULL, FALSE}};
    g_autofree char *text = tk_token_make(keys, &scope, 42, 7, "ann@acme.example");
    struct tk_token token;
    assert_int_equal(tk_token_read(keys, &scope, text, &token), TK_OK);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_int_equal(tk_token_is_for(&token, &scope, rows[i].address), rows[i].for_him);
}

static void differs_for_each_recipient_ticket_and_serial(void **state)
{
    (void)state;
    g_autofree char *one = tk_token_make(keys, &scope, 42, 0, "ann@acme.example");
    g_autofree char *again = tk_token_make(keys, &scope, 42, 0, "ANN@acme.example");
    g_autofree char *other = tk_token_make(keys, &scope, 42, 0, "bob@acme.example");
    g_autofree char *ticket = tk_token_make(keys, &scope, 43, 0, "ann@acme.example");
    g_autofree char *serial = tk_token_make(keys, &scope, 42, 1, "ann@acme.example");
    assert_string_equal(one, again);
    assert_string_not_equal(one, other);
    assert_string_not_equal(one, ticket);
    assert_string_not_equal(one, serial);
}

static void of_another_scope_is_refused(void **state)
{
    (void)state;
    static const struct tk_installation gw2 = {.name = "gw2.example.net"}, cut = {.name = "gw1.example.ne"};
    static const struct tk_token_scope others[] = {{&gw2, "acme", "support"}, {&gw1, "beta", "support"},
                                                   {&gw1, "acme", "hr"},      {&gw1, "acmes", "upport"},
                                                   {&gw1, "acm", "esupport"}, {&cut, "tacme", "support"}};
    g_autofree char *text = tk_token_make(keys, &scope, 42, 0, "ann@acme.example");
    struct tk_token token;
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        assert_int_equal(tk_token_read(keys, &others[i], text, &token), TK_REFUSED);
}

static void of_a_key_that_is_not_here_is_refused(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) old = keys_of("a", 1, NULL, 0), renamed = keys_of("c", 2, NULL, 0),
                         changed = keys_of("b", 3, NULL, 0), unread = keys_of("b", 0, NULL, 0),
                         none = g_ptr_array_new();
    g_autofree char *by_old = tk_token_make(old, &scope, 42, 0, "ann@acme.example");
    g_autofree char *by_new = tk_token_make(keys, &scope, 42, 0, "ann@acme.example");
    struct tk_token token;
    /* After a rotation the old key still reads. */
    assert_int_equal(tk_token_read(keys, &scope, by_old, &token), TK_OK);
    assert_string_equal(token.key->id, "a");
    assert_int_equal(tk_token_read(old, &scope, by_new, &token), TK_REFUSED);
    assert_int_equal(tk_token_read(renamed, &scope, by_new, &token), TK_REFUSED);
    assert_int_equal(tk_token_read(changed, &scope, by_new, &token), TK_REFUSED);
    assert_int_equal(tk_token_read(unread, &scope, by_new, &token), TK_REFUSED);
    assert_int_equal(tk_token_read(none, &scope, by_new, &token), TK_REFUSED);
    assert_int_equal(tk_token_read(NULL, &scope, by_new, &token), TK_REFUSED);
    assert_null(tk_token_make(none, &scope, 42, 0, "ann@acme.example"));
    assert_null(tk_token_make(unread, &scope, 42, 0, "ann@acme.example"));
    assert_null(tk_token_make(keys, &scope, 42, 0, "not an address"));
}

static void every_change_of_a_letter_is_noticed(void **state)
{
    (void)state;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_+.@";
    g_autofree char *text = tk_token_make(keys, &scope, 42, 9, "ann@acme.example");
    for (gsize i = 0; text[i] != '\0'; i++)
        for (const char *to = letters; *to != '\0'; to++) {
            struct tk_token token;
            g_autofree char *forged = g_strdup(text);
            if (forged[i] == *to)
                continue;
            forged[i] = *to;
            /* The key's id is no secret: the same signature under the other id is another key's. */
            assert_int_not_equal(tk_token_read(keys, &scope, forged, &token), TK_OK);
        }
    for (gsize len = 0; len < strlen(text); len++) {
        struct tk_token token;
        g_autofree char *cut = g_strndup(text, len);
        assert_int_not_equal(tk_token_read(keys, &scope, cut, &token), TK_OK);
    }
    for (const char *to = letters; *to != '\0'; to++) {
        struct tk_token token;
        g_autofree char *longer = g_strdup_printf("%s%c", text, *to);
        assert_int_not_equal(tk_token_read(keys, &scope, longer, &token), TK_OK);
    }
}

static void what_is_no_token_is_told_from_a_forged_one(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tk_status status;
    } rows[] = {
        {"", TK_NO_MATCH},
        {"-", TK_NO_MATCH},
        {"b-", TK_NO_MATCH},
        {"-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", TK_NO_MATCH},
        {"b", TK_NO_MATCH},
        {"billing", TK_NO_MATCH},
        {"b-short", TK_NO_MATCH},
        {"b-1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", TK_NO_MATCH}, /* 1 and 0 are no digits of base32 */
        {"b-aaaaaaaaaaaaaaaaaaaaaaaaaaaa", TK_REFUSED},      /* 17 bytes: two zeros, tag, signature */
        {"x-aaaaaaaaaaaaaaaaaaaaaaaaaaaa", TK_REFUSED},
        {"b-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", TK_NO_MATCH},
        {"b-7777777777777777777777777777", TK_NO_MATCH}, /* a number without an end */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct tk_token token;
        assert_int_equal(tk_token_read(keys, &scope, rows[i].text, &token), rows[i].status);
    }
}

static void stands_in_an_address_and_is_found_there(void **state)
{
    (void)state;
    g_autofree char *text = tk_token_make(keys, &scope, 42, 0, "ann@acme.example");
    g_autofree char *address = tk_token_to_address("support@acme.example", text);
    g_autofree char *expected = g_strdup_printf("support+t-%s@acme.example", text);
    assert_string_equal(address, expected);
    assert_true(tk_address_valid(address));
    g_autofree char *detail = NULL;
    g_autofree char *base = tk_address_base(address, '+', &detail);
    assert_string_equal(base, "support@acme.example");
    assert_string_equal(tk_token_in_detail(detail), text);
    assert_null(tk_token_in_detail("billing"));
    assert_null(tk_token_in_detail("t-"));
    assert_null(tk_token_in_detail(""));
}

static void stands_in_no_address_that_would_break(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        gboolean fits;
    } rows[] = {{"support@acme.example", TRUE},
                {"a-name-of-thirty-one-letters-xx@acme.example", TRUE}, /* 31 + 3 + 30 = 64 */
                {"a-name-of-thirty-two-letters-xxx@acme.example", FALSE},
                {"support+it@acme.example", FALSE},
                {"\"support\"@acme.example", FALSE},
                {"support", FALSE}};
    const char token[] = "b-aaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert_int_equal(strlen(token), 30);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *address = tk_token_to_address(rows[i].address, token);
        assert_int_equal(address != NULL, rows[i].fits);
        assert_true(address == NULL || tk_address_valid(address));
    }
}

static void stands_in_a_message_id_of_ours_only(void **state)
{
    (void)state;
    g_autofree char *id = tk_token_to_message_id("b-abc", "gw1.example.net");
    assert_string_equal(id, "t-b-abc@gw1.example.net");
    static const struct {
        const char *id, *token;
    } rows[] = {{"t-b-abc@gw1.example.net", "b-abc"},
                {"T-B-ABC@GW1.EXAMPLE.NET", "B-ABC"},
                {"t-b-abc@gw2.example.net", NULL},
                {"t-b-abc@gw1.example.net.evil.example", NULL},
                {"x-b-abc@gw1.example.net", NULL},
                {"t-@gw1.example.net", NULL},
                {"t-b-abc", NULL},
                {"@gw1.example.net", NULL},
                {"", NULL}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *token = tk_token_in_message_id(rows[i].id, &gw1);
        assert_int_equal(token != NULL, rows[i].token != NULL);
        if (token != NULL)
            assert_string_equal(token, rows[i].token);
    }
}

static void under_a_former_name_is_still_ours(void **state)
{
    (void)state;
    static const char *const former[] = {"gw2.example.net", "gw1.example.net", NULL};
    const struct tk_installation renamed = {"desk.example.net", former};
    const struct tk_token_scope now = {&renamed, "acme", "support"}, foreign = {&renamed, "beta", "support"};
    g_autofree char *old = tk_token_make(keys, &scope, 42, 7, "ann@acme.example");
    g_autofree char *fresh = tk_token_make(keys, &now, 42, 7, "ann@acme.example");
    g_autofree char *id = tk_token_to_message_id(old, "GW1.example.net");
    g_autofree char *found = tk_token_in_message_id(id, &renamed);
    struct tk_token token;
    assert_string_not_equal(old, fresh);
    assert_string_equal(found, old);
    assert_int_equal(tk_token_read(keys, &now, old, &token), TK_OK);
    assert_string_equal(token.name, "gw1.example.net");
    assert_true(tk_token_is_for(&token, &now, "ann@acme.example"));
    assert_false(tk_token_is_for(&token, &now, "bob@acme.example"));
    assert_int_equal(tk_token_read(keys, &now, fresh, &token), TK_OK);
    assert_string_equal(token.name, "desk.example.net");
    assert_true(tk_token_is_for(&token, &now, "ann@acme.example"));
    assert_int_equal(tk_token_read(keys, &foreign, old, &token), TK_REFUSED);
    /* What the old name alone knows is not what the new one signs. */
    assert_int_equal(tk_token_read(keys, &scope, fresh, &token), TK_REFUSED);
}

static void a_message_id_is_our_own_by_its_signature(void **state)
{
    (void)state;
    static const char *const former[] = {"gw1.example.net", NULL};
    const struct tk_installation renamed = {"desk.example.net", former};
    static struct tk_channel sales = {.tenant = (char *)"acme", .name = (char *)"sales"};
    static struct tk_channel support = {.tenant = (char *)"acme", .name = (char *)"support"};
    g_autoptr(GPtrArray) channels = g_ptr_array_new(), few = g_ptr_array_new(), none = g_ptr_array_new(),
                         unread = keys_of("b", 0, NULL, 0);
    g_ptr_array_add(few, &sales);
    g_ptr_array_add(channels, &sales);
    g_ptr_array_add(channels, &support);
    g_autofree char *token = tk_token_make(keys, &scope, 42, 7, "ann@acme.example");
    g_autofree char *ours = tk_token_to_message_id(token, "gw1.example.net");
    g_autofree char *elsewhere = tk_token_to_message_id(token, "gw2.example.net");
    g_autofree char *plain = tk_token_plain_message_id("acme", 7, "gw1.example.net");
    assert_string_equal(plain, "ticket.acme.7@gw1.example.net");
    const struct {
        const GPtrArray *keys, *channels;
        const char *id;
        gboolean own;
    } rows[] = {{keys, channels, ours, TRUE},
                {keys, few, ours, FALSE},
                {keys, none, ours, FALSE},
                {keys, channels, elsewhere, FALSE},
                {keys, channels, NULL, FALSE},
                {keys, channels, "", FALSE},
                {keys, channels, "t-b-abcdefghijklmnopqrstuvwxyz234567@gw1.example.net", FALSE},
                /* Who has keys signs all that he sends. */
                {keys, channels, plain, FALSE},
                {none, channels, plain, TRUE},
                {unread, channels, plain, TRUE},
                {none, channels, ours, FALSE},
                {none, channels, "ticket.acme.7@gw2.example.net", FALSE},
                {none, channels, "ann.1@gw1.example.net", FALSE}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (tk_token_is_own_message_id(rows[i].keys, &renamed, rows[i].channels, rows[i].id) != rows[i].own)
            fail_msg("row %zu: %s", i, rows[i].id);
}

static void an_installation_is_shared_by_counted_references(void **state)
{
    (void)state;
    static const char *const former[] = {"old.example.net", NULL};
    struct tk_installation *one = tk_installation_new("New.example.net", former);
    struct tk_installation *other = tk_installation_ref(one);
    tk_installation_unref(&one);
    assert_null(one);
    tk_installation_unref(&one);
    assert_string_equal(tk_installation_find(other, "new.EXAMPLE.net"), "New.example.net");
    assert_string_equal(tk_installation_find(other, "OLD.example.net"), "old.example.net");
    assert_null(tk_installation_find(other, "example.net"));
    assert_null(tk_installation_find(other, ""));
    tk_installation_unref(&other);
    assert_null(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_was_signed),
        cmocka_unit_test(is_read_whatever_case_it_came_in),
        cmocka_unit_test(knows_its_recipient_and_nobody_else),
        cmocka_unit_test(differs_for_each_recipient_ticket_and_serial),
        cmocka_unit_test(of_another_scope_is_refused),
        cmocka_unit_test(of_a_key_that_is_not_here_is_refused),
        cmocka_unit_test(every_change_of_a_letter_is_noticed),
        cmocka_unit_test(what_is_no_token_is_told_from_a_forged_one),
        cmocka_unit_test(stands_in_an_address_and_is_found_there),
        cmocka_unit_test(stands_in_no_address_that_would_break),
        cmocka_unit_test(stands_in_a_message_id_of_ours_only),
        cmocka_unit_test(under_a_former_name_is_still_ours),
        cmocka_unit_test(a_message_id_is_our_own_by_its_signature),
        cmocka_unit_test(an_installation_is_shared_by_counted_references),
    };
    return cmocka_run_group_tests(tests, start, end);
}
