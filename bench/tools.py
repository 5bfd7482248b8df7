"""The measuring programs of this folder as processes: load, open-loop probe, relay."""

import json
import subprocess

from measure import build, finish_probe

WRITES_PER_SECOND = 20_000
VALUE_BYTES = 100


class Tool:
    """Runs until it is stopped (its input is closed) or done; then its report is known."""

    def __init__(self, name, *words, limit=None):
        command = [str(word) for word in (build(name), *words)]
        self._limit = limit
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.report = None

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        elif self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def is_running(self):
        return self.process.poll() is None

    def say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def stop(self):
        if self.report is None:
            self.report = finish_probe(self.process) or {}
        return self.report

    def done(self):
        """Its report, when it ends by itself."""
        output = self.process.stdout.read()
        self.process.wait()
        if self.process.returncode:
            raise RuntimeError(f"{self.process.args[0]} failed with {self.process.returncode}")
        self.report = json.loads(output)
        return self.report


def start_load(bench, keys, rate=WRITES_PER_SECOND, seconds=3600):
    """Random SETs at a steady rate. At high rates the ticks are shorter, so that packets stay
    small."""
    tick_us = 1000 if rate <= 50_000 else 250
    words = ["--rate", rate, "--keys", keys, "--value-bytes", VALUE_BYTES, "--tick-us", tick_us]
    return Tool("load", "--to", bench.socket_path, *words, "--seconds", seconds)


def write_at_once(bench, keys, count, *words):
    """SETs as fast as they are answered."""
    words = ["--keys", keys, "--count", count, "--value-bytes", VALUE_BYTES, *words]
    with Tool("load", "--to", bench.socket_path, *words) as load:
        report = load.done()
    if report["answered"] != count:
        raise RuntimeError(f"{report['answered']} answers to {count} writes")


def fill(bench, keys):
    """key:000000000000 .. keys-1 with values that do not compress."""
    write_at_once(bench, keys, keys, "--sequential")


def start_probe(bench, keys, mode="get", rate=1000, seconds=3600, watch=None):
    words = ["--to", bench.socket_path, "--mode", mode, "--rate", rate, "--keys", keys]
    words += ["--seconds", seconds, "--server-pid", bench.pid]
    words += ["--watch", watch.socket_path] if watch else []
    return Tool("open_probe", *words)


def run_probe(bench, keys, seconds, **options):
    with start_probe(bench, keys, seconds=seconds, **options) as probe:
        return probe.done()


class Relay(Tool):
    def __init__(self, port):
        super().__init__("relay", "--to", port)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
