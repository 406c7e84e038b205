"""What the log and the service manager are told where every mail, or every mail of a channel, is put off: at once, once, and again
when it is over."""

import os
import re
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import Stack, case, expect, expect_equal, mail, main, wait_for  # noqa: E402

ANN, SUPPORT = "ann@acme.example", "support@acme.example"
NO_VERSION = "CREATE TABLE public.kept AS SELECT * FROM ticketing_meta.migration; DELETE FROM ticketing_meta.migration WHERE version = (SELECT max(version) FROM ticketing_meta.migration)"
VERSION = "INSERT INTO ticketing_meta.migration SELECT * FROM public.kept ON CONFLICT DO NOTHING; DROP TABLE public.kept"


class Manager:
    """The service manager of a program: collects what it is told."""

    def __init__(self, path):
        self.told, self.socket = [], socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            self.told.append(self.socket.recv(65536).decode())

    def status(self):
        return "".join(re.findall(r"^STATUS=(.*)$", "\n".join(self.told), re.M)[-1:])


class Watched(Stack):
    def start_milter(self):
        if not hasattr(self, "manager"):
            self.manager = Manager(self.path("notify"))
            self.env["NOTIFY_SOCKET"] = self.path("notify")
        super().start_milter()

    def lines(self, words):
        return [line for line in self.milter_log().splitlines() if words in line]

    def expect_well(self, number):
        """The NUMBER-th alarm is over, and a mail is taken."""
        wait_for(lambda: len(self.lines("alarm over: taking mails")) == number, "the end of alarm %d" % number)
        wait_for(lambda: self.manager.status() == "taking mails", "the status")
        expect_equal(self.send(mail(), ANN, [SUPPORT])[0], 250, "the reply")


def overs(stack):
    return len(stack.lines("alarm over: taking mails"))


@case("all is well, and the service manager knows")
def _(stack):
    wait_for(lambda: stack.manager.status() == "taking mails", "the status")
    expect(any("READY=1" in told and "STATUS=" in told for told in stack.manager.told), stack.manager.told)
    expect_equal((stack.lines("alarm"), stack.lines("ready, but")), ([], []), "alarms")


def wrong_from_the_start(stack, harm, is_harmed, cure, words):
    before = overs(stack)
    stack.stop_milter()
    stack.psql(harm)
    wait_for(is_harmed, "the harm")
    alarms = len(stack.lines("alarm: mails are put off"))
    stack.start_milter()
    expect_equal(len(stack.lines("is ready, but mails are put off with 451: " + words)), 1, "lines that say it")
    wait_for(lambda: stack.manager.status().startswith("mails are put off with 451: " + words), "the status")
    for _ in range(3):
        expect_equal(stack.send(mail(), ANN, [SUPPORT])[0], 451, "the reply")
    expect_equal(len(stack.lines("alarm: mails are put off")), alarms, "further alarms")
    stack.psql(cure)
    stack.expect_well(before + 1)


@case("a schema that is too old is said with the first line, and again when it is cured")
def _(stack):
    wrong_from_the_start(stack, NO_VERSION, lambda: True, VERSION, "the schema is at version")


@case("fsync that is off is said with the first line, and again when it is cured")
def _(stack):
    wrong_from_the_start(stack, "ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf()",
                         lambda: stack.psql("SHOW fsync").strip() == "off", "ALTER SYSTEM RESET fsync; SELECT pg_reload_conf()", "the database runs with fsync = off")


@case("a database that goes away is one alarm, however many mails come, and its end is one line")
def _(stack):
    before, alarms = overs(stack), len(stack.lines("alarm: mails are put off"))
    stack.stop_postgres("immediate")
    for _ in range(5):
        expect_equal(stack.send(mail(), ANN, [SUPPORT])[0], 451, "the reply")
    wait_for(lambda: len(stack.lines("alarm: mails are put off with 451")) == alarms + 1, "the alarm")
    stack.start_postgres()
    stack.expect_well(before + 1)
    expect_equal(len(stack.lines("alarm: mails are put off with 451")), alarms + 1, "alarms")


@case("a database that refuses the mails of a channel is one alarm until it has taken one again")
def _(stack):
    before, alarms = overs(stack), len(stack.lines("alarm: mails are put off"))
    stack.psql("ALTER TABLE ticketing.ticket ADD CONSTRAINT added CHECK (priority = 'P0') NOT VALID")
    for _ in range(5):
        expect_equal(stack.send(mail(), ANN, [SUPPORT])[0], 451, "the reply")
    words = "alarm: mails are put off with 451, of 1 channels; the last: acme/support: "
    wait_for(lambda: len(stack.lines(words)) == 1, "the alarm")
    expect("(SQLSTATE 23514)" in stack.lines(words)[0], stack.lines(words)[0])
    wait_for(lambda: "SQLSTATE 23514" in stack.manager.status(), "the status")
    stack.psql("ALTER TABLE ticketing.ticket DROP CONSTRAINT added")
    expect_equal(stack.send(mail(), ANN, [SUPPORT])[0], 250, "the reply")
    stack.expect_well(before + 1)
    expect_equal(len(stack.lines("alarm: mails are put off")), alarms + 1, "alarms")


@case("ticket-notify says with its first line that the schema is too old, and again when it is cured")
def _(stack):
    conninfo = re.sub(r"user=\S+", "user=ticket_notify", stack.conninfo)
    stack.write(("conf", "notify.conf"), stack.read("conf", "ticket-milter.conf") +
                'notify = { conninfo = "%s"; smtp = "smtp://127.0.0.1:%d"; };\n' % (conninfo, stack.port))
    manager = Manager(stack.path("notify2"))
    stack.psql(NO_VERSION)
    with open(stack.path("milter.log"), "ab") as log:
        process = subprocess.Popen([stack.program("ticket-notify"), "-c", stack.path("conf", "notify.conf")], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, env=dict(os.environ, NOTIFY_SOCKET=stack.path("notify2")))
    try:
        wait_for(lambda: manager.status().startswith("no mail is sent: the schema is at version"), "the status")
        wait_for(lambda: stack.lines("is ready, but no mail is sent: the schema is at version"), "the line")
        stack.psql(VERSION)
        wait_for(lambda: manager.status().startswith("sending mails to smtp://"), "the status afterwards")
        wait_for(lambda: len(stack.lines("alarm over: sending mails to smtp://")) == 1, "the end of the alarm")
    finally:
        process.terminate()
        process.wait(60)


main(Watched)
