/* options: prints the option table for the build: as the OPTIONS of ticket-milter.conf(5), or as a list.
 *
 *   options mdoc <FRAME >PAGE   FRAME with its lines "@main@", "@channel@", "@template@" and "@admin@"
 * replaced options list                a line an option: FILE PATH SHOWN, where SHOWN is shown, unshown or
 * group */
#include <stdio.h>
#include <string.h>

#include "rules/conf/options.h"
#include "rules/conf/values.h"

static const char *const file_words[] = {"main", "channel", "template", "admin"};

/* Text on lines of its own, a sentence each: nothing in it is a macro or an escape. */
static void put_text(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (char before = ' '; *text != '\0'; before = *text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == ' ' && before == '.' && g_ascii_isupper(text[1]))
            putchar('\n');
        else
            putchar(*text);
    }
}

static void put_default(const struct tk_option *option)
{
    if (option->flags & TK_OPTION_REQUIRED)
        fputs("Required.\n", stdout);
    else if (option->default_text == NULL)
        fputs("Default: not set.\n", stdout);
    else if (option->shape == TK_SHAPE_LIST)
        fputs("Default: the empty list.\n", stdout);
    else {
        fputs("Default: ", stdout);
        put_text(option->default_text[0] != '\0' ? option->default_text : "empty");
        fputs(".\n", stdout);
    }
}

static void put_range(const struct tk_option *option)
{
    if (option->type != TK_TYPE_INT && option->type != TK_TYPE_SIZE && option->type != TK_TYPE_TIME &&
        option->type != TK_TYPE_MODE)
        return;
    g_autofree char *min = tk_values_print(option->type, option->min);
    g_autofree char *max = tk_values_print(option->type, option->max);
    printf("From %s to %s.\n", min, max);
}

static void put_type(const struct tk_option *option)
{
    switch (option->shape) {
    case TK_SHAPE_GROUP: fputs("Group.\n", stdout); return;
    case TK_SHAPE_GROUPS: fputs("List of groups.\n", stdout); return;
    case TK_SHAPE_MAP: fputs("Group of free names with texts.\n", stdout); return;
    case TK_SHAPE_LIST: fputs("List: each ", stdout); break;
    case TK_SHAPE_ONE: fputs("Value: ", stdout); break;
    }
    if (option->words != NULL) {
        g_autofree char *words = g_strjoinv(", ", (char **)option->words);
        printf("one of %s", words);
    } else {
        put_text(tk_option_type_text(option->type));
    }
    fputs(".\n", stdout);
    put_range(option);
}

static void put_options(enum tk_option_file file)
{
    gsize n;
    const struct tk_option *options = tk_options(&n);
    puts(".Bl -tag -width Ds");
    for (gsize i = 0; i < n; i++) {
        if (options[i].file != file)
            continue;
        printf(".It Ic %s\n", options[i].path);
        put_text(options[i].help);
        fputs("\n", stdout);
        put_type(&options[i]);
        if (options[i].shape == TK_SHAPE_ONE || options[i].shape == TK_SHAPE_LIST)
            put_default(&options[i]);
        if (options[i].flags & TK_OPTION_RESTART)
            puts("A change takes effect when the program is started again.");
    }
    puts(".El");
}

static int put_page(void)
{
    char line[1024];
    while (fgets(line, sizeof line, stdin) != NULL) {
        gsize i = 0;
        for (; i < G_N_ELEMENTS(file_words); i++) {
            g_autofree char *mark = g_strdup_printf("@%s@\n", file_words[i]);
            if (strcmp(line, mark) == 0)
                break;
        }
        if (i < G_N_ELEMENTS(file_words))
            put_options((enum tk_option_file)i);
        else
            fputs(line, stdout);
    }
    return ferror(stdin);
}

static void put_list(void)
{
    gsize n;
    const struct tk_option *options = tk_options(&n);
    for (gsize i = 0; i < n; i++)
        printf("%s %s %s\n", file_words[options[i].file], options[i].path,
               options[i].flags & TK_OPTION_UNSHOWN ? "unshown" : "shown");
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc == 2 && strcmp(argv[1], "mdoc") == 0) {
        failed = put_page();
    } else if (argc == 2 && strcmp(argv[1], "list") == 0) {
        put_list();
    } else {
        fputs("usage: options mdoc|list\n", stderr);
        return 64;
    }
    return failed || fflush(stdout) != 0;
}
