/* directory: the database's ids of the channels that the configuration names. */
#include "milter/intake/directory.h"

#include "milter/base/naming.h"

struct tk_directory {
    struct tk_naming *naming;
    GMutex mutex;        /* over ENTRIES */
    GHashTable *entries; /* "TENANT/NAME" -> struct tk_directory_entry */
};

struct tk_directory *tk_directory_new(void)
{
    struct tk_directory *directory = g_new0(struct tk_directory, 1);
    directory->naming = tk_naming_new();
    g_mutex_init(&directory->mutex);
    directory->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return directory;
}

void tk_directory_free(struct tk_directory **directory)
{
    struct tk_directory *old = *directory;
    if (old == NULL)
        return;
    *directory = NULL;
    tk_naming_free(&old->naming);
    g_hash_table_unref(old->entries);
    g_mutex_clear(&old->mutex);
    g_free(old);
}

enum tk_status tk_directory_find(struct tk_directory *directory, struct tk_store *store,
                                 const struct tk_channel *channel, gint64 deadline,
                                 struct tk_directory_entry *entry_r, GString *why)
{
    g_autofree char *name = g_strdup_printf("%s/%s", channel->tenant, channel->name);
    g_mutex_lock(&directory->mutex);
    const struct tk_directory_entry *known = g_hash_table_lookup(directory->entries, name);
    if (known != NULL)
        *entry_r = *known;
    g_mutex_unlock(&directory->mutex);
    if (known != NULL)
        return TK_OK;

    /* Asked without the lock: two threads may ask the same, and get the same. */
    struct tk_store_channel *found = NULL;
    enum tk_status status = tk_store_channel(store, channel->tenant, channel->name, deadline, &found, why);
    if (status != TK_OK)
        return status;
    struct tk_directory_entry *entry = g_new(struct tk_directory_entry, 1);
    *entry = (struct tk_directory_entry){found->tenant_id, found->channel_id};
    *entry_r = *entry;
    tk_store_channel_free(&found);
    g_mutex_lock(&directory->mutex);
    g_hash_table_replace(directory->entries, g_steal_pointer(&name), entry);
    g_mutex_unlock(&directory->mutex);
    return TK_OK;
}

enum tk_status tk_directory_installation(struct tk_directory *directory, struct tk_store *store,
                                         gint64 deadline, struct tk_installation **installation_r,
                                         GString *why)
{
    return tk_naming_find(directory->naming, store, deadline, installation_r, why);
}

void tk_directory_forget(struct tk_directory *directory)
{
    tk_naming_forget(directory->naming);
    g_mutex_lock(&directory->mutex);
    g_hash_table_remove_all(directory->entries);
    g_mutex_unlock(&directory->mutex);
}
