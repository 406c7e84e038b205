/* Fuzzes filename and sniff: a safe name keeps its promises, and making it safe again changes nothing. */
#include <stdint.h>
#include <string.h>

#include "rules/content/filename.h"
#include "rules/content/sniff.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *name = g_strndup((const char *)bytes, len);
    char *safe = tk_filename_safe(name, name);
    char *again = tk_filename_safe(safe, NULL);
    g_assert(strcmp(safe, again) == 0);
    g_assert(safe[0] != '\0' && strlen(safe) <= TK_FILENAME_MAX);
    g_assert(g_utf8_validate(safe, -1, NULL));
    g_assert(strpbrk(safe, "/\\:\"|?*<>\r\n\t") == NULL && strstr(safe, "  ") == NULL);
    g_assert(strcmp(safe, ".") != 0 && strcmp(safe, "..") != 0);
    g_assert(tk_filename_matches(safe, "*"));
    char *type = tk_sniff_type(name, bytes, len, NULL);
    g_assert(tk_sniff_is_type(type));
    g_free(type);
    g_free(again);
    g_free(safe);
    g_free(name);
    return 0;
}
