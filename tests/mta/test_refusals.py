"""A database that refuses what is to be stored: the mail stays with its sender, and is stored once when the database is mended.
Only a mail whose own values are proven to be the cause is stored as less than it is."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import Stack, case, expect, expect_equal, mail, main  # noqa: E402

SUPPORT, ANN = "support@acme.example", "ann@acme.example"

# The database refuses what has the word poison, with the SQLSTATE.
PICKY = """CREATE FUNCTION public.picky(text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN IF $1 LIKE '%%poison%%' THEN RAISE EXCEPTION 'not this' USING ERRCODE = '%s'; END IF; RETURN true; END $$;
ALTER TABLE ticketing.%s ADD CONSTRAINT picky CHECK (public.picky(%s)) NOT VALID"""
ACCEPT = "ALTER TABLE ticketing.%s DROP CONSTRAINT picky; DROP FUNCTION public.picky(text)"


def lines_of(stack, message_id):
    return [line for line in stack.milter_log().splitlines() if message_id in line and " reply=" in line]


def counts(stack):
    return stack.rows("SELECT (SELECT count(*) FROM ticketing.ticket) AS tickets, (SELECT count(*) FROM ticketing.note) AS notes,"
                      " (SELECT count(*) FROM ticketing.intake) AS intakes")[0]


def put_off_then_stored(stack, harm, cure, sqlstate):
    """HARM puts three mails off with 451 and the SQLSTATE in the log; after CURE each is one ticket."""
    before, failed = counts(stack), len(stack.mailbox("fail@acme.example"))
    mails = [mail("Number %d" % i, message_id="<%s@acme.example>" % os.urandom(8).hex()) for i in range(3)]
    stack.psql(harm)
    for content in mails:
        expect_equal(stack.send(content, ANN, [SUPPORT])[0], 451, "the reply")
    for content in mails:
        message_id = re.search(rb"Message-ID: <(.*)>", content).group(1).decode()
        line = lines_of(stack, message_id)[0]
        expect("(SQLSTATE %s)" % sqlstate in line and "verdict=later" in line, line)
    expect_equal(counts(stack), before, "rows")
    stack.psql(cure)
    for content in mails:
        expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250, "the reply after the cure")
    after = counts(stack)
    expect_equal((after["tickets"], after["intakes"]), (before["tickets"] + 3, before["intakes"] + 3), "tickets, intakes")
    stack.settle()
    expect_equal(len(stack.mailbox("fail@acme.example")), failed, "mails in the fail mailbox")


@case("D14: sequences that lag behind their rows, as after a failover, put mails off until they are set")
def _(stack):
    for _ in range(6):
        expect_equal(stack.send(mail(), ANN, [SUPPORT])[0], 250, "the reply")
    put_off_then_stored(stack, "SELECT setval('ticketing.ticket_ticket_id_seq', 1, false)",
                        "SELECT setval('ticketing.ticket_ticket_id_seq', (SELECT max(ticket_id) FROM ticketing.ticket))", "23505")


@case("D14: a CHECK that an administrator adds puts mails off until it is dropped")
def _(stack):
    put_off_then_stored(stack, "ALTER TABLE ticketing.ticket ADD CONSTRAINT added CHECK (priority = 'P0') NOT VALID",
                        "ALTER TABLE ticketing.ticket DROP CONSTRAINT added", "23514")


@case("D14: a broken trigger that blames the values of every mail puts mails off until it is dropped")
def _(stack):
    put_off_then_stored(stack, """CREATE FUNCTION public.broken() RETURNS trigger LANGUAGE plpgsql AS
                        $$ BEGIN NEW.millis := 'seven'; RETURN NEW; END $$;
                        CREATE TRIGGER added BEFORE INSERT ON ticketing.intake FOR EACH ROW EXECUTE FUNCTION public.broken()""",
                        "DROP TRIGGER added ON ticketing.intake; DROP FUNCTION public.broken()", "22P02")


@case("D14: a broken domain on what only some mails have puts those off")
def _(stack):
    headers = [("Content-Type", 'multipart/mixed; boundary="b"'), ("MIME-Version", "1.0")]
    body = ("--b\nContent-Type: text/plain\n\nSee the file.\n--b\nContent-Type: application/pdf; name=a.pdf\n"
            "Content-Disposition: attachment; filename=a.pdf\n\n%PDF\n--b--\n")
    content = mail("With a file", body, headers=headers)
    before = counts(stack)
    stack.psql(PICKY % ("22023", "attachment", "'poison'"))
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 451, "the reply to the mail with a file")
    expect_equal(stack.send(mail(), ANN, [SUPPORT])[0], 250, "the reply to a mail without")
    stack.psql(ACCEPT % "attachment")
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250, "the reply after the cure")
    expect_equal(counts(stack)["tickets"], before["tickets"] + 2, "tickets")
    expect_equal(stack.value("SELECT level FROM ticketing.intake ORDER BY intake_id DESC LIMIT 1"), "full", "the level")


def stored_as(stack, content, level, refused):
    """The one mail is stored at LEVEL, with its raw bytes, and the log says why."""
    message_id = re.search(rb"Message-ID: <(.*)>", content).group(1).decode()
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250, "the reply")
    row = stack.rows("SELECT i.verdict, i.reason, i.level, i.raw_sha256 IS NOT NULL AS raw, t.subject, t.requester, t.description"
                     " FROM ticketing.intake i JOIN ticketing.ticket t USING (tenant_id, ticket_id) ORDER BY i.intake_id DESC LIMIT 1")[0]
    expect_equal((row["verdict"], row["reason"], row["level"], row["raw"], row["requester"]),
                 ("ticket", "unparsable", level, True, ANN), "the intake")
    line = lines_of(stack, message_id)[-1]
    expect("level=%s" % level in line and "refused=" in line and refused in line, line)
    # The same mail again is the same ticket.
    before = counts(stack)
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250, "the reply to the mail that is sent again")
    expect_equal(counts(stack), before, "rows")
    return row


@case("D15: a mail whose subject alone is refused is stored as it came, and others are not touched")
def _(stack):
    stack.psql(PICKY % ("22023", "ticket", "subject"))
    row = stored_as(stack, mail("This is poison"), "raw", "(SQLSTATE 22023)")
    expect_equal(row["subject"], "(unreadable mail)", "the subject")
    expect_equal(stack.value("SELECT count(*) FROM ticketing.attachment a JOIN ticketing.ticket t USING (tenant_id, ticket_id)"
                             " WHERE t.subject = '(unreadable mail)' AND a.filename = 'mail.eml'"), 1, "attached mails")
    expect_equal(stack.send(mail("This is not"), ANN, [SUPPORT])[0], 250, "the reply to another mail")
    expect_equal(stack.value("SELECT level FROM ticketing.intake ORDER BY intake_id DESC LIMIT 1"), "full", "its level")
    stack.psql(ACCEPT % "ticket")
    expect_equal(stack.value("SELECT count(*) FROM ticketing.intake WHERE sender LIKE 'probe@%'"), 0, "probes")


@case("D15: a mail with a file that is refused keeps its header and text, and its raw bytes")
def _(stack):
    headers = [("Content-Type", 'multipart/mixed; boundary="b"'), ("MIME-Version", "1.0")]
    body = ("--b\nContent-Type: text/plain\n\nSee the file.\n--b\nContent-Type: application/pdf; name=poison.pdf\n"
            "Content-Disposition: attachment; filename=poison.pdf\n\n%PDF\n--b--\n")
    stack.psql(PICKY % ("54000", "attachment", "filename"))
    row = stored_as(stack, mail("With a file", body, headers=headers), "headers", "(SQLSTATE 54000)")
    expect_equal((row["subject"], row["description"].strip()), ("With a file", "See the file."), "the ticket")
    stack.psql(ACCEPT % "attachment")


@case("D15: a mail that is refused in every form stays with its sender, and is stored when the database takes it")
def _(stack):
    before, failed = counts(stack), len(stack.mailbox("fail@acme.example"))
    content = mail("Hello", sender="Poison <poison@acme.example>", message_id="<inform@acme.example>")
    stack.psql(PICKY % ("22023", "ticket", "requester"))
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 451, "the reply")
    line = lines_of(stack, "inform@acme.example")[0]
    expect("takes this mail in no form" in line and "(SQLSTATE 22023)" in line, line)
    expect_equal(counts(stack), before, "rows")
    stack.psql(ACCEPT % "ticket")
    expect_equal(stack.send(content, ANN, [SUPPORT])[0], 250, "the reply after the cure")
    expect_equal(counts(stack)["tickets"], before["tickets"] + 1, "tickets")
    expect_equal(stack.value("SELECT level FROM ticketing.intake ORDER BY intake_id DESC LIMIT 1"), "full", "the level")
    stack.settle()
    expect_equal(len(stack.mailbox("fail@acme.example")), failed, "mails in the fail mailbox")


main(Stack)
