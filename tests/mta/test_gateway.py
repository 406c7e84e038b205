"""ticket-milter between a real Postfix and a real PostgreSQL: what becomes of mails, and of the servers' bad days."""

import base64
import hashlib
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import CHANNEL, Stack, case, expect, expect_equal, mail, main, wait_for  # noqa: E402

ANN = "ann@acme.example"
SUPPORT = "support@acme.example"


def ticket_of(stack, message_id):
    rows = stack.rows("SELECT t.* FROM ticketing.ticket t JOIN ticketing.message_id m USING (tenant_id, ticket_id)"
                      " WHERE m.message_id IN ('%s', '<%s>') AND m.note_id IS NULL" % (message_id, message_id))
    expect_equal(len(rows), 1, "number of tickets of " + message_id)
    return rows[0]


def last_intake(stack):
    return stack.rows("SELECT * FROM ticketing.intake ORDER BY intake_id DESC LIMIT 1")[0]


def count(stack, table):
    return stack.value("SELECT count(*) AS n FROM ticketing." + table)


@case("a new request is a ticket by the time its sender is told 250")
def _(stack):
    reply = stack.send(mail("Printer is broken", message_id="<new.1@acme.example>",
                            headers=[("X-Priority", "1")]), ANN, [SUPPORT])
    expect_equal(reply[0], 250, reply[1])
    ticket = ticket_of(stack, "new.1@acme.example")
    expect_equal(ticket["subject"], "Printer is broken", "subject")
    expect_equal(ticket["requester"], ANN, "requester")
    expect_equal(ticket["priority"], "P2", "priority")
    expect_equal(ticket["status"], "open", "status")
    expect("printer on floor 3" in ticket["description"], ticket["description"])
    intake = last_intake(stack)
    expect_equal((intake["verdict"], intake["mail_from"], intake["rcpt"]), ("ticket", ANN, SUPPORT), "intake")
    stack.settle()
    expect_equal(stack.mailbox("fail@acme.example"), [], "the fail mailbox")


@case("a reply of the requester becomes a note on the ticket")
def _(stack):
    stack.send(mail("Screen is dark", message_id="<reply.1@acme.example>"), ANN, [SUPPORT])
    reply = stack.send(mail("Re: Screen is dark", "It was the cable.\n\nOn Monday Ann wrote:\n> It is dark.\n",
                            headers=[("In-Reply-To", "<reply.1@acme.example>")]), ANN, [SUPPORT])
    expect_equal(reply[0], 250, reply[1])
    ticket = ticket_of(stack, "reply.1@acme.example")
    notes = stack.rows("SELECT * FROM ticketing.note WHERE ticket_id = %d" % ticket["ticket_id"])
    expect_equal([(n["author"], n["source"], n["visibility"]) for n in notes], [(ANN, "mail", "public")], "notes")
    expect("cable" in notes[0]["body"] and "It is dark" not in notes[0]["body"], "body: " + notes[0]["body"])
    expect_equal(last_intake(stack)["verdict"], "note", "verdict")


@case("a mail that is only html becomes a readable ticket")
def _(stack):
    content = mail("Till", "<p>The <b>till</b> shows &lt;nothing&gt;.</p><script>alert(1)</script>", message_id="<html.1@x>",
                   headers=[("MIME-Version", "1.0"), ("Content-Type", "text/html; charset=utf-8")])
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250)
    description = ticket_of(stack, "html.1@x")["description"]
    expect("till" in description and "<nothing>" in description and "alert" not in description, description)


@case("attachments are kept byte by byte")
def _(stack):
    data = bytes(range(256)) * 2000
    body = ("--b\nContent-Type: text/plain\n\nSee the file.\n--b\nContent-Type: application/octet-stream\n"
            "Content-Disposition: attachment; filename=\"data.bin\"\nContent-Transfer-Encoding: base64\n\n" +
            base64.encodebytes(data).decode() + "--b--\n")
    content = mail("Data", body, message_id="<data.1@x>",
                   headers=[("MIME-Version", "1.0"), ("Content-Type", 'multipart/mixed; boundary="b"')])
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250)
    ticket = ticket_of(stack, "data.1@x")
    rows = stack.rows("SELECT * FROM ticketing.attachment WHERE ticket_id = %d" % ticket["ticket_id"])
    expect_equal([(r["filename"], r["size"]) for r in rows], [("data.bin", len(data))], "attachments")
    stored = stack.psql("SELECT encode(d, 'hex') FROM ticketing.attachment_data(%d, %d) AS d" %
                        (rows[0]["tenant_id"], rows[0]["attachment_id"]))
    expect_equal(hashlib.sha256(bytes.fromhex(stored.replace("\n", ""))).hexdigest(), hashlib.sha256(data).hexdigest(), "sha256")


@case("an out-of-office answer is taken and becomes nothing")
def _(stack):
    before = count(stack, "ticket")
    reply = stack.send(mail("Out of Office", headers=[("Auto-Submitted", "auto-replied")]), ANN, [SUPPORT])
    expect_equal(reply[0], 250, reply[1])
    intake = last_intake(stack)
    expect_equal(intake["verdict"], "exclude", "verdict")
    expect(intake["reason"] in ("out_of_office", "auto_generated"), intake["reason"])
    expect_equal(count(stack, "ticket"), before, "tickets")


@case("a mail from a domain that is not allowed lies in the fail mailbox and says why")
def _(stack):
    before = len(stack.mailbox("fail@acme.example"))
    content = mail("Offers", sender="x@foreign.example")
    expect_equal(stack.send(content, "x@foreign.example", [SUPPORT])[0], 250)
    got = stack.wait_mailbox("fail@acme.example", before + 1)[-1]
    expect(b"\nX-Ticket-Verdict: fail; channel=acme/support; reason=domain_not_allowed\n" in got, "no verdict in the mail")
    expect_equal(got.split(b"\n\n", 1)[1].strip(), content.split(b"\r\n\r\n", 1)[1].strip().replace(b"\r\n", b"\n"), "the body")
    expect_equal((last_intake(stack)["verdict"], last_intake(stack)["reason"]), ("fail", "domain_not_allowed"), "intake")


@case("a mail to a channel and to a private mailbox is a ticket, and the private copy tells nothing of it")
def _(stack):
    expect_equal(stack.send(mail("Laptop", message_id="<both.1@x>"), ANN, [SUPPORT, "dora@acme.example"])[0], 250)
    ticket = ticket_of(stack, "both.1@x")
    (got,) = stack.wait_mailbox("dora@acme.example")
    head = got.split(b"\n\n", 1)[0].decode()
    for word in ("acme/support", ticket["number"], "reason="):
        expect(word not in head, "%s stands in the private copy" % word)
    expect_equal(head.count("X-Ticket-Verdict:"), 1, "verdict headers")


@case("a mail that is for no channel passes untouched and leaves no trace")
def _(stack):
    before = count(stack, "intake")
    expect_equal(stack.send(mail(to="erik@acme.example"), ANN, ["erik@acme.example"])[0], 250)
    (got,) = stack.wait_mailbox("erik@acme.example")
    expect(b"X-Ticket" not in got, "a header was added")
    expect_equal(count(stack, "intake"), before, "intake rows")


@case("headers of ours that a sender forged are taken away")
def _(stack):
    before = len(stack.mailbox("fail@acme.example"))
    forged = [("X-Ticket-Verdict", "ticket; channel=acme/support"), ("X-Ticket-Id", "INC-1"), ("X-Ticket-Verdict", "fail")]
    stack.send(mail(sender="x@foreign.example", headers=forged), "x@foreign.example", [SUPPORT])
    head = stack.wait_mailbox("fail@acme.example", before + 1)[-1].split(b"\n\n", 1)[0]
    expect_equal(head.count(b"X-Ticket-"), 1, "our headers")


@case("a forged header behind thousands of others is taken away too")
def _(stack):
    before = len(stack.mailbox("fail@acme.example"))
    forged = [(f"X-Filler-{number}", "x") for number in range(3000)] + [("X-Ticket-Id", "INC-1")]
    expect_equal(stack.send(mail(sender="x@foreign.example", headers=forged), "x@foreign.example", [SUPPORT])[0], 250)
    head = stack.wait_mailbox("fail@acme.example", before + 1)[-1].split(b"\n\n", 1)[0]
    expect_equal(head.count(b"X-Ticket-Id"), 0, "forged headers")
    expect_equal(head.count(b"X-Ticket-Verdict: fail"), 1, "our headers")


def forge(count):
    """COUNT marks of ours in every spelling, between fields that are the sender's own."""
    names = ("X-Ticket-Verdict", "x-ticket-verdict", "X-TICKET-ID", "X-Ticket-%d")
    values = ("ticket; channel=acme/support", "INC-1\r\n\tfolded", "")
    marks = [(name % number if "%" in name else name, values[number % 3]) for number in range(count)
             for name in (names[number % 4],)]
    return [("X-Own", "first")] + marks + [("X-Own", "last")]


@case("five thousand forged headers of ours are taken away, in any case and folded, and the others stay")
def _(stack):
    before = len(stack.mailbox("fail@acme.example"))
    content = mail(sender="x@foreign.example", headers=forge(5000))
    expect_equal(stack.send(content, "x@foreign.example", [SUPPORT])[0], 250)
    head = stack.wait_mailbox("fail@acme.example", before + 1)[-1].split(b"\n\n", 1)[0]
    expect_equal(re.findall(rb"(?im)^x-ticket-.*$", head),
                 [b"X-Ticket-Verdict: fail; channel=acme/support; reason=domain_not_allowed"], "our headers")
    expect_equal(re.findall(rb"(?m)^X-Own: (\w+)$", head), [b"first", b"last"], "the sender's own")
    expect(b"folded" not in head, "what followed a forged header stays")


@case("a mail with more forged headers than the mail server can remove is put off, unless nobody gets a copy")
def _(stack):
    mailboxes = ("fail@acme.example", "dora@acme.example")
    before = [len(stack.mailbox(address)) for address in mailboxes] + [count(stack, "intake")]
    many = forge(7000)
    behind = [("X-Own", "x")] * 100000 + forge(300)
    for headers in (many, behind):
        content = mail(sender="x@foreign.example", headers=headers)
        expect_equal(stack.send(content, "x@foreign.example", [SUPPORT])[0], 451, "the reply")
        expect_equal(stack.send(content, "x@foreign.example", [SUPPORT, "dora@acme.example"])[0], 451, "the reply")
    wait_for(stack.queue_is_empty, "an empty queue")
    expect_equal([len(stack.mailbox(address)) for address in mailboxes] + [count(stack, "intake")], before, "what came of it")
    expect("more header fields that begin with X-Ticket- than" in stack.milter_log(), "the log does not say why")
    expect_equal(stack.send(mail(headers=many, message_id="<marks.1@x>"), ANN, [SUPPORT])[0], 250)
    ticket_of(stack, "marks.1@x")


@case("W6: the same mail a second time is told 250 and makes no second ticket")
def _(stack):
    content = mail("Twice", message_id="<twice.1@acme.example>")
    for _ in range(3):
        expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250)
    ticket_of(stack, "twice.1@acme.example")
    seen = stack.value("SELECT max(seen) FROM ticketing.intake WHERE message_id LIKE '%twice.1@acme.example%'")
    expect_equal(seen, 3, "seen")


@case("detail and case of an address do not matter, and other recipients come back as they were written")
def _(stack):
    before = len(stack.mailbox("fail@acme.example"))
    expect_equal(stack.send(mail("Case", message_id="<case.1@x>"), ANN, ["SupporT+x1@Acme.Example"])[0], 250)
    ticket_of(stack, "case.1@x")
    stack.settle()
    expect_equal(len(stack.mailbox("fail@acme.example")), before, "mails in the fail mailbox")


@case("a client that leaves in the middle of a mail leaves nothing")
def _(stack):
    before = count(stack, "intake")
    with stack.smtp() as session:
        session.command("MAIL FROM:<%s>" % ANN)
        session.command("RCPT TO:<%s>" % SUPPORT)
        session.command("DATA")
        session.socket.sendall(b"Subject: half\r\n\r\nhalf a")
    with stack.smtp() as session:
        session.command("MAIL FROM:<%s>" % ANN)
        session.command("RSET")
        for number in range(3):
            replies = session.send(mail("In one session %d" % number), ANN, [SUPPORT])
            expect_equal(replies["data"][0], 250, "the reply")
    expect_equal(count(stack, "intake"), before + 3, "intake rows")


@case("D1: while the database is away the sender is told 451, and afterwards nothing is lost or doubled")
def _(stack):
    content = mail("Database away", message_id="<away.1@acme.example>")
    stack.stop_postgres("immediate")
    reply = stack.send(content, ANN, [SUPPORT])
    other = stack.send(mail(to="frida@acme.example"), ANN, ["frida@acme.example"])
    stack.start_postgres()
    expect_equal(reply[0] // 10, 45, "the reply %r" % (reply,))
    expect(reply[1].startswith("4.3."), "enhanced code: " + reply[1])
    expect_equal(other[0], 250, "the reply to a mail for no channel")
    wait_for(lambda: stack.send(content, ANN, [SUPPORT])[0] == 250, "the database to be used again")
    ticket_of(stack, "away.1@acme.example")


@case("P1: a filter that was killed costs a 451 and no mail")
def _(stack):
    content = mail("Killed", message_id="<killed.1@acme.example>")
    stack.stop_milter(signal.SIGKILL)
    expect_equal(stack.send(content, ANN, [SUPPORT])[0] // 100, 4, "the reply class")
    stack.start_milter()
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250)
    ticket_of(stack, "killed.1@acme.example")


@case("a stop by SIGTERM is orderly")
def _(stack):
    expect_equal(stack.stop_milter(signal.SIGTERM), 0, "the exit status")
    stack.start_milter()


@case("SIGUSR1 brings new rules, and a faulty file leaves the old ones")
def _(stack):
    def allowed(address, number):
        stack.send(mail("Rules", sender=address, message_id="<rules.%s@x>" % number), address, [SUPPORT])
        return last_intake(stack)["verdict"] == "ticket"

    try:
        stack.channels = {"support.conf": CHANNEL.replace('"*.partner.example"', '"*.partner.example", "new.example"')}
        stack.configure()
        stack.daemon.send_signal(signal.SIGUSR1)
        numbers = iter(range(1000))
        wait_for(lambda: allowed("x@new.example", next(numbers)), "the new rule")
        with open(stack.path("conf", "channels.d", "support.conf"), "a", encoding="utf-8") as file:
            file.write("unknown_option = 1;\n")
        stack.daemon.send_signal(signal.SIGUSR1)
        wait_for(lambda: "unknown_option" in stack.milter_log(), "the complaint in the log")
        expect(allowed("x@new.example", "last"), "the old rules are gone")
    finally:
        stack.channels = {"support.conf": CHANNEL}
        stack.configure()
        stack.daemon.send_signal(signal.SIGUSR1)


@case("disabling a channel works at once on a gateway that was not told, until it is published again")
def _(stack):
    stack.ctl("disable", "acme/support")
    try:
        expect_equal(stack.send(mail("Disabled"), ANN, [SUPPORT])[0], 250)
        expect_equal((last_intake(stack)["verdict"], last_intake(stack)["reason"]), ("fail", "channel_disabled"), "intake")
    finally:
        stack.ctl("publish", "acme/support")
    expect_equal(stack.send(mail("Published"), ANN, [SUPPORT])[0], 250)
    expect_equal(last_intake(stack)["verdict"], "ticket", "verdict")


main(Stack)
