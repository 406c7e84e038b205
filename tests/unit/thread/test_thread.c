/* Unit tests of thread: keys of a mail that may name a ticket. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "rules/thread/thread.h"

static const char *const prefixes[] = {"INC", "REQ", NULL};

static GPtrArray *ids(const char *list)
{
    GPtrArray *array = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) words = g_strsplit(list, " ", -1);
    for (gsize i = 0; words[i] != NULL; i++)
        if (*words[i] != '\0')
            g_ptr_array_add(array, g_strdup(words[i]));
    return array;
}

static void check_keys(const char *in_reply_to, const char *references, const char *subject,
                       const char *expected_ids, const char *expected_number)
{
    g_autofree char *copy = g_strdup(subject);
    struct tk_message message = {
        .subject = copy, .in_reply_to = ids(in_reply_to), .references = ids(references)};
    const struct tk_thread_input input = {.message = &message, .prefixes = prefixes};
    struct tk_thread_keys keys;
    tk_thread_read(&input, &keys);
    g_ptr_array_add(keys.message_ids, NULL);
    g_autofree char *joined = g_strjoinv(" ", (char **)keys.message_ids->pdata);
    g_ptr_array_set_size(keys.message_ids, (int)keys.message_ids->len - 1);
    assert_string_equal(joined, expected_ids);
    if (expected_number == NULL)
        assert_null(keys.number);
    else
        assert_string_equal(keys.number, expected_number);
    assert_int_equal(tk_thread_has_keys(&keys), *expected_ids != '\0' || expected_number != NULL);
    tk_thread_clear(&keys);
    g_ptr_array_unref(message.in_reply_to);
    g_ptr_array_unref(message.references);
}

static void ids_come_newest_first_and_once(void **state)
{
    (void)state;
    check_keys("", "", "Printer", "", NULL);
    check_keys("a@x", "r@x p@x a@x", "Re: Printer", "a@x p@x r@x", NULL);
    check_keys("a@x b@x", "", "Re: Printer", "b@x a@x", NULL);
}

static void a_long_thread_keeps_its_last_ids_and_its_first(void **state)
{
    (void)state;
    GString *list = g_string_new("first@x");
    for (int i = 0; i < 100; i++)
        g_string_append_printf(list, " m%d@x", i);
    g_autofree char *text = g_string_free(list, FALSE);
    char subject[] = "Re";
    struct tk_message message = {.subject = subject, .in_reply_to = ids("m99@x"), .references = ids(text)};
    const struct tk_thread_input input = {.message = &message, .prefixes = prefixes};
    struct tk_thread_keys keys;
    tk_thread_read(&input, &keys);
    assert_int_equal(keys.message_ids->len, TK_THREAD_MAX_IDS);
    assert_string_equal(g_ptr_array_index(keys.message_ids, 0), "m99@x");
    assert_string_equal(g_ptr_array_index(keys.message_ids, 1), "m98@x");
    assert_string_equal(g_ptr_array_index(keys.message_ids, TK_THREAD_MAX_IDS - 1), "first@x");
    tk_thread_clear(&keys);
    g_ptr_array_unref(message.in_reply_to);
    g_ptr_array_unref(message.references);
}

static void a_token_needs_brackets_a_known_prefix_and_a_number(void **state)
{
    (void)state;
    const struct {
        const char *subject, *number;
    } cases[] = {
        {"Re: [INC-42] Printer", "INC-42"},
        {"Re: [inc-42] Printer", "INC-42"},
        {"AW: [ REQ-7 ] Laptop", "REQ-7"},
        {"[INC-1] Fwd: [INC-2]", "INC-2"},
        {"[[INC-3]]", "INC-3"},
        {"[INC-42", NULL},
        {"INC-42 without brackets", NULL},
        {"[CHG-42] prefix of nobody", NULL},
        {"[INC-] nothing", NULL},
        {"[INC-042] not how we write it", NULL},
        {"[INC-4x2]", NULL},
        {"[XINC-42]", NULL},
        {"[INC-1234567890123456789]", NULL},
        {"Order Number:107712 - #718740", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        check_keys("", "", cases[i].subject, "", cases[i].number);
}

static void tokens_are_cut_with_their_blanks(void **state)
{
    (void)state;
    const struct {
        const char *subject, *rest;
    } cases[] = {
        {"Re: [INC-42] Printer", "Re: Printer"},  {"[INC-42]", ""},
        {"[INC-42] [REQ-1] Both", "Both"},        {"Printer [INC-42]", "Printer"},
        {"[CHG-42] Printer", "[CHG-42] Printer"}, {"a[INC-42]b", "ab"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *rest = tk_thread_subject_without_token(cases[i].subject, prefixes);
        assert_string_equal(rest, cases[i].rest);
    }
}

/* ---- tokens ---- */

static struct tk_token_key key_a, key_b;
static GPtrArray *keys_now, *keys_other;
static const struct tk_installation gw1 = {.name = "gw1.example.net"}, gw2 = {.name = "gw2.example.net"};
static const struct tk_token_scope here = {&gw1, "acme", "support"};

static int make_keys(void **state)
{
    (void)state;
    static char a[] = "a", b[] = "b";
    key_a =
        (struct tk_token_key){.id = a, .secret = g_bytes_new_static("0123456789abcdef0123456789abcdef", 32)};
    key_b =
        (struct tk_token_key){.id = b, .secret = g_bytes_new_static("fedcba9876543210fedcba9876543210", 32)};
    keys_now = g_ptr_array_new();
    g_ptr_array_add(keys_now, &key_a);
    keys_other = g_ptr_array_new();
    g_ptr_array_add(keys_other, &key_b);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    g_bytes_unref(key_a.secret);
    g_bytes_unref(key_b.secret);
    g_ptr_array_unref(keys_now);
    g_ptr_array_unref(keys_other);
    return 0;
}

/* The tokens that are read, as "TICKET/a" where it came from the address, "TICKET/m" from a Message-ID, then
 * "!" for each that is foreign. */
static char *tokens_read(const GPtrArray *keys, const char *details, const char *in_reply_to,
                         const char *references, const char *reported)
{
    char subject[] = "Re: [INC-9] x";
    struct tk_message message = {
        .subject = subject, .in_reply_to = ids(in_reply_to), .references = ids(references)};
    g_autoptr(GPtrArray) list = ids(details);
    const struct tk_thread_input input = {.message = &message,
                                          .prefixes = prefixes,
                                          .token_keys = keys,
                                          .scope = here,
                                          .details = list,
                                          .reported_id = reported};
    struct tk_thread_keys found;
    tk_thread_read(&input, &found);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < found.tokens->len; i++) {
        const struct tk_thread_token *token = &g_array_index(found.tokens, struct tk_thread_token, i);
        g_string_append_printf(out, "%s%" G_GINT64_FORMAT "/%c", i > 0 ? " " : "", token->token.ticket_id,
                               token->in_address ? 'a' : 'm');
    }
    for (guint i = 0; i < found.foreign; i++)
        g_string_append_c(out, '!');
    tk_thread_clear(&found);
    g_ptr_array_unref(message.in_reply_to);
    g_ptr_array_unref(message.references);
    return g_string_free(out, FALSE);
}

static char *detail_for(const GPtrArray *keys, const struct tk_token_scope *scope, gint64 ticket_id)
{
    g_autofree char *token = tk_token_make(keys, scope, ticket_id, 0, "ann@acme.example");
    return g_strconcat("t-", token, NULL);
}

static char *id_for(const GPtrArray *keys, gint64 ticket_id, gint64 serial)
{
    g_autofree char *token = tk_token_make(keys, &here, ticket_id, serial, "ann@acme.example");
    return tk_token_to_message_id(token, gw1.name);
}

static void tokens_come_from_the_address_then_what_is_reported_then_the_ids(void **state)
{
    (void)state;
    g_autofree char *address = detail_for(keys_now, &here, 1);
    g_autofree char *reported = id_for(keys_now, 2, 20);
    g_autofree char *answered = id_for(keys_now, 3, 30);
    g_autofree char *older = id_for(keys_now, 4, 40);
    g_autofree char *references = g_strjoin(" ", "x@far.example", older, answered, NULL);
    const struct {
        const char *details, *in_reply_to, *references, *reported, *expected;
    } cases[] = {
        {"", "", "", NULL, ""},
        {address, answered, references, reported, "1/a 2/m 3/m 4/m"},
        {address, "", "", NULL, "1/a"},
        {"", "", references, NULL, "3/m 4/m"},
        {"", answered, references, NULL, "3/m 4/m"},
        {"", "", "", reported, "2/m"},
        {"shirt t-shirt", "t-shirt@gw1.example.net", "", "x@y", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *got = tokens_read(keys_now, cases[i].details, cases[i].in_reply_to,
                                           cases[i].references, cases[i].reported);
        assert_string_equal(got, cases[i].expected);
    }
}

static void a_token_that_is_not_ours_is_counted_and_is_none(void **state)
{
    (void)state;
    const struct tk_token_scope tenant = {&gw1, "zeta", "support"}, channel = {&gw1, "acme", "sales"},
                                installation = {&gw2, "acme", "support"};
    g_autofree char *mine = detail_for(keys_now, &here, 5);
    g_autofree char *of_tenant = detail_for(keys_now, &tenant, 5);
    g_autofree char *of_channel = detail_for(keys_now, &channel, 5);
    g_autofree char *of_installation = detail_for(keys_now, &installation, 5);
    g_autofree char *of_key = detail_for(keys_other, &here, 5);
    g_autofree char *forged = g_strdup(mine);
    forged[strlen(forged) - 3] = forged[strlen(forged) - 3] == 'a' ? 'b' : 'a';
    g_autofree char *cut = g_strndup(mine, strlen(mine) - 8);
    g_autofree char *upper = g_ascii_strup(mine, -1);
    g_autofree char *id = g_strconcat(mine, "@gw1.example.net", NULL);
    g_autofree char *id_upper = g_ascii_strup(id, -1);
    g_autofree char *id_forged = g_strconcat(forged, "@gw1.example.net", NULL);
    g_autofree char *id_elsewhere = g_strconcat(mine, "@gw2.example.net", NULL);
    const struct {
        const char *details, *ids, *expected;
    } cases[] = {
        {mine, "", "5/a"},
        {upper, "", "5/a"},
        {of_tenant, "", "!"},
        {of_channel, "", "!"},
        {of_installation, "", "!"},
        {of_key, "", "!"},
        {forged, "", "!"},
        {cut, "", ""},
        {"", id, "5/m"},
        {"", id_upper, "5/m"},
        {"", id_forged, "!"},
        {"", id_elsewhere, ""},
        {of_tenant, id, "5/m!"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *got = tokens_read(keys_now, cases[i].details, cases[i].ids, "", NULL);
        assert_string_equal(got, cases[i].expected);
        g_autofree char *without = tokens_read(NULL, cases[i].details, cases[i].ids, "", NULL);
        assert_string_equal(without, "");
    }
}

static void a_token_of_the_old_key_counts_while_the_key_is_there(void **state)
{
    (void)state;
    g_autofree char *old = detail_for(keys_other, &here, 6);
    g_autoptr(GPtrArray) both = g_ptr_array_new();
    g_ptr_array_add(both, &key_a);
    g_ptr_array_add(both, &key_b);
    g_autofree char *while_there = tokens_read(both, old, "", "", NULL);
    g_autofree char *after = tokens_read(keys_now, old, "", "", NULL);
    assert_string_equal(while_there, "6/a");
    assert_string_equal(after, "!");
}

static void of_many_tokens_so_many_are_kept(void **state)
{
    (void)state;
    g_autoptr(GString) list = g_string_new(NULL);
    for (gint64 ticket_id = 1; ticket_id <= TK_THREAD_MAX_TOKENS + 5; ticket_id++) {
        g_autofree char *id = id_for(keys_now, ticket_id, 1);
        g_string_append_printf(list, " %s", id);
    }
    g_autofree char *got = tokens_read(keys_now, "", "", list->str, NULL);
    assert_string_equal(got, "15/m 14/m 13/m 12/m 11/m 10/m 9/m 8/m 7/m 6/m");
}

static void topics_are_compared_without_marks_of_answers_numbers_and_case(void **state)
{
    (void)state;
    const struct {
        const char *one, *other;
        gboolean same;
    } cases[] = {
        {"Printer", "Printer", TRUE},
        {"Printer", "Re: [INC-4] printer", TRUE},
        {"Printer", "AW: WG: Re[2]:  Printer ", TRUE},
        {"Printer", "\345\233\236\345\244\215\357\274\232Printer", TRUE}, /* with a full-width colon */
        {"Fwd: Printer", "SV: Fwd: Printer", TRUE},
        {"Printer", "Re: Laptop", FALSE},
        {"Printer", "Re: Printer and laptop", FALSE},
        {"Printer", "[CHG-4] Printer", FALSE},
        {"Printer", "", TRUE},
        {"Printer", "Re: [INC-4]", TRUE},
        {"", "Re: Laptop", TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        if (tk_thread_same_topic(cases[i].one, cases[i].other, prefixes) != cases[i].same)
            fail_msg("\"%s\" and \"%s\"", cases[i].one, cases[i].other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_come_newest_first_and_once),
        cmocka_unit_test(a_long_thread_keeps_its_last_ids_and_its_first),
        cmocka_unit_test(a_token_needs_brackets_a_known_prefix_and_a_number),
        cmocka_unit_test(tokens_are_cut_with_their_blanks),
        cmocka_unit_test(tokens_come_from_the_address_then_what_is_reported_then_the_ids),
        cmocka_unit_test(a_token_that_is_not_ours_is_counted_and_is_none),
        cmocka_unit_test(a_token_of_the_old_key_counts_while_the_key_is_there),
        cmocka_unit_test(of_many_tokens_so_many_are_kept),
        cmocka_unit_test(topics_are_compared_without_marks_of_answers_numbers_and_case),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
