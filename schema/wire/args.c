/* args: parameters of a query, with their types.
 *
 * Bytes and arrays go in binary form: no quoting, no escape, and a text parameter of libpq would end at its
 * first NUL. Arrays are laid out as array_recv() of the server reads them: dimensions, has-nulls, element
 * type, length, lower bound, then each element behind its length. */
#include "schema/wire/args.h"

#include <string.h>

#define OID_BYTEA       17
#define OID_INT8        20
#define OID_TEXT        25
#define OID_BYTEA_ARRAY 1001
#define OID_TEXT_ARRAY  1009

enum { FORMAT_TEXT, FORMAT_BINARY };

void tk_args_init(struct tk_args *args)
{
    args->count = 0;
    args->owned = g_ptr_array_new_with_free_func(g_free);
}

void tk_args_clear(struct tk_args *args)
{
    args->count = 0;
    g_clear_pointer(&args->owned, g_ptr_array_unref);
}

static void add(struct tk_args *args, Oid type, const void *value, gsize size, int format)
{
    g_assert(args->count < TK_ARGS_MAX && size <= G_MAXINT);
    args->types[args->count] = type;
    args->values[args->count] = value;
    args->lengths[args->count] = (int)size;
    args->formats[args->count] = format;
    args->count++;
}

void tk_args_number(struct tk_args *args, gint64 value)
{
    char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);
    g_ptr_array_add(args->owned, text);
    add(args, OID_INT8, text, 0, FORMAT_TEXT);
}

/* TEXT itself where it is UTF-8, else a repaired copy that the arguments own. */
static const char *clean(struct tk_args *args, const char *text)
{
    if (text == NULL || g_utf8_validate(text, -1, NULL))
        return text;
    char *copy = g_utf8_make_valid(text, -1);
    g_ptr_array_add(args->owned, copy);
    return copy;
}

void tk_args_text(struct tk_args *args, const char *text)
{
    add(args, OID_TEXT, clean(args, text), 0, FORMAT_TEXT);
}

void tk_args_bytes(struct tk_args *args, const void *data, gsize size)
{
    add(args, OID_BYTEA, data, size, FORMAT_BINARY);
}

static void append_number(GByteArray *bytes, gint32 number)
{
    const guint32 network = GUINT32_TO_BE((guint32)number);
    g_byte_array_append(bytes, (const guint8 *)&network, sizeof network);
}

static GByteArray *array_begin(guint count, Oid element)
{
    GByteArray *bytes = g_byte_array_new();
    append_number(bytes, count > 0);
    append_number(bytes, 1); /* may hold NULLs */
    append_number(bytes, (gint32)element);
    if (count > 0) {
        append_number(bytes, (gint32)count);
        append_number(bytes, 1);
    }
    return bytes;
}

static void array_element(GByteArray *bytes, const void *data, gsize size)
{
    append_number(bytes, data == NULL ? -1 : (gint32)size);
    if (data != NULL)
        g_byte_array_append(bytes, data, (guint)size);
}

static void array_end(struct tk_args *args, GByteArray *bytes, Oid type)
{
    const gsize size = bytes->len;
    guint8 *data = g_byte_array_free(bytes, FALSE);
    g_ptr_array_add(args->owned, data);
    add(args, type, data, size, FORMAT_BINARY);
}

void tk_args_texts(struct tk_args *args, const char *const *texts, guint count)
{
    GByteArray *bytes = array_begin(count, OID_TEXT);
    for (guint i = 0; i < count; i++) {
        const char *text = clean(args, texts[i]);
        array_element(bytes, text, text == NULL ? 0 : strlen(text));
    }
    array_end(args, bytes, OID_TEXT_ARRAY);
}

void tk_args_byte_arrays(struct tk_args *args, const guint8 *const *data, guint count, gsize size)
{
    GByteArray *bytes = array_begin(count, OID_BYTEA);
    for (guint i = 0; i < count; i++)
        array_element(bytes, data[i], size);
    array_end(args, bytes, OID_BYTEA_ARRAY);
}

void tk_args_contents(struct tk_args *args, GBytes *const *contents, guint count)
{
    GByteArray *bytes = array_begin(count, OID_BYTEA);
    for (guint i = 0; i < count; i++) {
        gsize size = 0;
        const void *data = g_bytes_get_data(contents[i], &size);
        array_element(bytes, size > 0 ? data : "", size); /* an empty one has no address */
    }
    array_end(args, bytes, OID_BYTEA_ARRAY);
}
