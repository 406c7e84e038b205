"""A database of the released version, restored from its dump (tests/mta/released), is upgraded while mails come in: nothing is lost
or doubled, old tickets are answered, and what went out before comes back to them."""

import json
import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from desk import Desk  # noqa: E402
from tk import CHANNEL, TEMPLATE, case, expect, expect_equal, mail, main, wait_for  # noqa: E402

ANN, BOB, SUPPORT = "ann@acme.example", "bob@acme.example", "support@acme.example"
OUT = '  confirmation = { enabled = true; pause = "0s"; };\n  status_mail = { states = [ "closed" ]; };\n  template ='
DESK = (CHANNEL.replace('"support"', '"desk"').replace('"acme"', '"zeta"').replace("support.392@", "desk.7@")
        .replace('aliases = [ "support@acme.example", "helpdesk@acme.example" ];', 'aliases = [ "desk@acme.example" ];'))
with open(os.path.join(HERE, "released", "0007.json"), encoding="utf-8") as released:
    FACTS = json.load(released)
TICKETS = {"confirmation": 1, "note": 1, "second": 2, "closed": 2}  # of the mails in FACTS


class Restored(Desk):
    def __init__(self, build):
        super().__init__(build, channels={"support.conf": CHANNEL.replace("  template =", OUT), "desk.conf": DESK},
                         templates={"incident.conf": TEMPLATE, "zeta.conf": TEMPLATE.replace('"acme"', '"zeta"')})

    def write(self, parts, text, mode=0o644):
        super().write(parts, FACTS["key"] if parts[-1] == "token.key" else text, mode)

    def fill_database(self):
        for role in ("owner", "milter", "notify", "agent", "restricted", "admin"):
            self.psql("CREATE ROLE ticket_%s %s" % (role, "NOLOGIN" if role == "owner" else "LOGIN"))
        self.psql("GRANT ticket_agent TO ticket_restricted, ticket_admin")
        with open(os.path.join(HERE, "released", "0007.sql"), encoding="utf-8") as dump:
            self.psql(dump.read())
        # As if it were of today.
        self.psql("UPDATE ticketing.intake_key SET expires_at = now() + interval '8 days'")
        self.before = self.contents()

    def contents(self):
        """What the old version stored, but for what the upgrade is free to change."""
        return self.rows("SELECT (SELECT json_agg(t ORDER BY t.tenant_id, t.ticket_id) FROM (SELECT tenant_id, ticket_id, number, subject,"
                         "  description, requester, priority FROM ticketing.ticket WHERE ticket_id <= 3) t) AS tickets,"
                         " (SELECT json_agg(n ORDER BY n.note_id) FROM (SELECT tenant_id, note_id, ticket_id, author, body"
                         "  FROM ticketing.note WHERE note_id <= 4) n) AS notes,"
                         " (SELECT json_agg(a ORDER BY a.attachment_id) FROM (SELECT x.attachment_id, x.filename, encode(b.data, 'hex')"
                         "  FROM ticketing.attachment x JOIN ticketing.blob b USING (tenant_id, sha256) WHERE x.attachment_id <= 2) a) AS files,"
                         " (SELECT json_agg(m ORDER BY m.message_id) FROM ticketing.message_id m WHERE m.ticket_id <= 3"
                         "  AND m.note_id IS DISTINCT FROM 4) AS ids,"  # that note goes out as soon as it can
                         " (SELECT json_agg(json_build_array(i.intake_id, i.verdict, i.reason, i.sender) ORDER BY i.intake_id)"
                         "  FROM ticketing.intake i WHERE i.intake_id <= 6) AS intakes")[0]


@case("a new program puts mails off on the old schema and says what is to be done")
def _(stack):
    expect_equal(stack.send(mail("Too early"), ANN, [SUPPORT])[0], 451, "the reply")
    expect("the schema is at version 7, this program needs" in stack.milter_log() and "run ticketctl migrate" in stack.milter_log(),
           stack.milter_log()[-1000:])
    expect(stack.before["tickets"] and len(stack.before["tickets"]) == 3 and len(stack.before["files"]) == 2, "the dump is not filled")


@case("mails that come in while the schema is upgraded are one ticket each, and nothing of before is lost")
def _(stack):
    mails = [mail("While it goes on %d" % i, message_id="<during%d@client.example>" % i) for i in range(8)]
    taken, first_tries = [0] * len(mails), threading.Barrier(len(mails) + 1)

    def insist(place):
        first_tries.wait()
        wait_for(lambda: stack.send(mails[place], ANN, [SUPPORT])[0] == 250, "a mail to be taken")
        taken[place] = 1

    threads = [threading.Thread(target=insist, args=(place,), daemon=True) for place in range(len(mails))]
    for thread in threads:
        thread.start()
    first_tries.wait()
    stack.ctl("migrate")
    for thread in threads:
        thread.join(150)
    expect_equal(sum(taken), len(mails), "mails that were taken")
    counts = stack.rows("SELECT message_id, count(*) FROM ticketing.message_id WHERE message_id LIKE 'during%' GROUP BY 1")
    expect_equal((len(counts), {row["count"] for row in counts}), (len(mails), {1}), "tickets of each")
    expect_equal(stack.contents(), stack.before, "what the old version stored")
    numbers = [row["number"] for row in stack.rows("SELECT number FROM ticketing.ticket WHERE tenant_id = 1")]
    expect_equal(len(set(numbers)), len(mails) + 2, "ticket numbers")


def upgraded(stack):
    """Where an earlier case has failed, the servers are new and the schema is the old one."""
    if stack.value("SELECT ticketing.schema_version()") == 7:
        stack.ctl("migrate")
    wait_for(lambda: stack.send(mail("Is it there?"), ANN, ["desk@acme.example"])[0] == 250, "the upgrade", 60)


@case("answers to the addresses and Message-IDs of before are notes at their tickets")
def _(stack):
    upgraded(stack)
    for name, ticket in TICKETS.items():
        sender = ANN if ticket == 1 else BOB
        ways = [(FACTS["mails"][name]["reply_to"], []), (SUPPORT, [("In-Reply-To", FACTS["mails"][name]["message_id"])])]
        for number, (recipient, headers) in enumerate(ways):
            message_id = "answer-%s-%d@client.example" % (name, number)
            content = mail("An answer", "From %s, %d.\n" % (name, number), sender="<%s>" % sender, headers=headers,
                           message_id="<%s>" % message_id)
            expect_equal(stack.send(content, sender, [recipient])[0], 250, "the reply")
            row = stack.rows("SELECT verdict, ticket_id FROM ticketing.intake WHERE message_id = '%s'" % message_id)[0]
            expect_equal((row["verdict"], row["ticket_id"]), ("note", ticket), "%s by %s" % (name, recipient))


@case("a mail that the old version took is known when it comes again")
def _(stack):
    upgraded(stack)
    before = stack.value("SELECT count(*) FROM ticketing.ticket")
    expect_equal(stack.send(FACTS["first"].encode(), ANN, [SUPPORT])[0], 250, "the reply")
    expect_equal(stack.value("SELECT count(*) FROM ticketing.ticket"), before, "tickets")
    expect_equal(stack.value("SELECT seen FROM ticketing.intake WHERE intake_id = 1"), 2, "how often it was seen")


@case("what waited in the outbox goes out once, in the thread of its ticket")
def _(stack):
    upgraded(stack)

    def waited():
        return [content for content in stack.mailbox(ANN) if b"This waits for the upgrade." in content]
    wait_for(waited, "the note that waited")
    wait_for(lambda: stack.value("SELECT count(*) FROM ticketing.outbox WHERE state = 'pending'") == 0, "an empty outbox")
    stack.settle()
    expect_equal(len(waited()), 1, "mails with the note")
    expect(b"one@client.example" in waited()[0], "the note does not name the request")


@case("an agent writes to an old ticket, and a new mail is a new ticket of the other tenant too")
def _(stack):
    upgraded(stack)
    before = {row["number"] for row in stack.rows("SELECT number FROM ticketing.ticket WHERE tenant_id = 2")}
    stack.write(("more.txt",), "More.\n")
    stack.ctl("note", "--public", "--author", "Bo", "--channel", "acme/support", "INC-1", stack.path("more.txt"))
    expect_equal(stack.send(mail("After it", message_id="<after@client.example>"), ANN, ["desk@acme.example"])[0], 250, "the reply")
    number = stack.value("SELECT number FROM ticketing.ticket t JOIN ticketing.message_id m USING (tenant_id, ticket_id)"
                         " WHERE m.message_id = 'after@client.example'")
    expect("INC-1" in before and number not in before and number.startswith("INC-"), "%s after %s" % (number, sorted(before)))


main(Restored)
