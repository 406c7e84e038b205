"""inspected: runs `ticketctl inspect --json` over one mail and measures it."""
import json
import subprocess
import sys

# A child's peak begins at what its parent holds, so the parent of the program is a process that holds nothing.
LAUNCH = """import json, os, sys
_, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024]), file=sys.stderr)
"""


def run(program, path):
    """Exit code, output, processor seconds and the resident peak in bytes."""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", LAUNCH, program, "inspect", "--json", path], check=True, capture_output=True)
    errors, _, told = done.stderr.rstrip(b"\n").rpartition(b"\n")
    code, seconds, peak = json.loads(told)
    return code, done.stdout, errors, seconds, peak


def is_plain(program):
    """Whether it was built without sanitizers, which make it slow and large."""
    return subprocess.run(["grep", "-q", "__asan_init", program]).returncode != 0
