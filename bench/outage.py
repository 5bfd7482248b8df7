"""Links that fail under load: how soon the replica is back, and how soon it has caught up."""

import statistics
import time

from followers import count_syncs, follow, wait_caught_up, wait_up
from lab import wait_until
from scenario import Row, Scenario
from stream import RANGE, SETTINGS
from tools import Relay, start_load

KILLS = 6
# Whoever lost a link that was young waits before the next attempt; this is about old ones.
STABLE_SECONDS = 2.2
OUTAGE_SECONDS = 3


class Path:
    """A master, a relay and a replica that follows through it."""

    def __init__(self, lab, kind):
        self.master = lab.server(kind, SETTINGS, RANGE)
        self.replica = lab.server(kind, SETTINGS)
        self.relay = Relay(self.master.port)
        lab.keep(self)
        follow(self.replica, self.relay.port)
        wait_up([self.replica], lab.scale.keys(RANGE))

    def close(self):
        self.relay.stop()


def path_of(lab, variant):
    return lab.once(("path", variant.kind), lambda: Path(lab, variant.kind))


def kill_once(master, replica):
    """Milliseconds from the kill until the replica is up again."""
    before = count_syncs(master, "partial_ok")
    start = time.monotonic()
    master.client("CLIENT", "KILL", "TYPE", "replica")
    wait_until(lambda: count_syncs(master, "partial_ok") > before, "+CONTINUE", 0)
    wait_until(lambda: replica.client("ROLE")[3] == b"connected", "the link", 0)
    return (time.monotonic() - start) * 1000


def measure_kill(lab, variant):
    path = path_of(lab, variant)
    full = count_syncs(path.master)
    times = []
    with start_load(path.master, lab.scale.keys(RANGE)) as load:
        for _ in range(max(2, int(lab.scale.seconds(KILLS)))):
            time.sleep(STABLE_SECONDS)
            wait_caught_up(path.master, path.replica)
            times.append(kill_once(path.master, path.replica))
        load.stop()
    if count_syncs(path.master) != full:
        raise RuntimeError("a full synchronisation instead of +CONTINUE")
    return {"median_ms": statistics.median(times), "worst_ms": max(times), "detail": times}


def outage(lab, variant, word):
    """Milliseconds from the end of the outage until the replica has caught up."""
    path = path_of(lab, variant)
    full = count_syncs(path.master)
    with start_load(path.master, lab.scale.keys(RANGE)) as load:
        wait_caught_up(path.master, path.replica)
        path.relay.say(word)
        time.sleep(lab.scale.seconds(OUTAGE_SECONDS))
        start = time.monotonic()
        path.relay.say("open")
        wait_caught_up(path.master, path.replica)
        seconds = time.monotonic() - start
        load.stop()
    if count_syncs(path.master) != full:
        raise RuntimeError("a full synchronisation instead of +CONTINUE")
    return {"ms": seconds * 1000, "detail": load.report}


def measure_lost(lab, variant):
    return outage(lab, variant, "stall")


def measure_refused(lab, variant):
    return outage(lab, variant, "cut")


OUTAGE = [
    Scenario(
        measure_kill,
        (
            Row("link killed at 20k/s, until up: median", "median_ms", "ms", ratio=1.0),
            Row("link killed at 20k/s, until up: worst", "worst_ms", "ms", ratio=1.0),
        ),
    ),
    Scenario(measure_lost, (Row("3 s of silence at 20k/s, caught up", "ms", "ms", ratio=0.5),)),
    Scenario(measure_refused, (Row("3 s refused at 20k/s, caught up", "ms", "ms"),)),
]
