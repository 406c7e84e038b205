"""OpenDKIM, OpenDMARC and ticket-milter behind Postfix, in this order and with the settings of the manual: who is believed.

The two filters run where /etc/resolv.conf names a resolver of ours on loopback, so nothing is asked of the real one."""

import base64
import hashlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import CHANNEL, SLOW, Skip, Stack, case, expect, expect_equal, mail, main, wait_for  # noqa: E402

ANN = "ann@acme.example"
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
AHEAD = "198.51.100.7"  # a host of acme.example, by its SPF record
ELSEWHERE = "203.0.113.9"
STRICT = CHANNEL.replace('"*.partner.example" ];', '"*.partner.example" ]; authentication = "fail"; impersonation = "fail";')


class Resolver:
    """Answers TXT questions from a table by UDP, and says of all else that it is not there."""

    def __init__(self, records):
        self.records = records
        self.address = "127.77.%d.%d" % (os.getpid() // 250 % 250, os.getpid() % 250 + 1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.socket.bind((self.address, 53))
        except OSError as why:
            raise Skip("a resolver needs port 53 of loopback: %s" % why) from None
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            question, peer = self.socket.recvfrom(4096)
            labels, at = [], 12
            while question[at]:
                labels.append(question[at + 1:at + 1 + question[at]].decode("latin-1").lower())
                at += question[at] + 1
            kind, = struct.unpack("!H", question[at + 1:at + 3])
            text = self.records.get(".".join(labels)) if kind == 16 else None
            answer = b""
            if text:
                parts = b"".join(bytes([len(part)]) + part for part in (text[i:i + 250].encode() for i in range(0, len(text), 250)))
                answer = b"\xc0\x0c" + struct.pack("!HHIH", 16, 1, 60, len(parts)) + parts
            known = any(name == ".".join(labels) or name.endswith("." + ".".join(labels)) for name in self.records)
            head = question[:2] + struct.pack("!HHHHH", 0x8580 | (0 if known else 3), 1, 1 if answer else 0, 0, 0)
            self.socket.sendto(head + question[12:at + 5] + answer, peer)


class Filtered(Stack):
    """A stack with the two filters in front of ours."""

    filters = ()

    def start_mta(self):
        for program in ("opendkim", "opendmarc", "opendkim-genkey", "openssl", "unshare"):
            if shutil.which(program, path=PATH) is None:
                raise Skip(program + " is not installed")
        if os.getuid() != 0:
            raise Skip("the filters need root")
        ports = [int(self.call("ports", "claim", str(os.getpid()))) for _ in range(2)]
        self.mta_arguments += ["--set", "smtpd_milters = %s %s" % (" ".join("inet:127.0.0.1:%d" % port for port in ports), self.mta_socket),
                               "--set", "smtpd_authorized_xclient_hosts = 127.0.0.0/8"]
        super().start_mta()
        self.start_filters(ports)

    def start_filters(self, ports):
        run = self.path("filters")
        os.makedirs(run)
        subprocess.run(["opendkim-genkey", "-b", "2048", "-d", "acme.example", "-s", "sel", "-D", run], check=True, env=dict(os.environ, PATH=PATH),
                       stderr=subprocess.DEVNULL)
        with open(os.path.join(run, "sel.txt"), encoding="ascii") as file:
            key = "".join(file.read().split('"')[1::2])
        resolver = Resolver({"sel._domainkey.acme.example": key, "_dmarc.acme.example": "v=DMARC1; p=reject",
                             "acme.example": "v=spf1 ip4:%s -all" % AHEAD, "hq.partner.example": "v=spf1 -all",
                             "evil.example": "v=spf1 ip4:%s -all" % ELSEWHERE})
        self.write(("filters", "resolv.conf"), "nameserver %s\noptions timeout:1 attempts:1\n" % resolver.address)
        self.write(("filters", "keys"), "sel._domainkey.acme.example %s\n" % key)
        self.write(("filters", "hosts"), "192.0.2.1\n")
        self.write(("filters", "opendkim.conf"), "Mode v\nAuthservID mx.example.net\nSocket inet:%d@127.0.0.1\nAlwaysAddARHeader yes\nBackground no\n"
                   "Syslog no\nUserID root\nInternalHosts %s/hosts\nTestPublicKeys %s/keys\n" % (ports[0], run, run))
        self.write(("filters", "opendmarc.conf"), "AuthservID mx.example.net\nTrustedAuthservIDs mx.example.net\nSocket inet:%d@127.0.0.1\n"
                   "SPFSelfValidate true\nSPFIgnoreResults true\nIgnoreAuthenticatedClients true\nIgnoreHosts %s/hosts\n"
                   "RejectFailures false\nBackground false\nSyslog false\nUserID root\n" % (ports[1], run))
        self.filters = []
        for program, flags in (("opendkim", ["-f", "-x"]), ("opendmarc", ["-f", "-c"])):
            with open(self.path("filters", program + ".log"), "ab") as log:
                self.filters.append(subprocess.Popen(
                    ["unshare", "-m", "sh", "-c", 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"', "sh",
                     self.path("filters", "resolv.conf"), program, *flags, self.path("filters", program + ".conf")],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(os.environ, PATH=PATH)))
        for process, port in zip(self.filters, ports):
            def answers(process=process, port=port):
                if process.poll() is not None:
                    raise Skip("a filter does not start: %s" % (self.read("filters", "opendkim.log") + self.read("filters", "opendmarc.log")))
                with socket.socket() as probe:
                    return probe.connect_ex(("127.0.0.1", port)) == 0
            wait_for(answers, "a filter's socket")

    def stop(self):
        for process in self.filters:
            process.send_signal(signal.SIGTERM)
            process.wait(SLOW)
        self.filters = ()
        super().stop()

    def sign(self, content):
        """RFC 6376, rsa-sha256, relaxed header and simple body, over fields that stand in one line each."""
        head, body = content.split(b"\r\n\r\n", 1)
        fields = [line.split(b":", 1) for line in head.split(b"\r\n")]
        signature = ("v=1; a=rsa-sha256; c=relaxed/simple; d=acme.example; s=sel; h=%s; bh=%s; b=" % (
            ":".join(name.decode() for name, _ in fields), base64.b64encode(hashlib.sha256(body).digest()).decode())).encode()
        signed = b"".join(b"%s:%s\r\n" % (name.lower(), b" ".join(value.split())) for name, value in fields) + b"dkim-signature:" + signature
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path("filters", "sel.private")], input=signed, stdout=subprocess.PIPE, check=True)
        return b"DKIM-Signature: " + signature + base64.b64encode(done.stdout) + b"\r\n" + content

    def take(self, content, client, sender):
        with self.smtp() as session:
            expect_equal(session.command("XCLIENT ADDR=%s NAME=client.example" % client)[0], 220, "XCLIENT")
            session.command("EHLO client.example")
            replies = session.send(content, sender, ["support@acme.example"])
            session.command("QUIT")
        expect_equal(replies["data"][0], 250, "reply: %s" % replies["data"][1])
        (row,) = self.ctl_json("intake", "--limit", "1")
        return row


def expect_row(row, verdict, reason, authentication, by):
    expect_equal((row["verdict"], row["reason"], row["authentication"]), (verdict, reason, authentication), "intake (%s)" % row["authenticated_by"])
    expect(by in row["authenticated_by"], "it is decided by " + row["authenticated_by"])


@case("a mail that its domain has signed or sent is believed, by DMARC")
def _(stack):
    expect_row(stack.take(stack.sign(mail("Signed")), ELSEWHERE, "bounces@list.example"), "ticket", None, "pass", "dmarc=pass acme.example")
    expect_row(stack.take(mail("Sent from home"), AHEAD, ANN), "ticket", None, "pass", "dmarc=pass acme.example")


@case("a forged one is not, with results of its own, a signature of another mail, or an envelope of its own domain")
def _(stack):
    signed = stack.sign(mail("Signed", message_id="<other@acme.example>"))
    for content, sender in ((mail("Forged"), ANN), (mail("Forged", headers=[("Authentication-Results", "mx.example.net; dmarc=pass header.from=acme.example")]), ANN),
                            (mail("Forged", headers=[("Authentication-Results", "mx.example.net; dkim=pass header.d=acme.example; spf=pass smtp.mailfrom=acme.example")]), ANN),
                            (signed.replace(b"The printer", b"The safe"), ANN), (mail("Forged"), "eve@evil.example")):
        expect_row(stack.take(content, ELSEWHERE, sender), "fail", "impersonation", "fail", "dmarc=fail acme.example")


@case("a domain without a DMARC policy is not confirmed by what belongs to another")
def _(stack):
    row = stack.take(mail(sender="pat@hq.partner.example"), ELSEWHERE, "eve@evil.example")
    expect_equal((row["verdict"], row["reason"]), ("fail", "unauthenticated"), "by " + str(row["authenticated_by"]))


main(lambda build: Filtered(build, channels={"support.conf": STRICT}, options='trusted_authserv = [ "mx.example.net" ];'))
