"""Who may open, who may answer, and what never loops: each attack of the catalogue that reaches this program, through Postfix.

A case begins with the id of its attack; CATALOGUE.md says what each one is. Storms are some hundred mails here; TK_STORM in the
environment makes them longer."""

import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import marks  # noqa: E402
from tk import ALIASES, CHANNEL, DOMAINS, TEMPLATE, Stack, case, expect, expect_equal, mail, main, wait_for  # noqa: E402

ANN = "ann@acme.example"
SUPPORT = "support@acme.example"
STORM = int(os.environ.get("TK_STORM", "300"))
GOOD = ("Authentication-Results", "mx.example.net; dmarc=pass header.from=acme.example")


def channel(name, addition, limits=""):
    return (CHANNEL.replace('"support"', '"%s"' % name).replace("support.392@", name + ".1@").replace("support@acme", name + "@acme")
            .replace("helpdesk@", "it.%s@" % name).replace('"*.partner.example" ];', '"*.partner.example" ]; ' + addition)
            .replace('template = "incident";', 'template = "incident"; ' + limits))


CHANNELS = {
    "support.conf": CHANNEL,
    "strict.conf": channel("strict", 'authentication = "fail";'),
    "open.conf": channel("open", "").replace('"acme.example", "*.partner.example"', '"*"'),
    "storm.conf": channel("storm", "", 'limits = { tickets_later = "10/10m"; tickets_fail = "20/1d";'
                                       ' notes_later = "5/10m"; notes_fail = "10/1d"; };'),
    "other.conf": channel("desk", "").replace('tenant = "acme"', 'tenant = "globex"').replace("@acme", "@globex"),
}
TEMPLATES = {"incident.conf": TEMPLATE, "other.conf": TEMPLATE.replace('"acme"', '"globex"')}


def count(stack, what, where):
    return stack.value("SELECT count(*) AS n FROM ticketing.%s WHERE %s" % (what, where))


def last(stack):
    (row,) = stack.rows("SELECT * FROM ticketing.intake_report ORDER BY intake_id DESC LIMIT 1")
    return row


def take(stack, content, sender=ANN, to=SUPPORT):
    """Sends a mail that is to be accepted, and returns its intake row."""
    before = count(stack, "intake", "true")
    code, text = stack.send(content, sender, [to])
    expect_equal(code, 250, text)
    expect_equal(count(stack, "intake", "true"), before + 1, "intake rows")
    return last(stack)


def raw_mail(from_lines, subject="Who am I", headers=()):
    lines = list(from_lines) + ["To: " + SUPPORT, "Subject: " + subject, "Message-ID: <%s@acme.example>" % os.urandom(8).hex()]
    return ("\r\n".join(lines + ["%s: %s" % pair for pair in headers]) + "\r\n\r\nHello.\r\n").encode()


def ticket(stack, number):
    (row,) = stack.ctl_json("show", number, "--channel", "acme/support")
    return row


@case("S1 a_sender_who_is_not_exactly_one_opens_nothing")
def _(stack):
    forms = [["From: ann@acme.example", "From: eve@evil.example"], ["From: eve@evil.example", "From: ann@acme.example"],
             ["From: ann@acme.example, eve@evil.example"], ["From: Team: ann@acme.example;"], ["From: ann@acme.example <eve@evil.example> <x@acme.example>"],
             ["From: <ann@acme.example>x@evil.example"], ["From: <@evil.example:ann@acme.example>, b@evil.example"],
             ["From: =?utf-8?q?ann=40acme.example?="], ["From: undisclosed"], ["From: ann@acme@evil.example"],
             ["From: \"ann@acme.example\"@evil.example"]]
    for lines in forms:
        row = take(stack, raw_mail(lines))
        expect(row["verdict"] == "fail" and row["reason"] in ("from_ambiguous", "domain_not_allowed"),
               "%s: %s %s" % (lines, row["verdict"], row["reason"]))
    expect_equal(count(stack, "ticket", "subject = 'Who am I'"), 0, "tickets")


@case("S2 results_that_no_trusted_filter_wrote_or_that_hide_in_text_confirm_nobody")
def _(stack):
    forged = ["mx.evil.example; dmarc=pass header.from=acme.example", "mx.example.net.evil.example; dmarc=pass header.from=acme.example",
              'mx.example.net; spf=pass smtp.mailfrom="a) dmarc=pass (b"@evil.example', "mx.example.net; dmarc=fail (dmarc=pass header.from=acme.example)",
              "mx.example.net; dmarc=fail header.from=acme.example; dmarc=pass header.from=acme.example",
              "mx.example.net; spf=pass smtp.mailfrom=evil.example header.d=acme.example", "mx.example.net; dmarc=permerror; dkim=pass header.d=acme.example",
              "mx.example.net; spf=pass smtp.helo=acme.example", "mx.example.net; dmarc=pass header.from=evil.example"]
    for value in forged:
        row = take(stack, mail(headers=[("Authentication-Results", value)]), to="strict@acme.example")
        expect_equal((row["verdict"], row["reason"]), ("fail", "unauthenticated"), value)
    expect_equal(take(stack, mail(headers=[GOOD]), to="strict@acme.example")["verdict"], "ticket", "a good one")


@case("S3 who_names_a_foreign_ticket_gets_one_of_his_own_and_learns_nothing")
def _(stack):
    first = take(stack, mail("Salary", message_id="<salary@acme.example>"))
    before = ticket(stack, first["number"])
    for headers, subject in (([("In-Reply-To", "<salary@acme.example>")], "Re: Salary"), ([], "Re: [%s] Salary" % first["number"]),
                             ([("References", "<x@y.example> <salary@acme.example>")], "[%s]" % first["number"])):
        row = take(stack, mail(subject, sender="eve@hq.partner.example", headers=headers), "eve@hq.partner.example")
        expect_equal((row["verdict"], row["reason"]), ("ticket", "not_participant"), subject)
        expect(row["number"] != first["number"], "it is the same ticket")
        new = ticket(stack, row["number"])
        expect(first["number"] not in new["subject"] + new["description"], "the new ticket names the other one")
    after = ticket(stack, first["number"])
    for key in ("subject", "status", "notes", "participants", "attachments", "updated_at"):
        expect_equal(after[key], before[key], key)


@case("S4 a_token_that_leaked_makes_a_note_for_agents_alone")
def _(stack):
    row = take(stack, mail("Broken"))
    stack.psql("SELECT ticketing.add_note(%d, '%s', 'agent@acme.example', 'public', 'Which one?')" % (row["tenant_id"], row["number"]), "ticket_agent")
    found = re.search(r"support[\w.]*\+t-\w+-\w+@[\w.-]+", stack.ctl("preview", row["number"]))
    expect(found, "no reply address in the mail that goes out")
    for sender, wanted in (("eve@hq.partner.example", "internal"), (ANN, "public")):
        got = take(stack, mail("Re: Broken", sender=sender, to=found.group(0)), sender, found.group(0))
        expect_equal((got["verdict"], got["reason"], got["number"]), ("note", "unverified" if wanted == "internal" else None, row["number"]), sender)
        expect_equal(stack.value("SELECT visibility FROM ticketing.note WHERE note_id = %d" % got["note_id"]), wanted, "seen by")
    expect_equal(ticket(stack, row["number"])["participants"], [{"address": ANN}], "participants")


@case("S5 no_mail_gives_orders")
def _(stack):
    headers = [("X-Ticket-Status", "closed"), ("X-Ticket-Id", "INC-1"), ("X-Zammad-Ticket-Priority", "1 low"), ("X-RT-Command", "Status: resolved"),
               ("X-OTRS-State", "closed successful"), ("X-Ticket-Owner", "eve"), ("X-Ticket-Visibility", "internal")]
    row = take(stack, mail("Close it", body="#close\nStatus: closed\n@@ priority: P1\n/assign eve\n", headers=headers))
    made = ticket(stack, row["number"])
    expect_equal((made["status"], made["priority"], made["requester"]), ("open", "P3", ANN))
    row = take(stack, mail("Re: [%s] Close it" % row["number"], body="#internal\nstatus closed\n", headers=headers))
    expect_equal(row["verdict"], "note")
    made = ticket(stack, row["number"])
    expect_equal((made["status"], made["priority"], made["notes"][0]["visibility"]), ("open", "P3", "public"))


@case("S6 a_code_sent_to_a_reply_address_or_under_a_number_is_kept_from_the_requester")
def _(stack):
    # The attacker is a participant, and so is the service, in whose name he has written to the ticket.
    opened = take(stack, mail("Help", sender="noreply@chat.example", headers=[("Cc", "eve@evil.example")]), "eve@evil.example", "open@acme.example")
    number = opened["number"]
    for to, subject, sender in (("open+t-a-abcdefghijklmnop@acme.example", "Your code", "no-reply@sso.example"),
                                ("open@acme.example", "Your code for [%s]" % number, "verify@sso.example"),
                                ("open@acme.example", "Re: [%s] Your code" % number, "noreply@chat.example")):
        row = take(stack, mail(subject, body="Your code is 421337.\n", sender=sender, to=to, headers=[("Cc", "eve@evil.example")]),
                   "bounces@sso.example", to)
        expect("held" in row["flags"], "%s: %s" % (subject, row["flags"]))
        expect_equal(count(stack, "note", "body LIKE '%%421337%%' AND visibility = 'public'"), 0, "public notes")
        if row["verdict"] == "ticket":
            expect_equal(stack.rows("SELECT address FROM ticketing.participant WHERE ticket_id = %d" % row["ticket_id"]),
                         [{"address": sender}], "who takes part")
        notices = stack.value("SELECT array_to_string(notices, ' ') AS n FROM ticketing.%s WHERE %s" % (
            ("note", "note_id = %d" % row["note_id"]) if row["note_id"] else ("ticket", "ticket_id = %d" % row["ticket_id"])))
        expect("held for agents" in notices, "the agent is told nothing: " + str(notices))
    expect_equal(count(stack, "outbox", "recipient IN ('no-reply@sso.example', 'verify@sso.example')"), 0, "answers")
    # A mail that answers nothing is a ticket as every other.
    flags = take(stack, mail("News", sender="noreply@chat.example"), "x@chat.example", "open@acme.example")["flags"]
    expect("held" not in flags, "a plain one is held")


@case("S7 quotes_and_statements_are_text")
def _(stack):
    for text in ("'); DROP TABLE ticketing.ticket; --", "\\'; SELECT 1; --", "$$; SELECT pg_sleep(9); $$", "\u02bc OR 1=1", "%s %d {0} ${x} \\x00 \\",
                 "'||(SELECT version())||'", "1;COMMIT;"):
        row = take(stack, mail(text, body=text + "\n", message_id="<%s@acme.example>" % os.urandom(4).hex(),
                               headers=[("X-Category", text), ("Cc", "bob@acme.example")]))
        made = ticket(stack, row["number"])
        expect_equal((made["subject"], made["description"].strip()), (text.strip(), text.strip()), "text")


@case("S8 no_value_of_a_mail_writes_a_line_of_the_log_or_moves_a_terminal")
def _(stack):
    before = len(stack.milter_log().splitlines())
    row = take(stack, mail("=?utf-8?q?A=0D=0Averdict=3Dticket_id=3Dx=1B[2J=C2=85=E2=80=AE?=", message_id="<a=1b[2J\"verdict=x@acme.example>",
                           sender="=?utf-8?q?Ann=0A=1B=5D0=3Bx=07?= <ann@acme.example>"))
    lines = stack.milter_log().splitlines()[before:]
    expect_equal(len(lines), 1, "lines")
    expect(not re.search(r"[\x00-\x08\x0a-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]", lines[0]), "control characters: %r" % lines[0])
    shown = stack.ctl("show", row["number"], "--channel", "acme/support") + stack.ctl("intake", "--limit", "1")
    expect(not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e]", shown), "control characters: %r" % shown)


@case("S9 what_we_write_into_a_mail_has_no_line_of_the_senders")
def _(stack):
    for subject in ("=?utf-8?q?Out_of_Office=0D=0ABcc:_eve=40evil.example?=", "=?utf-8?q?Automatic_reply:_x=0AX-Ticket-Verdict:_ticket?="):
        content = mail(subject, sender="x@far.example", headers=[("X-Ticket-Verdict", "ticket; channel=acme/support"), ("X-Ticket-Id", "INC-1"),
                                                                 ("Auto-Submitted", "no")])
        before = len(stack.mailbox("fail@acme.example"))
        expect_equal(stack.send(content, "x@far.example", [SUPPORT])[0], 250)
        got = stack.wait_mailbox("fail@acme.example", before + 1)[-1]
        head = got.replace(b"\r\n", b"\n").split(b"\n\n")[0]
        ours = [line for line in head.split(b"\n") if line.lower().startswith(b"x-ticket-")]
        expect_equal(ours, [b"X-Ticket-Verdict: fail; channel=acme/support; reason=domain_not_allowed"], "our headers")
        expect(b"\nBcc:" not in head, "a header was made")


@case("S10 an_address_that_only_looks_like_one_is_another")
def _(stack):
    for sender in ("ann@\u0430cme.example", "ann@acme.example.", "ann@acme%2eexample", "ann%acme.example@evil.example", "ann@[192.0.2.1]",
                   "ann@acm\u0435.example", "ann@xn--cme-7cd.example", '"ann@acme.example"@evil.example', "ann@acme\uff0eexample.evil.example"):
        expect_equal(stack.send(raw_mail(["From: <%s>" % sender], "Confusable"), ANN, [SUPPORT])[0] // 100, 2, sender)
        row = last(stack)
        same = row["sender"] == ANN
        expect(row["verdict"] == "fail" or same, "%r became %s of %r" % (sender, row["verdict"], row["sender"]))
    expect_equal(count(stack, "ticket", "subject = 'Confusable' AND requester <> '%s'" % ANN), 0, "tickets of others")


@case("S11 a_domain_is_allowed_by_its_labels_and_not_by_its_ending")
def _(stack):
    for domain in ("evil-acme.example", "acme.example.evil.example", "notacme.example", "acme-example.example", "partner.example", "evilpartner.example",
                   "a.partner.example.evil.example", "acme.exampl", "cme.example", "example"):
        row = take(stack, mail(sender="x@" + domain), "x@" + domain)
        expect_equal((row["verdict"], row["reason"]), ("fail", "domain_not_allowed"), domain)


@case("S12 a_reply_to_makes_nobody_a_requester_or_a_participant")
def _(stack):
    row = take(stack, mail("Ours", headers=[("Reply-To", "eve@evil.example"), ("Sender", "eve@evil.example"), ("Errors-To", "eve@evil.example"),
                                            ("Disposition-Notification-To", "eve@evil.example"), ("X-Original-From", "eve@evil.example")]))
    made = ticket(stack, row["number"])
    expect_equal(made["requester"], ANN)
    expect_equal(made["participants"], [{"address": ANN}], "participants")
    expect_equal(count(stack, "outbox", "recipient = 'eve@evil.example'"), 0, "mails to Reply-To")


@case("S13 a_mail_that_hides_a_second_one_behind_a_bare_line_end_is_one_mail_or_none")
def _(stack):
    hidden = ("MAIL FROM:<boss@acme.example>\r\nRCPT TO:<%s>\r\nDATA\r\nFrom: boss@acme.example\r\nSubject: Smuggled\r\n\r\nPay.\r\n.\r\n" % SUPPORT).encode()
    for end in (b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r\n\x00.\r\n"):
        content = mail("Outer").rstrip(b"\r\n") + end + hidden + b"rest\r\n.\r\n"
        with stack.smtp() as session:
            for line in ("MAIL FROM:<%s>" % ANN, "RCPT TO:<%s>" % SUPPORT, "DATA"):
                session.command(line)
            try:
                session.socket.sendall(content)
                session.socket.settimeout(3)
                while session.reply()[0]:
                    pass
            except (OSError, socket.timeout):
                pass
    expect_equal(count(stack, "ticket", "requester = 'boss@acme.example' OR subject = 'Smuggled'"), 0, "smuggled tickets")


@case("S14 answers_tell_nothing_of_what_is_there")
def _(stack):
    number = take(stack, mail("Secret"))["number"]
    replies = set()
    for subject in ("[%s] x" % number, "[INC-999999] x", "x", "[%s] x" % number.lower()):
        for sender, to in ((ANN, SUPPORT), ("eve@hq.partner.example", SUPPORT), ("eve@evil.example", SUPPORT)):
            code, text = stack.send(mail(subject, sender=sender), sender, [to])
            replies.add((code, re.sub(r"queued as \S+", "queued", text)))
    expect_equal(len(replies), 1, "different answers: %s" % replies)


@case("O1 what_goes_out_is_addressed_by_one_valid_address")
def _(stack):
    take(stack, mail("=?utf-8?q?x=0D=0ABcc:_eve=40evil.example?=", sender="=?utf-8?q?Ann=0D=0ACc:_eve?= <ann@acme.example>"))
    bad = [row["recipient"] for row in stack.rows("SELECT DISTINCT recipient FROM ticketing.outbox")
           if not re.fullmatch(r"[^\s<>,;:\"]+@[^\s<>,;:\"@]+", row["recipient"])]
    expect_equal(bad, [], "recipients")


@case("O2 machines_answering_machines_end_with_the_first_mail")
def _(stack):
    signs = [[("Auto-Submitted", "auto-replied")], [("Auto-Submitted", "auto-generated")], [("X-Autoreply", "yes")], [("Precedence", "auto_reply")],
             [("X-Ticket-Loop", "mx.example.net")], [("X-Loop", "yes")], [("X-Autorespond", "x")], [("X-Auto-Response-Suppress", "All"), ("Auto-Submitted", "auto-replied")]]
    for headers in signs:
        row = take(stack, mail("Re: Ticket received", headers=headers))
        expect_equal(row["verdict"], "exclude", str(headers))
    # Our own Message-ID is known by its signature, whichever channel it was made for; what only looks like one is a person's.
    key = stack.read("conf", "token.key").encode()
    for scope, wanted in ((("mx.example.net", "acme", "support"), "loop"), (("mx.example.net", "globex", "desk"), "loop"),
                          (("mx.example.net", "acme", "none"), None), (("mx2.example.net", "acme", "support"), None)):
        made = marks.in_message_id(marks.token(key, scope, 1, "pat@far.example", 1), scope[0])
        expect_equal(take(stack, mail("Re: x", message_id="<%s>" % made))["reason"], wanted, "Message-ID of %s" % (scope,))
    expect_equal(take(stack, mail("Re: x"), "")["verdict"], "exclude", "the null sender")
    # Another one of ours marks and automates its mails, so it gets nothing to answer.
    row = take(stack, mail("Re: Ticket", sender="desk@hq.partner.example", headers=[("X-Ticket-Loop", "gw2.example.org"), ("Auto-Submitted", "auto-replied")]))
    expect_equal((row["verdict"], count(stack, "outbox", "recipient = 'desk@hq.partner.example'")), ("exclude", 0))


def storm(stack, number, sender="robot@hq.partner.example", subject=None):
    """That many mails of a machine without any mark, over one connection as a mail server sends them. Returns replies by code."""
    codes = {}
    session = stack.smtp()
    try:
        for i in range(number):
            replies = session.send(mail(subject or "Your request %d was received" % i, sender=sender), sender, ["storm@acme.example"])
            code = (replies["data"] or replies["mail"])[0]
            codes[code] = codes.get(code, 0) + 1
            if code in (0, 421):
                session = stack.smtp()
    finally:
        session.socket.close()
    return codes


def ago(stack, minutes):
    stack.psql("UPDATE ticketing.intake SET received_at = received_at - interval '%d minutes'" % minutes)


@case("O3 a_storm_without_any_mark_ends_by_itself_with_the_counts_of_the_limits")
def _(stack):
    ago(stack, 3000)
    before = len(stack.milter_log().splitlines())
    half = STORM // 2
    expect_equal(storm(stack, half), {250: 10, 451: half - 10}, "replies at first")
    expect_equal(count(stack, "intake", "sender = 'robot@hq.partner.example'"), 10, "rows of what was put off")
    ago(stack, 11)
    expect_equal(storm(stack, STORM - half), {250: STORM - half}, "replies in the long run")
    rows = stack.rows("SELECT verdict, reason, count(*) AS n FROM ticketing.intake WHERE sender = 'robot@hq.partner.example' GROUP BY 1, 2 ORDER BY 1")
    expect_equal([(row["verdict"], row["reason"], row["n"]) for row in rows],
                 [("fail", "rate_limit", STORM - half - 10), ("ticket", None, 20)], "what became of them")
    lines = stack.milter_log().splitlines()[before:]
    expect_equal(sum("status=limited" in line for line in lines), 1, "lines about what is put off")
    expect_equal(sum("a rate window is full" in line for line in lines), 1, "lines about what is refused")
    # Nobody else is kept out.
    expect_equal(take(stack, mail("Honest", sender="pat@hq.partner.example"), "pat@hq.partner.example", "storm@acme.example")["verdict"], "ticket")


@case("O3 two_desks_that_answer_each_other_in_one_ticket_end_after_a_few_mails")
def _(stack):
    ago(stack, 3000)
    number = take(stack, mail("Order", sender="peer@hq.partner.example"), "peer@hq.partner.example", "storm@acme.example")["number"]
    expect_equal(storm(stack, 30, "peer@hq.partner.example", "Re: [%s] Your request" % number), {250: 5, 451: 25}, "replies at first")
    ago(stack, 11)
    expect_equal(storm(stack, 30, "peer@hq.partner.example", "Re: [%s] Your request" % number), {250: 30}, "replies in the long run")
    expect_equal(len(stack.ctl_json("show", number, "--channel", "acme/storm")[0]["notes"]), 10, "notes")


@case("O4 nobody_is_written_to_whom_the_mail_only_claims_to_be_from")
def _(stack):
    # Refused and excluded mails, machines and held ones put nothing into the outbox.
    before = count(stack, "outbox", "kind = 'confirmation'")
    for content, sender, to in ((mail(sender="x@far.example"), "x@far.example", SUPPORT),
                                (mail(headers=[("Auto-Submitted", "auto-replied")]), ANN, SUPPORT),
                                (mail(), ANN, "strict@acme.example"), (mail(), "", SUPPORT),
                                (mail(sender="noreply@hq.partner.example"), "b@hq.partner.example", SUPPORT)):
        take(stack, content, sender, to)
    expect_equal(count(stack, "outbox", "kind = 'confirmation'"), before, "confirmations")


@case("O5 nothing_that_is_refused_comes_back_as_a_bounce")
def _(stack):
    stack.settle()
    before = len(stack.mailbox("carol@far.example"))
    for content, to in ((mail(sender="carol@far.example"), SUPPORT), (mail(sender="carol@far.example"), "strict@acme.example"),
                        (mail(sender="carol@far.example", headers=[("Auto-Submitted", "auto-replied")]), SUPPORT),
                        (raw_mail(["From: carol@far.example", "From: x@far.example"]), SUPPORT)):
        expect_equal(stack.send(content, "carol@far.example", [to])[0], 250)
    stack.settle()
    expect_equal(len(stack.mailbox("carol@far.example")), before, "mails to the sender")


@case("O8 a_bounce_of_what_we_sent_is_never_a_ticket_and_never_answered")
def _(stack):
    before = count(stack, "ticket", "true"), count(stack, "outbox", "true")
    report = ("From: MAILER-DAEMON@far.example\r\nTo: support@acme.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
              "Message-ID: <%s@far.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
              "--b\r\n\r\nCould not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; far.example\r\n\r\n"
              "Final-Recipient: rfc822; ann@far.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
              "Message-ID: <t-a-forgedforgedforged@mx.example.net>\r\n\r\n--b--\r\n" % os.urandom(6).hex()).encode()
    row = take(stack, report, "")
    expect_equal((row["verdict"], row["reason"], row["ticket_id"]), ("exclude", "bounce", None))
    expect_equal((count(stack, "ticket", "true"), count(stack, "outbox", "true")), before, "tickets and outgoing mails")


@case("R1 secrets_stand_in_no_log_no_error_and_no_output")
def _(stack):
    secret = "Sesam-" + os.urandom(4).hex()
    conf = stack.read("conf", "ticket-milter.conf")
    key = stack.read("conf", "token.key").strip()
    stack.write(("conf", "ticket-milter.conf"), re.sub(r'conninfo = "([^"]*)"', r'conninfo = "\1 password=%s"' % secret, conf))
    stack.restart_milter()
    env = {"TICKETCTL_CONNINFO": "host=127.0.0.1 port=1 dbname=tickets user=x password=%s" % secret}
    said = ""
    try:
        take(stack, mail("Any"))
        for command in (["check"], ["check", "--json"], ["status"], ["status", "--json"], ["channels", "--json"], ["init", "--json"],
                        ["show", "INC-1", "--json"], ["intake", "--json"], ["reader", "--json"]):
            for conninfo in ([], ["--conninfo", env["TICKETCTL_CONNINFO"]], ["--conninfo", "nonsense=1 password=%s" % secret],
                             ["--conninfo", "postgresql://x:%s@127.0.0.1:1/tickets" % secret]):
                done = stack.ctl(*command, *conninfo, check=False)
                said += done.stdout + done.stderr
        stack.stop_postgres("immediate")
        code, _text = stack.send(mail("While away"), ANN, [SUPPORT])
        expect_equal(code, 451)
        stack.start_postgres()
    finally:
        stack.write(("conf", "ticket-milter.conf"), conf)
        stack.restart_milter()
    for text, where in ((said, "ticketctl"), (stack.milter_log(), "the log"), (stack.maillog(), "the mail log")):
        for word in (secret, key, key[:24]):
            expect(word not in text, "%s tells a secret" % where)


@case("R2 restricted_fields_are_seen_by_their_readers_alone")
def _(stack):
    row = take(stack, mail("Fields"))
    stack.psql("INSERT INTO ticketing.ticket_field VALUES (%d, %d, 'salary', '4711-secret', true)" % (row["tenant_id"], row["ticket_id"]))
    for role, sees in (("ticket_agent", False), ("ticket_restricted", True), ("ticket_admin", False)):
        conninfo = re.sub(r"user=\S+", "user=" + role, stack.conninfo)
        for arguments in (["show", row["number"], "--channel", "acme/support"], ["show", row["number"], "--channel", "acme/support", "--json"]):
            done = stack.ctl(*arguments, "--conninfo", conninfo, check=False)
            expect_equal(done.returncode, 0, done.stderr)
            expect_equal("4711-secret" in done.stdout, sees, "%s sees it" % role)
        said = stack.psql("SELECT coalesce(string_agg(f::text, ' '), '') FROM ticketing.ticket_field f", role)
        expect_equal("4711-secret" in said, sees, "%s reads it" % role)


@case("R3 a_reader_of_one_tenant_sees_and_answers_nothing_of_another")
def _(stack):
    stack.psql("CREATE ROLE gil LOGIN; GRANT ticket_agent TO gil")
    with open(stack.value("SELECT current_setting('ident_file') AS f"), "r+", encoding="utf-8") as file:
        lines = [line for line in file.read().splitlines() if line.endswith(" ticket_agent")]
        file.write("".join(line.replace("ticket_agent", "gil") + "\n" for line in lines))
    stack.psql("SELECT pg_reload_conf()")
    take(stack, mail("Of globex", to="desk@globex.example"), ANN, "desk@globex.example")
    ours = take(stack, mail("Of acme"))["number"]
    said = stack.ctl("reader", "add", "gil", "globex")
    expect_equal(said.strip(), "gil reads globex")
    expect_equal([(row["role"], row["tenant"], row["reads"], row["why"]) for row in stack.ctl_json("reader", "list")
                  if row["role"] == "gil"], [("gil", "globex", True, None)])
    conninfo = re.sub(r"user=\S+", "user=gil", stack.conninfo)
    wait_for(lambda: stack.ctl("tickets", "--conninfo", conninfo, check=False).returncode == 0, "the server to let gil in")
    rows = stack.ctl("tickets", "--json", "--conninfo", conninfo).splitlines()
    expect(rows and all('"tenant":"globex"' in line.replace(": ", ":") for line in rows), "tickets of others: %s" % rows[:2])
    expect_equal(stack.ctl("show", ours, "--channel", "acme/support", "--conninfo", conninfo, check=False).returncode, 1, "exit code")
    done = stack.ctl("reader", "add", "ticket_milter", "globex", check=False)
    expect(done.returncode != 0 and "no role that tenants can be given to" in done.stderr, done.stderr)
    expect_equal(stack.ctl("reader", "add", "gil", "acme", "globex").strip(), "gil reads acme and globex")
    expect_equal(stack.ctl("reader", "add", "gil", "*").strip(), "gil reads ALL tenants")
    expect_equal(stack.ctl_json("reader", "remove", "gil", "*", "acme"),
                 [{"role": "gil", "tenants": ["globex"], "agent": True, "changed": True}])
    expect_equal(stack.ctl("reader", "remove", "gil", "globex").strip(), "gil reads no tenant")
    expect_equal(stack.psql("SELECT count(*) FROM ticketing.ticket_report", "gil").strip(), "0")
    stack.ctl("reader", "add", "gil", "globex")
    stack.psql("REVOKE ticket_agent FROM gil; CREATE ROLE late LOGIN; GRANT ticket_agent TO late")
    expect("member of ticket_agent" in stack.ctl("reader", "add", "gil", "globex"), "a role that may not read at all")
    stack.ctl("reader", "add", "late", "globex")
    stack.psql("ALTER ROLE late RENAME TO later")
    expect_equal([(row["role"], row["reads"], row["why"]) for row in stack.ctl_json("reader", "list") if row["tenant"] != "*"],
                 [("gil", False, "it is no member of ticket_agent"),
                  ("late", False, "it may be called later now: give it to that name")])
    stack.psql("DROP ROLE later; CREATE ROLE late LOGIN; GRANT ticket_agent TO late")
    expect("ticketctl reader renew late" in stack.ctl("reader"), "a role of the same name")
    expect_equal(stack.ctl("reader", "renew", "late").strip(), "late reads globex")


# in_flow_delay: Postfix slows down whoever sends faster than it delivers, by a second a mail, which a storm need not wait for.
main(lambda build: Stack(build, channels=CHANNELS, templates=TEMPLATES, domains=DOMAINS + ["globex.example", "globex.tickets.example.net"],
                         options='trusted_authserv = [ "mx.example.net" ];',
                         postfix=["--set", "smtpd_error_sleep_time = 0",
                                  "--set", "smtpd_soft_error_limit = 100000", "--set", "smtpd_hard_error_limit = 100000", "--set", "in_flow_delay = 0"],
                         aliases=ALIASES + ["%s fail@acme.example" % address for name in ("strict", "open", "storm")
                                            for address in (name + "@acme.example", "it.%s@acme.example" % name, name + ".1@acme.tickets.example.net")]
                         + ["desk@globex.example fail@acme.example", "it.desk@globex.example fail@acme.example", "desk.1@globex.tickets.example.net fail@acme.example"]))
