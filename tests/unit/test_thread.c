/* Unit tests of thread: keys of a mail that may name a ticket. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/thread.h"

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
    struct tk_thread_keys keys;
    tk_thread_read(&message, prefixes, &keys);
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
    struct tk_thread_keys keys;
    tk_thread_read(&message, prefixes, &keys);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_come_newest_first_and_once),
        cmocka_unit_test(a_long_thread_keeps_its_last_ids_and_its_first),
        cmocka_unit_test(a_token_needs_brackets_a_known_prefix_and_a_number),
        cmocka_unit_test(tokens_are_cut_with_their_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
