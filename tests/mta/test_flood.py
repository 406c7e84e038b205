"""Floods and malice at the milter's socket and through the mail server: caps on connections and on bytes, clients that say
nothing, headers beyond measure. All that is taken is given back."""

import contextlib
import os
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import SLOW, Stack, case, expect, expect_equal, mail, main, wait_for, with_quarantine  # noqa: E402

ANN, SUPPORT = "ann@acme.example", "support@acme.example"
SESSIONS, SPOOL = 40, 6
OPTIONS = 'deadline = "8s";\nlimits = { message = "4M"; spool = "%dM"; sessions = %d; };\n' % (SPOOL, SESSIONS)


def status_of(stack, word):
    with open("/proc/%d/status" % stack.daemon.pid, encoding="ascii") as file:
        return int(next(line.split()[1] for line in file if line.startswith(word + ":")))


def descriptors(stack):
    return len(os.listdir("/proc/%d/fd" % stack.daemon.pid))


def milter(stack, negotiate=True):
    """A connection to the filter, as an MTA makes it."""
    session = socket.socket(socket.AF_UNIX)
    session.settimeout(SLOW)
    session.connect(stack.socket[len("unix:"):])
    if negotiate:
        session.sendall(b"\0\0\0\x0dO\0\0\0\6\0\0\x01\xff\0\x1f\xff\xff")
    return session


def answer(session):
    """Whether the filter answers; False: it closed the connection."""
    try:
        return len(session.recv(4096)) > 0
    except ConnectionError:
        return False


def client(stack, *arguments):
    done = subprocess.run([stack.program("milter-client"), stack.socket[len("unix:"):], *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=10 * SLOW)
    expect(done.returncode == 0, "milter-client %s: %s" % (" ".join(arguments), done.stdout))
    return done.stdout


@case("P9: a connection beyond limits.sessions is closed and its mail put off; when others end, mail is taken again")
def _(stack):
    with contextlib.ExitStack() as held:
        sessions = [held.enter_context(milter(stack)) for _ in range(SESSIONS + 5)]
        answered = [answer(session) for session in sessions]
        expect(answered.count(True) <= SESSIONS and answered.count(False) >= 5, "answered: %r" % answered)
        expect_equal(stack.send(mail("Beyond"), ANN, [SUPPORT])[0] // 100, 4, "the reply beyond the limit")
        expect("(limits.sessions): one is closed" in stack.milter_log(), stack.milter_log()[-500:])
    wait_for(lambda: stack.send(mail("Again"), ANN, [SUPPORT])[0] == 250, "mail to be taken again")


@case("P7 P8: connections that say nothing, or stop in the middle of a mail, cost a descriptor each and no thread")
def _(stack):
    before, files = status_of(stack, "Threads"), descriptors(stack)
    with contextlib.ExitStack() as held:
        for number in range(SESSIONS - 10):
            session = held.enter_context(milter(stack, negotiate=number % 2 == 0))
            if number % 2 == 0:
                expect(answer(session), "no answer")
                session.sendall(b"\0\0\0\5M<a>\0")
                expect(answer(session), "no answer to MAIL")
        wait_for(lambda: status_of(stack, "Threads") <= before + 10, "the threads to end")
        expect_equal(stack.send(mail("Between"), ANN, [SUPPORT])[0], 250, "a mail beside them")
    wait_for(lambda: descriptors(stack) <= files + 12, "the descriptors to be given back")


def send_slowly(stack, content, gate, replies):
    """All of the mail but its end; then waits for the others."""
    with stack.smtp() as session:
        session.command("MAIL FROM:<%s>" % ANN)
        session.command("RCPT TO:<%s>" % SUPPORT)
        session.command("DATA")
        gate.wait(SLOW)
        session.socket.sendall(content + b".\r\n")
        replies.append(session.reply()[0])


@case("P10: more bytes than limits.spool on their way at once are 452 4.3.1 for the excess, and all is given back")
def _(stack):
    chunk = b"\0\0\xff\xffB" + b"x" * 65534
    with contextlib.ExitStack() as held:
        for _ in range(4):  # four mails of 3 MB that never end; two of them fit
            session = held.enter_context(milter(stack))
            answer(session)
            for packet in (b"\0\0\0\5M<a>\0", b"\0\0\0\x18R<support@acme.example>\0", b"\0\0\0\1T"):
                session.sendall(packet)
                expect(answer(session), "no answer")
            session.sendall(b"\0\0\0\x0eLSubject\0 big\0")
            for _ in range(48):
                session.sendall(chunk)
        replies = []

        def is_put_off():
            replies.append(stack.send(mail("Beside them", ("y" * 70 + "\n") * 40000), ANN, [SUPPORT]))
            return replies[-1][0] == 452

        wait_for(is_put_off, "the bytes to be on their way, and one more mail to be too many")
        expect("4.3.1" in replies[-1][1], replies[-1][1])
        expect({code for code, _ in replies} <= {250, 452}, "replies: %r" % replies)
        code, text = stack.send(mail("Beside", "y" * 70 + "\n"), ANN, [SUPPORT])
        expect(code in (250, 452), text)
    content = mail("With room", ("z" * 70 + "\n") * 40000)
    wait_for(lambda: stack.send(content, ANN, [SUPPORT])[0] == 250, "room for the next")
    expect_equal(os.listdir(stack.path("spool")), [], "what is left in the spool")


@case("P10: many large mails through the mail server at once are taken or put off with 452, and in the end each is one ticket")
def _(stack):
    mails = [mail("Large %d" % number, ("w" * 70 + "\n") * 30000, message_id="<large.%d@flood.example>" % number)
             for number in range(12)]
    gate, replies = threading.Event(), []
    threads = [threading.Thread(target=send_slowly, args=(stack, content, gate, replies)) for content in mails]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(10 * SLOW)
    expect_equal(len(replies), 12, "replies")
    expect(set(replies) <= {250, 451, 452}, "replies: %r" % replies)
    for content in mails:
        wait_for(lambda content=content: stack.send(content, ANN, [SUPPORT])[0] == 250, "the mail to be taken")
    rows = stack.rows("SELECT message_id, count(DISTINCT ticket_id) AS n FROM ticketing.message_id"
                      " WHERE message_id LIKE 'large.%@flood.example' GROUP BY 1")
    expect_equal(sorted(row["n"] for row in rows), [1] * 12, "tickets of each")
    expect_equal(os.listdir(stack.path("spool")), [], "what is left in the spool")


@case("P6: header fields by the thousand and of megabytes, and packets cut anywhere, end at most their own connection")
def _(stack):
    start = b"\0\0\0\5M<a>\0" + b"\0\0\0\x18R<support@acme.example>\0" + b"\0\0\0\1T"
    field = b"Lx\0" + b"v" * 500 + b"\0"
    fields = (len(field).to_bytes(4, "big") + field) * 4000
    huge = b"LX-Huge\0 " + b"h" * 1500000 + b"\0"
    streams = [start + fields + b"\0\0\0\1E", start + len(huge).to_bytes(4, "big") + huge + b"\0\0\0\1E"]
    streams += [(start + fields)[:length] for length in (1, 3, 4, 5, 9, 20, 34, 40, 44, 50, 600, 70000)]
    streams += [start + bytes([0, 0, 0, 1, command]) for command in range(256)]
    for stream in streams:
        with milter(stack) as session:
            answer(session)
            session.settimeout(0.02 if len(stream) < 100 else 3)
            with contextlib.suppress(OSError):
                session.sendall(stream)
                while session.recv(65536):
                    pass
    expect(stack.daemon.poll() is None, "the filter ended")
    # Whoever comes before all these connections are closed may be put off.
    wait_for(lambda: stack.send(mail("After that"), ANN, [SUPPORT])[0] == 250, "a mail to be taken")


@case("P13: ten thousand mails on one connection are answered one by one, and nothing grows")
def _(stack):
    client(stack, "mails", "500", "<bob@elsewhere.example>")
    before = status_of(stack, "VmRSS")
    expect("accepted=10000 " in client(stack, "mails", "10000", "<bob@elsewhere.example>"), "not all were let go")
    expect(status_of(stack, "VmRSS") < before + 16 * 1024, "grew by %d KiB" % (status_of(stack, "VmRSS") - before))


@case("D8: a spool whose folder cannot be used costs large mails a 451, small ones nothing, and is used again when it is back")
def _(stack):
    large = mail("Large", ("u" * 70 + "\n") * 10000)
    os.rename(stack.path("spool"), stack.path("spool.away"))
    stack.write(("spool",), "no folder\n")
    try:
        expect_equal(stack.send(large, ANN, [SUPPORT])[0], 451)
        expect_equal(stack.send(mail("Small"), ANN, [SUPPORT])[0], 250)
    finally:
        os.unlink(stack.path("spool"))
        os.rename(stack.path("spool.away"), stack.path("spool"))
    expect_equal(stack.send(large, ANN, [SUPPORT])[0], 250)


@case("D13: a mail with an absurd date is one ticket, whose times are those of its receipt")
def _(stack):
    for number, date in enumerate(["Fri, 31 Dec 9999 23:59:60 +9999", "Mon, 01 Jan 0001 00:00:00 +0000", "-1",
                                   "Sun, 29 Mar 2026 02:30:00 +0100", "Thu, 99 Foo 99999999999999999999 99:99:99 +0000"]):
        content = mail("Date %d" % number, message_id="<date.%d@flood.example>" % number).replace(
            b"Mon, 02 Mar 2026 10:00:00 +0000", date.encode())
        for _ in range(2):
            expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250, date)
        rows = stack.rows("SELECT extract(epoch FROM now() - t.created_at) AS age FROM ticketing.ticket t"
                          " JOIN ticketing.message_id m USING (tenant_id, ticket_id)"
                          " WHERE m.message_id = 'date.%d@flood.example'" % number)
        expect(len(rows) == 1 and -5 < rows[0]["age"] < 3600, "%s: %r" % (date, rows))


@case("a mail has as many recipients as limits.recipients says, and holds no memory for more")
def _(stack):
    expect_equal(client(stack, "rcpts", "2000"), "taken=1000 later=1000 then=a\n", "recipients")
    before = status_of(stack, "VmHWM")
    expect_equal(client(stack, "rcpts", "200000"), "taken=1000 later=199000 then=a\n", "recipients")
    expect(status_of(stack, "VmHWM") < before + 8192, "%d KiB more" % (status_of(stack, "VmHWM") - before))


@case("Postfix with a higher limit tells 452 to the recipients beyond ours, and the others get the mail")
def _(stack):
    with stack.smtp() as session:
        replies = session.send(mail(message_id="<many.1@acme.example>"), "ann@acme.example",
                               ["support@acme.example"] + ["person%d@acme.example" % number for number in range(1001)])
        session.command("QUIT")
    expect_equal([code for code, _ in replies["rcpt"]], [250] * 1000 + [452] * 2, "replies to RCPT")
    expect(replies["rcpt"][-1][1].startswith("4.5.3 "), replies["rcpt"][-1][1])
    expect_equal(replies["data"][0], 250, "the reply to the mail")
    expect_equal(stack.value("SELECT count(*) FROM ticketing.message_id WHERE message_id = 'many.1@acme.example'"), 1, "tickets")


main(lambda build: Stack(build, options=OPTIONS, postfix=["--set", "smtpd_recipient_limit = 5000"], env=with_quarantine(1)))
