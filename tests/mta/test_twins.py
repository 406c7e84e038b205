"""One mail that comes more than once, mails that look alike, and what ticketctl tells of them."""

import itertools
import json
import os
import re
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import CHANNEL, SLOW, Stack, case, expect, expect_equal, mail, main  # noqa: E402

ANN, SUPPORT = "ann@acme.example", "support@acme.example"
numbers = itertools.count(1)


def tickets(stack, message_id):
    return stack.rows("SELECT DISTINCT ticket_id FROM ticketing.message_id WHERE message_id = '%s' AND note_id IS NULL" % message_id)


def intakes(stack, message_id):
    return stack.rows("SELECT * FROM ticketing.intake WHERE message_id = '%s' ORDER BY intake_id" % message_id)


def newest(stack):
    return stack.rows("SELECT * FROM ticketing.intake ORDER BY intake_id DESC LIMIT 1")[0]


def at_once(stack, contents):
    """Sends each content on a connection of its own at the same moment; returns the codes."""
    gate, codes = threading.Barrier(len(contents)), [0] * len(contents)

    def run(number, content):
        with stack.smtp() as session:
            session.command("MAIL FROM:<%s>" % ANN)
            session.command("RCPT TO:<%s>" % SUPPORT)
            gate.wait(SLOW)
            codes[number] = session.data(content)[0]
    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(contents)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10 * SLOW)
    return codes


@case("D11: the same mail at the same moment on sixteen connections is one ticket, and all are told 250")
def _(stack):
    for number in range(3):
        content = mail("Twin", message_id="<twin.%d@acme.example>" % number)
        expect_equal(at_once(stack, [content] * 16), [250] * 16, "codes")
        expect_equal(len(tickets(stack, "twin.%d@acme.example" % number)), 1, "tickets")
        rows = intakes(stack, "twin.%d@acme.example" % number)
        expect_equal([(row["verdict"], row["seen"]) for row in rows], [("ticket", 16)], "intake")


@case("the same reply at the same moment is one note, and the same attachment in sixteen mails is stored once")
def _(stack):
    stack.send(mail("Parent", message_id="<twin.parent@acme.example>"), ANN, [SUPPORT])
    note = mail("Re: Parent", "A note.\n", message_id="<twin.note@acme.example>", headers=[("In-Reply-To", "<twin.parent@acme.example>")])
    expect_equal(at_once(stack, [note] * 8), [250] * 8, "codes")
    expect_equal(stack.value("SELECT count(*) AS n FROM ticketing.note WHERE body LIKE '%A note.%'"), 1, "notes")
    body = ("--b\n\nSee.\n--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=same.bin\n\nthe same\n--b--\n")
    contents = [mail("File", body, message_id="<twin.file.%d@acme.example>" % number, headers=[
        ("MIME-Version", "1.0"), ("Content-Type", "multipart/mixed; boundary=b")]) for number in range(16)]
    expect_equal(at_once(stack, contents), [250] * 16, "codes")
    expect_equal(stack.rows("SELECT count(*) AS n, count(DISTINCT sha256) AS h FROM ticketing.attachment WHERE filename = 'same.bin'"),
                 [{"n": 16, "h": 1}], "attachments")
    expect_equal(stack.value("SELECT count(*) AS n FROM ticketing.blob WHERE sha256 IN (SELECT sha256 FROM ticketing.attachment"
                             " WHERE filename = 'same.bin')"), 1, "blobs")


@case("W6: a resend through other hops, with headers that MTAs add, is the same mail")
def _(stack):
    content = mail("Resent", message_id="<resent@acme.example>")
    added = [b"", b"Received: from a by b; Mon, 02 Mar 2026 10:00:00 +0000\r\n", b"Return-Path: <ann@acme.example>\r\nDelivered-To: x@y\r\n",
             b"DKIM-Signature: v=1; b=x\r\nAuthentication-Results: mx; dkim=pass\r\nX-Spam-Status: No\r\n"]
    for lines in added:
        expect_equal(stack.send(lines + content, ANN, [SUPPORT])[0], 250)
    for rcpt in ("helpdesk@acme.example", "Support+x@acme.example"):
        expect_equal(stack.send(content, ANN, [rcpt])[0], 250)
    expect_equal([(row["verdict"], row["seen"]) for row in intakes(stack, "resent@acme.example")], [("ticket", 6)], "intake")


@case("a reused Message-ID with other content loses no mail: a new ticket that says mid_reuse")
def _(stack):
    for number, body in enumerate(["One.\n", "Two.\n", "Two, again.\n"]):
        expect_equal(stack.send(mail("Reused", body, message_id="<reused@acme.example>"), ANN, [SUPPORT])[0], 250)
        row = newest(stack)
        expect_equal((row["verdict"], row["reason"]), ("ticket", "mid_reuse" if number else None), body)
    expect_equal(len(tickets(stack, "reused@acme.example")), 3, "tickets")


@case("a mail that was refused yesterday is taken when its sender is allowed today, and is refused once in the list before")
def _(stack):
    content = mail("Later allowed", sender="x@later.example", message_id="<later@later.example>")
    for _ in range(2):
        stack.send(content, "x@later.example", [SUPPORT])
    expect_equal([(row["verdict"], row["seen"]) for row in intakes(stack, "later@later.example")], [("fail", 2)], "intake")
    stack.channels = {"support.conf": CHANNEL.replace('"*.partner.example"', '"*.partner.example", "later.example"')}
    stack.configure()
    stack.publish()
    stack.restart_milter()
    for _ in range(2):
        expect_equal(stack.send(content, "x@later.example", [SUPPORT])[0], 250)
    expect_equal([(row["verdict"], row["seen"]) for row in intakes(stack, "later@later.example")], [("fail", 2), ("ticket", 2)], "intake")


@case("a mail without Message-ID and Date is one within two hours, and another after them")
def _(stack):
    content = b"From: Ann <ann@acme.example>\r\nTo: support@acme.example\r\nSubject: Nameless\r\n\r\nThe same as every day.\r\n"
    verdicts = []
    for hours in (0, 0, 3, 0):
        if hours:
            stack.psql("UPDATE ticketing.intake_key SET expires_at = expires_at - interval '%d hours'" % hours)
        before = stack.value("SELECT count(*) AS n FROM ticketing.ticket")
        expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250)
        verdicts.append(stack.value("SELECT count(*) AS n FROM ticketing.ticket") - before)
    expect_equal(verdicts, [1, 0, 1, 0], "new tickets")
    life = stack.value("SELECT extract(epoch FROM max(expires_at) - max(seen_at))::bigint AS n FROM ticketing.intake_key"
                       " JOIN ticketing.intake USING (tenant_id, intake_id) WHERE intake_id = %d" % newest(stack)["intake_id"])
    expect(7000 <= life <= 7200, "the key lives %s s" % life)


@case("a difference in body, subject, sender or recipient makes another mail")
def _(stack):
    base = dict(subject="Differs", body="One.\n", message_id="<differs@acme.example>")
    before = stack.value("SELECT count(*) AS n FROM ticketing.ticket")
    variants = [dict(base), dict(base, body="One. \n"), dict(base, subject="differs"), dict(base, to="helpdesk@acme.example"),
                dict(base, sender="Anne <ann@acme.example>"), dict(base, headers=[("Cc", "bob@acme.example")])]
    for how in variants * 2:
        expect_equal(stack.send(mail(**how), ANN, [SUPPORT])[0], 250)
    expect_equal(stack.value("SELECT count(*) AS n FROM ticketing.ticket") - before, len(variants), "new tickets")


@case("`ticketctl test` says of a mail what the daemon then does")
def _(stack):
    stack.send(mail("Parent", message_id="<test.parent@acme.example>"), ANN, [SUPPORT])
    number = stack.value("SELECT number FROM ticketing.ticket ORDER BY ticket_id DESC LIMIT 1")
    table = [(dict(), ANN), (dict(headers=[("In-Reply-To", "<test.parent@acme.example>")]), ANN), (dict(subject="Re: [%s]" % number), ANN),
             (dict(subject="Re: [%s] x" % number, sender="eve@acme.example"), ANN), (dict(subject="[INC-98765] x"), ANN),
             (dict(sender="x@foreign.example"), ANN), (dict(sender="a@acme.example, b@acme.example"), ANN),
             (dict(headers=[("Auto-Submitted", "auto-replied")]), ANN), (dict(headers=[("X-Ticket-Loop", "mx.example.net")]), ANN),
             (dict(headers=[("List-Id", "<l.example>")]), ANN), (dict(), ""), (dict(subject="Out of office: away"), ANN),
             (dict(headers=[("Content-Type", "multipart/report; report-type=delivery-status; boundary=b")],
                   body="--b\n\nx\n--b\nContent-Type: message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n--b--\n"), "")]
    before = stack.value("SELECT count(*) AS n FROM ticketing.intake")
    said = []
    for how, sender in table:
        content = mail(message_id="<test.%d@client.example>" % next(numbers), **how)
        with open(stack.path("test.eml"), "wb") as file:
            file.write(content)
        done = stack.ctl("test", "acme/support", "--from", sender, "--rcpt", SUPPORT, "--json", stack.path("test.eml"), check=False)
        expect_equal(done.stdout.count("\n"), 1, "lines: %s" % done.stdout)
        answer = json.loads(done.stdout)
        expect_equal(done.returncode, 0 if answer["verdict"] in ("ticket", "note") else 1, "exit code of %s" % how)
        said.append((content, sender, answer))
    expect_equal(stack.value("SELECT count(*) AS n FROM ticketing.intake"), before, "the test has written")
    for content, sender, answer in said:
        stack.send(content, sender, [SUPPORT])
        row = newest(stack)
        for key in ("verdict", "reason", "class", "evidence", "detail"):
            expect_equal(row[key], answer[key], "%s of %r" % (key, content[:200]))
        if row["verdict"] == "ticket":
            ticket = stack.rows("SELECT * FROM ticketing.ticket WHERE ticket_id = %d" % row["ticket_id"])[0]
            for key in ("subject", "description", "requester", "requester_name", "priority"):
                expect_equal(answer["plan"][key], ticket[key], "%s of the plan" % key)
        if row["verdict"] == "note":
            expect_equal(answer["ticket"], number, "the number of the match")


def columns(stack, name):
    """The columns of a table of the design, as the catalog has them."""
    return {row["column_name"] for row in stack.rows("SELECT column_name FROM information_schema.columns WHERE table_schema = 'ticketing'"
                                                     " AND table_name = '%s'" % name)}


@case("`tickets`, `show` and `intake` print the columns by name, and show has notes, attachments, fields and intake")
def _(stack):
    wanted = {
        "ticket": "tenant_id ticket_id number ticket_type channel_id offer_id subject description requester requester_name priority status"
                  " created_at updated_at",
        "note": "tenant_id note_id ticket_id visibility author body body_full body_html source created_at",
        "attachment": "tenant_id attachment_id ticket_id note_id filename content_type size sha256 disposition content_id",
        "fields": "name value restricted",
        "intake": "tenant_id intake_id channel_id verdict reason ticket_id note_id message_id mail_from rcpt sender class evidence detail level size"
                  " raw_sha256 received_at millis seen"}
    body = "--b\n\nSee.\n--b\nContent-Type: text/x\nContent-Disposition: attachment; filename=a.x\n\nlines\n--b--\n"
    kind = [("MIME-Version", "1.0"), ("Content-Type", "multipart/mixed; boundary=b")]
    subject = "\u2028 line \x85 and \x1b[31m"
    stack.send(mail(subject, body, message_id="<show@acme.example>", headers=kind), ANN, [SUPPORT])
    stack.send(mail("Re", body, headers=kind + [("In-Reply-To", "<show@acme.example>")]), ANN, [SUPPORT])
    number = stack.value("SELECT number FROM ticketing.ticket ORDER BY ticket_id DESC LIMIT 1")
    shown = stack.ctl_json("show", number)
    expect_equal(len(shown), 1, "objects")
    expect_equal((len(shown[0]["notes"]), len(shown[0]["attachments"]), len(shown[0]["intake"])), (1, 2, 2), "parts of show")
    for objects, key in ((shown, "ticket"), (stack.ctl_json("tickets"), "ticket"), (stack.ctl_json("intake"), "intake"), (shown[0]["notes"], "note"),
                         (shown[0]["attachments"], "attachment"), (shown[0]["fields"], "fields"), (shown[0]["intake"], "intake")):
        for item in objects:
            missing = set(wanted[key].split()) - set(item)
            expect(not missing, "%s lacks %s" % (key, missing))
    for key in ("ticket", "note", "attachment", "intake"):
        expect(set(wanted[key].split()) <= columns(stack, key), "the table %s" % key)
    for command in (("show", number, "--json"), ("tickets", "--json"), ("intake", "--json"), ("tickets",), ("show", number), ("intake",)):
        text = stack.ctl(*command)
        expect(not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", text), "%s prints control characters" % (command,))
    stack.send(mail(sender="x@foreign.example"), "x@foreign.example", [SUPPORT])
    failed = stack.ctl_json("intake", "--failed")
    expect({row["verdict"] for row in failed} == {"fail"}, "verdicts of --failed")
    expect_equal(len(failed), stack.value("SELECT count(*) AS n FROM ticketing.intake WHERE verdict = 'fail'"), "rows of --failed")
    expect_equal(stack.ctl_json("intake", "--since", "2100-01-01"), [], "rows since then")


@case("exit codes say not found, usage, bad data, try later and configuration")
def _(stack):
    with open(stack.path("test.eml"), "wb") as file:
        file.write(mail())
    for arguments, code in ((("show", "INC-99999"), 1), (("show",), 64), (("frobnicate",), 64), (("tickets", "--since", "yesteryear"), 64),
                            (("intake", "--limit", "0"), 64), (("test", "acme/support", stack.path("nothing.eml")), 65),
                            (("test", "acme/none", stack.path("test.eml")), 1), (("tickets", "--conninfo", "host=127.0.0.1 port=1 connect_timeout=2"), 75),
                            (("-c", "/nonexistent/x.conf", "check"), 78), (("tickets",), 0), (("inspect", stack.path("test.eml")), 0)):
        done = stack.ctl(*arguments, check=False)
        expect_equal(done.returncode, code, "ticketctl %s: %s" % (" ".join(arguments), done.stderr.strip()))


main(Stack)
