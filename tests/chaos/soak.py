"""soak: every fault with many mails, one after the other, and one table of what came of it.

   tests/chaos/run [--only FAULT] [--mails N] [--tsv] [--keep DIR] [--list] [--build DIR] [--no-install]

--only takes the faults whose name contains FAULT. --tsv prints nothing but the table, tab separated. --keep copies the
database of the last run to DIR, with a list of what was told 250; `packaging/lib/postgres start DIR` serves it. Exit 1 when a
mail was lost or doubled or anything else does not hold."""

import argparse
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
from faults import FAULTS, Gateway  # noqa: E402
from invariants import Outcome, check  # noqa: E402
from sender import Crowd, make_mails  # noqa: E402
from tk import Failed, Skip, expect, expect_equal, wait_for  # noqa: E402

HEADING = ["fault", "mails", "told 250", "told 4xx", "lost", "doubled"]


def word(name):
    """A name as a part of a token."""
    return "".join(letter if letter.isalnum() else "_" for letter in name.lower())


def check_baseline(gateway, outcome):
    """Descriptors, threads and the folder of large mails are what they were when nothing was on its way."""
    def quiet(daemon):
        return daemon.status("Threads") < 20 and daemon.descriptors() < 60
    for daemon in gateway.daemons:
        try:
            wait_for(lambda daemon=daemon: quiet(daemon), "the daemon to be at rest")
        except Failed:
            outcome.problems.append("%s: %d threads, %d descriptors" % (daemon.name, daemon.status("Threads"), daemon.descriptors()))
    left = [name for name in os.listdir(gateway.path("spool")) if name != "filler"]
    if left:
        outcome.problems.append("left in the spool: %r" % left)


def run_fault(gateway, fault, count, serial=0):
    """One run; returns its outcome and its crowd."""
    while len(gateway.ports) < fault.hosts:
        gateway.add_host()
    crowd = Crowd(make_mails("%s%d" % (word(fault.name), serial), count, fault.big), gateway.ports[:fault.hosts],
                  senders=fault.senders, twins=fault.twins)
    problems = []
    try:
        problems += fault.act(gateway, crowd) or []
    except (Skip, Failed) as why:
        problems.append(str(why))
    finally:
        done = crowd.wait()
    if done:
        problems += crowd.send_again()
    outcome = Outcome(fault.name, crowd)
    outcome.problems += problems
    try:
        gateway.settle()
        check(gateway, crowd, outcome, gateway.folders)
        check_baseline(gateway, outcome)
    except Failed as why:
        outcome.problems.append(str(why))
    return outcome, crowd


def soak(gateway, name, count=60):
    """One fault by its name, for the tests that are its short form; fails with whatever does not hold."""
    outcome, _ = run_fault(gateway, next(fault for fault in FAULTS if fault.name == name), count)
    expect(outcome.good(), "%s: %s" % (outcome.row(), "; ".join(outcome.problems[:5])))
    expect_equal(outcome.told_250, count, "mails told 250")
    return outcome


class Table:
    def __init__(self, tsv):
        self.tsv = tsv
        self.line(HEADING)

    def line(self, values, rest=""):
        texts = [str(value) for value in values]
        if self.tsv:
            print("\t".join(texts), flush=True)
        else:
            print(("%-58s" + " %9s" * 5) % tuple(texts) + rest, flush=True)

    def note(self, text):
        print("# " + text, file=sys.stderr if self.tsv else sys.stdout, flush=True)


def run_kind(kind, faults, arguments, table, keep):
    """All faults that need the same servers. Whether all went well."""
    good = True
    gateway = kind(arguments.build)
    try:
        gateway.start()
        for number, fault in enumerate(faults):
            began = time.monotonic()
            outcome, crowd = run_fault(gateway, fault, arguments.mails, number)
            table.line(outcome.row(), "  %4.0f s" % (time.monotonic() - began))
            for problem in outcome.problems[:10]:
                table.note(problem)
            if not outcome.good():
                good = False
                for line in gateway.milter_log().splitlines()[-5:]:
                    table.note(line)
                if fault is not faults[-1]:  # the next one shall not suffer from it
                    gateway.stop()
                    gateway = kind(arguments.build).start()
        if keep is not None:
            gateway.keep_database(keep)
            with open(os.path.join(keep, "told-250"), "w", encoding="utf-8") as file:
                file.writelines("%s\t%s\n" % (mail.token, mail.kind) for mail in crowd.mails if mail.told)
    except Failed as why:
        good = False
        table.note(str(why))
    except Skip as why:
        table.note("skipped: %s: %s" % (", ".join(fault.name for fault in faults), why))
    finally:
        gateway.stop()
    return good


def main():
    parser = argparse.ArgumentParser(prog="tests/chaos/run", description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--tsv", action="store_true")
    parser.add_argument("--keep")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    chosen = [fault for fault in FAULTS if arguments.only.lower() in fault.name.lower()]
    if arguments.list:
        print("\n".join(fault.name for fault in chosen))
        return 0
    if not chosen:
        print("tests/chaos/run: no fault is called so: " + arguments.only, file=sys.stderr)
        return 64
    kinds = list(dict.fromkeys(fault.kind for fault in chosen))
    kinds.sort(key=lambda kind: kind is Gateway)  # the one with most faults last, for its database may be kept
    table, good = Table(arguments.tsv), True
    for kind in kinds:
        keep = os.path.abspath(arguments.keep) if arguments.keep and kind is kinds[-1] else None
        good = run_kind(kind, [fault for fault in chosen if fault.kind is kind], arguments, table, keep) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
