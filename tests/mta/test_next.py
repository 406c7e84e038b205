"""Two gateways on one database, one of them upgraded: tests/mta/next-milter is this program with one migration more."""

import glob
import os
import re
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import Skip, Stack, case, expect, expect_equal, mail, main  # noqa: E402

ANN, SUPPORT = "ann@acme.example", "support@acme.example"


class Next(Stack):
    """The upgraded gateway: a mail server and a filter of its own, and the database of the other."""

    def __init__(self, first):
        super().__init__(first.build)
        self.first = first

    def program(self, name):
        return super().program("next-milter" if name == "ticket-milter" else name)

    def start(self):
        self.program("ticket-milter")
        self.dir = tempfile.mkdtemp(prefix="ticket-milter.")
        os.chmod(self.dir, 0o711)
        self.conninfo = self.first.conninfo
        self.choose_socket()
        self.start_mta()
        self.configure()
        self.write(("conf", "token.key"), self.first.read("conf", "token.key"), 0o600)
        self.start_milter()
        return self

    def stop(self):
        self.conninfo = None  # the server is the other's
        super().stop()


class Gateways(Stack):
    """The gateway of now, with the upgraded one beside it."""

    next = None

    def start(self):
        super().start()
        try:
            self.next = Next(self)
            self.next.start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        if self.next is not None:
            other, self.next = self.next, None
            other.stop()
        super().stop()

    def newest(self):
        return self.value("SELECT ticketing.schema_version()")

    def add_version(self, serves, sql=""):
        """Applies one more migration, as `ticketctl migrate' of its program does."""
        self.psql("BEGIN; SET LOCAL ROLE ticket_owner; SET LOCAL search_path = ticketing, pg_temp;"
                  "LOCK TABLE ticketing_meta.migration IN SHARE ROW EXCLUSIVE MODE; %s"
                  "INSERT INTO ticketing_meta.migration (version, name, program, serves, applied_at)"
                  " VALUES (%d, 'next', 'next', %d, now()); COMMIT" % (sql, self.newest() + 1, serves))


def next_migration(stack):
    found = glob.glob(os.path.join(glob.escape(stack.build), "tests", "mta", "[0-9]*_next.sql"))
    if not found:
        raise Skip("tests/mta/next-milter is not built")
    with open(found[0], encoding="utf-8") as file:
        text = file.read()
    return text, int(re.search(r"^-- Serves: (\d+)$", text, re.M).group(1))


@case("before the schema is upgraded the old gateway takes mails, and the new one puts them off and says why")
def _(stack):
    expect_equal(stack.send(mail(), ANN, [SUPPORT])[0], 250, "the reply of the old gateway")
    expect_equal(stack.next.send(mail(), ANN, [SUPPORT])[0], 451, "the reply of the new gateway")
    expect("run ticketctl migrate" in stack.next.milter_log(), stack.next.milter_log()[-1000:])


@case("while the schema is upgraded and after it both gateways take mails, each once")
def _(stack):
    text, serves = next_migration(stack)
    stop, sent, bad = threading.Event(), [], []

    def feed(gateway, place):
        number = 0
        while not stop.is_set() or number < 5:
            number += 1
            message_id = "feed-%d-%d@client.example" % (place, number)
            for _ in range(200):
                code = gateway.send(mail("Feed", message_id="<%s>" % message_id), ANN, [SUPPORT])[0]
                if code == 250:
                    sent.append(message_id)
                    break
                if code != 451:
                    bad.append(code)
            else:
                bad.append("never")
            if number > 500:
                break

    threads = [threading.Thread(target=feed, args=(gateway, place), daemon=True)
               for place, gateway in enumerate((stack, stack, stack.next))]
    for thread in threads:
        thread.start()
    try:
        stack.add_version(serves, text)
    finally:
        stop.set()
    for thread in threads:
        thread.join(300)
    expect_equal(bad, [], "other answers")
    rows = stack.rows("SELECT message_id, count(*) FROM ticketing.message_id WHERE message_id LIKE 'feed-%' GROUP BY 1")
    expect_equal((sorted(row["message_id"] for row in rows), {row["count"] for row in rows}), (sorted(sent), {1}), "tickets")
    stack.restart_milter()
    for gateway in (stack, stack.next):
        expect_equal(gateway.send(mail(), ANN, [SUPPORT])[0], 250, "the reply")


@case("a schema that does not serve the old gateway any more is refused by it with a line that says so; the new one goes on")
def _(stack):
    text, serves = next_migration(stack)
    if stack.newest() == serves:  # the servers are new, because an earlier case has failed
        stack.add_version(serves, text)
    newest = stack.newest()
    stack.add_version(newest)
    stack.restart_milter()
    expect_equal(stack.send(mail(), ANN, [SUPPORT])[0], 451, "the reply of the old gateway")
    expect("which serves programs of version %d or newer" % newest in stack.milter_log() and
           "install the newer program" in stack.milter_log(), stack.milter_log()[-1000:])
    stack.next.restart_milter()
    expect_equal(stack.next.send(mail(), ANN, [SUPPORT])[0], 250, "the reply of the new gateway")
    stack.psql("DELETE FROM ticketing_meta.migration WHERE version > %d" % newest)
    expect_equal(stack.send(mail(), ANN, [SUPPORT])[0], 250, "the reply of the old gateway afterwards")


main(Gateways)
