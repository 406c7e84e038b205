/* conf_fields: field rules and template fields. */
#include "rules/conf/conf_fields.h"

#include <string.h>

/* The columns of ticket that a mail fills, and from what where the channel does not say. */
static const struct {
    const char *name;
    enum tk_field_from from;
} columns[] = {
    {"subject", TK_FROM_SUBJECT},  {"description", TK_FROM_BODY},
    {"requester", TK_FROM_SENDER}, {"requester_name", TK_FROM_SENDER_NAME},
    {"priority", TK_FROM_NOTHING},
};

/* What the importance of a mail may be. */
static const char *const importance_words[] = {"high", "normal", "low", NULL};

gboolean tk_conf_fields_is_column(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++)
        if (strcmp(name, columns[i].name) == 0)
            return TRUE;
    return FALSE;
}

static const struct tk_template_field *find_field(const struct tk_template *template, const char *name)
{
    for (guint i = 0; i < template->fields->len; i++) {
        const struct tk_template_field *field = template->fields->pdata[i];
        if (strcmp(field->name, name) == 0)
            return field;
    }
    return NULL;
}

static struct tk_field_rule *find_rule(const struct tk_channel *channel, const char *name)
{
    for (guint i = 0; i < channel->fields->len; i++) {
        struct tk_field_rule *rule = channel->fields->pdata[i];
        if (strcmp(rule->field, name) == 0)
            return rule;
    }
    return NULL;
}

void tk_conf_fields_template(struct tk_conf_findings *findings, struct tk_template *template)
{
    for (guint i = 0; i < template->fields->len; i++) {
        const struct tk_template_field *field = template->fields->pdata[i];
        if (field->name[0] != '\0' && find_field(template, field->name) != field)
            tk_conf_problem_template(findings, template, field,
                                     "template.fields.name = \"%s\": the template has this field twice",
                                     field->name);
        if (field->restricted && tk_conf_fields_is_column(field->name))
            tk_conf_problem_template(
                findings, template, field,
                "template.fields.restricted: %s is a column of the ticket, which cannot be restricted",
                field->name);
    }
}

static gboolean takes(const struct tk_template_field *field, const char *value)
{
    return field->values[0] == NULL || g_strv_contains((const char *const *)field->values, value);
}

/* VALUE of OPTION must be one that FIELD may have. */
static void check_value(struct tk_conf_findings *findings, struct tk_channel *channel, const char *option,
                        const struct tk_template_field *field, const char *value, gconstpointer where)
{
    if (takes(field, value))
        return;
    g_autofree char *quoted = tk_conf_problem_quote(value);
    g_autofree char *values = g_strjoinv(", ", field->values);
    tk_conf_problem_channel(findings, channel, where, TRUE, "%s = %s: %s has only the values %s", option,
                            quoted, field->name, values);
}

/* Whether each value that the importance of a mail may have leads to one of FIELD's. */
static gboolean fills_always(const struct tk_field_rule *rule, const struct tk_template_field *field)
{
    if (rule->from != TK_FROM_IMPORTANCE)
        return field->values[0] == NULL;
    for (gsize i = 0; importance_words[i] != NULL; i++) {
        const char *word = importance_words[i];
        gboolean found = rule->map->len == 0 && takes(field, word);
        for (guint j = 0; j < rule->map->len; j++)
            found = found || strcmp(((struct tk_pair *)rule->map->pdata[j])->name, word) == 0;
        if (!found)
            return FALSE;
    }
    return TRUE;
}

static void check_map(struct tk_conf_findings *findings, struct tk_channel *channel,
                      const struct tk_field_rule *rule, const struct tk_template_field *field)
{
    for (guint i = 0; i < rule->map->len; i++) {
        const struct tk_pair *pair = rule->map->pdata[i];
        if (field != NULL)
            check_value(findings, channel, "channel.fields.map", field, pair->value, pair);
        if (rule->from == TK_FROM_IMPORTANCE && !g_strv_contains(importance_words, pair->name))
            tk_conf_problem_channel(findings, channel, pair, TRUE,
                                    "channel.fields.map.%s: no importance; high, normal or low is right",
                                    pair->name);
    }
    if (rule->map->len > 0 && rule->from == TK_FROM_NOTHING)
        tk_conf_problem_channel(
            findings, channel, rule, TRUE,
            "channel.fields.map: %s has a map but nothing to map; channel.fields.from is needed",
            rule->field);
}

static void check_rule(struct tk_conf_findings *findings, struct tk_channel *channel,
                       const struct tk_field_rule *rule)
{
    const struct tk_template_field *field =
        channel->template != NULL ? find_field(channel->template, rule->field) : NULL;
    gboolean column = tk_conf_fields_is_column(rule->field);
    if (find_rule(channel, rule->field) != rule)
        tk_conf_problem_channel(findings, channel, rule, TRUE,
                                "channel.fields.field = \"%s\": is filled twice", rule->field);
    if (column && rule->restricted)
        tk_conf_problem_channel(
            findings, channel, rule, TRUE,
            "channel.fields.restricted: %s is a column of the ticket, which cannot be restricted",
            rule->field);
    if (channel->template != NULL && field == NULL && !column)
        tk_conf_problem_channel(findings, channel, rule, TRUE,
                                "channel.fields.field = \"%s\": the template %s/%s has no such field",
                                rule->field, channel->template->tenant, channel->template->name);
    if (rule->from == TK_FROM_NOTHING && rule->default_text == NULL && channel->offer_from == NULL)
        tk_conf_problem_channel(findings, channel, rule, TRUE,
                                "channel.fields.field = \"%s\": nothing fills it; from or default is needed",
                                rule->field);
    check_map(findings, channel, rule, field);
    if (field != NULL && rule->default_text != NULL)
        check_value(findings, channel, "channel.fields.default", field, rule->default_text,
                    rule->default_text);
    if (field != NULL && field->required && rule->from != TK_FROM_NOTHING && rule->default_text == NULL &&
        field->values[0] != NULL && !fills_always(rule, field))
        tk_conf_problem_channel(
            findings, channel, rule, FALSE,
            "channel.fields.field = \"%s\": required, but a mail may give another value than the "
            "template has; a default would fill it",
            rule->field);
}

static void add_implied(struct tk_channel *channel)
{
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (columns[i].from == TK_FROM_NOTHING || find_rule(channel, columns[i].name) != NULL)
            continue;
        struct tk_field_rule *rule = g_new0(struct tk_field_rule, 1);
        rule->field = g_strdup(columns[i].name);
        rule->from = columns[i].from;
        rule->map = g_ptr_array_new();
        g_ptr_array_add(channel->fields, rule);
    }
}

/* Offers are in the database: what one of them fills is known when the channel is published. */
static void check_required(struct tk_conf_findings *findings, struct tk_channel *channel)
{
    const struct tk_template *template = channel->offer_from == NULL ? channel->template : NULL;
    for (guint i = 0; template != NULL && i < template->fields->len; i++) {
        const struct tk_template_field *field = template->fields->pdata[i];
        if (field->required && field->name[0] != '\0' && find_rule(channel, field->name) == NULL)
            tk_conf_problem_channel(
                findings, channel, channel->fields, channel->status == TK_PUBLISHED,
                "channel.fields: nothing fills %s, which the template %s/%s requires; add { "
                "field = \"%s\"; default = \"...\"; }",
                field->name, template->tenant, template->name, field->name);
    }
}

void tk_conf_fields_channel(struct tk_conf_findings *findings, struct tk_channel *channel)
{
    for (guint i = 0; i < channel->fields->len; i++)
        check_rule(findings, channel, channel->fields->pdata[i]);
    add_implied(channel);
    check_required(findings, channel);
}
