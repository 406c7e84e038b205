/* Unit tests of lzfu. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/tnef/lzfu.h"

static void collect(void *context, const guint8 *bytes, gsize len)
{
    g_string_append_len(context, (const char *)bytes, (gssize)len);
}

static enum tk_status unpack(const guint8 *bytes, gsize len, gsize step, GString *out)
{
    struct tk_lzfu *z = tk_lzfu_new(collect, out);
    enum tk_status status = TK_OK;
    for (gsize i = 0; i < len && status == TK_OK; i += step)
        status = tk_lzfu_push(z, bytes + i, MIN(step, len - i));
    enum tk_status end = tk_lzfu_finish(z);
    tk_lzfu_free(&z);
    assert_null(z);
    return status == TK_OK ? end : status;
}

/* The two worked examples of [MS-OXRTFCP] 4.1. */
static const guint8 simple[] = {0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a, 0x46, 0x75, 0xf1,
                                0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32,
                                0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62,
                                0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0};
static const guint8 overlap[] = {0x1a, 0x00, 0x00, 0x00, 0x1c, 0x00, 0x00, 0x00, 0x4c, 0x5a,
                                 0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41, 0x00, 0x04, 0x20,
                                 0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0};
static const guint8 stored[] = "\x0f\0\0\0\3\0\0\0MELA\0\0\0\0abc";

static void the_examples_of_the_specification_unpack_in_steps_of_any_size(void **state)
{
    (void)state;
    for (gsize step = 1; step < 60; step++) {
        g_autoptr(GString) a = g_string_new(NULL);
        assert_int_equal(unpack(simple, sizeof simple, step, a), TK_OK);
        assert_string_equal(a->str, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
        g_autoptr(GString) b = g_string_new(NULL);
        assert_int_equal(unpack(overlap, sizeof overlap, step, b), TK_OK);
        assert_string_equal(b->str, "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
    }
}

static void stored_rtf_is_handed_on_as_it_is(void **state)
{
    (void)state;
    g_autoptr(GString) out = g_string_new(NULL);
    assert_int_equal(unpack(stored, sizeof stored - 1, 4, out), TK_OK);
    assert_string_equal(out->str, "abc");
}

static void a_stream_that_is_cut_gives_what_there_is_and_says_so(void **state)
{
    (void)state;
    g_autoptr(GString) out = g_string_new(NULL);
    assert_int_equal(unpack(simple, 36, 36, out), TK_REFUSED);
    assert_true(g_str_has_prefix(out->str, "{\\rtf1\\ansi\\ansicpg1252"));
    g_autoptr(GString) head = g_string_new(NULL);
    assert_int_equal(unpack(simple, 10, 10, head), TK_REFUSED);
    assert_int_equal(head->len, 0);
}

static void a_flipped_bit_is_seen_by_the_checksum(void **state)
{
    (void)state;
    guint8 copy[sizeof simple];
    memcpy(copy, simple, sizeof simple);
    copy[31] ^= 1;
    g_autoptr(GString) out = g_string_new(NULL);
    assert_int_equal(unpack(copy, sizeof copy, 7, out), TK_REFUSED);
    assert_true(out->len > 0);
}

static void another_kind_of_compression_is_refused(void **state)
{
    (void)state;
    guint8 copy[sizeof simple];
    memcpy(copy, simple, sizeof simple);
    copy[8] = 'X';
    g_autoptr(GString) out = g_string_new(NULL);
    assert_int_equal(unpack(copy, sizeof copy, 7, out), TK_REFUSED);
    assert_int_equal(out->len, 0);
}

static void the_output_is_bounded(void **state)
{
    (void)state;
    /* Every token refers to sixteen bytes before: 17 times 8 bytes come out of 17 bytes. */
    GByteArray *bomb = g_byte_array_new();
    g_byte_array_append(bomb, (const guint8 *)"\xff\xff\xff\x7f\xff\xff\xff\x7fLZFu\0\0\0\0", 16);
    for (guint i = 0; i < (TK_LZFU_MAX_OUTPUT >> 7); i++)
        g_byte_array_append(bomb, (const guint8 *)"\xff\0\x1f\0\x1f\0\x1f\0\x1f\0\x1f\0\x1f\0\x1f\0\x1f", 17);
    g_autoptr(GString) out = g_string_new(NULL);
    assert_int_equal(unpack(bomb->data, bomb->len, 4096, out), TK_REFUSED);
    assert_true(out->len <= TK_LZFU_MAX_OUTPUT);
    g_byte_array_unref(bomb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_specification_unpack_in_steps_of_any_size),
        cmocka_unit_test(stored_rtf_is_handed_on_as_it_is),
        cmocka_unit_test(a_stream_that_is_cut_gives_what_there_is_and_says_so),
        cmocka_unit_test(a_flipped_bit_is_seen_by_the_checksum),
        cmocka_unit_test(another_kind_of_compression_is_refused),
        cmocka_unit_test(the_output_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
