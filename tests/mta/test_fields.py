"""What of a mail is stored where: field mapping, importance, attachments, mail.eml, raw mails and hostile bytes."""

import hashlib
import itertools
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import ALIASES, CHANNEL, DOMAINS, TEMPLATE, Stack, case, expect, expect_equal, mail, main  # noqa: E402

ANN = "ann@acme.example"
NAMES = ["f_subject", "f_body", "f_full", "f_sender", "f_name", "f_to", "f_date", "f_id", "f_importance", "f_header", "f_mapped",
         "f_default", "f_missing", "f_secret"]
FROM = {"f_subject": "subject", "f_body": "body", "f_full": "text_full", "f_sender": "sender", "f_name": "sender_name", "f_to": "to",
        "f_date": "date", "f_id": "message_id", "f_importance": "importance", "f_header": "header:X-Building", "f_missing": "header:X-None"}
MAPPED = ", ".join('{ field = "%s"; from = "%s"; }' % pair for pair in FROM.items()) + """,
  { field = "f_mapped"; from = "header:X-Site"; map = { berlin = "BER"; paris = "PAR"; }; default = "HQ"; },
  { field = "f_default"; default = "always"; }, { field = "f_secret"; from = "header:X-Secret"; restricted = true; },
  { field = "cost_centre"; default = "none"; } );
"""


def channel(name, more="", fields=None):
    text = (CHANNEL.replace('"support"', '"%s"' % name).replace("support.392@", name + ".1@").replace("support@acme", name + "@acme")
            .replace("helpdesk@", "it." + name + "@").replace("  template =", more + "  template ="))
    return text if fields is None else text.replace('{ field = "category"; default = "mail"; } );', '{ field = "category"; default = "mail"; }, '
                                                    + fields)


CHANNELS = {"%s.conf" % name: channel(name, *more) for name, more in {
    "support": (), "mapped": ('attach_mail = true;\n', MAPPED),
    "mapped2": ('', '{ field = "requester_name"; from = "header:X-Person"; }, { field = "f_body"; from = "to"; } );\n'),
    "small": ('attachments = { max_size = "1K"; deny_names = [ "*.exe", "b?d.*" ]; };\n',),
    "nothing": ('attachments = { keep = "none"; };\nattach_mail = true;\n',), "noinline": ('attachments = { keep = "no-inline"; };\n',),
}.items()}
CHANNELS["mapped2.conf"] = CHANNELS["mapped2.conf"].replace('field = "requester"; from = "sender"', 'field = "requester"; from = "header:X-For"')
CHANNELS["norefuge.conf"] = channel("norefuge").replace('fail = "alias"', 'fail = "none"')
TEMPLATES = {"incident.conf": TEMPLATE.replace('{ name = "category"; required = true; }', '{ name = "category"; required = true; }, '
                                               '{ name = "cost_centre"; restricted = true; }, ' +
                                               ", ".join('{ name = "%s"; }' % name for name in NAMES))}
numbers = itertools.count(1)


def store(stack, content, rcpt="support@acme.example", sender=ANN):
    """Sends a mail that becomes a ticket or not; returns (intake row, ticket or None)."""
    before = stack.value("SELECT coalesce(max(intake_id), 0) AS n FROM ticketing.intake")
    reply = stack.send(content, sender, [rcpt])
    expect_equal(reply[0], 250, "the reply %s" % reply[1])
    rows = stack.rows("SELECT *, raw_until - received_at AS kept FROM ticketing.intake WHERE intake_id > %d" % before)
    expect_equal(len(rows), 1, "intake rows")
    tickets = stack.rows("SELECT * FROM ticketing.ticket WHERE ticket_id = %d" % (rows[0]["ticket_id"] or 0))
    return rows[0], tickets[0] if tickets else None


def fields(stack, ticket, role=None):
    text = stack.psql("SET ROLE %s; SELECT coalesce(json_agg(f), '[]') FROM ticketing.ticket_field f WHERE ticket_id = %d" % (
        role or "ticket_owner", ticket["ticket_id"]))
    return {row["name"]: (row["value"], row["restricted"]) for row in json.loads(text)}


def files(stack, ticket):
    return stack.rows("SELECT * FROM ticketing.attachment WHERE ticket_id = %d ORDER BY attachment_id" % ticket["ticket_id"])


def fresh(**how):
    return mail(message_id="<field.%d@client.example>" % next(numbers), **how)


def parts(*contents, **how):
    """A multipart/mixed of text and files: (name, content, disposition)."""
    body = "--b\nContent-Type: text/plain; charset=utf-8\n\nSee the files.\n"
    for name, content, disposition in contents:
        body += "--b\nContent-Type: %s\nContent-ID: <%s@x>\nContent-Disposition: %s; filename=\"%s\"\n\n%s\n" % (
            "image/png" if name.endswith("png") else "application/octet-stream", name, disposition, name, content)
    return fresh(body=body + "--b--\n", headers=[("MIME-Version", "1.0"), ("Content-Type", 'multipart/mixed; boundary="b"')], **how)


@case("every source fills its field, maps and defaults apply, and restricted values are seen by ticket_restricted alone")
def _(stack):
    body = "New text.\n\nOn Monday Bob wrote:\n> Old text.\n"
    message_id = "<field.%d@client.example>" % next(numbers)
    content = mail("=?utf-8?q?Dr=C3=BCcker?= kaputt", body, "=?utf-8?q?J=C3=B6rg?= <Joerg@ACME.example>", "mapped@acme.example, Bob <bob@x.example>",
                   message_id, [("Importance", "high"), ("X-Building", "=?utf-8?q?H=C3=B6he?= 3"), ("X-Site", "BERLIN"), ("X-Secret", "s3cret")])
    _, ticket = store(stack, content, "mapped@acme.example", "joerg@acme.example")
    expect_equal((ticket["subject"], ticket["requester"], ticket["requester_name"], ticket["priority"]),
                 ("Drücker kaputt", "joerg@acme.example", "Jörg", "P2"), "columns")
    expect("New text." in ticket["description"] and "Old text" not in ticket["description"], ticket["description"])
    expect("> Old text." in ticket["description_full"], ticket["description_full"])
    got = fields(stack, ticket)
    wanted = {"f_subject": "Drücker kaputt", "f_sender": "joerg@acme.example", "f_name": "Jörg", "f_to": "mapped@acme.example, bob@x.example",
              "f_date": "2026-03-02T10:00:00Z", "f_id": message_id.strip("<>"), "f_importance": "high", "f_header": "Höhe 3", "f_mapped": "BER",
              "f_default": "always", "f_missing": "", "category": "mail"}
    expect_equal({name: got[name] for name in wanted}, {name: (value, False) for name, value in wanted.items()}, "fields")
    expect_equal((got["f_secret"], got["cost_centre"]), (("s3cret", True), ("none", True)), "restricted fields")
    expect("New text." in got["f_body"][0] and "Old text" not in got["f_body"][0], got["f_body"][0])
    expect("> Old text." in got["f_full"][0], got["f_full"][0])
    expect(set(fields(stack, ticket, "ticket_agent")) == set(got) - {"f_secret", "cost_centre"}, "what an agent sees")
    expect_equal(fields(stack, ticket, "ticket_restricted"), got, "what ticket_restricted sees")


@case("a value that the map does not know becomes the default and is told")
def _(stack):
    for site, wanted in (("PARIS", "PAR"), ("Rome", "HQ"), (None, "HQ"), ("ber", "HQ")):
        _, ticket = store(stack, fresh(headers=[("X-Site", site)]), "mapped@acme.example")
        expect_equal(fields(stack, ticket)["f_mapped"][0], wanted, "%s" % site)
        expect((site in ("Rome", "ber")) == ("is not a value of this field" in ticket["description"]), ticket["description"])


@case("requester and its name may come from headers, and a requester that is no address is the sender")
def _(stack):
    _, ticket = store(stack, fresh(headers=[("X-For", "Carla@Other.example"), ("X-Person", "Carla")]), "mapped2@acme.example")
    expect_equal((ticket["requester"], ticket["requester_name"]), ("carla@other.example", "Carla"), "requester")
    expect_equal([row["address"] for row in stack.rows("SELECT address FROM ticketing.participant WHERE ticket_id = %d ORDER BY 1"
                                                       % ticket["ticket_id"])], [ANN, "carla@other.example"], "participants")
    _, ticket = store(stack, fresh(headers=[("X-For", "nobody")]), "mapped2@acme.example")
    expect_equal((ticket["requester"], ticket["requester_name"]), (ANN, ""), "requester")
    expect('"nobody" is no address' in ticket["description"], ticket["description"])


@case("a value longer than its column is cut with a notice, and the whole stays")
def _(stack):
    subject = "Ünlimited " * 300
    _, ticket = store(stack, fresh(subject="\r\n ".join(subject.split())), "mapped@acme.example")
    expect(900 < len(ticket["subject"].encode()) <= 998, "length %d" % len(ticket["subject"]))
    expect("subject was cut" in ticket["description"], ticket["description"][-300:])
    body = "".join("Line %d of a long text.\n" % number for number in range(8000))
    _, ticket = store(stack, fresh(body=body), "mapped@acme.example")
    expect(len(ticket["description"]) <= 65536 and "the text was cut here" in ticket["description"], "description of %d" % len(ticket["description"]))
    expect_equal(ticket["description_full"].strip(), body.strip(), "the full text")
    expect(len(fields(stack, ticket)["f_full"][0].encode()) <= 4000, "a field")


@case("importance comes from each of its headers, the highest wins, and nonsense is normal")
def _(stack):
    table = [([("Importance", "high")], "P2"), ([("Importance", "Low")], "P4"), ([("Importance", "normal")], "P3"), ([("X-Priority", "1")], "P2"),
             ([("X-Priority", "1 (Highest)")], "P2"), ([("X-Priority", "2")], "P2"), ([("X-Priority", "3 (Normal)")], "P3"),
             ([("X-Priority", "5 (Lowest)")], "P4"), ([("Priority", "urgent")], "P2"), ([("Priority", "Non-Urgent")], "P4"),
             ([("X-MSMail-Priority", "High")], "P2"), ([("X-MSMail-Priority", "low")], "P4"), ([("X-Priority", "17")], "P3"),
             ([("Importance", "!")], "P3"), ([("X-Importance", "high")], "P3"), ([("Importance", "low"), ("X-Priority", "1")], "P2"), ([], "P3")]
    for headers, wanted in table:
        expect_equal(store(stack, fresh(headers=headers))[1]["priority"], wanted, str(headers))


@case("mail.eml is the mail byte by byte, odd bytes and long lines included")
def _(stack):
    for number, body in enumerate([b"plain\r\n", b"odd \x00\x01\x80\xff\xfe bytes\r\n.dot\r\n..\r\n\r\n", b"tab\t \r\n \r\nlast line has no end", b"x" * 3000 + b"\r\n",
                                   "Grüße 🙂\r\n".encode(), b""]):
        content = (b"From: Ann <ann@acme.example>\r\nTo: mapped@acme.example\r\nsUbject:  two blanks \t\r\n\tfolded\r\nX-Eight: \xfc\xdf\r\n"
                   b"Date: Mon, 02 Mar 2026 10:00:00 +0000\r\nMessage-ID: <eml.%d@client.example>\r\n\r\n" % number) + body
        _, ticket = store(stack, content, "mapped@acme.example")
        last = files(stack, ticket)[-1]
        expect_equal((last["filename"], last["content_type"], last["disposition"]), ("mail.eml", "message/rfc822", "attachment"), "mail.eml")
        stored = bytes.fromhex("".join(stack.psql("SELECT encode(d, 'hex') FROM ticketing.attachment_data(%d, %d) AS d" % (
            last["tenant_id"], last["attachment_id"])).split()))
        sent = content if content.endswith(b"\r\n") else content + b"\r\n"
        # Postfix drops NUL (RFC 5322 forbids it) and breaks lines that are longer than its line_length_limit.
        wanted = [sent, sent.replace(b"\x00", b""), sent.replace(b"x" * 2048, b"x" * 2048 + b"\r\n ")]
        expect(stored in wanted, "mail %d: %r" % (number, stored[-200:]))
        expect_equal((last["sha256"], last["size"]), ("\\x" + hashlib.sha256(stored).hexdigest(), len(stored)), "sha256 and size")


@case("attachments that are denied by name or too large are left out and named in the ticket")
def _(stack):
    _, ticket = store(stack, parts(("good.txt", "fine", "attachment"), ("TOOL.EXE", "x", "attachment"), ("bad.doc", "x", "attachment"),
                                   ("large.bin", "y" * 1025, "attachment"), ("edge.bin", "y" * 1024, "attachment")), "small@acme.example")
    expect_equal([row["filename"] for row in files(stack, ticket)], ["good.txt", "edge.bin"], "attachments")
    for words in ("TOOL.EXE (its name is denied by *.exe)", "bad.doc (its name is denied by b?d.*)", "large.bin (1025 bytes, at most 1024"):
        expect(words in ticket["description"], words + " is not in " + ticket["description"])


@case("a channel keeps no attachments, or none that stand in the text, as it says; mail.eml stays")
def _(stack):
    content = (("a.txt", "one", "attachment"), ("b.png", "two", "inline"))
    _, ticket = store(stack, parts(*content), "nothing@acme.example")
    expect_equal([row["filename"] for row in files(stack, ticket)], ["mail.eml"], "keep none")
    _, ticket = store(stack, parts(*content), "noinline@acme.example")
    expect_equal([row["filename"] for row in files(stack, ticket)], ["a.txt"], "keep no-inline")
    _, ticket = store(stack, parts(*content))
    expect_equal([(row["filename"], row["disposition"]) for row in files(stack, ticket)], [("a.txt", "attachment"), ("b.png", "inline")], "all")


# Bytes that want to be more than a value: (what, header bytes, how the clean value begins).
HOSTILE = [
    (b"Subject: =?utf-8?q?One=0D=0ABcc:_x@y=0AX-Ticket-Id:_INC-1?=", "One"), (b"Subject: =?utf-8?q?NUL=00here?=", "NUL"),
    (b"Subject: bad \xff\xfe utf-8 \xc3\x28", "bad"), (b"Subject: =?utf-8?b?T25lCgpUd28=?=", "One"), (b"Subject: =?utf-8?q?sep=E2=80=A8line=C2=85x?=", "sep"),
    (b"Subject: \x1b[31mred\x07", None), (b"Subject: =?utf-8?q?bidi=E2=80=AEtxt?=", "bidi"), (b"Subject: =?utf-16?q?=00a?=", None),
    (b"Subject: =?utf-8?q?half=C3?= =?utf-8?q?=BCchar?=", "half"), (b"Subject: " + b"=?x?q?" * 50, None),
]


@case("line ends, NUL and broken UTF-8 in names, subjects and file names are stored clean, and logged on one line")
def _(stack):
    odd_name = '"=?utf-8?q?Eve=0D=0ABcc:_all=00?=" <ann@acme.example>'
    for number, (subject, start) in enumerate(HOSTILE):
        queue = len(stack.milter_log().splitlines())
        body = b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nbad \xff\xfe and \x00 NUL\r\n--b\r\nContent-Type: text/x; name=\"=?utf-8?q?a=0A=0Db=00.txt?=\"\r\n" \
               b"Content-Disposition: attachment; filename*=utf-8''..%2F..%2Fetc%0D%0Apasswd%00\r\n\r\nx\r\n--b--\r\n"
        content = (b"From: " + odd_name.encode() + b"\r\n" + subject + b"\r\nMessage-ID: <hostile.%d@x\x01y>\r\nMIME-Version: 1.0\r\n"
                   b"Date: Mon, 02 Mar 2026 10:00:00 +0000\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" % number + body)
        _, ticket = store(stack, content)
        for key in ("subject", "requester_name"):
            expect(all(ord(c) >= 32 and c not in "\x7f\x85\u2028\u2029" for c in ticket[key]), "%s of %d: %r" % (key, number, ticket[key]))
        expect(start is None or ticket["subject"].startswith(start), "subject %d: %r" % (number, ticket["subject"]))
        (file,) = files(stack, ticket)
        expect(not any(c in file["filename"] for c in "/\\\r\n\0") and not file["filename"].startswith("."), "file name %r" % file["filename"])
        lines = stack.milter_log().splitlines()[queue:]
        expect_equal(len(lines), 1, "lines of the log: %r" % lines)
        expect(lines[0].startswith("ticket-milter[") and "id=" in lines[0] and "\x1b" not in lines[0], lines[0])


@case("hostile values in the header leave the marks of a refused mail clean")
def _(stack):
    before = len(stack.mailbox("fail@acme.example"))
    content = fresh(sender="Eve <x@foreign.example>", headers=[("X-Ticket-Verdict", "a"), ("In-Reply-To", "<\x01\x7f[INC-1]>")],
                    subject="=?utf-8?q?x=0D=0AX-Ticket-Verdict:_ticket?=")
    store(stack, content, "support@acme.example", "x@foreign.example")
    head = stack.wait_mailbox("fail@acme.example", before + 1)[-1].split(b"\n\n", 1)[0]
    expect_equal([line for line in head.split(b"\n") if line.lower().startswith(b"x-ticket")],
                 [b"X-Ticket-Verdict: fail; channel=acme/support; reason=domain_not_allowed"], "marks")


@case("the raw mail is kept where it was not read to the end, or refused while no folder holds it, and else not")
def _(stack):
    strange = fresh(headers=[("X-%d" % number, "x") for number in range(1100)])
    away = [("Auto-Submitted", "auto-replied")]
    excluded = fresh(headers=away + [("X-%d" % number, "x") for number in range(1100)])
    foreign = fresh(sender="x@foreign.example", headers=[("X-%d" % number, "x") for number in range(1100)])
    large = fresh(sender="x@foreign.example", body=("x" * 70 + "\n") * 16000)
    table = [(fresh(), "support", ANN, None, False), (strange, "support", ANN, "forever", False),
             (fresh(sender="x@foreign.example"), "support", "x@foreign.example", "14 days", False),
             (fresh(sender="x@foreign.example"), "norefuge", "x@foreign.example", "14 days", True),
             (excluded, "support", ANN, "14 days", False), (fresh(headers=away), "support", ANN, "14 days", False),
             (foreign, "support", "x@foreign.example", "14 days", False),
             (large, "norefuge", "x@foreign.example", None, True)]
    for content, name, sender, wanted, refused in table:
        row, _ = store(stack, content, name + "@acme.example", sender)
        kept = row["kept"] or ("forever" if row["raw_sha256"] else None)
        expect_equal(kept, wanted, "the raw mail of %r to %s" % (content[:60], name))
        expect(not wanted or row["raw_sha256"] == "\\x" + hashlib.sha256(content).hexdigest(), "the hash")
        expect_equal(refused and row["verdict"] == "fail", refused, "verdict")
        chunks = stack.value("SELECT count(*) AS n FROM ticketing.blob WHERE sha256 = '\\x%s'" % hashlib.sha256(content).hexdigest())
        expect_equal(chunks > 0, wanted is not None, "what is stored")


main(lambda build: Stack(build, channels=CHANNELS, templates=TEMPLATES, domains=DOMAINS, aliases=ALIASES + [
    "%s@acme.example fail@acme.example" % name for name in ("mapped", "mapped2", "small", "nothing", "noinline", "norefuge")]))
