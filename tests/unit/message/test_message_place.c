/* Tests of message_place: what is read of parts whose header, boundary or empty line is missing or odd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <gmime/gmime.h>

#include "rules/message/message.h"

#define HEAD "From: ann@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"

static gssize read_few(void *keeper, guint64 offset, guint8 *buffer, gsize len)
{
    const GString *bytes = keeper;
    gsize part = MIN(MIN(len, 5), bytes->len - MIN(offset, bytes->len));

    memcpy(buffer, bytes->str + offset, part);
    return (gssize)part;
}

/* The text and the attachments of MAIL as "text|name size|name size". */
static char *read_parts(const struct tk_source *source, const char *mail)
{
    struct tk_limits *limits = tk_limits_new();
    struct tk_limits_outcome outcome;
    struct tk_message *message;
    GString *out;

    tk_limits_push(limits, (const guint8 *)mail, strlen(mail));
    tk_limits_finish(limits, &outcome);
    tk_limits_free(&limits);
    message = tk_message_parse(source, &outcome);
    assert_int_equal(tk_message_hash_attachments(message), TK_OK);
    out = g_string_new(message->text);
    for (guint i = 0; i < message->attachments->len; i++) {
        const struct tk_attachment *file = g_ptr_array_index(message->attachments, i);

        g_string_append_printf(out, "|%s %" G_GUINT64_FORMAT, file->filename, file->size);
    }
    tk_message_free(&message);
    return g_string_free(out, FALSE);
}

/* Reads MAIL from memory and in small pieces, both with the same outcome. */
static void assert_parts(const char *mail, const char *expected)
{
    g_autoptr(GString) bytes = g_string_new(mail);
    struct tk_source memory = tk_source_memory((const guint8 *)bytes->str, bytes->len);
    struct tk_source kept = {.size = bytes->len, .read = read_few, .keeper = bytes};
    g_autofree char *whole = read_parts(&memory, mail);
    g_autofree char *pieces = read_parts(&kept, mail);

    assert_string_equal(whole, expected);
    assert_string_equal(pieces, expected);
}

static void loses_no_text_where_no_empty_line_ends_a_header(void **state)
{
    static const struct {
        const char *body, *parts;
    } cases[] = {
        {"--b\nContent-Type: text/plain\n\none\n\ntwo\n--b--\n", "one\n\ntwo"},
        {"--b\nContent-Type: text/plain\none, two\nthree\n--b--\n", "one, two\nthree"},
        {"--b\nContent-Type: text/plain\none\n\ntwo\n--b--\n", "one\n\ntwo"},
        {"--b\nContent-Type: text/plain\nSay to all: one\n\ntwo\n--b--\n", "Say to all: one\n\ntwo"},
        {"preface\n\n--b\none\n\ntwo\n--b\nthree\n\nfour\n--b--\nend\n", "one\n\ntwo\nthree\n\nfour"},
        {"--b\n one\n\ntwo\n--b--\n", " one\n\ntwo"},
        {"--b\nContent-Type: multipart/mixed; "
         "boundary=c\n\n--c\none\n\ntwo\n--c--\n--b\nthree\n\nfour\n--b--\n",
         "one\n\ntwo\nthree\n\nfour"},
        {"--b\n\none\n--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n"
         "YWJj\nZGVm\n\n--b--\n",
         "one|a.pdf 6"},
        {"--b\nContent-Type: text/plain\n--b--\n", ""},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *mail = g_strconcat(HEAD, cases[i].body, NULL);

        assert_parts(mail, cases[i].parts);
    }
}

static void takes_no_lost_fold_for_text(void **state)
{
    static const struct {
        const char *header, *parts;
    } cases[] = {
        {"Content-Type: text/plain;\ncharset=utf-8\n\n", "one"},
        {"Content-Type: text/plain\nodd\nContent-Disposition: inline\n\n", "one"},
        {"odd\nContent-Type: text/plain\n\n", "one"},
        {"Content-Type: text/plain;\n charset=utf-8\n\n", "one"},
        {"Content-Type: application/pdf;\nname=a.pdf\n\n", "|document.pdf 3"},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *mail = g_strconcat(HEAD, "--b\n", cases[i].header, "one\n--b--\n", NULL);

        assert_parts(mail, cases[i].parts);
    }
}

static void lists_no_part_that_is_nothing(void **state)
{
    static const struct {
        const char *part, *parts;
    } cases[] = {
        {"Content-Type: image/png\n\n", ""},
        {"Content-Type: image/png\n\nabc", "|image.png 3"},
        {"Content-Type: image/png; name=a.png\n\n", "|a.png 0"},
        {"Content-Type: image/png\nContent-Disposition: attachment\n\n", "|image.png 0"},
        {"Content-Type: plain/text\n\nabc", "abc"},
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *mail = g_strconcat(HEAD, "--b\n", cases[i].part, "\n--b--\n", NULL);

        assert_parts(mail, cases[i].parts);
    }
}

static int begin(void **state)
{
    (void)state;
    g_mime_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loses_no_text_where_no_empty_line_ends_a_header),
        cmocka_unit_test(takes_no_lost_fold_for_text),
        cmocka_unit_test(lists_no_part_that_is_nothing),
    };

    return cmocka_run_group_tests(tests, begin, NULL);
}
