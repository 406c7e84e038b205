/* Unit tests of verify: values of settings in, findings out. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "rules/address/address.h"
#include "rules/verify/verify.h"

#define ENTRY                                                                                                \
    "{ unix:tm/m.sock, connect_timeout=10s, command_timeout=30s, content_timeout=300s, "                     \
    "default_action=tempfail }"
#define GOOD_MAIN                                                                                            \
    "mail_version = 3.7.11\nmail_owner = postfix\nqueue_directory = /q\ncompatibility_level = 3.6\n"         \
    "smtpd_milters = unix:dkim/d.sock, " ENTRY "\nmilter_protocol = 6\nnon_smtpd_milters = unix:tm/m.sock\n" \
    "internal_mail_filter_classes = bounce\nrecipient_delimiter = +\n"                                       \
    "propagate_unmatched_extensions = canonical\nmessage_size_limit = 1000000\n"                             \
    "milter_default_action = tempfail\nmilter_connect_timeout = 30s\nmilter_command_timeout = 30s\n"         \
    "milter_content_timeout = 300s\nsmtpd_forbid_bare_newline = normalize\nreceive_override_options =\n"     \
    "smtpd_milter_maps =\n"
#define GOOD_MASTER                                                                                          \
    "smtp inet n - y - - smtpd\ncleanup unix n - y - 0 cleanup\n127.0.0.1:10025 inet n - n - - smtpd -o "    \
    "smtpd_milters=\n"

/* A configuration as far as it is looked at. */
static struct tk_conf conf_of(const char *listen)
{
    return (struct tk_conf){.listen = (char *)listen,
                            .file = (char *)"tm.conf",
                            .deadline_msecs = 20000,
                            .limit_message = 1000000};
}

/* The findings of GOOD_MAIN with the lines EXTRA behind it, which win. */
static GPtrArray *judge(const char *listen, const char *extra, const char *master,
                        enum tk_verify_socket socket)
{
    struct tk_conf conf = conf_of(listen);
    g_autofree char *main_cf = g_strconcat(GOOD_MAIN, extra, NULL);
    struct tk_postfix *postfix = tk_postfix_read(main_cf, master);
    struct tk_verify_input input = {
        .conf = &conf, .postfix = postfix, .port = 25, .socket = socket, .barrier = "a folder"};
    GPtrArray *findings = tk_verify_findings_new();
    tk_verify_postfix(&input, findings);
    tk_postfix_free(&postfix);
    return findings;
}

/* The findings that are not good, as "severity name" with blanks between; each has a way out. */
static char *faults(const GPtrArray *findings)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < findings->len; i++) {
        const struct tk_verify_finding *finding = findings->pdata[i];
        assert_true(*finding->text != '\0');
        if (finding->severity == TK_SEVERITY_OK) {
            assert_null(finding->remedy);
            continue;
        }
        assert_non_null(finding->remedy);
        g_string_append_printf(text, "%s%s %s", text->len > 0 ? "; " : "", tk_verify_word(finding->severity),
                               finding->name);
    }
    return g_string_free(text, FALSE);
}

static void good_settings_have_no_fault(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) findings = judge("unix:/q/tm/m.sock", "", GOOD_MASTER, TK_SOCKET_ANSWERS);
    g_autofree char *text = faults(findings);
    assert_string_equal(text, "");
    assert_true(findings->len >= 12);
}

static void each_setting_is_found_by_its_name(void **state)
{
    (void)state;
    const struct {
        const char *line, *found;
    } cases[] = {
        {"smtpd_milters =\n", "error smtpd_milters"},
        {"smtpd_milters = unix:other\n", "error smtpd_milters"},
        {"smtpd_milters = " ENTRY ", unix:dkim/d.sock\n", "error smtpd_milters"},
        {"smtpd_milters = " ENTRY ", " ENTRY "\n", "error smtpd_milters"},
        {"smtpd_milters = unix:/q/tm/m.sock\n", "error smtpd_milters"}, /* doubled by the chroot */
        {"smtpd_milters = unix:/tm/m.sock\n", ""},
        {"smtpd_milters = unix:tm/m.sock\n", ""},
        {"smtpd_milters = { unix:tm/m.sock, default_action=accept }\n", "error default_action"},
        {"smtpd_milters = { unix:tm/m.sock, default_action=reject }\n", "error default_action"},
        {"smtpd_milters = { unix:tm/m.sock, default_action=shutdown }\n", "error default_action"},
        {"smtpd_milters = { unix:tm/m.sock, default_action=shutdown }\nmail_version = 3.11.0\n", ""},
        {"smtpd_milters = { unix:tm/m.sock, default_action=tempfail }\nmilter_default_action = accept\n", ""},
        {"smtpd_milters = unix:tm/m.sock\nmilter_default_action = accept\n", "error default_action"},
        {"smtpd_milters = unix:tm/m.sock\nmilter_default_action = quarantine\n", "error default_action"},
        {"smtpd_milters = unix:tm/m.sock\nmilter_connect_timeout = 0s\n", "error connect_timeout"},
        {"smtpd_milters = unix:tm/m.sock\nmilter_connect_timeout = 10m\n", "warning connect_timeout"},
        {"smtpd_milters = { unix:tm/m.sock, command_timeout=1s }\n", "error command_timeout"},
        {"smtpd_milters = { unix:tm/m.sock, content_timeout=20s }\n", "error content_timeout"},
        {"smtpd_milters = { unix:tm/m.sock, content_timeout=1h }\n", "warning content_timeout"},
        {"smtpd_milters = { unix:tm/m.sock, content_timeout=soon }\n", "warning content_timeout"},
        {"milter_protocol = 2\n", "error milter_protocol"},
        {"non_smtpd_milters =\n", "warning non_smtpd_milters"},
        {"internal_mail_filter_classes =\n", "warning internal_mail_filter_classes"},
        {"internal_mail_filter_classes = notify, bounce\n", ""},
        {"recipient_delimiter =\n", "error recipient_delimiter"},
        {"recipient_delimiter = -\n", "error recipient_delimiter"},
        {"recipient_delimiter = -+\n", ""},
        {"propagate_unmatched_extensions = canonical, virtual\n", "warning propagate_unmatched_extensions"},
        {"message_size_limit = 999999\n", "warning message_size_limit"},
        {"message_size_limit = 1000001\n", "warning message_size_limit"},
        {"message_size_limit = 0\n", "warning message_size_limit"},
        {"smtpd_forbid_bare_newline = no\n", "warning smtpd_forbid_bare_newline"},
        {"smtpd_forbid_bare_newline = yes\n", ""},
        {"smtpd_forbid_bare_newline_exclusions = 127.0.0.0/8 [::1]/128\n",
         "warning smtpd_forbid_bare_newline_exclusions"},
        {"smtpd_forbid_bare_newline_exclusions =\n", ""},
        {"receive_override_options = no_address_mappings, no_milters\n", "error receive_override_options"},
        {"smtpd_milter_maps = cidr:/etc/postfix/milter_map\n", "warning smtpd_milter_maps"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray)
            findings = judge("unix:/q/tm/m.sock", cases[i].line, GOOD_MASTER, TK_SOCKET_ANSWERS);
        g_autofree char *text = faults(findings);
        if (strcmp(text, cases[i].found) != 0)
            print_error("%s", cases[i].line);
        assert_string_equal(text, cases[i].found);
    }
}

static void places_are_compared_as_each_service_sees_them(void **state)
{
    (void)state;
    const struct {
        const char *listen, *entry;
        const char *chroot;
        const char *found;
    } cases[] = {
        {"unix:/q/tm/m.sock", "unix:tm/m.sock", "n", ""},
        {"unix:/q/tm/m.sock", "unix:/q/tm/m.sock", "n", ""},
        {"unix:/q/tm/m.sock", "local:/q//tm/./m.sock", "n", ""},
        {"unix:/q/tm/m.sock", "unix:/tm/m.sock", "n", "error smtpd_milters"},
        {"local:/run/tm/m.sock", "unix:/run/tm/m.sock", "n", ""},
        {"unix:/run/tm/m.sock", "unix:/run/tm/m.sock", "y", "error smtpd_milters"},
        {"unix:/run/tm/m.sock", "inet:localhost:8891", "n", "error smtpd_milters"},
        {"inet:8891@127.0.0.1", "inet:localhost:8891", "y", ""},
        {"inet:8891@127.0.0.1", "inet:127.0.0.1:8892", "y", "error smtpd_milters"},
        {"inet:8891@0.0.0.0", "inet:mx.example.net:8891", "y", ""},
        {"inet:8891@tm.example.net", "inet:TM.example.net:8891", "y", ""},
        {"inet:8891@tm.example.net", "inet:other.example.net:8891", "y", "error smtpd_milters"},
        {"inet6:8891@::1", "inet:[::1]:8891", "y", ""},
        {"inet:8891@127.0.0.1", "unix:8891", "y", "error smtpd_milters"},
        {"inet:8891@127.0.0.1", "inet:8891", "y", "error smtpd_milters"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *line =
            g_strdup_printf("smtpd_milters = %s\nnon_smtpd_milters = %s\n", cases[i].entry, cases[i].entry);
        g_autofree char *master =
            g_strdup_printf("smtp inet n - %s - - smtpd\ncleanup unix n - %s - 0 cleanup\n", cases[i].chroot,
                            cases[i].chroot);
        g_autoptr(GPtrArray) findings = judge(cases[i].listen, line, master, TK_SOCKET_ANSWERS);
        const char *wanted = cases[i].found;
        g_autofree char *text = faults(findings);
        if (*wanted == '\0' ? *text != '\0' : !g_str_has_prefix(text, wanted))
            fail_msg("%s, %s: %s", cases[i].listen, cases[i].entry, text);
    }
}

static void other_doors_of_the_mail_server_are_looked_at(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) findings = judge(
        "unix:/q/tm/m.sock", "",
        GOOD_MASTER "submission inet n - y - - smtpd -o smtpd_milters=unix:dkim/d.sock\n", TK_SOCKET_ANSWERS);
    g_autofree char *text = faults(findings);
    assert_string_equal(text, "warning smtpd_milters");
    g_autoptr(GPtrArray)
        none = judge("unix:/q/tm/m.sock", "", "cleanup unix n - y - 0 cleanup\n", TK_SOCKET_ANSWERS);
    g_autofree char *without = faults(none);
    assert_true(g_str_has_prefix(without, "warning master.cf"));
}

static void each_state_of_the_socket_is_told(void **state)
{
    (void)state;
    const struct {
        enum tk_verify_socket socket;
        const char *found;
    } cases[] = {{TK_SOCKET_MISSING, "error socket"},
                 {TK_SOCKET_OTHER, "error socket"},
                 {TK_SOCKET_SILENT, "error socket"},
                 {TK_SOCKET_CLOSED, "error socket"},
                 {TK_SOCKET_UNKNOWN, "warning socket"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) findings = judge("unix:/q/tm/m.sock", "", GOOD_MASTER, cases[i].socket);
        g_autofree char *text = faults(findings);
        assert_string_equal(text, cases[i].found);
    }
}

/* A table of aliases: lines "ADDRESS RIGHT SIDE"; "?" as the right side cannot be asked for. */
static enum tk_tri look_up(void *context, const char *address, char **text_r)
{
    g_auto(GStrv) lines = g_strsplit(context, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        gsize len = strcspn(*line, " ");
        if (strlen(address) != len || g_ascii_strncasecmp(*line, address, len) != 0)
            continue;
        *text_r = g_strdup(*line + len + 1);
        return strcmp(*text_r, "?") == 0 ? TK_UNKNOWN : TK_YES;
    }
    return TK_NO;
}

static void aliases_must_end_in_a_mailbox(void **state)
{
    (void)state;
    const struct {
        const char *table, *found;
        gboolean fail_alias;
    } cases[] = {
        {"s@a.example fail@a.example\nh@a.example fail@a.example", "", TRUE},
        {"s@a.example fail@a.example\nh@a.example s@a.example", "", TRUE},
        {"s@a.example x@a.example, y@a.example\nx@a.example z@a.example\ny@a.example "
         "z@a.example\nh@a.example f@b.example",
         "", TRUE},
        {"s@a.example fail\nh@a.example fail\nfail \"|/usr/bin/keep\"", "", TRUE},
        {"s@a.example fail@a.example", "error alias", TRUE},
        {"s@a.example fail@a.example", "warning alias", FALSE},
        {"s@a.example ?\nh@a.example fail@a.example", "warning alias", TRUE},
        {"s@a.example fail@a.example\nh@a.example h@a.example", "error alias", TRUE},
        {"s@a.example fail@a.example\nh@a.example S+x@A.example", "error alias", TRUE},
        {"s@a.example x@a.example\nx@a.example s@a.example\nh@a.example f@a.example", "error alias", TRUE},
        {"s@a.example fail@a.example, other@a.example\nh@a.example f@a.example", "error alias", TRUE},
    };
    struct tk_channel other = {.tenant = (char *)"acme", .name = (char *)"other"};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_channel channel = {
            .tenant = (char *)"acme",
            .name = (char *)"s",
            .address = (char *)"s@a.example",
            .aliases = (char *[]){(char *)"h@a.example", NULL},
            .fail = {.kind = cases[i].fail_alias ? TK_FOLDER_ALIAS : TK_FOLDER_ADDRESS},
        };
        g_autoptr(GHashTable) by_address = g_hash_table_new(g_str_hash, g_str_equal);
        g_hash_table_insert(by_address, (gpointer) "s@a.example", &channel);
        g_hash_table_insert(by_address, (gpointer) "h@a.example", &channel);
        g_hash_table_insert(by_address, (gpointer) "other@a.example", &other);
        struct tk_conf conf = {.by_address = by_address};
        g_autoptr(GPtrArray) findings = tk_verify_findings_new();
        tk_verify_aliases(&conf, &channel, look_up, (void *)cases[i].table, findings);
        g_autofree char *text = faults(findings);
        if (strcmp(text, cases[i].found) != 0)
            fail_msg("%s: %s", cases[i].table, text);
        assert_int_equal(findings->len, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_settings_have_no_fault),
        cmocka_unit_test(each_setting_is_found_by_its_name),
        cmocka_unit_test(places_are_compared_as_each_service_sees_them),
        cmocka_unit_test(other_doors_of_the_mail_server_are_looked_at),
        cmocka_unit_test(each_state_of_the_socket_is_told),
        cmocka_unit_test(aliases_must_end_in_a_mailbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
