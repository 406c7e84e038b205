"""Replies: how a mail finds its ticket, who may write there, and what a stranger gets."""

import itertools
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import ALIASES, CHANNEL, DOMAINS, TEMPLATE, Stack, case, expect, expect_equal, mail, main  # noqa: E402

ANN, BOB, EVE = "ann@acme.example", "bob@acme.example", "eve@acme.example"
FIELDS = '{ field = "category"; default = "mail"; }'
SUPPORT = (CHANNEL.replace('  reply_types = [ "incident" ];', '  reply_types = [ "incident", "request" ]; participants = "cc_allowed";')
           .replace(FIELDS, FIELDS + ', { field = "cost_centre"; from = "header:X-Cost"; default = "none"; }'))
# One ticket type of its own each: a request that takes notes, a change that takes none, another tenant's incident.
REQUEST = (SUPPORT.replace('"support"', '"request"').replace("support.392@", "request.1@").replace('"incident"', '"request"')
           .replace('aliases = [ "support@acme.example", "helpdesk@acme.example" ];', 'aliases = [ "request@acme.example" ];')
           .replace('reply_types = [ "request", "request" ]', 'reply_types = [ "request" ]'))
CHANGE = (REQUEST.replace('"request"', '"change"').replace("request.1@", "change.1@").replace("request@acme", "change@acme")
          .replace('reply_types = [ "change" ]', 'reply_types = [ "incident" ]'))
ZETA = (SUPPORT.replace('"acme"', '"zeta"').replace('"support"', '"desk"').replace("support.392@", "desk.1@")
        .replace('aliases = [ "support@acme.example", "helpdesk@acme.example" ];', 'aliases = [ "desk@zeta.example" ];'))
TEMPLATES = {"incident.conf": TEMPLATE.replace('{ name = "category"; required = true; }',
                                               '{ name = "category"; required = true; }, { name = "cost_centre"; restricted = true; }')}
TEMPLATES["request.conf"] = TEMPLATES["incident.conf"].replace('"incident"', '"request"').replace('"INC"', '"REQ"')
TEMPLATES["change.conf"] = TEMPLATES["incident.conf"].replace('"incident"', '"change"').replace('"INC"', '"CHG"')
TEMPLATES["zeta.conf"] = TEMPLATES["incident.conf"].replace('"acme"', '"zeta"')
numbers = itertools.count(1)


def write(stack, sender=ANN, rcpt="support@acme.example", subject="Printer", body="A line.\n", headers=()):
    """Sends a mail; returns (Message-ID, intake row with the ticket's number)."""
    message_id = "r%d@client.example" % next(numbers)
    reply = stack.send(mail(subject, body, sender=sender, message_id="<%s>" % message_id, headers=headers), sender, [rcpt])
    expect_equal(reply[0], 250, "the reply %s" % reply[1])
    rows = stack.rows("SELECT i.*, t.number, t.subject AS ticket_subject, t.status AS ticket_status FROM ticketing.intake i"
                      " LEFT JOIN ticketing.ticket t USING (tenant_id, ticket_id) WHERE i.message_id = '%s'" % message_id)
    expect_equal(len(rows), 1, "intake rows")
    return message_id, rows[0]


def answer(row):
    return (row["verdict"], row["reason"])


def answers_to(message_id):
    return [("In-Reply-To", "<%s>" % message_id)]


def note(stack, row):
    return stack.rows("SELECT * FROM ticketing.note WHERE note_id = %d" % row["note_id"])[0]


@case("In-Reply-To and References in every form lead to the ticket, also by way of other replies")
def _(stack):
    first, ticket = write(stack)
    second, row = write(stack, headers=answers_to(first))
    expect_equal((answer(row), row["ticket_id"]), (("note", None), ticket["ticket_id"]), "a reply")
    forms = [answers_to(second), [("References", "<%s>" % first)], [("References", "<unknown@far.example> <%s> <%s>" % (first, second))],
             [("References", "<%s>\r\n\t<unknown@far.example>" % second)], [("In-Reply-To", "Your mail of Monday <%s>" % first)],
             [("References", "<%s>,<x@y.example>" % first)], [("In-Reply-To", first)],
             [("In-Reply-To", "<unknown@far.example>"), ("References", "<%s>" % second)],
             [("References", " ".join("<filler.%d@far.example>" % n for n in range(60)) + " <%s>" % first)],
             [("References", "<%s> " % first + " ".join("<filler.%d@far.example>" % n for n in range(60)))]]
    for headers in forms:
        _, row = write(stack, subject="Something else", headers=headers)
        expect_equal((answer(row), row["ticket_id"]), (("note", None), ticket["ticket_id"]), "a reply by %.120s" % (headers,))


@case("an id that leads nowhere, or is only like one of ours, makes a new ticket")
def _(stack):
    first, ticket = write(stack)
    for headers in ([("In-Reply-To", "<unknown@far.example>")], [("In-Reply-To", "<x%s>" % first)], [("In-Reply-To", "<%s.far>" % first)],
                    [("In-Reply-To", "")], [("References", "<<>> ,,, <")], [("X-Reference", "<%s>" % first)]):
        _, row = write(stack, headers=headers)
        expect_equal(answer(row), ("ticket", None), str(headers))
        expect(row["ticket_id"] != ticket["ticket_id"], str(headers))


@case("the number in the subject leads to the ticket in any case, and the last one counts")
def _(stack):
    _, ticket = write(stack)
    digits = ticket["number"].split("-")[1]
    for subject in ("[%s]" % ticket["number"], "Re: [inc-%s] Printer" % digits, "AW: [ INC-%s ] Drucker" % digits,
                    "[INC-99999] [%s] moved" % ticket["number"], "=?utf-8?q?Re=3A_=5BInc-%s=5D_Dr=C3=BCcker?=" % digits):
        _, row = write(stack, subject=subject)
        expect_equal((answer(row), row["ticket_id"]), (("note", None), ticket["ticket_id"]), subject)
    for subject in (ticket["number"], "#" + digits, "[XINC-%s]" % digits, "[INC-0%s]" % digits, "[INC-%sx]" % digits, "[INC -%s]" % digits):
        _, row = write(stack, subject=subject)
        expect_equal(answer(row), ("ticket", None), subject)
        expect_equal(row["ticket_subject"], subject, "the subject of the new ticket")


@case("an unknown number makes a new ticket without that number in its subject")
def _(stack):
    for number in ("INC-99999", "REQ-99999", "inc-123456789012345678"):
        _, row = write(stack, subject="Re: [%s] Printer" % number)
        expect_equal((answer(row), row["ticket_subject"]), (("ticket", "unknown_ticket"), "Re: Printer"), number)
    _, row = write(stack, subject="Re: [JIRA-7] Printer")
    expect_equal((answer(row), row["ticket_subject"]), (("ticket", None), "Re: [JIRA-7] Printer"), "another system's number")


@case("a stranger with the number or the id gets a ticket of his own, and the other ticket stays as it is")
def _(stack):
    first, ticket = write(stack, body="Secret matter.\n")
    before = stack.rows("SELECT * FROM ticketing.ticket WHERE ticket_id = %d" % ticket["ticket_id"])
    for headers, subject in (([], "Re: [%s] Printer" % ticket["number"]), (answers_to(first), "Re: Printer"),
                             (answers_to(first), "Re: [%s] Printer" % ticket["number"])):
        _, row = write(stack, EVE, subject=subject, headers=headers)
        expect_equal((answer(row), row["ticket_subject"]), (("ticket", "not_participant"), "Re: Printer"), subject)
        expect(row["ticket_id"] != ticket["ticket_id"], "it is the same ticket")
        expect_equal(stack.rows("SELECT address FROM ticketing.participant WHERE ticket_id = %d" % row["ticket_id"]),
                     [{"address": EVE}], "participants of the new ticket")
    expect_equal(stack.rows("SELECT * FROM ticketing.ticket WHERE ticket_id = %d" % ticket["ticket_id"]), before, "the ticket")
    expect_equal(stack.value("SELECT count(*) AS n FROM ticketing.note WHERE ticket_id = %d" % ticket["ticket_id"]), 0, "notes")


@case("the envelope, Sender or Reply-To of a participant does not make a stranger one")
def _(stack):
    first, _ = write(stack)
    message_id = "forged.1@client.example"
    stack.send(mail(sender=EVE, message_id="<%s>" % message_id, headers=answers_to(first) + [("Sender", ANN), ("Reply-To", ANN)]), ANN,
               ["support@acme.example"])
    expect_equal(stack.value("SELECT reason FROM ticketing.intake WHERE message_id = '%s'" % message_id), "not_participant", "reason")


@case("Cc of the opening mail takes part where its domain is allowed, Cc of a reply does not")
def _(stack):
    first, ticket = write(stack, headers=[("Cc", "Bob <BOB@acme.example>, x@foreign.example, helpdesk@acme.example, p@a.partner.example")])
    expect_equal([row["address"] for row in stack.rows("SELECT address FROM ticketing.participant WHERE ticket_id = %d ORDER BY 1"
                                                       % ticket["ticket_id"])], [ANN, BOB, "p@a.partner.example"], "participants")
    for sender in (BOB, "p@a.partner.example", "Ann@ACME.example"):
        _, row = write(stack, sender, headers=answers_to(first))
        expect_equal((answer(row), row["ticket_id"]), (("note", None), ticket["ticket_id"]), sender)
        expect_equal(note(stack, row)["author"], sender.lower(), "author")
    write(stack, headers=answers_to(first) + [("Cc", EVE)])
    _, row = write(stack, EVE, headers=answers_to(first))
    expect_equal(answer(row), ("ticket", "not_participant"), "who was in Cc of a reply")


@case("a note is public, has the new text and the full text, and its own attachments")
def _(stack):
    first, ticket = write(stack, headers=[("X-Cost", "4711")])
    body = ("--b\nContent-Type: text/plain\n\nThe new part.\n\nOn Monday Bob wrote:\n> The old part.\n--b\n"
            "Content-Type: text/plain; name=log.txt\nContent-Disposition: attachment; filename=log.txt\n\nlines\n--b--\n")
    _, row = write(stack, subject="Re: Printer", body=body, headers=answers_to(first) + [
        ("MIME-Version", "1.0"), ("Content-Type", 'multipart/mixed; boundary="b"'), ("X-Cost", "changed"), ("X-Priority", "1")])
    got = note(stack, row)
    expect_equal((got["visibility"], got["source"], got["author"]), ("public", "mail", ANN), "the note")
    expect("The new part." in got["body"] and "old part" not in got["body"], got["body"])
    expect("The new part." in got["body_full"] and "> The old part." in got["body_full"], got["body_full"])
    files = stack.rows("SELECT filename, note_id FROM ticketing.attachment WHERE ticket_id = %d" % ticket["ticket_id"])
    expect_equal(files, [{"filename": "log.txt", "note_id": row["note_id"]}], "attachments")
    after = stack.rows("SELECT * FROM ticketing.ticket WHERE ticket_id = %d" % ticket["ticket_id"])[0]
    expect_equal((after["subject"], after["priority"], after["requester"]), ("Printer", "P3", ANN), "the ticket")
    expect_equal(stack.value("SELECT value FROM ticketing.ticket_field WHERE ticket_id = %d AND name = 'cost_centre'"
                             % ticket["ticket_id"]), "4711", "the field")


@case("a ticket of a type that is not in reply_types takes no note")
def _(stack):
    first, ticket = write(stack, rcpt="change@acme.example")
    _, row = write(stack, rcpt="change@acme.example", headers=answers_to(first))
    expect_equal((answer(row), row["detail"]), (("fail", "type_not_whitelisted"), "change"), "a reply to a change")
    _, row = write(stack, subject="[%s]" % ticket["number"])
    expect_equal(answer(row), ("fail", "type_not_whitelisted"), "by the number, through another channel")
    _, row = write(stack, EVE, rcpt="change@acme.example", headers=answers_to(first))
    expect_equal(answer(row), ("ticket", "not_participant"), "a stranger learns nothing of types")
    first, ticket = write(stack, rcpt="request@acme.example")
    _, row = write(stack, headers=answers_to(first))
    expect_equal((answer(row), row["ticket_id"]), (("note", None), ticket["ticket_id"]), "a request through the support channel")


@case("a closed ticket gets the note and stays closed")
def _(stack):
    first, ticket = write(stack)
    for status, reason in (("closed", "closed_ticket"), ("pending", None)):
        stack.psql("SELECT ticketing.set_status(%d, '%s', '%s', 'agent')" % (ticket["tenant_id"], ticket["number"], status))
        _, row = write(stack, headers=answers_to(first))
        expect_equal((answer(row), row["ticket_id"], row["ticket_status"]), (("note", reason), ticket["ticket_id"], status), status)


@case("a reply with the number of another tenant finds nothing of that tenant")
def _(stack):
    first, foreign = write(stack, rcpt="desk@zeta.example")
    expect_equal(foreign["number"], "INC-1", "the number of the other tenant")
    taken = stack.value("SELECT count(*) AS n FROM ticketing.ticket WHERE tenant_id = %d" % foreign["tenant_id"])
    _, row = write(stack, headers=answers_to(first))
    expect_equal(answer(row), ("ticket", None), "by the id")
    expect(row["tenant_id"] != foreign["tenant_id"], "tenant")
    own, ticket = write(stack)
    _, row = write(stack, rcpt="desk@zeta.example", subject="Re: [%s] Printer" % ticket["number"], headers=answers_to(own))
    expect_equal((answer(row), row["ticket_subject"], row["tenant_id"]), (("ticket", "unknown_ticket"), "Re: Printer", foreign["tenant_id"]),
                 "by the number")
    expect_equal(stack.value("SELECT count(*) AS n FROM ticketing.ticket WHERE tenant_id = %d" % foreign["tenant_id"]), taken + 1, "tickets")


@case("of several tickets that a reply names, the one in which its writer takes part is taken")
def _(stack):
    _, annes = write(stack)
    bobs_id, bobs = write(stack, BOB)
    _, row = write(stack, subject="[%s]" % annes["number"], headers=answers_to(bobs_id))
    expect_equal((answer(row), row["ticket_id"]), (("note", None), annes["ticket_id"]), "the id of one, the number of another")
    expect(bobs["ticket_id"] != annes["ticket_id"], "one ticket")


@case("an agent's note by the database call stands beside those by mail")
def _(stack):
    first, ticket = write(stack)
    stack.psql("SET ROLE ticket_agent; SELECT ticketing.add_note(%d, '%s', 'agent', 'internal', 'Look at it');"
               % (ticket["tenant_id"], ticket["number"]))
    write(stack, headers=answers_to(first))
    expect_equal([(row["source"], row["visibility"]) for row in stack.rows(
        "SELECT source, visibility FROM ticketing.note WHERE ticket_id = %d ORDER BY note_id" % ticket["ticket_id"])],
        [("agent", "internal"), ("mail", "public")], "notes")


main(lambda build: Stack(build, templates=TEMPLATES, domains=DOMAINS + ["zeta.example"], aliases=ALIASES + [
    "%s fail@acme.example" % a for a in ("request@acme.example", "change@acme.example", "desk@zeta.example")],
    channels={"support.conf": SUPPORT, "request.conf": REQUEST, "change.conf": CHANGE, "zeta.conf": ZETA}))
