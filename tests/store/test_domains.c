/* Tests of the addresses of tenants: which domains are a tenant's, and whose an address is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/store/server.h"

static struct tk_store *admin;

/* Publishes CHANNEL of TENANT with ADDRESSES (as tk_conf_channel_addresses gives them, without the first
 * one). Fails the test unless it is refused with REFUSAL, or taken where that is NULL. */
static void publish(const char *tenant, const char *channel, const char *address, const char *addresses,
                    const char *refusal)
{
    struct tk_publication p = server_publication();
    struct tk_published published = {0};
    g_autoptr(GString) why = g_string_new(NULL);
    g_autofree char *folded = g_ascii_strdown(address, -1);
    g_autofree char *all =
        g_strdup_printf("[{\"kind\": \"address\", \"address\": \"%s\"}%s]", folded, addresses);
    p.tenant = tenant;
    p.channel = channel;
    p.address = address;
    p.addresses = all;
    const enum tk_status status = tk_admin_publish(admin, &p, soon(5), &published, why);
    g_free(published.changed);
    if (status != (refusal == NULL ? TK_OK : TK_REFUSED))
        fail_msg("%s/%s %s %s: %s", tenant, channel, address, addresses, why->str);
    if (refusal != NULL && strstr(why->str, refusal) == NULL)
        fail_msg("%s", why->str);
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    admin = server_store("ticket_admin", 1);
    server_add_tenant(admin, "globex", "globex.example");
    return 0;
}

static void an_address_lies_in_a_domain_of_its_tenant(void **state)
{
    (void)state;
    static const struct {
        const char *address, *others, *refusal;
    } rows[] = {
        {"boss@globex.example", "",
         "channel.address = \"boss@globex.example\": lies in no domain of the tenant acme; ticketctl tenant "
         "domain "
         "add acme globex.example"},
        {"a@acme.tickets.example.net", ",{\"kind\": \"alias\", \"address\": \"boss@globex.example\"}",
         "channel.aliases = \"boss@globex.example\": lies in no domain"},
        {"a@acme.tickets.example.net", ",{\"kind\": \"folder\", \"address\": \"fail@globex.example\"}",
         "channel.folders = \"fail@globex.example\": lies in no domain"},
        {"a@sub.acme.tickets.example.net", "", "lies in no domain"},
        {"a@tickets.example.net", "", "lies in no domain"},
        {"a@xacme.tickets.example.net", "", "lies in no domain"},
        {"a@acme.tickets.example.net.evil.example", "", "lies in no domain"},
        {"a@[192.0.2.1]", "", "lies in no domain"},
        {"A@ACME.tickets.example.net",
         ",{\"kind\": \"folder\", \"address\": \"fail@acme.tickets.example.net\"}"
         ",{\"kind\": \"alias\", \"address\": \"b@acme.tickets.example.net\"}",
         NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        publish("acme", "first", rows[i].address, rows[i].others, rows[i].refusal);
    server_expect("a@acme.tickets.example.net address,b@acme.tickets.example.net "
                  "alias,fail@acme.tickets.example.net folder",
                  "SELECT string_agg(a.address || ' ' || kind, ',' ORDER BY a.address) FROM "
                  "ticketing.channel_address a "
                  "JOIN ticketing.channel USING (tenant_id, channel_id) WHERE name = 'first'");
    /* What was refused left nothing. */
    server_expect("first,support", "SELECT string_agg(name, ',' ORDER BY name) FROM ticketing.channel");
}

static void an_address_belongs_to_one_channel_of_the_installation(void **state)
{
    (void)state;
    bool changed = false;
    publish("acme", "first", "a@acme.tickets.example.net",
            ",{\"kind\": \"folder\", \"address\": \"fail@acme.tickets.example.net\"}"
            ",{\"kind\": \"alias\", \"address\": \"b@acme.tickets.example.net\"}",
            NULL);
    const char *const shared[] = {"acme.tickets.example.net", NULL};
    assert_int_equal(tk_admin_tenant_domains(admin, "globex", shared, true, true, soon(5), &changed, NULL),
                     TK_OK);
    assert_true(changed);
    publish("globex", "thief", "SUPPORT.392@acme.tickets.example.net", "",
            "channel.address = \"support.392@acme.tickets.example.net\": is an address of acme/support; an "
            "address "
            "belongs to one channel");
    publish("globex", "thief", "t@globex.example",
            ",{\"kind\": \"alias\", \"address\": \"b@acme.tickets.example.net\"}",
            "channel.aliases = \"b@acme.tickets.example.net\": is an address of acme/first");
    publish("globex", "thief", "t@globex.example",
            ",{\"kind\": \"alias\", \"address\": \"fail@acme.tickets.example.net\"}",
            "is a folder of acme/first");
    publish("globex", "thief", "t@globex.example",
            ",{\"kind\": \"folder\", \"address\": \"b@acme.tickets.example.net\"}",
            "is an address of acme/first");
    publish("globex", "thief", "t@globex.example",
            ",{\"kind\": \"folder\", \"address\": \"b+x@acme.tickets.example.net\"}",
            "is an address of acme/first");
    publish("globex", "thief", "b+detail@acme.tickets.example.net", "", "is an address of acme/first");
    /* Within a tenant too; details are told apart there, and channels share a folder. */
    publish("acme", "second", "b@acme.tickets.example.net", "", "is an address of acme/first");
    publish("acme", "second", "b+detail@acme.tickets.example.net",
            ",{\"kind\": \"folder\", \"address\": \"fail@acme.tickets.example.net\"}", NULL);
    /* What a channel gives up is free, whatever it was. */
    publish("acme", "first", "c@acme.tickets.example.net", "", NULL);
    publish("acme", "second", "b@acme.tickets.example.net", "", NULL);
    assert_int_equal(tk_admin_tenant_domains(admin, "globex", shared, false, false, soon(5), &changed, NULL),
                     TK_OK);
}

static void a_stranger_is_not_told_whose_an_address_is(void **state)
{
    (void)state;
    server_expect("", "CREATE ROLE deputy LOGIN; GRANT ticket_admin TO deputy");
    server_reader(admin, TK_READER_ADD, "deputy", "globex", true, "deputy reads globex");
    static const char publication[] =
        "SELECT ticketing.publish('%s', '{\"name\": \"incident\", \"ticket_type\": \"incident\", \"prefix\": "
        "\"INC\","
        " \"status\": \"published\"}', '{\"name\": \"support\", \"address\": \"d@globex.example\","
        " \"status\": \"published\"}', '{}', now()) IS NOT NULL";
    static const char *const tenants[][2] = {{"acme", "!TK011"}, {"globex", "t"}, {"nobody", "!TK011"}};
    for (gsize i = 0; i < G_N_ELEMENTS(tenants); i++) {
        gchar **parts = g_strsplit(publication, "%s", 2);
        g_autofree char *sql = g_strconcat(parts[0], tenants[i][0], parts[1], NULL);
        g_strfreev(parts);
        g_autofree char *answer = server_ask_as("deputy", sql);
        assert_string_equal(answer, tenants[i][1]);
    }
    /* Tenants and domains are for those who read all. */
    static const char *const calls[] = {
        "SELECT ticketing.tenant_add('third', '{third.example}', false, now())",
        "SELECT ticketing.tenant_domain_set('globex', '{third.example}', true, false)",
        "SELECT ticketing.tenant_domain_set('globex', '{globex.example}', false, false)",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_autofree char *answer = server_ask_as("deputy", calls[i]);
        assert_string_equal(answer, "!TK011");
    }
    g_autofree char *seen =
        server_ask_as("deputy", "SELECT string_agg(DISTINCT domain, ',') FROM ticketing.tenant_domain");
    assert_string_equal(seen, "globex.example");
}

static void a_domain_of_two_tenants_is_meant(void **state)
{
    (void)state;
    static const struct {
        const char *domain;
        enum tk_status status;
    } rows[] = {
        {"globex.example", TK_REFUSED},       {"a.globex.example", TK_REFUSED},
        {"*.b.a.globex.example", TK_REFUSED}, {"globex.example.net", TK_OK},
        {"*.example.net", TK_REFUSED},        {"xglobex.example", TK_OK},
    };
    bool made = false, changed = false;
    const char *const below[] = {"*.globex.example", NULL};
    assert_int_equal(tk_admin_tenant_add(admin, "globex", below, false, soon(5), &made, &changed, NULL),
                     TK_OK);
    assert_true(!made && changed);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *const domains[] = {rows[i].domain, NULL};
        g_autoptr(GString) why = g_string_new(NULL);
        if (tk_admin_tenant_add(admin, "initech", domains, false, soon(5), &made, &changed, why) !=
            rows[i].status)
            fail_msg("%s: %s", rows[i].domain, why->str);
        assert_true(rows[i].status == TK_OK || strstr(why->str, "--shared") != NULL);
    }
    const char *const shared[] = {"globex.example", NULL};
    assert_int_equal(tk_admin_tenant_domains(admin, "initech", shared, true, true, soon(5), &changed, NULL),
                     TK_OK);
    publish("initech", "desk", "desk@globex.example", "", NULL);
    publish("globex", "desk", "desk@globex.example", "", "is an address of initech/desk");
    publish("globex", "desk", "desk@deep.sub.globex.example", "", NULL);
    /* A domain that holds an address stays; one behind which another stands may go. */
    assert_int_equal(tk_admin_tenant_domains(admin, "globex", below, false, false, soon(5), &changed, NULL),
                     TK_REFUSED);
    const char *const exact[] = {"deep.sub.globex.example", NULL};
    assert_int_equal(tk_admin_tenant_domains(admin, "globex", exact, true, false, soon(5), &changed, NULL),
                     TK_OK);
    assert_int_equal(tk_admin_tenant_domains(admin, "globex", below, false, false, soon(5), &changed, NULL),
                     TK_OK);
    assert_true(changed);
    assert_int_equal(tk_admin_tenant_domains(admin, "nobody", exact, true, false, soon(5), &changed, NULL),
                     TK_REFUSED);
}

/* Two who publish one address at the same moment: one has it. */
static gpointer publish_race(gpointer data)
{
    struct tk_store *store = server_store("ticket_admin", 1);
    struct tk_publication p = server_publication();
    struct tk_published published = {0};
    p.channel = data;
    p.address = "race@acme.tickets.example.net";
    const enum tk_status status = tk_admin_publish(store, &p, soon(20), &published, NULL);
    g_free(published.changed);
    tk_store_close(&store);
    return GINT_TO_POINTER(status);
}

static void of_two_at_once_one_has_the_address(void **state)
{
    (void)state;
    static char left[] = "left", right[] = "right";
    GThread *other = g_thread_new("publish", publish_race, left);
    const int mine = GPOINTER_TO_INT(publish_race(right));
    const int theirs = GPOINTER_TO_INT(g_thread_join(other));
    assert_true((mine == TK_OK && theirs == TK_REFUSED) || (mine == TK_REFUSED && theirs == TK_OK));
    server_expect("1", "SELECT count(*) FROM ticketing.channel_address WHERE address LIKE 'race@%'");
}

static void an_upgrade_takes_over_what_is_published(void **state)
{
    (void)state;
    server_old("before", 7);
    g_autofree char *filled = server_ask_in(
        "before", "postgres",
        "INSERT INTO ticketing.tenant (name, created_at) VALUES ('acme', now()), ('globex', now());"
        "INSERT INTO ticketing.template (tenant_id, name, ticket_type, prefix, status)"
        " SELECT tenant_id, 'incident', 'incident', 'INC', 'published' FROM ticketing.tenant;"
        "INSERT INTO ticketing.channel (tenant_id, name, address, status, template_id, rules_version)"
        " SELECT t.tenant_id, 'support', 'Support@' || n.name || '.example', 'published', template_id, 2"
        " FROM ticketing.template t JOIN ticketing.tenant n USING (tenant_id);"
        "INSERT INTO ticketing.channel (tenant_id, name, address, status, template_id)"
        " SELECT tenant_id, 'old', 'old@acme.example', 'disabled', template_id FROM ticketing.template WHERE "
        "tenant_id = 1;"
        "INSERT INTO ticketing.channel_rules SELECT tenant_id, channel_id, v, jsonb_build_object("
        " 'address', lower(address), 'aliases', CASE v WHEN 1 THEN '[\"gone@gone.example\"]'::jsonb ELSE"
        " '[\"both@shared.example\"]' END, 'success', 'none', 'fail', 'Fail@folders.example', 'exclude', "
        "'alias'),"
        " now(), 'x' FROM ticketing.channel, generate_series(1, 2) v WHERE name = 'support';"
        "UPDATE ticketing.template SET fields = '[{\"name\": \"salary\", \"restricted\": true}]';"
        "INSERT INTO ticketing.offer (tenant_id, name, channel_id, template_id, hidden, defaults)"
        " SELECT tenant_id, 'mail:support', channel_id, template_id, true, '{\"salary\": \"100\", \"site\": "
        "\"hq\"}' FROM ticketing.channel WHERE name = 'support';"
        "INSERT INTO ticketing.ticket (tenant_id, number, ticket_type, channel_id, subject, description, "
        "requester, created_at, updated_at) SELECT tenant_id, 'INC-1', 'incident', channel_id, 's', 'd', "
        "'r', "
        "now(), now() FROM ticketing.channel WHERE name = 'support';"
        "INSERT INTO ticketing.ticket_field (tenant_id, ticket_id, name, value) SELECT tenant_id, ticket_id, "
        "v.name, v.value FROM ticketing.ticket, (VALUES ('salary', '100'), ('site', 'hq')) AS v (name, "
        "value)");
    assert_string_equal(filled, "");
    g_autoptr(GString) lines = g_string_new(NULL), why = g_string_new(NULL);
    guint applied = 0;
    struct tk_store *store = server_store_in("before", "postgres", 1);
    if (tk_admin_migrate(store, soon(30), &applied, lines, why) != TK_OK)
        fail_msg("%s", why->str);
    tk_store_close(&store);
    assert_non_null(strstr(lines->str, "address both@shared.example is published for more than one channel "
                                       "(acme/support, globex/support)"));
    assert_non_null(strstr(lines->str, "domain shared.example belongs to more than one tenant"));
    assert_null(strstr(lines->str, "address fail@folders.example"));
    g_autofree char *domains = server_ask_in("before", "postgres",
                                             "SELECT string_agg(name || ' ' || domain, ',' ORDER BY name, "
                                             "domain) FROM ticketing.tenant_domain JOIN "
                                             "ticketing.tenant USING (tenant_id)");
    assert_string_equal(domains, "acme acme.example,acme folders.example,acme shared.example,"
                                 "globex folders.example,globex globex.example,globex shared.example");
    g_autofree char *addresses = server_ask_in("before", "postgres",
                                               "SELECT string_agg(address || ' ' || kind, ',' ORDER BY "
                                               "address) FROM ticketing.channel_address WHERE "
                                               "tenant_id = 1");
    assert_string_equal(addresses, "both@shared.example alias,fail@folders.example folder,old@acme.example "
                                   "address,support@acme.example address");
    /* What an offer filled is restricted now where the field is. */
    assert_non_null(strstr(lines->str, "The field salary of 1 tickets was filled by an offer"));
    g_autofree char *fields = server_ask_in(
        "before", "postgres",
        "SELECT string_agg(DISTINCT name || ' ' || restricted, ',') FROM ticketing.ticket_field");
    assert_string_equal(fields, "salary true,site false");
    server_expect("", "DROP DATABASE before");
}

static int teardown(void **state)
{
    (void)state;
    tk_store_close(&admin);
    server_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_lies_in_a_domain_of_its_tenant),
        cmocka_unit_test(an_address_belongs_to_one_channel_of_the_installation),
        cmocka_unit_test(a_stranger_is_not_told_whose_an_address_is),
        cmocka_unit_test(a_domain_of_two_tenants_is_meant),
        cmocka_unit_test(of_two_at_once_one_has_the_address),
        cmocka_unit_test(an_upgrade_takes_over_what_is_published),
    };
    return server_run(tests, setup, teardown);
}
