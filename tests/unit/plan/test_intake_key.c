/* Unit tests of intake_key: what makes two deliveries one mail. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/plan/intake_key.h"
#include "tests/unit/sample.h"

#define MTA   "mx.acme.example"
#define QUEUE "4f1YbX2k"

static struct tk_message *message;
static guint8 body[32];
static struct tk_intake_key first;

static struct tk_intake_key key_of(const char *channel, const char *mail_from)
{
    struct tk_intake_key key;
    tk_intake_key_make(channel, mail_from, message, body, MTA, QUEUE, &key);
    return key;
}

static int start(void **state)
{
    (void)state;
    memset(body, 1, sizeof body);
    message = sample_message();
    sample_header(message, "Received", "from here");
    sample_header(message, "Date", "Mon, 02 Mar 2026 10:00:00 +0000");
    sample_header(message, "From", "Ann <ann@acme.example>");
    sample_header(message, "To", "support@acme.example");
    sample_header(message, "Subject", "Printer");
    first = key_of("acme/support", "ann@acme.example");
    return 0;
}

static void expect_same(gboolean same)
{
    struct tk_intake_key key = key_of("acme/support", "ann@acme.example");
    assert_int_equal(memcmp(key.sha256, first.sha256, sizeof key.sha256) == 0, same);
}

static void the_same_mail_has_the_same_key_for_eight_days(void **state)
{
    (void)state;
    expect_same(TRUE);
    assert_int_equal(first.lifetime_secs, 8 * 24 * 3600);
}

static void what_transport_adds_does_not_count(void **state)
{
    (void)state;
    const char *const names[] = {"Received",       "Return-Path",   "Delivered-To", "Authentication-Results",
                                 "DKIM-Signature", "X-Spam-Status", "ARC-Seal"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        sample_header(message, names[i], "something new");
        expect_same(TRUE);
    }
}

static void channel_sender_and_content_count(void **state)
{
    (void)state;
    struct tk_intake_key other = key_of("acme/sales", "ann@acme.example");
    assert_memory_not_equal(other.sha256, first.sha256, sizeof other.sha256);
    other = key_of("acme/support", "bob@acme.example");
    assert_memory_not_equal(other.sha256, first.sha256, sizeof other.sha256);
    other = key_of("acme/support", "");
    assert_memory_not_equal(other.sha256, first.sha256, sizeof other.sha256);
    body[0]++;
    expect_same(FALSE);
    body[0]--;
    sample_header(message, "Cc", "bob@acme.example");
    expect_same(FALSE);
}

static void each_header_of_the_sender_counts(void **state)
{
    (void)state;
    for (guint i = 1; i < message->headers->len; i++) {
        struct tk_header *header = g_ptr_array_index(message->headers, i);
        char *before = header->raw;
        header->raw = sample_text("another value");
        expect_same(FALSE);
        header->raw = before;
        expect_same(TRUE);
    }
    message->message_id = sample_text("m2@acme.example");
    expect_same(FALSE);
}

static void values_do_not_run_into_each_other(void **state)
{
    (void)state;
    struct tk_intake_key left = key_of("acme/supporta", "nn@acme.example");
    struct tk_intake_key right = key_of("acme/support", "ann@acme.example");
    assert_memory_not_equal(left.sha256, right.sha256, sizeof left.sha256);
}

static void a_message_id_of_our_own_mta_does_not_count(void **state)
{
    (void)state;
    message->message_id = sample_text("20260302100000." QUEUE "@" MTA);
    struct tk_intake_key one = key_of("acme/support", "ann@acme.example");
    message->message_id = NULL;
    struct tk_intake_key none = key_of("acme/support", "ann@acme.example");
    assert_memory_equal(one.sha256, none.sha256, sizeof one.sha256);
    message->message_id = sample_text("20260302100000.ABC@" MTA);
    struct tk_intake_key foreign = key_of("acme/support", "ann@acme.example");
    assert_memory_not_equal(foreign.sha256, none.sha256, sizeof foreign.sha256);
}

static void a_date_that_the_mta_may_have_appended_does_not_count(void **state)
{
    (void)state;
    message = sample_message();
    message->message_id = sample_text("20260302100000." QUEUE "@" MTA);
    sample_header(message, "From", "ann@acme.example");
    sample_header(message, "Subject", "cron");
    sample_header(message, "Message-Id", "<20260302100000." QUEUE "@" MTA ">");
    sample_header(message, "Date", "Mon, 02 Mar 2026 10:00:00 +0000");
    first = key_of("acme/support", "ann@acme.example");
    assert_int_equal(first.lifetime_secs, 2 * 3600);
    struct tk_header *date = g_ptr_array_index(message->headers, 3);
    date->raw = sample_text("Mon, 02 Mar 2026 10:07:00 +0000");
    expect_same(TRUE);
}

#define CASE(name) cmocka_unit_test_setup(name, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_same_mail_has_the_same_key_for_eight_days),
        CASE(what_transport_adds_does_not_count),
        CASE(channel_sender_and_content_count),
        CASE(each_header_of_the_sender_counts),
        CASE(values_do_not_run_into_each_other),
        CASE(a_message_id_of_our_own_mta_does_not_count),
        CASE(a_date_that_the_mta_may_have_appended_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
