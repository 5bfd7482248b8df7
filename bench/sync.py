"""Full synchronisations: how long they take, what the master and the replica feel of them."""

import time

from disk import above
from followers import NOBODY, count_syncs, follow, fresh, wait_caught_up, wait_equal, wait_up
from memory import Peak
from scenario import REDIS, SKEIN, Row, Scenario, Variant
from tools import run_probe, start_load, start_probe, write_at_once

IDLE_SECONDS = 3
MARGIN_SECONDS = 0.3
# Far more than the backlog keeps.
MISSED_WRITES = 120_000
JOINING = 4

BEST = Variant("redis best", "redis", {"rdbcompression": "no"}, {"repl-diskless-load": "swapdb"})
TO_FILE = Variant("redis file", "redis", {"repl-diskless-sync": "no"})
TO_SOCKET = Variant(
    "redis socket",
    "redis",
    {"repl-diskless-sync-delay": 5, "repl-diskless-sync-max-replicas": JOINING},
    {"repl-diskless-load": "on-empty-db"},
)


def measure_sync(lab, variant):
    """An empty replica, and then one that was away for too long to continue."""
    master = lab.filled(variant)
    with fresh(variant) as (replica,):
        start = time.monotonic()
        follow(replica, master.port)
        wait_up([replica], lab.keys)
        seconds = time.monotonic() - start
        probe = resync(lab, master, replica)
    return {"seconds": seconds, "gap_ms": probe["longest_gap_us"] / 1000, "detail": probe}


def resync(lab, master, replica):
    """The probe of a replica that holds an older data set while it gets the newer one."""
    wait_equal(master, replica)
    follow(replica, NOBODY)
    before = count_syncs(master)
    write_at_once(master, lab.keys, MISSED_WRITES)
    with start_probe(replica, lab.keys) as probe:
        time.sleep(MARGIN_SECONDS)
        follow(replica, master.port)
        wait_up([replica], lab.keys)
        wait_equal(master, replica)
        time.sleep(MARGIN_SECONDS)
        report = probe.stop()
    if count_syncs(master) == before:
        raise RuntimeError("the replica continued: nothing was measured")
    return report


def measure_loaded(lab, variant):
    master = lab.filled(variant)
    idle = run_probe(master, lab.keys, lab.scale.seconds(IDLE_SECONDS))
    with fresh(variant) as (replica,), start_load(master, lab.keys) as load:
        time.sleep(MARGIN_SECONDS)
        with start_probe(master, lab.keys) as probe:
            start = time.monotonic()
            follow(replica, master.port)
            wait_up([replica], lab.keys)
            wait_caught_up(master, replica)
            seconds = time.monotonic() - start
            during = probe.stop()
        load.stop()
    detail = {"idle": idle, "syncing": during, "load": load.report}
    return {"seconds": seconds, **above(during, idle), "detail": detail}


def measure_memory(lab, variant):
    master = lab.filled(variant)
    with fresh(variant) as (replica,), start_load(master, lab.keys) as load:
        time.sleep(MARGIN_SECONDS)
        with Peak(master.pid) as peak:
            follow(replica, master.port)
            wait_up([replica], lab.keys)
            wait_caught_up(master, replica)
        load.stop()
    detail = {"before_mib": peak.before_mib, "load": load.report}
    return {"extra_mib": peak.extra_mib, "detail": detail}


def measure_joining(lab, variant):
    master = lab.filled(variant)
    with fresh(variant, JOINING) as replicas:
        start = time.monotonic()
        for replica in replicas:
            follow(replica, master.port)
        wait_up(replicas, lab.keys)
        return {"seconds": time.monotonic() - start}


SYNC = [
    Scenario(
        measure_sync,
        (
            Row("full sync, both at their defaults", "seconds", "s", ratio=0.2),
            Row(
                "full sync, stock at its best",
                "seconds",
                "s",
                ratio=0.4,
                against=("redis best",),
            ),
            Row("replica resyncs: longest silence", "gap_ms", "ms", limit=5),
            Row(
                "the same, stock with swapdb",
                "gap_ms",
                "ms",
                limit=5,
                against=("redis best",),
            ),
        ),
        (SKEIN, REDIS, BEST),
        rounds=2,
    ),
    Scenario(
        measure_loaded,
        (
            Row("full sync at 20k/s, until caught up", "seconds", "s", ratio=0.2),
            Row("master's probe meanwhile: worst", "worst_ms", "ms > idle", limit=2),
            Row("master's probe meanwhile: p99.9", "p999_ms", "ms > idle", limit=1),
            Row("the same, its own doing: worst", "own_worst_ms", "ms > idle", limit=2),
            Row("the same, its own doing: p99.9", "own_p999_ms", "ms > idle", limit=1),
        ),
        rounds=3,
    ),
    Scenario(
        measure_memory,
        (Row("master's memory during full sync at 20k/s", "extra_mib", "MiB", ratio=0.15),),
        rounds=2,
    ),
    Scenario(
        measure_joining,
        (
            Row(
                "four replicas at once, until all are up",
                "seconds",
                "s",
                ratio=0.3,
                against=("redis file", "redis socket"),
            ),
        ),
        (SKEIN, TO_FILE, TO_SOCKET),
        rounds=2,
    ),
]
