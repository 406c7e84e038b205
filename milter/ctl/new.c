/* new: `ticketctl new': writes a commented channel file with a forwarding address. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/exitcode.h"
#include "milter/base/files.h"
#include "milter/ctl/check.h"
#include "milter/ctl/commands.h"
#include "milter/ctl/json.h"
#include "milter/ctl/sample.h"
#include "milter/ctl/say.h"
#include "milter/ctl/settings.h"
#include "rules/address/address.h"
#include "rules/conf/options.h"
#include "rules/conf/values.h"

/* Numbers that are tried for an address that no channel has yet. */
#define TRIES 1000

struct request {
    const char *domain;   /* --domain or NULL */
    const char *address;  /* --address or NULL */
    const char *template; /* --template or NULL */
    char *tenant, *name;
};

static enum tk_status check_name(const char *path, const char *text, GString *why)
{
    struct tk_value value;
    g_autoptr(GString) right = g_string_new(NULL);
    if (tk_values_read(tk_options_find(TK_FILE_CHANNEL, path), text, right, &value) != TK_OK)
        return tk_status_fail(TK_USAGE, why, "\"%s\": %s", text, right->str);
    g_free(value.text);
    return TK_OK;
}

static enum tk_status split_name(const char *text, struct request *request, GString *why)
{
    const char *slash = strchr(text, '/');
    if (slash == NULL)
        return tk_status_fail(TK_USAGE, why, "\"%s\": TENANT/NAME is right", text);
    request->tenant = g_strndup(text, (gsize)(slash - text));
    request->name = g_strdup(slash + 1);
    enum tk_status status = check_name("channel.tenant", request->tenant, why);
    return status == TK_OK ? check_name("channel.name", request->name, why) : status;
}

/* "gw1.example.net" stands for mail under "tickets.example.net". */
static char *default_domain(const struct tk_conf *conf)
{
    const char *dot = strchr(conf->instance, '.');
    return g_strconcat("tickets.", dot != NULL ? dot + 1 : conf->instance, NULL);
}

/* An address of the form NAME.NUMBER@TENANT.DOMAIN that no channel has. Owned by the caller. */
static enum tk_status choose_address(const struct request *request, const struct tk_conf *conf, GString *why,
                                     char **address_r)
{
    g_autofree char *domain = request->domain != NULL ? g_strdup(request->domain) : default_domain(conf);
    for (int i = 0; i < TRIES; i++) {
        g_autofree char *address = request->address != NULL ? g_strdup(request->address)
                                                            : g_strdup_printf("%s.%d@%s.%s", request->name,
                                                                              g_random_int_range(100, 1000),
                                                                              request->tenant, domain);
        g_autofree char *folded = tk_address_fold(address);
        if (folded == NULL)
            return tk_status_fail(TK_USAGE, why, "%s is no mail address; give --address or --domain",
                                  address);
        const struct tk_channel *owner = g_hash_table_lookup(conf->by_address, folded);
        if (owner == NULL) {
            *address_r = g_steal_pointer(&address);
            return TK_OK;
        }
        if (request->address != NULL)
            return tk_status_fail(TK_USAGE, why, "%s is an address of %s/%s", address, owner->tenant,
                                  owner->name);
    }
    return tk_status_fail(TK_REFUSED, why, "no address is free; give --address");
}

/* The template that was asked for, else the only published one of the tenant; NULL where it has none. */
static enum tk_status choose_template(const struct request *request, const struct tk_conf *conf, GString *why,
                                      const struct tk_template **template_r)
{
    const struct tk_template *found = NULL;
    for (guint i = 0; i < conf->templates->len; i++) {
        const struct tk_template *template = conf->templates->pdata[i];
        if (strcmp(template->tenant, request->tenant) != 0 || template->status != TK_PUBLISHED ||
            (request->template != NULL && strcmp(template->name, request->template) != 0))
            continue;
        if (found != NULL)
            return tk_status_fail(TK_USAGE, why, "%s has the templates %s and %s; give --template",
                                  request->tenant, found->name, template->name);
        found = template;
    }
    *template_r = found;
    return TK_OK;
}

/* Writes TEXT to a file that is not there yet. */
static enum tk_status write_new(const char *path, const char *text, GString *why)
{
    g_autofree char *folder = g_path_get_dirname(path);
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return tk_status_fail(TK_CONFIG, why, "%s cannot be made: %s", folder, g_strerror(errno));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return tk_status_fail(TK_CONFIG, why,
                              errno == EEXIST ? "%s is there already; it was not changed (%s)"
                                              : "%s cannot be written: %s",
                              path, g_strerror(errno));
    gsize len = strlen(text), done = 0;
    while (done < len) {
        ssize_t wrote = write(fd, text + done, len - done);
        if (wrote < 0 && errno != EINTR)
            break;
        done += (gsize)MAX(wrote, 0);
    }
    int error = errno;
    if (close(fd) == 0 && done == len)
        return TK_OK;
    unlink(path);
    return tk_status_fail(error == ENOSPC ? TK_STORAGE : TK_CONFIG, why, "%s cannot be written: %s", path,
                          g_strerror(error));
}

static enum tk_status print_written(const char *path, const char *address)
{
    if (tk_settings()->json)
        return tk_json_print(json_pack("{s:s, s:s}", "file", path, "address", address), stdout);
    tk_say(stdout, "wrote %s", path);
    tk_say(stdout, "Forward the support mail to %s.", address);
    fputs("Let the mail server deliver that address to the channel's fail mailbox: mail that bypasses the "
          "milter\n"
          "arrives there. Next: edit the file, run `ticketctl check', set status = \"published\" and run\n"
          "`ticketctl publish'.\n",
          stdout);
    return TK_OK;
}

static enum tk_status write_channel(const struct request *request, const struct tk_conf *conf, GString *why)
{
    g_autofree char *name = g_strdup_printf("%s/%s", request->tenant, request->name);
    g_autofree char *file = g_strdup_printf("channels.d/%s-%s.conf", request->tenant, request->name);
    g_autofree char *path = tk_files_beside(tk_settings()->config, file);
    g_autofree char *address = NULL;
    const struct tk_channel *channel = NULL;
    if (tk_conf_channel(conf, name, NULL, &channel) != TK_NO_MATCH)
        return tk_status_fail(TK_CONFIG, why, "%s is there already%s%s", name, channel != NULL ? ", in " : "",
                              channel != NULL ? channel->file : "");
    const struct tk_template *template = NULL;
    enum tk_status status = choose_address(request, conf, why, &address);
    if (status == TK_OK)
        status = choose_template(request, conf, why, &template);
    if (status != TK_OK)
        return status;
    const struct tk_sample sample = {
        .tenant = request->tenant,
        .name = request->name,
        .address = address,
        .template_name = template != NULL            ? template->name
                         : request->template != NULL ? request->template
                                                     : "incident", /* `check' says that it is missing */
        .template = template,
    };
    g_autofree char *text = tk_sample_channel(&sample);
    status = write_new(path, text, why);
    return status == TK_OK ? print_written(path, address) : status;
}

static int run(const struct tk_ctl_command *command, int argc, char **argv)
{
    static const struct option options[] = {{"domain", required_argument, NULL, 'd'},
                                            {"address", required_argument, NULL, 'a'},
                                            {"template", required_argument, NULL, 't'},
                                            {NULL, 0, NULL, 0}};
    struct request request = {NULL, NULL, NULL, NULL, NULL};
    int exit_code = -1, option;
    while ((option = tk_ctl_option(command, argc, argv, options, &exit_code)) != -1) {
        if (option == 'd')
            request.domain = optarg;
        else if (option == 'a')
            request.address = optarg;
        else
            request.template = optarg;
    }
    if (exit_code != -1)
        return exit_code;
    if (optind != argc - 1)
        return tk_ctl_usage(command);
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    g_autoptr(GString) why = g_string_new(NULL);
    struct tk_conf *conf = NULL;
    enum tk_status status = split_name(argv[optind], &request, why);
    if (status == TK_OK) {
        status = tk_files_read(tk_settings()->config, problems, &conf);
        if (conf != NULL)
            status = write_channel(&request, conf, why); /* the errors of other files are not ours */
        for (guint i = 0; conf == NULL && i < problems->len; i++)
            tk_check_print(problems->pdata[i], FALSE, stderr);
    }
    int code = tk_ctl_fail(command, status, why);
    g_free(request.tenant);
    g_free(request.name);
    tk_conf_unref(&conf);
    return code;
}

const struct tk_ctl_command tk_new_command = {
    .name = "new",
    .arguments = "[OPTION...] TENANT/NAME",
    .summary = "write a commented channel file with a forwarding address",
    .help = "Writes channels.d/TENANT-NAME.conf beside the main file; a file that is there is not changed. "
            "The forwarding\n"
            "address is NAME.NUMBER@TENANT.DOMAIN with a number at random. Needs no database.\n\n"
            "  --domain DOMAIN      else \"tickets.\" and the domain of this gateway\n"
            "  --address ADDRESS    this forwarding address\n"
            "  --template NAME      template of the tickets; else the only published one of the "
            "tenant\n" TK_SETTINGS_HELP,
    .run = run,
};
