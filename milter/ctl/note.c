/* note: `ticketctl note': an agent's note, which goes out by mail where it is public. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/json.h"
#include "milter/ctl/settings.h"
#include "schema/admin.h"
#include "schema/report.h"

/* A person has written it. */
#define TEXT_MAX (1024 * 1024)

struct request {
    const char *channel, *author, *visibility, *number;
    char *body;
};

/* Reads FILE, "-" for standard input, to its end. */
static enum tk_status read_text(const char *file, GString *why, char **text_r)
{
    FILE *from = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
    if (from == NULL)
        return tk_status_fail(TK_REFUSED, why, "%s cannot be read: %s", file, g_strerror(errno));
    g_autoptr(GString) text = g_string_new(NULL);
    char block[4096];
    gsize got;
    while (text->len <= TEXT_MAX && (got = fread(block, 1, sizeof block, from)) > 0)
        g_string_append_len(text, block, (gssize)got);
    gboolean failed = ferror(from) != 0;
    if (from != stdin)
        fclose(from);
    if (failed)
        return tk_status_fail(TK_REFUSED, why, "%s cannot be read", file);
    if (text->len > TEXT_MAX || !g_utf8_validate_len(text->str, text->len, NULL))
        return tk_status_fail(TK_REFUSED, why, "%s: a text of at most 1M in UTF-8 is right", file);
    g_strchomp(text->str);
    if (*text->str == '\0')
        return tk_status_fail(TK_REFUSED, why, "the note is empty");
    *text_r = g_strdup(text->str);
    return TK_OK;
}

/* The tenant that has the ticket. */
static enum tk_status find_tenant(struct tk_store *store, const struct request *request, gint64 *tenant_r,
                                  GString *why)
{
    struct tk_report *report = NULL;
    const char *slash = request->channel != NULL ? strchr(request->channel, '/') : NULL;
    g_autofree char *tenant = slash != NULL ? g_strndup(request->channel, (gsize)(slash - request->channel))
                                            : NULL;
    const struct tk_report_filter filter = {
        .tenant = tenant, .channel = slash != NULL ? slash + 1 : request->channel, .number = request->number};
    enum tk_status status =
        tk_report_make(store, TK_REPORT_TICKETS, &filter, tk_settings_deadline(), &report, why);
    if (status == TK_OK && tk_report_rows(report) == 0)
        status = tk_status_fail(TK_NO_MATCH, why, "there is no ticket %s", request->number);
    else if (status == TK_OK && tk_report_rows(report) > 1)
        status = tk_status_fail(TK_USAGE, why, "several tenants have a ticket %s; give --channel TENANT/NAME",
                                request->number);
    else if (status == TK_OK)
        *tenant_r = g_ascii_strtoll(tk_report_get(report, 0, "tenant_id"), NULL, 10);
    tk_report_free(&report);
    return status;
}

static enum tk_status add_note(const struct request *request, GString *why)
{
    struct tk_store *store = NULL;
    gint64 tenant_id = 0, note_id = 0;
    enum tk_status status = tk_settings_store(FALSE, why, &store);
    if (status == TK_OK)
        status = find_tenant(store, request, &tenant_id, why);
    if (status == TK_OK)
        status = tk_admin_add_note(store, tenant_id, request->number, request->author, request->visibility,
                                   request->body, tk_settings_deadline(), &note_id, why);
    tk_store_close(&store);
    if (status == TK_OK && tk_settings()->json)
        return tk_json_print(json_pack("{s:I}", "note_id", (json_int_t)note_id), stdout);
    if (status == TK_OK)
        printf("note %" G_GINT64_FORMAT " was added\n", note_id);
    return status;
}

static int run(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {{"public", no_argument, NULL, 'p'},
                                            {"internal", no_argument, NULL, 'i'},
                                            {"author", required_argument, NULL, 'a'},
                                            {"channel", required_argument, NULL, 'n'},
                                            {NULL, 0, NULL, 0}};
    struct request request = {.author = g_get_user_name()};
    int code = -1, option;
    while ((option = tk_ctl_option(command, argc, argv, options, &code)) != -1) {
        if (option == 'a')
            request.author = optarg;
        else if (option == 'n')
            request.channel = optarg;
        else
            request.visibility = option == 'p' ? "public" : "internal";
    }
    if (code != -1)
        return code;
    if (request.visibility == NULL || (argc - optind != 1 && argc - optind != 2))
        return tk_ctl_usage(command);
    g_autoptr(GString) why = g_string_new(NULL);
    request.number = argv[optind];
    enum tk_status status = read_text(argc - optind == 2 ? argv[optind + 1] : "-", why, &request.body);
    if (status == TK_OK)
        status = add_note(&request, why);
    g_free(request.body);
    return tk_ctl_fail(command, status, why);
}

const struct tk_ctl_command tk_note_command = {
    .name = "note",
    .arguments = "--public|--internal [OPTION...] NUMBER [FILE]",
    .summary = "add a note to a ticket; a public one goes to its participants by mail",
    .help = "The text is that of FILE, else of standard input.\n\n"
            "  --public             ticket-notify sends it to every participant but its author\n"
            "  --internal           only agents see it\n"
            "  --author NAME        who writes; else the name of the user\n"
            "  --channel TENANT/NAME  where several tenants have this number\n" TK_SETTINGS_HELP
                TK_SETTINGS_CONNINFO_HELP "\nNeeds role ticket_agent.\n",
    .run = run,
};
