/* Tests of transfer and flowed: encodings undone, whole or damaged, in whatever pieces they arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rules/content/flowed.h"
#include "rules/content/transfer.h"

struct keeper {
    const char *text;
    gsize len, piece;
};

static gssize read_piece(void *context, guint64 offset, guint8 *buffer, gsize len)
{
    const struct keeper *keeper = context;
    gsize part = MIN(MIN(len, keeper->piece), keeper->len - MIN(offset, keeper->len));

    memcpy(buffer, keeper->text + offset, part);
    return (gssize)part;
}

static enum tk_status append_to(void *context, const guint8 *data, gsize len)
{
    g_string_append_len(context, (const char *)data, (gssize)len);
    return TK_OK;
}

static void undoes_each_encoding_in_any_pieces(void **state)
{
    static const struct {
        enum tk_transfer transfer;
        const char *encoded, *decoded;
    } cases[] = {
        {TK_TRANSFER_IDENTITY, "a=b\r\n", "a=b\r\n"},
        {TK_TRANSFER_BASE64, "SGVsbG8gdGhlcmU=", "Hello there"},
        {TK_TRANSFER_BASE64, "SGVs\r\nbG8g\r\ndGhl\r\ncmU=\r\n", "Hello there"},
        {TK_TRANSFER_BASE64, "SGVsbG8gdGhlcmU", "Hello there"},
        {TK_TRANSFER_BASE64, "YQ==\nYmI=\nY2Nj\n", "abbccc"},
        {TK_TRANSFER_BASE64, "S.G!V-s_b*G8=", "Hello"},
        {TK_TRANSFER_BASE64, "SGVsbG8=\n_______\nlist footer\n", "Hello"},
        {TK_TRANSFER_BASE64, "SGVs\n-- \nlist\n", "Hel"},
        {TK_TRANSFER_BASE64, "SGVs-bG8gdGhl\ncmU=", "Hello there"},
        {TK_TRANSFER_BASE64, "SGVsbG8gdGhl=cmU=", "Hello there"},
        {TK_TRANSFER_BASE64, "", ""},
        {TK_TRANSFER_BASE64, "=", ""},
        {TK_TRANSFER_QUOTED, "caf=C3=A9", "caf\303\251"},
        {TK_TRANSFER_QUOTED, "caf=c3=a9", "caf\303\251"},
        {TK_TRANSFER_QUOTED, "one=\r\ntwo=\nthree", "onetwothree"},
        {TK_TRANSFER_QUOTED, "one=  \t\r\ntwo", "onetwo"},
        {TK_TRANSFER_QUOTED, "a=zb =4", "a=zb =4"},
        {TK_TRANSFER_QUOTED, "a=  b", "a=  b"},
        {TK_TRANSFER_QUOTED, "a==3Db", "a==b"},
        {TK_TRANSFER_QUOTED, "end=", "end"},
        {TK_TRANSFER_QUOTED, "blank \r\n", "blank \r\n"},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (gsize piece = 1; piece < 9; piece++) {
            struct keeper keeper = {cases[i].encoded, strlen(cases[i].encoded), piece};
            struct tk_source source = {.size = keeper.len, .read = read_piece, .keeper = &keeper};
            g_autoptr(GString) out = g_string_new(NULL);

            assert_int_equal(tk_transfer_stream(&source, 0, keeper.len, cases[i].transfer, append_to, out),
                             TK_OK);
            assert_string_equal(out->str, cases[i].decoded);
        }
    }
}

static enum tk_status refuse(void *context, const guint8 *data, gsize len)
{
    (void)data;
    (void)len;
    ++*(guint *)context;
    return TK_STORAGE;
}

static void hands_on_what_the_sink_says(void **state)
{
    struct tk_source source = tk_source_memory((const guint8 *)"YWJj", 4);
    guint calls = 0;

    (void)state;
    assert_int_equal(tk_transfer_stream(&source, 0, 4, TK_TRANSFER_BASE64, refuse, &calls), TK_STORAGE);
    assert_int_equal(tk_transfer_stream(&source, 0, 4, TK_TRANSFER_IDENTITY, refuse, &calls), TK_STORAGE);
    assert_int_equal(calls, 2);
}

static void says_later_where_the_source_ends_early(void **state)
{
    struct keeper keeper = {"YWJj", 4, 4};
    struct tk_source source = {.size = 8, .read = read_piece, .keeper = &keeper};
    g_autoptr(GString) out = g_string_new(NULL);

    (void)state;
    assert_int_equal(tk_transfer_stream(&source, 0, 8, TK_TRANSFER_BASE64, append_to, out), TK_LATER);
}

static void knows_encodings_by_their_names(void **state)
{
    (void)state;
    assert_int_equal(tk_transfer_by_name("Base64"), TK_TRANSFER_BASE64);
    assert_int_equal(tk_transfer_by_name(" quoted-printable (c)"), TK_TRANSFER_QUOTED);
    assert_int_equal(tk_transfer_by_name("x-uuencode"), TK_TRANSFER_UUENCODE);
    assert_int_equal(tk_transfer_by_name("8bit"), TK_TRANSFER_IDENTITY);
    assert_int_equal(tk_transfer_by_name("base64url"), TK_TRANSFER_IDENTITY);
    assert_int_equal(tk_transfer_by_name(NULL), TK_TRANSFER_IDENTITY);
}

static void unwraps_flowed_text(void **state)
{
    static const struct {
        const char *text;
        gboolean del_sp;
        const char *unwrapped;
    } cases[] = {
        {"one \ntwo\n", FALSE, "one two\n"},
        {"one \ntwo\n", TRUE, "onetwo\n"},
        {"one\ntwo\n", FALSE, "one\ntwo\n"},
        {" From here\n", FALSE, "From here\n"},
        {">> a \n>> b\n", FALSE, ">> a b\n"},
        {"> a \n>> b\n", FALSE, "> a \n>> b\n"},
        {"text \n-- \nAnn\n", FALSE, "text \n-- \nAnn\n"},
        {"no end ", FALSE, "no end "},
        {"\n\n", FALSE, "\n\n"},
        {"", FALSE, ""},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *unwrapped = tk_flowed_unwrap(cases[i].text, cases[i].del_sp);

        assert_string_equal(unwrapped, cases[i].unwrapped);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undoes_each_encoding_in_any_pieces),
        cmocka_unit_test(hands_on_what_the_sink_says),
        cmocka_unit_test(says_later_where_the_source_ends_early),
        cmocka_unit_test(knows_encodings_by_their_names),
        cmocka_unit_test(unwraps_flowed_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
