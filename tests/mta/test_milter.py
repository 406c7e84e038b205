"""ticket-milter between Postfix and PostgreSQL when things go wrong, and the exact bytes that pass through it."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import ALIASES, CHANNEL, PSQL, SLOW, Stack, at_end, case, expect, expect_equal, mail, main, wait_for  # noqa: E402

ANN = "ann@acme.example"
SUPPORT = "support@acme.example"
DEADLINE = 7  # longer than the wait for a connection, 5 s
OPTIONS = 'deadline = "%ds";\nlimits = { message = "8M"; };\nkeep_raw = "all";' % DEADLINE

# A second channel, whose success folder is a mailbox that is full.
FULL = (CHANNEL.replace('"support"', '"full"').replace("Support Mailbox", "Full").replace("support.392@", "full.1@")
        .replace('aliases = [ "support@acme.example", "helpdesk@acme.example" ];', 'aliases = [ "second@acme.example" ];')
        .replace('success = "none"', 'success = "full@acme.example"'))


def tickets(stack, message_id):
    return stack.value("SELECT count(DISTINCT ticket_id) AS n FROM ticketing.message_id WHERE message_id = '%s'" % message_id)


def last_intake(stack):
    return stack.rows("SELECT * FROM ticketing.intake ORDER BY intake_id DESC LIMIT 1")[0]


def expect_stored(stack, content):
    """The last mail lies in the database as it was sent."""
    intake = last_intake(stack)
    wanted = hashlib.sha256(content).hexdigest()
    expect_equal((intake["size"], intake["raw_sha256"]), (len(content), "\\x" + wanted), "size and hash")
    stored = stack.value("SELECT encode(sha256(string_agg(data, '' ORDER BY chunk_no)), 'hex') FROM ticketing.blob"
                         " WHERE sha256 = '\\x%s'" % wanted)
    expect_equal(stored, wanted, "the hash of what is stored")


def status_of(stack, word):
    with open("/proc/%d/status" % stack.daemon.pid, encoding="ascii") as file:
        return int(next(line.split()[1] for line in file if line.startswith(word + ":")))


def expect_in_time(stack, message_id, count):
    """COUNT mails whose Message-IDs begin so were decided within the deadline, by the filter's own account: on a busy machine
    Postfix takes seconds to start a server. There a thread that is to go on at the deadline waits for a processor, too."""
    millis = [int(line) for line in re.findall(r" millis=(\d+) msgid=%s" % re.escape(message_id), stack.milter_log())]
    expect_equal(len(millis), count, "lines of the log")
    expect(max(millis) < 2 * DEADLINE * 1000, "the slowest took %d ms" % max(millis))


class Lock:
    """Holds what an ingest needs, so that the database is there and does not answer."""

    def __init__(self, stack):
        self.session = subprocess.Popen([PSQL, "-XqAt", "-d", stack.conninfo], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        at_end(self.release)
        self.session.stdin.write("BEGIN; LOCK TABLE ticketing.intake IN ACCESS EXCLUSIVE MODE; SELECT 'held';\n")
        self.session.stdin.flush()
        expect_equal(self.session.stdout.readline(), "held\n", "the lock")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()

    def release(self):
        if self.session.poll() is None:
            self.session.communicate("ROLLBACK;\n")


class Crowd:
    """Senders in threads of their own, each with one mail."""

    def __init__(self, stack, name, count):
        self.stack = stack
        self.ids = ["%s.%d@acme.example" % (name, number) for number in range(count)]
        self.replies = {}
        self.threads = [threading.Thread(target=self.send, args=(message_id,)) for message_id in self.ids]
        for thread in self.threads:
            thread.start()

    def send(self, message_id):
        try:
            reply = self.stack.send(mail("From a crowd", message_id="<%s>" % message_id), ANN, [SUPPORT])
        except OSError as error:
            reply = (0, str(error))
        self.replies[message_id] = reply

    def wait(self):
        for thread in self.threads:
            thread.join(10 * SLOW)
        expect_equal(len(self.replies), len(self.ids), "replies")
        return self.replies

    def accepted(self):
        return [message_id for message_id, reply in self.replies.items() if reply[0] == 250]

    def check(self, again=True):
        """Whoever got 250 has one ticket; who comes again gets 250 and has one ticket too."""
        for message_id in self.accepted():
            expect_equal(tickets(self.stack, message_id), 1, "tickets of the accepted " + message_id)
        for message_id in self.ids if again else []:
            if self.replies[message_id][0] != 250:
                expect_equal(self.replies[message_id][0] // 100 in (0, 4), True, "the reply %r" % (self.replies[message_id],))
                self.send(message_id)
                expect_equal(self.replies[message_id][0], 250, "the second attempt")
            expect_equal(tickets(self.stack, message_id), 1, "tickets of " + message_id)


@case("the raw mail is what the sender sent, byte by byte")
def _(stack):
    content = (b"Received: from a by b;\r\n\tMon, 02 Mar 2026 10:00:00 +0000\r\nFrom: Ann <ann@acme.example>\r\n"
               b"X-Tight:no blank\r\nX-Two:  two blanks\r\nX-Tab:\tx\r\n\tfolded\r\n  twice \r\nX-Empty:\r\nX-Blank: \r\n"
               b"X-Eight: Gr\xfc\xdfe\r\nX-Long: " + b"y" * 900 + b"\r\n " + b"z" * 900 + b"\r\nsubject: odd case\r\n"
               b"To: support@acme.example\r\nDate: Mon, 02 Mar 2026 10:00:00 +0000\r\n"
               b"Message-ID: <raw.1@acme.example>\r\n\r\n.dot\r\n\r\n\r\nlast \r\n")
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250)
    expect_stored(stack, content)


@case("a mail of some megabytes passes through a nameless file, byte by byte")
def _(stack):
    content = mail("Large", "".join("line %d of a long text\n" % number for number in range(200000)),
                   message_id="<large.1@acme.example>")
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250)
    expect_stored(stack, content)
    expect_equal(os.listdir(stack.path("spool")), [], "what is left in the spool")


@case("a mail beyond the limit fails as too big and lies in the fail mailbox")
def _(stack):
    before = len(stack.mailbox("fail@acme.example"))
    content = mail("Too large", ("x" * 70 + "\n") * 130000, message_id="<large.2@acme.example>")
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250)
    intake = last_intake(stack)
    expect_equal((intake["verdict"], intake["reason"]), ("fail", "too_big"), "the intake")
    got = stack.wait_mailbox("fail@acme.example", before + 1)[-1]
    expect(b"\nX-Ticket-Verdict: fail; channel=acme/support; reason=too_big\n" in got[:2000], "the mark: %r" % got[:800])


@case("two channels in one mail answer each for itself, and the log has one line with both and Postfix's queue id")
def _(stack):
    reply = stack.send(mail("For two", to="support@acme.example, second@acme.example", message_id="<two.1@acme.example>"),
                       ANN, ["Support+x@ACME.example", "second@acme.example", "eve@elsewhere.example"])
    expect_equal(reply[0], 250, reply[1])
    queue_id = re.search(r"queued as (\w+)", reply[1]).group(1)
    lines = [line for line in stack.milter_log().splitlines() if "id=%s " % queue_id in line]
    expect_equal(len(lines), 1, "lines of the log")
    for word in ("verdict=ticket,ticket", "channel=acme/support,acme/full", "rcpts=3", "reply=250", "level=full", "class=human"):
        expect(word in lines[0], lines[0])
    (got,) = stack.wait_mailbox("eve@elsewhere.example")
    expect(b"acme/" not in got and b"INC-" not in got, "a foreign reader is told of channels: %r" % got[:1500])


@case("a full success mailbox is not told to the sender")
def _(stack):
    expect_equal(stack.send(mail("Full", message_id="<full.1@acme.example>"), ANN, ["second@acme.example"])[0], 250)
    expect_equal(tickets(stack, "full.1@acme.example"), 1)
    stack.settle()
    expect("full@acme.example" in stack.maillog(), "Postfix did not try")
    expect_equal(stack.mailbox(ANN), [], "what the sender got")


@case("a mail whose sender is nobody passes, and a session of many mails and resets stays in step")
def _(stack):
    with stack.smtp() as session:
        for number in range(30):
            session.command("MAIL FROM:<%s>" % ANN)
            session.command("RCPT TO:<%s>" % SUPPORT)
            session.command("RSET")
            if number % 3 == 0:
                reply = session.send(mail("Step %d" % number, message_id="<step.%d@acme.example>" % number), ANN, [SUPPORT])
                expect_equal(reply["data"][0], 250, reply["data"][1])
                expect_equal(last_intake(stack)["message_id"], "step.%d@acme.example" % number)
            if number % 3 == 1:
                reply = session.send(mail(to="gil@acme.example"), "", ["gil@acme.example"])
                expect_equal(reply["data"][0], 250, reply["data"][1])


@case("D6 W5: a database that does not answer costs a 451 within the deadline, and no mail")
def _(stack):
    content = mail("Slow", message_id="<slow.1@acme.example>")
    with Lock(stack):
        reply = stack.send(content, ANN, [SUPPORT])
    expect_equal(reply[0], 451, reply[1])
    expect(reply[1].startswith("4.3.0 "), reply[1])
    expect_in_time(stack, "slow.1", 1)
    expect_equal(tickets(stack, "slow.1@acme.example"), 0, "tickets after the 451")
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250)
    expect_equal(tickets(stack, "slow.1@acme.example"), 1)


@case("D6: a crowd before a slow database is put off within the deadline, without a heap of threads, and nothing is doubled")
def _(stack):
    with Lock(stack):
        crowd = Crowd(stack, "slow-crowd", 40)
        time.sleep(2)
        threads = status_of(stack, "Threads")
        replies = crowd.wait()
    expect(threads <= 60, "%d threads" % threads)
    expect_equal({reply[0] for reply in replies.values()}, {451}, "the replies")
    expect_in_time(stack, "slow-crowd", 40)
    crowd.check()
    wait_for(lambda: status_of(stack, "Threads") < 20, "the threads to end")


@case("D12: a database that refuses the login, or has another schema, costs a 451 and no mail")
def _(stack):
    cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'ticket_milter';"
    troubles = [
        ("ALTER ROLE ticket_milter NOLOGIN;", "ALTER ROLE ticket_milter LOGIN;"),
        ("ALTER ROLE ticket_milter CONNECTION LIMIT 0;", "ALTER ROLE ticket_milter CONNECTION LIMIT -1;"),
        ("INSERT INTO ticketing_meta.migration (version, name, program, serves, applied_at) VALUES (999, 'x', 'x', 999, now());",
         "DELETE FROM ticketing_meta.migration WHERE version = 999;"),
    ]
    for number, (make, undo) in enumerate(troubles):
        content = mail("Refused", message_id="<refused.%d@acme.example>" % number)
        stack.psql(make)
        stack.psql(cut)
        try:
            reply = stack.send(content, ANN, [SUPPORT])
        finally:
            stack.psql(undo)
        expect_equal(reply[0], 451, make)
        expect("role" not in reply[1] and "schema" not in reply[1], "the reply tells too much: " + reply[1])
        wait_for(lambda: stack.send(content, ANN, [SUPPORT])[0] == 250, "the database to be used again")
        expect_equal(tickets(stack, "refused.%d@acme.example" % number), 1)


@case("P3: a stop under load answers the mails at their end, and nothing is lost or doubled")
def _(stack):
    lock = Lock(stack)
    crowd = Crowd(stack, "stop", 12)
    wait_for(lambda: stack.value("SELECT count(*) AS n FROM pg_stat_activity WHERE usename = 'ticket_milter'"
                                 " AND wait_event_type = 'Lock'") >= 4, "mails that wait for the database")
    told = stack.milter_log().count("stopping, ")

    def release():
        wait_for(lambda: stack.milter_log().count("stopping, ") > told, "the filter to stop")
        lock.release()
    threading.Thread(target=release, daemon=True).start()
    status = stack.stop_milter()
    crowd.wait()
    waited = [int(number) for number in re.findall(r"stopping, (\d+) mails", stack.milter_log())][-1]
    stack.start_milter()
    expect_equal(status, 0, "the exit status")
    # Those for whom the lock came free after their own deadline were told 451.
    late = len(re.findall(r" reply=451 .* msgid=stop\.", stack.milter_log()))
    expect(len(crowd.accepted()) + late >= waited, "%d mails were answered, and %d told 451, of %d" % (len(crowd.accepted()), late, waited))
    crowd.check()


@case("P1: mails in flight when the filter is killed are lost nowhere and doubled nowhere")
def _(stack):
    for seconds in (0.0, 0.05, 0.2, 0.5):
        crowd = Crowd(stack, "kill-%d" % (seconds * 100), 10)
        time.sleep(seconds)
        stack.stop_milter(signal.SIGKILL)
        crowd.wait()
        stack.start_milter()
        crowd.check()
    expect_equal(os.listdir(stack.path("spool")), [], "what is left in the spool")


@case("D1: the filter starts while the database is away, and serves when it is back")
def _(stack):
    content = mail("Start without", message_id="<start.1@acme.example>")
    stack.stop_postgres()
    try:
        stack.restart_milter()
        reply = stack.send(content, ANN, [SUPPORT])
    finally:
        stack.start_postgres()
    expect_equal(reply[0], 451, reply[1])
    wait_for(lambda: stack.send(content, ANN, [SUPPORT])[0] == 250, "the database to be used")
    expect_equal(tickets(stack, "start.1@acme.example"), 1)


def try_to(stack, address):
    """The reply to a small mail to ADDRESS; while Postfix reads its settings anew it may leave a client waiting."""
    try:
        with stack.smtp(timeout=5) as session:
            replies = session.send(mail(to=address), ANN, [address])
        return replies["data"] or (replies["rcpt"] or [replies["mail"]])[0]
    except OSError:
        return (0, "")


def use_milter(stack, spec, *settings):
    """Sets Postfix's milters and reloads it."""
    name = stack.path("postfix", "etc", "main.cf")
    with open(name, encoding="utf-8") as file:
        before = file.read()
    after = re.sub(r"(?m)^smtpd_milters = .*$", "smtpd_milters = " + spec, before)
    for setting in settings:
        after = re.sub(r"(?m)^%s = .*$" % setting.split(" ")[0], setting, after)
    with open(name, "w", encoding="utf-8") as file:
        file.write(after)
    stack.call("postfix", "reload", stack.path("postfix"))
    return before


@case("P11: an MTA that speaks an older milter protocol is refused: its mails are put off, not passed unseen")
def _(stack):
    spec = "{ unix:ticket-milter/milter.sock, default_action=tempfail }"
    before = use_milter(stack, spec, "milter_protocol = 2")
    try:
        reply = wait_for(lambda: (lambda got: got if got[0] not in (0, 250) else None)(
            try_to(stack, "hal@acme.example")), "Postfix to take the change")
        expect_equal(reply[0] // 100, 4, reply[1])
        expect("milter_protocol = 6" in stack.milter_log(), "no line says what to set")
    finally:
        with open(stack.path("postfix", "etc", "main.cf"), "w", encoding="utf-8") as file:
            file.write(before)
        stack.call("postfix", "reload", stack.path("postfix"))
    wait_for(lambda: try_to(stack, "hal@acme.example")[0] == 250, "Postfix to be itself")


def quickest(stack):
    """Seconds that the quickest of twenty mails took."""
    seconds = []
    with stack.smtp() as session:
        for _ in range(20):
            start = time.monotonic()
            reply = session.send(mail("TCP"), ANN, [SUPPORT])
            seconds.append(time.monotonic() - start)
            expect_equal(reply["data"][0], 250, reply["data"][1])
    return min(seconds)


@case("over TCP a mail that is edited does not wait for delayed acknowledgements")
def _(stack):
    port = int(stack.call("ports", "claim", str(os.getpid())))
    alone = quickest(stack)
    text = stack.read("conf", "ticket-milter.conf")
    stack.write(("conf", "tcp.conf"), re.sub(r'listen = "[^"]*"', 'listen = "inet:%d@127.0.0.1"' % port, text))
    with open(stack.path("tcp.log"), "wb") as log:
        daemon = subprocess.Popen([stack.program("ticket-milter"), "-c", stack.path("conf", "tcp.conf")],
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    before = None
    try:
        wait_for(lambda: "is ready" in stack.read("tcp.log") or daemon.poll() is not None, "the start")
        before = use_milter(stack, "{ inet:127.0.0.1:%d, default_action=tempfail }" % port)
        wait_for(lambda: try_to(stack, SUPPORT)[0] == 250 and "id=" in stack.read("tcp.log"),
                 "Postfix to take the change")
        # A delayed acknowledgement is at least 40 ms, and would be in every mail; by the unix socket there is none.
        wait_for(lambda: quickest(stack) < alone + 0.035, "a mail that is not delayed")
        expect_equal(stack.send(mail(to="other@acme.example"), ANN, ["other@acme.example"])[0], 250)
    finally:
        daemon.terminate()
        if before is not None:
            with open(stack.path("postfix", "etc", "main.cf"), "w", encoding="utf-8") as file:
                file.write(before)
            stack.call("postfix", "reload", stack.path("postfix"))
        daemon.wait(SLOW)
    wait_for(lambda: try_to(stack, "hal@acme.example")[0] == 250, "Postfix to be itself")


main(lambda build: Stack(build, channels={"support.conf": CHANNEL, "full.conf": FULL}, options=OPTIONS,
                         aliases=ALIASES + ["second@acme.example fail@acme.example"]))
