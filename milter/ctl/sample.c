/* sample: the text of a new channel's file, from the option table. */
#include "milter/ctl/sample.h"

#include <string.h>

#include "rules/conf/options.h"

/* Where comments are broken. */
#define COLUMN_MAX 110
/* "default" of a required field that takes any text. */
#define PLACEHOLDER "mail"

struct writer {
    GString *out;
    GHashTable *values; /* path -> text behind "=" of an option that is set */
    int indent;
};

static void begin_line(struct writer *writer)
{
    for (int i = 0; i < writer->indent; i++)
        g_string_append(writer->out, "  ");
}

/* TEXT as comment lines. */
static void put_comment(struct writer *writer, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    gsize column = 0;
    for (char **word = words; *word != NULL; word++) {
        gsize len = (gsize)g_utf8_strlen(*word, -1);
        if (column == 0 || column + len + 1 > COLUMN_MAX) {
            if (column > 0)
                g_string_append_c(writer->out, '\n');
            begin_line(writer);
            g_string_append_c(writer->out, '#');
            column = (gsize)writer->indent * 2 + 1;
        }
        g_string_append_printf(writer->out, " %s", *word);
        column += len + 1;
    }
    g_string_append_c(writer->out, '\n');
}

/* The default as it is written in a file; "..." where there is none. Owned by the caller. */
static char *default_of(const struct tk_option *option)
{
    const char *text = option->default_text != NULL ? option->default_text : "...";
    if (option->shape == TK_SHAPE_LIST && option->default_text == NULL)
        return g_strdup("[ \"...\" ]");
    if (option->shape == TK_SHAPE_LIST)
        return g_strdup("[]");
    if (option->type == TK_TYPE_BOOL || option->type == TK_TYPE_INT)
        return g_strdup(text);
    return g_strdup_printf("\"%s\"", text);
}

static void put_help(struct writer *writer, const struct tk_option *option)
{
    g_autofree char *words = option->words != NULL ? g_strjoinv(" | ", (char **)option->words) : NULL;
    g_autofree char *text = words != NULL ? g_strdup_printf("%s (%s)", option->help, words)
                                          : g_strdup(option->help);
    put_comment(writer, text);
}

/* What may stand in the elements of a list of groups. */
static void put_members(struct writer *writer, const char *parent)
{
    const struct tk_option *member = NULL;
    while ((member = tk_options_next(TK_FILE_CHANNEL, parent, member)) != NULL) {
        g_autofree char *text = g_strdup_printf("  %s: %s", tk_option_name(member), member->help);
        put_comment(writer, text);
    }
}

static void put_option(struct writer *writer, const struct tk_option *option)
{
    const char *value = g_hash_table_lookup(writer->values, option->path);
    g_autofree char *text = option->shape == TK_SHAPE_GROUPS ? g_strdup("( )") : default_of(option);
    put_help(writer, option);
    if (option->shape == TK_SHAPE_GROUPS)
        put_members(writer, option->path);
    begin_line(writer);
    g_string_append_printf(writer->out, "%s%s = %s;\n", value != NULL ? "" : "# ", tk_option_name(option),
                           value != NULL ? value : text);
}

/* Depth of recursion is that of the table. */
static void put_group(struct writer *writer, const char *parent)
{
    const struct tk_option *option = NULL;
    writer->indent++;
    while ((option = tk_options_next(TK_FILE_CHANNEL, parent, option)) != NULL) {
        if (!g_str_has_suffix(writer->out->str, "{\n"))
            g_string_append_c(writer->out, '\n');
        if (option->shape != TK_SHAPE_GROUP) {
            put_option(writer, option);
            continue;
        }
        put_help(writer, option);
        begin_line(writer);
        g_string_append_printf(writer->out, "%s = {\n", tk_option_name(option));
        put_group(writer, option->path);
        begin_line(writer);
        g_string_append(writer->out, "};\n");
    }
    writer->indent--;
}

static void put_quoted(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
}

/* Columns of ticket that are filled where the channel says nothing. */
static gboolean is_implied(const char *field)
{
    static const char *const implied[] = {"subject", "description", "requester", "requester_name", NULL};
    return g_strv_contains(implied, field);
}

/* A rule for each field that the template requires and that nothing fills. NULL: there is none. */
static char *fields_of(const struct tk_template *template)
{
    GString *out = g_string_new("(");
    guint count = 0;
    for (guint i = 0; template != NULL && i < template->fields->len; i++) {
        const struct tk_template_field *field = template->fields->pdata[i];
        if (!field->required || is_implied(field->name))
            continue;
        g_string_append_printf(out, "%s\n    { field = \"%s\"; default = ", count++ > 0 ? "," : "",
                               field->name);
        guint values = g_strv_length(field->values);
        put_quoted(out, values > 0 ? field->values[values - 1] : PLACEHOLDER); /* of priorities the least */
        g_string_append(out, "; }");
    }
    g_string_append(out, " )");
    return g_string_free(out, count == 0);
}

static void set(GHashTable *values, const char *path, const char *text)
{
    GString *quoted = g_string_new(NULL);
    put_quoted(quoted, text);
    g_hash_table_insert(values, (gpointer)path, g_string_free(quoted, FALSE));
}

char *tk_sample_channel(const struct tk_sample *sample)
{
    struct writer writer = {g_string_new(NULL), g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free),
                            0};
    char *fields = fields_of(sample->template);
    set(writer.values, "channel.tenant", sample->tenant);
    set(writer.values, "channel.name", sample->name);
    set(writer.values, "channel.status", "draft");
    set(writer.values, "channel.address", sample->address);
    set(writer.values, "channel.template", sample->template_name);
    if (fields != NULL)
        g_hash_table_insert(writer.values, (gpointer) "channel.fields", fields);
    g_hash_table_insert(writer.values, (gpointer) "channel.senders.allowed_domains", g_strdup("[]"));
    g_string_append_printf(
        writer.out,
        "# The channel %s/%s; see ticket-milter.conf(5). What stands behind a \"#\" is the "
        "default, \"...\" that there is none.\n",
        sample->tenant, sample->name);
    g_string_append(writer.out, "channel = {\n");
    put_group(&writer, "channel");
    g_string_append(writer.out, "};\n");
    g_hash_table_unref(writer.values);
    return g_string_free(writer.out, FALSE);
}
