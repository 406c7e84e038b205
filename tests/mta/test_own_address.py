"""Mails from our own addresses, and from forms that write for others: nothing is lost, and nobody answers himself."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import marks  # noqa: E402
from desk import Desk  # noqa: E402
from tk import ALIASES, CHANNEL, TEMPLATE, case, expect, expect_equal, mail, main  # noqa: E402

ANN = "ann@acme.example"
SUPPORT, FAIL = "support@acme.example", "fail@acme.example"
FORM, KIM = "forms@acme.example", "kim@far.example"
GOOD = ("Authentication-Results", "mx.example.net; dmarc=pass header.from=acme.example")


def channel(name, senders, limits=""):
    return (CHANNEL.replace('"support"', '"%s"' % name).replace("support.392@", name + ".1@").replace("support@acme", name + "@acme")
            .replace("helpdesk@", "it.%s@" % name).replace('"*.partner.example" ];', '"*.partner.example" ]; ' + senders)
            .replace('fail = "alias"', 'fail = "%s"' % FAIL)
            .replace("  template = ", '  confirmation = { enabled = true; pause = "0s"; };\n  ' + limits + "  template = "))


LIMITS = 'limits = { tickets_later = "3/10m"; notes_later = "3/10m"; };\n'
CHANNELS = {
    "support.conf": channel("support", 'forms = [ "%s" ];' % FORM),
    "web.conf": channel("web", 'forms = [ "%s", "web@acme.example" ]; forms_confirm = true;' % FORM, LIMITS),
}


def take(stack, content, sender, to=SUPPORT, replies=(250,)):
    """Sends a mail that is to be taken and returns its intake row."""
    code, text = stack.send(content, sender, [to])
    expect(code in replies, "%d %s" % (code, text))
    return stack.rows("SELECT * FROM ticketing.intake_report ORDER BY intake_id DESC LIMIT 1")[0]


def answer_of(row):
    return (row["verdict"], row["reason"])


def note_of(stack, row):
    return stack.rows("SELECT visibility, unverified, author FROM ticketing.note WHERE note_id = %d" % row["note_id"])[0]


def participants(stack, row):
    return [r["address"] for r in stack.rows("SELECT address FROM ticketing.participant WHERE ticket_id = %d ORDER BY 1" % row["ticket_id"])]


def outbox(stack, row):
    return stack.rows("SELECT kind, recipient FROM ticketing.outbox WHERE ticket_id = %d ORDER BY outbox_id" % row["ticket_id"])


def ticket(stack, row):
    return stack.rows("SELECT * FROM ticketing.ticket WHERE ticket_id = %d" % row["ticket_id"])[0]


def add_note(stack, row):
    stack.psql("SELECT ticketing.add_note(tenant_id, number, 'Dora', 'public', 'Which one?') FROM ticketing.ticket WHERE ticket_id = %d" % row["ticket_id"])


def request(stack, to=SUPPORT):
    """A person's request; returns its intake row and its Message-ID."""
    message_id = "<%s@acme.example>" % os.urandom(8).hex()
    row = take(stack, mail(message_id=message_id, headers=[GOOD]), ANN, to)
    expect_equal(answer_of(row), ("ticket", None), "the request")
    return row, message_id


def token(stack, row, recipient, name="support"):
    return marks.token(stack.read("conf", "token.key").encode(), ("mx.example.net", "acme", name), row["ticket_id"], recipient)


@case("O9 what_comes_from_an_address_of_ours_is_a_ticket_and_nobody_is_told_of_it")
def _(stack):
    for sender in (SUPPORT, "It.Support@acme.example", "support+x@acme.example", FAIL, "web@acme.example"):
        row = take(stack, mail("Contact form", sender=sender), "www-data@acme.example")
        expect_equal((answer_of(row), "own_address" in row["flags"]), (("ticket", None), True), sender)
        expect_equal(ticket(stack, row)["requester"], sender.lower(), "requester")
        add_note(stack, row)
        expect_equal((participants(stack, row), outbox(stack, row)), ([], []), "who takes part, and what goes out")


@case("O9 a_mail_written_as_our_shared_mailbox_is_an_internal_note_of_the_ticket_that_it_answers")
def _(stack):
    for headers, unverified in (([], True), ([GOOD], False)):
        opened, message_id = request(stack)
        before = ticket(stack, opened)
        row = take(stack, mail("FW: something", sender=SUPPORT, to=ANN, headers=[("In-Reply-To", message_id), ("Cc", SUPPORT)] + headers), SUPPORT)
        expect_equal((answer_of(row), row["ticket_id"]), (("note", "unverified" if unverified else None), opened["ticket_id"]), "the note")
        note = note_of(stack, row)
        expect_equal((note["visibility"], note["unverified"], note["author"]), ("internal", unverified, SUPPORT), "who sees it")
        expect_equal(ticket(stack, row)["updated_at"] == before["updated_at"], unverified, "the ticket is as it was")
        expect_equal(participants(stack, row), [ANN], "who takes part")
        # A mark of ours counts as well, whoever it was made for.
        row = take(stack, mail("Again", sender=SUPPORT, headers=headers), SUPPORT, marks.in_address(SUPPORT, token(stack, opened, ANN)))
        expect_equal((row["verdict"], row["ticket_id"], note_of(stack, row)["visibility"]), ("note", opened["ticket_id"], "internal"), "by a mark")


@case("O9 a_subject_under_an_address_of_ours_names_no_ticket")
def _(stack):
    opened, _ = request(stack)
    row = take(stack, mail("Re: [%s] Printer" % opened["number"], sender=SUPPORT, headers=[GOOD]), SUPPORT)
    expect_equal((answer_of(row), row["ticket_id"] != opened["ticket_id"]), (("ticket", "not_participant"), True), "a ticket of its own")
    expect(opened["number"] not in ticket(stack, row)["subject"], "it bears the other's number")


@case("O9 auto_responders_of_our_mailboxes_fall_silent")
def _(stack):
    before = stack.value("SELECT count(*) AS n FROM ticketing.ticket")
    opened, message_id = request(stack)
    for sender, envelope, headers in ((FAIL, FAIL, [("Auto-Submitted", "auto-replied")]), (FAIL, "", []), (SUPPORT, "", [("Auto-Submitted", "auto-replied")]),
                                      (SUPPORT, SUPPORT, [("X-Autoreply", "yes")]), (SUPPORT, "", [("In-Reply-To", message_id)])):
        row = take(stack, mail("Out of Office", "I am away until Monday.\n", sender=sender, headers=headers), envelope)
        expect_equal(row["verdict"], "exclude", "%s %s" % (sender, headers))
    expect_equal(stack.value("SELECT count(*) AS n FROM ticketing.ticket"), before + 1, "tickets")
    # One that marks nothing opens a ticket, and that is its end.
    row = take(stack, mail("Thank you for your mail", sender=FAIL), FAIL)
    expect_equal((row["verdict"], outbox(stack, row)), ("ticket", []), "an unmarked one")


@case("O9 what_our_own_mailbox_forwards_to_itself_goes_round_without_a_new_ticket_each_time")
def _(stack):
    content = mail("Round and round", headers=[GOOD])
    first = take(stack, content, ANN)
    hop = b"Received: from mx.acme.example by mx.acme.example; Mon, 2 Mar 2026 10:00:00 +0000\r\n"
    for hops in (1, 2, 40):
        row = take(stack, hop * hops + content, ANN)
        expect_equal((row["verdict"], row["ticket_id"]), ("ticket", first["ticket_id"]), "after %d hops" % hops)
    expect_equal(row["seen"], 4, "how often it was seen")
    # A mailbox that puts itself into the envelope makes it another mail, once.
    rounds = [take(stack, hop * hops + content, SUPPORT)["ticket_id"] for hops in (1, 2, 40)]
    expect_equal(len(set(rounds)), 1, "tickets of the rounds")
    # The mail server ends it before we do.
    expect(stack.send(hop * 60 + content, SUPPORT, [SUPPORT])[0] in (550, 554), "it may go round for ever")


@case("O9 a_mail_that_a_group_sends_on_in_our_name_is_a_ticket")
def _(stack):
    headers = [("X-Original-From", "Bob <bob@far.example>"), ("Reply-To", "Bob <bob@far.example>"), ("List-ID", "<support.acme.example>"),
               ("Mailing-list", "list support@acme.example"), ("Precedence", "list"), ("X-Google-Group-Id", "1"), GOOD]
    row = take(stack, mail("The gate", sender="'Bob' via Support <support@acme.example>", headers=headers), "support+bncB@acme.example")
    expect_equal((answer_of(row), row["class"]), (("ticket", None), "list"), "what became of it")
    add_note(stack, row)
    expect_equal((participants(stack, row), outbox(stack, row)), ([], []), "who takes part, and what goes out")


@case("O9 a_storm_between_our_own_addresses_ends_by_the_limits")
def _(stack):
    replies = [stack.send(mail("Round %d" % i, sender=FAIL, to="web@acme.example"), FAIL, ["web@acme.example"])[0] for i in range(8)]
    expect_equal(replies, [250] * 3 + [451] * 5, "new tickets")
    opened, message_id = request(stack, "web@acme.example")
    replies = [stack.send(mail("Note %d" % i, sender=SUPPORT, to="web@acme.example", headers=[("References", message_id)]), SUPPORT,
                          ["web@acme.example"])[0] for i in range(8)]
    expect_equal(replies, [250] * 3 + [451] * 5, "notes")
    expect_equal([(r["kind"], r["recipient"]) for r in outbox(stack, opened)], [("confirmation", ANN)], "what goes out")


@case("O9 the_loop_mark_of_another_installation_stays_on_a_mail_that_passes")
def _(stack):
    had = len(stack.mailbox(FAIL))
    take(stack, mail("From elsewhere", sender="x@else.example", headers=[("X-Ticket-Loop", "gw.else.example"), ("X-Ticket-Id", "INC-1")]), "x@else.example")
    head = stack.wait_mailbox(FAIL, had + 1)[-1].replace(b"\r\n", b"\n").split(b"\n\n")[0]
    ours = sorted(line for line in head.split(b"\n") if line.lower().startswith(b"x-ticket-"))
    expect_equal(ours, [b"X-Ticket-Loop: gw.else.example", b"X-Ticket-Verdict: fail; channel=acme/support; reason=domain_not_allowed"], "headers")


def form(subject="Contact", sender=FORM, reply_to=KIM, headers=(), good=True, **more):
    more_headers = [("Reply-To", "Kim <%s>" % reply_to)] if reply_to else []
    return mail(subject, sender="Web form <%s>" % sender, headers=more_headers + list(headers) + ([GOOD] if good else []), **more)


@case("O10 a_form_writes_for_the_mailbox_in_reply_to")
def _(stack):
    for envelope, headers in (("www-data@acme.example", []), ("", [("Auto-Submitted", "auto-generated")]), ("", [])):
        row = take(stack, form(headers=headers), envelope)
        expect_equal((answer_of(row), "form" in row["flags"], row["sender"]), (("ticket", None), True, FORM), str(headers))
        made = ticket(stack, row)
        expect_equal((made["requester"], made["requester_name"], participants(stack, row)), (KIM, "Kim", [KIM]), "whose ticket it is")
        expect_equal(outbox(stack, row), [], "a confirmation without forms_confirm")
        add_note(stack, row)
        expect_equal([r["recipient"] for r in outbox(stack, row)], [KIM], "an agent's answer")
    row = take(stack, form(sender="web@acme.example"), "", "web@acme.example")
    expect_equal((answer_of(row), outbox(stack, row)), (("ticket", None), [{"kind": "confirmation", "recipient": KIM}]), "with forms_confirm")


@case("O10 a_form_that_nobody_vouches_for_or_that_names_nobody_is_no_requester")
def _(stack):
    row = take(stack, form(headers=[("Auto-Submitted", "auto-generated")], good=False), "")
    expect_equal(row["verdict"], "exclude", "not confirmed")
    row = take(stack, form(good=False), "x@acme.example")
    expect_equal((answer_of(row), ticket(stack, row)["requester"]), (("ticket", None), FORM), "not confirmed, and no machine")
    for reply_to in (None, "%s, lou@far.example" % KIM, SUPPORT):
        row = take(stack, form(reply_to=reply_to), "", "it.web@acme.example" if reply_to is None else SUPPORT)
        expect_equal((answer_of(row), ticket(stack, row)["requester"]), (("ticket", None), FORM), "Reply-To: %s" % reply_to)
        expect_equal((participants(stack, row), outbox(stack, row)), ([], []), "who is told")
    # A report stays one.
    report = (b"From: %s\r\nTo: support@acme.example\r\nSubject: Undelivered\r\n%s: %s\r\nReply-To: %s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report;"
              b" report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNot delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
              b"Reporting-MTA: dns; x.example\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
              % (FORM.encode(), GOOD[0].encode(), GOOD[1].encode(), KIM.encode()))
    expect_equal(answer_of(take(stack, report, "")), ("exclude", "bounce"), "a report")


@case("O10 what_is_typed_into_a_form_names_no_ticket_but_a_mark_does")
def _(stack):
    # Kim takes part in this one.
    opened = take(stack, form(message_id="<kims@forms.acme.example>"), "")
    expect_equal(participants(stack, opened), [KIM])
    for headers, subject in (([("In-Reply-To", "<kims@forms.acme.example>")], "Contact"), ([], "[%s] Contact" % opened["number"])):
        row = take(stack, form(subject, headers=headers), "")
        expect_equal((row["verdict"], row["ticket_id"] != opened["ticket_id"]), ("ticket", True), subject)
        expect(opened["number"] not in ticket(stack, row)["subject"], "it bears the other's number")
    row = take(stack, form(), "", marks.in_address(SUPPORT, token(stack, opened, KIM)))
    expect_equal((answer_of(row), row["ticket_id"]), (("note", None), opened["ticket_id"]), "the requester's mark")
    expect_equal((note_of(stack, row)["visibility"], note_of(stack, row)["author"]), ("public", KIM), "the note")
    row = take(stack, form(reply_to="lou@far.example"), "", marks.in_address(SUPPORT, token(stack, opened, KIM)))
    expect_equal((answer_of(row), row["ticket_id"]), (("note", "unverified"), opened["ticket_id"]), "somebody else's mark")
    expect_equal(note_of(stack, row)["visibility"], "internal", "who sees it")
    expect_equal(participants(stack, opened), [KIM], "who takes part")


@case("O10 the_limits_count_the_form_and_its_requester")
def _(stack):
    def ago():
        stack.psql("UPDATE ticketing.intake SET received_at = received_at - interval '1 day'")

    def replies(senders):
        return [stack.send(form("Limit %d" % i, *sender), "", ["web@acme.example"])[0] for i, sender in enumerate(senders)]
    ago()
    expect_equal(replies([(FORM, "a%d@far.example" % i) for i in range(5)]), [250] * 3 + [451] * 2, "one form, many requesters")
    ago()
    expect_equal(replies([(FORM, KIM), ("web@acme.example", KIM), (FORM, KIM), ("web@acme.example", KIM), ("web@acme.example", "lou@far.example")]),
                 [250] * 3 + [451] + [250], "one requester, two forms")


@case("O10 ticketctl_test_tells_for_whom_a_form_wrote")
def _(stack):
    stack.write(("form.eml",), form(headers=[("Auto-Submitted", "auto-generated")]).decode())
    for good, wanted in ((True, ("ticket", KIM, ["form"])), (False, ("exclude", None, []))):
        text = stack.read("form.eml") if good else re.sub(r"Authentication-Results.*\n", "", stack.read("form.eml"))
        stack.write(("tested.eml",), text)
        done = stack.ctl("test", "--json", "--from", "", "--no-database", "acme/support", stack.path("tested.eml"), check=False)
        (got,) = [json.loads(line) for line in done.stdout.splitlines()]
        expect_equal((got["verdict"], got["plan"] and got["plan"]["requester"], got["flags"]), wanted, done.stderr)


main(lambda build: Desk(build, channels=CHANNELS, templates={"incident.conf": TEMPLATE}, options='trusted_authserv = [ "mx.example.net" ];',
                        aliases=ALIASES + ["%s %s" % (address, FAIL) for address in ("web@acme.example", "it.web@acme.example", "web.1@acme.tickets.example.net")]))
