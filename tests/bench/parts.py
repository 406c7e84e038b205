"""parts: the reading of mails and of the configuration, without servers."""

import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys
import tempfile

from table import Failed, run_program

HERE = os.path.dirname(os.path.abspath(__file__))
HOSTILE = os.path.join(HERE, "..", "hostile")
# Mails of 8 MB from tests/hostile/generate.py.
HURTING = {"8mb-parts": "a million parts", "8mb-headers": "a million header fields", "8mb-addresses": "a hundred thousand addresses",
           "8mb-nested-parts": "130000 nested parts", "8mb-nested-mails": "65000 nested mails",
           "8mb-encoded-words": "600000 encoded words"}


def instructions(build, reader):
    """Instructions for one mail of 4 KB: those of 60 beyond those of 10."""
    counts = []
    with tempfile.TemporaryDirectory() as folder:
        for times in (10, 60):
            out = os.path.join(folder, "callgrind")
            done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out,
                                   os.path.join(build, "tests", "bench", "bench_message"), reader, str(times)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if done.returncode != 0:
                raise Failed("callgrind: " + done.stderr[-500:])
            with open(out, encoding="utf-8", errors="replace") as file:
                counts.append(int(re.search(r"^(?:totals|summary): (\d+)", file.read(), re.M).group(1)))
    return (counts[1] - counts[0]) / 50


def add_instructions(figures, build):
    gmime, ours = instructions(build, "gmime"), instructions(build, "ours")
    figures.add("GMime parses and decodes a mail of 4 KB", gmime / 1000, "1000 instructions")
    figures.add("message, classify and decide of it", ours / 1000, "1000 instructions", ours / gmime, "<=2.0")


def add_reading(figures, build):
    """bench_message prints a line a kind of mail: kind, bytes of one, mails a second of ours, of GMime alone."""
    for line in run_program(build, "bench_message").splitlines():
        kind, size, ours, gmime = line.split("\t")
        size, ours, gmime = int(size), float(ours), float(gmime)
        figures.add("GMime reads %s" % kind, gmime, "mails/s")
        figures.add("inspect reads %s" % kind, ours, "mails/s", ours / gmime)
        figures.add("inspect reads %s" % kind, ours * size / 1e6, "MB/s", ours / gmime)


def add_configuration(figures, build):
    numbers = re.findall(r"([0-9.]+) (ms|us)", run_program(build, "bench_conf", "1000"))
    figures.add("1000 channels are read and checked", float(numbers[0][0]), numbers[0][1])
    figures.add("an address among them is found", float(numbers[1][0]), numbers[1][1])


def load_bounds():
    """tests/hostile/bounds, which knows how one mail is read by itself and measured."""
    loader = importlib.machinery.SourceFileLoader("bounds", os.path.join(HOSTILE, "bounds"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bounds", loader))
    loader.exec_module(module)
    return module


def add_hurting(figures, build):
    bounds = load_bounds()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in HURTING.items():
            subprocess.run([sys.executable, os.path.join(HOSTILE, "generate.py"), folder, name], check=True)
            path = os.path.join(folder, name + ".eml")
            code, _, errors, seconds, peak = bounds.run(os.path.join(build, "ticketctl"), path)
            if code != 0:
                figures.faults.append("inspect of %s ends with %d: %r" % (name, code, errors[-200:]))
            row = "a mail of %.1f MB, %s" % (os.path.getsize(path) / 1e6, text)
            figures.add(row + ": CPU", seconds, "s", None, "<=0.5")
            figures.add(row + ": memory", peak / (1 << 20), "MiB", None, "<=64")
            os.unlink(path)
