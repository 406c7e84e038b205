/* Unit tests of requester: for whom a mail was written. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/sender/requester.h"
#include "tests/unit/sample.h"

#define FORM "forms@acme.example"

static void a_form_counts_where_somebody_vouches_for_it_and_names_one_mailbox(void **state)
{
    (void)state;
    static const struct {
        const char *from, *reply_to; /* REPLY_TO: addresses, blanks between */
        enum tk_tri authenticated;
        gboolean trusted_client;
        const char *expected; /* own, form, requester */
    } rows[] = {
        {"ann@acme.example", "eve@evil.example", TK_YES, TRUE, "ann@acme.example"},
        {FORM, "kim@far.example", TK_YES, FALSE, "form kim@far.example"},
        {"Forms@ACME.example", "kim@far.example", TK_YES, FALSE, "form kim@far.example"},
        {FORM, "kim@far.example", TK_UNKNOWN, TRUE, "form kim@far.example"},
        {FORM, "kim@far.example", TK_NO, TRUE, "form kim@far.example"},
        {FORM, "kim@far.example", TK_NO, FALSE, FORM},
        {FORM, "kim@far.example", TK_UNKNOWN, FALSE, FORM},
        {"scan2@devices.example", "kim@far.example", TK_YES, FALSE, "form kim@far.example"},
        {"scan2@devices.example.evil.example", "kim@far.example", TK_YES, FALSE,
         "scan2@devices.example.evil.example"},
        /* Without one mailbox that can be told of anything it is its own requester. */
        {FORM, "", TK_YES, FALSE, "form untold " FORM},
        {FORM, "kim@far.example lou@far.example", TK_YES, FALSE, "form untold " FORM},
        {FORM, "kim", TK_YES, FALSE, "form untold " FORM},
        {FORM, "\"a@b\"@far.example", TK_YES, FALSE, "form untold " FORM},
        {FORM, "support@acme.example", TK_YES, FALSE, "form untold " FORM},
        {FORM, "fail+x@acme.example", TK_YES, FALSE, "form untold " FORM},
        /* Our own addresses. */
        {"support@acme.example", "kim@far.example", TK_YES, TRUE, "own untold support@acme.example"},
        {"Support+x@acme.example", "", TK_NO, FALSE, "own untold Support+x@acme.example"},
        {"fail@acme.example", "", TK_NO, FALSE, "own untold fail@acme.example"},
        {"web@acme.example", "kim@far.example", TK_YES, FALSE, "own form kim@far.example"},
        {"web@acme.example", "kim@far.example", TK_NO, FALSE, "own untold web@acme.example"},
    };
    struct tk_conf conf = {.own = g_hash_table_new(g_str_hash, g_str_equal)};
    struct tk_channel *channel = sample_channel();
    channel->forms = sample_words(FORM " *@devices.example web@acme.example");
    g_hash_table_insert(conf.own, (gpointer) "support@acme.example", channel);
    g_hash_table_insert(conf.own, (gpointer) "fail@acme.example", channel);
    g_hash_table_insert(conf.own, (gpointer) "web@acme.example", channel);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct tk_message *message = sample_message();
        char **words = sample_words(rows[i].reply_to);
        const struct tk_authentic authentic = {.verdict = rows[i].authenticated,
                                               .trusted_client = rows[i].trusted_client};
        struct tk_requester got;
        message->from = sample_mailbox("", rows[i].from);
        for (gsize k = 0; words[k] != NULL; k++)
            g_ptr_array_add(message->reply_to, sample_mailbox("", words[k]));
        tk_requester_find(&conf, channel, message, &authentic, &got);
        g_autofree char *text = g_strdup_printf("%s%s%s%s", got.own ? "own " : "", got.form ? "form " : "",
                                                tk_requester_can_be_told(&got) ? "" : "untold ",
                                                tk_requester_mailbox(&got, message)->address);
        assert_string_equal(text, rows[i].expected);
    }
    g_hash_table_unref(conf.own);
}

static void who_is_not_one_sender_is_no_form(void **state)
{
    (void)state;
    struct tk_conf conf = {.own = g_hash_table_new(g_str_hash, g_str_equal)};
    struct tk_channel *channel = sample_channel();
    struct tk_message *message = sample_message();
    const struct tk_authentic authentic = {.verdict = TK_YES, .trusted_client = TRUE};
    struct tk_requester got;
    channel->forms = sample_words(FORM);
    message->from = sample_mailbox("", FORM);
    message->from_problem = "several_mailboxes";
    tk_requester_find(&conf, channel, message, &authentic, &got);
    assert_false(got.form);
    message->from_problem = NULL;
    message->from = NULL;
    tk_requester_find(&conf, channel, message, &authentic, &got);
    assert_false(got.form || got.own);
    assert_null(tk_requester_mailbox(&got, message));
    g_hash_table_unref(conf.own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_counts_where_somebody_vouches_for_it_and_names_one_mailbox),
        cmocka_unit_test(who_is_not_one_sender_is_no_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
