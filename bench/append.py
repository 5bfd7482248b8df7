"""The append-only file: loading it, writing it with every fsync policy, and what it costs."""

from disk import load_seconds
from measure import run_benchmark
from scenario import Row, Scenario
from tools import fill, run_probe, start_probe

MILLION = 1_000_000
LOGGED = 3 * MILLION
RANGE = MILLION
KEEP = {"appendonly": "yes", "auto-aof-rewrite-percentage": 0}
IDLE_SECONDS = 2


def measure_load(lab, variant):
    def filled():
        bench = lab.server(variant.kind, KEEP)
        fill(bench, lab.scale.keys(LOGGED))
        return bench

    return {
        "seconds": load_seconds(lab.once(("log", variant.kind), filled), lab.scale.keys(LOGGED))
    }


def measure_always(lab, variant):
    """SETs of 50 clients that wait for the disk, and GETs of another that need not."""
    config = {**KEEP, "appendfsync": "always"}
    keys = lab.scale.keys(RANGE)
    bench = lab.once(("always", variant.kind), lambda: lab.server(variant.kind, config))
    options = {"clients": 50, "pipeline": 1, "range": keys, "bytes": 100}
    options["requests"] = lab.scale.requests(100_000)
    idle = run_probe(bench, keys, lab.scale.seconds(IDLE_SECONDS))
    with start_probe(bench, keys) as probe:
        run = run_benchmark(bench, "set", options)
        reads = probe.stop()
    slower_us = max(0.0, reads["reply_us"]["p99"] - idle["reply_us"]["p99"])
    return {
        "ops_per_second": run["ops_per_second"],
        "p99_ms": run["p99_ms"],
        "reads_ms": slower_us / 1000,
        "detail": {"idle": idle, "reads": reads},
    }


def measure_everysec(lab, variant):
    """CPU per SET with the file less that without it."""
    keys = lab.scale.keys(RANGE)
    options = {"clients": 50, "pipeline": 16, "range": keys, "bytes": 64}
    options["requests"] = lab.scale.requests(4 * MILLION)
    costs = {}
    for name, config in (("none", {}), ("everysec", {**KEEP, "appendfsync": "everysec"})):
        key = ("cost", name, variant.kind)
        bench = lab.once(key, lambda: lab.server(variant.kind, config, RANGE))
        costs[name] = run_benchmark(bench, "set", options)["cpu_us_per_op"]
    return {"added_us": costs["everysec"] - costs["none"], "detail": costs}


APPEND = [
    Scenario(measure_load, (Row("load of an AOF of 3 M SETs", "seconds", "s", ratio=0.4),)),
    Scenario(
        measure_always,
        (
            Row("SET, fsync always, 50 clients", "ops_per_second", "ops/s", at_least=1.5),
            Row("SET, fsync always: p99", "p99_ms", "ms", ratio=1.0),
            Row("GET beside fsync always: p99", "reads_ms", "ms > idle", limit=1),
        ),
    ),
    Scenario(
        measure_everysec,
        (Row("AOF everysec, SET P16: CPU added", "added_us", "us CPU/op", ratio=0.5),),
    ),
]
