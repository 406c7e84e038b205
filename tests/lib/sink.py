"""sink: an SMTP server for tests, whose answers are scripted, and which keeps what it gets.

    with Sink() as sink:
        sink.answers["RCPT"] = "450 4.2.0 later"      # instead of 250; also CONNECT, EHLO, MAIL, DATA, END
        sink.hang = "END"                             # says nothing any more at that step
        ...
        sink.mails        # list of Mail(sender, recipients, content)
        sink.commands     # all command lines

Only the standard library is used.
"""

import base64
import collections
import socket
import ssl
import threading

Mail = collections.namedtuple("Mail", "sender recipients content")


class Sink:
    def __init__(self, certificate=None, login=()):
        """CERTIFICATE: (file, key file) for STARTTLS. LOGIN: mechanisms that are offered and wanted."""
        self.answers, self.hang, self.at_step = {}, None, None
        self.mails, self.commands, self.logins = [], [], []
        self.certificate, self.login = certificate, login
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.released = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.released.set()
        self.socket.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            Session(self, connection).run()
        except (OSError, ValueError):
            pass
        finally:
            connection.close()


class Session:
    def __init__(self, sink, connection):
        self.sink, self.connection = sink, connection
        self.file = connection.makefile("rb")
        self.sender, self.recipients, self.secret = None, [], False

    def say(self, line):
        self.connection.sendall(line.encode() + b"\r\n")

    def step(self, name, usual):
        """Answers at a step as the script says. Returns whether the answer was yes."""
        if self.sink.at_step:
            self.sink.at_step(name)
        if self.sink.hang == name:
            self.sink.released.wait(3600)
            raise ValueError("hung")
        answer = self.sink.answers.get(name, usual)
        self.say(answer)
        return answer[0] in "23"

    def line(self):
        line = self.file.readline()
        if not line:
            raise ValueError("the client has gone")
        return line.rstrip(b"\r\n").decode("utf-8", "replace")

    def run(self):
        self.step("CONNECT", "220 sink.example ESMTP")
        while True:
            line = self.line()
            self.sink.commands.append(line)
            verb = line.split(" ")[0].split(":")[0].upper()
            handler = getattr(self, "on_" + verb.lower(), None)
            if handler is None:
                self.say("250 2.0.0 ok")
            elif handler(line):
                return

    def on_ehlo(self, _):
        more = ["8BITMIME"]
        if self.sink.certificate and not self.secret:
            more.append("STARTTLS")
        if self.sink.login:
            more.append("AUTH " + " ".join(self.sink.login))
        if "EHLO" in self.sink.answers or self.sink.hang == "EHLO":
            self.step("EHLO", "")
            return
        self.connection.sendall(b"250-sink.example\r\n" + b"".join(b"250-%s\r\n" % m.encode() for m in more) + b"250 HELP\r\n")

    def on_starttls(self, _):
        self.say("220 2.0.0 go")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.sink.certificate)
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.file, self.secret = self.connection.makefile("rb"), True

    def on_auth(self, line):
        words = line.split(" ")
        answers = words[2:]
        if words[1] == "LOGIN":
            while len(answers) < 2:
                self.say("334 " + base64.b64encode(b"Username:" if not answers else b"Password:").decode())
                answers.append(self.line())
        elif not answers:
            self.say("334 ")
            answers.append(self.line())
        self.sink.logins.append((words[1], [base64.b64decode(answer).decode() for answer in answers]))
        self.step("AUTH", "235 2.7.0 welcome")

    def on_mail(self, line):
        if self.step("MAIL", "250 2.1.0 ok"):
            self.sender, self.recipients = line.partition(":")[2].split(" ")[0].strip("<>"), []

    def on_rcpt(self, line):
        if self.step("RCPT", "250 2.1.5 ok"):
            self.recipients.append(line.partition(":")[2].split(" ")[0].strip("<>"))

    def on_data(self, _):
        if not self.step("DATA", "354 go on"):
            return
        lines = []
        while True:
            line = self.file.readline()
            if not line:
                raise ValueError("the client has gone")
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        mail = Mail(self.sender, self.recipients, b"".join(lines))
        if self.sink.answers.get("END", "250")[0] == "2":
            self.sink.mails.append(mail)
        self.step("END", "250 2.0.0 taken as 1")

    def on_quit(self, _):
        self.say("221 2.0.0 bye")
        return True
