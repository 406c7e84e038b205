"""A mail that crashes the filter: it goes the raw way, its sender is told 250, and the mails of others are safe."""

import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import CHANNEL, Skip, Stack, case, expect, expect_equal, mail, main, wait_for  # noqa: E402

ANN, EVE, SUPPORT = "ann@acme.example", "eve@acme.example", "support@acme.example"


def intakes(stack, message_id):
    return stack.rows("SELECT i.verdict, i.reason, i.level, i.seen, i.raw_sha256, i.ticket_id FROM ticketing.intake i"
                      " WHERE i.message_id = '%s' ORDER BY intake_id" % message_id)


def send_to_crash(stack, content, sender=EVE):
    """An attempt that ends the filter, which then is started again."""
    reply = stack.send(content, sender, [SUPPORT])
    expect_equal(reply[0], 451, reply[1])
    wait_for(lambda: stack.daemon.poll() is not None, "the crash")
    expect_equal(stack.daemon.returncode, -signal.SIGABRT, "how it ended")
    stack.start_milter()


def with_fault(stack, fault):
    """The filter from now on has this fault; None: it has none any more."""
    stack.env.pop("TICKET_MILTER_FAULT", None)
    if fault:
        stack.env["TICKET_MILTER_FAULT"] = fault
    stack.restart_milter(signal.SIGKILL)


class Points(Stack):
    def start(self):
        if not self.has_fault_points():
            raise Skip("built without --enable-fault-points")
        return super().start()


@case("P5: a mail on which the filter crashed twice becomes a ticket by the raw way, and its sender is told 250")
def _(stack):
    content = mail("Poison", sender="Eve <%s>" % EVE, message_id="<poison.1@acme.example>")
    with_fault(stack, "parse crash 1 " + EVE)
    try:
        for _ in range(2):
            send_to_crash(stack, content)
            expect_equal(stack.send(mail("Beside it"), ANN, [SUPPORT])[0], 250, "the mail of another")
        expect("1 mails were being read" in stack.milter_log(), stack.milter_log())
        for _ in range(2):
            reply = stack.send(content, EVE, [SUPPORT])
            expect_equal(reply[0], 250, reply[1])
    finally:
        with_fault(stack, None)
    rows = intakes(stack, "poison.1@acme.example")
    expect_equal([(row["verdict"], row["reason"], row["level"], row["seen"]) for row in rows],
                 [("ticket", "poison", "raw", 2)], "the intakes")
    stored = stack.value("SELECT string_agg(encode(data, 'escape'), '' ORDER BY chunk_no) FROM ticketing.blob WHERE"
                         " sha256 = '%s'" % rows[0]["raw_sha256"])
    expect(stored is not None and "The printer on floor 3 is broken." in stored, "the raw bytes: %r" % stored)
    expect("level=raw" in stack.milter_log() and "reason=poison" in stack.milter_log(), stack.milter_log()[-2000:])


@case("P5: a mail that crashes the filter by the raw way too is not read at all and lies in the fail mailbox")
def _(stack):
    content = mail("Worse", sender="Eve <%s>" % EVE, message_id="<poison.2@acme.example>")
    for fault in ("parse crash 1 " + EVE, "parse_raw crash 1 " + EVE):
        with_fault(stack, fault)
        for _ in range(2):
            send_to_crash(stack, content)
    reply = stack.send(content, EVE, [SUPPORT])
    expect_equal(reply[0], 250, reply[1])
    with_fault(stack, None)
    got = stack.wait_mailbox("fail@acme.example")[-1]
    expect(b"\nX-Ticket-Verdict: fail; channel=acme/support; reason=poison\n" in got, "the mark: %r" % got[:800])
    expect_equal(stack.value("SELECT count(*) FROM ticketing.intake WHERE reason = 'poison' AND verdict = 'fail'"), 1)


@case("P5: a clean stop, and one crash beside others, make no mail suspect")
def _(stack):
    content = mail("Innocent", sender="Eve <%s>" % EVE, message_id="<poison.3@acme.example>")
    with_fault(stack, "parse crash 1 " + EVE)
    send_to_crash(stack, content)
    with_fault(stack, None)
    expect_equal(stack.send(content, EVE, [SUPPORT])[0], 250)
    for _ in range(3):
        stack.restart_milter()
    expect_equal(stack.send(content, EVE, [SUPPORT])[0], 250)
    expect_equal([(row["verdict"], row["reason"], row["level"]) for row in intakes(stack, "poison.3@acme.example")],
                 [("ticket", None, "full")])


@case("P5: a ledger that cannot be used costs a line in the log and no mail")
def _(stack):
    path = stack.path("ledger")
    expect(os.path.getsize(path) < 65536, "its size")
    stack.stop_milter()
    os.rename(path, path + ".kept")
    stack.write(("ledger",), "something else\n")
    stack.start_milter()
    expect_equal(stack.send(mail("Without"), ANN, [SUPPORT])[0], 250)
    expect("is there and is no ledger" in stack.milter_log(), stack.milter_log()[-1000:])
    expect_equal(stack.read("ledger"), "something else\n", "the foreign file")
    stack.stop_milter()
    os.rename(path + ".kept", path)
    stack.start_milter()


main(lambda build: Points(build, channels={"support.conf": CHANNEL}))
