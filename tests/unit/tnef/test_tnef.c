/* Unit tests of tnef. The streams are put together here, attribute by attribute. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/tnef/tnef.h"

/* Building */

static void le(GByteArray *a, guint64 value, guint bytes)
{
    for (guint i = 0; i < bytes; i++) {
        guint8 byte = (guint8)(value >> 8 * i);
        g_byte_array_append(a, &byte, 1);
    }
}

static GByteArray *stream(void)
{
    GByteArray *a = g_byte_array_new();
    le(a, 0x223E9F78, 4);
    le(a, 1, 2);
    return a;
}

static void attribute(GByteArray *a, guint level, guint32 id, const void *bytes, gsize len)
{
    guint16 sum = 0;
    le(a, level, 1);
    le(a, id, 4);
    le(a, len, 4);
    if (len > 0)
        g_byte_array_append(a, bytes, (guint)len);
    for (gsize i = 0; i < len; i++)
        sum = (guint16)(sum + ((const guint8 *)bytes)[i]);
    le(a, sum, 2);
}

static void text_attribute(GByteArray *a, guint level, guint32 id, const char *text)
{
    attribute(a, level, id, text, strlen(text) + 1);
}

static GByteArray *properties(guint32 count)
{
    GByteArray *a = g_byte_array_new();
    le(a, count, 4);
    return a;
}

static void long_property(GByteArray *a, guint id, guint32 value)
{
    le(a, id << 16 | 0x0003, 4);
    le(a, value, 4);
}

static void value(GByteArray *a, guint id, guint type, const void *bytes, gsize len)
{
    le(a, id << 16 | type, 4);
    le(a, 1, 4);
    le(a, len, 4);
    if (len > 0)
        g_byte_array_append(a, bytes, (guint)len);
    le(a, 0, (guint)((4 - len % 4) % 4));
}

static void property_list(GByteArray *a, guint level, GByteArray *list)
{
    attribute(a, level, level == 1 ? 0x00069003 : 0x00069005, list->data, list->len);
    g_byte_array_unref(list);
}

/* Reading: what the sink hears is written down as one line an attachment. */

struct heard {
    GString *log, *data;
    guint open;
};

static void heard_begin(void *context, guint index)
{
    struct heard *h = context;
    assert_int_equal(h->open, 0);
    h->open = index + 1;
    g_string_truncate(h->data, 0);
}

static void heard_data(void *context, const guint8 *bytes, gsize len)
{
    struct heard *h = context;
    assert_int_not_equal(h->open, 0);
    g_string_append_len(h->data, (const char *)bytes, (gssize)len);
}

static void heard_end(void *context, guint index, const struct tk_tnef_attachment *a)
{
    struct heard *h = context;
    assert_int_equal(h->open, index + 1);
    assert_int_equal(a->size, h->data->len);
    h->open = 0;
    g_string_append_printf(h->log, "%u %s %s %s%s%s [%s]\n", index, a->name ? a->name : "-",
                           a->mime_type ? a->mime_type : "-", a->content_id ? a->content_id : "-",
                           a->is_inline ? " inline" : "", a->embedded ? " embedded" : "", h->data->str);
}

static const struct tk_tnef_sink sink = {heard_begin, heard_data, heard_end, NULL};

/* Reads STREAM in pieces of STEP bytes; the log is to be freed. The parser comes out finished. */
static struct tk_tnef *read_stream(const GByteArray *a, gsize step, enum tk_status *status_r, char **log_r)
{
    struct heard h = {g_string_new(NULL), g_string_new(NULL), 0};
    struct tk_tnef *t = tk_tnef_new(&sink, &h);
    for (gsize i = 0; i < a->len; i += step)
        if (tk_tnef_push(t, a->data + i, MIN(step, a->len - i)) != TK_OK)
            break;
    *status_r = tk_tnef_finish(t);
    assert_int_equal(h.open, 0);
    g_string_free(h.data, TRUE);
    *log_r = g_string_free(h.log, FALSE);
    return t;
}

static void expect(GByteArray *a, enum tk_status status, guint flags, const char *log)
{
    for (gsize step = 1; step <= a->len + 64; step += step < 8 ? 1 : a->len / 3 + 1) {
        enum tk_status got;
        g_autofree char *heard = NULL;
        struct tk_tnef *t = read_stream(a, step, &got, &heard);
        assert_string_equal(heard, log);
        assert_int_equal(got, status);
        assert_int_equal(tk_tnef_message(t)->flags, flags);
        tk_tnef_free(&t);
    }
    g_byte_array_unref(a);
}

static struct tk_tnef *read_whole(GByteArray *a)
{
    enum tk_status status;
    g_autofree char *log = NULL;
    struct tk_tnef *t = read_stream(a, a->len, &status, &log);
    assert_int_equal(status, TK_OK);
    g_byte_array_unref(a);
    return t;
}

#define RENDDATA 0x00069002
#define TITLE    0x00018010
#define DATA     0x0006800F

static void file(GByteArray *a, const char *name, const char *data)
{
    attribute(a, 2, RENDDATA, "\1\0\0\0\0\0\0\0\0\0\0\0\0", 14);
    text_attribute(a, 2, TITLE, name);
    attribute(a, 2, DATA, data, strlen(data));
}

/* Tests */

static void files_are_handed_on_in_order_whatever_the_pieces(void **state)
{
    (void)state;
    GByteArray *a = stream();
    file(a, "a.txt", "alpha");
    file(a, "EMPTY.BAT", "");
    file(a, "b.txt", "beta");
    expect(a, TK_OK, 0, "0 a.txt - - [alpha]\n1 EMPTY.BAT - - []\n2 b.txt - - [beta]\n");
}

static void the_long_name_wins_though_it_comes_after_the_data(void **state)
{
    (void)state;
    GByteArray *a = stream(), *list = properties(6);
    file(a, "REPORT~1.PDF", "%PDF");
    value(list, 0x3707, 0x001F, "r\0\xe9\0p\0o\0r\0t\0.\0p\0d\0f\0\0", 22);
    value(list, 0x370E, 0x001E, "application/pdf", 16);
    value(list, 0x3712, 0x001E, "part1@x.example", 16);
    long_property(list, 0x3714, 4);
    /* a named one: GUID, kind 0, id */
    le(list, 0x80010003, 4);
    for (guint i = 0; i < 4; i++)
        le(list, i, 4);
    le(list, 0, 4);
    le(list, 0x8510, 4);
    le(list, 7, 4);
    long_property(list, 0x370B, 0xFFFFFFFF);
    property_list(a, 2, list);
    expect(a, TK_OK, 0, "0 r\xC3\xA9port.pdf application/pdf part1@x.example inline [%PDF]\n");
}

static void data_in_a_property_is_read_once(void **state)
{
    (void)state;
    GByteArray *a = stream(), *list = properties(2);
    attribute(a, 2, RENDDATA, NULL, 0);
    value(list, 0x3701, 0x0102, "inner", 5);
    value(list, 0x3704, 0x001E, "IN.TXT", 7);
    property_list(a, 2, list);
    list = properties(1);
    file(a, "both.txt", "first");
    value(list, 0x3701, 0x0102, "again", 5);
    property_list(a, 2, list);
    expect(a, TK_OK, 0, "0 IN.TXT - - [inner]\n1 both.txt - - [first]\n");
}

static void an_ole_object_is_a_file_without_its_interface_id(void **state)
{
    (void)state;
    GByteArray *a = stream(), *list = properties(2);
    attribute(a, 2, RENDDATA, NULL, 0);
    value(list, 0x3701, 0x000D, "\x0b\0\0\0\0\0\0\0\xc0\0\0\0\0\0\0\x46OLE", 19);
    value(list, 0x3001, 0x001E, "Picture", 8);
    property_list(a, 2, list);
    expect(a, TK_OK, 0, "0 Picture - - [OLE]\n");
}

static GByteArray *around(GByteArray *inner)
{
    GByteArray *a = stream(), *list = properties(1);
    GByteArray *object = g_byte_array_new();
    g_byte_array_append(object, (const guint8 *)"\7\3\2\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", 16);
    g_byte_array_append(object, inner->data, inner->len);
    attribute(a, 2, RENDDATA, NULL, 0);
    value(list, 0x3701, 0x000D, object->data, object->len);
    property_list(a, 2, list);
    g_byte_array_unref(inner);
    g_byte_array_unref(object);
    return a;
}

static void an_embedded_message_gives_its_files_and_its_body(void **state)
{
    (void)state;
    GByteArray *inner = stream();
    text_attribute(inner, 1, 0x00018004, "Old mail");
    text_attribute(inner, 1, 0x0002800C, "Hello\r\n");
    file(inner, "in.txt", "x");
    GByteArray *a = around(inner);
    file(a, "out.txt", "y");
    expect(a, TK_OK, 0,
           "0 in.txt - - embedded [x]\n"
           "1 Old mail.txt text/plain; charset=utf-8 - embedded [Subject: Old mail\n\nHello\n]\n"
           "2 out.txt - - [y]\n");
}

static void an_embedded_message_names_its_sender(void **state)
{
    (void)state;
    GByteArray *inner = stream(), *list = properties(3);
    value(list, 0x0C1A, 0x001E, "Ann <b>", 8);
    value(list, 0x0037, 0x001E, "Plan", 5);
    value(list, 0x1013, 0x0102, "<p>x</p>", 8);
    property_list(inner, 1, list);
    expect(around(inner), TK_OK, 0,
           "0 Plan.html text/html; charset=utf-8 - embedded "
           "[From: Ann &lt;b&gt;<br>\nSubject: Plan<br>\n<hr>\n<p>x</p>]\n");
}

static void the_placeholder_of_an_embedded_message_is_no_file_of_its_own(void **state)
{
    (void)state;
    const char *note =
        "This attachment is a MAPI 1.0 embedded message and is not supported by this mail system.";
    GByteArray *inner = stream();
    text_attribute(inner, 1, 0x0002800C, "Hi");
    GByteArray *with = around(inner), *a = stream();
    file(a, "Untitled", note);
    /* the attributes of WITH after its signature and its empty RendData */
    g_byte_array_append(a, with->data + 6 + 11, with->len - 6 - 11);
    g_byte_array_unref(with);
    file(a, "note.txt", note);
    g_autofree char *log = g_strdup_printf("0 message.txt text/plain; charset=utf-8 - embedded [Hi]\n"
                                           "1 note.txt - - [%s]\n",
                                           note);
    expect(a, TK_OK, 0, log);
}

static void messages_nested_too_deep_are_handed_on_packed(void **state)
{
    (void)state;
    GByteArray *a = stream();
    for (guint i = 0; i < TK_TNEF_MAX_DEPTH; i++)
        a = around(a);
    enum tk_status status;
    g_autofree char *log = NULL;
    struct tk_tnef *t = read_stream(a, 5, &status, &log);
    assert_int_equal(status, TK_OK);
    assert_int_equal(tk_tnef_message(t)->flags, TK_TNEF_TOO_DEEP);
    assert_true(g_str_has_prefix(log, "0 - application/ms-tnef - embedded ["));
    tk_tnef_free(&t);
    g_byte_array_unref(a);
}

static void the_message_is_read_in_its_code_pages(void **state)
{
    (void)state;
    GByteArray *a = stream(), *list = properties(5);
    text_attribute(a, 1, 0x00078008, "IPM.Microsoft Schedule.MtgReq");
    attribute(a, 1, 0x0004800D, "\1\0", 2);
    text_attribute(a, 1, 0x00018004, "attribute");
    value(list, 0x0037, 0x001E, "\xcf\xf0\xe8\xe2\xe5\xf2", 7);
    value(list, 0x1000, 0x001E, "a\r\nb\xa9\0rest", 10);
    value(list, 0x1013, 0x0102, "<p>\xc3\xa9</p>", 9);
    long_property(list, 0x3FDE, 65001);
    long_property(list, 0x3FFD, 1251); /* it comes after the strings */
    property_list(a, 1, list);
    struct tk_tnef *t = read_whole(a);
    const struct tk_tnef_message *m = tk_tnef_message(t);
    assert_string_equal(m->subject, "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82");
    assert_string_equal(m->text, "a\nb\xC2\xA9");
    assert_string_equal(m->html, "<p>\xC3\xA9</p>");
    assert_string_equal(m->message_class, "IPM.Schedule.Meeting.Request");
    assert_int_equal(m->importance, TK_TNEF_HIGH);
    tk_tnef_free(&t);
    assert_null(t);
}

static void html_comes_out_of_compressed_rtf(void **state)
{
    (void)state;
    const char *rtf = "{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag64 <p>}hello{\\*\\htmltag72 </p>}}";
    GByteArray *a = stream(), *list = properties(2), *packed = g_byte_array_new();
    le(packed, strlen(rtf) + 12, 4);
    le(packed, strlen(rtf), 4);
    g_byte_array_append(packed, (const guint8 *)"MELA\0\0\0\0", 8);
    g_byte_array_append(packed, (const guint8 *)rtf, (guint)strlen(rtf));
    value(list, 0x1009, 0x0102, packed->data, packed->len);
    long_property(list, 0x0017, 0);
    property_list(a, 1, list);
    g_byte_array_unref(packed);
    struct tk_tnef *t = read_whole(a);
    assert_string_equal(tk_tnef_message(t)->html, "<p>hello</p>");
    assert_null(tk_tnef_message(t)->text);
    assert_int_equal(tk_tnef_message(t)->importance, TK_TNEF_LOW);
    tk_tnef_free(&t);
}

static void a_stream_cut_anywhere_gives_what_came_before(void **state)
{
    (void)state;
    GByteArray *a = stream();
    file(a, "a.txt", "alpha");
    guint whole = a->len;
    file(a, "b.txt", "beta");
    for (guint len = whole + 1; len < a->len - 2; len++) {
        GByteArray cut = {a->data, len};
        enum tk_status status;
        g_autofree char *log = NULL;
        struct tk_tnef *t = read_stream(&cut, 3, &status, &log);
        assert_true(g_str_has_prefix(log, "0 a.txt - - [alpha]\n"));
        tk_tnef_free(&t);
    }
    GByteArray cut = {a->data, a->len - 4};
    enum tk_status status;
    g_autofree char *log = NULL;
    struct tk_tnef *t = read_stream(&cut, 3, &status, &log);
    assert_string_equal(log, "0 a.txt - - [alpha]\n1 b.txt - - [be]\n");
    assert_int_equal(status, TK_REFUSED);
    assert_int_equal(tk_tnef_message(t)->flags, TK_TNEF_CUT_SHORT);
    tk_tnef_free(&t);
    g_byte_array_unref(a);
}

static void damage_is_told_apart(void **state)
{
    (void)state;
    GByteArray *a = g_byte_array_new();
    g_byte_array_append(a, (const guint8 *)"%PDF-1.7 and more", 17);
    expect(a, TK_NO_MATCH, TK_TNEF_NOT_TNEF, "");
    expect(g_byte_array_new(), TK_NO_MATCH, TK_TNEF_NOT_TNEF, "");

    a = stream();
    file(a, "a.txt", "alpha");
    a->data[a->len - 1] ^= 1;
    expect(a, TK_OK, TK_TNEF_BAD_CHECKSUM, "0 a.txt - - [alpha]\n");

    a = stream();
    file(a, "a.txt", "alpha");
    g_byte_array_append(a, (const guint8 *)"\0\0\r\n", 4);
    expect(a, TK_OK, 0, "0 a.txt - - [alpha]\n");

    a = stream();
    file(a, "a.txt", "alpha");
    g_byte_array_append(a, (const guint8 *)"garbage", 7);
    expect(a, TK_OK, TK_TNEF_TRAILING, "0 a.txt - - [alpha]\n");

    a = stream();
    file(a, "a.txt", "alpha");
    a->data[a->len - 1] ^= 1; /* so the place may be lost */
    g_byte_array_append(a, (const guint8 *)"garbage", 7);
    expect(a, TK_REFUSED, TK_TNEF_BAD_CHECKSUM | TK_TNEF_DAMAGED, "0 a.txt - - [alpha]\n");

    a = stream();
    file(a, "a.txt", "alpha");
    for (guint i = 0; i <= TK_TNEF_MAX_TRAILING; i++)
        g_byte_array_append(a, (const guint8 *)"x", 1);
    expect(a, TK_REFUSED, TK_TNEF_TRAILING | TK_TNEF_DAMAGED, "0 a.txt - - [alpha]\n");

    a = stream();
    g_byte_array_append(a, (const guint8 *)"garbage", 7);
    expect(a, TK_REFUSED, TK_TNEF_DAMAGED, "");
}

static void files_without_their_beginning_are_told_apart_by_title(void **state)
{
    (void)state;
    GByteArray *a = stream();
    text_attribute(a, 2, TITLE, "a.txt");
    attribute(a, 2, DATA, "alpha", 5);
    text_attribute(a, 2, TITLE, "b.txt");
    attribute(a, 2, DATA, "beta", 4);
    attribute(a, 2, DATA, "gamma", 5);
    expect(a, TK_OK, 0, "0 a.txt - - [alpha]\n1 b.txt - - [beta]\n2 - - - [gamma]\n");
}

static void a_list_of_properties_that_lies_is_passed_over(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        gsize len;
    } lists[] = {
        {"\2\0\0\0\3\0\x17\0\1\0\0\0", 12},                    /* fewer than announced */
        {"\1\0\0\0\x1e\0\x37\0\1\0\0\0\xff\xff\xff\xff", 16},  /* a length beyond the attribute */
        {"\1\0\0\0\x1e\0\x37\0\xff\xff\xff\xff\1\0\0\0a", 17}, /* so many values */
        {"\1\0\0\0\x01\0\x37\0\1\0\0\0", 12},                  /* no such type */
        {"\xff\xff\xff\xff", 4},                               /* so many properties */
        {"\1\0", 2},                                           /* not even a count */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
        GByteArray *a = stream();
        attribute(a, 1, 0x00069003, lists[i].bytes, lists[i].len);
        file(a, "a.txt", "alpha");
        expect(a, TK_REFUSED, TK_TNEF_DAMAGED, "0 a.txt - - [alpha]\n");
    }
}

static void values_beyond_the_budget_are_skipped_and_said(void **state)
{
    (void)state;
    GByteArray *a = stream();
    g_autofree char *large = g_strnfill(TK_TNEF_MAX_KEPT + 1, 'x');
    text_attribute(a, 1, 0x0002800C, large);
    file(a, "a.txt", "alpha");
    enum tk_status status;
    g_autofree char *log = NULL;
    struct tk_tnef *t = read_stream(a, 65536, &status, &log);
    assert_int_equal(status, TK_REFUSED);
    assert_int_equal(tk_tnef_message(t)->flags, TK_TNEF_SKIPPED);
    assert_null(tk_tnef_message(t)->text);
    assert_string_equal(log, "0 a.txt - - [alpha]\n");
    tk_tnef_free(&t);
    g_byte_array_unref(a);
}

static void attachments_beyond_the_limit_are_not_handed_on(void **state)
{
    (void)state;
    GByteArray *a = stream();
    for (guint i = 0; i < TK_TNEF_MAX_ATTACHMENTS + 3; i++)
        file(a, "a", "x");
    enum tk_status status;
    g_autofree char *log = NULL;
    struct tk_tnef *t = read_stream(a, 4096, &status, &log);
    assert_int_equal(status, TK_REFUSED);
    assert_int_equal(tk_tnef_message(t)->attachments, TK_TNEF_MAX_ATTACHMENTS);
    tk_tnef_free(&t);
    g_byte_array_unref(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_handed_on_in_order_whatever_the_pieces),
        cmocka_unit_test(the_long_name_wins_though_it_comes_after_the_data),
        cmocka_unit_test(data_in_a_property_is_read_once),
        cmocka_unit_test(an_ole_object_is_a_file_without_its_interface_id),
        cmocka_unit_test(an_embedded_message_gives_its_files_and_its_body),
        cmocka_unit_test(an_embedded_message_names_its_sender),
        cmocka_unit_test(the_placeholder_of_an_embedded_message_is_no_file_of_its_own),
        cmocka_unit_test(messages_nested_too_deep_are_handed_on_packed),
        cmocka_unit_test(the_message_is_read_in_its_code_pages),
        cmocka_unit_test(html_comes_out_of_compressed_rtf),
        cmocka_unit_test(a_stream_cut_anywhere_gives_what_came_before),
        cmocka_unit_test(damage_is_told_apart),
        cmocka_unit_test(files_without_their_beginning_are_told_apart_by_title),
        cmocka_unit_test(a_list_of_properties_that_lies_is_passed_over),
        cmocka_unit_test(values_beyond_the_budget_are_skipped_and_said),
        cmocka_unit_test(attachments_beyond_the_limit_are_not_handed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
