"""Snapshot rows: how long saving and loading take, what saving costs in memory and in latency.

Every kind takes a server that holds the row's data and returns one figure, in the row's unit."""

import pathlib
import re
import time

from measure import finish_probe, start_probe

POLL_SECONDS = 0.01
WRITES_PER_SECOND = 20_000
PROBES_PER_SECOND = 1_000
IDLE_SECONDS = 5
LOADED = re.compile(r"DB loaded from (?:disk|base file)[^:]*: ([0-9.]+) seconds")


def is_saving(bench):
    return bench.client.info("persistence")["rdb_bgsave_in_progress"] == "1"


def background_save(bench, while_saving=lambda: None):
    """Seconds from BGSAVE until it is over."""
    start = time.monotonic()
    assert "started" in str(bench.client("BGSAVE"))
    while is_saving(bench):
        while_saving()
        time.sleep(POLL_SECONDS)
    assert bench.client.info("persistence")["rdb_last_bgsave_status"] == "ok"
    return time.monotonic() - start


def save_seconds(bench, row, scale):
    bench.client("CONFIG", "SET", "rdbcompression", "yes" if row.compress else "no")
    return background_save(bench)


def load_seconds(bench, row, scale):
    """Of a start, as the server itself tells it."""
    assert bench.client("SAVE") == "OK"
    bench.client.close()
    bench.server.restart()
    bench.client = bench.server.client(timeout=600)
    return float(LOADED.findall(bench.server.log())[-1])


def family(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *children]


def shared_bytes(pid):
    """What the process and its children hold, pages they share counted once."""
    total = 0
    for member in family(pid):
        try:
            text = pathlib.Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1)) * 1024
    return total


def extra_mib(bench, row, scale):
    keys = scale.keys(row.items)
    probe = start_probe(bench, "--rate", WRITES_PER_SECOND, "--keys", keys, "--seconds", 3600)
    try:
        time.sleep(scale.seconds(IDLE_SECONDS))
        before, peak = shared_bytes(bench.pid), []
        background_save(bench, lambda: peak.append(shared_bytes(bench.pid)))
        return (max(peak, default=before) - before) / 2**20
    finally:
        probe.kill()
        probe.communicate()


def worst(bench, keys, seconds):
    probe = start_probe(bench, "--rate", PROBES_PER_SECOND, "--keys", keys, "--seconds", seconds)
    return probe, lambda: finish_probe(probe)["attributable_us"]["max"] / 1000


def extra_latency_ms(bench, row, scale):
    """The longest reply of a paced client during saves, over its longest without them."""
    keys, seconds = scale.keys(row.items), scale.seconds(IDLE_SECONDS)
    load = start_probe(bench, "--rate", WRITES_PER_SECOND, "--keys", keys, "--seconds", 3600)
    try:
        idle = worst(bench, keys, seconds)[1]()
        probe, result = worst(bench, keys, seconds)
        while probe.poll() is None:
            background_save(bench)
        return max(0.0, result() - idle)
    finally:
        load.kill()
        load.communicate()


KINDS = {
    "save": save_seconds,
    "load": load_seconds,
    "memory": extra_mib,
    "latency": extra_latency_ms,
}
UNITS = {"save": "s", "load": "s", "memory": "MiB", "latency": "ms"}
