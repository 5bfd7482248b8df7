"""Verdicts, the table, and the file of figures, which is written anew after every row."""

import datetime
import json
import subprocess
import sys
import time

from measure import ROOT, machine

HEAD = (
    f"{'scenario':44} {'unit':11} {'skein':>10} {'redis':>10} {'ratio':>7} {'spreads':>11} "
    f"{'bar':>10}  verdict"
)
WORDS = {True: "met", False: "MISSED", None: ""}


def verdict(result, ours, theirs, ratio=None, limit=None):
    """Less is better; a bar is a share of theirs (ratio) or an amount (limit)."""
    share = ours / theirs if theirs else float("inf")
    bar = f"<= {ratio}x" if ratio else f"<= {limit:g}" if limit else ""
    met = share <= ratio if ratio else ours <= limit if limit else None
    return {**result, "skein": ours, "redis": theirs, "ratio": share, "bar": bar, "met": met}


def verdict_at_least(result, ours, theirs, ratio):
    """More is better."""
    share = ours / theirs if theirs else float("inf")
    bar = {"bar": f">= {ratio}x", "met": share >= ratio}
    return {**result, "skein": ours, "redis": theirs, "ratio": share, **bar}


def _spread(figures):
    if not isinstance(figures, dict):
        return ""
    main = figures.get("cpu_us_per_op") or figures.get("attributable_ms") or figures
    return f"{main['spread'] * 100:.0f}%" if len(main.get("values", [])) > 1 else ""


def _line(name, result):
    if "error" in result:
        return f"{name:44} failed: {result['error']}"
    spreads = [_spread(result["figures"].get(who)) for who in ("skein", result["peer"])]
    return (
        f"{name:44} {result['unit']:11} {result['skein']:10.3f} {result['redis']:10.3f} "
        f"{result['ratio']:7.2f} {'/'.join(filter(None, spreads)):>11} {result['bar']:>10}  "
        f"{WORDS[result['met']]}"
    )


def table(results):
    return "\n".join([HEAD, "-" * len(HEAD), *(_line(*item) for item in results.items())])


def commit():
    words = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"


class Report:
    """The results so far. What an interrupted run has measured is on disk."""

    def __init__(self, path, facts):
        self.path = path
        self.results = {}
        self._start = time.monotonic()
        date = datetime.datetime.now().isoformat(timespec="seconds")
        self._facts = {"date": date, "commit": commit(), **facts, "machine": machine()}

    def add(self, name, result, is_last=True):
        """A row may be added after each of its rounds; it is shown after the last."""
        self.results[name] = {"peer": "redis", **result}
        self._write()
        if is_last:
            self._say(_line(name, self.results[name]))

    def failed(self, name, error):
        self.results[name] = {"error": f"{type(error).__name__}: {error}", "met": False}
        self._write()
        self._say(f"{name}: failed: {error}")

    def failures(self):
        return [name for name, result in self.results.items() if "error" in result]

    def misses(self):
        return [name for name, result in self.results.items() if result["met"] is False]

    def _say(self, text):
        print(f"{time.monotonic() - self._start:6.0f}s {text}", file=sys.stderr, flush=True)

    def _write(self):
        seconds = round(time.monotonic() - self._start)
        document = {**self._facts, "seconds": seconds, "results": self.results}
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(document, indent=1))
        partial.replace(self.path)
