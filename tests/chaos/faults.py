"""faults: what is done to the servers while mails come in. Each takes the gateway and a crowd that is sending, acts as long as
the crowd is busy, leaves the servers whole, and may return lines about what did not hold meanwhile."""

import contextlib
import os
import random
import re
import signal
import time

from gateway import Gateway, Proxy, Replicated, children, fill, kill
from tk import Skip

FAULTS = []
AWAY = 60  # seconds for which the database is away under load


class Fault:
    def __init__(self, name, act, kind, options):
        self.name, self.act, self.kind = name, act, kind
        self.big = options.get("big", 40)
        self.twins = options.get("twins", 0.0)
        self.hosts = options.get("hosts", 1)
        self.senders = options.get("senders", 20)


def fault(name, kind=Gateway, **options):
    """KIND: which servers it needs. BIG: every how many-th mail is one of several hundred KB. HOSTS, TWINS: mail servers with
    a filter each, and the share of mails that go to two of them at once."""
    def add(act):
        FAULTS.append(Fault(name, act, kind, options))
        return act
    return add


def every(crowd, pause, act, times=1000, arranged=False):
    """Calls ACT again and again until no mail is left; at least once. Before each time some mails get through, so that a slow
    machine gets on too, and then nobody begins another one, so that on a fast machine too there are mails that meet the fault.
    ACT is called when some have begun, or, where it is to be ARRANGED before that, while all wait; then it calls
    crowd.go_on()."""
    for _ in range(times):
        end = time.monotonic() + pause
        crowd.pause_at(crowd.told() + max(10, len(crowd.mails) // 30))
        while crowd.busy() and time.monotonic() < end and crowd.told() + 2 * len(crowd.threads) < len(crowd.mails):
            crowd.pause_at(crowd.told() + 1)
        if not arranged:
            crowd.go_on(attempts=3)
        act()
        crowd.go_on()
        if not crowd.busy():
            break


def wait_told(crowd, share):
    crowd.pause_at(share * len(crowd.mails))


# The filter is killed at each of its callbacks and each step of the end of a mail.
POINTS = ["negotiate", "mail", "rcpt", "data", "header", "body", "abort", "close", "end", "parse", "parsed", "decided", "planned",
          "sending", "committing", "committed", "edit", "edited", "answer"]


def kill_at(point):
    def act(gateway, crowd):
        armed, reached = gateway.path("armed"), []
        gateway.kept.restart({"TICKET_MILTER_FAULT": point + " kill 0", "TICKET_MILTER_FAULT_FILE": armed})

        def arm():
            with open(armed, "wb"):
                pass
            crowd.go_on()
            while crowd.busy() and os.path.exists(armed):
                time.sleep(0.02)
            reached.append(not os.path.exists(armed))
        every(crowd, 0.4, arm, arranged=True)
        gateway.kept.restart()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(armed)
        return [] if any(reached) else ["the point %s was never reached" % point]
    return act


for _point in POINTS:
    fault("kill milter: " + _point)(kill_at(_point))


@fault("kill milter: any moment")
def _(gateway, crowd):
    every(crowd, 0.7, lambda: kill([gateway.kept.process.pid]))


def kill_after_answer(gateway, crowd, name):
    """Kills services of Postfix in the moment in which the filter has given its answer to a mail."""
    def act():
        seen, services = os.path.getsize(gateway.path("milter.log")), gateway.services(name)
        while crowd.busy() and os.path.getsize(gateway.path("milter.log")) == seen:
            time.sleep(0.001)
        kill(services)
    every(crowd, 0.3, act)


@fault("kill Postfix: smtpd")
def _(gateway, crowd):
    kill_after_answer(gateway, crowd, "smtpd")


@fault("kill Postfix: cleanup")
def _(gateway, crowd):
    kill_after_answer(gateway, crowd, "cleanup")


@fault("kill Postfix: master")
def _(gateway, crowd):
    def act():
        gateway.call("postfix", "kill", gateway.path("postfix"))
        gateway.call("postfix", "start", gateway.path("postfix"))
    every(crowd, 1.0, act, times=6)


@fault("PostgreSQL: immediate stop")
def _(gateway, crowd):
    def act():
        gateway.stop_postgres("immediate")
        time.sleep(random.random())
        gateway.start_postgres()
    every(crowd, 0.7, act, times=8)


@fault("PostgreSQL: restart")
def _(gateway, crowd):
    def act():
        gateway.stop_postgres("fast")
        gateway.start_postgres()
    every(crowd, 0.7, act, times=8)


def grows(daemon, crowd, seconds):
    """What of the daemon grows while its senders find no database: lines. It has its size when each of them has been put off
    some times."""
    enough, end = crowd.put_off() + 4 * len(crowd.threads), time.monotonic() + 60
    while crowd.put_off() < enough and time.monotonic() < end:
        time.sleep(0.05)
    threads, files, memory = daemon.status("Threads"), daemon.descriptors(), daemon.status("VmRSS")
    highest = [threads, files, memory]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.5)
        now = [daemon.status("Threads"), daemon.descriptors(), daemon.status("VmRSS")]
        highest = [max(pair) for pair in zip(highest, now)]
    problems = []
    if highest[0] > 80 or highest[1] > 150:
        problems.append("up to %d threads and %d descriptors while the database was away" % tuple(highest[:2]))
    if highest[2] > memory + 8 * 1024:
        problems.append("memory grew from %d to %d KiB while the database was away" % (memory, highest[2]))
    return problems


@fault("PostgreSQL: away for a minute under 50 senders", senders=50)
def _(gateway, crowd):
    wait_told(crowd, 0.3)
    gateway.stop_postgres("immediate")
    crowd.go_on()
    told, problems = crowd.told(), []
    try:
        time.sleep(1)
        told = crowd.told()
        problems = grows(gateway.kept, crowd, AWAY)
        if crowd.told() != told:
            problems.append("a mail was told 250 while the database was away")
    finally:
        gateway.start_postgres()
    return problems


@fault("PostgreSQL: backends killed")
def _(gateway, crowd):
    every(crowd, 0.5, gateway.drop_connections)


@fault("PostgreSQL: SIGSTOP beyond the deadline")
def _(gateway, crowd):
    parent = gateway.postmaster()

    def act():
        stopped = [parent] + list(children(parent))
        kill(stopped, signal.SIGSTOP)
        crowd.go_on()
        time.sleep(6)
        kill(stopped, signal.SIGCONT)
    every(crowd, 0.7, act, times=3, arranged=True)


@fault("connection cut between COMMIT and its acknowledgement")
def _(gateway, crowd):
    crowd.held = True
    proxy = Proxy(gateway.path("proxy.%d" % time.monotonic_ns()), re.search(r"host=(\S+)", gateway.conninfo).group(1), 25)
    gateway.use_database(re.sub(r"host=\S+", "host=" + os.path.dirname(proxy.listener.getsockname()), gateway.conninfo))
    gateway.kept.restart()
    crowd.held = False
    while crowd.busy():
        time.sleep(0.05)
    proxy.close()
    gateway.use_database(gateway.conninfo)
    gateway.kept.restart()
    if proxy.cuts == 0:
        raise Skip("no connection was cut")


@fault("connections exhausted")
def _(gateway, crowd):
    def act():
        # What the server answers is the same as where all of its connections are taken: 53300.
        before, end = crowd.put_off(), time.monotonic() + 20
        gateway.psql("ALTER ROLE ticket_milter CONNECTION LIMIT 0")
        gateway.drop_connections()
        crowd.go_on()
        while crowd.busy() and crowd.put_off() - before < 2 * len(crowd.threads) and time.monotonic() < end:
            time.sleep(0.02)
        gateway.psql("ALTER ROLE ticket_milter CONNECTION LIMIT -1")
    every(crowd, 0, act, times=6, arranged=True)


@fault("SIGTERM under load")
def _(gateway, crowd):
    every(crowd, 0.5, lambda: gateway.kept.end(signal.SIGTERM), times=4)


@fault("SIGUSR1 under load")
def _(gateway, crowd):
    every(crowd, 0.05, lambda: kill([gateway.kept.process.pid], signal.SIGUSR1))


@fault("two hosts, each killed, and the same mail to both at once", hosts=2, twins=0.3)
def _(gateway, crowd):
    every(crowd, 0.8, lambda: kill([random.choice(gateway.daemons).process.pid]))


def full(gateway, crowd, folder):
    """The disk is full for a while, again and again."""
    def act():
        name = fill(folder)
        crowd.go_on()
        time.sleep(1.0)
        os.unlink(name)
    every(crowd, 0.5, act, times=12, arranged=True)


class SmallDatabase(Gateway):
    def __init__(self, build):
        super().__init__(build, small=["database"])


class SmallSpool(Gateway):
    def __init__(self, build):
        super().__init__(build, small=["spool"])


class SmallQueue(Gateway):
    def __init__(self, build):
        # Postfix itself refuses while less than one and a half of the largest mail is free
        super().__init__(build, small=["mail"], postfix=["--set", "message_size_limit = 1000000"])


@fault("disk full: database", SmallDatabase)
def _(gateway, crowd):
    full(gateway, crowd, gateway.path("small"))


@fault("disk full: spool", SmallSpool, big=5)
def _(gateway, crowd):
    full(gateway, crowd, gateway.path("spool"))


@fault("disk full: queue of Postfix", SmallQueue)
def _(gateway, crowd):
    full(gateway, crowd, gateway.path("postfix", "spool"))


@fault("synchronous replication cancelled", Replicated)
def _(gateway, crowd):
    def act():
        standby = gateway.standby_processes()
        kill(standby, signal.SIGSTOP)
        crowd.go_on()
        try:
            for _ in range(5):
                while crowd.busy() and gateway.psql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").strip() == "0":
                    time.sleep(0.05)
                gateway.psql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        finally:
            kill(standby, signal.SIGCONT)
    every(crowd, 0.7, act, times=6, arranged=True)


@fault("failover to a promoted standby", Replicated)
def _(gateway, crowd):
    wait_told(crowd, 0.5)
    crowd.go_on()
    gateway.promote()
