"""The servers of a group of scenarios: started once, filled once, shared by its rows and rounds."""

import contextlib
import sys
import time
import traceback

from measure import Bench
from tools import fill

MILLION = 1_000_000
KEYS = 5 * MILLION
PATIENCE_SECONDS = 180

# What a scenario may change on a server that others use after it. A stock master would wait 5 s
# for further replicas before it begins; it is given that time.
USUAL = {
    "rdbcompression": "yes",
    "repl-diskless-sync": "yes",
    "repl-diskless-sync-delay": 0,
    "repl-diskless-sync-max-replicas": 0,
}


def wait_until(condition, what, poll_seconds=0.01):
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(poll_seconds)


def configure(bench, settings):
    for name, value in settings.items():
        if bench.client("CONFIG", "SET", name, value) != "OK":
            raise RuntimeError(f"{bench.name} refuses {name} {value}")


class Lab:
    def __init__(self, scale):
        self.scale = scale
        self._kept = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clear()

    def clear(self):
        """A server that does not end as it should is told of, and does not end the run."""
        self._kept.clear()
        try:
            self._stack.close()
        except Exception:
            traceback.print_exc(file=sys.stderr)

    def keep(self, thing):
        """Closes it when the group is over."""
        self._stack.callback(thing.close)
        return thing

    def once(self, key, make):
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def server(self, kind, config=None, keys=0):
        """A server of the group, with so many keys."""
        bench = self.keep(Bench(kind, config))
        if keys:
            fill(bench, self.scale.keys(keys))
        return bench

    def filled(self, variant):
        """The server with 5 M keys, as the variant wants it."""
        bench = self.once(("filled", variant.kind), lambda: self.server(variant.kind, keys=KEYS))
        configure(bench, USUAL | variant.master)
        return bench

    @property
    def keys(self):
        return self.scale.keys(KEYS)
