/* test_html: html as mail programs write it, as text and as a safe copy, and html as attackers write it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <time.h>
#include <cmocka.h>

#include "rules/html/html.h"
#include "rules/html/html_entity.h"

struct pair {
    const char *html, *expected;
};

static void check_text(const struct pair *pairs, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        struct tk_html *html = tk_html_parse(pairs[i].html, strlen(pairs[i].html), NULL);

        assert_string_equal(tk_html_text(html), pairs[i].expected);
        tk_html_free(&html);
        assert_null(html);
    }
}

static void check_sanitised(const struct pair *pairs, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        struct tk_html *html = tk_html_parse(pairs[i].html, strlen(pairs[i].html), NULL);

        assert_string_equal(tk_html_sanitised(html), pairs[i].expected);
        tk_html_free(&html);
    }
}

static void lines_are_those_that_a_person_sees(void **state)
{
    static const struct pair pairs[] = {
        {"", ""},
        {"plain", "plain"},
        {"<p>one\n  two</p><p>three</p>", "one two\n\nthree"},
        {"one<br>two<br><br>three", "one\ntwo\n\nthree"},
        /* Gmail, Apple: a div a line */
        {"<div>one</div><div><br></div><div>two<br></div><div>three</div>", "one\n\ntwo\nthree"},
        /* Outlook: a paragraph a line */
        {"<p class=MsoNormal>one<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p "
         "class=MsoNormal>two</p>",
         "one\n\ntwo"},
        {"<h1>Title</h1>text", "Title\n\ntext"},
        {"<ul><li>one<li>two<ul><li>inner</ul></ul>after", "- one\n- two\n  - inner\n\nafter"},
        {"<ol start=3><li>c</li><li>d</li><li value=9>i</li></ol>", "3. c\n4. d\n9. i"},
        {"<table><tr><th>Name</th><th>Size</th></tr><tr><td><p>disk</p></td><td>9</td></tr></table>",
         "Name\tSize\ndisk\t9"},
        {"<table><tr><td><div>layout</div><div>only</div><div>lines</div></td><td>x</td></tr></table>",
         "layout\nonly\nlines\nx"},
        {"<pre>a  b\n  c</pre>d", "a  b\n  c\nd"},
        {"a<hr>b", "a\n----------\nb"},
        {"a <b>bold</b><i>er</i> word", "a bolder word"},
        {"x &lt; y &amp;&amp; y &gt; 1, 5 &euro; &#8364; &#x20ac; &#128; &nbsp;|&unknown; &copy 2026",
         "x < y && y > 1, 5 € € € €  |&unknown; © 2026"},
        {"a < b and c <3", "a < b and c <3"},
        {"<!-- no --><!DOCTYPE html><?php x ?>a<![if !mso]>b<![endif]>", "ab"},
        {"<head><title>no</title><style>p{}</style></head><body>yes<script>if (a<b) no()</script></body>",
         "yes"},
        {"<span>tail", "tail"},
        {"<div class=\">\n open quote</div>", "open quote"},
    };
    (void)state;

    check_text(pairs, G_N_ELEMENTS(pairs));
}

static void links_and_images_are_named_once(void **state)
{
    static const struct pair pairs[] = {
        {"see <a href='https://example.net/a'>our page</a>.", "see our page <https://example.net/a>."},
        {"<a href='https://example.net/'>https://example.net</a>", "https://example.net"},
        {"<a href='https://www.example.net/'>example.net</a>", "example.net"},
        {"<a href='mailto:ann@example.net'>ann@example.net</a>", "ann@example.net"},
        {"<a href='mailto:ann@example.net'>Ann</a>", "Ann <ann@example.net>"},
        {"<a href='javascript:alert(1)'>click</a>", "click"},
        {"<a href='https://example.net/t'><img src='https://example.net/p.gif' width=1 height=1></a>x", "x"},
        {"<img src=cid:1 alt='Our logo'> text <img alt='😀' src=x>", "[Our logo] text 😀"},
    };
    (void)state;

    check_text(pairs, G_N_ELEMENTS(pairs));
}

static void hidden_text_stays_hidden(void **state)
{
    static const struct pair pairs[] = {
        {"<div style='display: none'>preview <b>x</b></div>text", "text"},
        {"<div style=\"DISPLAY:NONE !important\">preview</div>text", "text"},
        {"<span style='mso-hide:all'>preview</span>text", "text"},
        {"<div hidden>preview</div>text", "text"},
        {"<div style='max-height:0;overflow:hidden'>preview</div>text", "text"},
        {"<div style='font-size:0px'>preview <span style='font-size:12px'>shown</span></div>", "shown"},
        {"<svg><text>drawn</text></svg><template>t</template>text", "text"},
        {"<svg>unclosed<p>text</p>", "text"},
        {"<div style='color:red;background:none'>text</div>", "text"},
    };
    (void)state;

    check_text(pairs, G_N_ELEMENTS(pairs));
    check_sanitised(&(const struct pair){"<div style='display:none'>preview</div>text", "text"}, 1);
}

static void the_copy_has_only_what_is_allowed(void **state)
{
    static const struct pair pairs[] = {
        {"<p class=x style='color:red' onclick=x()>a<b></b></p>", "<p>a</p>"},
        {"<script>alert(1)</script><style>*{}</style>a<iframe src=x>b</iframe>", "a"},
        {"<a href=\"https://example.net/?a=1&amp;b=2\" target=_blank>l</a>",
         "<a href=\"https://example.net/?a=1&amp;b=2\">l</a>"},
        {"<a href='javascript:alert(1)'>l</a>", "l"},
        {"<a href='JaVa\tScript:alert(1)'>l</a>", "l"},
        {"<a href=' java&#0;script:x'>l</a>", "l"},
        {"<a href='//example.net/'>l</a><a href='data:text/html,x'>m</a>", "lm"},
        {"<a href='https://example.net/\"onmouseover=\"x'>l</a>",
         "<a href=\"https://example.net/&quot;onmouseover=&quot;x\">l</a>"},
        {"<img src='https://example.net/t.gif' alt='pic'><img src='cid:a@b' alt='\"><script>' onerror=x>",
         "[pic]<img src=\"cid:a@b\" alt=\"&quot;&gt;&lt;script&gt;\">"},
        {"<div>one</div><div>two</div>", "one<br>two"},
        {"<table background=x><tbody><tr><td colspan=2>c</td></tr></tbody></table>",
         "<table><tr><td>c</td></tr></table>"},
        {"<td>loose</td>", "loose"},
        {"<b><i>x</b>y", "<b><i>x</i></b>y"},
        {"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 "
         "onerror=alert(1)&gt;'>",
         "<table></table>"},
        {"<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<p></p>"},
        {"&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"a\xff", "a\xEF\xBF\xBD"},
    };
    (void)state;

    check_sanitised(pairs, G_N_ELEMENTS(pairs));
}

static gboolean is_allowed_name(const char *name)
{
    static const char *const names[] = {"p",  "br", "b",          "i",   "u",    "em", "strong", "a",  "ul",
                                        "ol", "li", "blockquote", "pre", "code", "h1", "h2",     "h3", "h4",
                                        "h5", "h6", "table",      "tr",  "td",   "th", "img"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(name, names[i]) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Reads the sanitised html by rules far stricter than those of html: each "<" begins one of the few forms
 * that we write, and the elements nest. */
static void assert_strict(const char *s)
{
    g_autoptr(GPtrArray) open = g_ptr_array_new_with_free_func(g_free);

    assert_true(g_utf8_validate(s, -1, NULL));
    for (; *s != '\0'; s++) {
        const char *end;
        gsize n;

        assert_true(*s != '>' && *s != '"' && *s != '\'');
        if (*s != '<')
            continue;
        end = strchr(s, '>');
        assert_non_null(end);
        gboolean closes = s[1] == '/';
        n = strspn(s + 1 + closes, "abcdefghijklmnopqrstuvwxyz123456");
        g_autofree char *name = g_strndup(s + 1 + closes, n);
        g_autofree char *rest = g_strndup(s + 1 + closes + n, (gsize)(end - (s + 1 + closes + n)));

        assert_true(is_allowed_name(name));
        if (closes) {
            assert_int_not_equal(open->len, 0);
            assert_string_equal(g_ptr_array_index(open, open->len - 1), name);
            g_ptr_array_remove_index(open, open->len - 1);
            assert_string_equal(rest, "");
        } else if (strcmp(name, "a") == 0) {
            assert_true(g_regex_match_simple("^ href=\"(?i:https?://|mailto:)[^\"<>\\s]*\"$", rest, 0, 0));
            g_ptr_array_add(open, g_strdup(name));
        } else if (strcmp(name, "img") == 0) {
            assert_true(
                g_regex_match_simple("^ src=\"(?i:cid:)[^\"<>\\s]*\"( alt=\"[^\"<>]*\")?$", rest, 0, 0));
        } else {
            assert_string_equal(rest, "");
            if (strcmp(name, "br") != 0)
                g_ptr_array_add(open, g_strdup(name));
        }
        s = end;
    }
    assert_int_equal(open->len, 0);
}

static void no_html_makes_the_copy_unsafe_or_unstable(void **state)
{
    static const char *const pieces[] = {"<p>",
                                         "</p>",
                                         "<b>",
                                         "</b>",
                                         "<i",
                                         "<a href=https://e.example/>",
                                         "<a href='mailto:a&quot;b'>",
                                         "</a>",
                                         "<table>",
                                         "<tr>",
                                         "<td>",
                                         "</td>",
                                         "</table>",
                                         "<li>",
                                         "<ul>",
                                         "</ul>",
                                         "<div>",
                                         "</div>",
                                         "<blockquote type=cite>",
                                         "</blockquote>",
                                         "text ",
                                         "&lt;script&gt;",
                                         "&#60;",
                                         "<script>",
                                         "</script>",
                                         "<!--",
                                         "-->",
                                         "<svg>",
                                         "</svg>",
                                         "<style>",
                                         "</style>",
                                         "\"",
                                         "'",
                                         ">",
                                         "<",
                                         "<img src=cid:x alt=\"a'b\">",
                                         "<img src=\"cid:x onerror=1\">",
                                         "&quot;",
                                         "<pre>\n",
                                         "</pre>",
                                         "<h1>",
                                         "</h2>",
                                         "<br/>",
                                         "</br>",
                                         "<hr>",
                                         "\xff",
                                         "&#0;",
                                         "&#x1F600;",
                                         "&nbsp",
                                         "<textarea>",
                                         "<title>",
                                         "<th style='display:none'>",
                                         "<div id=divRplyFwdMsg>",
                                         "<div class=gmail_signature>",
                                         "On 1 May 2026, a@b wrote:"};
    guint32 seed = 4711;
    (void)state;

    for (guint round = 0; round < 5000; round++) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *once = NULL;
        struct tk_html *html;
        struct tk_trim trim;

        for (guint i = 0; i < 1 + round % 25; i++) {
            seed = seed * 1664525u + 1013904223u;
            g_string_append(text, pieces[(seed >> 16) % G_N_ELEMENTS(pieces)]);
        }
        html = tk_html_parse(text->str, text->len, NULL);
        assert_strict(tk_html_sanitised(html));
        assert_true(g_utf8_validate(tk_html_text(html), -1, NULL));
        once = g_strdup(tk_html_sanitised(html));
        tk_html_split(html, NULL, &trim);
        assert_true(*trim.reply != '\0' || *tk_html_text(html) == '\0');
        tk_trim_clear(&trim);
        tk_html_free(&html);
        /* what is allowed once is allowed again */
        html = tk_html_parse(once, strlen(once), NULL);
        assert_strict(tk_html_sanitised(html));
        tk_html_free(&html);
    }
}

static void a_long_copy_stays_well_formed(void **state)
{
    static const char *const pieces[] = {"<p>\"\"\"", "<b>\xC3\xA9\"</b>",
                                         "<a href='https://example.net/'>'''</a><br>", "<ul><li>x",
                                         "\xE2\x82\xAC&quot;"};
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        struct tk_html *html;

        while (text->len < 1500000)
            g_string_append(text, pieces[i]);
        html = tk_html_parse(text->str, text->len, NULL);
        assert_strict(tk_html_sanitised(html));
        assert_true(strlen(tk_html_sanitised(html)) <= 1000 * 1024);
        tk_html_free(&html);
    }
}

struct split_case {
    const char *html, *reply, *signature;
};

static void quotes_of_mail_programs_are_cut(void **state)
{
    static const struct split_case cases[] = {
        /* Gmail */
        {"<div dir=ltr>Yes.</div><br><div class=gmail_quote><div dir=ltr class=gmail_attr>On Mon, 2 Mar "
         "2026, Desk wrote:"
         "<br></div><blockquote class=gmail_quote style='border-left:1px solid'>Well?</blockquote></div>",
         "Yes.", ""},
        /* Gmail in a language that no table has */
        {"<div>Yes.</div><div class=gmail_quote><div class=gmail_attr>Xyz 2 abc 2026 Desk foo:</div>"
         "<blockquote class=gmail_quote>Well?</blockquote></div>",
         "Yes.", ""},
        /* Outlook on the web */
        {"<div>Yes.</div><div id=appendonsend></div><hr><div id=divRplyFwdMsg><b>From:</b> "
         "Desk<br><b>Sent:</b> 2 March"
         "</div><div>Well?</div>",
         "Yes.", ""},
        /* Outlook on the desktop */
        {"<div class=WordSection1><p class=MsoNormal>Yes.</p><div><div style='border:none;border-top:solid "
         "#E1E1E1 1.0pt;"
         "padding:3.0pt 0in 0in 0in'><p class=MsoNormal><b>From:</b> Desk</p></div></div><p "
         "class=MsoNormal>Well?</p></div>",
         "Yes.", ""},
        {"Yes.<br><table><tr><td><b>From:</b></td><td>Desk "
         "&lt;d@example.net&gt;</td></tr><tr><td><b>To:</b></td><td>Ann</td>"
         "</tr><tr><td><b>Subject:</b></td><td>Case</td></tr></table>Well?",
         "Yes.", ""},
        /* Thunderbird */
        {"Yes.<br><div class=moz-cite-prefix>On 02.03.2026 10:15, Desk wrote:<br></div><blockquote "
         "type=cite>Well?"
         "</blockquote><div class=moz-signature>-- <br>Ann</div>",
         "Yes.", "--\nAnn"},
        /* Apple Mail */
        {"<div>Yes.<br><div id=AppleMailSignature>Sent from Ann</div><div><br><blockquote type=cite><div>On "
         "2 Mar 2026, at "
         "10:15, Desk wrote:</div>Well?</blockquote></div></div>",
         "Yes.", "Sent from Ann"},
        /* the quote inside the element of the signature */
        {"Yes.<div id=AppleMailSignature>Ann<br><blockquote type=cite>Well?</blockquote></div>", "Yes.",
         "Ann"},
        /* Yahoo, Proton, Zoho, Spark, QQ */
        {"Yes.<div class=yahoo_quoted>whatever it says</div>", "Yes.", ""},
        {"Yes.<div class='protonmail_quote'>whatever it says</div>", "Yes.", ""},
        {"Yes.<div class='zmail_extra'>whatever it says</div>", "Yes.", ""},
        {"Yes.<div name=messageReplySection>whatever it says</div>", "Yes.", ""},
        {"Yes.<div>------------------ 原始邮件 ------------------</div><div>whatever it says</div>", "Yes.",
         ""},
        /* answers between the quoted parts */
        {"<div>On 2 Mar 2026, Desk wrote:</div><blockquote "
         "type=cite>Tea?</blockquote><div>Yes.</div><blockquote type=cite>"
         "Milk?</blockquote><div>No.</div>",
         "On 2 Mar 2026, Desk wrote:\n> Tea?\n\nYes.\n> Milk?\n\nNo.", ""},
        /* an indented passage is no quote */
        {"It says<blockquote>disk full</blockquote>", "It says\n\ndisk full", ""},
        /* nothing else in it */
        {"<div class=yahoo_quoted>whatever it says</div>", "whatever it says", ""},
        {"Done.<br><div id=Signature>Ann<br>Example Ltd</div>", "Done.", "Ann\nExample Ltd"},
    };
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct tk_html *html = tk_html_parse(cases[i].html, strlen(cases[i].html), NULL);
        struct tk_trim trim;

        tk_html_split(html, NULL, &trim);
        assert_string_equal(trim.reply, cases[i].reply);
        assert_string_equal(trim.signature, cases[i].signature);
        tk_trim_clear(&trim);
        tk_html_free(&html);
    }
}

static void hostile_html_takes_little_time(void **state)
{
    static const char *const pieces[] = {"<b>",
                                         "<div>",
                                         "<p>",
                                         "<table>",
                                         "<table><tr><td>",
                                         "<a href=x>",
                                         "<ul><li>",
                                         "</b>",
                                         "<",
                                         "<!--",
                                         "<!-",
                                         "<a b=\"",
                                         "<a b='",
                                         "<a b=\"><a c='>",
                                         "<script>",
                                         "<p>x</b>",
                                         "<svg>",
                                         "</p>",
                                         "&",
                                         "&#",
                                         "&amp;",
                                         "<blockquote type=cite>",
                                         "<blockquote>On ",
                                         "<div style=display:none>",
                                         "<tr><td>x",
                                         "<a a a a a a",
                                         "x<br>",
                                         "<pre>\n",
                                         "<ol><li>x"};
    const clock_t begin = clock(); /* of the processor, so that a busy machine does not count */
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        struct tk_html *html;
        struct tk_trim trim;

        while (text->len < 1000000)
            g_string_append(text, pieces[i]);
        html = tk_html_parse(text->str, text->len, NULL);
        tk_html_split(html, NULL, &trim);
        tk_trim_clear(&trim);
        tk_html_free(&html);
    }
    /* 29 MB; seconds even with sanitizers, hours if anything were quadratic */
    assert_true(clock() - begin < 120 * CLOCKS_PER_SEC);
}

static void references_in_links_keep_their_words(void **state)
{
    g_autoptr(GString) out = g_string_new(NULL);
    (void)state;

    tk_html_entity_decode("?a=1&copy=2&amp;b", 17, TRUE, out);
    assert_string_equal(out->str, "?a=1&copy=2&b");
    g_string_truncate(out, 0);
    tk_html_entity_decode("&#xD800;&#1114112;&#0;&#;&", 26, FALSE, out);
    assert_string_equal(out->str, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD&#;&");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_those_that_a_person_sees),
        cmocka_unit_test(links_and_images_are_named_once),
        cmocka_unit_test(hidden_text_stays_hidden),
        cmocka_unit_test(the_copy_has_only_what_is_allowed),
        cmocka_unit_test(no_html_makes_the_copy_unsafe_or_unstable),
        cmocka_unit_test(a_long_copy_stays_well_formed),
        cmocka_unit_test(quotes_of_mail_programs_are_cut),
        cmocka_unit_test(hostile_html_takes_little_time),
        cmocka_unit_test(references_in_links_keep_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
