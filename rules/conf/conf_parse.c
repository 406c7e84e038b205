/* conf_parse: libconfig's tree, walked by the option table.
 *
 * Depth of recursion is that of the table, not of the input. */
#include "rules/conf/conf_parse.h"

#include <string.h>

#include <libconfig.h>

#include "rules/conf/conf_problem.h"
#include "rules/conf/conf_scan.h"
#include "rules/conf/values.h"

G_STATIC_ASSERT(sizeof(enum tk_publish_state) == sizeof(int));

struct pass {
    struct tk_conf_findings *findings;
    enum tk_option_file which;
    const char *path; /* of the file */
};

static void problem(struct pass *pass, int line, const char *format, ...) TK_PRINTF(3, 4);

static void problem(struct pass *pass, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    tk_conf_problem_add(pass->findings, pass->path, line, TRUE, "%s", text);
}

static int line_of(const config_setting_t *setting)
{
    return (int)config_setting_source_line(setting);
}

static void remember(struct pass *pass, gconstpointer value, const config_setting_t *setting)
{
    if (value != NULL && setting != NULL)
        g_hash_table_insert(pass->findings->lines, (gpointer)value, GINT_TO_POINTER(line_of(setting)));
}

static const char *type_word(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_GROUP: return "a group";
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64: return "a number";
    case CONFIG_TYPE_FLOAT: return "a number with a point";
    case CONFIG_TYPE_STRING: return "a string";
    case CONFIG_TYPE_BOOL: return "true or false";
    case CONFIG_TYPE_ARRAY: return "a list [ ]";
    case CONFIG_TYPE_LIST: return "a list ( )";
    default: return "nothing"; /* libconfig's numbers, not an enum */
    }
}

static const char *wanted(const struct tk_option *option)
{
    switch (option->shape) {
    case TK_SHAPE_GROUP: return "a group { ... }";
    case TK_SHAPE_GROUPS: return "a list of groups ( { ... }, { ... } )";
    case TK_SHAPE_LIST: return "a list of strings [ \"...\", \"...\" ]";
    case TK_SHAPE_MAP: return "a group { name = \"text\"; ... }";
    case TK_SHAPE_ONE: break;
    }
    if (option->type == TK_TYPE_BOOL)
        return "true or false without quotes";
    if (option->type == TK_TYPE_INT)
        return "a number without quotes";
    return "a string in quotes";
}

static void wrong_type(struct pass *pass, const struct tk_option *option, const config_setting_t *setting)
{
    problem(pass, line_of(setting), "%s: %s where %s is right", option->path, type_word(setting),
            wanted(option));
}

static void store(const struct tk_option *option, gpointer target, struct tk_value *value)
{
    gpointer member = (char *)target + option->offset;
    switch (option->type) {
    case TK_TYPE_FOLDER: {
        struct tk_folder *folder = member;
        folder->kind = (enum tk_folder_kind)value->number;
        folder->address = g_steal_pointer(&value->text);
        break;
    }
    case TK_TYPE_FROM: {
        struct tk_field_rule *rule = member;
        rule->from = (enum tk_field_from)value->number;
        rule->header = g_steal_pointer(&value->text);
        break;
    }
    case TK_TYPE_WORD:
    case TK_TYPE_BOOL:
    case TK_TYPE_INT:
    case TK_TYPE_MODE:
    case TK_TYPE_TIME: *(int *)member = (int)value->number; break;
    case TK_TYPE_SIZE: *(guint64 *)member = (guint64)value->number; break;
    case TK_TYPE_RATE:
        *(struct tk_rate *)member = (struct tk_rate){(guint)value->number, (guint)value->seconds};
        break;
    case TK_TYPE_TEXT:
    case TK_TYPE_NAME:
    case TK_TYPE_PREFIX:
    case TK_TYPE_TOKEN:
    case TK_TYPE_PATH:
    case TK_TYPE_LISTEN:
    case TK_TYPE_HOST:
    case TK_TYPE_ADDRESS:
    case TK_TYPE_SENDER:
    case TK_TYPE_EXEMPT:
    case TK_TYPE_DOMAIN:
    case TK_TYPE_HEADER:
    case TK_TYPE_NETWORK:
    case TK_TYPE_GLOB: *(char **)member = g_steal_pointer(&value->text); break;
    }
}

/* Reads the string TEXT, or says what is wrong with it. */
static gboolean read_text(struct pass *pass, const struct tk_option *option, const config_setting_t *setting,
                          const char *text, struct tk_value *value)
{
    g_autoptr(GString) why = g_string_new(NULL);
    if (tk_values_read(option, text, why, value) == TK_OK)
        return TRUE;
    g_autofree char *quoted = tk_conf_problem_quote(text);
    problem(pass, line_of(setting), "%s = %s: %s", option->path, quoted, why->str);
    return FALSE;
}

static gboolean read_one(struct pass *pass, const struct tk_option *option, const config_setting_t *setting,
                         gpointer target)
{
    int type = config_setting_type(setting);
    struct tk_value value = {0};
    if (option->type == TK_TYPE_BOOL && type == CONFIG_TYPE_BOOL) {
        value.number = config_setting_get_bool(setting);
    } else if (option->type == TK_TYPE_INT && (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)) {
        value.number = config_setting_get_int64(setting);
        if (type == CONFIG_TYPE_INT)
            value.number = config_setting_get_int(setting);
        g_autoptr(GString) why = g_string_new(NULL);
        if (tk_values_range(option, value.number, why) != TK_OK) {
            problem(pass, line_of(setting), "%s = %" G_GINT64_FORMAT ": %s", option->path, value.number,
                    why->str);
            return FALSE;
        }
    } else if (option->type != TK_TYPE_BOOL && option->type != TK_TYPE_INT && type == CONFIG_TYPE_STRING) {
        if (!read_text(pass, option, setting, config_setting_get_string(setting), &value))
            return FALSE;
    } else {
        wrong_type(pass, option, setting);
        return FALSE;
    }
    /* an element's own address stands for the element */
    gconstpointer place = value.text != NULL && option->type < TK_TYPE_FOLDER ? value.text
                          : option->offset > 0 ? (char *)target + option->offset
                                               : NULL;
    remember(pass, place, setting);
    store(option, target, &value);
    return TRUE;
}

static void pair_free(gpointer data)
{
    struct tk_pair *pair = data;
    tk_values_pair_free(&pair);
}

static void read_headers(struct pass *pass, const struct tk_option *option, const config_setting_t *setting,
                         GPtrArray *out)
{
    for (int i = 0; setting != NULL && i < config_setting_length(setting); i++) {
        config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);
        const char *text = config_setting_get_string(element);
        struct tk_value value;
        struct tk_pair *pair;
        if (text == NULL) {
            wrong_type(pass, option, setting);
            return;
        }
        if (!read_text(pass, option, element, text, &value))
            continue;
        g_free(value.text);
        g_autoptr(GString) why = g_string_new(NULL);
        if (tk_values_header(text, why, &pair) == TK_OK) {
            remember(pass, pair, element);
            g_ptr_array_add(out, pair);
        } else {
            g_autofree char *quoted = tk_conf_problem_quote(text);
            problem(pass, line_of(element), "%s = %s: %s", option->path, quoted, why->str);
        }
    }
}

static void read_strings(struct pass *pass, const struct tk_option *option, const config_setting_t *setting,
                         GPtrArray *out)
{
    for (int i = 0; setting != NULL && i < config_setting_length(setting); i++) {
        config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);
        struct tk_value value;
        if (config_setting_type(element) != CONFIG_TYPE_STRING) {
            wrong_type(pass, option, element);
        } else if (read_text(pass, option, element, config_setting_get_string(element), &value)) {
            remember(pass, value.text, element);
            g_ptr_array_add(out, value.text);
        }
    }
}

/* Whether SETTING is a list of at most as many elements as OPTION takes. */
static gboolean check_list(struct pass *pass, const struct tk_option *option, const config_setting_t *setting,
                           gboolean array_is_right)
{
    int type = config_setting_type(setting), length = config_setting_length(setting);
    if (type != CONFIG_TYPE_LIST && !(type == CONFIG_TYPE_ARRAY && (array_is_right || length == 0))) {
        wrong_type(pass, option, setting);
        return FALSE;
    }
    if (length > option->max) {
        problem(pass, line_of(setting), "%s: %d elements; %" G_GINT64_FORMAT " at most", option->path, length,
                option->max);
        return FALSE;
    }
    return TRUE;
}

/* SETTING NULL: the empty list. */
static void read_list(struct pass *pass, const struct tk_option *option, const config_setting_t *setting,
                      gpointer target)
{
    gpointer *member = (gpointer *)((char *)target + option->offset);
    GPtrArray *out = g_ptr_array_new_with_free_func(option->type == TK_TYPE_HEADER ? pair_free : NULL);
    remember(pass, member, setting);
    if (setting != NULL && !check_list(pass, option, setting, TRUE))
        setting = NULL;
    if (option->type == TK_TYPE_HEADER)
        read_headers(pass, option, setting, out);
    else
        read_strings(pass, option, setting, out);
    if (option->type == TK_TYPE_HEADER) {
        *member = out;
    } else {
        g_ptr_array_add(out, NULL);
        *member = g_ptr_array_free(out, FALSE);
    }
}

static void read_map(struct pass *pass, const struct tk_option *option, const config_setting_t *setting,
                     gpointer target)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(pair_free);
    *(GPtrArray **)((char *)target + option->offset) = out;
    if (setting != NULL && config_setting_type(setting) != CONFIG_TYPE_GROUP) {
        wrong_type(pass, option, setting);
        return;
    }
    for (int i = 0; setting != NULL && i < config_setting_length(setting); i++) {
        config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);
        struct tk_value value;
        if (config_setting_type(element) != CONFIG_TYPE_STRING) {
            wrong_type(pass, option, element);
        } else if (read_text(pass, option, element, config_setting_get_string(element), &value)) {
            struct tk_pair *pair = g_new0(struct tk_pair, 1);
            pair->name = g_strdup(config_setting_name(element));
            pair->value = value.text;
            remember(pass, pair, element);
            g_ptr_array_add(out, pair);
        }
    }
}

static void read_group(struct pass *pass, const config_setting_t *group, const char *parent, gpointer target);

static void read_groups(struct pass *pass, const struct tk_option *option, const config_setting_t *setting,
                        gpointer target)
{
    GPtrArray *out = g_ptr_array_new();
    *(GPtrArray **)((char *)target + option->offset) = out;
    remember(pass, out, setting);
    if (setting == NULL || !check_list(pass, option, setting, FALSE))
        return;
    for (int i = 0; i < config_setting_length(setting); i++) {
        config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);
        if (config_setting_type(element) != CONFIG_TYPE_GROUP) {
            wrong_type(pass, option, element);
            continue;
        }
        gpointer item = g_malloc0(option->size);
        remember(pass, item, element);
        read_group(pass, element, option->path, item);
        g_ptr_array_add(out, item);
    }
}

static void set_default(const struct tk_option *option, gpointer target)
{
    struct tk_value value = {0};
    if (option->shape != TK_SHAPE_ONE)
        return;
    if (option->default_text != NULL) {
        if (tk_values_read(option, option->default_text, NULL, &value) != TK_OK)
            return; /* cannot be: the unit tests read every default */
    } else if (option->flags & TK_OPTION_REQUIRED) {
        value.text = g_strdup(""); /* the error was told; nobody has to look for NULL */
    } else {
        return;
    }
    store(option, target, &value);
}

static void read_option(struct pass *pass, const struct tk_option *option, const config_setting_t *setting,
                        gpointer target)
{
    switch (option->shape) {
    case TK_SHAPE_GROUP:
        if (setting != NULL && config_setting_type(setting) != CONFIG_TYPE_GROUP) {
            wrong_type(pass, option, setting);
            setting = NULL;
        }
        if (strchr(option->path, '.') == NULL)
            remember(pass, target, setting);
        read_group(pass, setting, option->path, target);
        break;
    case TK_SHAPE_GROUPS: read_groups(pass, option, setting, target); break;
    case TK_SHAPE_MAP: read_map(pass, option, setting, target); break;
    case TK_SHAPE_LIST:
        if (setting != NULL || option->default_text != NULL)
            read_list(pass, option, setting, target);
        break;
    case TK_SHAPE_ONE:
        if (setting == NULL || !read_one(pass, option, setting, target))
            set_default(option, target);
        break;
    }
}

static void unknown_option(struct pass *pass, const char *parent, const config_setting_t *setting)
{
    const struct tk_option *near = tk_options_near(pass->which, parent, config_setting_name(setting));
    problem(pass, line_of(setting), "%s%s%s: unknown option%s%s%s", parent, parent[0] != '\0' ? "." : "",
            config_setting_name(setting), near != NULL ? "; did you mean " : "",
            near != NULL ? near->path : "", near != NULL ? "?" : "");
}

/* GROUP NULL: everything in it has its default. */
static void read_group(struct pass *pass, const config_setting_t *group, const char *parent, gpointer target)
{
    for (int i = 0; group != NULL && i < config_setting_length(group); i++) {
        config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        g_autofree char *path =
            g_strconcat(parent, parent[0] != '\0' ? "." : "", config_setting_name(setting), NULL);
        if (tk_options_find(pass->which, path) == NULL)
            unknown_option(pass, parent, setting);
    }
    const struct tk_option *option = NULL;
    while ((option = tk_options_next(pass->which, parent, option)) != NULL) {
        config_setting_t *setting = group != NULL ? config_setting_get_member(group, tk_option_name(option))
                                                  : NULL;
        if (setting == NULL && group != NULL && (option->flags & TK_OPTION_REQUIRED))
            problem(pass, line_of(group), "%s: missing; %s is needed", option->path,
                    option->shape == TK_SHAPE_GROUP ? wanted(option) : tk_option_type_text(option->type));
        read_option(pass, option, setting, target);
    }
}

enum tk_status tk_conf_parse_file(struct tk_conf_findings *findings, enum tk_option_file which,
                                  const struct tk_conf_file *file, gpointer target)
{
    struct pass pass = {findings, which, file->path};
    enum tk_status status = tk_conf_scan(file, findings);
    config_t tree;
    config_init(&tree);
    if (status == TK_OK && !config_read_string(&tree, file->text)) {
        const char *text = config_error_text(&tree);
        problem(&pass, config_error_line(&tree), "%s", text != NULL ? text : "syntax error");
        status = TK_CONFIG;
    }
    read_group(&pass, status == TK_OK ? config_root_setting(&tree) : NULL, "", target);
    config_destroy(&tree);
    return status;
}

static void clear_group(enum tk_option_file which, const char *parent, gpointer target);

static void clear_groups(const struct tk_option *option, GPtrArray *array)
{
    for (guint i = 0; array != NULL && i < array->len; i++) {
        clear_group(option->file, option->path, array->pdata[i]);
        g_free(array->pdata[i]);
    }
    if (array != NULL)
        g_ptr_array_unref(array);
}

static void clear_one(const struct tk_option *option, gpointer target)
{
    gpointer member = (char *)target + option->offset;
    if (option->type == TK_TYPE_FOLDER)
        g_clear_pointer(&((struct tk_folder *)member)->address, g_free);
    else if (option->type == TK_TYPE_FROM)
        g_clear_pointer(&((struct tk_field_rule *)member)->header, g_free);
    else if (option->type < TK_TYPE_FOLDER)
        g_clear_pointer((char **)member, g_free);
}

static void clear_group(enum tk_option_file which, const char *parent, gpointer target)
{
    const struct tk_option *option = NULL;
    while ((option = tk_options_next(which, parent, option)) != NULL) {
        gpointer *member = (gpointer *)((char *)target + option->offset);
        switch (option->shape) {
        case TK_SHAPE_GROUP: clear_group(which, option->path, target); break;
        case TK_SHAPE_GROUPS: clear_groups(option, g_steal_pointer(member)); break;
        case TK_SHAPE_MAP: g_clear_pointer((GPtrArray **)member, g_ptr_array_unref); break;
        case TK_SHAPE_LIST:
            if (option->type == TK_TYPE_HEADER)
                g_clear_pointer((GPtrArray **)member, g_ptr_array_unref);
            else
                g_clear_pointer((char ***)member, g_strfreev);
            break;
        case TK_SHAPE_ONE: clear_one(option, target); break;
        }
    }
}

void tk_conf_parse_clear(enum tk_option_file which, gpointer target)
{
    clear_group(which, "", target);
}
