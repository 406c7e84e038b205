/* network: addresses as bytes, compared bit by bit. */
#include "rules/address/network.h"

#include <string.h>

#include <arpa/inet.h>

struct address {
    guint8 bytes[16];
    guint bits; /* 32 or 128 */
};

static gboolean read_address(const char *text, struct address *address_r)
{
    static const guint8 mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    *address_r = (struct address){.bits = 32};
    if (inet_pton(AF_INET, text, address_r->bytes) == 1)
        return TRUE;
    address_r->bits = 128;
    if (inet_pton(AF_INET6, text, address_r->bytes) != 1)
        return FALSE;
    if (memcmp(address_r->bytes, mapped, sizeof mapped) == 0) {
        memmove(address_r->bytes, address_r->bytes + sizeof mapped, 4);
        memset(address_r->bytes + 4, 0, sizeof address_r->bytes - 4);
        address_r->bits = 32;
    }
    return TRUE;
}

static gboolean bit(const struct address *address, guint n)
{
    return (address->bytes[n / 8] >> (7 - n % 8)) & 1;
}

/* Reads "ADDRESS" or "ADDRESS/LENGTH". */
static gboolean read_network(const char *text, struct address *network_r, guint *length_r)
{
    const char *slash = strchr(text, '/');
    g_autofree char *address = slash != NULL ? g_strndup(text, (gsize)(slash - text)) : g_strdup(text);
    if (!read_address(address, network_r))
        return FALSE;
    *length_r = network_r->bits;
    if (slash == NULL)
        return TRUE;
    const char *digits = slash + 1;
    gsize n = strspn(digits, "0123456789");
    if (n == 0 || n > 3 || digits[n] != '\0')
        return FALSE;
    *length_r = (guint)g_ascii_strtoull(digits, NULL, 10);
    /* "::ffff:10.0.0.0/104" counts its bits in the wider form */
    if (strchr(address, ':') != NULL && network_r->bits == 32)
        *length_r = *length_r >= 96 ? *length_r - 96 : G_MAXUINT;
    return *length_r <= network_r->bits;
}

char *tk_network_read(const char *text)
{
    struct address network;
    guint length;
    char shown[INET6_ADDRSTRLEN];
    if (!read_network(text, &network, &length))
        return NULL;
    for (guint n = length; n < network.bits; n++)
        if (bit(&network, n))
            return NULL;
    inet_ntop(network.bits == 32 ? AF_INET : AF_INET6, network.bytes, shown, sizeof shown);
    return g_strdup_printf("%s/%u", shown, length);
}

const char *tk_network_find(const char *address, char *const *networks)
{
    struct address client;
    if (address == NULL || networks == NULL)
        return NULL;
    if (g_ascii_strncasecmp(address, "IPv6:", 5) == 0)
        address += 5;
    if (!read_address(address, &client))
        return NULL;
    for (; *networks != NULL; networks++) {
        struct address network;
        guint length, n = 0;
        if (!read_network(*networks, &network, &length) || network.bits != client.bits)
            continue;
        while (n < length && bit(&network, n) == bit(&client, n))
            n++;
        if (n == length)
            return *networks;
    }
    return NULL;
}
