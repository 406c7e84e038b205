"""Two desks: two help desks of ours, each with its own database, mail server and ticket-notify, that write to each other."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from desk import Desk  # noqa: E402
from tk import CHANNEL, TEMPLATE, case, expect_equal, mail, main, wait_for  # noqa: E402

# What a relay or a foreign help desk between the two takes away, so that nothing in a header tells a machine's mail.
MARKS = "Auto-Submitted|X-Auto-Response-Suppress|Precedence|X-Loop|X-Ticket-.*|List-.*|Feedback-ID"


def desk(build, name, other):
    domain = name + ".example"
    channel = (CHANNEL.replace("acme.tickets.example.net", domain).replace("acme.example", domain).replace('*.partner.example', other + '.example')
               .replace("  template = ", '  confirmation = { enabled = true; pause = "0s"; };\n'
                        '  status_mail = { states = [ "closed" ]; };\n  template = '))
    return Desk(build, instance="mx." + domain, channels={"support.conf": channel}, templates={"incident.conf": TEMPLATE}, domains=[domain],
                aliases=["%s@%s fail@%s" % (box, domain, domain) for box in ("support", "helpdesk", "support.392")])


class Desks:
    """The two as one stack; the other one's mails go through a relay that may take their marks away."""

    def __init__(self, build):
        self.seen = [0, 0]
        self.both = [desk(build, "north", "south"), desk(build, "south", "north")]

    def start(self):
        for one in self.both:
            one.start()
        for one, other in (self.both, self.both[::-1]):
            one.postconf("transport_maps = inline:{ { %s = smtp:[127.0.0.1]:%d } }" % (other.domains[0], other.port),
                         "smtp_header_checks = regexp:" + one.path("postfix", "etc", "marks"))
        return self

    def stop(self):
        for one in self.both:
            one.stop()

    def milter_log(self):
        return "".join(one.milter_log() for one in self.both)

    def maillog(self):
        return "".join(one.maillog() for one in self.both)

    def logs(self):
        return {"%s.%s" % (one.instance, name): path for one in self.both for name, path in one.logs().items()}

    def send(self, sender, subject):
        """A mail to the southern desk that claims to be from SENDER."""
        return self.both[1].send(mail(subject, sender=sender, to="support@south.example"), sender, ["support@south.example"])

    def between(self, pattern):
        """From now on the relay takes away the header fields whose names match."""
        for one in self.both:
            one.write(("postfix", "etc", "marks"), "/^(%s):/ IGNORE\n" % pattern)
            one.postconf("smtp_header_checks = regexp:" + one.path("postfix", "etc", "marks"))

    def moved(self):
        """Changes with whatever happens to a mail at either desk."""
        return [(len(one.maillog()), one.rows("SELECT (SELECT count(*) FROM ticketing.intake) AS i, (SELECT count(*) FROM ticketing.outbox)"
                                              " AS o, (SELECT count(*) FROM ticketing.outbox WHERE state = 'sent') AS s")) for one in self.both]

    def quiet(self):
        """Waits until nobody has anything to say any more; returns what each desk made of the mails since the last time."""
        def still():
            # A mail can move from a place that is looked at later to one that was empty when it was looked at.
            before = self.moved()
            return all(one.queue_is_empty() and not one.value("SELECT count(*) AS n FROM ticketing.outbox WHERE state = 'pending'")
                       for one in self.both) and self.moved() == before
        wait_for(still, "the desks to fall silent")
        made = [one.rows("SELECT verdict, reason FROM ticketing.intake ORDER BY intake_id") for one in self.both]
        new = [rows[seen:] for rows, seen in zip(made, self.seen)]
        self.seen = [len(rows) for rows in made]
        return [[(row["verdict"], row["reason"]) for row in rows] for rows in new]


@case("O2 two_desks_of_ours_fall_silent_after_one_confirmation")
def _(desks):
    desks.between("X-Nothing")
    expect_equal(desks.send("support@north.example", "An order")[0], 250)
    expect_equal(desks.quiet(), [[("exclude", "auto_generated")], [("ticket", None)]], "north and south")


@case("O2 two_desks_fall_silent_after_one_confirmation_when_a_relay_takes_its_marks_away")
def _(desks):
    desks.between(MARKS)
    expect_equal(desks.send("support@north.example", "A second order")[0], 250)
    expect_equal(desks.quiet(), [[("exclude", "bounce")], [("ticket", None)]], "north and south")


@case("O2 the_note_of_an_agent_to_another_desk_opens_a_ticket_there_and_its_confirmation_is_the_last_mail")
def _(desks):
    desks.between(MARKS)
    desks.send("support@north.example", "A third order")
    desks.quiet()
    _, south = desks.both
    south.psql("SELECT ticketing.add_note(tenant_id, number, 'Dora', 'public', 'Which one?') FROM ticketing.ticket ORDER BY ticket_id DESC LIMIT 1")
    expect_equal(desks.quiet(), [[("ticket", "unknown_ticket")], [("exclude", "bounce")]], "north and south")


main(Desks)
