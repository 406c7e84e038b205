/* tickets: `ticketctl tickets`, `show` and `intake`: what came by mail. */
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/ctl.h"
#include "milter/ctl/json.h"
#include "milter/ctl/moment.h"
#include "milter/ctl/raw.h"
#include "milter/ctl/rows.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"

/* Rows that a person is shown unless asked for more; JSON gives all. */
enum { ROWS_FOR_PEOPLE = 50 };

/* What the three commands take. */
struct request {
    struct tk_report_filter filter;
    char *tenant, *channel; /* of --channel, for the filter */
    guint64 raw;            /* the intake row whose mail is written out; 0: none */
};

static const struct option report_options[] = {
    {"channel", required_argument, NULL, 'n'}, {"status", required_argument, NULL, 's'},
    {"since", required_argument, NULL, 't'},   {"failed", no_argument, NULL, 'f'},
    {"limit", required_argument, NULL, 'l'},   {NULL, 0, NULL, 0}};
static const struct option intake_options[] = {
    {"channel", required_argument, NULL, 'n'}, {"since", required_argument, NULL, 't'},
    {"failed", no_argument, NULL, 'f'},        {"limit", required_argument, NULL, 'l'},
    {"raw", required_argument, NULL, 'w'},     {NULL, 0, NULL, 0}};

static const char *const statuses[] = {"open", "pending", "closed", NULL};

/* Takes one option. FALSE: its value is off, and the user was told. */
static gboolean take_option(const struct tk_ctl_command *command, struct request *request, int option,
                            const char *value)
{
    switch (option) {
    case 'n': {
        const char *slash = strchr(value, '/');
        g_free(request->tenant);
        g_free(request->channel);
        request->tenant = slash != NULL ? g_strndup(value, (gsize)(slash - value)) : NULL;
        request->channel = g_strdup(slash != NULL ? slash + 1 : value);
        return TRUE;
    }
    case 's':
        request->filter.status = value;
        if (g_strv_contains(statuses, value))
            return TRUE;
        tk_ctl_complain("%s: --status %s is no status; write open, pending or closed", command->name, value);
        return FALSE;
    case 'f': request->filter.failed = true; return TRUE;
    case 't':
        if (tk_moment_since(value, g_get_real_time(), &request->filter.since))
            return TRUE;
        tk_ctl_complain("%s: --since %s is no time; write 90m, 12h, 7d, 2026-03-02 or 2026-03-02T10:00:00Z",
                        command->name, value);
        return FALSE;
    case 'l': {
        guint64 limit;
        if (g_ascii_string_to_unsigned(value, 10, 1, G_MAXINT, &limit, NULL)) {
            request->filter.limit = (guint)limit;
            return TRUE;
        }
        tk_ctl_complain("%s: --limit %s is no number of rows; write 1 or more", command->name, value);
        return FALSE;
    }
    case 'w':
        if (g_ascii_string_to_unsigned(value, 10, 1, G_MAXINT64, &request->raw, NULL))
            return TRUE;
        tk_ctl_complain("%s: --raw %s is no intake_id; `ticketctl intake' shows it", command->name, value);
        return FALSE;
    default: return FALSE;
    }
}

/* Reads the options. Returns -1 to go on with the arguments from optind, else an exit code. */
static int read_request(const struct tk_ctl_command *command, int argc, char **argv, struct request *request)
{
    int code = -1, option;
    const struct option *options = command == &tk_intake_command ? intake_options : report_options;
    while ((option = tk_ctl_option(command, argc, argv, options, &code)) != -1)
        if (!take_option(command, request, option, optarg))
            return tk_exitcode(TK_USAGE);
    request->filter.tenant = request->tenant;
    request->filter.channel = request->channel;
    return code;
}

static void clear_request(struct request *request)
{
    g_free(request->tenant);
    g_free(request->channel);
}

static enum tk_status open_store(const struct tk_ctl_command *command, struct tk_store **store_r)
{
    g_autoptr(GString) why = g_string_new(NULL);
    enum tk_status status = tk_settings_store(FALSE, why, store_r);
    tk_ctl_fail(command, status, why);
    return status;
}

static enum tk_status make_report(const struct tk_ctl_command *command, struct tk_store *store,
                                  enum tk_report_kind kind, const struct tk_report_filter *filter,
                                  struct tk_report **report_r)
{
    g_autoptr(GString) why = g_string_new(NULL);
    enum tk_status status = tk_report_make(store, kind, filter, tk_settings_deadline(), report_r, why);
    tk_ctl_fail(command, status, why);
    return status;
}

static int run_list(const struct tk_ctl_command *command, int argc, char **argv, enum tk_report_kind kind,
                    const char *const *columns)
{
    struct request request = {0};
    struct tk_store *store = NULL;
    struct tk_report *report = NULL;
    int code = read_request(command, argc, argv, &request);
    if (code == -1 && optind < argc)
        code = tk_ctl_usage(command);
    if (code == -1 && request.raw != 0) {
        g_autoptr(GString) why = g_string_new(NULL);
        code = tk_ctl_fail(command, tk_raw_write((gint64)request.raw, why), why);
    }
    if (code == -1) {
        gboolean cut = FALSE;
        if (request.filter.limit == 0)
            request.filter.limit = tk_settings()->json ? G_MAXINT : ROWS_FOR_PEOPLE;
        enum tk_status status = open_store(command, &store);
        if (status == TK_OK)
            status = make_report(command, store, kind, &request.filter, &report);
        if (status == TK_OK) {
            cut = tk_report_rows(report) == request.filter.limit;
            status = tk_rows_print(report, columns, tk_settings()->json, stdout);
        }
        if (status == TK_OK && !tk_settings()->json && tk_report_rows(report) == 0)
            fputs("(none)\n", stderr);
        if (status == TK_OK && cut && !tk_settings()->json)
            tk_say(stderr, "(the newest %u; --limit shows more)", request.filter.limit);
        code = tk_exitcode(status);
    }
    tk_report_free(&report);
    tk_store_close(&store);
    clear_request(&request);
    return code;
}

static int run_tickets(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const char *const columns[] = {"number",    "status",  "priority", "created_at",
                                          "requester", "subject", NULL};
    return run_list(command, argc, argv, TK_REPORT_TICKETS, columns);
}

static int run_intake(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const char *const columns[] = {"intake_id", "received_at", "verdict",    "reason",
                                          "number",    "channel",     "sender",     "class",
                                          "seen",      "kept",        "message_id", NULL};
    return run_list(command, argc, argv, TK_REPORT_INTAKE, columns);
}

/* ---- show ---- */

static const struct {
    const char *name;
    enum tk_report_kind kind;
} parts[] = {
    {"fields", TK_REPORT_FIELDS}, {"participants", TK_REPORT_PARTICIPANTS},
    {"notes", TK_REPORT_NOTES},   {"attachments", TK_REPORT_ATTACHMENTS},
    {"intake", TK_REPORT_INTAKE},
};

static json_t *part_json(const struct tk_report *report)
{
    json_t *array = json_array();
    for (guint i = 0; i < tk_report_rows(report); i++)
        json_array_append_new(array, tk_rows_object(report, i));
    return array;
}

/* The ticket as one object with its parts. */
static enum tk_status ticket_json(struct tk_store *store, const struct tk_report *ticket, guint row,
                                  json_t **object_r)
{
    const struct tk_report_filter filter = {
        .tenant_id = g_ascii_strtoll(tk_report_get(ticket, row, "tenant_id"), NULL, 10),
        .ticket_id = g_ascii_strtoll(tk_report_get(ticket, row, "ticket_id"), NULL, 10),
        .limit = G_MAXINT};
    json_t *object = tk_rows_object(ticket, row);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        struct tk_report *part = NULL;
        g_autoptr(GString) why = g_string_new(NULL);
        enum tk_status status =
            tk_report_make(store, parts[i].kind, &filter, tk_settings_deadline(), &part, why);
        if (status == TK_CONFIG && parts[i].kind == TK_REPORT_INTAKE) {
            /* An agent may read the ticket, but not what the gateway noted of the mail. */
            json_object_set_new(object, parts[i].name, json_null());
            continue;
        }
        if (status != TK_OK) {
            tk_ctl_fail(&tk_show_command, status, why);
            json_decref(object);
            return status;
        }
        json_object_set_new(object, parts[i].name, part_json(part));
        tk_report_free(&part);
    }
    *object_r = object;
    return TK_OK;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void print_line(const char *name, const char *value)
{
    if (*value != '\0')
        tk_say(stdout, "%-12s %s", name, value);
}

static void print_notices(const json_t *object)
{
    gsize i;
    const json_t *notice;
    json_array_foreach(json_object_get(object, "notices"), i, notice)
        print_line("notice", json_string_value(notice));
}

static void print_notes(const json_t *notes)
{
    gsize i;
    const json_t *note;
    json_array_foreach(notes, i, note)
    {
        const char *unverified = json_is_true(json_object_get(note, "unverified")) ? "unverified " : "";
        fputs("\n", stdout);
        tk_say(stdout, "%s%s note by %s (%s), %s", unverified, text_of(note, "visibility"),
               text_of(note, "author"), text_of(note, "source"), text_of(note, "created_at"));
        tk_say_text(stdout, "    ", text_of(note, "body"));
        print_notices(note);
    }
}

/* Of the mail that opened the ticket, who says that its sender is the one. */
static void print_confirmation(const json_t *intake)
{
    const json_t *opening = json_array_get(intake, json_array_size(intake) - 1);
    if (!json_is_object(opening))
        return;
    g_autofree char *text =
        g_strdup_printf("%s %s", text_of(opening, "authentication"), text_of(opening, "authenticated_by"));
    print_line("confirmed", text);
}

static void print_ticket(const json_t *ticket)
{
    static const char *const lines[] = {"ticket_type", "status",     "priority",   "requester", "channel",
                                        "tenant",      "created_at", "updated_at", "closed_at"};
    gsize i;
    const json_t *item;
    tk_say(stdout, "%s  %s", text_of(ticket, "number"), text_of(ticket, "subject"));
    for (i = 0; i < G_N_ELEMENTS(lines); i++)
        print_line(lines[i], text_of(ticket, lines[i]));
    print_line("goes on from", text_of(ticket, "linked"));
    print_confirmation(json_object_get(ticket, "intake"));
    json_array_foreach(json_object_get(ticket, "participants"), i, item)
        print_line("participant", text_of(item, "address"));
    json_array_foreach(json_object_get(ticket, "fields"), i, item)
        print_line(text_of(item, "name"), text_of(item, "value"));
    json_array_foreach(json_object_get(ticket, "attachments"), i, item)
    {
        g_autofree char *shown = g_strdup_printf("%s (%s, %" JSON_INTEGER_FORMAT " bytes)",
                                                 text_of(item, "filename"), text_of(item, "content_type"),
                                                 json_integer_value(json_object_get(item, "size")));
        print_line("attachment", shown);
    }
    json_array_foreach(json_object_get(ticket, "linked_from"), i, item)
        print_line("goes on in", json_string_value(item));
    print_notices(ticket);
    fputs("\n", stdout);
    tk_say_text(stdout, "    ", text_of(ticket, "description"));
    print_notes(json_object_get(ticket, "notes"));
}

static enum tk_status show_tickets(const struct tk_ctl_command *command, struct tk_store *store,
                                   struct request *request)
{
    struct tk_report *found = NULL;
    request->filter.limit = G_MAXINT;
    enum tk_status status = make_report(command, store, TK_REPORT_TICKET, &request->filter, &found);
    guint rows = status == TK_OK ? tk_report_rows(found) : 0;
    if (status == TK_OK && rows == 0) {
        tk_ctl_complain("show: there is no ticket %s; `ticketctl tickets' lists them",
                        request->filter.number);
        status = TK_NO_MATCH;
    }
    if (rows > 1 && request->tenant == NULL)
        tk_say(stderr, "(several tenants have a ticket %s; --channel TENANT/NAME shows one)",
               request->filter.number);
    for (guint i = 0; status == TK_OK && i < rows; i++) {
        json_t *object = NULL;
        status = ticket_json(store, found, i, &object);
        if (status == TK_OK && tk_settings()->json)
            status = tk_json_print(object, stdout);
        else if (status == TK_OK) {
            print_ticket(object);
            json_decref(object);
        }
    }
    tk_report_free(&found);
    return status;
}

static int run_show(const struct tk_ctl_command *command, int argc, char **argv)
{
    struct request request = {0};
    struct tk_store *store = NULL;
    int code = read_request(command, argc, argv, &request);
    if (code == -1 && argc - optind != 1)
        code = tk_ctl_usage(command);
    if (code == -1) {
        request.filter.number = argv[optind];
        enum tk_status status = open_store(command, &store);
        if (status == TK_OK)
            status = show_tickets(command, store, &request);
        code = tk_exitcode(status);
    }
    tk_store_close(&store);
    clear_request(&request);
    return code;
}

const struct tk_ctl_command tk_tickets_command = {
    "tickets",
    "[OPTION...]",
    "list tickets, the newest first",
    "  --channel [TENANT/]NAME  only those of one channel\n"
    "  --status STATUS          only open, pending or closed ones\n"
    "  --since TIME             only those made since 90m, 12h, 7d ago, or 2026-03-02\n"
    "  --limit N                at most N rows (50 without --json)\n" TK_SETTINGS_HELP
        TK_SETTINGS_CONNINFO_HELP "\nNeeds role ticket_agent.\n",
    run_tickets,
};

const struct tk_ctl_command tk_show_command = {
    "show",
    "[OPTION...] NUMBER",
    "show one ticket with notes, attachments, fields and intake",
    "  --channel TENANT/NAME    where several tenants have this number\n" TK_SETTINGS_HELP
        TK_SETTINGS_CONNINFO_HELP
    "\nNeeds role ticket_agent; restricted fields are seen by ticket_restricted alone, the intake "
    "by\nticket_admin alone.\n",
    run_show,
};

const struct tk_ctl_command tk_intake_command = {
    "intake",
    "[OPTION...]",
    "list the mails that were seen, with verdict and reason, the newest first",
    "  --failed                 only those that were refused\n"
    "  --channel [TENANT/]NAME  only those of one channel\n"
    "  --since TIME             only those received since 90m, 12h, 7d ago, or 2026-03-02\n"
    "  --limit N                at most N rows (50 without --json)\n"
    "  --raw INTAKE-ID          instead: write this mail to standard output as it came, where it is "
    "kept\n" TK_SETTINGS_HELP TK_SETTINGS_CONNINFO_HELP "\nNeeds role ticket_admin.\n",
    run_intake,
};
