/* Tests of the installation's names: who may set them, what they become, how a program follows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "milter/base/naming.h"
#include "tests/store/server.h"

static struct tk_store *owner, *store;

/* Changes the names; lists have blanks between. */
static enum tk_status set(const char *name, bool once, const char *former, const char *forgotten,
                          GString *why)
{
    g_auto(GStrv) had = g_strsplit(former, " ", -1), gone = g_strsplit(forgotten, " ", -1);
    const struct tk_admin_names names = {.name = name,
                                         .once = once,
                                         .former = (const char *const *)had,
                                         .forgotten = (const char *const *)gone};
    return tk_admin_name(owner, &names, soon(10), why);
}

/* The name and the former ones, as the milter's role sees them. The caller frees it. */
static char *told(void)
{
    struct tk_installation *installation = NULL;
    g_autoptr(GString) why = g_string_new(NULL);
    if (tk_store_installation(store, soon(10), &installation, why) != TK_OK)
        return g_strdup(why->str);
    g_autofree char *former = g_strjoinv(" ", (char **)installation->former);
    char *text = g_strdup_printf("%s (%s)", installation->name, former);
    tk_installation_unref(&installation);
    return text;
}

static void expect(const char *expected)
{
    g_autofree char *got = told();
    assert_string_equal(got, expected);
}

static int start(void **state)
{
    (void)state;
    server_expect("", "DELETE FROM ticketing_meta.installation");
    return 0;
}

static void one_that_was_never_named_says_what_to_do(void **state)
{
    (void)state;
    expect("the installation has no name: ticketctl init --name NAME");
    assert_int_equal(set(NULL, true, "", "", NULL), TK_OK);
    expect("the installation has no name: ticketctl init --name NAME");
}

static void a_name_that_is_only_proposed_gives_way_to_one_that_is_there(void **state)
{
    (void)state;
    assert_int_equal(set("Gw1.Example.net", true, "", "", NULL), TK_OK);
    expect("gw1.example.net ()");
    assert_int_equal(set("gw2.example.net", true, "", "", NULL), TK_OK);
    expect("gw1.example.net ()");
}

static void another_name_makes_the_one_before_a_former_one(void **state)
{
    (void)state;
    assert_int_equal(set("a.example.net", false, "", "", NULL), TK_OK);
    assert_int_equal(set("b.example.net", false, "old.example.net", "", NULL), TK_OK);
    expect("b.example.net (old.example.net a.example.net)");
    /* And back. */
    assert_int_equal(set("A.example.net", false, "", "", NULL), TK_OK);
    expect("a.example.net (b.example.net old.example.net)");
    assert_int_equal(set("a.example.net", false, "", "OLD.example.net", NULL), TK_OK);
    expect("a.example.net (b.example.net)");
    assert_int_equal(set(NULL, false, "a.example.net b.example.net", "", NULL), TK_OK);
    expect("a.example.net (b.example.net)");
}

static void what_is_no_former_name_cannot_be_forgotten(void **state)
{
    (void)state;
    static const char *const others[] = {"a.example.net", "x.example.net"};
    assert_int_equal(set("a.example.net", false, "b.example.net", "", NULL), TK_OK);
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(GString) why = g_string_new(NULL);
        assert_int_equal(set(NULL, false, "", others[i], why), TK_REFUSED);
        assert_non_null(strstr(why->str, others[i]));
        expect("a.example.net (b.example.net)");
    }
}

static void names_are_bounded(void **state)
{
    (void)state;
    g_autoptr(GString) former = g_string_new(NULL), why = g_string_new(NULL);
    for (int i = 1; i < 16; i++)
        g_string_append_printf(former, "%sn%d.example.net", i > 1 ? " " : "", i);
    assert_int_equal(set("a.example.net", false, former->str, "", why), TK_OK);
    assert_int_equal(set("b.example.net", false, "", "", why), TK_REFUSED);
    assert_non_null(strstr(why->str, "at most 16 names"));
    server_expect("16", "SELECT count(*) FROM ticketing_meta.installation");
    assert_int_equal(set("b.example.net", false, "", "n1.example.net", why), TK_OK);
}

static void a_program_keeps_the_names_while_the_database_is_away(void **state)
{
    (void)state;
    struct tk_naming *naming = tk_naming_new();
    struct tk_installation *first = NULL, *second = NULL;
    g_autoptr(GString) why = g_string_new(NULL);
    assert_int_equal(set("a.example.net", false, "", "", NULL), TK_OK);
    server_crash();
    assert_int_equal(tk_naming_find(naming, store, soon(2), &first, why), TK_LATER);
    assert_null(first);
    assert_true(why->len > 0);
    server_again();
    assert_int_equal(tk_naming_find(naming, store, soon(20), &first, why), TK_OK);
    assert_string_equal(first->name, "a.example.net");
    assert_int_equal(set("b.example.net", false, "", "", NULL), TK_OK);
    /* What was told lately is not asked again. */
    assert_int_equal(tk_naming_find(naming, store, soon(20), &second, NULL), TK_OK);
    assert_ptr_equal(second, first);
    tk_installation_unref(&second);
    tk_naming_forget(naming);
    server_crash();
    assert_int_equal(tk_naming_find(naming, store, soon(2), &second, why), TK_OK);
    assert_string_equal(second->name, "a.example.net");
    assert_int_equal(why->len, 0);
    tk_installation_unref(&second);
    server_again();
    tk_naming_forget(naming);
    assert_int_equal(tk_naming_find(naming, store, soon(20), &second, NULL), TK_OK);
    assert_string_equal(second->name, "b.example.net");
    assert_string_equal(second->former[0], "a.example.net");
    assert_string_equal(first->name, "a.example.net"); /* who holds it keeps it */
    tk_installation_unref(&first);
    tk_installation_unref(&second);
    tk_naming_free(&naming);
    assert_null(naming);
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    owner = server_store("postgres", 1);
    store = server_store("ticket_milter", 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tk_store_close(&owner);
    tk_store_close(&store);
    server_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_that_was_never_named_says_what_to_do, start),
        cmocka_unit_test_setup(a_name_that_is_only_proposed_gives_way_to_one_that_is_there, start),
        cmocka_unit_test_setup(another_name_makes_the_one_before_a_former_one, start),
        cmocka_unit_test_setup(what_is_no_former_name_cannot_be_forgotten, start),
        cmocka_unit_test_setup(names_are_bounded, start),
        cmocka_unit_test_setup(a_program_keeps_the_names_while_the_database_is_away, start),
    };
    return server_run(tests, setup, teardown);
}
