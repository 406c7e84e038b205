/* conf_problem: the findings of reading a configuration. */
#include "rules/conf/conf_problem.h"

#include <string.h>

/* Enough to recognise a value by. */
#define QUOTE_MAX 80

static void problem_free(gpointer data)
{
    struct tk_conf_problem *problem = data;
    g_free(problem->file);
    g_free(problem->text);
    g_free(problem);
}

GPtrArray *tk_conf_problems_new(void)
{
    return g_ptr_array_new_with_free_func(problem_free);
}

static void add(struct tk_conf_findings *findings, const char *file, int line, gboolean error, char *text)
{
    struct tk_conf_problem *problem = g_new0(struct tk_conf_problem, 1);
    problem->file = g_strdup(file);
    problem->line = line;
    problem->error = error;
    problem->text = text;
    g_ptr_array_add(findings->problems, problem);
    findings->errors += error ? 1 : 0;
}

void tk_conf_problem_add(struct tk_conf_findings *findings, const char *file, int line, gboolean error,
                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(findings, file, line, error, g_strdup_vprintf(format, args));
    va_end(args);
}

void tk_conf_problem_channel(struct tk_conf_findings *findings, struct tk_channel *channel,
                             gconstpointer where, gboolean error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(findings, channel->file, tk_conf_problem_line(findings, where, channel->line), error,
        g_strdup_vprintf(format, args));
    va_end(args);
    if (error)
        channel->faulty = TRUE;
}

void tk_conf_problem_template(struct tk_conf_findings *findings, struct tk_template *template,
                              gconstpointer where, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(findings, template->file, tk_conf_problem_line(findings, where, template->line), TRUE,
        g_strdup_vprintf(format, args));
    va_end(args);
    template->faulty = TRUE;
}

int tk_conf_problem_line(const struct tk_conf_findings *findings, gconstpointer value, int fallback)
{
    gpointer line = value != NULL ? g_hash_table_lookup(findings->lines, value) : NULL;
    return line != NULL ? GPOINTER_TO_INT(line) : fallback;
}

static gint compare(gconstpointer left, gconstpointer right)
{
    const struct tk_conf_problem *a = *(struct tk_conf_problem *const *)left;
    const struct tk_conf_problem *b = *(struct tk_conf_problem *const *)right;
    int order = strcmp(a->file, b->file);
    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    return order != 0 ? order : strcmp(a->text, b->text);
}

void tk_conf_problem_sort(GPtrArray *problems)
{
    g_ptr_array_sort(problems, compare);
}

char *tk_conf_problem_quote(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new("\"");
    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (out->len > QUOTE_MAX) {
            g_string_append(out, "...");
            break;
        }
        if (g_unichar_iscntrl(c) || c == 0x2028 || c == 0x2029)
            g_string_append_printf(out, "\\u%04x", c);
        else
            g_string_append_unichar(out, c);
    }
    g_string_append_c(out, '"');
    return g_string_free(out, FALSE);
}
