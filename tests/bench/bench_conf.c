/* bench_conf: how long a configuration takes to be read, and an address to be found.
 *
 *   bench_conf [CHANNELS]   default: 1000 */
#include <stdio.h>
#include <stdlib.h>

#include "rules/address/address.h"
#include "rules/conf/conf.h"

#define LOOKUPS 100000

static const char main_text[] = "instance = \"gw.example.net\";\n";
static const char template_text[] =
    "template = { tenant = \"acme\"; name = \"incident\"; ticket_type = \"incident\"; prefix = \"INC\";\n"
    "  status = \"published\"; fields = ( { name = \"subject\"; required = true; },\n"
    "    { name = \"priority\"; values = [ \"P1\", \"P2\", \"P3\" ]; required = true; } ); };\n";

static char *channel_text(int i)
{
    return g_strdup_printf(
        "channel = { tenant = \"acme\"; name = \"c%d\"; title = \"Channel %d\"; status = \"published\";\n"
        "  address = \"c%d.%d@acme.tickets.example.net\";\n"
        "  aliases = [ \"c%d@acme.example\", \"help-c%d@acme.example\", \"it-c%d@acme.example\" ];\n"
        "  folders = { success = \"none\"; fail = \"alias\"; exclude = \"none\"; };\n"
        "  senders = { allowed_domains = [ \"acme.example\", \"*.partner.example\" ]; };\n"
        "  autoreplies = { addresses = [ \"alerts@acme.example\" ]; keywords = [ \"Out of Office\" ]; };\n"
        "  exclude_headers = [ \"X-Spam-Flag: YES\" ]; template = \"incident\";\n"
        "  fields = ( { field = \"priority\"; from = \"importance\"; map = { high = \"P1\"; low = \"P3\"; "
        "};\n"
        "    default = \"P2\"; } ); };\n",
        i, i, i, i % 900 + 100, i, i, i);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? CLAMP(atoi(argv[1]), 1, 100000) : 1000;
    struct tk_conf_file *files = g_new0(struct tk_conf_file, count);
    const struct tk_conf_file main_file = {"main.conf", main_text}, template = {"t.conf", template_text};
    g_autoptr(GPtrArray) problems = tk_conf_problems_new();
    struct tk_conf *conf = NULL;
    for (int i = 0; i < count; i++)
        files[i] = (struct tk_conf_file){"c.conf", channel_text(i)};

    gint64 begin = g_get_monotonic_time();
    enum tk_status status = tk_conf_read(&main_file, files, (gsize)count, &template, 1, problems, &conf);
    gint64 end = g_get_monotonic_time();
    if (status != TK_OK || conf == NULL) {
        fputs("bench_conf: the configuration was not read\n", stderr);
        return 1;
    }
    printf("%d channels read and checked in %.1f ms\n", count, (double)(end - begin) / 1000);

    guint found = 0;
    begin = g_get_monotonic_time();
    for (int i = 0; i < LOOKUPS; i++) {
        g_autofree char *address = g_strdup_printf("IT-C%d@Acme.example", i % count);
        g_autofree char *folded = tk_address_fold(address);
        found += g_hash_table_lookup(conf->by_address, folded) != NULL;
    }
    end = g_get_monotonic_time();
    printf("an address found in %.2f us\n", (double)(end - begin) / LOOKUPS);

    tk_conf_unref(&conf);
    for (int i = 0; i < count; i++)
        g_free((char *)files[i].text);
    g_free(files);
    return found == LOOKUPS ? 0 : 1;
}
