#!/usr/bin/env python3
"""Mails a second that one ticket-notify sends to a local server that takes everything (smtp-sink), beside smtp-source, which has
no database to ask, to the same server.

    outgoing.py --build DIR [--mails N] [--tsv]

Rows: name, value, unit, ratio to smtp-source, bar (none: what is fast enough depends on the server that delivers)."""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import Failed, Skip, Stack, expect, mail, wait_for  # noqa: E402

PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"


def tool(name):
    found = shutil.which(name, path=PATH)
    if found is None:
        raise Skip(name + " is not installed")
    return found


def fill(stack, mails):
    """One ticket with so many participants, so that one note is so many mails."""
    stack.send(mail(), "ann@acme.example", ["support@acme.example"])
    stack.psql("INSERT INTO ticketing.participant (tenant_id, ticket_id, address)"
               " SELECT tenant_id, ticket_id, 'user' || n || '@acme.example' FROM ticketing.ticket, generate_series(2, %d) n" % mails)
    stack.psql("SELECT ticketing.add_note(tenant_id, number, 'Bo', 'public', repeat('A line of the answer. ', 40))"
               " FROM ticketing.ticket", role="ticket_agent")


def by_source(port, mails, workers):
    began = time.monotonic()
    subprocess.run([tool("smtp-source"), "-s", str(workers), "-m", str(mails), "-l", "4096", "-f", "a@x.example",
                    "-t", "b@x.example", "127.0.0.1:%d" % port], check=True, stdout=subprocess.DEVNULL)
    return mails / (time.monotonic() - began)


def by_notify(stack, port, mails, workers):
    conninfo = re.sub(r"user=\S+", "user=ticket_notify", stack.conninfo)
    stack.write(("conf", "notify.conf"), stack.read("conf", "ticket-milter.conf") +
                'notify = { conninfo = "%s"; smtp = "smtp://127.0.0.1:%d"; workers = %d; poll = "100ms"; };\n'
                % (conninfo, port, workers))
    with open(stack.path("milter.log"), "ab") as log:
        process = subprocess.Popen([stack.program("ticket-notify"), "-c", stack.path("conf", "notify.conf")], stderr=log)
    count = "SELECT count(*) FROM ticketing.outbox WHERE state = 'sent'"
    try:
        first = wait_for(lambda: stack.value(count), "the first mail", 30)
        began = time.monotonic()
        wait_for(lambda: stack.value(count) == mails, "the last mail", 600)
        return (mails - first) / (time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def measure(stack, mails, workers):
    port = int(stack.call("ports", "claim", str(os.getpid())))
    sink = subprocess.Popen([tool("smtp-sink"), "127.0.0.1:%d" % port, "100"] if os.getuid() != 0 else
                            [tool("smtp-sink"), "-u", "nobody", "127.0.0.1:%d" % port, "100"])
    try:
        time.sleep(0.5)
        fill(stack, mails)
        source = by_source(port, mails, workers)
        notify = by_notify(stack, port, mails, workers)
    finally:
        sink.terminate()
        sink.wait()
    twice = stack.value("SELECT count(*) FROM ticketing.outbox WHERE attempts <> 1")
    expect(twice == 0, "%d mails were tried more than once" % twice)
    return source, notify


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--tsv", action="store_true")
    arguments, _ = parser.parse_known_args()
    stack = Stack(arguments.build)
    try:
        stack.start()
        source, notify = measure(stack, arguments.mails, 2)
    except Skip as why:
        print("outgoing: not measured: %s" % why, file=sys.stderr)
        return 0
    except Failed as why:
        print("outgoing: %s" % why, file=sys.stderr)
        return 1
    finally:
        stack.stop()
    form = "%s\t%.0f\t%s\t%s\t" if arguments.tsv else "%-52s %8.0f %-6s %s"
    print(form % ("outgoing: smtp-source to smtp-sink", source, "1/s", ""))
    print(form % ("outgoing: one ticket-notify to the same smtp-sink", notify, "1/s", "%.2f" % (notify / source)))
    return 0


sys.exit(main())
