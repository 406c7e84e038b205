/* conf: reading, keeping and searching a snapshot of the configuration. */
#include "rules/conf/conf.h"

#include <string.h>

#include "rules/address/address.h"
#include "rules/conf/conf_check.h"
#include "rules/conf/conf_parse.h"

static void channel_free(struct tk_channel *channel)
{
    tk_conf_parse_clear(TK_FILE_CHANNEL, channel);
    g_free(channel->confirmation_text);
    g_free(channel->note_text);
    g_free(channel->status_text);
    g_free(channel->file);
    g_free(channel);
}

static void template_free(struct tk_template *template)
{
    tk_conf_parse_clear(TK_FILE_TEMPLATE, template);
    g_free(template->file);
    g_free(template);
}

static void conf_free(struct tk_conf *conf)
{
    for (guint i = 0; i < conf->channels->len; i++)
        channel_free(conf->channels->pdata[i]);
    for (guint i = 0; i < conf->templates->len; i++)
        template_free(conf->templates->pdata[i]);
    g_ptr_array_unref(conf->channels);
    g_ptr_array_unref(conf->templates);
    g_hash_table_unref(conf->by_address);
    g_hash_table_unref(conf->own);
    for (guint i = 0; i < conf->token_keys->len; i++)
        g_clear_pointer(&((struct tk_token_key *)conf->token_keys->pdata[i])->secret, g_bytes_unref);
    tk_conf_parse_clear(TK_FILE_MAIN, conf);
    g_free(conf->file);
    g_free(conf);
}

struct tk_conf *tk_conf_ref(struct tk_conf *conf)
{
    g_atomic_int_inc(&conf->references);
    return conf;
}

void tk_conf_unref(struct tk_conf **conf)
{
    struct tk_conf *old = *conf;
    *conf = NULL;
    if (old != NULL && g_atomic_int_dec_and_test(&old->references))
        conf_free(old);
}

static void read_template(struct tk_conf_findings *findings, const struct tk_conf_file *file,
                          struct tk_conf *conf)
{
    struct tk_template *template = g_new0(struct tk_template, 1);
    guint before = findings->errors;
    template->file = g_strdup(file->path);
    enum tk_status status = tk_conf_parse_file(findings, TK_FILE_TEMPLATE, file, template);
    template->line = tk_conf_problem_line(findings, template, 0);
    template->faulty = findings->errors > before;
    if (status == TK_OK && template->line > 0)
        g_ptr_array_add(conf->templates, template);
    else
        template_free(template);
}

static void read_channel(struct tk_conf_findings *findings, const struct tk_conf_file *file,
                         struct tk_conf *conf)
{
    struct tk_channel *channel = g_new0(struct tk_channel, 1);
    guint before = findings->errors;
    channel->file = g_strdup(file->path);
    enum tk_status status = tk_conf_parse_file(findings, TK_FILE_CHANNEL, file, channel);
    channel->line = tk_conf_problem_line(findings, channel, 0);
    channel->faulty = findings->errors > before;
    if (status == TK_OK && channel->line > 0)
        g_ptr_array_add(conf->channels, channel);
    else
        channel_free(channel);
}

/* An empty text stands for "none". */
static void empty_is_none(char **text)
{
    if (*text != NULL && (*text)[0] == '\0')
        g_clear_pointer(text, g_free);
}

enum tk_status tk_conf_read(const struct tk_conf_file *main_file, const struct tk_conf_file *channels,
                            gsize n_channels, const struct tk_conf_file *templates, gsize n_templates,
                            GPtrArray *problems, struct tk_conf **conf_r)
{
    struct tk_conf_findings findings = {problems, g_hash_table_new(NULL, NULL), 0};
    struct tk_conf *conf = g_new0(struct tk_conf, 1);
    conf->references = 1;
    conf->file = g_strdup(main_file->path);
    conf->channels = g_ptr_array_new();
    conf->templates = g_ptr_array_new();
    conf->by_address = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    conf->own = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    enum tk_status status = tk_conf_parse_file(&findings, TK_FILE_MAIN, main_file, conf);
    tk_conf_check_main(&findings, conf);
    guint main_errors = findings.errors;
    empty_is_none(&conf->listen_group);
    empty_is_none(&conf->user);
    for (gsize i = 0; i < n_templates; i++)
        read_template(&findings, &templates[i], conf);
    for (gsize i = 0; i < n_channels; i++)
        read_channel(&findings, &channels[i], conf);
    tk_conf_check(&findings, conf);
    g_hash_table_unref(findings.lines);
    tk_conf_problem_sort(problems);
    if (status == TK_OK && main_errors == 0)
        *conf_r = conf;
    else
        conf_free(conf);
    return findings.errors > 0 ? TK_CONFIG : TK_OK;
}

const struct tk_channel *tk_conf_own(const struct tk_conf *conf, const char *address)
{
    g_autofree char *folded = address != NULL ? tk_address_fold(address) : NULL;
    g_autofree char *base = folded != NULL ? tk_address_base(folded, TK_ADDRESS_DELIMITER, NULL) : NULL;
    const struct tk_channel *own = folded != NULL ? g_hash_table_lookup(conf->own, folded) : NULL;
    return own == NULL && base != NULL ? g_hash_table_lookup(conf->own, base) : own;
}

enum tk_status tk_conf_channel(const struct tk_conf *conf, const char *name, GString *why,
                               const struct tk_channel **channel_r)
{
    const char *slash = strchr(name, '/');
    const struct tk_channel *found = NULL;
    g_autoptr(GString) all = g_string_new(NULL);
    guint count = 0;
    for (guint i = 0; i < conf->channels->len; i++) {
        const struct tk_channel *channel = conf->channels->pdata[i];
        if (strcmp(channel->name, slash != NULL ? slash + 1 : name) != 0)
            continue;
        if (slash != NULL && (strlen(channel->tenant) != (gsize)(slash - name) ||
                              strncmp(channel->tenant, name, (gsize)(slash - name)) != 0))
            continue;
        g_string_append_printf(all, "%s%s/%s", count++ > 0 ? ", " : "", channel->tenant, channel->name);
        found = channel;
    }
    if (count == 0)
        return tk_status_fail(TK_NO_MATCH, why, "there is no channel %s", name);
    if (count > 1)
        return tk_status_fail(TK_REFUSED, why, "%s is ambiguous: %s", name, all->str);
    *channel_r = found;
    return TK_OK;
}

enum tk_status tk_conf_read_admin(const struct tk_conf_file *file, GPtrArray *problems, char **conninfo_r)
{
    struct tk_conf_findings findings = {problems, g_hash_table_new(NULL, NULL), 0};
    char *conninfo = NULL;
    enum tk_status status = tk_conf_parse_file(&findings, TK_FILE_ADMIN, file, &conninfo);
    g_hash_table_unref(findings.lines);
    tk_conf_problem_sort(problems);
    if (status == TK_OK && findings.errors == 0)
        *conninfo_r = g_steal_pointer(&conninfo);
    g_free(conninfo);
    return findings.errors > 0 ? TK_CONFIG : TK_OK;
}

static gboolean is_set(char *const *list)
{
    return list != NULL && list[0] != NULL;
}

gboolean tk_conf_can_confirm(const struct tk_conf *conf)
{
    return is_set(conf->trusted_authserv) || is_set(conf->trusted_networks) ||
           conf->trusted_login != TK_LOGIN_OFF;
}
