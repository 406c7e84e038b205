/* Unit tests of conf: what a configuration becomes in memory. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "rules/conf/conf.h"
#include "tests/unit/conf_sample.h"

static struct tk_conf *read_sample(const char *channel)
{
    const struct tk_conf_file main_file = {"m.conf", SAMPLE_MAIN};
    const struct tk_conf_file channels[] = {{"c.conf", channel}, {"o.conf", SAMPLE_OTHER}};
    const struct tk_conf_file templates[] = {{"t.conf", SAMPLE_TEMPLATE}, {"p.conf", SAMPLE_PLAIN}};
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    assert_int_equal(tk_conf_read(&main_file, channels, 2, templates, 2, problems, &conf), TK_OK);
    return conf;
}

static const struct tk_channel *channel_of(const struct tk_conf *conf, const char *name)
{
    const struct tk_channel *channel = NULL;
    assert_int_equal(tk_conf_channel(conf, name, NULL, &channel), TK_OK);
    return channel;
}

static void the_main_file_is_read_with_its_defaults(void **state)
{
    (void)state;
    struct tk_conf *conf = read_sample(SAMPLE_CHANNEL);
    assert_string_equal(conf->instance, "gw1.example.net");
    assert_string_equal(conf->listen, "unix:/run/tm.sock");
    assert_int_equal(conf->listen_mode, 0660);
    assert_string_equal(conf->listen_group, "postfix");
    assert_string_equal(conf->user, "ticket-milter");
    assert_string_equal(conf->conninfo, "dbname=t");
    assert_int_equal(conf->pool, 4);
    assert_int_equal(conf->wait_msecs, 2000);
    assert_int_equal(conf->deadline_msecs, 10000);
    assert_string_equal(conf->spool_directory, "/var/lib/ticket-milter/spool");
    assert_null(conf->trusted_authserv[0]);
    assert_int_equal(conf->token_keys->len, 2);
    assert_string_equal(((struct tk_token_key *)conf->token_keys->pdata[1])->file, "/k/b");
    assert_int_equal(conf->limit_message, 10 * 1024 * 1024);
    assert_int_equal(conf->keep_raw, TK_RAW_REFUSED);
    assert_string_equal(conf->file, "m.conf");
    tk_conf_unref(&conf);
}

static void a_channel_is_read_as_it_is_written(void **state)
{
    (void)state;
    struct tk_conf *conf = read_sample(SAMPLE_CHANNEL);
    const struct tk_channel *c = channel_of(conf, "acme/support");
    assert_string_equal(c->title, "support");
    assert_int_equal(c->status, TK_PUBLISHED);
    assert_string_equal(c->aliases[0], "Support@acme.example");
    assert_string_equal(c->reply_to, "support@ACME.example");
    assert_int_equal(c->success.kind, TK_FOLDER_NONE);
    assert_int_equal(c->fail.kind, TK_FOLDER_ADDRESS);
    assert_string_equal(c->fail.address, "fail@acme.example");
    assert_int_equal(c->exclude.kind, TK_FOLDER_NONE);
    assert_string_equal(c->allowed_domains[0], "acme.example");
    assert_string_equal(c->allowed_domains[1], "*.partner.example");
    assert_int_equal(c->authentication, TK_AUTH_FLAG);
    assert_true(c->exclude_autoreplies);
    assert_string_equal(c->autoreply_addresses[0], "*@machines.example");
    assert_string_equal(c->autoreply_keywords[0], "Out of Office");
    assert_string_equal(c->autoreply_allow[1], "X-Jira: yes");
    const struct tk_pair *header = c->exclude_headers->pdata[0];
    assert_string_equal(header->name, "X-Spam-Flag");
    assert_string_equal(header->value, "YES");
    assert_string_equal(c->template->name, "incident");
    assert_string_equal(c->template->ticket_type, "incident");
    assert_null(c->offer_from);
    assert_int_equal(c->participants, TK_PARTICIPANTS_CC_ALLOWED);
    assert_int_equal(c->keep_attachments, TK_KEEP_ALL);
    assert_int_equal(c->attachment_max_size, 5 * 1024 * 1024);
    assert_string_equal(c->attachment_deny_names[0], "*.exe");
    assert_false(c->attach_mail);
    assert_string_equal(c->file, "c.conf");
    assert_int_equal(c->line, 1);
    assert_false(c->faulty);
    tk_conf_unref(&conf);
}

static void fields_are_read_and_the_implied_ones_added(void **state)
{
    (void)state;
    struct tk_conf *conf = read_sample(SAMPLE_CHANNEL);
    const struct tk_channel *c = channel_of(conf, "support");
    assert_int_equal(c->fields->len, 7);
    const struct tk_field_rule *priority = c->fields->pdata[0], *category = c->fields->pdata[1];
    assert_int_equal(priority->from, TK_FROM_IMPORTANCE);
    assert_int_equal(priority->map->len, 2);
    assert_string_equal(((struct tk_pair *)priority->map->pdata[1])->name, "low");
    assert_string_equal(((struct tk_pair *)priority->map->pdata[1])->value, "P2");
    assert_string_equal(priority->default_text, "P2");
    assert_int_equal(category->from, TK_FROM_HEADER);
    assert_string_equal(category->header, "X-Category");
    const struct tk_field_rule *centre = c->fields->pdata[2], *subject = c->fields->pdata[3];
    assert_int_equal(centre->from, TK_FROM_NOTHING);
    assert_true(centre->restricted);
    assert_string_equal(subject->field, "subject");
    assert_int_equal(subject->from, TK_FROM_SUBJECT);
    tk_conf_unref(&conf);
}

static void reply_types_not_given_are_that_of_the_template(void **state)
{
    (void)state;
    struct tk_conf *conf = read_sample(SAMPLE_CHANNEL);
    const struct tk_channel *c = channel_of(conf, "hr");
    assert_string_equal(c->reply_types[0], "request");
    assert_null(c->reply_types[1]);
    tk_conf_unref(&conf);
}

static void addresses_lead_to_their_channel_in_folded_form(void **state)
{
    (void)state;
    struct tk_conf *conf = read_sample(SAMPLE_CHANNEL);
    const struct tk_channel *c = channel_of(conf, "support");
    assert_int_equal(g_hash_table_size(conf->by_address), 4);
    assert_ptr_equal(g_hash_table_lookup(conf->by_address, "support.392@acme.tickets.example.net"), c);
    assert_ptr_equal(g_hash_table_lookup(conf->by_address, "support@acme.example"), c);
    assert_null(g_hash_table_lookup(conf->by_address, "Support@acme.example"));
    tk_conf_unref(&conf);
}

static void our_own_addresses_are_those_of_channels_and_folders_with_and_without_a_detail(void **state)
{
    (void)state;
    static const char *const others[] = {"ann@acme.example",   "support@acme.example.evil.example",
                                         "xfail@acme.example", "acme.example",
                                         "no address",         ""};
    static const char *const ours[] = {"support@acme.example",    "Support@ACME.Example",
                                       "helpdesk@acme.example",   "fail@acme.example",
                                       "FAIL+t-a-b@acme.example", "\"fail\"@acme.example",
                                       "support+x@acme.example",  "support.392@acme.tickets.example.net"};
    struct tk_conf *conf = read_sample(SAMPLE_CHANNEL);
    const struct tk_channel *c = channel_of(conf, "support");
    for (gsize i = 0; i < G_N_ELEMENTS(ours); i++)
        if (tk_conf_own(conf, ours[i]) != c)
            fail_msg("%s is not ours", ours[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        if (tk_conf_own(conf, others[i]) != NULL)
            fail_msg("%s is ours", others[i]);
    assert_null(tk_conf_own(conf, NULL));
    tk_conf_unref(&conf);
}

static void a_channel_is_found_by_name_where_it_is_unique(void **state)
{
    (void)state;
    static const char another[] =
        "channel = { tenant = \"zeta\"; name = \"hr\"; address = \"hr@zeta.example\"; template = \"t\"; };";
    static const char template[] =
        "template = { tenant = \"zeta\"; name = \"t\"; ticket_type = \"t\"; prefix = \"Z\"; };";
    const struct tk_conf_file main_file = {"m.conf", SAMPLE_MAIN};
    const struct tk_conf_file channels[] = {
        {"z.conf", another}, {"c.conf", SAMPLE_CHANNEL}, {"o.conf", SAMPLE_OTHER}};
    const struct tk_conf_file templates[] = {
        {"t.conf", SAMPLE_TEMPLATE}, {"p.conf", SAMPLE_PLAIN}, {"z.conf", template}};
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    assert_int_equal(tk_conf_read(&main_file, channels, 3, templates, 3, problems, &conf), TK_OK);
    assert_int_equal(problems->len, 2); /* a draft: not published template, empty domains */
    g_autoptr(GString) why = g_string_new(NULL);
    const struct tk_channel *channel = NULL;
    assert_int_equal(tk_conf_channel(conf, "hr", why, &channel), TK_REFUSED);
    assert_string_equal(why->str, "hr is ambiguous: acme/hr, zeta/hr");
    assert_int_equal(tk_conf_channel(conf, "zeta/hr", why, &channel), TK_OK);
    assert_string_equal(channel->tenant, "zeta");
    assert_int_equal(tk_conf_channel(conf, "acm/hr", why, &channel), TK_NO_MATCH);
    assert_int_equal(tk_conf_channel(conf, "nope", why, &channel), TK_NO_MATCH);
    assert_string_equal(why->str, "there is no channel nope");
    assert_string_equal(((struct tk_channel *)conf->channels->pdata[2])->tenant, "zeta");
    tk_conf_unref(&conf);
}

static char *rules_of(const char *text)
{
    struct tk_conf *conf = read_sample(text);
    char *rules = tk_conf_channel_rules(channel_of(conf, "support"));
    tk_conf_unref(&conf);
    return rules;
}

static char *replace(const char *text, const char *old, const char *new)
{
    g_auto(GStrv) parts = g_strsplit(text, old, 2);
    assert_int_equal(g_strv_length(parts), 2);
    return g_strjoinv(new, parts);
}

static void equal_rules_give_equal_text_and_others_do_not(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new;
        gboolean equal;
    } cases[] = {
        {"\"Support@acme.example\",\n    \"helpdesk@acme.example\"",
         "\"HELPDESK@acme.example\", \"support@acme.example\"", TRUE},
        {"status = \"published\"", "/* here */ status = \"published\"", TRUE},
        {"status = \"published\"", "title = \"support\"; status = \"published\"", TRUE},
        {"high = \"P1\"; low = \"P2\"", "low = \"P2\"; high = \"P1\"", TRUE},
        {"high = \"P1\"; low = \"P2\"", "low = \"P1\"; high = \"P2\"", FALSE},
        {"\"5M\"", "\"5120K\"", TRUE},
        {"\"5M\"", "\"6M\"", FALSE},
        {"status = \"published\"", "title = \"A\\\\\\\"B\"; status = \"published\"", FALSE},
        {"fail@acme.example", "alias", FALSE},
        {"X-Category", "X-Kind", FALSE},
        {"default = \"mail\"", "default = \"mailing\"", FALSE},
        {"X-Spam-Flag: YES", "X-Spam-Flag: NO", FALSE},
        {"default = \"none\"; restricted = true", "default = \"none\"", FALSE},
    };
    g_autofree char *rules = rules_of(SAMPLE_CHANNEL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = replace(SAMPLE_CHANNEL, cases[i].old, cases[i].new);
        g_autofree char *others = rules_of(text);
        if ((strcmp(rules, others) == 0) != cases[i].equal)
            fail_msg("%s\n%s\n%s", cases[i].new, rules, others);
    }
}

static void rules_are_this_json(void **state)
{
    (void)state;
    g_autofree char *rules = rules_of(SAMPLE_CHANNEL);
    assert_string_equal(
        rules,
        "{\"tenant\":\"acme\",\"name\":\"support\",\"title\":\"support\","
        "\"address\":\"support.392@acme.tickets.example.net\","
        "\"aliases\":[\"helpdesk@acme.example\",\"support@acme.example\"],\"reply_to\":\"support@acme."
        "example\","
        "\"success\":\"none\",\"fail\":\"fail@acme.example\",\"exclude\":\"none\","
        "\"allowed_domains\":[\"*.partner.example\",\"acme.example\"],\"denied_domains\":[],"
        "\"authentication\":\"flag\",\"own_domains\":[\"acme.example\",\"acme.tickets.example.net\"],"
        "\"impersonation\":\"flag\",\"forms\":[],\"forms_confirm\":false,\"exclude_autoreplies\":true,"
        "\"autoreply_addresses\":[\"*@machines.example\"],\"autoreply_keywords\":[\"Out of Office\"],"
        "\"autoreply_allow\":[\"X-Jira: yes\",\"jira@acme.example\"],"
        "\"exclude_headers\":[\"X-Spam-Flag: YES\"],"
        "\"template\":{\"name\":\"incident\",\"ticket_type\":\"incident\",\"prefix\":\"INC\",\"fields\":["
        "{\"name\":\"subject\",\"values\":[],\"required\":true,\"restricted\":false},"
        "{\"name\":\"priority\",\"values\":[\"P1\",\"P2\"],\"required\":true,\"restricted\":false},"
        "{\"name\":\"category\",\"values\":[],\"required\":true,\"restricted\":false},"
        "{\"name\":\"cost_centre\",\"values\":[],\"required\":false,\"restricted\":true}]},"
        "\"offer_from\":null,\"reply_types\":[\"incident\"],\"participants\":\"cc_allowed\","
        "\"stranger_reply\":\"unverified\",\"closed\":\"note\",\"reopen_days\":30,\"reopen_max\":5,"
        "\"subject_change\":\"append\",\"fields\":["
        "{\"field\":\"category\",\"from\":\"header\",\"header\":\"X-Category\",\"map\":[],\"default\":"
        "\"mail\","
        "\"restricted\":false},"
        "{\"field\":\"cost_centre\",\"from\":\"\",\"header\":null,\"map\":[],\"default\":\"none\","
        "\"restricted\":true},"
        "{\"field\":\"description\",\"from\":\"body\",\"header\":null,\"map\":[],\"default\":null,"
        "\"restricted\":false},"
        "{\"field\":\"priority\",\"from\":\"importance\",\"header\":null,\"map\":[\"high=P1\",\"low=P2\"],"
        "\"default\":\"P2\",\"restricted\":false},"
        "{\"field\":\"requester\",\"from\":\"sender\",\"header\":null,\"map\":[],\"default\":null,"
        "\"restricted\":false},"
        "{\"field\":\"requester_name\",\"from\":\"sender_name\",\"header\":null,\"map\":[],\"default\":null,"
        "\"restricted\":false},"
        "{\"field\":\"subject\",\"from\":\"subject\",\"header\":null,\"map\":[],\"default\":null,"
        "\"restricted\":false}],"
        "\"keep_attachments\":\"all\",\"attachment_max_size\":5242880,\"attachment_deny_names\":[\"*.exe\"],"
        "\"attach_mail\":false,\"keep\":0,\"confirmation\":false,\"tell_status\":[],"
        "\"tickets_later\":\"none\",\"tickets_fail\":\"none\",\"notes_later\":\"none\","
        "\"notes_fail\":\"none\"}");
}

static void a_reference_keeps_the_snapshot(void **state)
{
    (void)state;
    struct tk_conf *conf = read_sample(SAMPLE_CHANNEL);
    struct tk_conf *held = tk_conf_ref(conf);
    tk_conf_unref(&conf);
    assert_null(conf);
    assert_string_equal(held->instance, "gw1.example.net");
    tk_conf_unref(&held);
    tk_conf_unref(&held);
    assert_null(held);
}

static void a_thousand_channels_are_read(void **state)
{
    (void)state;
    enum { N = 1000 };
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autofree struct tk_conf_file *files = g_new(struct tk_conf_file, N);
    for (int i = 0; i < N; i++) {
        char *text =
            g_strdup_printf("channel = { tenant = \"t%d\"; name = \"c%d\"; address = \"c%d@x.example\";"
                            " aliases = [ \"a%d@x.example\" ]; template = \"incident\"; };",
                            i % 10, i, i, i);
        g_ptr_array_add(texts, text);
        files[i] = (struct tk_conf_file){"c.conf", text};
    }
    const struct tk_conf_file main_file = {"m.conf", SAMPLE_MAIN};
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    assert_int_equal(tk_conf_read(&main_file, files, N, NULL, 0, problems, &conf), TK_CONFIG);
    assert_int_equal(conf->channels->len, N);
    assert_int_equal(g_hash_table_size(conf->by_address), 2 * N);
    const struct tk_channel *found = g_hash_table_lookup(conf->by_address, "a777@x.example");
    assert_string_equal(found->name, "c777");
    tk_conf_unref(&conf);
}

static void the_administrators_file_holds_one_text(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    g_autofree char *conninfo = NULL;
    struct tk_conf_file file = {"ticketctl.conf", "admin_conninfo = \"dbname=tickets\";\n"};
    assert_int_equal(tk_conf_read_admin(&file, problems, &conninfo), TK_OK);
    assert_string_equal(conninfo, "dbname=tickets");
    char *none = NULL;
    file.text = "conninfo = \"dbname=tickets\";\n";
    assert_int_equal(tk_conf_read_admin(&file, problems, &none), TK_CONFIG);
    assert_null(none);
    assert_int_equal(problems->len, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_main_file_is_read_with_its_defaults),
        cmocka_unit_test(a_channel_is_read_as_it_is_written),
        cmocka_unit_test(fields_are_read_and_the_implied_ones_added),
        cmocka_unit_test(reply_types_not_given_are_that_of_the_template),
        cmocka_unit_test(addresses_lead_to_their_channel_in_folded_form),
        cmocka_unit_test(our_own_addresses_are_those_of_channels_and_folders_with_and_without_a_detail),
        cmocka_unit_test(a_channel_is_found_by_name_where_it_is_unique),
        cmocka_unit_test(equal_rules_give_equal_text_and_others_do_not),
        cmocka_unit_test(rules_are_this_json),
        cmocka_unit_test(a_reference_keeps_the_snapshot),
        cmocka_unit_test(a_thousand_channels_are_read),
        cmocka_unit_test(the_administrators_file_holds_one_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
