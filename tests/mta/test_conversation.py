"""Conversation: what goes out bears a signed mark, and the answer to it finds its ticket; who else holds the mark, closed
tickets, changed subjects, and what comes back from machines."""

import itertools
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import ALIASES, CHANNEL, DOMAINS, TEMPLATE, Stack, case, expect, expect_equal, mail, main, wait_for  # noqa: E402
import marks  # noqa: E402

ANN, BOB, EVE = "ann@acme.example", "bob@acme.example", "eve@acme.example"
INSTANCE = "mx.example.net"
numbers = itertools.count(1)


def channel(name, tenant="acme", more=""):
    return (CHANNEL.replace('"support"', '"%s"' % name).replace('"acme"', '"%s"' % tenant)
            .replace("support.392@", name + ".1@").replace('  template = ', "  %s\n  template = " % more)
            .replace('aliases = [ "support@acme.example", "helpdesk@acme.example" ];', 'aliases = [ "%s@acme.example" ];' % name))


# One channel for each choice, and one of another tenant.
CHANNELS = {"support.conf": CHANNEL.replace("support.392@", "support.1@"),
            "strict.conf": channel("strict", more='stranger_reply = "new_linked"; subject_change = "new_linked";'),
            "reopen.conf": channel("reopen", more='closed = "reopen"; reopen_days = 10; reopen_max = 2; autoreplies = { exclude = false; };'),
            "linked.conf": channel("linked", more='closed = "new_linked"; autoreplies = { exclude = false; };'),
            "desk.conf": channel("desk", "zeta")}
TEMPLATES = {"incident.conf": TEMPLATE, "zeta.conf": TEMPLATE.replace('"acme"', '"zeta"')}


def inbox(name):
    return name + ".1@acme.tickets.example.net"


def write(stack, sender=ANN, rcpt="support@acme.example", subject="Printer", body="A line.\n", headers=(), mail_from=None):
    """Sends a mail; returns (Message-ID, intake row with the ticket's columns)."""
    message_id = "c%d@client.example" % next(numbers)
    reply = stack.send(mail(subject, body, sender=sender, message_id="<%s>" % message_id, headers=headers),
                       sender if mail_from is None else mail_from, [rcpt])
    expect_equal(reply[0], 250, "the reply %s" % reply[1])
    (row,) = stack.rows("SELECT i.*, t.number, t.subject AS ticket_subject, t.status, t.linked_ticket_id FROM ticketing.intake i"
                        " LEFT JOIN ticketing.ticket t USING (tenant_id, ticket_id) WHERE i.message_id = '%s'" % message_id)
    return message_id, row


def answer(row):
    return (row["verdict"], row["reason"])


def secret(stack):
    with open(stack.path("conf", "token.key"), "rb") as file:
        return file.read()


def token(stack, ticket_id, recipient, name="support", tenant="acme", serial=0, instance=INSTANCE, key=None, key_id="a"):
    return marks.token(key or secret(stack), (instance, tenant, name), ticket_id, recipient, serial, key_id)


def reply_address(stack, ticket_id, recipient, name="support", **more):
    return marks.in_address(inbox(name), token(stack, ticket_id, recipient, name, **more))


def own_id(stack, ticket_id, recipient, name="support", serial=7):
    return marks.in_message_id(token(stack, ticket_id, recipient, name, serial=serial), INSTANCE)


def ticket_row(stack, ticket_id):
    return stack.rows("SELECT * FROM ticketing.ticket WHERE ticket_id = %d" % ticket_id)[0]


def notes(stack, ticket_id):
    return stack.rows("SELECT * FROM ticketing.note WHERE ticket_id = %d ORDER BY note_id" % ticket_id)


def participants(stack, ticket_id):
    return [row["address"] for row in stack.rows("SELECT address FROM ticketing.participant WHERE ticket_id = %d ORDER BY 1" % ticket_id)]


def close(stack, ticket_id):
    stack.psql("SELECT ticketing.set_status(tenant_id, number, 'closed', 'agent') FROM ticketing.ticket WHERE ticket_id = %d" % ticket_id)


def last_log(stack, message_id):
    return wait_for(lambda: [line for line in stack.milter_log().splitlines() if "msgid=" + message_id in line], "the log")[-1]


@case("an answer to the reply address is a note, in any case of letters, though nothing else in it names the ticket")
def _(stack):
    _, ticket = write(stack)
    to = reply_address(stack, ticket["ticket_id"], ANN)
    upper = to.split("@")[0].upper() + "@" + to.split("@")[1]
    for rcpt, body in ((to, "One.\n"), (to.lower(), "Two.\n"), (upper, "Three.\n")):
        _, row = write(stack, rcpt=rcpt, subject="Something", body=body)
        expect_equal((answer(row), row["ticket_id"]), (("note", None), ticket["ticket_id"]), rcpt)
    expect_equal([(n["visibility"], n["body"].strip(), n["unverified"]) for n in notes(stack, ticket["ticket_id"])],
                 [("public", "One.", False), ("public", "Two.", False), ("public", "Three.", False)], "notes")


@case("an answer to a Message-ID of ours finds the ticket that its token names, though that id was never stored")
def _(stack):
    _, ticket = write(stack)
    made = own_id(stack, ticket["ticket_id"], ANN)
    for headers in ([("In-Reply-To", "<%s>" % made)], [("References", "<x@far.example> <%s> <y@far.example>" % made)],
                    [("In-Reply-To", "<%s>" % made.upper())]):
        _, row = write(stack, subject="Something", headers=headers)
        expect_equal((answer(row), row["ticket_id"]), (("note", None), ticket["ticket_id"]), str(headers))


@case("the reply address counts before our Message-ID, that before stored ones, those before the number")
def _(stack):
    first = [write(stack) for _ in range(4)]
    ids = [row["ticket_id"] for _, row in first]
    headers = [("In-Reply-To", "<%s>" % first[2][0]), ("References", "<%s>" % own_id(stack, ids[1], ANN))]
    subject = "Re: [%s] Printer" % first[3][1]["number"]
    keys = [(reply_address(stack, ids[0], ANN), headers, ids[0]), ("support@acme.example", headers, ids[1]),
            ("support@acme.example", headers[:1], ids[2]), ("support@acme.example", [], ids[3])]
    for rcpt, some, ticket_id in keys:
        _, row = write(stack, rcpt=rcpt, subject=subject, headers=some)
        expect_equal((answer(row), row["ticket_id"]), (("note", None), ticket_id), rcpt)


@case("whom a token was made for may write by it, though he is no participant; and does not become one")
def _(stack):
    _, ticket = write(stack)
    _, row = write(stack, EVE, rcpt=reply_address(stack, ticket["ticket_id"], EVE))
    expect_equal((answer(row), row["ticket_id"]), (("note", None), ticket["ticket_id"]), "his own token")
    _, row = write(stack, "EVE@Acme.Example", rcpt=reply_address(stack, ticket["ticket_id"], EVE))
    expect_equal(answer(row), ("note", None), "his address in other letters")
    expect_equal(participants(stack, ticket["ticket_id"]), [ANN], "participants")


@case("a forged token, a cut one, one of another key, tenant, channel or installation counts as none, and is counted")
def _(stack):
    _, ticket = write(stack)
    ticket_id = ticket["ticket_id"]
    good = token(stack, ticket_id, EVE)
    forged = good[:-4] + ("b" if good[-4] == "a" else "a") + good[-3:]
    cases = [("forged", forged, 1), ("cut", good[:-8], 0), ("another key", token(stack, ticket_id, EVE, key=b"x" * 32), 1),
             ("an unknown key", token(stack, ticket_id, EVE, key_id="zz"), 1), ("another tenant", token(stack, ticket_id, EVE, tenant="zeta"), 1),
             ("another channel", token(stack, ticket_id, EVE, "strict"), 1),
             ("another installation", token(stack, ticket_id, EVE, instance="mx2.example.net"), 1)]
    for what, made, foreign in cases:
        for rcpt, headers in ((marks.in_address(inbox("support"), made), []),
                              ("support@acme.example", [("In-Reply-To", "<%s>" % marks.in_message_id(made, INSTANCE))])):
            message_id, row = write(stack, EVE, rcpt=rcpt, headers=headers)
            expect_equal((answer(row), row["detail"]), (("ticket", None), "foreign_token" if foreign else None), what)
            expect(row["ticket_id"] != ticket_id and " foreign=%d " % foreign in last_log(stack, message_id), what)
    expect_equal(notes(stack, ticket_id), [], "notes")


@case("a token of one tenant does nothing at another's channel")
def _(stack):
    _, ticket = write(stack)
    rcpt = marks.in_address(inbox("desk"), token(stack, ticket["ticket_id"], ANN))
    _, row = write(stack, rcpt=rcpt)
    expect_equal(answer(row), ("ticket", None), "verdict")
    expect(row["tenant_id"] != ticket["tenant_id"], "it is a ticket of the first tenant")


@case("S3: the number in the subject lets no stranger write into a ticket, and tells him nothing of it")
def _(stack):
    _, ticket = write(stack, body="Secret matter.\n")
    before = ticket_row(stack, ticket["ticket_id"])
    _, row = write(stack, EVE, subject="Re: [%s] Printer" % ticket["number"])
    expect_equal((answer(row), row["linked_ticket_id"]), (("ticket", "not_participant"), None), "verdict")
    expect_equal((ticket_row(stack, ticket["ticket_id"]), notes(stack, ticket["ticket_id"])), (before, []), "the ticket")


@case("S4: who holds a token that was made for somebody else leaves an internal note that is marked and changes nothing")
def _(stack):
    for is_closed in (False, True):
        _, ticket = write(stack)
        ticket_id = ticket["ticket_id"]
        if is_closed:
            close(stack, ticket_id)
        before, had = ticket_row(stack, ticket_id), len(notes(stack, ticket_id))
        for rcpt, headers in ((reply_address(stack, ticket_id, ANN), []),
                              ("support@acme.example", [("In-Reply-To", "<%s>" % own_id(stack, ticket_id, ANN))])):
            _, row = write(stack, EVE, rcpt=rcpt, headers=headers + [("Cc", BOB)], body="Let me in.\n")
            expect_equal((answer(row), row["ticket_id"]), (("note", "unverified"), ticket_id), rcpt)
        expect_equal(ticket_row(stack, ticket_id), before, "the ticket")
        expect_equal(participants(stack, ticket_id), [ANN], "participants")
        strangers = notes(stack, ticket_id)[had:]
        expect_equal([(n["visibility"], n["unverified"], n["author"]) for n in strangers], [("internal", True, EVE)] * 2, "notes")
        expect(all("unverified" in n["notices"][0] for n in strangers), "a notice")
        expect_equal(stack.value("SELECT count(*) AS n FROM ticketing.outbox WHERE ticket_id = %d AND note_id IS NOT NULL" % ticket_id), 0,
                     "mails about it")
        shown = stack.ctl("show", ticket["number"], "--channel", "acme/support")
        expect("unverified internal note by " + EVE in shown, shown)


@case("S4: where the channel says new_linked, such a mail is a ticket of its own that agents see from both sides")
def _(stack):
    _, ticket = write(stack, rcpt="strict@acme.example")
    before = ticket_row(stack, ticket["ticket_id"])
    _, row = write(stack, EVE, rcpt=reply_address(stack, ticket["ticket_id"], ANN, "strict"), subject="Re: [%s] Printer" % ticket["number"])
    expect_equal((answer(row), row["linked_ticket_id"], row["ticket_subject"]), (("ticket", "not_participant"), ticket["ticket_id"], "Re: Printer"),
                 "the new ticket")
    expect_equal((ticket_row(stack, ticket["ticket_id"]), participants(stack, row["ticket_id"])), (before, [EVE]), "the two tickets")
    (old,), (new,) = (stack.ctl_json("show", number, "--channel", "acme/strict") for number in (ticket["number"], row["number"]))
    expect_equal((old["linked_from"], new["linked"], new["linked_from"]), ([row["number"]], ticket["number"], []), "links")


@case("without a token a stranger's mail is a ticket without a link, whatever the channel says")
def _(stack):
    first, ticket = write(stack, rcpt="strict@acme.example")
    _, row = write(stack, EVE, rcpt="strict@acme.example", headers=[("In-Reply-To", "<%s>" % first)])
    expect_equal((answer(row), row["linked_ticket_id"]), (("ticket", "not_participant"), None), "verdict")
    expect_equal(notes(stack, ticket["ticket_id"]), [], "notes")


@case("no reply makes anybody a participant, neither its Cc nor a stranger's mail")
def _(stack):
    first, ticket = write(stack)
    for sender, rcpt in ((ANN, "support@acme.example"), (EVE, "support@acme.example"), (EVE, reply_address(stack, ticket["ticket_id"], ANN)),
                         (EVE, reply_address(stack, ticket["ticket_id"], EVE))):
        write(stack, sender, rcpt=rcpt, headers=[("In-Reply-To", "<%s>" % first), ("Cc", BOB), ("Reply-To", BOB)])
    expect_equal(participants(stack, ticket["ticket_id"]), [ANN], "participants")


@case("a reply to a closed ticket is a note that leaves it closed, where the channel says nothing else")
def _(stack):
    _, ticket = write(stack)
    close(stack, ticket["ticket_id"])
    _, row = write(stack, rcpt=reply_address(stack, ticket["ticket_id"], ANN))
    expect_equal((answer(row), row["status"]), (("note", "closed_ticket"), "closed"), "verdict")


@case("closed = reopen opens the ticket by a reply so often and so long, and then makes a linked ticket without the number")
def _(stack):
    _, ticket = write(stack, rcpt="reopen@acme.example")
    ticket_id, to = ticket["ticket_id"], reply_address(stack, ticket["ticket_id"], ANN, "reopen")
    for count in (1, 2):
        close(stack, ticket_id)
        expect(ticket_row(stack, ticket_id)["closed_at"] is not None, "closed_at")
        _, row = write(stack, rcpt=to)
        expect_equal((answer(row), row["status"]), (("note", "reopened"), "open"), "reply %d" % count)
        expect_equal([(n["visibility"], n["author"]) for n in notes(stack, ticket_id) if n["body"] == "status: closed -> open"],
                     [("internal", ANN)] * count, "notes about it")
    close(stack, ticket_id)
    _, row = write(stack, rcpt=to, subject="Re: [%s] Printer" % ticket["number"])
    expect_equal((answer(row), row["linked_ticket_id"], row["ticket_subject"]), (("ticket", "closed_ticket"), ticket_id, "Re: Printer"), "the third")
    stack.psql("UPDATE ticketing.ticket SET reopened = 0, closed_at = now() - interval '11 days' WHERE ticket_id = %d" % ticket_id)
    _, row = write(stack, rcpt=to)
    expect_equal((answer(row), row["linked_ticket_id"]), (("ticket", "closed_ticket"), ticket_id), "after the window")
    expect_equal(ticket_row(stack, ticket_id)["status"], "closed", "the ticket")


@case("closed = new_linked makes a linked ticket of each reply")
def _(stack):
    first, ticket = write(stack, rcpt="linked@acme.example")
    close(stack, ticket["ticket_id"])
    for subject in ("Re: [%s] Printer" % ticket["number"], "Re: Printer"):
        _, row = write(stack, rcpt="linked@acme.example", subject=subject, headers=[("In-Reply-To", "<%s>" % first)])
        expect_equal((answer(row), row["linked_ticket_id"], row["ticket_subject"]), (("ticket", "closed_ticket"), ticket["ticket_id"], "Re: Printer"),
                     subject)
    expect_equal(ticket_row(stack, ticket["ticket_id"])["status"], "closed", "the ticket")


@case("an automatic reply that a channel lets in never reopens a ticket and never makes a linked one")
def _(stack):
    for name in ("reopen", "linked"):
        _, ticket = write(stack, rcpt=name + "@acme.example")
        close(stack, ticket["ticket_id"])
        _, row = write(stack, rcpt=reply_address(stack, ticket["ticket_id"], ANN, name), subject="Automatic reply: Printer",
                       headers=[("Auto-Submitted", "auto-replied")])
        expect_equal((answer(row), row["status"]), (("note", "closed_ticket"), "closed"), name)


@case("subject_change = new_linked makes a linked ticket of a reply under a new subject, and append makes none")
def _(stack):
    for name, wanted in (("strict", ("ticket", "subject_changed")), ("support", ("note", None))):
        first, ticket = write(stack, rcpt=name + "@acme.example", subject="Printer on floor 3")
        for subject, same in (("AW: Re: printer on  floor 3", True), ("Re: [%s] We have your request" % ticket["number"], True),
                              ("=?utf-8?B?5Zue5aSN77yaUHJpbnRlciBvbiBmbG9vciAz?=", True), ("Laptop", False), ("Re: Laptop", False)):
            _, row = write(stack, rcpt=name + "@acme.example", subject=subject, headers=[("In-Reply-To", "<%s>" % first)])
            expect_equal(answer(row), ("note", None) if same else wanted, "%s: %s" % (name, subject))
            if not same and wanted[0] == "ticket":
                expect_equal(row["linked_ticket_id"], ticket["ticket_id"], "link")


def delivery(stack, ticket_id):
    return [n for n in notes(stack, ticket_id) if n["source"] == "delivery"]


def send_note_mail(stack, ticket_id, recipient, name="support"):
    """A mail as ticket-notify sends it: from the signed reply address, under a signed Message-ID."""
    sender = reply_address(stack, ticket_id, recipient, name)
    content = mail("Re: Printer", sender="Support <%s>" % sender, to=recipient, message_id="<%s>" % own_id(stack, ticket_id, recipient, name))
    expect_equal(stack.send(content, sender, [recipient])[0], 250, "the reply")


@case("O8: a bounce that the local Postfix makes becomes a delivery note, never a ticket, and is never answered")
def _(stack):
    _, ticket = write(stack)
    ticket_id = ticket["ticket_id"]
    close(stack, ticket_id)
    tickets = stack.value("SELECT count(*) AS n FROM ticketing.ticket")
    send_note_mail(stack, ticket_id, "unknown.bob@far.example")
    (note,) = wait_for(lambda: delivery(stack, ticket_id), "the delivery note")
    expect_equal(note["visibility"], "internal", "visibility")
    expect_equal(note["body"].splitlines()[0], "Delivery to unknown.bob@far.example failed: 5.1.1", "the note")
    expect_equal(ticket_row(stack, ticket_id)["status"], "closed", "status")
    expect_equal(stack.value("SELECT count(*) AS n FROM ticketing.ticket"), tickets, "tickets")
    expect_equal(stack.value("SELECT count(*) AS n FROM ticketing.outbox WHERE ticket_id = %d AND note_id IS NOT NULL" % ticket_id), 0, "mails about it")
    (row,) = stack.rows("SELECT * FROM ticketing.intake WHERE note_id = %d" % note["note_id"])
    expect_equal((answer(row), row["mail_from"]), (("exclude", "bounce"), ""), "intake")
    stack.settle()


@case("a bounce that comes while the database is away waits in the queue and is noted later")
def _(stack):
    _, ticket = write(stack)
    stack.stop_postgres()
    try:
        send_note_mail(stack, ticket["ticket_id"], "unknown.eve@far.example")
        wait_for(lambda: "status=bounced" in stack.maillog(), "the refusal")
        wait_for(lambda: "unknown.eve@far.example" in stack.maillog() and "4.3.0" in stack.maillog(), "451 for the bounce")
    finally:
        stack.start_postgres()
    expect(not stack.queue_is_empty(), "the queue is empty")

    def flushed():
        stack.call("postfix", "flush", stack.path("postfix"))
        return delivery(stack, ticket["ticket_id"])
    wait_for(flushed, "the delivery note")
    expect_equal(len(delivery(stack, ticket["ticket_id"])), 1, "delivery notes")
    stack.settle()


REPORT = """This is a report.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; far.example

Final-Recipient: rfc822; bob@far.example
Action: failed
Status: 5.2.2

--b
Content-Type: text/rfc822-headers

From: support@acme.example
Message-ID: <%s>

--b--
"""


def report(stack, original, rcpt="support@acme.example"):
    headers = [("MIME-Version", "1.0"), ("Content-Type", 'multipart/report; report-type=delivery-status; boundary="b"')]
    body = "--b\nContent-Type: text/plain\n\n" + REPORT % original
    return write(stack, "MAILER-DAEMON@far.example", rcpt, "Undelivered Mail", body, headers, mail_from="")[1]


@case("a report from far away is noted only where it names a Message-ID that we signed, or comes to the address that we signed")
def _(stack):
    first, ticket = write(stack)
    ticket_id = ticket["ticket_id"]
    made = own_id(stack, ticket_id, BOB)
    forged = made.replace("t-a-", "t-a-a", 1)
    for original in (first, "x@far.example", forged, "t-zz@" + INSTANCE, own_id(stack, ticket_id, BOB, "strict")):
        row = report(stack, original)
        expect_equal((answer(row), row["ticket_id"]), (("exclude", "bounce"), None), original)
    expect_equal(delivery(stack, ticket_id), [], "delivery notes")
    for original, rcpt in ((made, "support@acme.example"), ("x@far.example", reply_address(stack, ticket_id, BOB))):
        row = report(stack, original, rcpt)
        expect_equal((answer(row), row["ticket_id"]), (("exclude", "bounce"), ticket_id), original)
    expect_equal([n["body"].splitlines()[0] for n in delivery(stack, ticket_id)], ["Delivery to bob@far.example failed: 5.2.2"] * 2, "notes")


@case("an automatic reply to what we sent is a delivery note; one that names nothing of ours is none")
def _(stack):
    _, ticket = write(stack)
    ticket_id = ticket["ticket_id"]
    close(stack, ticket_id)
    away = [("Auto-Submitted", "auto-replied")]
    _, row = write(stack, rcpt="support@acme.example", subject="Out of office", headers=away)
    expect_equal((answer(row)[0], row["ticket_id"]), ("exclude", None), "without a mark")
    for rcpt, headers in ((reply_address(stack, ticket_id, ANN), []), ("support@acme.example", [("In-Reply-To", "<%s>" % own_id(stack, ticket_id, ANN))])):
        _, row = write(stack, rcpt=rcpt, subject="Out of office: I am away", body="Back on Monday.\n", headers=away + headers)
        expect_equal((answer(row)[0], row["ticket_id"], row["status"]), ("exclude", ticket_id, "closed"), rcpt)
    for note in delivery(stack, ticket_id):
        expect_equal((note["visibility"], note["body"].strip()), ("internal", "Automatic reply of ann@acme.example: Out of office: I am away\n\nBack on Monday."),
                     "note")
    expect_equal(len(delivery(stack, ticket_id)), 2, "delivery notes")


@case("ticketctl test tells by which key a mail finds its ticket, and what becomes of a stranger's and of a report")
def _(stack):
    first, ticket = write(stack)
    ticket_id = ticket["ticket_id"]
    ours = reply_address(stack, ticket_id, ANN)
    wanted = [
        (mail("Re: x"), ANN, ours, ("note", "token_address", "public", None, 0)),
        (mail("Re: x", headers=[("In-Reply-To", "<%s>" % own_id(stack, ticket_id, ANN))]), ANN, None, ("note", "token_message_id", "public", None, 0)),
        (mail("Re: x", headers=[("In-Reply-To", "<%s>" % first)]), ANN, None, ("note", "message_id", "public", None, 0)),
        (mail("[%s]" % ticket["number"]), ANN, None, ("note", "number", "public", None, 0)),
        (mail("Re: x", sender=EVE), EVE, ours, ("note", "token_address", "internal", None, 0)),
        (mail("Re: x"), ANN, marks.in_address(inbox("support"), token(stack, ticket_id, ANN, tenant="zeta")), ("ticket", None, None, None, 1)),
        (mail("Away", headers=[("Auto-Submitted", "auto-replied")]), ANN, ours, ("exclude", "token_address", "internal", None, 0)),
    ]
    for number, (content, sender, rcpt, expected) in enumerate(wanted):
        name = stack.path("try%d.eml" % number)
        with open(name, "wb") as file:
            file.write(content)
        done = stack.ctl("test", "acme/support", name, "--json", "--from", sender, *(["--rcpt", rcpt] if rcpt else []), check=False)
        (got,) = [json.loads(line) for line in done.stdout.splitlines()]
        expect_equal((got["verdict"], got["matched_by"], got["visibility"], got["linked"], got["foreign_tokens"]), expected, "mail %d" % number)
        expect_equal(got["ticket"], ticket["number"] if expected[1] else None, "ticket of mail %d" % number)
    _, strict = write(stack, rcpt="strict@acme.example")
    name = stack.path("linked.eml")
    with open(name, "wb") as file:
        file.write(mail("Re: x", sender=EVE))
    (got,) = stack.ctl_json("test", "acme/strict", name, "--rcpt", reply_address(stack, strict["ticket_id"], ANN, "strict"))
    expect_equal((got["verdict"], got["linked"]), ("ticket", strict["number"]), "a stranger's")


main(lambda build: Stack(build, channels=CHANNELS, templates=TEMPLATES, domains=DOMAINS, aliases=ALIASES + [
    "%s fail@acme.example" % a for name in ("support", "strict", "reopen", "linked", "desk") for a in (inbox(name), name + "@acme.example")
    if a != "support@acme.example"]))
