"""tk: the test stack for tests/mta: a private PostgreSQL, a private Postfix and ticket-milter, on loopback.

A test file holds functions that take the stack and are named by @case("sentence"), and ends with main(stack):

    from tk import Stack, case, main

    @case("a mail from an allowed domain becomes a ticket")
    def _(stack):
        reply = stack.send(mail("Printer is broken"), "ann@acme.example", ["support@acme.example"])
        ...

    main(Stack)

Everything that a stack starts ends with it, also when the test is killed (the servers watch our process).

A case that fails must not make another one fail: what it started is ended by what it gave to at_end(), and the next case gets
new servers. So no case may need what an earlier one left. Waits have no bound that a slow machine can reach: SLOW seconds.

When TEST_LOGS names a folder, the logs of the servers of a failed case are copied there.
Only the standard library is used.
"""

import argparse
import contextlib
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
LIB = os.path.join(TREE, "packaging", "lib")

# What the cases of most files need: one channel, as in the sample configuration.
CHANNEL = """channel = {
  tenant = "acme"; name = "support"; title = "Support Mailbox"; status = "published";
  address = "support.392@acme.tickets.example.net";
  aliases = [ "support@acme.example", "helpdesk@acme.example" ];
  folders = { success = "none"; fail = "alias"; exclude = "none"; };
  senders = { allowed_domains = [ "acme.example", "*.partner.example" ]; };
  template = "incident";
  reply_types = [ "incident" ];
  fields = ( { field = "subject"; from = "subject"; }, { field = "description"; from = "body"; },
             { field = "requester"; from = "sender"; },
             { field = "priority"; from = "importance"; map = { high = "P2"; normal = "P3"; low = "P4"; }; default = "P3"; },
             { field = "category"; default = "mail"; } );
};
"""
TEMPLATE = """template = { tenant = "acme"; name = "incident"; ticket_type = "incident"; prefix = "INC"; status = "published";
  fields = ( { name = "subject"; required = true; }, { name = "description"; required = true; },
             { name = "requester"; required = true; },
             { name = "priority"; values = [ "P1", "P2", "P3", "P4" ]; required = true; },
             { name = "category"; required = true; } ); };
"""
# Where the MTA delivers what the milter leaves alone.
ALIASES = ["support@acme.example fail@acme.example", "helpdesk@acme.example fail@acme.example",
           "support.392@acme.tickets.example.net fail@acme.example"]
DOMAINS = ["acme.example", "acme.tickets.example.net"]


def client_program(name):
    """A client of PostgreSQL without the wrapper that Debian puts before it, which costs more than most queries."""
    found = glob.glob("/usr/lib/postgresql/*/bin/" + name)
    return max(found, key=lambda path: int(path.split("/")[4])) if found else name


PSQL = client_program("psql")


# Seconds after which something that is waited for is taken for broken: a machine ten times slower than ours must not get there.
SLOW = 180


def with_quarantine(megabytes):
    """Variables for a daemon whose sanitizer holds back so much freed memory, that its memory can be watched."""
    return {"ASAN_OPTIONS": ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=%d" % megabytes]))}


class Skip(Exception):
    """The case cannot run here; the text says why."""


class Failed(Exception):
    """An expectation of a case does not hold."""


def expect(condition, text):
    if not condition:
        raise Failed(text)


def expect_equal(got, wanted, what="value"):
    if got != wanted:
        raise Failed("%s is %r, not %r" % (what, got, wanted))


def wait_for(probe, what, seconds=SLOW):
    """Calls probe until it returns something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed("waited %s s for %s" % (seconds, what))
        time.sleep(0.05)


def children(parent):
    """{pid: name} of the processes whose parent it is."""
    found = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % entry, encoding="utf-8", errors="replace") as file:
                name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
            if int(rest.split()[1]) == parent:
                found[int(entry)] = name
        except (OSError, IndexError):
            continue
    return found


def knock(address):
    """Connects to a milter's socket, written as libmilter writes it, and leaves; whether somebody answered."""
    kind, _, place = address.partition(":")
    try:
        with socket.socket(socket.AF_INET if kind == "inet" else socket.AF_UNIX) as probe:
            probe.connect(("127.0.0.1", int(place.split("@")[0])) if kind == "inet" else place)
        return True
    except OSError:
        return False


def end_milter(process, address, how=signal.SIGTERM, seconds=SLOW):
    """Signals a filter and returns its exit status, or kills it and raises Failed. Whether it shall stop libmilter looks up
    every five seconds, and whenever somebody connects; so somebody does."""
    process.send_signal(how)
    end = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > end:
            process.kill()
            process.wait()
            raise Failed("the milter did not end within %s s" % seconds)
        knock(address)
        time.sleep(0.05)
    return process.returncode


def mail(subject="Printer is broken", body="The printer on floor 3 is broken.\n", sender="Ann <ann@acme.example>",
         to="support@acme.example", message_id=None, headers=()):
    """A small mail as bytes. HEADERS are (name, value) pairs that come last; None as a value leaves a header out."""
    fixed = [("From", sender), ("To", to), ("Subject", subject), ("Date", "Mon, 02 Mar 2026 10:00:00 +0000"),
             ("Message-ID", message_id or "<%s@acme.example>" % os.urandom(8).hex())]
    lines = ["%s: %s" % pair for pair in fixed + list(headers) if pair[1] is not None]
    return ("\r\n".join(lines) + "\r\n\r\n" + body.replace("\r\n", "\n").replace("\n", "\r\n")).encode()


class Smtp:
    """One SMTP session on a raw socket; replies are (code, text), where lines of a reply are joined by \\n."""

    def __init__(self, port, timeout=SLOW, helo="client.example"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.file = self.socket.makefile("rb")
        self.banner = self.reply()
        self.ehlo = self.command("EHLO " + helo) if helo else None

    def reply(self):
        lines = []
        while True:
            line = self.file.readline().decode("utf-8", "replace").rstrip("\r\n")
            if not line:
                return (0, "\n".join(lines))  # the peer closed the connection
            lines.append(line[4:])
            if line[3:4] != "-":
                return (int(line[:3]), "\n".join(lines))

    def command(self, line):
        try:
            self.socket.sendall(line.encode("utf-8", "surrogateescape") + b"\r\n")
        except OSError:
            return (0, "")
        return self.reply()

    def data(self, content):
        """Sends DATA, the content (dots are stuffed), the end; returns the last reply that was given."""
        reply = self.command("DATA")
        if reply[0] != 354:
            return reply
        content = re.sub(rb"(?m)^\.", b"..", content)
        if not content.endswith(b"\r\n"):
            content += b"\r\n"
        try:
            self.socket.sendall(content + b".\r\n")
        except OSError:
            return (0, "")
        return self.reply()

    def send(self, content, sender, recipients, options=""):
        """One transaction. Returns the replies to MAIL, to each RCPT, and to the end of data (None if not reached)."""
        replies = {"mail": self.command("MAIL FROM:<%s>%s" % (sender, options)), "rcpt": [], "data": None}
        if replies["mail"][0] == 250:
            replies["rcpt"] = [self.command("RCPT TO:<%s>" % recipient) for recipient in recipients]
            if any(code // 100 == 2 for code, _ in replies["rcpt"]):
                replies["data"] = self.data(content)
            else:
                self.command("RSET")
        return replies

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Stack:
    """The servers in a folder. start() starts what is asked for, stop() ends it and removes the folder."""

    def __init__(self, build, milter="ticket", channels=None, templates=None, aliases=None, domains=None, options="",
                 postfix=(), env=None, mta="postfix", listen="unix"):
        """MILTER: ticket, noop or None. LISTEN: unix or inet, the milter's socket. CHANNELS, TEMPLATES: {file name: text}. OPTIONS: lines for ticket-milter.conf.
        POSTFIX: further arguments for the script of the mail server. ENV: for the daemon. MTA: postfix
        (packaging/lib/postfix) or sendmail (tests/lib/sendmail)."""
        self.build = os.path.abspath(build)
        self.milter = milter
        self.channels = channels if channels is not None else {"support.conf": CHANNEL}
        self.templates = templates if templates is not None else {"incident.conf": TEMPLATE}
        self.aliases = aliases if aliases is not None else ALIASES
        self.domains = domains if domains is not None else DOMAINS
        self.options = options
        self.mta = mta
        self.mta_arguments = list(postfix)
        self.listen = listen
        self.env = dict(env or {})
        self.daemon = None
        self.dir = self.conninfo = self.port = None

    # Names of files and programs.
    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def program(self, name):
        for path in (name, os.path.join("milter", name), os.path.join("milter", "daemon", name),
                     os.path.join("milter", "ctl", name), os.path.join("tests", "mta", name)):
            path = os.path.join(self.build, path)
            if os.access(path, os.X_OK) and not os.path.isdir(path):
                return path
        raise Skip("%s is not built" % name)

    def has_fault_points(self):
        """Whether the daemon is built with --enable-fault-points."""
        with open(self.program("ticket-milter"), "rb") as file:
            return b"TICKET_MILTER_FAULT" in file.read()

    def script(self, name):
        return next(path for path in (os.path.join(LIB, name), os.path.join(HERE, name)) if os.path.exists(path))

    def call(self, name, *arguments):
        """A script of packaging/lib or tests/lib; returns its last line."""
        done = subprocess.run([self.script(name), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, POSTGRES_GUARD=str(os.getpid())))
        if done.returncode != 0:
            text = "%s %s: %s" % (name, arguments[0], done.stderr.strip())
            raise Skip(text) if done.returncode == 77 else Failed(text)
        return (done.stdout.strip().splitlines() or [""])[-1]

    # Starting and stopping.
    def start(self):
        if self.mta == "postfix" and shutil.which("postfix", path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None:
            raise Skip("Postfix is not installed")
        if os.getuid() != 0 and subprocess.run(["sudo", "-n", "true"], stderr=subprocess.DEVNULL).returncode != 0:
            raise Skip("the mail server needs root or sudo")
        program = {"ticket": "ticket-milter", "noop": "noop-milter", None: None}[self.milter]
        if program:
            self.program(program)
        self.dir = tempfile.mkdtemp(prefix="ticket-milter.")
        os.chmod(self.dir, 0o711)
        try:
            if self.milter == "ticket":
                self.conninfo = self.call("postgres", "start", self.path("postgres"))
            self.choose_socket()
            self.start_mta()
            if self.milter == "ticket":
                self.configure()
                self.fill_database()
            if self.milter:
                self.start_milter()
        except BaseException:
            self.stop()
            raise
        return self

    def fill_database(self):
        """Makes the schema and publishes the channels, before the filter starts."""
        self.ctl("init")
        self.ctl("migrate")
        for role in ("ticket_agent", "ticket_restricted"):
            self.ctl("reader", "add", role, "*")
        self.publish()

    def choose_socket(self):
        """The milter's socket, as libmilter writes it and as the mail server does."""
        if self.listen == "inet":
            port = int(self.call("ports", "claim", str(os.getpid())))
            self.socket, self.mta_socket = "inet:%d@127.0.0.1" % port, "inet:127.0.0.1:%d" % port
        else:
            self.socket = "unix:" + self.path(self.mta, "spool", "ticket-milter", "milter.sock")
            self.mta_socket = "unix:ticket-milter/milter.sock"

    def start_mta(self):
        arguments = ["start", self.path(self.mta), "--guard", str(os.getpid())]
        if self.milter:
            arguments += ["--milter", self.mta_socket]
        for domain in self.domains:
            arguments += ["--domain", domain]
        for alias in self.aliases:
            arguments += ["--alias", alias]
        if self.mta == "postfix":
            # the tests tell Postfix which client they are
            arguments += ["--set", "smtpd_authorized_xclient_hosts = 127.0.0.1"]
        self.port = int(self.call(self.mta, *arguments, *self.mta_arguments))

    def mta_processes(self):
        """{pid: name} of the children of Postfix's master."""
        return children(int(self.read("postfix", "spool", "pid", "master.pid") or 0))

    def reload_mta(self, *services):
        """Makes Postfix read its settings again, and waits until no process of these SERVICES is left that works by the old
        ones. (An smtpd with a session, and its cleanup, stay until the session ends.)"""
        working = {pid for pid, name in self.mta_processes().items() if name in services}
        told = self.maillog().count("reload -- version")
        self.call("postfix", "reload", self.path("postfix"))
        wait_for(lambda: self.maillog().count("reload -- version") > told, "Postfix to read its settings")
        wait_for(lambda: not working & set(self.mta_processes()), "the processes with the old settings to end")

    def configure(self):
        """Writes the configuration of ticket-milter from what the constructor was given."""
        for folder, files in (("channels.d", self.channels), ("templates.d", self.templates)):
            shutil.rmtree(self.path("conf", folder), ignore_errors=True)
            os.makedirs(self.path("conf", folder))
            for name, text in files.items():
                self.write(("conf", folder, name), text)
        self.write(("conf", "token.key"), os.urandom(32).hex() + "\n", 0o600)
        text = ('instance = "mx.example.net";\nlisten = "%s";\n' % self.socket +
                'database = { conninfo = "%s"; };\n' % re.sub(r"user=\S+", "user=ticket_milter", self.conninfo) +
                'token_keys = ( { id = "a"; file = "%s"; } );\n' % self.path("conf", "token.key"))
        os.makedirs(self.path("spool"), exist_ok=True)
        text += 'spool_directory = "%s";\nuser = "";\nlisten_group = "";\n' % self.path("spool")
        self.write(("conf", "ticket-milter.conf"), text + self.options + "\n")

    def publish(self):
        """Makes the tenants and publishes every channel whose file says that it is published."""
        tenants = {}
        for text in self.channels.values():
            tenant = re.search(r'\btenant = "([^"]*)"', text)
            if tenant:
                tenants.setdefault(tenant.group(1), set()).update(re.findall(r'"[^"@*]+@([^"@]+)"', text))
        for tenant, domains in tenants.items():
            self.ctl("tenant", "add", tenant, "--shared", *["--domain=" + domain for domain in sorted(domains)])
        for text in self.channels.values():
            names = [re.search(r'\b%s = "([^"]*)"' % key, text) for key in ("tenant", "name", "status")]
            if all(names) and names[2].group(1) == "published":
                self.ctl("publish", names[0].group(1) + "/" + names[1].group(1))

    def write(self, parts, text, mode=0o644):
        with open(self.path(*parts), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(*parts), mode)

    def start_milter(self):
        """Starts the filter and waits until its socket answers."""
        if self.milter == "noop":
            command = [self.program("noop-milter"), self.socket]
        else:
            command = [self.program("ticket-milter"), "-c", self.path("conf", "ticket-milter.conf")]
        with open(self.path("milter.log"), "ab") as log:
            before = log.tell()
            self.daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           env=dict(os.environ, **self.env))

        def answers():
            if self.daemon.poll() is not None:
                raise Failed("the milter ended with %d: %s" % (self.daemon.returncode, self.milter_log()[-2000:]))
            # the socket answers a moment before the mail server's user may open it
            if self.milter == "ticket" and b" is ready" not in self.read_bytes("milter.log")[before:]:
                return False
            return knock(self.socket)
        wait_for(answers, "the milter's socket")

    def stop_milter(self, how=signal.SIGTERM, seconds=SLOW):
        """Ends the filter and returns its exit status."""
        if self.daemon is None:
            return None
        daemon, self.daemon = self.daemon, None
        return end_milter(daemon, self.socket, how, seconds)

    def restart_milter(self, how=signal.SIGTERM):
        self.stop_milter(how)
        self.start_milter()

    def stop_postgres(self, mode="fast"):
        self.call("postgres", "stop", self.path("postgres"), mode)

    def start_postgres(self):
        self.call("postgres", "start", self.path("postgres"))

    def stop(self):
        """Ends everything; raises Failed when a sanitizer has complained in the milter."""
        if self.dir is None:
            return
        try:
            self.stop_milter()
        finally:
            complaints = self.complaints()
            subprocess.run([self.script(self.mta), "remove", self.path(self.mta)], stderr=subprocess.DEVNULL)
            if self.conninfo:
                subprocess.run([os.path.join(LIB, "postgres"), "remove", self.path("postgres")], stderr=subprocess.DEVNULL)
            shutil.rmtree(self.dir, ignore_errors=True)
            self.dir = None
        expect(not complaints, "a sanitizer complains: " + complaints)

    # Acting.
    def smtp(self, **options):
        return Smtp(self.port, **options)

    def send(self, content, sender, recipients, options=""):
        """One mail in a session of its own; returns the reply to the end of data, or the first refusal."""
        with self.smtp() as session:
            replies = session.send(content, sender, recipients, options)
            session.command("QUIT")
        if replies["data"] is not None:
            return replies["data"]
        return replies["rcpt"][0] if replies["rcpt"] else replies["mail"]

    def ctl(self, *arguments, check=True):
        """ticketctl; returns its standard output, and with check=False the finished process."""
        env = dict(os.environ, TICKETCTL_CONNINFO=self.conninfo)
        done = subprocess.run([self.program("ticketctl"), "-c", self.path("conf", "ticket-milter.conf"), *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, env=env)
        if not check:
            return done
        expect(done.returncode == 0, "ticketctl %s: %d: %s" % (" ".join(arguments), done.returncode, done.stderr.strip()))
        return done.stdout

    def ctl_json(self, *arguments):
        return [json.loads(line) for line in self.ctl(*arguments, "--json").splitlines()]

    # Looking.
    def psql(self, text, role=None):
        """Runs statements and returns their output, a row a line."""
        conninfo = self.conninfo if role is None else re.sub(r"user=\S+", "user=" + role, self.conninfo)
        done = subprocess.run([PSQL, "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", conninfo], input=text, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        expect(done.returncode == 0, "psql: " + done.stderr.strip())
        return done.stdout

    def rows(self, query, role=None):
        """The rows of a query as dicts; types as JSON has them."""
        text = self.psql("SELECT coalesce(json_agg(q), '[]') FROM (%s) AS q" % query.rstrip("; \n"), role)
        return json.loads(text)

    def value(self, query):
        rows = self.rows(query)
        return next(iter(rows[0].values())) if rows else None

    def mailbox(self, address):
        """The mails delivered to an address so far, as bytes, oldest first."""
        local, domain = address.lower().split("@")
        files = glob.glob(glob.escape(self.path(self.mta, "mail", domain, local, "new")) + "/*")
        mails = []
        for name in sorted(files, key=os.path.getmtime):
            with open(name, "rb") as file:
                mails.append(file.read())
        return mails

    def wait_mailbox(self, address, count=1, seconds=SLOW):
        return wait_for(lambda: len(self.mailbox(address)) >= count and self.mailbox(address),
                        "%d mails to %s" % (count, address), seconds)

    def queue_is_empty(self):
        return self.call(self.mta, "queued", self.path(self.mta)) == "0"

    def settle(self, seconds=SLOW):
        """Waits until Postfix has delivered all that it took."""
        wait_for(self.queue_is_empty, "an empty queue", seconds)

    def read(self, *parts):
        try:
            with open(self.path(*parts), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def read_bytes(self, *parts):
        with open(self.path(*parts), "rb") as file:
            return file.read()

    def maillog(self):
        return self.read(self.mta, "maillog")

    def milter_log(self):
        return self.read("milter.log")

    def logs(self):
        """The logs of all servers, by their names in the folder."""
        if self.dir is None:
            return {}
        paths = [path for pattern in ("*.log", "*/maillog", "*/log", "*/*/log", "filters/*.log") for path in glob.glob(self.path(pattern))]
        return {os.path.relpath(path, self.dir).replace("/", "-"): path for path in paths}

    def complaints(self):
        lines = [line for line in self.milter_log().splitlines()
                 if re.search(r"(ERROR|WARNING): \w*Sanitizer|runtime error:|GLib\S*-CRITICAL|assertion .* failed", line)]
        return "; ".join(lines[:5])


_cases = []
_endings = contextlib.ExitStack()


def case(sentence):
    """Names a test case; the function takes the stack."""
    def add(function):
        _cases.append((sentence, function))
        return function
    return add


def at_end(function, *arguments):
    """Has FUNCTION called when the case is over, whatever became of it; the last one given is called first."""
    _endings.callback(function, *arguments)


def _comment(text):
    print("".join("#   %s\n" % line for line in text.splitlines()), end="", flush=True)


def _outcome(name, function, *arguments):
    """Runs one case and prints its line; returns whether it did not fail."""
    try:
        with _endings:
            function(*arguments)
    except Skip as why:
        print("skip %s: %s" % (name, str(why).replace("\n", " ")), flush=True)
    except Exception as error:  # pylint: disable=broad-except
        print("not ok %s" % name)
        _comment(str(error) if isinstance(error, Failed) else traceback.format_exc())
        return False
    else:
        print("ok %s" % name, flush=True)
    return True


class _Runner:
    """Runs the cases of a file; whoever comes after a failed case gets new servers."""

    def __init__(self, make_stack, build, prefix):
        self.make_stack, self.build, self.prefix = make_stack, build, prefix
        self.stack, self.good, self.failures = None, True, 0

    def start(self, cases):
        """Starts the servers; where they do not start, says so for all CASES, and returns False."""
        try:
            stack = self.make_stack(self.build)
            stack.start()
        except Skip as why:
            for name, _ in cases:
                print("skip %s: %s" % (name, str(why).replace("\n", " ")))
            return False
        except Exception as why:  # pylint: disable=broad-except
            self.good = False
            for name, _ in cases:
                print("not ok %s" % name)
            _comment("the stack does not start: " + (str(why) if isinstance(why, Failed) else traceback.format_exc()))
            return False
        self.stack = stack
        return True

    def keep_logs(self):
        """Copies the logs of the servers to where they stay; returns the names of the copies."""
        folder, kept = os.environ.get("TEST_LOGS"), []
        self.failures += 1
        for name, path in self.stack.logs().items() if folder else ():
            kept.append(os.path.join(folder, "%s.%d.%s" % (self.prefix.replace("/", "-"), self.failures, name)))
            with contextlib.suppress(OSError):
                shutil.copyfile(path, kept[-1])
        return kept

    def run(self, cases):
        if not self.start(cases):
            return
        for number, (name, function) in enumerate(cases):
            if _outcome(name, function, self.stack):
                continue
            self.good = False
            _comment("\n".join(self.stack.milter_log().splitlines()[-8:] + self.stack.maillog().splitlines()[-8:]))
            for path in self.keep_logs():
                _comment("the whole log: " + path)
            if number + 1 < len(cases):
                stack, self.stack = self.stack, None
                try:
                    stack.stop()
                except Exception as why:  # pylint: disable=broad-except
                    _comment("the servers end with a complaint: %s" % why)
                if not self.start(cases[number + 1:]):
                    return

    def stop(self):
        if self.stack is None:
            return
        kept = self.keep_logs()
        if _outcome(self.prefix + ": the servers end without a complaint", self.stack.stop):
            for path in kept:
                with contextlib.suppress(OSError):
                    os.unlink(path)
        else:
            self.good = False


def main(make_stack):
    """Runs the file's cases with one stack, made by make_stack(build); ends the process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(TREE, "build"))
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    prefix = "mta/" + os.path.splitext(os.path.basename(sys.argv[0]))[0]
    # An attack or failure of the catalogue is known by its id, which stands in front.
    chosen = [(sentence if re.match(r"[A-Z]\d+ ", sentence) else prefix + ": " + sentence, function) for sentence, function in _cases
              if arguments.only in prefix + ": " + sentence]
    if not chosen:
        sys.exit(0)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(2))
    runner = _Runner(make_stack, arguments.build, prefix)
    try:
        runner.run(chosen)
    finally:
        runner.stop()
    sys.exit(0 if runner.good else 1)
