"""direct: ticket-milter and PostgreSQL without a mail server; tests/bench/raw-driver plays its part."""

import glob
import os
import re
import statistics
import subprocess
import threading
import time

from table import Failed, run_program, say
from tk import CHANNEL, Stack

ATTACHED_25M = 18 << 20   # bytes of an attachment that make a mail of 25 MB
ATTACHED_100M = 73 << 20
SPOOL_LIMIT = 500 << 20
AGAIN = 20                # every so manieth mail comes twice in the run with repeats
BIG_CHANNEL = CHANNEL.rstrip("};\n") + ';\n  attachments = { max_size = "200M"; };\n};\n'
MORE_CHANNEL = """channel = { tenant = "acme"; name = "c%d"; status = "published"; address = "c%d@acme.example";
  senders = { allowed_domains = [ "acme.example" ]; }; template = "incident";
  fields = ( { field = "category"; default = "mail"; } ); };
"""


class Direct(Stack):
    """The stack without a mail server."""

    def __init__(self, build, **options):
        super().__init__(build, aliases=[], domains=[], **options)
        self.told = 0   # mails that were told yes for the first time
        self.again = 0  # and those that came again

    def start_mta(self):
        os.makedirs(self.path(self.mta, "spool", "ticket-milter"))
        self.port = 0

    def publish(self):
        """All channels, the further ones as copies of the first in the database: a call for each would take minutes."""
        names = [re.search(r'name = "([^"]*)"', text).group(1) for text in self.channels.values()]
        self.ctl("tenant", "add", "acme", "--domain", "acme.example")
        self.ctl("publish", "acme/support")
        self.psql("""SET search_path = ticketing;
            INSERT INTO channel (tenant_id, name, title, address, status, template_id, rules_version, published_at)
                SELECT c.tenant_id, 'c' || n, '', 'c' || n || '@acme.example', 'published', c.template_id, 1, now()
                FROM channel c, generate_series(1, %d) n WHERE c.name = 'support';
            INSERT INTO offer (tenant_id, name, channel_id, template_id, hidden)
                SELECT tenant_id, 'mail:' || name, channel_id, template_id, true FROM channel WHERE name <> 'support';
            ANALYZE channel, offer;""" % (len(names) - 1))

    def drive(self, connections, mails, *options):
        """Sends mails; {seconds, rate, p50, p99, p999 (ms), later}."""
        line = run_program(self.build, "raw-driver", "-c", str(connections), "-n", str(mails), *map(str, options), self.socket)
        numbers = [float(number) for number in line.split("\t")]
        accepted, later, refused, seconds, p50, p99, p999 = numbers
        if "-d" in options:  # each connection sends some mails again
            every = options[options.index("-d") + 1]
            again = sum((mails // connections + (number < mails % connections)) // every for number in range(connections))
            self.again += again
            self.told -= again
        if refused or accepted + later != mails:
            raise Failed("of %d mails %d were told yes, %d later, %d no\n%s" % (
                mails, accepted, later, refused, self.milter_log()[-1000:]))
        self.told += int(accepted)
        return {"seconds": seconds, "rate": accepted / seconds, "p50": p50, "p99": p99, "p999": p999, "later": int(later)}

    def faults(self, name):
        """What was told 250 must be there, once, and know how often it came."""
        stored, seen = self.psql("SELECT count(*), sum(seen) FROM ticketing.intake WHERE verdict IN ('ticket', 'note') "
                                 "AND rcpt IS NOT NULL").strip().split("|")
        if (int(stored), int(seen)) == (self.told, self.told + self.again):
            return []
        return ["%s: %d mails were told 250, %d of them again, and %s are stored, seen %s times" % (
            name, self.told + self.again, self.again, stored, seen)]

    def memory(self, field):
        """A line of the filter's /proc/PID/status, in bytes."""
        return int(re.search(r"%s:\s*(\d+)" % field, self.status()).group(1)) * 1024

    def status(self):
        with open("/proc/%d/status" % self.daemon.pid, encoding="ascii") as file:
            return file.read()

    def spooled(self):
        """Bytes of the files that the filter has open and nobody else can see, at one moment: files only grow, so that those that
        were there before it, and are after it, had at least their size of before."""
        before, after = self.spool_files(), self.spool_files()
        return sum(min(size, after[file]) for file, size in before.items() if file in after)

    def spool_files(self):
        sizes = {}
        folder = "/proc/%d/fd" % self.daemon.pid
        for name in os.listdir(folder):
            try:
                if self.path("spool") in os.readlink(os.path.join(folder, name)):
                    about = os.stat(os.path.join(folder, name))
                    sizes[about.st_ino] = about.st_size
            except OSError:
                continue
        return sizes


def literal(value):
    """A parameter as the server logs it, as a literal in which pgbench finds no variable."""
    if value is None:
        return "NULL"
    return "E'%s'" % value.replace("\\", "\\\\").replace("'", "\\'").replace(":", "\\x3a").replace("\n", "\\n")


def capture_call(stack):
    """The ingest call of one mail as the server logs it, as a script for pgbench in which the key and the Message-ID are new in
    every transaction."""
    stack.psql("ALTER SYSTEM SET log_min_duration_statement = 0; SELECT pg_reload_conf();")
    time.sleep(1)
    before = len(stack.read("postgres", "home", "log"))
    stack.drive(1, 1)
    stack.psql("ALTER SYSTEM RESET log_min_duration_statement; SELECT pg_reload_conf();")
    log = stack.read("postgres", "home", "log")[before:].replace("\n\t", "\n")
    found = re.search(r"LOG:  duration: [^\n]* execute [^\n:]*: (SELECT (?:(?!LOG:).)*?FROM ticketing\.ingest\(.*?\);)\s*\n"
                      r"[^\n]*DETAIL:  parameters: (.*?)\n\d{4}-\d\d-\d\d ", log + "\n0000-00-00 ", re.S)
    if found is None:
        raise Failed("the server's log shows no ingest call")
    values = {number: None if text == "NULL" else text[1:-1].replace("''", "'")
              for number, text in re.findall(r"\$(\d+) = (NULL|'(?:[^']|'')*')", found.group(2))}
    call = re.sub(r"\s+", " ", found.group(1))
    own = {"p_key": "sha256(convert_to(concat(:a::text, '.', :b::text), 'UTF8'))",
           "p_message_id": "concat(:a::text, '.', :b::text, '@acme.example')"}
    moments = {"p_now": "0", "p_deadline": "20000000"}
    for name, text in own.items():
        call = re.sub(r"\b%s => \$\d+" % name, "%s => %s" % (name, text), call)
    for name, later in moments.items():
        call = re.sub(r"\b%s => to_timestamp\(\$\d+" % name,
                      "%s => to_timestamp((extract(epoch FROM now()) * 1000000 + %s)" % (name, later), call)
    call = re.sub(r"\$(\d+)", lambda match: literal(values[match[1]]), call)
    return "\\set a random(1, 9000000000000000000)\n\\set b random(1, 9000000000000000000)\n%s\n" % call


WARM = 30  # calls of a connection before it counts


def pgbench(stack, script, clients, transactions):
    """Transactions a second. Fair beside the filter, whose connections have been there for long: a connection's first calls, in
    which the server plans the statements and compiles the functions, are thrown away, as is what the others do after the first
    one has ended. The call is prepared once a connection as libpq does it for the filter, brings the same data, writes the
    same rows and commits each by itself."""
    conninfo = re.sub(r"user=\S+", "user=ticket_milter", stack.conninfo)
    logs = stack.path("pgbench.log")
    done = subprocess.run(["pgbench", "-n", "-M", "prepared", "-f", script, "-c", str(clients), "-j", "2", "-l", "--log-prefix", logs,
                           "-t", str(WARM + max(1, transactions // clients)), conninfo],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failed("pgbench: " + done.stderr[-500:])
    ends = {}  # of each connection's calls
    for name in glob.glob(glob.escape(logs) + "*"):
        with open(name, encoding="ascii") as file:
            for client, _, _, _, seconds, micros in (line.split()[:6] for line in file):
                ends.setdefault(client, []).append(int(seconds) + int(micros) / 1e6)
        os.unlink(name)
    begin, end = max(moments[WARM - 1] for moments in ends.values()), min(moments[-1] for moments in ends.values())
    if len(ends) != clients or end <= begin:
        raise Failed("pgbench: too few calls for so many connections")
    stack.told += sum(len(moments) for moments in ends.values())
    return sum(begin < moment <= end for moments in ends.values() for moment in moments) / (end - begin)


def add_raw(figures, build, turns, mails):
    """The whole filter beside the bare call, on one server, in turns."""
    add_noop(figures, build, mails)
    with_stack(figures, "raw driver", Direct(build), lambda stack: compare_calls(figures, stack, turns, mails))


def with_stack(figures, name, stack, measure):
    stack.start()
    try:
        stack.drive(8, 200)
        measure(stack)
        figures.faults += stack.faults(name)
    finally:
        stack.stop()


def compare_calls(figures, stack, turns, mails):
    stack.write(("ingest.pgbench",), capture_call(stack))
    # What the start of all the servers has left for the disk to do is not to fall into a turn.
    stack.drive(8, mails)
    stack.psql("CHECKPOINT;")
    os.sync()
    for connections in (8, 32):
        pairs = []
        for turn in range(turns):
            ours = stack.drive(connections, mails)
            pairs.append((pgbench(stack, stack.path("ingest.pgbench"), connections, mails), ours))
            say("%d connections, turn %d of %d: pgbench %.0f/s, raw driver %.0f/s" % (
                connections, turn + 1, turns, pairs[-1][0], ours["rate"]))
        figures.add("pgbench of the ingest call, %d connections" % connections, statistics.median(a for a, _ in pairs), "calls/s")
        figures.add("raw driver, %d connections" % connections, statistics.median(b["rate"] for _, b in pairs), "mails/s",
                    statistics.median(b["rate"] / a for a, b in pairs), ">=0.6")
        for percent in ("p50", "p99", "p999"):
            figures.add("%s of the end of a mail, %d connections" % (percent, connections),
                        statistics.median(b[percent] for _, b in pairs), "ms")
    again = stack.drive(8, mails, "-d", AGAIN)
    figures.add("raw driver, 8 connections, every %dth mail twice" % AGAIN, again["rate"], "mails/s")


def add_noop(figures, build, mails):
    """What the driver and libmilter can do at all."""
    stack = Direct(build, milter="noop")
    stack.start()
    try:
        for connections in (8, 32):
            figures.add("raw driver to the no-op milter, %d connections" % connections, stack.drive(connections, mails)["rate"],
                        "mails/s")
    finally:
        stack.stop()


def add_sizes(figures, build, crowd):
    """Memory and throughput of large mails."""
    options = 'limits = { message = "200M"; spool = "%d"; };' % SPOOL_LIMIT
    stack = Direct(build, channels={"support.conf": BIG_CHANNEL}, options=options)
    with_stack(figures, "large mails", stack, lambda stack: measure_sizes(figures, stack, crowd))


def growth(stack, attached):
    """How much the resident memory grows over one such mail."""
    with open("/proc/%d/clear_refs" % stack.daemon.pid, "w", encoding="ascii") as file:
        file.write("5")  # the peak begins anew
    before = stack.memory("VmRSS")
    stack.drive(1, 1, "-a", attached)
    return max(0, stack.memory("VmHWM") - before) / 1e6


def measure_sizes(figures, stack, crowd):
    first = growth(stack, ATTACHED_25M)
    second = growth(stack, ATTACHED_100M)
    figures.add("a mail of 25 MB: memory grows by", first, "MB", None, "<=12")
    figures.add("a mail of 100 MB: memory grows further by", second, "MB", None, "<=2")
    throughput(figures, stack)
    peak, stop = [0, stack.memory("VmRSS")], threading.Event()

    def watch():
        while not stop.wait(0.05):
            peak[0] = max(peak[0], stack.spooled())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        result = stack.drive(crowd, crowd, "-a", ATTACHED_25M)
    finally:
        stop.set()
        watcher.join()
    figures.add("%d mails of 25 MB at once: bytes spooled, beside limits.spool" % crowd, peak[0] / 1e6, "MB",
                peak[0] / SPOOL_LIMIT, "<=1.0")
    figures.add("%d mails of 25 MB at once: told 452" % crowd, result["later"], "mails")
    figures.add("%d mails of 25 MB at once: memory grows by" % crowd, (stack.memory("VmHWM") - peak[1]) / 1e6, "MB")


def throughput(figures, stack):
    """Bytes of attachments a second, beside inserts of the same chunks into the same table."""
    pairs = []
    for _ in range(3):
        ours = stack.drive(4, 8, "-a", ATTACHED_25M)
        plain = float(run_program(stack.build, "bench_blobs", stack.conninfo, "4", "8", str(ATTACHED_25M)))
        pairs.append((plain, ours["rate"] * ATTACHED_25M / 1e6))
    figures.add("plain inserts of chunks of 256 KiB", statistics.median(a for a, _ in pairs), "MB/s")
    figures.add("attachments of 18 MB, 4 connections", statistics.median(b for _, b in pairs), "MB/s",
                statistics.median(b / a for a, b in pairs), ">=0.7")


# Of all three servers of the part, so that neither memory nor its upkeep makes the difference.
GROWTH_SETTINGS = ("shared_buffers = 512MB", "max_wal_size = 4GB", "autovacuum = off")

# So many tickets, each as its mail leaves them. The indexes that no constraint needs are made afterwards.
FILL = """SET search_path = ticketing;
SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';
CREATE TEMP TABLE later AS
    SELECT i.indexname, i.indexdef FROM pg_indexes i
    WHERE i.schemaname = 'ticketing' AND i.tablename IN ('ticket', 'participant', 'message_id', 'intake', 'intake_key')
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexname::regclass);
SELECT 'DROP INDEX ' || indexname FROM later \\gexec
INSERT INTO ticket (tenant_id, ticket_id, number, ticket_type, channel_id, subject, description, requester, created_at, updated_at)
    SELECT 1, n, 'OLD-' || n, 'incident', 1, 'Printer ' || n, repeat('Printer prints white sheets only. ', 6), 'ann@acme.example',
           now() - n * interval '1 second', now() FROM generate_series(10000001, 10000000 + {0}) n;
INSERT INTO participant (tenant_id, ticket_id, address) SELECT 1, n, 'ann@acme.example' FROM generate_series(10000001, 10000000 + {0}) n;
INSERT INTO message_id (tenant_id, message_id, ticket_id, direction)
    SELECT 1, 'bench.' || n - 10000000 || '@acme.example', n, 'in' FROM generate_series(10000001, 10000000 + {0}) n;
INSERT INTO intake (tenant_id, intake_id, channel_id, verdict, ticket_id, message_id, mail_from, sender, authentication, class, level,
                    size, received_at, millis, seen_at)
    SELECT 1, n, 1, 'ticket', n, 'bench.' || n - 10000000 || '@acme.example', 'ann@acme.example', 'ann@acme.example', 'none',
           'human', 'full', 4096, now() - n * interval '1 second', 1, now() FROM generate_series(10000001, 10000000 + {0}) n;
INSERT INTO intake_key (tenant_id, channel_id, key, intake_id, expires_at)
    SELECT 1, 1, sha256(convert_to(n::text, 'UTF8')), n, now() + interval '8 days' FROM generate_series(10000001, 10000000 + {0}) n;
SELECT indexdef FROM later \\gexec
"""


def add_growth(figures, build, tickets, turns, mails):
    """The cost of a mail by what the database and the configuration hold, in turns between three stacks."""
    more = {"support.conf": CHANNEL, **{"c%d.conf" % n: MORE_CHANNEL % (n, n) for n in range(1, 10000)}}
    stacks = {"1000 tickets": Direct(build), "%d tickets" % tickets: Direct(build), "10000 channels": Direct(build, channels=more)}
    counts = {"1000 tickets": 1000, "%d tickets" % tickets: tickets, "10000 channels": 1000}
    settings = os.environ.get("POSTGRES_SETTINGS", "")
    os.environ["POSTGRES_SETTINGS"] = "\n".join([settings, *GROWTH_SETTINGS])
    try:
        for name, stack in stacks.items():
            stack.start()
            stack.psql(FILL.format(counts[name]))
            stack.psql("VACUUM ANALYZE; CHECKPOINT;")
            say("a database with %s stands" % name)
        os.sync()
        compare_growth(figures, stacks, counts, turns, mails)
        crowd_of_connections(figures, stacks["1000 tickets"], mails)
        for name, stack in stacks.items():
            figures.faults += stack.faults(name)
    finally:
        os.environ["POSTGRES_SETTINGS"] = settings
        for stack in stacks.values():
            stack.stop()


def compare_growth(figures, stacks, counts, turns, mails):
    small, large, channels = stacks
    # How many tickets the replies go to, the same ones or any: many pages are written in the one case, few in the other.
    kinds = {"new": lambda name: (), "some": lambda name: ("-r", counts[small]), "any": lambda name: ("-r", counts[name])}
    seconds = {(name, kind): [] for name in stacks for kind in kinds}
    for turn in range(turns + 1):  # the first one fills caches
        for kind, options_of in kinds.items():
            for name in list(stacks)[::1 if turn % 2 else -1]:
                options = options_of(name)
                result = stacks[name].drive(8, mails, *options)
                if turn > 0:
                    seconds[name, kind].append(result["seconds"] * 1000 / mails)
        say("growth: turn %d of %d" % (turn, turns))
    for kind, text in (("new", "a new mail"), ("some", "a reply to one of %d" % counts[small]), ("any", "a reply to any ticket")):
        figures.add("%s, %s" % (text, small), statistics.median(seconds[small, kind]), "ms/mail")
        figures.add("%s, %s" % (text, large), statistics.median(seconds[large, kind]), "ms/mail",
                    statistics.median(b / a for a, b in zip(seconds[small, kind], seconds[large, kind])), "<=1.15")
    figures.add("a new mail, %s" % channels, statistics.median(seconds[channels, "new"]), "ms/mail",
                statistics.median(b / a for a, b in zip(seconds[small, "new"], seconds[channels, "new"])), "<=1.05")
    for stack in stacks.values():
        notes = stack.value("SELECT count(*) FROM ticketing.intake WHERE verdict = 'note'")
        if notes != 2 * (turns + 1) * mails:
            figures.faults.append("of %d replies %d became notes" % (2 * (turns + 1) * mails, notes))


def crowd_of_connections(figures, stack, mails):
    """With four times the connections an answer may take four times as long, since the database does as much as before; a cliff
    would be more than that."""
    few = stack.drive(100, mails)
    before = stack.memory("VmRSS")
    many = stack.drive(400, mails * 2)
    figures.add("p99 of the end of a mail, 100 connections", few["p99"], "ms")
    figures.add("p99 of the end of a mail, 400 connections, beside 4 x that", many["p99"], "ms", many["p99"] / (4 * few["p99"]), "<=1.5")
    figures.add("400 connections: told 451", many["later"], "mails")
    figures.add("400 connections: memory grows by", (stack.memory("VmHWM") - before) / 1e6, "MB")
