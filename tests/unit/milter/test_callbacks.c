/* Unit tests of callbacks and session: the test is the MTA, the pipeline is a script. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "milter/base/log.h"
#include "milter/base/spool.h"
#include "milter/daemon/callbacks.h"
#include "tests/unit/conf_sample.h"
#include "tests/unit/fake_milter.h"

#define ALL_ACTIONS  0x1ffUL
#define ALL_PROTOCOL 0x1fffffUL
#define CHANNEL      "<support@acme.example>"
#define NOBODYS      "<bob@elsewhere.example>"

static const char *instance = "gw1.example.net"; /* in the next configuration that is read */
static const char *spool_directory = "/tmp";

static enum tk_status load(const char *path, GPtrArray *problems, struct tk_conf **conf_r)
{
    g_autofree char *text = g_strdup_printf("%s\nspool_directory = \"%s\";\n", SAMPLE_MAIN, spool_directory);
    char *found = strstr(text, "gw1.example.net");
    memcpy(found, instance, strlen(instance));
    const struct tk_conf_file main_file = {path, text};
    const struct tk_conf_file channel = {"channel.conf", SAMPLE_CHANNEL};
    const struct tk_conf_file template = {"template.conf", SAMPLE_TEMPLATE};
    return tk_conf_read(&main_file, &channel, 1, &template, 1, problems, conf_r);
}

static struct tk_callbacks_service service;
static struct smfi_str ctx;

static int set_up(void **state)
{
    (void)state;
    fake_intake_reset();
    tk_log_set_threshold(LOG_EMERG);
    instance = "gw1.example.net";
    spool_directory = "/tmp";
    ctx = (struct smfi_str){.calls = g_string_new(NULL),
                            .queue_id = (char *)"4FQ",
                            .mta_name = (char *)"mx.example.net",
                            .has_symlist = TRUE};
    service.flight = tk_flight_new(2);
    service.sessions_max = 3;
    return tk_snapshot_open("main.conf", load, &service.snapshot) != TK_OK ||
           tk_callbacks_register("ticket-test", &service) != TK_OK;
}

static int tear_down(void **state)
{
    (void)state;
    if (ctx.priv != NULL)
        fake_description.xxfi_close(&ctx);
    gboolean clean = ctx.priv == NULL && tk_spool_held() == 0 && tk_flight_count(service.flight) == 0 &&
                     fake_intake.clears == fake_intake.runs;
    tk_snapshot_free(&service.snapshot);
    tk_flight_free(&service.flight);
    g_string_free(ctx.calls, TRUE);
    fake_intake_reset();
    return !clean;
}

/* The MTA's side. */
static sfsistat say_mail(const char *from)
{
    char *arguments[] = {(char *)from, (char *)"SIZE=100", NULL};
    return fake_description.xxfi_envfrom(&ctx, arguments);
}

static sfsistat say_rcpt(const char *rcpt)
{
    char *arguments[] = {(char *)rcpt, NULL};
    return fake_description.xxfi_envrcpt(&ctx, arguments);
}

static sfsistat say_header(const char *name, const char *value)
{
    return fake_description.xxfi_header(&ctx, (char *)name, (char *)value);
}

static sfsistat say_body(const char *body)
{
    return fake_description.xxfi_body(&ctx, (unsigned char *)body, strlen(body));
}

static sfsistat say_end(void)
{
    return fake_description.xxfi_eom(&ctx);
}

/* One whole mail to RCPT; the answer to its end, or to DATA where the rest is not wanted. */
static sfsistat send_mail(const char *rcpt)
{
    assert_int_equal(say_mail("<ann@acme.example>"), SMFIS_CONTINUE);
    assert_int_equal(say_rcpt(rcpt), SMFIS_CONTINUE);
    sfsistat answer = fake_description.xxfi_data(&ctx);
    if (answer != SMFIS_CONTINUE)
        return answer;
    assert_int_equal(say_header("Subject", " Printer"), SMFIS_NOREPLY);
    assert_int_equal(say_body("It is broken.\r\n"), SMFIS_NOREPLY);
    return say_end();
}

static void assert_raw(const char *expected)
{
    g_byte_array_append(fake_intake.raw, (const guint8 *)"", 1);
    assert_string_equal((const char *)fake_intake.raw->data, expected);
}

static void negotiation_asks_for_what_is_needed_and_refuses_less(void **state)
{
    (void)state;
    unsigned long actions = 0, protocol = 0, x = 9, y = 9;
    assert_int_equal(
        fake_description.xxfi_negotiate(&ctx, ALL_ACTIONS, ALL_PROTOCOL, 0, 0, &actions, &protocol, &x, &y),
        SMFIS_CONTINUE);
    assert_int_equal(actions &
                         (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT),
                     SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT);
    assert_int_equal(actions & (SMFIF_CHGBODY | SMFIF_QUARANTINE | SMFIF_CHGFROM), 0);
    assert_true((protocol & SMFIP_HDR_LEADSPC) != 0);
    assert_int_equal(protocol & (SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_RCPT_REJ), 0);
    assert_int_equal(x + y, 0);
    assert_string_equal(ctx.calls->str, "macros 5 i j {auth_authen} {client_addr}\n");
    const unsigned long wanted = actions;
    for (unsigned long bit = 1; bit <= SMFIF_SETSYMLIST; bit <<= 1) {
        sfsistat expected = (wanted & bit) != 0 ? SMFIS_REJECT : SMFIS_CONTINUE;
        unsigned long a, p;
        assert_int_equal(
            fake_description.xxfi_negotiate(&ctx, ALL_ACTIONS & ~bit, ALL_PROTOCOL, 0, 0, &a, &p, &x, &y),
            expected);
    }
    for (unsigned long bit = 1; bit <= SMFIP_HDR_LEADSPC; bit <<= 1) {
        sfsistat expected = (protocol & bit) != 0 ? SMFIS_REJECT : SMFIS_CONTINUE;
        unsigned long a, p;
        assert_int_equal(
            fake_description.xxfi_negotiate(&ctx, ALL_ACTIONS, ALL_PROTOCOL & ~bit, 0, 0, &a, &p, &x, &y),
            expected);
    }
    assert_int_equal(
        fake_description.xxfi_negotiate(&ctx, SMFIF_ADDHDRS, ALL_PROTOCOL, 0, 0, &actions, &protocol, &x, &y),
        SMFIS_REJECT);
}

static void a_mail_without_a_channel_is_let_go_before_its_content(void **state)
{
    (void)state;
    assert_int_equal(say_mail("<ann@acme.example>"), SMFIS_CONTINUE);
    assert_int_equal(say_rcpt(NOBODYS), SMFIS_CONTINUE);
    assert_int_equal(fake_description.xxfi_data(&ctx), SMFIS_ACCEPT);
    assert_int_equal(say_mail("<>"), SMFIS_CONTINUE);
    assert_int_equal(say_end(), SMFIS_ACCEPT); /* an MTA that asks nevertheless */
    assert_int_equal(fake_intake.runs, 0);
    assert_string_equal(ctx.calls->str, "");
}

static void the_raw_mail_is_what_the_sender_sent(void **state)
{
    (void)state;
    say_mail("<Ann@Acme.Example>");
    say_rcpt(NOBODYS);
    say_rcpt("<Support@ACME.example>");
    assert_int_equal(fake_description.xxfi_data(&ctx), SMFIS_CONTINUE);
    say_header("From", " Ann <ann@acme.example>");
    say_header("X-Tight", "no blank");
    say_header("X-Tab", "\tx\n\tfolded\n  twice\r\n thrice");
    say_header("X-Empty", "");
    say_header("X-Blank", " ");
    say_header("X-Eight", " Gr\xfc\xdf"
                          "e");
    say_body("first\r");
    say_body("\nsecond\r\n");
    assert_int_equal(say_end(), SMFIS_ACCEPT);
    assert_raw(
        "From: Ann <ann@acme.example>\r\nX-Tight:no blank\r\nX-Tab:\tx\r\n\tfolded\r\n  twice\r\n thrice\r\n"
        "X-Empty:\r\nX-Blank: \r\nX-Eight: Gr\xfc\xdf"
        "e\r\n\r\nfirst\r\nsecond\r\n");
    assert_string_equal(fake_intake.envelope->str,
                        "<Ann@Acme.Example> <bob@elsewhere.example> <Support@ACME.example>");
    assert_string_equal(fake_intake.queue_id, "4FQ");
    assert_string_equal(fake_intake.mta_name, "mx.example.net");
    assert_false(fake_intake.too_big);
    assert_in_range(fake_intake.left, 8 * G_TIME_SPAN_SECOND, 10 * G_TIME_SPAN_SECOND);
}

static void a_mail_may_have_no_header_no_body_or_neither(void **state)
{
    (void)state;
    static const struct {
        const char *name, *body, *expected;
    } cases[] = {{"A", NULL, "A: b\r\n\r\n"},
                 {NULL, "x\r\n", "\r\nx\r\n"},
                 {NULL, NULL, "\r\n"},
                 {"A", "", "A: b\r\n\r\n"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        say_mail("<>");
        say_rcpt(CHANNEL);
        fake_description.xxfi_data(&ctx);
        if (cases[i].name != NULL)
            say_header(cases[i].name, " b");
        if (cases[i].body != NULL)
            say_body(cases[i].body);
        assert_int_equal(say_end(), SMFIS_ACCEPT);
        assert_raw(cases[i].expected);
    }
}

static void mails_of_one_connection_share_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        say_mail("<first@acme.example>");
        say_rcpt(CHANNEL);
        fake_description.xxfi_data(&ctx);
        say_header("Subject", " first");
        say_body("first body\r\n");
        if (i > 0)
            fake_description.xxfi_abort(&ctx);
        if (i > 1)
            fake_description.xxfi_abort(&ctx); /* twice does no harm */
        assert_int_equal(send_mail(CHANNEL), SMFIS_ACCEPT);
        assert_raw("Subject: Printer\r\n\r\nIt is broken.\r\n");
        assert_string_equal(fake_intake.envelope->str, "<ann@acme.example> " CHANNEL);
    }
    assert_int_equal(fake_intake.runs, 3);
}

static void callbacks_in_a_wrong_order_do_no_harm(void **state)
{
    (void)state;
    fake_description.xxfi_close(&ctx); /* the only one */
    assert_null(ctx.priv);
    fake_description.xxfi_abort(&ctx);
    assert_int_equal(say_rcpt(CHANNEL), SMFIS_CONTINUE);
    assert_int_equal(say_header("A", " b"), SMFIS_NOREPLY);
    assert_int_equal(say_body("x"), SMFIS_NOREPLY);
    assert_int_equal(say_end(), SMFIS_ACCEPT);
    assert_int_equal(fake_intake.runs, 0);

    say_mail("<>");
    say_rcpt(CHANNEL);
    say_body("body\r\n"); /* no DATA, no header */
    say_header("Late", " header");
    say_rcpt("<late@acme.example>");
    assert_int_equal(say_end(), SMFIS_ACCEPT);
    assert_raw("\r\nbody\r\n");
    assert_string_equal(fake_intake.envelope->str, "<> " CHANNEL);
    assert_int_equal(say_end(), SMFIS_ACCEPT); /* a second end has no mail */
    assert_int_equal(fake_intake.runs, 1);
}

static void a_mail_keeps_the_configuration_that_it_began_with(void **state)
{
    (void)state;
    say_mail("<ann@acme.example>");
    instance = "gw2.example.net";
    assert_int_equal(tk_snapshot_reload(service.snapshot), TK_OK);
    say_rcpt(CHANNEL);
    assert_int_equal(say_end(), SMFIS_ACCEPT);
    assert_string_equal(fake_intake.instance, "gw1.example.net");
    send_mail(CHANNEL);
    assert_string_equal(fake_intake.instance, "gw2.example.net");
}

static void every_status_has_its_reply(void **state)
{
    (void)state;
    static const struct {
        enum tk_status status;
        sfsistat answer;
        const char *reply; /* how the reply begins */
    } cases[] = {
        {TK_OK, SMFIS_ACCEPT, ""},
        {TK_LATER, SMFIS_TEMPFAIL, "reply 451 4.3.0 "},
        {TK_STORAGE, SMFIS_TEMPFAIL, "reply 452 4.3.1 "},
        {TK_UNCERTAIN, SMFIS_TEMPFAIL, "reply 451 4.3.0 "},
        {TK_CONFIG, SMFIS_TEMPFAIL, "reply 451 4.3.0 "},
        {TK_REFUSED, SMFIS_TEMPFAIL, "reply 451 4.3.0 "},
        {TK_BUG, SMFIS_TEMPFAIL, "reply 451 4.3.0 "},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_string_truncate(ctx.calls, 0);
        fake_intake.status = cases[i].status;
        assert_int_equal(send_mail(CHANNEL), cases[i].answer);
        assert_memory_equal(ctx.calls->str, cases[i].reply, strlen(cases[i].reply));
        assert_null(strstr(ctx.calls->str, "database"));
        assert_null(strchr(ctx.calls->str, '%'));
    }
}

static void verdicts_of_all_channels_fold_to_one_reply(void **state)
{
    (void)state;
    static const struct {
        enum tk_verdict verdicts[3];
        guint n;
        gboolean only_channels;
        sfsistat answer;
    } cases[] = {
        {{TK_VERDICT_TICKET}, 1, FALSE, SMFIS_ACCEPT},
        {{TK_VERDICT_NOTE, TK_VERDICT_FAIL, TK_VERDICT_EXCLUDE}, 3, TRUE, SMFIS_ACCEPT},
        {{TK_VERDICT_DUPLICATE}, 1, TRUE, SMFIS_ACCEPT},
        {{TK_VERDICT_LATER}, 1, TRUE, SMFIS_TEMPFAIL},
        {{TK_VERDICT_TICKET, TK_VERDICT_LATER}, 2, TRUE, SMFIS_TEMPFAIL},
        {{TK_VERDICT_REJECT}, 1, TRUE, SMFIS_REJECT},
        {{TK_VERDICT_REJECT, TK_VERDICT_REJECT}, 2, TRUE, SMFIS_REJECT},
        {{TK_VERDICT_REJECT}, 1, FALSE, SMFIS_TEMPFAIL},
        {{TK_VERDICT_REJECT, TK_VERDICT_TICKET}, 2, TRUE, SMFIS_TEMPFAIL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        memcpy(fake_intake.verdicts, cases[i].verdicts, sizeof fake_intake.verdicts);
        fake_intake.n_results = cases[i].n;
        fake_intake.only_channels = cases[i].only_channels;
        fake_intake.reason = TK_REASON_UNAUTHENTICATED;
        g_string_truncate(ctx.calls, 0);
        assert_int_equal(send_mail(CHANNEL), cases[i].answer);
        if (cases[i].answer == SMFIS_REJECT)
            assert_memory_equal(ctx.calls->str, "reply 550 5.7.1 ", 16);
    }
}

static void add_edit(GPtrArray *edits, enum tk_edit_kind kind, const char *name, const char *value,
                     const char *arguments, guint index)
{
    struct tk_edit *edit = g_new0(struct tk_edit, 1);
    *edit = (struct tk_edit){kind, g_strdup(name), g_strdup(value), g_strdup(arguments), index};
    g_ptr_array_add(edits, edit);
}

static void some_edits(GPtrArray *edits)
{
    add_edit(edits, TK_EDIT_REMOVE_HEADER, "X-Ticket-Id", NULL, NULL, 2);
    add_edit(edits, TK_EDIT_REMOVE_RCPT, NULL, "<Support@ACME.example>", NULL, 0);
    add_edit(edits, TK_EDIT_ADD_RCPT, NULL, "<done@acme.example>", "NOTIFY=NEVER", 0);
    add_edit(edits, TK_EDIT_ADD_RCPT, NULL, "<fail@acme.example>", NULL, 0);
    add_edit(edits, TK_EDIT_ADD_HEADER, "X-Ticket-Id", "INC-7", NULL, 0);
}

#define SOME_EDITS                                                                                           \
    "chgheader X-Ticket-Id|2\ndelrcpt <Support@ACME.example>\naddrcpt_par "                                  \
    "<done@acme.example>|NOTIFY=NEVER\n"                                                                     \
    "addrcpt <fail@acme.example>\naddheader X-Ticket-Id| INC-7\n"

static void edits_are_applied_in_order_and_only_to_a_mail_that_is_accepted(void **state)
{
    (void)state;
    fake_intake.make_edits = some_edits;
    assert_int_equal(send_mail(CHANNEL), SMFIS_ACCEPT);
    assert_string_equal(ctx.calls->str, SOME_EDITS);

    fake_intake.status = TK_UNCERTAIN;
    g_string_truncate(ctx.calls, 0);
    assert_int_equal(send_mail(CHANNEL), SMFIS_TEMPFAIL);
    assert_null(strstr(ctx.calls->str, "rcpt"));

    fake_intake.status = TK_OK;
    fake_intake.verdicts[0] = TK_VERDICT_REJECT;
    g_string_truncate(ctx.calls, 0);
    assert_int_equal(send_mail(CHANNEL), SMFIS_REJECT);
    assert_null(strstr(ctx.calls->str, "rcpt"));
}

static void a_refused_edit_means_later_once_and_then_without_it(void **state)
{
    (void)state;
    /* What the ledger says at the sender's next attempt: a stored mail is a duplicate, a refused one is
     * decided anew. */
    static const enum tk_verdict verdicts[][2] = {{TK_VERDICT_TICKET, TK_VERDICT_DUPLICATE},
                                                  {TK_VERDICT_NOTE, TK_VERDICT_DUPLICATE},
                                                  {TK_VERDICT_FAIL, TK_VERDICT_FAIL},
                                                  {TK_VERDICT_FAIL, TK_VERDICT_TICKET},
                                                  {TK_VERDICT_EXCLUDE, TK_VERDICT_EXCLUDE}};
    fake_intake.make_edits = some_edits;
    for (int i = 0; i < 5 * (int)G_N_ELEMENTS(verdicts); i++) {
        ctx.edits = 0;
        ctx.refuse_edit = i % 5 + 1;
        fake_intake.verdicts[0] = verdicts[i / 5][0];
        fake_intake.seen = 1;
        g_string_truncate(ctx.calls, 0);
        assert_int_equal(send_mail(CHANNEL), SMFIS_TEMPFAIL);
        assert_non_null(strstr(ctx.calls->str, "reply 451 4.3.0 "));

        ctx.edits = 0;
        fake_intake.verdicts[0] = verdicts[i / 5][1];
        fake_intake.seen = 2;
        g_string_truncate(ctx.calls, 0);
        assert_int_equal(send_mail(CHANNEL), SMFIS_ACCEPT);
        assert_string_equal(ctx.calls->str, SOME_EDITS); /* all others are made */
    }
}

static void a_mail_that_cannot_be_kept_never_reaches_the_pipeline(void **state)
{
    (void)state;
    tk_spool_set_budget(20);
    assert_int_equal(send_mail(CHANNEL), SMFIS_TEMPFAIL);
    tk_spool_set_budget(TK_SPOOL_BUDGET);
    assert_memory_equal(ctx.calls->str, "reply 452 4.3.1 ", 16);
    assert_int_equal(fake_intake.runs, 0);
    assert_int_equal(send_mail(CHANNEL), SMFIS_ACCEPT); /* the next one is not touched by that */

    spool_directory = "/nonexistent/spool";
    assert_int_equal(tk_snapshot_reload(service.snapshot), TK_OK);
    g_autofree char *large = g_strnfill(TK_SPOOL_MEMORY, 'x');
    g_string_truncate(ctx.calls, 0);
    say_mail("<>");
    say_rcpt(CHANNEL);
    say_body(large);
    assert_int_equal(say_end(), SMFIS_TEMPFAIL);
    assert_memory_equal(ctx.calls->str, "reply 451 4.3.0 ", 16);
}

static void a_mail_beyond_the_limit_is_marked_and_only_its_beginning_kept(void **state)
{
    (void)state;
    g_autofree char *block = g_strnfill(65535, 'x');
    say_mail("<>");
    say_rcpt(CHANNEL);
    for (int i = 0; i < 200; i++)
        say_body(block);
    assert_int_equal(say_end(), SMFIS_ACCEPT);
    assert_true(fake_intake.too_big);
    assert_int_equal(fake_intake.raw->len, 10 * 1024 * 1024);
    assert_int_equal(fake_intake.size, 200 * 65535 + 2);
}

static void too_many_mails_at_their_end_are_put_off_at_once(void **state)
{
    (void)state;
    struct tk_flight_seat seats[2];
    for (int i = 0; i < 2; i++)
        assert_true(tk_flight_enter(service.flight, 0, &seats[i]));
    assert_int_equal(send_mail(CHANNEL), SMFIS_TEMPFAIL);
    assert_int_equal(fake_intake.runs, 0);
    tk_flight_leave(service.flight, &seats[0]);
    assert_int_equal(send_mail(CHANNEL), SMFIS_ACCEPT);
    tk_flight_leave(service.flight, &seats[1]);
}

static void a_connection_beyond_the_limit_is_closed_until_another_ends(void **state)
{
    (void)state;
    struct smfi_str others[3];
    unsigned long actions, protocol, x, y;
    for (int i = 0; i < 3; i++) {
        others[i] = (struct smfi_str){.calls = ctx.calls, .has_symlist = TRUE};
        assert_int_equal(fake_description.xxfi_negotiate(&others[i], ALL_ACTIONS, ALL_PROTOCOL, 0, 0,
                                                         &actions, &protocol, &x, &y),
                         SMFIS_CONTINUE);
    }
    assert_int_equal(
        fake_description.xxfi_negotiate(&ctx, ALL_ACTIONS, ALL_PROTOCOL, 0, 0, &actions, &protocol, &x, &y),
        SMFIS_REJECT);
    assert_int_equal(fake_description.xxfi_close(&ctx), SMFIS_CONTINUE); /* libmilter's last call */
    assert_int_equal(fake_description.xxfi_close(&others[0]), SMFIS_CONTINUE);
    assert_int_equal(
        fake_description.xxfi_negotiate(&ctx, ALL_ACTIONS, ALL_PROTOCOL, 0, 0, &actions, &protocol, &x, &y),
        SMFIS_CONTINUE);
    for (int i = 1; i < 3; i++)
        assert_int_equal(fake_description.xxfi_close(&others[i]), SMFIS_CONTINUE);
}

int main(void)
{
#define CALLBACK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CALLBACK_TEST(negotiation_asks_for_what_is_needed_and_refuses_less),
        CALLBACK_TEST(a_mail_without_a_channel_is_let_go_before_its_content),
        CALLBACK_TEST(the_raw_mail_is_what_the_sender_sent),
        CALLBACK_TEST(a_mail_may_have_no_header_no_body_or_neither),
        CALLBACK_TEST(mails_of_one_connection_share_nothing),
        CALLBACK_TEST(callbacks_in_a_wrong_order_do_no_harm),
        CALLBACK_TEST(a_mail_keeps_the_configuration_that_it_began_with),
        CALLBACK_TEST(every_status_has_its_reply),
        CALLBACK_TEST(verdicts_of_all_channels_fold_to_one_reply),
        CALLBACK_TEST(edits_are_applied_in_order_and_only_to_a_mail_that_is_accepted),
        CALLBACK_TEST(a_refused_edit_means_later_once_and_then_without_it),
        CALLBACK_TEST(a_mail_that_cannot_be_kept_never_reaches_the_pipeline),
        CALLBACK_TEST(a_mail_beyond_the_limit_is_marked_and_only_its_beginning_kept),
        CALLBACK_TEST(too_many_mails_at_their_end_are_put_off_at_once),
        CALLBACK_TEST(a_connection_beyond_the_limit_is_closed_until_another_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
