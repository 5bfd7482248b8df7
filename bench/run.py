#!/usr/bin/env python3
"""Skein and redis-server 7.0.15 side by side on this machine.

    bench/run.py [--scale S] [--rounds N] [--only TEXT[,TEXT]] [--kinds KIND[,KIND]] [--list]

Prints a table of our figures and theirs against the bar of each row, and keeps all figures in
bench/results/<date>-<commit>.json (at a smaller scale: build/bench/smoke.json), written after
every row."""

import argparse
import datetime
import pathlib
import sys

from append import APPEND
from disk import DISK
from lab import Lab
from measure import ROOT
from outage import OUTAGE
from report import Report, commit, table
from scale import Scale
from scenario import run_scenarios
from scenarios import MEMORY, STALL, THROUGHPUT
from stalls import measure_stalls
from stream import STREAM
from sync import SYNC
from throughput import measure_memory, measure_throughput

ROUNDS = 5
SINGLE = {"throughput": THROUGHPUT, "memory": MEMORY, "stall": STALL}
GROUPS = {"disk": DISK, "append": APPEND, "sync": SYNC, "stream": STREAM, "outage": OUTAGE}
KINDS = [*SINGLE, *GROUPS]


def kinds_of(text):
    kinds = text.split(",")
    wrong = [kind for kind in kinds if kind not in KINDS]
    if wrong:
        raise argparse.ArgumentTypeError(f"no kind {wrong[0]}; there are {', '.join(KINDS)}")
    return kinds


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1.0, help="share of keys, requests, seconds")
    parser.add_argument(
        "--quick", action="store_true", help="--scale 0.01 --rounds 1: does it run?"
    )
    parser.add_argument("--rounds", type=int, help="rounds of every row, instead of its own number")
    parser.add_argument("--only", default="", help="rows whose name contains one of these texts")
    parser.add_argument("--kinds", type=kinds_of, default=KINDS, help=", ".join(KINDS))
    parser.add_argument("--list", action="store_true", help="name the rows and do nothing")
    parser.add_argument("--output", type=pathlib.Path, help="file of the figures")
    parser.add_argument("--require-bars", action="store_true", help="fail if a bar is missed")
    parser.add_argument("--require-figures", action="store_true", help="fail if a row has none")
    options = parser.parse_args()
    if options.quick:
        options.scale, options.rounds = 0.01, options.rounds or 1
    return options


class Chosen:
    """The rows whose name was asked for."""

    def __init__(self, only):
        self._texts = [text.strip().lower() for text in only.split(",") if text.strip()]

    def has(self, name):
        return not self._texts or any(text in name.lower() for text in self._texts)

    def among(self, rows):
        return [row for row in rows if self.has(row.name)]

    def scenarios(self, group):
        return [scenario for scenario in group if any(self.has(row.name) for row in scenario.rows)]


def output_path(options):
    name = f"{datetime.date.today():%Y-%m-%d}-{commit()}.json"
    folder = ROOT / "bench" / "results" if options.scale >= 1 else ROOT / "build" / "bench"
    path = options.output or folder / (name if options.scale >= 1 else "smoke.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def run_single(options, chosen, report):
    scale, rounds = Scale(options.scale), options.rounds or ROUNDS
    rows = {kind: chosen.among(rows) for kind, rows in SINGLE.items() if kind in options.kinds}
    measure_throughput(rows.get("throughput", []), scale, rounds, report)
    measure_memory(rows.get("memory", []), scale, report)
    measure_stalls(rows.get("stall", []), scale, max(1, rounds // 2), report)


def run_groups(options, chosen, report):
    for kind, group in GROUPS.items():
        scenarios = chosen.scenarios(group) if kind in options.kinds else []
        with Lab(Scale(options.scale)) as lab:
            run_scenarios(lab, scenarios, options.rounds, report)


def show_rows(options, chosen):
    for kind in options.kinds:
        rows = SINGLE.get(kind) or [row for scenario in GROUPS[kind] for row in scenario.rows]
        for row in chosen.among(rows):
            print(f"{kind:12} {row.name}")


def main():
    options = parse_options()
    chosen = Chosen(options.only)
    if options.list:
        show_rows(options, chosen)
        return
    facts = {"scale": options.scale, "rounds": options.rounds, "kinds": options.kinds}
    report = Report(output_path(options), facts)
    try:
        run_single(options, chosen, report)
        run_groups(options, chosen, report)
    finally:
        print(table(report.results))
        print(f"figures: {report.path}")
    missing = report.failures() if options.require_figures else []
    if missing or (options.require_bars and report.misses()):
        sys.exit(1)


if __name__ == "__main__":
    main()
