/* Tests of who reads which tenant: what is given, taken, renamed and dropped, and what an upgrade makes of
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/store/server.h"

#define TENANTS "SELECT string_agg(name, ',' ORDER BY name) FROM ticketing.tenant"

static int setup(void **state)
{
    (void)state;
    server_fill();
    struct tk_store *admin = server_store("ticket_admin", 1);
    server_add_tenant(admin, "globex", "globex.tickets.example.net");
    server_expect(
        "", "CREATE ROLE free LOGIN; CREATE ROLE bound LOGIN; CREATE ROLE nobody_yet LOGIN; CREATE ROLE "
            "globex_people; CREATE ROLE all_people; CREATE ROLE boss LOGIN SUPERUSER;"
            "GRANT ticket_agent TO free, bound, nobody_yet, globex_people, all_people");
    server_reader(admin, TK_READER_ADD, "free", "*", true, NULL);
    server_reader(admin, TK_READER_ADD, "bound", "acme", true, NULL);
    server_reader(admin, TK_READER_ADD, "globex_people", "globex", true, NULL);
    server_reader(admin, TK_READER_ADD, "all_people", "*", true, NULL);
    server_reader(admin, TK_READER_REMOVE, "ticket_agent", "*", true, "ticket_agent reads no tenant");
    tk_store_close(&admin);
    return 0;
}

struct row {
    const char *role, *sql, *answer;
};

static void check_rows(const struct row *rows, gsize count)
{
    guint wrong = 0;
    for (gsize i = 0; i < count; i++) {
        g_autofree char *answer = server_ask_as(rows[i].role, rows[i].sql);
        if (strcmp(answer, rows[i].answer) != 0) {
            print_message("%s: %s\n  got %s instead of %s\n", rows[i].role, rows[i].sql, answer,
                          rows[i].answer);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void only_roles_of_people_can_be_given_tenants(void **state)
{
    (void)state;
    static const struct {
        const char *role, *tenant;
        enum tk_status status;
    } rows[] = {
        {"free", "nobody", TK_REFUSED},
        {"missing", "acme", TK_REFUSED},
        {"", "acme", TK_REFUSED},
        {"ticket_admin", "acme", TK_REFUSED},
        {"ticket_milter", "acme", TK_REFUSED},
        {"ticket_owner", "*", TK_REFUSED},
        {"postgres", "acme", TK_REFUSED},
        {"boss", "acme", TK_REFUSED},
        {"ticket_agent", "acme", TK_OK},
        {"free", "acme", TK_OK},
    };
    struct tk_store *store = server_store("ticket_admin", 1);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct tk_reader reader = {0};
        const char *const tenants[] = {rows[i].tenant, NULL};
        if (tk_admin_reader(store, TK_READER_ADD, rows[i].role, tenants, soon(5), &reader, NULL) !=
            rows[i].status)
            fail_msg("%s", rows[i].role);
        tk_reader_clear(&reader);
    }
    /* What the role of all agents was given is for sessions of that role alone. */
    static const struct row given[] = {{"ticket_agent", TENANTS, "acme"}, {"nobody_yet", TENANTS, ""}};
    check_rows(given, G_N_ELEMENTS(given));
    server_reader(store, TK_READER_REMOVE, "ticket_agent", "acme", true, "ticket_agent reads no tenant");
    server_reader(store, TK_READER_REMOVE, "free", "acme", true, "free reads ALL tenants");
    tk_store_close(&store);
}

static void a_change_says_what_the_role_reads_afterwards(void **state)
{
    (void)state;
    struct tk_store *store = server_store("ticket_admin", 1);
    server_expect("", "CREATE ROLE gil LOGIN; GRANT ticket_agent TO gil");
    server_reader(store, TK_READER_ADD, "gil", "globex", true, "gil reads globex");
    server_reader(store, TK_READER_ADD, "gil", "globex", false, "gil reads globex");
    server_reader(store, TK_READER_ADD, "gil", "acme", true, "gil reads acme and globex");
    server_reader(store, TK_READER_ADD, "gil", "*", true, "gil reads ALL tenants");
    server_reader(store, TK_READER_REMOVE, "gil", "*", true, "gil reads acme and globex");
    server_reader(store, TK_READER_REMOVE, "gil", "globex", true, "gil reads acme");
    server_expect("", "GRANT globex_people TO gil");
    server_reader(store, TK_READER_REMOVE, "gil", "globex", false,
                  "gil reads acme and globex (as a member of globex_people)");
    server_reader(store, TK_READER_REMOVE, "gil", "acme", true,
                  "gil reads globex (as a member of globex_people)");
    server_expect("", "REVOKE globex_people FROM gil; GRANT all_people TO gil");
    server_reader(store, TK_READER_REMOVE, "gil", "acme", false,
                  "gil reads ALL tenants (as a member of all_people)");
    server_expect("", "REVOKE all_people FROM gil");
    server_reader(store, TK_READER_REMOVE, "gil", "acme", false, "gil reads no tenant");
    server_expect("", "DROP ROLE gil");
    tk_store_close(&store);
}

/* Each step is done to a role GIL that reads acme alone, and to a group PEOPLE of his that reads acme too. */
static void nothing_that_happens_to_a_role_widens_what_anybody_reads(void **state)
{
    (void)state;
    static const struct {
        const char *step, *role, *reads;
    } rows[] = {
        {"SELECT ticketing.reader_set('gil', '{acme}', false); SELECT ticketing.reader_set('people', "
         "'{acme}', "
         "false)",
         "gil", ""},
        {"ALTER ROLE gil RENAME TO gil_of_old; REVOKE people FROM gil_of_old", "gil_of_old", ""},
        {"ALTER ROLE gil RENAME TO gil_of_old; ALTER ROLE other RENAME TO gil", "gil", ""},
        {"DROP ROLE gil; CREATE ROLE gil LOGIN; GRANT ticket_agent TO gil", "gil", ""},
        {"SELECT ticketing.reader_set('gil', '{acme}', false); DROP ROLE people", "gil", ""},
        {"SELECT ticketing.reader_set('gil', '{acme}', false); ALTER ROLE people RENAME TO folk", "gil", ""},
        {"SELECT ticketing.reader_set('gil', '{acme}', false); DROP ROLE people; CREATE ROLE people; GRANT "
         "ticket_agent, people TO gil",
         "gil", ""},
        {"DROP ROLE people", "gil", "acme"},
        {"REVOKE people FROM gil", "gil", "acme"},
        {"ALTER ROLE people RENAME TO folk", "gil", "acme"},
        {"UPDATE ticketing.reader SET role_oid = (role_oid::bigint + 1)::oid WHERE role IN ('gil', 'people')",
         "gil", ""},
        {"ALTER ROLE ticket_admin RENAME TO former; ALTER ROLE other RENAME TO ticket_admin", "gil", "acme"},
    };
    guint wrong = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *sql =
            g_strdup_printf("BEGIN; CREATE ROLE gil LOGIN; CREATE ROLE people; CREATE ROLE other LOGIN;"
                            "GRANT ticket_agent TO gil, people, other; GRANT people TO gil;"
                            "SELECT ticketing.reader_set('gil', '{acme}', true);"
                            "SELECT ticketing.reader_set('people', '{acme}', true);"
                            "%s; SET SESSION AUTHORIZATION %s; " TENANTS,
                            rows[i].step, rows[i].role);
        g_autofree char *answer = server_ask("postgres", sql);
        if (strcmp(answer, rows[i].reads) != 0) {
            print_message("%s\n  %s reads \"%s\"\n", rows[i].step, rows[i].role, answer);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    /* A role that takes the name of the administrators' role is none of them. */
    server_expect("", "BEGIN; CREATE ROLE other LOGIN; GRANT ticket_agent TO other; ALTER ROLE ticket_admin "
                      "RENAME TO former; ALTER ROLE other RENAME TO ticket_admin; SET SESSION AUTHORIZATION "
                      "ticket_admin; " TENANTS);
}

static void a_name_is_given_anew_what_it_had_on_purpose_alone(void **state)
{
    (void)state;
    struct tk_store *store = server_store("ticket_admin", 1);
    server_expect("", "CREATE ROLE eve LOGIN; GRANT ticket_agent TO eve");
    server_reader(store, TK_READER_ADD, "eve", "acme", true, "eve reads acme");
    server_expect("", "DROP ROLE eve; CREATE ROLE eve LOGIN; GRANT ticket_agent TO eve");
    static const struct row before[] = {{"eve", TENANTS, ""}}, after[] = {{"eve", TENANTS, "acme"}};
    check_rows(before, 1);
    /* One tenant that is given does not bring back the others. */
    server_reader(store, TK_READER_ADD, "eve", "globex", true, "eve reads globex");
    server_reader(store, TK_READER_REMOVE, "eve", "globex", true, "eve reads no tenant");
    server_reader(store, TK_READER_RENEW, "eve", NULL, true, "eve reads acme");
    check_rows(after, 1);
    server_reader(store, TK_READER_RENEW, "eve", NULL, false, "eve reads acme");
    struct tk_reader reader = {0};
    assert_int_equal(tk_admin_reader(store, TK_READER_RENEW, "nobody_yet", NULL, soon(5), &reader, NULL),
                     TK_REFUSED);
    server_reader(store, TK_READER_REMOVE, "eve", "acme", true, "eve reads no tenant");
    server_expect("", "DROP ROLE eve");
    tk_store_close(&store);
}

/* An installation of the version before: roles that were held to no tenant read all. */
static void an_upgrade_keeps_what_persons_read_and_says_whom(void **state)
{
    (void)state;
    server_old("before", 7);
    static const char *const told[] = {
        "free reads ALL tenants, as before",
        "one_of_all reads ALL tenants, as before",
        "ticket_agent reads ALL tenants, as before",
        "loose read all tenants and reads NO tenant from now on: it cannot log in",
        "wide read all tenants and reads NO tenant from now on: its members would read all with it (narrow)",
    };
    static const char *const untold[] = {"narrow reads", "boss", "ticket_admin", "ticket_milter"};
    server_expect(
        "",
        "CREATE ROLE one_of_all LOGIN; CREATE ROLE loose; CREATE ROLE wide LOGIN; CREATE ROLE narrow LOGIN;"
        "GRANT ticket_agent TO loose, wide, narrow; GRANT all_people TO one_of_all; GRANT wide TO narrow");
    g_autofree char *filled = server_ask_in(
        "before", "postgres",
        "INSERT INTO ticketing.tenant (name, created_at) VALUES ('acme', now()), ('globex', now());"
        "INSERT INTO ticketing.reader VALUES (1, 'narrow'), (1, 'bound'), (2, 'gone')");
    assert_string_equal(filled, "");
    struct tk_store *store = server_store_in("before", "postgres", 1);
    g_autoptr(GString) lines = g_string_new(NULL), why = g_string_new(NULL);
    guint applied = 0;
    if (tk_admin_migrate(store, soon(30), &applied, lines, why) != TK_OK)
        fail_msg("%s", why->str);
    for (gsize i = 0; i < G_N_ELEMENTS(told); i++)
        if (strstr(lines->str, told[i]) == NULL)
            fail_msg("%s: not in %s", told[i], lines->str);
    for (gsize i = 0; i < G_N_ELEMENTS(untold); i++)
        assert_null(strstr(lines->str, untold[i]));
    static const struct row reads[] = {
        {"free", TENANTS, "acme,globex"},
        {"one_of_all", TENANTS, "acme,globex"},
        {"ticket_admin", TENANTS, "acme,globex"},
        {"ticket_agent", TENANTS, "acme,globex"},
        {"narrow", TENANTS, "acme"},
        {"bound", TENANTS, "acme"},
        {"wide", TENANTS, ""},
        {"loose", TENANTS, ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(reads); i++) {
        g_autofree char *sql =
            g_strdup_printf("SET SESSION AUTHORIZATION %s; %s", reads[i].role, reads[i].sql);
        g_autofree char *answer = server_ask_in("before", "postgres", sql);
        if (strcmp(answer, reads[i].answer) != 0)
            fail_msg("%s reads %s", reads[i].role, answer);
    }
    tk_store_close(&store);
    server_expect("", "DROP DATABASE before");
    server_expect("", "DROP ROLE one_of_all; DROP ROLE loose; DROP ROLE narrow; DROP ROLE wide");
}

static int teardown(void **state)
{
    (void)state;
    server_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_roles_of_people_can_be_given_tenants),
        cmocka_unit_test(a_change_says_what_the_role_reads_afterwards),
        cmocka_unit_test(nothing_that_happens_to_a_role_widens_what_anybody_reads),
        cmocka_unit_test(a_name_is_given_anew_what_it_had_on_purpose_alone),
        cmocka_unit_test(an_upgrade_keeps_what_persons_read_and_says_whom),
    };
    return server_run(tests, setup, teardown);
}
