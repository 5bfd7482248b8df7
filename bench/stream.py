"""The stream in steady state: what a replica costs, how far behind it is, what WAIT takes."""

from followers import count_syncs, follow, wait_equal, wait_up
from lab import MILLION
from measure import cpu_seconds, run_benchmark
from scenario import Row, Scenario
from tools import WRITES_PER_SECOND, run_probe, start_load

RANGE = MILLION
REQUESTS = 4 * MILLION
SECONDS = 4
WAITS_PER_SECOND = 500
FAST = 200_000
# Hash events only: the load's SETs cause none. A replica is not to be dropped for being slow on a
# machine that is too small for all of them.
SETTINGS = {
    "notify-keyspace-events": "Kh",
    "repl-diskless-sync-delay": 0,
    "client-output-buffer-limit": "replica 0 0 0",
    "repl-backlog-size": "64mb",
}


def chain(lab, kind, links):
    """A master with 1 M keys and replicas in a row behind it."""

    def make():
        servers = [lab.server(kind, SETTINGS, RANGE)]
        for _ in range(links):
            servers.append(lab.server(kind, SETTINGS))
            follow(servers[-1], servers[-2].port)
            wait_up(servers[-1:], lab.scale.keys(RANGE))
        return servers

    servers = lab.once((kind, links), make)
    for replica in servers[1:]:
        wait_equal(servers[0], replica)
    return servers


def measure_cost(lab, variant):
    """CPU of the master with a replica less that without; CPU of the replica per command."""
    options = {"clients": 50, "pipeline": 16, "range": lab.scale.keys(RANGE), "bytes": 64}
    options["requests"] = lab.scale.requests(REQUESTS)
    (alone,), (master, replica) = chain(lab, variant.kind, 0), chain(lab, variant.kind, 1)
    without = run_benchmark(alone, "set", options)["cpu_us_per_op"]
    before, syncs = cpu_seconds(replica.pid), count_syncs(master)
    during = run_benchmark(master, "set", options)["cpu_us_per_op"]
    wait_equal(master, replica)
    used = cpu_seconds(replica.pid) - before
    if count_syncs(master) != syncs:
        raise RuntimeError("the replica was lost on the way")
    return {
        "added_us": max(0.0, during - without),
        "replica_us": used * 1e6 / options["requests"],
        "detail": {"without": without, "with": during},
    }


def lag(lab, servers, rate):
    """Microseconds from the write on the first server until it is seen on the last."""
    keys, seconds = lab.scale.keys(RANGE), lab.scale.seconds(SECONDS)
    if not rate:
        return {"detail": run_probe(servers[0], keys, seconds, mode="mark", watch=servers[-1])}
    with start_load(servers[0], keys, rate) as load:
        report = run_probe(servers[0], keys, seconds, mode="mark", watch=servers[-1])
        load.stop()
    return {"detail": {**report, "load": load.report}}


def with_shares(result):
    return {**result, **{share: result["detail"]["reply_us"][share] for share in ("p50", "p99")}}


def measure_lag_idle(lab, variant):
    return with_shares(lag(lab, chain(lab, variant.kind, 1), 0))


def measure_lag_fast(lab, variant):
    return with_shares(lag(lab, chain(lab, variant.kind, 1), FAST))


def measure_chain(lab, variant):
    return with_shares(lag(lab, chain(lab, variant.kind, 3), WRITES_PER_SECOND))


def measure_wait(lab, variant):
    master, _ = chain(lab, variant.kind, 1)
    keys, seconds = lab.scale.keys(RANGE), lab.scale.seconds(SECONDS)
    report = run_probe(master, keys, seconds, mode="wait", rate=WAITS_PER_SECOND)
    if report["failed"] or report["answered"] < report["sent"]:
        raise RuntimeError(f"WAIT without an answer: {report['failed']} of {report['sent']}")
    return with_shares({"detail": report})


STREAM = [
    Scenario(
        measure_cost,
        (
            Row("SET P16: master's CPU added by a replica", "added_us", "us CPU/op", ratio=0.5),
            Row("SET P16: replica's CPU", "replica_us", "us CPU/op", ratio=0.5),
        ),
    ),
    Scenario(measure_lag_idle, (Row("lag, idle: p99", "p99", "us", ratio=1.0),)),
    Scenario(measure_lag_fast, (Row("lag at 200k/s: p99", "p99", "us", ratio=0.7),)),
    Scenario(
        measure_wait,
        (
            Row("SET + WAIT 1, idle: p50", "p50", "us", ratio=0.9),
            Row("SET + WAIT 1, idle: p99", "p99", "us", ratio=0.9),
        ),
    ),
    Scenario(measure_chain, (Row("third link of a chain at 20k/s: p99", "p99", "us", ratio=0.8),)),
]
