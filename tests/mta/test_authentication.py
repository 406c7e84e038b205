"""Whom a channel believes: forged and true Authentication-Results with every kind of channel, through Postfix.

No filter stands before ours here, so the fields come in the mail itself; elsewhere the DMARC filter writes them and takes
away those from outside that bear its id."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import ALIASES, CHANNEL, Stack, case, expect, expect_equal, mail, main  # noqa: E402

ANN = "ann@acme.example"
MODES = ("off", "flag", "fail", "reject")
GOOD = "mx.example.net; dmarc=pass (p=reject) header.from=acme.example"
BAD = "mx.example.net; dmarc=fail header.from=acme.example; dkim=pass header.d=acme.example"
# What the fields say -> (the fields' values, the word in the log).
MAILS = {
    "good": ([GOOD], "pass"),
    "failed": ([BAD], "fail"),
    "forged": (["mx.evil.example; dmarc=pass header.from=acme.example",
                "mx.example.net(.evil.example; dmarc=pass header.from=acme.example"], "none"),
    "quoted": (['mx.example.net; spf=pass smtp.mailfrom="a; dmarc=pass header.from=acme.example; b"@evil.example'], "fail"),
    "bare": ([], "none"),
}
FLAG = "the sender is not confirmed: "


def channel(mode):
    return (CHANNEL.replace('"support"', '"%s"' % mode).replace("support.392@", mode + ".1@").replace("support@acme", mode + "@acme")
            .replace("helpdesk@", "it.%s@" % mode).replace('"*.partner.example" ];', '"*.partner.example" ]; authentication = "%s";' % mode))


def send(stack, what, modes, message_id, others=()):
    fields = [("Authentication-Results", value) for value in MAILS[what][0]]
    return stack.send(mail("Is it " + what, message_id="<%s>" % message_id, headers=fields), ANN,
                      [mode + "@acme.example" for mode in modes] + list(others))


def intakes(stack, message_id):
    return [(row["verdict"], row["reason"]) for row in stack.rows(
        "SELECT verdict, reason FROM ticketing.intake WHERE message_id = '%s' ORDER BY rcpt" % message_id)]


def in_fail(stack, message_id):
    stack.settle()
    return [content for content in stack.mailbox("fail@acme.example") if message_id.encode() in content]


def one(stack, mode, what):
    message_id = "%s.%s@acme.example" % (mode, what)
    believed = what == "good" or mode in ("off", "flag")
    code, text = send(stack, what, [mode], message_id)
    wanted = [("ticket", None)] if believed else [({"fail": "fail", "reject": "reject"}[mode], "unauthenticated")]
    expect_equal(intakes(stack, message_id), wanted, "intake")
    refused = not believed and mode == "reject"
    expect_equal(code, 550 if refused else 250, "the reply (%s)" % text)
    if refused:
        expect("5.7.1" in text, "the reply is " + text)
    held = in_fail(stack, message_id)
    expect_equal(len(held), 1 if not believed and mode == "fail" else 0, "copies in the fail mailbox")
    for content in held:
        expect(b"X-Ticket-Verdict: fail; channel=acme/fail; reason=unauthenticated\n" in content, "the mark is missing")
    (line,) = [line for line in stack.milter_log().splitlines() if "msgid=" + message_id in line]
    expect(" auth=%s " % MAILS[what][1] in line, "the log says " + line)
    if not believed:
        return
    ((notices, text),) = [(row["notices"], row["description"]) for row in stack.rows(
        "SELECT array_to_string(t.notices, ' ') AS notices, t.description FROM ticketing.ticket t"
        " JOIN ticketing.message_id m USING (tenant_id, ticket_id) WHERE m.message_id = '%s'" % message_id)]
    expect_equal(FLAG in notices, mode == "flag" and what != "good", "whether the ticket tells it")
    expect(FLAG not in text, "the sender's text says " + text)


def add_cases():
    for mode in MODES:
        def run(stack, mode=mode):
            for what in MAILS:
                one(stack, mode, what)
        words = {"off": "asks for nothing and tells nothing", "flag": "takes every mail and tells in the ticket who is not confirmed",
                 "fail": "sends whom no trusted filter confirms to the fail mailbox", "reject": "refuses whom no trusted filter confirms"}
        case("authentication %s %s" % (mode, words[mode]))(run)


add_cases()


@case("a mail that not all recipients refuse goes to the fail mailbox instead of back to its sender")
def _(stack):
    for number, (modes, others, wanted) in enumerate([
            (["reject"], ["dora@acme.example"], [("fail", "unauthenticated")]),
            (["off", "reject"], [], [("ticket", None), ("fail", "unauthenticated")]),
            (["fail", "reject"], [], [("fail", "unauthenticated"), ("fail", "unauthenticated")])]):
        message_id = "mixed.%d@acme.example" % number
        expect_equal(send(stack, "failed", modes, message_id, others)[0], 250)
        expect_equal(intakes(stack, message_id), wanted, "intake")
        expect(in_fail(stack, message_id), "the fail mailbox has no copy")


@case("ticketctl test tells whether the sender is confirmed")
def _(stack):
    for what, word in (("good", "pass"), ("failed", "fail"), ("bare", "none")):
        name = stack.path(what + ".eml")
        with open(name, "wb") as file:
            file.write(mail(headers=[("Authentication-Results", value) for value in MAILS[what][0]]))
        done = stack.ctl("test", "acme/fail", name, "--json", "--no-database", check=False)
        (answer,) = [json.loads(line) for line in done.stdout.splitlines()]
        expect_equal((answer["authentication"], answer["verdict"]), (word, "ticket" if what == "good" else "fail"), what)


# Who is believed without a filter's word -> (client's attributes for XCLIENT, address of From, verdict, reason, by).
CLIENTS = {
    "network": ("ADDR=192.0.2.7", ANN, "ticket", None, "network 192.0.2.0/24"),
    "outside": ("ADDR=198.51.100.7", ANN, "fail", "impersonation", None),
    "login": ("ADDR=198.51.100.7 LOGIN=ann@acme.example", ANN, "ticket", None, "login ann@acme.example"),
    "other login": ("ADDR=198.51.100.7 LOGIN=bob@acme.example", ANN, "fail", "impersonation", None),
    "partner": ("ADDR=198.51.100.7", "pat@hq.partner.example", "fail", "unauthenticated", None),
    "partner login": ("ADDR=198.51.100.7 LOGIN=pat@hq.partner.example", "pat@hq.partner.example", "ticket", None,
                      "login pat@hq.partner.example"),
}


@case("a named network and a client that has logged in as the sender are believed, others are not")
def _(stack):
    for what, (client, sender, verdict, reason, by) in CLIENTS.items():
        message_id = what.replace(" ", ".") + "@client.example"
        with stack.smtp() as session:
            expect_equal(session.command("XCLIENT " + client)[0], 220, "XCLIENT")
            session.command("EHLO client.example")
            replies = session.send(mail(sender=sender, message_id="<%s>" % message_id), sender, ["own@acme.example"])
            session.command("QUIT")
        expect_equal(replies["data"][0], 250, what)
        (row,) = stack.ctl_json("intake", "--channel", "acme/own", "--limit", "1")
        expect_equal((row["message_id"], row["verdict"], row["reason"], row["authentication"], row["authenticated_by"]),
                     (message_id, verdict, reason, "pass" if by else "none", by), what)


@case("who claims an own domain without a proof is told in the ticket and stands in the intake")
def _(stack):
    for what, sender, wanted in (("bare", ANN, ["unconfirmed", "impersonation"]), ("good", ANN, []),
                                 ("bare", "pat@hq.partner.example", ["unconfirmed"])):
        content = mail("Claims", sender=sender, headers=[("Authentication-Results", value) for value in MAILS[what][0]])
        expect_equal(stack.send(content, sender, ["flag@acme.example"])[0], 250)
        (row,) = stack.ctl_json("intake", "--limit", "1")
        expect_equal(row["flags"], wanted, "flags of " + sender)
        (ticket,) = stack.ctl_json("show", row["number"])
        expect_equal(any("claims a domain of this organisation" in text for text in ticket["notices"]),
                     "impersonation" in wanted, "whether the ticket tells it")
        expect_equal(ticket["intake"][0]["authentication"], "pass" if what == "good" else "none")
        expect(("confirmed    pass dmarc=pass acme.example\n" in stack.ctl("show", row["number"])) == (what == "good"), "show")


@case("ticketctl test knows networks and logins")
def _(stack):
    name = stack.path("client.eml")
    with open(name, "wb") as file:
        file.write(mail())
    for arguments, word in ((["--client", "192.0.2.9"], "pass"), (["--client", "198.51.100.9"], "none"),
                            (["--login", "Ann@acme.example"], "pass"), (["--login", "bob@acme.example"], "none")):
        done = stack.ctl("test", "acme/own", name, "--json", "--no-database", *arguments, check=False)
        answer = json.loads(done.stdout)
        expect_equal((answer["authentication"], answer["verdict"], done.returncode),
                     (word, "ticket", 0) if word == "pass" else (word, "fail", 1), " ".join(arguments))


@case("check refuses a channel that believes nobody, with file, line and remedy")
def _(stack):
    with open(stack.path("conf", "ticket-milter.conf"), encoding="utf-8") as file:
        text = file.read()
    stack.write(("conf", "ticket-milter.conf"), text.replace("\ntrusted_", "\n# trusted_"))
    try:
        done = stack.ctl("check", check=False)
    finally:
        stack.write(("conf", "ticket-milter.conf"), text)
    said = done.stdout + done.stderr
    expect_equal(done.returncode, 78, "exit code")
    for mode in ("fail", "reject"):
        expect("%s.conf:6: " % mode in said and 'authentication = "%s": would refuse every mail' % mode in said, said)
    expect_equal(said.count("would refuse every mail"), 4, "complaints in " + said)


OWN = channel("own").replace('authentication = "own"', 'authentication = "fail"; impersonation = "fail"')

main(lambda build: Stack(build, channels=dict({mode + ".conf": channel(mode) for mode in MODES}, **{"own.conf": OWN}),
                         options='trusted_authserv = [ "mx.example.net" ];\n'
                                 'trusted_networks = [ "192.0.2.0/24", "2001:db8::/32" ];\ntrusted_login = "own";',
                         postfix=["--set", "smtpd_authorized_xclient_hosts = 127.0.0.0/8"],
                         aliases=ALIASES + ["%s fail@acme.example" % address for mode in MODES + ("own",)
                                            for address in (mode + "@acme.example", "it.%s@acme.example" % mode,
                                                            mode + ".1@acme.tickets.example.net")]))
