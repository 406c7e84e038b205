/* Unit tests of plan: the field mapping, participants and attachments. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/plan/plan.h"
#include "tests/unit/sample.h"

static struct tk_channel *channel;
static struct tk_message *message;
static struct tk_decision decision;
static struct tk_requester requester;
static struct tk_conf conf;
static guint8 digest[32];
static struct tk_plan *plan;

static int start(void **state)
{
    (void)state;
    channel = sample_channel();
    message = sample_message();
    decision = (struct tk_decision){.verdict = TK_VERDICT_TICKET, .rule = "ticket"};
    conf = (struct tk_conf){.templates = sample_list(),
                            .own = sample_keep(g_hash_table_new(g_str_hash, g_str_equal))};
    g_ptr_array_add(conf.templates, (gpointer)channel->template);
    g_hash_table_insert(conf.own, sample_text("sales@acme.example"), channel);
    requester = (struct tk_requester){0};
    plan = NULL;
    return 0;
}

static int finish(void **state)
{
    (void)state;
    tk_plan_free(&plan);
    assert_null(plan);
    return 0;
}

static void make(void)
{
    const struct tk_plan_input input = {.conf = &conf,
                                        .channel = channel,
                                        .message = message,
                                        .decision = &decision,
                                        .requester = requester,
                                        .raw_sha256 = digest,
                                        .raw_size = 1234};
    tk_plan_free(&plan);
    plan = tk_plan_make(&input);
}

static const char *field(const char *name)
{
    for (guint i = 0; i < plan->fields->len; i++) {
        const struct tk_plan_field *at = g_ptr_array_index(plan->fields, i);
        if (strcmp(at->name, name) == 0)
            return at->value;
    }
    return NULL;
}

static char *joined(GPtrArray *strings)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < strings->len; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? " " : "", (const char *)g_ptr_array_index(strings, i));
    return g_string_free(out, FALSE);
}

static void a_channel_without_mappings_fills_the_columns(void **state)
{
    (void)state;
    make();
    assert_string_equal(plan->subject, "Printer");
    assert_string_equal(plan->description, "It is broken.");
    assert_string_equal(plan->body_full, "It is broken.\n-- \nAnn");
    assert_string_equal(plan->requester, "ann@acme.example");
    assert_string_equal(plan->requester_name, "Ann");
    assert_null(plan->priority);
    assert_int_equal(plan->fields->len, 0);
}

static void every_source_of_the_mail_can_be_mapped(void **state)
{
    (void)state;
    const struct {
        enum tk_field_from from;
        const char *value;
    } cases[] = {
        {TK_FROM_SUBJECT, "Printer"},
        {TK_FROM_BODY, "It is broken."},
        {TK_FROM_TEXT_FULL, "It is broken.\n-- \nAnn"},
        {TK_FROM_SENDER, "ann@acme.example"},
        {TK_FROM_SENDER_NAME, "Ann"},
        {TK_FROM_TO, "a@x.example, b@x.example"},
        {TK_FROM_DATE, "2026-01-01T00:00:00Z"},
        {TK_FROM_MESSAGE_ID, "m1@acme.example"},
        {TK_FROM_IMPORTANCE, "normal"},
        {TK_FROM_HEADER, "B7"},
        {TK_FROM_NOTHING, "fallback"},
    };
    g_ptr_array_add(message->to, sample_mailbox("A", "a@x.example"));
    g_ptr_array_add(message->to, sample_mailbox("", "b@x.example"));
    sample_header(message, "X-Building", "B7");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = g_strdup_printf("f%" G_GSIZE_FORMAT, i);
        struct tk_field_rule *rule = sample_rule(channel, name, cases[i].from);
        rule->header = sample_text("x-building");
        rule->default_text = sample_text("fallback");
    }
    make();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = g_strdup_printf("f%" G_GSIZE_FORMAT, i);
        assert_string_equal(field(name), cases[i].value);
    }
}

static void a_sender_without_a_name_is_called_by_the_comment_behind_the_address(void **state)
{
    (void)state;
    sample_rule(channel, "name", TK_FROM_SENDER_NAME);
    message->from->comment = sample_text("Ann Lee");
    make();
    assert_string_equal(plan->requester_name, "Ann");
    message->from->name = sample_text("");
    make();
    assert_string_equal(plan->requester_name, "Ann Lee");
    assert_string_equal(field("name"), "Ann Lee");
}

static void importance_maps_to_a_priority_or_its_default(void **state)
{
    (void)state;
    struct tk_field_rule *rule = sample_rule(channel, "priority", TK_FROM_IMPORTANCE);
    sample_pair(rule->map, "high", "P2");
    sample_pair(rule->map, "normal", "P3");
    rule->default_text = sample_text("P4");
    struct tk_template_field *declared = sample_keep(g_new0(struct tk_template_field, 1));
    declared->name = sample_text("priority");
    declared->values = sample_words("P1 P2 P3 P4");
    g_ptr_array_add(channel->template->fields, declared);
    const char *const expected[] = {
        [TK_IMPORTANCE_HIGH] = "P2", [TK_IMPORTANCE_NORMAL] = "P3", [TK_IMPORTANCE_LOW] = "P4"};
    for (int i = TK_IMPORTANCE_LOW; i <= TK_IMPORTANCE_HIGH; i++) {
        message->importance = (enum tk_importance)i;
        make();
        assert_string_equal(plan->priority, expected[i]);
        assert_int_equal(plan->notices->len, 0);
    }
}

static void a_value_outside_the_fields_list_becomes_the_default_and_is_told(void **state)
{
    (void)state;
    struct tk_field_rule *rule = sample_rule(channel, "building", TK_FROM_HEADER);
    rule->header = sample_text("X-Building");
    rule->default_text = sample_text("B1");
    struct tk_template_field *declared = sample_keep(g_new0(struct tk_template_field, 1));
    declared->name = sample_text("building");
    declared->values = sample_words("B1 B2");
    declared->restricted = TRUE;
    g_ptr_array_add(channel->template->fields, declared);
    sample_header(message, "X-Building", "B9");
    make();
    assert_string_equal(field("building"), "B1");
    assert_true(((struct tk_plan_field *)g_ptr_array_index(plan->fields, 0))->restricted);
    assert_int_equal(plan->notices->len, 1);
    assert_non_null(strstr(plan->description, "B9"));
}

static void long_values_are_cut_with_a_notice_and_stand_whole_in_the_text(void **state)
{
    (void)state;
    message->subject = sample_keep(g_strnfill(TK_PLAN_MAX_SUBJECT + 10, 's'));
    make();
    assert_int_equal(strlen(plan->subject), TK_PLAN_MAX_SUBJECT);
    assert_non_null(strstr(plan->description, message->subject));
}

static void no_text_outgrows_its_column(void **state)
{
    (void)state;
    message->subject = sample_keep(g_strnfill(2 * TK_PLAN_MAX_TEXT, 's'));
    message->reply = sample_keep(g_strnfill(2 * TK_PLAN_MAX_TEXT, 't'));
    message->text = message->reply;
    make();
    assert_true(strlen(plan->description) <= TK_PLAN_MAX_TEXT);
    assert_true(strlen(plan->body) <= TK_PLAN_MAX_TEXT);
    assert_int_equal(strlen(plan->body_full), 2 * TK_PLAN_MAX_TEXT);
    assert_non_null(strstr(plan->description, "[the text was cut here; it stands whole in the full text]"));

    message->subject = sample_text("Printer");
    sample_rule(channel, "building", TK_FROM_BODY);
    make();
    assert_int_equal(strlen(field("building")), TK_PLAN_MAX_FIELD);
    assert_int_equal(plan->notices->len, 1);
    assert_string_equal(g_ptr_array_index(plan->notices, 0),
                        "building was cut after 4000 bytes; it stands whole in the full text");
}

static void an_empty_subject_gets_a_text_and_a_foreign_number_is_cut(void **state)
{
    (void)state;
    message->subject = sample_text("");
    make();
    assert_string_equal(plan->subject, "(no subject)");
    message->subject = sample_text("Re: [INC-42] Printer");
    make();
    assert_string_equal(plan->subject, "Re: [INC-42] Printer");
    decision.cut_token = TRUE;
    make();
    assert_string_equal(plan->subject, "Re: Printer");
}

static void a_requester_that_is_no_address_is_replaced_by_the_sender(void **state)
{
    (void)state;
    struct tk_field_rule *rule = sample_rule(channel, "requester", TK_FROM_HEADER);
    rule->header = sample_text("X-User");
    sample_header(message, "X-User", "somebody");
    make();
    assert_string_equal(plan->requester, "ann@acme.example");
    assert_int_equal(plan->notices->len, 1);
}

static void cc_takes_part_only_where_allowed_and_of_allowed_domains(void **state)
{
    (void)state;
    const char *const cc[] = {
        "Bob@acme.example",     "eve@evil.example",      "x@sub.partner.example", "sales@acme.example",
        "sales+x@acme.example", "no-reply@acme.example", "bob@acme.example",      "broken"};
    for (gsize i = 0; i < G_N_ELEMENTS(cc); i++)
        g_ptr_array_add(message->cc, sample_mailbox("", cc[i]));
    make();
    g_autofree char *alone = joined(plan->participants);
    assert_string_equal(alone, "ann@acme.example");
    channel->participants = TK_PARTICIPANTS_CC_ALLOWED;
    make();
    g_autofree char *all = joined(plan->participants);
    assert_string_equal(all, "ann@acme.example bob@acme.example x@sub.partner.example");
}

static void attachments_are_kept_by_rule_and_named_where_left_out(void **state)
{
    (void)state;
    sample_attachment(message, "report.pdf", 100, FALSE);
    sample_attachment(message, "Setup.EXE", 100, FALSE);
    sample_attachment(message, "logo.png", 100, TRUE);
    sample_attachment(message, "film.mp4", 5000, FALSE);
    channel->attachment_max_size = 1000;
    make();
    assert_int_equal(plan->attachments->len, 2);
    assert_non_null(strstr(plan->description, "Setup.EXE"));
    assert_non_null(strstr(plan->description, "film.mp4"));
    assert_null(strstr(plan->description, "logo.png"));
    channel->keep_attachments = TK_KEEP_NO_INLINE;
    make();
    assert_int_equal(plan->attachments->len, 1);
    channel->keep_attachments = TK_KEEP_NONE;
    make();
    assert_int_equal(plan->attachments->len, 0);
    assert_non_null(strstr(plan->description, "report.pdf"));
}

static void an_image_that_is_left_out_leaves_no_link(void **state)
{
    (void)state;
    sample_attachment(message, "a.png", 100, TRUE);
    sample_attachment(message, "b.exe", 100, TRUE);
    static const char *const ids[] = {"a@x", "b@x"};
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        struct tk_attachment *image = g_ptr_array_index(message->attachments, i);
        image->content_id = sample_text(ids[i]);
    }
    message->html_safe = sample_text("<p><img src=\"cid:a@x\" alt=\"A\"><img src=\"cid:b@x\" alt=\"B\"></p>");
    make();
    assert_string_equal(plan->body_html, "<p><img src=\"cid:a@x\" alt=\"A\">[B]</p>");
    channel->keep_attachments = TK_KEEP_NONE;
    make();
    assert_string_equal(plan->body_html, "<p>[A][B]</p>");
}

static void the_mail_itself_is_attached_last_where_asked(void **state)
{
    (void)state;
    sample_attachment(message, "report.pdf", 100, FALSE);
    channel->attach_mail = TRUE;
    memset(digest, 7, sizeof digest);
    make();
    assert_int_equal(plan->attachments->len, 2);
    const struct tk_attachment *mail = g_ptr_array_index(plan->attachments, 1);
    assert_string_equal(mail->filename, "mail.eml");
    assert_string_equal(mail->content_type, "message/rfc822");
    assert_int_equal(mail->size, 1234);
    assert_memory_equal(mail->sha256, digest, sizeof digest);
}

static void a_note_holds_the_new_text_and_what_it_needs_to_become_a_ticket(void **state)
{
    (void)state;
    sample_rule(channel, "building", TK_FROM_SUBJECT);
    sample_rule(channel, "requester", TK_FROM_SUBJECT);
    message->subject = sample_text("Re: [INC-42] Printer");
    decision.verdict = TK_VERDICT_NOTE;
    message->html_safe = sample_text("<p>It is broken.</p>");
    make();
    assert_string_equal(plan->body, "It is broken.");
    assert_string_equal(plan->body_full, "It is broken.\n-- \nAnn");
    assert_string_equal(plan->body_html, "<p>It is broken.</p>");
    assert_string_equal(plan->subject, "Re: Printer");
    assert_string_equal(field("building"), "Re: Printer");
    assert_int_equal(plan->notices->len, 0);
}

static void what_is_known_of_the_sender_is_told_beside_the_text(void **state)
{
    (void)state;
    static const struct {
        unsigned flags;
        const char *notices[3];
    } rows[] = {
        {0, {NULL}},
        {TK_FLAG_UNCONFIRMED, {"the sender is not confirmed: ", NULL}},
        {TK_FLAG_IMPERSONATION, {"the sender claims a domain of this organisation", NULL}},
        {TK_FLAG_UNCONFIRMED | TK_FLAG_IMPERSONATION,
         {"the sender claims a domain of this organisation", "the sender is not confirmed: ", NULL}},
    };
    static const enum tk_verdict verdicts[] = {TK_VERDICT_TICKET, TK_VERDICT_NOTE};
    for (gsize i = 0; i < G_N_ELEMENTS(verdicts) * G_N_ELEMENTS(rows); i++) {
        decision.verdict = verdicts[i % 2];
        decision.flags = rows[i / 2].flags;
        make();
        assert_int_equal(plan->notices->len, g_strv_length((char **)rows[i / 2].notices));
        for (guint n = 0; n < plan->notices->len; n++)
            assert_non_null(strstr(g_ptr_array_index(plan->notices, n), rows[i / 2].notices[n]));
        assert_string_equal(plan->body, "It is broken.");
        assert_string_equal(plan->description, "It is broken.");
    }
}

static void prefixes_are_those_of_the_tenant_once(void **state)
{
    (void)state;
    const char *const others[][2] = {{"acme", "REQ"}, {"acme", "INC"}, {"other", "OTH"}};
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        struct tk_template *template = sample_keep(g_new0(struct tk_template, 1));
        template->tenant = sample_text(others[i][0]);
        template->prefix = sample_text(others[i][1]);
        g_ptr_array_add(conf.templates, template);
    }
    g_autofree const char **prefixes = tk_plan_prefixes(&conf, channel);
    assert_string_equal(prefixes[0], "INC");
    assert_string_equal(prefixes[1], "REQ");
    assert_null(prefixes[2]);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, finish)

static void a_form_writes_for_the_mailbox_in_reply_to(void **state)
{
    (void)state;
    message->from = sample_mailbox("Web form", "forms@acme.example");
    requester.form = TRUE;
    requester.reply_to = sample_mailbox("Kim", "Kim@far.example");
    decision.flags = TK_FLAG_FORM;
    make();
    assert_string_equal(plan->requester, "kim@far.example");
    assert_string_equal(plan->requester_name, "Kim");
    g_autofree char *told = joined(plan->participants);
    assert_string_equal(told, "kim@far.example");
    assert_non_null(strstr(plan->notices->pdata[0], "a form or device wrote this"));
    requester.reply_to = NULL;
    make();
    assert_string_equal(plan->requester, "forms@acme.example");
    assert_int_equal(plan->participants->len, 0);
}

static void an_address_of_ours_takes_part_in_nothing(void **state)
{
    (void)state;
    message->from = sample_mailbox("Sales", "Sales+x@acme.example");
    g_ptr_array_add(message->cc, sample_mailbox("", "sales@acme.example"));
    g_ptr_array_add(message->cc, sample_mailbox("", "bob@acme.example"));
    channel->participants = TK_PARTICIPANTS_CC_ALLOWED;
    requester.own = TRUE;
    decision.flags = TK_FLAG_OWN_ADDRESS;
    make();
    assert_string_equal(plan->requester, "sales+x@acme.example");
    g_autofree char *told = joined(plan->participants);
    assert_string_equal(told, "bob@acme.example");
    assert_non_null(strstr(plan->notices->pdata[0], "the sender is an address of this help desk"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_channel_without_mappings_fills_the_columns),
        CASE(every_source_of_the_mail_can_be_mapped),
        CASE(a_sender_without_a_name_is_called_by_the_comment_behind_the_address),
        CASE(importance_maps_to_a_priority_or_its_default),
        CASE(a_value_outside_the_fields_list_becomes_the_default_and_is_told),
        CASE(long_values_are_cut_with_a_notice_and_stand_whole_in_the_text),
        CASE(no_text_outgrows_its_column),
        CASE(an_empty_subject_gets_a_text_and_a_foreign_number_is_cut),
        CASE(a_requester_that_is_no_address_is_replaced_by_the_sender),
        CASE(cc_takes_part_only_where_allowed_and_of_allowed_domains),
        CASE(attachments_are_kept_by_rule_and_named_where_left_out),
        CASE(an_image_that_is_left_out_leaves_no_link),
        CASE(the_mail_itself_is_attached_last_where_asked),
        CASE(a_note_holds_the_new_text_and_what_it_needs_to_become_a_ticket),
        CASE(what_is_known_of_the_sender_is_told_beside_the_text),
        CASE(a_form_writes_for_the_mailbox_in_reply_to),
        CASE(an_address_of_ours_takes_part_in_nothing),
        CASE(prefixes_are_those_of_the_tenant_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
