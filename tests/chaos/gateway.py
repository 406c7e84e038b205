"""gateway: the servers of a soak: those of tests/lib/tk.py, a daemon that is started again when it ends as systemd does it,
and what some faults need besides: a second host, a standby, a proxy, small disks."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from tk import SLOW, Failed, Skip, Stack, children, expect, wait_for, with_quarantine  # noqa: E402

DEADLINE = 4
OPTIONS = 'deadline = "%ds";\n' % DEADLINE
DATABASE = 'database = { conninfo = "%s"; pool = 8; wait = "2s"; };'


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def kill(pids, how=signal.SIGKILL):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)


class Daemon:
    """A daemon and its keeper, who starts it again whenever it ends, unless it is held."""

    def __init__(self, stack, name, config):
        self.stack, self.name, self.config = stack, name, config
        self.env, self.process, self.starts, self.held = {}, None, 0, False
        self.lock = threading.RLock()
        self.keeper = threading.Thread(target=self.keep, daemon=True)
        self.over = False

    def log(self):
        return self.stack.read(self.name + ".log")

    def begin(self):
        self.start()
        self.keeper.start()

    def start(self):
        with self.lock:
            with open(self.stack.path(self.name + ".log"), "ab") as log:
                before = log.tell()
                self.process = subprocess.Popen(
                    [self.stack.program("ticket-milter"), "-c", self.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env=dict(os.environ, **with_quarantine(4), **self.env))
            self.starts += 1
            wait_for(lambda: b" is ready" in self.stack.read_bytes(self.name + ".log")[before:] or
                     self.process.poll() is not None, "the daemon to start")

    def keep(self):
        while not self.over:
            time.sleep(0.1)
            with self.lock:
                if not self.over and not self.held and self.process.poll() is not None:
                    with contextlib.suppress(Failed):
                        self.start()

    def end(self, how=signal.SIGTERM, seconds=SLOW):
        """Ends it, and returns its status; the keeper starts the next."""
        process = self.process
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        return process.wait(seconds)

    def restart(self, env=None, how=signal.SIGKILL):
        """Started anew with other variables."""
        with self.lock:
            self.env = dict(env or {})
            self.end(how)
            self.start()

    def finish(self):
        self.over = True
        if self.keeper.is_alive():
            self.keeper.join()
        if self.process is not None and self.process.poll() is None:
            self.end()

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def status(self, word):
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as file:
            return int(next(line.split()[1] for line in file if line.startswith(word + ":")))


class Gateway(Stack):
    """One host with a kept daemon. SMALL: of the names mail, spool and database, those that lie on a small disk; SETTINGS:
    lines for postgresql.conf."""

    def __init__(self, build, small=(), settings="max_connections = 24", **options):
        super().__init__(build, options=OPTIONS, **options)
        self.small, self.settings, self.mounts = small, settings, []
        self.daemons, self.folders, self.ports = [], [], []

    def start(self):
        os.environ["POSTGRES_SETTINGS"] = self.settings
        return super().start()

    def mount(self, path, size):
        if os.geteuid() != 0:
            raise Skip("only root can make a small disk")
        os.makedirs(path, exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm,mode=0755" % size, "tmpfs", path], stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise Skip("no small disk can be made here: " + done.stderr.decode().strip())
        self.mounts.append(path)

    def start_mta(self):
        # master keeps a service that was killed from starting for a minute else
        self.mta_arguments += ["--set", "service_throttle_time = 1s"]
        if "mail" in self.small:
            self.mount(self.path("postfix", "spool"), 24)
        super().start_mta()
        self.folders.append(self.path("postfix"))
        self.ports.append(self.port)

    def configure(self):
        super().configure()
        if "spool" in self.small:
            self.mount(self.path("spool"), 8)
        self.use_database(self.conninfo)

    def use_database(self, conninfo, name="ticket-milter.conf"):
        """The daemons reach the database so from their next start on."""
        text = self.read("conf", name)
        conninfo = re.sub(r"user=\S+", "user=ticket_milter", conninfo)
        self.write(("conf", name), re.sub(r"(?m)^database = .*$", lambda _: DATABASE % conninfo, text))

    def start_milter(self):
        if not self.has_fault_points():
            raise Skip("built without --enable-fault-points")
        if "database" in self.small:
            self.make_small_database()
        self.kept = Daemon(self, "milter", self.path("conf", "ticket-milter.conf"))
        self.daemons.append(self.kept)
        self.kept.begin()

    def make_small_database(self):
        self.mount(self.path("small"), 160)
        owner = os.stat(self.value("SELECT current_setting('data_directory')"))
        os.mkdir(self.path("small", "space"))
        os.chown(self.path("small", "space"), owner.st_uid, owner.st_gid)
        self.psql("CREATE TABLESPACE small LOCATION '%s'" % self.path("small", "space"))
        self.psql("ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE small")
        self.psql("ALTER INDEX ALL IN TABLESPACE pg_default SET TABLESPACE small")

    def stop_milter(self, how=signal.SIGTERM, seconds=SLOW):
        for daemon in self.daemons:
            daemon.finish()
        self.daemons = []

    def stop(self):
        if self.dir is None:
            return
        if len(self.folders) > 1:
            self.stop_milter()
            subprocess.run([self.script("postfix"), "remove", self.folders[1]], stderr=subprocess.DEVNULL)
        if self.mounts:
            self.stop_milter()
            subprocess.run([self.script("postfix"), "stop", self.path("postfix")], stderr=subprocess.DEVNULL)
            if "database" in self.small:
                self.stop_postgres("immediate")
            for path in self.mounts:
                subprocess.run(["umount", "-l", path], stderr=subprocess.DEVNULL)
        super().stop()

    def complaints(self):
        return "; ".join(filter(None, [super().complaints()] + [
            line for line in self.read("second.log").splitlines() if "Sanitizer" in line or "runtime error" in line][:3]))

    def queue_is_empty(self):
        """Whether the mail servers have delivered all that they took. A file that its writer did not live to complete is
        none of theirs, and what could not be delivered is tried again."""
        left = 0
        for folder in self.folders:
            for queue in ("incoming", "active", "deferred", "maildrop"):
                for place, _, names in os.walk(os.path.join(folder, "spool", queue)):
                    for name in names:
                        with contextlib.suppress(FileNotFoundError):
                            left += os.stat(os.path.join(place, name)).st_mode & 0o100 != 0
            if left:
                subprocess.run([self.script("postfix"), "flush", folder], stderr=subprocess.DEVNULL)
        return left == 0

    # The mail server's processes.
    def master(self):
        return int(self.read("postfix", "spool", "pid", "master.pid") or 0)

    def services(self, name):
        return [pid for pid, called in children(self.master()).items() if called == name]

    # The database's processes.
    def postmaster(self):
        return int(self.value("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"))

    def drop_connections(self):
        self.psql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'ticket_milter'")

    # A second host.
    def add_host(self):
        """One more mail server and one more daemon, on the same database."""
        folder = self.path("second")
        arguments = ["start", folder, "--guard", str(os.getpid()), "--milter", "unix:ticket-milter/milter.sock"]
        for domain in self.domains:
            arguments += ["--domain", domain]
        for alias in self.aliases:
            arguments += ["--alias", alias]
        self.ports.append(int(self.call("postfix", *arguments)))
        self.folders.append(folder)
        text = self.read("conf", "ticket-milter.conf").replace(self.socket, "unix:" + folder + "/spool/ticket-milter/milter.sock")
        self.write(("conf", "second.conf"), text)
        daemon = Daemon(self, "second", self.path("conf", "second.conf"))
        self.daemons.append(daemon)
        daemon.begin()

    def keep_database(self, folder):
        """Copies the database, stopped in order, to where packaging/lib/postgres finds it again."""
        self.stop_milter()
        home = self.value("SELECT current_setting('data_directory')")
        owner = os.stat(home)
        self.stop_database()
        os.makedirs(os.path.join(folder, "server"), exist_ok=True)
        target = os.path.join(folder, "server", "data")
        subprocess.run(["cp", "-R", "--preserve=mode,timestamps", home, target], check=True)
        with open(os.path.join(target, "postgresql.conf"), "a", encoding="utf-8") as file:
            file.write("unix_socket_directories = '%s'\n" % os.path.join(folder, "server"))
        # last: whose folder it is, he may put a link there
        subprocess.run(["chown", "-R", "-h", "%d:%d" % (owner.st_uid, owner.st_gid), os.path.join(folder, "server")], check=True)
        for name in ("home",):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(folder, name))
            os.symlink(os.path.join(folder, "server"), os.path.join(folder, name))

    def stop_database(self):
        self.stop_postgres("fast")


class Replicated(Gateway):
    """A primary and a synchronous standby; the daemon is told of both."""

    def start_milter(self):
        self.make_standby()
        primary = re.search(r"host=(\S+)", self.conninfo).group(1)
        self.use_database("host=%s,%s port=5432,5432 dbname=tickets user=x target_session_attrs=read-write connect_timeout=2"
                          % (primary, self.path("standby")))
        super().start_milter()

    def as_postgres(self, *command):
        user = "postgres" if os.geteuid() == 0 else None
        done = subprocess.run(list(command), user=user, group=user, extra_groups=[] if user else None, cwd="/",
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        expect(done.returncode == 0, "%s: %s" % (command[0], done.stderr))

    def append_as_postgres(self, file, text):
        """Root writes nothing itself into the folder of another user."""
        self.as_postgres("sh", "-c", 'printf "%s" "$2" >>"$1"', "sh", file, text)

    def make_standby(self):
        self.data = self.value("SELECT current_setting('data_directory')")
        self.binaries = os.path.dirname(os.readlink("/proc/%d/exe" % self.postmaster()))
        self.append_as_postgres(self.data + "/pg_hba.conf", "local replication all peer map=private\n")
        self.psql("SELECT pg_reload_conf()")
        home, standby = re.search(r"host=(\S+)", self.conninfo).group(1), self.path("standby")
        os.mkdir(standby)
        owner = os.stat(self.data)
        os.chown(standby, owner.st_uid, owner.st_gid)
        os.chmod(self.dir, 0o755)
        self.as_postgres(self.binaries + "/pg_basebackup", "-h", home, "-U", "postgres", "-D", standby + "/data", "-X", "stream",
                         "-R", "-C", "-S", "s1", "-c", "fast")
        self.append_as_postgres(standby + "/data/postgresql.conf", "unix_socket_directories = '%s'\ncluster_name = 's1'\n" % standby)
        self.as_postgres(self.binaries + "/pg_ctl", "-D", standby + "/data", "-l", standby + "/log", "-w", "-s", "start")
        self.psql("ALTER SYSTEM SET synchronous_standby_names = 's1'")
        self.psql("SELECT pg_reload_conf()")
        wait_for(lambda: self.value("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1,
                 "the standby")

    def standby_processes(self):
        with open(self.path("standby", "data", "postmaster.pid"), encoding="ascii") as file:
            parent = int(file.readline())
        return [parent] + list(children(parent))

    def promote(self):
        """The primary dies, the standby takes over; it is what is asked from now on."""
        self.stop_postgres("immediate")
        self.as_postgres(self.binaries + "/pg_ctl", "-D", self.path("standby", "data"), "-w", "-s", "promote")
        self.conninfo = re.sub(r"host=\S+", "host=" + self.path("standby"), self.conninfo)

    def stop_database(self):
        self.as_postgres(self.binaries + "/pg_ctl", "-D", self.path("standby", "data"), "-w", "-s", "-m", "fast", "stop")

    def stop(self):
        if self.dir is not None and os.path.exists(self.path("standby", "data", "postmaster.pid")):
            self.stop_milter()
            self.as_postgres(self.binaries + "/pg_ctl", "-D", self.path("standby", "data"), "-w", "-s", "-m", "immediate", "stop")
        super().stop()


class Proxy:
    """Stands between daemon and database, and cuts every NUMBERth connection behind a commit: the server has answered, the
    daemon never hears it."""

    SYNC = b"S\0\0\0\4"

    def __init__(self, folder, server, number):
        os.mkdir(folder)
        self.server, self.number, self.syncs, self.cuts, self.lock = server, number, 0, 0, threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(folder, ".s.PGSQL.5432"))
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(os.path.join(self.server, ".s.PGSQL.5432"))
            except OSError:
                client.close()
                continue
            state = {"cut": False}
            threading.Thread(target=self.pump, args=(client, server, state, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, state, False), daemon=True).start()

    def pump(self, source, target, state, from_client):
        """Passes bytes on. A Sync ends what the daemon sends for one mail; what comes back then tells of the commit."""
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                if from_client and data.endswith(self.SYNC) and len(data) > 400:
                    with self.lock:
                        self.syncs += 1
                        state["cut"] = self.syncs % self.number == 0
                if not from_client and state["cut"]:
                    self.cuts += 1
                    break
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self):
        self.listener.close()


def fill(folder):
    """Takes all room of a small disk; the name of the file that has it."""
    name = os.path.join(folder, "filler")
    with open(name, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 65536)
    with open(name, "ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 512)
    return name


def remove(path):
    shutil.rmtree(path, ignore_errors=True)
