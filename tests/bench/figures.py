"""figures: the measurements of tests/bench/run, which builds the programs and calls this."""

import argparse
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from table import Figures, say  # noqa: E402
import direct  # noqa: E402
import parts  # noqa: E402
import through_postfix  # noqa: E402
from tk import Failed, Skip  # noqa: E402

# The parts of a run, in the order of the table: name, what it calls with the figures and the arguments.
PARTS = (
    ("mails", lambda figures, run: through_postfix.add_mails(figures, run.build, run.pairs, run.mails)),
    ("raw", lambda figures, run: direct.add_raw(figures, run.build, run.turns, run.mails * 2)),
    ("instructions", lambda figures, run: parts.add_instructions(figures, run.build)),
    ("sizes", lambda figures, run: direct.add_sizes(figures, run.build, run.crowd)),
    ("growth", lambda figures, run: direct.add_growth(figures, run.build, run.tickets, run.turns, run.mails)),
    ("hurting", lambda figures, run: parts.add_hurting(figures, run.build)),
    ("reading", lambda figures, run: parts.add_reading(figures, run.build)),
    ("configuration", lambda figures, run: parts.add_configuration(figures, run.build)),
)


def output(*command):
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    return subprocess.run([shutil.which(command[0], path=path) or command[0], *command[1:]], stdout=subprocess.PIPE,
                          text=True).stdout.strip()


def settings(run):
    """The lines above the table."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*:\s*(.*)", file.read())
    with open("/proc/loadavg", encoding="ascii") as file:
        load = " ".join(file.read().split()[:3])
    stack = direct.Direct(run.build)
    stack.start()
    try:
        server = stack.rows("SELECT name, setting FROM pg_settings WHERE name IN ('server_version', 'fsync', 'data_checksums', "
                            "'synchronous_commit', 'full_page_writes', 'shared_buffers', 'commit_delay') ORDER BY name")
        program, disk = output(stack.program("ticketctl"), "--version"), output("stat", "-f", "-c", "%T", stack.dir)
    finally:
        stack.stop()
    yield "%s, built with %s; Postfix %s" % (program, run.flags or "flags that are not known", output("postconf", "-dh", "mail_version"))
    yield "PostgreSQL: " + ", ".join("%s %s" % (row["name"], row["setting"]) for row in server)
    yield "machine: %d cores, %s; all of it on this machine and unpinned; Linux %s; files on %s; load before the run %s" % (
        os.cpu_count(), model.group(1) if model else os.uname().machine, os.uname().release, disk, load)
    yield "through Postfix: %d pairs of %d mails of %d bytes by %d connections, a connection a mail, to discard:" % (
        run.pairs, run.mails, through_postfix.MAIL_BYTES, through_postfix.SESSIONS)
    yield "every mail is another one, of 4 KB of text where no size is named; ratios are of neighbours in one turn; a fresh start of all"
    yield "servers and some unmeasured mails before each part; the end of a mail is timed from its last bytes to the answer"
    yield "raw driver, growth: %d turns; growth: %d tickets, and %s in all its servers" % (
        run.turns, run.tickets, ", ".join(direct.GROWTH_SETTINGS))
    yield "not done: processes bound to cores, runs of minutes with a mix of sizes, a slow network to the database, other programs"


def read_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--flags", default="")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--pairs", type=int)
    parser.add_argument("--mails", type=int)
    parser.add_argument("--tickets", type=int)
    parser.add_argument("--only", choices=[name for name, _ in PARTS])
    parser.add_argument("--tsv", action="store_true")
    run = parser.parse_args()
    run.pairs = run.pairs or (1 if run.short else 15)
    run.mails = run.mails or (500 if run.short else 2000)
    run.tickets = run.tickets or (20000 if run.short else 2000000)
    run.turns = 1 if run.short else 9
    run.crowd = 30 if run.short else 100
    return run


def main():
    run, figures = read_arguments(), Figures()
    lines = list(settings(run))
    for name, measure in PARTS:
        if run.only in (None, name):
            say("bench: " + name)
            measure(figures, run)
    if not run.tsv:
        print("\n".join(lines) + "\n")
    figures.print(run.tsv)
    if not run.tsv and not figures.faults:
        print("\nEvery mail that was told 250 is one ticket or note; no log tells of an error.")
    for fault in figures.faults:
        say("bench: " + fault)
    sys.exit(1 if figures.faults else 0)


if __name__ == "__main__":
    try:
        main()
    except (Skip, Failed) as why:
        say("bench: %s" % why)
        sys.exit(1)
