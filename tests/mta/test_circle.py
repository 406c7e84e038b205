"""Circle: a request, what ticket-notify sends of its ticket, and the answers to that: all by real SMTP."""

import email
import email.policy
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from desk import Desk, text_of  # noqa: E402
from tk import ALIASES, CHANNEL, case, expect, expect_equal, mail, main, wait_for  # noqa: E402

ANN, BOB, EVE = "ann@acme.example", "bob@acme.example", "eve@acme.example"
CARL = "unknown.carl@a.partner.example"  # an address that the mail server takes, and that turns out to be none


def answer(message, sender, new, to=None):
    """The answer of a common client to a received mail: above a quotation of the whole."""
    quoted = "".join("> %s\n" % line if line else ">\n" for line in text_of(message).rstrip("\n").split("\n"))
    body = "%s\n\nOn Mon, 2 Mar 2026 at 11:00, Support Mailbox <%s> wrote:\n%s" % (new, message["From"].addresses[0].addr_spec, quoted)
    return mail("Re: " + message["Subject"], body, sender=sender, to=to or message["Reply-To"],
                headers=[("In-Reply-To", message["Message-ID"]), ("References", message["Message-ID"])])


def send(stack, content, sender, rcpt):
    """Sends a mail; returns its intake row."""
    expect_equal(stack.send(content, sender, [rcpt])[0], 250, "the reply")
    message_id = email.message_from_bytes(content)["Message-ID"].strip("<>")
    (row,) = stack.rows("SELECT * FROM ticketing.intake WHERE message_id = '%s'" % message_id)
    return row


def reply_to(message):
    return message["Reply-To"].addresses[0].addr_spec


def notes(stack, ticket_id):
    return stack.rows("SELECT * FROM ticketing.note WHERE ticket_id = %d ORDER BY note_id" % ticket_id)


def add_note(stack, number, body):
    stack.psql("SELECT ticketing.add_note(tenant_id, number, 'Dora', 'public', '%s') FROM ticketing.ticket WHERE number = '%s'"
               % (body, number))


def request(stack, cc):
    """A new request; returns its ticket."""
    row = send(stack, mail("Printer on floor 3", "It is broken.\n", headers=[("Cc", cc)]), ANN, "support@acme.example")
    return stack.rows("SELECT * FROM ticketing.ticket WHERE ticket_id = %d" % row["ticket_id"])[0]


@case("a request is confirmed, and the answer to the confirmation is a note with the new text alone")
def _(stack):
    ticket = request(stack, "")
    confirmation = stack.received(ANN, ticket["number"])
    expect("t-" in reply_to(confirmation) and ticket["number"] in confirmation["Subject"], str(confirmation))
    row = send(stack, answer(confirmation, ANN, "It is the one beside the door."), ANN, reply_to(confirmation))
    expect_equal((row["verdict"], row["reason"], row["ticket_id"]), ("note", None, ticket["ticket_id"]), "the answer")
    (note,) = notes(stack, ticket["ticket_id"])
    expect_equal((note["visibility"], note["body"].strip()), ("public", "It is the one beside the door."), "the note")


@case("an agent's note goes to each participant under a mark of his own, and each one's answer is a note with the new text alone")
def _(stack):
    ticket = request(stack, BOB)
    add_note(stack, ticket["number"], "Which printer is it?")
    mails = {address: stack.received(address, ticket["number"], "Which printer is it?") for address in (ANN, BOB)}
    expect(reply_to(mails[ANN]) != reply_to(mails[BOB]), "one mark for both")
    for address, new in ((ANN, "The grey one."), (BOB, "The one that Ann means.\n\nYours, Bob")):
        row = send(stack, answer(mails[address], address, new), address, reply_to(mails[address]))
        expect_equal((row["verdict"], row["reason"], row["ticket_id"]), ("note", None, ticket["ticket_id"]), address)
    expect_equal([(n["author"], n["visibility"], n["body"].strip()) for n in notes(stack, ticket["ticket_id"]) if n["source"] == "mail"],
                 [(ANN, "public", "The grey one."), (BOB, "public", "The one that Ann means.\n\nYours, Bob")], "notes")


@case("an answer that keeps nothing but our Message-ID finds the ticket too")
def _(stack):
    ticket = request(stack, "")
    confirmation = stack.received(ANN, ticket["number"])
    content = mail("Something else", sender=ANN, headers=[("In-Reply-To", confirmation["Message-ID"])])
    row = send(stack, content, ANN, "support@acme.example")
    expect_equal((row["verdict"], row["ticket_id"]), ("note", ticket["ticket_id"]), "the answer")


@case("S4 a_stranger_to_whom_the_mail_was_passed_on_leaves_an_unverified_internal_note_and_nobody_is_told_of_it_by_mail")
def _(stack):
    had = len(stack.mailbox(EVE))
    ticket = request(stack, "")
    add_note(stack, ticket["number"], "Your password is on its way.")
    passed_on = stack.received(ANN, ticket["number"], "Your password is on its way.")
    row = send(stack, answer(passed_on, EVE, "Send it to me."), EVE, reply_to(passed_on))
    expect_equal((row["verdict"], row["reason"], row["ticket_id"]), ("note", "unverified", ticket["ticket_id"]), "the answer")
    note = notes(stack, ticket["ticket_id"])[-1]
    expect_equal((note["visibility"], note["unverified"], note["body"].strip()), ("internal", True, "Send it to me."), "the note")
    add_note(stack, ticket["number"], "It was sent.")
    told = stack.received(ANN, ticket["number"], "It was sent.")
    expect("Send it to me" not in text_of(told), "the requester is shown it: " + text_of(told))
    expect_equal(len(stack.mailbox(EVE)), had, "mails to the stranger")


@case("O8 a_note_mail_that_cannot_be_delivered_comes_home_as_a_delivery_note")
def _(stack):
    ticket = request(stack, CARL)
    add_note(stack, ticket["number"], "Hello to all of you.")

    def failures():
        return [n for n in notes(stack, ticket["ticket_id"]) if n["source"] == "delivery"]
    (note,) = wait_for(failures, "the delivery note")
    expect_equal((note["visibility"], note["body"].splitlines()[0]), ("internal", "Delivery to %s failed: 5.1.1" % CARL), "the note")
    expect_equal(stack.value("SELECT count(*) AS n FROM ticketing.outbox WHERE ticket_id = %d AND kind = 'note'" % ticket["ticket_id"]), 2,
                 "mails about the ticket")
    stack.settle()


main(lambda build: Desk(build, aliases=ALIASES, channels={
    "support.conf": CHANNEL.replace('  template = ', '  confirmation = { enabled = true; pause = "0s"; };\n  template = ')}))
