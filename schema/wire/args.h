/* args: parameters of a query, with their types. For the files that use libpq. */
#ifndef TK_SCHEMA_ARGS_H
#define TK_SCHEMA_ARGS_H

#include <glib.h>
#include <libpq-fe.h>

#define TK_ARGS_MAX 80 /* ingest has the most */

struct tk_args {
    int count;
    Oid types[TK_ARGS_MAX];
    const char *values[TK_ARGS_MAX];
    int lengths[TK_ARGS_MAX];
    int formats[TK_ARGS_MAX];
    GPtrArray *owned; /* copies that live as long as the arguments */
};

/* An empty set; the owner clears it with tk_args_clear. Parameters get the numbers $1, $2 in the order of
 * adding. */
void tk_args_init(struct tk_args *args);
void tk_args_clear(struct tk_args *args);

/* Clears the arguments where their block ends. */
#define TK_ARGS_AUTO __attribute__((cleanup(tk_args_clear)))

void tk_args_number(struct tk_args *args, gint64 value);

/* A text; NULL is SQL NULL. Not copied unless it has to be made valid UTF-8. */
void tk_args_text(struct tk_args *args, const char *text);

/* Bytes, not copied; NULL is SQL NULL. */
void tk_args_bytes(struct tk_args *args, const void *data, gsize size);

/* An array: COUNT texts (each may be NULL), or COUNT byte strings of SIZE each. Copied. */
void tk_args_texts(struct tk_args *args, const char *const *texts, guint count);
void tk_args_byte_arrays(struct tk_args *args, const guint8 *const *data, guint count, gsize size);

/* An array of byte strings of any size, together less than 1 GiB, which is what the server takes. Copied. */
void tk_args_contents(struct tk_args *args, GBytes *const *contents, guint count);

#endif
