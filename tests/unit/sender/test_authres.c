/* Unit tests of authres: who is believed, what is read, and every known way to be believed wrongly. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <gmime/gmime.h>
#include <string.h>

#include "rules/limits/limits.h"
#include "rules/sender/authentic.h"
#include "rules/sender/authres.h"

#define AR    "Authentication-Results: "
#define MX    AR "mx.example.net; "
#define FROM  "From: Ann <ann@acme.example>\r\n"
#define BELOW "From: Ann <ann@mail.acme.example>\r\n"

struct row {
    const char *header;
    enum tk_tri verdict;
    const char *problem; /* part of it; NULL: there is none */
};

static char *trusted[] = {(char *)"mx.example.net", (char *)"MX2.example.net", NULL};

static void read_mail(const char *header, gsize len, char *const *ids, struct tk_authres *authres_r)
{
    g_autoptr(GString) text = g_string_new_len(header, (gssize)len);
    g_string_append(text, "\r\n\r\nHello.\r\n");
    struct tk_source source = tk_source_memory((const guint8 *)text->str, text->len);
    struct tk_limits *limits = tk_limits_new();
    struct tk_limits_outcome outcome;
    tk_limits_push(limits, (const guint8 *)text->str, text->len);
    tk_limits_finish(limits, &outcome);
    tk_limits_free(&limits);
    struct tk_message *message = tk_message_parse(&source, &outcome);
    tk_authres_read(message, ids, authres_r);
    tk_message_free(&message);
}

static void check_rows(const char *from, const struct row *rows, gsize count)
{
    guint wrong = 0;
    for (gsize i = 0; i < count; i++) {
        g_autofree char *header = g_strconcat(from, rows[i].header, NULL);
        struct tk_authres authres;
        read_mail(header, strlen(header), trusted, &authres);
        gboolean problem = rows[i].problem == NULL
                               ? authres.problem == NULL
                               : authres.problem != NULL && strstr(authres.problem, rows[i].problem) != NULL;
        if (authres.verdict != rows[i].verdict || !problem) {
            print_message("%s\n  got %s, problem %s\n", rows[i].header, tk_authentic_word(authres.verdict),
                          authres.problem);
            wrong++;
        }
        tk_authres_clear(&authres);
    }
    assert_int_equal(wrong, 0);
}

static void only_a_trusted_id_in_its_plain_form_is_believed(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Subject: x", TK_UNKNOWN, NULL},
        {MX "dmarc=pass header.from=acme.example", TK_YES, NULL},
        {AR "mx2.example.net; dmarc=pass header.from=acme.example", TK_YES, NULL},
        {AR "MX.Example.NET; DMARC=Pass Header.From=ACME.example", TK_YES, NULL},
        {"authentication-results:mx.example.net;dmarc=pass header.from=acme.example", TK_YES, NULL},
        {AR "\r\n\tmx.example.net;\r\n\tdmarc=pass\r\n\theader.from=acme.example", TK_YES, NULL},
        {AR "mx.example.net 1; dmarc=pass header.from=acme.example", TK_YES, NULL},
        {AR "mx.example.net (a filter); dmarc=pass header.from=acme.example", TK_YES, NULL},
        {AR "mx.example.net 2; dmarc=pass header.from=acme.example", TK_NO, "behind"},
        {AR "mx.example.net dmarc=pass header.from=acme.example", TK_NO, "behind"},
        {AR "evil.example; dmarc=pass header.from=acme.example", TK_UNKNOWN, NULL},
        {AR "mx.example.net.evil.example; dmarc=pass header.from=acme.example", TK_UNKNOWN, NULL},
        {AR "xmx.example.net; dmarc=pass header.from=acme.example", TK_UNKNOWN, NULL},
        {AR "mx.example.ne; dmarc=pass header.from=acme.example", TK_UNKNOWN, NULL},
        {AR "example.net; dmarc=pass header.from=acme.example", TK_UNKNOWN, NULL},
        {AR "; dmarc=pass header.from=acme.example", TK_UNKNOWN, NULL},
        {AR "mx.example.net(.evil.example; dmarc=pass header.from=acme.example", TK_UNKNOWN, NULL},
        {AR "mx.example.net(.evil.example); dmarc=pass header.from=acme.example", TK_UNKNOWN, NULL},
        {AR "mx.example.net (.evil.example; dmarc=pass header.from=acme.example", TK_NO, "comment"},
        {AR "(x) mx.example.net; dmarc=pass header.from=acme.example", TK_UNKNOWN, NULL},
        {AR "\"mx.example.net\"; dmarc=pass header.from=acme.example", TK_UNKNOWN, NULL},
        {AR "=?utf-8?Q?mx=2Eexample=2Enet?=; dmarc=pass header.from=acme.example", TK_UNKNOWN, NULL},
        {"X-" MX "dmarc=pass header.from=acme.example", TK_UNKNOWN, NULL},
        {"ARC-" MX "dmarc=pass header.from=acme.example", TK_UNKNOWN, NULL},
        {"Authentication-Results : mx.example.net; dmarc=pass header.from=acme.example", TK_NO, "no filter"},
        {AR "evil.example; dmarc=pass header.from=acme.example\r\n" MX "dmarc=fail header.from=acme.example",
         TK_NO, NULL},
        {AR "evil.example; dmarc=fail header.from=acme.example\r\n" MX "dmarc=pass header.from=acme.example",
         TK_YES, NULL},
        {MX "none", TK_NO, NULL},
        {MX, TK_NO, NULL},
    };
    check_rows(FROM, rows, G_N_ELEMENTS(rows));
}

static void dmarc_decides_for_the_from_domain_and_the_worst_result_counts(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {MX "dmarc=pass (p=none dis=none) header.from=acme.example;", TK_YES, NULL},
        {MX "dmarc=pass header.from=ann@acme.example", TK_YES, NULL},
        {MX "dmarc/1 = pass reason=\"a;b\" header . from = \"acme.example\" ; ", TK_YES, NULL},
        {MX "dmarc=pass action=none header.from=acme.example;compauth=pass reason=100", TK_YES, NULL},
        {MX "dmarc=pass", TK_NO, NULL},
        {MX "dmarc=pass header.from=evil.example", TK_NO, NULL},
        {MX "dmarc=pass header.from=mail.acme.example", TK_NO, NULL},
        {MX "dmarc=pass header.from=acme.example header.from=evil.example", TK_NO, NULL},
        {MX "dmarc=pass header.from=evil.example header.from=acme.example", TK_NO, NULL},
        {MX "dmarc=\"pass\" header.from=acme.example", TK_NO, NULL},
        {MX "dmarc=passed header.from=acme.example", TK_NO, NULL},
        {MX "dmarc=fail header.from=acme.example; dkim=pass header.d=acme.example; spf=pass "
            "smtp.mailfrom=a@acme.example",
         TK_NO, NULL},
        {MX "dmarc=temperror header.from=acme.example; dkim=pass header.d=acme.example", TK_NO, NULL},
        {MX "dmarc=permerror header.from=acme.example; dkim=pass header.d=acme.example", TK_NO, NULL},
        {MX "dmarc=bestguesspass header.from=acme.example; dkim=pass header.d=acme.example", TK_NO, NULL},
        {MX "dmarc=pass header.from=evil.example; dkim=pass header.d=acme.example", TK_NO, NULL},
        {MX "dmarc=pass header.from=acme.example; dmarc=fail header.from=acme.example", TK_NO, NULL},
        {MX "dmarc=fail header.from=acme.example; dmarc=pass header.from=acme.example", TK_NO, NULL},
        {MX "dmarc=pass header.from=acme.example\r\n" AR "mx2.example.net; dmarc=fail", TK_NO, NULL},
        {AR "mx2.example.net; dmarc=fail\r\n" MX "dmarc=pass header.from=acme.example", TK_NO, NULL},
        {MX "dmarc=pass header.from=acme.example; dmarc=none header.from=acme.example", TK_NO, NULL},
        {MX "dkim=pass header.d=evil.example; dmarc=pass header.from=acme.example; spf=fail", TK_YES, NULL},
        {MX "dkim=pass header.d=acme.example\r\n" MX "dmarc=fail header.from=acme.example", TK_NO, NULL},
    };
    check_rows(FROM, rows, G_N_ELEMENTS(rows));
}

static void without_dmarc_an_aligned_signature_or_envelope_confirms(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {MX "dkim=pass header.d=acme.example", TK_YES, NULL},
        {MX "dmarc=none; dkim=pass (2048-bit key) header.d=Acme.Example. header.i=@x header.b=a/b+c=", TK_YES,
         NULL},
        {MX "dkim=fail header.d=acme.example; dkim=pass header.d=acme.example header.s=2", TK_YES, NULL},
        {MX "dkim=pass header.d=list.example; dkim=pass header.d=acme.example", TK_YES, NULL},
        {MX "dkim=pass header.d=acme.example; dkim=fail header.d=list.example", TK_YES, NULL},
        {MX "dkim=pass header.d=list.example; dkim=fail header.d=acme.example", TK_NO, NULL},
        {MX "dkim=pass header.d=evil.example header.d=acme.example", TK_NO, NULL},
        {MX "dkim=pass header.i=@acme.example", TK_NO, NULL},
        {MX "dkim=fail; header.d=acme.example", TK_NO, NULL},
        {MX "dkim=pass; spf=fail header.d=acme.example", TK_NO, NULL},
        {MX "dkim=fail header.d=acme.example; iprev=pass header.d=acme.example", TK_NO, NULL},
        {MX "dkim=pass header.d=evilacme.example", TK_NO, NULL},
        {MX "dkim=pass header.d=mail.acme.example", TK_NO, NULL},
        {MX "dkim=pass header.d=example", TK_NO, NULL},
        {MX "dkim=pass header.d=*.acme.example", TK_NO, NULL},
        {MX "dkim=neutral header.d=acme.example", TK_NO, NULL},
        {MX "spf=pass smtp.mailfrom=ann@acme.example", TK_YES, NULL},
        {MX "spf=pass smtp.mailfrom=acme.example smtp.helo=evil.example", TK_YES, NULL},
        {MX "spf=pass smtp.mailfrom=\"a b\"@acme.example", TK_YES, NULL},
        {MX "spf=pass smtp.helo=acme.example", TK_NO, NULL},
        {MX "spf=pass smtp.mailfrom=evil.example; spf=pass smtp.helo=acme.example", TK_NO, NULL},
        {MX "spf=pass smtp.mailfrom=acme.example; spf=fail smtp.mailfrom=acme.example", TK_NO, NULL},
        {MX "spf=fail smtp.mailfrom=acme.example; spf=pass smtp.mailfrom=acme.example", TK_NO, NULL},
        {MX "spf=pass smtp.mailfrom=acme.example@evil.example", TK_NO, NULL},
        {MX "spf=softfail smtp.mailfrom=acme.example", TK_NO, NULL},
        {MX "spf/2=pass smtp.mailfrom=acme.example", TK_NO, "version"},
        {MX "auth=pass smtp.auth=ann@acme.example", TK_NO, NULL},
    };
    check_rows(FROM, rows, G_N_ELEMENTS(rows));
    static const struct row below[] = {
        {MX "dkim=pass header.d=acme.example", TK_YES, NULL},
        {MX "spf=pass smtp.mailfrom=a@mail.acme.example", TK_YES, NULL},
        {MX "dkim=pass header.d=example", TK_NO, NULL},
        {MX "dkim=pass header.d=cme.example", TK_NO, NULL},
        {MX "dkim=pass header.d=sister.acme.example", TK_NO, NULL},
        {MX "dmarc=pass header.from=acme.example", TK_NO, NULL},
    };
    check_rows(BELOW, below, G_N_ELEMENTS(below));
}

static void text_of_senders_in_quotes_and_comments_says_nothing(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {MX "spf=pass smtp.mailfrom=\"a) dmarc=pass (b\"@evil.example", TK_NO, NULL},
        {MX "spf=pass smtp.mailfrom=\"a; dmarc=pass header.from=acme.example; b\"@evil.example", TK_NO, NULL},
        {MX "spf=pass smtp.mailfrom=\"a\\\"; dmarc=pass header.from=acme.example; b\"@evil.example", TK_NO,
         NULL},
        {MX "spf=pass smtp.mailfrom=\"x@acme.example\"@evil.example", TK_NO, NULL},
        {MX "spf=fail (a; dmarc=pass header.from=acme.example) smtp.mailfrom=evil.example", TK_NO, NULL},
        {MX "spf=fail (a (b) ; dmarc=pass header.from=acme.example; (c)) smtp.mailfrom=x", TK_NO, NULL},
        {MX "spf=fail (a \\) ; dmarc=pass header.from=acme.example; \\( b) smtp.mailfrom=x", TK_NO, NULL},
        {MX "spf=fail reason=\"; dmarc=pass header.from=acme.example\"", TK_NO, NULL},
        {MX "spf=fail (x) dmarc=pass (y) header.from=acme.example", TK_NO, "among"},
        {MX "spf=pass smtp.mailfrom=a)dmarc=pass(b@evil.example", TK_NO, "stray"},
        {MX "spf=pass smtp.mailfrom=a\\; dmarc=pass header.from=acme.example", TK_NO, "stray"},
        {MX "dmarc=pass header.from=acme.example; spf=fail (x", TK_NO, "comment"},
        {MX "dmarc=pass header.from=acme.example; spf=fail reason=\"x", TK_NO, "quotes"},
        {MX "dmarc=pass header.from=acme.example; spf=fail reason=\"x\\", TK_NO, "quotes"},
        {MX "dmarc=pass header.from=acme.example; =fail", TK_NO, "name"},
        {MX "dmarc=pass header.from=acme.example; spf", TK_NO, "value"},
        {MX "dmarc=pass header.from=acme.example; spf=", TK_NO, "value"},
        {MX "dmarc=pass header.from=acme.example, dmarc=fail", TK_NO, "among"},
        {MX "dmarc(x)=(y)pass(z)header.from(;)=acme.example", TK_YES, NULL},
        {MX "dmarc=pass header.from=(acme.example)evil.example", TK_NO, NULL},
        {MX "dmarc=pass header.from=acme.example(.evil.example)", TK_YES, NULL},
        {MX "spf=pass smtp.mailfrom=\"\x83\\\"@evil.example; dmarc=pass header.from=acme.example", TK_NO,
         "no filter"},
        {MX "spf=pass smtp.mailfrom=\x01; dmarc=pass header.from=acme.example", TK_NO, "no filter"},
        {MX "spf=pass smtp.mailfrom=j\u00f6rg@evil.example; dmarc=pass header.from=acme.example", TK_YES,
         NULL},
    };
    check_rows(FROM, rows, G_N_ELEMENTS(rows));
}

static void of_several_authors_none_is_confirmed(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {FROM MX "dmarc=pass header.from=acme.example", TK_NO, NULL},
        {MX "dmarc=pass header.from=evil.example", TK_NO, NULL},
    };
    check_rows("From: Eve <eve@evil.example>\r\n", rows, 1);
    check_rows("From: ann@acme.example, eve@evil.example\r\n", rows + 1, 1);
    check_rows("From: nobody\r\n", rows + 1, 1);
}

static void results_are_told_with_their_domains(void **state)
{
    (void)state;
    const char *header = FROM MX
        "spf=softfail smtp.mailfrom=a@Bounce.example; dkim=pass header.d=LIST.example; "
        "dkim=fail header.d=acme.example; dmarc=none header.from=acme.example";
    struct tk_authres authres;
    read_mail(header, strlen(header), trusted, &authres);
    assert_int_equal(authres.spf.result, TK_AUTHRES_FAIL);
    assert_string_equal(authres.spf.domain, "bounce.example");
    assert_int_equal(authres.dkim.result, TK_AUTHRES_PASS);
    assert_string_equal(authres.dkim.domain, "list.example");
    assert_int_equal(authres.dmarc.result, TK_AUTHRES_NONE);
    assert_string_equal(authres.dmarc.domain, "acme.example");
    tk_authres_clear(&authres);
    tk_authres_clear(&authres);
    read_mail(header, strlen(header), NULL, &authres);
    assert_int_equal(authres.verdict, TK_UNKNOWN);
    assert_int_equal(authres.dkim.result, TK_AUTHRES_ABSENT);
    tk_authres_clear(&authres);
}

/* PIECE count times between HEAD and TAIL. */
static void check_many(const char *head, const char *piece, guint count, const char *tail,
                       const char *problem)
{
    g_autoptr(GString) text = g_string_new(head);
    for (guint i = 0; i < count; i++)
        g_string_append(text, piece);
    g_string_append(text, tail);
    struct tk_authres authres;
    read_mail(text->str, text->len, trusted, &authres);
    assert_int_equal(authres.verdict, problem != NULL ? TK_NO : TK_YES);
    if (problem != NULL)
        assert_non_null(strstr(authres.problem, problem));
    else
        assert_null(authres.problem);
    tk_authres_clear(&authres);
}

static void more_than_filters_write_is_not_believed(void **state)
{
    (void)state;
    const char *good = MX "dmarc=pass header.from=acme.example\r\n";
    check_many(FROM, good, 50, "X: y", NULL);
    check_many(FROM, good, 51, "X: y", "too many fields");
    check_many(FROM, AR "evil.example; dmarc=fail\r\n", 500, good, NULL);
    g_autofree char *cut = g_strconcat(FROM, good, NULL);
    check_many(cut, "X: y\r\n", 1100, "X: y", "not read to its end");
    const char *head = FROM MX "dmarc=pass header.from=acme.example";
    check_many(head, "; iprev=pass", 99, "", NULL);
    check_many(head, "; iprev=pass", 100, "", "too many results");
    check_many(head, ";", 1000, " ", NULL);
    check_many(head, " (x)", 3000, "", NULL);
    check_many(head, " (x)", 5000, "", "too long");
    check_many(head, "(", 10000, "", "comment");
    g_autofree char *nested = g_strnfill(5000, '(');
    g_autofree char *opened = g_strconcat(head, " ", nested, NULL);
    check_many(opened, ")", 5000, "", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_trusted_id_in_its_plain_form_is_believed),
        cmocka_unit_test(dmarc_decides_for_the_from_domain_and_the_worst_result_counts),
        cmocka_unit_test(without_dmarc_an_aligned_signature_or_envelope_confirms),
        cmocka_unit_test(text_of_senders_in_quotes_and_comments_says_nothing),
        cmocka_unit_test(of_several_authors_none_is_confirmed),
        cmocka_unit_test(results_are_told_with_their_domains),
        cmocka_unit_test(more_than_filters_write_is_not_believed),
    };
    g_mime_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
