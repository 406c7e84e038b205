/* Unit tests of uu. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/content/uu.h"

/* "Cat" is #0V%T; the long line holds 45 times the letter A. */
#define LONG "M04%!04%!04%!04%!04%!04%!04%!04%!04%!04%!04%!04%!04%!04%!04%!\n"

static void collect(void *context, const guint8 *bytes, gsize len)
{
    g_string_append_len(context, (const char *)bytes, (gssize)len);
}

static const struct {
    const char *text;
    const char *found; /* a line "offset length name size complete [content]" a block */
} cases[] = {
    {"begin 644 cat.txt\n#0V%T\n`\nend\n", "0 30 cat.txt 3 1 [Cat]\n"},
    {"Hi,\r\n\r\nbegin 0644 my cat.txt \r\n#0V%T\r\n \r\nend\r\nBye\r\n", "7 39 my cat.txt 3 1 [Cat]\n"},
    {"begin 644 a\n#0V%T\n`\nend\nbegin 600 b\n#0V%T\nend", "0 24 a 3 1 [Cat]\n24 21 b 3 1 [Cat]\n"},
    {"begin 644 a\n#0V%T\n\nend\n", "0 23 a 3 1 [Cat]\n"},   /* the blank of the last line was cut */
    {"begin 644 a\n#0V%TX\n`\nend\n", "0 25 a 3 1 [Cat]\n"}, /* with a checksum */
    {"begin 644 a\n`\nend\n", "0 18 a 0 1 []\n"},            /* an empty file */
    {"begin 644 a\n" LONG LONG LONG, "0 198 a 135 0"},       /* its end is lost */
    {"begin 644 a\n" LONG LONG LONG "\nRegards\n", "0 199 a 135 0"},
    {"begin 644 a\n" LONG LONG LONG "Regards\n", ""}, /* broken: not taken by half */
    {"begin 644 a\n" LONG LONG, ""},                  /* too little to be sure */
    {"begin 644 a\n\"  \nend\n", ""},                 /* a first line that was cut is not enough */
    /* prose */
    {"begin 644 things before you rest\nand then go on\nend\n", ""},
    {"begin with 644 things\n#0V%T\n`\nend\n", ""},
    {"We begin 644 a\n#0V%T\n`\nend\n", ""},
    {"begin 644\n#0V%T\n`\nend\n", ""},
    {"begin 999 a\n#0V%T\n`\nend\n", ""},
    {"begin 644 a\nHELLO\nend\n", ""},
    {"begin\nend\n", ""},
    /* yEnc: 3 bytes, each plus 42; NUL, LF, CR and = are escaped */
    {"=ybegin line=128 size=3 name=cat.bin\n\x6d\x8b\x9e\n=yend size=3\n", "0 54 cat.bin 3 1 [Cat]\n"},
    {"x\n=ybegin part=1 line=128 size=9 name=c\n=ypart begin=1 end=3\n\x6d\x8b\x9e\n=yend size=3 part=1\ny",
     "2 83 c 3 1 [Cat]\n"},
    {"=ybegin line=128 size=2 name=c\n=}=n\n=yend size=2\n", "0 49 c 2 1 [\x13\x04]\n"},
    {"=ybegin line=128 size=9 name=c\n\x6d\n=yend size=9\n", "0 46 c 1 0 [C]\n"},
    {"=ybegin line=128 size=3 name=c\n\x6d\x8b\x9e\n", ""},
    {"=ybegin size=3 name=c\n\x6d\n=yend size=1\n", ""},
    {"", ""},
};

static void each_text_gives_its_blocks_and_their_bytes(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) blocks = tk_uu_find(cases[i].text, strlen(cases[i].text));
        g_autoptr(GString) found = g_string_new(NULL);
        for (guint n = 0; n < blocks->len; n++) {
            const struct tk_uu_block *b = g_ptr_array_index(blocks, n);
            g_autoptr(GString) bytes = g_string_new(NULL);
            tk_uu_decode(cases[i].text, b, collect, bytes);
            assert_int_equal(bytes->len, b->size);
            g_string_append_printf(found, "%zu %zu %s %u %d", b->offset, b->length, b->name, (guint)b->size,
                                   b->complete);
            if (b->size < 100)
                g_string_append_printf(found, " [%s]\n", bytes->str);
        }
        assert_string_equal(found->str, cases[i].found);
    }
}

static void the_number_of_blocks_is_bounded(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < TK_UU_MAX_BLOCKS + 5; i++)
        g_string_append(text, "begin 644 a\n#0V%T\n`\nend\n");
    g_autoptr(GPtrArray) blocks = tk_uu_find(text->str, text->len);
    assert_int_equal(blocks->len, TK_UU_MAX_BLOCKS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_gives_its_blocks_and_their_bytes),
        cmocka_unit_test(the_number_of_blocks_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
