#!/usr/bin/env python3
"""Kept: mails that were refused or excluded are kept as they came, within a budget, and an administrator gets them back."""

import os
import pty
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import CHANNEL, Stack, case, expect, expect_equal, mail, main, wait_for  # noqa: E402

ANN, EVE = "ann@acme.example", "eve@foreign.example"
REPORT = """--b

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; x.example

Final-Recipient: rfc822; nobody@x.example
Action: failed
Status: 5.1.1
--b--
"""
AWAY = [("Auto-Submitted", "auto-replied")]


def channel(name, more=""):
    text = CHANNEL.replace('"support"', '"%s"' % name).replace("support.392@", name + ".1@").replace('fail = "alias"', 'fail = "none"')
    return re.sub(r"(?m)^  aliases = .*\n", more + "\n", text)


CHANNELS = {"support.conf": channel("support"), "kept.conf": channel("kept", '  keep = "7d";'),
            "slow.conf": channel("slow", '  limits = { tickets_fail = "1/1h"; };')}


class Kept(Stack):
    def configure(self):
        super().configure()
        self.base = self.read("conf", "ticket-milter.conf")

    def send_to(self, name, content, sender):
        """Sends a mail to a channel; returns its intake row."""
        code, text = self.send(content, sender, ["%s.1@acme.tickets.example.net" % name])
        expect_equal(code, 250, text)
        return self.ctl_json("intake", "--limit", "1")[0]

    def raw(self, intake_id):
        """What `ticketctl intake --raw` gives: (exit status, bytes, complaint)."""
        done = subprocess.run([self.program("ticketctl"), "-c", self.path("conf", "ticket-milter.conf"), "intake", "--raw", str(intake_id)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, TICKETCTL_CONNINFO=self.conninfo))
        return done.returncode, done.stdout, done.stderr.decode()

    def expect_kept(self, row, content, days):
        until = self.value("SELECT extract(days FROM raw_until - seen_at) AS days FROM ticketing.intake WHERE intake_id = %d" % row["intake_id"])
        expect_equal(until, days, "the days of %s %s" % (row["verdict"], row["reason"]))
        expect_equal(row["kept"], row["raw_until"][:10], "the day that people are shown")
        expect_equal(self.raw(row["intake_id"]), (0, content, ""), "the mail")

    def expect_lost(self, row):
        expect_equal((row["raw_sha256"], row["kept"]), (None, None), "the raw mail")
        expect("not_kept" in row["flags"], "the flags are %s" % row["flags"])
        expect(self.milter_log().splitlines()[-1].endswith(" reply=250 kept=no"), self.milter_log()[-500:])
        status, content, complaint = self.raw(row["intake_id"])
        expect_equal((status, content), (1, b""), "the raw mail")
        expect("no mail is kept as it came" in complaint, complaint)

    def set(self, lines):
        """Runs the filter with these lines in its configuration."""
        self.write(("conf", "ticket-milter.conf"), lines + self.base)
        self.restart_milter()


@case("what was refused or excluded while no folder gets it can be written out, byte for byte, for 14 days")
def _(stack):
    odd = mail("out", headers=AWAY) + b"\xff\xfe\x00 odd bytes\r\n.\r\nFrom x\r\n"
    for content, sender, verdict, reason in ((mail(sender="<%s>" % EVE), EVE, "fail", "domain_not_allowed"),
                                             (mail("Away", headers=AWAY), ANN, "exclude", "auto_generated"),
                                             (odd, ANN, "exclude", "auto_generated")):
        row = stack.send_to("support", content, sender)
        expect_equal((row["verdict"], row["reason"], row["flags"]), (verdict, reason, []), "the intake")
        stack.expect_kept(row, content, 14)
        expect("kept=" not in stack.milter_log().splitlines()[-1], stack.milter_log()[-500:])
    row = stack.send_to("support", mail("A request"), ANN)
    expect_equal((row["verdict"], row["raw_sha256"], row["kept"]), ("ticket", None, None), "a ticket")


@case("a mail that a window refuses when it is stored is kept as well")
def _(stack):
    expect_equal(stack.send_to("slow", mail("First"), ANN)["verdict"], "ticket", "the first")
    content = mail("Second")
    row = stack.send_to("slow", content, ANN)
    expect_equal((row["verdict"], row["reason"], row["seen"]), ("fail", "rate_limit", 1), "the second")
    stack.expect_kept(row, content, 14)


@case("loops and bounces, and mails of more than 1M, are not kept, and log and intake say so")
def _(stack):
    bounce = mail("Undelivered", sender="MAILER-DAEMON@x.example", body=REPORT,
                  headers=[("Content-Type", "multipart/report; report-type=delivery-status; boundary=b")])
    row = stack.send_to("support", bounce, "")
    expect_equal((row["verdict"], row["reason"]), ("exclude", "bounce"), "the bounce")
    stack.expect_lost(row)
    loop = mail("Loop", headers=[("X-Ticket-Loop", "mx.example.net")])
    row = stack.send_to("support", loop, ANN)
    expect_equal((row["verdict"], row["reason"]), ("exclude", "loop"), "the loop")
    stack.expect_lost(row)
    large = mail("Away", headers=AWAY, body=("x" * 70 + "\n") * 16000)
    stack.expect_lost(stack.send_to("support", large, ANN))


@case("a channel with keep keeps every mail for so long, those of tickets too")
def _(stack):
    for content, sender, verdict, days in ((mail("A request"), ANN, "ticket", 7),
                                           (mail("Large", body=("y" * 70 + "\n") * 20000), ANN, "ticket", 7),
                                           (mail("Loop", headers=[("X-Ticket-Loop", "mx.example.net")]), ANN, "exclude", 7),
                                           (mail(sender="<%s>" % EVE), EVE, "fail", 14)):
        row = stack.send_to("kept", content, sender)
        expect_equal(row["verdict"], verdict, row)
        stack.expect_kept(row, content, days)


@case("over the budget the oldest excluded mails go, no mail waits, and the alarm is told at its start and at its end")
def _(stack):
    stack.psql("UPDATE ticketing.raw_mail SET until = now() - interval '1 day'")
    stack.ctl("purge")
    stack.set('keep_raw_budget = "16K";\n')
    try:
        start = len(stack.milter_log())
        refused = stack.send_to("support", mail("No", sender="<%s>" % EVE), EVE)
        rows = [stack.send_to("support", mail("Away %d" % i, headers=AWAY), ANN) for i in range(6)]
        expect_equal([stack.raw(row["intake_id"])[0] for row in rows], [1, 1, 1, 0, 0, 0], "those that are left")
        expect_equal(stack.raw(refused["intake_id"])[0], 0, "the refused one")
        words = "fill the budget of the tenant acme, keep_raw_budget"
        expect_equal(stack.milter_log()[start:].count(words), 1, "warnings")
        done = stack.ctl("status", check=False)
        expect_equal(done.returncode, 1, "the status")
        expect("warning: acme: 3 mails that were kept as they came have gone before their time" in done.stdout, done.stdout)
        expect_equal(stack.value("SELECT bytes FROM ticketing.raw_usage"), 16384, "bytes")
        stack.set('keep_raw_budget = "1M";\n')
        stack.send_to("support", mail("Away again", headers=AWAY), ANN)
        wait_for(lambda: "the budget of the tenant acme, keep_raw_budget, is large enough again" in stack.milter_log()[start:], "the end")
        expect("gone before" not in stack.ctl("status", check=False).stdout, "the status still warns")
    finally:
        stack.set("")


@case("check warns where refused mails would be told 250 and be gone, and then they are")
def _(stack):
    words = 'channel.folders.%s = "none": the senders of such mails are told that they arrived, and nothing keeps them'
    expect("nothing keeps them" not in stack.ctl("check"), "a warning without need")
    stack.set('keep_raw_budget = "0";\n')
    try:
        text = stack.ctl("check")
        expect(words % "fail" in text and words % "exclude" in text, text)
        stack.expect_lost(stack.send_to("support", mail("Away", headers=AWAY), ANN))
        stack.expect_lost(stack.send_to("support", mail("No", sender="<%s>" % EVE), EVE))
        stack.set('keep_raw = "needed";\n')
        text = stack.ctl("check")
        expect(words % "fail" not in text and words % "exclude" in text, text)
        stack.expect_lost(stack.send_to("support", mail("Away once more", headers=AWAY), ANN))
    finally:
        stack.set("")


@case("a mail is never written to a terminal, and only an administrator gets it")
def _(stack):
    row = stack.send_to("support", mail("Away \x1b[31m", headers=AWAY), ANN)
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run([stack.program("ticketctl"), "-c", stack.path("conf", "ticket-milter.conf"), "intake", "--raw",
                               str(row["intake_id"])], stdout=theirs, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                              env=dict(os.environ, TICKETCTL_CONNINFO=stack.conninfo))
    finally:
        os.close(theirs)
        os.close(ours)
    expect_equal(done.returncode, 64, done.stderr)
    expect("write it to a file: ticketctl intake --raw %d > mail.eml" % row["intake_id"] in done.stderr, done.stderr)
    done = stack.ctl("intake", "--raw", "x", check=False)
    expect_equal((done.returncode, "--raw x is no intake_id" in done.stderr), (64, True), done.stderr)
    expect_equal(stack.psql("SELECT count(*) FROM ticketing.raw_data(%d)" % row["intake_id"], role="ticket_admin").strip(), "1", "chunks")


main(lambda build: Kept(build, channels=CHANNELS, aliases=[]))
