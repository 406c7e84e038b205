"""ticket-milter as a process: start, socket, user, signals, end, and MTAs that speak badly. Needs no server; the
database that it is told of is never there."""

import grp
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tk import CHANNEL, SLOW, TEMPLATE, Skip, Stack, case, end_milter, expect, expect_equal, main, wait_for, with_quarantine  # noqa: E402

NOBODY = "nobody"


class Bare(Stack):
    """A folder, and the daemons that a case starts in it."""

    def start(self):
        self.program("ticket-milter")
        self.daemons = []
        self.dir = tempfile.mkdtemp(prefix="ticket-milter.")
        os.chmod(self.dir, 0o755)
        self.socket = "unix:" + self.path("socket", "milter.sock")
        self.conninfo = "host=%s dbname=none user=postgres" % self.dir
        os.mkdir(self.path("socket"))
        self.configure()
        self.conninfo = None
        return self

    def stop(self):
        if self.dir is None:
            return
        self.kill_all()
        complaints = self.complaints()
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir = None
        expect(not complaints, "a sanitizer complains: " + complaints)

    def kill_all(self):
        for daemon in self.daemons:
            if daemon.poll() is None:
                daemon.kill()
                daemon.wait()

    def change(self, **settings):
        """Writes the main file anew with other values; returns the text of before."""
        before = self.read("conf", "ticket-milter.conf")
        lines = [line for line in before.splitlines() if line.split(" ")[0] not in settings]
        lines += ["%s = %s;" % pair for pair in settings.items()]
        self.write(("conf", "ticket-milter.conf"), "\n".join(lines) + "\n")
        return before

    def command(self, *arguments):
        return [self.program("ticket-milter"), "-c", self.path("conf", "ticket-milter.conf"), *arguments]

    def run(self, *arguments):
        """The finished process; for those that end by themselves."""
        return subprocess.run(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=SLOW)

    def spawn(self, *arguments, env=None, user=None):
        """A daemon that is ready; the one before is ended where its case failed."""
        self.kill_all()
        with open(self.path("milter.log"), "ab") as log:
            before = log.tell()
            daemon = subprocess.Popen(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                      env=dict(os.environ, **(env or {})), user=user,
                                      group=user and pwd.getpwnam(user).pw_gid, extra_groups=[] if user else None)
        self.daemons.append(daemon)
        wait_for(lambda: " is ready" in self.milter_log()[before:] or daemon.poll() is not None, "the start")
        expect(daemon.poll() is None, "the start failed: " + self.milter_log()[before:])
        return daemon

    def end(self, daemon, how=signal.SIGTERM):
        return end_milter(daemon, self.socket, how)

    def client(self, *arguments):
        done = subprocess.run([self.program("milter-client"), self.socket[len("unix:"):], *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=10 * SLOW)
        expect(done.returncode == 0, "milter-client %s: %s" % (" ".join(arguments), done.stdout))
        return done.stdout




def status_of(daemon, word):
    with open("/proc/%d/status" % daemon.pid, encoding="ascii") as file:
        return next(line.split()[1:] for line in file if line.startswith(word + ":"))


def count_fds(daemon):
    return len(os.listdir("/proc/%d/fd" % daemon.pid))


@case("a good configuration is checked with 0, a bad one with 78 and its file and line, a wrong word with 64")
def _(stack):
    done = stack.run("-t")
    expect_equal((done.returncode, done.stderr), (0, ""))
    before = stack.change(surprise="1")
    done = stack.run("-t")
    stack.write(("conf", "ticket-milter.conf"), before)
    expect_equal(done.returncode, 78)
    expect("ticket-milter.conf:" in done.stderr and "surprise" in done.stderr, done.stderr)
    expect_equal(stack.run("--bogus").returncode, 64)
    expect_equal(stack.run("-c", stack.path("none.conf"), "-t").returncode, 78)
    expect("--background" in stack.run("--help").stdout, "no help")


@case("a faulty channel does not keep the others from being served, and is told with file and line")
def _(stack):
    stack.write(("conf", "channels.d", "faulty.conf"), CHANNEL.replace('"support"', '"other"').replace("published", "pubWished"))
    daemon = stack.spawn()
    os.unlink(stack.path("conf", "channels.d", "faulty.conf"))
    expect("faulty.conf:" in stack.milter_log(), stack.milter_log())
    expect_equal(stack.end(daemon), 0)


@case("the socket has its mode and group, is replaced when it is a leftover, and goes with its process")
def _(stack):
    path = stack.socket[len("unix:"):]
    group = grp.getgrgid(os.getgid()).gr_name
    before = stack.change(listen_group='"%s"' % group, listen_mode='"0640"')
    daemon = stack.spawn()
    about = os.stat(path)
    expect_equal((stat.S_IMODE(about.st_mode), about.st_gid), (0o640, os.getgid()))
    daemon.kill()
    daemon.wait()
    expect(os.path.exists(path), "a killed process cannot have removed it")
    daemon = stack.spawn()
    stack.write(("conf", "ticket-milter.conf"), before)
    expect_equal(stack.end(daemon), 0)
    expect(not os.path.exists(path), "the socket was left behind")


@case("a living socket is never taken over, and what is no socket is never removed")
def _(stack):
    path = stack.socket[len("unix:"):]
    first = stack.spawn()
    inode = os.stat(path).st_ino
    second = stack.run()
    expect_equal(second.returncode, 75)
    expect("another process listens" in second.stderr, second.stderr)
    expect_equal(os.stat(path).st_ino, inode)
    stack.client("rset", "1")
    expect_equal(stack.end(first), 0)

    stack.write(("socket", "milter.sock"), "precious")
    done = stack.run()
    expect_equal((done.returncode, stack.read("socket", "milter.sock")), (78, "precious"))
    os.unlink(path)


@case("started as root it becomes its user for good, with its groups, and the socket is that user's")
def _(stack):
    if os.getuid() != 0:
        raise Skip("needs root")
    user = pwd.getpwnam(NOBODY)
    group = "daemon"
    before = stack.change(user='"%s"' % NOBODY, listen_group='"%s"' % group)
    os.chown(stack.path("conf", "token.key"), user.pw_uid, -1)
    os.chown(stack.path("socket"), user.pw_uid, -1)
    try:
        daemon = stack.spawn()
    finally:
        stack.write(("conf", "ticket-milter.conf"), before)
        os.chown(stack.path("conf", "token.key"), 0, -1)
    expect_equal(set(status_of(daemon, "Uid")), {str(user.pw_uid)})
    expect_equal(set(status_of(daemon, "Gid")), {str(user.pw_gid)})
    expect("0" not in status_of(daemon, "Groups"), "root's groups are kept")
    about = os.stat(stack.socket[len("unix:"):])
    expect_equal((about.st_uid, about.st_gid, stat.S_IMODE(about.st_mode)),
                 (user.pw_uid, grp.getgrnam(group).gr_gid, 0o660))
    expect_equal(stack.end(daemon), 0)
    expect(not os.path.exists(stack.socket[len("unix:"):]), "the socket was left behind")


@case("started as its user it leaves the socket in the group of its folder")
def _(stack):
    if os.getuid() != 0:
        raise Skip("needs root")
    user, group = pwd.getpwnam(NOBODY), grp.getgrnam("daemon")
    os.chown(stack.path("conf", "token.key"), user.pw_uid, -1)
    os.chown(stack.path("socket"), user.pw_uid, group.gr_gid)
    os.chmod(stack.path("socket"), 0o2750)
    before = stack.change(listen_group='"daemon"', user='"%s"' % NOBODY)
    try:
        daemon = stack.spawn(user=NOBODY)
    except PermissionError:
        raise Skip("%s cannot run what was built" % NOBODY) from None
    finally:
        stack.write(("conf", "ticket-milter.conf"), before)
        os.chown(stack.path("conf", "token.key"), 0, -1)
    about = os.stat(stack.socket[len("unix:"):])
    expect_equal((about.st_uid, about.st_gid, stat.S_IMODE(about.st_mode)), (user.pw_uid, group.gr_gid, 0o660))
    expect_equal(stack.end(daemon), 0)
    expect(not os.path.exists(stack.socket[len("unix:"):]), "the socket was left behind")


@case("an unknown user or group is a configuration error and leaves no socket")
def _(stack):
    for setting in ("user", "listen_group"):
        before = stack.change(**{setting: '"no-such-one"'})
        done = stack.run()
        stack.write(("conf", "ticket-milter.conf"), before)
        expect_equal(done.returncode, 78, setting)
        expect("no-such-one" in done.stderr, done.stderr)
        expect(not os.path.exists(stack.socket[len("unix:"):]), "a socket was left")


@case("the service manager hears of start, health and end")
def _(stack):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(stack.path("notify"))
        manager.settimeout(SLOW)
        daemon = stack.spawn(env={"NOTIFY_SOCKET": stack.path("notify"), "WATCHDOG_USEC": "400000"})
        expect(manager.recv(4096).startswith(b"READY=1\nSTATUS="), "the start was not told first")

        def hear():
            """The next that is said but for the status, which changes when the database does."""
            return next(said for said in iter(lambda: manager.recv(4096), b"") if not said.startswith(b"STATUS="))
        expect_equal(hear(), b"WATCHDOG=1")
        expect_equal(hear(), b"WATCHDOG=1")
        daemon.terminate()
        heard = wait_for(lambda: (lambda said: said if said != b"WATCHDOG=1" else None)(hear()), "the end")
        expect_equal(heard, b"STOPPING=1")
        expect_equal(daemon.wait(SLOW), 0)


@case("P4: SIGUSR1 reads the configuration again; with an error the old one stays and file and line are told")
def _(stack):
    daemon = stack.spawn()
    start = len(stack.milter_log())
    before = stack.change(deadline='"11s"', listen='"unix:/other"')
    daemon.send_signal(signal.SIGUSR1)
    wait_for(lambda: "read anew" in stack.milter_log()[start:], "the reload")
    expect("listen changes at the next start only" in stack.milter_log()[start:], stack.milter_log()[start:])
    stack.write(("conf", "ticket-milter.conf"), before + "oops\n")
    daemon.send_signal(signal.SIGUSR1)
    wait_for(lambda: "the configuration of before stays" in stack.milter_log()[start:], "the refusal")
    line = len(before.splitlines()) + 1
    told = stack.milter_log()[start:]
    expect("ticket-milter.conf:%d: " % line in told or "ticket-milter.conf:%d: " % (line + 1) in told, told)
    stack.write(("conf", "ticket-milter.conf"), before)
    stack.client("rset", "1")
    expect_equal(stack.end(daemon), 0)


@case("P4: SIGTERM, SIGHUP and SIGINT stop it with 0 and take the socket away")
def _(stack):
    for how in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        daemon = stack.spawn()
        expect_equal(stack.end(daemon, how), 0, how)
        expect(not os.path.exists(stack.socket[len("unix:"):]), "%s left the socket" % how)


@case("P4: a stop that comes before the first connection can is no failure")
def _(stack):
    if not stack.has_fault_points():
        raise Skip("built without --enable-fault-points")
    for how in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT) * 3:
        daemon = stack.spawn(env={"TICKET_MILTER_FAULT": "ready sleep 300"})
        expect_equal(stack.end(daemon, how), 0, how)
        expect(not os.path.exists(stack.socket[len("unix:"):]), "%s left the socket" % how)


@case("--background returns when the socket is open, and the child serves")
def _(stack):
    path = stack.socket[len("unix:"):]
    done = stack.run("--background", "--log", "syslog")
    expect_equal((done.returncode, done.stderr), (0, ""))
    wanted = stack.path("conf", "ticket-milter.conf").encode()
    pids = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % entry, "rb") as file:
                if wanted in file.read().split(b"\0"):
                    pids.append(int(entry))
        except OSError:
            continue
    expect_equal(len(pids), 1, "count of processes")
    try:
        stack.client("rset", "1")
        expect_equal(os.getsid(pids[0]), pids[0], "the session")
    finally:
        os.kill(pids[0], signal.SIGTERM)
    wait_for(lambda: not os.path.exists(path), "the end")


@case("P6: broken packets end their own connection and nothing else")
def _(stack):
    daemon = stack.spawn()
    stack.client("garbage", "1", "<bob@elsewhere.example>")
    expect(daemon.poll() is None, "the filter ended")
    expect_equal(stack.end(daemon), 0)


@case("P11: an MTA that offers too little is refused, with a line that says what to set")
def _(stack):
    daemon = stack.spawn()
    stack.client("old")
    wait_for(lambda: "milter_protocol = 6" in stack.milter_log(), "a line that says what to set")
    expect_equal(stack.end(daemon), 0)


@case("D1: while the database is away every mail to a channel gets 451, all others pass")
def _(stack):
    daemon = stack.spawn()
    told = stack.client("edits")
    expect("451 4.3.0 " in told and "none" not in told, told)
    expect("accepted=3 later=0" in stack.client("mails", "3", "<bob@elsewhere.example>"), "others do not pass")
    line = [line for line in stack.milter_log().splitlines() if "id=CLIENT" in line][-1]
    for word in ("verdict=later", "channel=", "rcpts=1", "reply=451", "status=later", "why="):
        expect(word in line, line)
    expect_equal(stack.end(daemon), 0)


@case("P13: ten thousand mails, RSET storms and connections that vanish leave no memory, thread or file behind")
def _(stack):
    # a sanitizer keeps what was freed for a while, some hundred megabytes if it may
    daemon = stack.spawn(env=with_quarantine(1))
    other = "<bob@elsewhere.example>"
    stack.client("vanish", "70")
    stack.client("mails", "1000", other)
    files, memory = count_fds(daemon), int(status_of(daemon, "VmRSS")[0])
    expect("accepted=10000 " in stack.client("mails", "10000", other), "not all were let go")
    stack.client("rset", "5000")
    stack.client("vanish", "700")
    wait_for(lambda: count_fds(daemon) <= files, "the files to be closed")
    grown = int(status_of(daemon, "VmRSS")[0]) - memory
    expect(grown < 16 * 1024, "grew by %d KiB" % grown)
    wait_for(lambda: int(status_of(daemon, "Threads")[0]) < 20, "the threads to end")
    expect_equal(os.listdir(stack.path("spool")), [])
    expect_equal(stack.end(daemon), 0)


@case("P12: connections in the hundreds are served, and closing them takes their threads away")
def _(stack):
    daemon = stack.spawn()
    clients = [subprocess.Popen([stack.program("milter-client"), stack.socket[len("unix:"):], "mails", "20",
                                 "<bob@elsewhere.example>"], stdout=subprocess.PIPE, text=True) for _ in range(100)]
    for client in clients:
        out, _ = client.communicate(timeout=10 * SLOW)
        expect("accepted=20 " in out, out)
    wait_for(lambda: int(status_of(daemon, "Threads")[0]) < 20, "the threads to end")
    expect_equal(stack.end(daemon), 0)


main(lambda build: Bare(build, channels={"support.conf": CHANNEL}, templates={"incident.conf": TEMPLATE}))
