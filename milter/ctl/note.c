/* note: `ticketctl note': an agent's note, which goes out by mail where it is public. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "milter/base/exitcode.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/json.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "rules/content/filename.h"
#include "rules/content/sniff.h"
#include "schema/calls/admin.h"
#include "schema/calls/report.h"

/* A person has written it. */
#define TEXT_MAX (1024 * 1024)
/* All files together. A mail takes no more (note_mail.attachments). */
#define FILES_MAX (100 * 1024 * 1024)

struct request {
    const char *channel;
    struct tk_admin_note note;
    char *body;
    GPtrArray *filenames, *types, *contents; /* of the files; char *, char *, GBytes * */
};

/* Reads FROM, which is called NAME, to its end or one byte beyond MAX, and closes it. */
static enum tk_status read_all(FILE *from, const char *name, gsize max, GString *why, GString *content)
{
    if (from == NULL)
        return tk_status_fail(TK_REFUSED, why, "%s cannot be read: %s", name, g_strerror(errno));
    char block[4096];
    gsize got;
    while (content->len <= max && (got = fread(block, 1, sizeof block, from)) > 0)
        g_string_append_len(content, block, (gssize)got);
    const gboolean failed = ferror(from) != 0;
    if (from != stdin)
        fclose(from);
    return failed ? tk_status_fail(TK_REFUSED, why, "%s cannot be read", name) : TK_OK;
}

/* Reads the text of FILE, "-" for standard input. */
static enum tk_status read_text(const char *file, GString *why, char **text_r)
{
    g_autoptr(GString) text = g_string_new(NULL);
    enum tk_status status =
        read_all(strcmp(file, "-") == 0 ? stdin : fopen(file, "re"), file, TEXT_MAX, why, text);
    if (status != TK_OK)
        return status;
    if (text->len > TEXT_MAX || !g_utf8_validate_len(text->str, text->len, NULL))
        return tk_status_fail(TK_REFUSED, why, "%s: a text of at most 1M in UTF-8 is right", file);
    g_strchomp(text->str);
    if (*text->str == '\0')
        return tk_status_fail(TK_REFUSED, why, "the note is empty");
    *text_r = g_strdup(text->str);
    return TK_OK;
}

/* Nobody has said what a file is: its bytes do, and what is no more than text is called that. */
static char *file_type(const GString *content)
{
    const guint8 *bytes = (const guint8 *)content->str;
    const gsize size = MIN(content->len, TK_SNIFF_BYTES);
    const bool text = content->len > 0 && tk_sniff_content(bytes, size) == NULL &&
                      g_utf8_validate_len(content->str, content->len, NULL);
    return tk_sniff_type(text ? "text/plain" : NULL, bytes, size, NULL);
}

/* Reads the files that are named in PATHS. */
static enum tk_status read_files(struct request *request, const GPtrArray *paths, GString *why)
{
    gsize left = FILES_MAX;
    for (guint i = 0; i < paths->len; i++) {
        const char *path = paths->pdata[i];
        g_autoptr(GString) content = g_string_new(NULL);
        enum tk_status status = read_all(fopen(path, "re"), path, left, why, content);
        if (status != TK_OK)
            return status;
        if (content->len > left)
            return tk_status_fail(TK_REFUSED, why, "%s: the files are more than 100M", path);
        left -= content->len;
        char *type = file_type(content);
        g_ptr_array_add(request->types, type);
        g_ptr_array_add(request->filenames, tk_filename_safe(path, type));
        g_ptr_array_add(request->contents, g_string_free_to_bytes(g_steal_pointer(&content)));
    }
    request->note.filenames = (const char *const *)request->filenames->pdata;
    request->note.types = (const char *const *)request->types->pdata;
    request->note.contents = (GBytes *const *)request->contents->pdata;
    request->note.count = request->contents->len;
    return TK_OK;
}

/* The tenant that has the ticket. */
static enum tk_status find_tenant(struct tk_store *store, struct request *request, GString *why)
{
    struct tk_report *report = NULL;
    const char *slash = request->channel != NULL ? strchr(request->channel, '/') : NULL;
    g_autofree char *tenant = slash != NULL ? g_strndup(request->channel, (gsize)(slash - request->channel))
                                            : NULL;
    const struct tk_report_filter filter = {.tenant = tenant,
                                            .channel = slash != NULL ? slash + 1 : request->channel,
                                            .number = request->note.number};
    enum tk_status status =
        tk_report_make(store, TK_REPORT_TICKETS, &filter, tk_settings_deadline(), &report, why);
    if (status == TK_OK && tk_report_rows(report) == 0)
        status = tk_status_fail(TK_NO_MATCH, why, "there is no ticket %s", request->note.number);
    else if (status == TK_OK && tk_report_rows(report) > 1)
        status = tk_status_fail(TK_USAGE, why, "several tenants have a ticket %s; give --channel TENANT/NAME",
                                request->note.number);
    else if (status == TK_OK)
        request->note.tenant_id = g_ascii_strtoll(tk_report_get(report, 0, "tenant_id"), NULL, 10);
    tk_report_free(&report);
    return status;
}

static enum tk_status add_note(struct request *request, GString *why)
{
    struct tk_store *store = NULL;
    gint64 note_id = 0;
    enum tk_status status = tk_settings_store(FALSE, why, &store);
    if (status == TK_OK)
        status = find_tenant(store, request, why);
    if (status == TK_OK)
        status = tk_admin_add_note(store, &request->note, tk_settings_deadline(), &note_id, why);
    tk_store_close(&store);
    if (status == TK_OK && tk_settings()->json)
        return tk_json_print(json_pack("{s:I}", "note_id", (json_int_t)note_id), stdout);
    if (status == TK_OK)
        tk_say(stdout, "note %" G_GINT64_FORMAT " was added", note_id);
    return status;
}

/* Reads what is to be said, and says it. */
static enum tk_status do_note(struct request *request, const char *text_file, const GPtrArray *paths,
                              GString *why)
{
    request->filenames = g_ptr_array_new_with_free_func(g_free);
    request->types = g_ptr_array_new_with_free_func(g_free);
    request->contents = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    enum tk_status status = read_text(text_file, why, &request->body);
    request->note.body = request->body;
    if (status == TK_OK)
        status = read_files(request, paths, why);
    if (status == TK_OK)
        status = add_note(request, why);
    g_ptr_array_unref(request->filenames);
    g_ptr_array_unref(request->types);
    g_ptr_array_unref(request->contents);
    g_free(request->body);
    return status;
}

static int run(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"public", no_argument, NULL, 'p'},       {"internal", no_argument, NULL, 'i'},
        {"author", required_argument, NULL, 'a'}, {"channel", required_argument, NULL, 'n'},
        {"attach", required_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};
    struct request request = {.note = {.author = g_get_user_name()}};
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    int code = -1, option;
    while ((option = tk_ctl_option(command, argc, argv, options, &code)) != -1) {
        if (option == 'a')
            request.note.author = optarg;
        else if (option == 'n')
            request.channel = optarg;
        else if (option == 'f')
            g_ptr_array_add(paths, optarg);
        else
            request.note.visibility = option == 'p' ? "public" : "internal";
    }
    if (code != -1)
        return code;
    if (request.note.visibility == NULL || (argc - optind != 1 && argc - optind != 2))
        return tk_ctl_usage(command);
    g_autoptr(GString) why = g_string_new(NULL);
    request.note.number = argv[optind];
    enum tk_status status = do_note(&request, argc - optind == 2 ? argv[optind + 1] : "-", paths, why);
    return tk_ctl_fail(command, status, why);
}

const struct tk_ctl_command tk_note_command = {
    .name = "note",
    .arguments = "--public|--internal [OPTION...] NUMBER [FILE]",
    .summary = "add a note to a ticket; a public one goes to its participants by mail",
    .help =
        "The text is that of FILE, else of standard input.\n\n"
        "  --public             ticket-notify sends it to every participant but its author\n"
        "  --internal           only agents see it\n"
        "  --author NAME        who writes; else the name of the user\n"
        "  --channel TENANT/NAME  where several tenants have this number\n"
        "  --attach FILE        a file of the note; may be given again, up to 100M in all\n" TK_SETTINGS_HELP
            TK_SETTINGS_CONNINFO_HELP "\nNeeds role ticket_agent.\n",
    .run = run,
};
