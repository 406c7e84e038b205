/* tnef: the push parser of winmail.dat: attributes, and what is done with each ([MS-OXTNEF] 2.1). */
#include "rules/tnef/tnef.h"

#include <string.h>

#include "rules/tnef/lzfu.h"
#include "rules/tnef/rtf.h"
#include "rules/tnef/tnef_file.h"
#include "rules/tnef/tnef_message.h"
#include "rules/tnef/tnef_props.h"
#include "rules/tnef/tnef_values.h"

#define SIGNATURE      0x223E9F78u
#define SIGNATURE_SIZE 6 /* with a key that says nothing */
#define HEADER_SIZE    9 /* level, id, length */
#define CHECKSUM_SIZE  2
#define OBJECT_HEAD    20 /* an interface id and, in an embedded message, the signature */

#define LEVEL_MESSAGE    1
#define LEVEL_ATTACHMENT 2

enum stage { IN_SIGNATURE, IN_HEADER, IN_VALUE, IN_CHECKSUM, TRAILING, STOPPED };

/* What becomes of the value that passes. */
enum use { PASS_OVER, KEEP, NUMBER, PROPERTIES, FILE_DATA, OBJECT, RTF };

struct tk_tnef {
    struct tk_tnef_shared *shared; /* owned by the outermost level */
    guint depth;
    enum stage stage;
    guint8 field[HEADER_SIZE];
    gsize field_len;
    guint level, id;
    guint32 left;
    guint16 sum;
    bool sound; /* the last checksum was right */
    guint trailing;
    enum use use;  /* of the attribute */
    enum use part; /* of the property in it */
    enum tk_tnef_slot slot;
    gint64 *number;
    guint8 small[8];
    gsize small_len;
    struct tk_tnef_props props;
    guint8 object[OBJECT_HEAD];
    gsize object_len;
    struct tk_tnef *child;
    struct tk_lzfu *lzfu;
    struct tk_rtf *rtf;
    struct tk_tnef_values values;
    struct tk_tnef_numbers numbers;
    struct tk_tnef_file file;
    struct tk_tnef_message message;
};

static guint32 le32(const guint8 *p)
{
    return (guint32)p[0] | (guint32)p[1] << 8 | (guint32)p[2] << 16 | (guint32)p[3] << 24;
}

static struct tk_tnef *new_level(struct tk_tnef_shared *shared, guint depth)
{
    struct tk_tnef *t = g_new0(struct tk_tnef, 1);
    t->shared = shared;
    t->depth = depth;
    t->file.shared = shared;
    t->file.embedded = depth > 0;
    t->values.budget = &shared->budget;
    t->numbers = (struct tk_tnef_numbers){-1, -1, -1, -1, -1, -1, -1};
    t->message.importance = TK_TNEF_NO_IMPORTANCE;
    return t;
}

struct tk_tnef *tk_tnef_new(const struct tk_tnef_sink *sink, void *context)
{
    static const struct tk_tnef_sink nobody = {NULL, NULL, NULL, NULL};
    struct tk_tnef_shared *shared = g_new0(struct tk_tnef_shared, 1);
    shared->sink = sink != NULL ? sink : &nobody;
    shared->context = context;
    shared->budget = TK_TNEF_MAX_KEPT;
    return new_level(shared, 0);
}

void tk_tnef_free(struct tk_tnef **tnef)
{
    struct tk_tnef *t = *tnef;
    if (t == NULL)
        return;
    *tnef = NULL;
    tk_tnef_free(&t->child);
    tk_lzfu_free(&t->lzfu);
    tk_rtf_free(&t->rtf);
    tk_tnef_values_drop(&t->values, 0, TK_SLOTS - 1);
    tk_tnef_message_clear(&t->message);
    if (t->depth == 0)
        g_free(t->shared);
    g_free(t);
}

/* Embedded messages */

/* A second value of data without a new attachment before it is a file of its own: better without a name than
 * lost. */
static void start_data(struct tk_tnef *t)
{
    if (t->file.begun || t->file.held > 0)
        tk_tnef_file_end(&t->file, &t->values, &t->numbers);
    tk_tnef_file_start(&t->file);
}

static void end_child(struct tk_tnef *t)
{
    if (t->child == NULL)
        return;
    (void)!tk_tnef_finish(t->child); /* its flags are ours */
    tk_tnef_file_body(t->shared, &t->child->message);
    tk_tnef_free(&t->child);
}

static void object_starts(struct tk_tnef *t)
{
    bool message = t->object_len == OBJECT_HEAD && le32(t->object + 16) == SIGNATURE;
    if (message && t->depth + 1 < TK_TNEF_MAX_DEPTH) {
        t->child = new_level(t->shared, t->depth + 1);
        (void)!tk_tnef_push(t->child, t->object + 16, 4);
        return;
    }
    start_data(t);
    if (message) {
        t->file.mime_type = "application/ms-tnef";
        t->shared->flags |= TK_TNEF_TOO_DEEP;
    }
    t->part = FILE_DATA;
    if (t->object_len > 16)
        tk_tnef_file_data(&t->file, t->object + 16, t->object_len - 16);
}

static void object_data(struct tk_tnef *t, const guint8 *bytes, gsize len)
{
    if (t->object_len < OBJECT_HEAD) {
        gsize n = MIN(len, OBJECT_HEAD - t->object_len);
        memcpy(t->object + t->object_len, bytes, n);
        t->object_len += n;
        bytes += n;
        len -= n;
        if (t->object_len == OBJECT_HEAD)
            object_starts(t);
    }
    if (t->child != NULL)
        (void)!tk_tnef_push(t->child, bytes, len); /* its outcome is asked at its end */
    else if (t->part == FILE_DATA)
        tk_tnef_file_data(&t->file, bytes, len);
}

/* The RTF body */

static void rtf_bytes(void *context, const guint8 *bytes, gsize len)
{
    struct tk_tnef *t = context;
    tk_rtf_push(t->rtf, bytes, len);
    if (t->depth == 0 && t->shared->sink->rtf_data != NULL)
        t->shared->sink->rtf_data(t->shared->context, bytes, len);
}

static void start_rtf(struct tk_tnef *t)
{
    tk_rtf_free(&t->rtf);
    tk_lzfu_free(&t->lzfu);
    t->rtf = tk_rtf_new();
    t->lzfu = tk_lzfu_new(rtf_bytes, t);
}

static void end_rtf(struct tk_tnef *t)
{
    if (t->lzfu != NULL && tk_lzfu_finish(t->lzfu) != TK_OK)
        t->shared->flags |= TK_TNEF_BAD_CHECKSUM;
    tk_lzfu_free(&t->lzfu);
}

/* Values, of attributes and of properties alike */

static enum use open_slot(struct tk_tnef *t, enum tk_tnef_slot slot, bool unicode, guint32 len)
{
    t->slot = slot;
    if (tk_tnef_values_open(&t->values, slot, unicode, len))
        return KEEP;
    t->shared->flags |= TK_TNEF_SKIPPED;
    return PASS_OVER;
}

static enum use open_number(struct tk_tnef *t, gint64 *number)
{
    t->number = number;
    t->small_len = 0;
    return NUMBER;
}

static void value_data(struct tk_tnef *t, enum use use, const guint8 *bytes, gsize len)
{
    switch (use) {
    case PASS_OVER: break;
    case KEEP: tk_tnef_values_append(&t->values, t->slot, bytes, len); break;
    case NUMBER:
        for (gsize i = 0; i < len && t->small_len < sizeof t->small; i++)
            t->small[t->small_len++] = bytes[i];
        break;
    case PROPERTIES:
        if (tk_tnef_props_push(&t->props, bytes, len) != TK_OK) {
            t->shared->flags |= TK_TNEF_DAMAGED;
            t->use = PASS_OVER;
        }
        break;
    case FILE_DATA: tk_tnef_file_data(&t->file, bytes, len); break;
    case OBJECT: object_data(t, bytes, len); break;
    case RTF:
        if (tk_lzfu_push(t->lzfu, bytes, len) != TK_OK) {
            t->shared->flags |= TK_TNEF_DAMAGED;
            t->part = PASS_OVER;
        }
        break;
    }
}

static void value_end(struct tk_tnef *t, enum use use)
{
    switch (use) {
    case NUMBER: {
        guint8 word[4] = {0};
        memcpy(word, t->small, MIN(t->small_len, sizeof word));
        *t->number = (gint32)le32(word);
        break;
    }
    case PROPERTIES:
        if (!tk_tnef_props_complete(&t->props))
            t->shared->flags |= TK_TNEF_DAMAGED;
        break;
    case OBJECT:
        if (t->child != NULL)
            end_child(t);
        else if (t->object_len < OBJECT_HEAD)
            object_starts(t);
        break;
    case RTF: end_rtf(t); break;
    case PASS_OVER:
    case KEEP:
    case FILE_DATA: break;
    }
}

/* Properties */

static enum use open_message_property(struct tk_tnef *t, guint id, guint type, guint32 len)
{
    bool unicode = type == TK_MAPI_UNICODE;
    switch (id) {
    case 0x0017: return open_number(t, &t->numbers.importance);
    case 0x001A: return open_slot(t, TK_SLOT_CLASS, unicode, len);
    case 0x0037: return open_slot(t, TK_SLOT_SUBJECT, unicode, len);
    case 0x0070: return open_slot(t, TK_SLOT_TOPIC, unicode, len);
    case 0x0C1A: return open_slot(t, TK_SLOT_SENDER, unicode, len);
    case 0x0E1D: return open_slot(t, TK_SLOT_SUBJECT_NORMALIZED, unicode, len);
    case 0x1000: return open_slot(t, TK_SLOT_BODY, unicode, len);
    case 0x1013: return open_slot(t, TK_SLOT_HTML, unicode, len);
    case 0x1009:
        if (type != TK_MAPI_BINARY)
            break;
        start_rtf(t);
        return RTF;
    case 0x3FDE: return open_number(t, &t->numbers.internet);
    case 0x3FFD: return open_number(t, &t->numbers.codepage);
    }
    return PASS_OVER;
}

static enum use open_attachment_property(struct tk_tnef *t, guint id, guint type, guint32 len)
{
    bool unicode = type == TK_MAPI_UNICODE;
    switch (id) {
    case 0x3001: return open_slot(t, TK_SLOT_DISPLAY_NAME, unicode, len);
    case 0x3701:
        if (tk_tnef_file_has_content(&t->file)) /* the same data came as an attribute */
            break;
        tk_tnef_file_forget(&t->file);
        t->object_len = 0;
        if (type == TK_MAPI_OBJECT)
            return OBJECT;
        start_data(t);
        return FILE_DATA;
    case 0x3704: return open_slot(t, TK_SLOT_NAME, unicode, len);
    case 0x3707: return open_slot(t, TK_SLOT_LONG_NAME, unicode, len);
    case 0x370E: return open_slot(t, TK_SLOT_MIME_TYPE, unicode, len);
    case 0x3712: return open_slot(t, TK_SLOT_CONTENT_ID, unicode, len);
    case 0x3714: return open_number(t, &t->numbers.flags);
    case 0x7FFE: return open_number(t, &t->numbers.hidden);
    }
    return PASS_OVER;
}

static void property_begin(void *context, guint id, guint type, guint32 len)
{
    struct tk_tnef *t = context;
    t->part = t->level == LEVEL_MESSAGE ? open_message_property(t, id, type, len)
                                        : open_attachment_property(t, id, type, len);
}

static void property_data(void *context, const guint8 *bytes, gsize len)
{
    struct tk_tnef *t = context;
    value_data(t, t->part, bytes, len);
}

static void property_end(void *context)
{
    struct tk_tnef *t = context;
    value_end(t, t->part);
    t->part = PASS_OVER;
}

/* Attributes */

static enum use open_properties(struct tk_tnef *t)
{
    static const struct tk_tnef_props_sink sink = {property_begin, property_data, property_end};
    tk_tnef_props_start(&t->props, &sink, t, t->left);
    return PROPERTIES;
}

static enum use open_attribute(struct tk_tnef *t)
{
    switch (t->level << 16 | (t->id & 0xFFFF)) {
    case 0x18004: return open_slot(t, TK_SLOT_SUBJECT_ATTRIBUTE, false, t->left);
    case 0x18008: return open_slot(t, TK_SLOT_CLASS_ATTRIBUTE, false, t->left);
    case 0x1800C: return open_slot(t, TK_SLOT_BODY_ATTRIBUTE, false, t->left);
    case 0x1800D: return open_number(t, &t->numbers.priority);
    case 0x19003: return open_properties(t);
    case 0x19007: return open_number(t, &t->numbers.oem);
    case 0x28010:
        if (t->file.has_data &&
            t->values.slot[TK_SLOT_TITLE].bytes != NULL) /* the next file, without its RendData */
            tk_tnef_file_end(&t->file, &t->values, &t->numbers);
        return open_slot(t, TK_SLOT_TITLE, false, t->left);
    case 0x29001: return open_slot(t, TK_SLOT_TRANSPORT_NAME, false, t->left);
    case 0x29005: return open_properties(t);
    case 0x29002:
        tk_tnef_file_end(&t->file, &t->values, &t->numbers);
        return PASS_OVER; /* attAttachRendData begins each attachment */
    case 0x2800F: start_data(t); return FILE_DATA;
    }
    return PASS_OVER;
}

static void end_attribute(struct tk_tnef *t)
{
    /* A list of properties that broke off may have left something open. */
    value_end(t, t->use);
    end_child(t);
    end_rtf(t);
    t->part = PASS_OVER;
    t->use = PASS_OVER;
    t->stage = IN_CHECKSUM;
    t->field_len = 0;
}

static void read_header(struct tk_tnef *t)
{
    t->level = t->field[0];
    t->id = le32(t->field + 1);
    t->left = le32(t->field + 5);
    t->sum = 0;
    t->stage = IN_VALUE;
    t->use = open_attribute(t);
    if (t->left == 0)
        end_attribute(t);
}

static void read_field(struct tk_tnef *t)
{
    switch (t->stage) {
    case IN_SIGNATURE:
        t->stage = IN_HEADER;
        if (le32(t->field) != SIGNATURE) {
            t->stage = STOPPED;
            t->shared->flags |= t->depth == 0 ? TK_TNEF_NOT_TNEF : TK_TNEF_DAMAGED;
        }
        break;
    case IN_HEADER: read_header(t); break;
    case IN_CHECKSUM:
        t->sound = (t->field[0] | t->field[1] << 8) == t->sum;
        t->shared->flags |= t->sound ? 0 : TK_TNEF_BAD_CHECKSUM;
        t->stage = IN_HEADER;
        break;
    case IN_VALUE:
    case TRAILING:
    case STOPPED: break;
    }
    t->field_len = 0;
}

static bool is_filler(guint8 byte)
{
    return byte == '\0' || g_ascii_isspace((gchar)byte);
}

/* Reads a byte behind the last attribute. */
static void trailing_byte(struct tk_tnef *t, guint8 byte)
{
    t->stage = TRAILING;
    if (is_filler(byte))
        return;
    /* After an attribute that was sound this is something added; else we have lost our place. */
    t->shared->flags |= t->sound ? TK_TNEF_TRAILING : TK_TNEF_DAMAGED;
    if (t->trailing++ < TK_TNEF_MAX_TRAILING && t->sound)
        return;
    t->stage = STOPPED;
    t->shared->flags |= TK_TNEF_DAMAGED;
}

static void field_byte(struct tk_tnef *t, guint8 byte)
{
    bool first = t->stage == IN_HEADER && t->field_len == 0;
    if (t->stage == TRAILING || (first && byte != LEVEL_MESSAGE && byte != LEVEL_ATTACHMENT)) {
        trailing_byte(t, byte);
        return;
    }
    gsize want = CHECKSUM_SIZE;
    if (t->stage == IN_SIGNATURE)
        want = SIGNATURE_SIZE;
    else if (t->stage == IN_HEADER)
        want = HEADER_SIZE;
    t->field[t->field_len++] = byte;
    if (t->field_len == want)
        read_field(t);
}

static gsize attribute_bytes(struct tk_tnef *t, const guint8 *bytes, gsize len)
{
    gsize n = MIN(len, t->left);
    for (gsize i = 0; i < n; i++)
        t->sum = (guint16)(t->sum + bytes[i]);
    t->left -= (guint32)n;
    value_data(t, t->use, bytes, n);
    if (t->left == 0)
        end_attribute(t);
    return n;
}

static enum tk_status outcome(const struct tk_tnef *t)
{
    const guint lost = TK_TNEF_CUT_SHORT | TK_TNEF_DAMAGED | TK_TNEF_SKIPPED | TK_TNEF_BODY_CUT;
    if (t->shared->flags & TK_TNEF_NOT_TNEF)
        return TK_NO_MATCH;
    return t->shared->flags & lost ? TK_REFUSED : TK_OK;
}

enum tk_status tk_tnef_push(struct tk_tnef *tnef, const guint8 *bytes, gsize len)
{
    struct tk_tnef *t = tnef;
    while (len > 0 && t->stage != STOPPED) {
        gsize n = 1;
        if (t->stage == IN_VALUE)
            n = attribute_bytes(t, bytes, len);
        else
            field_byte(t, bytes[0]);
        bytes += n;
        len -= n;
    }
    return t->stage == STOPPED ? outcome(t) : TK_OK;
}

enum tk_status tk_tnef_finish(struct tk_tnef *tnef)
{
    struct tk_tnef *t = tnef;
    switch (t->stage) {
    case IN_SIGNATURE: t->shared->flags |= t->depth == 0 ? TK_TNEF_NOT_TNEF : TK_TNEF_DAMAGED; break;
    case IN_VALUE:
        t->shared->flags |= TK_TNEF_CUT_SHORT;
        end_attribute(t);
        break;
    case IN_HEADER: t->shared->flags |= t->field_len > 0 ? TK_TNEF_CUT_SHORT : 0; break;
    case IN_CHECKSUM: t->shared->flags |= TK_TNEF_BAD_CHECKSUM; break;
    case TRAILING:
    case STOPPED: break;
    }
    t->stage = STOPPED;
    tk_tnef_file_end(&t->file, &t->values, &t->numbers);
    tk_tnef_message_clear(&t->message);
    t->shared->flags |= tk_tnef_message_build(&t->values, &t->numbers, t->rtf, &t->message);
    tk_rtf_free(&t->rtf);
    t->message.attachments = t->shared->next_index;
    t->message.flags = t->shared->flags;
    return outcome(t);
}

const struct tk_tnef_message *tk_tnef_message(const struct tk_tnef *tnef)
{
    return &tnef->message;
}
