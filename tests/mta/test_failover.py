"""A primary and a synchronous standby: what the commits of mails are worth where one of them goes. The faults are those of the
soak (tests/chaos), with fewer mails."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "chaos")]
from gateway import Replicated  # noqa: E402
from soak import soak  # noqa: E402
from tk import case, expect, main  # noqa: E402


@case("D5: a mail whose wait for the standby was cancelled is 451, and the retry finds the one ticket")
def _(stack):
    outcome = soak(stack, "synchronous replication cancelled", 60)
    expect(outcome.told_4xx > 0, "nobody was put off")


@case("D4: a standby that takes over has each mail that was told 250, and mails go on to it")
def _(stack):
    soak(stack, "failover to a promoted standby", 100)


main(Replicated)
