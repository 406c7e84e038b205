"""sender: mails, and senders that behave as MTAs do: what was put off or got no answer comes again, the same mail, until it
is told 250. What was told 250 is remembered: that is what must not be lost."""

import base64
import hashlib
import heapq
import os
import random
import threading
import time

from tk import SLOW, Smtp

ANN, EVE, BOB = "ann@acme.example", "eve@elsewhere.example", "bob@acme.example"
SUPPORT = ["support@acme.example", "helpdesk@acme.example"]
PAUSE = (0.1, 0.8)  # seconds before a mail comes again
VANISHES = 0.03  # attempts whose client goes away without reading the last reply
RESETS = 0.05  # attempts before which a transaction is given up


class Mail:
    """One mail of a run. kind: plain, file (with an attachment), big, refused, copied (to a private mailbox too), reply, or
    bare (neither Message-ID nor Date)."""

    def __init__(self, run, number, kind, parent=None):
        self.token = "soak.%s.%d" % (run, number)
        self.kind = kind
        self.message_id = None if kind == "bare" else self.token + "@acme.example"
        self.sender = EVE if kind == "refused" else ANN
        self.recipients = [SUPPORT[number % 2]] + ([BOB] if kind == "copied" else [])
        self.attachment = None
        self.content = self.make(number, parent)
        self.told, self.attempts, self.put_off, self.refused = 0, 0, 0, []

    def make(self, number, parent):
        lines = ["From: Somebody <%s>" % self.sender, "To: " + ", ".join(self.recipients), "Subject: Mail " + self.token]
        if self.message_id:
            lines += ["Date: Mon, 02 Mar 2026 10:00:00 +0000", "Message-ID: <%s>" % self.message_id]
        if parent is not None:
            lines += ["In-Reply-To: <%s>" % parent.message_id]
        text = ["This is the text of %s." % self.token, "", "The printer on floor %d is broken." % number] + ["x" * 70] * 40
        if self.kind in ("file", "big"):
            data = random.Random(self.token).randbytes(300000 if self.kind == "big" else 5000 + number % 20000)
            self.attachment = hashlib.sha256(data).hexdigest()
            lines += ["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="part"', "", "--part",
                      "Content-Type: text/plain; charset=utf-8", ""] + text
            lines += ["--part", 'Content-Type: application/octet-stream; name="%s.bin"' % self.token,
                      "Content-Transfer-Encoding: base64", "Content-Disposition: attachment; filename=\"%s.bin\"" % self.token,
                      ""] + base64.encodebytes(data).decode().splitlines() + ["--part--"]
        else:
            lines += [""] + text
        return ("\r\n".join(lines) + "\r\n").encode()


def make_mails(run, count, big=40):
    """COUNT mails of all kinds; every BIGth one does not fit into the memory that a mail may take."""
    mails = []
    for number in range(count):
        kind = ("plain", "plain", "file", "plain", "refused", "plain", "copied", "plain", "reply", "plain",
                "plain", "bare", "file", "plain", "copied", "plain", "refused", "plain", "reply", "plain")[number % 20]
        if number % big == big - 1:
            kind = "big"
        parent = mails[number - 8] if kind == "reply" and number >= 8 and mails[number - 8].message_id else None
        mails.append(Mail(run, number, kind, parent))
    return mails


class Crowd:
    """Senders in threads. PORTS: of the mail servers, of which each connection takes one; TWINS: that share of mails goes to
    two of them at once. Nobody sends any more after SECONDS."""

    def __init__(self, mails, ports, senders=20, twins=0.0, seconds=1800):
        self.end = time.monotonic() + seconds
        self.mails, self.ports, self.twins = mails, ports, twins
        self.lock = threading.Condition()
        self.due = [(0.0, number, number) for number in range(len(mails))]  # when, order, mail
        self.open = len(mails)  # mails that were not told 250 yet
        self.stopped = False
        self.codes = {}
        self.held = False  # nobody begins a mail, so that a fault is there before the last one has gone
        self.begun = 0  # attempts
        self.until = None  # nobody begins a mail when so many have been told 250
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(senders)]
        for thread in self.threads:
            thread.start()

    def busy(self):
        return self.open > 0 and not self.stopped and time.monotonic() < self.end

    def told(self):
        return len(self.mails) - self.open

    def pause_at(self, told):
        """Returns when so many mails, or some more that were on their way, have been told 250, or all; nobody begins one then,
        before go_on()."""
        self.until = told
        while self.busy() and self.told() < told:
            time.sleep(0.02)

    def go_on(self, attempts=0):
        """Ends a pause; returns when so many attempts have begun since."""
        wanted, self.until = self.begun + attempts, None
        while self.busy() and self.begun < wanted:
            time.sleep(0.001)

    def put_off(self):
        return sum(mail.put_off for mail in self.mails)

    def take(self):
        """The next mail that is due, or None when all have been told 250."""
        with self.lock:
            while self.busy():
                if not self.held and (self.until is None or self.told() < self.until) and self.due and self.due[0][0] <= time.monotonic():
                    self.begun += 1
                    return self.mails[heapq.heappop(self.due)[2]]
                self.lock.wait(0.05)
        return None

    def settle(self, mail, code):
        with self.lock:
            self.codes[code] = self.codes.get(code, 0) + 1
            mail.attempts += 1
            if code == 250:
                self.open -= mail.told == 0
                mail.told += 1
                if self.open == 0:
                    self.lock.notify_all()
                return
            mail.put_off += code // 100 == 4
            if code // 100 == 5:
                mail.refused.append(code)
            if mail.told == 0:
                number = self.mails.index(mail)
                heapq.heappush(self.due, (time.monotonic() + random.uniform(*PAUSE), random.random(), number))

    def work(self):
        session, left = None, 0
        while True:
            mail = self.take()
            if mail is None:
                break
            twin = None
            if random.random() < self.twins:
                twin = threading.Thread(target=self.attempt_alone, args=(mail,), daemon=True)
                twin.start()
            if session is None:
                session, left = self.connect(), random.randint(1, 10)
            code, session = self.attempt(session, mail)
            left -= 1
            if session is not None and (left == 0 or code != 250):
                session.close()
                session = None
            self.settle(mail, code)
            if twin is not None:
                twin.join()
        if session is not None:
            session.close()

    def attempt_alone(self, mail):
        code, session = self.attempt(self.connect(), mail)
        if session is not None:
            session.close()
        if code == 250:
            with self.lock:
                mail.told += mail.told > 0  # what counts is what the other one is told

    def connect(self):
        try:
            session = Smtp(random.choice(self.ports), timeout=SLOW)
        except (OSError, ValueError):
            return None
        if session.banner[0] != 220 or session.ehlo[0] != 250:
            session.close()
            return None
        return session

    @staticmethod
    def attempt(session, mail):
        """The code that the mail was told (0: none), and the session if it may go on."""
        if session is None:
            return 0, None
        try:
            if random.random() < RESETS:
                session.command("MAIL FROM:<%s>" % ANN)
                session.command("RCPT TO:<%s>" % SUPPORT[0])
                session.command("RSET")
            for line in ["MAIL FROM:<%s>" % mail.sender] + ["RCPT TO:<%s>" % rcpt for rcpt in mail.recipients] + ["DATA"]:
                code, _ = session.command(line)
                if code not in (250, 354):
                    return code, session
            session.socket.sendall(mail.content + b".\r\n")
            if random.random() < VANISHES:
                session.close()
                return 0, None
            return session.reply()[0], session
        except (OSError, ValueError):
            session.close()
            return 0, None

    def wait(self):
        """Whether all were told 250 in time; ends the senders."""
        while self.busy():
            time.sleep(0.05)
        done = self.open == 0
        self.stopped = True
        for thread in self.threads:
            thread.join(2 * SLOW)
        return done

    def send_again(self, share=0.05):
        """Some of those that were told 250 come once more, as where the reply was lost; returns who was not told 250."""
        wrong = []
        for mail in random.sample(self.mails, max(1, int(len(self.mails) * share))):
            for _ in range(100):
                code, session = self.attempt(self.connect(), mail)
                if session is not None:
                    session.close()
                if code == 250 or code // 100 == 5:
                    break
                time.sleep(0.5)
            if code != 250:
                wrong.append("%s: %d where it came again" % (mail.token, code))
        return wrong
