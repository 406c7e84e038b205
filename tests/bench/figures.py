"""figures: the measurements of tests/bench/run, which builds the programs and calls this.

Three stacks stand side by side and are used in turns. A figure of a turn is compared with its neighbour's in the same turn.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import Failed, Skip, Stack  # noqa: E402

SESSIONS = 20
MAIL_BYTES = 4096
# What the work of ticket-milter may cost beside that of a filter that does nothing.
BAR = 0.85
# A filter's mails end in nothing, so that no delivery takes part in the figures.
POSTFIX = ("--set", "virtual_transport = discard:")
# Lines that tell of an error, by whose log it is. A filter's line about a mail tells of its text too.
BAD_LINES = {"Postfix": re.compile(r": (warning|error|fatal|panic): |: milter-(reject|hold): "),
             "PostgreSQL": re.compile(r"\b(WARNING|ERROR|FATAL|PANIC):"),
             "the filter": re.compile(r"^(?!.* verdict=ticket ).*(?i:\b(error|warning|fatal|lost|fail\w*|cannot)\b)")}
TICKS = os.sysconf("SC_CLK_TCK")


class Figures:
    """The rows of the table: name, value, unit, ratio to what the row above it names, bar of the ratio."""

    def __init__(self):
        self.rows = []
        self.faults = []

    def add(self, name, value, unit, ratio=None, bar=None):
        text = "%.0f" % value if value >= 100 else "%.3g" % value
        self.rows.append((name, text, unit, "" if ratio is None else "%.2f" % ratio, "" if bar is None else ">=%.2f" % bar))
        if bar is not None and ratio < bar:
            self.faults.append("%s: the ratio is %.2f, not %.2f" % (name, ratio, bar))

    def print(self, tsv):
        head = ("name", "value", "unit", "ratio", "bar")
        if tsv:
            for row in [head] + self.rows:
                print("\t".join(row))
            return
        widths = [max(len(row[i]) for row in [head] + self.rows) for i in range(len(head))]
        for row in [head] + self.rows:
            print("  ".join(cell.rjust(width) if i in (1, 3) else cell.ljust(width)
                            for i, (cell, width) in enumerate(zip(row, widths))).rstrip())


def cpu_seconds(pid):
    """The CPU time of a process, its children that live and those that it has seen end."""
    ticks = 0
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % entry, encoding="ascii", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(entry) == pid or int(fields[1]) == pid:
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICKS


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


def say(*text):
    print(*text, file=sys.stderr, flush=True)


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


def add_mails(figures, variants, sent):
    by_name = {variant.name: variant for variant in variants}
    for variant in variants:
        kind = variant.name.rsplit(", ", 1)[-1]
        noop = by_name.get("no-op milter, " + kind)
        ratio = None if noop is None else statistics.median(a / b for a, b in zip(variant.rates, noop.rates))
        bar = BAR if variant.name == "ticket-milter, unix" else None
        figures.add(variant.name, statistics.median(variant.rates), "mails/s", ratio, bar)
    for variant in variants:
        for name, seconds in variant.cpu.items():
            figures.add("CPU of %s (%s)" % (name, variant.name), seconds * 1000 / sent, "s/1000 mails")


def run_program(build, *command):
    done = subprocess.run([os.path.join(build, "tests", "bench", command[0]), *command[1:]], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failed("%s ends with %d" % (command[0], done.returncode))
    return done.stdout


def add_parts(figures, build):
    """bench_message prints a line a kind of mail: kind, bytes of one, mails a second of ours, of GMime alone."""
    for line in run_program(build, "bench_message").splitlines():
        kind, size, ours, gmime = line.split("\t")
        size, ours, gmime = int(size), float(ours), float(gmime)
        figures.add("GMime reads %s" % kind, gmime, "mails/s")
        figures.add("inspect reads %s" % kind, ours, "mails/s", ours / gmime)
        figures.add("inspect reads %s" % kind, ours * size / 1e6, "MB/s", ours / gmime)
    numbers = re.findall(r"([0-9.]+) (ms|us)", run_program(build, "bench_conf", "1000"))
    figures.add("1000 channels are read and checked", float(numbers[0][0]), numbers[0][1])
    figures.add("an address among them is found", float(numbers[1][0]), numbers[1][1])


def settings(variants, arguments):
    """The lines above the table."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*:\s*(.*)", file.read())
    with open("/proc/loadavg", encoding="ascii") as file:
        load = " ".join(file.read().split()[:3])
    ticket = next(v.stack for v in variants if v.stack.milter == "ticket")
    server = ticket.rows("SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync, "
                         "current_setting('synchronous_commit') AS commit, current_setting('full_page_writes') AS pages")[0]
    postconf = shutil.which("postconf", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    postfix = subprocess.run([postconf, "-dh", "mail_version"], stdout=subprocess.PIPE, text=True).stdout.strip()
    program = subprocess.run([ticket.program("ticketctl"), "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()
    disk = subprocess.run(["stat", "-f", "-c", "%T", ticket.dir], stdout=subprocess.PIPE, text=True).stdout.strip()
    yield "%s; Postfix %s; PostgreSQL %s" % (program, postfix, server["version"])
    yield "PostgreSQL: fsync %s, synchronous_commit %s, full_page_writes %s" % (server["fsync"], server["commit"], server["pages"])
    yield "machine: %d cores, %s; Linux %s; files on %s; load before the run %s" % (
        os.cpu_count(), model.group(1) if model else os.uname().machine, os.uname().release, disk, load)
    yield "%d mails of %d bytes by %d connections, %d turns; ratios to the no-op milter, or to GMime" % (
        arguments.mails, MAIL_BYTES, SESSIONS, arguments.pairs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--tsv", action="store_true")
    arguments = parser.parse_args()
    variants, figures, lines = make_variants(arguments.build), Figures(), []
    try:
        for variant in variants:
            variant.start()
        lines = list(settings(variants, arguments))
        measure(variants, arguments.pairs, arguments.mails)
        add_mails(figures, variants, arguments.pairs * arguments.mails)
        for variant in variants:
            figures.faults += variant.faults()
    finally:
        for variant in variants:
            variant.stack.stop()
    add_parts(figures, arguments.build)
    if not arguments.tsv:
        print("\n".join(lines) + "\n")
    figures.print(arguments.tsv)
    if not arguments.tsv and not figures.faults:
        print("\nEvery mail that was told 250 is one ticket; no log tells of an error.")
    for fault in figures.faults:
        say("bench: " + fault)
    sys.exit(1 if figures.faults else 0)


if __name__ == "__main__":
    try:
        main()
    except (Skip, Failed) as why:
        say("bench: %s" % why)
        sys.exit(1)
