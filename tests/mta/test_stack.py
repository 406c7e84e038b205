"""The test stack itself, with a filter that does nothing: what the other files rely on."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import Skip, Stack, case, expect, expect_equal, mail, main  # noqa: E402


@case("a mail passes the filter and reaches a private mailbox")
def _(stack):
    code, text = stack.send(mail(to="bob@acme.example"), "ann@acme.example", ["bob@acme.example"])
    expect_equal(code, 250, text)
    (got,) = stack.wait_mailbox("bob@acme.example")
    expect(b"\nX-Noop: yes\n" in got, "the filter's header is missing")
    expect(b"The printer on floor 3 is broken." in got, "the text is missing")


@case("a mail to an alias reaches the mailbox that the alias leads to, with detail or without")
def _(stack):
    for address in ("support@acme.example", "Support+abc@acme.example"):
        expect_equal(stack.send(mail(to=address), "ann@acme.example", [address])[0], 250)
    stack.wait_mailbox("fail@acme.example", 2)


@case("an unknown mailbox is refused, and replies are seen as they were sent")
def _(stack):
    with stack.smtp() as session:
        expect(session.banner[1].startswith("mx.example.net ESMTP tk-"), "banner: %s" % session.banner[1])
        replies = session.send(mail(), "ann@acme.example", ["unknown@acme.example"])
    expect_equal(replies["rcpt"][0][0], 550)
    expect(replies["rcpt"][0][1].startswith("5.1.1 "), replies["rcpt"][0][1])


@case("a bounce is delivered to its recipient and nothing leaves the machine")
def _(stack):
    stack.send(mail(to="x@far.example"), "carol@far.example", ["unknown@far.example"])
    (got,) = stack.wait_mailbox("carol@far.example")
    expect(b"multipart/report" in got, "not a bounce: %r" % got[:200])


@case("smtpd runs chrooted as Debian ships it")
def _(stack):
    if os.getuid() != 0:
        raise Skip("only root sees another user's root folder")
    with stack.smtp():
        roots = set()
        with open(stack.path("postfix", "spool", "pid", "master.pid"), encoding="ascii") as file:
            master = int(file.read())
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % entry, encoding="ascii") as file:
                    name, rest = file.read().rsplit(")", 1)
                if name.endswith("(smtpd") and int(rest.split()[1]) == master:
                    roots.add(os.readlink("/proc/%s/root" % entry))
            except OSError:
                continue
    with open(stack.path("postfix", "etc", "master.cf"), encoding="utf-8") as file:
        column = next(line.split()[4] for line in file if line.startswith("127.0.0.1:"))
    wanted = {os.path.realpath(stack.path("postfix", "spool")) if column == "y" else "/"}
    expect_equal(roots, wanted, "smtpd's root")


@case("P14: while the filter is away a mail is put off, and accepted when it is back")
def _(stack):
    stack.stop_milter()
    expect_equal(stack.send(mail(), "ann@acme.example", ["bob@acme.example"])[0] // 100, 4, "the reply class")
    stack.start_milter()
    expect_equal(stack.send(mail(), "ann@acme.example", ["bob@acme.example"])[0], 250)


@case("two stacks run side by side")
def _(stack):
    other = Stack(stack.build, milter=None).start()
    try:
        expect(other.port != stack.port, "both have port %d" % stack.port)
        expect_equal(other.send(mail(), "ann@acme.example", ["dora@acme.example"])[0], 250)
        other.wait_mailbox("dora@acme.example")
        expect_equal(stack.mailbox("dora@acme.example"), [], "the first one's mailbox")
    finally:
        other.stop()


main(lambda build: Stack(build, milter="noop"))
