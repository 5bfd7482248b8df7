"""Snapshots on disk: how long they take, what they cost in memory and in latency, and loading."""

import time

from lab import configure, wait_until
from measure import Client
from memory import Peak
from scenario import Row, Scenario, Variant
from tools import run_probe, start_load, start_probe

IDLE_SECONDS = 3
PLAIN = {"rdbcompression": "no"}


def info(bench, name):
    return bench.client.info("persistence")[name]


def save(bench):
    """Seconds from BGSAVE until it is over."""
    start = time.monotonic()
    reply = bench.client("BGSAVE")
    if "started" not in str(reply):
        raise RuntimeError(f"BGSAVE: {reply}")
    wait_until(lambda: info(bench, "rdb_bgsave_in_progress") == "0", "BGSAVE")
    if info(bench, "rdb_last_bgsave_status") != "ok":
        raise RuntimeError("BGSAVE failed")
    return time.monotonic() - start


def is_rewriting(bench):
    persistence = bench.client.info("persistence")
    return any(persistence[f"aof_rewrite_{word}"] == "1" for word in ("in_progress", "scheduled"))


def rewrite(bench):
    start = time.monotonic()
    reply = bench.client("BGREWRITEAOF")
    if "started" not in str(reply) and "scheduled" not in str(reply):
        raise RuntimeError(f"BGREWRITEAOF: {reply}")
    wait_until(lambda: not is_rewriting(bench), "BGREWRITEAOF")
    if info(bench, "aof_last_bgrewrite_status") != "ok":
        raise RuntimeError("BGREWRITEAOF failed")
    return time.monotonic() - start


# Scenarios


def measure_save(lab, variant):
    bench = lab.filled(variant)
    seconds = save(bench)
    lab.once(("saved", variant.kind), lambda: True)
    return {"seconds": seconds}


def extra_memory(lab, bench, action):
    """Of `action` under 20,000 random writes a second."""
    with start_load(bench, lab.keys) as load:
        time.sleep(lab.scale.seconds(1))
        with Peak(bench.pid) as peak:
            seconds = action(bench)
    detail = {"before_mib": peak.before_mib, "seconds": seconds, "load": load.report}
    return {"extra_mib": peak.extra_mib, "detail": detail}


def measure_save_memory(lab, variant):
    return extra_memory(lab, lab.filled(variant), save)


def measure_rewrite_memory(lab, variant):
    bench = lab.filled(variant)
    configure(bench, {"auto-aof-rewrite-percentage": 0, "appendonly": "yes"})
    wait_until(lambda: not is_rewriting(bench), "the first append-only file")
    try:
        return extra_memory(lab, bench, rewrite)
    finally:
        configure(bench, {"appendonly": "no"})


def above(during, idle):
    """By how much the probe got slower, in ms: as it was, and less waiting for a processor."""
    result = {}
    for short, name in (("", "reply_us"), ("own_", "attributable_us")):
        for figure, share in (("worst_ms", "max"), ("p999_ms", "p99.9")):
            result[short + figure] = max(0.0, during[name][share] - idle[name][share]) / 1000
    return result


def measure_save_latency(lab, variant):
    bench = lab.filled(variant)
    idle = run_probe(bench, lab.keys, lab.scale.seconds(IDLE_SECONDS))
    with start_load(bench, lab.keys) as load:
        loaded = run_probe(bench, lab.keys, lab.scale.seconds(IDLE_SECONDS))
        with start_probe(bench, lab.keys) as probe:
            seconds = save(bench)
            during = probe.stop()
    detail = {"idle": idle, "loaded": loaded, "saving": during, "seconds": seconds}
    return {**above(during, idle), "detail": {**detail, "load": load.report}}


def load_seconds(bench, keys):
    """From the start of the process until it answers with all keys."""
    bench.client.close()
    bench.server.stop()
    start = time.monotonic()
    bench.server.launch()
    wait_until(lambda: answers(bench), "the start", 0.002)
    seconds = time.monotonic() - start
    bench.client = Client(bench.server.address, timeout=600)
    if bench.client("DBSIZE") < keys:
        raise RuntimeError("keys are missing after the start")
    return seconds


def answers(bench):
    try:
        with Client(bench.server.address, timeout=60) as client:
            return client("PING") == "PONG"
    except OSError:
        return False


def measure_load(lab, variant):
    bench = lab.filled(variant)
    lab.once(("saved", variant.kind), lambda: save(bench))
    return {"seconds": load_seconds(bench, lab.keys)}


PLAIN_VARIANTS = (Variant("skein", "skein", PLAIN), Variant("redis", "redis", PLAIN))

DISK = [
    Scenario(
        measure_save,
        (Row("BGSAVE of 5 M, not compressed", "seconds", "s", ratio=0.6),),
        PLAIN_VARIANTS,
    ),
    Scenario(measure_save, (Row("BGSAVE of 5 M, compressed", "seconds", "s", ratio=0.6),)),
    Scenario(
        measure_save_memory,
        (Row("memory during BGSAVE at 20k/s", "extra_mib", "MiB", ratio=0.15),),
        rounds=2,
    ),
    Scenario(
        measure_save_latency,
        (
            Row("probe during BGSAVE at 20k/s: worst", "worst_ms", "ms > idle", limit=2),
            Row("the same, its own doing", "own_worst_ms", "ms > idle", limit=2),
        ),
        rounds=3,
    ),
    Scenario(measure_load, (Row("load of an RDB of 5 M", "seconds", "s", ratio=0.5),)),
    Scenario(
        measure_rewrite_memory,
        (Row("memory during BGREWRITEAOF at 20k/s", "extra_mib", "MiB", ratio=0.15),),
        rounds=2,
    ),
]
