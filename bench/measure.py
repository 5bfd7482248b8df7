"""What the operating system says about a process, and the tools that drive load at a server."""

import contextlib
import csv
import io
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

from skeintest import ORACLE_BINARY, Client, Server, encode, server_binary  # noqa: E402

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
TOOL_FLAGS = ["-std=gnu17", "-O2", "-D_GNU_SOURCE", "-pthread"]
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
BENCHMARK = "/usr/bin/redis-benchmark"
BINARIES = {"skein": server_binary(), "redis": ORACLE_BINARY}


def cpu_seconds(pid):
    """User and system time of all threads, dead ones included."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def rss_bytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES


class Bench:
    """A server under measurement, with a unix socket for the probe."""

    def __init__(self, name, config=None):
        self.name = name
        self.directory = tempfile.mkdtemp(prefix=f"skein-bench-{name}-")
        self.socket_path = f"{self.directory}/s"
        config = {
            "unixsocket": self.socket_path,
            "enable-debug-command": "yes",
            "appendonly": "no",
            **(config or {}),
        }
        self.server = Server(config, binary=BINARIES[name], directory=self.directory).start()
        self.client = Client(self.server.address, timeout=600)
        self.commands = {command.decode().upper() for command in self.client("COMMAND", "LIST")}

    @property
    def pid(self):
        return self.server.pid

    @property
    def port(self):
        return self.server.port

    def is_fit(self, row):
        """Whether it has the commands that the row needs."""
        fit = all(command in self.commands for command in row.needs)
        if not fit:
            print(f"  {row.name}: {self.name} has not the commands", file=sys.stderr)
        return fit

    def knows_freeze_walk(self):
        return "unknown" not in str(self.client("DEBUG", "FREEZE-WALK")).lower()

    def close(self):
        self.client.close()
        try:
            self.server.stop()
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def fill_strings(self, keys, value_bytes):
        """key:000000000000 .. keys-1, as redis-benchmark names them."""
        run_probe(self, "--rate", 0, "--insert", keys, "--value-bytes", value_bytes)

    def load(self, commands, batch=1000):
        """Sends an iterable of commands in batches; every reply must be one line."""
        sent, chunk = 0, []
        for command in commands:
            chunk.append(encode(*command))
            if len(chunk) == batch:
                self._exchange(b"".join(chunk), batch)
                sent, chunk = sent + batch, []
        if chunk:
            self._exchange(b"".join(chunk), len(chunk))

    def _exchange(self, data, count):
        self.client.send_raw(data)
        for _ in range(count):
            reply = self.client.read()
            assert not str(reply).startswith(("ERR", "WRONGTYPE", "OOM")), reply


@contextlib.contextmanager
def started(name, config=None):
    bench = Bench(name, config)
    try:
        yield bench
    finally:
        bench.close()


def run_benchmark(bench, command, options):
    """One redis-benchmark run: operations per second, and microseconds of server CPU per
    operation."""
    before = cpu_seconds(bench.pid)
    words = [
        "-p",
        bench.server.port,
        "-c",
        options["clients"],
        "-P",
        options["pipeline"],
        "-n",
        options["requests"],
    ]
    words += ["-r", options["range"], "-d", options["bytes"], "--csv"]
    words += ["-t", command] if isinstance(command, str) else command
    result = subprocess.run(
        [BENCHMARK, *map(str, words)], capture_output=True, text=True, check=True
    )
    if "rror" in result.stderr + result.stdout:
        raise RuntimeError(
            f"redis-benchmark {words}: {result.stdout[-300:]} {result.stderr[-300:]}"
        )
    used = cpu_seconds(bench.pid) - before
    rows = list(csv.reader(io.StringIO(result.stdout)))
    return {
        "ops_per_second": float(rows[-1][1]),
        "p99_ms": float(rows[-1][6]),
        "cpu_us_per_op": used * 1e6 / options["requests"],
        "cpu_seconds": used,
    }


def build(name):
    """A tool of this folder, compiled when it is older than its sources."""
    target, folder = ROOT / "build" / "bench" / name, ROOT / "bench"
    main = folder / f"{name}.c"
    parts = re.findall(r'#include "(\w+)\.h"', main.read_text())
    sources = [main, *(folder / f"{part}.c" for part in parts)]
    newest = max(path.stat().st_mtime for path in [*sources, *folder.glob("*.h")])
    if not target.exists() or target.stat().st_mtime < newest:
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["cc", *TOOL_FLAGS, "-o", str(target), *map(str, sources)],
            check=True,
        )
    return target


def start_probe(bench, *words):
    command = [
        build("stall_probe"),
        "--socket",
        bench.socket_path,
        "--server-pid",
        bench.pid,
        *words,
    ]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)


def run_probe(bench, *words):
    """Runs the stall probe to its end; its report, or None if it measured nothing."""
    return finish_probe(start_probe(bench, *words))


def finish_probe(process):
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the probe failed with {process.returncode}")
    return json.loads(output) if output.strip() else None


def summary(values):
    """Median and spread of repeated measurements."""
    median = statistics.median(values)
    spread = (max(values) - min(values)) / median if median else 0.0
    return {
        "median": median,
        "min": min(values),
        "max": max(values),
        "spread": spread,
        "values": values,
    }


def machine():
    """Where a result was measured."""
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    models = [
        line.split(":", 1)[1].strip()
        for line in cpuinfo.splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": models[0] if models else "unknown",
        "cores": os.cpu_count(),
        "kernel": os.uname().release,
        "load": os.getloadavg()[0],
        "thp": pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled").read_text().strip()
        if pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled").exists()
        else "unknown",
    }
