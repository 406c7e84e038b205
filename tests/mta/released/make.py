#!/usr/bin/env python3
"""Makes a dump of what a released version stores, for tests/mta/test_upgrade.py:

    make.py SOURCE BUILD NUMBER

SOURCE is the tree of that release, BUILD where it was built, NUMBER its newest migration. Writes NUMBER.sql, a plain dump, and
NUMBER.json, what its mails said: the addresses and Message-IDs by which answers come back. Needs what tests/mta needs."""

import email
import email.policy
import json
import os
import subprocess
import sys

SOURCE, BUILD, NUMBER = sys.argv[1:]
sys.path.insert(0, os.path.join(SOURCE, "tests", "lib"))
from desk import Desk  # noqa: E402
from tk import CHANNEL, TEMPLATE, client_program, mail, wait_for  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ANN, BOB = "ann@acme.example", "bob@acme.example"
KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
OUT = '  confirmation = { enabled = true; pause = "0s"; };\n  status_mail = { states = [ "closed" ]; };\n  template ='
FILE = ('--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nDer Drucker brennt, siehe Bild.\n'
        '--b\nContent-Type: image/png; name="fire.png"\nContent-Disposition: attachment; filename="fire.png"\n'
        'Content-Transfer-Encoding: base64\n\niVBORw0KGgpub3QgcmVhbGx5IGEgcGljdHVyZQ==\n--b--\n')


class Released(Desk):
    def write(self, parts, text, mode=0o644):
        super().write(parts, KEY if parts[-1] == "token.key" else text, mode)


def send(stack, content, sender, recipient):
    code, text = stack.send(content, sender, [recipient])
    if code != 250:
        sys.exit("%d %s" % (code, text))


def outgoing(stack, address, count):
    """The COUNT-th mail that was sent to ADDRESS, when it is there."""
    return email.message_from_bytes(stack.wait_mailbox(address, count, 30)[count - 1], policy=email.policy.SMTP)


def fill(stack):
    multipart = [("MIME-Version", "1.0"), ("Content-Type", 'multipart/mixed; boundary="b"')]
    first = mail("=?utf-8?q?Drucker_f=C3=A4ngt_Feuer?=", FILE, message_id="<one@client.example>", headers=multipart)
    send(stack, first, ANN, "support@acme.example")
    confirmation = outgoing(stack, ANN, 1)
    send(stack, mail("Re: Feuer", "Es brennt noch.\n", message_id="<two@client.example>",
                     headers=[("In-Reply-To", str(confirmation["Message-ID"]))]), ANN, email_address(confirmation["Reply-To"]))
    stack.write(("note.txt",), "Please take the stairs.\n")
    stack.write(("plan.txt",), "The stairs are on the left.\n")
    stack.ctl("note", "--public", "--author", "Bo", "--attach", stack.path("plan.txt"), "INC-1", stack.path("note.txt"))
    note = outgoing(stack, ANN, 2)
    send(stack, mail("Second", sender="<%s>" % BOB, message_id="<three@client.example>"), BOB, "support@acme.example")
    second = outgoing(stack, BOB, 1)
    stack.psql("SELECT ticketing.set_status(tenant_id, number, 'closed', 'Bo') FROM ticketing.ticket WHERE number = 'INC-2'")
    closed = outgoing(stack, BOB, 2)
    send(stack, mail("At the other desk", message_id="<four@client.example>"), ANN, "desk@acme.example")
    send(stack, mail("From far away", sender="<x@far.example>", message_id="<five@client.example>"), "x@far.example",
         "support@acme.example")
    send(stack, mail("Away", message_id="<six@client.example>", headers=[("Auto-Submitted", "auto-replied")]), ANN,
         "support@acme.example")
    wait_for(lambda: stack.value("SELECT count(*) FROM ticketing.outbox WHERE state = 'pending'") == 0, "an empty outbox", 30)
    stack.notify.terminate()
    stack.notify.wait(60)
    stack.write(("late.txt",), "This waits for the upgrade.\n")
    stack.ctl("note", "--public", "--author", "Bo", "--channel", "acme/support", "INC-1", stack.path("late.txt"))
    return {"key": KEY, "first": first.decode(),
            "mails": {name: {"reply_to": email_address(sent["Reply-To"]), "message_id": str(sent["Message-ID"])}
                      for name, sent in (("confirmation", confirmation), ("note", note), ("second", second), ("closed", closed))}}


def email_address(header):
    return str(header).split("<")[-1].rstrip(">").strip()


def main():
    other = (CHANNEL.replace('"support"', '"desk"').replace('"acme"', '"zeta"').replace("support.392@", "desk.7@")
             .replace('aliases = [ "support@acme.example", "helpdesk@acme.example" ];', 'aliases = [ "desk@acme.example" ];'))
    stack = Released(BUILD, channels={"support.conf": CHANNEL.replace("  template =", OUT), "desk.conf": other},
                     templates={"incident.conf": TEMPLATE, "zeta.conf": TEMPLATE.replace('"acme"', '"zeta"')})
    try:
        stack.start()
        facts = fill(stack)
        dump = subprocess.run([client_program("pg_dump"), "-d", stack.conninfo], stdout=subprocess.PIPE, check=True, text=True).stdout
    finally:
        stack.stop()
    with open(os.path.join(HERE, NUMBER + ".sql"), "w", encoding="utf-8") as file:
        # Newer servers begin a dump with a command that older clients do not know.
        file.writelines(line for line in dump.splitlines(True) if not line.startswith(("\\restrict", "\\unrestrict")))
    with open(os.path.join(HERE, NUMBER + ".json"), "w", encoding="utf-8") as file:
        json.dump(facts, file, indent=1)
        file.write("\n")


main()
