"""The installation: hosts with names of their own on one database know each other's mails, under its name and those before."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import marks  # noqa: E402
from desk import Desk  # noqa: E402
from tk import ALIASES, CHANNEL, case, expect, expect_equal, mail, main, wait_for  # noqa: E402

ANN, EVE, SUPPORT = "ann@acme.example", "eve@acme.example", "support@acme.example"
FIRST, SECOND, THIRD = "mx.example.net", "tickets.example.net", "desk.example.net"


class Hosts(Desk):
    """A gateway whose ticket-notify runs on another host, as its configuration says."""

    def configure(self):
        super().configure()
        self.write(("conf", "notify.conf"), self.read("conf", "notify.conf").replace('instance = "mx.', 'instance = "sender.'))

    def host(self, instance):
        """From now on the filter is that of another host."""
        text = re.sub(r'instance = "[^"]*"', 'instance = "%s"' % instance, self.read("conf", "ticket-milter.conf"))
        self.write(("conf", "ticket-milter.conf"), text)
        self.restart_milter()


def take(stack, content, sender=ANN, to=SUPPORT):
    expect_equal(stack.send(content, sender, [to])[0], 250, "the reply")
    return stack.rows("SELECT * FROM ticketing.intake_report ORDER BY intake_id DESC LIMIT 1")[0]


def told(stack):
    """A request, and what is sent to its requester about it."""
    row = take(stack, mail("Printer"))
    return row, stack.received(ANN, row["number"])


def token(stack, row, name, recipient=ANN):
    return marks.token(stack.read("conf", "token.key").encode(), (name, "acme", "support"), row["ticket_id"], recipient)


def by_address(stack, row, name):
    return take(stack, mail("Re: x"), ANN, marks.in_address(SUPPORT, token(stack, row, name)))


def by_message_id(stack, row, name):
    made = marks.in_message_id(token(stack, row, name), name)
    return take(stack, mail("Re: x", sender=EVE, headers=[("In-Reply-To", "<%s>" % made)]), EVE)


def loop_of(stack, name):
    return take(stack, mail("Re: x", headers=[("X-Ticket-Loop", name)]))["reason"]


@case("init gives an installation that has no name the instance of the host, and two hosts sign as one")
def _(stack):
    (names,) = stack.ctl_json("init")
    expect_equal((names["installation"], names["former"]), (FIRST, []), "the names")
    expect_equal([row["installation"] for row in stack.ctl_json("status")], [FIRST], "status")
    row, got = told(stack)
    expect_equal((got["X-Ticket-Loop"], got["Message-ID"].split("@")[1]), (FIRST, FIRST + ">"), "what the other host writes")
    for instance in (FIRST, "gw2.example.net"):
        stack.host(instance)
        answer = take(stack, mail("Re: x"), ANN, got["Reply-To"].addresses[0].addr_spec)
        expect_equal((answer["verdict"], answer["ticket_id"]), ("note", row["ticket_id"]), "the answer at " + instance)
        answer = take(stack, mail("Re: x", sender=EVE, headers=[("In-Reply-To", got["Message-ID"])]), EVE)
        expect_equal((answer["verdict"], answer["reason"]), ("note", "unverified"), "the Message-ID at " + instance)
        expect_equal(loop_of(stack, FIRST), "loop", "the mark at " + instance)
        # Our own mail that comes back without a mark.
        back = mail("Your request", message_id=got["Message-ID"])
        expect_equal(take(stack, back)["reason"], "loop", "our Message-ID at " + instance)
    # The name of a host is no name of the installation.
    expect_equal(loop_of(stack, "gw2.example.net"), None, "the name of a host")
    expect_equal(by_address(stack, row, "gw2.example.net")["verdict"], "ticket", "a mark under the name of a host")


@case("another name holds within the minute, and what bears a former one is still ours")
def _(stack):
    row, old = told(stack)
    said = stack.ctl("init", "--name", SECOND)
    expect("the name of the installation is %s" % SECOND in said and "a former name is %s" % FIRST in said, said)
    # Each look is a mail, and there is no need for many.
    wait_for(lambda: loop_of(stack, SECOND) == "loop", "the filter to know the new name")
    new = wait_for(lambda: [got for got in [told(stack)] if got[1]["X-Ticket-Loop"] == SECOND], "ticket-notify to know the new name")[0][1]
    expect(new["Message-ID"].endswith("@%s>" % SECOND), new["Message-ID"])
    for name in (FIRST, SECOND):
        expect_equal(loop_of(stack, name), "loop", name)
        for how in (by_address, by_message_id):
            answer = how(stack, row, name)
            expect_equal((answer["verdict"], answer["ticket_id"]), ("note", row["ticket_id"]), "%s %s" % (name, how.__name__))
    answer = take(stack, mail("Re: x"), ANN, old["Reply-To"].addresses[0].addr_spec)
    expect_equal((answer["verdict"], answer["reason"], answer["ticket_id"]), ("note", None, row["ticket_id"]), "an answer to an old mail")


@case("what several hosts signed by their own names before an upgrade counts once they are told")
def _(stack):
    stack.ctl("init", "--name", SECOND)
    row = take(stack, mail("Of before"))
    expect_equal(by_address(stack, row, "gw3.example.net")["verdict"], "ticket", "before")
    expect_equal(stack.ctl_json("init", "--former", "GW3.example.net", "--former", "gw4.example.net")[0]["former"],
                 ["gw3.example.net", "gw4.example.net", FIRST], "the names")
    stack.restart_milter()
    for name in ("gw3.example.net", "gw4.example.net", SECOND):
        for how in (by_address, by_message_id):
            answer = how(stack, row, name)
            expect_equal((answer["verdict"], answer["ticket_id"]), ("note", row["ticket_id"]), "%s %s" % (name, how.__name__))
        expect_equal(loop_of(stack, name), "loop", name)
    stack.ctl("init", "--forget", "gw3.example.net")
    stack.restart_milter()
    expect_equal(by_address(stack, row, "gw3.example.net")["verdict"], "ticket", "when it is forgotten")


@case("an upgrade names the installation as it is told to, or by the host that migrates, or asks for a name")
def _(stack):
    stack.psql("DELETE FROM ticketing_meta.installation")
    done = stack.ctl("migrate", "--conninfo", stack.conninfo, "-c", "/nonexistent/ticket-milter.conf", check=False)
    expect(done.returncode == 78 and "ticketctl init --name NAME" in done.stderr, "%d: %s" % (done.returncode, done.stderr))
    # The filter that starts now puts its mail off, and goes on by itself.
    stack.restart_milter()
    expect_equal(stack.send(mail("Nameless"), ANN, [SUPPORT])[0], 451, "without a name")
    expect("the installation has no name" in stack.milter_log(), "the log does not say why")
    expect_equal(stack.ctl_json("migrate", "--name", THIRD)[0]["installation"], THIRD, "told")
    expect_equal(take(stack, mail("Named"))["verdict"], "ticket", "with a name")
    expect_equal(stack.ctl_json("migrate")[0]["installation"], THIRD, "it has one")
    stack.psql("DELETE FROM ticketing_meta.installation")
    instance = re.search(r'instance = "([^"]*)"', stack.read("conf", "ticket-milter.conf")).group(1)
    expect_equal(stack.ctl_json("migrate")[0]["installation"], instance, "by the host")
    stack.ctl("init", "--name", FIRST)
    said = stack.ctl("migrate")
    expect(instance == FIRST or "a former name is " + instance in said, said)
    for wrong in ("*.example.net", "a b", "", "x@y"):
        done = stack.ctl("init", "--name", wrong, check=False)
        expect(done.returncode == 64 and "is no host name" in done.stderr, "%r: %d %s" % (wrong, done.returncode, done.stderr))


@case("test and preview say what they know: without a database the name of the host, with it that of the installation")
def _(stack):
    stack.host("gw9.example.net")
    stack.ctl("init", "--name", SECOND)
    stack.write(("looped.eml",), mail("Re: x", headers=[("X-Ticket-Loop", SECOND)]).decode())
    for arguments, wanted in (([], "loop"), (["--no-database"], None)):
        done = stack.ctl("test", "--json", *arguments, "acme/support", stack.path("looped.eml"), check=False)
        expect(('"reason": "loop"' in done.stdout or '"reason":"loop"' in done.stdout) == (wanted == "loop"), done.stdout[:300] + done.stderr)
    expect("X-Ticket-Loop: gw9.example.net" in stack.ctl("preview", "acme/support"), "a sample")
    row = take(stack, mail("Previewed"))
    expect("X-Ticket-Loop: %s" % SECOND in stack.ctl("preview", row["number"]), "a mail that goes out")


main(lambda build: Hosts(build, aliases=ALIASES, channels={
    "support.conf": CHANNEL.replace('  template = ', '  confirmation = { enabled = true; pause = "0s"; };\n  template = ')}))
