"""The order of the rules and what each of them sees, with a real Postfix and a real PostgreSQL."""

import itertools
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import ALIASES, CHANNEL, DOMAINS, TEMPLATE, Stack, case, expect, expect_equal, mail, main  # noqa: E402

ANN = "ann@acme.example"
RULES = '''  autoreplies = { exclude = true; addresses = [ "robot@acme.example", "*@robots.partner.example" ];
                  keywords = [ "Out of Office", "Größe XL" ]; allow = [ "monitor@acme.example", "*@sensors.partner.example",
                  "X-Alarm: yes" ]; };
  exclude_headers = [ "X-Spam-Flag: YES", "X-Marked: *bulk*" ];
  attachments = { keep = "none"; };
'''


def channel(name, domains='"acme.example", "*.partner.example"', denied="", more="", **changes):
    text = (CHANNEL.replace('"support"', '"%s"' % name).replace("support.392@", name + ".1@")
            .replace("support@acme", name + "@acme").replace("helpdesk@", "it." + name + "@")
            .replace('allowed_domains = [ "acme.example", "*.partner.example" ];',
                     "allowed_domains = [ %s ]; denied_domains = [ %s ];" % (domains, denied)))
    for key, value in changes.items():
        text = re.sub(r'\b%s = "\w+"' % key, '%s = "%s"' % (key, value), text)
    return text.replace("  template =", more + "  template =")


CHANNELS = {
    "support.conf": channel("support", denied='"bad.partner.example"', more=RULES),
    "open.conf": channel("open", more="  autoreplies = { exclude = false; };\n"),
    "names.conf": channel("names", '"acme.example", "*.partner.example", "münchen.example", "xn--strae-oqa.example"'),
    "any.conf": channel("any", '"*"', denied='"evil.example", "*.evil.example"'),
    "draft.conf": channel("draft", status="draft"),
    "closed.conf": channel("closed", more=RULES),
}
numbers = itertools.count(1)


def seen(stack, content, sender=ANN, rcpt="support@acme.example"):
    """Sends a mail; returns its intake row."""
    before = stack.value("SELECT coalesce(max(intake_id), 0) AS n FROM ticketing.intake")
    reply = stack.send(content, sender, [rcpt])
    expect_equal(reply[0], 250, "the reply %s" % reply[1])
    rows = stack.rows("SELECT * FROM ticketing.intake WHERE intake_id > %d" % before)
    expect_equal(len(rows), 1, "intake rows of %r" % content[:300])
    return rows[0]


def answer(row):
    return (row["verdict"], row["reason"])


def fresh(**how):
    """A mail with an id of its own."""
    return mail(message_id="<rules.%d@client.example>" % next(numbers), **how)


def with_type(content_type, body, headers=(), **how):
    return fresh(body=body, headers=[("MIME-Version", "1.0"), ("Content-Type", content_type)] + list(headers), **how)


def report(kind, part, text, **how):
    """A multipart/report of RFC 6522."""
    return with_type('multipart/report; report-type=%s; boundary="b"' % kind,
                     "--b\nContent-Type: text/plain\n\nA report.\n--b\nContent-Type: %s\n\n%s\n--b--\n" % (part, text), **how)


def bounce(action="failed", status="5.1.1", **how):
    return report("delivery-status", "message/delivery-status",
                  "Reporting-MTA: dns; mx.far.example\n\nFinal-Recipient: rfc822; bob@far.example\nAction: %s\nStatus: %s"
                  % (action, status), **how)


OOF = [("Auto-Submitted", "auto-replied")]
SPAM = [("X-Spam-Flag", "YES")]
LOOP = [("X-Ticket-Loop", "mx.example.net")]


@case("of two rules that hit, the earlier one decides: every pair of neighbours in their order")
def _(stack):
    stack.ctl("disable", "acme/closed")
    pairs = [
        # rule 1 before 2: channel, loop
        (fresh(headers=LOOP), ANN, "closed@acme.example", ("fail", "channel_disabled"), None),
        # within 2: the loop mark before a bounce, a bounce before the null sender
        (bounce(headers=LOOP, sender="mailer-daemon@far.example"), "", "support@acme.example", ("exclude", "loop"), "X-Ticket-Loop"),
        (bounce(sender="mailer-daemon@far.example"), "", "support@acme.example", ("exclude", "bounce"), "delivery-status"),
        # 2 before 3: report, excluded header
        (bounce(headers=SPAM), ANN, "support@acme.example", ("exclude", "bounce"), "delivery-status"),
        (fresh(headers=SPAM), "", "support@acme.example", ("exclude", "bounce"), "<>"),
        # 3 before 4: excluded header, autoreply
        (fresh(headers=SPAM + OOF), ANN, "support@acme.example", ("exclude", "excluded_header"), "Auto-Submitted"),
        # 4 before 5: autoreply, the channel's own autoreply rule
        (fresh(headers=OOF, sender="robot@acme.example"), ANN, "support@acme.example", ("exclude", "auto_generated"), "Auto-Submitted"),
        # 5 before 6: autoreply rule by the envelope or the subject, From that is none
        (fresh(sender="a@acme.example, b@acme.example"), "robot@acme.example", "support@acme.example", ("exclude", "autoreply_rule"), None),
        (fresh(sender="a@acme.example, b@acme.example", subject="Re: out of office"), ANN, "support@acme.example",
         ("exclude", "autoreply_rule"), None),
        # 6 before 7: From, domain
        (fresh(sender="a@foreign.example, b@acme.example"), ANN, "support@acme.example", ("fail", "from_ambiguous"), None),
        # within 7: denied before not allowed
        (fresh(sender="x@a.evil.example"), ANN, "any@acme.example", ("fail", "domain_denied"), None),
        (fresh(sender="x@bad.partner.example"), ANN, "support@acme.example", ("fail", "domain_denied"), None),
        # 7 before 9: domain, thread
        (fresh(sender="x@foreign.example", subject="[INC-1] More"), ANN, "support@acme.example", ("fail", "domain_not_allowed"), None),
    ]
    for number, (content, sender, rcpt, wanted, evidence) in enumerate(pairs):
        row = seen(stack, content, sender, rcpt)
        expect_equal(answer(row), wanted, "pair %d: the answer" % number)
        expect(evidence is None or evidence in row["evidence"], "pair %d: evidence %r" % (number, row["evidence"]))


@case("a draft channel takes no mail")
def _(stack):
    before = stack.value("SELECT count(*) AS n FROM ticketing.intake")
    expect_equal(stack.send(fresh(sender="d@acme.example", subject="Draft"), "d@acme.example", ["draft@acme.example"])[0], 250)
    expect_equal(stack.value("SELECT count(*) AS n FROM ticketing.intake"), before, "intake rows")
    got = stack.wait_mailbox("fail@acme.example")[-1]
    expect(b"\nX-Ticket-Verdict: fail; channel=acme/draft; reason=channel_disabled\n" in got, "marks")


@case("own marks and too many hops are a loop, others' marks and fifty hops are none")
def _(stack):
    hop = ("Received", "from a.example by b.example; Mon, 02 Mar 2026 10:00:00 +0000")
    table = [([("X-Ticket-Loop", "mx.example.net")], ("exclude", "loop")), ([("x-ticket-loop", "MX.example.NET; 3")], ("exclude", "loop")),
             ([("X-Ticket-Loop", "mx.example.net.far.example")], ("ticket", None)), ([("X-Ticket-Loop", "far.example")], ("ticket", None)),
             ([hop] * 51, ("exclude", "loop")), ([hop] * 48, ("ticket", None))]
    for headers, wanted in table:
        for rcpt in ("support@acme.example", "open@acme.example"):
            expect_equal(answer(seen(stack, fresh(headers=headers), rcpt=rcpt)), wanted, "%d x %s" % (len(headers), headers[0]))


@case("reports are excluded with their reason, also where autoreplies are let in, and none becomes a ticket")
def _(stack):
    receipt = "Final-Recipient: rfc822; bob@far.example\nDisposition: manual-action/MDN-sent-manually; displayed"
    abuse = "Feedback-Type: abuse\nUser-Agent: far/1\nVersion: 1"
    table = [(lambda: bounce(), "bounce", "bounce"), (lambda: bounce("delayed", "4.4.1"), "delivery_delayed", "bounce-delayed"),
             (lambda: bounce("delivered", "2.1.5"), "delivery_success", "bounce-delivered"),
             (lambda: report("disposition-notification", "message/disposition-notification", receipt), "mdn", "mdn"),
             (lambda: report("feedback-report", "message/feedback-report", abuse), "feedback", "feedback")]
    for make, reason, word in table:
        for rcpt in ("support@acme.example", "open@acme.example"):
            for sender in (ANN, ""):
                row = seen(stack, make(), sender, rcpt)
                expect_equal((answer(row), row["class"]), (("exclude", reason), word), "%s to %s from <%s>" % (reason, rcpt, sender))
                expect(row["evidence"] and row["evidence"] in stack.milter_log(), "the evidence %r is not in the log" % row["evidence"])


@case("the null sender is never a requester")
def _(stack):
    for rcpt in ("support@acme.example", "open@acme.example"):
        row = seen(stack, fresh(), "", rcpt)
        expect_equal((answer(row), row["mail_from"]), (("exclude", "bounce"), ""), rcpt)
    row = seen(stack, fresh(headers=OOF, subject="Abwesenheitsnotiz: Re: Printer"), "", "open@acme.example")
    expect_equal(row["reason"], "out_of_office", "an absence with the null sender")


# mail-rules: header, value, what it does: A excludes, B becomes a ticket that is never answered, C nothing.
HEADERS = [
    ("Auto-Submitted", "auto-generated", "A"), ("Auto-Submitted", "AUTO-REPLIED (rejected)", "A"), ("Auto-Submitted", "auto-notified; x=y", "A"),
    ("Auto-Submitted", "auto-replied (vacation)", "A"), ("Auto-Submitted", "auto-replied; owner-email=\"x@y\"", "A"),
    ("X-Autoreply", "yes", "A"), ("X-AUTOREPLY", "1", "A"), ("X-Autorespond", "x", "A"), ("X-Autoresponse", "x", "A"),
    ("X-AutoReply-From", "x@y.example", "A"), ("X-Mail-Autoreply", "x", "A"), ("X-Autogenerated", "Reply", "A"),
    ("X-FC-MachineGenerated", "true", "A"), ("X-POST-MessageClass", "9; Autoresponder", "A"), ("Delivered-To", "Autoresponder", "A"),
    ("X-Loop", "yes", "A"), ("X-Loop", "True", "A"), ("Precedence", "auto_reply", "A"), ("Precedence", "Auto-Reply", "A"),
    ("X-Precedence", "auto_reply", "A"), ("X-Failed-Recipients", "x@y.example", "A"),
    ("List-Id", "<l.example>", "B"), ("List-Post", "<mailto:l@x.example>", "B"), ("List-Owner", "<mailto:l@x.example>", "B"),
    ("List-Archive", "<http://x.example>", "B"), ("List-Subscribe", "<mailto:l@x.example>", "B"), ("List-Help", "<mailto:l@x.example>", "B"),
    ("List-Unsubscribe", "<mailto:l@x.example>", "B"), ("Mailing-List", "list l@x.example", "B"),
    ("Precedence", "bulk", "B"), ("Precedence", "JUNK", "B"), ("Precedence", "list", "B"), ("X-AMAZON-MAIL-RELAY-TYPE", "NOTIFICATION", "B"),
    ("X-Loop", "somebody@x.example", "B"), ("X-No-Loop", "1", "B"), ("X-RT-Loop-Prevention", "x", "B"), ("X-OTRS-Loop", "x", "B"),
    ("X-JIRA-FingerPrint", "x", "B"), ("X-Zammad-Verify", "true", "B"), ("X-Auto-Generated", "x", "B"),
    ("Auto-Submitted", "no", "C"), ("Auto-Submitted", "No (a person)", "C"), ("X-Auto-Response-Suppress", "All", "C"),
    ("X-Auto-Response-Suppress", "OOF, AutoReply", "C"), ("X-MS-Exchange-Inbox-Rules-Loop", "x@y.example", "C"),
    ("X-Autoreply", "no", "C"), ("Precedence", "first-class", "C"), ("X-Priority", "1", "C"), ("Return-Path", "<>", "C"),
    ("X-Autoreplying", "yes", "C"), ("Subject-Auto-Submitted", "auto-replied", "C"),
]


@case("each header of the table excludes, warns or does nothing, and names itself as evidence")
def _(stack):
    for name, value, strength in HEADERS:
        row = seen(stack, fresh(headers=[(name, value)]))
        what = "%s: %s" % (name, value)
        if strength == "A":
            expect_equal(row["verdict"], "exclude", what)
            expect(row["reason"] in ("auto_generated", "out_of_office", "bounce"), "%s: %s" % (what, row["reason"]))
        else:
            expect_equal(answer(row), ("ticket", None), what)
        if strength == "C":
            expect_equal((row["class"], row["evidence"]), ("human", None), what)
        elif name != "X-Failed-Recipients":
            expect(row["evidence"].lower().startswith(name.lower() + ": "), "%s: evidence %r" % (what, row["evidence"]))


@case("a channel that lets autoreplies in makes tickets of them")
def _(stack):
    for headers in (OOF, [("X-Autoreply", "yes")], [("Precedence", "auto_reply")]):
        row = seen(stack, fresh(headers=headers), rcpt="open@acme.example")
        expect_equal((row["verdict"], row["class"]), ("ticket", "autoreply"), str(headers))


@case("excluded headers compare without case, as patterns where they are, and with the decoded value")
def _(stack):
    table = [([("X-Spam-Flag", "YES")], True), ([("x-spam-flag", " yes ")], True), ([("X-Spam-Flag", "NO")], False),
             ([("X-Spam-Flag", "YES indeed")], False), ([("X-Spam-Flag", "no"), ("X-Spam-Flag", "Yes")], True),
             ([("X-Marked", "a BULK mail")], True), ([("X-Marked", "=?utf-8?q?b=75lk?=")], True), ([("X-Spam-Flag2", "YES")], False)]
    for headers, hit in table:
        row = seen(stack, fresh(headers=headers))
        expect_equal(answer(row), ("exclude", "excluded_header") if hit else ("ticket", None), str(headers))
        expect(not hit or row["detail"] in ("X-Spam-Flag: YES", "X-Marked: *bulk*"), "detail: %r" % row["detail"])


@case("the allow list overrules rules 3 to 5 and nothing else")
def _(stack):
    table = [(dict(sender="monitor@acme.example", headers=OOF), ANN, ("ticket", None)),
             (dict(sender="Big Brother <MONITOR@Acme.Example>", headers=SPAM), ANN, ("ticket", None)),
             (dict(sender="x@sensors.partner.example", headers=OOF), ANN, ("ticket", None)),
             (dict(headers=OOF + [("X-Alarm", "Yes")]), ANN, ("ticket", None)), (dict(headers=OOF + [("X-Alarm", "no")]), ANN, "exclude"),
             (dict(sender="monitor@acme.example", subject="Out of Office"), ANN, ("ticket", None)),
             (dict(sender="monitor@acme.example"), "robot@acme.example", ("ticket", None)),
             (dict(sender="monitor@acme.example", headers=LOOP), ANN, ("exclude", "loop")),
             (dict(sender="monitor@acme.example"), "", ("exclude", "bounce")),
             (dict(sender="x@foreign.example", headers=[("X-Alarm", "yes")]), ANN, ("fail", "domain_not_allowed")),
             (dict(sender="monitor@acme.example.net", headers=OOF), ANN, "exclude"),
             (dict(sender="amonitor@acme.example", headers=OOF), ANN, "exclude")]
    for how, sender, wanted in table:
        row = seen(stack, fresh(**how), sender)
        expect_equal(answer(row) if isinstance(wanted, tuple) else row["verdict"], wanted, str(how))


@case("the channel's autoreply addresses and keywords exclude by From, envelope and decoded subject")
def _(stack):
    table = [(dict(sender="robot@acme.example"), ANN, "robot@acme.example"), (dict(sender="The Robot <Robot@ACME.example>"), ANN, None),
             (dict(), "robot@acme.example", "robot@acme.example"), (dict(sender="x@robots.partner.example"), ANN, None),
             (dict(subject="AW: OUT OF OFFICE until Monday"), ANN, "Out of Office"),
             (dict(subject="=?utf-8?b?R1LDlsOfRSBYTA==?="), ANN, "Größe XL"), (dict(subject="=?utf-8?q?Out_of?=\r\n =?utf-8?q?_Office?="), ANN, None)]
    for how, sender, detail in table:
        row = seen(stack, fresh(**how), sender)
        expect_equal(answer(row), ("exclude", "autoreply_rule"), str(how))
        expect(detail is None or row["detail"] == detail, "detail %r of %s" % (row["detail"], how))
    for how, sender in ((dict(subject="Out of the office"), ANN), (dict(sender="myrobot@acme.example"), ANN),
                        (dict(sender="x@a.robots.partner.example"), ANN)):
        expect_equal(answer(seen(stack, fresh(**how), sender)), ("ticket", None), str(how))


@case("a From that is not one header with one mailbox is nobody")
def _(stack):
    table = [
        ("Bar <a@evil.example> <b@acme.example>", None), ('"Someone <someone@junk.example>"@acme.example', None),
        ("=?utf-8?Q?boss@acme.example_=3C=E2=80=A6?= <x@acme.example>", None), ("=?utf-8?q?J=C3=B6rg?= <x@acme.example>", "ticket"), ("<a@acme.example>x@evil.example", None),
        ("a@acme.example <b@evil.example>", "domain_not_allowed"), ('"a@acme.example" <b@evil.example>', "domain_not_allowed"),
        ("a@b@acme.example", None), ("a@acme.example;b@evil.example", None), ("g: a@acme.example, b@evil.example;", None),
        ("<>", "bounce"), ("", None), ("ann@", None), ("@acme.example", None), ("a@acme.example, a@acme.example", None),
        ("undisclosed-recipients:;", None), ("=?utf-8?q?ann=40acme.example?=", None),
    ]
    for sender, reason in table:
        row = seen(stack, fresh(sender=sender))
        wanted = {"ticket": ("ticket", None), "bounce": ("exclude", "bounce")}.get(reason, ("fail", reason or "from_ambiguous"))
        expect_equal(answer(row), wanted, "From: %s (%s)" % (sender, row["sender"]))
    for name in ("From", "FROM", "From "):
        row = seen(stack, fresh(headers=[(name, "b@acme.example")]))
        expect_equal(answer(row), ("fail", "from_ambiguous"), "a second header %r" % name)


@case("a domain is allowed by its labels, in any case and spelling, and never by its ending")
def _(stack):
    table = [("names", "x@acme.example", 1), ("names", "x@ACME.Example", 1), ("names", "x@evil-acme.example", 0), ("names", "x@acme.example.net", 0),
             ("names", "x@sub.acme.example", 0), ("names", "x@a.partner.example", 1), ("names", "x@a.b.partner.example", 1),
             ("names", "x@partner.example", 0), ("names", "x@apartner.example", 0), ("names", "x@münchen.example", 1),
             ("names", "x@xn--mnchen-3ya.example", 1), ("names", "x@MÜNCHEN.example", 1), ("names", "x@straße.example", 1),
             ("names", "x@strasse.example", 0), ("names", "x@acme.exаmple", 0), ("names", "x@acme.example.", 1),
             ("any", "x@anywhere.example", 1), ("any", "x@evil.example", 0), ("any", "x@EVIL.example", 0), ("any", "x@a.b.evil.example", 0),
             ("any", "x@devil.example", 1), ("support", "x@bad.partner.example", 0), ("support", "x@good.partner.example", 1)]
    for name, sender, wanted in table:
        row = seen(stack, fresh(sender=sender), ANN, name + "@acme.example")
        expect_equal(row["verdict"], "ticket" if wanted else "fail", "%s to %s (%s)" % (sender, name, row["reason"]))


main(lambda build: Stack(build, channels=CHANNELS, templates={"incident.conf": TEMPLATE}, domains=DOMAINS, aliases=ALIASES + [
    "%s fail@acme.example" % a for n in ("open", "names", "any", "draft", "closed")
    for a in (n + "@acme.example", n + ".1@acme.tickets.example.net")], postfix=["--set", "hopcount_limit = 100"]))
