"""Who gets a mail, and with which headers: every verdict with every kind of folder, between Postfix and PostgreSQL."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import ALIASES, CHANNEL, DOMAINS, TEMPLATE, Stack, case, expect, expect_equal, mail, main  # noqa: E402

ANN = "ann@acme.example"
KINDS = ("none", "alias", "address")
PRINTING = re.compile(rb"^X-Ticket-[^\n]*", re.MULTILINE | re.IGNORECASE)


def channel(name, folder, tenant="acme", status="published"):
    """A channel whose three folders are FOLDER: none, alias, or addresses VERDICT.NAME@acme.example."""
    text = (CHANNEL.replace('tenant = "acme"', 'tenant = "%s"' % tenant).replace('"support"', '"%s"' % name)
            .replace('status = "published"', 'status = "%s"' % status)
            .replace("support.392@", name + ".1@").replace("support@acme", name + "@acme").replace("helpdesk@", "it." + name + "@"))
    for verdict in ("success", "fail", "exclude"):
        wanted = folder if folder in ("none", "alias") else "%s.%s@acme.example" % (verdict, name)
        text = re.sub(r'\b%s = "\w+"' % verdict, '%s = "%s"' % (verdict, wanted), text)
    return text


CHANNELS = {"%s.conf" % name: channel(name, folder) for name, folder in zip(KINDS, KINDS)}
CHANNELS["other.conf"] = channel("other", "alias", tenant="zeta")
CHANNELS["draft.conf"] = channel("draft", "none", status="draft")
TEMPLATES = {"incident.conf": TEMPLATE, "zeta.conf": TEMPLATE.replace('"acme"', '"zeta"').replace('"INC"', '"REQ"')}
CHANNELS["report.conf"] = re.sub(r"(success|exclude|fail)\.report@", r"unknown.\1@", channel("report", "address"))
NAMES = KINDS + ("report", "other", "draft")


def aliases():
    return ALIASES + ["%s alias.%s@acme.example" % (address, name) for name in NAMES
                      for address in (name + "@acme.example", "it.%s@acme.example" % name,
                                      name + ".1@acme.tickets.example.net")]


def where(stack, message_id):
    """Who got the mail with this Message-ID: {address: its X-Ticket headers}."""
    stack.settle()
    got = {}
    root = stack.path("postfix", "mail")
    for folder, _, files in os.walk(root):
        for name in files:
            with open(os.path.join(folder, name), "rb") as file:
                content = file.read()
            if message_id.encode() in content and os.path.basename(folder) == "new":
                parts = os.path.relpath(folder, root).split(os.sep)
                head = content.split(b"\n\n", 1)[0]
                got["%s@%s" % (parts[1], parts[0])] = [line.decode() for line in PRINTING.findall(head)]
    return got


def intakes(stack, message_id):
    return stack.rows("SELECT i.*, c.name AS channel, n.name AS tenant, t.number FROM ticketing.intake i"
                      " JOIN ticketing.tenant n USING (tenant_id) JOIN ticketing.channel c USING (tenant_id, channel_id)"
                      " LEFT JOIN ticketing.ticket t USING (tenant_id, ticket_id)"
                      " WHERE i.message_id = '%s' ORDER BY i.rcpt" % message_id)


def parent(stack, name, message_id):
    """The number of a new ticket of the channel, to which a reply can go."""
    stack.send(mail("Opened", message_id="<%s>" % message_id), ANN, [name + "@acme.example"])
    return intakes(stack, message_id)[0]["number"]


# VERDICT -> how the mail differs, the folder's option, the reason.
VERDICTS = {
    "ticket": ({}, "success", None),
    "note": ({"reply": True}, "success", None),
    "duplicate": ({"twice": True}, "success", None),
    "fail": ({"sender": "x@foreign.example"}, "fail", "domain_not_allowed"),
    "exclude": ({"headers": [("Auto-Submitted", "auto-generated")]}, "exclude", "auto_generated"),
}


def one(stack, verdict, folder):
    how, option, reason = VERDICTS[verdict]
    message_id = "%s.%s@acme.example" % (verdict, folder)
    sender = how.get("sender", ANN)
    headers = list(how.get("headers", []))
    if "reply" in how:
        number = parent(stack, folder, "parent.%s@acme.example" % folder)
        headers.append(("In-Reply-To", "<parent.%s@acme.example>" % folder))
    content = mail("A " + verdict, sender=sender, message_id="<%s>" % message_id, headers=headers)
    before = {}
    for _ in range(2 if "twice" in how else 1):
        before = where(stack, message_id)
        expect_equal(stack.send(content, sender, [folder + "@acme.example"])[0], 250, "the reply")
    rows = intakes(stack, message_id)
    expect_equal(len(rows), 1, "intake rows")
    expect_equal((rows[0]["verdict"], rows[0]["reason"]), ("ticket" if verdict == "duplicate" else verdict, reason), "intake")
    got = where(stack, message_id)
    wanted = {"none": None, "alias": "alias.%s@acme.example" % folder, "address": "%s.%s@acme.example" % (option, folder)}[folder]
    expect_equal(sorted(got), [wanted] if wanted else [], "who got it (before: %s)" % sorted(before))
    if wanted is None:
        return
    mark = "X-Ticket-Verdict: %s; channel=acme/%s" % (verdict, folder) + ("; reason=" + reason if reason else "")
    if verdict == "duplicate":  # the two copies lie in one mailbox; the later one is read
        marks = [line for content in stack.mailbox(wanted) if message_id.encode() in content
                 for line in PRINTING.findall(content.split(b"\n\n", 1)[0])]
        expect(mark.encode() in marks, "marks: %r" % marks)
        return
    marks = [mark]
    if verdict == "ticket":
        marks.append("X-Ticket-Id: " + rows[0]["number"])
    if verdict == "note":
        marks.append("X-Ticket-Id: " + number)
    if verdict == "exclude":
        marks.append("X-Ticket-Evidence: Auto-Submitted: auto-generated")
    expect_equal(got[wanted], marks, "marks")


def add_verdict_cases():
    for verdict in VERDICTS:
        for folder in KINDS:
            words = {"none": "goes nowhere", "alias": "goes where the alias leads", "address": "goes to the folder's address"}

            def run(stack, verdict=verdict, folder=folder):
                one(stack, verdict, folder)
            case("the verdict %s with folder %s %s and bears its mark" % (verdict, folder, words[folder]) if folder != "none" else
                 "the verdict %s with folder none goes nowhere and leaves the queue empty" % verdict)(run)


add_verdict_cases()


@case("an address in any case, with detail or by an alias leads to its channel, and the string of the client goes away")
def _(stack):
    for number, rcpt in enumerate(["NONE@ACME.EXAMPLE", "none+detail@acme.example", "None+X+y@Acme.example", "it.none@acme.example",
                                   "IT.None+a@acme.EXAMPLE", "none.1@acme.tickets.example.net",
                                   "None.1+reply@ACME.tickets.example.net", '"none"@acme.example']):
        message_id = "string.%d@acme.example" % number
        expect_equal(stack.send(mail(message_id="<%s>" % message_id), ANN, [rcpt])[0], 250, rcpt)
        expect_equal([(row["verdict"], row["channel"]) for row in intakes(stack, message_id)], [("ticket", "none")], rcpt)
        expect_equal(where(stack, message_id), {}, "who got the mail to " + rcpt)


@case("addresses that only look like a channel's are let alone")
def _(stack):
    for number, rcpt in enumerate(["nonee@acme.example", "none@acme.example.net", "x+none@acme.example", "none-x@acme.example"]):
        message_id = "like.%d@acme.example" % number
        stack.send(mail(message_id="<%s>" % message_id), ANN, [rcpt])
        expect_equal(intakes(stack, message_id), [], rcpt)
        expect_equal(list(where(stack, message_id).values()), [[]], "marks of the mail to " + rcpt)


@case("a mail to one channel by three of its addresses is one ticket, and all three go away")
def _(stack):
    reply = stack.send(mail(message_id="<three@acme.example>"), ANN,
                       ["none@acme.example", "IT.none@acme.example", "none.1@acme.tickets.example.net"])
    expect_equal(reply[0], 250, reply[1])
    expect_equal([row["verdict"] for row in intakes(stack, "three@acme.example")], ["ticket"], "intake")
    expect_equal(where(stack, "three@acme.example"), {}, "who got it")


@case("a private mailbox beside a channel gets the mail untouched but for the number of its intake")
def _(stack):
    for number, (name, sender, others) in enumerate([
            ("none", ANN, []), ("address", ANN, ["success.address@acme.example"]), ("alias", ANN, ["alias.alias@acme.example"]),
            ("alias", "x@foreign.example", ["alias.alias@acme.example"]), ("address", "x@foreign.example", ["fail.address@acme.example"])]):
        message_id = "private.%d@acme.example" % number
        content = mail("Private", "A line.\n\n.dot\nFrom here \n", sender=sender, message_id="<%s>" % message_id,
                       headers=[("X-Odd", "a  b"), ("X-Ticket-Loop", "other.example")])
        expect_equal(stack.send(content, sender, ["Dora@acme.example", name + "@acme.example"])[0], 250)
        (row,) = intakes(stack, message_id)
        got = where(stack, message_id)
        marks = ["X-Ticket-Loop: other.example", "X-Ticket-Verdict: %d" % row["intake_id"]]
        expect_equal(got, {address: marks for address in ["dora@acme.example"] + others}, "who got it, and the marks")
        (copy,) = [copy for copy in stack.mailbox("dora@acme.example") if message_id.encode() in copy]
        head, body = copy.split(b"\n\n", 1)
        sent_head, sent_body = content.replace(b"\r\n", b"\n").split(b"\n\n", 1)
        expect_equal(body.rstrip(b"\n"), sent_body.rstrip(b"\n"), "the body")
        expect(sent_head in head, "the header is changed: %r" % head)


@case("two channels of one tenant in one mail answer each for itself")
def _(stack):
    expect_equal(stack.send(mail(message_id="<pair@acme.example>"), ANN, ["address@acme.example", "none@acme.example"])[0], 250)
    rows = intakes(stack, "pair@acme.example")
    expect_equal([(row["channel"], row["verdict"]) for row in rows], [("address", "ticket"), ("none", "ticket")], "intake")
    expect(rows[0]["number"] != rows[1]["number"], "one number")
    expect_equal(where(stack, "pair@acme.example"), {"success.address@acme.example": [
        "X-Ticket-Verdict: ticket; channel=acme/address", "X-Ticket-Id: " + rows[0]["number"],
        "X-Ticket-Verdict: ticket; channel=acme/none", "X-Ticket-Id: " + rows[1]["number"]]}, "marks")


@case("two channels of two tenants in one mail are two tickets with numbers of their own")
def _(stack):
    expect_equal(stack.send(mail(message_id="<tenants@acme.example>"), ANN, ["none@acme.example", "other@acme.example"])[0], 250)
    rows = intakes(stack, "tenants@acme.example")
    expect_equal([(row["tenant"], row["verdict"], row["number"][:4]) for row in rows],
                 [("acme", "ticket", "INC-"), ("zeta", "ticket", "REQ-")], "intake")
    expect_equal(sorted(where(stack, "tenants@acme.example")), ["alias.other@acme.example"], "who got it")


@case("what one channel refuses and another takes is a ticket there and tagged here")
def _(stack):
    content = mail(message_id="<mixed@acme.example>", headers=[("In-Reply-To", "<foreign@acme.example>")])
    stack.psql("UPDATE ticketing.channel SET status = 'disabled' WHERE name = 'alias'")
    try:
        expect_equal(stack.send(content, ANN, ["none@acme.example", "alias@acme.example"])[0], 250)
    finally:
        stack.psql("UPDATE ticketing.channel SET status = 'published' WHERE name = 'alias'")
    expect_equal([(row["channel"], row["verdict"], row["reason"]) for row in intakes(stack, "mixed@acme.example")],
                 [("alias", "fail", "channel_disabled"), ("none", "ticket", None)], "intake")
    expect("X-Ticket-Verdict: fail; channel=acme/alias; reason=channel_disabled" in
           where(stack, "mixed@acme.example")["alias.alias@acme.example"], "marks")


@case("forged marks go away in every spelling, and the loop mark stays")
def _(stack):
    forged = [("X-Ticket-Verdict", "ticket; channel=acme/alias"), ("x-ticket-id", "INC-1"), ("X-TICKET-VERDICT", "note"),
              ("X-Ticket-Id ", "INC-2"), ("X-Ticket-Verdict\t", "exclude"), ("X-Ticket-Anything", "x\r\n\tfolded"), ("X-Ticket-Loop", "far.example"),
              ("X-Ticket-Id", ""), ("X-Ticket-", "bare")]
    expect_equal(stack.send(mail(sender="x@foreign.example", message_id="<forged@acme.example>", headers=forged),
                            "x@foreign.example", ["alias@acme.example"])[0], 250)
    expect_equal(where(stack, "forged@acme.example"), {"alias.alias@acme.example": [
        "X-Ticket-Loop: far.example", "X-Ticket-Verdict: fail; channel=acme/alias; reason=domain_not_allowed"]}, "marks")


@case("a success or exclude folder that is no mailbox is not told to the sender, a fail folder that is none is")
def _(stack):
    for verdict in ("ticket", "exclude", "fail"):
        how = VERDICTS[verdict][0]
        sender = verdict + ("@acme.example" if verdict != "fail" else "@foreign.example")
        reply = stack.send(mail(sender=sender, message_id="<notify.%s@acme.example>" % verdict, headers=how.get("headers", [])),
                           sender, ["report@acme.example"])
        expect_equal(reply[0], 250, reply[1])
        stack.settle()
        expect("unknown.%s" % {"ticket": "success"}.get(verdict, verdict) in stack.maillog(), "Postfix did not try")
        reports = stack.mailbox(sender)
        expect_equal(len(reports), 1 if verdict == "fail" else 0, "reports to the sender of a %s: %r" % (verdict, reports))


@case("a draft channel takes no mail and loses none, whatever its folders say")
def _(stack):
    expect_equal(stack.send(mail(message_id="<draft@acme.example>"), ANN, ["draft@acme.example"])[0], 250)
    expect_equal(where(stack, "draft@acme.example"), {"alias.draft@acme.example": [
        "X-Ticket-Verdict: fail; channel=acme/draft; reason=channel_disabled"]}, "who got it")


main(lambda build: Stack(build, channels=CHANNELS, templates=TEMPLATES, aliases=aliases(), domains=DOMAINS))
