"""What ticketctl prints for people, whatever a mail or an agent wrote: no character moves the cursor, turns the direction
of reading or hides itself, and no line looks like one of ours."""

import base64
import os
import re
import sys
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import CHANNEL, case, expect, expect_equal, mail, main  # noqa: E402
from desk import Desk  # noqa: E402

# Escape, bell, C1, backspace, delete, carriage return, direction, no width, a blank letter, a tag, line separators.
EVIL = "\x1b[2J\x1b]0;owned\x07\x9b31m\x08\x7f\r\u202e\u2066\u200f\u061c\u200b\u2060\ufeff\u00ad\u3164\U000e0041\x85\u2028\u2029"
FORGED = "public note by root (agent), 2026-01-01"
HOSTILE = "Hello" + EVIL + "\n" + FORGED + "\nstatus       closed"

# Every command, and how it is called here; None where it prints nothing that strangers wrote, and why.
CALLS = {
    "init": None,      # roles and migrations
    "migrate": None,   # migrations
    "key": None,       # files of the administrator
    "new": None,       # a file of the administrator
    "check": ["check"],
    "publish": ["publish", "acme/support"],
    "verify": ["verify", "acme/support"],
    "disable": None,   # the channel's name
    "channels": ["channels"],
    "test": ["test", "acme/support", "{mail}", "--from", "ann@acme.example"],
    "inspect": ["inspect", "{mail}"],
    "preview": ["preview", "INC-1"],
    "tickets": ["tickets"],
    "show": ["show", "INC-1"],
    "note": ["note", "INC-1", "--internal", "--author", "{hostile}", "{hostile}"],
    "intake": ["intake"],
    "outbox": ["outbox"],
    "status": ["status"],
    "purge": ["purge"],
    "reader": ["reader", "list"],
    "tenant": ["tenant", "list"],
}


def word(text):
    """TEXT as encoded words, so that a header field carries what no header may."""
    data = text.encode("utf-8")
    return "\r\n ".join("=?utf-8?B?%s?=" % base64.b64encode(data[i:i + 42]).decode() for i in range(0, len(data), 42))


def hostile_mail():
    name = base64.b64encode(("x" + EVIL + ".txt").encode()).decode()
    body = ("--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n"
            "--b\r\nContent-Type: application/x-test; name=\"=?utf-8?B?%s?=\"\r\n"
            "Content-Disposition: attachment; filename=\"=?utf-8?B?%s?=\"\r\n\r\nfile\r\n--b--\r\n"
            % (base64.encodebytes(HOSTILE.encode("utf-8")).decode().replace("\n", "\r\n"), name, name))
    return mail(word(HOSTILE), body, sender="%s <ann@acme.example>" % word(HOSTILE), message_id="<a\x1b[2J\x08@acme.example>",
                headers=[("MIME-Version", "1.0"), ("Content-Type", "multipart/mixed; boundary=b"),
                         ("X-Evil", word(HOSTILE)), ("Auto-Submitted", "no\x1b[2J")])


def faults(text):
    """The characters of TEXT that a terminal must not get."""
    return sorted({"U+%04X" % ord(c) for c in text
                   if c not in "\n\t" and (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") or c == "\u3164")})


@case("the hostile mail and a hostile note are stored")
def _(stack):
    expect_equal(stack.send(hostile_mail(), "ann@acme.example", ["support@acme.example"])[0], 250, "the reply")
    stack.psql("SELECT ticketing.add_note(tenant_id, number, $t$%s$t$, 'internal', $t$%s$t$) FROM ticketing.ticket"
               % (HOSTILE, HOSTILE))
    expect_equal(stack.value("SELECT count(*) FROM ticketing.note"), 1, "notes")
    expect_equal(stack.rows("SELECT verdict, reason FROM ticketing.intake WHERE verdict <> 'ticket'"),
                 [], "mails that became no ticket")


@case("every command that ticketctl has is known here")
def _(stack):
    known = re.findall(r"(?m)^  ([a-z]+) +\S", stack.ctl("--help"))
    expect_equal(sorted(known), sorted(CALLS), "commands")


@case("no command prints a character of a mail that steers a terminal")
def _(stack):
    path = stack.path("hostile.eml")
    with open(path, "wb") as file:
        file.write(hostile_mail())
    for name, words in CALLS.items():
        if words is None:
            continue
        done = stack.ctl(*[w.format(mail=path, hostile=HOSTILE) for w in words], check=False)
        expect(done.stdout or done.stderr, "%s prints nothing" % name)
        for text in (done.stdout, done.stderr):
            expect_equal(faults(text), [], "what %s prints" % name)


@case("no line of a mail or of an author looks like a heading of ours")
def _(stack):
    for words in (["show", "INC-1"], ["inspect", stack.path("hostile.eml")], ["tickets"], ["intake"]):
        for line in stack.ctl(*words).splitlines():
            expect(not line.startswith((FORGED, "status       closed")), "%s prints %r" % (words[0], line))


@case("JSON keeps what was said, in one line of printable characters")
def _(stack):
    text = stack.ctl("show", "INC-1", "--json")
    expect_equal(text.count("\n"), 1, "lines")
    (ticket,) = stack.ctl_json("show", "INC-1")
    expect_equal(ticket["notes"][0]["author"], HOSTILE, "the author")
    expect_equal([c for c in text if unicodedata.category(c) in ("Cc", "Zl", "Zp") and c != "\n"], [], "controls in JSON")


main(lambda build: Desk(build, channels={"support.conf": CHANNEL.replace(
    '  template = ', '  confirmation = { enabled = true; };\n  template = ')}))
