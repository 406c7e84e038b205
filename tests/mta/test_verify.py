"""ticketctl verify against a real Postfix: a good setting is ok, each broken one is found by its name."""

import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import TREE, Skip, Stack, case, expect, expect_equal, mail, main  # noqa: E402

CHANNEL = "acme/support"
SETS = ["non_smtpd_milters = unix:ticket-milter/milter.sock", "internal_mail_filter_classes = bounce"]
ENTRY = "unix:ticket-milter/milter.sock"


def verify(stack, *arguments, smtp=None, etc=None):
    return stack.ctl("verify", CHANNEL, "--postfix-config", etc or stack.path("postfix", "etc"), "--smtp",
                     smtp or "127.0.0.1:%d" % stack.port, *arguments, check=False)


def findings(stack, **options):
    """The exit code, and the findings that are not ok as {name: severity}."""
    done = verify(stack, "--json", **options)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    expect(rows, "no findings: " + done.stderr)
    for row in rows:
        expect_equal(sorted(row), ["name", "remedy", "severity", "text"], "the fields of a finding")
        expect((row["remedy"] is None) == (row["severity"] == "ok"), "remedy of %r" % row)
    return done.returncode, {row["name"]: row["severity"] for row in rows if row["severity"] != "ok"}, rows


def postconf(etc, *settings):
    if settings:
        subprocess.run(["/usr/sbin/postconf", "-c", etc, "-e", *settings], check=True)


def reload(stack):
    stack.reload_mta("smtpd", "cleanup")


def judged(stack, name, severity, rows, faults, status):
    expect_equal(faults.get(name), severity, "%s of %r" % (name, rows))
    expect_equal(status, 1, "exit code")
    return rows


def found(stack, name, severity, *settings, aliases=None):
    """The findings about a copy of Postfix's folder with other SETTINGS; the running Postfix knows nothing of it."""
    etc = stack.path("etc")
    shutil.copytree(stack.path("postfix", "etc"), etc)
    try:
        with open(os.path.join(etc, "table"), "w", encoding="utf-8") as file:
            file.write(aliases or "")
        postconf(etc, *settings, *(["virtual_alias_maps = texthash:%s/table" % etc] if aliases else []))
        status, faults, rows = findings(stack, etc=etc)
    finally:
        shutil.rmtree(etc)
    return judged(stack, name, severity, rows, faults, status)


def found_running(stack, name, severity, *settings):
    """The findings while Postfix runs with other SETTINGS."""
    etc = stack.path("postfix", "etc")
    kept = stack.read("postfix", "etc", "main.cf")
    try:
        postconf(etc, *settings)
        reload(stack)
        status, faults, rows = findings(stack)
    finally:
        with open(os.path.join(etc, "main.cf"), "w", encoding="utf-8") as file:
            file.write(kept)
        reload(stack)
    return judged(stack, name, severity, rows, faults, status)


@case("a good setting is ok, and the probe is seen by the filter and becomes no ticket")
def _(stack):
    done = verify(stack)
    lines = done.stdout.splitlines()
    expect(all(line.startswith("ok: ") for line in lines), done.stdout + done.stderr)
    expect_equal(done.returncode, 0, "exit code")
    names = [line.split(": ")[1] for line in lines]
    for name in ("smtpd_milters", "default_action", "connect_timeout", "command_timeout", "content_timeout", "socket",
                 "milter_protocol", "non_smtpd_milters", "internal_mail_filter_classes", "recipient_delimiter",
                 "propagate_unmatched_extensions", "message_size_limit", "alias", "recipient", "probe"):
        expect(name in names, "%s is not told of: %s" % (name, done.stdout))
    expect_equal(names.count("alias"), 3, "aliases that were asked for")
    (row,) = stack.rows("SELECT verdict, reason, message_id FROM ticketing.intake")
    expect_equal((row["verdict"], row["reason"]), ("exclude", "loop"), "intake")
    expect(row["message_id"] in done.stdout, "the probe's Message-ID is told")
    expect_equal(stack.value("SELECT count(*) AS n FROM ticketing.ticket"), 0, "tickets")
    stack.settle()
    expect_equal(stack.mailbox("fail@acme.example"), [], "the fail mailbox")


@case("a filter that is not in smtpd_milters is found, and the probe passed it by")
def _(stack):
    rows = found_running(stack, "smtpd_milters", "error", "smtpd_milters =")
    probe = next(row for row in rows if row["name"] == "probe")
    expect("passed the filter by" in probe["text"] and probe["severity"] == "error", probe["text"])
    stack.wait_mailbox("fail@acme.example")


@case("a filter that is not the last one is found")
def _(stack):
    found(stack, "smtpd_milters", "error", "smtpd_milters = { %s, default_action=tempfail }, inet:127.0.0.1:9" % ENTRY)


@case("a path that is doubled by the chroot is found")
def _(stack):
    with open(stack.path("postfix", "etc", "master.cf"), encoding="utf-8") as file:
        if next(line.split()[4] for line in file if line.startswith("127.0.0.1:")) != "y":
            raise Skip("smtpd is not chrooted here")
    rows = found(stack, "smtpd_milters", "error", "smtpd_milters = " + stack.socket)
    expect(any("chroot" in row["text"] and ENTRY in (row["remedy"] or "") for row in rows), repr(rows))


@case("every other setting that is off is found by its name")
def _(stack):
    for name, severity, setting in (
            ("default_action", "error", "smtpd_milters = { %s, default_action=accept }" % ENTRY),
            ("connect_timeout", "warning", "smtpd_milters = { %s, connect_timeout=300s }" % ENTRY),
            ("command_timeout", "error", "smtpd_milters = { %s, command_timeout=1s }" % ENTRY),
            ("content_timeout", "error", "smtpd_milters = { %s, content_timeout=15s }" % ENTRY),
            ("milter_protocol", "error", "milter_protocol = 2"),
            ("non_smtpd_milters", "warning", "non_smtpd_milters ="),
            ("internal_mail_filter_classes", "warning", "internal_mail_filter_classes ="),
            ("recipient_delimiter", "error", "recipient_delimiter ="),
            ("propagate_unmatched_extensions", "warning", "propagate_unmatched_extensions = canonical, virtual"),
            ("message_size_limit", "warning", "message_size_limit = 10240000"),
            ("smtpd_forbid_bare_newline", "warning", "smtpd_forbid_bare_newline = no"),
            ("smtpd_forbid_bare_newline_exclusions", "warning", "smtpd_forbid_bare_newline_exclusions = $mynetworks"),
            ("receive_override_options", "error", "receive_override_options = no_milters"),
            ("smtpd_milter_maps", "warning", "smtpd_milter_maps = static:DISABLE")):
        if name.startswith("smtpd_forbid_bare_newline") and not subprocess.run(
                ["/usr/sbin/postconf", "-d", name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout:
            continue
        found(stack, name, severity, setting)


@case("an address without an alias, with one that leads back, and a table that is away are found")
def _(stack):
    aliases = stack.read("postfix", "etc", "aliases")
    for text, word in (
            (aliases.replace("helpdesk@", "other@"), "leads to no fail mailbox"),
            (aliases.replace("helpdesk@acme.example fail@", "helpdesk@acme.example support+x@")
             .replace("support@acme.example fail@acme.example", "support@acme.example support@acme.example"),
             "leads back to")):
        rows = found(stack, "alias", "error", aliases=text)
        expect(any(word in row["text"] for row in rows), "%s: %r" % (word, rows))
    rows = found(stack, "alias", "warning", "virtual_alias_maps = texthash:/nonexistent/table")
    expect(any("could not be asked for" in row["text"] for row in rows), repr(rows))


@case("a socket that the user of Postfix may not open is found with its mode")
def _(stack):
    path = stack.socket[len("unix:"):]
    os.chmod(path, 0o600)
    try:
        code, faults, rows = findings(stack)
    finally:
        os.chmod(path, 0o660)
    expect_equal(faults.get("socket"), "error", repr(rows))
    expect(any("mode 0600" in row["text"] for row in rows), repr(rows))
    expect_equal(code, 75, "exit code: the probe is put off")


@case("while the filter is away, this is said and the exit code is 75")
def _(stack):
    stack.stop_milter()
    try:
        code, faults, rows = findings(stack)
    finally:
        stack.start_milter()
    expect_equal(code, 75, "exit code")
    expect_equal((faults.get("socket"), faults.get("probe")), ("error", "error"), repr(rows))


@case("while the mail server or the database is away the exit code is 75")
def _(stack):
    code, faults, _rows = findings(stack, smtp="127.0.0.1:1")
    expect_equal((code, faults.get("smtp")), (75, "error"), "without a mail server")
    done = verify(stack, "--conninfo", "host=/nonexistent")
    expect_equal(done.returncode, 75, "exit code without a database")
    expect("error: database: the probe was not sent" in done.stdout, done.stdout)


@case("a channel that is disabled is told apart from a probe that passed by")
def _(stack):
    stack.ctl("disable", CHANNEL)
    try:
        code, faults, rows = findings(stack)
    finally:
        stack.ctl("publish", CHANNEL)
    expect_equal((code, faults), (1, {"probe": "warning"}), repr(rows))
    expect(any("ticketctl publish" in (row["remedy"] or "") for row in rows), repr(rows))


@case("an address that the mail server refuses is found")
def _(stack):
    rows = found_running(stack, "recipient", "error", "smtpd_recipient_restrictions = check_recipient_access inline:{"
                         "helpdesk@acme.example=REJECT}, permit")
    expect(any("helpdesk@acme.example is refused" in row["text"] for row in rows), repr(rows))


@case("a folder without a Postfix is a finding, and the probe is sent all the same")
def _(stack):
    os.makedirs(stack.path("empty"), exist_ok=True)
    done = stack.ctl("verify", CHANNEL, "--postfix-config", stack.path("empty"), "--smtp", "127.0.0.1:%d" % stack.port,
                     check=False)
    shutil.rmtree(stack.path("empty"))
    expect_equal(done.returncode, 1, "exit code")
    expect("warning: mta: " in done.stdout and "ok: probe: " in done.stdout, done.stdout)


@case("every field that verify, tickets, show and intake print as JSON is in ticketctl(8)")
def _(stack):
    stack.send(mail("Documented"), "ann@acme.example", ["support@acme.example"])
    (ticket,) = stack.ctl_json("tickets")
    with open(os.path.join(TREE, "milter", "ctl", "ticketctl.8"), encoding="utf-8") as file:
        sections = file.read().split("\n.Ss ")
    pages = {section.split("\n")[0]: section for section in sections}
    pages["show"] += pages["tickets"]
    for command, rows in (("verify", findings(stack)[2]), ("tickets", [ticket]), ("intake", stack.ctl_json("intake")),
                          ("show", stack.ctl_json("show", ticket["number"]))):
        words = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"(?s)\nJSON.*?(?=\n\.Pp|\n\.S|$)", pages[command]))))
        expect(rows, "rows of " + command)
        expect_equal(sorted(set().union(*rows) - words), [], "fields of %s that are not in the manual" % command)


main(lambda build: Stack(build, postfix=[part for line in SETS for part in ("--set", line)]))
