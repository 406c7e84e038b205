"""invariants: what must hold after every run, asked of the database, the mailboxes and the process.

Where two hosts or a failover are part of a run, the same questions go to what is left in the end."""

import glob
import hashlib
import os

TOKEN = r"soak\.[a-z0-9_]+\.[0-9]+"


class Outcome:
    """Counts of one run and, in problems, whatever does not hold."""

    def __init__(self, fault, crowd):
        self.fault = fault
        self.mails = len(crowd.mails)
        self.told_250 = sum(mail.told > 0 for mail in crowd.mails)
        self.told_4xx = sum(mail.put_off for mail in crowd.mails)
        self.lost = self.doubled = 0
        self.problems = []

    def row(self):
        return [self.fault, self.mails, self.told_250, self.told_4xx, self.lost, self.doubled]

    def good(self):
        return not self.lost and not self.doubled and not self.problems


def by_token(stack, query):
    """Rows of a query whose first column is a text with a token, as {token: [rows]}."""
    found = {}
    for row in stack.rows(query):
        found.setdefault(row["token"], []).append(row)
    return found


def mailed(folders, address):
    """How often each token lies in the mailbox of an address: {token: count}."""
    local, domain = address.split("@")
    found = {}
    for folder in folders:
        for name in glob.glob(os.path.join(glob.escape(folder), "mail", domain, local, "new", "*")):
            with open(name, "rb") as file:
                for line in file:
                    if line.startswith(b"Subject: Mail soak."):
                        token = line.split()[2].decode()
                        found[token] = found.get(token, 0) + 1
                        break
    return found


def check(stack, crowd, outcome, folders):
    """Fills in OUTCOME. FOLDERS: of the mail servers."""
    run = crowd.mails[0].token.rsplit(".", 1)[0] + "."
    match = "'%s'" % (run.replace(".", r"\.") + "[0-9]+")
    tickets = by_token(stack, "SELECT substring(subject FROM %s) AS token, ticket_id FROM ticketing.ticket"
                              " WHERE subject LIKE '%%%s%%'" % (match, run))
    notes = by_token(stack, "SELECT substring(coalesce(body_full, body) FROM %s) AS token, note_id FROM ticketing.note"
                            " WHERE source = 'mail' AND coalesce(body_full, body) LIKE '%%%s%%'" % (match, run))
    fails = by_token(stack, "SELECT substring(message_id FROM %s) AS token, intake_id FROM ticketing.intake"
                            " WHERE verdict = 'fail' AND message_id LIKE '%s%%'" % (match, run))
    # what crashed the program again and again is not read: it lies in the fail mailbox, and with the intake
    unread = {row["raw"] for row in stack.rows("SELECT encode(raw_sha256, 'hex') AS raw FROM ticketing.intake"
                                               " WHERE verdict = 'fail' AND reason = 'poison'")}
    failed, copied = mailed(folders, "fail@acme.example"), mailed(folders, "bob@acme.example")
    for mail in crowd.mails:
        rows = fails if mail.kind == "refused" else tickets
        count = len(rows.get(mail.token, [])) + len(notes.get(mail.token, []))
        if count == 0 and hashlib.sha256(mail.content).hexdigest() in unread and failed.get(mail.token):
            mail.attachment = None
            continue
        if mail.told and (count == 0 or (mail.kind == "refused" and not failed.get(mail.token)) or
                          (mail.kind == "copied" and not copied.get(mail.token))):
            outcome.lost += 1
            outcome.problems.append("lost: %s (%s)" % (mail.token, mail.kind))
        if count > 1:
            outcome.doubled += 1
            outcome.problems.append("doubled: %s (%s): %d" % (mail.token, mail.kind, count))
        if mail.refused:
            outcome.problems.append("told %s: %s" % (mail.refused, mail.token))
        if not mail.told:
            outcome.problems.append("never told 250: %s after %d attempts" % (mail.token, mail.attempts))
    check_attachments(stack, crowd, outcome, match)
    check_keys(stack, outcome, run)


def check_attachments(stack, crowd, outcome, match):
    """Attachments are byte by byte what was sent; where a mail was read with care, the mail itself is."""
    stored = by_token(stack, "SELECT substring(a.filename FROM %s) AS token, encode(a.sha256, 'hex') AS named, (SELECT"
                             " encode(sha256(string_agg(b.data, '' ORDER BY b.chunk_no)), 'hex') FROM ticketing.blob b WHERE"
                             " (b.tenant_id, b.sha256) = (a.tenant_id, a.sha256)) AS held FROM ticketing.attachment a"
                             " WHERE a.filename ~ %s" % (match, match))
    raw = by_token(stack, "SELECT substring(message_id FROM %s) AS token, encode(raw_sha256, 'hex') AS named, (SELECT"
                          " encode(sha256(string_agg(b.data, '' ORDER BY b.chunk_no)), 'hex') FROM ticketing.blob b WHERE"
                          " (b.tenant_id, b.sha256) = (i.tenant_id, i.raw_sha256)) AS held FROM ticketing.intake i"
                          " WHERE level = 'raw' AND message_id ~ %s" % (match, match))
    for mail in crowd.mails:
        if mail.attachment is None or not mail.told:
            continue
        if mail.token in raw:
            got, wanted = raw[mail.token], hashlib.sha256(mail.content).hexdigest()
        else:
            got, wanted = stored.get(mail.token, []), mail.attachment
        if [(row["named"], row["held"]) for row in got] != [(wanted, wanted)]:
            outcome.problems.append("attachment of %s: %r, not %s" % (mail.token, got, wanted))


def check_keys(stack, outcome, run):
    double = stack.rows("SELECT i.message_id, count(*) AS n FROM ticketing.intake i WHERE i.message_id LIKE '%s%%'"
                        " AND (i.ticket_id IS NOT NULL OR i.note_id IS NOT NULL) GROUP BY 1 HAVING count(*) > 1" % run)
    if double:
        outcome.problems.append("mails with two intakes that stored something: %r" % double[:5])
    wrong = stack.rows("SELECT o.kind, o.ticket_id, count(*) AS n FROM ticketing.outbox o LEFT JOIN ticketing.ticket t"
                       " USING (tenant_id, ticket_id) WHERE o.kind = 'confirmation' GROUP BY 1, 2"
                       " HAVING count(*) > 1 OR count(t.ticket_id) = 0")
    if wrong:
        outcome.problems.append("confirmations without or beyond their ticket: %r" % wrong[:5])
