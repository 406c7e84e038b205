#!/usr/bin/env python3
"""Letters: what a reader sees of our mails, in every language and script. Every mail here was delivered by a real Postfix and is
read by Python's email package, which knows nothing of ours, and which fails where a mail does not hold what it declares."""

import email
import email.header
import email.policy
import email.utils
import html.parser
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from desk import Desk  # noqa: E402
from tk import CHANNEL, TREE, case, expect, expect_equal, mail, main, wait_for  # noqa: E402

# Of each language: the title of the channel, a subject, a text, and what the program says around a note and of a closed ticket.
LANGUAGES = {
    "en": ("Café & Naïve Helpdesk", "The façade’s résumé", "The naïve café costs 5 €, or £4.",
           "Please reply above this line", "On %s, %s wrote:", "closed"),
    "de": ("Störungsstelle Köln", "Gerät für Größe 7 läuft über", "Das Übermaß der Ölmühle ist süß, ja heiß.",
           "Bitte antworten Sie oberhalb dieser Zeile", "Am %s schrieb %s:", "geschlossen"),
    "fr": ("Équipe d'assistance", "L’élève a reçu où ça ? Là-bas.", "Voilà : l'œuvre coûte 3 € ; « c'est noël ».",
           "Veuillez répondre au-dessus de cette ligne", "Le %s, %s a écrit :", "fermé"),
    "es": ("Atención al señor Muñoz", "¿Dónde está el año?", "¡Mañana llegará el pingüino, señor!",
           "Por favor, responda por encima de esta línea", "El %s, %s escribió:", "cerrada"),
    "it": ("Città più felice", "Perché così?", "È già lunedì: però non c'è più.", "Rispondere sopra questa riga",
           "Il %s, %s ha scritto:", "chiusa"),
    "nl": ("Coördinatie België", "Geïnformeerde ideeën", "De reünie is geörganiseerd, één keer.", "Antwoord a.u.b. boven deze regel",
           "Op %s schreef %s:", "gesloten"),
    "pt": ("Operação São João", "Não há maçã", "A coração da avó está lá: são três pães.", "Por favor, responda acima desta linha",
           "Em %s, %s escreveu:", "fechado"),
    "pl": ("Zespół Łódź", "Zażółć gęślą jaźń", "Pchnąć w tę łódź jeża lub ośm skrzyń fig.", "Prosimy odpowiadać powyżej tej linii",
           "W dniu %s %s napisał(a):", "zamknięte"),
}
EXTRA = """  language = "%s"; detail = false;
  confirmation = { enabled = true; pause = "0s"; };
  status_mail = { states = [ "closed" ]; };
"""


def address(language):
    return "help.%s@acme.example" % language


def channel(language):
    text = re.sub(r"(?m)^  aliases = .*\n", "", CHANNEL).replace("support.392@acme.tickets.example.net", address(language))
    text = text.replace('"support"', '"help-%s"' % language).replace("Support Mailbox", LANGUAGES[language][0])
    return text.replace("  template =", EXTRA % language + "  template =")


class Letters(Desk):
    def __init__(self, build):
        super().__init__(build, channels={"%s.conf" % language: channel(language) for language in LANGUAGES})

    def request(self, language, sender):
        """A request to the desk of a language; returns its ticket."""
        subject, text = LANGUAGES[language][1:3]
        content = mail(subject, text + "\n", sender="<%s>" % sender, to=address(language),
                       headers=[("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "8bit")])
        code, answer = self.send(content, sender, [address(language)])
        expect_equal(code, 250, answer)
        return self.rows("SELECT * FROM ticketing.ticket ORDER BY ticket_id DESC LIMIT 1")[0]

    def add_note(self, ticket, body, author="Zoë Müller"):
        self.psql("SELECT ticketing.add_note(%d, '%s', $author$%s$author$, 'public', $text$%s$text$)"
                  % (ticket["tenant_id"], ticket["number"], author, body), role="ticket_agent")

    def delivered(self, recipient, kind):
        """The mails of a kind that were sent to a recipient, in the order of the outbox; waits until none is pending."""
        wait_for(lambda: self.value("SELECT count(*) FROM ticketing.outbox WHERE state = 'pending'") == 0, "all mails to be sent")
        rows = self.rows("SELECT message_id, state, last_error FROM ticketing.outbox WHERE recipient = '%s' AND kind = '%s'"
                         " ORDER BY outbox_id" % (recipient, kind))
        expect(all(row["state"] == "sent" for row in rows), rows)
        self.wait_mailbox(recipient, self.value("SELECT count(*) FROM ticketing.outbox WHERE recipient = '%s'" % recipient))
        mails = {}
        for content in self.mailbox(recipient):
            parsed = email.message_from_bytes(content, policy=email.policy.default)
            mails[parsed["Message-ID"]] = (content, parsed)
        return [mails["<%s>" % row["message_id"]] for row in rows]


def words_of(message, kind):
    """The text of a part, which has to be in the charset that it declares."""
    part = message.get_body((kind,))
    expect_equal(part.get_content_charset(), "utf-8", "the charset of text/" + kind)
    return part.get_payload(decode=True).decode("utf-8").replace("\r\n", "\n")


class Divisions(html.parser.HTMLParser):
    """The words of each top <div> of one of our html parts, with the lines that a browser shows."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.words, self.inside = [], False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag == "div":
            self.words.append("")
            self.inside = True
        elif tag == "br" and self.inside:
            self.words[-1] += "\n"

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "div"

    def handle_data(self, data):
        if self.inside:
            self.words[-1] += data.replace("\n", "")


def own_text(kind, language):
    """A built-in text: (subject, body), with placeholders."""
    with open(os.path.join(TREE, "packaging", "conf", "texts", "%s.%s.txt" % (kind, language)), encoding="utf-8") as file:
        head, body = file.read().split("\n\n", 1)
    return head[len("Subject: "):], body


def fill(text, **values):
    """A text with its placeholders filled, as the manual describes it: a line whose values are all empty is left out."""
    lines = []
    for line in text.splitlines(keepends=True):
        names = re.findall(r"\{([a-z]+)\}", line)
        if not names or any(values.get(name) for name in names):
            lines.append(re.sub(r"\{([a-z]+)\}", lambda name: values.get(name[1], ""), line))
    return "".join(lines)


def check_headers(message, language, subject):
    expect_equal(message["Subject"], subject, "the subject in " + language)
    sender = message["From"].addresses[0]
    expect_equal((sender.display_name, sender.addr_spec), (LANGUAGES[language][0], address(language)), "From in " + language)
    expect_equal((message.defects, message["From"].defects, message["Subject"].defects), ([], (), ()), "defects in " + language)


@case("confirmations, notes and statuses say in all eight languages exactly what their texts say")
def _(stack):
    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
    for language, (title, about, text, above, wrote, closed) in LANGUAGES.items():
        sender = "ann.%s@acme.example" % language
        ticket = stack.request(language, sender)
        expect_equal((ticket["subject"], ticket["description"].rstrip()), (about, text), "the ticket")
        stack.add_note(ticket, text)
        stack.psql("SELECT ticketing.set_status(%d, '%s', 'closed', 'Zoë')" % (ticket["tenant_id"], ticket["number"]), role="ticket_agent")
        values = {"number": ticket["number"], "title": title, "subject": about, "author": "Zoë Müller", "note": text, "status": closed}
        for kind in ("confirmation", "note", "status"):
            subject, body = (fill(part, **values) for part in own_text(kind, language))
            ((_, message),) = stack.delivered(sender, kind)
            check_headers(message, language, subject)
            got = words_of(message, "plain")
            if kind == "note":
                head, quote = "##- %s -##\n\n" % above, "\n" + wrote + "\n> %s\n"
                pattern = re.escape(head + body + quote % ("MOMENT", sender, text)).replace("MOMENT", moment)
                expect(re.fullmatch(pattern, got), "the note in %s is %r" % (language, got))
            else:
                expect_equal(got, body, "the %s in %s" % (kind, language))
            divisions = Divisions(words_of(message, "html")).words
            expect(body in divisions, "the html of the %s in %s is %r" % (kind, language, divisions))


# Texts of notes, and what is shown where that is not the text itself.
TEXTS = [
    "Größe, façade, ¡mañana!, ÿ",  # all of it is in Latin-1
    "".join(map(chr, range(0xA0, 0x100))),
    "plain ASCII alone",
    "Łódź 5 €, “quoted” – dashed",
    "Ελληνικά русский українська ქართული հայերեն",
    "עברית العربية فارسی اردو ܣܘܪܝܝܐ",
    "हिन्दी বাংলা தமிழ் తెలుగు ไทย ລາວ မြန်မာ ខ្មែរ አማርኛ",
    "中文 日本語 ひらがな カタカナ 한국어 ᠮᠣᠩᠭᠣᠯ ᏣᎳᎩ",
    "👩‍👩‍👧‍👦 🇩🇪 🖨️ 𝔘𝔫𝔦 𠜎 \U0010ffff \ue000",
    "decomposed e\u0301 a\u0308, composed é ä",
    "\ufeffat the beginning, in the mid\ufeffdle and at the end\ufeff",
    "soft\u00adhyphen no\u00a0break zero\u200bwidth \u2060 \ufffd \u200e\u200f",
    "x" * 5000 + "ü" * 3000 + "日" * 3000 + " " * 2000 + "end",
    "From the start\nFrom x\n>From y\n\nFrom z",
    ".\n..\n.end\n. \n.",
    "trailing blank \ntrailing tab\t\n \n\t\nlast \u00e9 ",
    "=3D =E9 = \n=?utf-8?Q?=C3=A9?=\nsoft=\nbreak",
    "--=_boundary\nContent-Type: text/html\n\n<b>&amp; &eacute; &#233;</b>",
    "{number} {note} {x} %s %n \\n",
    ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
    ("a\x01b\x1b[31mc\x7fd\x0be\x0cf\x85g\x9bh", "a b [31mc d e f g h"),
    ("one\u2028two\u2029three", "one\ntwo\nthree"),
]


@case("a note of any script arrives with every letter, as text and as html")
def _(stack):
    ticket = stack.request("en", "kim@acme.example")
    for text in TEXTS:
        stack.add_note(ticket, text if isinstance(text, str) else text[0], "Bo")
    for text, (content, message) in zip(TEXTS, stack.delivered("kim@acme.example", "note")):
        text = text if isinstance(text, str) else text[1]
        shown = fill(own_text("note", "en")[1], title=LANGUAGES["en"][0], number=ticket["number"], author="Bo", note=text)
        got = words_of(message, "plain")
        head = "##- %s -##\n\n" % LANGUAGES["en"][3]
        expect(got.startswith(head + shown), "%r became %r" % (text, got[:len(head + shown)]))
        divisions = Divisions(words_of(message, "html")).words
        expect(shown in divisions, "%r became the html %r" % (text, divisions))
        body = content.split(b"\n\n", 1)[1]
        expect(max(map(len, body.splitlines())) <= 78, "%r made a line of %d bytes" % (text, max(map(len, body.splitlines()))))
        expect(b"\nFrom " not in body, "%r made a line that mailboxes take for a separator" % text)
        expect(all(byte < 0x80 for byte in content), "%r made a mail with bytes above ASCII" % text)


def display_name(content):
    """That of From. The older half of the package reads it: the newer one puts a blank between two encoded words of a phrase."""
    phrase, _ = email.utils.parseaddr(email.message_from_string(content, policy=email.policy.compat32)["From"].replace("\n", ""))
    return str(email.header.make_header(email.header.decode_header(phrase)))


SUBJECTS = ["Größe  with  two  blanks", "プリンターが壊れています、助けてください。本当に困っています。", "👩‍👩‍👧‍👦 emoji 🇩🇪", "=?utf-8?Q?looks_encoded?=",
            '"quoted" \\ <a@b.example>, c: d;', "two  blanks", "عنوان", "\ufeffbom", "x" * 200, "é", "a" * 75 + " é " + "b" * 75,
            "w" * 77 + " " + "word " * 10 + "end"]


@case("subjects and display names of any script are shown as they were written")
def _(stack):
    ticket = stack.request("en", "lea@acme.example")
    for subject in SUBJECTS:
        stack.psql("UPDATE ticketing.ticket SET subject = $s$%s$s$ WHERE ticket_id = %d" % (subject, ticket["ticket_id"]))
        stack.add_note(ticket, "x")
        content, message = stack.delivered("lea@acme.example", "note")[-1]
        expect_equal(message["Subject"], "[%s] %s" % (ticket["number"], subject), "the subject")
        expect(max(map(len, content.splitlines())) <= 998, "a header line is too long")
    try:
        for title in SUBJECTS:
            text = channel("it").replace(LANGUAGES["it"][0], title.replace("\\", "\\\\").replace('"', '\\"'))
            stack.write(("conf", "channels.d", "it.conf"), text)
            (shown,) = stack.ctl_json("preview", "--kind", "confirmation", "acme/help-it")
            expect_equal(display_name(shown["mail"]), title, "the display name")
    finally:
        stack.write(("conf", "channels.d", "it.conf"), channel("it"))


NAMES = ["Größe.txt", "отчёт за март.txt", "報告書" * 20 + ".txt", "emoji 🖨️ 👩‍👩‍👧.txt", "a;b=c, d.txt", "100% sure's (1).txt", "x" * 190 + ".txt",
         "=_utf-8_Q_é_=.txt", "some blanks é.txt", "naïve.txt", "Zażółć.txt", "ملف.txt"]


@case("the names of attached files are those that were stored, and their bytes too")
def _(stack):
    ticket = stack.request("en", "mia@acme.example")
    os.makedirs(stack.path("files"))
    options = []
    for name in NAMES:
        stack.write(("files", name), "ä of %s\r\n.\r\nFrom x" % name)
        options += ["--attach", stack.path("files", name)]
    stack.write(("note.txt",), "Viele Grüße\n")
    stack.ctl("note", "--public", "--author", "Bo", *options, ticket["number"], stack.path("note.txt"))
    ((content, message),) = stack.delivered("mia@acme.example", "note")
    stored = stack.rows("SELECT filename FROM ticketing.attachment WHERE ticket_id = %d ORDER BY attachment_id" % ticket["ticket_id"])
    attachments = list(message.iter_attachments())
    for one, row, name in zip(attachments, stored, NAMES):
        expect_equal((one.get_filename(), row["filename"]), (name, name), "the name that was sent, and that was stored,")
    expect_equal(len(attachments), len(NAMES), "the number of files")
    expect_equal([one.get_param("name") and email.utils.collapse_rfc2231_value(one.get_param("name")) for one in attachments], NAMES,
                 "the names in Content-Type")
    for one, name in zip(attachments, NAMES):
        expect_equal(one.get_payload(decode=True), stack.read_bytes("files", name), name)
        expect_equal(one.defects, [], name)
    expect(b"iso-8859" not in content.lower() and b"koi8" not in content.lower(), "a name is in another charset")


main(Letters)
