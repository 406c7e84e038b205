"""table: the rows of tests/bench/run and what every part of it needs."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import Failed  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def say(*text):
    print(*text, file=sys.stderr, flush=True)


class Figures:
    """The rows of the table: name, value, unit, ratio, bar. A bar holds for the ratio where there is one, else for the value;
    one that is missed is shown and is no fault. Faults are what makes a run worthless."""

    def __init__(self):
        self.rows = []
        self.faults = []

    def add(self, name, value, unit, ratio=None, bar=""):
        text = "%.0f" % value if abs(value) >= 100 else "%.3g" % value
        self.rows.append((name, text, unit, "" if ratio is None else "%.2f" % ratio, bar))
        if bar:
            figure, limit = value if ratio is None else ratio, float(bar[2:])
            if figure < limit if bar.startswith(">=") else figure > limit:
                say("bench: %s: %.3g misses %s" % (name, figure, bar))

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


def run_program(build, *command):
    """The output of one of tests/bench/."""
    done = subprocess.run([os.path.join(build, "tests", "bench", command[0]), *command[1:]], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failed("%s ends with %d" % (" ".join(command), done.returncode))
    return done.stdout
