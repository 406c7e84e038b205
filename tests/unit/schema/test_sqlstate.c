/* Unit tests of sqlstate. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "schema/wire/sqlstate.h"

static void a_code_stands_before_its_class_and_the_unknown_is_later(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        struct tk_sqlstate expected;
    } cases[] = {
        {"08006", {TK_LATER, true, false}},     {"08007", {TK_UNCERTAIN, true, false}},
        {"22021", {TK_CONFIG, false, false}},   {"23505", {TK_CONFIG, false, false}},
        {"54000", {TK_CONFIG, false, false}},   {"TK010", {TK_REFUSED, false, false}},
        {"25006", {TK_LATER, true, false}},     {"28P01", {TK_CONFIG, true, false}},
        {"40001", {TK_LATER, false, true}},     {"40P01", {TK_LATER, false, true}},
        {"40003", {TK_UNCERTAIN, true, false}}, {"42883", {TK_CONFIG, false, false}},
        {"53100", {TK_STORAGE, false, false}},  {"53300", {TK_LATER, false, false}},
        {"55P03", {TK_LATER, false, false}},    {"57014", {TK_LATER, false, false}},
        {"57P01", {TK_LATER, true, false}},     {"TK001", {TK_LATER, false, false}},
        {"TK004", {TK_BUG, false, false}},      {"TK005", {TK_BUG, false, false}},
        {"TK006", {TK_CONFIG, false, false}},   {"XX000", {TK_LATER, true, false}},
        {"ZZ999", {TK_LATER, false, false}},    {"", {TK_LATER, false, false}},
        {NULL, {TK_LATER, false, false}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct tk_sqlstate got = tk_sqlstate_meaning(cases[i].code);
        if (got.status != cases[i].expected.status || got.drop != cases[i].expected.drop ||
            got.retry != cases[i].expected.retry)
            fail_msg("%s", cases[i].code);
    }
}

static void a_constraint_is_never_taken_for_the_fault_of_a_mail(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        bool values, input;
    } cases[] = {
        {"22021", true, true},   {"22P02", true, true},   {"54000", true, true},  {"23505", false, true},
        {"23514", false, true},  {"23502", false, true},  {"23503", false, true}, {"42883", false, false},
        {"40001", false, false}, {"53100", false, false}, {"", false, false},     {NULL, false, false},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_int_equal(tk_sqlstate_may_be_values(cases[i].code), cases[i].values);
        assert_int_equal(tk_sqlstate_may_be_input(cases[i].code), cases[i].input);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_stands_before_its_class_and_the_unknown_is_later),
        cmocka_unit_test(a_constraint_is_never_taken_for_the_fault_of_a_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
