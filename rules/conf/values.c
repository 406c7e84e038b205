/* values: texts of the configuration to values. */
#include "rules/conf/values.h"

#include <string.h>

#include "rules/address/address.h"
#include "rules/address/network.h"

static const char *const from_words[] = {
    "",   "subject", "body",       "text_full",  "sender", "sender_name",
    "to", "date",    "message_id", "importance", "header",
};
G_STATIC_ASSERT(G_N_ELEMENTS(from_words) == TK_FROM_HEADER + 1);

struct unit {
    const char *name;
    gint64 factor;
};

static const struct unit size_units[] = {{"", 1}, {"K", 1024}, {"M", 1024 * 1024}, {"G", 1024 * 1024 * 1024}};
static const struct unit time_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}, {"d", 24 * 60 * 60 * 1000}};

const char *tk_values_from_word(enum tk_field_from from)
{
    return from_words[from];
}

static gboolean read_unit(const char *text, const struct unit *units, gsize n, gint64 *number_r)
{
    const char *p = text;
    gint64 number = 0;
    /* twelve digits times a day still fit */
    for (; g_ascii_isdigit(*p) && p - text < 12; p++)
        number = number * 10 + (*p - '0');
    if (p == text)
        return FALSE;
    for (gsize i = 0; i < n; i++)
        if (strcmp(p, units[i].name) == 0) {
            if (number > G_MAXINT64 / units[i].factor)
                return FALSE;
            *number_r = number * units[i].factor;
            return TRUE;
        }
    return FALSE;
}

/* The largest unit that divides NUMBER. */
static char *print_unit(gint64 number, const struct unit *units, gsize n)
{
    gsize best = 0;
    for (gsize i = 1; i < n; i++)
        if (number != 0 && number % units[i].factor == 0)
            best = i;
    return g_strdup_printf("%" G_GINT64_FORMAT "%s", number / units[best].factor, units[best].name);
}

char *tk_values_print(enum tk_option_type type, gint64 number)
{
    if (type == TK_TYPE_SIZE)
        return print_unit(number, size_units, G_N_ELEMENTS(size_units));
    if (type == TK_TYPE_TIME)
        return print_unit(number, time_units, G_N_ELEMENTS(time_units));
    return g_strdup_printf(type == TK_TYPE_MODE ? "%04" G_GINT64_MODIFIER "o" : "%" G_GINT64_FORMAT, number);
}

enum tk_status tk_values_range(const struct tk_option *option, gint64 number, GString *why)
{
    if (number >= option->min && number <= option->max)
        return TK_OK;
    g_autofree char *min = tk_values_print(option->type, option->min);
    g_autofree char *max = tk_values_print(option->type, option->max);
    return tk_status_fail(TK_REFUSED, why, "out of range; %s to %s is right", min, max);
}

static gboolean is_made_of(const char *text, const char *others, gboolean (*takes)(char c))
{
    for (const char *p = text; *p != '\0'; p++)
        if (!takes(*p) && strchr(others, *p) == NULL)
            return FALSE;
    return TRUE;
}

static gboolean is_name_letter(char c)
{
    return g_ascii_islower(c) || g_ascii_isdigit(c);
}

static gboolean is_prefix_letter(char c)
{
    return g_ascii_isupper(c) || g_ascii_isdigit(c);
}

static gboolean is_visible(char c)
{
    return (guchar)c > ' ' && c != 0x7F;
}

/* RFC 5322 section 3.6.8: ftext. */
static gboolean is_header_letter(char c)
{
    return c > ' ' && c < 0x7F && c != ':';
}

static gboolean is_name(const char *text)
{
    return is_name_letter(text[0]) && is_made_of(text, "-_.", is_name_letter);
}

static gboolean is_header_name(const char *text)
{
    return text[0] != '\0' && strlen(text) <= 100 && is_made_of(text, "", is_header_letter);
}

/* "@" and a folded domain behind a "*", or a folded address; NULL where TEXT is neither. */
static char *read_sender(const char *text)
{
    if (!g_str_has_prefix(text, "*@"))
        return tk_address_fold(text);
    g_autofree char *domain = tk_address_domain_pattern(text + 2);
    return domain != NULL && domain[0] != '*' ? g_strconcat("*@", domain, NULL) : NULL;
}

enum tk_status tk_values_header(const char *text, GString *why, struct tk_pair **pair_r)
{
    const char *colon = strchr(text, ':');
    if (colon == NULL)
        return tk_status_fail(TK_REFUSED, why, "no colon; \"Header: value\" is right");
    g_autofree char *name = g_strchomp(g_strndup(text, (gsize)(colon - text)));
    g_autofree char *value = g_strstrip(g_strdup(colon + 1));
    if (!is_header_name(name))
        return tk_status_fail(TK_REFUSED, why,
                              "no header's name before the colon; \"Header: value\" is right");
    if (value[0] == '\0')
        return tk_status_fail(TK_REFUSED, why, "no value behind the colon; \"Header: value\" is right");
    struct tk_pair *pair = g_new0(struct tk_pair, 1);
    pair->name = g_steal_pointer(&name);
    pair->value = g_steal_pointer(&value);
    *pair_r = pair;
    return TK_OK;
}

void tk_values_pair_free(struct tk_pair **pair)
{
    struct tk_pair *old = *pair;
    *pair = NULL;
    if (old == NULL)
        return;
    g_free(old->name);
    g_free(old->value);
    g_free(old);
}

static char *read_exempt(const char *text)
{
    char *sender = read_sender(text);
    struct tk_pair *pair;
    if (sender != NULL || tk_values_header(text, NULL, &pair) != TK_OK)
        return sender;
    char *line = g_strdup_printf("%s: %s", pair->name, pair->value);
    tk_values_pair_free(&pair);
    return line;
}

static char *read_host(const char *text)
{
    char *host = tk_address_domain_pattern(text);
    if (host != NULL && host[0] == '*')
        g_clear_pointer(&host, g_free);
    return host;
}

/* What libmilter takes (smfi_setconn(3)); TCP ports are numbers here, so that no name has to be looked up. */
static gboolean is_listen(const char *text)
{
    if (g_str_has_prefix(text, "unix:") || g_str_has_prefix(text, "local:"))
        return strchr(text, ':')[1] == '/' && is_made_of(text, "", is_visible);
    if (!g_str_has_prefix(text, "inet:") && !g_str_has_prefix(text, "inet6:"))
        return FALSE;
    const char *port = strchr(text, ':') + 1, *at = strchr(port, '@');
    gsize digits = strspn(port, "0123456789");
    if (at == NULL || digits == 0 || digits > 5 || port + digits != at)
        return FALSE;
    guint64 number = g_ascii_strtoull(port, NULL, 10);
    g_autofree char *host = read_host(at + 1);
    return number >= 1 && number <= 65535 && (host != NULL || g_hostname_is_ip_address(at + 1));
}

/* The wild cards that every matcher reads alike; eight of them bound its work. */
static gboolean is_glob(const char *text)
{
    gsize stars = 0;
    for (const char *p = text; *p != '\0'; p++)
        stars += *p == '*';
    return stars <= 8 && strpbrk(text, "[]\\/{}") == NULL;
}

static gboolean read_mode(const char *text, gint64 *number_r)
{
    gsize len = strlen(text);
    if (len < 3 || len > 4 || strspn(text, "01234567") != len || (len == 4 && text[0] != '0'))
        return FALSE;
    *number_r = (gint64)g_ascii_strtoull(text, NULL, 8);
    return TRUE;
}

/* The longest window: rows of intake are kept for at least as long. */
#define RATE_SECONDS_MAX (31 * 24 * 60 * 60)

static gboolean read_rate(const char *text, struct tk_value *value)
{
    const char *slash = strchr(text, '/');
    gint64 millis;
    if (strcmp(text, "none") == 0)
        return TRUE;
    if (slash == NULL || !read_unit(slash + 1, time_units, G_N_ELEMENTS(time_units), &millis))
        return FALSE;
    g_autofree char *count = g_strndup(text, (gsize)(slash - text));
    value->seconds = millis / 1000;
    return read_unit(count, size_units, 1, &value->number) && value->number > 0 && millis % 1000 == 0 &&
           value->seconds >= 1 && value->seconds <= RATE_SECONDS_MAX;
}

static gboolean read_folder(const char *text, struct tk_value *value)
{
    value->number = strcmp(text, "none") == 0    ? TK_FOLDER_NONE
                    : strcmp(text, "alias") == 0 ? TK_FOLDER_ALIAS
                                                 : TK_FOLDER_ADDRESS;
    if (value->number == TK_FOLDER_ADDRESS && tk_address_valid(text))
        value->text = g_strdup(text);
    return value->number != TK_FOLDER_ADDRESS || value->text != NULL;
}

static gboolean read_from(const char *text, struct tk_value *value)
{
    if (g_str_has_prefix(text, "header:")) {
        value->number = TK_FROM_HEADER;
        if (is_header_name(text + strlen("header:")))
            value->text = g_strdup(text + strlen("header:"));
        return value->text != NULL;
    }
    for (gsize i = TK_FROM_SUBJECT; i < TK_FROM_HEADER; i++)
        if (strcmp(text, from_words[i]) == 0) {
            value->number = (gint64)i;
            return TRUE;
        }
    return FALSE;
}

static enum tk_status read_word(const struct tk_option *option, const char *text, GString *why,
                                struct tk_value *value)
{
    for (gsize i = 0; option->words[i] != NULL; i++)
        if (strcmp(text, option->words[i]) == 0) {
            value->number = (gint64)i;
            return TK_OK;
        }
    g_autofree char *words = g_strjoinv(", ", (char **)option->words);
    return tk_status_fail(TK_REFUSED, why, "none of %s", words);
}

static gboolean is_number_type(enum tk_option_type type)
{
    return type == TK_TYPE_INT || type == TK_TYPE_MODE || type == TK_TYPE_SIZE || type == TK_TYPE_TIME ||
           type == TK_TYPE_RATE;
}

/* TEXT as it is where it is FINE. */
static char *as_is(const char *text, gboolean fine)
{
    return fine ? g_strdup(text) : NULL;
}

static gboolean read_type(enum tk_option_type type, const char *text, struct tk_value *value)
{
    switch (type) {
    case TK_TYPE_TEXT: value->text = g_strdup(text); break;
    case TK_TYPE_NAME: value->text = as_is(text, is_name(text)); break;
    case TK_TYPE_PREFIX:
        value->text = as_is(text, g_ascii_isupper(text[0]) && is_made_of(text, "", is_prefix_letter));
        break;
    case TK_TYPE_TOKEN: value->text = as_is(text, is_made_of(text, "", is_visible)); break;
    case TK_TYPE_PATH: value->text = as_is(text, text[0] == '/'); break;
    case TK_TYPE_LISTEN: value->text = as_is(text, is_listen(text)); break;
    case TK_TYPE_HOST: value->text = read_host(text); break;
    case TK_TYPE_ADDRESS: value->text = as_is(text, tk_address_valid(text)); break;
    case TK_TYPE_SENDER: value->text = read_sender(text); break;
    case TK_TYPE_EXEMPT: value->text = read_exempt(text); break;
    case TK_TYPE_DOMAIN: value->text = tk_address_domain_pattern(text); break;
    case TK_TYPE_HEADER: value->text = g_strdup(text); break; /* tk_values_header takes it apart */
    case TK_TYPE_NETWORK: value->text = tk_network_read(text); break;
    case TK_TYPE_GLOB: value->text = as_is(text, is_glob(text)); break;
    case TK_TYPE_FOLDER: return read_folder(text, value);
    case TK_TYPE_FROM: return read_from(text, value);
    case TK_TYPE_WORD: return FALSE; /* read_word's */
    case TK_TYPE_BOOL: value->number = strcmp(text, "true") == 0; return TRUE;
    case TK_TYPE_INT: value->number = g_ascii_strtoll(text, NULL, 10); return TRUE;
    case TK_TYPE_MODE: return read_mode(text, &value->number);
    case TK_TYPE_SIZE: return read_unit(text, size_units, G_N_ELEMENTS(size_units), &value->number);
    case TK_TYPE_TIME: return read_unit(text, time_units, G_N_ELEMENTS(time_units), &value->number);
    case TK_TYPE_RATE: return read_rate(text, value);
    }
    return value->text != NULL;
}

/* Control characters and broken UTF-8 would reach headers, logs and tables. */
static enum tk_status check_text(const struct tk_option *option, const char *text, GString *why)
{
    gsize len = strlen(text);
    gboolean blank = text[strspn(text, " ")] == '\0';
    /* the limits of a list count its elements */
    gint64 max = option->shape == TK_SHAPE_ONE && !is_number_type(option->type) && option->max > 0
                     ? option->max
                     : 1000;
    gint64 min = option->shape == TK_SHAPE_ONE && !is_number_type(option->type) ? option->min : 1;
    if (blank && min > 0)
        return tk_status_fail(TK_REFUSED, why, "empty; %s is right", tk_option_type_text(option->type));
    if ((gint64)len > max)
        return tk_status_fail(TK_REFUSED, why, "longer than %" G_GINT64_FORMAT " bytes", max);
    if (!g_utf8_validate(text, -1, NULL))
        return tk_status_fail(TK_REFUSED, why, "not UTF-8");
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_iscntrl(c) || c == 0x2028 || c == 0x2029)
            return tk_status_fail(TK_REFUSED, why, "holds a control character; one line of text is right");
    }
    return TK_OK;
}

enum tk_status tk_values_read(const struct tk_option *option, const char *text, GString *why,
                              struct tk_value *value_r)
{
    enum tk_status status = check_text(option, text, why);
    if (status != TK_OK)
        return status;
    struct tk_value value = {0};
    if (option->type == TK_TYPE_WORD)
        status = read_word(option, text, why, &value);
    else if (!read_type(option->type, text, &value))
        status = tk_status_fail(TK_REFUSED, why, "%s is right", tk_option_type_text(option->type));
    else if (is_number_type(option->type))
        status = tk_values_range(option, value.number, why);
    if (status != TK_OK)
        g_free(value.text);
    else
        *value_r = value;
    return status;
}
