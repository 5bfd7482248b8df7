"""CPU per operation under redis-benchmark, and bytes per item."""

from measure import rss_bytes, run_benchmark, started, summary
from report import verdict

NAMES = ("skein", "redis")


def measure_throughput(rows, scale, rounds, report):
    """Both servers run throughout; rounds alternate between them, rows share a preparation."""
    prepared = {row.prepare: [] for row in rows}
    for row in rows:
        prepared[row.prepare].append(row)
    for prepare, group in prepared.items():
        with started("skein") as ours, started("redis") as theirs:
            benches = [ours, theirs]
            group = [row for row in group if all(bench.is_fit(row) for bench in benches)]
            if not group:
                continue
            for bench in benches:
                prepare(bench, scale)
            for row in group:
                report.add(row.name, throughput_row(row, benches, scale, rounds))


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


def measure_memory(rows, scale, report):
    for row in rows:
        values = {}
        for name in NAMES:
            with started(name) as bench:
                if not bench.is_fit(row):
                    break
                before = rss_bytes(bench.pid)
                row.prepare(bench, scale)
                values[name] = (rss_bytes(bench.pid) - before) / scale.keys(row.items)
        if len(values) == len(NAMES):
            figures = {"figures": values, "unit": "bytes"}
            report.add(row.name, verdict(figures, *(values[n] for n in NAMES), row.ratio))
