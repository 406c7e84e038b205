"""through_postfix: mails a second from smtp-source through Postfix, alone, with a filter that does nothing, with ticket-milter.

All stacks stand side by side and are used in turns. A figure of a turn is compared with its neighbour's in the same turn, so that
a busy machine slows both.
"""

import os
import re
import statistics
import subprocess
import time

from table import cpu_seconds, say
from tk import Failed, Stack

SESSIONS = 20
MAIL_BYTES = 4096
BAR = ">=0.85"
# A filter's mails end in nothing, so that no delivery takes part in the figures.
POSTFIX = ("--set", "virtual_transport = discard:")
# Lines that tell of an error, by whose log it is. A filter's line about a mail tells of its text too. That a clock and a file's
# time differ by a second is the machine's affair.
BAD_LINES = {"Postfix": re.compile(r": (warning(?!: file system clock|: resetting file time stamps)|error|fatal|panic): |: milter-(reject|hold): "),
             "PostgreSQL": re.compile(r"\b(WARNING|ERROR|FATAL|PANIC):"),
             "the filter": re.compile(r"^(?!.* verdict=ticket ).*(?i:\b(error|warning|fatal|lost|fail\w*|cannot)\b)")}


class Variant:
    """One way of a mail, with its own servers and its own results."""

    def __init__(self, name, build, milter, listen):
        self.name = name
        self.stack = Stack(build, milter=milter, listen=listen, postfix=POSTFIX)
        self.rates = []
        self.told = 0
        self.cpu = {}
        self.seen = {}

    def start(self):
        """Starts the servers; what they log until all of them are up belongs to no mail."""
        self.stack.start()
        self.seen = {name: len(text) for name, text in self.logs().items()}

    def logs(self):
        """{whose: text}"""
        logs = {"Postfix": self.stack.maillog(), "the filter": self.stack.milter_log()}
        if self.stack.conninfo:
            logs["PostgreSQL"] = self.stack.read("postgres", "home", "log")
        return logs

    def processes(self):
        """{name: process} of those that take part."""
        stack = self.stack
        with open(stack.path("postfix", "spool", "pid", "master.pid"), encoding="ascii") as file:
            found = {"Postfix": int(file.read())}
        if stack.daemon:
            found[os.path.basename(stack.daemon.args[0])] = stack.daemon.pid
        if stack.conninfo:
            with open(stack.path("postgres", "home", "data", "postmaster.pid"), encoding="ascii") as file:
                found["PostgreSQL"] = int(file.readline())
        return found

    def send(self, mails):
        """Sends the mails; the time ends with the last 250. What Postfix does afterwards counts as CPU time only."""
        before = {name: cpu_seconds(pid) for name, pid in self.processes().items()}
        begin = time.monotonic()
        done = subprocess.run(["smtp-source", "-s", str(SESSIONS), "-m", str(mails), "-l", str(MAIL_BYTES),
                               "-f", "ann@acme.example", "-t", "support@acme.example", "127.0.0.1:%d" % self.stack.port],
                              env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        seconds = time.monotonic() - begin
        # It ends at the first answer that is not the expected one.
        if done.returncode != 0:
            raise Failed("%s: smtp-source: %s\n%s" % (self.name, done.stdout.strip(), self.stack.milter_log()[-1000:]))
        self.rates.append(mails / seconds)
        self.told += mails
        self.stack.settle(120)
        for name, pid in self.processes().items():
            self.cpu[name] = self.cpu.get(name, 0) + cpu_seconds(pid) - before[name]

    def faults(self):
        """What is wrong after the run: tickets that are missing or too many, lines in a log that tell of an error."""
        found = []
        stack = self.stack
        if stack.conninfo:
            tickets = stack.value("SELECT count(*) FROM ticketing.ticket")
            intakes = stack.value("SELECT count(*) FROM ticketing.intake WHERE verdict = 'ticket' AND seen = 1")
            if not tickets == intakes == self.told:
                found.append("%d mails were told 250, and there are %d tickets of %d mails" % (self.told, tickets, intakes))
            logged = len(re.findall(r"\bverdict=ticket\b", stack.milter_log()))
            if logged != self.told:
                found.append("ticket-milter logs %d tickets of %d mails" % (logged, self.told))
        for whose, text in self.logs().items():
            lines = [line for line in text[self.seen[whose]:].splitlines() if BAD_LINES[whose].search(line)]
            if lines:
                found.append("%d lines in the log of %s, the first: %s" % (len(lines), whose, lines[0][:200]))
        return ["%s: %s" % (self.name, fault) for fault in found]


def make_variants(build):
    return [Variant("Postfix alone", build, None, "unix"),
            Variant("no-op milter, unix", build, "noop", "unix"),
            Variant("ticket-milter, unix", build, "ticket", "unix"),
            Variant("no-op milter, inet", build, "noop", "inet"),
            Variant("ticket-milter, inet", build, "ticket", "inet")]


def measure(variants, pairs, mails):
    for variant in variants:
        variant.send(min(mails, 100))  # the first mails start processes and fill caches
        variant.rates.clear()
        variant.cpu.clear()
    for turn in range(pairs):
        # In each turn the order is another one, so that no variant always follows the same one.
        order = variants if turn % 2 == 0 else variants[::-1]
        for variant in order:
            variant.send(mails)
        say("turn %d of %d: %s" % (turn + 1, pairs, ", ".join("%s %.0f/s" % (v.name, v.rates[-1]) for v in variants)))


def median_ratio(ours, theirs):
    return statistics.median(a / b for a, b in zip(ours.rates, theirs.rates))


def add_rows(figures, variants, sent):
    alone, noop_unix, ticket_unix, noop_inet, ticket_inet = variants
    figures.add(alone.name, statistics.median(alone.rates), "mails/s")
    figures.add(noop_unix.name, statistics.median(noop_unix.rates), "mails/s")
    figures.add(ticket_unix.name + ", beside the no-op milter", statistics.median(ticket_unix.rates), "mails/s",
                median_ratio(ticket_unix, noop_unix), BAR)
    figures.add(noop_inet.name, statistics.median(noop_inet.rates), "mails/s", median_ratio(noop_inet, noop_unix))
    figures.add(ticket_inet.name + ", beside our own unix", statistics.median(ticket_inet.rates), "mails/s",
                median_ratio(ticket_inet, ticket_unix), BAR)
    figures.add(ticket_inet.name + ", beside the no-op milter", statistics.median(ticket_inet.rates), "mails/s",
                median_ratio(ticket_inet, noop_inet))
    for variant in variants:
        for name, seconds in variant.cpu.items():
            figures.add("CPU of %s (%s)" % (name, variant.name), seconds * 1000 / sent, "s/1000 mails")


def add_mails(figures, build, pairs, mails):
    variants = make_variants(build)
    try:
        for variant in variants:
            variant.start()
        measure(variants, pairs, mails)
        add_rows(figures, variants, pairs * mails)
        for variant in variants:
            figures.faults += variant.faults()
    finally:
        for variant in variants:
            variant.stack.stop()
