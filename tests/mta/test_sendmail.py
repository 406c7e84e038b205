"""ticket-milter behind Sendmail: what differs from Postfix, and that the outcome does not."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import CHANNEL, Stack, case, expect, expect_equal, mail, main, wait_for  # noqa: E402

ANN = "ann@acme.example"
FOREIGN = "x@foreign.example"
SUPPORT = "support@acme.example"

# Addresses of Sendmail's own domain have aliases; those of other domains lead to an alias of their own by virtusertable. Led to
# a mailbox at once, all addresses of that mailbox would be one recipient, and what takes one of them away takes all.
CHANNELS = {
    "support.conf": CHANNEL.replace('template = "incident"', 'attach_mail = true; template = "incident"'),
    "orders.conf": """channel = {
  tenant = "acme"; name = "orders"; status = "published"; address = "orders@acme.example";
  folders = { success = "orders-done@acme.example"; fail = "Orders.Fail@acme.example"; };
  senders = { allowed_domains = [ "acme.example" ]; }; template = "incident";
  fields = ( { field = "priority"; default = "P3"; }, { field = "category"; default = "mail"; } );
};
""",
    "desk.conf": """channel = {
  tenant = "acme"; name = "desk"; status = "published"; address = "desk@local.example";
  senders = { allowed_domains = [ "partner.example" ]; }; template = "incident";
  fields = ( { field = "priority"; default = "P3"; }, { field = "category"; default = "mail"; } );
};
""",
    "hr.conf": """channel = {
  tenant = "acme"; name = "hr"; status = "published"; address = "hr@acme.example";
  senders = { allowed_domains = [ "partner.example" ]; }; template = "incident";
  fields = ( { field = "priority"; default = "P3"; }, { field = "category"; default = "mail"; } );
};
""",
}
ALIASES = ["support@acme.example ticket-support", "helpdesk@acme.example ticket-support",
           "support.392@acme.tickets.example.net ticket-support", "orders@acme.example ticket-orders", "hr@acme.example ticket-hr"]
LOCAL = [word for name in ("ticket-support", "ticket-orders", "ticket-hr", "desk") for word in ("--local", name + " fail@acme.example")]


def ticket_of(stack, message_id):
    rows = stack.rows("SELECT t.* FROM ticketing.ticket t JOIN ticketing.message_id m USING (tenant_id, ticket_id)"
                      " WHERE m.message_id IN ('%s', '<%s>') AND m.note_id IS NULL" % (message_id, message_id))
    expect_equal(len(rows), 1, "number of tickets of " + message_id)
    return rows[0]


def intakes(stack, since):
    return stack.rows("SELECT i.*, c.name AS channel FROM ticketing.intake i JOIN ticketing.channel c USING (tenant_id, channel_id)"
                      " WHERE intake_id > %d ORDER BY c.name" % since)


def newest(stack):
    return stack.value("SELECT coalesce(max(intake_id), 0) AS n FROM ticketing.intake")


def head_of(content):
    return content.split(b"\n\n", 1)[0].decode()


@case("a new request is a ticket by the time its sender is told 250, and the channel recipient is gone")
def _(stack):
    since = newest(stack)
    reply = stack.send(mail("Printer is broken", message_id="<new.1@acme.example>", headers=[("X-Priority", "1")]), ANN, [SUPPORT])
    expect_equal(reply[0], 250, reply[1])
    ticket = ticket_of(stack, "new.1@acme.example")
    expect_equal((ticket["subject"], ticket["requester"], ticket["priority"]), ("Printer is broken", ANN, "P2"), "the ticket")
    expect("printer on floor 3" in ticket["description"], ticket["description"])
    (intake,) = intakes(stack, since)
    expect_equal((intake["verdict"], intake["mail_from"], intake["rcpt"]), ("ticket", ANN, SUPPORT), "intake")
    stack.settle()
    expect_equal(stack.mailbox("fail@acme.example"), [], "the fail mailbox")


@case("a reply of the requester becomes a note on the ticket")
def _(stack):
    stack.send(mail("Screen is dark", message_id="<reply.1@acme.example>"), ANN, [SUPPORT])
    stack.send(mail("Re: Screen is dark", "It was the cable.\n\nOn Monday Ann wrote:\n> It is dark.\n",
                    headers=[("In-Reply-To", "<reply.1@acme.example>")]), ANN, [SUPPORT])
    ticket = ticket_of(stack, "reply.1@acme.example")
    notes = stack.rows("SELECT * FROM ticketing.note WHERE ticket_id = %d" % ticket["ticket_id"])
    expect_equal([(n["author"], n["source"]) for n in notes], [(ANN, "mail")], "notes")


@case("the attached mail is the mail as it was sent, header for header")
def _(stack):
    content = mail("Whole", "First line\n\n.dot line\n\ttab and end  \n", message_id="<whole.1@acme.example>",
                   headers=[("X-Two", "one\r\n\tfolded"), ("X-Wide", "  two blanks"), ("X-Empty", "")])
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250)
    ticket = ticket_of(stack, "whole.1@acme.example")
    (row,) = stack.rows("SELECT * FROM ticketing.attachment WHERE ticket_id = %d AND filename = 'mail.eml'" % ticket["ticket_id"])
    stored = stack.psql("SELECT encode(d, 'hex') FROM ticketing.attachment_data(%d, %d) AS d" %
                        (row["tenant_id"], row["attachment_id"]))
    stored = bytes.fromhex(stored.replace("\n", "")).replace(b"\r\n", b"\n")
    head, body = stored.split(b"\n\n", 1)
    wanted_head, wanted_body = content.replace(b"\r\n", b"\n").split(b"\n\n", 1)
    expect_equal(body, wanted_body, "the body")
    ours = re.sub(rb"\A(?:(?:Return-Path|Received):.*\n(?:[ \t].*\n)*)+", b"", head + b"\n").rstrip(b"\n")
    expect_equal(ours, wanted_head.rstrip(b"\n"), "the headers")


@case("a refused mail lies in the fail mailbox by virtusertable and says why, its other headers as they were")
def _(stack):
    before = len(stack.mailbox("fail@acme.example"))
    content = mail("Offers", sender=FOREIGN, headers=[("X-Two", "one\r\n\tfolded")])
    expect_equal(stack.send(content, FOREIGN, [SUPPORT])[0], 250)
    got = stack.wait_mailbox("fail@acme.example", before + 1)[-1]
    head = head_of(got)
    expect("\nX-Ticket-Verdict: fail; channel=acme/support; reason=domain_not_allowed\n" in head + "\n", "the verdict: " + head)
    expect("\nSubject: Offers\n" in head and "\nX-Two: one\n\tfolded\n" in head + "\n", "the sender's headers: " + head)
    expect_equal(got.split(b"\n\n", 1)[1].strip(), content.split(b"\r\n\r\n", 1)[1].strip().replace(b"\r\n", b"\n"), "the body")


@case("a refused mail lies in the fail mailbox by aliases")
def _(stack):
    before = len(stack.mailbox("fail@acme.example"))
    expect_equal(stack.send(mail("Desk", sender=FOREIGN), FOREIGN, ["desk@local.example"])[0], 250)
    got = stack.wait_mailbox("fail@acme.example", before + 1)[-1]
    expect("X-Ticket-Verdict: fail; channel=acme/desk; reason=domain_not_allowed\n" in head_of(got) + "\n", head_of(got))


@case("with aliases too, the recipient of a mail that became a ticket is gone")
def _(stack):
    before = len(stack.mailbox("fail@acme.example"))
    content = mail("Desk", sender="p@partner.example", message_id="<desk.1@x>")
    expect_equal(stack.send(content, "p@partner.example", ["Desk+x@Local.example"])[0], 250)
    ticket_of(stack, "desk.1@x")
    stack.settle()
    expect_equal(len(stack.mailbox("fail@acme.example")), before, "mails in the fail mailbox")


@case("a folder that is an address takes the recipient's place")
def _(stack):
    before = len(stack.mailbox("fail@acme.example"))
    expect_equal(stack.send(mail("Wrong", sender=FOREIGN), FOREIGN, ["orders@acme.example"])[0], 250)
    (got,) = stack.wait_mailbox("orders.fail@acme.example")
    expect("X-Ticket-Verdict: fail; channel=acme/orders; reason=domain_not_allowed\n" in head_of(got) + "\n", head_of(got))
    expect_equal(stack.send(mail("Right", message_id="<right.1@x>"), ANN, ["orders@acme.example"])[0], 250)
    (got,) = stack.wait_mailbox("orders-done@acme.example")
    expect("\nX-Ticket-Id: %s\n" % ticket_of(stack, "right.1@x")["number"] in head_of(got) + "\n", head_of(got))
    stack.settle()
    expect_equal(len(stack.mailbox("fail@acme.example")), before, "mails in the alias")


@case("a mail to a channel and to a private mailbox is a ticket, and the private copy tells nothing of it")
def _(stack):
    expect_equal(stack.send(mail("Laptop", message_id="<both.1@x>"), ANN, ["Dora@acme.example", SUPPORT])[0], 250)
    ticket = ticket_of(stack, "both.1@x")
    (got,) = stack.wait_mailbox("dora@acme.example")
    for word in ("acme/support", ticket["number"], "reason="):
        expect(word not in head_of(got), "%s stands in the private copy" % word)
    expect_equal(head_of(got).count("X-Ticket-Verdict:"), 1, "verdict headers")


@case("two channels of one mail have a verdict each, and the refused one keeps its folder, be it the same mailbox")
def _(stack):
    for others in (["desk@local.example", SUPPORT], [SUPPORT, "hr+x@acme.example"], ["fail@acme.example", SUPPORT]):
        since, before = newest(stack), len(stack.mailbox("fail@acme.example"))
        expect_equal(stack.send(mail("Two channels"), ANN, others)[0], 250)
        verdicts = {i["channel"]: i["verdict"] for i in intakes(stack, since)}
        expect_equal(verdicts.pop("support"), "ticket", "the verdict")
        expect(set(verdicts.values()) <= {"fail"}, "verdicts: %r" % verdicts)
        got = stack.wait_mailbox("fail@acme.example", before + 1)[-1]
        for channel in verdicts:
            expect("channel=acme/%s; reason=domain_not_allowed" % channel in head_of(got), head_of(got))
        stack.settle()
        expect_equal(len(stack.mailbox("fail@acme.example")), before + 1, "mails in the fail mailbox")


@case("detail and case of an address do not matter")
def _(stack):
    before = len(stack.mailbox("fail@acme.example"))
    for number, address in enumerate(("SupporT+x1@Acme.Example", "HELPDESK@acme.example", "support.392@ACME.tickets.example.net")):
        expect_equal(stack.send(mail("Case", message_id="<case.%d@x>" % number), ANN, [address])[0], 250)
        ticket_of(stack, "case.%d@x" % number)
    stack.settle()
    expect_equal(len(stack.mailbox("fail@acme.example")), before, "mails in the fail mailbox")


@case("a mail that is for no channel passes untouched and leaves no trace")
def _(stack):
    since = newest(stack)
    expect_equal(stack.send(mail(to="erik@acme.example"), ANN, ["erik@acme.example"])[0], 250)
    (got,) = stack.wait_mailbox("erik@acme.example")
    expect("X-Ticket" not in head_of(got), "a header was added")
    expect_equal(intakes(stack, since), [], "intake rows")


@case("headers of ours that a sender forged are taken away, all of them")
def _(stack):
    before = len(stack.mailbox("fail@acme.example"))
    forged = [("X-Ticket-Verdict", "ticket; channel=acme/support"), ("X-Ticket-Id", "INC-1"), ("X-Other", "stays"),
              ("x-ticket-verdict", "fail"), ("X-Ticket-Verdict", "third"), ("X-Ticket-Id", "INC-2")]
    expect_equal(stack.send(mail(sender=FOREIGN, headers=forged), FOREIGN, [SUPPORT])[0], 250)
    head = head_of(stack.wait_mailbox("fail@acme.example", before + 1)[-1])
    expect_equal(re.findall(r"(?im)^x-ticket-.*$", head),
                 ["X-Ticket-Verdict: fail; channel=acme/support; reason=domain_not_allowed"], "our headers")
    expect("\nX-Other: stays\n" in head + "\n", head)


@case("a bounce becomes no ticket")
def _(stack):
    since = newest(stack)
    expect_equal(stack.send(mail("Undelivered", sender="MAILER-DAEMON@foreign.example"), "", [SUPPORT])[0], 250)
    (intake,) = intakes(stack, since)
    expect_equal((intake["verdict"], intake["mail_from"]), ("exclude", ""), "intake")


@case("W6: the same mail a second time is told 250 and makes no second ticket")
def _(stack):
    content = mail("Twice", message_id="<twice.1@acme.example>")
    for _ in range(3):
        expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250)
    ticket_of(stack, "twice.1@acme.example")


@case("several mails in one session, with RSET and a client that leaves, are each decided alone")
def _(stack):
    since = newest(stack)
    with stack.smtp() as session:
        session.command("MAIL FROM:<%s>" % ANN)
        session.command("RCPT TO:<%s>" % SUPPORT)
        session.command("RSET")
        for number in range(3):
            replies = session.send(mail("In one session %d" % number), ANN, [SUPPORT])
            expect_equal(replies["data"][0], 250, "the reply")
        session.command("MAIL FROM:<%s>" % ANN)
        session.command("RCPT TO:<%s>" % SUPPORT)
        session.command("DATA")
        session.socket.sendall(b"Subject: half\r\n\r\nhalf a")
    expect_equal([i["verdict"] for i in intakes(stack, since)], ["ticket"] * 3, "intakes")


@case("D1: while the database is away the sender is told 451, and afterwards nothing is lost or doubled")
def _(stack):
    content = mail("Database away", message_id="<away.1@acme.example>")
    stack.stop_postgres("immediate")
    try:
        reply = stack.send(content, ANN, [SUPPORT])
        other = stack.send(mail(to="frida@acme.example"), ANN, ["frida@acme.example"])
    finally:
        stack.start_postgres()
    expect_equal(reply[0], 451, "the reply %r" % (reply,))
    expect(reply[1].startswith("4.3."), "enhanced code: " + reply[1])
    expect_equal(other[0], 250, "the reply to a mail for no channel")
    wait_for(lambda: stack.send(content, ANN, [SUPPORT])[0] == 250, "the database to be used again")
    ticket_of(stack, "away.1@acme.example")


@case("P14: while the filter is away Sendmail puts the mail off")
def _(stack):
    content = mail("Filter away", message_id="<filter.1@acme.example>")
    stack.stop_milter()
    expect_equal(stack.send(content, ANN, [SUPPORT])[0] // 10, 45, "the reply")
    stack.start_milter()
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250)
    ticket_of(stack, "filter.1@acme.example")


main(lambda build: Stack(build, mta="sendmail", channels=CHANNELS, aliases=ALIASES, postfix=LOCAL))
