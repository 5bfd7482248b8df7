"""A scenario measures several figures for each variant, in alternating rounds; rows judge them.

A variant is a server with settings; the first of a scenario is ours. A row takes one figure and
compares our median with the median of the variants it is held against, the best of them."""

import dataclasses
import sys
import traceback

from measure import summary
from report import verdict, verdict_at_least


@dataclasses.dataclass(frozen=True)
class Variant:
    name: str
    kind: str  # skein, redis
    master: dict = dataclasses.field(default_factory=dict)
    replica: dict = dataclasses.field(default_factory=dict)


SKEIN = Variant("skein", "skein")
REDIS = Variant("redis", "redis")


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    figure: str
    unit: str
    ratio: float = None  # at most this share of theirs
    limit: float = None  # at most this
    at_least: float = None  # at least this share of theirs; more is better
    against: tuple = ("redis",)


@dataclasses.dataclass(frozen=True)
class Scenario:
    measure: object  # (lab, variant) -> {figure: value, "detail": anything}
    rows: tuple
    variants: tuple = (SKEIN, REDIS)
    rounds: int = 3


def judge(row, runs):
    figures = {name: summary([run[row.figure] for run in of]) for name, of in runs.items()}
    ours = figures["skein"]["median"]
    better = max if row.at_least else min
    peer = better(row.against, key=lambda name: figures[name]["median"])
    result = {"figures": figures, "unit": row.unit, "peer": peer}
    theirs = figures[peer]["median"]
    if row.at_least:
        return verdict_at_least(result, ours, theirs, row.at_least)
    return verdict(result, ours, theirs, row.ratio, row.limit)


def details(runs):
    return {name: [run["detail"] for run in of if "detail" in run] for name, of in runs.items()}


def run_scenario(lab, scenario, rounds, report):
    runs = {variant.name: [] for variant in scenario.variants}
    for turn in range(rounds):
        for variant in scenario.variants if turn % 2 == 0 else reversed(scenario.variants):
            runs[variant.name].append(scenario.measure(lab, variant))
        for at, row in enumerate(scenario.rows):
            result = judge(row, runs) | ({} if at else {"details": details(runs)})
            report.add(row.name, result, is_last=turn + 1 == rounds)


def run_scenarios(lab, scenarios, rounds, report):
    """One that fails leaves the others alone: it gets no figures, and servers of their own."""
    for scenario in scenarios:
        try:
            run_scenario(lab, scenario, rounds or scenario.rounds, report)
        except Exception as error:  # whatever it is, the rows after it are worth having
            traceback.print_exc(file=sys.stderr)
            for row in scenario.rows:
                report.failed(row.name, error)
            lab.clear()
