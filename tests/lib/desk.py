"""desk: the test stack with ticket-notify, which sends to the same Postfix: a whole help desk that takes mail and writes some."""

import email
import email.policy
import os
import re
import subprocess

from tk import SLOW, Stack, wait_for


def text_of(message):
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


class Desk(Stack):
    notify = None

    def __init__(self, build, instance="mx.example.net", **more):
        super().__init__(build, **more)
        self.instance = instance

    def configure(self):
        super().configure()
        path = self.path("conf", "ticket-milter.conf")
        with open(path, encoding="utf-8") as file:
            text = file.read().replace('instance = "mx.example.net"', 'instance = "%s"' % self.instance)
        self.write(("conf", "ticket-milter.conf"), text)
        conninfo = re.sub(r"user=\S+", "user=ticket_notify", self.conninfo)
        self.write(("conf", "notify.conf"), text + 'notify = { conninfo = "%s"; smtp = "smtp://127.0.0.1:%d"; poll = "200ms"; };\n'
                   % (conninfo, self.port))

    def start(self):
        program = self.program("ticket-notify")
        super().start()
        with open(self.path("notify.log"), "ab") as log:
            self.notify = subprocess.Popen([program, "-c", self.path("conf", "notify.conf")], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def stop(self):
        if self.notify is not None:
            self.notify.terminate()
            self.notify.wait(SLOW)
            self.notify = None
        super().stop()

    def postconf(self, *settings):
        """Changes settings of the mail server that runs, for mails that it sends."""
        subprocess.run(["postconf", "-c", self.path("postfix", "etc"), "-e", *settings], check=True,
                       env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin"))
        self.reload_mta("smtp", "trivial-rewrite")

    def received(self, address, number, words=""):
        """The mail in a mailbox that is about the ticket NUMBER and has WORDS in its text, parsed. Mails arrive in any order,
        for several workers send them."""
        def find():
            for content in self.mailbox(address):
                message = email.message_from_bytes(content, policy=email.policy.default)
                if "[%s]" % number in (message["Subject"] or "") and words in text_of(message):
                    return message
            return None
        return wait_for(find, "a mail to %s about %s" % (address, number))
