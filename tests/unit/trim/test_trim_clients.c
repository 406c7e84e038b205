/* test_trim_clients: answers as the mail programs of the world write them, in the languages that they speak.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules/html/html.h"
#include "rules/trim/trim.h"

#define NEW "It works now."
#define OLD "Does it work?"

static void check_text(const char *text, const char *reply, const char *what)
{
    struct tk_trim trim;

    tk_trim_split(text, strlen(text), &trim);
    if (strcmp(trim.reply, reply) != 0)
        print_message("%s\n", what);
    assert_string_equal(trim.reply, reply);
    tk_trim_clear(&trim);
}

static void check_header(const char *header)
{
    g_autofree char *text = g_strdup_printf(NEW "\n\n%s\n\n" OLD "\nDesk\n", header);

    check_text(text, NEW, header);
}

static void the_old_mail_goes_whichever_program_copied_it(void **state)
{
    static const char *const headers[] = {
#include "tests/unit/trim_headers.inc"
    };
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(headers); i++)
        check_header(headers[i]);
}

static void a_quoted_line_below_is_evidence_for_a_short_header(void **state)
{
    static const char *const headers[] = {
#include "tests/unit/trim_quoted.inc"
    };
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autofree char *text = g_strdup_printf(NEW "\n\n%s\n> " OLD "\n> Desk\n", headers[i]);

        check_text(text, NEW, headers[i]);
    }
}

static void copied_headers_are_known_in_every_language_and_layout(void **state)
{
    static const struct {
        const char *from, *date, *to, *subject, *day;
    } labels[] = {
#include "tests/unit/trim_blocks.inc"
    };
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(labels); i++) {
        const char *f = labels[i].from, *d = labels[i].date, *t = labels[i].to, *s = labels[i].subject;
        const char *day = labels[i].day;
        g_autofree char *plain = g_strdup_printf(
            "%s: Desk <desk@example.net>\n%s: %s\n%s: Ann <ann@example.org>\n%s: Case", f, d, day, t, s);
        g_autofree char *bold = g_strdup_printf(
            "*%s:* Desk <desk@example.net>\n*%s:* %s\n*%s:* Ann <ann@example.org>\n*%s:* Case", f, d, day, t,
            s);
        g_autofree char *bare = g_strdup_printf("%s: Desk\n%s: %s\n%s: Ann\n%s: Case", f, d, day, t, s);
        g_autofree char *wrapped = g_strdup_printf(
            "%s : Desk Team\n<desk@example.net>\n%s : %s\n%s : Ann\n%s : Case", f, d, day, t, s);

        check_header(plain);
        check_header(bold);
        check_header(bare);
        check_header(wrapped);
    }
}

static void lines_that_devices_add_are_the_signature(void **state)
{
    static const char *const lines[] = {
#include "tests/unit/trim_mobile.inc"
    };
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *text = g_strdup_printf(NEW "\n\n%s\n", lines[i]);

        check_text(text, NEW, lines[i]);
    }
}

static void html_answers_lose_the_old_mail_whichever_program_wrote_them(void **state)
{
    static const struct {
        const char *program, *html;
    } cases[] = {
#include "tests/unit/html_quotes.inc"
    };
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) pieces = g_strsplit(cases[i].html, "%s", 3);
        g_autofree char *html = NULL;
        struct tk_html *parsed;
        struct tk_trim trim;

        assert_int_equal(g_strv_length(pieces), 3);
        html = g_strconcat(pieces[0], NEW, pieces[1], OLD, pieces[2], NULL);
        parsed = tk_html_parse(html, strlen(html), NULL);
        tk_html_split(parsed, NULL, &trim);
        if (strcmp(trim.reply, NEW) != 0)
            print_message("%s\n", cases[i].program);
        assert_string_equal(trim.reply, NEW);
        assert_non_null(strstr(trim.quoted, OLD));
        tk_trim_clear(&trim);
        tk_html_free(&parsed);
    }
}

/* New to whoever reads the ticket. */
static void a_forwarded_mail_stays(void **state)
{
    static const char *const texts[] = {
        "See below.\n\n---------- Forwarded message ---------\nFrom: Bob <bob@example.org>\nDate: Mon, 2 Mar "
        "2026 at "
        "10:15\nSubject: Fan\nTo: <ann@example.org>\n\nThe fan is loud.",
        "See below.\n\nBegin forwarded message:\n\n> From: Bob <bob@example.org>\n> Subject: Fan\n> Date: 2 "
        "March 2026\n> "
        "To: ann@example.org\n>\n> The fan is loud.",
        "Siehe unten.\n\nAnfang der weitergeleiteten Nachricht:\n\nVon: Bob <bob@example.org>\nBetreff: "
        "Fan\n\nLaut.",
        "Siehe unten.\n\n-------- Weitergeleitete Nachricht --------\nBetreff: Fan\nVon: Bob "
        "<bob@example.org>\n\nLaut.",
        "Voir.\n\n---------- Message transféré ---------\nDe : Bob <bob@example.org>\nDate: 2 mars "
        "2026\n\nBruit.",
        "Смотри.\n\n-------- Пересылаемое сообщение --------\n02.03.2026, 10:15, \"Bob\" "
        "<bob@example.org>:\n\nШум.",
        "----- Forwarded by Ann Archer/Example on 02.03.2026 10:15 -----\n\nThe fan is loud.",
        "See below.\n\n> From: Bob <bob@example.org>\n> Date: Mon, 2 Mar 2026 at 10:15\n> Subject: Fan\n> "
        "To: Ann "
        "<ann@example.org>\n>\n> The fan is loud.",
        "See below.\n\n---------- Forwarded message ---------\nFrom: Bob\n\nYes.\n\nOn 2 Mar 2026, Ann "
        "wrote:\n> Loud?",
    };
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        check_text(texts[i], texts[i], texts[i]);
    /* what stands above it is judged as ever */
    check_text("See below.\n\nSent from my iPhone\n\nBegin forwarded message:\n\n> From: Bob\n> Fan",
               "See below.\n\nBegin forwarded message:\n\n> From: Bob\n> Fan", "a signature above");
    /* in the old mail it is old */
    check_text("Done.\n\nOn 2 Mar 2026, Desk <desk@example.net> wrote:\n> ---------- Forwarded message "
               "---------\n> Fan",
               "Done.", "inside the quote");
}

static void what_people_write_about_mails_stays(void **state)
{
    static const char *const texts[] = {
        "The server wrote this at startup:\n2026-03-02 10:15:00 ERROR disk full\nCan you look?",
        "Chat log:\n[10:15] ann: hi\n[10:16] bob: hello\nPlease advise.",
        "Please sign below this line and send it back:\n__________________\nName",
        "Order details\nFrom: Warehouse A\nTo: Warehouse B\nDate: 2 March 2026\nPlease ship today.",
        "Name: Ann\nEmail: ann@example.org\nDate: 2 March 2026 10:15\nProblem: the printer is broken\nPlease "
        "help.",
        "Contact form\nFrom: Ann Archer\nEmail: ann@example.org\nSubject: printer\nMessage: It is broken.",
        "On 2 March 2026 at 10:15 I wrote to you:\nnobody has answered since.",
        "Our flight:\nDate: 4 May 2026\nFrom: Berlin\nTo: Paris\nTime: 10:15\nPlease book.",
        "Steps:\n1. open the page\n2. on Monday the desk wrote: please restart\n3. it fails",
        "Outlook for iOS crashes when I open the calendar.\nWhat can I do?",
        "Get Outlook for iOS to work, please.",
        "Hello,\nThanks\nCan you also check invoice 1234567?\nhttp://example.org/x\nIt is urgent.",
        "Error text:\n> cannot open file\n> permission denied\nWhat does it mean?",
        "Hi,\nmy mail was sent from my iPhone but never arrived.\nCan you check?",
        "Danke!\nDie Rechnung 4711 fehlt noch.\nTel. 030 1234567 ist die Nummer des Kunden.",
        "I use Mail on the go\nand it does not sync.",
        "See the table\n\nName   Phone\n-----  -------\nAnn    030 123456\nBob    030 654321\n\nThanks",
        "We wrote on 02.03.2026 10:15:\nthe fan is loud. It still is.",
        "Hello\n--- what we tried ---\n1. restart\n2. reinstall\n--- what happened ---\nnothing",
        "Dear team,\n- one\n- two\n-- three\nBest",
        "Hi,\n\nplease see the confidential report attached. The intended recipient is Bob.\n\nRegards,\nAnn",
        "It says \"From: 10 To: 20\" and\nSubject: unknown\nin the log.",
        "10:15 2 March 2026, ann@example.org:\nthat line was in the log. What is it?",
        "Gracias\npor la ayuda, llame al 91 123 45 67 mañana.",
    };
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        check_text(texts[i], texts[i], texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_old_mail_goes_whichever_program_copied_it),
        cmocka_unit_test(a_quoted_line_below_is_evidence_for_a_short_header),
        cmocka_unit_test(copied_headers_are_known_in_every_language_and_layout),
        cmocka_unit_test(lines_that_devices_add_are_the_signature),
        cmocka_unit_test(html_answers_lose_the_old_mail_whichever_program_wrote_them),
        cmocka_unit_test(a_forwarded_mail_stays),
        cmocka_unit_test(what_people_write_about_mails_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
