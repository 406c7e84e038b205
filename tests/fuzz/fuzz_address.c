/* Fuzzes address and network: a folded address is valid, folds to itself, and keeps its identity in all that
 * is made of it. */
#include <stdint.h>
#include <string.h>

#include "rules/address/address.h"
#include "rules/address/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_folded(const char *text, const char *folded)
{
    g_autofree char *again = tk_address_fold(folded);
    g_autofree char *domain = tk_address_domain(text);
    g_autofree char *detail = NULL;
    g_autofree char *base = tk_address_base(text, '+', &detail);
    g_assert(tk_address_valid(text) && tk_address_valid(folded));
    g_assert_cmpstr(again, ==, folded);
    g_assert(strpbrk(folded, "\r\n\t") == NULL && g_utf8_validate(folded, -1, NULL));
    g_assert(domain != NULL && g_str_has_suffix(folded, domain));
    g_assert(base != NULL && tk_address_valid(base) && g_str_has_suffix(base, domain));
    g_assert(detail != NULL || strcmp(base, folded) == 0);
    char *own[] = {again, NULL}, *house[] = {domain, NULL};
    g_assert(tk_address_in(folded, own));
    g_assert(domain[0] == '[' || tk_address_domain_in(domain, house));
    (void)tk_address_is_role(folded);
}

static void check_network(const char *text)
{
    g_autofree char *network = tk_network_read(text);
    char *networks[] = {network, NULL};
    (void)tk_network_find(text, networks);
    if (network == NULL)
        return;
    g_autofree char *again = tk_network_read(network);
    g_assert_cmpstr(again, ==, network);
    g_autofree char *first = g_strndup(network, (gsize)(strchr(network, '/') - network));
    g_assert(tk_network_find(first, networks) == network);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len);
    g_autofree char *path = tk_address_from_path(text);
    g_autofree char *folded = tk_address_fold(text);
    g_autofree char *pattern = tk_address_domain_pattern(text);
    g_assert(path != NULL);
    if (folded != NULL)
        check_folded(text, folded);
    else
        g_assert(!tk_address_valid(text));
    if (pattern != NULL) {
        g_autofree char *again = tk_address_domain_pattern(pattern);
        g_assert_cmpstr(again, ==, pattern);
    }
    check_network(text);
    return 0;
}
