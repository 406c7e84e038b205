/* verify_alias: where the aliases of a channel's addresses end.
 *
 * Owns nothing; asks through the caller's lookup. */
#include "rules/verify/verify.h"

#include <string.h>

#include "rules/address/address.h"

/* Lookups for one address: far more than a chain that a person writes, and an end for one that never ends. */
#define LOOKUPS_MAX 50

/* The way of one address. */
struct way {
    GPtrArray *next;  /* addresses that are still to be asked for; own copies */
    GHashTable *seen; /* folded addresses */
    GPtrArray *ends;  /* where no further alias leads; own copies */
    gboolean aliased; /* the first address has an alias */
    char *trouble;    /* why a lookup failed, or NULL */
};

/* The channel of ADDRESS, with or without "+detail". */
static const struct tk_channel *channel_of(const struct tk_conf *conf, const char *address)
{
    g_autofree char *folded = tk_address_fold(address);
    if (folded == NULL)
        return NULL;
    const struct tk_channel *channel = g_hash_table_lookup(conf->by_address, folded);
    g_autofree char *base = tk_address_base(address, '+', NULL);
    return channel != NULL || base == NULL ? channel : g_hash_table_lookup(conf->by_address, base);
}

static char *key_of(const char *address)
{
    char *folded = tk_address_fold(address);
    return folded != NULL ? folded : g_ascii_strdown(address, -1);
}

/* Takes the right side of ADDRESS's alias. One that names itself is a mailbox (virtual(5)). */
static void take_targets(struct way *way, const char *address, const char *text)
{
    g_auto(GStrv) targets = tk_postfix_list(text);
    g_autofree char *own = key_of(address);
    for (char **target = targets; *target != NULL; target++) {
        g_autofree char *key = key_of(*target);
        if (strcmp(key, own) == 0 || strpbrk(*target, "|/\"") != NULL || (*target)[0] == ':')
            g_ptr_array_add(way->ends, g_strdup(*target));
        else if (g_hash_table_add(way->seen, g_steal_pointer(&key)))
            g_ptr_array_add(way->next, g_strdup(*target));
    }
}

static void follow(struct way *way, const char *first, tk_verify_lookup lookup, void *context)
{
    g_ptr_array_add(way->next, g_strdup(first));
    g_hash_table_add(way->seen, key_of(first));
    for (guint i = 0; i < way->next->len && i < LOOKUPS_MAX; i++) {
        g_autofree char *text = NULL;
        const char *address = way->next->pdata[i];
        switch (lookup(context, address, &text)) {
        case TK_YES:
            way->aliased = TRUE;
            take_targets(way, address, text);
            break;
        case TK_NO:
            if (i > 0)
                g_ptr_array_add(way->ends, g_strdup(address));
            break;
        case TK_UNKNOWN: way->trouble = g_steal_pointer(&text); return;
        }
    }
}

static void judge(const struct tk_conf *conf, const struct tk_channel *channel, const char *address,
                  const struct way *way, GPtrArray *findings)
{
    gboolean needed = channel->fail.kind == TK_FOLDER_ALIAS || channel->exclude.kind == TK_FOLDER_ALIAS ||
                      channel->success.kind == TK_FOLDER_ALIAS;
    g_autofree char *remedy =
        g_strdup_printf("add \"%s FAIL-MAILBOX\" to a table of virtual_alias_maps in main.cf", address);
    g_ptr_array_add(way->ends, NULL);
    g_autofree char *ends = g_strjoinv(", ", (char **)way->ends->pdata);
    g_ptr_array_set_size(way->ends, (gint)way->ends->len - 1);
    if (way->trouble != NULL) {
        tk_verify_add(findings, TK_SEVERITY_WARNING, "alias",
                      "mend the table, or run this command as a user who may read it",
                      "%s: could not be asked for: %s", address, way->trouble);
        return;
    }
    if (!way->aliased) {
        tk_verify_add(findings, needed ? TK_SEVERITY_ERROR : TK_SEVERITY_WARNING, "alias", remedy,
                      "%s leads to no fail mailbox: mails that are refused, or pass the filter by, have "
                      "nowhere to go",
                      address);
        return;
    }
    for (guint i = 0; i < way->ends->len; i++) {
        const struct tk_channel *again = channel_of(conf, way->ends->pdata[i]);
        if (again == NULL)
            continue;
        tk_verify_add(findings, TK_SEVERITY_ERROR, "alias", remedy,
                      "%s leads back to %s, an address of %s/%s", address, (char *)way->ends->pdata[i],
                      again->tenant, again->name);
        return;
    }
    if (way->ends->len == 0)
        tk_verify_add(findings, TK_SEVERITY_ERROR, "alias", remedy,
                      "%s leads in a circle: its aliases name each other", address);
    else
        tk_verify_add(findings, TK_SEVERITY_OK, "alias", NULL, "%s leads to %s", address, ends);
}

void tk_verify_aliases(const struct tk_conf *conf, const struct tk_channel *channel, tk_verify_lookup lookup,
                       void *context, GPtrArray *findings)
{
    guint count = 1 + g_strv_length(channel->aliases);
    for (guint i = 0; i < count; i++) {
        const char *address = i == 0 ? channel->address : channel->aliases[i - 1];
        struct way way = {
            .next = g_ptr_array_new_with_free_func(g_free),
            .seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
            .ends = g_ptr_array_new_with_free_func(g_free),
        };
        follow(&way, address, lookup, context);
        judge(conf, channel, address, &way, findings);
        g_ptr_array_unref(way.next);
        g_hash_table_unref(way.seen);
        g_ptr_array_unref(way.ends);
        g_free(way.trouble);
    }
}
