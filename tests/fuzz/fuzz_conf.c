/* fuzz_conf: any bytes as the main file, as a channel and as a template; rules and problems are printed.
 *
 * libconfig 1.5 leaks strings on a syntax error; run with -detect_leaks=0. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "rules/conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    const struct tk_conf_file plain = {"main.conf", "instance = \"gw.example.net\";"};
    const struct tk_conf_file fuzzed[] = {{"a.conf", text}, {"b.conf", text}};
    for (int as_main = 0; as_main < 2; as_main++) {
        g_autoptr(GPtrArray) problems = tk_conf_problems_new();
        struct tk_conf *conf = NULL;
        enum tk_status status =
            tk_conf_read(as_main ? fuzzed : &plain, fuzzed, 2, fuzzed, 1, problems, &conf);
        gboolean has_error = FALSE;
        for (guint i = 0; i < problems->len; i++) {
            const struct tk_conf_problem *problem = problems->pdata[i];
            has_error = has_error || problem->error;
            if (!g_utf8_validate(problem->text, -1, NULL) || strchr(problem->text, '\n') != NULL)
                __builtin_trap();
        }
        if (has_error != (status == TK_CONFIG))
            __builtin_trap();
        for (guint i = 0; conf != NULL && i < conf->channels->len; i++) {
            g_autofree char *rules = tk_conf_channel_rules(conf->channels->pdata[i]);
            if (!g_utf8_validate(rules, -1, NULL))
                __builtin_trap();
        }
        tk_conf_unref(&conf);
    }
    return 0;
}
