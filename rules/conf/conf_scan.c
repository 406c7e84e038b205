/* conf_scan: what libconfig must not see. */
#include "rules/conf/conf_scan.h"

#include <string.h>

#include "rules/conf/conf_problem.h"

/* Our deepest value stands at depth 5; libconfig frees groups by recursion. */
#define DEPTH_MAX 16
/* libconfig compares a new name with all others of its group. A thousand times what a file of ours needs. */
#define SETTINGS_MAX 10000
/* More digits may not fit an int. */
#define DECIMALS_MAX 9
#define HEX_MAX      7
/* The largest file that a person writes is far below. */
#define SIZE_MAX_BYTES (1024 * 1024)

struct scan {
    const struct tk_conf_file *file;
    struct tk_conf_findings *findings;
    const char *at;
    int line;
    int depth;
    int settings;
    gboolean refused;
};

static void refuse(struct scan *scan, const char *text)
{
    tk_conf_problem_add(scan->findings, scan->file->path, scan->line, TRUE, "%s", text);
    scan->refused = TRUE;
}

/* At the quote that opens a string; leaves behind the one that ends it. */
static void pass_string(struct scan *scan)
{
    int begin = scan->line;
    for (scan->at++; *scan->at != '"'; scan->at++) {
        if (*scan->at == '\0') {
            scan->line = begin;
            refuse(scan, "the string that begins here does not end");
            return;
        }
        if (*scan->at == '\n')
            scan->line++;
        if (*scan->at != '\\')
            continue;
        scan->at++;
        if (g_str_has_prefix(scan->at, "x00"))
            refuse(scan, "\\x00 in a string");
        else if (*scan->at == '\0' || strchr("nrtf\\\"x", *scan->at) == NULL)
            refuse(scan, "a backslash in a string is written \\\\");
        if (*scan->at == '\0')
            return;
    }
    scan->at++;
}

/* At "#" or a slash that opens a comment; leaves behind it (a newline still before it). */
static void pass_comment(struct scan *scan)
{
    if (scan->at[0] == '/' && scan->at[1] == '*') {
        const char *end = strstr(scan->at + 2, "*/");
        if (end == NULL) {
            refuse(scan, "the comment that begins here does not end");
            end = scan->at + strlen(scan->at) - 2;
        }
        for (; scan->at < end + 2; scan->at++)
            scan->line += *scan->at == '\n';
        return;
    }
    scan->at += strcspn(scan->at, "\n");
}

static void pass_number(struct scan *scan)
{
    gboolean hex = scan->at[0] == '0' && (scan->at[1] == 'x' || scan->at[1] == 'X');
    const char *digits = hex ? scan->at + 2 : scan->at;
    gsize count = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
    if (count > (hex ? HEX_MAX : DECIMALS_MAX))
        refuse(scan, "a number that is too large");
    else if (!hex && count > 1 && digits[0] == '0')
        refuse(scan, "a number that begins with 0; permissions are strings, as in \"0660\"");
    scan->at = digits + count;
}

static gboolean is_name_letter(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '*';
}

static void pass_other(struct scan *scan)
{
    char c = *scan->at;
    if (c == '\n')
        scan->line++;
    if (strchr("{[(", c) != NULL && ++scan->depth == DEPTH_MAX + 1)
        refuse(scan, "nested too deeply");
    if (strchr("}])", c) != NULL)
        scan->depth--;
    if ((c == '=' || c == ':') && ++scan->settings == SETTINGS_MAX + 1)
        refuse(scan, "too many settings");
    if (c == '@')
        refuse(scan, g_str_has_prefix(scan->at, "@include")
                         ? "@include is not taken; channels.d and templates.d hold further files"
                         : "\"@\" outside of a string");
    if (!g_ascii_isalpha(c) && c != '*') {
        scan->at++;
        return;
    }
    while (is_name_letter(*scan->at))
        scan->at++;
}

enum tk_status tk_conf_scan(const struct tk_conf_file *file, struct tk_conf_findings *findings)
{
    struct scan scan = {.file = file, .findings = findings, .at = file->text, .line = 1};
    if (strlen(file->text) > SIZE_MAX_BYTES)
        refuse(&scan, "larger than 1M");
    else if (!g_utf8_validate(file->text, -1, NULL))
        refuse(&scan, "not UTF-8");
    while (!scan.refused && *scan.at != '\0') {
        if (*scan.at == '"')
            pass_string(&scan);
        else if (*scan.at == '#' || (scan.at[0] == '/' && (scan.at[1] == '/' || scan.at[1] == '*')))
            pass_comment(&scan);
        else if (g_ascii_isdigit(*scan.at))
            pass_number(&scan);
        else
            pass_other(&scan);
    }
    return scan.refused ? TK_CONFIG : TK_OK;
}
