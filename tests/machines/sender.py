"""sender: a mail server that sends to a gateway until it is told to stop, and that gives no mail up.

    sender.py LABEL OUT

Sends to port 25 of 127.0.0.1 with four workers; each mail has a sender and a Message-ID
of its own, LABEL.NUMBER@acme.example. What is put off, refused a
connection or cut comes again until it is told 250. On SIGTERM no new mail begins; the last ones come to their end. OUT then has
one JSON object: "sent" (the Message-IDs, all of them told 250), "put_off" (how often one was not), "refused" (5xx replies).
"""

import json
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import Smtp, mail  # noqa: E402

SECONDS = 120  # for a mail to be told 250 after all
WORKERS = 4


class Sender:
    def __init__(self, label):
        self.label = label
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.number, self.sent, self.put_off, self.refused, self.given_up = 0, [], 0, [], []

    def attempt(self, content, sender):
        try:
            with Smtp(25, timeout=60) as session:
                replies = session.send(content, sender, ["support@acme.example"])
        except OSError:
            return (0, "no connection")
        return replies["data"] or replies["rcpt"][0] if replies["rcpt"] else replies["mail"]

    def send_one(self, number):
        name = "%s.%d@acme.example" % (self.label, number)
        content = mail("Printer %d" % number, sender=name, message_id="<%s>" % name)
        end = time.monotonic() + SECONDS
        while True:
            code, text = self.attempt(content, name)
            with self.lock:
                if code == 250:
                    self.sent.append(name)
                    return
                self.put_off += 1
                if code // 100 == 5:
                    self.refused.append(text)
            if time.monotonic() > end:
                self.given_up.append(name)
                return
            time.sleep(0.2)

    def work(self):
        while not self.stopped.is_set():
            with self.lock:
                self.number += 1
                number = self.number
            self.send_one(number)
            time.sleep(0.1)

    def run(self):
        workers = [threading.Thread(target=self.work) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return {"sent": self.sent, "put_off": self.put_off, "refused": self.refused, "given_up": self.given_up}


def main():
    sender = Sender(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: sender.stopped.set())
    outcome = sender.run()
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(outcome, file)


main()
