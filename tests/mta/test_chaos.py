"""The soak (tests/chaos) in short: the most telling faults with fewer mails each, and what has to be seen while a fault lasts."""

import os
import signal
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "chaos")]
import faults  # noqa: E402
from gateway import DEADLINE, Gateway, children, kill  # noqa: E402
from soak import soak  # noqa: E402
from tk import SLOW, case, expect, expect_equal, knock, mail, main, wait_for  # noqa: E402

ANN, SUPPORT = "ann@acme.example", "support@acme.example"
faults.AWAY = 6


def tickets(stack, message_id):
    return stack.value("SELECT count(DISTINCT ticket_id) FROM ticketing.message_id WHERE message_id = '%s'" % message_id)


class Attempt(threading.Thread):
    """One mail in a thread of its own."""

    def __init__(self, stack, message_id):
        super().__init__(daemon=True)
        self.content, self.stack, self.reply = mail("An attempt", message_id="<%s>" % message_id), stack, None
        self.start()

    def run(self):
        self.reply = self.stack.send(self.content, ANN, [SUPPORT])

    def wait(self):
        self.join(10 * SLOW)
        return self.reply


@case("P1 W1 W3: the filter killed as mails come, between commit and edits, and before its answer loses and doubles none")
def _(stack):
    for point in ("body", "committed", "answer"):
        soak(stack, "kill milter: " + point)


@case("W2: the filter killed while the commit is on its way loses and doubles no mail")
def _(stack):
    soak(stack, "kill milter: committing", 100)


@case("D3 W2: a connection that is cut between COMMIT and its acknowledgement is 451, and the retry finds the one ticket")
def _(stack):
    outcome = soak(stack, "connection cut between COMMIT and its acknowledgement", 200)
    expect(outcome.told_4xx > 0, "nobody was put off")


@case("P2 W4 D9: Postfix killed after the filter's answer brings the mail again, and it is one ticket")
def _(stack):
    soak(stack, "kill Postfix: cleanup")


@case("D2: a database that stops at once in the middle of mails loses and doubles none")
def _(stack):
    soak(stack, "PostgreSQL: immediate stop")


@case("D1: while the database is away 50 senders are put off, and threads, descriptors and memory stay flat")
def _(stack):
    outcome = soak(stack, "PostgreSQL: away for a minute under 50 senders", 300)
    expect(outcome.told_4xx > 0, "nobody was put off")


@case("D10: with all connections of the database taken mails are put off in bounded time and none is lost")
def _(stack):
    outcome = soak(stack, "connections exhausted", 200)
    expect(outcome.told_4xx > 0, "nobody was put off")


@case("D6 W5: a database that stands still beyond the deadline is 451 in time, and no row appears after it")
def _(stack):
    expect_equal(stack.send(mail("Before"), ANN, [SUPPORT])[0], 250)
    parent = stack.postmaster()
    stopped = [parent] + list(children(parent))
    kill(stopped, signal.SIGSTOP)
    try:
        start = time.monotonic()
        attempts = [Attempt(stack, "still.%d@acme.example" % number) for number in range(6)]
        replies = [attempt.wait() for attempt in attempts]
        seconds = time.monotonic() - start
    finally:
        kill(stopped, signal.SIGCONT)
    expect_equal({reply[0] for reply in replies}, {451}, "the replies")
    expect(seconds < 2 * DEADLINE + 30, "it took %.1f s" % seconds)
    time.sleep(2)
    for number, attempt in enumerate(attempts):
        expect_equal(tickets(stack, "still.%d@acme.example" % number), 0, "tickets after a 451")
        wait_for(lambda attempt=attempt: stack.send(attempt.content, ANN, [SUPPORT])[0] == 250, "the second attempt")
        expect_equal(tickets(stack, "still.%d@acme.example" % number), 1, "tickets after the second attempt")


@case("P3: on SIGTERM the mail at its end is answered, new sessions are put off, and the process ends within its bound")
def _(stack):
    stack.kept.held = True
    stack.write(["armed"], "")
    stack.kept.restart({"TICKET_MILTER_FAULT": "parsed sleep 1500", "TICKET_MILTER_FAULT_FILE": stack.path("armed")})
    first = Attempt(stack, "drain.1@acme.example")
    wait_for(lambda: not os.path.exists(stack.path("armed")), "the end of the mail")
    told = stack.milter_log().count("stopping, ")
    start = time.monotonic()
    stack.kept.process.terminate()
    # libmilter looks up whether it shall stop when somebody connects.
    wait_for(lambda: (knock(stack.socket), stack.milter_log().count("stopping, ") > told)[1], "the filter to stop")
    late = Attempt(stack, "drain.2@acme.example")
    expect_equal(first.wait()[0], 250, "the mail at its end")
    expect_equal(stack.kept.process.wait(SLOW), 0, "the exit status")
    expect(time.monotonic() - start < DEADLINE + 60, "it took %.1f s" % (time.monotonic() - start))
    expect_equal(late.wait()[0] // 100, 4, "a new session: %r" % (late.reply,))
    stack.kept.held = False
    wait_for(lambda: stack.kept.process.poll() is None, "the next daemon")
    stack.kept.restart()
    expect_equal(tickets(stack, "drain.1@acme.example"), 1)
    expect_equal(tickets(stack, "drain.2@acme.example"), 0)


@case("P4: SIGUSR1 again and again under load changes nothing for the mails on their way")
def _(stack):
    soak(stack, "SIGUSR1 under load")


@case("D11: two hosts on one database, each killed now and then, take the same mail at once and make one ticket of it")
def _(stack):
    soak(stack, "two hosts, each killed, and the same mail to both at once")


main(Gateway)
