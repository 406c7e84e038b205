/* conf_check: main file, templates, channels and addresses against each other. */
#include "rules/conf/conf_check.h"

#include <string.h>

#include "rules/address/address.h"
#include "rules/conf/conf_fields.h"
#include "rules/conf/conf_mail.h"
#include "rules/conf/raw.h"

struct check {
    struct tk_conf_findings *findings;
    struct tk_conf *conf;
    GHashTable *templates; /* "TENANT/NAME" -> struct tk_template */
    GHashTable *types;     /* "TENANT/TYPE", a set */
};

static char *join(const char *tenant, const char *name)
{
    return g_strconcat(tenant, "/", name, NULL);
}

/* An id stands in addresses and Message-IDs, between marks of its own. */
static void check_keys(struct tk_conf_findings *findings, const struct tk_conf *conf)
{
    for (guint i = 0; i < conf->token_keys->len; i++) {
        const struct tk_token_key *key = conf->token_keys->pdata[i];
        int line = tk_conf_problem_line(findings, key, 0);
        if (strpbrk(key->id, "-_.") != NULL)
            tk_conf_problem_add(findings, conf->file, line, TRUE,
                                "token_keys.id = \"%s\": letters and digits alone are right", key->id);
        for (guint j = 0; j < i; j++) {
            const struct tk_token_key *other = conf->token_keys->pdata[j];
            if (strcmp(key->id, other->id) == 0)
                tk_conf_problem_add(findings, conf->file, line, TRUE,
                                    "token_keys.id = \"%s\": two keys have this name", key->id);
        }
    }
}

/* Where the window that refuses is full no later than the one that puts off, nobody is ever put off. */
static const char *useless_rates(const struct tk_rates *rates)
{
    if (rates->later.count == 0 || rates->fail.count == 0 || rates->fail.count > rates->later.count ||
        rates->fail.seconds < rates->later.seconds)
        return NULL;
    return "refuses before anything is put off; a larger number for the longer time is right";
}

void tk_conf_check_main(struct tk_conf_findings *findings, const struct tk_conf *conf)
{
    if (conf->wait_msecs >= conf->deadline_msecs)
        tk_conf_problem_add(
            findings, conf->file, tk_conf_problem_line(findings, &conf->wait_msecs, 0), TRUE,
            "database.wait: not shorter than the deadline, so that no time is left to store a mail");
    if (conf->limit_spool < conf->limit_message)
        tk_conf_problem_add(findings, conf->file, tk_conf_problem_line(findings, &conf->limit_spool, 0), TRUE,
                            "limits.spool: less than limits.message, so that a mail of that size is never "
                            "taken");
    const char *rates = useless_rates(&conf->tenant_rates);
    if (rates != NULL)
        tk_conf_problem_add(findings, conf->file, tk_conf_problem_line(findings, &conf->tenant_rates.fail, 0),
                            FALSE, "limits.tenant_fail: %s", rates);
    check_keys(findings, conf);
    tk_conf_mail_main(findings, conf);
}

static void same_template(struct check *check, struct tk_template *template, const struct tk_template *other)
{
    tk_conf_problem_template(check->findings, template, template->name,
                             "template.name = \"%s\": %s/%s is also in %s:%d", template->name,
                             template->tenant, template->name, other->file, other->line);
}

static void check_templates(struct check *check)
{
    for (guint i = 0; i < check->conf->templates->len; i++) {
        struct tk_template *template = check->conf->templates->pdata[i];
        g_autofree char *key = join(template->tenant, template->name);
        struct tk_template *other = g_hash_table_lookup(check->templates, key);
        if (other == NULL) {
            g_hash_table_insert(check->templates, g_steal_pointer(&key), template);
        } else {
            /* which of the two is meant cannot be known */
            same_template(check, template, other);
            same_template(check, other, template);
        }
        g_hash_table_add(check->types, join(template->tenant, template->ticket_type));
        tk_conf_fields_template(check->findings, template);
    }
}

static void same_name(struct check *check, struct tk_channel *channel, const struct tk_channel *other)
{
    tk_conf_problem_channel(check->findings, channel, channel->name, TRUE,
                            "channel.name = \"%s\": %s/%s is also in %s:%d", channel->name, channel->tenant,
                            channel->name, other->file, other->line);
}

static void check_names(struct check *check)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < check->conf->channels->len; i++) {
        struct tk_channel *channel = check->conf->channels->pdata[i];
        if (channel->tenant[0] == '\0' || channel->name[0] == '\0')
            continue;
        g_autofree char *key = join(channel->tenant, channel->name);
        struct tk_channel *other = g_hash_table_lookup(seen, key);
        if (other == NULL) {
            g_hash_table_insert(seen, g_steal_pointer(&key), channel);
            continue;
        }
        same_name(check, channel, other);
        same_name(check, other, channel);
    }
}

/* Tells that CHANNEL's address, which folds to FOLDED, is also one of OTHER. */
static void same_address(struct check *check, struct tk_channel *channel, const char *folded,
                         const struct tk_channel *other)
{
    const char *option = "channel.address", *written = channel->address;
    g_autofree char *own = tk_address_fold(channel->address);
    for (char **alias = channel->aliases; g_strcmp0(own, folded) != 0 && *alias != NULL; alias++) {
        g_free(own);
        own = tk_address_fold(*alias);
        option = "channel.aliases";
        written = *alias;
    }
    tk_conf_problem_channel(
        check->findings, channel, written, TRUE,
        "%s = \"%s\": is also an address of %s/%s (%s:%d); an address belongs to one channel", option,
        written, other->tenant, other->name, other->file, other->line);
}

static void add_address(struct check *check, struct tk_channel *channel, const char *option,
                        const char *address)
{
    g_autofree char *folded = tk_address_fold(address);
    if (folded == NULL)
        return; /* the reader has said so */
    struct tk_channel *other = g_hash_table_lookup(check->conf->by_address, folded);
    if (other == NULL) {
        g_hash_table_insert(check->conf->by_address, g_steal_pointer(&folded), channel);
    } else if (other == channel) {
        tk_conf_problem_channel(check->findings, channel, address, FALSE,
                                "%s = \"%s\": the channel has this address twice", option, address);
    } else {
        /* mail for the one must not reach the other */
        same_address(check, channel, folded, other);
        same_address(check, other, folded, channel);
    }
}

static void check_addresses(struct check *check)
{
    for (guint i = 0; i < check->conf->channels->len; i++) {
        struct tk_channel *channel = check->conf->channels->pdata[i];
        add_address(check, channel, "channel.address", channel->address);
        for (char **alias = channel->aliases; *alias != NULL; alias++)
            add_address(check, channel, "channel.aliases", *alias);
    }
}

/* Keeps the first channel of an address: the table is asked whether an address is ours. */
static void add_own(struct check *check, struct tk_channel *channel, const char *address)
{
    char *folded = tk_address_fold(address);
    if (folded != NULL && !g_hash_table_contains(check->conf->own, folded))
        g_hash_table_insert(check->conf->own, folded, channel);
    else
        g_free(folded);
}

static void find_own_addresses(struct check *check)
{
    for (guint i = 0; i < check->conf->channels->len; i++) {
        struct tk_channel *channel = check->conf->channels->pdata[i];
        const struct tk_folder *const folders[] = {&channel->success, &channel->fail, &channel->exclude};
        add_own(check, channel, channel->address);
        for (char **alias = channel->aliases; *alias != NULL; alias++)
            add_own(check, channel, *alias);
        for (gsize k = 0; k < G_N_ELEMENTS(folders); k++)
            if (folders[k]->kind == TK_FOLDER_ADDRESS)
                add_own(check, channel, folders[k]->address);
    }
}

static struct tk_channel *owner(struct check *check, const char *address)
{
    g_autofree char *folded = tk_address_fold(address);
    return folded != NULL ? g_hash_table_lookup(check->conf->by_address, folded) : NULL;
}

static void check_folder(struct check *check, struct tk_channel *channel, const char *option,
                         const struct tk_folder *folder)
{
    if (folder->kind != TK_FOLDER_ADDRESS)
        return;
    g_autofree char *base = tk_address_base(folder->address, TK_ADDRESS_DELIMITER, NULL);
    struct tk_channel *other = owner(check, folder->address);
    if (other == NULL && base != NULL)
        other = g_hash_table_lookup(check->conf->by_address, base);
    if (other != NULL)
        tk_conf_problem_channel(
            check->findings, channel, folder, TRUE,
            "%s = \"%s\": leads to the channel %s/%s; a folder is a mailbox that is no channel", option,
            folder->address, other->tenant, other->name);
}

static void check_template(struct check *check, struct tk_channel *channel)
{
    const char *name = channel->template_name;
    g_autofree char *key = join(channel->tenant, name);
    if (name[0] == '\0' || channel->tenant[0] == '\0')
        return;
    channel->template = g_hash_table_lookup(check->templates, key);
    if (channel->template == NULL) {
        const struct tk_template *other = NULL;
        for (guint i = 0; i < check->conf->templates->len; i++) {
            const struct tk_template *template = check->conf->templates->pdata[i];
            if (strcmp(template->name, name) == 0)
                other = template;
        }
        if (other != NULL)
            tk_conf_problem_channel(check->findings, channel, name, TRUE,
                                    "channel.template = \"%s\": belongs to the tenant %s (%s:%d), not to %s",
                                    name, other->tenant, other->file, other->line, channel->tenant);
        else
            tk_conf_problem_channel(
                check->findings, channel, name, TRUE,
                "channel.template = \"%s\": the tenant %s has no such template in templates.d", name,
                channel->tenant);
    } else if (channel->template->faulty) {
        tk_conf_problem_channel(check->findings, channel, name, TRUE,
                                "channel.template = \"%s\": has an error (%s:%d)", name,
                                channel->template->file, channel->template->line);
    } else if (channel->template->status != TK_PUBLISHED) {
        tk_conf_problem_channel(check->findings, channel, name, channel->status == TK_PUBLISHED,
                                "channel.template = \"%s\": not published (%s:%d)", name,
                                channel->template->file, channel->template->line);
    }
}

static void check_reply_types(struct check *check, struct tk_channel *channel)
{
    if (channel->reply_types == NULL) {
        channel->reply_types = g_new0(char *, 2);
        if (channel->template != NULL && channel->template->ticket_type[0] != '\0')
            channel->reply_types[0] = g_strdup(channel->template->ticket_type);
    }
    for (char **type = channel->reply_types; *type != NULL; type++) {
        g_autofree char *key = join(channel->tenant, *type);
        if (channel->tenant[0] != '\0' && !g_hash_table_contains(check->types, key))
            tk_conf_problem_channel(
                check->findings, channel, *type, FALSE,
                "channel.reply_types = \"%s\": no template of the tenant %s has this ticket type", *type,
                channel->tenant);
    }
}

/* Nobody would be confirmed, and so nobody could write. */
static void needs_trust(struct check *check, struct tk_channel *channel, gconstpointer place,
                        const char *option, const char *word)
{
    tk_conf_problem_channel(
        check->findings, channel, place, TRUE,
        "%s = \"%s\": would refuse every mail%s, since %s names no trusted_authserv, trusted_login or "
        "trusted_networks; name the authserv-id of the own DMARC filter there, or write \"flag\" here",
        option, word, place == &channel->impersonation ? " from own_domains" : "", check->conf->file);
}

static void check_authentication(struct check *check, struct tk_channel *channel)
{
    if (tk_conf_can_confirm(check->conf))
        return;
    if (channel->authentication == TK_AUTH_FAIL || channel->authentication == TK_AUTH_REJECT)
        needs_trust(check, channel, &channel->authentication, "channel.senders.authentication",
                    channel->authentication == TK_AUTH_FAIL ? "fail" : "reject");
    if (channel->impersonation == TK_IMPERSONATION_FAIL)
        needs_trust(check, channel, &channel->impersonation, "channel.senders.impersonation", "fail");
}

/* Where the file names no own domains they are those of the channel's addresses. */
static void find_own_domains(struct tk_channel *channel)
{
    if (channel->own_domains != NULL)
        return;
    GPtrArray *domains = g_ptr_array_new();
    g_autofree char *first = tk_address_domain(channel->address);
    if (first != NULL)
        g_ptr_array_add(domains, g_steal_pointer(&first));
    for (char **alias = channel->aliases; *alias != NULL; alias++) {
        g_autofree char *domain = tk_address_domain(*alias);
        if (domain != NULL && !g_ptr_array_find_with_equal_func(domains, domain, g_str_equal, NULL))
            g_ptr_array_add(domains, g_steal_pointer(&domain));
    }
    g_ptr_array_add(domains, NULL);
    channel->own_domains = (char **)g_ptr_array_free(domains, FALSE);
}

static void check_rates(struct check *check, struct tk_channel *channel)
{
    const char *tickets = useless_rates(&channel->ticket_rates), *notes = useless_rates(&channel->note_rates);
    if (tickets != NULL)
        tk_conf_problem_channel(check->findings, channel, &channel->ticket_rates.fail, FALSE,
                                "channel.limits.tickets_fail: %s", tickets);
    if (notes != NULL)
        tk_conf_problem_channel(check->findings, channel, &channel->note_rates.fail, FALSE,
                                "channel.limits.notes_fail: %s", notes);
}

/* Mails would be told 250 and be gone. */
static void check_lost(struct check *check, struct tk_channel *channel, const char *option,
                       const struct tk_folder *folder, enum tk_verdict verdict)
{
    const struct tk_conf *conf = check->conf;
    if (tk_raw_is_lost(conf, channel, verdict))
        tk_conf_problem_channel(check->findings, channel, folder, FALSE,
                                "%s = \"none\": the senders of such mails are told that they arrived, and "
                                "nothing keeps them, since %s has "
                                "%s; %s there, or an address here, keeps them",
                                option, conf->file,
                                conf->keep_raw_budget == 0 ? "keep_raw_budget = \"0\""
                                                           : "keep_raw = \"needed\"",
                                conf->keep_raw_budget == 0 ? "a budget" : "\"refused\"");
}

static void check_channel(struct check *check, struct tk_channel *channel)
{
    if (channel->title[0] == '\0') {
        g_free(channel->title);
        channel->title = g_strdup(channel->name);
    }
    check_template(check, channel);
    check_reply_types(check, channel);
    find_own_domains(channel);
    check_authentication(check, channel);
    check_rates(check, channel);
    tk_conf_fields_channel(check->findings, channel);
    tk_conf_mail_channel(check->findings, channel);
    check_folder(check, channel, "channel.folders.success", &channel->success);
    check_folder(check, channel, "channel.folders.fail", &channel->fail);
    check_folder(check, channel, "channel.folders.exclude", &channel->exclude);
    check_lost(check, channel, "channel.folders.fail", &channel->fail, TK_VERDICT_FAIL);
    check_lost(check, channel, "channel.folders.exclude", &channel->exclude, TK_VERDICT_EXCLUDE);
    if (channel->reply_to != NULL && owner(check, channel->reply_to) != channel)
        tk_conf_problem_channel(check->findings, channel, channel->reply_to, TRUE,
                                "channel.reply_to = \"%s\": the address or an alias of this channel is right",
                                channel->reply_to);
    if (channel->allowed_domains[0] == NULL)
        tk_conf_problem_channel(
            check->findings, channel, &channel->allowed_domains, channel->status == TK_PUBLISHED,
            "channel.senders.allowed_domains: empty, so that nobody may write; \"*\" lets "
            "anyone in");
}

static gint by_name(gconstpointer left, gconstpointer right)
{
    const struct tk_channel *a = *(struct tk_channel *const *)left, *b = *(struct tk_channel *const *)right;
    int order = strcmp(a->tenant, b->tenant);
    if (order == 0)
        order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->file, b->file);
}

void tk_conf_check(struct tk_conf_findings *findings, struct tk_conf *conf)
{
    struct check check = {
        .findings = findings,
        .conf = conf,
        .templates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .types = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    g_ptr_array_sort(conf->channels, by_name);
    check_templates(&check);
    check_names(&check);
    check_addresses(&check);
    find_own_addresses(&check);
    for (guint i = 0; i < conf->channels->len; i++)
        check_channel(&check, conf->channels->pdata[i]);
    g_hash_table_unref(check.templates);
    g_hash_table_unref(check.types);
}
