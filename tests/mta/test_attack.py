"""ticket-milter before senders and mails that mean it harm, or are just odd: nothing is lost, doubled, or let in."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import Stack, case, expect, expect_equal, mail, main  # noqa: E402

ANN = "ann@acme.example"
EVE = "eve@acme.example"
SUPPORT = "support@acme.example"
INTAKE = ("SELECT i.verdict, i.reason, i.level, i.sender, i.seen, t.number, t.subject FROM ticketing.intake i"
          " LEFT JOIN ticketing.ticket t USING (tenant_id, ticket_id) ORDER BY i.intake_id DESC")


def last(stack):
    return stack.rows(INTAKE + " LIMIT 1")[0]


def sent(stack, content, sender=ANN, recipients=(SUPPORT,), options=""):
    """Sends a mail that must be taken, and returns what became of it."""
    before = stack.value("SELECT count(*) FROM ticketing.intake")
    reply = stack.send(content, sender, list(recipients), options)
    expect_equal(reply[0], 250, reply[1])
    expect_equal(stack.value("SELECT count(*) FROM ticketing.intake") - before, 1, "new intakes")
    return last(stack)


@case("values of any length become a ticket with its text")
def _(stack):
    noise = os.urandom(25000).hex()  # nothing that an index could compress
    part = ("--B\r\nContent-Type: text/plain\r\n\r\nx\r\n--B\r\nContent-Type: %s\r\nContent-ID: <%s>\r\n"
            "Content-Disposition: attachment; filename=\"%s\"\r\n\r\ndata\r\n--B--\r\n")
    parts = [("MIME-Version", "1.0"), ("Content-Type", 'multipart/mixed; boundary="B"')]
    mails = {
        "a Message-ID of 20000 characters": mail(message_id="<%s@x>" % noise[:20000]),
        "a Message-ID of 3000 characters": mail(message_id="<%s@x>" % noise[:3000]),
        "References of 40000 characters":
            mail(headers=[("References", "\r\n ".join("<%s@y>" % noise[i:i + 900] for i in range(0, 40000, 900)))]),
        "a subject of 24000 letters": mail(subject="Printer is broken" + "\r\n ".join(["\u00fc" * 400] * 60)),
        "a sender's name of 27000 characters": mail(sender='"%s" <%s>' % ("\r\n ".join(["n" * 900] * 30), ANN)),
        "2000 addresses in Cc": mail(headers=[("Cc", ",\r\n ".join("u%d@acme.example" % i for i in range(2000)))]),
        "an attachment with long names": mail(body=part % ("a" * 900 + "/b", "c" * 900, "d" * 900), headers=parts),
        "an attachment with control characters in its names":
            mail(body=part % ("a\x01b/c\x1b", "\x1b[2J", "..\x1b/../a\x7f"), headers=parts),
        "an attachment with empty names": mail(body=part % ("", "", ""), headers=parts),
        "encoded control characters": mail(subject="Printer is broken =?utf-8?Q?=00=1B[31m?="),
    }
    for name, content in mails.items():
        got = sent(stack, content)
        expect_equal((got["verdict"], got["reason"], got["level"]), ("ticket", None, "full"), name)
        expect(got["subject"].startswith("Printer is broken"), name + ": " + got["subject"])
        expect(all(c.isprintable() for c in got["subject"]), name + ": the subject has control characters")


@case("nobody becomes a participant of a ticket by what a From header looks like")
def _(stack):
    opened = sent(stack, mail(message_id="<opened@acme.example>"))
    for name, sender, more in (
            ("display name", '"ann@acme.example" <%s>' % EVE, []),
            ("encoded display name", "=?utf-8?Q?ann=40acme.example=3E?= <%s>" % EVE, []),
            ("comment", EVE + " (ann@acme.example)", []),
            ("comment before a domain", "ann@acme.example(x)@evil.example", []),
            ("two headers", EVE, [("From", ANN)]),
            ("two headers, one with a blank", EVE, [("FROM ", ANN)]),
            ("two mailboxes and Sender", "%s, %s" % (EVE, ANN), [("Sender", EVE)]),
            ("two addresses in brackets", "Ann <%s> <%s>" % (ANN, EVE), []),
            ("group", "g: %s;" % ANN, []),
            ("quoted address", '"ann@acme.example"@evil.example', []),
            ("full width dot", "ann@acme\uff0eexample", []),
            ("dot less i", "\u0130\u0131nn@acme.example", []),
            ("Resent-From", EVE, [("Resent-From", ANN)]),
            ("Reply-To", EVE, [("Reply-To", ANN)]),
            ("Sender", EVE, [("Sender", ANN)])):
        got = sent(stack, mail("Re: [%s] x" % opened["number"], sender=sender,
                               headers=[("In-Reply-To", "<opened@acme.example>")] + more), EVE)
        expect(got["verdict"] in ("ticket", "fail"), "%s: %s" % (name, got))
        expect(got["number"] != opened["number"], "%s: %s" % (name, got))
        if got["verdict"] == "ticket":
            expect_equal((got["reason"], got["subject"]), ("not_participant", "Re: x"), name)


@case("a channel's address in any spelling that the MTA resolves is its channel, and no copy stays behind")
def _(stack):
    for recipient in ('"support"@acme.example', '"sup\\port"@acme.example', "support@acme.example.", "support+@acme.example",
                      "support+a+b@acme.example", '"support+x"@acme.example', "SUPPORT@ACME.EXAMPLE",
                      "@other.example,@a.example:support@acme.example"):
        before = len(stack.mailbox("fail@acme.example"))
        expect_equal(sent(stack, mail(), recipients=[recipient])["verdict"], "ticket", recipient)
        stack.settle()
        expect_equal(len(stack.mailbox("fail@acme.example")), before, "mails in the fail mailbox by " + recipient)


@case("what the MTA adds to a mail does not make its second attempt another mail")
def _(stack):
    content = mail().replace(b"Message-ID: ", b"X-Old-ID: ").replace(b"Date: ", b"X-Old-Date: ")
    first = sent(stack, content)
    expect_equal(stack.send(content, ANN, ["helpdesk@acme.example"])[0], 250)
    expect_equal((last(stack)["number"], last(stack)["seen"]), (first["number"], 2), "ticket")


@case("a mail without header, without body, or without anything is taken")
def _(stack):
    for content in (b"\r\nonly a body\r\n", mail(body=""), b"\r\n"):
        expect_equal(sent(stack, content)["verdict"], "ticket", "verdict of %r" % content)


@case("the log has one line for a mail, whatever its values hold")
def _(stack):
    before = len(stack.milter_log().splitlines())
    sent(stack, mail(message_id="<a\x1b[31m\x0bverdict=note \u2028b=c\"\\@x>"), '"a\\"b=c verdict=note"@acme.example')
    lines = stack.milter_log().splitlines()[before:]
    expect_equal(len(lines), 1, "lines")
    expect(all(c.isprintable() for c in lines[0]), "control characters in the log: %r" % lines[0])


if __name__ == "__main__":
    main(Stack)
