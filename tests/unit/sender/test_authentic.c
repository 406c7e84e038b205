/* Unit tests of authentic: who vouches for a sender, and what stands above what. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/sender/authentic.h"
#include "tests/unit/sample.h"

#define NETWORKS "10.0.0.0/8 2001:db8::/32"
#define PASS     "mx.example.net; dmarc=pass header.from=acme.example"
#define FAIL     "mx.example.net; dmarc=fail header.from=acme.example"

struct row {
    enum tk_login trusted_login;
    const char *networks;        /* "": none */
    const char *results;         /* of a trusted filter; NULL: none */
    const char *login, *address; /* of the client */
    const char *from;            /* NULL: ann@acme.example */
    const char *verdict, *by;
};

static const struct row rows[] = {
    /* Filters alone. */
    {TK_LOGIN_OFF, "", NULL, NULL, NULL, NULL, "none", NULL},
    {TK_LOGIN_OFF, "", PASS, NULL, NULL, NULL, "pass", "dmarc=pass acme.example"},
    {TK_LOGIN_OFF, "", FAIL, NULL, NULL, NULL, "fail", "dmarc=fail acme.example"},
    {TK_LOGIN_OFF, "", "mx.example.net; dmarc=temperror", NULL, NULL, NULL, "fail", "dmarc=fail"},
    {TK_LOGIN_OFF, "", "mx.example.net; dkim=pass header.d=acme.example", NULL, NULL, NULL, "pass",
     "dkim=pass acme.example"},
    {TK_LOGIN_OFF, "", "mx.example.net; spf=pass smtp.mailfrom=ann@acme.example", NULL, NULL, NULL, "pass",
     "spf=pass acme.example"},
    {TK_LOGIN_OFF, "", "mx.example.net; dmarc=none; dkim=pass header.d=acme.example", NULL, NULL, NULL,
     "pass", "dkim=pass acme.example"},
    {TK_LOGIN_OFF, "", "mx.example.net; dkim=pass header.d=evil.example", NULL, NULL, NULL, "fail",
     "no pass for acme.example"},
    {TK_LOGIN_OFF, "", "mx.example.net; none", NULL, NULL, NULL, "fail", "no pass for acme.example"},
    {TK_LOGIN_OFF, "", "mx.example.net; dmarc=pass (", NULL, NULL, NULL, "fail",
     "unreadable result: a comment without an end"},
    {TK_LOGIN_OFF, "", "mx.evil.example; dmarc=pass header.from=acme.example", NULL, NULL, NULL, "none",
     NULL},
    /* A login counts only where the configuration says so. */
    {TK_LOGIN_OFF, "", NULL, "ann@acme.example", "10.1.1.1", NULL, "none", NULL},
    {TK_LOGIN_OWN, "", NULL, "ann@acme.example", NULL, NULL, "pass", "login ann@acme.example"},
    {TK_LOGIN_OWN, "", NULL, "ANN@ACME.example", NULL, NULL, "pass", "login ANN@ACME.example"},
    {TK_LOGIN_OWN, "", NULL, "ann", NULL, NULL, "none", NULL},
    {TK_LOGIN_OWN, "", NULL, "bob@acme.example", NULL, NULL, "none", NULL},
    {TK_LOGIN_OWN, "", NULL, "ann@acme.example.evil.example", NULL, NULL, "none", NULL},
    {TK_LOGIN_OWN, "", NULL, "", NULL, NULL, "none", NULL},
    {TK_LOGIN_OWN, "", NULL, NULL, NULL, NULL, "none", NULL},
    {TK_LOGIN_ANY, "", NULL, "ann", NULL, NULL, "pass", "login ann"},
    {TK_LOGIN_ANY, "", NULL, "bob@acme.example", NULL, NULL, "pass", "login bob@acme.example"},
    {TK_LOGIN_ANY, "", NULL, "a\nb", NULL, NULL, "pass", "login a b"},
    {TK_LOGIN_ANY, "", NULL, "", NULL, NULL, "none", NULL},
    {TK_LOGIN_ANY, "", NULL, NULL, NULL, NULL, "none", NULL},
    /* A network. */
    {TK_LOGIN_OFF, NETWORKS, NULL, NULL, "10.1.1.1", NULL, "pass", "network 10.0.0.0/8"},
    {TK_LOGIN_OFF, NETWORKS, NULL, NULL, "IPv6:2001:db8::25", NULL, "pass", "network 2001:db8::/32"},
    {TK_LOGIN_OFF, NETWORKS, NULL, NULL, "192.0.2.1", NULL, "none", NULL},
    {TK_LOGIN_OFF, NETWORKS, NULL, NULL, "unknown", NULL, "none", NULL},
    {TK_LOGIN_OFF, NETWORKS, NULL, NULL, NULL, NULL, "none", NULL},
    {TK_LOGIN_OFF, "", NULL, NULL, "10.1.1.1", NULL, "none", NULL},
    /* The client helps where the filters found nothing, and never against a failed DMARC or one that cannot
       be read. */
    {TK_LOGIN_OFF, NETWORKS, PASS, NULL, "10.1.1.1", NULL, "pass", "dmarc=pass acme.example"},
    {TK_LOGIN_OFF, NETWORKS, "mx.example.net; spf=none", NULL, "10.1.1.1", NULL, "pass",
     "network 10.0.0.0/8"},
    {TK_LOGIN_OFF, NETWORKS, "mx.example.net; spf=fail smtp.mailfrom=acme.example", NULL, "10.1.1.1", NULL,
     "pass", "network 10.0.0.0/8"},
    {TK_LOGIN_OFF, NETWORKS, FAIL, NULL, "10.1.1.1", NULL, "fail", "dmarc=fail acme.example"},
    {TK_LOGIN_ANY, NETWORKS, FAIL, "ann@acme.example", "10.1.1.1", NULL, "fail", "dmarc=fail acme.example"},
    {TK_LOGIN_ANY, "", "mx.example.net; dmarc=\"pass", "ann", NULL, NULL, "fail",
     "unreadable result: quotes without an end"},
    /* The login is told before the network: it says who, not where. */
    {TK_LOGIN_ANY, NETWORKS, NULL, "ann", "10.1.1.1", NULL, "pass", "login ann"},
    {TK_LOGIN_OWN, NETWORKS, NULL, "bob", "10.1.1.1", NULL, "pass", "network 10.0.0.0/8"},
    /* Who is vouched for must be one. */
    {TK_LOGIN_ANY, NETWORKS, NULL, "ann", "10.1.1.1", "", "none", NULL},
};

static void who_vouches_for_a_sender(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct tk_message *message = sample_message();
        struct tk_conf conf = {.trusted_authserv = sample_words("mx.example.net"),
                               .trusted_networks = sample_words(rows[i].networks),
                               .trusted_login = rows[i].trusted_login};
        const struct tk_authentic_client client = {rows[i].login, rows[i].address};
        if (rows[i].from != NULL)
            message->from_problem = "several";
        if (rows[i].results != NULL)
            sample_header(message, "Authentication-Results", rows[i].results);
        struct tk_authentic got;
        tk_authentic_find(&conf, message, &client, &got);
        if (strcmp(tk_authentic_word(got.verdict), rows[i].verdict) != 0 ||
            g_strcmp0(got.by, rows[i].by) != 0)
            fail_msg("row %" G_GSIZE_FORMAT ": %s by %s", i, tk_authentic_word(got.verdict),
                     got.by != NULL ? got.by : "nobody");
        tk_authentic_clear(&got);
    }
}

static void somebody_is_trusted_or_nobody(void **state)
{
    (void)state;
    static const struct {
        const char *authserv, *networks;
        enum tk_login login;
        gboolean possible;
    } cases[] = {
        {"", "", TK_LOGIN_OFF, FALSE},          {"mx.example.net", "", TK_LOGIN_OFF, TRUE},
        {"", "10.0.0.0/8", TK_LOGIN_OFF, TRUE}, {"", "", TK_LOGIN_OWN, TRUE},
        {"", "", TK_LOGIN_ANY, TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct tk_conf conf = {.trusted_authserv = sample_words(cases[i].authserv),
                                     .trusted_networks = sample_words(cases[i].networks),
                                     .trusted_login = cases[i].login};
        assert_int_equal(tk_conf_can_confirm(&conf), cases[i].possible);
    }
    const struct tk_conf empty = {0};
    assert_false(tk_conf_can_confirm(&empty));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_vouches_for_a_sender),
        cmocka_unit_test(somebody_is_trusted_or_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
