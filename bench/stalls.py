"""How long a paced client waits while the keyspace grows, is frozen, or loses a big key."""

import subprocess

from measure import Client, finish_probe, run_probe, start_probe, started, summary
from report import verdict

NAMES = ("skein", "redis")
FREEZE_SECONDS = 20
REMOVAL_SECONDS = 6


def stall_growth(bench, row, scale):
    return run_probe(bench, "--rate", row.rate, "--insert", scale.keys(row.items))


def stall_freeze(bench, row, scale):
    """Frozen roots walked by a worker once a second; the stock server forks for BGSAVE instead."""
    has_walk = bench.name == "skein" and bench.knows_freeze_walk()
    command = ("DEBUG", "FREEZE-WALK") if has_walk else ("BGSAVE",)
    if bench.name == "skein" and not has_walk:
        return None
    seconds = scale.seconds(FREEZE_SECONDS)
    probe = start_probe(
        bench, "--rate", row.rate, "--keys", scale.keys(row.items), "--seconds", seconds
    )
    replies = []
    with Client(bench.server.address, timeout=60) as client:
        while probe.poll() is None:
            replies.append(str(client(*command)))
            wait_for(probe, 1.0)
    report = finish_probe(probe)
    return {**report, "command": " ".join(command), "replies": replies[:5]} if report else None


def stall_removal(bench, row, scale):
    probe = start_probe(
        bench, "--rate", row.rate, "--keys", 1000, "--seconds", scale.seconds(REMOVAL_SECONDS)
    )
    wait_for(probe, scale.seconds(REMOVAL_SECONDS) / 3)
    with Client(bench.server.address, timeout=120) as client:
        assert client(*row.action) == 1
    return finish_probe(probe)


def wait_for(process, seconds):
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass


STALL_KINDS = {"growth": stall_growth, "freeze": stall_freeze, "removal": stall_removal}


def measure_stalls(rows, scale, rounds, report):
    """The worst of a round is what counts; of several rounds the median, with all of them kept."""
    for row in rows:
        measured = {name: [] for name in NAMES}
        for _ in range(rounds):
            for name in NAMES:
                with started(name) as bench:
                    if not bench.is_fit(row):
                        continue
                    row.prepare(bench, scale)
                    told = STALL_KINDS[row.kind](bench, row, scale)
                    if told:
                        measured[name].append(told)
        if all(measured.values()):
            report.add(row.name, stall_row(row, measured))


def stall_row(row, reports):
    figures = {
        name: {
            "attributable_ms": summary([r["attributable_us"]["max"] / 1000 for r in reports[name]]),
            "reply_ms": summary([r["reply_us"]["max"] / 1000 for r in reports[name]]),
            "reports": reports[name],
        }
        for name in NAMES
    }
    ours, theirs = (figures[name]["attributable_ms"]["median"] for name in NAMES)
    result = {"figures": figures, "unit": "ms longest"}
    return verdict(result, ours, theirs, None, row.limit_ms)
