#!/usr/bin/env python3
"""What goes out: confirmations, notes and statuses by ticket-notify, by a real Postfix and by a server that does not do as
it should."""

import email
import email.policy
import os
import re
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sink import Sink  # noqa: E402
from tk import CHANNEL, SLOW, Skip, Stack, at_end, case, expect, expect_equal, mail, main, wait_for  # noqa: E402

OUT = """  confirmation = { enabled = true; pause = "0s"; };
  status_mail = { states = [ "closed" ]; };
"""


class Outgoing(Stack):
    """A stack with ticket-notify, which is started by the cases."""

    def __init__(self, build):
        super().__init__(build, channels={"support.conf": CHANNEL.replace("  template =", OUT + "  template =")})

    def configure(self):
        super().configure()
        self.base = self.read("conf", "ticket-milter.conf")

    def notify_conf(self, smtp=None, more="", timeout="20s"):
        """Writes a configuration beside the daemon's, with another mail server; returns its path."""
        conninfo = re.sub(r"user=\S+", "user=ticket_notify", self.conninfo)
        text = 'notify = { conninfo = "%s"; smtp = "%s"; poll = "100ms"; retry = "200ms"; timeout = "%s"; %s };\n' % (
            conninfo, smtp or "smtp://127.0.0.1:%d" % self.port, timeout, more)
        self.write(("conf", "notify.conf"), self.base + text)
        return self.path("conf", "notify.conf")

    def notify(self, smtp=None, more="", timeout="20s"):
        return Notify(self, self.notify_conf(smtp, more, timeout))

    def request(self, subject="Printer is broken", sender="ann@acme.example", **options):
        """Sends a request and returns its ticket's number. Earlier rows of the outbox are forgotten."""
        self.psql("DELETE FROM ticketing.outbox")
        code, text = self.send(mail(subject, sender="<%s>" % sender, **options), sender, ["support@acme.example"])
        expect_equal(code, 250, text)
        return self.value("SELECT number FROM ticketing.ticket ORDER BY ticket_id DESC LIMIT 1")

    def note(self, number, body="Please use tray 1.", *options):
        self.write(("note.txt",), body + "\n")
        self.ctl("note", "--public", "--author", "Bo", *options, number, self.path("note.txt"))

    def only_note(self):
        """One note in the outbox and nothing else; returns its ticket's number."""
        number = self.request()
        self.psql("DELETE FROM ticketing.outbox")
        self.note(number)
        return number

    def outbox(self):
        return self.rows("SELECT state, attempts, last_error, message_id, recipient, kind FROM ticketing.outbox ORDER BY outbox_id")

    def wait_state(self, state):
        wait_for(lambda: all(row["state"] == state for row in self.outbox()), "the outbox to be %s" % state)
        return self.outbox()


class Notify:
    """A running ticket-notify."""

    def __init__(self, stack, conf):
        self.stack = stack
        self.log = open(stack.path("milter.log"), "ab")  # where the stack looks for complaints
        self.process = subprocess.Popen([stack.program("ticket-notify"), "-c", conf], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        at_end(self.end, signal.SIGKILL)
        ready = "ticket-notify[%d]: ticket-notify " % self.process.pid
        wait_for(lambda: ready in stack.milter_log() or self.process.poll() is not None, "ticket-notify to be ready")

    def end(self, how=signal.SIGTERM):
        """Signals it, if it still runs; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        status = self.process.wait(SLOW)
        self.log.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def parse(content):
    return email.message_from_bytes(content, policy=email.policy.default)


def kill_at(stack, sink, step, more=""):
    """Starts a ticket-notify that sends to SINK and kills it when its first mail has come to STEP. What it had taken is free
    for others then. The sink does not answer at that step before the process is dead."""
    reached, dead = threading.Event(), threading.Event()

    def at_step(name):
        if name == step and not reached.is_set():
            reached.set()
            dead.wait(SLOW)
    at_end(dead.set)
    sink.at_step = at_step
    victim = stack.notify("smtp://127.0.0.1:%d" % sink.port, more)
    expect(reached.wait(SLOW), "the step %s is not reached" % step)
    victim.end(signal.SIGKILL)
    dead.set()
    sink.at_step = None
    # The lease of what the dead one held is over.
    stack.psql("UPDATE ticketing.outbox SET leased_until = now() WHERE state = 'pending'")


def plain(message):
    return message.get_body(("plain",)).get_content()


@case("O4 a request is confirmed once, to the requester alone, with nothing of what he wrote")
def _(stack):
    with stack.notify():
        number = stack.request("ECHO-subject", "ann@acme.example", body="ECHO-body\n", message_id="<echo.1@acme.example>")
        content = stack.wait_mailbox("ann@acme.example")[0]
        stack.wait_state("sent")
    message = parse(content)
    expect(message["Return-Path"] in ("<>", "<MAILER-DAEMON>"), "the envelope sender is " + message["Return-Path"])
    expect_equal(message["Auto-Submitted"], "auto-replied")
    expect_equal(message["In-Reply-To"], "<echo.1@acme.example>")
    expect_equal(message["References"], "<echo.1@acme.example>")
    expect_equal(message["X-Auto-Response-Suppress"], "DR, RN, NRN, OOF, AutoReply")
    expect_equal(message["X-Ticket-Loop"], "mx.example.net")
    expect(re.match(r"support[^+@]*\+t-a-\w+@", message["Reply-To"]), "Reply-To is %s" % message["Reply-To"])
    expect(number in message["Subject"] and number in plain(message), "the number is not told")
    expect(b"ECHO" not in content, "the mail is echoed")
    expect_equal(stack.value("SELECT count(*) FROM ticketing.message_id WHERE direction = 'out' AND '<' || message_id || '>' = '%s'"
                             % message["Message-ID"]), 1, "stored Message-IDs")
    expect_equal(len(stack.mailbox("ann@acme.example")), 1, "confirmations")


@case("O2 a machine, a list, a role and the null sender get no confirmation")
def _(stack):
    for sender, headers in (("list@acme.example", [("List-Id", "<l.acme.example>")]), ("noreply@acme.example", []),
                            ("bulk@acme.example", [("Precedence", "bulk")]),
                            ("robot@acme.example", [("Auto-Submitted", "auto-generated")])):
        stack.psql("DELETE FROM ticketing.outbox")
        stack.send(mail(sender="<%s>" % sender, headers=headers), sender, ["support@acme.example"])
        expect_equal(stack.outbox(), [], "the outbox after " + sender)


@case("a note reaches the participant, and of the answer by its own address the new text alone becomes a public note")
def _(stack):
    number = stack.request(sender="carl@acme.example")
    stack.psql("DELETE FROM ticketing.outbox")
    with stack.notify():
        stack.note(number)
        message = parse(stack.wait_mailbox("carl@acme.example")[0])
    expect("Please use tray 1." in plain(message), "the note is not told")
    expect(message["Return-Path"] == message["Reply-To"].addresses[0].addr_spec.join("<>"), "the sender is not the reply address")
    quoted = "".join("> " + line + "\n" for line in plain(message).splitlines())
    body = "Tray 1 works, thank you.\n\nOn Mon, Mar 2, 2026 at 11:00 AM Support <support@acme.example> wrote:\n\n" + quoted
    answer = mail("Re: " + message["Subject"], body, "<carl@acme.example>", headers=[("In-Reply-To", message["Message-ID"])])
    code, text = stack.send(answer, "carl@acme.example", [message["Reply-To"].addresses[0].addr_spec])
    expect_equal(code, 250, text)
    note = stack.rows("SELECT visibility, author, body FROM ticketing.note ORDER BY note_id DESC LIMIT 1")[0]
    expect_equal(note, {"visibility": "public", "author": "carl@acme.example", "body": "Tray 1 works, thank you."}, "the note")
    expect_equal(stack.outbox()[0]["state"], "sent", "the mail")


@case("a note takes along the files that fit, byte for byte, and names the one that is too large")
def _(stack):
    number = stack.request(sender="finn@acme.example")
    stack.psql("DELETE FROM ticketing.outbox")
    small, large = bytes(range(256)) * 1200 + b"\r\n.\r\nFrom x\n", b"x" * (11 << 20)  # note_mail.attachments is 10M
    paths = [os.path.join(stack.path("conf"), name) for name in ("tray \u202e1.bin", "movie.txt")]
    for path, content in zip(paths, (small, large)):
        with open(path, "wb") as file:
            file.write(content)
    with stack.notify():
        stack.note(number, "See the files.", "--attach", paths[0], "--attach", paths[1])
        message = parse(stack.wait_mailbox("finn@acme.example")[0])
    (attachment,) = message.iter_attachments()
    expect_equal((attachment.get_filename(), attachment.get_content_type()), ("tray 1.bin", "application/octet-stream"), "the file")
    expect(attachment.get_content() == small, "the file was changed")
    expect("movie.txt" in plain(message) and "tray 1.bin" not in plain(message), plain(message))
    stored = stack.rows("SELECT filename, content_type, size FROM ticketing.attachment ORDER BY attachment_id DESC LIMIT 1")
    expect_equal(stored, [{"filename": "movie.txt", "content_type": "text/plain", "size": len(large)}], "the large file")
    done = stack.ctl("note", "--internal", "--attach", stack.path("conf"), number, stack.path("note.txt"), check=False)
    expect(done.returncode != 0 and "cannot be read" in done.stderr, "a folder as a file: %d, %s" % (done.returncode, done.stderr))


@case("a status that the channel lists is told, another is not")
def _(stack):
    number = stack.request(sender="dora@acme.example")
    stack.psql("DELETE FROM ticketing.outbox")
    for status in ("pending", "closed"):
        stack.psql("SELECT ticketing.set_status(tenant_id, '%s', '%s', 'Bo') FROM ticketing.tenant" % (number, status),
                   role="ticket_agent")
    with stack.notify():
        message = parse(stack.wait_mailbox("dora@acme.example")[0])
        expect_equal(len(stack.wait_state("sent")), 1, "mails")
    expect(message["Subject"].endswith("is now closed"), message["Subject"])


@case("a mail that is put off is sent later, with the same Message-ID")
def _(stack):
    for step in ("CONNECT", "MAIL", "RCPT", "DATA", "END"):
        stack.only_note()
        with Sink() as sink:
            sink.answers[step] = "421 4.3.2 later" if step == "CONNECT" else "450 4.3.0 later"
            with stack.notify("smtp://127.0.0.1:%d" % sink.port):
                wait_for(lambda: stack.outbox()[0]["last_error"], "a retry at " + step)
                row = stack.outbox()[0]
                expect("later" in row["last_error"] and row["state"] == "pending", "%s: %r" % (step, row))
                del sink.answers[step]
                stack.wait_state("sent")
            expect_equal(len(sink.mails), 1, "mails after " + step)
            expect_equal(parse(sink.mails[0].content)["Message-ID"], "<%s>" % row["message_id"], "the Message-ID")


@case("a mail that is refused is told on its ticket, which is not touched otherwise")
def _(stack):
    for step in ("MAIL", "RCPT", "DATA", "END"):
        number = stack.only_note()
        before = stack.rows("SELECT status, updated_at FROM ticketing.ticket WHERE number = '%s'" % number)
        with Sink() as sink:
            sink.answers[step] = "550 5.1.1 never at " + step
            with stack.notify("smtp://127.0.0.1:%d" % sink.port):
                expect_equal(stack.wait_state("failed")[0]["attempts"], 1, "attempts")
        note = stack.rows("SELECT visibility, author, source, body FROM ticketing.note ORDER BY note_id DESC LIMIT 1")[0]
        expect("550 5.1.1 never at " + step in note.pop("body"), "the note does not say why")
        expect_equal(note, {"visibility": "internal", "author": "ticket-notify", "source": "delivery"}, "the note")
        expect_equal(stack.rows("SELECT status, updated_at FROM ticketing.ticket WHERE number = '%s'" % number), before, "the ticket")


@case("O6 a mail is given up after its time")
def _(stack):
    stack.only_note()
    with Sink() as sink:
        sink.answers["RCPT"] = "450 4.2.0 later"
        with stack.notify("smtp://127.0.0.1:%d" % sink.port, 'give_up = "1h";'):
            wait_for(lambda: stack.outbox()[0]["attempts"] > 1, "a second attempt")
            expect_equal(stack.outbox()[0]["state"], "pending", "the mail within its time")
            stack.psql("UPDATE ticketing.outbox SET created_at = created_at - interval '1 hour'")
            stack.wait_state("failed")


@case("a server that says nothing any more is left, and the mail is sent later")
def _(stack):
    for step in ("CONNECT", "MAIL", "END"):
        stack.only_note()
        with Sink() as sink:
            sink.hang = step
            with stack.notify("smtp://127.0.0.1:%d" % sink.port, timeout="2s"):
                wait_for(lambda: stack.outbox()[0]["last_error"], "a retry at " + step)
                sink.hang = None
                stack.wait_state("sent")
            ids = {parse(one.content)["Message-ID"] for one in sink.mails}
            expect_equal(ids, {"<%s>" % stack.outbox()[0]["message_id"]}, "Message-IDs")


@case("dots at the beginning of a line arrive as they are")
def _(stack):
    number = stack.request()
    stack.psql("DELETE FROM ticketing.outbox")
    stack.note(number, ".\n..\n.end")
    with Sink() as sink:
        with stack.notify("smtp://127.0.0.1:%d" % sink.port):
            stack.wait_state("sent")
        expect(".\n..\n.end\n" in plain(parse(sink.mails[0].content)).replace("\r\n", "\n"), "the dots were changed")


def certificate(stack, name):
    """A certificate for NAME that is its own authority."""
    files = stack.path("conf", name + ".pem"), stack.path("conf", name + ".key")
    done = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name,
                           "-addext", "subjectAltName=DNS:" + name, "-out", files[0], "-keyout", files[1]],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Skip("openssl cannot make a certificate")
    return files


@case("no mail goes to a server without TLS, of an unknown authority, or of another name, where TLS is asked for")
def _(stack):
    good, other = certificate(stack, "localhost"), certificate(stack, "elsewhere.example")
    number = stack.only_note()
    for what, own, known in (("none", None, good), ("unknown", good, other), ("another name", other, other)):
        with Sink(own) as sink:
            with stack.notify("smtp://localhost:%d" % sink.port, 'tls = "starttls"; ca_file = "%s";' % known[0]):
                wait_for(lambda: stack.outbox()[0]["last_error"], "a failure with " + what)
            expect_equal([line for line in sink.commands if line.startswith("MAIL")], [], "MAIL with " + what)
            stack.psql("UPDATE ticketing.outbox SET last_error = NULL, next_at = now()")
    with Sink(good) as sink:
        with stack.notify("smtp://localhost:%d" % sink.port, 'tls = "starttls"; ca_file = "%s";' % good[0]):
            stack.wait_state("sent")
        expect_equal(len(sink.mails), 1, "mails of " + number)


@case("a login goes by PLAIN, LOGIN and XOAUTH2, and one that is refused harms no mail")
def _(stack):
    stack.write(("conf", "secret"), "s3cret\n", 0o600)
    for way, answers in (("plain", ["\0help\0s3cret"]), ("login", ["help", "s3cret"]),
                         ("xoauth2", ["user=help\1auth=Bearer s3cret\1\1"])):
        stack.only_note()
        with Sink(login=("PLAIN", "LOGIN", "XOAUTH2")) as sink:
            sink.answers["AUTH"] = "535 5.7.8 no"
            with stack.notify("smtp://127.0.0.1:%d" % sink.port,
                              'auth = "%s"; user = "help"; secret_file = "%s";' % (way, stack.path("conf", "secret"))):
                wait_for(lambda: stack.outbox()[0]["last_error"], "a failure of " + way)
                expect_equal(stack.outbox()[0]["state"], "pending", "the mail")
                del sink.answers["AUTH"]
                stack.wait_state("sent")
            expect_equal(sink.logins[-1], (way.upper(), answers), "the login")


@case("two ticket-notify, one killed at each step: every mail is sent, under one Message-ID, and none is made up")
def _(stack):
    for step in ("CONNECT", "MAIL", "RCPT", "DATA", "END"):
        number = stack.only_note()
        for i in range(4):
            stack.note(number, "note %d" % i)
        with Sink() as sink:
            kill_at(stack, sink, step, "workers = 1;")
            conf = stack.path("conf", "notify.conf")
            with Notify(stack, conf), Notify(stack, conf):
                rows = stack.wait_state("sent")
            sent = [parse(one.content)["Message-ID"].strip("<>") for one in sink.mails]
            expect_equal(set(sent), {row["message_id"] for row in rows}, "Message-IDs after " + step)
            expect_equal(len(rows), 5, "mails")
            expect(len(sent) - len(set(sent)) <= 1, "more mails twice than were under way")


@case("O7 a confirmation that may have been sent before a kill bears the same Message-ID")
def _(stack):
    stack.request()
    with Sink() as sink:
        kill_at(stack, sink, "END")
        expect_equal((len(sink.mails), stack.outbox()[0]["state"]), (1, "pending"), "mails at the server, and what the database knows")
        with stack.notify("smtp://127.0.0.1:%d" % sink.port):
            stack.wait_state("sent")
        expect_equal(len({parse(one.content)["Message-ID"] for one in sink.mails}), 1, "Message-IDs")


@case("a SIGTERM waits for the mail that is being sent, and a SIGUSR1 changes the server")
def _(stack):
    number = stack.only_note()
    with Sink() as sink, Sink() as other:
        reached, go = threading.Event(), threading.Event()

        def at_step(name):
            if name == "END":
                reached.set()
                go.wait(SLOW)
        sink.at_step = at_step
        running = stack.notify("smtp://127.0.0.1:%d" % sink.port)
        expect(reached.wait(SLOW), "the mail is not sent")
        running.process.send_signal(signal.SIGTERM)
        go.set()
        expect_equal(running.end(), 0, "the exit status")
        expect_equal(stack.outbox()[0]["state"], "sent", "the mail")
        sink.at_step = None
        with stack.notify("smtp://127.0.0.1:%d" % sink.port) as running:
            stack.notify_conf("smtp://127.0.0.1:%d" % other.port)
            running.process.send_signal(signal.SIGUSR1)
            wait_for(lambda: "read anew" in stack.milter_log(), "the new configuration")
            stack.note(number)
            stack.wait_state("sent")
        expect_equal(len(other.mails), 1, "mails at the other server")


@case("a database that is away is waited for")
def _(stack):
    number = stack.request()
    stack.psql("DELETE FROM ticketing.outbox")
    with Sink() as sink, stack.notify("smtp://127.0.0.1:%d" % sink.port) as running:
        stack.stop_postgres()
        wait_for(lambda: "the database cannot be asked for mails" in stack.milter_log(), "a word about it")
        stack.start_postgres()
        expect(running.process.poll() is None, "it has ended")
        stack.note(number)
        stack.wait_state("sent")
        expect_equal(len(sink.mails), 1, "mails")


@case("a mail that was taken while the database went away is written down as sent, and is not sent again")
def _(stack):
    stack.only_note()
    with Sink() as sink:
        once = threading.Event()

        def at_step(name):
            if name == "END" and not once.is_set():
                stack.stop_postgres("immediate")
                once.set()
        sink.at_step = at_step
        with stack.notify("smtp://127.0.0.1:%d" % sink.port):
            expect(once.wait(SLOW), "the mail is not sent")
            wait_for(lambda: "the database cannot be asked for mails" in stack.milter_log(), "a word about it")
            stack.start_postgres()
            rows = stack.wait_state("sent")
        expect_equal((len(sink.mails), rows[0]["attempts"]), (1, 1), "mails and attempts")


@case("a mail whose lease is another's by now is left to the other, and is not written down as sent")
def _(stack):
    stack.only_note()
    # Another one takes each lease in the same moment.
    stack.psql("""CREATE FUNCTION public.another() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.leased_by IS NOT NULL THEN NEW.leased_by := 'another'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER another BEFORE UPDATE ON ticketing.outbox FOR EACH ROW EXECUTE FUNCTION public.another()""")
    try:
        with Sink() as sink:
            with stack.notify("smtp://127.0.0.1:%d" % sink.port):
                wait_for(lambda: "result=left" in stack.milter_log(), "the end of the mail")
            expect_equal(sink.mails, [], "mails")
            expect_equal(stack.rows("SELECT state, leased_by FROM ticketing.outbox"),
                         [{"state": "pending", "leased_by": "another"}], "the row")
    finally:
        stack.psql("DROP TRIGGER another ON ticketing.outbox; DROP FUNCTION public.another()")


@case("ticketctl shows a mail as it would be sent, lists those that go out, and counts them")
def _(stack):
    number = stack.only_note()
    shown = stack.ctl_json("preview", number)
    expect_equal([one["recipient"] for one in shown], ["ann@acme.example"], "recipients")
    expect_equal(plain(parse(shown[0]["mail"].encode())).splitlines()[2], "Please use tray 1.", "the note")
    expect_equal(shown[0]["mail_from"], parse(shown[0]["mail"].encode())["Reply-To"], "the sender")
    for kind in ("confirmation", "note", "status"):
        text = stack.ctl("preview", "--kind", kind, "acme/support")
        expect("INC-42" in text and text.startswith("MAIL FROM:<"), kind)
    expect_equal(stack.ctl("preview", "--kind", "letter", "acme/support", check=False).returncode, 64, "another kind")
    expect_equal(stack.ctl("preview", "INC-99999", check=False).returncode, 1, "no ticket")
    expect_equal([(row["number"], row["state"]) for row in stack.ctl_json("outbox", number)], [(number, "pending")], "the outbox")
    expect_equal(stack.ctl_json("outbox", "--failed", number), [], "what has failed")
    expect_equal(stack.ctl_json("status")[0]["outbox_pending"], 1, "pending mails")
    expect_equal(stack.ctl("note", "--public", "INC-99999", os.devnull, check=False).returncode, 65, "an empty note")
    expect_equal(stack.ctl("note", "--internal", "INC-99999", stack.path("note.txt"), check=False).returncode, 1, "no ticket")


@case("ticketctl makes a key that signs from then on, and what the old one signed is still known")
def _(stack):
    made = stack.path("conf", "second.key")
    text = stack.ctl("key", made)
    expect_equal(os.stat(made).st_mode & 0o007, 0, "the rights of others")
    expect_equal(os.stat(made).st_size, 32, "the size")
    expect('{ id = "b"; file = "%s"; }' % made in text and text.index('"b"') < text.index('"a"'), text)
    expect_equal(stack.ctl("key", made, check=False).returncode, 78, "a file that is there")
    expect_equal([(key["id"], key["use"]) for key in stack.ctl_json("key")], [("a", "signs")], "the keys")
    stack.write(("conf", "ticket-milter.conf"), re.sub(r"token_keys = .*;", text.split("\n", 1)[1].strip(), stack.base, count=1))
    try:
        expect_equal([(key["id"], key["use"]) for key in stack.ctl_json("key")], [("b", "signs"), ("a", "verifies")], "the keys")
    finally:
        stack.write(("conf", "ticket-milter.conf"), stack.base)


@case("its help names every option, and a wrong text file is told by the check")
def _(stack):
    program = stack.program("ticket-notify")
    text = subprocess.run([program, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    for option in ("--config", "--foreground", "--log", "--check", "--version", "--help"):
        expect(option in text, option + " is not in the help")
    stack.write(("conf", "bad.txt"), "Subject: {subject}\n\nHello\n")
    stack.write(("conf", "channels.d", "support.conf"),
                stack.channels["support.conf"].replace("enabled = true;", 'enabled = true; template_file = "%s";'
                                                       % stack.path("conf", "bad.txt")))
    try:
        done = subprocess.run([program, "-c", stack.notify_conf(), "-t"], stderr=subprocess.PIPE, text=True)
        expect_equal(done.returncode, 78, done.stderr)
        expect("{subject} is none of {number}, {link}, {title}, {address}" in done.stderr, done.stderr)
    finally:
        stack.write(("conf", "channels.d", "support.conf"), stack.channels["support.conf"])


main(Outgoing)
