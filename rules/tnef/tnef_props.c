/* tnef_props: the push parser of MAPI property lists. */
#include "rules/tnef/tnef_props.h"

#include <string.h>

#define MULTIPLE  0x1000u
#define NAMED     0x8000u
#define NAME_ID   0u
#define NAME_TEXT 1u

/* What the bytes in `field`, or in the value, are. */
enum step {
    COUNT,
    TAG,
    NAME,
    NAME_NUMBER,
    NAME_LENGTH,
    NAME_STRING,
    VALUES,
    LENGTH,
    VALUE,
    PADDING,
    DONE,
    BROKEN
};

static guint32 le32(const guint8 *p)
{
    return (guint32)p[0] | (guint32)p[1] << 8 | (guint32)p[2] << 16 | (guint32)p[3] << 24;
}

static void expect(struct tk_tnef_props *p, enum step step, gsize want)
{
    p->step = (gint)step;
    p->field_len = 0;
    p->field_want = want;
}

void tk_tnef_props_start(struct tk_tnef_props *props, const struct tk_tnef_props_sink *sink, void *context,
                         guint32 len)
{
    memset(props, 0, sizeof *props);
    props->sink = sink;
    props->context = context;
    props->left = len;
    expect(props, COUNT, 4);
}

bool tk_tnef_props_complete(const struct tk_tnef_props *props)
{
    /* The padding of the last value may be missing. */
    return props->step == DONE || (props->step == PADDING && props->values == 0 && props->properties == 0);
}

/* Size of a value of TYPE with its padding; 0: the value carries its length; -1: no such type. */
static gint fixed_size(guint type)
{
    switch (type) {
    case 0x0002:            /* short */
    case 0x0003:            /* long */
    case 0x0004:            /* float */
    case 0x000A:            /* error */
    case 0x000B: return 4;  /* boolean */
    case 0x0005:            /* double */
    case 0x0006:            /* currency */
    case 0x0007:            /* application time */
    case 0x0014:            /* long long */
    case 0x0040: return 8;  /* time */
    case 0x0048: return 16; /* class id */
    case 0x000D:
    case 0x001E:
    case 0x001F:
    case 0x0102: return 0;
    }
    return -1;
}

static void next_property(struct tk_tnef_props *p)
{
    if (p->properties == 0) {
        p->step = DONE;
        return;
    }
    p->properties--;
    expect(p, TAG, 4);
}

static void next_value(struct tk_tnef_props *p);

static void end_value(struct tk_tnef_props *p)
{
    if (p->give)
        p->sink->end(p->context);
    p->give = false;
    p->step = PADDING;
    if (p->pad_left == 0)
        next_value(p);
}

static void start_value(struct tk_tnef_props *p, guint32 len)
{
    if (len > p->left) {
        p->step = BROKEN;
        return;
    }
    p->step = VALUE;
    p->value_left = len;
    p->pad_left = (4 - len % 4) % 4;
    if (p->give)
        p->sink->begin(p->context, p->id, p->type, len);
    if (len == 0)
        end_value(p);
}

static void next_value(struct tk_tnef_props *p)
{
    if (p->values == 0) {
        next_property(p);
        return;
    }
    p->values--;
    gint size = fixed_size(p->type);
    if (size == 0)
        expect(p, LENGTH, 4);
    else
        start_value(p, (guint32)size);
}

static void values_of(struct tk_tnef_props *p)
{
    if (p->multiple || fixed_size(p->type) == 0) {
        expect(p, VALUES, 4);
        return;
    }
    p->values = 1;
    next_value(p);
}

static void read_tag(struct tk_tnef_props *p)
{
    guint32 tag = le32(p->field);
    p->id = tag >> 16;
    p->type = tag & 0xFFFF & ~MULTIPLE;
    p->multiple = (tag & MULTIPLE) != 0;
    p->give = p->id < NAMED;
    if (fixed_size(p->type) < 0)
        p->step = BROKEN;
    else if (p->id >= NAMED)
        expect(p, NAME, 20);
    else
        values_of(p);
}

static void read_name(struct tk_tnef_props *p)
{
    guint32 kind = le32(p->field + 16);
    if (kind == NAME_ID)
        expect(p, NAME_NUMBER, 4);
    else if (kind == NAME_TEXT)
        expect(p, NAME_LENGTH, 4);
    else
        p->step = BROKEN;
}

static void read_name_length(struct tk_tnef_props *p)
{
    guint32 len = le32(p->field);
    if (len > p->left) {
        p->step = BROKEN;
        return;
    }
    p->value_left = (guint64)len + (4 - len % 4) % 4;
    p->step = NAME_STRING;
    if (len == 0)
        values_of(p);
}

static void read_field(struct tk_tnef_props *p)
{
    switch ((enum step)p->step) {
    case COUNT:
        p->properties = le32(p->field);
        next_property(p);
        break;
    case TAG: read_tag(p); break;
    case NAME: read_name(p); break;
    case NAME_NUMBER: values_of(p); break;
    case NAME_LENGTH: read_name_length(p); break;
    case VALUES:
        p->values = le32(p->field);
        next_value(p);
        break;
    case LENGTH: start_value(p, le32(p->field)); break;
    case NAME_STRING:
    case VALUE:
    case PADDING:
    case DONE:
    case BROKEN: break;
    }
}

static gsize read_value(struct tk_tnef_props *p, const guint8 *bytes, gsize len)
{
    gsize n = (gsize)MIN(len, p->value_left);
    p->left -= (guint32)n;
    p->value_left -= n;
    if (p->step == VALUE && p->give)
        p->sink->data(p->context, bytes, n);
    if (p->value_left > 0)
        return n;
    if (p->step == VALUE)
        end_value(p);
    else
        values_of(p);
    return n;
}

static gsize read_padding(struct tk_tnef_props *p, gsize len)
{
    gsize n = (gsize)MIN(len, p->pad_left);
    p->left -= (guint32)n;
    p->pad_left -= n;
    if (p->pad_left == 0)
        next_value(p);
    return n;
}

static gsize read_into_field(struct tk_tnef_props *p, const guint8 *bytes, gsize len)
{
    gsize n = MIN(len, p->field_want - p->field_len);
    memcpy(p->field + p->field_len, bytes, n);
    p->field_len += n;
    p->left -= (guint32)n;
    if (p->field_len == p->field_want)
        read_field(p);
    return n;
}

enum tk_status tk_tnef_props_push(struct tk_tnef_props *props, const guint8 *bytes, gsize len)
{
    len = MIN(len, props->left);
    while (len > 0 && props->step != DONE && props->step != BROKEN) {
        gsize n;
        if (props->step == VALUE || props->step == NAME_STRING)
            n = read_value(props, bytes, len);
        else if (props->step == PADDING)
            n = read_padding(props, len);
        else
            n = read_into_field(props, bytes, len);
        bytes += n;
        len -= n;
    }
    return props->step == BROKEN ? TK_REFUSED : TK_OK;
}
