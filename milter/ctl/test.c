/* test: `ticketctl test`: what would become of mail files in a channel, without writing anything.
 *
 * The same pipeline as the daemon's; with a database it also knows tickets and disabled channels. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/base/keys.h"
#include "milter/base/spool.h"
#include "milter/ctl/check.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/ctl.h"
#include "milter/ctl/json.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "milter/intake/intake.h"
#include "rules/address/address.h"
#include "rules/base/hash.h"
#include "rules/base/text.h"

/* Longest wait for the database's facts about one mail. */
#define FACTS_WAIT (10 * G_TIME_SPAN_SECOND)
/* Octets that are read at once. */
#define READ_BLOCK 65536

struct test {
    struct tk_conf *conf;
    const struct tk_channel *channel;
    struct tk_store *store; /* NULL: without a database */
    struct tk_directory *directory;
    const char *from, *rcpt; /* NULL: what the file says, the channel's address */
    struct tk_authentic_client client;
};

/* ---- what is shown ---- */

/* A note changes no field of its ticket. */
static guint shown_fields(const struct tk_intake_result *result)
{
    return result->verdict != TK_VERDICT_NOTE ? result->plan->fields->len : 0;
}

static json_t *plan_json(const struct tk_intake_result *result)
{
    const struct tk_plan *plan = result->plan;
    if (plan == NULL)
        return json_null();
    json_t *fields = json_array(), *attachments = json_array(), *notices = json_array();
    for (guint i = 0; i < shown_fields(result); i++) {
        const struct tk_plan_field *field = g_ptr_array_index(plan->fields, i);
        json_array_append_new(fields, json_pack("{s:s, s:s, s:b}", "name", field->name, "value", field->value,
                                                "restricted", field->restricted));
    }
    for (guint i = 0; i < plan->attachments->len; i++) {
        const struct tk_attachment *attachment = g_ptr_array_index(plan->attachments, i);
        g_autofree char *hex = tk_hash_hex(attachment->sha256);
        json_array_append_new(
            attachments, json_pack("{s:s, s:s, s:I, s:s, s:s, s:o}", "filename", attachment->filename, "type",
                                   attachment->content_type, "size", (json_int_t)attachment->size, "sha256",
                                   hex, "disposition", attachment->is_inline ? "inline" : "attachment",
                                   "content_id", tk_json_text(attachment->content_id)));
    }
    for (guint i = 0; i < plan->notices->len; i++)
        json_array_append_new(notices, tk_json_text(g_ptr_array_index(plan->notices, i)));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o}", "subject", plan->subject, "description",
                     plan->description, "requester", plan->requester, "requester_name", plan->requester_name,
                     "priority", tk_json_text(plan->priority), "body", plan->body, "fields", fields,
                     "attachments", attachments, "notices", notices);
}

static const struct tk_folder *folder_of(const struct tk_intake_result *result)
{
    switch (result->verdict) {
    case TK_VERDICT_TICKET:
    case TK_VERDICT_NOTE:
    case TK_VERDICT_DUPLICATE: return &result->channel->success;
    case TK_VERDICT_EXCLUDE: return &result->channel->exclude;
    case TK_VERDICT_FAIL:
    case TK_VERDICT_REJECT:
    case TK_VERDICT_LATER: return &result->channel->fail;
    }
    return &result->channel->fail;
}

static const char *folder_word(const struct tk_folder *folder)
{
    switch (folder->kind) {
    case TK_FOLDER_NONE: return "none";
    case TK_FOLDER_ALIAS: return "alias";
    case TK_FOLDER_ADDRESS: return folder->address;
    }
    return "none";
}

static json_t *flags_json(unsigned flags)
{
    json_t *array = json_array();
    g_autofree const char **words = tk_decide_flag_words(flags);
    for (gsize i = 0; words[i] != NULL; i++)
        json_array_append_new(array, json_string(words[i]));
    return array;
}

static gboolean is_delivery(const struct tk_intake_result *result)
{
    return result->verdict == TK_VERDICT_EXCLUDE && result->plan != NULL;
}

/* Of the note that the mail would be; NULL: it would be none. */
static const char *visibility_of(const struct tk_intake_result *result)
{
    if (is_delivery(result))
        return "internal";
    return result->verdict != TK_VERDICT_NOTE ? NULL : result->internal ? "internal" : "public";
}

static json_t *result_json(const char *file, const struct tk_intake_outcome *outcome,
                           const struct tk_intake_result *result)
{
    g_autofree char *channel = g_strdup_printf("%s/%s", result->channel->tenant, result->channel->name);
    const char *reason = result->reason != TK_REASON_NONE ? tk_verdict_reason_word(result->reason) : NULL;
    return json_pack(
        "{s:o, s:s, s:s, s:o, s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:s}", "file",
        tk_json_text(file), "channel", channel, "verdict", tk_verdict_word(result->verdict), "reason",
        tk_json_text(reason), "rule", result->rule, "detail", tk_json_text(result->detail), "class",
        tk_classify_word(outcome->classification.class), "evidence",
        tk_json_text(outcome->classification.evidence), "authentication",
        tk_authentic_word(outcome->authentic.verdict), "authenticated_by",
        tk_json_text(outcome->authentic.by), "flags", flags_json(result->flags), "ticket",
        tk_json_text(result->matched), "matched_by", tk_json_text(result->matched_by), "linked",
        tk_json_text(result->linked), "visibility", tk_json_text(visibility_of(result)), "foreign_tokens",
        (int)result->foreign_tokens, "plan", plan_json(result), "folder", folder_word(folder_of(result)));
}

static void line(const char *name, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    tk_say(stdout, "  %-12s %s", name, value);
}

static void show_plan(const struct tk_intake_result *result)
{
    const struct tk_plan *plan = result->plan;
    line("subject", plan->subject);
    line("requester", plan->requester);
    line("priority", plan->priority);
    for (guint i = 0; i < shown_fields(result); i++) {
        const struct tk_plan_field *field = g_ptr_array_index(plan->fields, i);
        line(field->name, field->restricted ? "(restricted)" : field->value);
    }
    for (guint i = 0; i < plan->attachments->len; i++)
        line("attachment", ((const struct tk_attachment *)g_ptr_array_index(plan->attachments, i))->filename);
    for (guint i = 0; i < plan->notices->len; i++)
        line("notice", g_ptr_array_index(plan->notices, i));
}

static void show_result(const char *file, const struct tk_intake_outcome *outcome,
                        const struct tk_intake_result *result)
{
    tk_say(stdout, "%s: %s", file, tk_verdict_word(result->verdict));
    if (result->reason != TK_REASON_NONE)
        tk_say(stdout, "  %-12s %s: %s", "reason", tk_verdict_reason_word(result->reason),
               tk_verdict_reason_text(result->reason));
    line("rule", result->rule);
    line("because of", result->detail);
    line("class", tk_classify_word(outcome->classification.class));
    line("evidence", outcome->classification.evidence);
    line("confirmed", tk_authentic_word(outcome->authentic.verdict));
    line("by", outcome->authentic.by);
    line("ticket", result->matched);
    line("found by", result->matched_by);
    line("goes on from", result->linked);
    line("visibility", visibility_of(result));
    if (result->foreign_tokens > 0)
        tk_say(stdout, "  %-12s %u", "foreign", result->foreign_tokens);
    if (is_delivery(result))
        line("note", result->plan->body);
    else if (result->plan != NULL)
        show_plan(result);
    line("folder", folder_word(folder_of(result)));
}

/* ---- the mail ---- */

static enum tk_status spool_file(const char *file, struct tk_spool *spool, GString *why)
{
    FILE *in = fopen(file, "rb");
    if (in == NULL)
        return tk_status_fail(TK_REFUSED, why, "%s: %s", file, g_strerror(errno));
    g_autofree guint8 *block = g_malloc(READ_BLOCK);
    enum tk_status status = TK_OK;
    gsize len;
    while (status == TK_OK && (len = fread(block, 1, READ_BLOCK, in)) > 0)
        status = tk_spool_append(spool, block, len, why);
    if (status == TK_OK && ferror(in))
        status = tk_status_fail(TK_REFUSED, why, "%s: %s", file, g_strerror(errno));
    fclose(in);
    return status;
}

/* Who sent the mail: as the command line says, else as the last MTA wrote on top of it, else as its From
 * says. */
static char *envelope_sender(const struct test *test, const struct tk_spool_content *content)
{
    if (test->from != NULL)
        return g_strdup(test->from);
    struct tk_message *message = tk_message_parse(&content->source, &content->limits);
    const struct tk_header *path = tk_message_header(message, "Return-Path");
    char *sender = path != NULL            ? g_strdup(path->raw)
                   : message->from != NULL ? g_strdup(message->from->address)
                                           : g_strdup("");
    tk_message_free(&message);
    return sender;
}

/* Runs one spooled mail. Returns an exit code. */
static int run_mail(const struct test *test, const char *file, const struct tk_spool_content *content)
{
    g_autofree char *sender = envelope_sender(test, content);
    const char *const rcpts[] = {test->rcpt != NULL ? test->rcpt : test->channel->address, NULL};
    struct tk_intake_mail mail = {.mail_from = sender,
                                  .rcpts = rcpts,
                                  .source = &content->source,
                                  .limits = &content->limits,
                                  .too_big = content->limits.size > content->source.size,
                                  .client = test->client,
                                  .received_at = g_get_real_time()};
    memcpy(mail.raw_sha256, content->raw_sha256, sizeof mail.raw_sha256);
    memcpy(mail.body_sha256, content->body_sha256, sizeof mail.body_sha256);
    const struct tk_intake_context context = {.conf = test->conf,
                                              .store = test->store,
                                              .directory = test->directory,
                                              .dry_run = TRUE,
                                              .deadline = g_get_monotonic_time() + FACTS_WAIT};
    struct tk_intake_outcome outcome;
    tk_intake_run(&context, &mail, &outcome);
    int code = tk_exitcode(outcome.status);
    if (outcome.status != TK_OK) {
        g_autofree char *prefix = g_strconcat(file, ": ", NULL);
        g_string_prepend(outcome.why, prefix);
        code = tk_ctl_fail(&tk_test_command, outcome.status, outcome.why);
    }
    for (guint i = 0; outcome.status == TK_OK && i < outcome.results->len; i++) {
        const struct tk_intake_result *result = g_ptr_array_index(outcome.results, i);
        if (result->verdict != TK_VERDICT_TICKET && result->verdict != TK_VERDICT_NOTE)
            code = tk_exitcode(TK_NO_MATCH);
        if (!tk_settings()->json)
            show_result(file, &outcome, result);
        else if (tk_json_print(result_json(file, &outcome, result), stdout) != TK_OK)
            code = tk_exitcode(TK_STORAGE);
    }
    tk_intake_clear(&outcome);
    return code;
}

static int run_file(const struct test *test, const char *file)
{
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_spool *spool = tk_spool_new(test->conf->spool_directory, test->conf->limit_message);
    struct tk_spool_content content;
    enum tk_status status = spool_file(file, spool, why);
    if (status == TK_OK)
        status = tk_spool_finish(spool, why, &content);
    int code = tk_exitcode(status);
    if (status != TK_OK)
        code = tk_ctl_fail(&tk_test_command, status, why);
    else
        code = run_mail(test, file, &content);
    tk_spool_free(&spool);
    return code;
}

/* The recipient must lead to the channel that is tested, else the answer would be another channel's. */
static int check_rcpt(const struct test *test)
{
    if (test->rcpt == NULL || tk_intake_route(test->conf, test->rcpt) == test->channel)
        return tk_exitcode(TK_OK);
    tk_ctl_complain("test: %s is no address of %s/%s", test->rcpt, test->channel->tenant,
                    test->channel->name);
    return tk_exitcode(TK_USAGE);
}

/* Without its secret a key's tokens would be taken for foreign ones, so it is said which is missing. */
static enum tk_status load_keys(struct tk_conf *conf)
{
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    enum tk_status status = tk_keys_load(conf, TRUE, problems);
    for (guint i = 0; i < problems->len; i++)
        tk_check_print(g_ptr_array_index(problems, i), FALSE, stderr);
    return status;
}

/* Reads the configuration and finds the channel. Errors of other channels do not stop a test. */
static enum tk_status find_channel(struct test *test, const char *name, GString *why)
{
    enum tk_status status = tk_check_read(&test->conf, why);
    if (test->conf == NULL)
        return status;
    status = load_keys(test->conf);
    if (status == TK_LATER)
        return tk_status_fail(status, why, "the token keys cannot be read");
    return tk_conf_channel(test->conf, name, why, &test->channel);
}

static int run_files(struct test *test, gboolean without, int argc, char **argv)
{
    g_autoptr(GString) why = g_string_new(NULL);
    enum tk_status status = find_channel(test, argv[optind], why);
    if (status != TK_OK)
        return tk_ctl_fail(&tk_test_command, status == TK_REFUSED ? TK_USAGE : status, why);
    int code = check_rcpt(test);
    if (code != tk_exitcode(TK_OK))
        return code;
    if (!without) {
        status = tk_settings_store(FALSE, why, &test->store);
        if (status != TK_OK) {
            g_string_append(why, " (--no-database tests without asking for tickets)");
            return tk_ctl_fail(&tk_test_command, status, why);
        }
    }
    test->directory = tk_directory_new();
    for (int i = optind + 1; i < argc; i++) {
        int one = run_file(test, argv[i]);
        code = MAX(code, one);
    }
    return code;
}

static int run(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"from", required_argument, NULL, 'f'},   {"rcpt", required_argument, NULL, 'r'},
        {"client", required_argument, NULL, 'a'}, {"login", required_argument, NULL, 'l'},
        {"no-database", no_argument, NULL, 'n'},  {NULL, 0, NULL, 0}};
    struct test test = {0};
    gboolean without = FALSE;
    int code = -1, option;
    while ((option = tk_ctl_option(command, argc, argv, options, &code)) != -1) {
        if (option == 'f')
            test.from = optarg;
        else if (option == 'r')
            test.rcpt = optarg;
        else if (option == 'a')
            test.client.address = optarg;
        else if (option == 'l')
            test.client.login = optarg;
        else if (option == 'n')
            without = TRUE;
    }
    if (code != -1)
        return code;
    if (argc - optind < 2)
        return tk_ctl_usage(command);
    code = run_files(&test, without, argc, argv);
    tk_directory_free(&test.directory);
    tk_store_close(&test.store);
    tk_conf_unref(&test.conf);
    return fflush(stdout) == 0 ? code : tk_exitcode(TK_STORAGE);
}

const struct tk_ctl_command tk_test_command = {
    "test",
    "[OPTION...] [TENANT/]NAME FILE...",
    "show what would become of mail files in a channel",
    "  --from ADDRESS   the envelope sender (\"\" is the null sender); else the file's Return-Path or From\n"
    "  --rcpt ADDRESS   the envelope recipient; else the channel's address\n"
    "  --client IP      the address of the client, for trusted_networks\n"
    "  --login NAME     the name under which the client has logged in, for trusted_login\n"
    "  --no-database    do not ask the database about tickets that the mail may answer\n" TK_SETTINGS_HELP
        TK_SETTINGS_CONNINFO_HELP
    "\nThe whole pipeline runs as in the daemon, and nothing is written. Exit code 0: a ticket or a note; 1: "
    "the\n"
    "mail would be refused or excluded. Needs role ticket_admin, or none with --no-database.\n",
    run,
};
