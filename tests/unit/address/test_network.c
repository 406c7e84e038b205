/* Unit tests of network: which texts are networks, and who is in them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/address/network.h"

static void a_network_is_read_and_shown_in_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected; /* NULL: refused */
    } rows[] = {
        {"10.0.0.0/8", "10.0.0.0/8"},
        {"10.1.2.3", "10.1.2.3/32"},
        {"10.1.2.3/32", "10.1.2.3/32"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"192.0.2.128/25", "192.0.2.128/25"},
        {"2001:db8::/32", "2001:db8::/32"},
        {"2001:DB8:0:0::1", "2001:db8::1/128"},
        {"::/0", "::/0"},
        {"::ffff:10.0.0.0/104", "10.0.0.0/8"},
        {"::ffff:10.1.2.3", "10.1.2.3/32"},
        {"10.0.0.1/8", NULL},
        {"192.0.2.129/25", NULL},
        {"2001:db8::1/32", NULL},
        {"10.0.0.0/33", NULL},
        {"2001:db8::/129", NULL},
        {"::ffff:10.0.0.0/95", NULL},
        {"10.0.0.0/", NULL},
        {"10.0.0.0/08x", NULL},
        {"10.0.0.0/-8", NULL},
        {"10.0.0.0/8/8", NULL},
        {"10.0.0/24", NULL},
        {"010.0.0.1", NULL},
        {"10.0.0.256", NULL},
        {"10.0.0.0 /8", NULL},
        {"mx.example.net", NULL},
        {"localhost", NULL},
        {"", NULL},
        {"/8", NULL},
        {"fe80::1%eth0", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = tk_network_read(rows[i].text);
        if (g_strcmp0(got, rows[i].expected) != 0)
            fail_msg("%s: %s", rows[i].text, got != NULL ? got : "refused");
    }
}

static void a_client_is_in_the_first_network_that_holds_it(void **state)
{
    (void)state;
    static char *networks[] = {(char *)"10.0.0.0/8", (char *)"192.0.2.128/25", (char *)"198.51.100.7/32",
                               (char *)"2001:db8:1::/48", NULL};
    static const struct {
        const char *address, *expected;
    } rows[] = {
        {"10.0.0.0", "10.0.0.0/8"},
        {"10.255.255.255", "10.0.0.0/8"},
        {"11.0.0.0", NULL},
        {"9.255.255.255", NULL},
        {"192.0.2.127", NULL},
        {"192.0.2.128", "192.0.2.128/25"},
        {"192.0.2.255", "192.0.2.128/25"},
        {"198.51.100.7", "198.51.100.7/32"},
        {"198.51.100.6", NULL},
        {"::ffff:10.9.8.7", "10.0.0.0/8"},
        {"IPv6:::ffff:10.9.8.7", "10.0.0.0/8"},
        {"2001:db8:1::25", "2001:db8:1::/48"},
        {"IPv6:2001:db8:1::25", "2001:db8:1::/48"},
        {"ipv6:2001:DB8:1:ffff::", "2001:db8:1::/48"},
        {"2001:db8:2::25", NULL},
        {"a00::", NULL}, /* its first octet is that of 10.0.0.0 */
        {"unknown", NULL},
        {"", NULL},
        {"10.0.0.1 ", NULL},
        {"10.0.0.1/8", NULL},
        {NULL, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *got = tk_network_find(rows[i].address, networks);
        if (g_strcmp0(got, rows[i].expected) != 0)
            fail_msg("%s: %s", rows[i].address, got != NULL ? got : "nowhere");
    }
    assert_null(tk_network_find("10.0.0.1", NULL));
    static char *everybody[] = {(char *)"0.0.0.0/0", NULL};
    assert_string_equal(tk_network_find("203.0.113.9", everybody), "0.0.0.0/0");
    assert_null(tk_network_find("2001:db8::1", everybody));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_is_read_and_shown_in_one_form),
        cmocka_unit_test(a_client_is_in_the_first_network_that_holds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
