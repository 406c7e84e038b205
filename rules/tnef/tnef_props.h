/* tnef_props: a list of MAPI properties ([MS-OXTNEF] 2.1.3.4), read as it arrives.
 *
 * Holds no value: each is handed on in pieces. Every length is checked against what is left of the attribute
 * that holds the list. Named properties (ids from 0x8000) are passed over. */
#ifndef TK_RULES_TNEF_PROPS_H
#define TK_RULES_TNEF_PROPS_H

#include <stdbool.h>
#include "rules/base/status.h"

enum tk_mapi_type {
    TK_MAPI_SHORT = 0x0002,
    TK_MAPI_LONG = 0x0003,
    TK_MAPI_BOOLEAN = 0x000B,
    TK_MAPI_OBJECT = 0x000D, /* sixteen bytes of interface, then its data */
    TK_MAPI_STRING8 = 0x001E,
    TK_MAPI_UNICODE = 0x001F,
    TK_MAPI_BINARY = 0x0102
};

/* Of a property with many values the first is given. BEGIN always meets its END, unless the list is damaged
 * inside of the value. */
struct tk_tnef_props_sink {
    void (*begin)(void *context, guint id, guint type, guint32 len);
    void (*data)(void *context, const guint8 *bytes, gsize len);
    void (*end)(void *context);
};

struct tk_tnef_props {
    const struct tk_tnef_props_sink *sink;
    void *context;
    gint step;
    guint8 field[24]; /* the widest fixed part: GUID, kind and id of a name */
    gsize field_len, field_want;
    guint32 left;       /* of the attribute */
    guint32 properties; /* that are still to come, this one not counted */
    guint32 values;     /* of this property, this one not counted */
    guint id, type;
    bool multiple, give;
    guint64 value_left, pad_left;
};

/* Starts a list of LEN bytes. */
void tk_tnef_props_start(struct tk_tnef_props *props, const struct tk_tnef_props_sink *sink, void *context,
                         guint32 len);

/* Reads LEN bytes more, no more in sum than was said at the start. TK_REFUSED: the list is damaged; the
 * caller passes over the rest of it. */
enum tk_status tk_tnef_props_push(struct tk_tnef_props *props, const guint8 *bytes, gsize len) TK_MUST_CHECK;

/* True when all the properties that were announced have come. */
bool tk_tnef_props_complete(const struct tk_tnef_props *props);

#endif
