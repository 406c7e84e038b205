/* test_trim: replies as people send them, each with the part that a ticket's reader wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "rules/trim/trim.h"

struct reply_case {
    const char *text, *reply, *quoted, *signature; /* quoted, signature: NULL is not looked at */
};

static void check(const struct reply_case *cases, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        struct tk_trim trim;

        tk_trim_split(cases[i].text, strlen(cases[i].text), &trim);
        assert_string_equal(trim.reply, cases[i].reply);
        if (cases[i].quoted != NULL)
            assert_string_equal(trim.quoted, cases[i].quoted);
        if (cases[i].signature != NULL)
            assert_string_equal(trim.signature, cases[i].signature);
        tk_trim_clear(&trim);
    }
}

/* The header alone decides: no line below it is marked as quoted. */
static void quote_headers_of_many_languages_begin_the_quote(void **state)
{
    static const char *const headers[] = {
        "On Mon, 2 Mar 2026 at 10:15, Desk <desk@example.net> wrote:",
        "On 2 Mar 2026, at 10:15, Desk Person wrote:",
        "On Mon, 2 Mar 2026 at 10:15, Desk with a very long name\n<desk.with.a.long.address@example.net> "
        "wrote:",
        "On Mon, 2 Mar 2026 at 10:15, Desk <\ndesk@example.net> wrote:",
        "  On Mon, 2 Mar 2026 at 10:15, Desk <desk@example.net>\n  wrote:",
        "Am 02.03.2026 um 10:15 schrieb Desk <desk@example.net>:",
        "Am Mo., 2. März 2026 um 10:15 Uhr schrieb Desk <\ndesk@example.net>:",
        "Desk <desk@example.net> schrieb am Mo., 2. März 2026, 10:15:",
        "Le lun. 2 mars 2026 à 10:15, Desk <desk@example.net> a écrit :",
        "El lun, 2 mar 2026 a las 10:15, Desk (<desk@example.net>) escribió:",
        "Il giorno lun 2 mar 2026 alle ore 10:15 Desk <desk@example.net> ha\nscritto:",
        "Op ma 2 mrt 2026 om 10:15 schreef Desk <desk@example.net>:",
        "W dniu pon., 2 mar 2026 o 10:15 Desk <desk@example.net> napisał(a):",
        "pon., 2 mar 2026 o 10:15 Desk <desk@example.net> napisał(a):",
        "Em seg., 2 de mar. de 2026 às 10:15, Desk <desk@example.net>\nescreveu:",
        "Den mån 2 mars 2026 kl 10:15 skrev Desk <desk@example.net>:",
        "man. 2. mar. 2026 kl. 10:15 skrev Desk <desk@example.net>:",
        "Den man. 2. mar. 2026 kl. 10.15 skrev Desk <desk@example.net>:",
        "ma 2. maalisk. 2026 klo 10.15 Desk (desk@example.net) kirjoitti:",
        "po 2. 3. 2026 v 10:15 odesílatel Desk <desk@example.net> napsal:",
        "пн, 2 мар. 2026 г. в 10:15, Desk <desk@example.net>:",
        "2 марта 2026 г. 10:15 пользователь Desk <desk@example.net> написал:",
        "пн, 2 бер. 2026 р. о 10:15 Desk <desk@example.net> пише:",
        "Desk <desk@example.net> ezt írta (időpont: 2026. márc. 2., H, 10:15):",
        "În lun., 2 mar. 2026 la 10:15, Desk <desk@example.net> a scris:",
        "Desk <desk@example.net>, 2 Mar 2026 Pzt, 10:15 tarihinde şunu yazdı:",
        "Στις Δευ 2 Μαρ 2026 στις 10:15 π.μ., ο χρήστης Desk <desk@example.net> έγραψε:",
        "Vào Th 2, 2 thg 3, 2026 vào lúc 10:15 Desk <desk@example.net> đã viết:",
        "2026年3月2日(月) 10:15 Desk <desk@example.net>:",
        "2026/03/02 10:15、Desk <desk@example.net>のメール:",
        "Desk <desk@example.net> 于2026年3月2日周一 10:15写道：",
        "在 2026年3月2日，上午10:15，Desk <desk@example.net> 写道：",
        "2026년 3월 2일 (월) 오전 10:15, Desk <desk@example.net>님이 작성:",
        "---- On Mon, 02 Mar 2026 10:15:00 +0100 desk@example.net wrote ----",
        "Quoting Desk <desk@example.net>:",
        "In message <1@example.net>,\n Desk Person <desk@example.net> wrote:",
        "On Mon, 2 Mar 2026 at 10:15 Desk Person\n\n<\nmailto:Desk Person <desk@example.net>\n> wrote:",
        "Op ma 2 mrt. 2026 om 10:15 schreef Desk <desk@example.net>",
        "---- Desk Person wrote ----",
        "Message du 02/03/26 10:15\nDe : Desk <desk@example.net>\nA : Ann\nObjet : Cas",
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "-------- Message d'origine --------",
        "-------- Oprindelig meddelelse --------",
        "------------------ 原始邮件 ------------------",
        "##- Please type your reply above this line -##",
        "---- Reply above this line ----",
        "_______________\nFrom: Desk <desk@example.net>\nSent: Monday, 2 March 2026 10:15\nTo: Ann\nSubject: "
        "Case",
        "*From:* Desk\n*Sent:* Monday, 2 March 2026 10:15\n*To:* Ann\n*Subject:* Case",
        "Von: Desk [mailto:desk@example.net]\nGesendet: Montag, 2. März 2026 10:15\nAn: Ann\nBetreff: Fall",
        "De : Desk <desk@example.net>\nEnvoyé : lundi 2 mars 2026 10:15\nÀ : Ann\nObjet : Cas",
        "De: Desk <desk@example.net>\nEnviado el: lunes, 2 de marzo de 2026\nPara: Ann\nAsunto: Caso",
        "Da: Desk <desk@example.net>\nInviato: lunedì 2 marzo 2026\nA: Ann\nOggetto: Caso",
        "Van: Desk <desk@example.net>\nVerzonden: maandag 2 maart 2026\nAan: Ann\nOnderwerp: Zaak",
        "Od: Desk <desk@example.net>\nWysłano: poniedziałek, 2 marca 2026\nDo: Ann\nTemat: Sprawa",
        "От: Desk <desk@example.net>\nОтправлено: 2 марта 2026 г.\nКому: Ann\nТема: Заявка",
        "发件人: Desk <desk@example.net>\n发送时间: 2026年3月2日 10:15\n收件人: Ann\n主题: Case",
        "差出人: Desk <desk@example.net>\n送信日時: 2026年3月2日 10:15\n宛先: Ann\n件名: Case",
        "보낸 사람: Desk <desk@example.net>\n보낸 날짜: 2026년 3월 2일\n받는 사람: Ann\n제목: Case",
    };
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autofree char *text = g_strdup_printf("It works now.\n\n%s\n\nDoes it work?\nDesk\n", headers[i]);
        struct tk_trim trim;

        tk_trim_split(text, strlen(text), &trim);
        if (strcmp(trim.reply, "It works now.") != 0)
            print_message("header %zu: %s\n", i, headers[i]);
        assert_string_equal(trim.reply, "It works now.");
        assert_non_null(strstr(trim.quoted, "Does it work?"));
        tk_trim_clear(&trim);
    }
}

static void text_that_only_resembles_a_header_stays(void **state)
{
    static const char *const texts[] = {
        "On Monday we wrote three mails.\nNobody answered, see the list:\n- one\n- two",
        "On your host you can run:\n\n    telnet 127.0.0.1 25\n\nand tell us what you see.",
        "From: Berlin\nTo: Paris\nDate: 4 May\n\nPlease book this.",
        "The log says:\n\n2026-03-02 10:15:00 postfix: queue full\n2026-03-02 10:16 "
        "to=<a@example.org>:\nthat is all.",
        "Sent from my desk, which is easier than my phone.",
        "Sent with best wishes from all of us",
        "Outlook für Windows startet nicht mehr",
        "Please move\nFrom: ann@example.org\nTo: bob@example.org\nthank you",
        "It broke:\nDate: 2 March 2026 10:15\nSubject: none\nContact: ann@example.org",
        "My mail came back:\n\n<bob@example.org>: host mx.example.org[192.0.2.1] said:\n    550 5.1.1 "
        "unknown user\n\nWhy?",
        "This is a permanent error.\n\n<bob@example.org>:\n192.0.2.1 does not like "
        "recipient.\n\n<ann@example.org>:\nthe same.",
        "Title\n---\nThis is a sentence below the title, and it is not a signature.",
        "Points:\n-- the first\n-- the second\nThat is all.",
        "Service   Date\n--------------\nA   1 May\nB   2 May\nAll dates are local.",
        "I did not get the original message, can you send it again?",
        "Subject: what I want\nA new screen.",
        "Please fill in:\nDate: Wednesday 3 October\nTime: 7:00\nPlace: room 4",
    };
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        const struct reply_case one = {texts[i], texts[i], "", ""};

        check(&one, 1);
    }
}

static void quotes_around_answers_follow_the_stated_choices(void **state)
{
    static const struct reply_case cases[] = {
        /* top posting */
        {"Yes.\n\nOn Mon, 2 Mar 2026 at 10:15, Desk <desk@example.net> wrote:\n> Well?\n>\n> Desk\n", "Yes.",
         "On Mon, 2 Mar 2026 at 10:15, Desk <desk@example.net> wrote:\n> Well?\n>\n> Desk", ""},
        /* bottom posting */
        {"On 2 Mar 2026, Desk wrote:\n> Well?\n\nYes.\n", "Yes.", "On 2 Mar 2026, Desk wrote:\n> Well?", ""},
        /* a greeting, the quote, the answer */
        {"Hello,\nOn 2 Mar 2026, Desk wrote:\n> Well?\n\nYes, it went well, thank you for asking me.\n",
         "Hello,\nYes, it went well, thank you for asking me.", NULL, ""},
        /* answers between the lines keep them, the rest of the quote goes */
        {"On 2 Mar 2026, Desk wrote:\n> Tea?\n\nYes.\n\n> Milk?\n\nNo.\n\n> Desk\n",
         "On 2 Mar 2026, Desk wrote:\n> Tea?\n\nYes.\n\n> Milk?\n\nNo.", "> Desk", ""},
        {"> Tea?\nYes.\n> Milk?\nNo.\n", "> Tea?\nYes.\n> Milk?\nNo.", "", ""},
        /* a quote without header was chosen by the writer */
        {"> the second step fails\n\nHow so?\n", "> the second step fails\n\nHow so?", "", ""},
        /* the mail program broke a quoted line */
        {"Yes.\n\nOn 2 Mar 2026, Desk wrote:\n> this line of the quote is so long that the program of Ann "
         "broke it in two\n"
         "parts of which one\n> has no mark\n",
         "Yes.", NULL, ""},
        /* nothing but quote: all of it */
        {"> Well?\n", "> Well?", "", ""},
        {"On 2 Mar 2026, Desk wrote:\n> Well?\n", "On 2 Mar 2026, Desk wrote:\n> Well?", "", ""},
        /* the signature below the quote */
        {"Yes.\n\nOn 2 Mar 2026, Desk wrote:\n> Well?\n\n-- \nAnn\n", "Yes.", NULL, "-- \nAnn"},
        /* header and reply share a line */
        {"see you--- On Wed, Apr 4, 2026 at 3:59 PM, desk@example.net wrote:\n> Hi\n", "see you", NULL, ""},
        /* a header that no table has, above a quote */
        {"Yes.\n\nXyz 2 abc 2026 10:15 Desk <desk@example.net> foo:\n> Well?\n", "Yes.", NULL, ""},
        {"Yes.\n\nFrom: Desk <desk@example.net>\n\n> Well?\n", "Yes.", NULL, ""},
    };
    (void)state;

    check(cases, G_N_ELEMENTS(cases));
}

static void signatures_are_told_from_text(void **state)
{
    static const struct reply_case cases[] = {
        {"Done.\n\n-- \nAnn Example\nExample Ltd\n", "Done.", "", "-- \nAnn Example\nExample Ltd"},
        {"Done.\n\n----------\nAnn Example\nExample Ltd\n", "Done.", "",
         "----------\nAnn Example\nExample Ltd"},
        {"Done.\n--\nAnn\n", "Done.", "", "--\nAnn"},
        {"Done.\n\nSent from my iPhone\n", "Done.", "", "Sent from my iPhone"},
        {"Fertig.\n\nVon meinem iPhone gesendet\n", "Fertig.", "", "Von meinem iPhone gesendet"},
        {"Fini.\n\nEnvoyé de mon iPhone\n", "Fini.", "", "Envoyé de mon iPhone"},
        {"Done.\n\nGet Outlook for Android<https://aka.ms/x>\n", "Done.", "", NULL},
        {"完了。\n\niPhoneから送信\n", "完了。", "", "iPhoneから送信"},
        {"Done.\n\nThanks,\nAnn\n", "Done.\n\nThanks,\nAnn", "", ""},
        {"Done.\n\nBest regards,\nAnn Example\nPhone +49 30 1234567\n", "Done.", "",
         "Best regards,\nAnn Example\nPhone +49 30 1234567"},
        {"Done.\n\n-Ann\n", "Done.", "", "-Ann"},
        {"Here it is.\n\nAnn\n\n<<list.doc>>\n\n******************************\nVisit http://acme.example "
         "for more.\n\n"
         "Your data is kept as the Data Protection Act says.\n\nThis mail may be monitored.\n"
         "******************************\n\nReferences\n1. http://acme.example/\n",
         "Here it is.\n\nAnn\n\n<<list.doc>>\n\nReferences\n1. http://acme.example/", "",
         "******************************\nVisit http://acme.example for more.\n\n"
         "Your data is kept as the Data Protection Act says.\n\nThis mail may be "
         "monitored.\n******************************"},
        {"Two lines of the log:\n\n******************************\nIt is "
         "offline.\n******************************\n"
         "\nWhat now?\n",
         "Two lines of the log:\n\n******************************\nIt is "
         "offline.\n******************************\n"
         "\nWhat now?",
         "", ""},
        {"Done.\n\n******************************\nThis mail is confidential and intended solely for Bob.\n"
         "******************************\n",
         "Done.", "", NULL},
        {"Done.\n\nSent from my mobile device. Please excuse any typos.\n", "Done.", "", NULL},
        {"Fini.\n\nTélécharger Outlook pour Android\n", "Fini.", "", NULL},
        {"Sent from my iPhone\n", "Sent from my iPhone", "", ""},
    };
    (void)state;

    check(cases, G_N_ELEMENTS(cases));
}

static void fenced_code_is_left_alone(void **state)
{
    static const struct reply_case cases[] = {
        {"See:\n```\n> not a quote\n--\n# On 1 May 2026, x <a@b.example> wrote:\n```\nok\n",
         "See:\n```\n> not a quote\n--\n# On 1 May 2026, x <a@b.example> wrote:\n```\nok", "", ""},
    };
    (void)state;

    check(cases, G_N_ELEMENTS(cases));
}

static void marks_of_the_caller_count(void **state)
{
    const char *text = "Yes.\nsome words\nold mail\nmore of it\n";
    const guint8 cut[] = {TK_TRIM_MARK_NONE, TK_TRIM_MARK_NONE, TK_TRIM_MARK_CUT};
    const guint8 signature[] = {TK_TRIM_MARK_NONE, TK_TRIM_MARK_SIGNATURE};
    struct tk_trim trim;
    (void)state;

    tk_trim_split_marked(text, strlen(text), cut, G_N_ELEMENTS(cut), NULL, &trim);
    assert_string_equal(trim.reply, "Yes.\nsome words");
    assert_string_equal(trim.quoted, "old mail\nmore of it");
    tk_trim_clear(&trim);
    tk_trim_split_marked(text, strlen(text), signature, G_N_ELEMENTS(signature), NULL, &trim);
    assert_string_equal(trim.reply, "Yes.\nold mail\nmore of it");
    assert_string_equal(trim.signature, "some words");
    tk_trim_clear(&trim);
}

/* How often each byte occurs that is neither white space nor part of an invisible character. */
static void count_bytes(const char *s, gsize len, guint *counts)
{
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isspace(s[i]) && s[i] != '\v' && s[i] != '\0')
            counts[(guchar)s[i]]++;
    }
}

static void nothing_is_ever_lost(void **state)
{
    static const char *const pieces[] = {"> quoted\n",
                                         ">> deeper\n",
                                         "\n",
                                         "text\n",
                                         "On 2 Mar 2026, Desk <d@example.net> wrote:\n",
                                         "-- \n",
                                         "--\n",
                                         "Sent from my iPhone\n",
                                         "____________\n",
                                         "From: a@example.net\n",
                                         "Sent: 2 Mar 2026 10:00\n",
                                         "To: b\n",
                                         "Subject: x\n",
                                         "-----Original Message-----\n",
                                         "```\n",
                                         "Grüße, 元\n",
                                         "On 1 May\n",
                                         "wrote:\n",
                                         "<d@example.net>\n",
                                         "Best regards\n",
                                         "+49 30 1234567\n",
                                         "confidential, intended recipient\n",
                                         "  \t\n",
                                         "\r\n",
                                         "x--- On Wed, 4 Apr 2026, a@b.example wrote:\n",
                                         "---\n",
                                         "-Bob\n",
                                         "***\n",
                                         "Date: Mon\n",
                                         "> wrote:\n"};
    guint32 seed = 12345;
    (void)state;

    for (guint round = 0; round < 20000; round++) {
        g_autoptr(GString) text = g_string_new(NULL);
        guint before[256] = {0}, after[256] = {0};
        struct tk_trim trim;

        for (guint i = 0; i < 1 + round % 12; i++) {
            seed = seed * 1664525u + 1013904223u;
            g_string_append(text, pieces[(seed >> 16) % G_N_ELEMENTS(pieces)]);
        }
        tk_trim_split(text->str, text->len, &trim);
        count_bytes(text->str, text->len, before);
        count_bytes(trim.reply, strlen(trim.reply), after);
        count_bytes(trim.quoted, strlen(trim.quoted), after);
        count_bytes(trim.signature, strlen(trim.signature), after);
        assert_memory_equal(before, after, sizeof(before));
        assert_true(g_utf8_validate(trim.reply, -1, NULL));
        g_strstrip(text->str);
        assert_true(*trim.reply != '\0' || *text->str == '\0');
        tk_trim_clear(&trim);
    }
}

static void hostile_texts_take_little_time(void **state)
{
    static const char *const pieces[] = {"-",
                                         ">",
                                         "On ",
                                         "On On On\n",
                                         ":\n",
                                         "1:\n",
                                         "-\n",
                                         ">\n",
                                         "\n",
                                         "a:\n",
                                         "<",
                                         "<\n",
                                         "On 1 <a@b> wrote:\n> x\n",
                                         "From: a@b\nx\n",
                                         "```\n",
                                         "--\n",
                                         "Thanks,\n",
                                         "*",
                                         "@",
                                         "On 1 Jan 2026 wrote ",
                                         "confidential\n\n",
                                         "\xC3\xA9\n",
                                         "> x\ny\n"};
    clock_t begin = clock(); /* of the processor, so that a busy machine does not count */
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        struct tk_trim trim;

        while (text->len < 1000000)
            g_string_append(text, pieces[i]);
        tk_trim_split(text->str, text->len, &trim);
        tk_trim_clear(&trim);
    }
    /* 23 MB; far less than this even with sanitizers, far more if anything were quadratic */
    assert_true(clock() - begin < 60 * CLOCKS_PER_SEC);
}

static void bytes_that_are_no_utf8_and_nuls_do_no_harm(void **state)
{
    static const char text[] = "a\xff\xc3\n\0b\n> \xe2\x82\n";
    struct tk_trim trim;
    (void)state;

    tk_trim_split(text, sizeof(text) - 1, &trim);
    assert_string_equal(trim.reply, "a\xff\xc3\n b");
    assert_string_equal(trim.quoted, "> \xe2\x82");
    tk_trim_clear(&trim);
    tk_trim_split("", 0, &trim);
    assert_string_equal(trim.reply, "");
    tk_trim_clear(&trim);
    tk_trim_clear(&trim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quote_headers_of_many_languages_begin_the_quote),
        cmocka_unit_test(text_that_only_resembles_a_header_stays),
        cmocka_unit_test(quotes_around_answers_follow_the_stated_choices),
        cmocka_unit_test(signatures_are_told_from_text),
        cmocka_unit_test(fenced_code_is_left_alone),
        cmocka_unit_test(marks_of_the_caller_count),
        cmocka_unit_test(nothing_is_ever_lost),
        cmocka_unit_test(hostile_texts_take_little_time),
        cmocka_unit_test(bytes_that_are_no_utf8_and_nuls_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
