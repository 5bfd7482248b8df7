#!/usr/bin/env python3
"""Skein and redis-server 7.0.15 side by side on this machine: CPU per operation, bytes per item,
stalls.

    bench/run.py [--quick] [--rounds N] [--only TEXT[,TEXT]] [--kinds KIND[,KIND]]

Prints a table with the ratio of ours to theirs against the bar of each row and writes all figures
to
bench/results/<date>-<commit>.json (--quick: to build/bench/quick.json)."""

import argparse
import datetime
import json
import subprocess
import sys
import time

from measure import (
    ROOT,
    Client,
    finish_probe,
    machine,
    rss_bytes,
    run_benchmark,
    run_probe,
    start_probe,
    started,
    summary,
)
from scenarios import MEMORY, SNAPSHOT, STALL, THROUGHPUT
from snapshots import KINDS, UNITS

NAMES = ("skein", "redis")
FREEZE_SECONDS = 20
REMOVAL_SECONDS = 6


class Scale:
    """How much of everything: all of it, or a hundredth to see that it runs."""

    def __init__(self, quick):
        self.quick = quick

    def keys(self, count):
        return max(1000, count // 100) if self.quick else count

    def requests(self, count):
        return max(200, count // 40) if self.quick else count

    def seconds(self, count):
        return count / 10 if self.quick else count


# Throughput


def measure_throughput(rows, scale, rounds):
    """Both servers run throughout; rounds alternate between them, rows share a preparation."""
    results = {}
    prepared = {row.prepare: [] for row in rows}
    for row in rows:
        prepared[row.prepare].append(row)
    for prepare, group in prepared.items():
        with started("skein") as ours, started("redis") as theirs:
            benches = [ours, theirs]
            group = [row for row in group if is_known(row, benches)]
            if not group:
                continue
            for bench in benches:
                prepare(bench, scale)
            for row in group:
                results[row.name] = throughput_row(row, benches, scale, rounds)
                show_progress(row.name, results[row.name])
    return results


def is_known(row, benches):
    known = all(bench.knows(row.needs) for bench in benches)
    if not known:
        print(f"  {row.name}: commands not there", file=sys.stderr)
    return known


def throughput_row(row, benches, scale, rounds):
    options = {
        "clients": row.clients,
        "pipeline": row.pipeline,
        "requests": scale.requests(row.requests),
        "range": row.scaled_range(scale),
        "bytes": row.bytes,
    }
    runs = {bench.name: [] for bench in benches}
    for turn in range(rounds):
        for bench in benches if turn % 2 == 0 else reversed(benches):
            runs[bench.name].append(run_benchmark(bench, row.command, options))
    figures = {
        name: {
            "cpu_us_per_op": summary([run["cpu_us_per_op"] for run in runs[name]]),
            "ops_per_second": summary([run["ops_per_second"] for run in runs[name]]),
            "cpu_seconds": [run["cpu_seconds"] for run in runs[name]],
        }
        for name in runs
    }
    ours, theirs = (figures[name]["cpu_us_per_op"]["median"] for name in NAMES)
    return verdict(
        {"figures": figures, "unit": "us CPU/op", "options": options}, ours, theirs, row.ratio
    )


# Memory


def measure_memory(rows, scale):
    results = {}
    for row in rows:
        values = {}
        for name in NAMES:
            with started(name) as bench:
                if not is_known(row, [bench]):
                    break
                before = rss_bytes(bench.pid)
                row.prepare(bench, scale)
                values[name] = (rss_bytes(bench.pid) - before) / scale.keys(row.items)
        if len(values) == len(NAMES):
            results[row.name] = verdict(
                {"figures": values, "unit": "bytes"}, *(values[n] for n in NAMES), row.ratio
            )
            show_progress(row.name, results[row.name])
    return results


# Stalls


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


def measure_stalls(rows, scale, rounds):
    """The worst of a round is what counts; of several rounds the median, with all of them kept."""
    results = {}
    for row in rows:
        reports = {name: [] for name in NAMES}
        for _ in range(rounds):
            for name in NAMES:
                with started(name) as bench:
                    if not is_known(row, [bench]):
                        continue
                    row.prepare(bench, scale)
                    report = STALL_KINDS[row.kind](bench, row, scale)
                    if report:
                        reports[name].append(report)
        if all(reports.values()):
            results[row.name] = stall_row(row, reports)
            show_progress(row.name, results[row.name])
    return results


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


# Snapshots

SNAPSHOT_BYTES = 100


def measure_snapshots(rows, scale, rounds):
    """One server at a time, each with its data; of several rounds the median counts."""
    results = {}
    for row in rows:
        values = {}
        for name in NAMES:
            with started(name) as bench:
                bench.fill_strings(scale.keys(row.items), SNAPSHOT_BYTES)
                figures = [KINDS[row.kind](bench, row, scale) for _ in range(rounds)]
                values[name] = summary(figures)
        ours, theirs = (values[name]["median"] for name in NAMES)
        result = {"figures": values, "unit": UNITS[row.kind]}
        results[row.name] = verdict(result, ours, theirs, row.ratio, row.limit_ms)
        show_progress(row.name, results[row.name])
    return results


# Results


def verdict(result, ours, theirs, ratio_bar=None, limit=None):
    ratio = ours / theirs if theirs else float("inf")
    bar = f"<= {ratio_bar}x" if ratio_bar else f"<= {limit:g} ms" if limit else ""
    met = ratio <= ratio_bar if ratio_bar else ours <= limit if limit else None
    return {**result, "skein": ours, "redis": theirs, "ratio": ratio, "bar": bar, "met": met}


def show_progress(name, result):
    print(
        f"  {name}: {result['skein']:.3f} against {result['redis']:.3f} {result['unit']}",
        file=sys.stderr,
        flush=True,
    )


def spread_of(result):
    figures = result["figures"].get("skein")
    if not isinstance(figures, dict):
        return ""
    main = figures.get("cpu_us_per_op") or figures.get("attributable_ms") or figures
    return f"{main['spread'] * 100:.0f}%" if len(main["values"]) > 1 else ""


def table(results):
    head = (
        f"{'scenario':30} {'unit':12} {'skein':>10} {'redis':>10} {'ratio':>7} {'spread':>7} "
        f"{'bar':>10}  verdict"
    )
    lines = [head, "-" * len(head)]
    for name, result in results.items():
        word = {True: "met", False: "MISSED", None: ""}[result["met"]]
        lines.append(
            f"{name:30} {result['unit']:12} {result['skein']:10.3f} {result['redis']:10.3f} "
            f"{result['ratio']:6.2f}x {spread_of(result):>7} {result['bar']:>10}  {word}"
        )
    return "\n".join(lines)


def commit():
    result = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True
    )
    return result.stdout.strip() or "unknown"


def output_path(options):
    if options.output:
        return options.output
    if options.quick:
        path = ROOT / "build" / "bench" / "quick.json"
    else:
        path = ROOT / "bench" / "results" / f"{datetime.date.today():%Y-%m-%d}-{commit()}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="a hundredth of everything, one round: does it run?"
    )
    parser.add_argument(
        "--rounds", type=int, help="rounds per throughput row (5); of a stall row a third"
    )
    parser.add_argument("--only", default="", help="rows whose name contains one of these texts")
    parser.add_argument("--kinds", default="throughput,memory,stall,snapshot")
    parser.add_argument("--output", help="file of the figures")
    parser.add_argument("--require-bars", action="store_true", help="fail if a bar is missed")
    return parser.parse_args()


def chosen(rows, options):
    texts = [text.strip().lower() for text in options.only.split(",") if text.strip()]
    return [row for row in rows if not texts or any(text in row.name.lower() for text in texts)]


def main():
    options = parse_options()
    scale = Scale(options.quick)
    rounds = options.rounds or (1 if options.quick else 5)
    kinds = options.kinds.split(",")
    start = time.monotonic()
    results = {}
    if "throughput" in kinds:
        results |= measure_throughput(chosen(THROUGHPUT, options), scale, rounds)
    if "memory" in kinds:
        results |= measure_memory(chosen(MEMORY, options), scale)
    if "stall" in kinds:
        results |= measure_stalls(chosen(STALL, options), scale, max(1, rounds // 2))
    if "snapshot" in kinds:
        results |= measure_snapshots(chosen(SNAPSHOT, options), scale, max(1, rounds // 2))
    document = {
        "date": datetime.datetime.now().isoformat(timespec="seconds"),
        "commit": commit(),
        "quick": options.quick,
        "rounds": rounds,
        "seconds": round(time.monotonic() - start),
        "machine": machine(),
        "results": results,
    }
    path = output_path(options)
    with open(path, "w") as file:
        json.dump(document, file, indent=1)
    print(table(results))
    print(f"figures: {path}")
    if options.require_bars and any(result["met"] is False for result in results.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
