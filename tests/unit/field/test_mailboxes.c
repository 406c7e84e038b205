/* Tests of mailboxes: address fields as people and programs write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rules/field/mailboxes.h"

/* The mailboxes of VALUE as "name <address>|name <address>(comment)". */
static char *read_all(const char *value, guint max, struct tk_mailboxes_facts *facts)
{
    guint marks = 0;
    g_autoptr(GPtrArray) mailboxes = tk_mailboxes_parse(value, max, &marks, facts);
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < mailboxes->len; i++) {
        const struct tk_mailbox *mailbox = g_ptr_array_index(mailboxes, i);

        g_string_append_printf(out, "%s%s <%s>", i > 0 ? "|" : "", mailbox->name, mailbox->address);
        if (mailbox->comment != NULL)
            g_string_append_printf(out, "(%s)", mailbox->comment);
    }
    return g_string_free(out, FALSE);
}

static void reads_what_is_written(void **state)
{
    static const struct {
        const char *value, *mailboxes;
    } cases[] = {
        {"", ""},
        {"   ", ""},
        {"ann@example.org", " <ann@example.org>"},
        {"<ann@example.org>", " <ann@example.org>"},
        {"Ann <ann@example.org>", "Ann <ann@example.org>"},
        {"Ann B. Lee <ann@example.org>, bob@example.net", "Ann B. Lee <ann@example.org>| <bob@example.net>"},
        {"\"Lee, Ann\" <ann@example.org>", "Lee, Ann <ann@example.org>"},
        {"Lee, Ann <ann@example.org>", "Lee, Ann <ann@example.org>"},
        {"\"Ann \\\"A\\\" Lee\" <ann@example.org>", "Ann \"A\" Lee <ann@example.org>"},
        {"ann@example.org (Ann Lee)", " <ann@example.org>(Ann Lee)"},
        {"ann@example.org (Ann Lee), bob@example.net (Bob)",
         " <ann@example.org>(Ann Lee)| <bob@example.net>(Bob)"},
        {"ann@example.org (Ann (Lee\\)))", " <ann@example.org>(Ann (Lee)))"},
        {"j@example.org (=?utf-8?Q?J=C3=BCrgen?= Lee)", " <j@example.org>(J\303\274rgen Lee)"},
        {"ann@(work)example.org (Ann)", " <ann@example.org>(Ann)"},
        {"Ann ann@example.org (home)", "Ann <ann@example.org>"},
        {"(home) ann@example.org", " <ann@example.org>"},
        {"ann@example.org (Ann", " <ann@example.org>"},
        {"ann@example.org ( ), bob@example.net", " <ann@example.org>| <bob@example.net>"},
        {"Ann (home (old)) <ann@example.org>", "Ann <ann@example.org>"},
        {"ann @ example.org", " <ann@example.org>"},
        {"< ann@example.org >", " <ann@example.org>"},
        {"<@a.example,@b.example:ann@example.org>", " <ann@example.org>"},
        {"mailto:ann@example.org", " <ann@example.org>"},
        {"<mailto:ann@example.org>", " <ann@example.org>"},
        {"team: ann@example.org, bob@example.net;", " <ann@example.org>| <bob@example.net>"},
        {"undisclosed-recipients:;", ""},
        {"team: ann@example.org;, bob@example.net", " <ann@example.org>| <bob@example.net>"},
        {"MAILER-DAEMON", "MAILER-DAEMON <>"},
        {"Ann <>", "Ann <>"},
        {"<>", " <>"},
        {"\"a b\"@example.org", " <\"a b\"@example.org>"},
        {"\"a <x@y>\"@example.org, b@c", " <\"a <x@y>\"@example.org>| <b@c>"},
        {"<\"a>b\"@example.org>", " <\"a>b\"@example.org>"},
        {"=?utf-8?Q?J=C3=BCrgen?= <j@example.org>", "J\303\274rgen <j@example.org>"},
        {"\"=?utf-8?Q?J=C3=BCrgen?=\" <j@example.org>", "J\303\274rgen <j@example.org>"},
        {"=?utf-8?Q?Lee,_Ann?= <ann@example.org>", "Lee, Ann <ann@example.org>"},
        {"=?utf-8?Q?a?= =?utf-8?Q?b?= c <x@example.org>", "ab c <x@example.org>"},
        {"ann@example.org; bob@example.net", " <ann@example.org>| <bob@example.net>"},
        {",,ann@example.org,,", " <ann@example.org>"},
        {"\"open <ann@example.org>", "open <<ann@example.org>>"},
        {"<ann@example.org", " <ann@example.org>"},
        {"(open ann@example.org", ""},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *found = read_all(cases[i].value, 100, NULL);

        assert_string_equal(found, cases[i].mailboxes);
    }
}

static void says_what_stands_in_the_way_of_an_identity(void **state)
{
    static const struct {
        const char *value;
        gboolean group, odd, encoded;
    } cases[] = {
        {"Ann <ann@example.org>", FALSE, FALSE, FALSE},
        {"ann@example.org (bob@example.net)", FALSE, FALSE, FALSE},
        {"undisclosed-recipients:;", TRUE, FALSE, FALSE},
        {"a <a@example.org> <b@example.org>", FALSE, TRUE, FALSE},
        {"<a@example.org>x@example.net", FALSE, TRUE, FALSE},
        {"Ann ann@example.org", FALSE, TRUE, FALSE},
        {"=?utf-8?Q?Ann_<ann=40example.org>?=", FALSE, FALSE, TRUE},
        {"=?utf-8?Q?boss=40example.org_<boss=40example.org>?= <x@example.net>", FALSE, FALSE, TRUE},
        {"=?utf-8?Q?ann=40example.org?= <ann@example.org>", FALSE, FALSE, FALSE},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_mailboxes_facts facts;
        g_autofree char *found = read_all(cases[i].value, 100, &facts);

        assert_int_equal(facts.group, cases[i].group);
        assert_int_equal(facts.odd, cases[i].odd);
        assert_int_equal(facts.encoded, cases[i].encoded);
        assert_false(facts.cut);
    }
}

static void stops_at_the_cap_and_says_so(void **state)
{
    struct tk_mailboxes_facts facts;
    g_autofree char *two = read_all("a@b,c@d", 2, &facts);
    g_autofree char *cut = NULL;

    (void)state;
    assert_false(facts.cut);
    assert_string_equal(two, " <a@b>| <c@d>");
    cut = read_all("a@b,c@d,e@f", 2, &facts);
    assert_true(facts.cut);
    assert_string_equal(cut, two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_written),
        cmocka_unit_test(says_what_stands_in_the_way_of_an_identity),
        cmocka_unit_test(stops_at_the_cap_and_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
